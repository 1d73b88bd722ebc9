"""What a bare character set has meant: the collation that it stands for depends on the server and its version.

Tortoise writes ``CHARACTER SET utf8mb4`` and no collation, so a table has the collation that was the default when it
was created, and keeps it where the server is upgraded or the database moves to another one: ``utf8mb4_general_ci`` is
the default up to MySQL 5.7 and MariaDB 11.4 (manuals: "What Is New in MySQL 8.0", ``character_set_collations``).
"""

from __future__ import annotations

from dataclasses import replace

from pytest_schemadrift.dialects.mysql.collations import charset_of, default_collation
from pytest_schemadrift.dialects.mysql.read.types import CHARACTER_TYPES, base_type
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Column, Table

_OF_UNICODE = {
    charset: frozenset([f"{charset}_general_ci", f"{charset}_uca1400_ai_ci"])
    for charset in ("ucs2", "utf16", "utf32", "utf8mb3")
}
DEFAULTS = _OF_UNICODE | {
    "utf8mb4": frozenset(["utf8mb4_general_ci", "utf8mb4_0900_ai_ci", "utf8mb4_uca1400_ai_ci"]),
}
"""The collations that these character sets have stood for; each of the others stands for one, everywhere."""


def as_collated(old: Table, new: Table, info: ServerInfo) -> Table:
    """``new`` with the collation of ``old``, where both are what a bare character set means: one here, one elsewhere.

    So have the columns of ``new`` that have its collation. Any other table is ``new`` as it is, also where a column of
    ``old`` has what is wanted: then somebody has chosen the other one.
    """
    there, wanted = (dict(table.options).get("collation") or info.collation for table in (old, new))
    charset = charset_of(wanted)
    if wanted != default_collation(charset, info) or there == wanted or there not in DEFAULTS.get(charset, ()):
        return new

    def has_it(column: Column) -> bool:
        return base_type(column.type) in CHARACTER_TYPES and (column.collation or info.collation) == wanted

    inherits = {column.name for column in new.columns if has_it(column)}
    if any(has_it(column) and column.name in inherits for column in old.columns):
        return new
    shown = None if there == info.collation else there
    columns = (replace(column, collation=shown) if column.name in inherits else column for column in new.columns)
    others = [item for item in new.options if item[0] != "collation"]
    options = tuple(sorted([*others, ("collation", shown)] if shown else others))
    return replace(new, columns=tuple(columns), options=options)
