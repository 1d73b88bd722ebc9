"""A running database server as a value, and the databases on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers. ``url`` is that of its maintenance database, in Tortoise's form.

    ``dialect`` is ``postgres``, ``mysql``, ``mariadb`` or ``sqlite``; ``version`` the server's own text;
    ``provider`` says where it came from (``url``, or the folder of its binaries).
    """

    dialect: str
    version: str
    url: str
    provider: str

    def database_url(self, name: str) -> str:
        """The URL of a database of that name on this server, whether it exists or not."""
        if self.dialect == "sqlite":
            return f"{self.url}/{quote(name)}.sqlite3"
        parts = urlsplit(self.url)
        url = urlunsplit(parts._replace(path=f"/{quote(name, safe='')}"))
        # urlunsplit drops the empty host's slashes, which Tortoise's URLs need: asyncpg://postgres@/name?host=/dir
        return url if "://" in url else url.replace(":", "://", 1)

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create an empty database, or (PostgreSQL) a copy of ``template``; returns its URL.

        Raises ``StatementFailed`` where it exists already.
        """
        if self.dialect == "sqlite":
            target = Path(self.database_url(name).removeprefix("sqlite://"))
            if template is None:
                target.touch()
            else:
                target.write_bytes(Path(self.database_url(template).removeprefix("sqlite://")).read_bytes())
        elif self.dialect == "postgres":
            copy = f" TEMPLATE {_quoted(template)} STRATEGY file_copy" if template else " TEMPLATE template0"
            self._execute(f"CREATE DATABASE {_quoted(name)}{copy}")
        else:
            self._execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected to it; it need not exist."""
        if self.dialect == "sqlite":
            path = Path(self.database_url(name).removeprefix("sqlite://"))
            for suffix in ("", "-wal", "-shm", "-journal"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        elif self.dialect == "postgres":
            self._execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")
        else:
            self._execute(f"DROP DATABASE IF EXISTS `{name}`")

    def has_database(self, name: str) -> bool:
        """Whether a database of that name exists."""
        if self.dialect == "sqlite":
            return Path(self.database_url(name).removeprefix("sqlite://")).exists()
        if self.dialect == "postgres":
            return bool(self._fetch("SELECT 1 FROM pg_database WHERE datname = $1", name))
        return bool(self._fetch("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", name))

    def _execute(self, sql: str) -> None:
        run_apart(lambda: _with_connection(self, lambda connection: connection.execute(sql)))

    def _fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        return run_apart(lambda: _with_connection(self, lambda connection: connection.fetch(sql, *arguments)))


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

    return _Postgres(await asyncpg.connect(url.replace("asyncpg://", "postgresql://", 1), timeout=10))


async def connect_mysql(url: str) -> _MySQL:
    """A bare connection for the server's own housekeeping."""
    from urllib.parse import parse_qs, unquote

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
