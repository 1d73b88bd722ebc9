"""What a difference costs as long as nobody fixes it, for an application that runs on the models as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from pytest_schemadrift.planning.by_default import Value, passes_by_default, values_by_default
from pytest_schemadrift.planning.left_empty import (
    is_filled,
    left_empty,
    never_excludes,
    never_refers,
    never_repeats,
    passes_empty,
    with_domain,
)
from pytest_schemadrift.planning.policy import COLUMN_STORAGE
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import Capabilities, Compatibility
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.model import Column, Domain, Index, Name, Schema, is_enforced
from pytest_schemadrift.schema.severity import Severity

_VALUE = "value"
"""What a domain's check calls the value."""


def severities_of(change: c.Change, capabilities: Capabilities, old: Schema, new: Schema) -> tuple[Severity, ...]:
    """The severity of each of ``simple_changes(change)``: of the state in which it is not made.

    ``old`` is the database, its accepted renames made, and ``new`` what the models want.
    """
    judge = _Judge(capabilities, old, new)
    return tuple(judge.severity_of(part) for part in c.simple_changes(change))


@dataclass(frozen=True, slots=True)
class _Judge:
    capabilities: Capabilities
    old: Schema
    new: Schema

    def severity_of(self, change: c.SimpleChange) -> Severity:
        if isinstance(change, c.SchemaObjectChange):
            return _severity_of_object(change)
        if isinstance(change, c.TableChange):
            return _severity_of_table(change)
        if isinstance(change, c.AnyColumnChange):
            return self._severity_of_column(change)
        if isinstance(change, c.IndexChange):
            return self._severity_of_index(change)
        if isinstance(change, c.ConstraintChange):
            return self._severity_of_constraint(change)
        assert_never(change)

    def _severity_of_column(self, change: c.AnyColumnChange) -> Severity:
        match change:
            case c.AddColumn() | c.RenameColumn():
                return Severity.BREAKS_QUERIES
            case c.DropColumn():
                return Severity.BREAKS_QUERIES if self._must_be_given(change.column) else Severity.HARMLESS
            case c.AlterColumnType():
                return self._of_type(change)
            case c.AlterColumnNullability():
                return Severity.RISKS_DATA if change.is_for_more_rows else Severity.BREAKS_QUERIES
            case c.AlterColumnDefault():
                return _of_default(change.old, change.new)
            case c.AlterColumnGenerated():
                writes = change.new.generated is None  # a server refuses values for what it computes
                return Severity.BREAKS_QUERIES if writes else Severity.RISKS_DATA
            case c.AlterColumnIdentity():
                return self._of_identity(change)
            case c.AlterColumnCollation():
                lacks = self.capabilities.lacks_characters(change.old, change.new)
                return Severity.BREAKS_QUERIES if lacks else Severity.RISKS_DATA
            case c.AlterColumnOptions():
                return _of_options(change.old, change.new)
            case c.SetColumnComment() | c.MoveColumns():
                return Severity.HARMLESS
            case _:
                assert_never(change)

    def _severity_of_index(self, change: c.IndexChange) -> Severity:
        match change:
            case c.DropUnique():  # the database refuses what the models allow
                return Severity.BREAKS_QUERIES if self._refuses(change.table, change.unique) else Severity.HARMLESS
            case c.CreateIndex() | c.RebuildIndex():
                return Severity.RISKS_DATA if change.index.unique else Severity.COSTS_SPEED
            case c.DropIndex():
                refuses = change.index.unique and self._refuses(change.table, change.index)
                return Severity.BREAKS_QUERIES if refuses else Severity.HARMLESS
            case c.AddUnique():
                return Severity.RISKS_DATA
            case c.SetIndexComment() | c.RenameIndex():
                return Severity.HARMLESS
            case _:
                assert_never(change)

    def _severity_of_constraint(self, change: c.ConstraintChange) -> Severity:
        match change:
            case c.DropPrimaryKey():
                return Severity.BREAKS_QUERIES  # the database refuses what the models allow
            case c.DropExclusion():
                excludes = not never_excludes(change.exclusion, self._left_empty(change.table))
                return Severity.BREAKS_QUERIES if excludes else Severity.HARMLESS
            case c.DropForeignKey():
                refers = not never_refers(change.foreign_key, self._left_empty(change.table))
                return Severity.BREAKS_QUERIES if refers else Severity.HARMLESS
            case c.DropCheck():
                table = self.old.table(change.table)
                columns = [column.name for column in table.columns] if table is not None else []
                passes = passes_empty(change.check, self._left_empty(change.table), columns)
                passes = passes or passes_by_default(change.check, self._by_default(change.table))
                return Severity.HARMLESS if passes else Severity.BREAKS_QUERIES
            case c.AddPrimaryKey() | c.AddForeignKey() | c.AddCheck() | c.AddExclusion() | c.ValidateConstraint():
                return Severity.RISKS_DATA
            case c.SetEnforced():
                return Severity.RISKS_DATA if is_enforced(change.new) else Severity.BREAKS_QUERIES
            case c.SetConstraintComment() | c.RenameConstraint():
                return Severity.HARMLESS
            case _:
                assert_never(change)

    def _refuses(self, name: Name, unique: Index) -> bool:
        """Whether a unique index of the database may refuse a row that nothing else refuses."""
        table = self.old.table(name)
        return not never_repeats(unique, self._left_empty(name), table.primary_key if table is not None else None)

    def _left_empty(self, name: Name) -> frozenset[str]:
        old, new = self.old.table(name), self.new.table(name)
        return frozenset() if old is None or new is None else left_empty(old, new, self.old.domains)

    def _by_default(self, name: Name) -> Mapping[str, Value]:
        old, new = self.old.table(name), self.new.table(name)
        return {} if old is None or new is None else values_by_default(old, new, self.old.domains)

    def _must_be_given(self, column: Column) -> bool:
        """Whether a row that says nothing of the column is refused."""
        plain, checks = with_domain(column, self.old.domains)
        if is_filled(plain):
            return False
        return not plain.nullable or not all(passes_empty(check, [_VALUE], [_VALUE]) for check in checks)

    def _of_type(self, change: c.AlterColumnType) -> Severity:
        old, checks = with_domain(change.old, self.old.domains)
        new, wanted = with_domain(change.new, self.new.domains)
        table = self.old.table(change.table)
        if table is None or set(checks) - set(wanted) or (new.nullable and not old.nullable):
            return Severity.BREAKS_QUERIES
        match self.capabilities.compatibility(old, new, table):
            case Compatibility.SAME:
                return Severity.HARMLESS
            case Compatibility.WIDER:
                return Severity.RISKS_DATA
            case Compatibility.INCOMPATIBLE:
                return Severity.BREAKS_QUERIES
            case never:
                assert_never(never)

    def _of_identity(self, change: c.AlterColumnIdentity) -> Severity:
        old, new, table = change.old, change.new, self.old.table(change.table)
        if old.identity is not None and old.identity.always and not (new.identity and new.identity.always):
            return Severity.BREAKS_QUERIES  # GENERATED ALWAYS refuses a value that is given
        numbers = (bool(old.identity or old.autoincrement), bool(new.identity or new.autoincrement))
        match numbers:
            case (False, True):
                by_itself = table is not None and self.capabilities.numbers_itself(table, old)
                return Severity.RISKS_DATA if by_itself else Severity.BREAKS_QUERIES
            case (True, False):
                return Severity.HARMLESS
            case _:
                return Severity.RISKS_DATA


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
