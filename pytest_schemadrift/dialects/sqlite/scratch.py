"""A throw-away SQLite database: in memory, with the settings of the live connection."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from pytest_schemadrift.dialects.base import Connection, closing
from pytest_schemadrift.dialects.enclosure import Enclosure
from pytest_schemadrift.dialects.sqlite.memory import open_memory
from pytest_schemadrift.dialects.sqlite.names import quote
from pytest_schemadrift.errors import StatementFailed, Unsupported
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Schema, Table, Trigger, View

_OUTSIDE = re.compile(r"\b(?:load_extension|writefile|readfile|edit)\s*\(|^\s*(?:ATTACH|VACUUM)\b", re.IGNORECASE)


@asynccontextmanager
async def open_scratch(live: Connection, url: str, info: ServerInfo) -> AsyncIterator[Enclosure]:
    """An empty database in memory; nothing of it is ever on disk, so nothing can be left behind.

    It can attach no other database, whatever its triggers and views say: the limit is the library's own
    (``sqlite3_limit``, ``SQLITE_LIMIT_ATTACHED``), and the live file is never opened by it.
    """
    encoding = info.setting("encoding", "UTF-8")
    pragmas = [f"PRAGMA encoding = '{encoding}'", f"PRAGMA foreign_keys = {info.setting('foreign_keys', '1')}"]
    connection = await open_memory(pragmas)
    async with closing(connection):
        await connection.limit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        yield Enclosure(connection, _check)


async def _check(sql: str) -> None:
    """Raise ``Unsupported`` for what would load code or open another file."""
    if found := _OUTSIDE.search(sql):
        name = re.search(
            r"\b(TABLE|VIEW|TRIGGER|INDEX)\s+(?:IF\s+NOT\s+EXISTS\s+)?[\"`\[]?([^\s\"`\]]+)", sql, re.IGNORECASE
        )
        what = f"{name[1].lower()} {name[2]}" if name else "a statement"
        raise Unsupported(f"{what} reaches outside of its database ({found[0].strip()}…)", sql=sql)


_EVENT = re.compile(r"\b(DELETE|INSERT|UPDATE)\b(?=(?:\s+OF\b.*?)?\s+ON\b)", re.IGNORECASE | re.DOTALL)


async def triggers_that_compile(connection: Connection, schema: Schema) -> frozenset[str]:
    """The triggers of tables and views whose bodies name only what is there.

    SQLite compiles a trigger with the statement that fires it, and not before; one that meets no row fires nothing.
    """
    found = set()
    holders: tuple[Table | View, ...] = (*schema.tables, *schema.views)
    for item in holders:
        for trigger in item.triggers:
            try:
                columns = await connection.fetch("SELECT name FROM pragma_table_info(?)", item.name.name)
                await connection.fetch(_firing(trigger, item.name.name, [str(name) for (name,) in columns]))
            except StatementFailed:
                continue
            found.add(f"trigger {trigger.name} of {item.name}")
    return frozenset(found)


def _firing(trigger: Trigger, on: str, columns: Sequence[str]) -> str:
    """A statement that would fire a trigger, if it met a row: an UPDATE names every column, for UPDATE OF."""
    event = _EVENT.search(trigger.sql)
    name, names = quote(on), [quote(column) for column in columns]
    listed = ", ".join(names)
    match event[1].upper() if event else "":
        case "INSERT":
            return f"INSERT INTO {name} ({listed}) SELECT {listed} FROM {name} WHERE 0"
        case "UPDATE":
            return f"UPDATE {name} SET {', '.join(f'{column} = {column}' for column in names)} WHERE 0"
        case _:
            return f"DELETE FROM {name} WHERE 0"
