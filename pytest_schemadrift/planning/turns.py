"""Renames in turn: a name is free only when what bore it has another one, or is gone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import count

from pytest_schemadrift.planning.free_names import places_of
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import Capabilities
from pytest_schemadrift.schema.model import Check, Exclusion, ForeignKey, Index, Name, PrimaryKey

Rename = c.RenameIndex | c.RenameConstraint
Item = PrimaryKey | ForeignKey | Check | Index | Exclusion


def in_turn(
    changes: Sequence[c.SimpleChange], capabilities: Capabilities
) -> tuple[list[c.SimpleChange], dict[c.SimpleChange, int]]:
    """The changes, and the turn of each rename: after everything that gives up its name.

    Of renames in a circle one goes by a name that nobody has. Where a rename is a removal and an addition anyway, it
    becomes those two, between which everything else is renamed.
    """
    shared = capabilities.shared_names
    removed = [place for change in changes for place in _removed(change)]
    waiting = sorted((change for change in changes if isinstance(change, Rename)), key=repr)
    given_up = [*removed, *((change.table, change.old) for change in waiting)]
    if capabilities.alters_column_whole or not capabilities.alters_columns:
        again = c.RenameConstraint if capabilities.alters_column_whole else c.RenameIndex
        held = [change for change in waiting if isinstance(change, again) and _is_held(change, given_up, shared)]
        return [part for change in changes for part in (_made_again(change) if change in held else (change,))], {}
    fresh = (f"schemadrift_renamed_{number}" for number in count(1))
    turns: dict[c.SimpleChange, int] = {}
    turn = int(any(_is_held(change, removed, shared) for change in waiting))
    while waiting:
        still = [(change.table, change.old) for change in waiting]
        ready = [change for change in waiting if not _is_held(change, still, shared)]
        turns |= dict.fromkeys(ready, turn)
        waiting = [change for change in waiting if change not in ready]
        if not ready:
            first = waiting[0]
            between = replace(first.new, name=next(fresh))
            turns[_renamed(first, first.old, between)] = turn
            waiting[0] = _renamed(first, between, first.new)
        turn += 1
    return [*(change for change in changes if not isinstance(change, Rename)), *turns], turns


def _renamed(change: Rename, old: Item, new: Item) -> Rename:
    return replace(change, old=old, new=new)  # type: ignore[arg-type]


def _made_again(change: c.SimpleChange) -> tuple[c.SimpleChange, ...]:
    """An index of SQLite, and a foreign key of MySQL and MariaDB, whose ALTER TABLE cannot give it a name of before.

    Indexes can have them there (seen in 9.7 and 11.8).
    """
    match change:
        case c.RenameConstraint(old=ForeignKey() as old, new=ForeignKey() as new):
            return c.DropForeignKey(change.table, old), c.AddForeignKey(change.table, new)
        case c.RenameIndex():
            return c.DropIndex(change.table, change.old), c.CreateIndex(change.table, change.new)
        case _:  # its removal and addition are one statement
            return (change,)


def _removed(change: c.SimpleChange) -> list[tuple[Name, Item]]:
    match change:
        case c.DropIndex() | c.DropUnique():
            return [(change.table, c.index_of(change))]
        case c.DropPrimaryKey():
            return [(change.table, change.primary_key)]
        case c.DropForeignKey():
            return [(change.table, change.foreign_key)]
        case c.DropCheck():
            return [(change.table, change.check)]
        case c.DropExclusion():
            return [(change.table, change.exclusion)]
        case _:  # nothing else has a name of these kinds to give up
            return []


def _is_held(change: Rename, items: Iterable[tuple[Name, Item]], shared: Collection[str]) -> bool:
    """Whether one of the items bears the name that a rename wants, where the two are in each other's way."""
    wanted = places_of(change.table, change.old, shared)
    return any(
        item.name == change.new.name and not {*wanted}.isdisjoint(places_of(table, item, shared))
        for table, item in items
    )
