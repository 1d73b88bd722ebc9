"""Partitions that a table gets or loses: before or after what else changes of it."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_schemadrift.dialects.mysql.names import qualified, quote
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Expression, Table


def repartition(old: Table, new: Table, changes: Sequence[c.SimpleChange]) -> tuple[list[str], list[str]]:
    """The statements before and after all other changes of a table.

    Other partitions come last; those that go, and forbid what is wanted, go first: every unique key has all columns of
    the partitioning in it, none of these goes, and no foreign key is beside it (manual of MySQL, "Partitioning Keys,
    Primary Keys, and Unique Keys").
    """
    if old.partition_by == new.partition_by:
        return [], []
    head = f"ALTER TABLE {qualified(old.name)}"
    goes = old.partition_by is not None and (new.partition_by is None or _are_in_the_way(old.partition_by, changes))
    before = [f"{head} REMOVE PARTITIONING"] if goes else []
    after = [f"{head} PARTITION BY {new.partition_by.sql}"] if new.partition_by is not None else []
    return before, after


def _are_in_the_way(partitions: Expression, changes: Sequence[c.SimpleChange]) -> bool:
    for change in changes:
        match change:
            case c.AddPrimaryKey() | c.AddUnique() | c.RebuildIndex():
                return True
            case c.CreateIndex() if change.index.unique:
                return True
            case c.DropColumn() if quote(change.column.name) in partitions.sql:
                return True
            case _ if isinstance(change, c.ColumnChange) and quote(change.new.name) in partitions.sql:
                return True
    return False
