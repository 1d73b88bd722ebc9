"""What a schema still refuses, and still serves, after something was dropped: a replacement takes nothing away."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import assert_never

from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import (
    Check,
    Exclusion,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Table,
    is_enforced,
)


def loosens(change: c.SimpleChange, old: Table | None, new: Table | None) -> bool:
    """Whether the rows of a table may be, once this is dropped, what they may not be now.

    ``new`` is the table after the whole plan. Nothing is loosened where it goes altogether, where a column goes of
    which the constraint speaks, and where another constraint there refuses the same.
    """
    if new is None or not isinstance(change, c.Removal | c.SetEnforced):
        return False
    match change:
        case c.DropPrimaryKey():
            return _is_there(change.primary_key.columns, new) and not _holds_key(change.primary_key, new)
        case c.DropUnique():
            return _loses_unique(change.unique, new)
        case c.DropIndex():
            return change.index.unique and _loses_unique(change.index, new)
        case c.DropForeignKey():
            return _loses_reference(change.foreign_key, new)
        case c.DropCheck():
            return _loses_check(change.check, old, new)
        case c.SetEnforced():
            item = change.old
            return _loses_reference(item, new) if isinstance(item, ForeignKey) else _loses_check(item, old, new)
        case c.DropExclusion():
            return _loses_exclusion(change.exclusion, old, new)
        case c.DropTable() | c.DropColumn():
            return False
        case c.DropNamespace() | c.DropExtension() | c.DropEnum() | c.DropSequence() | c.DropDomain():
            return False
        case _:
            assert_never(change)


def takes_index(change: c.DropIndex, new: Table | None) -> bool:
    """Whether queries lose an index: none with the same keys comes or stays, and no key of it goes with its column."""
    index = change.index
    if new is None or index.unique or not index.valid or not _is_there(index.columns, new):
        return False
    if new.primary_key is not None and _bare(new.primary_key.parts) == _bare(index.parts):
        return index.method not in (None, "btree")
    return not any(_serves(other, index) for other in new.indexes)


def _serves(other: Index, index: Index) -> bool:
    """Whether an index answers whatever another does."""
    same_rows = other.where is None or other.where == index.where
    return (
        other.valid
        and same_rows
        and _bare(other.parts) == _bare(index.parts)
        and (other.method or "btree") == (index.method or "btree")
        and set(index.include) <= {*other.include, *other.columns}
    )


def _bare(parts: tuple[IndexPart, ...]) -> tuple[IndexPart, ...]:
    """The keys of an index without their direction, in which it can be read either way if there is one alone."""
    return tuple(replace(part, descending=False, nulls_first=None) for part in parts) if len(parts) == 1 else parts


def _is_there(columns: tuple[str, ...], table: Table) -> bool:
    return all(table.column(name) is not None for name in columns)


def _loses_unique(index: Index, new: Table) -> bool:
    if not index.valid or not _is_there(index.columns, new):
        return False
    keys = [(item.parts, item.where, item.nulls_not_distinct) for item in new.indexes if item.unique and item.valid]
    if new.primary_key is not None:
        keys.append((new.primary_key.parts, None, True))
    return not any(
        _shape(parts) <= _shape(index.parts)
        and where in (None, index.where)
        and (nulls_too or not index.nulls_not_distinct)
        for parts, where, nulls_too in keys
    )


def _holds_key(key: PrimaryKey, new: Table) -> bool:
    """Whether another key forbids the same duplicates, and NULL."""
    keys = [item.parts for item in new.indexes if item.unique and item.valid and item.where is None]
    keys += [new.primary_key.parts] if new.primary_key is not None else []
    filled = all((column := new.column(name)) is not None and not column.nullable for name in key.columns)
    return filled and any(_shape(parts) <= _shape(key.parts) for parts in keys)


def _shape(parts: tuple[IndexPart, ...]) -> set[IndexPart]:
    return {replace(part, descending=False, nulls_first=None) for part in parts}


def _loses_reference(key: ForeignKey, new: Table) -> bool:
    if not is_enforced(key) or not _is_there(key.columns, new):
        return False
    return not any(
        is_enforced(other)
        and other.ref_table == key.ref_table
        and _pairs(other) == _pairs(key)
        and other.match in (key.match, "FULL")
        for other in new.foreign_keys
    )


def _pairs(key: ForeignKey) -> set[tuple[str, str]]:
    return set(zip(key.columns, key.ref_columns or key.columns, strict=False))


def _loses_check(check: Check, old: Table | None, new: Table) -> bool:
    same = any(other.expression == check.expression and other.enforced for other in new.checks)
    return check.enforced and not same and not _goes_with_column(check.expression.sql, old, new)


def _loses_exclusion(item: Exclusion, old: Table | None, new: Table) -> bool:
    same = any(other.definition == item.definition for other in new.exclusions)
    return not same and not _goes_with_column(item.definition.sql, old, new)


def _goes_with_column(text: str, old: Table | None, new: Table) -> bool:
    """Whether a column that an expression names is not there afterwards."""
    gone = {column.name.casefold() for column in old.columns} if old is not None else set()
    gone -= {column.name.casefold() for column in new.columns}
    return bool(gone & set(re.findall(r"[\w$]+", text.casefold())))
