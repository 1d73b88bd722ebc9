"""A live database that has not had all migrations of its project: they come first, and what they leave is the drift."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.project import open_connection
from pytest_schemadrift.errors import ConfigurationError, MigrationFailed, SchemaDriftError, StatementFailed
from pytest_schemadrift.planning.drift import Pending
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.migrations import Migrations, find_migrations
from pytest_schemadrift.sources.pending import BOOKKEEPING, applied_migrations, pending_migrations
from pytest_schemadrift.sources.run_migrations import run_migrations
from pytest_schemadrift.sources.squashed import Squashed, squashed_migrations

if TYPE_CHECKING:
    from pytest_schemadrift.commands.project import CheckOptions, Project
    from pytest_schemadrift.planning.drift import Drift
    from pytest_schemadrift.sources.models import LoadedModels
    from pytest_schemadrift.sources.scratch import LiveServer

_PATIENCE = 10.0
"""Seconds to wait for the live database, which has answered just now."""
IGNORING = "say --ignore-pending: that deployment may fail then"
_RECORDS = 100_000
"""Rows of bookkeeping that are copied; more migrations nobody has."""


@dataclass(frozen=True, slots=True)
class Found:
    """Migrations that wait for a database: ``waiting`` and ``applied`` map an app to names.

    ``squashed`` are those among the waiting ones that replace applied ones.
    """

    migrations: Migrations
    waiting: Mapping[str, tuple[str, ...]]
    applied: Mapping[str, tuple[str, ...]]
    squashed: tuple[Squashed, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """``app.0002_more`` (Tortoise), ``app/2_…_more.py`` (Aerich), in their order."""
        mark = "." if self.migrations.tool == "Tortoise" else "/"
        return tuple(f"{app}{mark}{name}" for app, names in self.waiting.items() for name in names)

    @property
    def command(self) -> str:
        """What applies them."""
        unnamed = [app for app in self.waiting if app in self.migrations.unnamed]  # which it would pass over
        steps = [f"write {self.migrations.setting(app)}, then" for app in unnamed]
        steps += [f"{item.remedy(self.migrations)}, then" for item in self.squashed if not item.is_done]
        records = [item.record(self.migrations) for item in self.squashed if item.is_done]
        rest = [self.migrations.upgrade(self.waiting)] if len(records) < len(self.names) else []
        return " ".join([*steps, " && ".join([*records, *rest])])

    def correction(self, migration: str) -> str:
        """What to do before ``command`` about a migration that fails on a copy; "" where the command has it."""
        told = any(".".join(item.migration) == migration for item in self.squashed)
        return "" if told else f"correct the migration {migration}"

    @property
    def had(self) -> dict[str, tuple[str, ...]]:
        """``applied``, and what only has to be recorded as such."""
        found = dict(self.applied)
        for app, name in (item.migration for item in self.squashed if item.is_done):
            found[app] = (*found.get(app, ()), name)
        return found


async def find_pending(project: Project, connection: str, timeout: float) -> Found | None:  # noqa: ASYNC109
    """The migrations of a connection that its live database has not had; ``None`` where nothing waits or can be told.

    A project without migrations costs nothing here. Raises what connecting raises.
    """
    migrations = _migrations(project, connection)
    if migrations is None:
        return None
    async with (
        open_connection(project, connection, timeout) as server,
        open_record(project, connection, migrations, server, timeout) as record,
    ):
        return await pending_on(project, server, migrations, record)


def _migrations(project: Project, connection: str) -> Migrations | None:
    """Those of a connection, but for those that are set wrong, which are no matter of a live database."""
    with contextlib.suppress(ConfigurationError):
        return find_migrations(project.tortoise, connection)
    return None


Recorded = tuple[Mapping[str, tuple[str, ...]] | None, tuple[tuple[Path, int, int], ...]]
"""What is recorded as applied, and the files of all migrations, with the times and sizes that they have."""


async def recorded(project: Project, connection: str, timeout: float) -> Recorded | None:  # noqa: ASYNC109
    """What an answer about migrations depends on, beside the schema; ``None`` for a connection without any.

    Raises ``StatementFailed`` where the record cannot be read, and what connecting raises.
    """
    migrations = _migrations(project, connection)
    if migrations is None:
        return None
    async with (
        open_connection(project, connection, timeout) as server,
        open_record(project, connection, migrations, server, timeout) as record,
    ):
        applied = await applied_migrations(server, migrations, record)
    files = ((path, path.stat()) for path in migrations.files if path.exists())
    return applied, tuple((path, status.st_mtime_ns, status.st_size) for path, status in files)


@asynccontextmanager
async def open_record(
    project: Project,
    connection: str,
    migrations: Migrations,
    server: LiveServer,
    timeout: float,  # noqa: ASYNC109
) -> AsyncIterator[LiveServer]:
    """The database with the record of a connection's migrations: its own, which is open, or that of another one.

    Raises ``StatementFailed`` where the other one cannot be opened, or where a URL was given for one of the two alone:
    the record of one deployment says nothing of the database of another.
    """
    if migrations.record == connection:
        yield server
        return
    settings = project.tortoise.connection
    if settings(connection).given != settings(migrations.record).given:
        raise elsewhere(migrations)
    async with AsyncExitStack() as stack:
        try:
            record = await stack.enter_async_context(open_connection(project, migrations.record, timeout))
        except SchemaDriftError as error:
            raise StatementFailed(
                f"the record of {migrations.tool} is that of connection {migrations.record!r}: {error.what}",
                where=error.where,
                hint=error.hint,
            ) from error
        yield record


def elsewhere(migrations: Migrations) -> StatementFailed:
    """Why a database tells nothing of its migrations whose record is in one that nobody has named."""
    return StatementFailed(
        f"the record of {migrations.tool} is that of connection {migrations.record!r}, of another deployment",
        hint=f"give the database URLs of both: --database-url {migrations.record}=URL",
    )


async def pending_on(project: Project, server: LiveServer, migrations: Migrations, record: LiveServer) -> Found | None:
    """Those of these migrations that an open database has not had; ``None`` where nothing waits or can be told."""
    applied = await applied_migrations(server, migrations, record)
    if applied is None:
        return None
    waiting = pending_migrations(migrations, applied)
    if not waiting:
        return None
    squashed = await squashed_migrations(project.tortoise, migrations, applied)
    unrecorded = tuple(item for item in squashed if not item.is_recorded)
    return Found(migrations, waiting, applied, unrecorded)


def unread_note(error: StatementFailed) -> str:
    """What a report says where it cannot be told which migrations a database has had."""
    return f"migrations may wait for this database: {error.what.splitlines()[0]}"


async def assert_none_pending(
    project: Project,
    connection: str,
    timeout: float,  # noqa: ASYNC109
    instead: str = IGNORING,
) -> None:
    """Raise ``ConfigurationError`` where migrations wait for a live database, or nobody can tell: altered now, it would
    break them. ``instead`` is what a person may do about it but to apply them.
    """
    ignored = f", or {instead}" if instead else ""
    try:
        found = await find_pending(project, connection, timeout)
    except StatementFailed as error:
        raise ConfigurationError(
            unread_note(error), where=error.where or f"connection {connection!r}", hint=f"{error.hint}{ignored}"
        ) from error
    if found is not None:
        raise ConfigurationError(
            Pending(found.names, found.command).sentence,
            where=f"connection {connection!r}",
            hint=f"{found.command}{ignored}",
        )


async def check_live(project: Project, models: LoadedModels, name: str, options: CheckOptions) -> Drift:
    """Compare a live database with its models: where migrations wait for it, as it will be after them.

    They are run on a copy of its structure, on a server of ours. Where that cannot be had, the database is compared as
    it is, and the report says so.
    """
    from pytest_schemadrift.commands.check import check_connection

    if options.ignore_pending:
        return await check_connection(project, models, name, options)
    found = None
    notes: tuple[str, ...] = ()
    remedy = ""
    try:
        found = await find_pending(project, name, options.timeout)
    except StatementFailed as error:  # of the record alone
        to_do = f" ({error.hint})" if error.hint else ""
        notes = (f"{unread_note(error)}{to_do}",)
        remedy = error.hint and f"{error.hint}; then look again"  # apply would refuse it until then
    except SchemaDriftError:  # whatever is wrong, the check itself will say it
        pass
    if found is None:
        drift = await check_connection(project, models, name, options)
        return replace(drift, notes=(*drift.notes, *notes), remedy=remedy)
    now = await check_connection(project, models, name, replace(options, prove=False))
    pending = Pending(found.names, found.command)
    try:
        after = await _check_after(project, name, found, options)
    except MigrationFailed as error:
        note = f"the migration {error.migration} would fail on this database: {error.reason}"
        first = error.remedy or found.correction(error.migration)
        why = "a migration fails" if now.plan else ""
        return replace(now, pending=replace(pending, note=note, first=first), proof_note=why)
    except SchemaDriftError as error:
        note = f"what they leave could not be read: {error.what.splitlines()[0]}"
        why = "migrations are pending" if now.plan else ""
        return replace(now, pending=replace(pending, note=note), proof_note=why)
    return replace(
        after,
        database=now.database,
        server_version=now.server_version,
        pending=replace(pending, is_ahead=True),
        proof_note="it is the fix of what the migrations leave, which is not there yet" if after.plan else "",
        proven=None,
    )


async def _check_after(project: Project, name: str, found: Found, options: CheckOptions) -> Drift:
    from pytest_schemadrift.commands.check import check_connection
    from pytest_schemadrift.commands.databases import with_url
    from pytest_schemadrift.commands.project import loaded_models

    options = replace(options, prove=False, told=None, on_known=None)  # which are about the live database
    async with _copy(project, name, found) as url:
        there = with_url(project, name, url)
        await run_migrations(there.tortoise, name, found.migrations, found.had)
        with loaded_models(there) as models:
            return await check_connection(there, models, name, options)


@asynccontextmanager
async def _copy(project: Project, name: str, found: Found) -> AsyncIterator[str]:
    """The URL of a database on a server of ours with the live tables' structure, and the tool's own record."""
    from pytest_schemadrift.commands.databases import own_database
    from pytest_schemadrift.commands.own_schemas import own_part

    settings = project.tortoise.connection(name)
    async with AsyncExitStack() as stack:
        async with open_connection(project, name, _PATIENCE) as live:
            url = await stack.enter_async_context(own_database(project, name, live.info))
            async with open_server(url, settings.dialect) as copy:
                await _fill(await own_part(project, name, live), copy, found)
        yield url


async def _fill(live: LiveServer, copy: LiveServer, found: Found) -> None:
    from pytest_schemadrift.planning.build import create_statements

    schema = await dump(live)
    tables = tuple(replace(table, triggers=()) for table in schema.tables)
    bare = replace(schema, tables=tables, views=(), dependents=(), marks=())
    for statement in create_statements(bare, copy.dialect, copy.info):
        await copy.connection.execute(statement)
    table = next((item for item in bare.tables if item.name.name == BOOKKEEPING[found.migrations.tool][0]), None)
    if table is not None:
        await copy.dialect.copy_rows(live.connection, copy.connection, table, _RECORDS)
        async for counter in copy.dialect.counters(copy.connection, copy.info, [table.name]):
            await copy.dialect.set_counter(
                copy.connection, copy.info, counter
            )  # else the next record has a number twice
        await _record(copy, found)


async def _record(copy: LiveServer, found: Found) -> None:
    """Write down what replaces applied migrations, as a person is advised to do."""
    quote, literal = copy.dialect.quote, copy.dialect.literal
    for item in found.squashed:
        if item.is_done:
            columns = ", ".join(map(quote, ("app", "name", "applied_at")))
            values = f"{', '.join(map(literal, item.migration))}, CURRENT_TIMESTAMP"
            table, _ = BOOKKEEPING[found.migrations.tool]
            await copy.connection.execute(f"INSERT INTO {quote(table)} ({columns}) VALUES ({values})")
