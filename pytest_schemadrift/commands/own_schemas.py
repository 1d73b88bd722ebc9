"""What a look at a whole PostgreSQL database leaves out: the schemas of its tenants, which are looked at as such."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.project import Project, loaded_models
from pytest_schemadrift.commands.tenants.find import find_tenants
from pytest_schemadrift.core.config.urls import connection_from_url, database_name, default_schema, server_address
from pytest_schemadrift.errors import SchemaDriftError
from pytest_schemadrift.sources.models import model_ddl

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import LoadedModels
    from pytest_schemadrift.sources.scratch import LiveServer


async def without_tenants(
    project: Project, models: LoadedModels | None, name: str, server: LiveServer
) -> tuple[LiveServer, int]:
    """A server that is not looked at in schemas that belong to tenants alone, and how many of them there are.

    Read all the same are those of the search path, those that the models name, and those that have to do with a schema
    that is read. Where nobody can say who the tenants are, there are none: their table may be what is missing.
    """
    namespaces = server.dialect.namespaces
    if name not in project.settings.tenants or namespaces is None:
        return server, 0
    if server.info.only_schemas or not server.info.default_schema:
        return server, 0
    names = await namespaces.names(server.connection, server.info)
    theirs = {*names} & await _of_tenants(project, name, server)
    wanted = set()
    if models is not None:
        source = model_ddl(models, name)
        wanted = {table.name.schema for table in (*source.statements, *source.others)}
    theirs -= {server.info.default_schema, *server.info.search_path, *wanted}
    if not theirs:
        return server, 0
    read = dict.fromkeys([server.info.default_schema, *server.info.search_path, *sorted(wanted - {""}), *names])
    only = tuple(schema for schema in read if schema not in theirs)
    return replace(server, info=replace(server.info, only_schemas=only)), len(theirs)


async def own_part(project: Project, name: str, server: LiveServer) -> LiveServer:
    """The same server for whoever has not loaded the models; where they cannot be loaded, they name no schema."""
    return (await own_part_and_rest(project, name, server))[0]


async def own_part_and_rest(project: Project, name: str, server: LiveServer) -> tuple[LiveServer, int]:
    """``own_part``, and how many schemas of tenants it is without."""
    if name not in project.settings.tenants or server.dialect.namespaces is None:
        return server, 0
    with ExitStack() as stack:
        models = None
        with suppress(SchemaDriftError):
            models = stack.enter_context(loaded_models(project))
        return await without_tenants(project, models, name, server)


async def _of_tenants(project: Project, name: str, server: LiveServer) -> set[str]:
    """The schemas of this database that tenants have, whatever names them."""
    try:
        tenants = await find_tenants(project, name, _PATIENCE, server)
    except SchemaDriftError:
        return set()
    here = project.tortoise.connection(name)
    found = {tenant.schema for tenant in tenants if tenant.schema}
    for tenant in tenants:
        if tenant.url and not tenant.schema:
            there = connection_from_url(name, tenant.url)
            if server_address(there) == server_address(here) and database_name(there) == database_name(here):
                found |= {part.strip().strip('"') for part in default_schema(there).split(",")[:1]}
    return found


_PATIENCE = 10.0
"""Seconds for a connection of whoever finds them."""
