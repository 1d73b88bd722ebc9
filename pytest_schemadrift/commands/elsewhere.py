"""The tables in a database that belong to models on other connections to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_schemadrift.commands.known import same_kind
from pytest_schemadrift.commands.project import Project, open_connection
from pytest_schemadrift.core.config.urls import (
    ConnectionSettings,
    default_schema,
    may_be_one_database,
    server_address,
)
from pytest_schemadrift.errors import SchemaDriftError
from pytest_schemadrift.planning.letters import folded
from pytest_schemadrift.schema.model import Name, Schema, names_of_tables
from pytest_schemadrift.sources.scratch import LiveServer

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import LoadedModels


async def tables_of_others(
    project: Project,
    models: LoadedModels,
    name: str,
    server: LiveServer,
    live: Schema,
    *,
    own: frozenset[Name],
    asks_for_aliases: bool,
    timeout: float,  # noqa: ASYNC109
) -> frozenset[Name]:
    """The tables of models on other connections to the same database: here they are neither extra nor renamed.

    ``own`` are those of this connection's models. A connection to a database of another name, which may be the alias of
    a pooler's configuration, is asked only where this database has tables of its models that nobody has here, and not
    without ``asks_for_aliases``. ``timeout`` is how many seconds to wait for a server that has to be asked.
    """
    from pytest_schemadrift.sources.models import model_ddl

    here, info = project.tortoise.connection(name), server.info
    is_folded = server.dialect.capabilities(info).case_insensitive_tables
    there = {_key(table, is_folded=is_folded): table for table in names_of_tables(live)}
    found = set[Name]()
    for other in same_kind(project.tortoise, name):
        has_its_name = may_be_one_database(here, other)
        if not has_its_name and not (asks_for_aliases and server.dialect.identity() and models.models(other.name)):
            continue
        path = [part.strip().strip('"') for part in default_schema(other).split(",") if part.strip()]
        path = path or (["public"] if default_schema(here) else [*info.search_path]) or [info.default_schema]
        source = model_ddl(models, other.name, server_version=info.version_text)
        its = set[Name]()
        for table in (*source.statements, *source.others):
            places = [
                Name("" if schema == info.default_schema else schema, table.name.name)
                for schema in ([table.name.schema] if table.name.schema else path)
            ]
            keys = [_key(place, is_folded=is_folded) for place in places]
            its.add(next((there[key] for key in keys if key in there), places[0]))
        found_here = its & {*there.values()}
        if has_its_name:
            if not found_here or await _is_same_server(project, here, other, server, timeout=timeout):
                found |= its
        elif found_here - own and await _is_alias(project, other, server, timeout=timeout):
            found |= its
    return frozenset(found)


def _key(name: Name, *, is_folded: bool) -> Name:
    """By what the server knows a table."""
    return Name(name.schema, folded(name.name)) if is_folded else name


async def _is_same_server(
    project: Project,
    here: ConnectionSettings,
    other: ConnectionSettings,
    server: LiveServer,
    *,
    timeout: float,  # noqa: ASYNC109
) -> bool:
    """Whether a database of the same name is the same one: there may be several ways to one server.

    Where nobody can tell it is: a table that other models have is not to be called extra.
    """
    query = server.dialect.identity()
    if not query or server_address(here) == server_address(other):
        return True
    try:
        async with open_connection(project, other.name, timeout) as there:
            if there.dialect.name != server.dialect.name:
                return False
            return await _is_one(server, there, query) is not False
    except SchemaDriftError:
        return True


async def _is_one(here: LiveServer, there: LiveServer, query: str) -> bool | None:
    """Whether two connections lead to one server, or to two that hold the same; ``None`` where nobody can tell."""
    if await there.connection.fetch(query) == await here.connection.fetch(query):
        return True
    return await here.dialect.related(here.connection, there.connection)


async def _is_alias(
    project: Project,
    other: ConnectionSettings,
    server: LiveServer,
    *,
    timeout: float,  # noqa: ASYNC109
) -> bool:
    """Whether a database that the settings call otherwise is this one, by what the servers say of themselves.

    Where nobody can tell it is another one, as its name says.
    """
    query = server.dialect.identity()
    try:
        async with open_connection(project, other.name, timeout) as there:
            if (there.dialect.name, there.info.database) != (server.dialect.name, server.info.database):
                return False
            return bool(await _is_one(server, there, query))
    except SchemaDriftError:
        return False
