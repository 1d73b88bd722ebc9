"""When in a plan a change is made: the phases that follow each other, and the place within a table in one of them."""

from __future__ import annotations

from enum import IntEnum, auto
from typing import assert_never

from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import NotNull, is_enforced


class Phase(IntEnum):
    """The parts of a plan in their order: what is needed comes first, what may still be used goes last."""

    RENAMES = auto()
    NAMESPACES = auto()
    EXTENSIONS = auto()
    TYPES = auto()
    """Enums and sequences."""
    DOMAINS = auto()
    """They may be over a type."""
    DROPPED_FOREIGN_KEYS = auto()
    DROPPED_CONSTRAINTS = auto()
    DROPPED_TABLES = auto()
    DROPPED_PRIMARY_KEYS = auto()
    DROPPED_COLUMNS = auto()
    ALTERED_TYPES = auto()
    ALTERED_TABLES = auto()
    NEW_COLUMNS = auto()
    ALTERED_COLUMNS = auto()
    GENERATED_COLUMNS = auto()
    """They may be computed from any other."""
    MOVED_COLUMNS = auto()
    PRIMARY_KEYS = auto()
    INDEXES = auto()
    NEW_TABLES = auto()
    """Their foreign keys may refer to any key."""
    CHECKS = auto()
    FOREIGN_KEYS = auto()
    COMMENTS = auto()
    DROPPED_DOMAINS = auto()
    """Their defaults may take numbers from a sequence."""
    DROPPED_SEQUENCES = auto()
    DROPPED_TYPES = auto()
    DROPPED_EXTENSIONS = auto()
    DROPPED_NAMESPACES = auto()


def phase_of(change: c.Change) -> tuple[Phase, int]:
    """The phase of a change, and its place within its table in that phase."""
    if isinstance(change, c.RebuildTable | c.AlterTable):
        return Phase.ALTERED_TABLES, 0
    if isinstance(change, c.SchemaObjectChange):
        return _phase_of_object(change), 0
    if isinstance(change, c.TableChange):
        return _phase_of_table(change)
    if isinstance(change, c.AnyColumnChange):
        return _phase_of_column(change)
    if isinstance(change, c.IndexChange):
        return _phase_of_index(change)
    if isinstance(change, c.ConstraintChange):
        return _phase_of_constraint(change)
    assert_never(change)


def _phase_of_object(change: c.SchemaObjectChange) -> Phase:
    match change:
        case c.CreateNamespace():
            return Phase.NAMESPACES
        case c.CreateExtension():
            return Phase.EXTENSIONS
        case c.CreateEnum() | c.AddEnumValue() | c.RenameEnumValue() | c.CreateSequence() | c.AlterSequence():
            return Phase.TYPES
        case c.CreateDomain():
            return Phase.DOMAINS
        case c.ReplaceEnum() | c.AlterDomain():
            return Phase.ALTERED_TYPES
        case c.SetTypeComment():
            return Phase.COMMENTS
        case c.DropSequence():
            return Phase.DROPPED_SEQUENCES
        case c.DropDomain():
            return Phase.DROPPED_DOMAINS
        case c.DropEnum():
            return Phase.DROPPED_TYPES
        case c.DropExtension():
            return Phase.DROPPED_EXTENSIONS
        case c.DropNamespace():
            return Phase.DROPPED_NAMESPACES
        case _:
            assert_never(change)


def _phase_of_table(change: c.TableChange) -> tuple[Phase, int]:
    match change:
        case c.RenameTable():
            return Phase.RENAMES, 0
        case c.DropTable():
            return Phase.DROPPED_TABLES, 0
        case c.AlterTableOptions():
            return Phase.ALTERED_TABLES, 1
        case c.CreateTable():
            return Phase.NEW_TABLES, 0
        case c.SetTableComment():
            return Phase.COMMENTS, 0
        case _:
            assert_never(change)


def _phase_of_column(change: c.AnyColumnChange) -> tuple[Phase, int]:
    match change:
        case c.RenameColumn():
            return Phase.RENAMES, 0
        case c.DropColumn():
            return Phase.DROPPED_COLUMNS, 0 if change.column.generated else 1
        case c.AddColumn():
            return Phase.GENERATED_COLUMNS if change.column.generated else Phase.NEW_COLUMNS, 0
        case c.AlterColumnGenerated() if change.new.generated is None:
            return Phase.ALTERED_COLUMNS, -1  # from then on it is in the way of no other column
        case c.AlterColumnGenerated():
            return Phase.GENERATED_COLUMNS, 1
        case c.AlterColumnIdentity() if not (change.new.identity or change.new.autoincrement):
            # What numbers the rows goes before the type: no other than an integer can have it.
            return Phase.ALTERED_COLUMNS, 0
        case c.AlterColumnType():
            return Phase.ALTERED_COLUMNS, 1
        case c.AlterColumnCollation():
            return Phase.ALTERED_COLUMNS, 2
        case c.AlterColumnIdentity():
            return Phase.ALTERED_COLUMNS, 3
        case c.AlterColumnDefault():
            return Phase.ALTERED_COLUMNS, 4
        case c.AlterColumnNullability():
            if change.new.unvalidated is not None:
                return Phase.ALTERED_COLUMNS, _NOT_NULL + 3  # it would stop the rows from being filled
            stays = not change.old.nullable and not change.new.nullable  # first valid, then for others as well
            return Phase.ALTERED_COLUMNS, _NOT_NULL + 1 + stays
        case c.AlterColumnOptions():
            return Phase.ALTERED_COLUMNS, _NOT_NULL + 2
        case c.MoveColumns():
            return Phase.MOVED_COLUMNS, 0
        case c.SetColumnComment():
            return Phase.COMMENTS, 0
        case _:
            assert_never(change)


_NOT_NULL = 5


def _phase_of_index(change: c.IndexChange) -> tuple[Phase, int]:
    match change:
        case c.RenameIndex():
            return Phase.DROPPED_CONSTRAINTS, 0
        case c.DropIndex() | c.DropUnique():
            return Phase.DROPPED_CONSTRAINTS, 1
        case c.AddUnique():
            return Phase.INDEXES, 0
        case c.CreateIndex() | c.RebuildIndex():
            return Phase.INDEXES, 1
        case c.SetIndexComment():
            return Phase.COMMENTS, 0
        case _:
            assert_never(change)


def _phase_of_constraint(change: c.ConstraintChange) -> tuple[Phase, int]:
    match change:
        case c.DropForeignKey():
            return Phase.DROPPED_FOREIGN_KEYS, 0
        case c.DropExclusion() | c.DropCheck() | c.RenameConstraint():
            return Phase.DROPPED_CONSTRAINTS, 0
        case c.DropPrimaryKey():
            return Phase.DROPPED_PRIMARY_KEYS, 0
        case c.ValidateConstraint() if isinstance(change.constraint, NotNull):
            return Phase.ALTERED_COLUMNS, _NOT_NULL  # before any other row is changed, and before a key
        case c.AddPrimaryKey():
            return Phase.PRIMARY_KEYS, 0
        case c.AddCheck() | c.AddExclusion() | c.ValidateConstraint():
            return Phase.CHECKS, 0
        case c.SetEnforced():
            return Phase.FOREIGN_KEYS if is_enforced(change.new) else Phase.DROPPED_CONSTRAINTS, 0
        case c.AddForeignKey():
            return Phase.FOREIGN_KEYS, 0
        case c.SetConstraintComment():
            return Phase.COMMENTS, 0
        case _:
            assert_never(change)
