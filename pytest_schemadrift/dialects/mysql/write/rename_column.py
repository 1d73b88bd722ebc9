"""RENAME COLUMN with all that stands in its way.

MariaDB follows a renamed column into checks, generated columns and indexes by itself. MySQL refuses (errors 3959, 3108
and 3837), but accepts an ALTER TABLE that drops what mentions the column and adds it again under the new name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.mysql.names import qualified, quote
from pytest_schemadrift.dialects.mysql.write.definitions import (
    check_definition,
    column_definition,
    foreign_key_definition,
    table_collation,
)
from pytest_schemadrift.dialects.mysql.write.marks import analyzed, index_again, of_column, written_later
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, ForeignKey, Name, Table, is_enforced

_BY_KEY = re.compile(r"\bKEY\s*(?:ALGORITHM\s*=\s*\d+\s*)?\(\s*\)", re.IGNORECASE)
"""Partitioning by the primary key, which names no column."""


class _Dependent(NamedTuple):
    """Something whose expression names a column: how it goes and how it comes back."""

    keys: str
    drop: str
    add: str
    column: str = ""
    """Its name where it is a column."""


def rename_column(change: c.RenameColumn, context: RenderContext) -> list[str]:
    """One ALTER TABLE, with the foreign keys off that stand on what it makes again, and what counts the rows again.

    ``context.old`` is the table with all accepted renames applied. Where several columns of a table are renamed, what
    names two of them goes with the first and comes with the last. Raises ``Unsupported``.
    """
    renames = [other for other in context.changes if isinstance(other, c.RenameColumn) and other.table == change.table]
    names = [other.new for other in renames] if change in renames else [change.new]
    here = names.index(change.new)
    drops, adds, again = [], [], []
    table = context.old.table(change.table)
    if context.info.dialect == "mysql" and table is not None:
        _refuse_partitioned(table, change)
    dependents = list(_dependents(table, context)) if table is not None else []
    away = {item.column for item in dependents if _first(item.keys, names) <= here < _last(item.keys, names)}
    for dependent in dependents:
        if _first(dependent.keys, names) == here:
            drops.append(dependent.drop)
        if _last(dependent.keys, names) == here:
            place = (
                f" {_place(table, dependent.column, away, renames[here + 1 :])}"
                if table is not None and dependent.column
                else ""
            )
            adds.append(f"{dependent.add}{place}")
            again += [dependent.column] if dependent.column else []
    clauses = [*drops, f"RENAME COLUMN {quote(change.old)} TO {quote(change.new)}", *adds]
    statement = f"ALTER TABLE {qualified(change.table)} {', '.join(clauses)}"
    if context.info.dialect == "mariadb" or table is None:  # the statistics of MariaDB follow the column
        return [statement]
    off, on = [], []
    for owner, key, keys in _foreign_keys(table, context):
        if _first(keys, names) == here:
            off.append(f"ALTER TABLE {qualified(owner)} DROP FOREIGN KEY {quote(key.name or '')}")
        if _last(keys, names) == here:
            on.append(f"ALTER TABLE {qualified(owner)} ADD {foreign_key_definition(key)}")
    counted = [name for name in (change.new, *again) if name not in written_later(change.table, context)]
    return [*off, statement, *on, *analyzed(change.table, counted, (), context)]


def _refuse_partitioned(table: Table, change: c.RenameColumn) -> None:
    """MySQL renames no column that a table is partitioned by (error 3855), be it by way of its key."""
    text = table.partition_by.sql if table.partition_by is not None else ""
    key = table.primary_key.columns if table.primary_key is not None else ()
    if _names(text, change.new) or (_BY_KEY.search(text) and change.new in key):
        raise Unsupported(
            f"{change.table}.{change.old}: the table is partitioned by it, so MySQL cannot rename it",
            hint="REMOVE PARTITIONING by hand, rename it, and partition the table again",
        )


def copies_to_rename(table: Table, column: str) -> bool:
    """Whether MySQL copies the table beside a RENAME COLUMN, and lets nobody write meanwhile (seen in 9.7).

    It does for a generated column, an expression's index and an enforced check, virtual and empty ones, too.
    """
    keys = [_keys_of(table, generated.name) for generated in table.columns]
    keys += [_with_bases(table, check.expression.key) for check in table.checks if is_enforced(check)]
    expressions = [part.expression for index in table.indexes for part in index.parts if part.expression is not None]
    keys += [_with_bases(table, expression.key) for expression in expressions]
    return any(_names(key, column) for key in keys)


def _first(keys: str, columns: list[str]) -> int:
    """The place of the first of these columns that are named, or one past the last."""
    return next((place for place, name in enumerate(columns) if _names(keys, name)), len(columns))


def _last(keys: str, columns: list[str]) -> int:
    return max((place for place, name in enumerate(columns) if _names(keys, name)), default=-1)


def _names(keys: str, column: str) -> bool:
    return f"`{column.lower()}`" in keys.lower()


def _dependents(table: Table, context: RenderContext) -> Iterator[_Dependent]:
    if context.info.dialect == "mariadb":
        return
    for check in table.checks:
        keys = _with_bases(table, check.expression.key)
        yield _Dependent(keys, f"DROP CHECK {quote(check.name or '')}", f"ADD {check_definition(check)}")
    for column in table.columns:
        if column.generated is not None:
            yield _generated(table, column, context)
    generated = {column.name for column in table.columns if column.generated is not None}
    for index in table.indexes:
        keys = " ".join(_with_bases(table, part.expression.key) for part in index.parts if part.expression is not None)
        keys += " ".join(_keys_of(table, name) for name in index.columns if name in generated)
        if keys:
            add = f"ADD {index_again(table.name, index, context)}"
            yield _Dependent(keys, f"DROP INDEX {quote(index.name or '')}", add)


def _foreign_keys(table: Table, context: RenderContext) -> Iterator[tuple[Name, ForeignKey, str]]:
    """The foreign keys from and to generated columns: without their key these cannot be dropped (1828, 1829)."""
    for owner in context.old.tables:
        for key in owner.foreign_keys:
            names = [*key.columns] if owner.name == table.name else []
            names += key.ref_columns if key.ref_table == table.name else ()
            if keys := " ".join(_keys_of(table, name) for name in names).strip():
                yield owner.name, key, keys


def _keys_of(table: Table, name: str) -> str:
    """What a generated column is computed from, by way of others, too; nothing for any other column."""
    column = table.column(name)
    if column is None or column.generated is None:
        return ""
    return _with_bases(table, column.generated.expression.key)


def _with_bases(table: Table, key: str) -> str:
    """The key of an expression, with those of the generated columns that it names."""
    named = [column.name for column in table.columns if column.generated is not None and _names(key, column.name)]
    return " ".join([key, *(_keys_of(table, name) for name in named)])


def _generated(table: Table, column: Column, context: RenderContext) -> _Dependent:
    """A generated column loses nothing when it is made again; it comes back to its place."""
    more = of_column(table.name, column, context)
    definition = column_definition(column, table_collation(table, context.info), context.info, more=more)
    drop, add = f"DROP COLUMN {quote(column.name)}", f"ADD COLUMN {definition}"
    return _Dependent(_keys_of(table, column.name), drop, add, column.name)


def _place(table: Table, name: str, away: set[str], later: list[c.RenameColumn]) -> str:
    """Behind the nearest column before it that is there, by the name that it has until it is renamed, too."""
    before: list[str] = []
    for column in table.columns:
        if column.name == name:
            break
        if column.name not in away:
            before.append(column.name)
    if not before:
        return "FIRST"
    nearest = before[-1]
    for other in reversed(later):
        nearest = other.old if nearest == other.new else nearest
    return f"AFTER {quote(nearest)}"
