"""How a failing item reads: what drifted in words, where the model says so, the SQL, its hazards, what to do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.describe import describe, subject
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.plan import Step
from pytest_schemadrift.planning.policy import Ignored
from pytest_schemadrift.planning.script import readable
from pytest_schemadrift.report.text import fixing_command, place_text, rename_lines
from pytest_schemadrift.report.words import (
    counted,
    destructive,
    origin_of,
    part_lines,
    pending_before,
    pending_lines,
    proof_lines,
    summary,
    unreadable_text,
)
from pytest_schemadrift.schema.changes import simple_changes
from pytest_schemadrift.shown import visible

if TYPE_CHECKING:
    import pytest

    from pytest_schemadrift.schema.model import Name

LINES_OF_WORDS = 8
LINES_OF_RENAMES = 2
LINES_OF_SQL = 10
"""A failure fits on a screen; ``-v`` shows all of it."""
SECTION = "ALTER SQL"


@dataclass(frozen=True, slots=True)
class Share:
    """What of a connection's drift one item answers for; ``steps`` are places in the drift's own."""

    steps: tuple[int, ...]
    unreadable: tuple[str, ...]
    pending: tuple[str, ...]
    ignored: tuple[str, ...]
    accepted: tuple[str, ...]
    notes: tuple[str, ...]


def share_of(drift: Drift, table: Name | None) -> Share:
    """The share of one table, or (``None``) of everything that belongs to no table of the models."""
    tables = set(drift.tables)

    def is_mine(name: Name | None) -> bool:
        return (name if name in tables else None) == table

    mine = [item for item in drift.ignored if is_mine(subject(item.change)[0])]
    return Share(
        steps=tuple(place for place, step in enumerate(drift.steps) if is_mine(subject(step.change)[0])),
        unreadable=tuple(unreadable_text(item) for item in drift.unreadable if is_mine(item.table)),
        pending=tuple(pending_lines(drift)) if table is None else (),
        ignored=tuple(_with_reason(item) for item in mine if not item.accepted),
        accepted=tuple(_with_reason(item) for item in mine if item.accepted),
        notes=drift.notes if table is None else (),
    )


def all_of(drift: Drift) -> Share:
    """Everything, of a tenant that one item answers for."""
    return Share(
        steps=tuple(range(len(drift.steps))),
        unreadable=tuple(unreadable_text(item) for item in drift.unreadable),
        pending=tuple(pending_lines(drift)),
        ignored=tuple(_with_reason(item) for item in drift.ignored if not item.accepted),
        accepted=tuple(_with_reason(item) for item in drift.ignored if item.accepted),
        notes=drift.notes,
    )


def _with_reason(item: Ignored) -> str:
    return f"{describe(item.change)} ({item.reason})"


class Drifted(Exception):
    """The item's table differs from its model; the message is the reason in the short summary."""

    def __init__(self, drift: Drift, share: Share) -> None:
        self.drift, self.share = drift, share
        self.steps: tuple[Step, ...] = tuple(drift.steps[place] for place in share.steps)
        super().__init__(visible(mask(_reason(self.steps, (*share.pending[:1], *share.unreadable)))))

    @property
    def place(self) -> tuple[str, int] | None:
        """Where the model says otherwise, of the first change that a model says anything about."""
        found = (origin_of(self.drift, step.change) for step in self.steps)
        return next(((origin.path, origin.line) for origin in found if origin is not None), None)


def _reason(steps: tuple[Step, ...], unreadable: tuple[str, ...]) -> str:
    """One line: what differs where that is a single thing, else how many things."""
    parts = [*changes_text(steps), *unreadable]
    if len(parts) == 1:
        lost = " (destructive)" if destructive(steps) else ""
        return " ".join(parts[0].split()) + lost
    words = [summary(steps)] if steps else []
    words += [f"{len(unreadable)} not readable"] if unreadable else []
    return ", ".join(words)


def changes_text(steps: Iterable[Step]) -> list[str]:
    """Every change with its code, in words: a line each."""
    return [f"{part.code} {describe(part)}" for step in steps for part in simple_changes(step.change)]


def failure_text(
    excinfo: pytest.ExceptionInfo[BaseException],
    error: Drifted,
    *,
    place: tuple[Path, int],
    verbose: bool,
) -> Any:
    """A failure without traceback, whose place is the model's and whose message is one line.

    ``getrepr`` is the only public way to pytest's own representation; its parts are replaced by copies.
    """
    drift = error.drift
    path, line = error.place or place
    shown: Any = excinfo.getrepr(style="value")
    crash = replace(shown.reprcrash, path=str(path), lineno=line, message=str(error))
    words = _fitting(_differences(error, verbose), LINES_OF_WORDS, verbose) + list(_advice(error))
    entry = replace(shown.reprtraceback.reprentries[-1], lines=visible(mask("\n".join(words))).splitlines())
    body = replace(shown.reprtraceback, reprentries=[entry], extraline=None)
    shown.reprcrash, shown.reprtraceback, shown.chain = crash, body, [(body, crash, None)]
    if error.steps:
        sql = [
            line
            for step in error.steps
            for statement in step.sql
            for line in f"{readable(statement, drift.dialect)};".splitlines()
        ]
        sql = [*(f"-- {line}" for line in part_lines(drift, "the SQL below")), *sql]
        shown.addsection(f"{SECTION} for {drift.dialect}", "\n".join(_fitting(sql, LINES_OF_SQL, verbose, "-- ")))
    return shown


def _fitting(lines: Iterable[str], limit: int, verbose: bool, comment: str = "") -> list[str]:
    lines = list(lines)
    if verbose or len(lines) <= limit:
        return lines
    rest = len(lines) - limit + 1
    return [*lines[: limit - 1], f"{comment}{counted(rest, 'line')} more with pytest -v"]


def _differences(error: Drifted, verbose: bool) -> Iterator[str]:
    drift = error.drift
    for place, step in zip(error.share.steps, error.steps, strict=True):
        yield from _fitting(changes_text([step]), LINES_OF_WORDS - 2, verbose)  # room for the place and the hazards
        origin = origin_of(drift, step.change)
        if origin is not None:
            yield f"   {place_text(origin)}"
        if step.hazards:
            yield f"   hazards: {', '.join(step.hazards)}"
        if place in drift.uncertain:
            yield "   could be mere spelling: no scratch database settled it"
    yield from error.share.pending
    yield from error.share.unreadable


def _advice(error: Drifted) -> Iterator[str]:
    drift = error.drift
    if drift.pending is not None and (error.steps or error.share.pending):
        if not error.share.pending:
            yield from pending_before(drift)
        yield f"to fix it: {fixing_command(drift)}"
        return
    if not error.steps:
        return
    yield from rename_lines(drift, {subject(step.change)[0] for step in error.steps}, _setting)[:LINES_OF_RENAMES]
    yield from proof_lines(drift, "the SQL")
    if command := fixing_command(drift):
        yield f"to fix it: {command}"


def _setting(answer: str) -> str:
    """How a rename is accepted: for this run, or for all."""
    return f"--schema-drift-rename {answer}, or in [tool.schemadrift]: renames = [{json.dumps(answer)}]"
