"""What SQLite can do, and what a conversion of it does to values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_schemadrift.dialects.sqlite.names import fold
from pytest_schemadrift.dialects.sqlite.read.builder import rowid_alias
from pytest_schemadrift.dialects.sqlite.read.compatibility import compatibility
from pytest_schemadrift.dialects.sqlite.read.types import conversion
from pytest_schemadrift.schema.capabilities import Capabilities, Conversion, ServerInfo
from pytest_schemadrift.schema.model import Schema, Table

if TYPE_CHECKING:
    from pytest_schemadrift.schema.changes import AlterTable, SimpleChange


def capabilities(info: ServerInfo) -> Capabilities:
    """The abilities of one SQLite; versions differ in what is made in place."""
    return Capabilities(
        dialect="sqlite",
        shared_names=frozenset(["index"]),
        transactional_ddl=True,
        alters_columns=False,
        alters_column_whole=False,
        comment_builds_index=False,
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
        compatibility=compatibility,
        types_are_texts=True,
        numbers_itself=lambda table, column: rowid_alias(table) == column.name,
        converts_options=_converts_options,
        nullable_keys=True,
        keeps_orphans=True,
        alters_by_text=True,
        in_place=lambda change, table, schema: _in_place(change, table, schema, info.version),
    )


def _converts_options(old: Table, new: Table) -> Conversion:
    """What STRICT that comes or goes does to values (https://sqlite.org/stricttables.html, sections 2 and 3).

    A table that becomes strict refuses what is not of its column's type. ANY keeps every value in a strict table; in
    any other its affinity is NUMERIC, for which the text ``'007'`` is the number 7.
    """
    was, is_ = (("strict", "yes") in table.options for table in (old, new))
    if is_ and not was:
        return Conversion.MAY_FAIL
    kept = {fold(column.name) for column in new.columns}
    if was and not is_ and any(column.type == "ANY" and fold(column.name) in kept for column in old.columns):
        return Conversion.LOSSY
    return Conversion.REWRITE


def _in_place(change: SimpleChange | AlterTable, table: Table, schema: Schema, version: tuple[int, ...]) -> bool:
    from pytest_schemadrift.dialects.sqlite.write.in_place import in_place

    return in_place(change, table, schema, version)
