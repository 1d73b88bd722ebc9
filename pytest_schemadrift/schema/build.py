"""Tables and schemas put together, every tuple in canonical order; every dumper and parser makes them here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Dependent,
    Domain,
    Enum,
    Exclusion,
    Expression,
    ForeignKey,
    Index,
    Mark,
    Name,
    Options,
    PrimaryKey,
    Schema,
    Sequence,
    Table,
    Trigger,
    UnsupportedObject,
    View,
)

P = TypeVar("P", Index, ForeignKey, Check, Exclusion)


def _place(item: Index | ForeignKey | Check | Exclusion) -> tuple[str, ...]:
    """What an item is about: enough to put most items of a table in order."""
    if isinstance(item, Index):  # asked of every index of every table: a class pattern takes twice as long
        return tuple([part.column or "" for part in item.parts])
    if isinstance(item, ForeignKey):
        return item.columns
    return (item.expression.key if isinstance(item, Check) else item.definition.key,)


def sort_key(item: Index | ForeignKey | Check | Exclusion) -> tuple[tuple[str, ...], str, str]:
    """The order of a table's indexes and constraints: by what they are about, by all of their shape, by name."""
    return (_place(item), repr(replace(item, name=None)), item.name or "")


def in_order(items: Iterable[P]) -> tuple[P, ...]:
    """Sorted by ``sort_key``; its costly part is spared where no two items are about the same."""
    found = tuple(items)
    if len(found) < 2:
        return found
    by_place = {_place(item): item for item in found}
    if len(by_place) == len(found):
        return tuple(by_place[place] for place in sorted(by_place))
    return tuple(sorted(found, key=sort_key))


def make_table(
    name: Name,
    columns: Iterable[Column],
    *,
    indexes: Iterable[Index] = (),
    foreign_keys: Iterable[ForeignKey] = (),
    checks: Iterable[Check] = (),
    exclusions: Iterable[Exclusion] = (),
    triggers: Iterable[Trigger] = (),
    primary_key: PrimaryKey | None = None,
    comment: str | None = None,
    kind: str = "table",
    partition_by: Expression | None = None,
    partition_of: tuple[Name, str] | None = None,
    inherits: Iterable[Name] = (),
    options: Options = (),
    constraint_comments: Options = (),
    index_comments: Options = (),
    of_inherited: tuple[str, ...] = (),
) -> Table:
    """Build a ``Table`` with its parts in canonical order; every dumper and parser builds it here."""
    return Table(
        name=name,
        columns=tuple(columns),
        primary_key=primary_key,
        indexes=in_order(indexes),
        foreign_keys=in_order(foreign_keys),
        checks=in_order(checks),
        exclusions=in_order(exclusions),
        comment=comment or None,
        kind=kind,
        partition_by=partition_by,
        partition_of=partition_of,
        inherits=tuple(inherits),
        options=tuple(sorted(options)) if options else (),
        triggers=tuple(sorted(triggers, key=lambda trigger: trigger.name)) if triggers else (),
        constraint_comments=tuple(sorted(constraint_comments)) if constraint_comments else (),
        index_comments=tuple(sorted(index_comments)) if index_comments else (),
        of_inherited=of_inherited,
    )


def _of_unsupported(item: UnsupportedObject) -> tuple[str, str, Name, str]:
    """Policies of several tables may have one name: without their tables the order would be that of a server's rows."""
    return item.kind, item.name, item.table or Name("", ""), item.sql


def make_schema(
    dialect: str,
    *,
    tables: Iterable[Table] = (),
    namespaces: Iterable[str] = (),
    extensions: Iterable[str] = (),
    enums: Iterable[Enum] = (),
    sequences: Iterable[Sequence] = (),
    domains: Iterable[Domain] = (),
    views: Iterable[View] = (),
    unsupported: Iterable[UnsupportedObject] = (),
    marks: Iterable[Mark] = (),
    dependents: Iterable[Dependent] = (),
    unseen: Iterable[UnsupportedObject] = (),
) -> Schema:
    """Build a ``Schema`` with every tuple in canonical order; every dumper and parser builds it here."""
    return Schema(
        dialect=dialect,
        tables=tuple(sorted(tables, key=lambda item: item.name)),
        namespaces=tuple(sorted(set(namespaces))),
        extensions=tuple(sorted(set(extensions))),
        enums=tuple(sorted(enums, key=lambda item: item.name)),
        sequences=tuple(sorted(sequences, key=lambda item: item.name)),
        domains=tuple(sorted(domains, key=lambda item: item.name)),
        views=tuple(sorted(views, key=lambda item: item.name)),
        unsupported=tuple(sorted(unsupported, key=_of_unsupported)),
        marks=tuple(marks),
        dependents=tuple(dependents),
        unseen=tuple(unseen),
    )
