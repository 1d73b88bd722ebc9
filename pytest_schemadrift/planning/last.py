"""What destroys comes last where a plan that fails is not undone (MySQL, MariaDB commit every statement of DDL).

A drop waits for everything that the rows may refuse, unless something of the plan needs what it frees.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from pytest_schemadrift.planning.apart import mentions
from pytest_schemadrift.planning.hazards import LOSSES, Hazard, hazards_of
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import Capabilities
from pytest_schemadrift.schema.model import ForeignKey, Index, Name, Schema


def divide(
    changes: Sequence[c.SimpleChange], old: Schema, new: Schema, capabilities: Capabilities
) -> tuple[list[c.SimpleChange], list[c.SimpleChange]]:
    """The changes in two parts: those to make first, and the drops that can wait until all of them are made.

    Foreign keys of tables that wait, which would be in the way meanwhile, are dropped in the first part. Where
    nothing but a table's own changes can fail they stay together: one ALTER TABLE is made whole or not at all.
    """
    if capabilities.transactional_ddl:
        return list(changes), []
    taken = _taken_names(changes)
    tables: dict[Name, list[c.SimpleChange]] = defaultdict(list)
    for change in changes:
        name = c.table_of(change)
        if name is not None and not isinstance(change, _APART):
            tables[name].append(change)
    risky = [change for change in changes if Hazard.MAY_FAIL_ON_DATA in hazards_of(change, capabilities, old, new)]
    keys = [(change.table, change.foreign_key) for change in changes if isinstance(change, c.AddForeignKey)]
    waiting: set[int] = set()
    for table, parts in tables.items():
        found = _that_can_wait(table, parts, keys, _under_keys_that_stay(table, parts, old, changes), taken)
        own = {id(part) for part in parts}
        if len(found) == len(parts) or any(id(change) not in own for change in risky):
            waiting |= {id(change) for change in found}
    work = {name: _Work([part for part in parts if id(part) not in waiting]) for name, parts in tables.items()}
    freed: list[c.SimpleChange] = []
    dropped = {(change.table, change.foreign_key) for change in changes if isinstance(change, c.DropForeignKey)}
    gone = [change.table for change in changes if isinstance(change, c.DropTable)]
    at_once = {
        table.name for table in gone if any(_is_taken(item, taken) for item in (*table.foreign_keys, *table.checks))
    }

    def is_in_the_way(table: Name, key: ForeignKey) -> bool:
        return key.ref_table in at_once or _is_in_the_way(table, key, work)

    for change in changes:
        match change:
            case c.DropForeignKey() if not _is_taken(change.foreign_key, taken):
                if not is_in_the_way(change.table, change.foreign_key):
                    waiting.add(id(change))
            case c.DropTable() if change.table.name not in at_once:
                waiting.add(id(change))
                freed += [
                    c.DropForeignKey(change.table.name, key)
                    for key in change.table.foreign_keys
                    if (change.table.name, key) not in dropped and is_in_the_way(change.table.name, key)
                ]
            case _:  # what is not known to be able to wait is made at once
                pass
    first = [change for change in changes if id(change) not in waiting]
    return first + freed, [change for change in changes if id(change) in waiting]


def destroys(change: c.Change, capabilities: Capabilities, old: Schema, new: Schema) -> bool:
    """Whether values are gone or others once it is made."""
    return bool(LOSSES & set(hazards_of(change, capabilities, old, new)))


_APART = (c.CreateTable, c.DropTable, c.RenameTable, c.RenameColumn, c.AddForeignKey, c.DropForeignKey)
_ALTERATIONS = (
    c.AlterColumnType,
    c.AlterColumnNullability,
    c.AlterColumnDefault,
    c.AlterColumnGenerated,
    c.AlterColumnIdentity,
    c.AlterColumnCollation,
    c.AlterColumnOptions,
    c.SetColumnComment,
)
_WHOLE = (c.AlterTableOptions, c.MoveColumns, c.DropPrimaryKey, c.AlterColumnIdentity)
"""Changes that the server makes together with the drops of their table, or not at all."""


def _taken_names(changes: Iterable[c.SimpleChange]) -> set[str]:
    """The names of constraints that come: MySQL and InnoDB keep those of a whole database apart."""
    names: list[str | None] = []
    for change in changes:
        if not isinstance(change, c.Addition | c.RenameConstraint):
            continue
        match change:
            case c.CreateTable():
                names += [key.name for key in change.table.foreign_keys]
                names += [check.name for check in change.table.checks]
            case c.AddForeignKey():
                names.append(change.foreign_key.name)
            case c.AddCheck():
                names.append(change.check.name)
            case c.RenameConstraint():
                names.append(change.new.name)
            case c.CreateIndex() | c.AddUnique() | c.AddPrimaryKey() | c.AddExclusion():
                pass  # an index's name is its table's own
            case c.CreateNamespace() | c.CreateExtension() | c.CreateSequence() | c.CreateDomain():
                pass
            case c.CreateEnum() | c.AddEnumValue() | c.AddColumn():
                pass
            case _:
                assert_never(change)
    return {name.casefold() for name in names if name}


def _is_taken(item: object, taken: set[str]) -> bool:
    name = getattr(item, "name", None)
    return name is None or name.casefold() in taken


def _that_can_wait(
    table: Name,
    parts: Sequence[c.SimpleChange],
    keys: Sequence[tuple[Name, ForeignKey]],
    covered: set[str],
    taken: set[str],
) -> list[c.SimpleChange]:
    """The drops among the changes of one table that none of its other changes, and no new foreign key, stands on."""
    gone = [change.column for change in parts if isinstance(change, c.DropColumn)]
    if any(isinstance(change, _WHOLE) for change in parts) or any(item.autoincrement or item.identity for item in gone):
        return []
    touched = _touched(parts)
    indexes = _coming_indexes(parts)
    # The server needs an index under every foreign key, and makes none where one of these would do.
    linked = {name.casefold() for owner, key in keys if owner == table for name in key.columns}
    linked |= {name.casefold() for _, key in keys if key.ref_table == table for name in key.ref_columns}
    linked |= covered
    found: list[c.SimpleChange] = []
    for change in parts:
        match change:
            case c.DropColumn(column=column) if column.name.casefold() not in touched:
                if column.generated is None or not _names_any(column.generated.expression.sql, touched):
                    found.append(change)
            case c.DropIndex() | c.DropUnique():
                index = c.index_of(change)
                if (index.name or "").casefold() not in indexes and not _stands_on(index, touched | linked):
                    found.append(change)
            case c.DropCheck() if not _is_taken(change.check, taken):
                if not _names_any(change.check.expression.sql, touched):
                    found.append(change)
            case _:  # what is not known to be able to wait is made at once
                pass
    return found


def _under_keys_that_stay(
    table: Name, parts: Sequence[c.SimpleChange], old: Schema, changes: Sequence[c.SimpleChange]
) -> set[str]:
    """The columns of foreign keys that stay, and under which an index comes.

    The index that the server made by itself for such a key goes with the statement that makes another one which would
    do (InnoDB, seen in MySQL 9.7 and MariaDB 11.8). No catalog says which index that is, so whatever is dropped there
    is dropped in the same statement.
    """
    before = old.table(table)
    if before is None:
        return set()
    going = [change.foreign_key for change in changes if isinstance(change, c.DropForeignKey) and change.table == table]
    coming = [
        _folded(c.index_of(change).columns) for change in parts if isinstance(change, c.CreateIndex | c.AddUnique)
    ]
    coming += [_folded(change.primary_key.columns) for change in parts if isinstance(change, c.AddPrimaryKey)]
    keys = [_folded(key.columns) for key in before.foreign_keys if key not in going]
    return {name for key in keys if any(index[: len(key)] == key for index in coming) for name in key}


def _folded(columns: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.casefold() for name in columns)


def _touched(parts: Iterable[c.SimpleChange]) -> set[str]:
    names: list[str] = []
    for change in parts:
        if isinstance(change, c.AddColumn):
            names.append(change.column.name)
        elif isinstance(change, _ALTERATIONS):
            names += [change.old.name, change.new.name]
    return {name.casefold() for name in names}


def _coming_indexes(parts: Iterable[c.SimpleChange]) -> set[str]:
    names: list[str | None] = []
    for change in parts:
        match change:
            case c.CreateIndex() | c.RebuildIndex() | c.AddUnique():
                names.append(c.index_of(change).name)
            case c.RenameIndex() | c.RenameConstraint():
                names += [change.old.name, change.new.name]
            case _:  # about no index
                pass
    return {name.casefold() for name in names if name}


def _names_any(text: str, names: Iterable[str]) -> bool:
    """Whether an expression has one of the names in it, which may be of several words."""
    text = text.casefold()
    return any(mentions(text, name) for name in names if name in text)


def _stands_on(index: Index, names: set[str]) -> bool:
    if names & {name.casefold() for name in index.columns}:
        return True
    return any(_names_any(part.expression.sql, names) for part in index.parts if part.expression is not None)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w$]+", text.casefold()))


def _words_of(index: Index) -> set[str]:
    texts = [part.expression.sql for part in index.parts if part.expression is not None]
    return {name.casefold() for name in index.columns} | _words(" ".join(texts))


@dataclass(slots=True)
class _Work:
    """What is done to a table first."""

    parts: Sequence[c.SimpleChange]
    touched: set[str] = field(init=False)
    """Columns that change, or lose a key or an index on which a foreign key may stand."""
    whole: bool = field(init=False)
    """The table changes as such: its engine, its partitions."""

    def __post_init__(self) -> None:
        self.touched = _touched(self.parts)
        self.whole = any(isinstance(part, c.AlterTableOptions) for part in self.parts)
        for part in self.parts:
            match part:
                case c.DropColumn():
                    self.touched.add(part.column.name.casefold())
                case c.DropPrimaryKey():
                    self.touched |= {name.casefold() for name in part.primary_key.columns}
                case c.DropIndex() | c.RebuildIndex():
                    self.touched |= _words_of(part.index)
                case c.DropUnique():
                    self.touched |= _words_of(part.unique)
                case _:  # nothing else takes a key, an index or a column away
                    pass


def _is_in_the_way(table: Name, key: ForeignKey, work: dict[Name, _Work]) -> bool:
    ends = ((table, key.columns), (key.ref_table, key.ref_columns))
    return any(
        name in work and (work[name].whole or bool(work[name].touched & {column.casefold() for column in columns}))
        for name, columns in ends
    )
