"""Which changes SQLite can make in place, whatever rows there are."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import cache

from pytest_schemadrift.dialects.sqlite.names import fold
from pytest_schemadrift.dialects.sqlite.read.tokens import mentioned
from pytest_schemadrift.dialects.sqlite.read.types import affinity
from pytest_schemadrift.dialects.sqlite.write.alter import drop_column
from pytest_schemadrift.dialects.sqlite.write.trial import empty_copy, programs
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Schema, Table

ALTERS_CONSTRAINTS_SINCE = (3, 53)
"""``ALTER COLUMN … SET/DROP NOT NULL``, ``ADD CHECK``, ``DROP CONSTRAINT`` (release notes of 3.53.0)."""
_CONSTANT = re.compile(r"'(?:[^']|'')*'|[xX]'[^']*'|[+-]?\s*(?:0[xX][0-9a-fA-F]+|\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def in_place(
    change: c.SimpleChange | c.AlterTable, table: Table, schema: Schema, version: tuple[int, ...] = ()
) -> bool:
    """Whether SQLite makes this change itself, with rows in the table as without (S14, S15).

    DROP COLUMN is refused where a key, an index, a check or another column uses the column, and where any view or
    trigger of the database does not work afterwards, whatever it is about (documentation of ALTER TABLE, section 5).
    From 3.53 on NOT NULL and checks come and go in the stored text, and the rows are looked at.
    """
    if table.kind == "virtual":
        return False
    match change:
        case c.CreateIndex() | c.DropIndex() | c.RebuildIndex() | c.RenameIndex():
            return True
        case c.RenameTable() | c.RenameColumn() | c.CreateTable() | c.DropTable():
            return True
        case c.SetTableComment() | c.SetColumnComment() | c.SetIndexComment():
            return True  # there are no comments to set
        case c.AddColumn():
            return _can_add(change) and _comes_last(change, table)
        case c.AlterTable(changes=(c.AddColumn() as added, c.AddForeignKey())):
            # With foreign keys on, every row must have NULL in it at first (documentation of ALTER TABLE, section 4).
            return _is_blank(added.column) and _comes_last(added, table)
        case c.DropColumn():
            if len(table.columns) < 2 or schema.unsupported or _is_used(change.column.name, table):
                return False
            return _programs_allow(change, table, schema)
        case c.AlterColumnNullability() | c.AddCheck() | c.DropCheck() if version >= ALTERS_CONSTRAINTS_SINCE:
            return _alters_constraint(change, table, schema)
        case _:  # the table is rebuilt, which is right for every change
            return False


def _programs_allow(change: c.DropColumn, table: Table, schema: Schema) -> bool:
    """Whether views and triggers, if there are any, all work and none has the column's name.

    SQLite takes the quoted name of a column that is no more for a string, so one that has it is never left to it.
    """
    texts = [program.sql for program in programs(schema)]
    if not texts:
        return True
    if any(fold(change.column.name) in mentioned(text) for text in texts):
        return False
    if any(other.kind == "virtual" for other in schema.tables):
        return False
    tables = tuple(table if other.name == table.name else other for other in schema.tables)
    try:
        with empty_copy(replace(schema, tables=tables)) as connection:
            connection.execute(drop_column(change))
    except sqlite3.Error:
        return False
    return True


def _alters_constraint(
    change: c.AlterColumnNullability | c.AddCheck | c.DropCheck, table: Table, schema: Schema
) -> bool:
    """Whether ALTER TABLE does all that is wanted, and nothing else to the stored text.

    It fills no row, takes the comments behind what it removes along, and of two constraints of one name the first.
    """
    about = [mark for mark in schema.marks if (mark.on, mark.owner) == ("table", table.name)]
    commented = any(mark.aspect == "comment" for mark in about)
    names = [fold(name) for mark in about if mark.aspect == "constraints" for name in mark.values]
    match change:
        case c.AlterColumnNullability():
            in_key = table.primary_key is not None and change.new.name in table.primary_key.columns
            return not in_key and (not commented if change.new.nullable else change.new.default is None)
        case c.AddCheck():
            return change.check.name is None or fold(change.check.name) not in names
        case c.DropCheck():
            return not commented and change.check.name is not None and names.count(fold(change.check.name)) == 1


def _is_used(name: str, table: Table) -> bool:
    """Whether anything in the table's definition but the column itself may name it."""
    parts = [
        *(table.primary_key.parts if table.primary_key else ()),
        *(p for index in table.indexes for p in index.parts),
    ]
    texts = [part.expression.sql for part in parts if part.expression]
    texts += [index.where.sql for index in table.indexes if index.where]
    texts += [check.expression.sql for check in table.checks]
    texts += [column.generated.expression.sql for column in table.columns if column.generated and column.name != name]
    names = {fold(part.column) for part in parts if part.column}
    names |= {fold(column) for key in table.foreign_keys for column in (*key.columns, *key.ref_columns)}
    return fold(name) in names.union(*map(mentioned, texts))


def _comes_last(change: c.AddColumn, table: Table) -> bool:
    """ADD COLUMN can only append: behind the last column, or behind another new one."""
    return change.after not in [None, *(column.name for column in table.columns[:-1])]


def _is_blank(column: Column) -> bool:
    return column.nullable and column.default is None and column.generated is None


def _can_add(change: c.AddColumn) -> bool:
    column = change.column
    if column.generated is not None:
        return not column.generated.stored and column.nullable
    if column.default is None:
        return column.nullable
    constant = _CONSTANT.fullmatch(column.default.sql)
    return constant is not None and _fills_as_it_inserts(affinity(column.type), constant[0])


@cache
def _fills_as_it_inserts(kind: str, constant: str) -> bool:
    """Whether ADD COLUMN gives the rows that are there the value that new rows get; SQLite is asked.

    In a column of text the rows that are there have a number as it is written, ``1.50``, and new ones as it is printed,
    ``1.5`` (seen in 3.40.1).
    """
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(f"""
            CREATE TABLE t (a); INSERT INTO t VALUES (1); ALTER TABLE t ADD COLUMN b {kind} DEFAULT {constant};
            INSERT INTO t (a) VALUES (2);
        """)
        ((values,),) = connection.execute("SELECT count(DISTINCT quote(b)) FROM t").fetchall()
    return bool(values == 1)
