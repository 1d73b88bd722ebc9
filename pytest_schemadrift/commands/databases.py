"""Databases of our own for a connection: whose server it is, and how an empty one is brought up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pytest_schemadrift.commands.project import Project, loaded_models
from pytest_schemadrift.config import connection_from_url
from pytest_schemadrift.servers import ServerHandle, server_as_set
from pytest_schemadrift.sources.migrations import find_migrations, run_migrations


def with_url(project: Project, connection: str, url: str) -> Project:
    """The project with another database in the place of one connection's own."""
    connections = dict(project.tortoise.connections)
    connections[connection] = connection_from_url(connection, url, f"the database spun up for {connection!r}")
    return replace(project, tortoise=replace(project.tortoise, connections=connections))


def start_for(project: Project, connection: str, shared: Path | None = None) -> ServerHandle:
    """The server for databases of our own of a connection, as ``[tool.schemadrift.databases]`` says.

    Processes that give the same folder as ``shared`` share one. Raises ``ServerUnavailable`` naming all that was tried.
    """
    dialect = project.tortoise.connection(connection).dialect
    return server_as_set(project.settings.database(connection), dialect, shared)


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


async def generate_schemas(project: Project, connection: str) -> None:
    """Create the tables of one connection's models as ``Tortoise.generate_schemas`` does; the models stay untouched."""
    from tortoise.utils import generate_schema_for_client

    with loaded_models(project) as models:
        client = models.client(connection)
        try:
            await generate_schema_for_client(client, safe=False)
        finally:
            await client.close()
