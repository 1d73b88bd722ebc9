"""A throw-away database on the live server, with the live one's character set and collation."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import AsyncIterator

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.enclosure import Enclosure
from pytest_schemadrift.dialects.mysql.collations import spelled
from pytest_schemadrift.dialects.mysql.connection import MySQLConnection, carry_over, connect
from pytest_schemadrift.dialects.mysql.names import literal, quote
from pytest_schemadrift.dialects.mysql.outside import enclosed
from pytest_schemadrift.errors import StatementFailed, Unsupported
from pytest_schemadrift.schema.capabilities import ServerInfo

PREFIX = "schemadrift_scratch_"
_TIMEOUT = 30.0


@contextlib.asynccontextmanager
async def open_scratch(live: Connection, url: str, info: ServerInfo) -> AsyncIterator[Enclosure]:
    """An empty database for this block, dropped on leaving; a connection of its own, so that ``live`` stays put.

    Nothing that is executed there reaches another database.

    A user lock of the server marks it as in use; databases of ours that no one holds a lock for are cleared first.
    Raises ``Unsupported`` where the role may not create a database.
    """
    connection = await connect(url, _TIMEOUT)
    name = f"{PREFIX}{os.getpid()}_{secrets.token_hex(4)}"
    try:
        await _clear_stale(connection)
        await _create(connection, name, info)
        try:
            await connection.execute(f"USE {quote(name)}")
            await carry_over(connection, info)
            yield await enclosed(connection, live, info)
        finally:
            with contextlib.suppress(StatementFailed):
                await connection.execute(f"DROP DATABASE IF EXISTS {quote(name)}")
    finally:
        await connection.close()


async def _create(connection: MySQLConnection, name: str, info: ServerInfo) -> None:
    collation = f" CHARACTER SET {info.charset} COLLATE {spelled(info.collation, info)}" if info.charset else ""
    await connection.fetch("SELECT get_lock(%s, 0) AS locked", name)
    try:
        await connection.execute(f"CREATE DATABASE {quote(name)}{collation}")
    except StatementFailed as error:
        raise Unsupported(
            f"no scratch database can be had: {error.what}",
            sql=error.sql,
            hint=f"grant the role all rights on `{PREFIX}%`.*, or read the result as compared: static",
        ) from None


async def _clear_stale(connection: MySQLConnection) -> None:
    """Drop what a killed process left behind: its lock went with its connection."""
    pattern = PREFIX.replace("_", r"\_") + "%"
    for (name,) in await connection.fetch(f"SHOW DATABASES LIKE {literal(pattern)}"):
        free = await connection.fetch("SELECT get_lock(%s, 0) AS free", name)
        if free and free[0][0] == 1:
            with contextlib.suppress(StatementFailed):
                await connection.execute(f"DROP DATABASE IF EXISTS {quote(name)}")
            await connection.fetch("SELECT release_lock(%s) AS released", name)
