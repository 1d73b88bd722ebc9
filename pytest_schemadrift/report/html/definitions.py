"""Two definitions side by side: what something is and what it should be, line by line in the server's own DDL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, assert_never

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.planning.build import create_statements
from pytest_schemadrift.planning.definitions import column_text, domain_text, sequence_text
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.build import make_schema, make_table
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Index,
    Name,
    NotNull,
    PrimaryKey,
    Schema,
    Table,
)

CONTEXT = 3
"""How many equal lines are shown around a difference."""

Lines = list[str]
Part = PrimaryKey | Index | ForeignKey | Check | Exclusion
Run = tuple[str, bool]
"""A piece of a line, and whether the other side says something else there."""

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


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


class Definitions:
    """What the things that a drift is about look like on both sides."""

    def __init__(self, drift: Drift) -> None:
        self._drift = drift
        self._tables = [
            {table.name: table for table in schema.tables} if schema else {} for schema in (drift.old, drift.new)
        ]
        renames = (change for change in drift.plan.changes if isinstance(change, c.RenameTable))
        self._renamed = {change.new: change.old for change in renames}

    def of_table(self, name: Name) -> list[Pair]:
        """A table on both sides; empty where nothing differs, one side has none, or the dialect cannot write it."""
        old, new = self._both(name)
        if old is None or new is None:
            return []
        pairs = side_by_side(self._ddl(old), self._ddl(new))
        return [] if all(pair.is_same for pair in pairs) else pairs

    def of_change(self, change: c.SimpleChange) -> list[Pair]:
        """What one change is about on both sides; empty where its words and its SQL already say all of it."""
        old, new = self._lines(change)
        return side_by_side(old, new)

    def _both(self, name: Name) -> tuple[Table | None, Table | None]:
        """A table's two sides; either of the names of a renamed table will do."""
        new_name = next((new for new, old in self._renamed.items() if old == name), name)
        old, new = self._tables
        return old.get(self._renamed.get(name, name)), new.get(new_name)

    def _lines(self, change: c.SimpleChange) -> tuple[Lines, Lines]:
        match change:
            case c.DropTable(table=table):
                return self._ddl(table), []
            case c.AddColumn():
                return [], self._column(change.table, change.column, 1)
            case c.DropColumn():
                return self._column(change.table, change.column, 0), []
            case c.CreateIndex(table=name, index=part) | c.AddUnique(table=name, unique=part):
                return [], self._part(name, part, 1)
            case c.DropIndex(table=name, index=part) | c.DropUnique(table=name, unique=part):
                return self._part(name, part, 0), []
            case c.AddPrimaryKey():
                return [], self._part(change.table, change.primary_key, 1)
            case c.DropPrimaryKey():
                return self._part(change.table, change.primary_key, 0), []
            case c.AddForeignKey():
                return [], self._part(change.table, change.foreign_key, 1)
            case c.DropForeignKey():
                return self._part(change.table, change.foreign_key, 0), []
            case c.AddCheck():
                return [], self._part(change.table, change.check, 1)
            case c.DropCheck():
                return self._part(change.table, change.check, 0), []
            case c.AddExclusion():
                return [], self._part(change.table, change.exclusion, 1)
            case c.DropExclusion():
                return self._part(change.table, change.exclusion, 0), []
            case c.RenameIndex() | c.RenameConstraint() | c.SetIndexComment() | c.SetEnforced():
                return self._part(change.table, change.old, 0), self._part(change.table, change.new, 1)
            case c.RenameColumn() | c.RenameEnumValue():
                return [change.old], [change.new]
            case c.RenameTable():
                return [str(change.old)], [str(change.new)]
            case c.MoveColumns():
                return list(change.old), list(change.new)
            case c.SetTableComment() | c.SetConstraintComment():
                return _text_lines(change.old), _text_lines(change.new)
            case c.ValidateConstraint():
                if isinstance(change.constraint, NotNull):
                    return [f"NOT NULL {change.constraint.column} NOT VALID"], [f"NOT NULL {change.constraint.column}"]
                loose, firm = (replace(change.constraint, validated=validated) for validated in (False, True))
                return self._part(change.table, loose, 0), self._part(change.table, firm, 1)
            case c.AlterTableOptions():
                return self._ddl(replace(change.old, indexes=())), self._ddl(replace(change.new, indexes=()))
            case c.AddEnumValue():
                return self._values(change.enum)
            case _ if isinstance(change, c.ColumnChange):
                return self._column(change.table, change.old, 0), self._column(change.table, change.new, 1)
            case c.CreateTable():
                return [], []
            case c.RebuildIndex():
                return self._part(change.table, change.index, 0), self._part(change.table, change.index, 1)
            case _ if isinstance(change, c.SchemaObjectChange):
                return _typelike(change)
            case _:
                assert_never(change)

    def _values(self, name: Name) -> tuple[Lines, Lines]:
        """An enum's values on both sides."""
        schemas = (self._drift.old, self._drift.new)
        enums = ({enum.name: enum for enum in schema.enums} if schema else {} for schema in schemas)
        before, after = (list(found[name].values) if name in found else [] for found in enums)
        return before, after

    def _column(self, name: Name, column: Column, side: int) -> Lines:
        """A column's line, and the statements that belong to it."""
        whole = self._tables[side].get(name)
        key = whole.primary_key if whole is not None else None
        alone = key if key is not None and key.columns == (column.name,) else None  # SQLite: part of the column
        try:
            written = self._written(make_table(name, [column], primary_key=alone))
        except Unsupported:
            return [f"{column.name} {column_text(column)}"]
        inner = [line.strip().rstrip(",") for line in written if line.startswith(" ")]
        rest = [line for line in written[1:] if not line.startswith((" ", ")"))]
        return [*inner[:1], *rest]

    def _part(self, name: Name, part: Part, side: int) -> Lines:
        """What a table's definition has more with this key, index or constraint than without."""
        whole = self._tables[side].get(name)
        if whole is None:
            return []
        without = make_table(whole.name, [replace(column, comment=None) for column in whole.columns])
        try:
            known = {_bare(line) for line in self._written(without)}
            return [_bare(line) for line in self._written(_with(without, part)) if _bare(line) not in known]
        except Unsupported:
            return []

    def _ddl(self, table: Table) -> Lines:
        try:
            return self._written(replace(table, triggers=()))  # triggers are never compared
        except Unsupported:
            return []

    def _written(self, table: Table) -> Lines:
        dialect = get_dialect(self._drift.dialect)
        alone: Schema = make_schema(self._drift.dialect, tables=[table])
        statements = create_statements(alone, dialect, dialect.default_info)
        return [line for sql in statements for line in f"{sql};".splitlines()]


def _bare(line: str) -> str:
    return line.strip().rstrip(",")


def _with(table: Table, part: Part) -> Table:
    added: dict[str, Any]
    match part:
        case PrimaryKey():
            added = {"primary_key": part}
        case Index():
            added = {"indexes": (part,)}
        case ForeignKey():
            added = {"foreign_keys": (part,)}
        case Check():
            added = {"checks": (part,)}
        case Exclusion():
            added = {"exclusions": (part,)}
    return replace(table, **added)


def _text_lines(text: str | None) -> Lines:
    return text.splitlines() if text else []


def _typelike(change: c.SchemaObjectChange) -> tuple[Lines, Lines]:
    """The definitions of what is not part of a table."""
    match change:
        case c.CreateEnum():
            return [], list(change.enum.values)
        case c.DropEnum():
            return list(change.enum.values), []
        case c.ReplaceEnum():
            return list(change.old.values), list(change.new.values)
        case c.CreateSequence():
            return [], [sequence_text(change.sequence)]
        case c.DropSequence():
            return [sequence_text(change.sequence)], []
        case c.AlterSequence():
            return [sequence_text(change.old)], [sequence_text(change.new)]
        case c.CreateDomain():
            return [], [domain_text(change.domain)]
        case c.DropDomain():
            return [domain_text(change.domain)], []
        case c.AlterDomain():
            return [domain_text(change.old)], [domain_text(change.new)]
        case c.SetTypeComment():
            return _text_lines(change.old.comment), _text_lines(change.new.comment)
        case c.CreateNamespace() | c.DropNamespace() | c.CreateExtension() | c.DropExtension():
            return [], []  # nothing but a name
        case c.AddEnumValue() | c.RenameEnumValue():
            return [], []  # the values beside it are not known here
        case _:
            assert_never(change)


def side_by_side(before: Sequence[str], after: Sequence[str], *, context: int = CONTEXT) -> list[Pair]:
    """The lines of both, equal ones next to each other; long equal runs are left out but for ``context`` lines."""
    pairs: list[Pair] = []
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for place, (tag, i1, i2, j1, j2) in enumerate(blocks):
        if tag == "equal":
            first, last = place == 0, place == len(blocks) - 1
            # the line that names the table is always worth seeing
            pairs += _equal(before[i1:i2], head=1 if first else context, tail=1 if last else context)
        else:
            pairs += _unequal(before[i1:i2], after[j1:j2])
    return pairs


def _equal(lines: Sequence[str], *, head: int, tail: int) -> list[Pair]:
    pairs = [Pair(line, line) for line in lines]
    left_out = len(lines) - head - tail
    return pairs if left_out <= 1 else [*pairs[:head], Pair(gap=left_out), *pairs[len(pairs) - tail :]]


def _unequal(before: Sequence[str], after: Sequence[str]) -> list[Pair]:
    """Lines that begin alike, such as with a column's name, stand next to each other; others are alone."""
    if len(before) == len(after) == 1:
        return [Pair(before[0], after[0])]
    pairs: list[Pair] = []
    blocks = SequenceMatcher(None, _beginnings(before), _beginnings(after), autojunk=False).get_opcodes()
    for tag, i1, i2, j1, j2 in blocks:
        if tag == "equal":
            pairs += [Pair(old, new) for old, new in zip(before[i1:i2], after[j1:j2], strict=True)]
        else:
            pairs += [Pair(old, None) for old in before[i1:i2]] + [Pair(None, new) for new in after[j1:j2]]
    return pairs


def _beginnings(lines: Sequence[str]) -> list[str]:
    return [line.strip().partition(" ")[0] for line in lines]


def word_runs(old: str, new: str) -> tuple[list[Run], list[Run]]:
    """Both lines in pieces, those marked that the other line has not; lines without likeness are marked as a whole."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < 0.4:
        return [(old, True)], [(new, True)]
    left: list[Run] = []
    right: list[Run] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        left += [("".join(before[i1:i2]), tag != "equal")] if i2 > i1 else []
        right += [("".join(after[j1:j2]), tag != "equal")] if j2 > j1 else []
    return left, right
