"""Changes as deeds: what a plan would do, and what ``apply`` and ``migrate`` did after each step."""

from __future__ import annotations

from typing import assert_never

from pytest_schemadrift.planning.definitions import column_text, foreign_key_or_check
from pytest_schemadrift.planning.describe import WORDS_IN_ALL, detail, name_of
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.shown import visible

_WOULD = {
    "added": "add",
    "rebuilt": "rebuild",
    "changed": "change",
    "created": "create",
    "dropped": "drop",
    "moved": "move",
    "renamed": "rename",
    "validated": "validate",
}


def would(change: c.Change) -> str:
    """``would add column users.email (TEXT)``: what making the change does; the words of ``did``, before it."""
    if isinstance(change, c.RebuildTable | c.AlterTable):
        return "; ".join(would(part) for part in change.changes)
    verb, _, what = did(change).partition(" ")
    return f"would {_WOULD[verb]} {what}"


def did(change: c.Change) -> str:
    """``added column users.email (TEXT)``: what is true once the change was made."""
    if isinstance(change, c.RebuildTable | c.AlterTable):
        return "; ".join(did(part) for part in change.changes)
    words = " ".join(visible(_did(change)).split())
    return words if len(words) <= WORDS_IN_ALL else f"{words[: WORDS_IN_ALL - 2]} …"


def _of_object(change: c.SchemaObjectChange) -> str:
    match change:
        case c.CreateNamespace():
            return f"created schema {change.name}"
        case c.CreateExtension():
            return f"created extension {change.name}"
        case c.CreateEnum():
            return f"created enum {change.enum.name}"
        case c.CreateSequence():
            return f"created sequence {change.sequence.name}"
        case c.CreateDomain():
            return f"created domain {change.domain.name}"
        case c.DropNamespace():
            return f"dropped schema {change.name}"
        case c.DropExtension():
            return f"dropped extension {change.name}"
        case c.DropEnum():
            return f"dropped enum {change.enum.name}"
        case c.DropSequence():
            return f"dropped sequence {change.sequence.name}"
        case c.DropDomain():
            return f"dropped domain {change.domain.name}"
        case c.AddEnumValue():
            return f"added value {change.value!r} to enum {change.enum}"
        case c.RenameEnumValue():
            return f"renamed value {change.old!r} of enum {change.enum} to {change.new!r}"
        case c.ReplaceEnum():
            return f"changed the values of enum {change.old.name}: {detail(change)}"
        case c.AlterSequence():
            return f"changed sequence {change.old.name}: {detail(change)}"
        case c.SetTypeComment():
            return f"changed the comment of type {change.new.name}: {detail(change)}"
        case c.AlterDomain():
            return f"changed domain {change.old.name}: {detail(change)}"
        case _:
            assert_never(change)


def _did(change: c.SimpleChange) -> str:
    match change:
        case _ if isinstance(change, c.SchemaObjectChange):
            return _of_object(change)
        case _ if isinstance(change, c.ColumnChange):
            return f"changed column {change.table}.{change.new.name}: {detail(change)}"
        case c.CreateTable():
            return f"created table {change.table.name}"
        case c.DropTable():
            return f"dropped table {change.table.name}"
        case c.RenameTable():
            return f"renamed table {change.old} to {change.new}"
        case c.AlterTableOptions():
            return f"changed table {change.old.name}: {detail(change)}"
        case c.SetIndexComment():
            return f"changed the comment of {name_of(change)} of {change.table}: {detail(change)}"
        case c.SetConstraintComment():
            on = "the index of " if change.on == "index" else ""
            return f"changed the comment of {on}{change.name} of {change.table}: {detail(change)}"
        case c.SetTableComment():
            return f"changed the comment of table {change.table}: {detail(change)}"
        case c.AddColumn():
            return f"added column {change.table}.{change.column.name} ({column_text(change.column)})"
        case c.DropColumn():
            return f"dropped column {change.table}.{change.column.name} ({column_text(change.column)})"
        case c.RenameColumn():
            return f"renamed column {change.table}.{change.old} to {change.new}"
        case c.MoveColumns():
            return f"moved the columns of table {change.table}: {detail(change)}"
        case c.RenameIndex() | c.RenameConstraint():
            return f"renamed {change.old.name} of {change.table} to {change.new.name}"
        case c.RebuildIndex():
            return f"rebuilt {detail(change)} of {change.table}"
        case c.ValidateConstraint():
            return f"validated {_named(change)} of {change.table}"
        case c.SetEnforced():
            return f"changed {foreign_key_or_check(change.old)} of {change.table}: {detail(change)}"
        case c.CreateIndex():
            return f"created {detail(change)} of {change.table}"
        case c.DropIndex():
            return f"dropped {detail(change)} of {change.table}"
        case c.AddUnique() | c.AddPrimaryKey() | c.AddForeignKey() | c.AddCheck() | c.AddExclusion():
            return f"added {_named(change)} to {change.table}"
        case c.DropUnique() | c.DropPrimaryKey() | c.DropForeignKey() | c.DropCheck() | c.DropExclusion():
            return f"dropped {_named(change)} of {change.table}"
        case _:
            assert_never(change)


def _named(change: c.SimpleChange) -> str:
    """A constraint in words, with its name where it has one that the words do not say."""
    name, words = name_of(change), detail(change)
    return f"{words} named {name}" if name and f"named {name}" not in words else words
