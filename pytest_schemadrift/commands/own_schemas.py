"""What a look at a whole PostgreSQL database leaves out: the schemas of its tenants, which are looked at as such."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.project import Project
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.sources.models import model_ddl

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import LoadedModels
    from pytest_schemadrift.sources.scratch import LiveServer


async def without_tenants(
    project: Project, models: LoadedModels, name: str, server: LiveServer
) -> tuple[LiveServer, int]:
    """A server that is not looked at in schemas that belong to tenants alone, and how many of them there are.

    Read all the same are those of the search path, those that the models name, and those that have to do with a schema
    that is read. Whoever has no ``schemas`` or ``query`` in the settings has no tenants here; neither has one whose
    query fails, for its table may be what is missing.
    """
    settings, namespaces = project.settings.tenants.get(name), server.dialect.namespaces
    if settings is None or namespaces is None or server.info.only_schemas or not server.info.default_schema:
        return server, 0
    if not settings.schemas and not settings.query:
        return server, 0
    names = await namespaces.names(server.connection, server.info)
    theirs = {schema for schema in names if settings.schemas and fnmatchcase(schema, settings.schemas)}
    if settings.query:
        with suppress(StatementFailed):
            theirs = {*names} & {value for value, *url in await server.connection.fetch(settings.query) if not url}
    source = model_ddl(models, name)
    wanted = {table.name.schema for table in (*source.statements, *source.others)}
    theirs -= {server.info.default_schema, *server.info.search_path, *wanted}
    if not theirs:
        return server, 0
    read = dict.fromkeys([server.info.default_schema, *server.info.search_path, *sorted(wanted - {""}), *names])
    only = tuple(schema for schema in read if schema not in theirs)
    return replace(server, info=replace(server.info, only_schemas=only)), len(theirs)
