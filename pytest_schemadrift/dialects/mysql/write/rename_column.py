"""RENAME COLUMN with all that stands in its way.

MariaDB follows a renamed column into checks, generated columns and indexes by itself. MySQL refuses (errors 3959, 3108
and 3837), but accepts an ALTER TABLE that drops what mentions the column and adds it again under the new name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.mysql.names import qualified, quote
from pytest_schemadrift.dialects.mysql.write.definitions import (
    check_definition,
    column_definition,
    table_collation,
)
from pytest_schemadrift.dialects.mysql.write.marks import analyzed, index_again, of_column, written_later
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Table


class _Dependent(NamedTuple):
    """Something whose expression names a column: how it goes and how it comes back."""

    keys: str
    drop: str
    add: str
    column: str = ""
    """Its name where it is a column."""


def rename_column(change: c.RenameColumn, context: RenderContext) -> list[str]:
    """One ALTER TABLE, and what counts the rows again; ``context.old`` is the table with all accepted renames applied.

    Where several columns of a table are renamed, what names two of them goes with the first and comes with the last.
    """
    renames = [other for other in context.changes if isinstance(other, c.RenameColumn) and other.table == change.table]
    place = renames.index(change) if change in renames else 0
    earlier = [other.new for other in renames[:place]]
    later = [other.new for other in renames[place + 1 :]]
    drops, adds, again = [], [], []
    table = context.old.table(change.table)
    for dependent in _dependents(table, context) if table is not None else ():
        if not _names(dependent, [change.new]):
            continue
        if not _names(dependent, earlier):
            drops.append(dependent.drop)
        if not _names(dependent, later):
            adds.append(dependent.add)
            again += [dependent.column] if dependent.column else []
    clauses = [*drops, f"RENAME COLUMN {quote(change.old)} TO {quote(change.new)}", *adds]
    statement = f"ALTER TABLE {qualified(change.table)} {', '.join(clauses)}"
    if context.info.dialect == "mariadb":  # whose statistics follow the column
        return [statement]
    counted = [name for name in (change.new, *again) if name not in written_later(change.table, context)]
    return [statement, *analyzed(change.table, counted, (), context)]


def _names(dependent: _Dependent, columns: list[str]) -> bool:
    return any(f"`{column.lower()}`" in dependent.keys.lower() for column in columns)


def _dependents(table: Table, context: RenderContext) -> Iterator[_Dependent]:
    if context.info.dialect == "mariadb":
        return
    for check in table.checks:
        yield _Dependent(
            check.expression.key, f"DROP CHECK {quote(check.name or '')}", f"ADD {check_definition(check)}"
        )
    for place, column in enumerate(table.columns):
        if column.generated is not None:
            yield _generated(table, column, place, context)
    generated = {column.name for column in table.columns if column.generated is not None}
    for index in table.indexes:
        keys = [part.expression.key for part in index.parts if part.expression is not None]
        keys += [_keys_of(table, name) for name in index.columns if name in generated]
        if keys:
            add = f"ADD {index_again(table.name, index, context)}"
            yield _Dependent(" ".join(keys), f"DROP INDEX {quote(index.name or '')}", add)


def _keys_of(table: Table, name: str) -> str:
    column = table.column(name)
    return column.generated.expression.key if column is not None and column.generated is not None else ""


def _generated(table: Table, column: Column, place: int, context: RenderContext) -> _Dependent:
    """A generated column loses nothing when it is made again; it comes back to its place."""
    after = f"AFTER {quote(table.columns[place - 1].name)}" if place else "FIRST"
    more = of_column(table.name, column, context)
    definition = column_definition(column, table_collation(table, context.info), context.info, more=more)
    drop, add = f"DROP COLUMN {quote(column.name)}", f"ADD COLUMN {definition} {after}"
    return _Dependent(_keys_of(table, column.name), drop, add, column.name)
