"""What happens to the columns of a table in one ALTER TABLE: added, restated, moved, recreated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.mysql.names import qualified, quote
from pytest_schemadrift.dialects.mysql.write.clauses import Clauses
from pytest_schemadrift.dialects.mysql.write.definitions import (
    column_check,
    column_definition,
    table_collation,
)
from pytest_schemadrift.dialects.mysql.write.marks import index_again, of_column
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Expression,
    Generated,
    Index,
    Table,
)


class ColumnWork:
    """Collects what happens to a table's columns, so that each is written once and in the new table's order."""

    def __init__(self, old: Table, new: Table, context: RenderContext) -> None:
        self.old = old
        self.new = new
        self.context = context
        self.info = context.info
        self.collation = table_collation(new, context.info)
        self.added: dict[str, c.AddColumn] = {}
        self.altered: dict[str, Column] = {}
        self.moved: set[str] = set()
        self.indexes: list[str] = []
        """Those that are made again with a column."""
        self.order = [column.name for column in new.columns]
        self.again: set[str] = set()
        """Columns that are dropped and made again, because there is no MODIFY for what becomes of them."""

    def add(self, change: c.AddColumn) -> None:
        """A new column."""
        self.added[change.column.name] = change

    def alter(self, old: Column, new: Column) -> None:
        """A column to restate; called once for each of its aspects that differ."""
        del old
        self.altered[new.name] = new

    def forgotten(self) -> list[str]:
        """The columns of which the server knows no longer what their rows hold."""
        if self.info.dialect == "mysql":  # by restating any definition (seen in 9.7)
            return list(self.altered)
        before = {column.name: column for column in self.old.columns}
        return [
            name
            for name, column in self.altered.items()
            if name in self.again
            or (name in before and (before[name].type, before[name].generated) != (column.type, column.generated))
        ]

    def restate(self, name: str) -> None:
        """Restate a column as it is wanted, because something that is part of its definition changed."""
        column = self.new.column(name)
        if column is not None:
            self.altered.setdefault(name, column)

    def move(self, change: c.MoveColumns) -> None:
        """Columns that stand elsewhere: all but a longest run that is in order already."""
        stay = _longest_run(change.old, change.new)
        self.moved = {name for name in change.new if name not in stay}
        for name in self.moved:
            self.restate(name)

    def write(self, clauses: Clauses) -> None:
        """Write every column that has work to do, in the order of the new table."""
        self._find_again()
        names = [*self.order, *(name for name in (*self.added, *self.altered) if name not in self.order)]
        last = self.old.columns[-1].name if self.old.columns else None
        for name in dict.fromkeys(names):
            if name in self.added:
                change = self.added[name]
                if fills_with_update(change.column, self.info):
                    self._add_filled(change, clauses)
                    continue
                place = self._place(change.after, last)
                clauses.columns.append(f"ADD COLUMN {self._definition(change.column)}{place}")
                last = name if not place else last
            elif name in self.altered:
                self._write_altered(name, clauses)

    def _find_again(self) -> None:
        """The columns that are made again, and what is computed from them: MySQL drops none that is used (error 3108),
        and MariaDB 11.8.9 keeps what was stored of the values before.
        """
        before = {column.name: column for column in self.old.columns}
        for name, column in self.altered.items():
            if name in before and _changes_storage(before[name], column):
                self.again.add(name)
        while more := [column for column in self.new.columns if self._is_computed_from_again(column, before)]:
            self.again |= {column.name for column in more}
        for column in self.new.columns:
            if column.name in self.again:
                self.altered.setdefault(column.name, column)

    def _is_computed_from_again(self, column: Column, before: Mapping[str, Column]) -> bool:
        old = before.get(column.name)
        if column.name in self.again or old is None or old.generated is None or column.generated is None:
            return False
        return self._names_again(old.generated.expression) or self._names_again(column.generated.expression)

    def _names_again(self, expression: Expression | None) -> bool:
        text = expression.key.casefold() if expression is not None else ""
        return any(quote(name).casefold() in text for name in self.again)

    def checks_again(self) -> list[Check]:
        """The checks that stay and name a column which is made again: MySQL would drop one that names nothing else, and
        MariaDB refuses (error 1054)."""
        kept = [check for check in self.new.checks if check in self.old.checks and check.column is None]
        return [check for check in kept if self._names_again(check.expression)]

    def _indexes_on(self, name: str) -> list[Index]:
        stay = [index for index in self.new.indexes if index in self.old.indexes and index.name not in self.indexes]
        return [
            index
            for index in stay
            if name in index.columns or any(self._names_again(part.expression) for part in index.parts)
        ]

    def _add_filled(self, change: c.AddColumn, clauses: Clauses) -> None:
        """MySQL adds no column whose default has another value for each row (error 1674), but sets it afterwards.

        By itself: beside ADD COLUMN it is refused, too.
        """
        column, place = change.column, self._after_in_new(change.column.name)
        assert column.default is not None
        bare = replace(column, default=None)
        clauses.first.append(f"ADD COLUMN {self._bare(replace(bare, nullable=True))}")
        clauses.fills.append(_update(self.old, column.name, column.default.sql))
        clauses.columns.append(f"MODIFY COLUMN {self._definition(bare)}{place}")
        self._set_default(column, clauses)

    def _write_altered(self, name: str, clauses: Clauses) -> None:
        column, before = self.altered[name], self.old.column(name)
        if before is not None and name in self.again:
            self._recreate(before, column, clauses)
            return
        place = self._after_in_new(name) if name in self.moved else ""
        clauses.columns.append(f"MODIFY COLUMN {self._definition(self._set_apart(column, clauses))}{place}")

    def _adds_columns(self) -> bool:
        """Whether ADD COLUMN stands in the statement that alters the others."""
        if any(not fills_with_update(change.column, self.info) for change in self.added.values()):
            return True
        return any(self.altered[name].generated is not None for name in self.again)

    def _set_apart(self, column: Column, clauses: Clauses) -> Column:
        """The column without the default that MySQL takes in no statement with ADD COLUMN (error 1674): it comes after.

        That holds for the default of any column of the statement, though no row gets a value of it.
        """
        if column.default is None or not fills_with_update(column, self.info) or not self._adds_columns():
            return column
        self._set_default(column, clauses)
        return replace(column, default=None)

    def _set_default(self, column: Column, clauses: Clauses) -> None:
        assert column.default is not None
        default = f"ALTER COLUMN {quote(column.name)} SET DEFAULT {column.default.sql}"
        clauses.after.append(f"ALTER TABLE {qualified(self.old.name)} {default}")

    def loses_check(self, column: Column) -> bool:
        """Whether the check that is part of the column's definition (MariaDB) goes, or becomes another."""
        check = column_check(self.old, column.name)
        return check is not None and check != column_check(self.new, column.name)

    def convert(self, column: Column) -> str:
        """The clause that gives a column its new type, without its check, while it may still be NULL."""
        return f"MODIFY COLUMN {self._bare(replace(column, nullable=True))}"

    def _bare(self, column: Column) -> str:
        return column_definition(column, self.collation, self.info, more=self._attributes(column))

    def _definition(self, column: Column) -> str:
        check = column_check(self.new, column.name)
        return column_definition(column, self.collation, self.info, check, more=self._attributes(column))

    def _attributes(self, column: Column) -> str:
        return of_column(self.old.name, column, self.context)

    def _place(self, after: str | None, last: str | None) -> str:
        if after is None:
            return " FIRST" if self.old.columns else ""
        if after == last or (self.old.column(after) is None and after not in self.added):
            return ""
        return f" AFTER {quote(after)}"

    def _after_in_new(self, name: str) -> str:
        place = self.order.index(name)
        return f" AFTER {quote(self.order[place - 1])}" if place else " FIRST"

    def _recreate(self, before: Column, column: Column, clauses: Clauses) -> None:
        """VIRTUAL cannot become anything else in place, nor anything else VIRTUAL: the column is made again.

        Its computed values are carried over where the column becomes a plain one, so that none is lost.
        """
        table, place = qualified(self.old.name), self._recreated_place(column.name)
        indexes = self._indexes_on(column.name)
        self.indexes += [index.name or "" for index in indexes]
        again = [f"DROP INDEX {quote(index.name or '')}" for index in indexes]
        adds = [f"ADD {index_again(self.old.name, index, self.context)}" for index in indexes]
        if column.generated is None:
            spare = replace(column, name=_free_name(column.name, self.old))
            stored = replace(
                spare,
                nullable=True,
                default=None,
                on_update=None,
                generated=Generated(Expression(quote(column.name), column.name), stored=True),
            )
            # Not UPDATE: it would run triggers. A stored column keeps its values when it becomes a plain one.
            clauses.before += [
                f"ALTER TABLE {table} ADD COLUMN {self._bare(stored)} AFTER {quote(column.name)}",
                f"ALTER TABLE {table} MODIFY COLUMN {self._bare(replace(spare, nullable=True))}",
            ]
            if before.nullable and not column.nullable and column.default is not None:
                fill = _update(self.old, spare.name, column.default.sql)
                clauses.before.append(f"{fill} WHERE {quote(spare.name)} IS NULL")
            clauses.drops += [*again, f"DROP COLUMN {quote(column.name)}"]
            definition = self._definition(self._set_apart(column, clauses))
            clauses.columns.append(f"CHANGE COLUMN {quote(spare.name)} {definition}")
        else:
            clauses.drops += [*again, f"DROP COLUMN {quote(column.name)}"]
            clauses.columns.append(f"ADD COLUMN {self._definition(column)}{place}")
        clauses.adds += adds

    def _recreated_place(self, name: str) -> str:
        names = [column.name for column in self.old.columns]
        if name not in names or name == names[-1]:
            return ""
        place = names.index(name)
        return f" AFTER {quote(names[place - 1])}" if place else " FIRST"


_OTHER_FOR_EACH_ROW = re.compile(
    r"\b(uuid|uuid_short|rand|random_bytes|sysdate|load_file|get_lock|sleep"
    r"|current_user|session_user|system_user|user)\b",
    re.IGNORECASE,
)
"""Functions for which MySQL calls ALTER TABLE … ADD COLUMN … DEFAULT unsafe (manual, "Data Type Default Values")."""


def fills_with_update(column: Column, info: ServerInfo) -> bool:
    """Whether the rows get the default of a new column by an UPDATE, because ADD COLUMN refuses it."""
    if info.dialect != "mysql" or column.default is None:
        return False
    text = re.sub(r"'(?:[^'\\]|\\.|'')*'", "''", column.default.sql)
    return _OTHER_FOR_EACH_ROW.search(text) is not None


def _free_name(name: str, table: Table) -> str:
    taken = {column.name.lower() for column in table.columns}
    number = 1
    while (candidate := f"{name[:56]}_new{number}").lower() in taken:
        number += 1
    return candidate


def _changes_storage(old: Column, new: Column) -> bool:
    """Between VIRTUAL and anything else there is no MODIFY; between STORED and plain there is."""
    old_virtual = old.generated is not None and not old.generated.stored
    new_virtual = new.generated is not None and not new.generated.stored
    return old_virtual != new_virtual


def _longest_run(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """The names of a longest common subsequence of two orders of the same names."""
    place = {name: index for index, name in enumerate(old)}
    runs: list[tuple[str, ...]] = []
    for name in new:
        before = [run for run in runs if place[run[-1]] < place[name]]
        runs.append((*_longest(before), name))
    return set(_longest(runs))


def _longest(runs: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return max(runs, key=_length, default=())


def _length(run: tuple[str, ...]) -> int:
    return len(run)


def fill(table: Table, change: c.AlterColumnNullability) -> list[str]:
    """Rows without a value get the default, where there is one."""
    old, new = change.old, change.new
    if new.nullable or new.default is None or new.generated is not None or _changes_storage(old, new):
        return []  # ``_recreate`` fills what was VIRTUAL
    return [f"{_update(table, new.name, new.default.sql)} WHERE {quote(new.name)} IS NULL"]


def _update(table: Table, column: str, value: str) -> str:
    """UPDATE of one column alone: those with ON UPDATE CURRENT_TIMESTAMP would be set to the time of the plan."""
    values = {item.name: quote(item.name) for item in table.columns if item.on_update} | {column: value}
    return f"UPDATE {qualified(table.name)} SET {', '.join(f'{quote(name)} = {sql}' for name, sql in values.items())}"
