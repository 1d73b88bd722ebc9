"""SQLite 3.37 and later, through aiosqlite.

What ``Options`` hold here:

===========  ========================  =====================================================================
of           name                      value
===========  ========================  =====================================================================
Table        ``strict``                ``yes``
Table        ``without_rowid``         ``yes``
Table        ``module``                the module of a virtual table, lower case
Table        ``arguments``             the module's arguments, with `, ` between them
Column       ``not_null_on_conflict``  the algorithm of ``NOT NULL ON CONFLICT``, where it is not ABORT
PrimaryKey   ``on_conflict``           the algorithm of its ``ON CONFLICT``, where it is not ABORT
Index        ``on_conflict``           the same of a unique constraint
===========  ========================  =====================================================================

Canonical forms: what SQLite takes as the same is written the same. A rowid alias (``INTEGER PRIMARY KEY``) and the
key of a STRICT or WITHOUT ROWID table are never nullable; ``DEFAULT NULL`` is no default; a bare word as a default
is a string; a foreign key without columns names its parent's primary key; ``COLLATE BINARY`` and
``ON CONFLICT ABORT`` are left out; MATCH says nothing. Types are compared as written, in upper case with single
blanks. Names keep the spelling of the definition wherever they are used. Comments are not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.sqlite.dialect import SQLITE, AiosqliteDumper, connect_credentials

__all__ = ["SQLITE", "AiosqliteDumper", "connect_credentials"]


def __getattr__(name: str) -> object:
    """The dialect itself, when it is asked for: a guard that knows its database asks one question without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pytest_schemadrift.dialects.sqlite import dialect

    return getattr(dialect, name)
