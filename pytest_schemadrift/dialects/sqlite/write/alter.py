"""The little that SQLite alters in place (https://sqlite.org/lang_altertable.html); all else is ``rebuild``'s."""

from __future__ import annotations

from pytest_schemadrift.dialects.sqlite.names import quote
from pytest_schemadrift.dialects.sqlite.write.definitions import column_definition
from pytest_schemadrift.schema import changes as c


def rename(change: c.RenameTable | c.RenameColumn) -> str:
    """ALTER TABLE … RENAME, which follows the name into every other object."""
    if isinstance(change, c.RenameTable):
        return f"ALTER TABLE {quote(change.old.name)} RENAME TO {quote(change.new.name)}"
    return f"ALTER TABLE {quote(change.table.name)} RENAME COLUMN {quote(change.old)} TO {quote(change.new)}"


def add_column(change: c.AddColumn) -> str:
    """ALTER TABLE … ADD COLUMN, which only appends."""
    return f"ALTER TABLE {quote(change.table.name)} ADD COLUMN {column_definition(change.column)}"
