"""One look at everything that is watched; whatever happens to one database hides no other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.hooks import ignore_by, project_hooks
from pytest_schemadrift.commands.project import CheckOptions, Project, chosen_connections, loaded_models, with_urls
from pytest_schemadrift.commands.source import LIVE, Source, check_source, not_looked_at
from pytest_schemadrift.commands.watch.unchanged import Found, Unchanged
from pytest_schemadrift.errors import SchemaDriftError, Unreachable
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.shown import unexpected

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import LoadedModels

SOURCES = {"live": LIVE, "applied": Source("applied", "applied")}
"""What a watch can look at: the database and the models, or the database and what its migrations have led to."""


@dataclass(frozen=True, slots=True)
class Looker:
    """Looks at every database of a project; ``limit`` is in seconds, for one connection and all of its tenants."""

    project: Project
    options: CheckOptions
    models: LoadedModels
    plain: tuple[str, ...]
    """The connections whose own database is looked at."""
    shared: tuple[str, ...]
    """The connections that have tenants."""
    jobs: int
    limit: float
    unchanged: Unchanged

    async def look(self) -> list[Drift]:
        """What is found now; a database that nobody could look at is a drift that ``failed``."""
        drifts = []
        for name in self.plain:
            drifts += await self._guarded(name, self._look_at_one(name))
        for name in self.shared:
            drifts += await self._guarded(name, self._look_at_tenants(name))
        return drifts

    async def _look_at_one(self, name: str) -> list[Drift]:
        source = SOURCES[self.options.source]
        if drift := await self.unchanged.drift(name):
            return [drift]
        found: list[Found] = []
        options = replace(
            self.options,
            schemas=False,
            told=self.unchanged.told(name),
            on_known=lambda info, digest: found.append((info, digest)),
        )
        drift = await check_source(self.project, self.models, name, source, options)
        await self.unchanged.keep(name, drift, found[-1] if found else None)
        return [drift]

    async def _look_at_tenants(self, name: str) -> list[Drift]:
        from pytest_schemadrift.commands.tenants.check import TenantOptions, check_tenants

        options = replace(self.options, connections=(name,), database_urls=())
        return await check_tenants(self.project, options, TenantOptions(jobs=self.jobs))

    async def _guarded(self, name: str, look: Awaitable[list[Drift]]) -> list[Drift]:
        """The look, or why there is none: nothing that a database does ends a watch."""
        try:
            async with asyncio.timeout(self.limit):
                return await look
        except SchemaDriftError as error:
            failed = error
        except TimeoutError:
            hint = "check the server, or allow more time with a longer --every"
            failed = Unreachable(f"no answer within {self.limit:g} s", hint=hint)
        except Exception as error:  # whatever a driver raises when its server ends
            hint = f"schemadrift -v check --source {self.options.source} --connection {name} shows all of it"
            failed = SchemaDriftError(unexpected(error), hint=hint)
        return [not_looked_at(self.project, name, SOURCES[self.options.source], failed)]


@contextmanager
def looker(project: Project, options: CheckOptions, *, jobs: int, limit: float) -> Iterator[Looker]:
    """The project's models, loaded once, and everything that is to be looked at. Raises ``ConfigurationError``."""
    options = replace(options, ignore=options.ignore or ignore_by(project_hooks(project.settings.project_dir)))
    project = with_urls(project, options.database_urls)
    names = chosen_connections(project, options)
    shared = tuple(name for name in names if name in project.settings.tenants and options.source == "live")
    plain = tuple(name for name in names if name not in shared)
    with loaded_models(project) as models:
        yield Looker(project, options, models, plain, shared, jobs, limit, Unchanged(project, options))
