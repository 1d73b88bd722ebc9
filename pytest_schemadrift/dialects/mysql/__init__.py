"""MySQL 8.0 and later and MariaDB 10.5 and later, through asyncmy: two ``Dialect`` values over the same code.

Canonical forms: a type is the text of ``information_schema.COLUMNS.COLUMN_TYPE``; ``Column.collation`` is the
column's *effective* collation, ``None`` where it is the database's own (so that a table's default never hides or
feigns a difference), and ``Column.charset`` is always ``None``, because the collation says it. A nullable column
without default and one with ``DEFAULT NULL`` are the same. ``RESTRICT`` and ``NO ACTION`` are the same. The index
under a foreign key is always there, on both sides. Unique constraints are unique indexes (``constraint`` is false).
Unnamed things carry the names that the server gives them.

=========  ============  ===============================================================================
on         option        meaning
=========  ============  ===============================================================================
Table      collation     default collation of its columns, where it is not the database's
Table      engine        storage engine, where it is not the server's default
Table      row_format    and every other table option by its own name, lower case, value in upper case
Column     invisible     INVISIBLE
Column     srid          SRID (MySQL), REF_SYSTEM_ID (MariaDB)
Column     compressed    COMPRESSED (MariaDB)
PrimaryKey comment       COMMENT of the key
Index      invisible     INVISIBLE (MySQL), IGNORED (MariaDB)
Index      parser        WITH PARSER of a FULLTEXT index
Index      m, distance   of a VECTOR index (MariaDB)
=========  ============  ===============================================================================

``Table.partition_by`` is what follows ``PARTITION BY``. ``Check.column`` is set for MariaDB's nameless checks that
are part of a column's definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.mysql.dialect import MARIADB, MYSQL, AsyncmyDumper, connect_credentials

__all__ = ["MARIADB", "MYSQL", "AsyncmyDumper", "connect_credentials"]


def __getattr__(name: str) -> object:
    """The dialect itself, when it is asked for: a guard that knows its database asks one question without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pytest_schemadrift.dialects.mysql import dialect

    return getattr(dialect, name)
