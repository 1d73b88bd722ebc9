"""PostgreSQL 12 and later, through asyncpg.

Options of tables, indexes and keys (``Options`` in the model):

=====================  ==========================  =====================================================
of                     name                        text
=====================  ==========================  =====================================================
table                  ``unlogged``                ``yes``
table                  ``row_security``            ``yes``: ENABLE ROW LEVEL SECURITY
table                  ``force_row_security``      ``yes``: FORCE ROW LEVEL SECURITY
table                  ``access_method``           a method other than heap
table                  ``server``                  a foreign table's server
table                  ``server_options``          its options, ``name=value, …``
table, index, key      ``with``                    storage parameters, ``fillfactor=70, …``, sorted
column                 ``storage``                 other than the type's own: ``PLAIN``, ``EXTERNAL``, …
column                 ``compression``             ``pglz`` or ``lz4`` (14)
primary key, unique    ``deferrable``              ``yes``
primary key, unique    ``initially_deferred``      ``yes``
primary key, unique    ``without_overlaps``        ``yes`` (18)
primary key            ``include``                 the columns in SQL
foreign key            ``not_enforced``            ``yes`` (18)
foreign key            ``period``                  ``yes`` (18)
foreign key            ``triggers_disabled``       ``yes``: DISABLE TRIGGER ALL on either side; it is in no DDL
=====================  ==========================  =====================================================

``Column.collation`` and ``IndexPart.collation`` are SQL text (``"C"``), ``IndexPart.opclass`` with its parameters.
Those of a column are there where ``ServerInfo.column_storage`` asks for them.
A child's or partition's inherited columns and constraints belong to its parent and are not repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.postgres.dialect import POSTGRES, AsyncpgDumper, connect_credentials

__all__ = ["POSTGRES", "AsyncpgDumper", "connect_credentials"]


def __getattr__(name: str) -> object:
    """The dialect itself, when it is asked for: a guard that knows its database asks one question without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pytest_schemadrift.dialects.postgres import dialect

    return getattr(dialect, name)
