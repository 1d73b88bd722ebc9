"""Unqualified names: what a server that looks in several schemas takes them to mean.

PostgreSQL finds an unqualified name in the first schema of ``search_path`` that has it, and creates one in the first
schema that exists (documentation, "The Schema Search Path"). A ``Name`` without a schema is in that first one, so the
names of models and scripts that the server finds further on get the schema in which they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace

from pytest_schemadrift.schema.build import in_order, make_schema
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.model import Column, ForeignKey, Name, Schema, Table

_TYPE = re.compile(r'(?P<name>"(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)(?P<array>(?:\[\])*)\Z')
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")


@dataclass(frozen=True, slots=True)
class Resolution:
    """What unqualified names mean in a database, where they do not mean the default schema."""

    relations: dict[Name, Name] = field(default_factory=dict)
    types: dict[Name, Name] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.relations or self.types)

    def relation(self, name: Name) -> Name:
        """The table, view or sequence that a name means."""
        return self.relations.get(name, name)

    def schema(self, schema: Schema) -> Schema:
        """A schema as it was written, with what its unqualified names mean in the database."""
        if not self:
            return schema
        return make_schema(
            schema.dialect,
            tables=[self._table(table) for table in schema.tables],
            namespaces=schema.namespaces,
            extensions=schema.extensions,
            enums=[replace(item, name=self._type(item.name)) for item in schema.enums],
            sequences=[
                replace(
                    item,
                    name=self.relation(item.name),
                    owned_by=item.owned_by and (self.relation(item.owned_by[0]), item.owned_by[1]),
                )
                for item in schema.sequences
            ],
            domains=[
                replace(item, name=self._type(item.name), type=self._type_text(item.type)) for item in schema.domains
            ],
            views=[
                replace(
                    view,
                    name=self.relation(view.name),
                    depends_on=tuple(sorted(map(self.relation, view.depends_on))),
                )
                for view in schema.views
            ],
            unsupported=[replace(item, table=item.table and self.relation(item.table)) for item in schema.unsupported],
        )

    def _table(self, table: Table) -> Table:
        return replace(
            table,
            name=self.relation(table.name),
            columns=tuple(map(self._column, table.columns)),
            foreign_keys=in_order(map(self._key, table.foreign_keys)),
            partition_of=table.partition_of and (self.relation(table.partition_of[0]), table.partition_of[1]),
            inherits=tuple(map(self.relation, table.inherits)),
        )

    def _column(self, column: Column) -> Column:
        type_ = self._type_text(column.type)
        return column if type_ == column.type else replace(column, type=type_)

    def _key(self, key: ForeignKey) -> ForeignKey:
        target = self.relation(key.ref_table)
        return key if target == key.ref_table else replace(key, ref_table=target)

    def _type(self, name: Name) -> Name:
        return self.types.get(name, name)

    def _type_text(self, text: str) -> str:
        match = _TYPE.match(text)
        if match is None:
            return text
        bare = match["name"]
        name = Name("", bare[1:-1].replace('""', '"') if bare.startswith('"') else bare)
        found = self.types.get(name)
        if found is None:
            return text
        schema = found.schema if _PLAIN.match(found.schema) else '"' + found.schema.replace('"', '""') + '"'
        return f"{schema}.{bare}{match['array']}"


def resolution(live: Schema, info: ServerInfo) -> Resolution:
    """What unqualified names mean in the database ``live``, to a session with this server's search path."""
    further = [schema for schema in info.search_path if schema != info.default_schema]
    if not further:
        return Resolution()
    relations = [item.name for group in (live.tables, live.views, live.sequences) for item in group]
    relations += [*names_of_indexes(live), *names_of_row_types(live, further), *of_extensions(live)]
    relations += [item.table for item in live.unsupported if item.kind == "table" and item.table is not None]
    types = [item.name for group in (live.enums, live.domains) for item in group]
    return Resolution(_further_on(relations, further), _further_on(types, further))


def names_of_indexes(schema: Schema) -> Iterator[Name]:
    """The indexes of tables and materialised views: in PostgreSQL and SQLite no relation can have the name of one."""
    for table in schema.tables:
        names = [table.primary_key.name] if table.primary_key is not None else []
        names += [*(index.name for index in table.indexes), *(item.name for item in table.exclusions)]
        yield from (Name(table.name.schema, name) for name in names if name)
    for other in schema.unsupported:
        if other.kind == "index" and other.table is not None:
            home = f"{other.table.schema}." if other.table.schema else ""
            yield Name(other.table.schema, other.name.removeprefix(home))


def of_extensions(schema: Schema) -> dict[Name, str]:
    """The relations that extensions made (PostgreSQL), and which: no plan changes those."""
    return {mark.owner: mark.values[0] for mark in schema.marks if mark.on == "member"}


def names_of_row_types(schema: Schema, further: Iterable[str]) -> Iterator[Name]:
    """The composite types of the default schema and of those in ``further``: to PostgreSQL each is a relation, too.

    Base types are relations to nobody; there is no text that makes one again.
    """
    for item in schema.unsupported:
        if item.kind == "type" and item.sql:
            home = next((f"{place}." for place in further if item.name.startswith(f"{place}.")), "")
            yield Name(home[:-1], item.name.removeprefix(home))


def _further_on(names: Iterable[Name], further: Sequence[str]) -> dict[Name, Name]:
    """The unqualified names that the default schema does not have, and the first schema does that comes after it."""
    there = set(names)
    found: dict[Name, Name] = {}
    for schema in reversed(further):
        found |= {Name("", name.name): name for name in there if name.schema == schema}
    return {name: meant for name, meant in found.items() if name not in there}
