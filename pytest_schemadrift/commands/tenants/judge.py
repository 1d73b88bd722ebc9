"""The verdicts on tenants: one for all of which the same was read.

Two tenants share a verdict only where all that was read of them is equal (``Judge.key``): the whole schema as a value,
in which what lies in the tenant's own schema bears no schema, and what the server says of itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.accepted import accepting
from pytest_schemadrift.commands.check import examine
from pytest_schemadrift.commands.known import same_database
from pytest_schemadrift.commands.pending import Found, elsewhere, pending_on, unread_note
from pytest_schemadrift.commands.project import CheckOptions, Project
from pytest_schemadrift.commands.tenants.find import Tenant, project_of, server_of
from pytest_schemadrift.core.config.urls import ConnectionSettings
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.errors import ConfigurationError, SchemaDriftError, StatementFailed, Unreachable
from pytest_schemadrift.planning.drift import Drift, Pending
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import dump_unless_known
from pytest_schemadrift.sources.migrations import Migrations, find_migrations
from pytest_schemadrift.sources.models import model_ddl
from pytest_schemadrift.sources.scratch import LiveServer

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import LoadedModels


@dataclass(slots=True)
class Judge:
    """The verdicts on what tenants were found to be, each made once."""

    project: Project
    models: LoadedModels
    checking: CheckOptions
    verdicts: dict[str, asyncio.Future[Drift]] = field(default_factory=dict)
    known: dict[tuple[str, str], str] = field(default_factory=dict)
    """The verdicts' keys of catalog rows: by what there is beside them, and their digest."""
    silent: dict[Hashable, list[Unreachable]] = field(default_factory=lambda: defaultdict(list))
    """By server, how it was waited for in vain since it last answered."""
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

        ``None`` where it is looked at by itself: there are migrations to ask for, or it shares schemas; and
        where nobody can look at it.
        """
        if tenant.problem is not None or self.migrations(tenant) is not None:
            return None
        settings = self.settings(tenant)
        if tenant.schema:
            return server_of(tenant) if settings.schemas == (tenant.schema,) else None
        return server_of(tenant) if get_dialect(settings.dialect).digests is not None else None

    def settings(self, tenant: Tenant) -> ConnectionSettings:
        """The connection as a tenant sees it."""
        return self.seen_by(tenant).tortoise.connection(tenant.connection)

    async def look(self, tenant: Tenant, server: LiveServer) -> Drift:
        """The drift of a tenant whose database is open: read once, and judged where nobody like it was before."""
        seen = self.seen_by(tenant)
        migrations = self.migrations(tenant)
        pending, unread = None, ""
        try:
            pending = await self._pending(tenant, server, migrations) if migrations is not None else None
        except StatementFailed as error:
            unread = unread_note(error)
        names = (*pending.names, pending.command) if pending is not None else (unread,) if unread else ()
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
            checking = replace(checking, asks_for_aliases=False)
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

    async def _pending(self, tenant: Tenant, server: LiveServer, migrations: Migrations) -> Found | None:
        if migrations.record != tenant.connection:  # which has one for the database that is configured
            raise elsewhere(migrations)
        return await pending_on(self.project, server, migrations, server)

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
