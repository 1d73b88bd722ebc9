"""A throw-away SQLite database: in memory, with the settings of the live connection."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pytest_schemadrift.dialects.base import Connection, closing
from pytest_schemadrift.dialects.enclosure import Enclosure
from pytest_schemadrift.dialects.sqlite.connection import open_file
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema.capabilities import ServerInfo

_OUTSIDE = re.compile(r"\b(?:load_extension|writefile|readfile|edit)\s*\(|^\s*(?:ATTACH|VACUUM)\b", re.IGNORECASE)


@asynccontextmanager
async def open_scratch(live: Connection, url: str, info: ServerInfo) -> AsyncIterator[Enclosure]:
    """An empty database in memory; nothing of it is ever on disk, so nothing can be left behind.

    It can attach no other database, whatever its triggers and views say: the limit is the library's own
    (``sqlite3_limit``, ``SQLITE_LIMIT_ATTACHED``), and the live file is never opened by it.
    """
    encoding = info.setting("encoding", "UTF-8")
    pragmas = [f"PRAGMA encoding = '{encoding}'", f"PRAGMA foreign_keys = {info.setting('foreign_keys', '1')}"]
    connection = await open_file(":memory:", 5.0, pragmas)
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
