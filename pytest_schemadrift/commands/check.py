"""Compare live databases with their models.

What was in sync before, and is known by the rows of its catalog, needs nothing that compares: that is imported where
there is something to compare.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.known import Known, Looked
from pytest_schemadrift.commands.project import CheckOptions, Project, open_connection, policy_of
from pytest_schemadrift.core.config.urls import database_name
from pytest_schemadrift.core.gc_pause import paused_collector
from pytest_schemadrift.core.progress import doing
from pytest_schemadrift.dialects.flavors import flavor_notes
from pytest_schemadrift.errors import Unreachable
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import dump, dump_unless_known

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import LoadedModels, ModelSource
    from pytest_schemadrift.sources.scratch import LiveServer


async def check_connection(project: Project, models: LoadedModels, name: str, options: CheckOptions) -> Drift:
    """Compare one connection's live database with its models."""
    connection = project.tortoise.connection(name)
    try:
        async with open_connection(project, name, options.timeout) as whole:
            server, left_out = whole, 0
            if name in project.settings.tenants:
                from pytest_schemadrift.commands.own_schemas import without_tenants

                server, left_out = await without_tenants(project, models, name, whole)
            drift = await check_server(project, models, name, server, options)
            if left_out:
                note = f"schemas of tenants, which check --tenants looks at, were left out: {left_out:,}"
                drift = replace(drift, notes=(*drift.notes, note))
            if options.last_changes:
                from pytest_schemadrift.commands.last_changes import with_last_changes

                drift = await with_last_changes(drift, server, project.settings)
            return drift
    except Unreachable as error:
        if options.unreachable == "fail":
            raise
        why = f"skipped: {error.what.splitlines()[0]}"
        return Drift(name, connection.dialect, database=database_name(connection), skipped=why)


async def check_server(
    project: Project, models: LoadedModels, name: str, server: LiveServer, options: CheckOptions
) -> Drift:
    """Compare one open database with the models of a connection."""
    drift, _ = await examine(project, models, name, server, options)
    return drift


async def examine(
    project: Project,
    models: LoadedModels,
    name: str,
    server: LiveServer,
    options: CheckOptions,
    *,
    live: Schema | None = None,
    looked: Looked | None = None,
) -> tuple[Drift, Policy]:
    """Compare one open database with the models of a connection; the drift, and what counted as one.

    ``live`` is its schema where that was just read, ``looked`` all that was read to see whether it is known.
    """
    with paused_collector():
        return await _examine(project, models, name, server, options, live=live, looked=looked)


async def _examine(
    project: Project,
    models: LoadedModels,
    name: str,
    server: LiveServer,
    options: CheckOptions,
    *,
    live: Schema | None,
    looked: Looked | None,
) -> tuple[Drift, Policy]:
    from pytest_schemadrift.sources.models import model_ddl

    doing("writing the DDL of the models")
    source = (
        looked.source
        if looked is not None
        else model_ddl(
            models,
            name,
            apps=options.apps or None,
            models=options.models or None,
            server_version=server.info.version_text,
        )
    )
    known, digest = None, ""
    if looked is not None:
        _, known, digest, live = looked
    elif not options.schemas and not options.renames and live is None:
        known = Known(project.settings, models, server.info, source, chosen=(options.apps, options.models))
        digest, live = await _dump_unless_known(server, known, options)
        if live is None:
            if options.on_known is not None:
                options.on_known(server.info, digest)
            return _known_in_sync(known, name, server, models, source), policy_of(project.settings)
    from pytest_schemadrift.commands.comparison import compare_models

    live = await dump(server) if live is None else live
    found = await compare_models(project, models, server, options, source=source, live=live)
    if known is not None and digest and found.is_of_rows_alone:
        if found.drift.in_sync:
            known.remember(digest, found.drift, found.notes)
        if options.on_known is not None and not (found.drift.uncertain or found.drift.unreadable):
            options.on_known(server.info, digest)
    return found.drift, found.policy


async def _dump_unless_known(server: LiveServer, known: Known, options: CheckOptions) -> tuple[str, Schema | None]:
    """As ``dump_unless_known``; the rows are read once where their digest was told before."""
    if options.told is None or options.told[0] != server.info:
        return await dump_unless_known(server, known.is_known)
    _, digest = options.told
    return (digest, None) if known.is_known(digest) else await dump_unless_known(server, None)


def _known_in_sync(known: Known, name: str, server: LiveServer, models: LoadedModels, source: ModelSource) -> Drift:
    """The drift of a database that has the rows with which it was found in sync."""
    assert known.found is not None
    return Drift(
        connection=name,
        dialect=server.info.dialect,
        server_version=server.info.version_text,
        database=server.info.database,
        compared=known.found.compared,
        tables=known.found.tables,
        ignored=known.ignored,
        notes=(*flavor_notes(server.info), *known.found.notes, *models.notices, *source.notices),
        origins=source.origins,
    )
