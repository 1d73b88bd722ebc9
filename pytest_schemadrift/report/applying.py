"""What ``apply`` says: the plan, what it refuses and how to allow that, what was done, and what is left."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pytest_schemadrift.errors import SchemaDriftError, mask
from pytest_schemadrift.planning.deeds import would
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.planning.plan import Plan, Statement, Step
from pytest_schemadrift.planning.script import readable
from pytest_schemadrift.report.text import Paint, place_text, step_sql, step_words
from pytest_schemadrift.report.words import counted, lost_values, origin_of, rename_answer, verdict
from pytest_schemadrift.schema.changes import (
    AddColumn,
    DropColumn,
    RenameColumn,
    simple_changes,
    table_of,
)
from pytest_schemadrift.shown import mask_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_schemadrift.applying.executor import Outcome
    from pytest_schemadrift.dialects.base import LeftOut
    from pytest_schemadrift.planning.safe_mode import Fact, Refusal
    from pytest_schemadrift.schema.model import Name


def step_with_facts(
    drift: Drift, step: Step, facts: Sequence[Fact], size: str | None, *, color: bool = False, verbose: bool = False
) -> list[str]:
    """One step: what it would do, the model's line, hazards, what the rows say, the table's size, the SQL."""
    notes = fact_lines(facts, drift.dialect)
    table = table_of(step.change)
    notes += [f"    table {table}: {size}"] if size else []
    return [
        *step_words(drift, step, color=color, words=would),
        *notes,
        *step_sql(drift, step, color=color, verbose=verbose),
    ]


def fact_lines(facts: Sequence[Fact], dialect: str) -> list[str]:
    """What was counted in the rows, and how to see those that there are."""
    lines: list[str] = []
    for fact in dict.fromkeys(facts):
        lines.append(f"    rows: {fact}")
        lines += [f"    to see them: {line}" for line in readable(f"{fact.shows};", dialect).split("\n") if fact.shows]
    return lines


def more_steps(steps: Sequence[Step]) -> list[str]:
    """What is said in the place of steps that are not shown: how many there are of each kind."""
    if not steps:
        return []
    kinds = Counter(part.code for step in steps for part in simple_changes(step.change))
    counts = ", ".join(f"{number} × {code}" for code, number in sorted(kinds.items()))
    return ["", f"  and {counted(len(steps), 'step')} more without a hazard ({counts}): -v shows them"]


def count_line(plan: Plan, refused: Sequence[Refusal]) -> list[str]:
    """How many changes the plan would make, where that is not all of them."""
    made = sum(len(simple_changes(step.change)) for step in plan.steps)
    return [f"{counted(made, 'change')} would be made, {len(refused)} not"] if refused else []


def refusal_lines(drift: Drift, refused: Sequence[Refusal], *, color: bool = False) -> list[str]:
    """What is not done, why, what the rows say about it, and what would allow it."""
    paint = Paint(color)
    lines: list[str] = []
    for item in refused:
        lines += ["", f"  {paint('not done', 'red')} {paint(item.change.code, 'cyan')} {describe(item.change)}"]
        origin = origin_of(drift, item.change)
        lines += [f"    {place_text(origin)}"] if origin else []
        lines.append(f"    why: {item.because}" + (f": {describe(item.needs)}" if item.needs is not None else ""))
        lines += fact_lines(item.facts, drift.dialect)
        lines += [
            f"    if it was renamed: --rename {shlex.quote(answer)}"
            for answer in _renamed_perhaps(drift, item, refused)
        ]
        lines += [paint(f"    to allow it: {item.flag}", "yellow")] if item.flag else []
    return lines


def _renamed_perhaps(drift: Drift, item: Refusal, refused: Sequence[Refusal]) -> list[str]:
    """What a column that is not dropped may have become, where nothing looks like it: one of few that are not added."""
    gone = item.change
    if not isinstance(gone, DropColumn):
        return []
    proposed = [proposal.change for proposal in drift.proposals if isinstance(proposal.change, RenameColumn)]
    if any((change.table, change.old) == (gone.table, gone.column.name) for change in proposed):
        return []
    adds = [other.change for other in refused if isinstance(other.change, AddColumn)]
    new = [add.column.name for add in adds if add.table == gone.table]
    if len(new) > _FEW:
        return []
    return [rename_answer(RenameColumn(gone.table, gone.column.name, name)) for name in new]


_FEW = 3


def proof_lines(
    proven: bool | None, note: str, rows: int, failed: Statement | None, without: Sequence[LeftOut] = ()
) -> list[str]:
    """Whether the plan was tried, and how it went; a line for each object that was not there when it was."""
    if proven and without:
        return [f"proven, without {mask(str(item))}" for item in without]
    if proven:
        with_rows = f" with {counted(rows, 'row')}" if rows else ""
        return [f"proven: the plan was run on a scratch copy{with_rows}, and no drift of it was left"]
    if proven is False:
        lines = [f"NOT proven, nothing is run: {note}"]
        if failed is not None:
            lines += [f"  at: {'; '.join(describe(part) for part in simple_changes(failed.change))}"]
            lines += [f"  {' '.join(failed.sql.split())[:200]}"]
        return lines
    return [f"NOT proven, nothing is run: {note}", "  to do: where no scratch database can be created, add --no-prove"]


def outcome_lines(outcomes: Sequence[Outcome], *, color: bool = False) -> list[str]:
    """What was done, undone, failed and not started."""
    paint = Paint(color)
    lines: list[str] = []
    done = [statement for outcome in outcomes for statement in outcome.done]
    undone = [statement for outcome in outcomes for statement in outcome.undone]
    waiting = [statement for outcome in outcomes for statement in outcome.not_started]
    for outcome in outcomes:
        if outcome.error is not None:
            lines.append(paint(f"  failed: {_failed(outcome)}", "red"))
            lines += [f"    {line}" for line in _error_lines(outcome)]
        elif outcome.interrupted:
            lines.append(paint(f"  interrupted{f' in {_told(outcome.failed)}' if outcome.failed else ''}", "red"))
    lines.append(f"  done: {counted(len(done), 'statement')}")
    if undone:
        lines.append(f"  undone with their transaction: {counted(len(undone), 'statement')}")
    if waiting:
        lines.append(f"  not started: {counted(len(waiting), 'statement')}")
        lines += [f"    {_told(statement)}" for statement in waiting[:5]]
        lines += [f"    and {len(waiting) - 5} more"] if len(waiting) > 5 else []
    return lines


def _failed(outcome: Outcome) -> str:
    if outcome.failed is not None:
        return _told(outcome.failed)
    return f"the {'end' if outcome.undone else 'start'} of the transaction"


def _told(statement: Statement) -> str:
    text = " ".join(statement.sql.split()) or "; ".join(describe(part) for part in simple_changes(statement.change))
    return mask(text if len(text) <= 160 else f"{text[:157]}...")


def _error_lines(outcome: Outcome) -> list[str]:
    """The error, without its place where that is the beginning of the statement that was just named."""
    lines = str(outcome.error).splitlines()
    if outcome.error is None or outcome.failed is None or not outcome.error.where:
        return lines
    sql = " ".join(outcome.failed.sql.split())
    if not sql or not mask_error(sql).startswith(outcome.error.where.removesuffix("...")):
        return lines
    return [line for line in lines if not line.startswith("  where: ")]


def left_lines(left: Drift | None, blind: SchemaDriftError | None, *, color: bool = False) -> list[str]:
    """The verdict after everything."""
    paint = Paint(color)
    if left is None:
        why = blind.what.splitlines()[0] if blind else "unknown"
        return [paint(f"  the database could not be read again: {why}", "red", bold=True)]
    return [paint(f"  now: {verdict(left)}", "green" if left.in_sync else "red", bold=True)]


def table_size(step: Step, sizes: Mapping[Name, str]) -> str | None:
    """The size of the table that a step changes, where the server knows it."""
    table = table_of(step.change)
    return sizes.get(table) if table is not None else None


def parts_line(parts: Sequence[int]) -> list[str]:
    """How many transactions there are, where it is not one; ``parts`` are their sizes, 0 for a statement alone."""
    if len(parts) <= 1:
        return []
    alone = sum(size == 0 for size in parts)
    together = len(parts) - alone
    words = [counted(together, "transaction")] if together else []
    words += [f"{counted(alone, 'statement')} each committed separately"] if alone else []
    return [f"not all at once: {' and '.join(words)}; after a failure, a new plan goes on from there"]


def undo_text(
    drift: Drift,
    plan: Plan,
    undo: Sequence[Plan] | None,
    session: Sequence[str] = (),
    spell: Callable[[str, str], str] | None = None,
) -> str:
    """The script that leads back from a plan; comments name what no script brings back, and what rows may stop.

    ``session`` goes before it, ``spell`` may put each statement, given with its dialect, in another way.
    """
    changes = [part for step in plan.steps for part in simple_changes(step.change)]
    lines = [f"-- {drift.connection}: undoes {counted(len(changes), 'change')} of the plan of {drift.dialect}"]
    lines += [f"-- {line}" for line in lost_values(plan.steps)]
    if undo is None:
        lines.append("-- this plan cannot be undone by SQL")
        undo = ()
    for step in (step for way in undo for step in way.steps):
        if Hazard.MAY_FAIL_ON_DATA in step.hazards:
            lines.append(f"-- rows may be in its way: it {would(step.change)}")
    statements = [sql for way in undo for sql in way.sql()]
    lines += [f"{spell(sql, drift.dialect) if spell else sql};" for sql in (*session, *statements)]
    return mask("".join(f"{line}\n" for line in lines))
