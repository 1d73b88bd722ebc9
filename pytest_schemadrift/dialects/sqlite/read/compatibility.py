"""What a column of SQLite does with values that were meant for one of another declared type."""

from __future__ import annotations

from pytest_schemadrift.dialects.sqlite.names import fold
from pytest_schemadrift.dialects.sqlite.read.builder import rowid_alias
from pytest_schemadrift.dialects.sqlite.read.types import BLOB, INTEGER, NUMERIC, REAL, TEXT, affinity, kind
from pytest_schemadrift.schema.capabilities import Compatibility
from pytest_schemadrift.schema.model import Column, Table

_TEXTS = frozenset(["uuid", "date", "datetime", "time", "json"])
"""What Tortoise writes as a text that looks like no number, and reads whatever it looks like."""
_STRICT = {INTEGER: ("INT", "INTEGER"), TEXT: ("TEXT",), REAL: ("REAL",), BLOB: ("BLOB",)}


def compatibility(old: Column, new: Column, table: Table) -> Compatibility:
    """What the column ``old`` of ``table`` does with the values of ``new``: its affinity decides, no length counts.

    https://sqlite.org/datatype3.html, section 3; for a strict table https://sqlite.org/stricttables.html, section 2.
    """
    is_key = table.primary_key is not None and [fold(name) for name in table.primary_key.columns] == [fold(old.name)]
    alias = rowid_alias(table)
    if alias is not None and fold(alias) == fold(old.name):
        return (
            Compatibility.SAME if affinity(new.type) == INTEGER else Compatibility.INCOMPATIBLE
        )  # it takes nothing but whole numbers
    if is_key and new.type == INTEGER:
        return Compatibility.INCOMPATIBLE  # which would be numbered by itself
    wanted = kind(new.type) if new.type else None
    if ("strict", "yes") in table.options and old.type != "ANY":
        held = TEXT if wanted in _TEXTS else BLOB if wanted == "bytes" else affinity(new.type)
        return Compatibility.SAME if old.type in _STRICT.get(held, ()) else Compatibility.INCOMPATIBLE
    if wanted in _TEXTS or wanted == "bytes":
        return Compatibility.SAME  # text that is no number, and bytes, stay as they are everywhere
    return _by_affinity(affinity(old.type), affinity(new.type))


def _by_affinity(there: str, wanted: str) -> Compatibility:
    if there in (wanted, BLOB):
        return Compatibility.SAME  # BLOB stands for none: everything stays as it is written
    numbers = {there, wanted} <= {INTEGER, NUMERIC}
    if numbers:
        return Compatibility.SAME
    if wanted == REAL and there in (INTEGER, NUMERIC):
        return Compatibility.WIDER  # 2.0 is read as 2, which is equal
    return Compatibility.INCOMPATIBLE  # '007' is read as 7, 5 as '5' or 5.0
