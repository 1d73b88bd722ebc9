"""Renames: proposed as values, never assumed; an accepted one is a ``Change`` that comes before all others."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import assert_never

from pytest_schemadrift.schema.changes import Rename, RenameColumn, RenameEnumValue, RenameTable
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.model import Column, Name, Schema, Table

RENAME_THRESHOLD = 0.6


def calculate_similarity(old: str, new: str) -> float:
    """How alike two names are, from 0.0 to 1.0 (equal but for case); symmetric.

    The ratio of matching characters (Ratcliff and Obershelp), so that ``mail`` and ``email`` give 0.89.
    """
    first, second = sorted((old.casefold(), new.casefold()))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


@dataclass(frozen=True, slots=True)
class RenameProposal:
    """A pair that may be one thing under two names; ``similarity`` is above the threshold, at most 1.0."""

    change: Rename
    similarity: float


def propose_renames(old: Schema, new: Schema, threshold: float = RENAME_THRESHOLD) -> tuple[RenameProposal, ...]:
    """Return the likely renames, best first; every table and column is in at most one of them.

    A column pair needs a name similarity above ``threshold`` and a compatible shape (same type family, both or
    neither generated). A table pair needs the similarity, and at least half of its columns in common. An enum's value
    is proposed where it alone differs, in its place, whatever it is called.
    """
    candidates = [*_table_candidates(old, new, threshold), *_value_candidates(old, new)]
    news = {table.name: table for table in new.tables}
    for table in old.tables:
        if table.name in news:
            candidates += _column_candidates(table, news[table.name], threshold)
    return tuple(_one_to_one(candidates))


def _one_to_one(candidates: Iterable[RenameProposal]) -> list[RenameProposal]:
    chosen: list[RenameProposal] = []
    taken: set[object] = set()
    for proposal in sorted(candidates, key=lambda item: (-item.similarity, str(item.change))):
        change = proposal.change
        scope: object = None
        if isinstance(change, RenameColumn):
            scope = change.table
        elif isinstance(change, RenameEnumValue):
            scope = ("enum", change.enum)
        ends = {("old", scope, change.old), ("new", scope, change.new)}
        if not ends & taken:
            taken |= ends
            chosen.append(proposal)
    return chosen


def _column_candidates(old: Table, new: Table, threshold: float) -> list[RenameProposal]:
    old_names, new_names = {item.name for item in old.columns}, {item.name for item in new.columns}
    gone = [column for column in old.columns if column.name not in new_names]
    come = [column for column in new.columns if column.name not in old_names]
    found = []
    for before in gone:
        for after in come:
            similarity = calculate_similarity(before.name, after.name)
            if similarity > threshold and _compatible(before, after):
                found.append(RenameProposal(RenameColumn(old.name, before.name, after.name), similarity))
    return found


def _table_candidates(old: Schema, new: Schema, threshold: float) -> list[RenameProposal]:
    old_names, new_names = {item.name for item in old.tables}, {item.name for item in new.tables}
    found = []
    for before in (table for table in old.tables if table.name not in new_names):
        for after in (table for table in new.tables if table.name not in old_names):
            if _shared_columns(before, after) < 0.5:  # asked first: it costs a tenth of comparing the names
                continue
            similarity = calculate_similarity(before.name.name, after.name.name)
            if similarity > threshold:
                found.append(RenameProposal(RenameTable(before.name, after.name), similarity))
    return found


def _value_candidates(old: Schema, new: Schema) -> list[RenameProposal]:
    news = {enum.name: enum.values for enum in new.enums}
    found = []
    for enum in old.enums:
        values = news.get(enum.name, ())
        changed = [pair for pair in zip(enum.values, values, strict=False) if pair[0] != pair[1]]
        if len(values) == len(enum.values) and len(changed) == 1 and changed[0][1] not in enum.values:
            before, after = changed[0]
            change = RenameEnumValue(enum.name, before, after)
            found.append(RenameProposal(change, calculate_similarity(before, after)))
    return found


def _shared_columns(old: Table, new: Table) -> float:
    """The share of columns (name and type family) that both tables have."""

    def shapes(table: Table) -> set[tuple[str, str]]:
        return {(column.name, _family(column.type)) for column in table.columns}

    before, after = shapes(old), shapes(new)
    return len(before & after) / max(len(before | after), 1)


_FAMILIES = {
    "integer": ("int", "serial"),
    "text": ("char", "text", "clob", "string"),
    "number": ("numeric", "decimal", "real", "double", "float"),
    "time": ("date", "time"),
    "binary": ("blob", "binary", "bytea"),
}


def _family(type_text: str) -> str:
    word = type_text.casefold().split("(")[0]
    if word.endswith("[]"):
        return word
    return next((family for family, marks in _FAMILIES.items() if any(mark in word for mark in marks)), word)


def _compatible(old: Column, new: Column) -> bool:
    return _family(old.type) == _family(new.type) and (old.generated is None) == (new.generated is None)


def parse_rename(answer: str, default: Iterable[Name] = ()) -> RenameColumn | RenameTable | None:
    """Read ``table.column=column`` or ``table=table`` (``schema.table.column=column`` too); ``None`` if malformed.

    ``default`` are the tables known to exist: they decide whether ``a.b=c`` means a column of table ``a`` or the
    table ``b`` of schema ``a``.
    """
    left, separator, right = (part.strip() for part in answer.partition("="))
    parts = left.split(".")
    if not separator or not right or not all(parts) or len(parts) > 3:
        return None
    known = set(default)
    as_table = Name(*parts) if len(parts) == 2 else Name("", parts[0])
    if len(parts) == 1 or (len(parts) == 2 and as_table in known and Name("", parts[0]) not in known):
        schema, _, name = right.rpartition(".")
        return RenameTable(as_table, Name(schema or as_table.schema, name))
    table = Name("", parts[0]) if len(parts) == 2 else Name(parts[0], parts[1])
    return RenameColumn(table, parts[-1], right)


def backwards(rename: Rename) -> Rename:
    """The rename that takes another one back."""
    match rename:
        case RenameTable():
            return RenameTable(rename.new, rename.old)
        case RenameColumn():
            return RenameColumn(rename.table, rename.new, rename.old)
        case RenameEnumValue():
            return RenameEnumValue(rename.enum, rename.new, rename.old)
        case _:
            assert_never(rename)
