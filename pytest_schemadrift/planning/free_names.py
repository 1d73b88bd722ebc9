"""Names of new indexes and constraints that something which stays has already, where names do not count."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import count
from typing import TypeVar

from pytest_schemadrift.schema.build import in_order
from pytest_schemadrift.schema.model import (
    Check,
    Exclusion,
    ForeignKey,
    Index,
    Name,
    Options,
    PrimaryKey,
    Schema,
    Table,
)

Named = PrimaryKey | Index | ForeignKey | Check | Exclusion
Item = TypeVar("Item", bound=Named)
Place = tuple[str, str, str]
"""Within which a name is one thing: a kind, a schema and, where the schema is not enough, a table."""

LONGEST = 58
"""Bytes of a name that is lengthened: with what is put to it, it is none that a server would cut."""


def with_free_names(old: Schema, new: Schema, shared: Collection[str]) -> Schema:
    """``new`` with another name for each new thing whose name belongs to one that stays.

    A table that is renamed keeps the names of its indexes and keys, and one that is found by its shape keeps its own:
    what is made beside them cannot have them. ``shared`` are the kinds whose names are one in a schema
    (``index``, ``key``, ``foreign key``, ``check``); all others are one in a table. Names of indexes that are one in a
    schema are those of its tables, views and sequences, too; with ``constraint`` those of a table share
    theirs. Of two of one name in a table, the one that is there as it is keeps it.
    """
    olds = {table.name: table for table in old.tables}
    held = _of_relations(new) if "index" in shared else {}
    stay: set[int] = set()
    for table in new.tables:
        before = olds.get(table.name)
        for item in _staying(table, before) if before is not None else ():
            if item.name:
                stay.add(id(item))
                for place in places_of(table.name, item, shared):
                    held.setdefault(place, set()).add(item.name)
    tables = tuple(_freed(table, held, stay, shared) for table in new.tables)
    return new if tables == new.tables else replace(new, tables=tables)


def _staying(table: Table, before: Table) -> Iterator[Named]:
    """What the table has already; of two of one name the one that is there as it is, or as nearly so as can be."""
    there = list(_named(before))
    found: dict[tuple[type, str | None], Named] = {}
    for item in _named(table):
        key = (type(item), item.name)
        if item in there or (key not in found and _stays(item, before)):
            found[key] = item
    yield from found.values()


def _named(table: Table) -> Iterator[Named]:
    if table.primary_key is not None:
        yield table.primary_key
    for items in (table.indexes, table.foreign_keys, table.checks, table.exclusions):
        yield from items


def _stays(item: Named, before: Table) -> bool:
    """Whether the table has it already, under this name; what it is in detail may change in place."""
    match item:
        case PrimaryKey():
            return before.primary_key is not None and before.primary_key.name == item.name
        case Index():
            return any(
                (own.name, own.parts, own.where) == (item.name, item.parts, item.where) for own in before.indexes
            )
        case ForeignKey():
            return any((own.name, own.columns) == (item.name, item.columns) for own in before.foreign_keys)
        case Check():
            return any((own.name, own.expression) == (item.name, item.expression) for own in before.checks)
        case Exclusion():
            return any((own.name, own.definition) == (item.name, item.definition) for own in before.exclusions)


def _of_relations(schema: Schema) -> dict[Place, set[str]]:
    held: dict[Place, set[str]] = {}
    names = [item.name for items in (schema.tables, schema.views, schema.sequences) for item in items]
    for name in names:
        held.setdefault(("index", name.schema, ""), set()).add(name.name)
    return held


def places_of(table: Name, item: Named, shared: Collection[str]) -> tuple[Place, ...]:
    """The one that the name is for, and where no other of its name may be either."""
    match item:
        case PrimaryKey() | Exclusion():
            kind, space = "key", "index"
        case Index():
            kind, space = ("key" if item.constraint else "index"), "index"
        case ForeignKey():
            kind = space = "foreign key"
        case Check():
            kind = space = "check"
    own = (space, table.schema, "" if kind in shared else table.name)
    if "constraint" not in shared or kind == "index":
        return (own,)
    return (own, ("constraint", table.schema, table.name))


def _freed(table: Table, held: dict[Place, set[str]], stay: Collection[int], shared: Collection[str]) -> Table:
    renamed: dict[str, str] = {}

    def is_held(item: Named, places: tuple[Place, ...]) -> bool:
        return id(item) not in stay and any(item.name in held.get(place, ()) for place in places)

    def freed(item: Item) -> Item:
        places = places_of(table.name, item, shared)
        if not item.name or not is_held(item, places):
            return item
        taken = set[str]().union(*(held.get(place, ()) for place in places))
        name = _another(item.name, {*taken, *(other.name or "" for other in _named(table))})
        for place in places:
            held.setdefault(place, set()).add(name)
        renamed[item.name] = name
        return replace(item, name=name)

    def all_freed(items: Iterable[Item]) -> tuple[Item, ...]:
        return tuple(freed(item) for item in items)

    if not any(item.name and is_held(item, places_of(table.name, item, shared)) for item in _named(table)):
        return table
    again = replace(
        table,
        primary_key=freed(table.primary_key) if table.primary_key is not None else None,
        indexes=in_order(all_freed(table.indexes)),
        foreign_keys=in_order(all_freed(table.foreign_keys)),
        checks=in_order(all_freed(table.checks)),
        exclusions=in_order(all_freed(table.exclusions)),
    )
    if not renamed:
        return table
    mine = {item.name for item in _named(again)}

    def of_freed(comments: Options) -> Options:
        return tuple(sorted((name if name in mine else renamed.get(name, name), text) for name, text in comments))

    return replace(
        again,
        constraint_comments=of_freed(table.constraint_comments),
        index_comments=of_freed(table.index_comments),
    )


def _another(name: str, taken: Collection[str]) -> str:
    stem = name.encode()[:LONGEST].decode(errors="ignore")
    return next(found for number in count(1) if (found := f"{stem}_{number}") not in taken)
