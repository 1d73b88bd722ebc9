"""A live database against the migrations that it has had: what was changed there by hand since."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.bookkeeping import kept_by_other_tools
from pytest_schemadrift.commands.comparison import drift_of
from pytest_schemadrift.commands.databases import own_database, with_url
from pytest_schemadrift.commands.last_changes import with_last_changes
from pytest_schemadrift.commands.own_schemas import own_part
from pytest_schemadrift.commands.pending import open_record
from pytest_schemadrift.commands.project import excluded_tables, look_at_live, open_connection, policy_of
from pytest_schemadrift.commands.renames import accepted_renames
from pytest_schemadrift.errors import ConfigurationError, MigrationFailed
from pytest_schemadrift.planning.resolve import resolution
from pytest_schemadrift.schema.changes import DropTable
from pytest_schemadrift.schema.model import UnsupportedObject
from pytest_schemadrift.sources.database import dump, dump_unless_known, open_server
from pytest_schemadrift.sources.migrations import Migrations, find_migrations, migration_names, without_ending
from pytest_schemadrift.sources.models import load_models, model_ddl
from pytest_schemadrift.sources.orm.undeclared import unrecorded
from pytest_schemadrift.sources.pending import BOOKKEEPING, applied_migrations, pending_migrations
from pytest_schemadrift.sources.run_migrations import run_migrations
from pytest_schemadrift.sources.squashed import not_on_disk, squashed_migrations
from pytest_schemadrift.verify.verdict import Wanted, compare

if TYPE_CHECKING:
    from pytest_schemadrift.commands.project import CheckOptions, Project
    from pytest_schemadrift.planning.drift import Drift
    from pytest_schemadrift.schema.capabilities import ServerInfo
    from pytest_schemadrift.schema.model import Name, Schema
    from pytest_schemadrift.sources.scratch import LiveServer

_LOST = "find out whether the record of migrations lost a row: put it back where what it did is there"
_READINGS = 3
"""How often the record is read again while a deployment is under way."""


async def check_applied(project: Project, name: str, options: CheckOptions) -> Drift:
    """Compare a live database with the state that its applied migrations lead to; pending ones are named, no drift.

    Those of an app without a ``migrations`` setting count as applied: ``tortoise migrate`` passes over them for ever.
    A table of the models that is there before the migration which is to make it was made by hand, or the record was
    changed. The record of the migrations is read before and after the schema, and again where it moved: a deployment
    under way is no drift. Raises ``ConfigurationError`` where the database has no record of migrations, or one of a
    migration that is not on disk any more, and ``MigrationFailed``.
    """
    migrations = find_migrations(project.tortoise, name)
    if migrations is None:
        raise ConfigurationError(
            f"connection {name!r} has no migrations",
            where=project.tortoise.origin,
            hint=f"compare with the models: {look_at_live(project, options)}",
        )
    async with (
        open_connection(project, name, options.timeout) as whole,
        open_record(project, name, migrations, whole, options.timeout) as record,
    ):
        live = await own_part(project, name, whole)
        digest, schema, applied = await _at_rest(live, migrations, name, record, look_at_live(project, options))
        waiting = pending_migrations(migrations, applied)
        never = [app for app in waiting if app in migrations.unnamed]
        wanted = await _on_disk(project, migrations, applied, name)
        wanted |= {app: names for app, names in migration_names(migrations).items() if app in never}
        overtaken = _overtaken(migrations, waiting, wanted)
        try:
            reached = await _reached(project, name, replace(migrations, unnamed=()), wanted, live.info)
        except MigrationFailed as error:
            if not overtaken:
                raise
            raise ConfigurationError(
                f"the applied migration {error.migration} fails without {', '.join(overtaken)}: {error.reason}",
                where=f"connection {name!r}",
                hint=_LOST,
            ) from error
        early = _yet_to_come(project, name, waiting.keys() - {*never}, schema, live.info)
        drift = await _compared(project, name, live, schema, reached, early, options)
        if options.on_known is not None and not any(item.accepted for item in drift.ignored):
            options.on_known(live.info, digest)
    lost = await _lost(project, migrations, wanted)
    drift = replace(drift, unreadable=(*drift.unreadable, *lost))
    told = " ".join(item.reason for item in lost).split()
    names = ", ".join(
        f"{app}.{item}"
        for app, items in waiting.items()
        for item in items
        if app not in never and f"{app}.{item}" not in told
    )
    notes = [f"not applied yet, and no drift: {names}"] if names else []
    notes += [migrations.passed_over(app) for app in never]
    remedy = f"write {migrations.setting(never[-1])}" if never else _remedy(drift, early, overtaken)
    return replace(drift, target="its applied migrations", notes=(*drift.notes, *notes), remedy=remedy)


async def _compared(
    project: Project,
    name: str,
    live: LiveServer,
    schema: Schema,
    reached: Schema,
    early: frozenset[Name],
    options: CheckOptions,
) -> Drift:
    """The drift of the live ``schema`` from what was ``reached``; tables that are there too ``early`` are too many."""
    letters = live.letters
    excluded = excluded_tables(project.settings, letters, schema, reached) | kept_by_other_tools(schema, reached)
    policy = replace(
        policy_of(project.settings),
        excluded=excluded,
        extra_defaults="fail",
        column_storage=project.settings.column_storage,
        yet_to_come=early,
    )
    renames = accepted_renames(project.settings.renames, schema, reached, letters=letters)
    wanted = Wanted(reached, lambda names: (), exact=True)
    result = await compare(live, schema, wanted, policy, renames=renames, prove=options.prove, ignore=options.ignore)
    drift = drift_of(
        result,
        name,
        live,
        tables=tuple(table.name for table in reached.tables if table.name not in excluded),
        threshold=project.settings.rename_threshold,
        renames=renames,
    )
    return await with_last_changes(drift, live, project.settings) if options.last_changes else drift


def _yet_to_come(
    project: Project, name: str, apps: AbstractSet[str], live: Schema, info: ServerInfo
) -> frozenset[Name]:
    """The tables of the models of apps whose migrations wait: one of these that is there already was made by hand."""
    if not apps:
        return frozenset()
    names = resolution(live, info)
    with load_models(project.tortoise) as models:
        tables = model_ddl(models, name, server_version=info.version_text).statements
        return frozenset(names.relation(table.name) for table in tables if table.model.partition(".")[0] in apps)


async def _lost(
    project: Project, migrations: Migrations, applied: Mapping[str, tuple[str, ...]]
) -> list[UnsupportedObject]:
    """Where the record has lost a migration that a recorded one depends on: what the database has had nobody can tell.

    Aerich's migrations name none that they depend on: those of two branches come in any order.
    """
    if migrations.tool != "Tortoise":
        return []
    apps = {
        app: {**project.tortoise.tortoise["apps"][app], "migrations": module}
        for app, module in migrations.apps.items()
        if app not in migrations.unnamed
    }
    done = [(app, item) for app, items in applied.items() for item in items]
    table, _ = BOOKKEEPING[migrations.tool]
    return [
        UnsupportedObject(
            "applied migration",
            ".".join(later),
            f"{'.'.join(lost)} is not in {table}, and {migrations.upgrade()} would run it now; "
            "if what it did is there, put its row back",
            failing="depends on one that is not recorded",
        )
        for lost, later in await unrecorded(apps, done)
    ]


def _overtaken(
    migrations: Migrations, waiting: Mapping[str, tuple[str, ...]], applied: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """Migrations that wait although one behind them is recorded, by the order of their files."""
    found = []
    for app, names in migration_names(migrations).items():
        done = {names.index(item) for item in applied.get(app, ())}
        found += [f"{app}.{item}" for item in waiting.get(app, ()) if done and names.index(item) < max(done)]
    return tuple(found)


def _remedy(drift: Drift, early: frozenset[Name], overtaken: tuple[str, ...]) -> str:
    """What to do; nobody is told to drop what the application needs, because the record has lost who made it."""
    if overtaken:
        return f"{_LOST} ({', '.join(overtaken)})"
    there = [change.table.name for change in drift.plan.changes if isinstance(change, DropTable)]
    if not early.isdisjoint(there):
        return "find out what created the table before its migration, or which row the record of migrations lost"
    return "run the SQL above, or put what was done by hand into a migration"


async def _at_rest(
    live: LiveServer, migrations: Migrations, name: str, record: LiveServer, look: str
) -> tuple[str, Schema, Mapping[str, tuple[str, ...]]]:
    """The digest of the catalog rows, the schema, and the record of migrations that it belongs to."""
    before = await applied_migrations(live, migrations, record)
    for _ in range(_READINGS):
        if before is None:
            raise ConfigurationError(
                f"the database has no record of migrations of {migrations.tool}",
                where=f"connection {name!r}",
                hint=f"compare with the models: {look}",
            )
        digest, schema = await dump_unless_known(live, None)
        assert schema is not None
        after = await applied_migrations(live, migrations, record)
        if after == before:
            return digest, schema, before
        before = after
    raise ConfigurationError(
        "migrations are being applied to the database right now",
        where=f"connection {name!r}",
        hint="check again when the deployment is done",
    )


async def _on_disk(
    project: Project, migrations: Migrations, applied: Mapping[str, tuple[str, ...]], name: str
) -> dict[str, tuple[str, ...]]:
    """The applied migrations as they are called on disk, in the order in which they were applied.

    Columns of migrations side by side stand in that order (Tortoise runs them in it again, Aerich by their numbers).
    """
    await _assert_on_disk(project, migrations, applied, name)
    found = {}
    for app, names in migration_names(migrations).items():
        there = {without_ending(item): item for item in names}
        done = dict.fromkeys(without_ending(item) for item in applied.get(app, ()))
        found[app] = tuple(there[item] for item in done if item in there)
    return found


async def _assert_on_disk(
    project: Project, migrations: Migrations, applied: Mapping[str, tuple[str, ...]], name: str
) -> None:
    """Raise ``ConfigurationError`` for an applied migration without a file, unless an applied one replaces it."""
    lost = not_on_disk(migrations, applied)
    if not lost:
        return
    where = f"connection {name!r}"
    squashed = await squashed_migrations(project.tortoise, migrations, applied)
    for item in squashed:
        if not item.is_recorded:
            raise ConfigurationError(item.sentence, where=where, hint=item.remedy(migrations))
    replaced = {gone for item in squashed for gone in item.gone}
    rest = {app: [item for item in items if (app, item) not in replaced] for app, items in lost.items()}
    unknown = [f"{app}.{item}" for app, items in rest.items() for item in items]
    if unknown:
        table, _ = BOOKKEEPING[migrations.tool]
        replaces = ", name it in the replaces of that one" if migrations.tool == "Tortoise" else ", delete its row"
        raise ConfigurationError(
            f"an applied migration is not on disk: {', '.join(unknown)} (recorded in {table})",
            where=where,
            hint=f"check out the revision that is deployed; where another migration took its place{replaces}",
        )


async def _reached(
    project: Project, name: str, migrations: Migrations, only: Mapping[str, tuple[str, ...]], like: ServerInfo
) -> Schema:
    """What these migrations lead to, on a server of ours, in a database with the character set of the live one."""
    dialect = project.tortoise.connection(name).dialect
    async with own_database(project, name, like) as url:
        there = with_url(project, name, url)
        await run_migrations(there.tortoise, name, migrations, only=only)
        async with open_server(url, dialect, column_storage=project.settings.column_storage) as server:
            return await dump(server)
