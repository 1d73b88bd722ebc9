"""DDL text as a source: ``parse_sql``, remembered from one run to the next."""

from __future__ import annotations

from pytest_schemadrift.core.cache import cached, key_of
from pytest_schemadrift.core.gc_pause import paused_collector
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import STORED, Schema


def parse_sql(sql: str, dialect: str, info: ServerInfo | None = None) -> Schema:
    """Return the schema that a DDL text describes, in the dialect's canonical spelling.

    Without ``facts`` the newest supported server with its default settings is assumed. What cannot be read is in
    ``Schema.unsupported``. Raises ``DDLSyntaxError`` for a text that is no SQL, ``ConfigurationError`` for an
    unknown dialect.
    """
    chosen = get_dialect(dialect)
    with paused_collector():
        return chosen.parse(sql, info or chosen.default_info)


def parse_sql_cached(sql: str, dialect: str, info: ServerInfo) -> Schema:
    """As ``parse_sql``, from the user's cache where the same text was parsed before for such a server."""
    return cached("parsed", key_of(sql, dialect, info), STORED, lambda: parse_sql(sql, dialect, info))
