"""Single rows of the catalog as values of the model; those that are alike in many tables are one value."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pytest_schemadrift.dialects.postgres.catalog.rows import ColumnRow, ConstraintRow, RelationRow
from pytest_schemadrift.dialects.postgres.read.defaults import default_of
from pytest_schemadrift.dialects.postgres.read.indexes import collation_text, read_index
from pytest_schemadrift.dialects.reader import TokenStream, tokenize
from pytest_schemadrift.schema.model import Column, Index, IndexPart, Options, options

ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
MATCHES = {"s": "SIMPLE", "f": "FULL", "p": "PARTIAL"}
_DESCENDING, _NULLS_FIRST = 1, 2
"""Bits of ``pg_index.indoption``."""


def column_of(row: ColumnRow, kind: str, default: str | None, default_schema: str) -> Column:
    """A column of type ``kind`` that no sequence and no expression fills."""
    return _column(
        row.name,
        kind,
        not row.not_null,
        default,
        row.is_domain,
        row.collation and collation_text(row.collation_schema or "", row.collation, default_schema=default_schema),
        row.comment,
        default_schema,
    )


@lru_cache(maxsize=8192)
def _column(
    name: str,
    kind: str,
    nullable: bool,
    default: str | None,
    is_domain: bool,
    collation: str | None,
    comment: str | None,
    default_schema: str,
) -> Column:
    """A column that no sequence and no expression fills; those that are alike in many tables are one value.

    The default is asked for by its text: expressions are equal by their keys alone, and ``now()`` in one table would
    be ``CURRENT_TIMESTAMP`` in another.
    """
    return Column(
        name,
        kind,
        nullable=nullable,
        default=None if default is None else default_of(default, kind, default_schema, keeps_null=is_domain),
        collation=collation,
        comment=comment,
    )


@lru_cache(maxsize=8192)
def part_of(column: str, flags: int, opclass: str | None, collation: str | None) -> IndexPart:
    """A column as the key of an index; those that are alike in many indexes are one value."""
    return IndexPart(
        column,
        descending=bool(flags & _DESCENDING),
        nulls_first=_nulls_first(flags) if flags else None,
        opclass=opclass,
        collation=collation,
    )


@lru_cache(maxsize=1024)
def index_from(definition: str, default_schema: str, unique: bool) -> Index | None:
    """What ``pg_get_indexdef`` prints after the table, not yet ``keyed``."""
    text = f"ON t{definition}"
    stream = TokenStream(text, tokenize(text, "postgres"))
    _, index = read_index(stream, default_schema, unique=unique)
    return index if stream.done else None


def _nulls_first(flags: int) -> bool | None:
    """``None`` where it is the direction's default: last when ascending, first when descending."""
    first, descending = bool(flags & _NULLS_FIRST), bool(flags & _DESCENDING)
    return None if first == descending else first


_TEXT_TYPES = frozenset([25, 1043])
_BPCHAR = 1042


def opclass_of(name: str, input_type: int, *, is_default: bool) -> Any:
    """type of a column -> the operator class as text, ``None`` where it need not be said.

    ``opcdefault`` is about the class's own input type; of the types that can stand in for each other only text on
    character matters.
    """

    def shown(type_oid: int) -> str | None:
        return name if not is_default or (input_type == _BPCHAR and type_oid in _TEXT_TYPES) else None

    return shown


def key_options(row: ConstraintRow) -> Options:
    """What a primary key or a unique constraint says beyond its columns."""
    return options(deferrable=row.deferrable, initially_deferred=row.deferred, without_overlaps=row.period)


def table_options(row: RelationRow) -> Options:
    """What a table says beyond its columns and constraints."""
    unlogged, method = row.persistence == "u", row.access_method if row.access_method not in (None, "heap") else None
    if not (unlogged or row.row_security or row.force_row_security or row.settings or method or row.server):
        return ()
    found = options(
        unlogged=unlogged,
        row_security=row.row_security,
        force_row_security=row.force_row_security,
        access_method=method,
        server=row.server,
        server_options=", ".join(sorted(row.server_options)) if row.server_options else None,
    )
    return tuple(sorted((*found, ("with", ", ".join(sorted(row.settings)))))) if row.settings else found
