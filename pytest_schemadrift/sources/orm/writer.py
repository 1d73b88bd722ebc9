"""Writes the DDL of one connection's models: tables in an order that can be executed, with what they refer to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.errors import ModelsUnavailable
from pytest_schemadrift.schema.name import Name
from pytest_schemadrift.sources.locations import Declaration, Origins
from pytest_schemadrift.sources.model_ddl import LoadedModels, ModelSource, TableDDL
from pytest_schemadrift.sources.orm.classes import is_managed, table_of
from pytest_schemadrift.sources.orm.generations import generator_for
from pytest_schemadrift.sources.orm.generator import ModelGenerator

if TYPE_CHECKING:
    from tortoise.models import Model

    from pytest_schemadrift.schema.model import UnsupportedObject

__all__ = ["Writer"]


@dataclass
class _Through:
    """One many-to-many field that has a table of its own."""

    model: type[Model]
    field_name: str
    name: Name

    @property
    def field(self) -> Any:
        return self.model._meta.fields_map[self.field_name]

    @property
    def label(self) -> str:
        return f"{self.model._meta.full_name}.{self.field_name}"


class Writer:
    """Writes the DDL of one connection; lives for one call of ``model_ddl``."""

    def __init__(self, loaded: LoadedModels, connection: str, dialect: str, server_version: str) -> None:
        self.loaded, self.connection, self.dialect = loaded, connection, dialect
        client = loaded.client(connection)
        self.generator: ModelGenerator = generator_for(client.schema_generator)(client)
        self.generator.mariadb = "mariadb" in server_version.lower()
        self.models = loaded.models(connection)
        self.problems: list[UnsupportedObject] = []
        self.notices: list[str] = []
        self.declarations: dict[Name, Declaration] = {}

    def source(self, selected: frozenset[type[Model]]) -> ModelSource:
        """What the connection's models want, ``selected`` being those to compare. Raises ``ModelsUnavailable``."""
        by_table = self._tables()
        if not by_table:
            self.notices.append("the models have no tables for this connection")
        references = {name: self._references(model) for name, model in by_table.items()}
        order, postponed = _executable_order(references)
        throughs = self._through_tables(by_table, order)
        compared: list[TableDDL] = []
        others: list[TableDDL] = []
        if self.dialect == "sqlite":  # which cannot add a key to a table, and lets a key refer to a table to come
            postponed = dict.fromkeys(order, frozenset())
        for name in order:
            model = by_table[name]
            ddl = self._table(name, model, tuple(references[name]), postponed[name], len(compared) + len(others))
            (compared if model in selected and is_managed(model) else others).append(ddl)
        for through in throughs:
            ddl = self._through(through, len(compared) + len(others))
            managed = is_managed(through.model) or is_managed(through.field.related_model)
            (compared if through.model in selected and managed else others).append(ddl)
        return ModelSource(
            connection=self.connection,
            dialect=self.dialect,
            preamble=self._preamble(order),
            statements=tuple(compared),
            others=tuple(others),
            unmanaged=tuple(str(name) for name, model in sorted(by_table.items()) if not is_managed(model)),
            problems=tuple(self.problems),
            notices=tuple(self.notices),
            origins=Origins(self.declarations, self.loaded.config.project_dir),
        )

    def _name(self, model: type[Model], link: Any = None) -> Name:
        """The table of a model, or of its many-to-many field ``link``, which up to 0.25 knows no schema.

        SQLite has no schemas: Tortoise leaves them out there.
        """
        own = table_of(model)
        without = self.dialect == "sqlite" or (link is not None and not hasattr(link, "through_schema"))
        return Name("" if without else own.schema, own.name if link is None else link.through)

    def _tables(self) -> dict[Name, type[Model]]:
        """The models by table. Of several models of one table the only managed one counts."""
        found: dict[Name, type[Model]] = {}
        for model in self.models:
            name = self._name(model)
            other = found.get(name)
            if other is not None and is_managed(other) and is_managed(model):
                raise ModelsUnavailable(
                    f"{other._meta.full_name} and {model._meta.full_name} have the same table {str(name)!r}",
                    where=self.loaded.config.origin,
                    hint="give each its own Meta.table, or set managed = False in the Meta of one of them",
                )
            if other is None or is_managed(model):
                found[name] = model
        return found

    def _references(self, model: type[Model]) -> dict[Name, list[str]]:
        """Referenced table -> the columns that refer to it."""
        meta, found = model._meta, dict[Name, list[str]]()
        for field_name in sorted(meta.fk_fields | meta.o2o_fields):
            relation: Any = meta.fields_map[field_name]
            column = meta.fields_db_projection.get(f"{field_name}_id")
            if column is None:  # Tortoise (1.1) copies the key from a field that has no column itself
                self.notices.append(
                    f"{meta.full_name}.{field_name} has no column: Tortoise gives none to a key that refers to "
                    f"{relation.related_model._meta.full_name}, whose primary key is a one-to-one field"
                )
            elif relation.db_constraint:
                self._assert_same_connection(f"{meta.full_name}.{field_name}", relation.related_model)
                found.setdefault(self._name(relation.related_model), []).append(column)
        return found

    def _assert_same_connection(self, who: str, related: type[Model]) -> None:
        if related._meta.default_connection != self.connection:
            raise ModelsUnavailable(
                f"{who} on connection {self.connection!r} refers to {related._meta.full_name} on "
                f"{related._meta.default_connection!r}: a foreign key cannot leave its database",
                where=self.loaded.config.origin,
                hint="set db_constraint=False on the field, or put both apps on one connection",
            )

    def _table(
        self, name: Name, model: type[Model], references: Iterable[Name], postponed: Collection[str], position: int
    ) -> TableDDL:
        made = self.generator.table(model, postponed)
        meta = model._meta
        if made.problems:
            from pytest_schemadrift.schema.model import UnsupportedObject

            self.problems += [
                UnsupportedObject(problem.kind, problem.name, problem.reason, table=name) for problem in made.problems
            ]
        self.notices += made.notices
        fields = {column: field_name for field_name, column in meta.fields_db_projection.items()}
        for key in meta.fk_fields | meta.o2o_fields:
            if column := meta.fields_db_projection.get(f"{key}_id"):
                fields[column] = key
        self.declarations[name] = Declaration(model, meta.full_name, fields)
        return TableDDL(
            schema=name.schema,
            table=name.name,
            statements=made.statements,
            model=meta.full_name,
            afterwards=made.afterwards,
            references=tuple(sorted(references)),
            position=position,
        )

    def _through_tables(self, by_table: Mapping[Name, type[Model]], order: Sequence[Name]) -> list[_Through]:
        """The many-to-many fields that have a table of their own, one for each table."""
        taken = {name.name for name in by_table}  # Tortoise compares without the schema (_get_m2m_tables)
        found: dict[Name, _Through] = {}
        for table in order:
            model = by_table[table]
            for field_name in sorted(model._meta.m2m_fields):
                relation: Any = model._meta.fields_map[field_name]
                if relation._generated or relation.through in taken:
                    continue
                through = _Through(model, field_name, self._name(model, relation))
                if relation.db_constraint:
                    self._assert_same_connection(through.label, relation.related_model)
                if through.name in found:
                    self._shared(found[through.name], through)
                else:
                    found[through.name] = through
        return list(found.values())

    def _shared(self, first: _Through, second: _Through) -> None:
        """Two fields with one table (tortoise-orm#1323): Tortoise creates the first and keeps both links in it."""
        texts = {self.generator.through_table(item.model, item.field_name) for item in (first, second)}
        if len(texts) > 1:
            raise ModelsUnavailable(
                f"{first.label} and {second.label} want different tables of the same name {str(first.name)!r}",
                where=self.loaded.config.origin,
                hint="give each its own through=…, or make one the related_name of the other",
            )
        self.notices.append(
            f"{first.label} and {second.label} share the table {first.name}: each sees the other's rows"
        )

    def _through(self, through: _Through, position: int) -> TableDDL:
        relation = through.field
        sides = (through.model, relation.related_model)
        columns = dict.fromkeys((relation.backward_key, relation.forward_key), through.field_name)
        model = through.model._meta.full_name
        self.declarations[through.name] = Declaration(through.model, model, columns, through.field_name)
        return TableDDL(
            schema=through.name.schema,
            table=through.name.name,
            statements=self.generator.through_table(through.model, through.field_name),
            model=through.label,
            references=tuple(sorted({self._name(side) for side in sides})) if relation.db_constraint else (),
            position=position,
        )

    def _preamble(self, order: Iterable[Name]) -> tuple[str, ...]:
        schemas = sorted({name.schema for name in order if name.schema})
        return tuple(sql for schema in schemas if (sql := self.generator.schema(schema)))


def _executable_order(
    references: Mapping[Name, Mapping[Name, Collection[str]]],
) -> tuple[list[Name], dict[Name, frozenset[str]]]:
    """The tables in an order in which they can be created, and per table the columns whose keys must come later.

    The order is that of ``generate_schemas``: always the first table of which all references exist. Where there is
    none, which is where Tortoise gives up (a cycle), the first one is taken and its open references are postponed.
    """
    names = list(references)
    place = {name: number for number, name in enumerate(names)}
    open_references = {name: {r for r in references[name] if r != name and r in place} for name in names}
    referrers: dict[Name, list[Name]] = {name: [] for name in names}
    for name, needed in open_references.items():
        for other in needed:
            referrers[other].append(name)
    ready = [place[name] for name in names if not open_references[name]]
    heapify(ready)
    order: list[Name] = []
    postponed: dict[Name, frozenset[str]] = dict.fromkeys(names, frozenset[str]())
    done: set[Name] = set()
    rest = iter(names)
    while len(order) < len(names):
        if ready:
            name = names[heappop(ready)]
        else:
            name = next(name for name in rest if name not in done)
            columns = (references[name][other] for other in open_references[name])
            postponed[name] = frozenset(column for group in columns for column in group)
        order.append(name)
        done.add(name)
        for referrer in referrers[name]:
            open_references[referrer].discard(name)
            if not open_references[referrer] and referrer not in done:
                heappush(ready, place[referrer])
    return order, postponed
