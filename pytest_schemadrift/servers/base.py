"""A running database server as a value, and the databases on it."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from pytest_schemadrift.core.config.tortoise import one_line
from pytest_schemadrift.errors import StatementFailed

if TYPE_CHECKING:
    from pytest_schemadrift.schema.capabilities import ServerInfo

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers. ``url`` is that of its maintenance database, in Tortoise's form.

    ``dialect`` is ``postgres``, ``mysql``, ``mariadb`` or ``sqlite``; ``version`` the server's own text;
    ``provider`` says where it came from (``url``, or the folder of its binaries).
    """

    dialect: str
    version: str
    url: str = field(repr=False)
    provider: str

    def database_url(self, name: str) -> str:
        """The URL of a database of that name on this server, whether it exists or not."""
        if self.dialect == "sqlite":
            return f"{self.url}/{quote(name)}.sqlite3"
        parts = urlsplit(self.url)
        url = urlunsplit(parts._replace(path=f"/{quote(name, safe='')}"))
        # urlunsplit drops the empty host's slashes, which Tortoise's URLs need: asyncpg://postgres@/name?host=/dir
        return url if "://" in url else url.replace(":", "://", 1)

    def create_database(self, name: str, *, template: str | None = None, like: ServerInfo | None = None) -> str:
        """Create an empty database, or (PostgreSQL) a copy of ``template``; returns its URL.

        What names no character set gets that of the database (MySQL, MariaDB): the one of ``like``, if it is given.

        Raises ``StatementFailed`` where it exists already, or the role may not.
        """
        if self.dialect == "sqlite":
            target = Path(self.database_url(name).removeprefix("sqlite://"))
            if template is None:
                target.touch()
            else:
                _copy_sqlite(Path(self.database_url(template).removeprefix("sqlite://")), target)
        elif self.dialect == "postgres":
            major = re.match(r"\d+", self.version)  # of a release or a beta: 16.14, 19rc1
            # The only way before 15. It takes a third of the time, and a checkpoint, which a given server may feel.
            as_files = major and int(major[0]) >= 15 and (template or self.provider != "url")
            strategy = " STRATEGY file_copy" if as_files else ""
            self._change(f"CREATE DATABASE {_quoted(name)} TEMPLATE {_quoted(template or 'template0')}{strategy}")
        else:
            given = like is not None and like.dialect == self.dialect and like.charset
            charset = f"{like.charset} COLLATE {like.collation}" if like is not None and given else "utf8mb4"
            self._change(f"CREATE DATABASE `{name}` CHARACTER SET {charset}")
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected to it; it need not exist."""
        if self.dialect == "sqlite":
            path = Path(self.database_url(name).removeprefix("sqlite://"))
            for suffix in ("", "-wal", "-shm", "-journal"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        elif self.dialect == "postgres":
            self._change(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")
        else:
            self._change(f"DROP DATABASE IF EXISTS `{name}`")

    def disconnect(self, name: str) -> None:
        """End every connection to a database, so that it can be copied (PostgreSQL; others need nothing)."""
        if self.dialect == "postgres":
            self.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)

    def has_database(self, name: str) -> bool:
        """Whether a database of that name exists."""
        if self.dialect == "sqlite":
            return Path(self.database_url(name).removeprefix("sqlite://")).exists()
        if self.dialect == "postgres":
            return bool(self.fetch("SELECT 1 FROM pg_database WHERE datname = $1", name))
        return bool(self.fetch("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", name))

    def _change(self, sql: str) -> None:
        try:
            self.execute(sql)
        except Exception as error:  # whatever the driver raises where the server refuses it
            raise StatementFailed(
                f"the server for tests refuses it: {one_line(error)}",
                sql=sql,
                where=f"{sql} at {self.url}",
                hint=_MAY_CREATE[self.dialect],
            ) from None

    def execute(self, sql: str) -> None:
        """Run a statement in the maintenance database. Raises what the driver raises."""
        run_apart(lambda: _with_connection(self, lambda connection: connection.execute(sql)))

    def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """The rows of a query in the maintenance database. Raises what the driver raises."""
        return run_apart(lambda: _with_connection(self, lambda connection: connection.fetch(sql, *arguments)))


_MAY_CREATE = {
    "postgres": "its role must be allowed to create databases: ALTER ROLE … CREATEDB",
    "mysql": "its user needs all rights on databases named schemadrift_…: GRANT ALL ON `schemadrift\\_%`.* TO …",
    "mariadb": "its user needs all rights on databases named schemadrift_…: GRANT ALL ON `schemadrift\\_%`.* TO …",
}
"""What is missing most often where a given server refuses to create or drop a database."""


def _copy_sqlite(source: Path, target: Path) -> None:
    """By SQLite itself: what lies in the write-ahead log of an open connection belongs to the database."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _quoted(name: str | None) -> str:
    return '"' + (name or "").replace('"', '""') + '"'


async def _with_connection(server: Server, use: Callable[[Any], Awaitable[T]]) -> T:
    if server.dialect == "postgres":
        connection: Any = await connect_postgres(server.url)
    else:
        connection = await connect_mysql(server.url)
    try:
        return await use(connection)
    finally:
        await connection.close()


def run_apart(call: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine in an event loop of its own thread, so that it works inside of a running loop too."""
    outcome: list[T] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            outcome.append(asyncio.run(_awaited(call)))
        except BaseException as error:  # handed to the caller's thread, whatever it is
            failure.append(error)

    thread = threading.Thread(target=work, name="schemadrift-server", daemon=True)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


async def _awaited(call: Callable[[], Awaitable[T]]) -> T:
    return await call()


class _Postgres:
    """asyncpg behind ``fetch``, ``execute`` and ``close``."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self._raw.fetch(sql, *arguments)]

    async def execute(self, sql: str) -> None:
        await self._raw.execute(sql)

    async def close(self) -> None:
        await self._raw.close()


class _MySQL:
    """asyncmy behind ``fetch``, ``execute`` and ``close``."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        async with self._raw.cursor() as cursor:
            await cursor.execute(sql, arguments)
            return [tuple(row) for row in await cursor.fetchall()]

    async def execute(self, sql: str) -> None:
        async with self._raw.cursor() as cursor:
            await cursor.execute(sql)

    async def close(self) -> None:
        await self._raw.ensure_closed()


async def connect_postgres(url: str) -> _Postgres:
    """A bare connection for the server's own housekeeping."""
    import asyncpg

    return _Postgres(await asyncpg.connect(_without_options(url), timeout=10))


def _without_options(url: str) -> str:
    """The URL as libpq understands it: Tortoise's own options (pool sizes, a schema) are not for the server."""
    parts = urlsplit(url)
    known = [
        (key, value) for key, value in parse_qsl(parts.query) if key in ("host", "port", "user", "password", "ssl")
    ]
    return f"postgresql://{parts.netloc}{parts.path}" + (f"?{urlencode(known)}" if known else "")


async def connect_mysql(url: str) -> _MySQL:
    """A bare connection for the server's own housekeeping."""
    import asyncmy

    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return _MySQL(
        await asyncmy.connect(
            user=unquote(parts.username or "root"),
            password=unquote(parts.password or ""),
            host=parts.hostname or "localhost",
            port=parts.port or 3306,
            unix_socket=query.get("unix_socket"),
            autocommit=True,
        )
    )
