"""What differs only in how a server spells an expression for the first or the second time is no difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_schemadrift.errors import SchemaDriftError
from pytest_schemadrift.planning.build import create_statements
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.model import Expression, Name, Schema, Table
from pytest_schemadrift.sources.scratch import LiveServer, extract, neighbours, read_back


async def respell(server: LiveServer, old: Schema, new: Schema, policy: Policy) -> Schema:
    """Adopt the live tables that differ only in how the server spells an expression for the first or second time."""
    new = server.dialect.with_alike(old, new)
    olds = {table.name: table for table in old.tables}
    doubtful = [
        table.name
        for table in new.tables
        if table.name in olds and olds[table.name] != table and _has_expressions(olds[table.name], table)
    ]
    if not doubtful:
        return new
    try:
        again_old = await _second_reading(server, old, doubtful)
        again_new = await _second_reading(server, new, doubtful)
    except SchemaDriftError:
        return new  # a table that leans on functions of its own cannot be repeated: the first verdict stands
    true = {name for name in doubtful if _is_copy(old, again_old, name) and _is_copy(new, again_new, name)}
    again_new, _ = normalize(again_old, again_new, policy)
    same = {table.name for table in again_new.tables if again_old.table(table.name) == table and table.name in true}
    return replace(new, tables=tuple(olds[t.name] if t.name in same and t.name in olds else t for t in new.tables))


async def _second_reading(server: LiveServer, schema: Schema, names: Iterable[Name]) -> Schema:
    names = list(names)
    helpers = neighbours([table for table in schema.tables if table.name in set(names)], names)
    part = extract(schema, names, helpers)
    part = replace(part, views=(), tables=tuple(replace(table, triggers=()) for table in part.tables))
    found = await read_back(server, create_statements(part, server.dialect, server.info))
    return replace(found, tables=tuple(table for table in found.tables if table.name in set(names)))


def _is_copy(schema: Schema, again: Schema, name: Name) -> bool:
    """Whether the second reading has a default where the first has one: a server may give one that nobody asked for."""
    first, second = schema.table(name), again.table(name)
    return first is not None and second is not None and _with_defaults(first) == _with_defaults(second)


def _with_defaults(table: Table) -> set[str]:
    return {column.name for column in table.columns if column.default is not None}


def _has_expressions(old: Table, new: Table) -> bool:
    return any(_expressions(old) ^ _expressions(new))


def _expressions(table: Table) -> set[str]:
    found: list[Expression | None] = [check.expression for check in table.checks]
    found += [item.definition for item in table.exclusions]
    for column in table.columns:
        found += [column.default, column.generated.expression if column.generated else None]
    for index in table.indexes:
        found += [index.where, *(part.expression for part in index.parts)]
    return {item.key for item in found if item is not None}
