"""The drift of all tenants fixed: a few first, then the others side by side, each by itself and in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.apply import Applying, ApplyOptions, Compared, Known, Proposal
from pytest_schemadrift.commands.hooks import ignore_by, project_hooks
from pytest_schemadrift.commands.project import CheckOptions, Project, loaded_models
from pytest_schemadrift.commands.tenants.check import Judge, TenantOptions, tenants_of
from pytest_schemadrift.commands.tenants.each import until_it_fits
from pytest_schemadrift.commands.tenants.journal import JOURNAL, Journal, open_journal
from pytest_schemadrift.commands.tenants.result import OnResult, TenantResult
from pytest_schemadrift.errors import SchemaDriftError
from pytest_schemadrift.sources.database import dump

if TYPE_CHECKING:
    from pytest_schemadrift.commands.tenants.find import Tenant
    from pytest_schemadrift.schema.changes import SimpleChange
    from pytest_schemadrift.schema.model import Schema
    from pytest_schemadrift.sources.scratch import LiveServer


@dataclass(frozen=True, slots=True)
class Rollout:
    """How carefully: ``canary`` tenants come first, one by one, and each must end well; ``stop_after`` is how many
    failures of the others end the run. ``journal`` is a file, relative to the project's folder."""

    canary: int = 1
    stop_after: int = 1
    journal: str = JOURNAL
    resume: bool = False


async def apply_tenants(
    project: Project,
    checking: CheckOptions,
    fixing: ApplyOptions,
    options: TenantOptions,
    *,
    rollout: Rollout | None = None,
    on_result: OnResult | None = None,
) -> list[TenantResult]:
    """Fix every tenant as ``apply`` fixes one: looked at, proven, carried out in its own transaction, looked at again.

    A plan that was proven for a tenant is proven for another with the same schema; what is counted in rows is counted
    for each. One tenant's failure is told as its result. Raises ``ConfigurationError``, ``Busy`` (the journal).
    """
    rollout = rollout or Rollout()
    project, tenants = await tenants_of(project, checking, options)
    ignore = checking.ignore or ignore_by(project_hooks(project.settings.project_dir)) or _nothing
    checking = replace(checking, database_urls=(), ignore=ignore)
    path = project.settings.project_dir / Path(rollout.journal)
    with loaded_models(project) as models, open_journal(path, resume=rollout.resume) as journal:
        judge = Judge(project, models, checking)
        return await _Run(judge, fixing, rollout, journal, len(tenants), on_result).all(tenants, options.jobs)


def _nothing(change: SimpleChange) -> None:
    """What hooks ignore where there are none: nobody need look for them again."""


class _Compared:
    """The comparisons that were made, each once for all tenants of which all that was read is equal."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._made: dict[str, Compared] = {}

    def of(self, tenant: Tenant) -> Known:
        """What ``Applying`` asks for one tenant."""

        async def known(server: LiveServer, make: Callable[[Schema], Awaitable[Compared]]) -> Compared:
            live = await dump(server)
            key = self._judge.key(tenant, live, server.info, ())
            if key not in self._made:
                self._made[key] = await make(live)
            drift, policy = self._made[key]
            return replace(drift, database=server.info.database), policy

        return known


@dataclass(slots=True)
class _Run:
    """One run: its results so far, and the plans that were proven."""

    judge: Judge
    fixing: ApplyOptions
    rollout: Rollout
    journal: Journal
    total: int
    on_result: OnResult | None
    results: list[TenantResult] = field(default_factory=list)
    proven: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    failures: int = 0
    compared: _Compared = field(init=False)

    def __post_init__(self) -> None:
        self.compared = _Compared(self.judge)

    async def all(self, tenants: Sequence[Tenant], jobs: int) -> list[TenantResult]:
        """The results of all tenants, those of the canaries first."""
        waiting = []
        for tenant in tenants:
            if (tenant.connection, tenant.name) in self.journal.settled:
                self._tell(TenantResult(tenant.connection, tenant.name, "settled"))
            else:
                waiting.append(tenant)
        waiting.reverse()
        for _ in range(min(self.rollout.canary, len(waiting))):
            await self._one(waiting.pop())
            if self.failures:
                return self._without(waiting, "a canary failed")

        async def work() -> None:
            while waiting and self.failures < self.rollout.stop_after:
                await self._one(waiting.pop())

        async with asyncio.TaskGroup() as group:
            for _ in range(min(jobs, len(waiting))):
                group.create_task(work())
        return self._without(waiting, f"stopped after {self.failures} failure(s)")

    def _without(self, waiting: list[Tenant], why: str) -> list[TenantResult]:
        while waiting:
            tenant = waiting.pop()
            self._tell(TenantResult(tenant.connection, tenant.name, "not started", why))
        return self.results

    def _tell(self, result: TenantResult) -> None:
        self.results.append(result)
        if self.on_result is not None:
            self.on_result(result, self.total)

    async def _one(self, tenant: Tenant) -> None:
        try:
            result = await until_it_fits(lambda: self._fix(tenant))
        except SchemaDriftError as error:
            result = TenantResult(tenant.connection, tenant.name, "failed", error.what.splitlines()[0])
        self.failures += result.outcome == "failed"
        self.journal.ended(tenant.connection, tenant.name, result.outcome, result.detail)
        self._tell(result)
        if result.outcome == "interrupted":
            raise asyncio.CancelledError

    async def _fix(self, tenant: Tenant) -> TenantResult:
        name = tenant.connection
        judge = self.judge
        applying = Applying(
            judge.seen_by(tenant), judge.models, judge.checking, self.fixing, known=self.compared.of(tenant)
        )
        proposal = await self._propose(applying, name)
        if not proposal.drift.plan:
            done = proposal.drift.in_sync
            return TenantResult(name, tenant.name, "in sync" if done else "drift left", "" if done else "not readable")
        if not proposal.may_run:
            if proposal.plan and proposal.proof is not None:
                return TenantResult(name, tenant.name, "failed", f"not proven: {proposal.proof.note}".splitlines()[0])
            return TenantResult(name, tenant.name, "drift left", _refused(proposal))
        self.journal.begun(name, tenant.name)
        applied = await applying.carry_out(proposal)
        error = applied.error or applied.blind
        if applied.interrupted:
            return TenantResult(name, tenant.name, "interrupted")
        if error is not None:
            return TenantResult(name, tenant.name, "failed", error.what.splitlines()[0])
        assert applied.left is not None
        if applied.left.in_sync:
            return TenantResult(name, tenant.name, "fixed")
        return TenantResult(name, tenant.name, "drift left", _refused(proposal))

    async def _propose(self, applying: Applying, name: str) -> Proposal:
        """What may be done, tried on a scratch copy unless the same plan for the same schema was."""
        if not self.fixing.prove:
            return await applying.propose(name)
        proposal = await replace(applying, options=replace(self.fixing, prove=False)).propose(name)
        key = (proposal.plan.fingerprint, tuple(proposal.plan.sql()))
        if not proposal.may_run or key in self.proven:
            return proposal
        proposal = await applying.propose(name)
        if proposal.may_run:
            self.proven.add((proposal.plan.fingerprint, tuple(proposal.plan.sql())))
        return proposal


def _refused(proposal: Proposal) -> str:
    refused = proposal.refused
    if not refused:
        return ""
    more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
    return f"refused: {refused[0].change.code} ({refused[0].because}){more}"
