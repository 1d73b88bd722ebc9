"""Tables that others inherit from or are partitions of."""

from __future__ import annotations

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Name


def children_of(table: Name, context: RenderContext) -> list[Name]:
    """The partitions of a table, and those that inherit from it; without those that the plan drops, which go first."""
    found = [
        child.name
        for child in context.old.tables
        if table in child.inherits or (child.partition_of is not None and child.partition_of[0] == table)
    ]
    if not found:
        return []
    dropped = {change.table.name for change in context.changes if isinstance(change, c.DropTable)}
    return [child for child in found if child not in dropped]


def heirs_of(table: Name, context: RenderContext) -> list[Name]:
    """``children_of`` at any depth."""
    found = dict.fromkeys(children_of(table, context))
    waiting = list(found)
    while waiting:
        more = [child for child in children_of(waiting.pop(), context) if child not in found]
        found |= dict.fromkeys(more)
        waiting += more
    return list(found)


def lineage_of(table: Name, context: RenderContext) -> list[Name]:
    """A table, and all those whose columns it has."""
    found = [table]
    for name in found:  # which grows
        item = context.old.table(name)
        parents = () if item is None else (*item.inherits, *([item.partition_of[0]] if item.partition_of else []))
        found += [parent for parent in parents if parent not in found]
    return found
