"""All tenants of a connection in one check: each is read once, and what they have in common is judged once.

Two tenants share a verdict only where all that was read of them is equal (``Judge.key``): the whole schema as a value,
in which what lies in the tenant's own schema bears no schema, and what the server says of itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_schemadrift.commands.accepted import accepting
from pytest_schemadrift.commands.check import examine
from pytest_schemadrift.commands.hooks import ignore_by, project_hooks
from pytest_schemadrift.commands.known import same_database
from pytest_schemadrift.commands.pending import pending_on, unread_note
from pytest_schemadrift.commands.project import CheckOptions, Project, loaded_models, open_connection, with_urls
from pytest_schemadrift.commands.source import with_common_notes
from pytest_schemadrift.commands.tenants.batches import Batches, MakeExecutor
from pytest_schemadrift.commands.tenants.find import (
    Tenant,
    chosen_tenants,
    connections_with_tenants,
    find_tenants,
    namespaces_of,
    project_of,
    search_path,
    without_cache,
)
from pytest_schemadrift.commands.tenants.result import told
from pytest_schemadrift.core.config.urls import ConnectionSettings, database_name
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import without_path
from pytest_schemadrift.errors import (
    ConfigurationError,
    ConnectionFailed,
    SchemaDriftError,
    StatementFailed,
    Unreachable,
)
from pytest_schemadrift.planning.drift import Drift, Pending
from pytest_schemadrift.report.json import as_object
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import assert_looks_in, dump, dump_unless_known, open_server
from pytest_schemadrift.sources.migrations import Migrations, find_migrations
from pytest_schemadrift.sources.models import model_ddl
from pytest_schemadrift.sources.scratch import LiveServer

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import LoadedModels


@dataclass(frozen=True, slots=True)
class TenantOptions:
    """Which tenants, and how many at a time: ``patterns`` are shell patterns, ``shard`` is (number, of how many)."""

    patterns: tuple[str, ...] = ()
    jobs: int = 4
    shard: tuple[int, int] = (1, 1)
    executor: MakeExecutor | None = None
    """Who is to look at them in batches, instead of this process; ``jobs`` counts in each worker then."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a check of tenants has come: so many are done with, or read, which comes first for all together."""

    done: int
    total: int
    variants: int
    is_reading: bool = False


OnProgress = Callable[[Progress], None]


async def check_tenants(
    project: Project,
    checking: CheckOptions,
    options: TenantOptions | None = None,
    on_progress: OnProgress | None = None,
) -> list[Drift]:
    """Compare every tenant with the models; one ``Drift`` for all tenants of which the same is true.

    The most frequent come first. A tenant that cannot be looked at hides no other: its drift is ``skipped``, and
    ``failed`` unless ``checking.unreachable`` is ``skip`` and nobody answered. Raises ``ConfigurationError``.
    """
    options = options or TenantOptions()
    project, chosen = await tenants_of(project, checking, options)
    tell = _Told(len(chosen), on_progress)
    if options.executor is None:
        return _finished(await _look(project, checking, options.jobs, chosen, tell))
    work = partial(_look, project, checking, options.jobs)
    async with Batches(options.executor, work, partial(_unknown, project), tell.batch) as batches:
        return _finished(await batches.all(chosen))


async def tenants_of(project: Project, checking: CheckOptions, options: TenantOptions) -> tuple[Project, list[Tenant]]:
    """The project with the URLs that were given, and its tenants that were asked for. Raises ``ConfigurationError``."""
    project = with_urls(project, checking.database_urls)
    found = []
    for connection in connections_with_tenants(project, checking.connections):
        found += await find_tenants(project, connection, checking.timeout)
    return project, shard_of(chosen_tenants(found, options.patterns), options.shard)


def shard_of(tenants: Sequence[Tenant], shard: tuple[int, int]) -> list[Tenant]:
    """The tenants of one shard, the first of which is number 1; all shards together are all tenants.

    Raises ``ConfigurationError`` for a shard that there is not.
    """
    number, total = shard
    if not 1 <= number <= total:
        raise ConfigurationError(f"there is no shard {number}/{total}", hint="write I/N with I from 1 to N")
    return list(tenants[number - 1 :: total])


async def _look(
    project: Project, checking: CheckOptions, jobs: int, tenants: Sequence[Tenant], tell: _Told | None = None
) -> list[Drift]:
    """The drifts of tenants, in whatever process this is; those of which one thing is true may be one already."""
    hooks = project_hooks(project.settings.project_dir)
    checking = replace(checking, ignore=checking.ignore or ignore_by(hooks))
    with loaded_models(project) as models:
        judge = Judge(project, models, checking)
        drifts = await _look_at(judge, tenants, jobs, tell)
    return drifts if tell is not None else grouped(drifts)


async def _look_at(judge: Judge, tenants: Sequence[Tenant], jobs: int, tell: _Told | None) -> list[Drift]:
    waiting = (await _alike(judge, tenants, tell))[::-1]
    results: list[Drift] = []

    async def work() -> None:
        async with Reader(judge) as reader:
            while waiting:
                alike = waiting.pop()
                drift, others = await reader.check_all(alike)
                if others:  # it was not for them
                    waiting.append(others)
                results.append(await reader.with_last_changes(drift, alike[: len(alike) - len(others)]))
                if tell is not None:
                    tell(drift, judge.variants)

    async with asyncio.TaskGroup() as group:
        for _ in range(max(1, min(jobs, len(waiting)))):
            group.create_task(work())
    return results


def _unknown(project: Project, tenant: Tenant, why: str) -> Drift:
    """The drift of a tenant that a worker was to look at and did not."""
    dialect = project.tortoise.connection(tenant.connection).dialect
    return Drift(tenant.connection, dialect, tenants=(tenant.name,), skipped=f"not checked: {why}", failed=True)


class _Told:
    """How far a check has come, for whoever wants to know."""

    def __init__(self, total: int, on_progress: OnProgress | None) -> None:
        self._total, self._on_progress = total, on_progress
        self._done = self._read = 0
        self._variants: set[str] = set()

    def __call__(self, drift: Drift, variants: int) -> None:
        """One more was looked at, for some tenants; there are so many different ones by now."""
        self._done += len(drift.tenants)
        if self._on_progress is not None:
            self._on_progress(Progress(self._done, self._total, variants))

    def read(self, number: int, variants: int) -> None:
        """So many more were read."""
        self._read += number
        if self._on_progress is not None:
            self._on_progress(Progress(self._read, self._total, variants, is_reading=True))

    def batch(self, drifts: Sequence[Drift]) -> None:
        """A batch was looked at."""
        for drift in drifts:
            self._variants.add(_said(drift))
            self(drift, len(self._variants))


def _finished(drifts: Sequence[Drift]) -> list[Drift]:
    return grouped(with_common_notes(drifts))


Alike = tuple["Tenant", ...]
"""Tenants with one digest, so that the first of them is to be judged for all."""


async def _alike(judge: Judge, tenants: Sequence[Tenant], tell: _Told | None) -> list[Alike]:
    """The tenants, together with those that their catalog rows say are like them; a look at many at once."""
    shared: dict[Hashable, list[Tenant]] = defaultdict(list)
    for tenant in tenants:
        place = judge.place(tenant)
        if place is not None:
            shared[tenant.connection, place].append(tenant)
    groups: dict[Hashable, list[Tenant]] = {}
    async with Reader(judge) as reader:
        for place, members in shared.items():
            if len(members) == 1:
                continue
            async for found in reader.digests(members):
                for tenant, digest in found.items():
                    if digest is not None:
                        groups.setdefault((place, digest), []).append(tenant)
                if tell is not None:
                    tell.read(len(found), len(groups))
    told = {tenant for members in groups.values() for tenant in members}
    return [*(tuple(members) for members in groups.values()), *((tenant,) for tenant in tenants if tenant not in told)]


def grouped(drifts: Iterable[Drift]) -> list[Drift]:
    """One drift for all tenants of which a report would say the same, the most frequent first."""
    variants: dict[str, list[Drift]] = defaultdict(list)
    for drift in drifts:
        variants[_said(drift)].append(drift)
    result = []
    for members in variants.values():
        names = tuple(sorted(name for drift in members for name in drift.tenants))
        places = {drift.database for drift in members}
        database = places.pop() if len(places) == 1 else ""
        remedy = "" if members[0].proven is False else _remedy(names)
        session = members[0].session
        if len(names) > 1:  # each has a search path of its own
            session = without_path(session, get_dialect(members[0].dialect))
        changes = {name: known for drift in members for name, known in drift.last_changes.items()}
        result.append(
            replace(members[0], tenants=names, database=database, remedy=remedy, session=session, last_changes=changes)
        )
    return sorted(result, key=lambda drift: (drift.connection, -len(drift.tenants), drift.tenants))


def _said(drift: Drift) -> str:
    """All that a report says of tenants together."""
    alike = replace(drift, tenants=(), database="", session=())
    return json.dumps(as_object([alike]), sort_keys=True)


def _remedy(names: Sequence[str]) -> str:
    """The command that fixes some tenants, by their names where these are few."""
    if len(names) > _NAMED:
        return "schemadrift apply --tenants --yes"
    return " ".join(["schemadrift apply", *(f"--tenant {shlex.quote(name)}" for name in names), "--yes"])


_NAMED = 3


@dataclass(slots=True)
class Judge:
    """The verdicts on what tenants were found to be, each made once."""

    project: Project
    models: LoadedModels
    checking: CheckOptions
    verdicts: dict[str, asyncio.Future[Drift]] = field(default_factory=dict)
    known: dict[tuple[str, str], str] = field(default_factory=dict)
    """The verdicts' keys of catalog rows: by what there is beside them, and their digest."""
    _schemas: dict[str, frozenset[str]] = field(default_factory=dict)
    _migrations: dict[str, Migrations | None] = field(default_factory=dict)

    @property
    def variants(self) -> int:
        """How many different databases were found so far."""
        return len(self.verdicts)

    def seen_by(self, tenant: Tenant) -> Project:
        """The project as a tenant sees it."""
        if tenant.connection not in self._schemas:
            source = model_ddl(self.models, tenant.connection)
            names = [table.name for table in (*source.statements, *source.others)]
            self._schemas[tenant.connection] = frozenset(name.schema for name in names if name.schema)
        return project_of(self.project, tenant, self._schemas[tenant.connection])

    def migrations(self, tenant: Tenant) -> Migrations | None:
        """The migrations of which each tenant is to be asked which it has had."""
        if self.checking.ignore_pending:
            return None
        if tenant.connection not in self._migrations:
            found = None
            with contextlib.suppress(ConfigurationError):  # of migrations that are set wrong
                found = find_migrations(self.project.tortoise, tenant.connection)
            self._migrations[tenant.connection] = found
        return self._migrations[tenant.connection]

    def place(self, tenant: Tenant) -> Hashable | None:
        """Where the catalog rows of a tenant are read together with those of others: one database or one server.

        ``None`` where it is looked at by itself: there are migrations to ask for, or it shares schemas.
        """
        if self.migrations(tenant) is not None:
            return None
        settings = self.settings(tenant)
        if tenant.schema:
            return _server_of(tenant) if settings.schemas == (tenant.schema,) else None
        return _server_of(tenant) if get_dialect(settings.dialect).digests is not None else None

    def settings(self, tenant: Tenant) -> ConnectionSettings:
        """The connection as a tenant sees it."""
        return self.seen_by(tenant).tortoise.connection(tenant.connection)

    async def look(self, tenant: Tenant, server: LiveServer) -> Drift:
        """The drift of a tenant whose database is open: read once, and judged where nobody like it was before."""
        seen = self.seen_by(tenant)
        migrations = self.migrations(tenant)
        pending, unread = None, ""
        try:
            pending = await pending_on(server, migrations) if migrations is not None else None
        except StatementFailed as error:
            unread = unread_note(error)
        names = pending.names if pending is not None else (unread,) if unread else ()
        common = self.key(tenant, None, server.info, names)
        shared: asyncio.Future[Drift] | None = None

        def is_known(digest: str) -> bool:
            nonlocal shared
            shared = self.verdicts.get(self.known.get((common, digest), ""))
            return shared is not None

        digest, live = await dump_unless_known(server, is_known)
        if live is not None:
            key = self.key(tenant, live, server.info, names)
            if digest:
                self.known[common, digest] = key
            shared = self.verdicts.get(key)
        if shared is not None:
            return replace(await asyncio.shield(shared), database=server.info.database)
        assert live is not None
        future = self.verdicts[key] = asyncio.get_running_loop().create_future()
        try:
            checking = accepting(self.project, tenant.connection, "live", self.checking)
            drift, _ = await examine(seen, self.models, tenant.connection, server, checking, live=live)
        except BaseException as error:
            del self.verdicts[key]  # the next one like it is judged by itself
            future.set_exception(error if isinstance(error, SchemaDriftError) else Unreachable("interrupted"))
            future.exception()
            raise
        if pending is not None:
            note = "the tenant was compared as it is, without them"
            waiting = Pending(pending.names, pending.command, note=note)
            drift = replace(drift, pending=waiting)
        if unread:
            drift = replace(drift, notes=(*drift.notes, unread))
        future.set_result(drift)
        return drift

    def key(self, tenant: Tenant, live: Schema | None, info: ServerInfo, pending: tuple[str, ...]) -> str:
        """What two tenants must have in common to share a verdict: all that it is made of, but for ``live`` where
        that is told otherwise.

        The name of a tenant's own schema is left out where it says nothing: names of what lies in it have none.
        """
        own = {tenant.schema: ""} if tenant.schema else {}
        schemas = tuple(own.get(name, name) for name in info.search_path)
        only = tuple(own.get(name, name) for name in info.only_schemas)
        settings = tuple(item for item in info.settings if not own or item[0] != "search_path")
        database = info.database if own else ""
        known = replace(
            info,
            database=database,
            default_schema="" if own or info.default_schema == info.database else info.default_schema,
            search_path=schemas,
            only_schemas=only,
            settings=settings,
        )
        neighbours = [other.name for other in same_database(self.seen_by(tenant).tortoise, tenant.connection)]
        return sha256(repr((tenant.connection, live, known, pending, neighbours)).encode()).hexdigest()


_ATTEMPTS = 3
"""Tenants by which a server is tried."""


def _server_of(tenant: Tenant) -> Hashable:
    """What two tenants have in common that one connection can look at: a database, or a server and who asks it."""
    if tenant.schema:
        return tenant.url
    parts = urlsplit(tenant.url)
    return parts.scheme, parts.netloc, parts.query


class Reader:
    """Looks at one tenant after the other; whatever happens to one is told as its drift.

    Tenants that are schemas of one PostgreSQL database are read over one connection, each in a transaction of its own,
    to which the search path belongs: a pooler may give every transaction another session.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._open: dict[Hashable, tuple[LiveServer, contextlib.AsyncExitStack]] = {}

    async def __aenter__(self) -> Reader:
        return self

    async def __aexit__(self, *error: object) -> None:
        for key in [*self._open]:
            await self._close(key)

    async def _close(self, key: Hashable) -> None:
        """Close a connection, which may be broken: the next look opens another one."""
        if key in self._open:
            _, stack = self._open.pop(key)
            with contextlib.suppress(SchemaDriftError):
                await stack.aclose()

    async def check_all(self, tenants: Alike) -> tuple[Drift, Alike]:
        """The drift of tenants that are alike, of which one is judged, and those of which that says nothing.

        It says nothing of the others where nobody could look, or where it changed after its digest was taken.
        """
        first, *others = tenants
        before = await self._digest(first) if others else None
        drift = await self.check(first)
        if not others:
            return drift, ()
        if before is None or drift.skipped or await self._digest(first) != before:
            return drift, tuple(others)
        database = drift.database if first.schema else ""
        return replace(drift, tenants=tuple(tenant.name for tenant in tenants), database=database), ()

    async def with_last_changes(self, drift: Drift, tenants: Alike) -> Drift:
        """The drift of these tenants with who changed it in each of them, and when, where that was asked for."""
        if not self._judge.checking.last_changes or not drift.steps:
            return drift
        from pytest_schemadrift.commands.last_changes import with_last_changes

        settings = self._judge.project.settings
        for tenant in tenants:
            try:
                async with self._looking_at(tenant) as server:
                    drift = await with_last_changes(drift, server, settings, tenant.name)
            except SchemaDriftError as error:  # it was there a moment ago
                note = f"who changed {tenant.name}, and when, cannot be read: {error.what.splitlines()[0]}"
                drift = replace(drift, notes=(*drift.notes, note))
        return drift

    @contextlib.asynccontextmanager
    async def _looking_at(self, tenant: Tenant) -> AsyncIterator[LiveServer]:
        """A tenant's server; a schema's is that of all schemas, where unqualified names are those of this one."""
        if tenant.schema:
            server = await self._server(tenant)
            yield replace(server, info=replace(server.info, default_schema=tenant.schema))
            return
        judge = self._judge
        async with open_connection(judge.seen_by(tenant), tenant.connection, judge.checking.timeout) as server:
            yield server

    async def _digest(self, tenant: Tenant) -> str | None:
        found = [part async for part in self.digests([tenant])]
        return found[0][tenant] if found else None

    async def digests(self, tenants: Sequence[Tenant]) -> AsyncGenerator[dict[Tenant, str | None], None]:
        """Some tenants of one place after the other, each with its digest where it has one.

        It ends where nobody can look any more.
        """
        named: dict[str, list[Tenant]] = defaultdict(list)
        for tenant in tenants:
            named[tenant.schema or database_name(self._judge.settings(tenant))].append(tenant)
        try:
            server = await self._any_server(tenants)
            ask = server.dialect.namespaces.digests if server.dialect.namespaces else server.dialect.digests
            assert ask is not None, "Judge.place has looked"
            async with aclosing(ask(server.connection, server.info, list(named))) as parts:
                async for part in parts:
                    yield {tenant: digest for name, digest in part.items() for tenant in named[name]}
        except SchemaDriftError:
            await self._close(_server_of(tenants[0]))

    async def _any_server(self, tenants: Sequence[Tenant]) -> LiveServer:
        """The server of tenants of one place, also where one of them is not there."""
        *others, last = tenants[: 1 if tenants[0].schema else _ATTEMPTS]
        for tenant in others:
            try:
                return await self._server(tenant)
            except Unreachable:
                raise
            except ConnectionFailed:  # of this database
                continue
        return await self._server(last)

    async def check(self, tenant: Tenant) -> Drift:
        """The drift of a tenant, with its own name and remedy, or why nobody could look."""
        drift = await self._check(tenant)
        session = self._own_session(tenant, drift.session) if tenant.schema else drift.session
        remedy = "" if drift.proven is False or not drift.plan else _remedy((tenant.name,))
        return replace(drift, tenants=(tenant.name,), session=session, remedy=remedy)

    def _own_session(self, tenant: Tenant, session: Sequence[str]) -> tuple[str, ...]:
        """What the SQL of a shared verdict needs, with the search path of this tenant instead of another's."""
        project = self._judge.project
        namespaces = namespaces_of(project.tortoise.connection(tenant.connection))
        own = namespaces.set_path(search_path(project, tenant))
        return tuple(own if namespaces.sets_path(line) else line for line in session)

    async def _check(self, tenant: Tenant) -> Drift:
        judge = self._judge
        try:
            if tenant.schema and judge.migrations(tenant) is None:
                key = await self.key(tenant)
                if key in judge.verdicts:
                    return await asyncio.shield(judge.verdicts[key])
            async with open_connection(judge.seen_by(tenant), tenant.connection, judge.checking.timeout) as server:
                return await judge.look(tenant, server)
        except SchemaDriftError as error:
            return self._not_looked_at(tenant, error)

    async def key(self, tenant: Tenant) -> str:
        """What a schema of a shared database is found to be, as ``Judge.key`` has it."""
        settings = self._judge.seen_by(tenant).tortoise.connection(tenant.connection)
        server = await self._server(tenant)
        try:
            namespaces = namespaces_of(settings)
            async with namespaces.reading(server.connection, search_path(self._judge.project, tenant)):
                info = await server.dialect.read_server_info(server.connection)
                info = replace(info, only_schemas=settings.schemas)
                assert_looks_in(server.dialect, info, tenant.url)
                live = await dump(replace(server, info=info))
        except SchemaDriftError:
            await self._close(_server_of(tenant))
            raise
        return self._judge.key(tenant, live, info, ())

    async def _server(self, tenant: Tenant) -> LiveServer:
        key, timeout = _server_of(tenant), self._judge.checking.timeout
        if key not in self._open:
            dialect = self._judge.project.tortoise.connection(tenant.connection).dialect
            opening = (
                open_server(without_cache(tenant.url), dialect, timeout)  # of all schemas
                if tenant.schema
                else open_connection(self._judge.seen_by(tenant), tenant.connection, timeout)
            )
            stack = contextlib.AsyncExitStack()
            self._open[key] = await stack.enter_async_context(opening), stack
        return self._open[key][0]

    def _not_looked_at(self, tenant: Tenant, error: SchemaDriftError) -> Drift:
        skipped = isinstance(error, Unreachable) and self._judge.checking.unreachable == "skip"
        why = f"{'skipped' if skipped else 'not checked'}: {told(error)}"
        dialect = self._judge.project.tortoise.connection(tenant.connection).dialect
        return Drift(tenant.connection, dialect, skipped=why, failed=not skipped)
