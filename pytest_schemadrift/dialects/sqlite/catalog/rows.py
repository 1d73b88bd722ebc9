"""What the queries of ``queries/`` answer: a named tuple for each, whose fields are the names of its columns."""

from __future__ import annotations

from typing import Any, NamedTuple


class ObjectRow(NamedTuple):
    """A table, index, view or trigger, by ``kind``; automatic indexes have no text."""

    kind: str
    name: str
    sql: str | None


class KindRow(NamedTuple):
    """What kind of table a table is: ordinary, virtual, a virtual table's shadow."""

    name: str
    kind: str
    without_rowid: int
    strict: int


class ColumnRow(NamedTuple):
    """A column; ``key_place`` is its place in the primary key, from 1; ``hidden`` is 2 or 3 for generated ones."""

    table_name: str
    name: str
    type: str
    not_null: int
    default_text: str | None
    key_place: int
    hidden: int


class IndexRow(NamedTuple):
    """One key of an index; ``origin`` is ``c`` for those that CREATE INDEX made."""

    table_name: str
    name: str
    unique: int
    origin: str
    partial: int
    column_name: str | None
    descending: int
    collation: str


class ForeignKeyRow(NamedTuple):
    """One column of a foreign key; ``parent_column`` is empty where the text names none."""

    table_name: str
    id: int
    parent: str
    column_name: str
    parent_column: str | None
    on_update: str
    on_delete: str


ROWS: dict[str, Any] = {
    "columns": ColumnRow,
    "foreign_keys": ForeignKeyRow,
    "indexes": IndexRow,
    "kinds": KindRow,
    "objects": ObjectRow,
}
"""Query -> its rows."""
