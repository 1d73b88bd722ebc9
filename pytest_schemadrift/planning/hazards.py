"""What may go wrong when a change is executed: named dangers, decided without looking at any row."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import assert_never

from pytest_schemadrift.planning.protection import loosens, takes_index
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import Capabilities, Conversion
from pytest_schemadrift.schema.model import (
    Column,
    ForeignKey,
    Index,
    Name,
    Schema,
    Table,
    is_enforced,
)


class Hazard(StrEnum):
    """A danger with a name; ``docs/hazards.md`` has a section for each."""

    DELETES_DATA = "DELETES_DATA"
    """Values or rows that are there now are gone afterwards."""
    MAY_CHANGE_DATA = "MAY_CHANGE_DATA"
    """The server may round, cut or re-encode values without saying so."""
    MAY_FAIL_ON_DATA = "MAY_FAIL_ON_DATA"
    """The rows decide whether it succeeds; an empty test database proves nothing."""
    REWRITES_TABLE = "REWRITES_TABLE"
    """Every row is written again under an exclusive lock."""
    LOCKS_TABLE = "LOCKS_TABLE"
    """Writers (or everybody) wait while rows are read or an index is built."""
    NOT_TRANSACTIONAL = "NOT_TRANSACTIONAL"
    """It is committed at once: a later failure does not undo it."""
    LOOSENS_CONSTRAINT = "LOOSENS_CONSTRAINT"
    """Something that the database refused so far will be accepted afterwards."""
    DROPS_INDEX = "DROPS_INDEX"
    """Queries lose an index, and none with the same keys comes or stays."""


LOSSES = frozenset({Hazard.DELETES_DATA, Hazard.MAY_CHANGE_DATA})
"""What reports call destructive: values that are there are gone or others afterwards."""
ON_ROWS = LOSSES | {Hazard.MAY_FAIL_ON_DATA}
"""What harms rows that are there: an empty table has nothing to lose by it."""
DESTRUCTIVE = ON_ROWS | {Hazard.LOOSENS_CONSTRAINT, Hazard.DROPS_INDEX}
"""What safe mode refuses until it is allowed by name: it adds and widens, and takes nothing away."""


def hazards_of(change: c.Change, capabilities: Capabilities, old: Schema, new: Schema) -> tuple[Hazard, ...]:
    """The hazards of a change, each once, in the order of ``Hazard``.

    ``old`` is the schema before the plan (its renames made), ``new`` the one after all of it: what another change
    puts back is not lost.
    """
    found = set(_hazards(change, capabilities, old, new))
    if fired_triggers(change, capabilities, old):
        found.add(Hazard.MAY_CHANGE_DATA)
    if found and not capabilities.transactional_ddl:
        found.add(Hazard.NOT_TRANSACTIONAL)
    return tuple(hazard for hazard in Hazard if hazard in found)


_ON_UPDATE = re.compile(r"\b(?:BEFORE|AFTER)\s+(?:\w+\s+OR\s+)*UPDATE\b", re.IGNORECASE)


def fired_triggers(change: c.Change, capabilities: Capabilities, old: Schema) -> str:
    """The triggers that run because rows are filled, and may change whatever they like, in words; empty for none.

    Where the role may not see triggers, one that it does not see may be there.
    """
    if not capabilities.updates_fire_triggers or not _updates_rows(change, capabilities):
        return ""
    name = c.table_of(change)
    table = old.table(name) if name is not None else None
    if table is None:
        return ""
    names = [trigger.name for trigger in table.triggers if _ON_UPDATE.search(trigger.sql)]
    words = [f"trigger {', '.join(names)}"] if names else []
    return " and ".join([*words, *(f"{item.kind}, if there are any: {item.reason}" for item in old.unseen)])


def _updates_rows(change: c.Change, capabilities: Capabilities) -> bool:
    if isinstance(change, c.RebuildTable | c.AlterTable):
        return any(_updates_rows(part, capabilities) for part in change.changes)
    if not isinstance(change, c.AnyColumnChange):
        return False
    match change:
        case c.AlterColumnNullability():
            return change.is_for_more_rows and change.new.default is not None
        case c.AddColumn():
            return capabilities.fills_with_update(change.column)
        case c.AlterColumnType() | c.AlterColumnGenerated() | c.AlterColumnIdentity() | c.AlterColumnCollation():
            return False  # the server rewrites the rows, and no trigger runs
        case c.AlterColumnDefault() | c.AlterColumnOptions() | c.SetColumnComment():
            return False
        case c.DropColumn() | c.RenameColumn() | c.MoveColumns():
            return False
        case _:
            assert_never(change)


def _hazards(change: c.Change, capabilities: Capabilities, old: Schema, new: Schema) -> set[Hazard]:
    if isinstance(change, c.RebuildTable | c.AlterTable):
        inner = set[Hazard]().union(*(_hazards(part, capabilities, old, new) for part in change.changes))
        if isinstance(change, c.RebuildTable):
            return inner | {Hazard.REWRITES_TABLE}
        # ADD COLUMN … REFERENCES reads no row.
        return inner - {Hazard.LOCKS_TABLE} if capabilities.creates_foreign_keys_inline else inner
    if isinstance(change, c.SchemaObjectChange):
        return _hazards_of_object(change)
    if isinstance(change, c.TableChange):
        return _hazards_of_table(change, capabilities)
    if isinstance(change, c.AnyColumnChange):
        return _hazards_of_column(change, capabilities, old, new)
    if isinstance(change, c.IndexChange):
        return _hazards_of_index(change, capabilities, old, new)
    if isinstance(change, c.ConstraintChange):
        return _hazards_of_constraint(change, capabilities, old, new)
    assert_never(change)


def _hazards_of_object(change: c.SchemaObjectChange) -> set[Hazard]:
    match change:
        case c.DropEnum() | c.DropDomain() | c.DropExtension() | c.DropNamespace():
            return {Hazard.MAY_FAIL_ON_DATA}
        case c.DropSequence():
            return {Hazard.DELETES_DATA}
        case c.ReplaceEnum():
            removed = set(change.old.values) - set(change.new.values)
            return {Hazard.REWRITES_TABLE} | ({Hazard.MAY_FAIL_ON_DATA} if removed else set())
        case c.AlterDomain():
            return {Hazard.MAY_FAIL_ON_DATA, Hazard.LOCKS_TABLE}
        case (
            c.CreateNamespace()
            | c.CreateExtension()
            | c.CreateEnum()
            | c.AddEnumValue()
            | c.RenameEnumValue()
            | c.CreateSequence()
            | c.AlterSequence()
            | c.CreateDomain()
            | c.SetTypeComment()
        ):
            return set()
        case _:
            assert_never(change)


def _hazards_of_table(change: c.TableChange, capabilities: Capabilities) -> set[Hazard]:
    match change:
        case c.DropTable():
            return {Hazard.DELETES_DATA}
        case c.AlterTableOptions():
            return _table_options(change.old, change.new, capabilities)
        case c.CreateTable() | c.RenameTable() | c.SetTableComment():
            return set()
        case _:
            assert_never(change)


def _hazards_of_column(change: c.AnyColumnChange, capabilities: Capabilities, old: Schema, new: Schema) -> set[Hazard]:
    match change:
        case c.DropColumn():
            again = (table := new.table(change.table)) is not None and table.column(change.column.name) is not None
            return set() if change.column.generated and again else {Hazard.DELETES_DATA}
        case c.AddColumn():
            return _adding(change.column, capabilities)
        case c.AlterColumnType() | c.AlterColumnOptions():
            return _conversion(change, capabilities)
        case c.AlterColumnNullability():
            if not change.is_for_more_rows:
                tightens = change.old.nullable and change.old.unvalidated is None
                return set() if tightens else {Hazard.LOOSENS_CONSTRAINT}
            return {Hazard.MAY_FAIL_ON_DATA} | ({Hazard.LOCKS_TABLE} if capabilities.scans_on_not_null else set())
        case c.AlterColumnGenerated():
            return _generating(change.old, change.new)
        case c.AlterColumnIdentity():
            return {Hazard.LOCKS_TABLE}
        case c.AlterColumnCollation():
            # What was two values may be one now to a unique index, and a character set may not have every letter.
            rewrites = {Hazard.REWRITES_TABLE} if change.old.charset != change.new.charset else set[Hazard]()
            return {Hazard.LOCKS_TABLE, Hazard.MAY_FAIL_ON_DATA} | rewrites
        case c.MoveColumns():
            return {Hazard.REWRITES_TABLE}
        case c.RenameColumn() | c.AlterColumnDefault() | c.SetColumnComment():
            copies = isinstance(change, c.RenameColumn) and _copies_to_rename(change, capabilities, old)
            return {Hazard.REWRITES_TABLE, Hazard.LOCKS_TABLE} if copies else set()
        case _:
            assert_never(change)


def _copies_to_rename(change: c.RenameColumn, capabilities: Capabilities, old: Schema) -> bool:
    table = old.table(change.table)
    return table is not None and capabilities.copies_to_rename(table, change.new)


def _hazards_of_index(change: c.IndexChange, capabilities: Capabilities, old: Schema, new: Schema) -> set[Hazard]:
    match change:
        case c.CreateIndex() | c.RebuildIndex():
            fails = change.index.unique and not _has_no_rows(change.table, change.index, old, new)
            fails = fails or _computes(change, capabilities, new)
            return {Hazard.LOCKS_TABLE} | ({Hazard.MAY_FAIL_ON_DATA} if fails else set())
        case c.SetIndexComment():
            return {Hazard.LOCKS_TABLE} if capabilities.comment_builds_index else set()
        case c.AddUnique():
            fails = not _has_no_rows(change.table, change.unique, old, new)
            return {Hazard.LOCKS_TABLE} | ({Hazard.MAY_FAIL_ON_DATA} if fails else set())
        case c.DropUnique():
            found = loosens(change, old.table(change.table), new.table(change.table))
            return {Hazard.LOOSENS_CONSTRAINT} if found else set()
        case c.DropIndex():
            after = new.table(change.table)
            frees = {Hazard.LOOSENS_CONSTRAINT} if loosens(change, old.table(change.table), after) else set()
            return frees | ({Hazard.DROPS_INDEX} if takes_index(change, after) else set())
        case c.RenameIndex():
            return set()
        case _:
            assert_never(change)


def _computes(change: c.CreateIndex | c.RebuildIndex, capabilities: Capabilities, new: Schema) -> bool:
    """Whether an index computes what nobody has read yet, and refuses a row; told where that stops a plan midway."""
    if capabilities.transactional_ddl or (table := new.table(change.table)) is None:
        return False
    virtual = {item.name for item in table.columns if item.generated is not None and not item.generated.stored}
    return any(part.expression is not None or part.column in virtual for part in change.index.parts)


def _hazards_of_constraint(
    change: c.ConstraintChange, capabilities: Capabilities, old: Schema, new: Schema
) -> set[Hazard]:
    match change:
        case c.AddPrimaryKey() if _had_key(change, old):
            return {Hazard.LOCKS_TABLE} if capabilities.comment_builds_index else set()
        case c.AddPrimaryKey() | c.AddExclusion():
            return {Hazard.LOCKS_TABLE, Hazard.MAY_FAIL_ON_DATA}
        case c.AddForeignKey():
            if not is_enforced(change.foreign_key):
                return set()  # the catalog alone is changed, no row is read
            fails = change.foreign_key.validated and not _has_no_rows(change.table, change.foreign_key, old, new)
            return {Hazard.LOCKS_TABLE} | ({Hazard.MAY_FAIL_ON_DATA} if fails else set())
        case c.AddCheck():
            reads = change.check.validated and is_enforced(change.check)
            copies = {Hazard.REWRITES_TABLE} if change.check.column is not None else set()
            return {Hazard.LOCKS_TABLE, Hazard.MAY_FAIL_ON_DATA} | copies if reads else set()
        case c.SetEnforced() if is_enforced(change.new):
            return {Hazard.LOCKS_TABLE, Hazard.MAY_FAIL_ON_DATA}
        case c.ValidateConstraint():
            return {Hazard.MAY_FAIL_ON_DATA}
        case c.DropPrimaryKey() | c.DropForeignKey() | c.DropCheck() | c.DropExclusion() | c.SetEnforced():
            found = loosens(change, old.table(change.table), new.table(change.table))
            return {Hazard.LOOSENS_CONSTRAINT} if found else set()
        case c.RenameConstraint() | c.SetConstraintComment():
            return set()
        case _:
            assert_never(change)


def _had_key(change: c.AddPrimaryKey, old: Schema) -> bool:
    """Whether the table has the same key already, with another comment: its rows fit."""
    before = old.table(change.table)
    key = before.primary_key if before is not None else None
    return key is not None and key.without_comment == change.primary_key.without_comment


def _has_no_rows(name: Name, key: ForeignKey | Index, old: Schema, new: Schema) -> bool:
    """Whether no row can break a key: one of its columns comes with the same plan and is NULL in all of them.

    A row with NULL in a foreign key is not looked at (with MATCH FULL: NULL in all of it), nor is it equal to another.
    """
    before, after = old.table(name), new.table(name)
    if before is None or after is None:
        return False
    blank = [
        column.name
        for column in after.columns
        if column.nullable
        and before.column(column.name) is None
        and not (column.default or column.generated or column.identity or column.autoincrement)
        and not any(domain.name.name in column.type for domain in new.domains)  # which may have a default
    ]
    found = [column in blank for column in key.columns]
    if isinstance(key, Index):
        return any(found) and not key.nulls_not_distinct
    return all(found) if key.match == "FULL" else any(found)


def _adding(column: Column, capabilities: Capabilities) -> set[Hazard]:
    filled = column.default or column.generated or column.identity or column.autoincrement
    if column.generated is not None and column.generated.stored:
        # A value that does not fit stops a plan midway where each statement is for good.
        fails = set() if capabilities.transactional_ddl else {Hazard.MAY_FAIL_ON_DATA}
        return {Hazard.REWRITES_TABLE} | fails
    if column.identity or column.autoincrement or capabilities.rewrites_to_add(column):
        return {Hazard.REWRITES_TABLE}
    if capabilities.fills_with_update(column):
        return {Hazard.REWRITES_TABLE} | (set() if column.nullable else {Hazard.LOCKS_TABLE})
    if not column.nullable and not filled:
        return {Hazard.MAY_FAIL_ON_DATA}
    return set()


def _generating(old: Column, new: Column) -> set[Hazard]:
    if new.generated is None:
        return set() if old.generated and old.generated.stored else {Hazard.REWRITES_TABLE}
    rewrites = {Hazard.REWRITES_TABLE} if new.generated.stored else set[Hazard]()
    if old.generated is None:
        return rewrites | {Hazard.DELETES_DATA}
    if old.generated.expression != new.generated.expression:  # every row gets another value, or none that fits
        return rewrites | {Hazard.MAY_CHANGE_DATA, Hazard.MAY_FAIL_ON_DATA}
    computes = new.generated.stored and not old.generated.stored  # what nobody has read yet may fail
    return rewrites | ({Hazard.MAY_FAIL_ON_DATA} if computes else set())


def _conversion(change: c.AlterColumnType | c.AlterColumnOptions, capabilities: Capabilities) -> set[Hazard]:
    if isinstance(change, c.AlterColumnOptions):
        return _converting(capabilities.converts_column_options(change.old, change.new))
    return _converting(capabilities.conversion(change.old.type, change.new.type))


def _converting(conversion: Conversion) -> set[Hazard]:
    match conversion:
        case Conversion.METADATA:
            return set()
        case Conversion.REWRITE:
            return {Hazard.REWRITES_TABLE}
        case Conversion.MAY_FAIL:
            return {Hazard.REWRITES_TABLE, Hazard.MAY_FAIL_ON_DATA}
        case Conversion.LOSSY:
            return {Hazard.REWRITES_TABLE, Hazard.MAY_FAIL_ON_DATA, Hazard.MAY_CHANGE_DATA}
        case Conversion.DELETES:
            return {Hazard.REWRITES_TABLE, Hazard.DELETES_DATA}


def _table_options(old: Table, new: Table, capabilities: Capabilities) -> set[Hazard]:
    if old.kind != new.kind or old.partition_by != new.partition_by:
        return {Hazard.REWRITES_TABLE, Hazard.MAY_FAIL_ON_DATA}
    return {Hazard.REWRITES_TABLE} | _converting(capabilities.converts_options(old, new))
