"""What every format says alike: the verdict of a drift, its counts, and where a change is declared.

What knows changes is imported by the functions that are given some: a verdict that all is in sync needs none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.drift import Drift, Origin
from pytest_schemadrift.planning.plan import Step
from pytest_schemadrift.planning.script import readable
from pytest_schemadrift.shown import listed, visible

if TYPE_CHECKING:
    from pytest_schemadrift.report.formats import Look
    from pytest_schemadrift.schema.changes import Change, Rename
    from pytest_schemadrift.schema.model import Name, UnsupportedObject


def counted(number: int, word: str) -> str:
    """``1 change``, ``2 changes``."""
    return f"{number} {word}" + ("" if number == 1 else "s")


def destructive(steps: tuple[Step, ...]) -> int:
    """How many of these changes delete or alter data, those that were folded into one by themselves."""
    from pytest_schemadrift.planning.hazards import LOSSES

    return sum(len(step.losses) or bool(LOSSES & set(step.hazards)) for step in steps)


def lost_values(steps: tuple[Step, ...]) -> list[str]:
    """A sentence for each of these changes whose way back does not bring the values back."""
    from pytest_schemadrift.planning.describe import describe

    return [f"the values do not come back: {part.code} {describe(part)}" for step in steps for part in step.losses]


def summary(steps: tuple[Step, ...]) -> str:
    """``2 changes (1 destructive)``."""
    from pytest_schemadrift.schema.changes import simple_changes

    lost = destructive(steps)
    number = sum(len(simple_changes(step.change)) for step in steps)
    return counted(number, "change") + (f" ({lost} destructive)" if lost else "")


def by_table(steps: Iterable[Step]) -> list[Step]:
    """The steps as people read them: those of one table together, the tables in the order in which they are met."""
    from pytest_schemadrift.schema.changes import table_of

    groups: dict[Name | None, list[Step]] = {}
    for step in steps:
        groups.setdefault(table_of(step.change), []).append(step)
    return [step for group in groups.values() for step in group]


def verdict(drift: Drift) -> str:
    """The one line that matters."""
    if drift.skipped:
        return drift.skipped
    source, target = mask(drift.source), mask(drift.target)
    if drift.in_sync:
        return f"in sync ({counted(len(drift.tables), 'table')}, {source} and {target})"
    if drift.pending is not None and not drift.steps and not drift.unreadable:
        return drift.pending.headline
    words = [f"{counted(len(drift.pending.names), 'migration')} not applied"] if drift.pending else []
    failed = failed_migration(drift)
    words += [f"migration {failed.name} fails"] if failed is not None else []
    words += [summary(drift.steps)] if drift.steps else []
    if others := len(drift.unreadable) - (failed is not None):
        words.append(f"{others} not readable")
    return f"{', '.join(words)} from {source} to {target}"


def connection_title(drift: Drift) -> str:
    """The connection, or what stands for it; with its tenants where it has some."""
    name = drift.connection or drift.database
    return f"{name}, {tenants_text(drift)}" if drift.tenants else name


def tenants_text(drift: Drift) -> str:
    """``2 tenants (t17, t44)``: who they are where something is to be done about them, else how many."""
    number = len(drift.tenants)
    count = f"{number:,} tenant" + ("" if number == 1 else "s")
    if drift.in_sync:
        return count
    shown = listed(drift.tenants[:TENANTS_IN_TITLE])
    more = number - TENANTS_IN_TITLE
    return f"{count} ({shown}{f' and {more:,} more' if more > 0 else ''})"


def why_of_many(why: str, tenants: Sequence[str]) -> str:
    """Why nobody could look at a tenant, in words that are the same for all of which the same is true."""
    if len(tenants) != 1 or not tenants[0]:
        return why
    return re.sub(rf"(?<!\w){re.escape(tenants[0])}(?!\w)", "…", why)


TENANTS_IN_TITLE = 10
"""Of more, a title names so many and says how many there are."""


def proof_lines(drift: Drift, what: str = "the fix") -> list[str]:
    """Whether the fix was tried and how it went; a line for each object that was not there when it was.

    ``what`` names it.
    """
    if drift.proven and drift.proof_without:
        return [mask(f"proven, without {item}") for item in drift.proof_without]
    if drift.proven:
        return [f"proven: {what} was run on a scratch copy, and no drift was left"]
    return [unproven(drift.proven, drift.proof_note)]


def unproven(proven: bool | None, why: str) -> str:
    """That the trial failed (``False``), or that there was none (``None``), and why if that is known."""
    word = "NOT proven" if proven is False else "not proven"
    return mask(f"{word}: {why}") if why else word


def pending_lines(drift: Drift) -> list[str]:
    """Which migrations wait for the database, and what the drift beside them is."""
    pending = drift.pending
    if pending is None:
        return []
    return [mask(line) for line in (pending.sentence, after_pending(drift)) if line]


def after_pending(drift: Drift) -> str:
    """What is left after the migrations that wait, or why that is not known."""
    pending = drift.pending
    if pending is None or pending.note or not pending.is_ahead:
        return pending.note if pending is not None else ""
    return "after them: " + (f"{summary(drift.steps)} left" if drift.steps else "no drift is left")


def pending_before(drift: Drift) -> list[str]:
    """That migrations wait, for where a single change is shown: they come before its SQL."""
    pending = drift.pending
    if pending is None:
        return []
    return [pending.headline + (": this is what they leave" if pending.is_ahead else "")]


def failed_migration(drift: Drift) -> UnsupportedObject | None:
    """The migration that could not be run, where that is why the drift is there."""
    return next((item for item in drift.unreadable if item.kind == "migration"), None)


def cause_alone(drift: Drift, look: Look) -> Drift:
    """Where a migration fails, that alone, as it is to be told by formats with an entry for each difference.

    What it did not do is missing in many places: its consequences are a count, unless everything is asked for.
    """
    failed = failed_migration(drift)
    if failed is None or look.verbose:
        return drift
    count = f"; {beside_failed(drift)}" if drift.steps else ""
    told = replace(failed, reason=f"{failed.reason}{count}; to fix it: {drift.remedy}")
    others = (item for item in drift.unreadable if item is not failed)
    return replace(drift, unreadable=(told, *others), plan=replace(drift.plan, statements=()), uncertain=frozenset())


def beside_failed(drift: Drift) -> str:
    """The consequences of a migration that fails, as one count."""
    return f"{consequences(drift)}: -v lists {'it' if _is_one(drift) else 'them'}"


def consequences(drift: Drift) -> str:
    """The number of changes beside a migration that fails, and that it is their cause."""
    which = "which may" if _is_one(drift) else "most of which"
    return f"{summary(drift.steps)} beside it, {which} follow from it"


def _is_one(drift: Drift) -> bool:
    return summary(drift.steps).startswith("1 ")


def place_of_unreadable(drift: Drift, item: UnsupportedObject) -> Origin | None:
    """Where it stands in the source: the migration itself, else the model of its table."""
    if item.kind == "migration":
        return drift.failed_at
    return drift.origins.get((item.table, None)) if item.table is not None else None


def unreadable_text(item: UnsupportedObject) -> str:
    """``table t could not be read: why``, or what else could not be done; a migration is what could not be run."""
    if item.kind == "migration":
        return mask(f"migration {item.name} fails: {item.reason}")
    return mask(" ".join(visible(f"{item.kind} {item.name} {item.failing}: {item.reason}").split()))


def message(drift: Drift, step: Step) -> str:
    """What a change is about, and below it its SQL: the text of the formats that have one text per change."""
    from pytest_schemadrift.planning.describe import describe
    from pytest_schemadrift.schema.changes import simple_changes

    words = [describe(part) for part in simple_changes(step.change)]
    statements = [f"{readable(sql, drift.dialect)};" for sql in step.sql]
    notes = [*(part_lines(drift) if statements else []), *pending_before(drift)]
    return mask("\n".join([*words, *statements, *(f"({line})" for line in notes)]))


def part_lines(drift: Drift, where: str = "the SQL above") -> list[str]:
    """What somebody must know who copies the SQL of a change from a report, which is not the whole script."""
    if not drift.plan:
        return []
    framed = f"{where} runs inside of one guarded transaction: schemadrift diff prints the whole script"
    return [framed] if drift.plan.prologue else session_hint(drift)


def session_hint(drift: Drift) -> list[str]:
    """What the SQL needs before it in a shell, whose session may be set otherwise."""
    lines = "; ".join(readable(line, drift.dialect) for line in drift.session)
    return [f"first, in the same session: {lines};"] if lines else []


def rename_answer(change: Rename) -> str:
    """What ``--rename`` takes to accept it, such as ``users.mail=email``."""
    from pytest_schemadrift.schema.changes import RenameColumn, RenameEnumValue, RenameTable

    match change:
        case RenameColumn():
            return f"{change.table}.{change.old}={change.new}"
        case RenameEnumValue():
            return f"{change.enum}.{change.old}={change.new}"
        case RenameTable():
            return f"{change.old}={change.new}"


def origin_of(drift: Drift, change: Change) -> Origin | None:
    """Where the model says otherwise: the field's line, else the model's, else ``None``."""
    from pytest_schemadrift.planning.describe import subject

    table, column = subject(change)
    if table is None:
        return None
    for key in ((table, column), (table, None)):
        try:
            return drift.origins[key]
        except KeyError:
            continue
    return None


def is_destructive(step: Step) -> bool:
    """Whether safe mode would refuse it."""
    from pytest_schemadrift.planning.hazards import DESTRUCTIVE

    return bool(DESTRUCTIVE & set(step.hazards))
