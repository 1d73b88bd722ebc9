"""The fix as a migration of the project's own tool: written, numbered, and proven by running the whole chain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pytest_schemadrift.codegen.migration import ByDialect, Content, Recorded, aerich_text, native_text, spread
from pytest_schemadrift.commands.apply import Applying, ApplyOptions, Proposal, propose_for
from pytest_schemadrift.commands.comparison import drift_of
from pytest_schemadrift.commands.databases import Servers, empty_database, with_url
from pytest_schemadrift.commands.hooks import awaited, project_hooks
from pytest_schemadrift.commands.migration_parts import Writing, planned_of, together
from pytest_schemadrift.commands.own_schemas import own_part
from pytest_schemadrift.commands.pending import assert_none_pending
from pytest_schemadrift.commands.project import (
    CheckOptions,
    Project,
    excluded_tables,
    is_excluded,
    loaded_models,
    open_connection,
    policy_of,
)
from pytest_schemadrift.commands.renames import accepted_renames
from pytest_schemadrift.core.config.urls import spoken
from pytest_schemadrift.dialects.base import without_path
from pytest_schemadrift.errors import ConfigurationError, MigrationFailed
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.model import Name, Schema
from pytest_schemadrift.sources.database import dump
from pytest_schemadrift.sources.migrations import Migrations, find_migrations
from pytest_schemadrift.sources.next_migrations import (
    folder_of,
    last_state,
    next_name,
    unapply_migrations,
    with_more_files,
)
from pytest_schemadrift.sources.run_migrations import run_migrations
from pytest_schemadrift.verify.respell import respell
from pytest_schemadrift.verify.verdict import Wanted, compare

if TYPE_CHECKING:
    from pytest_schemadrift.sources.orm.recorded import Next
    from pytest_schemadrift.sources.scratch import LiveServer

Wants = Literal["models", "live"]
"""Where the wanted schema comes from."""


@dataclass(frozen=True, slots=True)
class MigrationOptions:
    """``wanted`` says what the migrations are to lead to, ``label`` what the new one is called."""

    wanted: Wants = "models"
    label: str = "schemadrift"
    applying: ApplyOptions = field(default_factory=ApplyOptions)


@dataclass(frozen=True, slots=True)
class Made:
    """The migrations that were made for a connection: their files, in order, which nobody has written yet.

    ``proposals`` are one for each dialect. ``files`` is empty where there is nothing to do, or a proposal holds what
    speaks against it. ``note`` says why they are no proven ones; ``lost`` what none of them brings back.
    """

    proposals: tuple[Proposal, ...]
    migrations: Migrations
    files: tuple[tuple[Path, str], ...] = ()
    note: str = ""
    lost: tuple[str, ...] = ()
    reversible: bool = True


async def make_migrations(project: Project, name: str, checking: CheckOptions, options: MigrationOptions) -> Made:
    """Make the migrations that lead a connection's chain to its models, or to its live database; write nothing.

    The whole chain is run from empty on a server of ours, the new ones back and forth again. Raises
    ``ConfigurationError`` for a project without migrations, ``MigrationFailed`` where the ones that are there fail,
    ``ServerUnavailable``, and what connecting to the live database raises.
    """
    migrations = _migrations(project, name)
    kinds = _kinds(project, name)
    with Servers(project) as servers:
        return await _make(_Job(project, name, migrations, servers, kinds), checking, options)


@dataclass(frozen=True, slots=True)
class _Job:
    """A connection whose migrations go on, and the ``kinds`` of server that run them: ``""`` is its own."""

    project: Project
    name: str
    migrations: Migrations
    servers: Servers
    kinds: tuple[str, ...]

    @asynccontextmanager
    async def database(self, kind: str) -> AsyncIterator[Project]:
        """The project with an empty database of ours in the place of its own."""
        server = await asyncio.to_thread(self.servers.server, self.name, kind)
        with empty_database(server) as url:
            hooks = project_hooks(self.project.settings.project_dir)
            answer = await asyncio.to_thread(hooks.schemadrift_prepare_database, connection=self.name, url=url)
            if await awaited(answer):
                raise ConfigurationError(
                    "schemadrift_prepare_database brings the database up, so its migrations cannot be run alone",
                    hint="have the hook return nothing where it only prepares",
                )
            yield with_url(self.project, self.name, url)


def _kinds(project: Project, name: str) -> tuple[str, ...]:
    """The kinds of server that run the migrations, the connection's own first."""
    own = project.tortoise.connection(name).dialect
    named = dict.fromkeys(project.settings.database(name).dialects)
    mine = [kind for kind in named if spoken(kind) == own]
    others = [kind for kind in named if spoken(kind) != own]
    return (*(mine if mine not in ([], [own]) else [""]), *others)


async def _make(job: _Job, checking: CheckOptions, options: MigrationOptions) -> Made:
    drafts: list[_Draft] = []
    for kind in job.kinds:
        async with job.database(kind) as there:
            await _run_chain(there, job)
            wanted = "models" if drafts else options.wanted
            drafts.append(await _draft(job, there, checking, replace(options, wanted=wanted)))
        if len(job.kinds) > 1 and not drafts[0].writing.reached:
            raise ConfigurationError(
                f"the live database is not what the models want, and only they know {', '.join(job.kinds[1:])}",
                where=f"connection {job.name!r}",
                hint="write what was done by hand into the models first",
            )
    migrations = job.migrations
    proposals = tuple(draft.proposal for draft in drafts)
    nothing = Made(proposals, migrations)
    if not any(one.drift.plan or one.drift.unreadable for one in proposals):
        return nothing
    if any(one.refused or one.drift.unreadable or (one.drift.plan and not one.may_run) for one in proposals):
        return nothing
    planned = [(draft.tortoise_name, planned_of(draft.proposal, draft.writing, migrations)) for draft in drafts]
    made = await _write(job.project, nothing, together(planned), drafts[0].writing)
    for kind, draft in zip(job.kinds, drafts, strict=True):
        if note := await _doubt(job, kind, made, draft):
            return replace(made, note=f"{draft.proposal.drift.dialect}: {note}" if len(drafts) > 1 else note)
    return made


async def _run_chain(there: Project, job: _Job) -> None:
    """Run the migrations that are there. Raises ``MigrationFailed``, which says where if there are several places."""
    try:
        await run_migrations(there.tortoise, job.name, job.migrations)
    except MigrationFailed as error:
        if len(job.kinds) == 1:
            raise
        why = f"{error.reason} (on {there.tortoise.connection(job.name).dialect})"
        raise MigrationFailed(**{**error.facts, "reason": why}) from error.__cause__


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is to be done on one server, and what counts as a difference there."""

    proposal: Proposal
    policy: Policy
    writing: Writing
    old: Schema
    tortoise_name: str
    """The dialect as a migration can ask for it: MariaDB is ``mysql``."""


def _migrations(project: Project, name: str) -> Migrations:
    """Those of the connection, as one into which a migration can be written."""
    origin = project.tortoise.origin
    migrations = find_migrations(project.tortoise, name)
    if migrations is None:
        raise ConfigurationError(
            f"connection {name!r} has no migrations to continue from",
            where=origin,
            hint="make the first one with the tool: tortoise makemigrations, or aerich init-db",
        )
    if all(path.suffix == ".sql" for path in migrations.files):
        raise ConfigurationError(
            "the migrations are the SQL files of an Aerich before 0.7, which runs them inside of its own transaction",
            where=str(migrations.files[0].parent),
            hint="let aerich migrate write them; docs/make-migration.md says how to write one by hand",
        )
    for label in migrations.unnamed:
        raise ConfigurationError(
            f"app {label!r} has no migrations setting: tortoise migrate passes over it",
            where=origin,
            hint=f'write "migrations": "{migrations.apps[label]}" into the app',
        )
    for other in project.tortoise.connections:
        mine, theirs = project.tortoise.connection(name).dialect, project.tortoise.connection(other).dialect
        found = find_migrations(project.tortoise, other) if other != name and mine != theirs else None
        shared = set(migrations.apps.values()) & set(found.apps.values() if found else ())
        if shared:
            raise ConfigurationError(
                f"connections {name!r} ({mine}) and {other!r} ({theirs}) share the migrations {shared.pop()}",
                where=origin,
                hint="give the apps of each their own: of two apps with one folder, Tortoise runs those of one",
            )
    return migrations


async def _draft(job: _Job, there: Project, checking: CheckOptions, options: MigrationOptions) -> _Draft:
    from pytest_schemadrift.sources.models import model_ddl

    project, name = job.project, job.name
    applying = replace(options.applying, rows_count=False)
    checking = replace(checking, ignore_pending=True, prove=False)
    with loaded_models(there) as models:
        async with open_connection(there, name, checking.timeout) as server:
            source = model_ddl(models, name, server_version=server.info.version_text)
            names = {table.name: table.model.partition(".")[0] for table in (*source.statements, *source.others)}
            policy, reached = policy_of(project.settings), True
            if options.wanted == "models":
                fixing = Applying(there, models, checking, applying, "migrations")
                proposal = await fixing.propose(name)
            else:
                drift, policy, reached = await _drift_to_live(project, name, server, checking, frozenset(names))
                proposal = await propose_for(server, drift, policy, applying)
            shown = replace(proposal.drift, source="migrations", target=options.wanted, database="")
            session = without_path(proposal.drift.session, server.dialect)
            writing = Writing(options.label, (server.dialect, server.info), names, reached, session)
            spoken_there = there.tortoise.connection(name).dialect
            old = shown.old if shown.old is not None else await dump(server)
            return _Draft(replace(proposal, drift=shown), policy, writing, old, spoken_there)


async def _drift_to_live(
    project: Project, name: str, server: LiveServer, checking: CheckOptions, of_models: frozenset[Name]
) -> tuple[Drift, Policy, bool]:
    """From what the migrations lead to, to the live database; and whether that is what the models want.

    A table of the live database that neither a migration nor a model has is not the project's.
    """
    from pytest_schemadrift.commands.check import check_connection

    await assert_none_pending(project, name, checking.timeout, instead="")
    with loaded_models(project) as models:
        models_drift = await check_connection(project, models, name, checking)
    async with open_connection(project, name, checking.timeout) as live:
        wanted = await dump(await own_part(project, name, live))
    old = await dump(server)
    own = of_models | {table.name for table in old.tables}
    strangers = [table.name for table in wanted.tables if table.name not in own]
    tables = tuple(table for table in wanted.tables if table.name in own)
    wanted = replace(wanted, tables=tables, views=old.views, dependents=old.dependents)
    letters = server.letters
    excluded = excluded_tables(project.settings, letters, old, wanted)
    policy = replace(policy_of(project.settings), excluded=excluded, extra_defaults="fail")
    renames = accepted_renames([*project.settings.renames, *checking.renames], old, wanted, letters=letters)
    wants = Wanted(wanted, lambda names: (), exact=True)
    result = await compare(server, old, wants, policy, renames=renames, prove=False, ignore=checking.ignore)
    left_out = [str(table) for table in strangers if not is_excluded(project.settings, table, letters)]
    notes = (f"no model and no migration has {', '.join(left_out)}: left out",) if left_out else ()
    drift = drift_of(
        result,
        name,
        server,
        tables=tuple(table.name for table in wanted.tables if table.name not in excluded),
        threshold=project.settings.rename_threshold,
        renames=renames,
        notes=notes,
    )
    return drift, policy, not models_drift.plan


# ---------------------------------------------------------------------------------------------------------------------
# Writing
# ---------------------------------------------------------------------------------------------------------------------


async def _write(there: Project, nothing: Made, slots: Sequence[tuple[str, ByDialect]], writing: Writing) -> Made:
    migrations = nothing.migrations
    files: list[tuple[Path, str]] = []
    now = datetime.now().astimezone()
    with loaded_models(there) as models:
        models.make_queryable()
        nexts: dict[str, Next] = {}
        if migrations.tool == "Tortoise":
            from pytest_schemadrift.sources.orm.recorded import next_native

            settings = there.tortoise.tortoise["apps"]
            apps = {label: {**settings[label], "migrations": module} for label, module in migrations.apps.items()}
            nexts = await next_native(models, apps)
        known = {app: found.operations for app, found in nexts.items()} if writing.reached else {}
        spaces = spread([app for app, _ in slots], known)
        previous: tuple[str, str] | None = None
        for place, (app, operations) in enumerate(spaces):
            number = sum(other == app for other, _ in spaces[:place])
            label = f"{writing.label}_{number + 1}" if number else writing.label
            stem = next_name(migrations, app, label, now, number)
            contents = slots[place][1] if place < len(slots) else _RECORD_ALONE
            if migrations.tool == "Tortoise":
                record = Recorded(operations, nexts[app].imports) if operations else Recorded()
                depends_on = () if number else nexts[app].depends_on
                depends_on = (*depends_on, previous) if previous is not None else depends_on
                text = native_text(contents, sorted(set(depends_on)), record)
            else:
                text = _aerich(migrations, app, contents, reached=writing.reached)
            previous = (app, stem)
            files.append((folder_of(migrations, app) / f"{stem}.py", text))
    done = [content for _, by_dialect in slots for content in by_dialect.values()]
    lost = tuple(dict.fromkeys(line for content in done for line in content.lost))
    reversible = all(content.backward is not None for content in done)
    return replace(nothing, files=tuple(files), lost=lost, reversible=reversible)


_RECORD_ALONE = {"": Content("Record what needs the models of the migration before; no SQL is run.", (), ())}


def _aerich(migrations: Migrations, app: str, contents: ByDialect, *, reached: bool) -> str:
    from pytest_schemadrift.sources.orm.recorded import aerich_knows_transactions, aerich_state

    state = aerich_state(app) if reached else last_state(migrations, app)
    return aerich_text(contents, state, chooses_transaction=aerich_knows_transactions())


# ---------------------------------------------------------------------------------------------------------------------
# Proving
# ---------------------------------------------------------------------------------------------------------------------


async def _doubt(job: _Job, kind: str, made: Made, draft: _Draft) -> str:
    """Why the new migrations are no proven ones on a kind of server, and what to do; ``""`` where they are."""
    apps = job.migrations.apps
    note, what_to_do, app = await _tried(job, kind, made, draft, apps)
    if note and not what_to_do and made.migrations.tool == "Aerich" and len(apps) > 1:
        what_to_do = await _about_the_order(job, kind, made, draft, app)
    return f"{note}; to fix it: {what_to_do}" if what_to_do else note


async def _tried(job: _Job, kind: str, made: Made, draft: _Draft, apps: Mapping[str, str]) -> tuple[str, str, str]:
    """What speaks against the new migrations, what to do, and the app whose migration fails; ``""`` for none of it."""
    try:
        async with job.database(kind) as there:
            ordered = replace(made, migrations=replace(made.migrations, apps=apps))
            return await _prove(there, job.name, ordered, draft), "", ""
    except MigrationFailed as error:
        why = f"{error.migration} fails on a scratch database: {error.reason}"
        return why, error.remedy, error.migration.partition("/")[0]


async def _about_the_order(job: _Job, kind: str, made: Made, draft: _Draft, failed: str) -> str:
    """What to do where Aerich, which knows no dependencies, runs the apps in an order that they cannot have."""
    apps = dict(job.migrations.apps)
    for _ in range(len(apps) - 1):
        app = failed or next(iter(apps))
        apps[app] = apps.pop(app)  # to the end
        note, _, failed = await _tried(job, kind, made, draft, apps)
        if not note:
            return f"name the apps in the order {', '.join(apps)} in the configuration: {_AERICH_ORDER}"
    later = ", ".join(f"{app}/0_*.py" for app in [*job.migrations.apps][1:])
    return f"take the tables of other apps out of {later} ({_AERICH_ORDER}), or keep the tables' names (Meta.table)"


_AERICH_ORDER = "Aerich runs all migrations of an app before those of the next"


async def _prove(there: Project, name: str, made: Made, draft: _Draft) -> str:
    """Run the whole chain from empty, the new migrations back, and forth again; why that is no proof, or ``""``.

    Raises ``MigrationFailed``.
    """
    policy, selection = draft.policy, draft.proposal.selection
    target = selection.target if selection is not None and draft.proposal.plan else draft.old
    new: dict[str, tuple[str, ...]] = {}
    for app in made.migrations.apps:
        home = folder_of(made.migrations, app)
        ending = "" if made.migrations.tool == "Tortoise" else ".py"
        names = tuple(f"{path.stem}{ending}" for path, _ in made.files if path.parent == home)
        new |= {app: names} if names else {}
    with with_more_files(made.migrations, dict(made.files)) as chain:
        from pytest_schemadrift.sources.migrations import migration_names

        before = {
            app: tuple(item for item in names if item not in new.get(app, ()))
            for app, names in migration_names(chain).items()
        }
        await run_migrations(there.tortoise, name, chain)
        if left := await _left(there, name, target, policy):
            return f"after the whole chain, a scratch database still differs: {left}"
        if not made.reversible:
            return ""
        await unapply_migrations(there.tortoise, name, chain, new)
        if left := await _left(there, name, draft.old, policy):
            return f"on the way back, a scratch database still differs: {left}"
        await run_migrations(there.tortoise, name, chain, before)
        if left := await _left(there, name, target, policy):
            return f"forth again, a scratch database differs: {left}"
    return ""


async def _left(there: Project, name: str, wanted: Schema, policy: Policy) -> str:
    """How the database differs from what is wanted, in words; ``""`` where it does not."""
    async with open_connection(there, name, 10.0) as server:
        found = await dump(server)
        adopted, _ = normalize(found, wanted, policy)
        adopted = await respell(server, found, adopted, policy)
        return ", ".join(dict.fromkeys(describe(change) for change in diff(found, adopted)))
