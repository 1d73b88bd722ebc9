"""Changes to SQL: every verb as statements; what alters a table is one ALTER TABLE."""

from __future__ import annotations

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.mysql.names import qualified, quote
from pytest_schemadrift.dialects.mysql.write.alter import alter_table
from pytest_schemadrift.dialects.mysql.write.definitions import (
    create_table,
)
from pytest_schemadrift.dialects.mysql.write.rename_column import rename_column
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.build import make_table
from pytest_schemadrift.schema.model import Table


def render(change: c.Change, context: RenderContext) -> tuple[str, ...]:
    """The statements of one change, in order. Raises ``Unsupported``."""
    match change:
        case c.CreateTable():
            table = change.table
            return (create_table(table, context.info), *(trigger.sql for trigger in table.triggers))
        case c.DropTable():
            return (f"DROP TABLE {qualified(change.table.name)}",)
        case c.RenameTable():
            return (f"RENAME TABLE {qualified(change.old)} TO {qualified(change.new)}",)
        case c.RenameColumn():
            return tuple(rename_column(change, context))
        case c.CreateNamespace():
            return (f"CREATE DATABASE {quote(change.name)}",)
        case c.DropNamespace():
            return (f"DROP DATABASE {quote(change.name)}",)
        case c.AlterTable():
            return alter_table(change.old, change.new, change.changes, context)
        case c.RebuildTable():
            raise Unsupported("a table is never rebuilt here", hint="this is a bug: please report it")
        case _ if isinstance(change, c.SchemaObjectChange):
            raise Unsupported(f"{type(change).__name__}: {context.info.dialect} has no such thing")
        case _:  # ``alter_table`` knows every change of a table
            old, new = _tables_of(change, context)
            return alter_table(old, new, (change,), context)


def _tables_of(change: c.SimpleChange, context: RenderContext) -> tuple[Table, Table]:
    """Both sides of the table that a change belongs to; a bare table where a side is not known."""
    name = c.table_of(change)
    assert name is not None
    bare = make_table(name, ())
    return context.old.table(name) or bare, context.new.table(name) or context.old.table(name) or bare
