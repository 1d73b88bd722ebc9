"""The wanted schema without what a person accepts, so that what is left of the difference can be made.

A change that is accepted is not made. Others may stand on it, and then

- a part of a table that needs what stays missing cannot come either, and what the database keeps cannot lose what it
  stands on: such a change is accepted with the other one, and listed;
- of a column's type, default and ON UPDATE those that do not fit the one that stays, stay too: accepted, and listed;
- a table that needs what stays missing is said to be one that cannot be created: nobody accepted that;
- what would be kept and cannot stay, because a column of it goes or its place is taken, is drift, and shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from pytest_schemadrift.planning.describe import describe, name_of
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.free_names import with_free_names
from pytest_schemadrift.planning.needs import columns_of, needs_coming, needs_leaving
from pytest_schemadrift.planning.policy import Ignored, Policy
from pytest_schemadrift.planning.renames import backwards
from pytest_schemadrift.planning.safe_mode import without_index
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import Capabilities
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.model import Expression, ForeignKey, Name, Schema, UnsupportedObject

Ignore = Callable[[c.SimpleChange], str | None]
"""Gives the reason why a change is no drift, or ``None`` where it is one."""

_NamedDrop = c.DropIndex | c.DropUnique | c.DropForeignKey | c.DropCheck | c.DropExclusion
_NamedAddition = c.CreateIndex | c.AddUnique | c.AddForeignKey | c.AddCheck | c.AddExclusion

GOES_ALONG = "depends on what is accepted"
"""The reason of a change that cannot be made because another one is accepted."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a difference: the schema to reach, what is ignored, and the tables that cannot be created."""

    target: Schema
    ignored: tuple[Ignored, ...] = ()
    impossible: tuple[UnsupportedObject, ...] = ()


def without_ignored(start: Schema, target: Schema, ignore: Ignore, policy: Policy, capabilities: Capabilities) -> Left:
    """The wanted schema without what is ignored: the live one, evolved by everything else."""
    changes = diff(start, target)
    reasons = {place: reason for place, change in enumerate(changes) if (reason := ignore(change))}
    while reasons:
        along = _along(changes, reasons, start, target, capabilities)
        rest = [change for place, change in enumerate(changes) if place not in reasons and place not in along]
        back = [place for place in reasons if _cannot_stay(changes[place], rest, start, policy)]
        if not back:
            break
        reasons = {place: reason for place, reason in reasons.items() if place not in back}
    if not reasons:
        return Left(target)
    left = evolve(start, rest)
    if policy.names == "shape":  # what is kept has its name still
        left = with_free_names(start, left, policy.shared_names)
    tables = [place for place in along if isinstance(changes[place], c.CreateTable)]
    ignored = {**reasons, **{place: GOES_ALONG for place in along if place not in tables}}
    return Left(
        left,
        tuple(Ignored(changes[place], ignored[place], accepted=True) for place in sorted(ignored)),
        tuple(_not_created(changes[place], changes[along[place]]) for place in sorted(tables)),
    )


@dataclass(frozen=True, slots=True)
class OldNames:
    """The renames that are made, and what is wanted under the old names of those that are ignored."""

    renames: tuple[c.Rename, ...]
    target: Schema
    ignored: tuple[Ignored, ...] = ()


def with_old_names(target: Schema, renames: Sequence[c.Rename], ignore: Ignore) -> OldNames:
    """Leave the names of what a person accepts under another one as they are, unless another thing takes that name."""
    reasons = {rename: reason for rename in renames if (reason := ignore(rename))}
    taken: set[object] = {table.name for table in target.tables}
    taken |= {(table.name, column.name) for table in target.tables for column in table.columns}
    kept = [rename for rename in renames if rename in reasons and _old_place(rename) not in taken]
    if not kept:
        return OldNames(tuple(renames), target)
    old = {rename.new: rename.old for rename in kept if isinstance(rename, c.RenameTable)}
    return OldNames(
        tuple(_in_old_table(rename, old) for rename in renames if rename not in kept),
        evolve(target, [backwards(rename) for rename in reversed(kept)]),
        tuple(Ignored(rename, reasons[rename], accepted=True) for rename in kept),
    )


def _old_place(rename: c.Rename) -> object:
    return rename.old if isinstance(rename, c.RenameTable) else (c.table_of(rename), rename.old)


def _in_old_table(rename: c.Rename, old: Mapping[Name, Name]) -> c.Rename:
    if isinstance(rename, c.RenameColumn) and rename.table in old:
        return replace(rename, table=old[rename.table])
    return rename


def _not_created(change: c.SimpleChange, cause: c.SimpleChange) -> UnsupportedObject:
    table = c.table_of(change)
    why = f"it needs what is accepted as missing: {describe(cause)}"
    return UnsupportedObject("table", str(table), why, "", table, "cannot be created")


def _along(
    changes: Sequence[c.SimpleChange], accepted: Collection[int], start: Schema, target: Schema, abilities: Capabilities
) -> dict[int, int]:
    """place -> place of the change, accepted or along itself, without which it cannot be made."""
    found: dict[int, int] = {}
    waiting = [*accepted]
    while waiting:
        cause = waiting.pop()
        for place, change in enumerate(changes):
            if place in accepted or place in found:
                continue
            other = changes[cause]
            held = _needs_missing(change, other, start, target) or _is_held(change, other, start, target)
            if held or _does_not_fit(change, other, abilities) or _is_of_the_key(change, other, abilities):
                found[place] = cause
                waiting.append(place)
        if not waiting:
            kept = {*accepted, *found}
            more = _indexes_in_use(changes, kept, start, target, abilities)
            found |= dict.fromkeys(more, cause)
            waiting += more
    return found


def _does_not_fit(change: c.SimpleChange, other: c.SimpleChange, abilities: Capabilities) -> bool:
    """Whether a column would get a type or a value that does not go with what stays of it without ``other``."""
    match change, other:
        case c.AlterColumnType(), c.AlterColumnDefault() | c.AlterColumnOptions():
            type_, kept = change.new.type, other.old
        case c.AlterColumnDefault() | c.AlterColumnOptions() | c.AlterColumnIdentity(), c.AlterColumnType():
            type_, kept = other.old.type, change.new
        case c.AlterColumnType(), c.AlterColumnIdentity():
            type_, kept = change.new.type, other.old
        case _:  # no other two parts of a column have to fit each other
            return False
    if (change.table, change.new.name) != (other.table, other.new.name):
        return False
    if c.AlterColumnIdentity in (type(change), type(other)):  # what numbers the rows gives numbers
        value = Expression("1", "1") if kept.identity or kept.autoincrement else None
    else:
        value = kept.default if c.AlterColumnDefault in (type(change), type(other)) else kept.on_update
    return value is not None and not abilities.fits(type_, value)


def _is_of_the_key(change: c.SimpleChange, other: c.SimpleChange, abilities: Capabilities) -> bool:
    """Whether a column of a primary key would get to hold NULL, where no server's key lets it."""
    match change, other:
        case c.AlterColumnNullability(), c.DropPrimaryKey():
            column, key = change.new, other.primary_key
        case c.AddPrimaryKey(), c.AlterColumnNullability():
            column, key = other.old, change.primary_key
        case _:  # of a key, nothing else is about NULL
            return False
    return (
        not abilities.nullable_keys and change.table == other.table and column.nullable and column.name in key.columns
    )


def _needs_missing(change: c.SimpleChange, other: c.SimpleChange, start: Schema, target: Schema) -> bool:
    """Whether it needs what ``other`` would have made."""
    keys = _coming_keys(change) if isinstance(change, c.Addition) else ()
    return needs_coming(change, other, start, target) or any(_serves(other, key, start) for key in keys)


def _coming_keys(change: c.Addition) -> Iterable[ForeignKey]:
    match change:
        case c.AddForeignKey():
            return (change.foreign_key,)
        case c.CreateTable():
            return change.table.foreign_keys
        case c.CreateNamespace() | c.CreateExtension() | c.CreateSequence() | c.CreateDomain():
            return ()
        case c.CreateEnum() | c.AddEnumValue() | c.AddColumn() | c.CreateIndex() | c.AddUnique() | c.AddPrimaryKey():
            return ()
        case c.AddCheck() | c.AddExclusion():
            return ()
        case _:
            assert_never(change)


def _serves(change: c.SimpleChange, key: ForeignKey, schema: Schema) -> bool:
    """Whether a key is made here that a foreign key refers to, and that ``schema`` has no other for."""
    columns = _key_made(change) if isinstance(change, c.IndexChange | c.ConstraintChange) else ()
    if not columns or c.table_of(change) != key.ref_table or {*columns} != {*key.ref_columns}:
        return False
    parent = schema.table(key.ref_table)
    there = [index.columns for index in parent.indexes if index.unique and index.valid] if parent else []
    there += [parent.primary_key.columns] if parent and parent.primary_key else []
    return not any({*columns} == {*key.ref_columns} for columns in there)


def _key_made(change: c.IndexChange | c.ConstraintChange) -> Sequence[str]:
    """The columns of the key that comes, or that holds from then on; none where it makes no key."""
    match change:
        case c.AddPrimaryKey():
            return change.primary_key.columns
        case c.AddUnique():
            return change.unique.columns
        case c.CreateIndex() | c.RebuildIndex():
            return change.index.columns if change.index.unique else ()
        case c.DropIndex() | c.DropUnique() | c.RenameIndex() | c.SetIndexComment():
            return ()
        case c.DropPrimaryKey() | c.AddForeignKey() | c.DropForeignKey() | c.AddCheck() | c.DropCheck():
            return ()
        case c.AddExclusion() | c.DropExclusion():
            return ()
        case c.ValidateConstraint() | c.SetEnforced() | c.RenameConstraint() | c.SetConstraintComment():
            return ()
        case _:
            assert_never(change)


def _is_held(change: c.SimpleChange, other: c.SimpleChange, start: Schema, target: Schema) -> bool:
    """Whether it would take away what stands under something that stays, for ``other`` is not made."""
    if not isinstance(change, c.Removal):
        return False
    columns = _key_gone(change)
    if not columns:
        return needs_leaving(change, other, start, target)
    table = c.table_of(change)
    kept = _going_keys(other) if isinstance(other, c.Removal) else ()
    return any(key.ref_table == table and {*key.ref_columns} == {*columns} for key in kept)


def _key_gone(change: c.Removal) -> Sequence[str]:
    match change:
        case c.DropPrimaryKey():
            return change.primary_key.columns
        case c.DropUnique():
            return change.unique.columns
        case c.DropIndex():
            return change.index.columns if change.index.unique else ()
        case c.DropTable() | c.DropColumn():
            return ()  # what refers to their keys keeps them (``needs``)
        case c.DropForeignKey() | c.DropCheck() | c.DropExclusion():
            return ()
        case c.DropNamespace() | c.DropExtension() | c.DropEnum() | c.DropSequence() | c.DropDomain():
            return ()
        case _:
            assert_never(change)


def _going_keys(change: c.Removal) -> Iterable[ForeignKey]:
    match change:
        case c.DropForeignKey():
            return (change.foreign_key,)
        case c.DropTable():
            return change.table.foreign_keys
        case c.DropColumn() | c.DropIndex() | c.DropUnique() | c.DropPrimaryKey() | c.DropCheck() | c.DropExclusion():
            return ()
        case c.DropNamespace() | c.DropExtension() | c.DropEnum() | c.DropSequence() | c.DropDomain():
            return ()
        case _:
            assert_never(change)


def _indexes_in_use(
    changes: Sequence[c.SimpleChange], kept: Collection[int], start: Schema, target: Schema, abilities: Capabilities
) -> list[int]:
    """The indexes that the server would not drop, now that another one does not come."""
    needed = without_index(abilities)
    now = evolve(start, [change for place, change in enumerate(changes) if place not in kept])
    return [
        place
        for place, change in enumerate(changes)
        if place not in kept
        and isinstance(change, c.DropIndex | c.DropUnique | c.DropPrimaryKey)
        and needed(change, start, now)
        and not needed(change, start, target)
    ]


def _cannot_stay(kept: c.SimpleChange, made: Sequence[c.SimpleChange], start: Schema, policy: Policy) -> bool:
    """Whether what ``kept`` would leave alone goes by another change, or is in the place of what comes."""
    gone = {(change.table, change.column.name) for change in made if isinstance(change, c.DropColumn)}
    table = c.table_of(kept)
    if table is None:
        return False
    if any((table, name) in gone for name in columns_of(kept, start)):
        return True
    if not isinstance(kept, c.Removal):
        return False
    match kept:
        case c.DropPrimaryKey():
            return any(isinstance(change, c.AddPrimaryKey) and change.table == table for change in made)
        case c.DropForeignKey():
            return _refers_to_what_goes(kept.foreign_key, made, gone) or _is_replaced(kept, made, policy)
        case c.DropIndex() | c.DropUnique() | c.DropCheck() | c.DropExclusion():
            return _is_replaced(kept, made, policy)
        case c.DropTable() | c.DropColumn():
            return False
        case c.DropNamespace() | c.DropExtension() | c.DropEnum() | c.DropSequence() | c.DropDomain():
            return False
        case _:
            assert_never(kept)


def _is_replaced(kept: _NamedDrop, made: Iterable[c.SimpleChange], policy: Policy) -> bool:
    """Whether something of its name comes in its table, where names count."""
    coming = [change for change in made if isinstance(change, _NamedAddition) and change.table == kept.table]
    name = name_of(kept)
    return policy.names == "strict" and name is not None and name in map(name_of, coming)


def _refers_to_what_goes(key: ForeignKey, made: Iterable[c.SimpleChange], gone: Collection[tuple[Name, str]]) -> bool:
    tables = {change.table.name for change in made if isinstance(change, c.DropTable)}
    return key.ref_table in tables or any((key.ref_table, name) in gone for name in key.ref_columns)
