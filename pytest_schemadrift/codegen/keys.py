"""What tells a table's rows apart, where a framework wants exactly one field for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_schemadrift.codegen.outline import ModelOutline
from pytest_schemadrift.codegen.shapes import has_plain_key, is_plain_index, is_plain_unique, key_columns
from pytest_schemadrift.dialects.sqlite.read.builder import rowid_alias
from pytest_schemadrift.schema.model import Column, Index, Table


@dataclass(frozen=True, slots=True)
class Key:
    """The field that stands for the key, and the columns that really tell rows apart."""

    column: str
    columns: tuple[str, ...]
    """Those of the primary key, else of a unique index without NULLs; empty where rows cannot be told apart."""
    plain: bool
    """Whether ``PRIMARY KEY`` behind the column says all."""


def row_key(model: ModelOutline, family: str) -> Key:
    """How the rows of a model are told apart."""
    table = model.table
    columns = key_columns(table)
    if columns:
        return Key(_stand_in(model, columns, family), columns, plain=has_plain_key(table))
    columns = _unique_row(table)
    named = columns or tuple(column.name for column in table.columns)
    return Key(_stand_in(model, named, family), columns, plain=False)


def _unique_row(table: Table) -> tuple[str, ...]:
    required = {column.name for column in table.columns if not column.nullable}
    return next((item.columns for item in table.indexes if is_plain_unique(item) and set(item.columns) <= required), ())


def _stand_in(model: ModelOutline, columns: Sequence[str], family: str) -> str:
    """The column that stands for the whole key: one that counts, else one that is no relation."""
    table = model.table
    found = {name: column for name in columns if (column := table.column(name))}
    for name, column in found.items():
        if counts(table, column, family):
            return name
    plain = [name for name in found if name not in model.relations]
    required = [name for name in plain if not found[name].nullable]
    return next(iter([*required, *plain, *found]))


def counts(table: Table, column: Column, family: str) -> bool:
    """Whether the database gives the column its next number."""
    if column.autoincrement or column.identity is not None:
        return True
    return family == "sqlite" and column.name == rowid_alias(table)


def is_implied(table: Table, index: Index, family: str) -> bool:
    """The index that MySQL keeps under a foreign key, and makes by itself where there is no other."""
    if family != "mysql" or index.unique or index.method or not is_plain_index(index):
        return False
    keys = [key for key in table.foreign_keys if key.columns == index.columns]
    others = [item.parts for item in table.indexes if item is not index]
    others += [table.primary_key.parts] if table.primary_key else []
    return bool(keys) and not any(parts[: len(index.parts)] == index.parts for parts in others)
