"""Two definitions side by side: what a table is and what it should be, line by line in the server's own DDL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from pytest_schemadrift import changes as c
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.model import Name, Schema, Table, make_schema
from pytest_schemadrift.plan import Drift, create_statements
from pytest_schemadrift.wording import domain_text, sequence_text

CONTEXT = 3
"""How many equal lines are shown around a difference."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of both sides; ``None`` where a side has none. ``gap`` says how many equal lines were left out."""

    old: str | None = None
    new: str | None = None
    gap: int = 0

    @property
    def is_same(self) -> bool:
        """Whether both sides have this line."""
        return self.old == self.new


def table_pairs(drift: Drift, old: Name | None, new: Name | None) -> list[Pair]:
    """The definitions of a table on both sides; empty where the dialect cannot write one."""
    try:
        before = _ddl(drift, drift.old, old)
        after = _ddl(drift, drift.new, new)
    except Unsupported:
        return []
    return side_by_side(before, after)


def _ddl(drift: Drift, schema: Schema | None, name: Name | None) -> list[str]:
    table = schema.table(name) if schema is not None and name is not None else None
    if table is None:
        return []
    dialect = get_dialect(drift.dialect)
    alone = make_schema(drift.dialect, tables=[_without_triggers(table)])
    statements = create_statements(alone, dialect, dialect.default_facts)
    return [line for sql in statements for line in f"{sql};".splitlines()]


def _without_triggers(table: Table) -> Table:
    """Triggers are never compared: they would only fill the page."""
    return replace(table, triggers=())


def side_by_side(before: list[str], after: list[str]) -> list[Pair]:
    """The lines of both, equal ones next to each other; long equal runs are left out but for some lines."""
    pairs: list[Pair] = []
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for place, (tag, i1, i2, j1, j2) in enumerate(blocks):
        if tag == "equal":
            pairs += _equal(before[i1:i2], is_first=place == 0, is_last=place == len(blocks) - 1)
            continue
        for offset in range(max(i2 - i1, j2 - j1)):
            pairs.append(
                Pair(
                    before[i1 + offset] if i1 + offset < i2 else None,
                    after[j1 + offset] if j1 + offset < j2 else None,
                )
            )
    return pairs


def _equal(lines: list[str], *, is_first: bool, is_last: bool) -> list[Pair]:
    head = 1 if is_first else CONTEXT  # the line that names the table is always worth seeing
    tail = 1 if is_last else CONTEXT
    pairs = [Pair(line, line) for line in lines]
    left_out = len(lines) - head - tail
    return pairs if left_out <= 1 else [*pairs[:head], Pair(gap=left_out), *pairs[len(pairs) - tail :]]


def other_pairs(change: c.Change) -> Iterator[Pair]:
    """The definitions of something that is no table, or is not part of one."""
    match change:
        case c.CreateEnum(enum=enum):
            yield from (Pair(None, repr(value)) for value in enum.values)
        case c.DropEnum(enum=enum):
            yield from (Pair(repr(value), None) for value in enum.values)
        case c.ReplaceEnum(old=old_enum, new=new_enum):
            yield from side_by_side([repr(value) for value in old_enum.values], [repr(v) for v in new_enum.values])
        case c.CreateSequence(sequence=sequence):
            yield Pair(None, sequence_text(sequence))
        case c.DropSequence(sequence=sequence):
            yield Pair(sequence_text(sequence), None)
        case c.AlterSequence(old=old, new=new):
            yield Pair(sequence_text(old), sequence_text(new))
        case c.CreateDomain(domain=domain):
            yield Pair(None, domain_text(domain))
        case c.DropDomain(domain=domain):
            yield Pair(domain_text(domain), None)
        case c.AlterDomain(old=old_domain, new=new_domain):
            yield Pair(domain_text(old_domain), domain_text(new_domain))
        case _:
            return
