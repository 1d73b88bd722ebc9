"""Where the left side of a check comes from, connection by connection, and the check of each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.accepted import accepting, with_accepted_notes
from pytest_schemadrift.commands.project import (
    CheckOptions,
    Project,
    apply_options,
    chosen_connections,
    loaded_models,
    look_at_live,
    look_options,
    named_urls,
    with_urls,
)
from pytest_schemadrift.commands.project_hooks import ProjectHooks
from pytest_schemadrift.commands.snapshot import check_snapshot, snapshot_path
from pytest_schemadrift.core.config.settings import SOURCES, nearest
from pytest_schemadrift.core.config.urls import database_name
from pytest_schemadrift.errors import (
    ConfigurationError,
    ConnectionFailed,
    MigrationFailed,
    SchemaDriftError,
    ServerUnavailable,
    mask,
)
from pytest_schemadrift.sources.migrations import Migrations, find_migrations, other_tools

if TYPE_CHECKING:
    from pytest_schemadrift.commands.databases import Servers
    from pytest_schemadrift.planning.drift import Drift
    from pytest_schemadrift.sources.models import LoadedModels

MIGRATION = "migration"
"""The kind of an unreadable object that is a migration which fails."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where one connection's left side comes from.

    ``kind`` is ``live``, ``migrations``, ``snapshot``, ``file``, ``url`` or (pytest) ``prepared``; ``text`` is what was
    asked for, or the kind; ``migrations`` are those that were found, ``path`` is the file.
    """

    kind: str
    text: str
    migrations: Migrations | None = None
    path: Path | None = None

    @property
    def shown(self) -> str:
        """The left side as a report names it: the applied migrations are the right one."""
        return "live" if self.kind == "applied" else self.text

    def remedy(self, options: str) -> str:
        """What fixes a drift from it, or ``""`` for ``schemadrift apply``; ``options``: of ``look_options``."""
        if self.kind == "migrations":
            command = self.migrations.makes_next() if self.migrations else "tortoise makemigrations"
            return f"{command}; where it finds no change: {_command('schemadrift make-migration', options)}"
        if self.kind == "prepared":
            return "correct what schemadrift_prepare brings the database to"
        if self.kind == "file":
            return f"run the SQL above where {self.text} comes from, and write it again"
        return _command("schemadrift snapshot", options) if self.kind == "snapshot" else ""


def _command(command: str, options: str) -> str:
    return f"{command} {options}".rstrip()


LIVE = Source("live", "live")
ALL = "all"
"""What ``--source`` takes for everything there is: migrations, snapshot, live."""


def source_of(project: Project, connection: str, asked: str = "auto", also: Sequence[str] = ()) -> Source:
    """The source of one connection: as asked, else as configured, else by what the project has.

    ``auto`` takes migrations if the connection's apps have any, else the snapshot if its file is there, else the live
    database. Raises ``ConfigurationError`` for a source that does not exist, which names those that do, and ``also``
    what only the caller knows.
    """
    asked = project.settings.source if asked == "auto" else asked
    if asked == "live":
        return LIVE
    if asked == "applied":
        return Source("applied", "applied")
    if "://" in asked:
        return Source("url", mask(asked))
    if asked.endswith(".sql"):
        return Source("file", asked, path=project.settings.project_dir / asked)
    path = snapshot_path(project, connection)
    if asked == "snapshot":
        return Source("snapshot", "snapshot", path=path)
    if asked not in ("auto", "migrations"):
        hint = nearest(asked, [*SOURCES, *also, "a .sql file", "a database URL"])
        raise ConfigurationError(f"models cannot be compared with the source {asked!r}", hint=hint)
    migrations = find_migrations(project.tortoise, connection)
    if migrations is not None:
        return Source("migrations", "migrations", migrations)
    if asked == "migrations":
        for tool, file in other_tools(project.tortoise, connection).items():
            raise ConfigurationError(
                f"the migrations of connection {connection!r} are those of {tool}, which are not run here",
                where=str(file),
                hint="only Tortoise's and Aerich's are: choose live, or use schemadrift_prepare_database",
            )
        raise ConfigurationError(
            f"connection {connection!r} has no migrations",
            where=project.tortoise.origin,
            hint="make them (tortoise makemigrations), set migrations in its apps, or choose another source",
        )
    return Source("snapshot", "snapshot", path=path) if path.is_file() else LIVE


async def check_project(project: Project, options: CheckOptions | None = None) -> list[Drift]:
    """Compare every chosen connection with its models; one ``Drift`` each, in the order of the configuration.

    Raises ``ConfigurationError``; ``ConnectionFailed`` and ``ServerUnavailable`` unless ``unreachable`` is ``skip``;
    and the other errors of the tree.
    """
    from pytest_schemadrift.commands.databases import Servers

    options = options or CheckOptions()
    hooks = ProjectHooks(project.settings.project_dir)
    options = replace(options, ignore=options.ignore or hooks.ignore)
    given = set(named_urls(project, options.database_urls))
    project = with_urls(project, options.database_urls)
    drifts: list[Drift] = []
    look = look_at_live(project, options)
    with loaded_models(project) as models, Servers(project) as servers:
        looks = [
            (name, source)
            for name in chosen_connections(project, options)
            for source in _sources(project, name, options.source, is_given=name in given)
        ]
        for name, source in looks:
            try:
                if source.kind == "migrations":
                    drift = await _check_migrations(
                        project, name, source, options=options, hooks=hooks, servers=servers
                    )
                else:
                    drift = await check_source(project, models, name, source, options)
            except (ConnectionFailed, ServerUnavailable) as error:
                if len(looks) == 1:
                    raise
                drift = not_looked_at(project, name, source, error)
            drifts.append(told_what_was_looked_at(project, drift, source, options.source, look))
    return _told_of_hooks(project, with_common_notes(project, drifts))


def _told_of_hooks(project: Project, drifts: list[Drift]) -> list[Drift]:
    """The drifts, with those hooks that may say of a change that it is none, and that were not heard."""
    if not any(drift.plan for drift in drifts):
        return drifts
    from pytest_schemadrift.commands.conftests import unheard

    notes = tuple(unheard(project.settings.project_dir).values())
    return [replace(drift, notes=(*drift.notes, *notes)) if drift.plan else drift for drift in drifts]


def _sources(project: Project, name: str, asked: str, *, is_given: bool) -> list[Source]:
    """What to look at: everything there is for ``all``, else one source."""
    if asked != ALL:
        # a database that was named on the command line is the one to look at
        return [LIVE if is_given and asked == "auto" else source_of(project, name, asked, ("applied", ALL))]
    return every_source(project, name)


def every_source(project: Project, connection: str) -> list[Source]:
    """All that there is to look at of a connection: its migrations, its snapshot, the live database."""
    found = find_migrations(project.tortoise, connection)
    sources = [Source("migrations", "migrations", found)] if found is not None else []
    path = snapshot_path(project, connection)
    sources += [Source("snapshot", "snapshot", path=path)] if path.is_file() else []
    return [*sources, LIVE]


def not_looked_at(project: Project, name: str, source: Source, error: SchemaDriftError) -> Drift:
    """A connection that nobody could look at, beside others that somebody could."""
    from pytest_schemadrift.planning.drift import Drift

    connection = project.tortoise.connection(name)
    address = f" ({error.where})" if isinstance(error, ConnectionFailed) and error.where else ""
    return Drift(
        name,
        connection.dialect,
        database=database_name(connection),
        source=source.text,
        skipped=f"not checked: {error.what.splitlines()[0]}{address}",
        failed=True,
        notes=(f"{TO_DO}{error.hint}",) if error.hint else (),
    )


TO_DO = "to do: "
"""How the note about a connection begins that nobody could look at."""


def told_what_was_looked_at(project: Project, drift: Drift, source: Source, asked: str, look: str) -> Drift:
    """Where nobody ``asked`` for a source, a report says what was not looked at, and how to ``look``."""
    if {asked, project.settings.source} != {"auto"} or source.kind not in ("migrations", "snapshot"):
        return drift
    return replace(drift, notes=(*drift.notes, f"{NOT_LOOKED_AT}{look}"))


NOT_LOOKED_AT = "the live database was not checked: "


async def check_source(
    project: Project, models: LoadedModels, name: str, source: Source, options: CheckOptions
) -> Drift:
    """Compare one connection's source with its models, where no database must be brought up for it."""
    if source.kind == "url":
        asked = project.settings.source if options.source == "auto" else options.source
        project = with_urls(project, [(name, asked)])
    options = accepting(project, name, source.text, options)
    drift = await _check_source(project, models, name, source, options)
    connection = project.tortoise.connection(name)
    drift = replace(
        drift,
        source=source.shown,
        remedy=drift.remedy or source.remedy(look_options(project, options)),
        named_by=connection.option or connection.variable,
        apply_options=apply_options(project, options),
    )
    return with_accepted_notes(project, drift, source.text, options)


async def _check_source(
    project: Project, models: LoadedModels, name: str, source: Source, options: CheckOptions
) -> Drift:
    if source.kind == "snapshot":
        return await check_snapshot(project, models, name, options)
    from pytest_schemadrift.commands.pending import check_live

    match source.kind:
        case "applied":
            from pytest_schemadrift.commands.applied import check_applied

            return await check_applied(project, name, options)
        case "file":
            from pytest_schemadrift.commands.diff import diff_sources

            return await diff_sources(
                project, str(source.path), connection=name, prove=options.prove, ignore=options.ignore
            )
        case _:
            return await check_live(project, models, name, options)


async def _check_migrations(
    project: Project, name: str, source: Source, *, options: CheckOptions, hooks: ProjectHooks, servers: Servers
) -> Drift:
    from pytest_schemadrift.commands.databases import bring_up, empty_database
    from pytest_schemadrift.planning.drift import Drift

    try:
        server = await asyncio.to_thread(servers.server, name)
    except ServerUnavailable as error:
        if options.unreachable == "fail":
            raise
        dialect = project.tortoise.connection(name).dialect
        return Drift(name, dialect, source=source.text, skipped=f"skipped: {error.what.splitlines()[0]}")
    with empty_database(server) as url:
        failed = None
        try:
            if not await hooks.prepare(name, url):
                await bring_up(project, name, url)
        except MigrationFailed as error:
            failed = error
        note = await asyncio.to_thread(servers.difference, name)
        return await check_spun_up(project, name, url, source, options=options, failed=failed, note=note)


async def check_spun_up(
    project: Project,
    name: str,
    url: str,
    source: Source,
    *,
    options: CheckOptions,
    failed: MigrationFailed | None = None,
    note: str = "",
) -> Drift:
    """Compare a database that was brought up for this connection with its models.

    ``failed`` is the migration that could not be run: it belongs to the drift, next to what is missing for it. ``note``
    is what is to be said of the server.
    """
    from pytest_schemadrift.commands.check import check_connection
    from pytest_schemadrift.commands.databases import with_url

    there = with_url(project, name, url)
    options = accepting(project, name, source.text, options)
    with loaded_models(there) as models:
        drift = await check_connection(there, models, name, options)
    # the database has a name that nobody knows and is gone soon
    remedy = source.remedy(look_options(project, options))
    drift = replace(drift, database="", source=source.text, remedy=remedy)
    drift = replace(drift, notes=(*drift.notes, note)) if note else drift
    if source.migrations is not None and source.migrations.without:
        apps = ", ".join(repr(label) for label in source.migrations.without)
        drift = replace(drift, notes=(*drift.notes, f"no migrations were found for app {apps}"))
    drift = with_accepted_notes(project, drift, source.text, options)
    drift = _with_unnamed(drift, source.migrations) if source.migrations is not None else drift
    return _with_failure(drift, failed, project.settings.project_dir) if failed is not None else drift


def _with_unnamed(drift: Drift, migrations: Migrations) -> Drift:
    """The drift of apps whose migrations ``tortoise migrate`` passes over: neither would a deployment have run them."""
    for label in migrations.unnamed:
        notes = (*drift.notes, migrations.passed_over(label))
        drift = replace(drift, notes=notes, remedy=f"write {migrations.setting(label)}")
    return drift


def _with_failure(drift: Drift, failed: MigrationFailed, project_dir: Path) -> Drift:
    """The drift with the migration that fails, at the table of its model."""
    from pytest_schemadrift.schema.model import UnsupportedObject
    from pytest_schemadrift.sources.locations import Origin

    path, _, line = failed.where.rpartition(":")
    place = Path(path if line.isdigit() else failed.where)
    inside = place.relative_to(project_dir) if place.is_relative_to(project_dir) else place
    model = failed.model.lower()
    origins = [(table, origin) for (table, column), origin in drift.origins.items() if column is None]
    table = next((table for table, origin in origins if origin.model.lower() == model), None)
    where = f" ({failed.where})" if failed.where else ""
    item = UnsupportedObject(MIGRATION, failed.migration, f"{failed.reason}{where}", "", table)
    return replace(
        drift,
        unreadable=(item, *drift.unreadable),
        proven=None,
        proof_note="a migration fails" if drift.plan else "",
        failed_at=Origin(str(inside), int(line) if line.isdigit() else 1, "", "") if failed.where else None,
        remedy=failed.remedy or f"correct the migration {failed.migration}",
    )


UNUSED = "exclude = "
"""How the note about a pattern that matches no table of a connection begins."""


def unused_patterns(project: Project, drifts: Sequence[Drift]) -> list[str]:
    """The notes on ``exclude`` patterns that match no table of any connection.

    None where a configured connection was not compared, or not with its database: the table may be there.
    """
    live = [drift for drift in drifts if not drift.skipped and drift.source == LIVE.text]
    if len(live) < len(drifts) or {drift.connection for drift in live} != set(project.tortoise.connections):
        return []
    return sorted(set.intersection(*({note for note in drift.notes if note.startswith(UNUSED)} for drift in live)))


def with_common_notes(project: Project, drifts: Sequence[Drift]) -> list[Drift]:
    """The drifts, without notes on patterns that are or may be of use to another connection."""
    common = unused_patterns(project, drifts)
    return [
        replace(drift, notes=tuple(note for note in drift.notes if not note.startswith(UNUSED) or note in common))
        for drift in drifts
    ]
