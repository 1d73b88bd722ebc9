"""Databases for tests: one server per run and kind, one database per connection and worker."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_schemadrift.config import ConnectionSettings, connection_from_url
from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers import Server, ServerHandle, shared_server, start_server
from pytest_schemadrift.servers.base import run_apart

if TYPE_CHECKING:
    from pytest_schemadrift.commands import Project
    from pytest_schemadrift.plugin.state import State

Prepare = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Database:
    """A database that was spun up and prepared; ``url`` is in Tortoise's form."""

    url: str
    dialect: str
    version: str


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a run have in common."""
    base = factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


def with_url(project: Project, connection: str, url: str) -> Project:
    """The project with another database in the place of one connection's own."""
    connections: dict[str, ConnectionSettings] = dict(project.tortoise.connections)
    connections[connection] = connection_from_url(connection, url, "schemadrift_databases")
    return replace(project, tortoise=replace(project.tortoise, connections=connections))


async def generate_schemas(project: Project, connection: str, url: str) -> None:
    """Let Tortoise create the tables of one connection's models."""
    from tortoise.context import TortoiseContext
    from tortoise.utils import generate_schema_for_client

    context = TortoiseContext()
    async with context:
        await context.init(config=with_url(project, connection, url).tortoise.tortoise)
        await generate_schema_for_client(context.connections.get(connection), safe=False)


class Databases(Mapping[str, Database]):
    """Starts a server and prepares a database when a connection is first asked for."""

    def __init__(self, state: State, prepare: Prepare, factory: pytest.TempPathFactory) -> None:
        self._state, self._prepare, self._factory = state, prepare, factory
        self._handles: dict[str, ServerHandle] = {}
        self._databases: dict[str, Database] = {}
        self._created: list[tuple[Server, str]] = []

    def __getitem__(self, connection: str) -> Database:
        if connection not in self._databases:
            self._databases[connection] = self.create(connection, os.environ.get("PYTEST_XDIST_WORKER", "main"))
        return self._databases[connection]

    def __iter__(self) -> Iterator[str]:
        return iter(self._state.connections)

    def __len__(self) -> int:
        return len(self._state.connections)

    def create(self, connection: str, purpose: str) -> Database:
        """A fresh database, prepared; ``purpose`` is part of its name. Raises ``ServerUnavailable``."""
        settings = self._state.project.settings.database(connection)
        if settings.provider == "url" or (settings.url and settings.provider == "auto"):
            return Database(settings.url, self._state.project.tortoise.connection(connection).dialect, settings.version)
        server = self._server(connection)
        name = f"schemadrift_{connection}_{purpose}"
        server.drop_database(name)
        url = server.create_database(name)
        self._created.append((server, name))
        if not self._state.config.hook.schemadrift_prepare_database(connection=connection, url=url):
            run_apart(lambda: self._prepare(connection, url))
        return Database(url, server.dialect, server.version)

    def _server(self, connection: str) -> Server:
        settings = self._state.project.settings.database(connection)
        kinds = [settings.provider]
        if settings.provider in ("auto", "docker"):
            kinds = [self._state.project.tortoise.connection(connection).dialect]
        if kinds == ["mysql"]:
            kinds = ["mysql", "mariadb"]
        key = f"{kinds[0]} {settings.version}"
        if key not in self._handles:
            self._handles[key] = self._start(kinds, settings.version or None)
        return self._handles[key].server

    def _start(self, kinds: list[str], version: str | None) -> ServerHandle:
        folder = shared_folder(self._factory) / "schemadrift-servers"
        for place, kind in enumerate(kinds):
            try:
                return shared_server(folder, kind, version=version)
            except ServerUnavailable:
                if place == len(kinds) - 1:
                    raise
        return start_server(kinds[0])

    def close(self) -> None:
        """Drop what was created, and give the servers back."""
        for server, name in self._created:
            server.drop_database(name)
        for handle in self._handles.values():
            handle.stop()
