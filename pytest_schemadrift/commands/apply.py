"""Fix the drift of a connection: choose what may be done, prove it, carry it out, and look again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_schemadrift.applying.executor import (
    PLAN_ANEW,
    OnDone,
    Outcome,
    assert_one_session,
    execute,
    parts_of,
    with_advice,
)
from pytest_schemadrift.applying.row_counts import empty_tables, facts_about, sizes
from pytest_schemadrift.commands.accepted import accepting
from pytest_schemadrift.commands.check import examine
from pytest_schemadrift.commands.hooks import ignore_of_all
from pytest_schemadrift.commands.one_by_one import one_by_one
from pytest_schemadrift.commands.own_schemas import without_tenants
from pytest_schemadrift.commands.pending import assert_none_pending
from pytest_schemadrift.commands.plans import (
    SAVE_AGAIN,
    SavedPlan,
    assert_made_for,
    assert_still_wanted,
    server_digest,
)
from pytest_schemadrift.commands.project import CheckOptions, Project, open_connection
from pytest_schemadrift.core.gc_pause import paused_collector
from pytest_schemadrift.dialects.base import Patience
from pytest_schemadrift.errors import SchemaDriftError, StatementFailed, Unsupported, mask
from pytest_schemadrift.planning.accepted import means, spelled
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.free_names import with_free_names
from pytest_schemadrift.planning.hazards import DESTRUCTIVE, Hazard, fired_triggers, hazards_of
from pytest_schemadrift.planning.letters import Letters, letters_of
from pytest_schemadrift.planning.named import assert_named
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.planning.safe_mode import (
    Fact,
    Refusal,
    Refuse,
    Selection,
    declined,
    select,
    tables_in_danger,
    unanswered,
    unsafe,
    without_index,
)
from pytest_schemadrift.planning.undo import plans_back
from pytest_schemadrift.report.words import rename_answer
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import Capabilities
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Name, Schema
from pytest_schemadrift.sources.scratch import LiveServer
from pytest_schemadrift.verify.prove import Proof, prove_with_rows

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import LoadedModels


Compared = tuple[Drift, Policy]
"""What a comparison found, and what counted as a difference."""
Known = Callable[[LiveServer, Callable[[Schema], Awaitable[Compared]]], Awaitable[Compared]]


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How to fix: what safe mode is ``allowed`` to do, and what is settled already.

    ``allowed_changes`` are single changes that it may make all the same, as ``CODE:table.name``. ``only`` and ``skip``
    choose changes in the same way. ``no_renames`` declares that nothing was renamed, ``not_renamed`` the same of some
    pairs; ``declined`` are changes that a person said no to, ``agreed`` those that one said yes to in spite of their
    hazards.
    """

    safe: bool = True
    allowed: frozenset[Hazard] = frozenset()
    allowed_changes: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    no_renames: bool = False
    not_renamed: tuple[c.Rename, ...] = ()
    declined: tuple[c.SimpleChange, ...] = ()
    agreed: tuple[c.SimpleChange, ...] = ()
    online: bool = False
    prove: bool = True
    rows_count: bool = True
    """Whether the rows there say anything: not in a copy, whose empty tables make no change safe."""
    continue_on_error: bool = False
    saves: bool = False
    """Whether the plan is saved, for which its server has to be known."""
    is_shown: bool = True
    """Whether somebody sees the proposal: how large its tables are, and what leads back, is for people alone."""
    patience: Patience = field(default_factory=Patience)

    @property
    def patterns(self) -> tuple[tuple[str, str], ...]:
        """Each option that names changes, with what was given to it."""
        given = {"--allow": self.allowed_changes, "--only": self.only, "--skip": self.skip}
        return tuple((option, pattern) for option, patterns in given.items() for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Danger:
    """A change that safe mode would refuse by itself: its hazards, and what was counted in the rows."""

    change: c.SimpleChange
    hazards: tuple[Hazard, ...]
    facts: tuple[Fact, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether it is sure to fail on the rows that are there."""
        return any(fact.blocks for fact in self.facts)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What could be done about a drift: ``plan`` is what would run, ``selection`` also has what would not, and why.

    ``dangers`` are the accepted changes that are dangerous; ``sizes`` says how large the tables of the plan are.
    """

    drift: Drift
    selection: Selection | None = None
    plan: Plan = field(default_factory=lambda: Plan(""))
    proof: Proof | None = None
    dangers: tuple[Danger, ...] = ()
    sizes: dict[Name, str] = field(default_factory=dict)
    parts: tuple[int, ...] = ()
    """The sizes of the transactions that the plan takes; 0 for a statement that is committed by itself."""
    empty: frozenset[Name] = frozenset()
    """The tables, by their names after the plan's renames, that a change is safe for because they have no row."""
    undo: tuple[Plan, ...] | None = None
    """The plans that lead back, as far as anything can; ``None`` where a change cannot be made backwards."""
    undo_session: tuple[str, ...] = ()
    """What that needs before it in a shell, whose session may be set otherwise."""
    server: str = ""
    """What tells its server from others, for a saved plan."""

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """What would not be done."""
        return self.selection.refused if self.selection else ()

    @property
    def may_run(self) -> bool:
        """Whether there is something to run, and nothing speaks against it."""
        return bool(self.plan) and (self.proof is None or self.proof.proven is True)

    def dangers_of(self, change: c.Change) -> tuple[Danger, ...]:
        """The dangerous ones of a change, or of those that were folded into it."""
        parts = c.simple_changes(change)
        return tuple(danger for danger in self.dangers if danger.change in parts)

    def facts_of(self, change: c.Change) -> tuple[Fact, ...]:
        """What was counted for a change, or for the changes that were folded into it."""
        return tuple(fact for danger in self.dangers_of(change) for fact in danger.facts)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a proposal: an outcome per group of statements, and the drift afterwards.

    ``left`` is ``None`` where the database could not be looked at again, with the reason in ``blind``.
    """

    proposal: Proposal
    outcomes: tuple[Outcome, ...] = ()
    left: Drift | None = None
    blind: SchemaDriftError | None = None

    @property
    def error(self) -> SchemaDriftError | None:
        """The first error."""
        return next((outcome.error for outcome in self.outcomes if outcome.error), None)

    @property
    def interrupted(self) -> bool:
        """Whether a person stopped it."""
        return any(outcome.interrupted for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class Applying:
    """Fixing the connections of a project; nothing is asked here, front ends do that between the two steps."""

    project: Project
    models: LoadedModels
    checking: CheckOptions
    options: ApplyOptions
    source: str = "live"
    """What the database stands for in rules and baselines."""
    known: Known | None = None
    """Gives the comparison of an open database where it was made before, with the one to make where it was not."""

    async def propose(self, name: str) -> Proposal:
        """Compare a connection with its models, choose what may be done, and prove it; nothing is changed.

        Raises what ``check_project`` raises, and ``Unsupported`` for a plan that a pooler on the way does not allow.
        """
        await self.assert_none_pending(name)
        async with self._server(name) as server:
            return await self.propose_on(server, name)

    async def assert_none_pending(self, name: str) -> None:
        """Raise ``ConfigurationError`` where migrations wait for a connection, unless they are to be ignored."""
        if not self.checking.ignore_pending:
            await assert_none_pending(self.project, name, self.checking.timeout)

    async def propose_on(self, server: LiveServer, name: str) -> Proposal:
        """As ``propose``, for a connection whose database is open and for which no migration waits."""
        # Its rows are looked at, for which a table that somebody holds is waited for, too.
        for setting in server.dialect.be_patient(replace(self.options.patience, statement=0), server.info):
            await server.connection.execute(setting)
        drift, policy = await self._examine(name, server)
        try:
            with paused_collector():
                proposal = await propose_for(server, drift, policy, self.options)
        except StatementFailed as error:
            raise await with_advice(server, error) from None
        if not self.options.continue_on_error:  # which commits each change by itself
            assert_one_session(server, proposal.plan)
        return replace(proposal, server=await server_digest(server)) if self.options.saves else proposal

    async def offer(self, name: str) -> Proposal:
        """All that a person may say yes or no to: what safe mode refuses, too. It is not proven, nor to be run.

        Raises what ``propose`` raises.
        """
        return await replace(self, options=replace(self.options, safe=False, prove=False)).propose(name)

    async def assert_named(self, names: Sequence[str]) -> None:
        """Raise ``ConfigurationError`` where an option names a change that none of the connections has.

        Nothing is run. With ``continue_on_error``, nothing is told where a connection cannot be looked at.
        """
        if not self.options.patterns:
            return
        drifts = []
        for name in names:
            try:
                async with self._server(name) as server:
                    drifts.append((await self._examine(name, server))[0])
            except SchemaDriftError:
                if self.options.continue_on_error:
                    return
                raise
        assert_named(self.options.patterns, drifts)

    async def carry_out(self, proposal: Proposal, on_done: OnDone | None = None) -> Applied:
        """Run a proposal's plan, look at the database again, and tell what is left.

        Raises ``Busy`` and ``StalePlan`` (nothing was done then), and what connecting raises.
        """
        async with self._server(proposal.drift.connection) as server:
            outcomes = await self.run_on(server, proposal, on_done)
        return await self.look_again(proposal, outcomes)

    async def run_on(
        self, server: LiveServer, proposal: Proposal, on_done: OnDone | None = None
    ) -> tuple[Outcome, ...]:
        """Run a proposal's plan on its database, which is open. Raises ``Busy`` and ``StalePlan``."""
        if self.options.continue_on_error and proposal.selection is not None:
            assert proposal.drift.old is not None
            outcomes = await one_by_one(
                server,
                proposal.drift.old,
                proposal.selection,
                self.options.patience,
                on_done,
                online=self.options.online,
                empty=proposal.empty,
                intact=self.options.prove,
            )
            return tuple(outcomes)
        outcome = await execute(
            server,
            proposal.plan,
            self.options.patience,
            on_done,
            still_empty=proposal.empty,
            intact=self.options.prove,
            again=PLAN_ANEW if proposal.selection is not None else SAVE_AGAIN,
        )
        return (outcome,)

    async def look_again(self, proposal: Proposal, outcomes: tuple[Outcome, ...]) -> Applied:
        """What is left after a proposal's plan was run."""
        name = proposal.drift.connection
        try:
            # A new connection: the old one may be broken, and its session has settings of ours.
            async with self._server(name) as server:
                left, _ = await self._examine(name, server)
        except SchemaDriftError as error:
            return Applied(proposal, outcomes, None, error)
        return Applied(proposal, outcomes, left)

    async def fitting(self, saved: SavedPlan, *, other_database: bool = False) -> Proposal:
        """A saved plan for the database that is there now, which ``other_database`` allows to be another one.

        What leads back is made for that database, as for a plan that was not saved. Raises ``StalePlan`` where the plan
        is not one for the database, or the models, as they are now, ``ConfigurationError`` where migrations wait for it
        by now, which the statements would break.
        """
        await self.assert_none_pending(saved.connection)
        async with self._server(saved.connection) as server:
            live = await assert_made_for(saved, server, other_database=other_database)
            drift = Drift(saved.connection, saved.dialect, database=mask(server.info.database), plan=saved.plan)
            proposal = Proposal(drift, plan=saved.plan, empty=saved.empty)
            if not saved.plan:
                return proposal
            parts = [part for change in saved.plan.changes for part in c.simple_changes(change)]
            renames = [part for part in parts if isinstance(part, c.Rename)]
            answers = tuple(rename_answer(part) for part in renames)
            now = replace(self, checking=replace(self.checking, renames=answers))
            found, _ = await now._compare(saved.connection, server, live)
            assert found.old is not None and found.new is not None
            assert_still_wanted(saved, found.new)
            undo = _undo(server, found.old, evolve(found.old, saved.plan.changes), renames)
            return replace(proposal, undo=undo, undo_session=_undo_session(server, found.old, undo))

    @asynccontextmanager
    async def _server(self, name: str) -> AsyncIterator[LiveServer]:
        async with open_connection(self.project, name, self.checking.timeout) as server:
            yield (await without_tenants(self.project, self.models, name, server))[0]

    async def _examine(self, name: str, server: LiveServer) -> Compared:
        if self.known is not None:
            return await self.known(server, lambda live: self._compare(name, server, live))
        return await self._compare(name, server)

    async def _compare(self, name: str, server: LiveServer, live: Schema | None = None) -> Compared:
        ignore = self.checking.ignore or ignore_of_all(self.project.settings.project_dir)
        checking = accepting(self.project, name, self.source, replace(self.checking, prove=False, ignore=ignore))
        return await examine(self.project, self.models, name, server, checking, live=live)


async def propose_for(server: LiveServer, drift: Drift, policy: Policy, options: ApplyOptions) -> Proposal:
    """What could be done about the drift of an open database; nothing is changed."""
    if not drift.plan:
        return Proposal(drift)
    assert drift.old is not None and drift.new is not None
    renames = [change for change in drift.plan.changes if isinstance(change, c.Rename)]
    empty = await _empty(server, drift, renames) if options.safe and options.rows_count else frozenset[Name]()
    capabilities = server.dialect.capabilities(server.info)
    start = evolve(drift.old, renames)
    selection = select(drift.old, drift.new, renames, _rules(drift, capabilities, options, empty))
    if policy.names == "shape":  # what is not dropped keeps its name
        target = with_free_names(start, selection.target, capabilities.shared_names)
        if target != selection.target:
            selection = replace(selection, target=target, accepted=diff(start, target))
    plan = build_plan(drift.old, selection.target, server.dialect, server.info, renames=renames, online=options.online)
    proof = None
    if plan and options.prove:
        proof = await prove_with_rows(server, drift.old, selection.target, plan, policy)
        plan = proof.plan
    refused = [
        replace(item, facts=tuple(await facts_about(server, item.change, drift.old, renames, drift.new)))
        if item.hazards and options.rows_count
        else item
        for item in selection.refused
    ]
    dangers = await _dangers(server, drift.old, selection, renames) if options.rows_count else []
    blocking = [fact for danger in dangers for fact in danger.facts if fact.blocks]
    if blocking and not options.continue_on_error:  # which is to go on with the others
        proof = _stopped_by(blocking[0], proof, plan)
    tables = {c.table_of(change) for change in plan.changes}
    asks_sizes = options.rows_count and options.is_shown
    undo = _undo(server, drift.old, selection.target, renames) if plan and options.is_shown else None
    return Proposal(
        drift,
        replace(selection, refused=tuple(refused)),
        plan,
        proof,
        tuple(dangers),
        await sizes(server, [table for table in drift.old.tables if table.name in tables and asks_sizes]),
        tuple(
            len(part.statements) if part.transactional else 0 for part in parts_of(plan, server.dialect, server.info)
        ),
        tables_in_danger(selection.accepted, capabilities, start, selection.target) & empty,
        undo,
        _undo_session(server, drift.old, undo),
    )


def _rules(drift: Drift, capabilities: Capabilities, options: ApplyOptions, empty: Collection[Name]) -> list[Refuse]:
    """What is not done without being asked for."""
    letters = letters_of(capabilities)
    rules: list[Refuse] = [declined(options.declined), _not_chosen(options, letters), without_index(capabilities)]
    if not options.no_renames:
        open_questions = [item for item in drift.proposals if item.change not in options.not_renamed]
        rules.append(unanswered(open_questions, rename_answer))
    if options.safe:
        rules.append(_unless_allowed(unsafe(capabilities, options.allowed, empty), options, letters))
    return rules


async def _dangers(server: LiveServer, old: Schema, selection: Selection, renames: Sequence[c.Rename]) -> list[Danger]:
    """The accepted changes that destroy something, with what the rows say of each."""
    capabilities = server.dialect.capabilities(server.info)
    start = evolve(old, renames)
    found = []
    for change in selection.accepted:
        hazards = hazards_of(change, capabilities, start, selection.target)
        if DESTRUCTIVE & set(hazards):
            facts = await facts_about(server, change, old, renames, selection.target)
            found.append(Danger(change, hazards, (*facts, *_fired(change, capabilities, start))))
    return found


def _undo(server: LiveServer, old: Schema, target: Schema, renames: Sequence[c.Rename]) -> tuple[Plan, ...] | None:
    """The way back from what a plan leads to, without the rows that it takes away."""
    try:
        return plans_back(old, target, server.dialect, server.info, renames)
    except Unsupported:
        return None


def _undo_session(server: LiveServer, old: Schema, undo: tuple[Plan, ...] | None) -> tuple[str, ...]:
    return server.dialect.session_lines([sql for way in undo or () for sql in way.sql()], server.info, old)


def _unless_allowed(rule: Refuse, options: ApplyOptions, letters: Letters) -> Refuse:
    """A rule that lets those changes pass that are allowed one by one, and tells how to allow another."""

    def allowing(change: c.SimpleChange, old: Schema, target: Schema) -> Refusal | None:
        if change in options.agreed or any(means(pattern, change, letters) for pattern in options.allowed_changes):
            return None
        refusal = rule(change, old, target)
        if refusal is None or not refusal.flag:
            return refusal
        return replace(refusal, flag=f"{refusal.flag}, or this one alone: --allow {spelled(change)}")

    return allowing


def _not_chosen(options: ApplyOptions, letters: Letters) -> Refuse:
    """The rule of ``only`` and ``skip``."""

    def rule(change: c.SimpleChange, old: Schema, target: Schema) -> Refusal | None:
        if options.only and not any(means(pattern, change, letters) for pattern in options.only):
            return Refusal(change, "--only names others")
        pattern = next((pattern for pattern in options.skip if means(pattern, change, letters)), None)
        return Refusal(change, f"--skip {pattern}") if pattern is not None else None

    return rule


def _fired(change: c.SimpleChange, capabilities: Capabilities, old: Schema) -> list[Fact]:
    """That triggers of the table run because its rows are filled, by their names."""
    fired = fired_triggers(change, capabilities, old)
    return [Fact(f"they are filled by UPDATE, which runs {fired}")] if fired else []


def _stopped_by(fact: Fact, proof: Proof | None, plan: Plan) -> Proof:
    """The verdict on a plan for which rows are in the way, whether they were in the sample or not."""
    why = f"rows are in the way: {fact}\n      to see them: {fact.shows};"
    if proof is not None and proof.proven is False:
        return replace(proof, note=f"{proof.note}\n      {why}")
    return Proof(False, why, plan)


async def _empty(server: LiveServer, drift: Drift, renames: Sequence[c.Rename]) -> frozenset[Name]:
    """The tables without any row among those whose rows decide whether a change is safe."""
    assert drift.old is not None and drift.new is not None
    start, capabilities = evolve(drift.old, renames), server.dialect.capabilities(server.info)
    names = tables_in_danger(diff(start, drift.new), capabilities, start, drift.new)
    return await empty_tables(server, drift.old, names, renames)
