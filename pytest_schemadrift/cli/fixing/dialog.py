"""One connection, from the proposal to the verdict: show, ask, carry out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.cli.fixing.guided import ask_each
from pytest_schemadrift.cli.fixing.shown import (
    Progress,
    head_lines,
    note_lines,
    refused_lines,
    steps_lines,
    verdict_line,
)
from pytest_schemadrift.cli.group import COULD_NOT_TELL, DRIFT, IN_SYNC, INTERRUPTED, Global, exit_code, run, say, write
from pytest_schemadrift.cli.questions import Answer, ask

if TYPE_CHECKING:
    from pytest_schemadrift.commands.apply import Applied, Applying, Proposal
    from pytest_schemadrift.commands.plans import SavedPlan
    from pytest_schemadrift.planning.renames import RenameProposal


class UndoFile:
    """The SQL that leads back, of all connections, on disk before the first statement is run."""

    def __init__(self, path: str) -> None:
        self.path, self.texts = path, list[str]()

    def add(self, proposal: Proposal) -> None:
        """Write what undoes this proposal, too. Raises ``ConfigurationError`` where the file cannot be written."""
        from pytest_schemadrift.report.applying import undo_text

        self.texts.append(undo_text(proposal.drift, proposal.plan, proposal.undo, proposal.undo_session))
        write("\n".join(self.texts), self.path)


class Dialog:
    """One connection: from the proposal to the verdict.

    ``offers`` says whether a person may also say yes to what safe mode refuses.
    """

    def __init__(self, chosen: Global, applying: Applying, name: str, *, offers: bool = False) -> None:
        self.chosen, self.applying, self.name, self.offers = chosen, applying, name, offers
        self.color = chosen.colored(to_file=False)

    def run(self, *, asks: bool, runs: bool, dry_run: bool, undo: UndoFile | None = None) -> int:
        """Propose, show, ask, carry out; the exit code of this connection."""
        proposal: Proposal = run(self.applying.propose(self.name))
        self.tell(head_lines(proposal, self.chosen))  # nobody answers a question without knowing about which database
        if asks and not dry_run:
            answered = self._ask_renames(proposal)
            if answered is None:
                return self.stopped()
            if answered is not proposal:
                proposal = answered
                self.tell(head_lines(proposal, self.chosen))
        if not proposal.drift.plan:
            return self.ended(proposal, exit_code([proposal.drift]))
        if asks and not dry_run and self._may_ask(proposal):
            chosen = self._ask_steps(proposal)
            if chosen is None:
                return self.stopped()
            proposal = chosen
        else:
            self.tell(steps_lines(proposal, self.chosen))
            self.tell(refused_lines(proposal, self.chosen))
        self.tell(["", *note_lines(proposal)])
        if not proposal.may_run:
            return self.ended(proposal, DRIFT)
        if dry_run or not runs:
            why = "this was a dry run" if dry_run else "this is no terminal to ask on: add --yes or --no-guided"
            self.tell([f"  nothing was run: {why}"])
            return self.ended(proposal, DRIFT)
        if undo is not None:
            undo.add(proposal)
        return self.carry_out(proposal)

    # --- asking -----------------------------------------------------------------------------------------------------

    def _ask_renames(self, proposal: Proposal) -> Proposal | None:
        """Ask about everything that looks renamed, and propose again with the answers."""
        from pytest_schemadrift.report.words import rename_answer

        options = self.applying.options
        questions = () if options.no_renames else proposal.drift.proposals
        renamed: list[RenameProposal] = []
        kept: list[RenameProposal] = []
        for item in questions:
            answer = rename_answer(item.change)
            said = ask(
                f"{answer.replace('=', ' looks renamed to ')} ({item.similarity:.0%} alike): was it?", default=None
            )
            if said is Answer.QUIT:
                return None
            (renamed if said is Answer.YES else kept).append(item)
        if not questions:
            return proposal
        self._change(not_renamed=(*options.not_renamed, *(item.change for item in kept)))
        checking = self.applying.checking
        answers = (*checking.renames, *(rename_answer(item.change) for item in renamed))
        self.applying = replace(self.applying, checking=replace(checking, renames=answers))
        found: Proposal = run(self.applying.propose(self.name))
        return found

    def _may_ask(self, proposal: Proposal) -> bool:
        """Whether there is something to say yes to; a plan that failed on the scratch copy is only shown."""
        return proposal.may_run or self._has_offers(proposal)

    def _has_offers(self, proposal: Proposal) -> bool:
        """Whether safe mode refuses what a person may allow, or rows are in the way of what is allowed."""
        refuses = any(item.hazards for item in proposal.refused) and self.offers
        return (refuses and (proposal.may_run or not proposal.plan)) or any(item.blocked for item in proposal.dangers)

    def _ask_steps(self, proposal: Proposal) -> Proposal | None:
        """Ask about each change, and propose what was said yes to; shown again where it is not what was shown."""
        offered = proposal
        if self._has_offers(proposal):
            offered = run(self.applying.offer(self.name))
        else:
            self.tell(refused_lines(proposal, self.chosen))
        answers = ask_each(offered, self.chosen, self.tell)
        if answers is None:
            return None
        if any(change in answers.declined for change in _renames(offered)):
            self.tell(["  a rename comes before everything else: leave out its --rename to keep the old name"])
            return None
        again = proposal
        if answers.declined or offered is not proposal:
            options = self.applying.options
            self._change(declined=(*options.declined, *answers.declined), agreed=(*options.agreed, *answers.agreed))
            again = run(self.applying.propose(self.name))
        if not again.may_run or {sql for step in again.plan.steps for sql in step.sql} == answers.shown:
            return again
        # Others fell away, or are made in another way: what will run is shown as a whole.
        self.tell(["", "with these answers, the plan is:"])
        self.tell(steps_lines(again, self.chosen))
        self.tell(refused_lines(_without_answers(again), self.chosen))
        return again if ask("run this?", default=None) is Answer.YES else None

    def _change(self, **changes: Any) -> None:
        self.applying = replace(self.applying, options=replace(self.applying.options, **changes))

    # --- saying and running -----------------------------------------------------------------------------------------

    def tell(self, lines: Sequence[str]) -> None:
        """Say lines that a quiet run does without."""
        self.chosen.note(*lines)

    def ended(self, proposal: Proposal, code: int) -> int:
        """The exit code where nothing is run; a quiet run has told nothing yet of what fails."""
        if self.chosen.quiet and code != IN_SYNC:
            say(verdict_line(proposal, self.chosen))
        return code

    def carry_out(self, proposal: Proposal) -> int:
        """Run a proposal, and say what became of it; the exit code."""
        from pytest_schemadrift.report.applying import left_lines, outcome_lines
        from pytest_schemadrift.report.text import head_line

        self.tell([""])
        tell = Progress(proposal.plan, self.tell, verbose=self.chosen.verbose)
        result: Applied = run(self.applying.carry_out(proposal, tell))
        self.tell(outcome_lines(result.outcomes, color=self.color))
        self.tell(left_lines(result.left, result.blind, color=self.color))
        if self.chosen.quiet and result.left is not None and not result.left.in_sync:
            say(head_line(result.left, color=self.color))
        if result.interrupted:
            return INTERRUPTED
        if result.error is not None or result.left is None:
            error = result.error or result.blind
            if self.chosen.quiet and error is not None:
                say(f"schemadrift: {self.name}: {error}", err=True)
            return COULD_NOT_TELL
        return exit_code([result.left])

    def stopped(self) -> int:
        """Say that a person stopped it."""
        say("  stopped: nothing was run, nothing was changed")
        return DRIFT


def _renames(proposal: Proposal) -> tuple[object, ...]:
    return proposal.selection.renames if proposal.selection is not None else ()


def _without_answers(proposal: Proposal) -> Proposal:
    """The proposal with those refusals alone that nobody said no to: what cannot be without a declined change."""
    assert proposal.selection is not None
    kept = tuple(item for item in proposal.refused if item.needs is not None)
    return replace(proposal, selection=replace(proposal.selection, refused=kept))


class SavedDialog(Dialog):
    """One connection of a saved plan."""

    def run_saved(
        self,
        saved: SavedPlan,
        *,
        asks: bool,
        dry_run: bool,
        yes: bool,
        other_database: bool = False,
        undo: UndoFile | None = None,
    ) -> int:
        """Look whether the plan still fits, show it, ask once for all of it, and carry it out."""
        from pytest_schemadrift.report.words import unproven

        proposal: Proposal = run(self.applying.fitting(saved, other_database=other_database))
        if not saved.plan:
            self.tell([f"{saved.connection}: the plan has nothing to do"])
            return self.carry_out(proposal)  # which looks: a plan that leaves drift is not in sync
        self.tell(head_lines(proposal, self.chosen))
        self.tell(steps_lines(proposal, self.chosen))
        if saved.proven is not True:
            self.tell([f"  {unproven(saved.proven, saved.proof_note)}"])
        if saved.proven is False:
            self.tell(["  nothing was run: a plan that failed on the scratch copy is not run"])
            return self.ended(proposal, DRIFT)
        if dry_run or not (asks or yes):
            why = "this was a dry run" if dry_run else "this is no terminal to ask on: add --yes"
            self.tell([f"  nothing was run: {why}"])
            return self.ended(proposal, DRIFT)
        if asks and ask("run this plan?", default=None) is not Answer.YES:
            return self.stopped()
        if undo is not None:
            undo.add(proposal)
        return self.carry_out(proposal)
