"""What differs between Tortoise's generations of schema generators, in front of which ``ModelGenerator`` is put."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from tortoise.backends.base.schema_generator import BaseSchemaGenerator

from pytest_schemadrift.core.config.tortoise import one_line
from pytest_schemadrift.errors import ModelsUnavailable
from pytest_schemadrift.sources.orm.classes import full_name
from pytest_schemadrift.sources.orm.generator import ModelGenerator, conditional

if TYPE_CHECKING:
    from tortoise.fields import Field
    from tortoise.models import Model


class SteppedGenerator(ModelGenerator):
    """For the generators from 0.24 on, which have a method for each part of a table."""

    def _create_table(self, model: type[Model]) -> str:
        return str(self._get_table_sql(model, safe=False)["table_creation_string"])

    def _create_through(self, model: type[Model], field_name: str) -> str:
        with _replaced(model._meta, m2m_fields={field_name}):  # it writes those of all fields, in the order of a set
            (sql,) = super()._get_m2m_tables(model, model._meta.db_table, False, [])
        return sql

    def _get_models_to_create(self) -> list[type[Model]]:
        return []  # asked for once per table, only to find the through tables, which ``through_table`` writes

    def _get_m2m_tables(self, model: type[Model], db_table: str, safe: bool, models_tables: list[str]) -> list[str]:
        return []

    def _get_field_default(
        self, field_object: Field[Any], table_name: str, column_name: str, model: type[Model]
    ) -> str:
        self._field = field_object
        try:
            text = super()._get_field_default(field_object, table_name, column_name, model)
        except Exception as error:
            kind = "db_default" if hasattr(field_object, "db_default") else "default"  # which 1.1 has apart
            raise ModelsUnavailable(
                f"{full_name(model)}.{field_object.model_field_name}: Tortoise cannot write its {kind} "
                f"{getattr(field_object, kind)!r}: {one_line(error)}",
                hint="give a value of the field's own type" + (", or SqlDefault(…)" if kind == "db_default" else ""),
            ) from None
        finally:
            self._field = None
        return text

    def _get_field_indexes_sqls(self, model: type[Model], field_names: Sequence[str], safe: bool) -> list[str]:
        indexes = [self._get_index_sql(model, [name], safe=safe) for name in field_names]
        indexes += self._meta_indexes(model, model._meta.indexes or (), safe)
        indexes += [self._conditional_unique(model, constraint) for constraint in conditional(model)]
        self._later += [sql for sql in dict.fromkeys(indexes) if sql]
        return []

    def _format_index_fields(self, field_names: Sequence[str]) -> str:
        """Tortoise takes a column with a space, a dot or a parenthesis in its name for an expression."""
        columns = self._model._meta.db_fields if self._model else ()
        return ", ".join(
            self.quote(name) if name in columns else super(SteppedGenerator, self)._format_index_fields([name])
            for name in field_names
        )

    def _get_index_name(self, prefix: str, model: type[Model] | str, field_names: Sequence[str]) -> str:
        name = super()._get_index_name(prefix, model, field_names)
        return name.replace(self.quote("")[0], "_")  # an expression may begin with a quoted column


class WholeTableGenerator(ModelGenerator):
    """For the generators up to 0.23, which write a table with its indexes and through tables in one go."""

    _indexes: Sequence[Any] = ()

    def _create_table(self, model: type[Model]) -> str:
        self._indexes = model._meta.indexes or ()
        with _replaced(model._meta, m2m_fields=set(), indexes=()):
            return str(self._get_table_sql(model, safe=False)["table_creation_string"])

    def _create_through(self, model: type[Model], field_name: str) -> str:
        self._indexes = ()
        nothing = {"fields_db_projection": {}, "unique_together": (), "indexes": (), "table_description": ""}
        with _replaced(model._meta, m2m_fields={field_name}, **nothing):
            (sql,) = self._get_table_sql(model, safe=False)["m2m_tables"]
        return str(sql)

    def _get_models_to_create(self, models_to_create: list[type[Model]]) -> None:  # type: ignore[override]
        """Asked for once per table, only to find the through tables, which ``through_table`` writes."""

    def _get_index_sql(self, model: type[Model], field_names: Sequence[str], safe: bool) -> str:  # type: ignore[override]
        sql = super()._get_index_sql(model, field_names, safe)
        if sql and sql not in self._later:
            self._later.append(sql)
        return ""

    def _get_inner_statements(self) -> list[str]:
        if self._model is not None:  # the last thing that is asked for before the table is put together
            self._later += [sql for sql in self._meta_indexes(self._model, self._indexes, safe=False) if sql]
        return super()._get_inner_statements()


class _Qualifying:
    """What the generators from 1.0 on have, for those that leave schemas out: their queries do not.

    The link tables of many-to-many fields stay without: up to 0.25 they are asked for without one, too.
    """

    def _qualify_table_name(self, table_name: str, schema: str | None) -> str:
        return self.quote(table_name)  # type: ignore[attr-defined,no-any-return]

    def _get_schema_create_sql(self, schema: str, safe: bool) -> str:
        postgres = self.DIALECT == "postgres"  # type: ignore[attr-defined]
        return f"CREATE SCHEMA IF NOT EXISTS {_quoted(self, schema)};" if postgres else ""

    @contextmanager
    def _in_schemas(self, model: type[Model]) -> Iterator[None]:
        related = (getattr(field, "related_model", None) for field in model._meta.fields_map.values())
        with ExitStack() as stack:
            for meta in dict.fromkeys(item._meta for item in (model, *related) if item is not None):
                if meta.schema and self.DIALECT != "sqlite":  # type: ignore[attr-defined]
                    name = _InSchema(meta.db_table)
                    name.written = f"{_quoted(self, meta.schema)}.{_quoted(self, meta.db_table)}"[1:-1]
                    stack.enter_context(_replaced(meta, db_table=name))
            yield


class _InSchema(str):
    """The name of a table that brings its schema along where it is written between quotes, and only there.

    Names of indexes and keys are made of a part and a hash of it, and stay those of the plain name.
    """

    __slots__ = ("written",)
    written: str

    def __format__(self, spec: str) -> str:
        return self.written


def _quoted(generator: Any, name: str) -> str:
    return str(generator.quote(name))


def generator_for(base: type[BaseSchemaGenerator]) -> type[ModelGenerator]:
    """A backend's schema generator with our changes in front, chosen by the methods that it has."""
    ours = SteppedGenerator if hasattr(base, "_get_m2m_tables") else WholeTableGenerator
    before = () if hasattr(base, "_qualify_table_name") else (_Qualifying,)
    return type(f"Model{base.__name__}", (*before, ours, base), {})


@contextmanager
def _replaced(thing: Any, **values: Any) -> Iterator[None]:
    """While it is open, attributes of an object have other values."""
    before = {name: getattr(thing, name) for name in values}
    for name, value in values.items():
        setattr(thing, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(thing, name, value)
