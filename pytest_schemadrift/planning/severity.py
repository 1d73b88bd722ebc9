"""What a difference costs as long as nobody fixes it, for an application that runs on the models as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from pytest_schemadrift.planning.policy import COLUMN_STORAGE
from pytest_schemadrift.planning.room import has_more_room
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Domain, is_enforced
from pytest_schemadrift.schema.severity import Severity

__all__ = ["Severity", "severity_of", "worst"]


def worst(severities: Iterable[Severity]) -> Severity | None:
    """The worst of them, ``None`` where there are none."""
    return min(severities, key=list(Severity).index, default=None)


def severity_of(change: c.Change) -> Severity:
    """The severity of a change that leads from the database to the models: of the state in which it is not made."""
    if isinstance(change, c.RebuildTable | c.AlterTable):
        return worst(map(severity_of, change.changes)) or Severity.HARMLESS
    if isinstance(change, c.SchemaObjectChange):
        return _severity_of_object(change)
    if isinstance(change, c.TableChange):
        return _severity_of_table(change)
    if isinstance(change, c.AnyColumnChange):
        return _severity_of_column(change)
    if isinstance(change, c.IndexChange):
        return _severity_of_index(change)
    if isinstance(change, c.ConstraintChange):
        return _severity_of_constraint(change)
    assert_never(change)


def _severity_of_object(change: c.SchemaObjectChange) -> Severity:
    match change:
        case (
            c.CreateNamespace()
            | c.CreateExtension()
            | c.CreateEnum()
            | c.AddEnumValue()
            | c.RenameEnumValue()
            | c.CreateSequence()
            | c.CreateDomain()
        ):
            return Severity.BREAKS_QUERIES
        case c.ReplaceEnum():
            lacks = set(change.new.values) - set(change.old.values)
            return Severity.BREAKS_QUERIES if lacks else Severity.RISKS_DATA
        case c.AlterDomain():
            return Severity.BREAKS_QUERIES if _is_stricter(change.old, change.new) else Severity.RISKS_DATA
        case c.AlterSequence():
            return Severity.RISKS_DATA
        case (
            c.DropNamespace()
            | c.DropExtension()
            | c.DropEnum()
            | c.DropSequence()
            | c.DropDomain()
            | c.SetTypeComment()
        ):
            return Severity.HARMLESS
        case _:
            assert_never(change)


def _severity_of_table(change: c.TableChange) -> Severity:
    match change:
        case c.CreateTable() | c.RenameTable():
            return Severity.BREAKS_QUERIES
        case c.AlterTableOptions():
            return Severity.RISKS_DATA
        case c.DropTable() | c.SetTableComment():
            return Severity.HARMLESS
        case _:
            assert_never(change)


def _severity_of_column(change: c.AnyColumnChange) -> Severity:
    match change:
        case c.AddColumn() | c.RenameColumn():
            return Severity.BREAKS_QUERIES
        case c.DropColumn():
            return Severity.BREAKS_QUERIES if _must_be_given(change.column) else Severity.HARMLESS
        case c.AlterColumnType():
            return Severity.RISKS_DATA if has_more_room(change.old.type, change.new.type) else Severity.BREAKS_QUERIES
        case c.AlterColumnNullability():
            return Severity.RISKS_DATA if change.is_for_more_rows else Severity.BREAKS_QUERIES
        case c.AlterColumnDefault():
            return _of_default(change.old, change.new)
        case c.AlterColumnGenerated():
            writes = change.new.generated is None  # a server refuses values for what it computes
            return Severity.BREAKS_QUERIES if writes else Severity.RISKS_DATA
        case c.AlterColumnIdentity():
            return _of_identity(change.old, change.new)
        case c.AlterColumnCollation():
            return Severity.RISKS_DATA
        case c.AlterColumnOptions():
            return _of_options(change.old, change.new)
        case c.SetColumnComment() | c.MoveColumns():
            return Severity.HARMLESS
        case _:
            assert_never(change)


def _severity_of_index(change: c.IndexChange) -> Severity:
    match change:
        case c.DropUnique():
            return Severity.BREAKS_QUERIES  # the database refuses what the models allow
        case c.CreateIndex() | c.RebuildIndex():
            return Severity.RISKS_DATA if change.index.unique else Severity.COSTS_SPEED
        case c.DropIndex():
            return Severity.BREAKS_QUERIES if change.index.unique else Severity.HARMLESS
        case c.AddUnique():
            return Severity.RISKS_DATA
        case c.SetIndexComment() | c.RenameIndex():
            return Severity.HARMLESS
        case _:
            assert_never(change)


def _severity_of_constraint(change: c.ConstraintChange) -> Severity:
    match change:
        case c.DropPrimaryKey() | c.DropForeignKey() | c.DropCheck() | c.DropExclusion():
            return Severity.BREAKS_QUERIES  # the database refuses what the models allow
        case c.AddPrimaryKey() | c.AddForeignKey() | c.AddCheck() | c.AddExclusion() | c.ValidateConstraint():
            return Severity.RISKS_DATA
        case c.SetEnforced():
            return Severity.RISKS_DATA if is_enforced(change.new) else Severity.BREAKS_QUERIES
        case c.SetConstraintComment() | c.RenameConstraint():
            return Severity.HARMLESS
        case _:
            assert_never(change)


def _must_be_given(column: Column) -> bool:
    """Whether a row that says nothing of the column is refused."""
    filled = column.default or column.generated or column.identity or column.autoincrement
    return not column.nullable and not filled


def _is_stricter(old: Domain, new: Domain) -> bool:
    """Whether the domain refuses what the wanted one allows."""
    return (not old.nullable and new.nullable) or bool(set(old.checks) - set(new.checks))


def _of_default(old: Column, new: Column) -> Severity:
    if new.default is None:
        return Severity.HARMLESS  # the models give the value themselves
    # Tortoise leaves a field with db_default out of its INSERT
    return Severity.BREAKS_QUERIES if old.default is None and not old.nullable else Severity.RISKS_DATA


def _of_options(old: Column, new: Column) -> Severity:
    differing = {name for name, _ in set(old.options) ^ set(new.options)}
    only_stored = old.on_update == new.on_update and differing <= COLUMN_STORAGE
    return Severity.COSTS_SPEED if only_stored else Severity.RISKS_DATA


def _of_identity(old: Column, new: Column) -> Severity:
    if old.identity is not None and old.identity.always and not (new.identity and new.identity.always):
        return Severity.BREAKS_QUERIES  # GENERATED ALWAYS refuses a value that is given
    numbers = (bool(old.identity or old.autoincrement), bool(new.identity or new.autoincrement))
    match numbers:
        case (False, True):
            return Severity.BREAKS_QUERIES
        case (True, False):
            return Severity.HARMLESS
        case _:
            return Severity.RISKS_DATA
