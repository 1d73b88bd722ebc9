"""Changes in words: what differs, in one sentence that a tired person understands at once."""

from __future__ import annotations

from typing import assert_never

from pytest_schemadrift.planning.definitions import (
    collation_text,
    column_text,
    constraint_text,
    default_text,
    domain_text,
    enforcement_text,
    foreign_key_or_check,
    foreign_key_text,
    generated_text,
    identity_of,
    index_text,
    listed,
    named_text,
    nullability_text,
    options_text,
    said,
    sequence_text,
    table_options,
    type_word,
)
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.shown import visible

WORDS_IN_ALL = 300
"""Characters of a description; what is longer is cut in the middle."""


def kind(change: c.Change) -> str:
    """The name of the change's class, as it stands in JSON and in golden files."""
    return type(change).__name__


def describe(change: c.Change) -> str:
    """Return what differs, in words that fit any two sources.

    "is" and "has" speak of the left side (the database), "should" of the right one (the models); "missing" is what
    only the right side has, "extra" what only the left one has.
    """
    return _shortened(visible(_sentence(change)))


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
        case _ if isinstance(change, c.ColumnChange):
            return change.table, change.new.name
        case c.RenameTable():
            return change.new, None  # the name that the model knows
        case c.RenameColumn():
            return change.table, change.new
        case c.AddForeignKey() | c.DropForeignKey():
            return change.table, _only(change.foreign_key.columns)
        case c.CreateIndex() | c.DropIndex() | c.AddUnique() | c.DropUnique():
            return change.table, _only(c.index_of(change).columns)
        case c.RebuildTable() | c.AlterTable():
            columns = {subject(part)[1] for part in change.changes}
            return change.old.name, columns.pop() if len(columns) == 1 else None
        case (
            c.CreateTable()
            | c.DropTable()
            | c.AlterTableOptions()
            | c.SetTableComment()
            | c.MoveColumns()
            | c.RenameIndex()
            | c.RebuildIndex()
            | c.SetIndexComment()
            | c.AddPrimaryKey()
            | c.DropPrimaryKey()
            | c.ValidateConstraint()
            | c.SetEnforced()
            | c.SetConstraintComment()
            | c.AddCheck()
            | c.DropCheck()
            | c.AddExclusion()
            | c.DropExclusion()
            | c.RenameConstraint()
        ):
            return c.table_of(change), None
        case _ if isinstance(change, c.SchemaObjectChange):
            return None, None
        case _:
            assert_never(change)


def _only(columns: tuple[str, ...]) -> str | None:
    return columns[0] if len(columns) == 1 else None


def name_of(change: c.Change) -> str | None:
    """The name of the column, index, constraint or type that a change is about; ``None`` for a table."""
    match change:
        case c.CreateNamespace() | c.DropNamespace() | c.CreateExtension() | c.DropExtension():
            return change.name
        case c.CreateEnum() | c.DropEnum():
            return str(change.enum.name)
        case c.AddEnumValue() | c.RenameEnumValue():
            return str(change.enum)
        case c.CreateSequence() | c.DropSequence():
            return str(change.sequence.name)
        case c.CreateDomain() | c.DropDomain():
            return str(change.domain.name)
        case c.ReplaceEnum() | c.AlterSequence() | c.AlterDomain() | c.SetTypeComment():
            return str(change.old.name)
        case c.CreateIndex() | c.DropIndex() | c.RebuildIndex() | c.AddUnique() | c.DropUnique():
            return c.index_of(change).name
        case c.AddPrimaryKey() | c.DropPrimaryKey():
            return change.primary_key.name
        case c.AddForeignKey() | c.DropForeignKey():
            return change.foreign_key.name
        case c.AddCheck() | c.DropCheck():
            return change.check.name
        case c.AddExclusion() | c.DropExclusion():
            return change.exclusion.name
        case c.ValidateConstraint():
            return change.constraint.name
        case c.RenameIndex() | c.RenameConstraint() | c.SetIndexComment() | c.SetEnforced():
            return change.new.name
        case c.SetConstraintComment():
            return change.name
        case c.RebuildTable() | c.AlterTable():
            names = {name_of(part) for part in change.changes}
            return names.pop() if len(names) == 1 else None
        case c.AddColumn() | c.DropColumn() | c.RenameColumn():
            return subject(change)[1]
        case _ if isinstance(change, c.ColumnChange):
            return change.new.name
        case c.CreateTable() | c.DropTable() | c.RenameTable():
            return None
        case c.AlterTableOptions() | c.SetTableComment() | c.MoveColumns():
            return None
        case _:
            assert_never(change)


def word_of(change: c.SchemaObjectChange) -> str:
    """What a change without a table is about: ``domain``, ``sequence`` and the like."""
    match change:
        case c.CreateNamespace() | c.DropNamespace():
            return "schema"
        case c.CreateExtension() | c.DropExtension():
            return "extension"
        case c.CreateEnum() | c.DropEnum() | c.AddEnumValue() | c.RenameEnumValue() | c.ReplaceEnum():
            return "enum"
        case c.SetTypeComment():
            return type_word(change.new)
        case c.CreateSequence() | c.DropSequence() | c.AlterSequence():
            return "sequence"
        case c.CreateDomain() | c.DropDomain() | c.AlterDomain():
            return "domain"
        case _:
            assert_never(change)


def detail(change: c.Change) -> str:
    """The definition that is missing or extra, or ``old -> new``: for tables of changes and for programs."""
    return _shortened(exact_detail(change))


def exact_detail(change: c.Change) -> str:
    """The same, whole, however long it is."""
    if isinstance(change, c.RebuildTable | c.AlterTable):
        return "; ".join(detail(part) for part in change.changes)
    if isinstance(change, c.SchemaObjectChange):
        return _detail_of_object(change)
    if isinstance(change, c.TableChange):
        return _detail_of_table(change)
    if isinstance(change, c.AnyColumnChange):
        return _detail_of_column(change)
    if isinstance(change, c.IndexChange):
        return _detail_of_index(change)
    if isinstance(change, c.ConstraintChange):
        return _detail_of_constraint(change)
    assert_never(change)


def _detail_of_object(change: c.SchemaObjectChange) -> str:
    match change:
        case c.CreateNamespace() | c.DropNamespace() | c.CreateExtension() | c.DropExtension():
            return change.name
        case c.CreateEnum() | c.DropEnum():
            return f"({listed(change.enum.values)})"
        case c.AddEnumValue():
            return change.value
        case c.RenameEnumValue():
            return f"{change.old} -> {change.new}"
        case c.ReplaceEnum():
            return f"({listed(change.old.values)}) -> ({listed(change.new.values)})"
        case c.CreateSequence() | c.DropSequence():
            return sequence_text(change.sequence)
        case c.AlterSequence():
            return f"{sequence_text(change.old)} -> {sequence_text(change.new)}"
        case c.CreateDomain() | c.DropDomain():
            return domain_text(change.domain)
        case c.AlterDomain():
            return f"{domain_text(change.old)} -> {domain_text(change.new)}"
        case c.SetTypeComment():
            return f"{said(change.old.comment)} -> {said(change.new.comment)}"
        case _:
            assert_never(change)


def _detail_of_table(change: c.TableChange) -> str:
    match change:
        case c.RenameTable():
            return f"{change.old} -> {change.new}"
        case c.CreateTable() | c.DropTable():
            return f"({listed(tuple(column.name for column in change.table.columns))})"
        case c.AlterTableOptions():
            return " -> ".join(_table_options(change))
        case c.SetTableComment():
            return f"{said(change.old)} -> {said(change.new)}"
        case _:
            assert_never(change)


def _detail_of_column(change: c.AnyColumnChange) -> str:
    match change:
        case c.RenameColumn():
            return f"{change.old} -> {change.new}"
        case c.AddColumn() | c.DropColumn():
            return column_text(change.column)
        case c.AlterColumnType():
            return f"{change.old.type} -> {change.new.type}"
        case c.AlterColumnNullability():
            return f"{nullability_text(change.old)} -> {nullability_text(change.new)}"
        case c.AlterColumnDefault():
            return f"{default_text(change.old)} -> {default_text(change.new)}"
        case c.AlterColumnGenerated():
            return f"{generated_text(change.old)} -> {generated_text(change.new)}"
        case c.AlterColumnIdentity():
            return f"{identity_of(change.old)} -> {identity_of(change.new)}"
        case c.AlterColumnCollation():
            return f"{collation_text(change.old)} -> {collation_text(change.new)}"
        case c.AlterColumnOptions():
            return f"{options_text(change.old)} -> {options_text(change.new)}"
        case c.SetColumnComment():
            return f"{said(change.old.comment)} -> {said(change.new.comment)}"
        case c.MoveColumns():
            return f"({listed(change.old)}) -> ({listed(change.new)})"
        case _:
            assert_never(change)


def _detail_of_index(change: c.IndexChange) -> str:
    match change:
        case c.SetIndexComment():
            return f"{said(change.old.comment)} -> {said(change.new.comment)}"
        case c.CreateIndex() | c.DropIndex() | c.RebuildIndex() | c.AddUnique() | c.DropUnique():
            return index_text(c.index_of(change))
        case c.RenameIndex():
            return f"{change.old.name} -> {change.new.name}"
        case _:
            assert_never(change)


def _detail_of_constraint(change: c.ConstraintChange) -> str:
    match change:
        case c.SetConstraintComment():
            return f"{said(change.old)} -> {said(change.new)}"
        case c.RenameConstraint():
            return f"{change.old.name} -> {change.new.name}"
        case c.AddPrimaryKey() | c.DropPrimaryKey():
            return constraint_text(change.primary_key)
        case c.AddForeignKey() | c.DropForeignKey():
            return foreign_key_text(change.foreign_key)
        case c.ValidateConstraint():
            return constraint_text(change.constraint)
        case c.SetEnforced():
            return f"{enforcement_text(change.old)} -> {enforcement_text(change.new)}"
        case c.AddCheck() | c.DropCheck():
            return constraint_text(change.check)
        case c.AddExclusion() | c.DropExclusion():
            return constraint_text(change.exclusion)
        case _:
            assert_never(change)


def _sentence(change: c.Change) -> str:
    if isinstance(change, c.RebuildTable | c.AlterTable):
        return "; ".join(describe(part) for part in change.changes)
    if isinstance(change, c.SchemaObjectChange):
        return _sentence_of_object(change)
    if isinstance(change, c.TableChange):
        return _sentence_of_table(change)
    if isinstance(change, c.AnyColumnChange):
        return _sentence_of_column(change)
    if isinstance(change, c.IndexChange):
        return _sentence_of_index(change)
    if isinstance(change, c.ConstraintChange):
        return _sentence_of_constraint(change)
    assert_never(change)


def _sentence_of_object(change: c.SchemaObjectChange) -> str:
    match change:
        case c.CreateNamespace():
            return f"schema {change.name} is missing"
        case c.DropNamespace():
            return f"schema {change.name} is extra"
        case c.CreateExtension():
            return f"extension {change.name} is missing"
        case c.DropExtension():
            return f"extension {change.name} is extra"
        case c.CreateEnum():
            return f"enum {change.enum.name} ({listed(change.enum.values)}) is missing"
        case c.DropEnum():
            return f"enum {change.enum.name} is extra"
        case c.AddEnumValue():
            return f"enum {change.enum} lacks the value {change.value!r}"
        case c.RenameEnumValue():
            return f"enum {change.enum}: value {change.old!r} is renamed to {change.new!r}"
        case c.ReplaceEnum():
            before, after = listed(change.old.values), listed(change.new.values)
            return f"enum {change.old.name} has ({before}), should have ({after})"
        case c.CreateSequence():
            return f"sequence {change.sequence.name} is missing"
        case c.DropSequence():
            return f"sequence {change.sequence.name} is extra"
        case c.AlterSequence():
            return f"sequence {change.old.name} is {sequence_text(change.old)}, should be {sequence_text(change.new)}"
        case c.CreateDomain():
            return f"domain {change.domain.name} is missing"
        case c.DropDomain():
            return f"domain {change.domain.name} is extra"
        case c.AlterDomain():
            return f"domain {change.old.name} is {domain_text(change.old)}, should be {domain_text(change.new)}"
        case c.SetTypeComment():
            name = f"{type_word(change.new)} {change.new.name}"
            return f"{name} has {said(change.old.comment)}, should have {said(change.new.comment)}"
        case _:
            assert_never(change)


def _table_options(change: c.AlterTableOptions) -> tuple[str, str]:
    return table_options(change.old, change.new), table_options(change.new, change.old)


def _sentence_of_table(change: c.TableChange) -> str:
    match change:
        case c.CreateTable():
            return f"table {change.table.name} is missing"
        case c.DropTable():
            return f"table {change.table.name} is extra"
        case c.RenameTable():
            return f"table {change.old} is renamed to {change.new}"
        case c.AlterTableOptions():
            old, new = _table_options(change)
            return f"table {change.old.name} has {old}, should have {new}"
        case c.SetTableComment():
            return f"table {change.table} has {said(change.old)}, should have {said(change.new)}"
        case _:
            assert_never(change)


def _sentence_of_column(change: c.AnyColumnChange) -> str:
    match change:
        case c.AddColumn():
            return f"column {change.table}.{change.column.name} ({column_text(change.column)}) is missing"
        case c.DropColumn():
            return f"column {change.table}.{change.column.name} ({column_text(change.column)}) is extra"
        case c.AlterColumnType():
            return _column(change, f"is {change.old.type}, should be {change.new.type}")
        case c.AlterColumnNullability():
            if any(column.unvalidated or column.not_inherited for column in (change.old, change.new)):
                return _column(change, f"is {nullability_text(change.old)}, should be {nullability_text(change.new)}")
            return _column(
                change, "allows NULL, should be NOT NULL" if change.old.nullable else "is NOT NULL, should allow NULL"
            )
        case c.AlterColumnDefault():
            return _column(change, f"has {default_text(change.old)}, should have {default_text(change.new)}")
        case c.AlterColumnGenerated():
            return _column(change, f"is {generated_text(change.old)}, should be {generated_text(change.new)}")
        case c.AlterColumnIdentity():
            return _column(change, f"is {identity_of(change.old)}, should be {identity_of(change.new)}")
        case c.AlterColumnCollation():
            return _column(change, f"has {collation_text(change.old)}, should have {collation_text(change.new)}")
        case c.AlterColumnOptions():
            return _column(change, f"has {options_text(change.old)}, should have {options_text(change.new)}")
        case c.SetColumnComment():
            return _column(change, f"has {said(change.old.comment)}, should have {said(change.new.comment)}")
        case c.RenameColumn():
            return f"column {change.table}.{change.old} is renamed to {change.new}"
        case c.MoveColumns():
            return f"table {change.table} has the columns {listed(change.old)}; should have {listed(change.new)}"
        case _:
            assert_never(change)


def _sentence_of_index(change: c.IndexChange) -> str:
    match change:
        case c.CreateIndex() | c.AddUnique():
            return f"{index_text(c.index_of(change))} is missing from {change.table}"
        case c.DropIndex() | c.DropUnique():
            return f"{index_text(c.index_of(change))} of {change.table} is extra"
        case c.RenameIndex():
            return f"index {change.old.name} of {change.table} should be named {change.new.name}"
        case c.SetIndexComment():
            name = f"index {change.new.name} of {change.table}"
            return f"the comment of {name} is {said(change.old.comment)}, should be {said(change.new.comment)}"
        case c.RebuildIndex():
            return f"{index_text(change.index)} of {change.table} is invalid: a concurrent build of it failed"
        case _:
            assert_never(change)


def _sentence_of_constraint(change: c.ConstraintChange) -> str:
    match change:
        case c.SetConstraintComment():
            on = "the index of " if change.on == "index" else ""
            words = f"{on}constraint {change.name} of {change.table}"
            return f"{words} has {said(change.old)}, should have {said(change.new)}"
        case c.AddPrimaryKey():
            return f"{named_text(change.primary_key)} is missing from {change.table}"
        case c.DropPrimaryKey():
            return f"{named_text(change.primary_key)} of {change.table} is extra"
        case c.AddForeignKey():
            return f"{named_text(change.foreign_key)} is missing from {change.table}"
        case c.DropForeignKey():
            return f"{named_text(change.foreign_key)} of {change.table} is extra"
        case c.ValidateConstraint():
            return f"{named_text(change.constraint)} of {change.table} was never validated"
        case c.SetEnforced():
            words = f"{foreign_key_or_check(change.old)} of {change.table}"
            return f"{words} is {enforcement_text(change.old)}, should be {enforcement_text(change.new)}"
        case c.AddCheck():
            return f"{named_text(change.check)} is missing from {change.table}"
        case c.DropCheck():
            return f"{named_text(change.check)} of {change.table} is extra"
        case c.AddExclusion():
            return f"{named_text(change.exclusion)} is missing from {change.table}"
        case c.DropExclusion():
            return f"{named_text(change.exclusion)} of {change.table} is extra"
        case c.RenameConstraint():
            return f"{named_text(change.old)} of {change.table} should be named {change.new.name}"
        case _:
            assert_never(change)


def _column(change: c.ColumnChange, predicate: str) -> str:
    return f"column {change.table}.{change.new.name} {predicate}"
