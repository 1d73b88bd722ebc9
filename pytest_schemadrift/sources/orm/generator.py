"""Tortoise's own schema generator, asked for one table at a time and fixed where its SQL cannot be executed.

The rule: where a server accepts what ``generate_schemas`` writes, this writes the same; where no server accepts it, or
where ``generate_schemas`` leaves out what the model says, it is fixed (numbers as in Tortoise 1.1.9's source):

* ``Meta.constraints`` are written (``generate_schemas`` forgets them, tortoise-orm#2272);
* fields of an index, a condition or a unique set become columns also where ``source_field`` names them otherwise;
* a string default with a quote, and JSON defaults, get the literal of their own dialect;
* foreign keys of a cycle come after the tables (``generate_schemas`` refuses cycles);
* the list of models is not rebuilt for every table, which makes Tortoise quadratic;
* what cannot be said in a dialect (a partial index on MySQL) becomes a problem instead of broken SQL;
* ``Meta.schema`` is written, too, by the generators that forget it: up to 0.25 they create the table without it, and
  every query asks for the table there (``MetaInfo.basetable``).

What Tortoise has no word for, a model says in the database's own: an object of ``Meta.constraints`` with a method
``get_sql(generator, model)`` writes a line of CREATE TABLE (with ``primary_key = True`` it replaces the PRIMARY KEY of
the field, with ``afterwards = True`` it is added once all tables exist), and ``Meta.table_options`` is what follows the
closing parenthesis. ``schemadrift reverse`` writes models that do so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tortoise.backends.base.schema_generator import BaseSchemaGenerator
from tortoise.fields.relational import ForeignKeyFieldInstance, ManyToManyFieldInstance
from tortoise.indexes import Index, PartialIndex

from pytest_schemadrift.core.config.tortoise import one_line
from pytest_schemadrift.errors import ConfigurationError, ModelsUnavailable, SchemaDriftError
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.sources.orm.classes import check, constraints_of, full_name, meta_options
from pytest_schemadrift.sources.orm.version import behind

if TYPE_CHECKING:
    from tortoise.backends.base.client import BaseDBAsyncClient
    from tortoise.fields import Field
    from tortoise.migrations.constraints import UniqueConstraint
    from tortoise.models import Model

FOREIGN_INDEX_TYPES = {
    "postgres": frozenset({"FULLTEXT", "SPATIAL"}),
    "mysql": frozenset({"BLOOM", "BRIN", "GIN", "GIST", "HASH", "SPGIST"}),
    "sqlite": frozenset({"FULLTEXT", "SPATIAL", "BLOOM", "BRIN", "GIN", "GIST", "HASH", "SPGIST"}),
}
"""The index types of ``tortoise.contrib`` that are a syntax error in a dialect."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a model says and this dialect cannot: ``kind`` and ``name`` of the object, and the reason."""

    kind: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class GeneratedTable:
    """The SQL of one table: what creates it, what must wait until all tables exist, and what could not be said."""

    statements: tuple[str, ...]
    afterwards: tuple[str, ...]
    problems: tuple[Problem, ...]
    notices: tuple[str, ...]


class ModelGenerator(BaseSchemaGenerator):
    """Mixed in front of a backend's generator by ``generator_for``; see the module for what it changes.

    What the generations have in common; ``generations`` has what differs.
    """

    mariadb = False

    def __init__(self, client: BaseDBAsyncClient) -> None:
        super().__init__(client)
        self._model: type[Model] | None = None
        self._field: Field[Any] | None = None
        self._postponed: Collection[str] = ()
        self._afterwards: list[str] = []
        self._later: list[str] = []
        self._problems: list[Problem] = []
        self._notices: list[str] = []
        self._escapes: list[str] = []

    def table(self, model: type[Model], postponed: Collection[str]) -> GeneratedTable:
        """The table of ``model``; the foreign keys of the columns in ``postponed`` go to ``afterwards``.

        Raises ``ModelsUnavailable`` with Tortoise's reason where it refuses the model.
        """
        self._model, self._postponed = model, postponed
        self._afterwards, self._later, self._problems, self._notices = [], [], [], []
        with _stable_columns(model), self._in_schemas(model):
            try:
                check(model)
                sql = self._create_table(model)
            except SchemaDriftError:
                raise
            except Exception as error:  # whatever a custom field or index does
                raise refusal(full_name(model), error) from None
        return GeneratedTable((sql, *self._later), tuple(self._afterwards), tuple(self._problems), tuple(self._notices))

    def through_table(self, model: type[Model], field_name: str) -> tuple[str, ...]:
        """The statements that create the table of a many-to-many field of ``model``."""
        self._later, self._model = [], None
        try:
            with self._in_schemas(model):
                sql = self._create_through(model, field_name)
        except Exception as error:
            raise refusal(f"{full_name(model)}.{field_name}", error) from None
        index = next((item for item in self._later if sql.endswith(f"\n{item}")), None)
        if index is None:  # MySQL has it inside of the table
            return (sql, *(item for item in self._later if item not in sql))
        return (sql.removesuffix(f"\n{index}"), *self._later)

    def schema(self, name: str) -> str:
        """What creates a schema, ``""`` where the dialect has none."""
        return self._get_schema_create_sql(name, safe=True)

    # What Tortoise calls -------------------------------------------------------------------------------------------

    def _create_fk_string(
        self, constraint_name: str, db_column: str, table: str, field: str, on_delete: str, comment: str
    ) -> str:
        text = super()._create_fk_string(constraint_name, db_column, table, field, on_delete, comment)
        if db_column not in self._postponed or self._model is None:
            return text
        if self.DIALECT == "mysql":  # its generator collects the keys and returns the column's comment
            key = self._foreign_keys.pop()  # type: ignore[attr-defined]
        else:
            key, text = f"FOREIGN KEY ({self.quote(db_column)}){text}", ""
        self._afterwards.append(f"ALTER TABLE {self._qualified(self._model)} ADD {key};")
        return text

    def _escape_default_value(self, default: Any) -> Any:
        text = super()._escape_default_value(default)
        if isinstance(default, datetime) and self.mariadb:  # which takes no offset: error 1067
            return f"'{default.replace(tzinfo=None)}'"
        if not isinstance(text, str) or not isinstance(default, str | list | tuple | set | frozenset):
            return text
        return self._mysql_default(text) if self.DIALECT == "mysql" else self._standard_default(default, text)

    def _get_escape_translation_table(self) -> list[str]:  # type: ignore[override]
        self._escapes = self._escapes or super()._get_escape_translation_table()  # which makes it for every comment
        return self._escapes

    def _get_unique_constraint_sql(self, model: type[Model], field_names: Sequence[str]) -> str:
        return super()._get_unique_constraint_sql(model, [_column(model, name) for name in field_names])

    def _get_inner_statements(self) -> list[str]:
        statements = super()._get_inner_statements()
        if self._model is None:
            return statements
        return statements + self._constraints(self._model)

    def _get_unique_index_sql(self, *arguments: Any, **options: Any) -> str:
        sql = super()._get_unique_index_sql(*arguments, **options)
        self._later.append(sql)
        return sql

    def _create_string(
        self,
        db_column: str,
        field_type: str | None,
        nullable: str,
        unique: str,
        is_primary_key: bool,
        comment: str,
        default: str,
    ) -> str:
        if field_type is None and self._model is not None:
            raise self._without_type(self._model, db_column)
        if is_primary_key and self._model is not None and _has_own_key(self._model):
            is_primary_key, unique = False, ""
        return super()._create_string(db_column, field_type or "", nullable, unique, is_primary_key, comment, default)

    def _table_generate_extra(self, table: str) -> str:
        said = getattr(meta_options(self._model), "table_options", None) if self._model else None
        return f" {said}" if said else super()._table_generate_extra(table)

    def _post_table_hook(self) -> str:
        comments: list[str] = list(getattr(self, "comments_array", ()))  # PostgreSQL's
        text = super()._post_table_hook()
        if text.strip() != "\n".join(comments):  # a backend of the project's own
            return text
        self._later += comments
        return ""

    # Our own -------------------------------------------------------------------------------------------------------

    def _create_table(self, model: type[Model]) -> str:
        raise NotImplementedError

    def _create_through(self, model: type[Model], field_name: str) -> str:
        raise NotImplementedError

    def _in_schemas(self, model: type[Model]) -> AbstractContextManager[None]:
        """While it is open, the tables of a model and of those that it refers to are written with their schemas."""
        return nullcontext()

    def _without_type(self, model: type[Model], db_column: str) -> ModelsUnavailable:
        name = next(name for name, column in model._meta.fields_db_projection.items() if column == db_column)
        field = model._meta.fields_map[name]
        return ModelsUnavailable(
            f"{full_name(model)}.{name}: {type(field).__name__} has no SQL_TYPE for {self.DIALECT}",
            hint="give the field class a SQL_TYPE",
        )

    def _qualified(self, model: type[Model]) -> str:
        return self._qualify_table_name(model._meta.db_table, model._meta.schema)

    def _meta_indexes(self, model: type[Model], indexes: Iterable[Any], safe: bool) -> list[str]:
        """What creates the indexes of ``Meta.indexes``, ``""`` for those that MySQL has in its CREATE TABLE."""
        return [
            self._index(model, index, safe)
            if isinstance(index, Index)
            else self._get_index_sql(model, [_column(model, name) for name in index], safe=safe)
            for index in indexes
        ]

    def _index(self, model: type[Model], index: Index, safe: bool) -> str:
        """One ``Index`` of ``Meta.indexes``, its field names turned into columns; a problem where it cannot be."""
        index = copy(index)  # resolving expressions would change the project's own object
        index.fields = [_column(model, name) for name in index.fields]
        if hasattr(index, "resolve_expressions"):  # from 1.0
            index.resolve_expressions(model)
        reason = ""
        if index.INDEX_TYPE.upper() in FOREIGN_INDEX_TYPES.get(self.DIALECT, ()):
            reason = f"{self.DIALECT} has no {index.INDEX_TYPE} index"
        elif isinstance(index, PartialIndex) and index.extra and self.DIALECT == "mysql":
            reason = "MySQL and MariaDB have no partial index (a condition is a syntax error there)"
        elif index.expressions and self.mariadb:
            reason = "MariaDB has no index on an expression"
        elif index.expressions and self.DIALECT == "mysql":
            self._notices.append(
                f"{full_name(model)}: {index!r}: MySQL reads the quotes that Tortoise writes as those of strings"
            )
        if reason:
            name = index.name or index.index_name(self, model)
            self._problems.append(Problem("index", name, f"{full_name(model)}: {reason}: {index!r}"))
            return ""
        condition = getattr(index, "condition", None)  # up to 0.25 a PartialIndex keeps its SQL alone
        if condition:
            known = model._meta.fields_map
            columns = {_column(model, name) if name in known else name: value for name, value in condition.items()}
            index.extra = PartialIndex(fields=("id",), condition=columns).extra
        return index.get_sql(self, model, safe)

    def _constraints(self, model: type[Model]) -> list[str]:
        """``Meta.constraints`` in the words of Tortoise's own ``AddConstraint`` (tortoise/migrations/schema_editor)."""
        found: list[str] = []
        for constraint in constraints_of(model):
            if hasattr(constraint, "get_sql"):
                found += self._own_words(model, constraint)
                continue
            from tortoise.migrations import constraints as known  # and with it all of migrations, from 1.0 on

            check: Any = getattr(known, "CheckConstraint", ())  # which 1.0 has not
            if isinstance(constraint, check):
                found.append(f"CONSTRAINT {self.quote(constraint.name)} CHECK ({constraint.check})")
            elif isinstance(constraint, known.UniqueConstraint):
                if _condition(constraint):
                    continue
                columns = [_column(model, name) for name in constraint.fields]
                found.append(
                    self.UNIQUE_CONSTRAINT_CREATE_TEMPLATE.format(
                        index_name=constraint.name or self._get_index_name("uid", model, columns),
                        fields=", ".join(map(self.quote, columns)),
                    )
                )
            else:
                self._problems.append(
                    Problem(
                        "constraint", str(constraint), f"{full_name(model)}: a constraint that is unknown to Tortoise"
                    )
                )
        return found

    def _own_words(self, model: type[Model], constraint: Any) -> list[str]:
        """A constraint that writes itself; SQLite knows none outside of CREATE TABLE."""
        sql = constraint.get_sql(self, model)
        if sql and getattr(constraint, "afterwards", False) and self.DIALECT != "sqlite":
            self._afterwards.append(f"ALTER TABLE {self._qualified(model)} ADD {sql};")
            return []
        return [sql] if sql else []

    def _conditional_unique(self, model: type[Model], constraint: UniqueConstraint) -> str:
        columns = [_column(model, name) for name in constraint.fields]
        name = constraint.name or self._get_index_name("uid", model, columns)
        if self.DIALECT == "mysql":
            reason = f"{full_name(model)}: MySQL and MariaDB have no conditional unique constraint: {constraint!r}"
            self._problems.append(Problem("constraint", name, reason))
            return ""
        keys = ", ".join(map(self.quote, columns))
        table = self._qualified(model)
        return f"CREATE UNIQUE INDEX {self.quote(name)} ON {table} ({keys}) WHERE {_condition(constraint)};"

    def _mysql_default(self, text: str) -> str:
        """MySQL 8 takes a default of TEXT, BLOB and JSON only as an expression; MariaDB takes the literal."""
        kind = self._sql_type()
        needs_expression = not self.mariadb and ("TEXT" in kind or "BLOB" in kind or kind in ("JSON", "GEOMETRY"))
        return f"({text})" if needs_expression else text

    def _standard_default(self, default: Any, text: str) -> str:
        """Tortoise escapes as MySQL does, which elsewhere is a syntax error (``\\'``) or another value (``\\n``)."""
        if not isinstance(default, str):  # '{…}' of an array
            return "'" + text[1:-1].replace("'", "''") + "'"
        right = "'" + default.replace("'", "''") + "'"
        if text == right:
            return text
        if "'" in default or (self.DIALECT == "postgres" and self._sql_type() in ("JSON", "JSONB")):
            return right
        if self._model is not None and self._field is not None:
            self._notices.append(
                f"{full_name(self._model)}.{self._field.model_field_name}: Tortoise writes its db_default as {text}, "
                f"which {self.DIALECT} takes literally, backslashes included"
            )
        return text

    def _sql_type(self) -> str:
        return str(self._field.get_for_dialect(self.DIALECT, "SQL_TYPE")).upper() if self._field else ""


def _has_own_key(model: type[Model]) -> bool:
    return any(getattr(constraint, "primary_key", False) for constraint in constraints_of(model))


def refusal(who: str, error: Exception) -> ConfigurationError:
    """What to raise where Tortoise refuses a model."""
    return behind(error) or ModelsUnavailable(
        f"Tortoise refuses {who}: {one_line(error)}", hint="correct the model: Tortoise.generate_schemas() fails too"
    )


def _column(model: type[Model], name: str) -> str:
    """The column of a field name; a name that is no field is taken for a column. Raises ``ModelsUnavailable``."""
    field = model._meta.fields_map.get(name)
    if isinstance(field, ForeignKeyFieldInstance):
        name = str(field.source_field)  # set to the key field, ``author`` -> ``author_id``, when Tortoise starts
        field = model._meta.fields_map[name]
    if field is None and name in model._meta.db_fields:
        return name
    if field is None or isinstance(field, ManyToManyFieldInstance) or not field.has_db_field:
        raise ModelsUnavailable(
            f"{full_name(model)}: its Meta names {name!r}, which is no field with a column",
            hint="correct the indexes, constraints or unique_together of that model",
        )
    return field.source_field or name


@contextmanager
def _stable_columns(model: type[Model]) -> Iterator[None]:
    """While it is open, keys of one-to-one fields come in alphabetical order: Tortoise adds them in that of a set."""
    meta, projection = model._meta, model._meta.fields_db_projection
    if len(meta.o2o_fields) > 1:
        keys = sorted(f"{name}_id" for name in meta.o2o_fields if f"{name}_id" in projection)
        rest = {name: column for name, column in projection.items() if name not in keys}
        meta.fields_db_projection = rest | {name: projection[name] for name in keys}
    try:
        yield
    finally:
        meta.fields_db_projection = projection


def conditional(model: type[Model]) -> list[UniqueConstraint]:
    """The unique constraints of a model that only some rows must keep: an index is what they are."""
    found = [constraint for constraint in constraints_of(model) if not hasattr(constraint, "get_sql")]
    if not found:
        return []
    from tortoise.migrations.constraints import UniqueConstraint

    return [constraint for constraint in found if isinstance(constraint, UniqueConstraint) and _condition(constraint)]


def _condition(constraint: UniqueConstraint) -> str | None:
    """Which rows must keep it; 1.0 knows no such thing."""
    return getattr(constraint, "condition", None)
