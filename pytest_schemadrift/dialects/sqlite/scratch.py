"""A throw-away SQLite database: in memory, with the settings of the live connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pytest_schemadrift.dialects.base import Connection, closing
from pytest_schemadrift.dialects.sqlite.connection import open_file
from pytest_schemadrift.schema.capabilities import ServerInfo


@asynccontextmanager
async def open_scratch(live: Connection, url: str, info: ServerInfo) -> AsyncIterator[Connection]:
    """An empty database in memory; nothing of it is ever on disk, so nothing can be left behind."""
    encoding = info.setting("encoding", "UTF-8")
    pragmas = [f"PRAGMA encoding = '{encoding}'", f"PRAGMA foreign_keys = {info.setting('foreign_keys', '1')}"]
    async with closing(await open_file(":memory:", 5.0, pragmas)) as connection:
        yield connection
