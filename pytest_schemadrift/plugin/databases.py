"""Databases for tests: one server per run and kind, one database per connection and worker."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.config import ConnectionSettings, connection_from_url
from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.plugin.run import is_worker, shared_folder
from pytest_schemadrift.servers import Server, ServerHandle, shared_server

if TYPE_CHECKING:
    from pytest_schemadrift.commands import Project
    from pytest_schemadrift.plugin.run import Run

Prepare = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Database:
    """A database for tests; ``url`` is in Tortoise's form, ``version`` the server's own text where it is known."""

    url: str
    dialect: str
    version: str


def with_url(project: Project, connection: str, url: str) -> Project:
    """The project with another database in the place of one connection's own."""
    connections: dict[str, ConnectionSettings] = dict(project.tortoise.connections)
    connections[connection] = connection_from_url(connection, url, "schemadrift_databases")
    return replace(project, tortoise=replace(project.tortoise, connections=connections))


async def generate_schemas(project: Project, connection: str, url: str) -> None:
    """Create the tables of one connection's models as ``Tortoise.generate_schemas`` does; the models stay untouched."""
    from tortoise.utils import generate_schema_for_client

    from pytest_schemadrift.commands import loaded_models

    with loaded_models(with_url(project, connection, url)) as models:
        client = models.client(connection)
        try:
            await generate_schema_for_client(client, safe=False)
        finally:
            await client.close()


class Databases(Mapping[str, Database]):
    """Starts a server and prepares a database when a connection is first asked for.

    A connection with a ``url`` of its own in ``[tool.schemadrift.databases]`` has that database, as it is.
    """

    def __init__(self, run: Run, project: Project, prepare: Prepare, base: Path) -> None:
        self._run, self._project, self._prepare = run, project, prepare
        self._folder = shared_folder(run.config, base) / "schemadrift-servers"
        self._handles: dict[tuple[str, str], ServerHandle] = {}
        self._databases: dict[str, Database] = {}

    def __getitem__(self, connection: str) -> Database:
        if connection not in self._databases:
            worker = os.environ["PYTEST_XDIST_WORKER"] if is_worker(self._run.config) else "main"
            self._databases[connection] = self.create(connection, worker)
        return self._databases[connection]

    def __iter__(self) -> Iterator[str]:
        return iter(self._project.tortoise.connections)

    def __len__(self) -> int:
        return len(self._project.tortoise.connections)

    def create(self, connection: str, purpose: str) -> Database:
        """A fresh database, prepared; ``purpose`` is part of its name. Raises ``ServerUnavailable``."""
        dialect = self._project.tortoise.connection(connection).dialect
        settings = self._project.settings.database(connection)
        if settings.url and settings.provider in ("auto", "url"):
            return Database(settings.url, dialect, settings.version)
        wanted = dialect if settings.provider in ("auto", "docker") else settings.provider
        server = self._server(wanted, settings.version)
        name = f"schemadrift_{connection}_{purpose}"
        server.drop_database(name)  # left by a preparation that failed
        url = server.create_database(name)
        self._run.loop.run(self._prepared(connection, url))
        return Database(url, server.dialect, server.version)

    async def _prepared(self, connection: str, url: str) -> None:
        if not self._run.hooks.schemadrift_prepare_database(connection=connection, url=url):
            await self._prepare(connection, url)

    def _server(self, dialect: str, version: str) -> Server:
        if (dialect, version) not in self._handles:
            self._handles[dialect, version] = self._start(dialect, version or None)
        return self._handles[dialect, version].server

    def _start(self, dialect: str, version: str | None) -> ServerHandle:
        """The run's server; Tortoise's ``mysql`` may be a MariaDB, where no MySQL can be had."""
        try:
            return shared_server(self._folder, dialect, version=version)
        except ServerUnavailable:
            if dialect == "mysql":
                with suppress(ServerUnavailable):
                    return shared_server(self._folder, "mariadb", version=version)
            raise

    def close(self) -> None:
        """Give the servers back: each ends with its last user, and its databases with it."""
        for handle in self._handles.values():
            handle.stop()
