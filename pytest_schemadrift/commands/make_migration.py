"""The fix as a migration of the project's own tool: written, numbered, and proven by running the whole chain."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pytest_schemadrift.applying.executor import parts_of
from pytest_schemadrift.codegen.migration import Content, Recorded, aerich_text, native_text, spread
from pytest_schemadrift.commands.apply import Applying, ApplyOptions, Proposal, backwards, propose_for
from pytest_schemadrift.commands.comparison import drift_of
from pytest_schemadrift.commands.databases import Servers, with_url
from pytest_schemadrift.commands.hooks import awaited, project_hooks
from pytest_schemadrift.commands.one_by_one import touches
from pytest_schemadrift.commands.pending import assert_none_pending
from pytest_schemadrift.commands.project import (
    CheckOptions,
    Project,
    is_excluded,
    loaded_models,
    open_connection,
    policy_of,
)
from pytest_schemadrift.commands.renames import accepted_renames
from pytest_schemadrift.dialects.base import Dialect, without_path
from pytest_schemadrift.errors import ConfigurationError, MigrationFailed
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.hazards import DESTRUCTIVE
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.plan import Plan, Step
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Name, Schema
from pytest_schemadrift.sources.database import dump
from pytest_schemadrift.sources.migrations import Migrations, find_migrations, run_migrations
from pytest_schemadrift.sources.next_migrations import (
    folder_of,
    last_state,
    next_name,
    unapply_migrations,
    with_more_files,
)
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

    ``files`` is empty where there is nothing to do, or ``proposal`` holds what speaks against it. ``note`` says why
    they are no proven ones; ``lost`` what none of them brings back.
    """

    proposal: Proposal
    migrations: Migrations
    files: tuple[tuple[Path, str], ...] = ()
    note: str = ""
    lost: tuple[str, ...] = ()
    reversible: bool = True

    @property
    def complete(self) -> bool:
        """Whether nothing is left that a migration should do and does not."""
        drift = self.proposal.drift
        return not drift.unreadable and (not drift.plan or (bool(self.files) and not self.note))


async def make_migrations(project: Project, name: str, checking: CheckOptions, options: MigrationOptions) -> Made:
    """Make the migrations that lead a connection's chain to its models, or to its live database; write nothing.

    The whole chain is run from empty on a server of ours, the new ones back and forth again. Raises
    ``ConfigurationError`` for a project without migrations, ``MigrationFailed`` where the ones that are there fail,
    ``ServerUnavailable``, and what connecting to the live database raises.
    """
    migrations = _migrations(project, name)
    with Servers(project) as servers:
        async with _database(project, name, servers) as there:
            await run_migrations(there.tortoise, name, migrations)
            proposal, policy, writing = await _propose(project, there, name, checking, options)
            if proposal.refused or proposal.drift.unreadable or not proposal.may_run:
                return Made(proposal, migrations)
            made = await _write(there, name, migrations, proposal, writing)
        async with _database(project, name, servers) as there:
            note = await _prove(there, name, made, policy)
    return replace(made, note=note)


def _migrations(project: Project, name: str) -> Migrations:
    """Those of the connection, as one into which a migration can be written."""
    origin = project.tortoise.origin
    migrations = find_migrations(project.tortoise, name)
    if migrations is None:
        raise ConfigurationError(
            f"connection {name!r} has no migrations to go on from",
            where=origin,
            hint="make the first one with the tool: tortoise makemigrations, or aerich init-db",
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
                hint="SQL in a migration is of one dialect: give each its own migrations, or make them with the tool",
            )
    return migrations


@asynccontextmanager
async def _database(project: Project, name: str, servers: Servers) -> AsyncIterator[Project]:
    """The project with an empty database of ours in the place of its own."""
    server = await asyncio.to_thread(servers.server, name)
    database = f"schemadrift_{secrets.token_hex(6)}"
    url = server.create_database(database)
    try:
        answer = await asyncio.to_thread(
            project_hooks(project.settings.project_dir).schemadrift_prepare_database, connection=name, url=url
        )
        if await awaited(answer):
            raise ConfigurationError(
                "schemadrift_prepare_database brings the database up, so its migrations cannot be run alone",
                hint="have the hook return nothing where it only prepares",
            )
        yield with_url(project, name, url)
    finally:
        server.drop_database(database)


@dataclass(frozen=True, slots=True)
class _Writing:
    """What it takes to write: which ``label``, whose table each is, and whether the models are ``reached`` then."""

    label: str
    server: tuple[Dialect, ServerInfo]
    apps: dict[Name, str]
    reached: bool
    session: tuple[str, ...] = ()


async def _propose(
    project: Project, there: Project, name: str, checking: CheckOptions, options: MigrationOptions
) -> tuple[Proposal, Policy, _Writing]:
    from pytest_schemadrift.sources.models import model_ddl

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
            writing = _Writing(options.label, (server.dialect, server.info), names, reached, session)
            return replace(proposal, drift=shown), policy, writing


async def _drift_to_live(
    project: Project, name: str, server: LiveServer, checking: CheckOptions, of_models: frozenset[Name]
) -> tuple[Drift, Policy, bool]:
    """From what the migrations lead to, to the live database; and whether that is what the models want.

    A table of the live database that neither a migration nor a model has is not the project's.
    """
    from pytest_schemadrift.commands.check import check_connection

    await assert_none_pending(project, name, checking.timeout)
    with loaded_models(project) as models:
        models_drift = await check_connection(project, models, name, checking)
    async with open_connection(project, name, checking.timeout) as live:
        wanted = await dump(live)
    old = await dump(server)
    own = of_models | {table.name for table in old.tables}
    strangers = [table.name for table in wanted.tables if table.name not in own]
    tables = tuple(table for table in wanted.tables if table.name in own)
    wanted = replace(wanted, tables=tables, views=old.views, dependents=old.dependents)
    excluded = frozenset(
        table.name for table in (*old.tables, *wanted.tables) if is_excluded(project.settings, table.name)
    )
    policy = replace(policy_of(project.settings), excluded=excluded, extra_defaults="fail")
    renames = accepted_renames([*project.settings.renames, *checking.renames], old, wanted)
    wants = Wanted(wanted, lambda names: (), exact=True)
    result = await compare(server, old, wants, policy, renames=renames, prove=False, ignore=checking.ignore)
    left_out = [str(table) for table in strangers if not is_excluded(project.settings, table)]
    notes = (f"no model and no migration has {', '.join(left_out)}: left out",) if left_out else ()
    drift = drift_of(
        result,
        name,
        server,
        tables=tuple(table.name for table in wanted.tables),
        threshold=project.settings.rename_threshold,
        renames=renames,
        notes=notes,
    )
    return drift, policy, not models_drift.plan


# ---------------------------------------------------------------------------------------------------------------------
# Dividing: one transaction and one app a migration
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """What one migration does: of one app, in one transaction."""

    app: str
    steps: tuple[Step, ...]


def _divided(plan: Plan, writing: _Writing, migrations: Migrations) -> list[_Part]:
    """The steps of a plan by what commits them and by app, in an order that can be run.

    A step joins an earlier migration of its app where nothing between the two has to do with its tables.
    """
    dialect, info = writing.server
    homes: list[_Part] = []
    first = 0  # of the transaction
    for together in _transactions(plan, dialect, info):
        for step in together:
            app = _app_of(step, writing.apps, migrations)
            place = _joinable(homes[first:], step, app)
            if place is None:
                homes.append(_Part(app, (step,)))
            else:
                homes[first + place] = _Part(app, (*homes[first + place].steps, step))
        first = len(homes)
    return homes


def _transactions(plan: Plan, dialect: Dialect, info: ServerInfo) -> Iterator[list[Step]]:
    """The steps that are committed together; where the server commits each statement anyway, all of them."""
    if not dialect.capabilities(info).transactional_ddl:
        yield list(plan.steps)
        return
    waiting = list(plan.steps)
    for part in parts_of(plan, dialect, info):
        mine = {id(statement.change) for statement in part.statements}
        together = [step for step in waiting if id(step.change) in mine]
        waiting = [step for step in waiting if id(step.change) not in mine]
        if together:
            yield together


def _joinable(parts: Sequence[_Part], step: Step, app: str) -> int | None:
    tables = _tables(step)
    for place in reversed(range(len(parts))):
        if parts[place].app == app:
            return place
        if not tables or any(not _tables(other) or _tables(other) & tables for other in parts[place].steps):
            return None
    return None


def _tables(step: Step) -> set[Name]:
    return {name for part in c.simple_changes(step.change) for name in touches(part)}


def _app_of(step: Step, apps: dict[Name, str], migrations: Migrations) -> str:
    """The app whose table a step changes; else the one whose migrations name it; else the first."""
    found = next((apps[name] for name in _names(step) if name in apps), "")
    if found and found not in migrations.apps:
        raise ConfigurationError(
            f"app {found!r} has no migrations to go on from",
            where=describe(step.change) if isinstance(step.change, c.SimpleChange) else str(found),
            hint="make its first one with the tool: tortoise makemigrations, or aerich init-db",
        )
    if found:
        return found
    for name in _names(step):
        for app in migrations.apps:
            texts = (
                path.read_text("utf-8", errors="replace") for path in sorted(folder_of(migrations, app).glob("*.py"))
            )
            if any(name.name in text for text in texts):
                return app
    return next(iter(migrations.apps))


def _names(step: Step) -> list[Name]:
    """The table of a step, under its old name and its new one."""
    found: list[Name] = []
    for part in c.simple_changes(step.change):
        if isinstance(part, c.RenameTable):
            found += [part.new, part.old]
        elif (table := c.table_of(part)) is not None:
            found.append(table)
    return found


# ---------------------------------------------------------------------------------------------------------------------
# Writing
# ---------------------------------------------------------------------------------------------------------------------


async def _write(there: Project, name: str, migrations: Migrations, proposal: Proposal, writing: _Writing) -> Made:
    parts = _divided(proposal.plan, writing, migrations)
    contents = _contents(proposal, parts, writing)
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
        slots = spread([part.app for part in parts], known)
        previous: tuple[str, str] | None = None
        for place, (app, operations) in enumerate(slots):
            number = sum(other == app for other, _ in slots[:place])
            label = f"{writing.label}_{number + 1}" if number else writing.label
            stem = next_name(migrations, app, label, now, number)
            content = contents[place] if place < len(contents) else _RECORD_ALONE
            if migrations.tool == "Tortoise":
                record = Recorded(operations, nexts[app].imports) if operations else Recorded()
                depends_on = () if number else nexts[app].depends_on
                depends_on = (*depends_on, previous) if previous is not None else depends_on
                text = native_text(content, sorted(set(depends_on)), record)
            else:
                text = _aerich(migrations, app, content, reached=writing.reached)
            previous = (app, stem)
            files.append((folder_of(migrations, app) / f"{stem}.py", text))
    lost = tuple(dict.fromkeys(line for content in contents for line in content.lost))
    reversible = all(content.backward is not None for content in contents)
    return Made(proposal, migrations, tuple(files), lost=lost, reversible=reversible)


_RECORD_ALONE = Content("Record what needs the models of the migration before; no SQL is run.", (), ())


def _aerich(migrations: Migrations, app: str, content: Content, *, reached: bool) -> str:
    from pytest_schemadrift.sources.orm.recorded import aerich_knows_transactions, aerich_state

    state = aerich_state(app) if reached else last_state(migrations, app)
    return aerich_text(content, state, chooses_transaction=aerich_knows_transactions())


def _contents(proposal: Proposal, parts: Sequence[_Part], writing: _Writing) -> list[Content]:
    """What each migration does and takes back."""
    dialect, info = writing.server
    assert proposal.drift.old is not None and proposal.selection is not None
    plans = [(proposal.plan, proposal.undo)]
    if len(parts) > 1:
        plans = []
        state = proposal.drift.old
        for part in parts:
            changes = [simple for step in part.steps for simple in c.simple_changes(step.change)]
            renames = [change for change in changes if isinstance(change, c.Rename)]
            others = [change for change in changes if not isinstance(change, c.Rename)]
            after = evolve(evolve(state, renames), others)
            plans.append(
                (
                    build_plan(state, after, dialect, info, renames=renames),
                    build_plan(after, state, dialect, info, renames=[backwards(item) for item in reversed(renames)]),
                )
            )
            state = after
    is_one_by_one = not dialect.capabilities(info).transactional_ddl
    return [
        Content(
            f"Lead the migrations to the {'models' if proposal.drift.target == 'models' else 'live database'}: "
            f"SQL for {proposal.drift.dialect}.",
            (*writing.session, *forward.sql()),
            None if backward is None else (*writing.session, *backward.sql()),
            tuple(f"{part.code} {describe(part)}" for step in forward.steps for part in c.simple_changes(step.change)),
            _lost(forward, backward),
            as_script=bool(forward.prologue),
            one_by_one=is_one_by_one,
        )
        for forward, backward in plans
    ]


def _lost(forward: Plan, backward: Plan | None) -> tuple[str, ...]:
    lines = [
        f"The values do not come back: {part.code} {describe(part)}."
        for step in forward.steps
        if DESTRUCTIVE & set(step.hazards)
        for part in c.simple_changes(step.change)
    ]
    return (*lines, *(("No SQL takes this back.",) if backward is None else ()))


# ---------------------------------------------------------------------------------------------------------------------
# Proving
# ---------------------------------------------------------------------------------------------------------------------


async def _prove(there: Project, name: str, made: Made, policy: Policy) -> str:
    """Run the whole chain from empty, the new migrations back, and forth again; why that is no proof, or ``""``."""
    drift, selection = made.proposal.drift, made.proposal.selection
    assert drift.old is not None and selection is not None
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
        try:
            await run_migrations(there.tortoise, name, chain)
            if left := await _left(there, name, selection.target, policy):
                return f"after the whole chain, a scratch database still differs: {left}"
            if not made.reversible:
                return ""
            await unapply_migrations(there.tortoise, name, chain, new)
            if left := await _left(there, name, drift.old, policy):
                return f"on the way back, a scratch database still differs: {left}"
            await run_migrations(there.tortoise, name, chain, before)
            if left := await _left(there, name, selection.target, policy):
                return f"forth again, a scratch database differs: {left}"
        except MigrationFailed as error:
            return f"{error.migration} fails on a scratch database: {error.reason}"
    return ""


async def _left(there: Project, name: str, wanted: Schema, policy: Policy) -> str:
    """How the database differs from what is wanted, in words; ``""`` where it does not."""
    async with open_connection(there, name, 10.0) as server:
        found = await dump(server)
        adopted, _ = normalize(found, wanted, policy)
        adopted = await respell(server, found, adopted, policy)
        return ", ".join(dict.fromkeys(describe(change) for change in diff(found, adopted)))
