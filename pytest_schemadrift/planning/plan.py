"""A plan as a value: the statements that turn one schema into another, in order, with their hazards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING

from pytest_schemadrift.schema.severity import Severity, worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_schemadrift.planning.hazards import Hazard
    from pytest_schemadrift.schema.changes import Change, SimpleChange
    from pytest_schemadrift.schema.model import Schema


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement without semicolon, the change it belongs to, and that change's hazards.

    ``transactional``, ``cleanup`` and ``instead`` mean what they mean in ``dialects.base.Form``. ``losses`` are those
    of the changes folded into one that delete or alter data. ``severities`` are what each of them costs as long as it
    is not made; none in a plan that was read from a file.
    """

    sql: str
    change: Change
    hazards: tuple[Hazard, ...] = ()
    transactional: bool = True
    cleanup: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    losses: tuple[SimpleChange, ...] = ()
    severities: tuple[Severity, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """All statements of one change; ``losses`` as in ``Statement``.

    ``parts`` are the changes that were folded into this one, or itself, each with its severity; none where nobody has
    judged it, as in a plan that was read from a file.
    """

    change: Change
    sql: tuple[str, ...]
    hazards: tuple[Hazard, ...]
    losses: tuple[SimpleChange, ...] = ()
    parts: tuple[tuple[SimpleChange, Severity], ...] = ()

    @property
    def severity(self) -> Severity | None:
        """The worst of its parts', ``None`` where nobody has judged it."""
        return worst(severity for _, severity in self.parts)


@dataclass(frozen=True)
class Plan:
    """An executable answer to a difference: run ``sql()`` in order and the old schema is the new one.

    ``prologue`` and ``epilogue`` run before and after the statements (SQLite: foreign keys off, one transaction, the
    check before COMMIT). ``fingerprint`` identifies the schema that the plan was made for.
    """

    dialect: str
    statements: tuple[Statement, ...] = ()
    prologue: tuple[str, ...] = ()
    epilogue: tuple[str, ...] = ()
    fingerprint: str = ""
    online: bool = False

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The statements grouped by the change that caused them."""
        groups = groupby(self.statements, key=lambda statement: id(statement.change))
        return tuple(_step(list(group)) for _, group in groups)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The changes in the order of their statements."""
        return tuple(step.change for step in self.steps)

    def sql(self) -> list[str]:
        """Every statement to run, prologue and epilogue included; empty where there is nothing to do."""
        if not self.statements:
            return []
        return [*self.prologue, *(statement.sql for statement in self.statements), *self.epilogue]

    def __bool__(self) -> bool:
        return bool(self.statements)


def _step(statements: list[Statement]) -> Step:
    from pytest_schemadrift.schema.changes import simple_changes  # not for the plan of a schema that is in sync

    first = statements[0]
    judged = zip(simple_changes(first.change), first.severities, strict=True) if first.severities else ()
    return Step(first.change, tuple(item.sql for item in statements), first.hazards, first.losses, tuple(judged))


def fingerprint(schema: Schema, changes: Sequence[Change] = ()) -> str:
    """A short hash of all in a schema that a plan of ``changes`` goes by; equal only for equal schemas, whatever their
    roles may not see.

    What was read for a plan alone is not there when the database is dumped again. That SQLite has gathered statistics
    counts for a plan that would lose them: its first ANALYZE is no other structure.
    """
    from pytest_schemadrift.schema.changes import RebuildTable

    return _fingerprint(_Itself(schema), any(isinstance(change, RebuildTable) for change in changes))


@dataclass(frozen=True, slots=True, eq=False)
class _Itself:
    """One schema, and none that is only equal to it: to find that out takes as long as to hash it."""

    schema: Schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.schema is self.schema

    def __hash__(self) -> int:
        return id(self.schema)


@lru_cache(maxsize=4)  # thousands of tenants are planned for from one schema, and each makes one of its own
def _fingerprint(itself: _Itself, with_statistics: bool) -> str:
    marks = tuple(
        mark
        for mark in itself.schema.marks
        if not mark.of_plan and (with_statistics or (mark.on, mark.aspect) != ("database", "statistics"))
    )
    return sha256(repr(replace(itself.schema, marks=marks)).encode()).hexdigest()[:16]
