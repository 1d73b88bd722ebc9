"""Foreign keys that the server would refuse for what they refer to: found before a plan is printed."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import Capabilities
from pytest_schemadrift.schema.keys import has_key, referred_without_key
from pytest_schemadrift.schema.model import ForeignKey, Name, Schema, Table


def assert_keys_are_unique(changes: Iterable[c.Change], new: Schema, capabilities: Capabilities) -> None:
    """Raise ``Unsupported`` for a new foreign key to columns that are no primary or unique key after all ``changes``.

    Only where the server demands the very columns of a whole key, in its order (MySQL 8.4, error 6125).
    """
    if not capabilities.foreign_key_needs_whole_key:
        return
    for change in changes:
        for part in c.simple_changes(change):
            match part:
                case c.AddForeignKey():
                    _assert_key(part.table, part.foreign_key, new)
                case c.CreateTable():
                    for key in part.table.foreign_keys:
                        _assert_key(part.table.name, key, new)
                case _:  # no other change makes a foreign key
                    pass


def has_loose_keys(schema: Schema, capabilities: Capabilities) -> bool:
    """Whether a foreign key refers to what is no whole key, which the server takes only where it is told to."""
    return capabilities.foreign_key_needs_whole_key and bool(referred_without_key(schema))


def assert_keys_are_kept(old: Schema, new: Schema, capabilities: Capabilities) -> None:
    """Raise ``Unsupported`` where a foreign key would lose the key or the table that it refers to.

    Only where the server lets that happen: SQLite takes the statement, and from then on refuses every INSERT into the
    child and every DELETE from the parent with "foreign key mismatch" (documentation of foreign keys, section 3).
    """
    if not capabilities.creates_foreign_keys_inline:
        return
    before, after = ({table.name: table for table in schema.tables} for schema in (old, new))
    for table in new.tables:
        for key in table.foreign_keys:
            parent = before.get(key.ref_table)
            if parent is None or not _serves(parent, key):
                continue
            kept = after.get(key.ref_table)
            if kept is None or not _serves(kept, key):
                columns = f" ({', '.join(key.ref_columns)})" if key.ref_columns else ""
                raise Unsupported(
                    f"foreign key ({', '.join(key.columns)}) of {table.name} refers to {key.ref_table}{columns}, which "
                    "would no longer be a key: SQLite would refuse to write either table",
                    hint=f"drop the foreign key of {table.name} first, or drop that table",
                )


def _serves(parent: Table, key: ForeignKey) -> bool:
    """Whether SQLite finds the key of the parent: the primary key, or a unique index over all rows, in any order."""
    keys = [parent.primary_key.columns] if parent.primary_key is not None else []
    if not key.ref_columns:
        return any(len(columns) == len(key.columns) for columns in keys)
    plain = [index for index in parent.indexes if all(part.column for part in index.parts)]
    keys += [index.columns for index in plain if index.unique and index.where is None]
    wanted = sorted(name.casefold() for name in key.ref_columns)
    return any(sorted(name.casefold() for name in columns) == wanted for columns in keys)


def _assert_key(table: Name, key: ForeignKey, new: Schema) -> None:
    parent = new.table(key.ref_table)
    if parent is None or not key.ref_columns or has_key(parent, key.ref_columns):
        return
    columns = ", ".join(key.ref_columns)
    raise Unsupported(
        f"foreign key ({', '.join(key.columns)}) of {table}: {key.ref_table} ({columns}) is neither primary nor unique",
        hint=f"make ({columns}) of {key.ref_table} unique; MySQL takes another key only where "
        "restrict_fk_on_non_standard_key is OFF (error 6125)",
    )
