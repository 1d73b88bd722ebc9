"""Which changes a person is asked about, one by one, and what the answers amount to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_schemadrift.cli.fixing.shown import step_lines
from pytest_schemadrift.cli.group import Global
from pytest_schemadrift.cli.questions import Answer, ask, meanings

if TYPE_CHECKING:
    from pytest_schemadrift.commands.apply import Danger, Proposal
    from pytest_schemadrift.planning.hazards import Hazard
    from pytest_schemadrift.planning.plan import Step
    from pytest_schemadrift.schema.changes import Change, SimpleChange


@dataclass(frozen=True, slots=True)
class Question:
    """Changes that are answered together; ``step`` is what is shown of them, without SQL where that depends on others.

    ``dangers`` are those of them that safe mode would refuse.
    """

    step: Step
    changes: tuple[SimpleChange, ...]
    dangers: tuple[Danger, ...] = ()

    @property
    def grave(self) -> list[str]:
        """The hazards for which safe mode would refuse it."""
        from pytest_schemadrift.planning.hazards import DESTRUCTIVE

        return list(dict.fromkeys(word for item in self.dangers for word in item.hazards if word in DESTRUCTIVE))

    @property
    def blocked(self) -> bool:
        """Whether there is nothing to ask: it cannot be done with the rows that are there."""
        return any(danger.blocked for danger in self.dangers)


@dataclass(frozen=True, slots=True)
class Answers:
    """What was said yes and no to, and the SQL as it was shown with each yes."""

    agreed: tuple[SimpleChange, ...]
    declined: tuple[SimpleChange, ...]
    shown: frozenset[str]
    """Statements; what runs without another question is exactly these."""


def questions(proposal: Proposal) -> list[Question]:
    """What to ask about a proposal, that of one table together: every change that a person may decline.

    Where several of them are one step (a table of SQLite that is rebuilt, an ALTER TABLE of MySQL), each dangerous
    one is a question of its own. What a server needs around a change (a foreign key taken off and put back) is none.
    """
    from pytest_schemadrift.planning.plan import Step
    from pytest_schemadrift.report.words import by_table
    from pytest_schemadrift.schema.changes import simple_changes

    selection = proposal.selection
    assert selection is not None
    waiting: list[SimpleChange] = [*selection.renames, *selection.accepted]
    found: list[Question] = []
    for step in proposal.plan.steps:
        parts = tuple(part for part in simple_changes(step.change) if part in waiting)
        waiting = [change for change in waiting if change not in parts]
        found += _questions_of(step, parts, proposal.dangers_of(step.change))
    for change in waiting:  # it is made in another way
        dangers = tuple(danger for danger in proposal.dangers if danger.change == change)
        hazards = tuple(hazard for danger in dangers for hazard in danger.hazards)
        found.append(Question(Step(change, (), hazards), (change,), dangers))
    places = {id(step): place for place, step in enumerate(by_table(question.step for question in found))}
    return sorted(found, key=lambda question: places[id(question.step)])


def _questions_of(step: Step, parts: tuple[SimpleChange, ...], dangers: tuple[Danger, ...]) -> list[Question]:
    """The questions about one step, of which ``parts`` may be declined."""
    from pytest_schemadrift.planning.hazards import DESTRUCTIVE
    from pytest_schemadrift.schema.changes import AlterTable, RebuildTable

    if not parts:
        return []
    if not isinstance(step.change, RebuildTable | AlterTable) or len(parts) == 1 or not dangers:
        return [Question(step, parts, dangers)]
    grave = [danger.change for danger in dangers]
    harmless = tuple(part for part in parts if part not in grave)
    found = [
        Question(_part(step, danger.change, (danger.change,), danger.hazards), (danger.change,), (danger,))
        for danger in dangers
    ]
    if not harmless:
        return found
    hazards = tuple(hazard for hazard in step.hazards if hazard not in DESTRUCTIVE)
    rest = _part(step, replace(step.change, changes=harmless), harmless, hazards)
    return [Question(rest, harmless), *found]


def _part(step: Step, change: Change, within: Collection[SimpleChange], hazards: tuple[Hazard, ...]) -> Step:
    """A step as it would be with ``within`` alone; what it runs depends on the answers about the others."""
    parts = tuple((part, severity) for part, severity in step.parts if part in within)
    return replace(step, change=change, sql=(), hazards=hazards, parts=parts)


LEGEND = f"  {meanings()}, Enter = the capital"


def ask_each(proposal: Proposal, chosen: Global, say: Callable[[Sequence[str]], None]) -> Answers | None:
    """Show each change and ask; ``None`` where a person wants to stop. Enter is no where data is in danger."""
    from pytest_schemadrift.schema.changes import table_of

    asked = questions(proposal)
    agreed: list[SimpleChange] = []
    declined: list[SimpleChange] = []
    shown: set[str] = set()
    all_harmless = False
    if asked:
        say(["", LEGEND])
    for number, question in enumerate(asked, 1):
        table = table_of(question.step.change)
        facts = tuple(fact for danger in question.dangers for fact in danger.facts)
        where = f" (table {table})" if table is not None else ""
        say(["", f"{number} of {len(asked)}{where}", *step_lines(proposal, question.step, facts, chosen)])
        if not question.step.sql:
            say(["    its SQL depends on the other answers, and is shown before it is run"])
        if question.blocked:
            say(["    not done: the rows above prevent it"])
            said = Answer.NO
        elif all_harmless and not question.dangers:
            said = Answer.YES
        else:
            words = f"{', '.join(question.grave)}: run it?" if question.dangers else "run it?"
            default = Answer.NO if question.dangers else Answer.YES
            said = ask(words, default=default, offer_all=not question.dangers)
        if said is Answer.QUIT:
            return None
        all_harmless = all_harmless or said is Answer.ALL
        if said is Answer.NO:
            declined += question.changes
        else:
            agreed += [danger.change for danger in question.dangers]
            shown |= set(question.step.sql)
    return Answers(tuple(agreed), tuple(declined), frozenset(shown))
