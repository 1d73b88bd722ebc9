"""The little that SQLite alters in place (https://sqlite.org/lang_altertable.html); all else is ``rebuild``'s."""

from __future__ import annotations

from pytest_schemadrift.dialects.sqlite.names import quote
from pytest_schemadrift.dialects.sqlite.write.definitions import check_definition, column_definition
from pytest_schemadrift.schema import changes as c


def rename(change: c.RenameTable | c.RenameColumn) -> str:
    """ALTER TABLE … RENAME, which follows the name into every other object."""
    if isinstance(change, c.RenameTable):
        return f"ALTER TABLE {quote(change.old.name)} RENAME TO {quote(change.new.name)}"
    return f"ALTER TABLE {quote(change.table.name)} RENAME COLUMN {quote(change.old)} TO {quote(change.new)}"


def drop_column(change: c.DropColumn) -> str:
    """ALTER TABLE … DROP COLUMN."""
    return f"ALTER TABLE {quote(change.table.name)} DROP COLUMN {quote(change.column.name)}"


def alter_constraint(change: c.AlterColumnNullability | c.AddCheck | c.DropCheck) -> str:
    """NOT NULL and checks, which SQLite alters from 3.53 on."""
    head = f"ALTER TABLE {quote(change.table.name)} "
    match change:
        case c.AlterColumnNullability():
            return f"{head}ALTER COLUMN {quote(change.new.name)} {'DROP' if change.new.nullable else 'SET'} NOT NULL"
        case c.AddCheck():
            return f"{head}ADD {check_definition(change.check)}"
        case c.DropCheck():
            return f"{head}DROP CONSTRAINT {quote(change.check.name or '')}"


def add_column(change: c.AddColumn) -> str:
    """ALTER TABLE … ADD COLUMN, which only appends."""
    return f"ALTER TABLE {quote(change.table.name)} ADD COLUMN {column_definition(change.column)}"
