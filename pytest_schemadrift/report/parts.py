"""Whole drifts as one text, which the JSON report of a shard carries: any report can be made of all shards together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pytest_schemadrift.core.plain import decode, encode
from pytest_schemadrift.dialects.base import LeftOut
from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.describe import subject
from pytest_schemadrift.planning.drift import Drift, Origin, Pending
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.planning.letters import Letters
from pytest_schemadrift.planning.plan import Plan, Statement
from pytest_schemadrift.planning.policy import Ignored
from pytest_schemadrift.planning.renames import RenameProposal
from pytest_schemadrift.schema import changes, model
from pytest_schemadrift.schema.changes import Rename, simple_changes
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.schema.severity import Severity


@dataclass(frozen=True, slots=True)
class _Similar:
    """A proposed rename; ``similarity`` is a text."""

    change: Rename
    similarity: str


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a table or column of the models is declared."""

    table: Name
    column: str | None
    path: str
    line: int
    model: str
    field: str


@dataclass(frozen=True, slots=True)
class _Stored:
    """A drift, and beside it what JSON has no values for: ``uncertain`` as a text."""

    drift: Drift
    uncertain: str
    origins: tuple[_Origin, ...]
    proposals: tuple[_Similar, ...]


@dataclass(frozen=True, slots=True)
class _All:
    drifts: tuple[_Stored, ...]


_CLASSES: tuple[type, ...] = (
    *(*model.STORED, *changes.STORED, LeftOut, Ignored, Pending),
    *(Statement, Plan, Drift, Letters, _Similar, _Origin, _Stored, _All),
)


def stored(drifts: Iterable[Drift]) -> str:
    """Drifts as a text without passwords. Raises ``TypeError`` for one that holds what cannot be stored."""
    return encode(_All(tuple(map(_stored, drifts))), _CLASSES).decode("utf-8", "surrogatepass")


def read(text: str) -> list[Drift]:
    """The drifts of such a text, of the same version of this package.

    Raises ``ValueError``, ``TypeError``, ``LookupError`` or ``RecursionError`` for anything else.
    """
    found = decode(text.encode("utf-8", "surrogatepass"), _CLASSES)
    if not isinstance(found, _All):
        raise TypeError("no drifts")
    return [_read(item) for item in found.drifts]


def _stored(drift: Drift) -> _Stored:
    plan = replace(drift.plan, statements=tuple(map(_plain, drift.plan.statements)))
    elsewhere: Any = ()
    plain = replace(
        drift,
        plan=plan,
        uncertain=elsewhere,
        origins=elsewhere,
        proposals=elsewhere,
        last_changes=elsewhere,  # of which no report tells
        failed_at=None,  # of the migrations of a database of ours, which no tenant is
        database=mask(drift.database),
        source=mask(drift.source),
        target=mask(drift.target),
        skipped=mask(drift.skipped),
        notes=tuple(map(mask, drift.notes)),
    )
    similar = tuple(_Similar(item.change, repr(item.similarity)) for item in drift.proposals)
    return _Stored(plain, " ".join(map(str, sorted(drift.uncertain))), tuple(_origins(drift)), similar)


def _plain(statement: Statement) -> Statement:
    hazards: Any = tuple(map(str, statement.hazards))
    severities: Any = tuple(map(str, statement.severities))
    return replace(statement, hazards=hazards, severities=severities)


def _whole(statement: Statement) -> Statement:
    return replace(
        statement,
        hazards=tuple(map(Hazard, statement.hazards)),
        severities=tuple(map(Severity, statement.severities)),
    )


def _origins(drift: Drift) -> Iterator[_Origin]:
    """Those that a report of the drift may ask for."""
    places: list[tuple[Name | None, str | None]] = [(item.table, None) for item in drift.unreadable]
    for step in drift.steps:
        for change in (step.change, *simple_changes(step.change)):
            table, column = subject(change)
            places += [(table, column), (table, None)]
    for table, column in dict.fromkeys(places):
        origin = drift.origins.get((table, column)) if table is not None else None
        if table is not None and origin is not None:
            yield _Origin(table, column, origin.path, origin.line, origin.model, origin.field)


def _read(item: _Stored) -> Drift:
    plan = item.drift.plan
    statements = list(map(_whole, plan.statements))
    origins: dict[tuple[Name, str | None], Origin] = {(place.table, place.column): place for place in item.origins}
    return replace(
        item.drift,
        plan=replace(plan, statements=tuple(statements)),
        uncertain=frozenset(map(int, item.uncertain.split())),
        origins=origins,
        last_changes={},
        proposals=tuple(RenameProposal(one.change, float(one.similarity)) for one in item.proposals),
    )
