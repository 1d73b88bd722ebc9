"""The keys to which foreign keys refer."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_schemadrift.schema.model import Name, Schema, Table


def has_key(table: Table, columns: Sequence[str]) -> bool:
    """Whether these columns, in this order, are its primary key or a unique one, each as a whole."""
    keys = [index.parts for index in table.indexes if index.unique]
    keys += [table.primary_key.parts] if table.primary_key is not None else []
    wanted = [name.casefold() for name in columns]
    return any(
        [(part.column or "").casefold() for part in parts] == wanted and all(part.length is None for part in parts)
        for parts in keys
    )


def referred_without_key(schema: Schema) -> frozenset[Name]:
    """The tables to which foreign keys refer by columns that are no key."""
    keys = [(schema.table(key.ref_table), key.ref_columns) for table in schema.tables for key in table.foreign_keys]
    return frozenset(parent.name for parent, columns in keys if parent and columns and not has_key(parent, columns))
