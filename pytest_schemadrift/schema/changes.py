"""The verbs: one frozen class each, every one with its stable code; ``Change`` is their union."""

from __future__ import annotations

from typing import ClassVar, Literal, assert_never, get_args

from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Domain,
    Enum,
    Exclusion,
    ForeignKey,
    Index,
    Name,
    NotNull,
    PrimaryKey,
    Sequence,
    Table,
)


@dataclass(frozen=True, slots=True)
class CreateNamespace:
    """``CREATE SCHEMA``."""

    code: ClassVar[str] = "SD001"
    name: str


@dataclass(frozen=True, slots=True)
class DropNamespace:
    """``DROP SCHEMA`` (never CASCADE)."""

    code: ClassVar[str] = "SD002"
    name: str


@dataclass(frozen=True, slots=True)
class CreateExtension:
    """``CREATE EXTENSION``."""

    code: ClassVar[str] = "SD003"
    name: str


@dataclass(frozen=True, slots=True)
class DropExtension:
    """``DROP EXTENSION``."""

    code: ClassVar[str] = "SD004"
    name: str


@dataclass(frozen=True, slots=True)
class CreateEnum:
    """``CREATE TYPE … AS ENUM``."""

    code: ClassVar[str] = "SD011"
    enum: Enum


@dataclass(frozen=True, slots=True)
class DropEnum:
    """``DROP TYPE`` of an enum."""

    code: ClassVar[str] = "SD012"
    enum: Enum


@dataclass(frozen=True, slots=True)
class AddEnumValue:
    """``ALTER TYPE … ADD VALUE``; ``before`` and ``after`` are existing values, at most one is given."""

    code: ClassVar[str] = "SD013"
    enum: Name
    value: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RenameEnumValue:
    """``ALTER TYPE … RENAME VALUE``."""

    code: ClassVar[str] = "SD014"
    enum: Name
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ReplaceEnum:
    """Values removed or reordered: the type is recreated; ``used_by`` are the columns to convert (old side)."""

    code: ClassVar[str] = "SD015"
    old: Enum
    new: Enum
    used_by: tuple[tuple[Name, Column], ...] = ()


@dataclass(frozen=True, slots=True)
class SetTypeComment:
    """``COMMENT ON TYPE`` or ``ON DOMAIN``, where nothing else of it differs but values that are added."""

    code: ClassVar[str] = "SD016"
    old: Enum | Domain
    new: Enum | Domain


@dataclass(frozen=True, slots=True)
class CreateSequence:
    """``CREATE SEQUENCE``."""

    code: ClassVar[str] = "SD021"
    sequence: Sequence


@dataclass(frozen=True, slots=True)
class DropSequence:
    """``DROP SEQUENCE``."""

    code: ClassVar[str] = "SD022"
    sequence: Sequence


@dataclass(frozen=True, slots=True)
class AlterSequence:
    """``ALTER SEQUENCE``."""

    code: ClassVar[str] = "SD023"
    old: Sequence
    new: Sequence


@dataclass(frozen=True, slots=True)
class CreateDomain:
    """``CREATE DOMAIN``."""

    code: ClassVar[str] = "SD031"
    domain: Domain


@dataclass(frozen=True, slots=True)
class DropDomain:
    """``DROP DOMAIN``."""

    code: ClassVar[str] = "SD032"
    domain: Domain


@dataclass(frozen=True, slots=True)
class AlterDomain:
    """``ALTER DOMAIN``: default, nullability and checks; a change of its base type is unsupported."""

    code: ClassVar[str] = "SD033"
    old: Domain
    new: Domain


@dataclass(frozen=True, slots=True)
class CreateTable:
    """``CREATE TABLE`` with its columns, keys, checks, indexes and comments.

    Foreign keys that close a cycle are taken out by ``order`` and follow as ``AddForeignKey``.
    """

    code: ClassVar[str] = "SD101"
    table: Table


@dataclass(frozen=True, slots=True)
class DropTable:
    """``DROP TABLE`` (never CASCADE)."""

    code: ClassVar[str] = "SD102"
    table: Table


@dataclass(frozen=True, slots=True)
class RenameTable:
    """``ALTER TABLE … RENAME TO``; an accepted rename, applied before everything else."""

    code: ClassVar[str] = "SD103"
    old: Name
    new: Name


@dataclass(frozen=True, slots=True)
class AlterTableOptions:
    """Engine, charset, collation, STRICT, WITHOUT ROWID, storage parameters, partitioning."""

    code: ClassVar[str] = "SD105"
    old: Table
    new: Table


@dataclass(frozen=True, slots=True)
class SetTableComment:
    """``COMMENT ON TABLE`` or its like; ``None`` removes it."""

    code: ClassVar[str] = "SD106"
    table: Name
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class AddColumn:
    """``ADD COLUMN``; ``after`` is the column before it in the new table (``None`` = first)."""

    code: ClassVar[str] = "SD201"
    table: Name
    column: Column
    after: str | None = None


@dataclass(frozen=True, slots=True)
class DropColumn:
    """``DROP COLUMN``."""

    code: ClassVar[str] = "SD202"
    table: Name
    column: Column


@dataclass(frozen=True, slots=True)
class AlterColumnType:
    """A column's type; like all column verbs it carries the whole old and new column."""

    code: ClassVar[str] = "SD203"
    table: Name
    old: Column
    new: Column


@dataclass(frozen=True, slots=True)
class AlterColumnNullability:
    """``SET NOT NULL`` or ``DROP NOT NULL``, or for which rows a NOT NULL holds (PostgreSQL 18)."""

    code: ClassVar[str] = "SD204"
    table: Name
    old: Column
    new: Column

    @property
    def is_for_more_rows(self) -> bool:
        """Whether rows are to have a value that did not have to: those of the table, or of tables that inherit."""
        return not self.new.nullable and (self.old.nullable or not self.new.not_inherited)


@dataclass(frozen=True, slots=True)
class AlterColumnDefault:
    """``SET DEFAULT`` or ``DROP DEFAULT``."""

    code: ClassVar[str] = "SD205"
    table: Name
    old: Column
    new: Column


@dataclass(frozen=True, slots=True)
class AlterColumnGenerated:
    """A generated column's expression or kind, or the change from or to a plain column."""

    code: ClassVar[str] = "SD206"
    table: Name
    old: Column
    new: Column


@dataclass(frozen=True, slots=True)
class AlterColumnIdentity:
    """Identity, serial or AUTO_INCREMENT: added (in place of a default), removed, or its options changed.

    ``sequences`` are those that the column owns before and that are part of the column, or gone, afterwards.
    """

    code: ClassVar[str] = "SD207"
    table: Name
    old: Column
    new: Column
    sequences: tuple[Sequence, ...] = ()


@dataclass(frozen=True, slots=True)
class AlterColumnCollation:
    """Collation or character set of a column."""

    code: ClassVar[str] = "SD208"
    table: Name
    old: Column
    new: Column


@dataclass(frozen=True, slots=True)
class AlterColumnOptions:
    """ON UPDATE, visibility, SRID, compression: what only one dialect knows."""

    code: ClassVar[str] = "SD209"
    table: Name
    old: Column
    new: Column


@dataclass(frozen=True, slots=True)
class SetColumnComment:
    """``COMMENT ON COLUMN`` or its like."""

    code: ClassVar[str] = "SD210"
    table: Name
    old: Column
    new: Column


@dataclass(frozen=True, slots=True)
class RenameColumn:
    """``RENAME COLUMN``; an accepted rename, applied before everything but table renames."""

    code: ClassVar[str] = "SD211"
    table: Name
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class MoveColumns:
    """The order of the columns differs (only asked for with ``column_order = true``)."""

    code: ClassVar[str] = "SD212"
    table: Name
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """``CREATE INDEX``."""

    code: ClassVar[str] = "SD301"
    table: Name
    index: Index


@dataclass(frozen=True, slots=True)
class DropIndex:
    """``DROP INDEX``."""

    code: ClassVar[str] = "SD302"
    table: Name
    index: Index


@dataclass(frozen=True, slots=True)
class RenameIndex:
    """``ALTER INDEX … RENAME TO``; only where names count (``names = "strict"``)."""

    code: ClassVar[str] = "SD303"
    table: Name
    old: Index
    new: Index


@dataclass(frozen=True, slots=True)
class RebuildIndex:
    """The index is there but invalid (a failed CONCURRENTLY): it is recreated."""

    code: ClassVar[str] = "SD304"
    table: Name
    index: Index


@dataclass(frozen=True, slots=True)
class SetIndexComment:
    """``COMMENT ON INDEX``; MySQL and MariaDB have no statement for it: MySQL rebuilds the index."""

    code: ClassVar[str] = "SD305"
    table: Name
    old: Index
    new: Index


@dataclass(frozen=True, slots=True)
class AddUnique:
    """``ADD CONSTRAINT … UNIQUE``."""

    code: ClassVar[str] = "SD311"
    table: Name
    unique: Index


@dataclass(frozen=True, slots=True)
class DropUnique:
    """``DROP CONSTRAINT`` of a unique constraint."""

    code: ClassVar[str] = "SD312"
    table: Name
    unique: Index


@dataclass(frozen=True, slots=True)
class AddPrimaryKey:
    """``ADD PRIMARY KEY``."""

    code: ClassVar[str] = "SD401"
    table: Name
    primary_key: PrimaryKey


@dataclass(frozen=True, slots=True)
class DropPrimaryKey:
    """``DROP PRIMARY KEY``."""

    code: ClassVar[str] = "SD402"
    table: Name
    primary_key: PrimaryKey


@dataclass(frozen=True, slots=True)
class AddForeignKey:
    """``ADD FOREIGN KEY``."""

    code: ClassVar[str] = "SD411"
    table: Name
    foreign_key: ForeignKey


@dataclass(frozen=True, slots=True)
class DropForeignKey:
    """``DROP FOREIGN KEY``."""

    code: ClassVar[str] = "SD412"
    table: Name
    foreign_key: ForeignKey


@dataclass(frozen=True, slots=True)
class ValidateConstraint:
    """The constraint is there but NOT VALID: ``VALIDATE CONSTRAINT``."""

    code: ClassVar[str] = "SD413"
    table: Name
    constraint: ForeignKey | Check | NotNull


@dataclass(frozen=True, slots=True)
class SetEnforced:
    """The constraint is there, and only whether it is enforced differs: ``[NOT] ENFORCED``.

    Where a server has no statement for it (PostgreSQL before 18, for checks before 19), it is dropped and added.
    """

    code: ClassVar[str] = "SD414"
    table: Name
    old: ForeignKey | Check
    new: ForeignKey | Check


@dataclass(frozen=True, slots=True)
class AddCheck:
    """``ADD CHECK``."""

    code: ClassVar[str] = "SD421"
    table: Name
    check: Check


@dataclass(frozen=True, slots=True)
class DropCheck:
    """``DROP CONSTRAINT`` of a CHECK."""

    code: ClassVar[str] = "SD422"
    table: Name
    check: Check


@dataclass(frozen=True, slots=True)
class AddExclusion:
    """``ADD EXCLUDE``."""

    code: ClassVar[str] = "SD431"
    table: Name
    exclusion: Exclusion


@dataclass(frozen=True, slots=True)
class DropExclusion:
    """``DROP CONSTRAINT`` of an exclusion."""

    code: ClassVar[str] = "SD432"
    table: Name
    exclusion: Exclusion


@dataclass(frozen=True, slots=True)
class RenameConstraint:
    """``RENAME CONSTRAINT``; only where names count (``names = "strict"``)."""

    code: ClassVar[str] = "SD441"
    table: Name
    old: PrimaryKey | ForeignKey | Check | Index | Exclusion
    new: PrimaryKey | ForeignKey | Check | Index | Exclusion


@dataclass(frozen=True, slots=True)
class SetConstraintComment:
    """``COMMENT ON CONSTRAINT``, or on the index behind one (``on`` is ``index``); ``None`` is none."""

    code: ClassVar[str] = "SD442"
    table: Name
    name: str
    old: str | None
    new: str | None
    on: Literal["constraint", "index"] = "constraint"


Rename = RenameTable | RenameColumn | RenameEnumValue
"""What is never guessed: these come from answers."""

ColumnChange = (
    AlterColumnType
    | AlterColumnNullability
    | AlterColumnDefault
    | AlterColumnGenerated
    | AlterColumnIdentity
    | AlterColumnCollation
    | AlterColumnOptions
    | SetColumnComment
)
"""Every verb that turns one column into another of the same name."""

SchemaObjectChange = (
    CreateNamespace
    | DropNamespace
    | CreateExtension
    | DropExtension
    | CreateEnum
    | DropEnum
    | AddEnumValue
    | RenameEnumValue
    | ReplaceEnum
    | SetTypeComment
    | CreateSequence
    | DropSequence
    | AlterSequence
    | CreateDomain
    | DropDomain
    | AlterDomain
)
"""Every verb about something of the schema that is no part of a table."""

TableChange = CreateTable | DropTable | RenameTable | AlterTableOptions | SetTableComment
"""Every verb about a table as a whole."""

AnyColumnChange = AddColumn | DropColumn | ColumnChange | RenameColumn | MoveColumns
"""Every verb about columns."""

IndexChange = CreateIndex | DropIndex | RenameIndex | RebuildIndex | SetIndexComment | AddUnique | DropUnique
"""Every verb about indexes, and about the unique constraints that are kept as one."""

ConstraintChange = (
    AddPrimaryKey
    | DropPrimaryKey
    | AddForeignKey
    | DropForeignKey
    | ValidateConstraint
    | SetEnforced
    | AddCheck
    | DropCheck
    | AddExclusion
    | DropExclusion
    | RenameConstraint
    | SetConstraintComment
)
"""Every verb about any other constraint."""

Addition = (
    CreateNamespace
    | CreateExtension
    | CreateEnum
    | AddEnumValue
    | CreateSequence
    | CreateDomain
    | CreateTable
    | AddColumn
    | CreateIndex
    | AddUnique
    | AddPrimaryKey
    | AddForeignKey
    | AddCheck
    | AddExclusion
)
"""Every verb for what only the right side has: the models want it, and the database does not have it."""

Removal = (
    DropNamespace
    | DropExtension
    | DropEnum
    | DropSequence
    | DropDomain
    | DropTable
    | DropColumn
    | DropIndex
    | DropUnique
    | DropPrimaryKey
    | DropForeignKey
    | DropCheck
    | DropExclusion
)
"""Every verb for what only the left side has."""

SimpleChange = SchemaObjectChange | TableChange | AnyColumnChange | IndexChange | ConstraintChange
"""What ``diff`` answers with."""


@dataclass(frozen=True, slots=True)
class RebuildTable:
    """Several changes of one table done by recreating the table and copying its rows (SQLite)."""

    code: ClassVar[str] = "SD104"
    old: Table
    new: Table
    changes: tuple[SimpleChange, ...]


@dataclass(frozen=True, slots=True)
class AlterTable:
    """Several changes of one table that must be, or are better, one statement (MySQL: MODIFY, keys)."""

    code: ClassVar[str] = "SD107"
    old: Table
    new: Table
    changes: tuple[SimpleChange, ...]


Change = SimpleChange | RebuildTable | AlterTable
"""What ``order`` and ``render`` work on."""


def table_of(change: Change) -> Name | None:
    """The table a change belongs to, by its name before the change; ``None`` for what belongs to no table."""
    return None if isinstance(change, SchemaObjectChange) else _own_table(change)


def _own_table(
    change: TableChange | AnyColumnChange | IndexChange | ConstraintChange | RebuildTable | AlterTable,
) -> Name:
    match change:
        case CreateTable() | DropTable():
            return change.table.name
        case RebuildTable() | AlterTable() | AlterTableOptions():
            return change.old.name
        case RenameTable():
            return change.old
        case _:  # all others have a field of this name, says the type checker
            return change.table


def index_of(change: CreateIndex | DropIndex | RebuildIndex | AddUnique | DropUnique) -> Index:
    """The index that comes, goes or is built again; a unique constraint is one, too."""
    return change.unique if isinstance(change, AddUnique | DropUnique) else change.index


def schemas_of(change: Change) -> frozenset[str] | None:
    """The schemas in which a change does something; ``None`` where it changes what the whole database has."""
    if isinstance(change, SchemaObjectChange):
        return _schemas_of_object(change)
    if isinstance(change, RenameTable):
        return frozenset((change.old.schema, change.new.schema))
    return frozenset((_own_table(change).schema,))


def _schemas_of_object(change: SchemaObjectChange) -> frozenset[str] | None:
    match change:
        case CreateExtension() | DropExtension():
            return None
        case CreateNamespace() | DropNamespace():
            names = [change.name]
        case CreateEnum() | DropEnum():
            names = [change.enum.name.schema]
        case AddEnumValue() | RenameEnumValue():
            names = [change.enum.schema]
        case ReplaceEnum():
            names = [change.old.name.schema, *(table.schema for table, _ in change.used_by)]
        case CreateSequence() | DropSequence():
            names = [change.sequence.name.schema]
        case CreateDomain() | DropDomain():
            names = [change.domain.name.schema]
        case AlterSequence() | AlterDomain() | SetTypeComment():
            names = [change.old.name.schema]
        case _:
            assert_never(change)
    return frozenset(names)


def simple_changes(change: Change) -> tuple[SimpleChange, ...]:
    """The change itself, or the changes that were folded into it."""
    match change:
        case RebuildTable() | AlterTable():
            return change.changes
        case _:  # nothing else is a fold
            return (change,)


STORED: tuple[type, ...] = (*get_args(SimpleChange), RebuildTable, AlterTable)
"""Every kind of change: the classes that a stored one may name."""
