"""Tenants read over as few connections as there may be, and each told what is true of it."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Hashable, Sequence
from contextlib import aclosing
from dataclasses import replace
from glob import escape

from pytest_schemadrift.commands.project import apply_options, open_connection
from pytest_schemadrift.commands.tenants.find import Tenant, namespaces_of, search_path, server_of
from pytest_schemadrift.commands.tenants.judge import Judge
from pytest_schemadrift.commands.tenants.result import told
from pytest_schemadrift.core.config.urls import database_name
from pytest_schemadrift.dialects.base import Patience
from pytest_schemadrift.errors import ConnectionFailed, SchemaDriftError, Unreachable
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.sources.database import assert_looks_in, dump, open_server
from pytest_schemadrift.sources.scratch import LiveServer

Alike = tuple["Tenant", ...]
"""Tenants with one digest, so that the first of them is to be judged for all."""
Kind = tuple[Hashable, str]
"""A place, and the digest that tenants in it share which are alike."""


_ATTEMPTS = 3
"""Tenants by which a server is tried: where so many were waited for in vain, the others of it are not."""
_NEARLY = 0.9
"""Of the patience: whoever took so long to fail said nothing."""


class Reader:
    """Looks at one tenant after the other; whatever happens to one is told as its drift.

    Tenants that are schemas of one PostgreSQL database are read over one connection, each in a transaction of its own,
    to which the search path belongs: a pooler may give every transaction another session.

    What somebody holds is waited for as ``patience`` says: PostgreSQL locks a table to print its expressions.
    """

    def __init__(self, judge: Judge, patience: Patience | None = None) -> None:
        self._judge = judge
        self._patience = patience
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
            await self._close(server_of(tenants[0]))

    async def kinds(self, tenants: Sequence[Tenant]) -> dict[Tenant, Kind]:
        """The kinds of those tenants that can be told by their catalog rows, which are read together."""
        places: dict[Hashable, list[Tenant]] = defaultdict(list)
        for tenant in tenants:
            place = self._judge.place(tenant)
            if place is not None:
                places[tenant.connection, place].append(tenant)
        found: dict[Tenant, Kind] = {}
        for place, members in places.items():
            async for part in self.digests(members):
                found.update({tenant: (place, digest) for tenant, digest in part.items() if digest is not None})
        return found

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
        project = self._judge.project
        options, named = apply_options(project, self._judge.checking), project.tortoise.connection(tenant.connection)
        remedy = "" if drift.proven is False or not drift.plan else remedy_for((tenant.name,), options)
        return replace(
            drift,
            tenants=(tenant.name,),
            session=session,
            remedy=remedy,
            named_by=named.option or named.variable,
            apply_options=options,
        )

    def _own_session(self, tenant: Tenant, session: Sequence[str]) -> tuple[str, ...]:
        """What the SQL of a shared verdict needs, with the search path of this tenant instead of another's."""
        project = self._judge.project
        namespaces = namespaces_of(project.tortoise.connection(tenant.connection))
        own = namespaces.set_path(search_path(project, tenant))
        return tuple(own if namespaces.sets_path(line) else line for line in session)

    async def _check(self, tenant: Tenant) -> Drift:
        judge, server, begin = self._judge, server_of(tenant), time.monotonic()
        waited = judge.silent[server]
        if len(waited) >= _ATTEMPTS:
            return self._not_looked_at(tenant, waited[-1])
        try:
            drift = await self._looked_at(tenant)
        except Unreachable as error:
            if time.monotonic() - begin >= judge.checking.timeout * _NEARLY:  # a refusal costs nothing
                waited.append(error)
            return self._not_looked_at(tenant, error)
        except SchemaDriftError as error:
            return self._not_looked_at(tenant, error)
        waited.clear()
        return drift

    async def _looked_at(self, tenant: Tenant) -> Drift:
        judge = self._judge
        if tenant.schema and judge.migrations(tenant) is None:
            key = await self.key(tenant)
            if key in judge.verdicts:
                return await asyncio.shield(judge.verdicts[key])
        async with open_connection(judge.seen_by(tenant), tenant.connection, judge.checking.timeout) as server:
            return await judge.look(tenant, server)

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
            await self._close(server_of(tenant))
            raise
        return self._judge.key(tenant, live, info, ())

    async def _server(self, tenant: Tenant) -> LiveServer:
        key, timeout = server_of(tenant), self._judge.checking.timeout
        if key not in self._open:
            dialect = self._judge.project.tortoise.connection(tenant.connection).dialect
            opening = (
                open_server(tenant.url, dialect, timeout)  # of all schemas
                if tenant.schema
                else open_connection(self._judge.seen_by(tenant), tenant.connection, timeout)
            )
            stack = contextlib.AsyncExitStack()
            server = await stack.enter_async_context(opening)
            self._open[key] = server, stack
            if self._patience is not None:
                for setting in server.dialect.be_patient(replace(self._patience, statement=0), server.info):
                    await server.connection.execute(setting)
        return self._open[key][0]

    def _not_looked_at(self, tenant: Tenant, error: SchemaDriftError) -> Drift:
        skipped = isinstance(error, Unreachable) and self._judge.checking.unreachable == "skip"
        why = f"{'skipped' if skipped else 'not checked'}: {told(error)}"
        dialect = self._judge.project.tortoise.connection(tenant.connection).dialect
        return Drift(tenant.connection, dialect, skipped=why, failed=not skipped)


def remedy_for(names: Sequence[str], options: str, chosen: str = "--tenants") -> str:
    """The command that fixes some tenants, by their names where these are few, else all that were ``chosen``.

    ``options`` are those of ``apply_options``.
    """
    few = len(names) <= _NAMED
    which = " ".join(f"--tenant {shlex.quote(escape(name))}" for name in names) if few else chosen
    return " ".join(word for word in ("schemadrift apply", which, options, "--yes") if word)


_NAMED = 3
