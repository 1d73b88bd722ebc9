"""The columns of what is no ordinary table: views, and SQLite's virtual tables."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_schemadrift.schema.model import Column, Name
from pytest_schemadrift.sources.scratch import LiveServer

_POSTGRES = """
    SELECT n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY 1, 2, a.attnum
"""
_MYSQL = """
    SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME, c.COLUMN_TYPE, c.IS_NULLABLE = 'YES'
    FROM information_schema.COLUMNS c JOIN information_schema.VIEWS v USING (TABLE_SCHEMA, TABLE_NAME)
    WHERE c.TABLE_SCHEMA = DATABASE() ORDER BY 1, 2, c.ORDINAL_POSITION
"""
_SQLITE = """
    SELECT '', t.name, c.name, upper(c.type), NOT c."notnull"
    FROM pragma_table_list t, pragma_table_xinfo(t.name) c
    WHERE t.schema = 'main' AND t.type IN ('view', 'virtual') AND c.hidden IN (0, 2, 3) ORDER BY t.name, c.cid
"""


async def columns_of(server: LiveServer, names: Sequence[Name]) -> dict[Name, tuple[Column, ...]]:
    """The columns of views and virtual tables as the database gives them: name, type, nullability."""
    if not names:
        return {}
    sql = {"postgres": _POSTGRES, "sqlite": _SQLITE}.get(server.dialect.name, _MYSQL)
    default = server.info.default_schema
    found: dict[Name, tuple[Column, ...]] = dict.fromkeys(names, ())
    for schema, table, column, type_, nullable in await server.connection.fetch(sql):
        name = Name("" if schema == default else schema, table)
        if name in found:
            found[name] += (Column(column, type_, nullable=bool(nullable)),)
    return found
