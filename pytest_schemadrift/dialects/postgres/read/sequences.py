"""Sequences: free ones, and those behind serial and identity columns, with the server's defaults left unsaid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pytest_schemadrift.schema.model import Identity, Name, Sequence

MAXIMUM = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
"""The largest value of each type that a sequence can have."""


class CatalogSequence(NamedTuple):
    """A row of ``pg_sequence``; ``shown`` is what ``regclass`` prints, ``owner`` the kind of dependency."""

    name: Name
    shown: str
    type: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool
    owner: str | None


class _Said(NamedTuple):
    """A sequence's settings, ``None`` where they are the server's defaults."""

    start: int | None
    increment: int | None
    minimum: int | None
    maximum: int | None
    cache: int | None


def _said(row: CatalogSequence) -> _Said:
    return said(row.type, (row.start, row.increment, row.minimum, row.maximum, row.cache))


def said(kind: str, numbers: Iterable[int | None]) -> _Said:
    """Leave out what the server would choose itself (documentation of CREATE SEQUENCE).

    ``numbers`` are start, increment, minimum, maximum and cache.
    """
    start, increment, minimum, maximum, cache = numbers
    ascending = (increment or 1) > 0
    largest = MAXIMUM.get(kind, MAXIMUM["bigint"])
    low, high = (1, largest) if ascending else (-largest - 1, -1)
    lowest, highest = (low if minimum is None else minimum), (high if maximum is None else maximum)
    first = lowest if ascending else highest
    return _Said(
        None if start in (None, first) else start,
        None if increment in (None, 1) else increment,
        None if lowest == low else lowest,
        None if highest == high else highest,
        None if cache in (None, 1) else cache,
    )


def sequence_of(sequence: CatalogSequence, owner: tuple[Name, str] | None) -> Sequence:
    """The sequence as an object of its own."""
    start, increment, minimum, maximum, cache = _said(sequence)
    return Sequence(
        sequence.name, sequence.type, start, increment, minimum, maximum, cache, sequence.cycle, owned_by=owner
    )


def identity_of(sequence: CatalogSequence, column_type: str, *, always: bool) -> Identity:
    """The sequence behind an identity column; that of LIKE … INCLUDING IDENTITY is bigint, with the column's bounds."""
    numbers = (sequence.start, sequence.increment, sequence.minimum, sequence.maximum, sequence.cache)
    readings = [said(kind, numbers) for kind in (sequence.type, column_type)]
    start, increment, minimum, maximum, cache = max(readings, key=lambda reading: reading.count(None))
    return Identity(always, start, increment, minimum, maximum, cache, sequence.cycle)


def is_serial(sequence: CatalogSequence, column_type: str) -> bool:
    """Whether a column with this sequence is what SERIAL makes.

    Where it starts says nothing about the column, and servers before 10 made all sequences bigint.
    """
    plain = _said(sequence)._replace(start=None) == _Said(None, None, None, None, None)
    return column_type in MAXIMUM and sequence.type in (column_type, "bigint") and plain and not sequence.cycle
