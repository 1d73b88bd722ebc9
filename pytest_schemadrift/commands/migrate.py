"""Create what the models want and the database does not have, and alter nothing that is there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.applying.executor import OnDone, Outcome, execute
from pytest_schemadrift.commands.accepted import accepting
from pytest_schemadrift.commands.check import check_server
from pytest_schemadrift.commands.dependencies import CONTENT_TYPES, PERMISSIONS, installed
from pytest_schemadrift.commands.hooks import awaited, ignore_by, project_hooks
from pytest_schemadrift.commands.own_schemas import without_tenants
from pytest_schemadrift.commands.pending import assert_none_pending
from pytest_schemadrift.commands.project import CheckOptions, Project
from pytest_schemadrift.commands.sequences import Looked, SequencesOptions, set_counters
from pytest_schemadrift.core.config.tortoise import one_line
from pytest_schemadrift.core.config.urls import ConnectionSettings, database_url
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import Patience
from pytest_schemadrift.dialects.sqlite.connection import file_of
from pytest_schemadrift.errors import ConfigurationError, HookFailed, SchemaDriftError
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.plan import Plan, Statement
from pytest_schemadrift.planning.safe_mode import Refusal, Refuse, Selection, select, unanswered
from pytest_schemadrift.report.words import rename_answer
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name, Schema, Table, referenced_tables
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.orm.classes import app_of, full_name, table_of
from pytest_schemadrift.sources.scratch import LiveServer

if TYPE_CHECKING:
    from tortoise.models import Model

    from pytest_schemadrift.sources.models import LoadedModels


@dataclass(frozen=True, slots=True)
class MigrateOptions:
    """How to create: ``safe`` with IF NOT EXISTS; not safe is an error where one of the tables exists already.

    ``no_renames`` declares that a new table is new, however much it is like one that no model has any more.
    """

    safe: bool = True
    no_renames: bool = False
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Creation:
    """What would be created on a connection.

    ``selection.refused`` is what stays as it is: changes of what exists, tables that a person declined, and those
    that refer to them.
    """

    drift: Drift
    info: ServerInfo
    selection: Selection
    plan: Plan

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables to create, in the order of the plan."""
        return tuple(step.change.table for step in self.plan.steps if isinstance(step.change, c.CreateTable))

    @property
    def left(self) -> tuple[Refusal, ...]:
        """The differences that creating does not fix; what the database alone has is none."""
        return tuple(item for item in self.selection.refused if not isinstance(item.change, _DROPS))


_DROPS = (c.DropTable, c.DropNamespace, c.DropEnum, c.DropSequence, c.DropDomain, c.DropExtension)


@dataclass(frozen=True, slots=True)
class Migrating:
    """Creating what is missing on the connections of a project; front ends ask between the steps."""

    project: Project
    models: LoadedModels
    checking: CheckOptions
    options: MigrateOptions

    async def propose(self, name: str) -> Creation:
        """Compare a connection with its models, and plan what creates; nothing is changed.

        Raises what ``check_project`` raises; ``ConfigurationError`` where a table needs one that neither exists nor is
        to be created, and, unless ``safe``, where a table exists already; ``Unsupported`` for what cannot be created.
        """
        checking = replace(
            self.checking,
            prove=False,
            ignore=self.checking.ignore or ignore_by(project_hooks(self.project.settings.project_dir)),
        )
        checking = accepting(self.project, name, "live", checking)
        if not checking.ignore_pending:
            await assert_none_pending(self.project, name, checking.timeout)
        async with self._server(name) as server:
            drift = await check_server(self.project, self.models, name, server, checking)
            info = server.info
        if not self.options.safe:
            _assert_none_exists(drift)
        creation = _creation(drift, info, self.options)
        _assert_complete(creation, self.models)
        return creation

    def without(self, creation: Creation, tables: Iterable[Name]) -> Creation:
        """The creation without some tables, and without those that refer to them."""
        return _creation(creation.drift, creation.info, self.options, frozenset(tables))

    async def carry_out(self, creation: Creation, on_done: OnDone | None = None) -> Outcome:
        """Run a creation's plan. Raises ``Busy`` and ``StalePlan`` (nothing was done then)."""
        async with self._server(creation.drift.connection) as server:
            return await execute(server, creation.plan, self.options.patience, on_done)

    async def look(self, name: str) -> Creation:
        """What is still to be created, and what is left, after a run."""
        return await replace(self, options=replace(self.options, safe=True)).propose(name)

    @property
    def has_hooks(self) -> bool:
        """Whether anything is to follow the creation of tables."""
        hooks = project_hooks(self.project.settings.project_dir).schemadrift_post_migrate.get_hookimpls()
        return bool(hooks) or any(installed(self.project.tortoise, module) for module in (CONTENT_TYPES, PERMISSIONS))

    async def follow(self, names: Iterable[str]) -> tuple[str, ...]:
        """Ask the post-migrate hooks about these connections: content types and permissions where their apps are
        installed, then those of others. Returns sentences about what was left out.

        Raises ``HookFailed``, and ``ConfigurationError`` for a wrong ``Meta.permissions``.
        """
        hooks = project_hooks(self.project.settings.project_dir).schemadrift_post_migrate
        notes: list[str] = []
        async with self._queryable():
            ours = [module for module in (CONTENT_TYPES, PERMISSIONS) if installed(self.project.tortoise, module)]
            for module in [*ours]:
                missing = await self._missing_table(module)
                if missing:
                    notes.append(f"{module.rpartition('.')[2]}: not filled, the table {missing} does not exist")
                    ours.remove(module)
            if CONTENT_TYPES not in ours and PERMISSIONS in ours:
                ours.remove(PERMISSIONS)
            for name in names:
                models = self.models.models(name)
                for module in ours:
                    with _told(module):
                        await _hook_of(module)(name, models)
                with _told("schemadrift_post_migrate"):
                    for answer in hooks(connection=name, models=models):
                        await awaited(answer)
        return tuple(notes)

    async def set_sequences(self, name: str) -> tuple[Looked, ...]:
        """Set PostgreSQL's sequences past the rows that are there; other servers see to that themselves."""
        if self.project.tortoise.connection(name).dialect != "postgres":
            return ()
        found: list[Looked] = []
        async with self._server(name) as server:
            await set_counters(server, None, SequencesOptions(patience=self.options.patience), found.append)
        return tuple(found)

    @asynccontextmanager
    async def _server(self, name: str) -> AsyncIterator[LiveServer]:
        connection = self.project.tortoise.connection(name)
        opening = open_server(
            database_url(connection), connection.dialect, self.checking.timeout, only_schemas=connection.schemas
        )
        async with opening as server:
            yield (await without_tenants(self.project, self.models, name, server))[0]

    @asynccontextmanager
    async def _queryable(self) -> AsyncIterator[None]:
        """Let the models make queries; every connection that they opened is closed again."""
        self.models.make_queryable()
        try:
            yield
        finally:
            await self.models.close_connections()

    async def _missing_table(self, module: str) -> str:
        app = installed(self.project.tortoise, module)
        assert app is not None
        for model in self.models.models(app.default_connection):
            if model.__module__ == module:
                table = table_of(model)
                async with self._server(app.default_connection) as server:
                    there = await server.dialect.dump(server.connection, server.info, [table])
                if not there.tables:
                    return str(table)
        return ""


def _hook_of(module: str) -> Callable[[str, Sequence[type[Model]]], Awaitable[None]]:
    from pytest_schemadrift.contrib import contenttypes, permissions

    if module == CONTENT_TYPES:
        return contenttypes.schemadrift_post_migrate
    return permissions.schemadrift_post_migrate


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Errors of a hook, in a line."""
    try:
        yield
    except SchemaDriftError:
        raise
    except Exception as error:
        raise HookFailed(
            f"{what} failed: {type(error).__name__}: {one_line(error)}",
            hint="the tables are created; correct it and run schemadrift migrate again",
        ) from error


# --- what creates ----------------------------------------------------------------------------------------------------


def creates(change: c.SimpleChange, old: Schema, target: Schema) -> Refusal | None:
    """The rule of ``migrate``: what is there is not altered, and an index that rows could refuse alters it."""
    match change:
        case c.CreateNamespace() | c.CreateExtension() | c.CreateEnum() | c.CreateDomain() | c.CreateSequence():
            return None
        case c.CreateTable():
            return None
        case c.CreateIndex(index=index) if not index.unique:
            return None
        case _:  # what is not known to create alters
            return Refusal(change, "it alters what exists", flag="schemadrift apply")


def _pending(renames: Iterable[c.Rename]) -> Refuse:
    """A table that is to be renamed is not created empty beside the old one."""
    new = {change.new for change in renames if isinstance(change, c.RenameTable)}

    def rule(change: c.SimpleChange, old: Schema, target: Schema) -> Refusal | None:
        if isinstance(change, c.CreateTable) and change.table.name in new:
            return Refusal(change, "it is to be renamed", flag="schemadrift apply")
        return None

    return rule


def _creation(
    drift: Drift, info: ServerInfo, options: MigrateOptions, left_out: frozenset[Name] = frozenset()
) -> Creation:
    assert drift.old is not None and drift.new is not None
    dialect = get_dialect(drift.dialect)
    renames = [change for change in drift.plan.changes if isinstance(change, c.Rename)]
    rules = [_left_out(left_out), _pending(renames), creates]
    if not options.no_renames:
        rules.insert(0, unanswered(drift.proposals, rename_answer))
    selection = select(drift.old, drift.new, (), rules)
    plan = build_plan(drift.old, selection.target, dialect, info)
    if options.safe:
        plan = replace(plan, statements=tuple(if_not_exists(item, info) for item in plan.statements))
    return Creation(drift, info, selection, plan)


def _left_out(tables: frozenset[Name]) -> Refuse:
    def rule(change: c.SimpleChange, old: Schema, target: Schema) -> Refusal | None:
        is_creation = isinstance(change, c.CreateTable | c.CreateIndex)
        return Refusal(change, "you said no") if is_creation and c.table_of(change) in tables else None

    return rule


_CREATE = re.compile(r"CREATE (?:TABLE|SCHEMA|EXTENSION|SEQUENCE|(?P<index>(?:UNIQUE )?INDEX)) (?!IF NOT EXISTS)")


def if_not_exists(statement: Statement, info: ServerInfo) -> Statement:
    """The statement in the form that accepts what another session has created meanwhile, where there is one."""
    found = _CREATE.match(statement.sql)
    if found is None or (found["index"] and info.dialect == "mysql"):
        return statement
    return replace(statement, sql=f"{found[0]}IF NOT EXISTS {statement.sql[found.end() :]}")


# --- what must be there ----------------------------------------------------------------------------------------------


def _assert_none_exists(drift: Drift) -> None:
    assert drift.old is not None
    there = sorted({table.name for table in drift.old.tables} & set(drift.tables))
    if there:
        raise ConfigurationError(
            f"{there[0]} exists already" + (f", and {len(there) - 1} more" if len(there) > 1 else ""),
            where=f"connection {drift.connection}",
            hint="leave --no-safe out: what exists is left as it is",
        )


def _assert_complete(creation: Creation, models: LoadedModels) -> None:
    """See that every table to create finds those that it refers to."""
    assert creation.drift.old is not None
    there = {table.name for table in (*creation.drift.old.tables, *creation.tables)}
    owners = {table_of(model): model for model in models.models(creation.drift.connection)}
    for table in creation.tables:
        for needed in referenced_tables(table):
            if needed in there:
                continue
            owner = owners.get(needed)
            name, app = (full_name(owner), app_of(owner)) if owner else (str(needed), "")
            raise ConfigurationError(
                f"the table {table.name} refers to {needed} ({name}), which does not exist and is not selected",
                where=f"connection {creation.drift.connection}",
                hint=f"add --apps {app}" if app else f"create {needed} first",
            )


@contextmanager
def database_files(project: Project, names: Iterable[str]) -> Iterator[None]:
    """Create the SQLite files that are missing, in folders that exist; those that stay empty are removed again."""
    connections = [project.tortoise.connection(name) for name in names]
    made = [path for connection in connections if (path := _missing_file(connection)) is not None]
    for path in made:
        path.touch()
    try:
        yield
    finally:
        for path in made:
            if path.exists() and not path.stat().st_size:
                path.unlink()


def _missing_file(connection: ConnectionSettings) -> Path | None:
    if connection.dialect != "sqlite":
        return None
    name = file_of(database_url(connection))
    path = Path(name)
    return path if name and name != ":memory:" and path.parent.is_dir() and not path.exists() else None
