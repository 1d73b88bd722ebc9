"""SQLite behind ``Connection``: through aiosqlite, or through a Tortoise client of the user's."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from pytest_schemadrift.errors import Condition, ConfigurationError, ConnectionFailed, DriverMissing, StatementFailed

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.base import Connection

_MEMORY = ":memory:"
PINNED = (
    "PRAGMA legacy_alter_table = OFF",
    "PRAGMA writable_schema = OFF",
    "PRAGMA ignore_check_constraints = OFF",
    "PRAGMA defer_foreign_keys = OFF",
    "PRAGMA reverse_unordered_selects = OFF",
    "PRAGMA query_only = OFF",
)
"""What a plan depends on, whatever the library was compiled with: a rename is one everywhere, and rows are checked."""
_LOCAL_PRAGMAS = ("foreign_keys", "case_sensitive_like", "recursive_triggers", "trusted_schema")
"""Settings of the connection alone; those that are written into the file (journal_mode …) are left as they are."""


class SqliteConnection:
    """A connection of aiosqlite's; ``owned`` ones are closed with us."""

    dialect = "sqlite"

    def __init__(self, raw: Any, *, owned: bool) -> None:
        self._raw = raw
        self._owned = owned

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Run one query and return all of its rows. Raises ``StatementFailed``."""
        try:
            if self._owned:  # once to its thread and back, where a cursor would go four times
                return list(await self._raw.execute_fetchall(sql, arguments))
            async with self._raw.cursor() as cursor:
                cursor.row_factory = None  # the user's own may build anything
                await cursor.execute(sql, arguments)
                return list(await cursor.fetchall())
        except sqlite3.Error as error:
            raise failed(error, sql) from None

    async def execute(self, sql: str) -> None:
        """Run one statement. Raises ``StatementFailed`` with SQLite's answer."""
        await self.fetch(sql)

    async def close(self) -> None:
        """Close it if it is ours; never raises."""
        if self._owned:
            try:
                await self._raw.close()
            except (sqlite3.Error, ValueError):
                return


class TortoiseConnection:
    """A Tortoise client or transaction of the user's, which stays open."""

    dialect = "sqlite"

    def __init__(self, client: Any) -> None:
        self._client = client

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Run one query and return all of its rows. Raises ``StatementFailed``."""
        from tortoise.exceptions import BaseORMException

        try:
            _, rows = await self._client.execute_query(sql, list(arguments))
        except (sqlite3.Error, BaseORMException) as error:
            raise failed(error, sql) from None
        return [tuple(row) for row in rows]

    async def execute(self, sql: str) -> None:
        """Run one statement. Raises ``StatementFailed`` with SQLite's answer."""
        await self.fetch(sql)

    async def close(self) -> None:
        """Leave it open: it is the user's."""


_CONDITIONS: Mapping[int, tuple[Condition, str]] = {
    **dict.fromkeys(
        (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
        ("lock_not_available", "another connection holds a lock on the database: end it, or wait longer"),
    ),
    sqlite3.SQLITE_READONLY: (
        "read_only_sql_transaction",
        "make the file and its folder writable for this user, and the file system too",
    ),
}


_UNREGISTERED = re.compile(r"no such (?:function|collation sequence|module): |unknown function: ")
"""SQLite has one result code (SQLITE_ERROR) for these and for any other mistake in a statement; its words never change
with the language."""
_REGISTER = "SQLite has none of that name: where only the application registers it, make the change in its connection"


def primary_code(error: BaseException) -> int:
    """SQLite's result code without what extends it ("Result and Error Codes"), 0 where there is none."""
    arguments: tuple[object, ...] = error.args
    if len(arguments) == 1 and isinstance(arguments[0], BaseException):  # Tortoise wraps the driver's error
        return primary_code(arguments[0])
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def failed(error: Exception, sql: str) -> StatementFailed:
    """SQLite's refusal of a statement, with what to do about it."""
    condition, hint = _CONDITIONS.get(primary_code(error), ("", _REGISTER if _UNREGISTERED.search(str(error)) else ""))
    return StatementFailed(f"SQLite: {error}", sql=sql, hint=hint, condition=condition)


def file_of(url: str) -> str:
    """The path that a Tortoise URL names, ``:memory:`` included: ``sqlite:///a`` is absolute, ``sqlite://a`` is not."""
    parts = urlsplit(url)
    return parts.netloc + parts.path


async def connect(url: str, timeout: float) -> Connection:  # noqa: ASYNC109
    """Open the database of a Tortoise URL (``sqlite://path``); ``timeout`` seconds for a lock.

    Raises ``ConfigurationError`` for a URL without a path, ``ConnectionFailed`` for a file that is not there: a
    connection never makes one.
    """
    path = file_of(url)
    if not path:
        raise ConfigurationError("the URL of a SQLite database names no file", where=url, hint="write sqlite://app.db")
    credentials: dict[str, Any] = {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
    return await connect_credentials({**credentials, "file_path": path}, timeout)


async def connect_credentials(credentials: Mapping[str, Any], timeout: float) -> Connection:  # noqa: ASYNC109
    """Open the database of Tortoise's ``credentials``; other keys than ``file_path`` are pragmas, as in Tortoise.

    Foreign keys are enforced unless ``foreign_keys`` says otherwise. Raises ``ConnectionFailed``, ``DriverMissing``.
    """
    if credentials.get("file_path") == _MEMORY:  # every table would be missing, and what creates them be gone at once
        raise ConnectionFailed(
            "a database in memory is the program's own that opens it: no other one can look at it",
            where=_MEMORY,
            hint="name one in a file or on a server (--database-url), or compare with migrations or a snapshot",
        )
    settings = {"foreign_keys": "ON", **credentials}
    pragmas = [f"PRAGMA {name} = {settings[name]}" for name in _LOCAL_PRAGMAS if name in settings]
    connection = await open_file(str(credentials.get("file_path") or ""), timeout, pragmas)
    if str(credentials.get("install_regexp_functions", "")).lower() in ("true", "1", "yes"):
        from tortoise.contrib.sqlite.regex import install_regexp_functions

        await install_regexp_functions(connection._raw)
    return connection


async def open_file(path: str, timeout: float, pragmas: Sequence[str]) -> SqliteConnection:  # noqa: ASYNC109
    """Open an existing file, or memory, with our transactions only, and see that it is a database."""
    try:
        import aiosqlite
    except ImportError:
        raise DriverMissing("the driver for SQLite is not installed", hint="pip install aiosqlite") from None
    try:
        sqlite3.connect(
            _target(path), uri=True
        ).close()  # a failed one of aiosqlite's ends in a traceback of its thread
        raw = await _opened(aiosqlite.connect(_target(path), uri=True, isolation_level=None, timeout=timeout))
    except sqlite3.Error as error:
        raise ConnectionFailed(f"SQLite cannot open {path}: {error}", hint="check the path and its rights") from None
    return await _pinned(SqliteConnection(raw, owned=True), path, pragmas)


async def _pinned(connection: SqliteConnection, path: str, pragmas: Sequence[str]) -> SqliteConnection:
    """The connection, set as a plan depends on it. Raises ``ConnectionFailed`` where it is to no database."""
    try:
        for pragma in (*PINNED, *pragmas):
            await connection.execute(pragma)
        await connection.fetch("SELECT count(*) FROM main.sqlite_master")
    except StatementFailed as error:
        await connection.close()
        raise ConnectionFailed(
            f"{path} cannot be read: {error.what}", hint=error.hint or "check that it is a SQLite database"
        ) from None
    except BaseException:
        await connection.close()
        raise
    return connection


async def _opened(connecting: Awaitable[Any]) -> Any:
    """What aiosqlite opens, which is waited for, and closed, where the waiting is cancelled.

    aiosqlite (0.22) forgets a connection that its thread opens just then: the file stays open until the collector comes
    by, and the thread ends in a traceback where the loop is gone before.
    """
    opening = asyncio.ensure_future(connecting)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        await asyncio.wait([opening])
        if not opening.cancelled() and opening.exception() is None:
            await opening.result().close()
        raise


def _target(path: str) -> str:
    """The URI of an existing file, opened for reading and writing but never created."""
    if path == _MEMORY:
        return path
    if not Path(path).is_file():
        if Path(path).exists():
            raise ConnectionFailed(f"{path} is not a file", hint="correct the path")
        raise ConnectionFailed(
            f"there is no SQLite database {path}",
            hint="correct the path, or create it: schemadrift migrate",
        )
    written = quote(str(Path(path).absolute()))
    if written.startswith("//"):  # sqlite:////a, which is /a to Tortoise; of a URI it would be the host
        written = f"//{written}"
    return f"file:{written}?mode=rw"


def wrap(raw: object) -> Connection:
    """Put a connection of the user's (aiosqlite's or a Tortoise client) behind ``Connection``; it stays open."""
    if isinstance(raw, SqliteConnection | TortoiseConnection):
        return raw
    if hasattr(raw, "execute_query"):
        return TortoiseConnection(raw)
    return SqliteConnection(raw, owned=False)
