"""Databases of our own for a connection: whose server it is, and how an empty one is brought up."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pytest_schemadrift.commands.project import Project, loaded_models
from pytest_schemadrift.core.config.settings import DatabaseSettings
from pytest_schemadrift.core.config.urls import connection_from_url, database_url
from pytest_schemadrift.errors import SchemaDriftError, ServerUnavailable
from pytest_schemadrift.sources.migrations import find_migrations
from pytest_schemadrift.sources.run_migrations import run_migrations

if TYPE_CHECKING:
    from pytest_schemadrift.schema.capabilities import ServerInfo
    from pytest_schemadrift.servers import Server, ServerHandle, ServerKind


def with_url(project: Project, connection: str, url: str) -> Project:
    """The project with another database in the place of one connection's own."""
    connections = dict(project.tortoise.connections)
    spun_up = connection_from_url(connection, url, f"the database spun up for {connection!r}")
    connections[connection] = replace(spun_up, given=True)
    return replace(project, tortoise=replace(project.tortoise, connections=connections))


def configured_server(project: Project, connection: str) -> ServerKind | None:
    """What kind of server the project's own database is on; ``None`` for SQLite, and where it does not answer."""
    settings = project.tortoise.connection(connection)
    try:
        return None if settings.dialect == "sqlite" else _asked(database_url(settings), settings.dialect)
    except SchemaDriftError:
        return None


@cache
def _asked(url: str, dialect: str) -> ServerKind:
    from pytest_schemadrift.servers import ServerKind
    from pytest_schemadrift.servers.base import run_apart
    from pytest_schemadrift.servers.find import series
    from pytest_schemadrift.sources.database import open_server

    async def ask() -> ServerKind:
        async with open_server(url, dialect, _PATIENCE) as server:
            return ServerKind(server.info.dialect, series(server.info.dialect, server.info.version_text))

    return run_apart(ask)


_PATIENCE = 2.0
"""Seconds that the project's own server has to say what it is."""


class Servers:
    """The servers for databases of our own, as ``[tool.schemadrift.databases]`` says, started when first needed.

    What is not said there is as the server of the project's own database says, where it answers.

    Connections that want the same server share it, and so do processes that give the same folder as ``shared``. As a
    context manager, they end with the block.
    """

    def __init__(self, project: Project, shared: Path | None = None) -> None:
        self._project, self._shared = project, shared
        self._handles: dict[tuple[str, DatabaseSettings, ServerKind | None], ServerHandle] = {}

    def server(self, connection: str, kind: str = "") -> Server:
        """The server of a connection, or one of another ``kind`` for it, such as ``postgres:16``.

        Raises ``ServerUnavailable`` naming all that was tried.
        """
        dialect, _, version = kind.partition(":")
        settings, like = DatabaseSettings(version=version), None
        if not kind:
            dialect = self._project.tortoise.connection(connection).dialect
            settings = self._project.settings.database(connection)
            like = configured_server(self._project, connection)
        key = (dialect, settings, like)
        if key not in self._handles:
            from pytest_schemadrift.servers import server_as_set

            try:
                self._handles[key] = server_as_set(settings, dialect, self._shared, like)
            except ServerUnavailable as error:
                raise ServerUnavailable(
                    f"{error.what}\nit is for migrations and tests, which never run in the database of {connection!r}",
                    tried=error.tried,
                    where=error.where,
                    hint=f"{error.hint}; --source live needs none",
                ) from None
        return self._handles[key].server

    def difference(self, connection: str) -> str:
        """Where this server is not like that of the project's own database, how; else ``""``."""
        from pytest_schemadrift.servers import ServerKind
        from pytest_schemadrift.servers.find import series

        configured, server = configured_server(self._project, connection), self.server(connection)
        if configured is None:
            return ""
        here = ServerKind(server.dialect, series(server.dialect, server.version))
        return (
            ""
            if here == configured
            else f"looked at on {here}, while the database of {connection!r} is on {configured}"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for handle in self._handles.values():
            handle.stop()


@asynccontextmanager
async def own_database(project: Project, connection: str, like: ServerInfo | None = None) -> AsyncIterator[str]:
    """The URL of an empty database on a server for this connection's databases of our own, dropped on leaving.

    It has the character set of the database of ``like``, with which it is to be compared.
    Raises ``ServerUnavailable``.
    """
    with Servers(project) as servers:
        server = await asyncio.to_thread(servers.server, connection)
        with empty_database(server, like) as url:
            yield url


@contextmanager
def empty_database(server: Server, like: ServerInfo | None = None) -> Iterator[str]:
    """The URL of an empty database on a server of ours, dropped on leaving; as ``own_database``."""
    database = f"schemadrift_{secrets.token_hex(6)}"
    url = server.create_database(database, like=like)
    try:
        yield url
    finally:
        server.drop_database(database)


async def bring_up(project: Project, connection: str, url: str) -> None:
    """Bring an empty database to the state that the project itself would bring it to.

    By its migrations where it has them, else as ``Tortoise.generate_schemas`` does. Raises ``MigrationFailed``,
    ``ConfigurationError``.
    """
    there = with_url(project, connection, url)
    migrations = find_migrations(project.tortoise, connection)
    if migrations is not None:
        await run_migrations(there.tortoise, connection, migrations)
    else:
        await generate_schemas(there, connection)


def contents_of(project: Project, connection: str) -> str:
    """A short hash of what ``bring_up`` brings a database to: of the migrations' files, else of the models' DDL."""
    from pytest_schemadrift.sources.models import model_ddl

    digest = sha256()
    migrations = find_migrations(project.tortoise, connection)
    if migrations is not None:
        for path in migrations.files:
            digest.update(str(path).encode() + b"\0" + path.read_bytes())
    else:
        with loaded_models(project) as models:
            digest.update(model_ddl(models, connection).sql.encode())
    return digest.hexdigest()[:16]


async def generate_schemas(project: Project, connection: str) -> None:
    """Create the tables of one connection's models as ``Tortoise.generate_schemas`` does; the models stay untouched."""
    from tortoise.utils import generate_schema_for_client

    with loaded_models(project) as models:
        client = models.client(connection)
        try:
            await generate_schema_for_client(client, safe=False)
        finally:
            await client.close()
