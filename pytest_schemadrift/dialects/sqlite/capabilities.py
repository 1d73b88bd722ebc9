"""What SQLite can do, and which changes it can make in place whatever rows there are."""

from __future__ import annotations

import re

from pytest_schemadrift.dialects.sqlite.names import fold
from pytest_schemadrift.dialects.sqlite.read.tokens import mentioned
from pytest_schemadrift.dialects.sqlite.read.types import conversion
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import Capabilities, ServerInfo
from pytest_schemadrift.schema.model import Schema, Table

_CONSTANT = re.compile(r"'(?:[^']|'')*'|[xX]'[^']*'|[+-]?\s*(?:0[xX][0-9a-fA-F]+|\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def capabilities(info: ServerInfo) -> Capabilities:
    """The abilities of one SQLite; all versions that are read at all have the same."""
    return Capabilities(
        dialect="sqlite",
        transactional_ddl=True,
        alters_columns=False,
        alters_column_whole=False,
        creates_foreign_keys_inline=True,
        comments=False,
        foreign_key_blocks_type_change=False,
        foreign_key_needs_whole_key=False,
        has_schemas=False,
        case_insensitive_columns=True,
        case_insensitive_tables=True,
        sets_generated_expression=False,
        scans_on_not_null=True,
        conversion=conversion,
        keeps_orphans=True,
        in_place=in_place,
    )


def in_place(change: c.SimpleChange, table: Table, schema: Schema) -> bool:
    """Whether SQLite makes this change itself, with rows in the table as without (S14, S15).

    DROP COLUMN is refused where a key, an index, a check or another column uses the column, and where any view or
    trigger of the database does not work afterwards, whatever it is about (documentation of ALTER TABLE, section 5).
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
        case c.DropColumn():
            programs = schema.views or schema.unsupported or any(other.triggers for other in schema.tables)
            return not programs and len(table.columns) > 1 and not _is_used(change.column.name, table)
        case _:
            return False


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


def _can_add(change: c.AddColumn) -> bool:
    column = change.column
    if column.generated is not None:
        return not column.generated.stored and column.nullable
    if column.default is None:
        return column.nullable
    return _CONSTANT.fullmatch(column.default.sql) is not None
