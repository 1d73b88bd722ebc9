"""A proposal as lines: the database, each step, what is not done and why, and how far it was carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pytest_schemadrift.cli.group import Global

if TYPE_CHECKING:
    from pytest_schemadrift.commands.apply import Proposal
    from pytest_schemadrift.planning.plan import Plan, Statement, Step
    from pytest_schemadrift.planning.safe_mode import Fact


def proposal_lines(proposal: Proposal, chosen: Global) -> list[str]:
    """A whole proposal: the database, each step, what is not done and why, and the proof."""
    lines = head_lines(proposal, chosen)
    if not proposal.drift.plan:
        return lines
    return [*lines, *steps_lines(proposal, chosen), *refused_lines(proposal, chosen), "", *note_lines(proposal)]


def head_lines(proposal: Proposal, chosen: Global) -> list[str]:
    """The database and the verdict, and what could not be read."""
    from pytest_schemadrift.report.text import unreadable_lines

    color = chosen.colored(to_file=False)
    return [verdict_line(proposal, chosen), *unreadable_lines(proposal.drift, color=color)]


def verdict_line(proposal: Proposal, chosen: Global) -> str:
    """The database and its verdict: all that is told of a proposal where it is to be quiet."""
    from pytest_schemadrift.report.text import head_line

    return head_line(proposal.drift, color=chosen.colored(to_file=False))


MANY = 30
"""So many steps are still read one by one."""
_FIRST = 5


def steps_lines(proposal: Proposal, chosen: Global) -> list[str]:
    """Every step; of many, the first ones and all that have a hazard or touch rows, unless everything is asked for."""
    from pytest_schemadrift.report.applying import more_steps
    from pytest_schemadrift.report.words import by_table
    from pytest_schemadrift.schema.changes import table_of

    steps = by_table(proposal.plan.steps)
    is_brief = len(steps) > MANY and not chosen.verbose
    lines: list[str] = []
    left: list[Step] = []
    sized: set[object] = set()
    for place, step in enumerate(steps):
        facts = proposal.facts_of(step.change)
        if is_brief and place >= _FIRST and not step.hazards and not facts:
            left.append(step)
        else:
            table = table_of(step.change)
            lines += ["", *step_lines(proposal, step, facts, chosen, sized=table not in sized)]
            sized.add(table)
    return [*lines, *more_steps(left)]


def step_lines(
    proposal: Proposal, step: Step, facts: Sequence[Fact], chosen: Global, *, sized: bool = True
) -> list[str]:
    """One step with what the rows say about it, and how large its table is where that is to be said."""
    from pytest_schemadrift.report.applying import step_with_facts, table_size

    size = table_size(step, proposal.sizes) if sized else None
    color = chosen.colored(to_file=False)
    return step_with_facts(proposal.drift, step, facts, size, color=color, verbose=chosen.verbose)


def refused_lines(proposal: Proposal, chosen: Global) -> list[str]:
    """What is not done and why."""
    from pytest_schemadrift.report.applying import refusal_lines

    return refusal_lines(proposal.drift, proposal.refused, color=chosen.colored(to_file=False))


def note_lines(proposal: Proposal) -> list[str]:
    """Whether the plan was proven, and in how many parts it is run."""
    from pytest_schemadrift.report.applying import count_line, parts_line, proof_lines

    if not proposal.plan:
        return ["  nothing is left to run"]
    proof = proposal.proof
    lines = ["not proven: --no-prove", *proposal.drift.notes]
    if proof is not None:
        lines = proof_lines(proof.proven, proof.note, proof.rows, proof.failed, proof.without)
    return [f"  {line}" for line in [*count_line(proposal.plan, proposal.refused), *lines, *parts_line(proposal.parts)]]


class Progress:
    """Says each step when its last statement was run; of many, each tenth part and the last."""

    def __init__(self, plan: Plan, say: Callable[[Sequence[str]], None], *, verbose: bool) -> None:
        self.steps, self.say = plan.steps, say
        self.every = max(1, len(self.steps) // 10) if len(self.steps) > MANY and not verbose else 1
        self.step = self.statement = 0

    def __call__(self, statement: Statement) -> None:
        """Count a statement that was run."""
        from pytest_schemadrift.planning.deeds import did

        self.statement += 1
        if self.step < len(self.steps) and self.statement == len(self.steps[self.step].sql):
            self.step, self.statement = self.step + 1, 0
            if self.step % self.every and self.step < len(self.steps):
                return
            self.say([f"  {self.step} of {len(self.steps)}: {did(statement.change)}"])
