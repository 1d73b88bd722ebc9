"""What a comparison does not look at and a plan has to repeat, because the server forgets it with a definition.

Only the tables that a plan changes are asked: SHOW CREATE TABLE alone knows STORAGE and COLUMN_FORMAT of MySQL, and
KEY_BLOCK_SIZE of an index.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import replace

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.dialects.mysql.names import qualified
from pytest_schemadrift.dialects.mysql.read.script import parse
from pytest_schemadrift.dialects.mysql.rights import missing_on
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Mark, Name

_WORDS = ("STORAGE ", "COLUMN_FORMAT", "ENGINE_ATTRIBUTE", "NOT SECONDARY", "KEY_BLOCK_SIZE", "CLUSTERING", "my_row_id")
"""What a table's DDL has where there is anything to read."""


async def marks(connection: Connection, info: ServerInfo, tables: Collection[Name]) -> tuple[Mark, ...]:
    """Attributes of columns and indexes, and of which columns the server keeps statistics."""
    found = [mark async for mark in _attributes(connection, info, tables)]
    counted: list[Mark] = []
    for database in sorted({table.schema for table in tables}):
        known = {table.name: table for table in tables if table.schema == database}
        counted += [mark async for mark in _statistics(connection, info, database, known)]
    # ANALYZE TABLE wants SELECT and INSERT (documentation of MySQL and MariaDB); a check has SELECT.
    wants = await missing_on(connection, info, "INSERT", {mark.owner for mark in counted})
    return (*found, *(replace(mark, wants=wants.get(mark.owner, "")) for mark in counted))


async def _attributes(connection: Connection, info: ServerInfo, tables: Collection[Name]) -> AsyncIterator[Mark]:
    for table in sorted(tables):
        [(_, sql, *_)] = await connection.fetch(f"SHOW CREATE TABLE {qualified(table)}")
        if any(word in str(sql) for word in _WORDS):
            for mark in parse(str(sql), info).marks:
                yield Mark(mark.on, table, mark.name, mark.aspect, mark.values)


async def _statistics(
    connection: Connection, info: ServerInfo, database: str, tables: dict[str, Name]
) -> AsyncIterator[Mark]:
    place = database or info.database
    if info.dialect == "mysql":
        for table, column, buckets, auto in await connection.fetch(query("histograms"), place):
            if table in tables:
                update = {"true": "AUTO UPDATE", "false": "MANUAL UPDATE"}.get(auto or "", "")  # MySQL 8.4
                yield Mark("table", tables[table], column, "histogram", (str(buckets), update))
        return
    try:
        rows = await connection.fetch(query("statistics_mariadb"), place, place)
    except StatementFailed:
        return  # the role may not read the tables of the server
    for kind, table, name, type_, size in rows:
        if table in tables:
            asked = "" if type_ == "JSON_HB" else str(int(size or 0))  # a JSON_HB has as many buckets as it needs
            yield Mark(kind, tables[table], name, "statistics", (type_ or "", asked))
