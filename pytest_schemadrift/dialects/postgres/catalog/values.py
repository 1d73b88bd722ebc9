"""Single rows of the catalog as values of the model; those that are alike in many tables are one value."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from pytest_schemadrift.dialects.postgres.catalog.rows import ColumnRow, ConstraintRow, RelationRow
from pytest_schemadrift.dialects.postgres.read.defaults import default_of
from pytest_schemadrift.dialects.postgres.read.indexes import collation_text, read_index
from pytest_schemadrift.dialects.postgres.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import TokenStream
from pytest_schemadrift.schema.model import Column, Index, IndexPart, Options, options

ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
MATCHES = {"s": "SIMPLE", "f": "FULL", "p": "PARTIAL"}
_DESCENDING, _NULLS_FIRST = 1, 2
"""Bits of ``pg_index.indoption``."""


def column_of(row: ColumnRow, kind: str, default_schema: str) -> Column:
    """A column of type ``kind`` that no sequence and no expression fills."""
    return _column(row[OF_PLACE:], kind, default_schema)


def serial_of(row: ColumnRow, kind: str, default_schema: str) -> Column:
    """A column of type ``kind`` that its own sequence fills."""
    return _serial(row[OF_PLACE:], kind, default_schema)


OF_PLACE = 2
"""The values of ``ColumnRow`` that say where a column is: its table's number and its own."""


@lru_cache(maxsize=8192)
def _column(said: tuple[Any, ...], kind: str, default_schema: str) -> Column:
    """As ``column_of``, of the row without its place; columns that are alike in many tables are one value.

    The default is asked for by its text: expressions are equal by their keys alone, and ``now()`` in one table would
    be ``CURRENT_TIMESTAMP`` in another.
    """
    row = ColumnRow(0, 0, *said)
    default = row.default
    return Column(
        row.name,
        kind,
        nullable=not row.not_null or row.unvalidated is not None,
        default=None if default is None else default_of(default, kind, default_schema, keeps_null=row.is_domain),
        collation=row.collation
        and collation_text(row.collation_schema or "", row.collation, default_schema=default_schema),
        comment=row.comment,
        unvalidated=row.unvalidated,
        not_inherited=row.not_null_name is not None and row.not_inherited,
        not_null_name=row.not_null_name,
    )


@lru_cache(maxsize=8192)
def _serial(said: tuple[Any, ...], kind: str, default_schema: str) -> Column:
    return replace(_column(said, kind, default_schema), autoincrement=True)


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
    stream = TokenStream(text, tokenize(text))
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
    """What a primary key or a unique constraint says beyond its columns; nothing, mostly."""
    if not (row.deferrable or row.deferred or row.period):
        return ()
    return options(deferrable=row.deferrable, initially_deferred=row.deferred, without_overlaps=row.period)


def foreign_key_options(row: ConstraintRow) -> Options:
    """What a foreign key says beyond its columns and actions; nothing, mostly."""
    if row.enforced and not (row.period or row.disabled):
        return ()
    return options(not_enforced=not row.enforced, period=row.period, triggers_disabled=row.disabled)


def table_options(row: RelationRow) -> Options:
    """What a table says beyond its columns and constraints."""
    unlogged = row.persistence == "u" and row.kind != "p"  # of a partitioned table the word says nothing (P73)
    method = row.access_method if row.access_method not in (None, "heap") else None
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
