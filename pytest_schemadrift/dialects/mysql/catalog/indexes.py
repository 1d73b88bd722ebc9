"""Primary keys and indexes of a table, as the catalog shows them: a row for each of their parts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from pytest_schemadrift.dialects.mysql.catalog.rows import ColumnRow, IndexRow
from pytest_schemadrift.dialects.mysql.catalog.values import Values
from pytest_schemadrift.schema.model import Index, IndexPart, PrimaryKey, options

_WHOLE = ("SPATIAL", "FULLTEXT", "VECTOR")
"""Kinds of indexes that take columns whole, whatever length the catalog tells."""


def read_indexes(
    rows: Sequence[IndexRow], columns: Sequence[ColumnRow], values: Values, *, memory: bool
) -> tuple[PrimaryKey | None, list[Index]]:
    """The primary key and the indexes of a table with these ``columns``; ``memory`` says that its engine is MEMORY."""
    grouped: dict[str, list[IndexRow]] = {}
    for row in rows:
        grouped.setdefault(row.name, []).append(row)
    primary_key: PrimaryKey | None = None
    found: list[Index] = []
    for name, members in grouped.items():
        first = members[0]
        kind, comment = first.type, first.comment or None
        whole, unique = kind in _WHOLE, not int(first.non_unique)
        parts = tuple([_part(member, columns, values, whole=whole) for member in members])
        if name == "PRIMARY":
            primary_key = PrimaryKey(parts, options=options(comment=comment) if comment else ())
            continue
        found.append(
            Index(
                name,
                parts,
                unique,
                method=_method(kind, memory=memory, unique=unique),
                comment=comment,
                options=() if first.visible == "YES" else options(invisible=True),
            )
        )
    return primary_key, found


def _part(row: IndexRow, columns: Sequence[ColumnRow], values: Values, *, whole: bool) -> IndexPart:
    column, descending, prefix = row.column_name, row.direction == "D", row.prefix
    if column is None:
        return IndexPart(expression=values.expression(row.expression or "", columns), descending=descending)
    return _plain_part(column, descending, None if whole or prefix is None else int(prefix))


@lru_cache(maxsize=8192)
def _plain_part(column: str, descending: bool, length: int | None) -> IndexPart:
    """A column as the key of an index; those that are alike in many indexes are one value."""
    return IndexPart(column, descending=descending, length=length)


def _method(type_: str, *, memory: bool, unique: bool) -> str | None:
    """``None`` for what the engine uses by itself: BTREE, in MEMORY tables HASH.

    InnoDB of MariaDB has a kind of HASH for unique indexes only; elsewhere the word is kept and means nothing.
    """
    if memory:
        return None if type_ == "HASH" else type_.lower()
    if type_ == "BTREE" or (type_ == "HASH" and not unique):
        return None
    return {"RTREE": "spatial"}.get(type_, type_.lower())
