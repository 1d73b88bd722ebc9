"""``diff(old, new)``: the typed differences of two schemas; pure, exact, and without opinion.

What a project does not want to count (names, order, unmanaged tables) is settled before, in ``reconcile``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Literal, Protocol, TypeVar

from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Enum,
    Exclusion,
    ForeignKey,
    Index,
    Name,
    NotNull,
    PrimaryKey,
    Schema,
    Table,
    comments_of_constraints,
    comments_of_key_indexes,
    is_enforced,
    with_enforcement,
)


class _Named(Protocol):
    @property
    def name(self) -> Name: ...


N = TypeVar("N", bound=_Named)
P = TypeVar("P", Index, ForeignKey, Check, Exclusion)


def diff(old: Schema, new: Schema) -> tuple[c.SimpleChange, ...]:
    """Return the changes that turn ``old`` into ``new``, grouped by object, not yet in executable order.

    Equal schemas give ``()``. Views, triggers and ``unsupported`` are never compared: callers report them.
    Renames are not guessed: an unknown name is a drop and a creation.
    """
    if old == new:
        return ()
    found: list[c.SimpleChange] = []
    found += [c.CreateNamespace(name) for name in new.namespaces if name not in old.namespaces]
    found += [c.DropNamespace(name) for name in old.namespaces if name not in new.namespaces]
    found += [c.CreateExtension(name) for name in new.extensions if name not in old.extensions]
    found += [c.DropExtension(name) for name in old.extensions if name not in new.extensions]
    for old_enum, new_enum in _pairs(old.enums, new.enums):
        found += _diff_enum(old_enum, new_enum, old, new)
    for old_domain, new_domain in _pairs(old.domains, new.domains):
        if old_domain is None and new_domain is not None:
            found.append(c.CreateDomain(new_domain))
        elif old_domain is not None and new_domain is None:
            found.append(c.DropDomain(old_domain))
        elif old_domain is not None and new_domain is not None:
            alone = replace(old_domain, comment=new_domain.comment) == new_domain
            found.append((c.SetTypeComment if alone else c.AlterDomain)(old_domain, new_domain))
    tables = _diff_all_tables(old, new)
    taken = [sequence for part in tables if isinstance(part, c.AlterColumnIdentity) for sequence in part.sequences]
    for old_sequence, new_sequence in _pairs(old.sequences, new.sequences):
        if old_sequence is None and new_sequence is not None:
            found.append(c.CreateSequence(new_sequence))
        elif old_sequence is not None and new_sequence is None:
            if old_sequence not in taken:
                found.append(c.DropSequence(old_sequence))
        elif old_sequence is not None and new_sequence is not None:
            found.append(c.AlterSequence(old_sequence, new_sequence))
    return (*found, *tables)


def _diff_all_tables(old: Schema, new: Schema) -> list[c.SimpleChange]:
    found: list[c.SimpleChange] = []
    for old_table, new_table in _pairs(old.tables, new.tables):
        if old_table is None and new_table is not None:
            found.append(c.CreateTable(new_table))
        elif old_table is not None and new_table is None:
            found.append(c.DropTable(old_table))
        elif old_table is not None and new_table is not None:
            found += [_with_sequences(change, old, new) for change in diff_tables(old_table, new_table)]
    return found


def _with_sequences(change: c.SimpleChange, old: Schema, new: Schema) -> c.SimpleChange:
    """What numbers a column from now on takes over the sequences that the column owned, unless they are wanted."""
    if not isinstance(change, c.AlterColumnIdentity) or not (change.new.identity or change.new.autoincrement):
        return change
    wanted = {sequence.name for sequence in new.sequences}
    owner = (change.table, change.old.name)
    taken = tuple(item for item in old.sequences if item.owned_by == owner and item.name not in wanted)
    return replace(change, sequences=taken)


def _pairs(old: Iterable[N], new: Iterable[N]) -> Iterator[tuple[N | None, N | None]]:
    """Objects of either side by name; those that are equal are left out."""
    olds, news = {item.name: item for item in old}, {item.name: item for item in new}
    for name in sorted(olds.keys() | news.keys()):
        before, after = olds.get(name), news.get(name)
        if before != after:
            yield before, after


def diff_tables(old: Table, new: Table) -> list[c.SimpleChange]:
    """The changes that turn one table into another of the same name."""
    name = old.name
    found: list[c.SimpleChange] = []
    found += _diff_columns(old, new)
    if old.primary_key != new.primary_key:
        if (
            old.primary_key
            and new.primary_key
            and replace(old.primary_key, name=new.primary_key.name) == new.primary_key
        ):
            found.append(c.RenameConstraint(name, old.primary_key, new.primary_key))
        else:
            if old.primary_key:
                found.append(c.DropPrimaryKey(name, old.primary_key))
            if new.primary_key:
                found.append(c.AddPrimaryKey(name, new.primary_key))
    found += _diff_indexes(old, new)
    found += _diff_constraints(
        name,
        old.foreign_keys,
        new.foreign_keys,
        lambda key: c.DropForeignKey(name, key),
        lambda key: c.AddForeignKey(name, key),
    )
    found += _diff_constraints(
        name, old.checks, new.checks, lambda check: c.DropCheck(name, check), lambda check: c.AddCheck(name, check)
    )
    found += _diff_constraints(
        name,
        old.exclusions,
        new.exclusions,
        lambda item: c.DropExclusion(name, item),
        lambda item: c.AddExclusion(name, item),
    )
    if (old.kind, old.partition_by, old.partition_of, old.inherits, old.options) != (
        new.kind,
        new.partition_by,
        new.partition_of,
        new.inherits,
        new.options,
    ):
        found.append(c.AlterTableOptions(old, new))
    if old.comment != new.comment:
        found.append(c.SetTableComment(name, old.comment, new.comment))
    return [*found, *_diff_constraint_comments(old, new, found)]


def _diff_constraint_comments(old: Table, new: Table, found: Iterable[c.SimpleChange]) -> list[c.SimpleChange]:
    """A constraint that is recreated has its former comments again, one that is renamed keeps them."""
    renamed = {change.old.name: change.new.name for change in found if isinstance(change, c.RenameConstraint)}

    def differ(
        on: Literal["constraint", "index"], before: dict[str, str], wanted: dict[str, str], there: Iterable[str]
    ) -> list[c.SimpleChange]:
        olds = {renamed.get(name) or name: comment for name, comment in before.items()}
        names = sorted(wanted.keys() | (olds.keys() & set(there)))
        return [
            c.SetConstraintComment(old.name, name, olds.get(name), wanted.get(name), on)
            for name in names
            if olds.get(name) != wanted.get(name)
        ]

    keys: list[PrimaryKey | Exclusion] = [*([new.primary_key] if new.primary_key else []), *new.exclusions]
    uniques = [index for index in new.indexes if index.constraint]
    others: list[ForeignKey | Check | Index] = [*new.foreign_keys, *new.checks, *uniques]
    of_keys = [key.name for key in keys if key.name]
    named = [*of_keys, *(item.name for item in others if item.name)]
    return [
        *differ("constraint", comments_of_constraints(old), comments_of_constraints(new), named),
        *differ("index", comments_of_key_indexes(old), comments_of_key_indexes(new), of_keys),
    ]


def _diff_columns(old: Table, new: Table) -> list[c.SimpleChange]:
    name = old.name
    if old.columns == new.columns:
        return []
    olds, news = {column.name: column for column in old.columns}, {column.name: column for column in new.columns}
    found: list[c.SimpleChange] = []
    previous: str | None = None
    for column in new.columns:
        before = olds.get(column.name)
        if before is None:
            found.append(c.AddColumn(name, column, after=previous))
        elif before != column:
            found += diff_column(name, before, column)
        previous = column.name
    found += [c.DropColumn(name, column) for column in old.columns if column.name not in news]
    old_order = tuple(column.name for column in old.columns if column.name in news)
    new_order = tuple(column.name for column in new.columns if column.name in olds)
    if old_order != new_order:
        found.append(c.MoveColumns(name, old_order, new_order))
    return found


def diff_column(table: Name, old: Column, new: Column) -> list[c.SimpleChange]:
    """One verb for each aspect in which two columns of the same name differ."""
    found: list[c.SimpleChange] = []
    if old.generated != new.generated:
        found.append(c.AlterColumnGenerated(table, old, new))
    if old.type != new.type:
        found.append(c.AlterColumnType(table, old, new))
    if (old.collation, old.charset) != (new.collation, new.charset):
        found.append(c.AlterColumnCollation(table, old, new))
    renumbered = (old.identity, old.autoincrement) != (new.identity, new.autoincrement)
    if renumbered:
        found.append(c.AlterColumnIdentity(table, old, new))
    if old.default != new.default and not (renumbered and (new.identity or new.autoincrement)):
        found.append(c.AlterColumnDefault(table, old, new))
    if old.unvalidated is not None and not new.nullable:
        found.append(c.ValidateConstraint(table, NotNull(old.unvalidated, old.name)))
        old = replace(old, nullable=False, unvalidated=None)
    if _not_null(old) != _not_null(new):
        found.append(c.AlterColumnNullability(table, old, new))
    if (old.on_update, old.options) != (new.on_update, new.options):
        found.append(c.AlterColumnOptions(table, old, new))
    if old.comment != new.comment:
        found.append(c.SetColumnComment(table, old, new))
    return found


def _not_null(column: Column) -> tuple[bool, bool, bool]:
    """Whether a column holds NULL, for old rows, for new ones, and in the tables that inherit from it."""
    return column.nullable, column.unvalidated is None, column.not_inherited


def _diff_indexes(old: Table, new: Table) -> list[c.SimpleChange]:
    name = old.name
    gone, come = _unmatched(old.indexes, new.indexes)
    found: list[c.SimpleChange] = []
    for index in list(gone):
        twin = next((other for other in come if replace(other, name=index.name) == index), None)
        fixed = next((other for other in come if not index.valid and replace(index, valid=True) == other), None)
        if twin is not None:
            constraint = index.constraint
            found.append(c.RenameConstraint(name, index, twin) if constraint else c.RenameIndex(name, index, twin))
        elif fixed is not None:
            twin = fixed
            found.append(c.RebuildIndex(name, fixed))
        else:
            twin = next((other for other in come if replace(other, comment=index.comment) == index), None)
            found += [c.SetIndexComment(name, index, twin)] if twin is not None else []
        if twin is not None:
            gone.remove(index)
            come.remove(twin)
    found += [c.DropUnique(name, index) if index.constraint else c.DropIndex(name, index) for index in gone]
    found += [c.AddUnique(name, index) if index.constraint else c.CreateIndex(name, index) for index in come]
    return found


def _diff_constraints(
    table: Name,
    old: tuple[P, ...],
    new: tuple[P, ...],
    drop: Callable[[P], c.SimpleChange],
    add: Callable[[P], c.SimpleChange],
) -> list[c.SimpleChange]:
    gone, come = _unmatched(old, new)
    found: list[c.SimpleChange] = []
    for item in list(gone):
        twin = next((other for other in come if replace(other, name=item.name) == item), None)
        if twin is not None:
            found.append(c.RenameConstraint(table, item, twin))
        elif isinstance(item, ForeignKey | Check) and not item.validated:
            twin = next((other for other in come if replace(item, validated=True) == other), None)
            if isinstance(twin, ForeignKey | Check):
                found.append(c.ValidateConstraint(table, twin))
        if twin is None and isinstance(item, ForeignKey | Check):
            twin = next((other for other in come if _differs_in_enforcement(item, other)), None)
            if isinstance(twin, ForeignKey | Check):
                found.append(c.SetEnforced(table, item, twin))
        if twin is not None:
            gone.remove(item)
            come.remove(twin)
    found += [drop(item) for item in gone]
    found += [add(item) for item in come]
    return found


def _differs_in_enforcement(old: ForeignKey | Check, new: P) -> bool:
    """Whether that alone differs; what is not enforced is neither valid nor not."""
    if not isinstance(new, ForeignKey | Check):
        return False
    firm = replace(old, validated=new.validated) if not is_enforced(new) else old
    return firm != new and with_enforcement(firm, enforced=is_enforced(new)) == new


def _unmatched(old: tuple[P, ...], new: tuple[P, ...]) -> tuple[list[P], list[P]]:
    """What is on one side only; equal items are paired one to one, so that duplicates count."""
    come = list(new)
    gone = []
    for item in old:
        if item in come:
            come.remove(item)
        else:
            gone.append(item)
    return gone, come


def _diff_enum(old: Enum | None, new: Enum | None, before: Schema, after: Schema) -> list[c.SimpleChange]:
    if old is None:
        return [c.CreateEnum(new)] if new is not None else []
    if new is None:
        return [c.DropEnum(old)]
    commented: list[c.SimpleChange] = [c.SetTypeComment(old, new)] if old.comment != new.comment else []
    if old.values == new.values:
        return commented
    kept = [value for value in new.values if value in old.values]
    if kept != list(old.values):
        tables = {table.name: table for table in after.tables}
        staying = [
            (name, column)
            for name, column in columns_of_type(before, old.name)
            if name in tables and tables[name].column(column.name) is not None
        ]
        return [c.ReplaceEnum(old, new, used_by=tuple(staying))]
    added: list[c.SimpleChange] = []
    known = list(old.values)
    for position, value in enumerate(new.values):
        if value in known:
            continue
        if position > 0:
            added.append(c.AddEnumValue(new.name, value, after=new.values[position - 1]))
        else:
            added.append(c.AddEnumValue(new.name, value, before=known[0] if known else None))
        known.insert(position, value)
    return added + commented


def columns_of_type(schema: Schema, name: Name) -> tuple[tuple[Name, Column], ...]:
    """Every column whose type is the named one or an array of it."""

    def is_used(column: Column) -> bool:
        return re.sub(r'(\[\])+$|"', "", column.type) == str(name)

    return tuple((table.name, column) for table in schema.tables for column in table.columns if is_used(column))
