"""What is told without a server: which tables may differ, and which differences may be a matter of spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import assert_never

from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Domain, Enum, Index, Name, Schema


def suspected(old: Schema, new: Schema) -> frozenset[Name]:
    """The tables of ``new`` that are missing from ``old`` or look different there.

    A difference that belongs to no table (an enum, a sequence) puts the tables that it may touch under suspicion.
    """
    olds = {table.name: table for table in old.tables}
    found = {table.name for table in new.tables if olds.get(table.name) != table}
    if (old.enums, old.domains, old.sequences) != (new.enums, new.domains, new.sequences):
        changed = {item.name for item in _changed_types(old, new)}
        found |= {
            table.name
            for table in new.tables
            if any(_type_name(column) in {str(name) for name in changed} for column in table.columns)
        }
    return frozenset(found)


def _changed_types(old: Schema, new: Schema) -> Iterable[Enum | Domain]:
    types: list[Enum | Domain] = [*old.enums, *old.domains]
    before = {item.name: item for item in types}
    after: list[Enum | Domain] = [*new.enums, *new.domains]
    return [item for item in after if before.get(item.name) != item]


def _type_name(column: Column) -> str:
    return column.type.replace("[]", "").replace('"', "")


def maybe_spelling(plan: Plan) -> frozenset[int]:
    """The steps whose difference lies in a text that a server may spell in several ways."""

    steps = [c.simple_changes(step.change) for step in plan.steps]
    every = [part for parts in steps for part in parts]
    return frozenset(
        place
        for place, parts in enumerate(steps)
        if any(_is_spelled(part) and _may_have_another_side(part, every) for part in parts)
    )


def _may_have_another_side(change: c.SimpleChange, every: Sequence[c.SimpleChange]) -> bool:
    """A rule that is extra where none is missing, or missing where none is extra, is no other spelling of anything."""
    for added, dropped in ((c.AddCheck, c.DropCheck), (c.AddExclusion, c.DropExclusion)):
        if isinstance(change, added | dropped):
            other = dropped if isinstance(change, added) else added
            return any(isinstance(item, other) and item.table == change.table for item in every)
    return True


def _is_spelled(change: c.SimpleChange) -> bool:
    """Whether two servers, or a server and a person, may write what the change is about in two ways."""
    match change:
        case c.CreateIndex() | c.DropIndex() | c.RebuildIndex():
            return _index_is_spelled(change.index)
        case c.RenameIndex() | c.SetIndexComment():
            return False
        case c.AddCheck() | c.DropCheck() | c.AddExclusion() | c.DropExclusion() | c.AlterDomain():
            return True
        case c.AlterTableOptions():
            old, new = change.old, change.new
            return (old.partition_by, old.partition_of) != (new.partition_by, new.partition_of)
        case c.AlterColumnType():
            return not _certainly_other(change.old.type, change.new.type)
        case c.AlterColumnDefault() | c.AlterColumnGenerated() | c.AlterColumnOptions() | c.AlterColumnCollation():
            return True
        case c.AlterColumnNullability() | c.AlterColumnIdentity() | c.SetColumnComment() | c.MoveColumns():
            return False
        case c.CreateTable() | c.DropTable() | c.RenameTable() | c.SetTableComment() | c.SetConstraintComment():
            return False
        case c.AddColumn() | c.DropColumn() | c.RenameColumn():
            return False
        case c.AddUnique() | c.DropUnique() | c.AddPrimaryKey() | c.DropPrimaryKey() | c.RenameConstraint():
            return False
        case c.AddForeignKey() | c.DropForeignKey() | c.ValidateConstraint() | c.SetEnforced():
            return False
        case _ if isinstance(change, c.SchemaObjectChange):
            return False
        case _:
            assert_never(change)


_WITH_LENGTH = re.compile(r"(character varying|varchar|character|char|varbinary|binary)\((\d+)\)", re.IGNORECASE)
_WITH_PRECISION = re.compile(r"(numeric|decimal)\((\d+), ?(\d+)\)", re.IGNORECASE)
_PLAIN_TYPES = frozenset(
    {
        *("integer", "bigint", "smallint", "text", "uuid", "boolean", "jsonb", "json", "date", "bytea"),
        *("timestamp with time zone", "timestamp without time zone", "real", "double precision", "interval"),
    }
)


def _certainly_other(old: str, new: str) -> bool:
    """Whether no server means the same by two types: another length, or another of the types with one spelling."""
    for numbered in (_WITH_LENGTH, _WITH_PRECISION):
        before, after = numbered.fullmatch(old), numbered.fullmatch(new)
        if before is not None and after is not None and before[1].lower() == after[1].lower():
            return before.groups()[1:] != after.groups()[1:]
    return old != new and {old, new} <= _PLAIN_TYPES


def _index_is_spelled(index: Index) -> bool:
    return index.where is not None or any(part.expression is not None for part in index.parts)
