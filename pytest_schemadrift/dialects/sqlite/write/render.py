"""SQLite's DDL: every verb as statements; what SQLite cannot alter is done by rebuilding the table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.sqlite.names import fold, quote
from pytest_schemadrift.dialects.sqlite.write.alter import add_column, alter_constraint, drop_column, rename
from pytest_schemadrift.dialects.sqlite.write.definitions import (
    create_index,
    create_table,
    create_virtual_table,
    index_name,
    reference,
)
from pytest_schemadrift.dialects.sqlite.write.in_place import ALTERS_CONSTRAINTS_SINCE
from pytest_schemadrift.dialects.sqlite.write.rebuild import rebuild
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Table


def render(change: c.Change, context: RenderContext) -> tuple[str, ...]:
    """The statements of one change, without semicolons. Raises ``Unsupported``."""
    if isinstance(change, c.SchemaObjectChange):
        raise _foreign(change)
    if isinstance(change, c.IndexChange):
        return _render_index(change)
    match change:
        case c.CreateTable():
            return tuple(_create(change.table))
        case c.DropTable():
            _refuse_twin(change, context)
            return (f"DROP TABLE {quote(change.table.name.name)}",)
        case c.RenameTable() | c.RenameColumn():
            return (rename(change),)
        case c.AddColumn():
            return (add_column(change),)
        case c.AlterTable(changes=(c.AddColumn() as added, c.AddForeignKey() as key)):
            return (f"{add_column(added)} {reference(key.foreign_key)}",)
        case c.DropColumn():
            return (drop_column(change),)
        case c.AlterColumnNullability() | c.AddCheck() | c.DropCheck() if _is_altered(context):
            return (alter_constraint(change),)
        case c.RebuildTable():
            return tuple(rebuild(change, context))
        case c.SetTableComment() | c.SetColumnComment():
            return ()  # SQLite keeps no comments
        case c.AddExclusion() | c.DropExclusion() | c.SetEnforced() | c.SetConstraintComment():
            raise _foreign(change)
        case c.AlterTableOptions() | c.AlterTable() | c.ValidateConstraint() | c.RenameConstraint():
            raise _folded(change)
        case c.AlterColumnType() | c.AlterColumnNullability() | c.AlterColumnDefault() | c.AlterColumnGenerated():
            raise _folded(change)
        case c.AlterColumnIdentity() | c.AlterColumnCollation() | c.AlterColumnOptions() | c.MoveColumns():
            raise _folded(change)
        case c.AddPrimaryKey() | c.DropPrimaryKey() | c.AddForeignKey() | c.DropForeignKey():
            raise _folded(change)
        case c.AddCheck() | c.DropCheck():
            raise _folded(change)
        case _:
            assert_never(change)


def _render_index(change: c.IndexChange) -> tuple[str, ...]:
    match change:
        case c.CreateIndex():
            return (create_index(change.table, change.index),)
        case c.DropIndex():
            return (f"DROP INDEX {quote(index_name(change.table, change.index))}",)
        case c.RenameIndex():
            drop = f"DROP INDEX {quote(index_name(change.table, change.old))}"
            return (drop, create_index(change.table, change.new))
        case c.RebuildIndex():
            return (f"REINDEX {quote(index_name(change.table, change.index))}",)
        case c.SetIndexComment():
            return ()  # SQLite keeps no comments
        case c.AddUnique() | c.DropUnique():
            raise _folded(change)
        case _:
            assert_never(change)


def _folded(change: c.Change) -> Unsupported:
    return Unsupported(
        f"SQLite makes {type(change).__name__} only by rebuilding the table",
        where=str(c.table_of(change)),
        hint="give the change to order, which folds it into a RebuildTable",
    )


def _is_altered(context: RenderContext) -> bool:
    """Whether this SQLite has a statement for it; ``order`` folds into a rebuild where it would not be enough."""
    return context.info.version >= ALTERS_CONSTRAINTS_SINCE


def _foreign(change: c.Change) -> Unsupported:
    what = f"SQLite has no {type(change).__name__}"
    return Unsupported(what, hint="compare with a schema that was written for SQLite")


def _refuse_twin(drop: c.DropTable, context: RenderContext) -> None:
    """``Users`` and ``users`` are one table to SQLite: to drop one and create the other is to lose its rows."""
    name = drop.table.name.name
    for change in context.changes:
        if isinstance(change, c.CreateTable) and fold(change.table.name.name) == fold(name):
            raise Unsupported(
                f"{name} and {change.table.name.name} are the same table to SQLite, which does not rename it either",
                where=name,
                hint=f"write the name as the database does: {name}",
            )


def _create(table: Table) -> Iterable[str]:
    """A table with its indexes and triggers."""
    if table.kind == "virtual":
        yield create_virtual_table(table)
    else:
        yield create_table(table, table.name.name)
    for index in table.indexes:
        if not index.constraint:
            yield create_index(table.name, index)
    for trigger in table.triggers:
        yield trigger.sql
