"""ALTER TABLE: a table's changes are one statement, and every altered column is restated whole, once.

MODIFY forgets whatever it does not repeat (manual, "ALTER TABLE Statement"), so a column's definition is always
written from its whole ``Column``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.mysql.collations import charset_of, spelled
from pytest_schemadrift.dialects.mysql.names import literal, qualified, quote
from pytest_schemadrift.dialects.mysql.write.definitions import (
    check_definition,
    column_check,
    column_definition,
    foreign_key_definition,
    option,
    option_off,
    table_collation,
)
from pytest_schemadrift.dialects.mysql.write.marks import analyzed, index_again, key_again, of_column
from pytest_schemadrift.dialects.mysql.write.partitions import repartition
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Expression,
    ForeignKey,
    Generated,
    Index,
    Name,
    PrimaryKey,
    Table,
    is_enforced,
)


@dataclass(slots=True)
class _Clauses:
    """The clauses of one ALTER TABLE by the order in which they are written, and statements around it."""

    drops: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    adds: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    """Clauses of an ALTER TABLE of their own: columns that are to be filled before they are what is wanted."""
    fills: list[str] = field(default_factory=list)

    def statements(self, table: Name) -> tuple[str, ...]:
        """The ALTER TABLE, if there is anything for it to do, with what comes before and after it."""
        clauses = [*self.drops, *self.columns, *self.adds, *self.options]
        head = f"ALTER TABLE {qualified(table)} "
        first = (head + ", ".join(self.first),) if self.first else ()
        middle = (head + ", ".join(clauses),) if clauses else ()
        return (*self.before, *first, *self.fills, *middle, *self.after)


def alter_table(old: Table, new: Table, changes: Sequence[c.SimpleChange], context: RenderContext) -> tuple[str, ...]:
    """All changes of one table in one ALTER TABLE, and what must run before and after. Raises ``Unsupported``."""
    info = context.info
    clauses = _Clauses()
    columns = _ColumnWork(old, new, context)
    toggled = _toggled_indexes(changes)
    clauses.options += [_visibility(index, info) for index in toggled]
    names = {index.name for index in toggled}
    for change in changes:
        if isinstance(change, c.CreateIndex | c.DropIndex) and change.index.name in names:
            continue
        if isinstance(change, c.SchemaObjectChange):
            raise _no_part(change)
        if isinstance(change, c.TableChange):
            _alter_table(change, clauses, info)
        elif isinstance(change, c.AnyColumnChange):
            _alter_column(change, old, clauses, columns)
        elif isinstance(change, c.IndexChange):
            _alter_index(change, clauses, context)
        elif isinstance(change, c.ConstraintChange):
            _alter_constraint(change, clauses, columns, context)
        else:
            assert_never(change)
    columns.write(clauses)
    _free_of_spatial_indexes(old, new, changes, clauses, context)
    made = [*columns.indexes, *(name for change in changes if (name := _index_made(change)) is not None)]
    if any(isinstance(change, c.AlterTableOptions) for change in changes):
        goes, comes = repartition(old, new, changes)
        clauses.before[:0] = goes
        clauses.after += comes
    clauses.after += analyzed(old.name, columns.forgotten(), made, context)
    if any(isinstance(change, c.AddCheck) and change.check.column is not None for change in changes):
        # Without a copy MariaDB takes the check of a column over rows that break it, and refuses to UPDATE them from
        # then on (MDEV-31008, seen in 11.8.9).
        clauses.options.append("ALGORITHM=COPY")
    return clauses.statements(old.name)


def _free_of_spatial_indexes(
    old: Table, new: Table, changes: Sequence[c.SimpleChange], clauses: _Clauses, context: RenderContext
) -> None:
    """An SRID changes only once no spatial index is on its column, before the statement (MySQL 9.7: error 3644)."""
    moved = {
        change.new.name
        for change in changes
        if isinstance(change, c.AlterColumnOptions)
        and context.info.dialect == "mysql"
        and dict(change.old.options).get("srid") != dict(change.new.options).get("srid")
    }
    made = {_index_made(change) for change in changes}
    for index in old.indexes:
        if index.method != "spatial" or not any(part.column in moved for part in index.parts):
            continue
        drop = f"DROP INDEX {quote(index.name or '')}"
        clauses.before.append(f"ALTER TABLE {qualified(old.name)} {drop}")
        if drop in clauses.drops:
            clauses.drops.remove(drop)
        elif index in new.indexes and index.name not in made:
            clauses.adds.append(f"ADD {index_again(old.name, index, context)}")


def _no_part(change: c.SimpleChange) -> Unsupported:
    return Unsupported(f"{type(change).__name__} is no part of ALTER TABLE")


def _alter_table(change: c.TableChange, clauses: _Clauses, info: ServerInfo) -> None:
    match change:
        case c.SetTableComment():
            clauses.options.append(f"COMMENT = {literal(change.new or '')}")
        case c.AlterTableOptions():
            _alter_options(change, clauses, info)
        case c.CreateTable() | c.DropTable() | c.RenameTable():
            raise _no_part(change)
        case _:
            assert_never(change)


def _alter_column(change: c.AnyColumnChange, old: Table, clauses: _Clauses, columns: _ColumnWork) -> None:
    match change:
        case c.AddColumn():
            columns.add(change)
        case c.DropColumn():
            clauses.drops.append(f"DROP COLUMN {quote(change.column.name)}")
        case c.AlterColumnNullability():
            fills = _fill(old, change)
            if fills and (change.old.type, change.old.generated) != (change.new.type, None):
                clauses.first.append(columns.convert(change.new))
            clauses.fills += fills
            columns.alter(change.old, change.new)
        case (
            c.AlterColumnType()
            | c.AlterColumnDefault()
            | c.AlterColumnGenerated()
            | c.AlterColumnIdentity()
            | c.AlterColumnCollation()
            | c.AlterColumnOptions()
            | c.SetColumnComment()
        ):
            columns.alter(change.old, change.new)
        case c.MoveColumns():
            columns.move(change)
        case c.RenameColumn():
            raise _no_part(change)
        case _:
            assert_never(change)


def _index_made(change: c.SimpleChange) -> str | None:
    """The name of the index that a change makes."""
    match change:
        case c.CreateIndex() | c.RebuildIndex():
            return change.index.name
        case c.SetIndexComment():
            return change.new.name
        case c.AddUnique():
            return change.unique.name
        case c.AddPrimaryKey():
            return "PRIMARY"
        case _:  # no other change makes an index
            return None


def _alter_index(change: c.IndexChange, clauses: _Clauses, context: RenderContext) -> None:
    match change:
        case c.CreateIndex():
            clauses.adds.append(f"ADD {index_again(change.table, change.index, context)}")
        case c.AddUnique():
            clauses.adds.append(f"ADD {index_again(change.table, change.unique, context)}")
        case c.DropIndex():
            clauses.drops.append(f"DROP INDEX {quote(change.index.name or '')}")
        case c.DropUnique():
            clauses.drops.append(f"DROP INDEX {quote(change.unique.name or '')}")
        case c.RebuildIndex():
            clauses.drops.append(f"DROP INDEX {quote(change.index.name or '')}")
            clauses.adds.append(f"ADD {index_again(change.table, change.index, context)}")
        case c.RenameIndex():
            clauses.drops.append(f"RENAME INDEX {quote(change.old.name or '')} TO {quote(change.new.name or '')}")
        case c.SetIndexComment():  # in one ALTER TABLE no foreign key misses its index (seen in 9.7 and 11.8)
            clauses.drops.append(f"DROP INDEX {quote(change.old.name or '')}")
            clauses.adds.append(f"ADD {index_again(change.table, change.new, context)}")
        case _:
            assert_never(change)


def _alter_constraint(
    change: c.ConstraintChange, clauses: _Clauses, columns: _ColumnWork, context: RenderContext
) -> None:
    info = context.info
    match change:
        case c.AddPrimaryKey():
            clauses.adds.append(f"ADD {key_again(change.table, change.primary_key, context)}")
        case c.DropPrimaryKey():
            clauses.drops.append("DROP PRIMARY KEY")
        case c.AddForeignKey():
            clauses.adds.append(f"ADD {foreign_key_definition(change.foreign_key)}")
        case c.DropForeignKey():
            clauses.drops.append(f"DROP FOREIGN KEY {quote(change.foreign_key.name or '')}")
        case c.AddCheck():
            _add_check(change.check, clauses, columns)
        case c.DropCheck():
            _drop_check(change.check, clauses, columns, info)
        case c.SetEnforced():
            state = "ENFORCED" if is_enforced(change.new) else "NOT ENFORCED"
            clauses.drops.append(f"ALTER CHECK {quote(change.new.name or '')} {state}")
        case c.RenameConstraint():
            _rename_constraint(change, clauses, columns, info)
        case c.ValidateConstraint() | c.AddExclusion() | c.DropExclusion() | c.SetConstraintComment():
            raise Unsupported(f"{type(change).__name__}: {info.dialect} has no such thing")
        case _:
            assert_never(change)


def _fill(table: Table, change: c.AlterColumnNullability) -> list[str]:
    """Rows without a value get the default, where there is one."""
    old, new = change.old, change.new
    if new.nullable or new.default is None or new.generated is not None or _changes_storage(old, new):
        return []  # ``_recreate`` fills what was VIRTUAL
    return [f"{_update(table, new.name, new.default.sql)} WHERE {quote(new.name)} IS NULL"]


def _update(table: Table, column: str, value: str) -> str:
    """UPDATE of one column alone: those with ON UPDATE CURRENT_TIMESTAMP would be set to the time of the plan."""
    values = {item.name: quote(item.name) for item in table.columns if item.on_update} | {column: value}
    return f"UPDATE {qualified(table.name)} SET {', '.join(f'{quote(name)} = {sql}' for name, sql in values.items())}"


def _toggled_indexes(changes: Sequence[c.SimpleChange]) -> list[Index]:
    """The wanted indexes that differ from what is dropped in visibility alone.

    MySQL takes DROP INDEX and ADD INDEX of one name and shape for nothing to do, and keeps the old visibility.
    """
    dropped = {change.index.name: change.index for change in changes if isinstance(change, c.DropIndex)}
    wanted = [change.index for change in changes if isinstance(change, c.CreateIndex) and change.index.name in dropped]
    return [index for index in wanted if _shown(dropped[index.name]) == _shown(index)]


def _shown(index: Index) -> Index:
    return replace(index, options=tuple(item for item in index.options if item[0] != "invisible"))


def _visibility(index: Index, info: ServerInfo) -> str:
    hidden = "invisible" in dict(index.options)
    if info.dialect == "mariadb":
        return f"ALTER INDEX {quote(index.name or '')} {'IGNORED' if hidden else 'NOT IGNORED'}"
    return f"ALTER INDEX {quote(index.name or '')} {'INVISIBLE' if hidden else 'VISIBLE'}"


class _ColumnWork:
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

    def add(self, change: c.AddColumn) -> None:
        """A new column."""
        self.added[change.column.name] = change

    def alter(self, old: Column, new: Column) -> None:
        """A column to restate; called once for each of its aspects that differ."""
        del old
        self.altered[new.name] = new

    def forgotten(self) -> list[str]:
        """The columns of which the server knows no longer what their rows hold."""
        if self.info.dialect == "mysql":  # by any definition anew (seen in 9.7)
            return list(self.altered)
        before = {column.name: column for column in self.old.columns}
        return [
            name
            for name, column in self.altered.items()
            if name in before and (before[name].type, before[name].generated) != (column.type, column.generated)
        ]

    def restate(self, name: str) -> None:
        """Write a column anew as it is wanted, because something that is part of its definition changed."""
        column = self.new.column(name)
        if column is not None:
            self.altered.setdefault(name, column)

    def move(self, change: c.MoveColumns) -> None:
        """Columns that stand elsewhere: all but a longest run that is in order already."""
        stay = _longest_run(change.old, change.new)
        self.moved = {name for name in change.new if name not in stay}
        for name in self.moved:
            self.restate(name)

    def write(self, clauses: _Clauses) -> None:
        """Write every column that has work to do, in the order of the new table."""
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

    def _add_filled(self, change: c.AddColumn, clauses: _Clauses) -> None:
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

    def _write_altered(self, name: str, clauses: _Clauses) -> None:
        column, before = self.altered[name], self.old.column(name)
        if before is not None and _changes_storage(before, column):
            self._recreate(before, column, clauses)
            return
        place = self._after_in_new(name) if name in self.moved else ""
        clauses.columns.append(f"MODIFY COLUMN {self._definition(self._set_apart(column, clauses))}{place}")

    def _adds_columns(self) -> bool:
        """Whether ADD COLUMN stands in the statement that alters the others."""
        if any(not fills_with_update(change.column, self.info) for change in self.added.values()):
            return True
        before = {column.name: column for column in self.old.columns}
        return any(
            column.generated is not None and name in before and _changes_storage(before[name], column)
            for name, column in self.altered.items()
        )

    def _set_apart(self, column: Column, clauses: _Clauses) -> Column:
        """The column without the default that MySQL takes in no statement with ADD COLUMN (error 1674): it comes after.

        That holds for the default of any column of the statement, though no row gets a value of it.
        """
        if column.default is None or not fills_with_update(column, self.info) or not self._adds_columns():
            return column
        self._set_default(column, clauses)
        return replace(column, default=None)

    def _set_default(self, column: Column, clauses: _Clauses) -> None:
        assert column.default is not None
        default = f"ALTER COLUMN {quote(column.name)} SET DEFAULT {column.default.sql}"
        clauses.after.append(f"ALTER TABLE {qualified(self.old.name)} {default}")

    def convert(self, column: Column) -> str:
        """The clause that gives a column its new type while it may still be NULL."""
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

    def _recreate(self, before: Column, column: Column, clauses: _Clauses) -> None:
        """VIRTUAL cannot become anything else in place, nor anything else VIRTUAL: the column is made again.

        Its computed values are carried over where the column becomes a plain one, so that none is lost.
        """
        table, place = qualified(self.old.name), self._recreated_place(column.name)
        indexes = [index for index in self.new.indexes if column.name in index.columns and index in self.old.indexes]
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


def _add_check(check: Check, clauses: _Clauses, columns: _ColumnWork) -> None:
    if check.column is not None:
        columns.restate(check.column)
    else:
        clauses.adds.append(f"ADD {check_definition(check)}")


def _drop_check(check: Check, clauses: _Clauses, columns: _ColumnWork, info: ServerInfo) -> None:
    """MariaDB knows DROP CONSTRAINT only, MySQL 8.0.16 DROP CHECK only."""
    if check.column is not None:
        columns.restate(check.column)
    else:
        word = "CONSTRAINT" if info.dialect == "mariadb" else "CHECK"
        clauses.drops.append(f"DROP {word} {quote(check.name or '')}")


def _rename_constraint(change: c.RenameConstraint, clauses: _Clauses, columns: _ColumnWork, info: ServerInfo) -> None:
    """No constraint but an index can be renamed: it is dropped and added under its new name."""
    match change.old, change.new:
        case ForeignKey() as old, ForeignKey() as new:
            clauses.drops.append(f"DROP FOREIGN KEY {quote(old.name or '')}")
            clauses.adds.append(f"ADD {foreign_key_definition(new)}")
        case Check() as old_check, Check() as new_check:
            _drop_check(old_check, clauses, columns, info)
            _add_check(new_check, clauses, columns)
        case Index() as old_index, Index() as new_index:
            clauses.drops.append(f"RENAME INDEX {quote(old_index.name or '')} TO {quote(new_index.name or '')}")
        case PrimaryKey(), PrimaryKey():
            pass  # a primary key is always called PRIMARY
        case _:  # pairs of two kinds, which ``diff`` does not make; and exclusions, which these servers have not
            raise Unsupported("a constraint cannot be renamed into one of another kind")


def _alter_options(change: c.AlterTableOptions, clauses: _Clauses, info: ServerInfo) -> None:
    old, new = dict(change.old.options), dict(change.new.options)
    if old.get("engine") != new.get("engine"):
        clauses.options.append(f"ENGINE={new.get('engine') or info.setting('default_storage_engine', 'InnoDB')}")
    if old.get("collation") != new.get("collation"):
        collation = table_collation(change.new, info)
        clauses.options.append(f"DEFAULT CHARACTER SET {charset_of(collation)} COLLATE {spelled(collation, info)}")
    for name in sorted({*old, *new} - {"engine", "collation"}):
        if old.get(name) != new.get(name):
            clauses.options.append(option(name, new[name]) if name in new else option_off(name))
