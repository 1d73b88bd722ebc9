"""All tenants of a connection in one check: each is read once, and what they have in common is judged once."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pytest_schemadrift.commands.hooks import ignore_by, project_hooks
from pytest_schemadrift.commands.project import CheckOptions, Project, loaded_models, with_urls
from pytest_schemadrift.commands.source import with_common_notes
from pytest_schemadrift.commands.tenants.batches import Batches, MakeExecutor
from pytest_schemadrift.commands.tenants.find import (
    Tenant,
    chosen_tenants,
    connections_with_tenants,
    find_tenants,
)
from pytest_schemadrift.commands.tenants.judge import Judge
from pytest_schemadrift.commands.tenants.reader import Alike, Reader, remedy_for
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import without_path
from pytest_schemadrift.errors import (
    ConfigurationError,
)
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.report.json import as_object
from pytest_schemadrift.report.words import why_of_many


@dataclass(frozen=True, slots=True)
class TenantOptions:
    """Which tenants, and how many at a time: ``patterns`` are shell patterns, ``shard`` is (number, of how many)."""

    patterns: tuple[str, ...] = ()
    jobs: int = 4
    shard: tuple[int, int] = (1, 1)
    executor: MakeExecutor | None = None
    """Who is to look at them in batches, instead of this process; ``jobs`` counts in each worker then."""

    @property
    def chosen(self) -> str:
        """What chooses the same tenants, as a shell takes it."""
        words = [f"--tenant {shlex.quote(pattern)}" for pattern in self.patterns] or ["--tenants"]
        number, total = self.shard
        return " ".join([*words, *([f"--shard {number}/{total}"] if total > 1 else [])])


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
        return _finished(project, await _look(project, checking, options.jobs, chosen, tell), options)
    work = partial(_look, project, checking, options.jobs)
    async with Batches(options.executor, work, partial(_unknown, project), tell.batch) as batches:
        return _finished(project, await batches.all(chosen), options)


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


def _finished(project: Project, drifts: Sequence[Drift], options: TenantOptions) -> list[Drift]:
    return grouped(with_common_notes(project, drifts), options.chosen)


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


def grouped(drifts: Iterable[Drift], chosen: str = "--tenants") -> list[Drift]:
    """One drift for all tenants of which a report would say the same, the most frequent first.

    ``chosen`` are the options that chose them all.
    """
    variants: dict[str, list[Drift]] = defaultdict(list)
    for drift in drifts:
        variants[_said(drift)].append(drift)
    result = []
    for members in variants.values():
        names = tuple(sorted(name for drift in members for name in drift.tenants))
        places = {drift.database for drift in members}
        database = places.pop() if len(places) == 1 else ""
        remedy = "" if members[0].proven is False else remedy_for(names, members[0].apply_options, chosen)
        session = members[0].session
        if len(names) > 1:  # each has a search path of its own
            session = without_path(session, get_dialect(members[0].dialect))
        changes = {name: known for drift in members for name, known in drift.last_changes.items()}
        skipped = members[0].skipped if len(members) == 1 else why_of_many(members[0].skipped, members[0].tenants)
        whole = replace(members[0], tenants=names, database=database, remedy=remedy, session=session, skipped=skipped)
        result.append(replace(whole, last_changes=changes))
    return sorted(result, key=lambda drift: (drift.connection, -len(drift.tenants), drift.tenants))


def _said(drift: Drift) -> str:
    """All that a report says of tenants together."""
    why = why_of_many(drift.skipped, drift.tenants)
    alike = replace(drift, tenants=(), database="", session=(), skipped=why)
    return json.dumps(as_object([alike]), sort_keys=True)
