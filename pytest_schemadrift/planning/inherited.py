"""Columns that a table has from another one: of a parent (INHERITS), or as a partition of a whole.

A live table has only its own; models cannot say where a column comes from, and list all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Name, Schema, Table


def inherited_columns(
    schema: Schema, table: Table, wanted: Mapping[Name, Table] = MappingProxyType({})
) -> dict[str, tuple[Name, Column]]:
    """The columns of the tables above one, at any depth, by name: where the nearest is, and what it is there.

    Of a table that is ``wanted`` otherwise they are as they are going to be.
    """
    found: dict[str, tuple[Name, Column]] = {}
    waiting = [table]
    for below in waiting:
        for name in (*below.inherits, *([below.partition_of[0]] if below.partition_of else [])):
            above = schema.table(name)
            if above is not None:
                waiting.append(above)
                for column in wanted.get(name, above).columns:
                    found.setdefault(column.name, (name, column))
    return found


def assert_not_inherited(live: Schema, wanted: Schema, changes: Iterable[c.Change]) -> None:
    """Raise ``Unsupported`` for a column that is to be added and that the table has from another one already."""
    for change in changes:
        if not isinstance(change, c.AddColumn):
            continue
        old, new = live.table(change.table), wanted.table(change.table)
        if old is None or new is None or (old.inherits, old.partition_of) != (new.inherits, new.partition_of):
            continue
        above = inherited_columns(live, old).get(change.column.name)
        if above is not None:
            raise Unsupported(f"column {change.column.name} comes from {above[0]}, and is another one there")
