"""A throw-away database on the live server, with the live one's character set and collation."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from pytest_schemadrift.dialects.base import Connection, closing
from pytest_schemadrift.dialects.enclosure import Enclosure
from pytest_schemadrift.dialects.mysql.collations import spelled
from pytest_schemadrift.dialects.mysql.connection import MySQLConnection, carry_over, connect
from pytest_schemadrift.dialects.mysql.names import literal, quote
from pytest_schemadrift.dialects.mysql.outside import enclosed
from pytest_schemadrift.dialects.mysql.server_info import read_server_info
from pytest_schemadrift.errors import ConnectionFailed, StatementFailed, Unsupported
from pytest_schemadrift.schema.capabilities import ServerInfo

PREFIX = "schemadrift_scratch_"
_TIMEOUT = 30.0
_LAST_TIMEOUT = 5.0
"""Seconds to connect once more, and to wait for a session to end, where nobody waits for the answer any more."""


@contextlib.asynccontextmanager
async def open_scratch(live: Connection, url: str, info: ServerInfo) -> AsyncIterator[Enclosure]:
    """An empty database for this block, dropped on leaving; a connection of its own, so that ``live`` stays put.

    Nothing that is executed there reaches another database.

    A user lock of the server marks it as in use; databases of ours that no one holds a lock for are cleared first.
    Raises ``Unsupported`` where the role may not create a database.
    """
    connection = await connect(url, _TIMEOUT)
    async with _opened(connection, url, live, info) as scratch:
        yield scratch


@contextlib.asynccontextmanager
async def open_scratch_elsewhere(live: Connection, url: str, info: ServerInfo) -> AsyncIterator[Enclosure]:
    """As ``open_scratch``, on the server at ``url``, which was started for it and has the same kind and version.

    The session is that of an account with all rights on scratch databases, and no others.
    """
    keeper = await connect(url, _TIMEOUT)
    async with closing(keeper):
        there = await read_server_info(keeper)
        for fact in (_kind, _letters):
            if fact(there) != fact(info):
                raise Unsupported(f"{fact(there)} spells expressions differently from {fact(info)}")
        account, password = f"schemadrift_{secrets.token_hex(4)}", secrets.token_urlsafe(32)
        await keeper.execute(f"CREATE USER {account}@localhost IDENTIFIED BY {literal(password)}")
        try:
            pattern = PREFIX.replace("_", r"\_")
            await keeper.execute(f"GRANT ALL ON `{pattern}%`.* TO {account}@localhost")
            own = _as_account(url, account, password)
            async with _opened(await connect(own, _TIMEOUT), own, live, info) as scratch:
                yield scratch
        finally:
            with contextlib.suppress(StatementFailed):
                await keeper.execute(f"DROP USER {account}@localhost")


def _kind(info: ServerInfo) -> str:
    """``mariadb 11.8``: what may spell things otherwise than another."""
    return f"{info.dialect} {'.'.join(map(str, info.version[:2]))}"


def _letters(info: ServerInfo) -> str:
    return f"lower_case_table_names = {info.setting('lower_case_table_names')}"


def _as_account(url: str, account: str, password: str) -> str:
    """The URL of the same server for another account, without a default database."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{account}:{password}@{place}/?{parts.query}"


@contextlib.asynccontextmanager
async def _opened(
    connection: MySQLConnection, url: str, live: Connection, info: ServerInfo
) -> AsyncIterator[Enclosure]:
    """A new database for this session of ``url``, which ends with the block."""
    name = f"{PREFIX}{os.getpid()}_{secrets.token_hex(4)}"
    try:
        await _clear_stale(connection)
        try:
            await _create(connection, name, info)
            await connection.execute(f"USE {quote(name)}")
            await carry_over(connection, info)
            yield await enclosed(connection, live, info)
        finally:
            # Shielded: a cancelled task must not leave its database behind.
            await asyncio.shield(_drop(connection, name, url))
    finally:
        await connection.close()


async def _drop(connection: MySQLConnection, name: str, url: str) -> None:
    """Drop it, by another session where this one was cancelled in a statement and is given up.

    That one waits for the lock of the session, which ends when the server has done what it was told.
    """
    with contextlib.suppress(StatementFailed, ConnectionFailed):
        if connection.raw.connected:
            await connection.execute(f"DROP DATABASE IF EXISTS {quote(name)}")
            return
        async with closing(await connect(url, _LAST_TIMEOUT)) as again:
            await again.fetch(f"SELECT get_lock(%s, {_LAST_TIMEOUT:g}) AS ended", name)
            await again.execute(f"DROP DATABASE IF EXISTS {quote(name)}")


async def _create(connection: MySQLConnection, name: str, info: ServerInfo) -> None:
    collation = f" CHARACTER SET {info.charset} COLLATE {spelled(info.collation, info)}" if info.charset else ""
    [(_, only_reads)] = await connection.fetch(
        "SELECT get_lock(%s, 0) AS locked, @@innodb_read_only AS only_reads", name
    )
    if only_reads:  # MariaDB makes the database, and no table in it
        raise Unsupported("no scratch database can be created: the server has innodb_read_only = ON")
    try:
        await connection.execute(f"CREATE DATABASE {quote(name)}{collation}")
    except StatementFailed as error:
        [(account,)] = await connection.fetch("SELECT current_user() AS account")
        user, _, host = str(account).rpartition("@")
        grant = f"GRANT ALL ON `{PREFIX}%`.* TO {literal(user)}@{literal(host)}".replace("scratch_%", r"scratch\_%")
        may_not = f" ({grant} would allow it)" if error.condition == "insufficient_privilege" else ""
        raise Unsupported(
            f"no scratch database can be created: {error.what.replace(name, f'{PREFIX}…')}{may_not}",
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
