"""What the queries of ``queries/`` answer: a named tuple for each, whose fields are the names of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pytest_schemadrift.dialects.base import rows_of
from pytest_schemadrift.dialects.postgres.catalog.at_once import DIGEST


class NamespaceRow(NamedTuple):
    """A schema or an extension, by ``kind``."""

    kind: str
    name: str


class TypeRow(NamedTuple):
    """An enum (``e``), a domain (``d``), or the type of an extension."""

    kind: str
    extension: bool
    schema: str
    name: str
    comment: str | None
    labels: list[str] | None
    base: str | None
    not_null: bool
    default: str | None
    collation_schema: str | None
    collation: str | None
    checks: str | None


class SequenceRow(NamedTuple):
    """A sequence; ``owner`` is the kind of dependency on the column that ``relation`` and ``number`` name."""

    schema: str
    name: str
    shown: str
    type: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cache: int
    cycle: bool
    owner: str | None
    relation: int | None
    number: int | None


class InheritanceRow(NamedTuple):
    """A table and one of its parents."""

    child: int
    schema: str
    name: str


class OpclassRow(NamedTuple):
    """An operator class or a collation, by ``kind``."""

    kind: str
    oid: int
    schema: str
    name: str
    is_default: bool
    input_type: int


class TriggerRow(NamedTuple):
    """A trigger of a table or view."""

    relation: int
    name: str
    sql: str


class ViewReadRow(NamedTuple):
    """A table or view that a view reads."""

    view: int
    schema: str
    name: str


class OtherRow(NamedTuple):
    """What is seen and not expressed."""

    kind: str
    schema: str
    name: str
    sql: str | None
    table_schema: str | None
    table_name: str | None


class RelationRow(NamedTuple):
    """A table, view or composite type, by ``kind``."""

    oid: int
    schema: str
    name: str
    kind: str
    persistence: str
    row_security: bool
    force_row_security: bool
    typed: bool
    settings: list[str] | None
    access_method: str | None
    comment: str | None
    partition_key: str | None
    bound: str | None
    body: str | None
    server: str | None
    server_options: list[str] | None


class ColumnRow(NamedTuple):
    """A column; ``collation`` is empty where it is that of the type."""

    relation: int
    number: int
    name: str
    local: bool
    type: str
    type_oid: int
    is_domain: bool
    not_null: bool
    unvalidated: str | None
    not_inherited: bool
    not_null_name: str | None
    not_null_local: bool
    default: str | None
    identity: str
    generated: str
    collation_oid: int
    collation_schema: str | None
    collation: str | None
    comment: str | None


class ConstraintRow(NamedTuple):
    """A constraint by ``kind``: ``p``, ``u``, ``f``, ``c``, or ``x``."""

    relation: int
    name: str
    kind: str
    key: list[int]
    index_oid: int
    deferrable: bool
    deferred: bool
    validated: bool
    no_inherit: bool
    ref_schema: str
    ref_table: str
    ref_columns: list[str]
    on_update: str
    on_delete: str
    match: str
    check_sql: str
    exclusion: str
    set_columns: list[int] | None
    enforced: bool
    period: bool
    disabled: bool
    comment: str | None


class IndexRow(NamedTuple):
    """An index; ``definition`` is there where the numbers before it do not say it all."""

    oid: int
    relation: int
    name: str
    method: str
    unique: bool
    valid: bool
    key_count: int
    keys: list[int]
    flags: list[int]
    classes: list[int]
    collations: list[int]
    settings: list[str] | None
    comment: str | None
    where_sql: str | None
    nulls_not_distinct: bool
    definition: str | None


class MarkRow(NamedTuple):
    """What was given to an object: a ``Mark`` of the model; ``place`` is the order of rights."""

    on: str
    schema: str
    owner: str
    name: str
    aspect: str
    values: list[str]
    place: int


class DependentRow(NamedTuple):
    """What stands on relations and their columns: a ``Dependent`` of the model."""

    kind: str
    schema: str | None
    owner: str | None
    name: str
    sql: str
    schemas: list[str]
    relations: list[str]
    columns: list[str]


class RightRow(NamedTuple):
    """A schema (``name`` is ``None``) or a table, and what the role may do: a table is used by reading it."""

    schema: str
    name: str | None
    owner: str
    may_use: bool
    may_change: bool


ROWS: dict[str, Any] = {
    "columns": ColumnRow,
    "constraints": ConstraintRow,
    "indexes": IndexRow,
    "inheritance": InheritanceRow,
    "namespaces": NamespaceRow,
    "opclasses": OpclassRow,
    "others": OtherRow,
    "relations": RelationRow,
    "rights": RightRow,
    "sequences": SequenceRow,
    "triggers": TriggerRow,
    "types": TypeRow,
    "marks": MarkRow,
    "dependents": DependentRow,
    "views": ViewReadRow,
}
"""Query -> its rows."""
NAMES: dict[type[Any], str] = {row: name for name, row in ROWS.items()}


def named(name: str, rows: Sequence[Any]) -> list[Any]:
    """The server's answer to the query ``name`` as its named tuples.

    Their digest, where it was asked for, is left out. Raises ``TypeError`` where the server's columns are others: the
    query and its tuple were not changed together.
    """
    kind = ROWS[name]
    found = tuple(rows[0].keys()) if rows else kind._fields
    if found[-1] == DIGEST:
        found, rows = found[:-1], [row[:-1] for row in rows]
    if found != kind._fields:
        raise TypeError(f"{name}.sql answers {found}, {kind.__name__} has {kind._fields}")
    return rows_of(kind, rows)
