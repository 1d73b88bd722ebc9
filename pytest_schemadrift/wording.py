"""Changes in words: what differs, in one sentence that a tired person understands at once."""

from __future__ import annotations

from typing import assert_never

from pytest_schemadrift import changes as c
from pytest_schemadrift.model import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Index,
    IndexPart,
    Name,
    PrimaryKey,
    Table,
)

WORDS_IN_ALL = 300
"""Characters of a description; what is longer is cut in the middle."""


def kind(change: c.Change) -> str:
    """The name of the change's class, as it stands in JSON and in golden files."""
    return type(change).__name__


def describe(change: c.Change) -> str:
    """Return what differs, in words: "has" is the left side (the database), "wants" the right one (the models)."""
    return _shortened(_sentence(change))


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= WORDS_IN_ALL:
        return text
    half = WORDS_IN_ALL // 2 - 2
    return f"{text[:half]} … {text[-half:]}"


def subject(change: c.Change) -> tuple[Name | None, str | None]:
    """The table and the column that a change is about; ``None`` where there is none."""
    match change:
        case c.AddColumn() | c.DropColumn():
            return change.table, change.column.name
        case (
            c.AlterColumnType()
            | c.AlterColumnNullability()
            | c.AlterColumnDefault()
            | c.AlterColumnGenerated()
            | c.AlterColumnIdentity()
            | c.AlterColumnCollation()
            | c.AlterColumnOptions()
            | c.SetColumnComment()
        ):
            return change.table, change.new.name
        case c.RenameColumn():
            return change.table, change.new
        case c.AddForeignKey() | c.DropForeignKey():
            return change.table, _only(change.foreign_key.columns)
        case c.CreateIndex() | c.DropIndex():
            return change.table, _only(change.index.columns)
        case c.AddUnique() | c.DropUnique():
            return change.table, _only(change.unique.columns)
        case c.RebuildTable() | c.AlterTable():
            columns = {subject(part)[1] for part in change.changes}
            return change.old.name, columns.pop() if len(columns) == 1 else None
        case _:
            return c.table_of(change), None


def _only(columns: tuple[str, ...]) -> str | None:
    return columns[0] if len(columns) == 1 else None


def detail(change: c.Change) -> str:
    """The wanted definition in a few words, for tables of changes and JSON."""
    match change:
        case c.AddColumn() | c.DropColumn():
            return column_text(change.column)
        case (
            c.AlterColumnType()
            | c.AlterColumnNullability()
            | c.AlterColumnDefault()
            | c.AlterColumnGenerated()
            | c.AlterColumnIdentity()
            | c.AlterColumnCollation()
            | c.AlterColumnOptions()
            | c.SetColumnComment()
        ):
            return column_text(change.new)
        case _:
            return describe(change)


def column_text(column: Column) -> str:
    """A column's definition in a line."""
    words = [column.type]
    if column.generated:
        words.append(f"GENERATED ALWAYS AS ({column.generated.expression.sql})")
    if not column.nullable:
        words.append("NOT NULL")
    if column.default:
        words.append(f"DEFAULT {column.default.sql}")
    if column.identity:
        words.append("IDENTITY")
    elif column.autoincrement:
        words.append("AUTOINCREMENT")
    return " ".join(words)


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _part(part: IndexPart) -> str:
    text = part.column if part.column is not None else f"({part.expression.sql if part.expression else ''})"
    return text + (" DESC" if part.descending else "")


def index_text(index: Index) -> str:
    """An index in words, such as ``unique index on (a, b DESC) where x > 1``."""
    words = ["unique constraint" if index.constraint else "unique index" if index.unique else "index"]
    if index.method:
        words.insert(0, index.method)
    words.append(f"on ({', '.join(_part(part) for part in index.parts)})")
    if index.include:
        words.append(f"including ({_columns(index.include)})")
    if index.where:
        words.append(f"where {index.where.sql}")
    if index.name:
        words.append(f"named {index.name}")
    return " ".join(words)


def foreign_key_text(key: ForeignKey) -> str:
    """A foreign key in words, such as ``foreign key (a) to t (id) on delete cascade``."""
    text = f"foreign key ({_columns(key.columns)}) to {key.ref_table} ({_columns(key.ref_columns)})"
    if key.on_delete != "NO ACTION":
        text += f" on delete {key.on_delete.lower()}"
    if key.on_update != "NO ACTION":
        text += f" on update {key.on_update.lower()}"
    if key.deferrable:
        text += " deferrable"
    return text


def _constraint(item: PrimaryKey | ForeignKey | Check | Index | Exclusion) -> str:
    match item:
        case PrimaryKey():
            return f"primary key ({_columns(item.columns)})"
        case ForeignKey():
            return foreign_key_text(item)
        case Check():
            return f"check ({item.expression.sql})"
        case Index():
            return index_text(item)
        case Exclusion():
            return f"exclusion {item.definition.sql}"


def _default(column: Column) -> str:
    return column.default.sql if column.default else "no default"


def _generated(column: Column) -> str:
    if column.generated is None:
        return "a plain column"
    return f"{'stored' if column.generated.stored else 'virtual'} as ({column.generated.expression.sql})"


def _identity(column: Column) -> str:
    if column.identity:
        return f"identity ({'always' if column.identity.always else 'by default'})"
    return "numbered automatically" if column.autoincrement else "not numbered"


def _collation(column: Column) -> str:
    words = [word for word in (column.charset, column.collation) if word]
    return " ".join(words) or "the default collation"


def _options(column: Column) -> str:
    words = [f"{name}={value}" for name, value in column.options]
    if column.on_update:
        words.append(f"on update {column.on_update.sql}")
    return ", ".join(words) or "no such options"


def _table_options(table: Table) -> str:
    words = [] if table.kind == "table" else [table.kind]
    words += [f"{name}={value}" for name, value in table.options]
    if table.partition_by:
        words.append(f"partition by {table.partition_by.sql}")
    return ", ".join(words) or "no such options"


def _said(text: str | None) -> str:
    return f"“{text}”" if text else "no comment"


def _sentence(change: c.Change) -> str:
    match change:
        case c.RebuildTable() | c.AlterTable():
            return "; ".join(describe(part) for part in change.changes)
        case c.CreateNamespace():
            return f"schema {change.name} is missing"
        case c.DropNamespace():
            return f"schema {change.name} is not wanted"
        case c.CreateExtension():
            return f"extension {change.name} is missing"
        case c.DropExtension():
            return f"extension {change.name} is not wanted"
        case c.CreateEnum():
            return f"enum {change.enum.name} ({_columns(change.enum.values)}) is missing"
        case c.DropEnum():
            return f"enum {change.enum.name} is not wanted"
        case c.AddEnumValue():
            return f"enum {change.enum} lacks the value {change.value!r}"
        case c.RenameEnumValue():
            return f"enum {change.enum}: value {change.old!r} is renamed to {change.new!r}"
        case c.ReplaceEnum():
            return f"enum {change.old.name} has ({_columns(change.old.values)}), wants ({_columns(change.new.values)})"
        case c.CreateSequence():
            return f"sequence {change.sequence.name} is missing"
        case c.DropSequence():
            return f"sequence {change.sequence.name} is not wanted"
        case c.AlterSequence():
            return f"sequence {change.old.name} has other options than wanted"
        case c.CreateDomain():
            return f"domain {change.domain.name} is missing"
        case c.DropDomain():
            return f"domain {change.domain.name} is not wanted"
        case c.AlterDomain():
            return f"domain {change.old.name} is defined otherwise than wanted"
        case c.CreateTable():
            return f"table {change.table.name} is missing"
        case c.DropTable():
            return f"table {change.table.name} is not wanted"
        case c.RenameTable():
            return f"table {change.old} is renamed to {change.new}"
        case c.AlterTableOptions():
            return f"table {change.old.name} has {_table_options(change.old)}, wants {_table_options(change.new)}"
        case c.SetTableComment():
            return f"table {change.table} has {_said(change.old)}, wants {_said(change.new)}"
        case c.AddColumn():
            return f"column {change.table}.{change.column.name} ({column_text(change.column)}) is missing"
        case c.DropColumn():
            return f"column {change.table}.{change.column.name} ({column_text(change.column)}) is not wanted"
        case c.AlterColumnType():
            return _column(change, f"is {change.old.type}, wants {change.new.type}")
        case c.AlterColumnNullability():
            return _column(change, "allows NULL, wants NOT NULL" if change.old.nullable else "is NOT NULL, wants NULL")
        case c.AlterColumnDefault():
            return _column(change, f"has {_default(change.old)}, wants {_default(change.new)}", "default of ")
        case c.AlterColumnGenerated():
            return _column(change, f"is {_generated(change.old)}, wants {_generated(change.new)}")
        case c.AlterColumnIdentity():
            return _column(change, f"is {_identity(change.old)}, wants {_identity(change.new)}")
        case c.AlterColumnCollation():
            return _column(change, f"has {_collation(change.old)}, wants {_collation(change.new)}")
        case c.AlterColumnOptions():
            return _column(change, f"has {_options(change.old)}, wants {_options(change.new)}")
        case c.SetColumnComment():
            return _column(change, f"has {_said(change.old.comment)}, wants {_said(change.new.comment)}")
        case c.RenameColumn():
            return f"column {change.table}.{change.old} is renamed to {change.new}"
        case c.MoveColumns():
            return f"table {change.table} has its columns in another order than wanted: {_columns(change.new)}"
        case c.CreateIndex():
            return f"{index_text(change.index)} is missing from {change.table}"
        case c.DropIndex():
            return f"{index_text(change.index)} of {change.table} is not wanted"
        case c.RenameIndex():
            return f"index {change.old.name} of {change.table} is to be named {change.new.name}"
        case c.RebuildIndex():
            return f"{index_text(change.index)} of {change.table} is invalid: a concurrent build of it failed"
        case c.AddUnique():
            return f"{index_text(change.unique)} is missing from {change.table}"
        case c.DropUnique():
            return f"{index_text(change.unique)} of {change.table} is not wanted"
        case c.AddPrimaryKey():
            return f"primary key ({_columns(change.primary_key.columns)}) is missing from {change.table}"
        case c.DropPrimaryKey():
            return f"primary key ({_columns(change.primary_key.columns)}) of {change.table} is not wanted"
        case c.AddForeignKey():
            return f"{foreign_key_text(change.foreign_key)} is missing from {change.table}"
        case c.DropForeignKey():
            return f"{foreign_key_text(change.foreign_key)} of {change.table} is not wanted"
        case c.ValidateConstraint():
            return f"{_constraint(change.constraint)} of {change.table} was never validated"
        case c.AddCheck():
            return f"check ({change.check.expression.sql}) is missing from {change.table}"
        case c.DropCheck():
            return f"check ({change.check.expression.sql}) of {change.table} is not wanted"
        case c.AddExclusion():
            return f"exclusion {change.exclusion.definition.sql} is missing from {change.table}"
        case c.DropExclusion():
            return f"exclusion {change.exclusion.definition.sql} of {change.table} is not wanted"
        case c.RenameConstraint():
            return f"{_constraint(change.old)} of {change.table} is to be named {change.new.name}"
        case _:
            assert_never(change)


def _column(change: c.ColumnChange, predicate: str, head: str = "") -> str:
    return f"{head}column {change.table}.{change.new.name} {predicate}"
