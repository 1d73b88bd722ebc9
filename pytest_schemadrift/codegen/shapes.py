"""Which parts of a table say nothing but the obvious, so that a framework's plainest word for them is enough."""

from __future__ import annotations

from pytest_schemadrift.schema.model import ForeignKey, Index, IndexPart, Name, Table


def is_plain_part(part: IndexPart) -> bool:
    """A whole column in the server's default order."""
    return part.column is not None and part == IndexPart(part.column)


def is_plain_index(index: Index) -> bool:
    """An index on whole columns, of any method, with nothing more to it than its name."""
    return (
        all(map(is_plain_part, index.parts))
        and not (index.where or index.include or index.nulls_not_distinct or index.comment or index.options)
        and index.valid
    )


def is_plain_unique(index: Index) -> bool:
    """A unique constraint or index that ``UNIQUE (columns)`` says all of."""
    return index.unique and index.method is None and is_plain_index(index)


def key_columns(table: Table) -> tuple[str, ...]:
    """The columns of the primary key, none where there is none."""
    return table.primary_key.columns if table.primary_key else ()


def single_key(table: Table) -> str | None:
    """The column that alone is the primary key."""
    columns = key_columns(table)
    return columns[0] if len(columns) == 1 else None


def has_plain_key(table: Table) -> bool:
    """Whether ``PRIMARY KEY`` behind its only column says all of the primary key."""
    key = table.primary_key
    return key is not None and len(key.parts) == 1 and is_plain_part(key.parts[0]) and not key.options


def unique_columns(table: Table) -> dict[str, Index]:
    """The columns that are unique on their own, each with the index that says so."""
    found: dict[str, Index] = {}
    for index in table.indexes:
        if is_plain_unique(index) and len(index.parts) == 1:
            found.setdefault(index.columns[0], index)
    return found


def target_columns(key: ForeignKey, tables: dict[Name, Table]) -> tuple[str, ...]:
    """The columns that a foreign key refers to: those it names, else the other table's primary key."""
    target = tables.get(key.ref_table)
    return key.ref_columns or (key_columns(target) if target else ())
