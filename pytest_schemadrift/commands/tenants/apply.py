"""The drift of all tenants fixed: a few first, then the others side by side, each by itself and in the journal."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.accepted import load_baseline
from pytest_schemadrift.commands.apply import Applying, ApplyOptions, Compared, Known, Proposal
from pytest_schemadrift.commands.hooks import ignore_of_all
from pytest_schemadrift.commands.known import texts_of
from pytest_schemadrift.commands.project import CheckOptions, Project, loaded_models, open_connection
from pytest_schemadrift.commands.tenants.batches import Batches
from pytest_schemadrift.commands.tenants.check import TenantOptions, tenants_of
from pytest_schemadrift.commands.tenants.each import until_it_fits
from pytest_schemadrift.commands.tenants.journal import JOURNAL, Journal, Who, open_journal
from pytest_schemadrift.commands.tenants.judge import Judge
from pytest_schemadrift.commands.tenants.reader import Kind, Reader
from pytest_schemadrift.commands.tenants.result import OnResult, TenantResult, told
from pytest_schemadrift.core.cache import key_of
from pytest_schemadrift.errors import SchemaDriftError, StalePlan, StatementFailed, mask
from pytest_schemadrift.sources.database import dump
from pytest_schemadrift.sources.models import model_ddl

if TYPE_CHECKING:
    from pytest_schemadrift.applying.executor import Outcome
    from pytest_schemadrift.commands.tenants.find import Tenant
    from pytest_schemadrift.schema.changes import SimpleChange
    from pytest_schemadrift.schema.model import Schema
    from pytest_schemadrift.sources.models import LoadedModels
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
    for each. One tenant's failure is told as its result. The results are in the order of the tenants, whoever was done
    first, which ``on_result`` hears. Raises ``ConfigurationError``, ``Busy`` (the journal).
    """
    rollout = rollout or Rollout()
    project, tenants = await tenants_of(project, checking, options)
    checking = replace(checking, database_urls=())
    path = project.settings.project_dir / Path(rollout.journal)
    with ExitStack() as stack:
        models = stack.enter_context(loaded_models(project))
        aims = _aims(project, models, tenants)
        if options.executor is not None:  # whose workers load them, and may be threads of this process
            stack.close()
        journal = stack.enter_context(open_journal(path, resume=rollout.resume, aims=aims))
        run = _Run(rollout, journal, len(tenants), on_result)
        if options.executor is None:
            fixer = Fixer(Judge(project, models, _with_hooks(project, checking)), fixing)
            await run.all(tenants, partial(_here, run, fixer, options.jobs))
        else:
            shared = _Shared(run)
            batches = Batches(
                options.executor,
                partial(_fix_some, project, checking, fixing),
                _lost,
                shared.done,
                share=shared.share,
                begin=shared.begin,
                largest=_LARGEST,
                at_once=options.jobs,
            )
            async with batches:
                await run.all(tenants, batches.all)
        places = {(tenant.connection, tenant.name): place for place, tenant in enumerate(tenants)}
        return sorted(run.results, key=lambda result: places[result.connection, result.tenant])


def _aims(project: Project, models: LoadedModels, tenants: Sequence[Tenant]) -> dict[Who, str]:
    """What stands for all that decides whether a tenant is done with: models, settings, baseline, and its place."""
    wanted = {
        name: key_of(project.settings, load_baseline(project), *texts_of(model_ddl(models, name)))
        for name in {tenant.connection for tenant in tenants}
    }
    return {
        (tenant.connection, tenant.name): key_of(wanted[tenant.connection], mask(tenant.url), tenant.schema)[:16]
        for tenant in tenants
    }


def _with_hooks(project: Project, checking: CheckOptions) -> CheckOptions:
    """With what the project's hooks ignore, or with nothing: nobody need look for them again."""
    ignore = checking.ignore or ignore_of_all(project.settings.project_dir)
    return replace(checking, ignore=ignore or _nothing)


def _nothing(change: SimpleChange) -> None:
    """As an answer of hooks: it is not ignored."""


class _Compared:
    """The comparisons that were made, each once for all tenants of which all that was read is equal."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._made: dict[str, Compared] = {}
        self._of: dict[Kind, str] = {}
        self._seen: Counter[Kind] = Counter()

    def saw(self, kinds: Iterable[Kind]) -> None:
        """Tenants of these kinds were met: a comparison is kept for a kind where it has served two of them."""
        self._seen.update(kinds)

    def is_in_sync(self, kind: Kind | None) -> bool:
        """Whether a tenant of this kind was compared, and found in sync."""
        return kind is not None and kind in self._of and self._made[self._of[kind]][0].in_sync

    def of(self, tenant: Tenant, kind: Kind | None, reader: Reader) -> Known:
        """What ``Applying`` asks for one tenant, which was of this kind a moment ago."""

        async def known(server: LiveServer, make: Callable[[Schema], Awaitable[Compared]]) -> Compared:
            key = self._of.get(kind) if kind is not None else None
            if key is None:
                live = await dump(server)
                key = self._judge.key(tenant, live, server.info, ())
                if key not in self._made:
                    self._made[key] = await make(live)
                # What was compared is of this kind where it was so before and after.
                if kind is not None and self._seen[kind] > 1 and (await reader.kinds([tenant])).get(tenant) == kind:
                    self._of[kind] = key
            drift, policy = self._made[key]
            return replace(drift, database=server.info.database), policy

        return known


Plan = tuple[str, tuple[str, ...]]
"""A plan by the schema that it is for, and its statements."""


@dataclass(slots=True)
class Fixer:
    """What is known of all tenants; ``proven`` are plans that need not be tried on a scratch copy once more."""

    judge: Judge
    fixing: ApplyOptions
    proven: set[Plan] = field(default_factory=set)
    compared: _Compared = field(init=False)

    def __post_init__(self) -> None:
        self.compared = _Compared(self.judge)
        self.fixing = replace(self.fixing, is_shown=False)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Worker]:
        """One who fixes tenants one after the other, with a connection to look at them."""
        async with Reader(self.judge, self.fixing.patience) as reader:
            yield Worker(self, reader)


@dataclass(frozen=True, slots=True)
class _Ran:
    """A tenant whose plan was run, and which nobody has looked at since."""

    tenant: Tenant
    applying: Applying
    proposal: Proposal
    outcomes: tuple[Outcome, ...]


class Worker:
    """Fixes one tenant after the other, each on a connection of its own; another one, for all, looks at them.

    Where a tenant is of a kind that was compared already, the reading of it that its plan is made from is left out: the
    plan is for the schema of that kind, and ``execute`` sees under the lock that the tenant has it.
    """

    def __init__(self, fixer: Fixer, reader: Reader) -> None:
        self._fixer = fixer
        self._reader = reader
        self._kinds: dict[Tenant, Kind] = {}

    async def look_at(self, tenants: Sequence[Tenant]) -> None:
        """Read together what comes next."""
        self._kinds = await self._reader.kinds(tenants)
        self._fixer.compared.saw(self._kinds.values())

    async def fix(
        self, tenants: Sequence[Tenant], begun: Callable[[str, str], None], goes_on: Callable[[], bool]
    ) -> AsyncIterator[TenantResult]:
        """What became of these tenants, which are fixed one after the other as long as ``goes_on`` says so.

        ``begun`` is called before the first statement for each. Those whose plan has run are looked at again together:
        what it costs the server to tell their kinds is nearly the same for one of them and for ten.
        """
        await self.look_at(tenants)
        ran = []
        for tenant in tenants:
            if not goes_on():
                break
            found = await self._run_plan(tenant, begun)
            if isinstance(found, TenantResult):
                yield found
            elif all(outcome.ok for outcome in found.outcomes):
                ran.append(found)
            else:
                yield await self._seen_again(found, None)
        kinds = await self._reader.kinds([done.tenant for done in ran])
        self._fixer.compared.saw(kinds.values())
        for done in ran:
            yield await self._seen_again(done, kinds.get(done.tenant))

    async def _run_plan(self, tenant: Tenant, begun: Callable[[str, str], None]) -> TenantResult | _Ran:
        kind = self._kinds.pop(tenant, None)
        try:
            if self._fixer.compared.is_in_sync(kind):
                return TenantResult(tenant.connection, tenant.name, "in sync")
            if kind is not None:
                with suppress(StalePlan, StatementFailed):  # it changed meanwhile: it is looked at by itself
                    return await self._fix(tenant, begun, kind)
            return await until_it_fits(lambda: self._fix(tenant, begun, None))
        except SchemaDriftError as error:
            return TenantResult(tenant.connection, tenant.name, "failed", told(error))

    async def _fix(self, tenant: Tenant, begun: Callable[[str, str], None], kind: Kind | None) -> TenantResult | _Ran:
        name, judge, fixer = tenant.connection, self._fixer.judge, self._fixer
        known = fixer.compared.of(tenant, kind, self._reader)
        applying = Applying(judge.seen_by(tenant), judge.models, judge.checking, fixer.fixing, known=known)
        await applying.assert_none_pending(name)
        async with open_connection(applying.project, name, judge.checking.timeout) as server:
            proposal = await self._propose(applying, server, name)
            if not proposal.drift.plan:
                done = proposal.drift.in_sync
                outcome, why = ("in sync", "") if done else ("drift left", "not readable")
                return TenantResult(name, tenant.name, outcome, why)
            if not proposal.may_run:
                if proposal.plan and proposal.proof is not None:
                    why = f"not proven: {proposal.proof.note}".splitlines()[0]
                    return TenantResult(name, tenant.name, "failed", why)
                return TenantResult(name, tenant.name, "drift left", _refused(proposal))
            begun(name, tenant.name)
            outcomes = await applying.run_on(server, proposal)
        return _Ran(tenant, applying, proposal, outcomes)

    async def _propose(self, applying: Applying, server: LiveServer, name: str) -> Proposal:
        """What may be done, tried on a scratch copy unless the same plan for the same schema was."""
        fixing, proven = applying.options, self._fixer.proven
        if not fixing.prove:
            return await applying.propose_on(server, name)
        proposal = await replace(applying, options=replace(fixing, prove=False)).propose_on(server, name)
        if not proposal.may_run or _plan_of(proposal) in proven:
            return proposal
        proposal = await applying.propose_on(server, name)
        if proposal.may_run:
            proven.add(_plan_of(proposal))
        return proposal

    async def _seen_again(self, done: _Ran, kind: Kind | None) -> TenantResult:
        """What became of a tenant whose plan was run, and which is of this kind now."""
        name, tenant, compared = done.tenant.connection, done.tenant, self._fixer.compared
        if compared.is_in_sync(kind):
            return TenantResult(name, tenant.name, "fixed")
        applying = replace(done.applying, known=compared.of(tenant, kind, self._reader))
        try:
            applied = await applying.look_again(done.proposal, done.outcomes)
        except SchemaDriftError as error:
            return TenantResult(name, tenant.name, "failed", told(error))
        if applied.interrupted:
            return TenantResult(name, tenant.name, "interrupted")
        if (wrong := applied.error or applied.blind) is not None:
            return TenantResult(name, tenant.name, "failed", told(wrong))
        assert applied.left is not None
        if applied.left.in_sync:
            return TenantResult(name, tenant.name, "fixed")
        return TenantResult(name, tenant.name, "drift left", _refused(done.proposal))


def _plan_of(proposal: Proposal) -> Plan:
    return proposal.plan.fingerprint, tuple(proposal.plan.sql())


Work = Callable[[Sequence["Tenant"]], Awaitable[object]]
"""Has tenants fixed, whoever does it, as long as ``_Run.goes_on``, and tells the run of each."""


@dataclass(slots=True)
class _Run:
    """One run, which is the only one that writes its journal."""

    rollout: Rollout
    journal: Journal
    total: int
    on_result: OnResult | None
    results: list[TenantResult] = field(default_factory=list)
    failures: int = 0
    canary: bool = True
    """Whether a first failure ends it."""

    @property
    def goes_on(self) -> bool:
        """Whether one more tenant may be begun."""
        return self.failures < (1 if self.canary else self.rollout.stop_after)

    async def all(self, tenants: Sequence[Tenant], work: Work) -> None:
        """Have all tenants fixed, the canaries first and one by one; its results are there afterwards."""
        waiting = []
        for tenant in tenants:
            if tenant.problem is not None:  # which says nothing of a plan: it ends no run
                self._tell(TenantResult(tenant.connection, tenant.name, "failed", told(tenant.problem)))
            elif (tenant.connection, tenant.name) in self.journal.settled:
                self._tell(TenantResult(tenant.connection, tenant.name, "settled"))
            else:
                waiting.append(tenant)
        number = min(self.rollout.canary, len(waiting))
        for tenant in waiting[:number]:
            if self.goes_on:
                await work([tenant])
        why = "a canary failed"
        if self.goes_on:
            self.canary = False
            await work(waiting[number:])
            why = f"stopped after {self.failures} failure(s)"
        heard_of = {(result.connection, result.tenant) for result in self.results}
        for tenant in waiting:
            if (tenant.connection, tenant.name) not in heard_of:
                self._tell(TenantResult(tenant.connection, tenant.name, "not started", why))

    def done(self, result: TenantResult) -> None:
        """Write down what became of a tenant, and tell it."""
        self.failures += result.outcome == "failed"
        self.journal.ended(result.connection, result.tenant, result.outcome, result.detail)
        self._tell(result)

    def _tell(self, result: TenantResult) -> None:
        self.results.append(result)
        if self.on_result is not None:
            self.on_result(result, self.total)


async def _here(run: _Run, fixer: Fixer, jobs: int, tenants: Sequence[Tenant]) -> None:
    """Have tenants fixed in this process, ``jobs`` of them at a time."""
    waiting = [*reversed(tenants)]
    together = max(1, min(_LARGEST, len(tenants) // jobs))

    async def work() -> None:
        async with fixer.worker() as worker:
            while waiting and run.goes_on:
                some = [waiting.pop() for _ in range(min(together, len(waiting)))]
                async for result in worker.fix(some, run.journal.begun, lambda: run.goes_on):
                    run.done(result)
                    if result.outcome == "interrupted":
                        raise asyncio.CancelledError

    async with asyncio.TaskGroup() as group:
        for _ in range(min(jobs, len(waiting))):
            group.create_task(work())


_LARGEST = 10
"""How many tenants are read together, and a worker of an executor fixes one after the other: so many are gone on with
where another one's failure ends it."""


# -- the same by an executor ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Share:
    """What a worker is told: it stops at the ``failures``-th of its own."""

    tenants: tuple[Tenant, ...]
    failures: int
    proven: frozenset[Plan]


@dataclass(frozen=True, slots=True)
class _Fixed:
    """What a worker tells: of one of its tenants, and what it has proven by then."""

    result: TenantResult
    proven: frozenset[Plan] = frozenset()


async def _fix_some(project: Project, checking: CheckOptions, fixing: ApplyOptions, share: _Share) -> list[_Fixed]:
    """Fix tenants one after the other, in whatever process this is; those after the last failure are left out."""
    found: list[_Fixed] = []
    failures = 0
    with loaded_models(project) as models:
        fixer = Fixer(Judge(project, models, _with_hooks(project, checking)), fixing, {*share.proven})
        async with fixer.worker() as worker:

            def goes_on() -> bool:
                return failures < share.failures and not (found and found[-1].result.outcome == "interrupted")

            async for result in worker.fix(share.tenants, lambda *who: None, goes_on):
                failures += result.outcome == "failed"
                found.append(_Fixed(result, frozenset(fixer.proven - share.proven)))
    return found


def _lost(tenant: Tenant, why: str) -> _Fixed:
    return _Fixed(TenantResult(tenant.connection, tenant.name, "failed", why))


@dataclass(slots=True)
class _Shared:
    """One run whose tenants are fixed by workers, that know no journal: all of a batch are begun before it is sent."""

    run: _Run
    proven: set[Plan] = field(default_factory=set)

    def begin(self, tenants: tuple[Tenant, ...]) -> bool:
        """Write down that these are begun, where they may be."""
        if self.run.goes_on:
            for tenant in tenants:
                self.run.journal.begun(tenant.connection, tenant.name)
        return self.run.goes_on

    def share(self, tenants: tuple[Tenant, ...]) -> _Share:
        """What a worker is told of them."""
        limit = 1 if self.run.canary else self.run.rollout.stop_after
        return _Share(tenants, limit - self.run.failures, frozenset(self.proven))

    def done(self, results: Sequence[_Fixed]) -> None:
        """A batch came back, or part of it."""
        for fixed in results:
            self.proven |= fixed.proven
            self.run.done(fixed.result)


def _refused(proposal: Proposal) -> str:
    refused = proposal.refused
    if not refused:
        return ""
    more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
    return f"refused: {refused[0].change.code} ({refused[0].because}){more}"
