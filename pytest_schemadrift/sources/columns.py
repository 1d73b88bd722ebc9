"""The columns of what is no ordinary table: views, and SQLite's virtual tables."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_schemadrift.schema.model import Column, Name
from pytest_schemadrift.sources.scratch import LiveServer


async def columns_of(server: LiveServer, names: Sequence[Name]) -> dict[Name, tuple[Column, ...]]:
    """The columns of views and virtual tables as the database gives them: name, type, nullability."""
    if not names:
        return {}
    sql = server.dialect.view_columns(server.info)
    default = server.info.default_schema
    found: dict[Name, tuple[Column, ...]] = dict.fromkeys(names, ())
    for schema, table, column, type_, nullable in await server.connection.fetch(sql):
        name = Name("" if schema == default else schema, table)
        if name in found:
            found[name] += (Column(column, type_, nullable=bool(nullable)),)
    return found
