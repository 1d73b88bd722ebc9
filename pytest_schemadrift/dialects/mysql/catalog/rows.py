"""What the queries of ``queries/`` answer: a named tuple for each, whose fields are the names of its columns.

Where a query's first column is ``table_name``, its rows are grouped by that and go without it: columns that are alike
in many tables are then equal rows.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class TableRow(NamedTuple):
    """A table or view, by ``kind``."""

    name: str
    kind: str
    engine: str | None
    collation: str | None
    options: str | None
    comment: str


class ColumnRow(NamedTuple):
    """A column; ``default_text`` is SQL in MariaDB, and a bare value in MySQL unless ``extra`` says otherwise."""

    name: str
    default_text: str | None
    nullable: str
    type: str
    collation: str | None
    extra: str
    generation: str | None
    comment: str
    srid: int | None


class IndexRow(NamedTuple):
    """One key of an index; without ``column_name`` it is an expression."""

    name: str
    non_unique: int
    column_name: str | None
    direction: str | None
    prefix: int | None
    type: str
    visible: str
    comment: str
    expression: str | None


class ForeignKeyRow(NamedTuple):
    """One column of a foreign key."""

    name: str
    column_name: str
    ref_schema: str
    ref_table: str
    ref_column: str


class RuleRow(NamedTuple):
    """What a foreign key does when its parent changes."""

    name: str
    on_update: str
    on_delete: str


class CheckRow(NamedTuple):
    """A CHECK; ``level`` is ``Column`` for those that are part of a column's definition in MariaDB."""

    name: str
    clause: str
    enforced: str
    level: str


class TriggerRow(NamedTuple):
    """A trigger; MariaDB leaves its body out for a role that may not see it."""

    name: str
    timing: str
    event: str
    body: str | None


class PartitionRow(NamedTuple):
    """A partition or subpartition."""

    name: str
    subpartition: str | None
    method: str
    submethod: str | None
    expression: str | None
    subexpression: str | None
    description: str | None
    comment: str | None


class SridRow(NamedTuple):
    """The reference system of a column of MariaDB."""

    name: str
    srid: int


class ViewRow(NamedTuple):
    """A view; its definition is empty for a role that may not see it."""

    name: str
    definition: str
    check_option: str


ROWS: dict[str, Any] = {
    "checks_mariadb": CheckRow,
    "columns_mariadb": ColumnRow,
    "columns_mysql": ColumnRow,
    "foreign_key_rules": RuleRow,
    "foreign_keys": ForeignKeyRow,
    "indexes_mariadb": IndexRow,
    "indexes_mysql": IndexRow,
    "partitions": PartitionRow,
    "srids_mariadb": SridRow,
    "tables": TableRow,
    "triggers": TriggerRow,
    "views": ViewRow,
}
"""Query -> its rows."""
