"""Connecting through asyncmy, in the ways in which Tortoise's URLs and credentials say it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Any

from pytest_schemadrift.errors import ConfigurationError, ConnectionFailed, DriverMissing, FormRefused, StatementFailed

SQL_MODE = "NO_AUTO_VALUE_ON_ZERO,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"
"""Strict, so that a value which does not fit refuses an ALTER instead of being cut; with NO_AUTO_VALUE_ON_ZERO, so
that a column which becomes AUTO_INCREMENT keeps its zeros; without ANSI_QUOTES,
NO_BACKSLASH_ESCAPES and PIPES_AS_CONCAT, so that text means what our reader and renderer think it means; without
NO_ZERO_DATE, so that old zero defaults can be made again."""


_POOL_ONLY = ("minsize", "maxsize", "pool_recycle", "echo", "storage_engine", "connection_name", "fetch_inserted")
_LOST = (2003, 2006, 2013, 2055)
_NOT_IN_THIS_FORM = (1221, 1845, 1846)
"""Incorrect usage of ALGORITHM and LOCK; ALGORITHM or LOCK is not supported (for a reason)."""


@cache
def _quiet_cursor() -> type[Any]:
    """A cursor that does not fetch and log every note of the server ("Integer display width is deprecated")."""
    from asyncmy.cursors import Cursor

    class QuietCursor(Cursor):
        async def _show_warnings(self, conn: Any) -> None:
            """Say nothing."""

    return QuietCursor


class MySQLConnection:
    """One asyncmy connection behind the project's ``Connection`` face."""

    dialect = "mysql"

    def __init__(self, raw: Any, *, owned: bool = True) -> None:
        self.raw = raw
        self._owned = owned

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Run one query; ``%s`` in it stand for ``arguments``."""
        async with self.raw.cursor(_quiet_cursor()) as cursor:
            try:
                await cursor.execute(sql, arguments or None)
                return list(await cursor.fetchall())
            except Exception as error:
                raise _failed(error, sql) from error

    async def execute(self, sql: str) -> None:
        """Run one statement."""
        async with self.raw.cursor(_quiet_cursor()) as cursor:
            try:
                await cursor.execute(sql)
            except Exception as error:
                raise _failed(error, sql) from error

    async def close(self) -> None:
        """Say goodbye to the server, if the connection is ours."""
        if self._owned:
            try:
                await self.raw.ensure_closed()
            except Exception:  # the server may be gone already, which is as good as closed
                self.raw.close()


class TortoiseConnection:
    """A Tortoise client of MySQL or MariaDB behind our face; never closed by us."""

    dialect = "mysql"

    def __init__(self, client: Any) -> None:
        self.client = client

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Run one query through the client's pool; the query must name its columns apart."""
        try:
            _, rows = await self.client.execute_query(sql, list(arguments) or None)
        except Exception as error:
            raise _failed(error, sql) from error
        return [tuple(row.values()) for row in rows]

    async def execute(self, sql: str) -> None:
        """Run one statement through the client's pool."""
        try:
            await self.client.execute_script(sql)
        except Exception as error:
            raise _failed(error, sql) from error

    async def close(self) -> None:
        """Leave the client to its owner."""


def wrap(raw: object) -> MySQLConnection | TortoiseConnection:
    """Our face for a raw asyncmy connection or a Tortoise client; closing it leaves ``raw`` open."""
    if isinstance(raw, MySQLConnection | TortoiseConnection):
        return raw
    if hasattr(raw, "execute_query"):
        return TortoiseConnection(raw)
    return MySQLConnection(raw, owned=False)


async def connect(url: str, timeout: float) -> MySQLConnection:  # noqa: ASYNC109
    """Open the database of a Tortoise URL (``mysql://user:password@host:port/database?unix_socket=…``)."""
    from tortoise.backends.base.config_generator import expand_db_url
    from tortoise.exceptions import ConfigurationError as TortoiseConfigurationError

    scheme, separator, rest = url.partition("://")
    if scheme == "mariadb":  # Tortoise knows one name for both
        url = "mysql" + separator + rest
    try:
        credentials = expand_db_url(url)["credentials"]
    except (TortoiseConfigurationError, ValueError) as error:
        raise ConfigurationError(f"cannot read the database URL: {error}", where=url) from None
    return await connect_credentials(credentials, timeout)


async def connect_credentials(credentials: Mapping[str, Any], timeout: float) -> MySQLConnection:  # noqa: ASYNC109
    """Open the database of Tortoise's ``credentials``, within ``timeout`` seconds.

    The session's time zone is UTC, as Tortoise's is by default: a default of a TIMESTAMP reads the same everywhere.
    Raises ``ConnectionFailed`` with the server's answer and ``DriverMissing`` without asyncmy.
    """
    try:
        from asyncmy import connect as open_connection
    except ImportError:
        raise DriverMissing(
            "the driver for MySQL and MariaDB is not installed",
            hint="pip install 'pytest-schemadrift[mysql]'",
        ) from None
    options = {name: value for name, value in credentials.items() if name not in _POOL_ONLY}
    options["host"] = options.get("host") or "localhost"
    options["password"] = options.get("password") or ""
    options["charset"] = options.get("charset") or "utf8mb4"
    options["port"] = int(options.get("port") or 3306)
    options["connect_timeout"] = timeout
    options.update(autocommit=True, sql_mode=f"'{SQL_MODE}'", db=None)
    where = _place(options)
    try:
        async with asyncio.timeout(timeout):
            connection = MySQLConnection(await open_connection(**options))
            await connection.execute("SET time_zone = '+00:00'")
    except TimeoutError:
        raise ConnectionFailed(
            f"the server did not answer within {timeout:g} seconds",
            where=where,
            hint="check host and port, and whether the server is up",
        ) from None
    except Exception as error:
        raise ConnectionFailed(
            f"cannot connect: {_answer(error)}", where=where, hint="check host, port, user, password and database"
        ) from None
    return connection


def _place(options: Mapping[str, Any]) -> str:
    """Where we tried to connect to, without the password."""
    address = options.get("unix_socket") or f"{options['host']}:{options['port']}"
    return f"{options.get('user') or ''}@{address}/{options.get('database') or ''}"


def _answer(error: BaseException) -> str:
    arguments: tuple[object, ...] = getattr(error, "args", ())
    if len(arguments) == 1 and isinstance(arguments[0], BaseException):  # Tortoise wraps the driver's error
        return _answer(arguments[0])
    if len(arguments) >= 2 and isinstance(arguments[0], int):
        return f"{arguments[1]} ({arguments[0]})"
    return str(error) or type(error).__name__


def _failed(error: BaseException, sql: str) -> StatementFailed | ConnectionFailed:
    number = next((item for item in getattr(error, "args", ()) if isinstance(item, int)), 0)
    if number in _LOST:
        return ConnectionFailed(f"the connection was lost: {_answer(error)}", hint="check the server's log")
    refused = FormRefused if number in _NOT_IN_THIS_FORM else StatementFailed
    return refused(_answer(error), sql=sql)
