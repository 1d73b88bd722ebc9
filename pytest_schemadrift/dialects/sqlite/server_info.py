"""What SQLite says of itself: its version and the settings of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_schemadrift.dialects.sqlite.catalog.queries import query
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema.capabilities import ServerInfo

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.base import Connection

OLDEST = (3, 37)
"""STRICT and ``pragma_table_list`` came with this version (S22)."""

DEFAULT_INFO = ServerInfo("sqlite", version=(3, 50, 0), version_text="3.50.0", settings=(("foreign_keys", "1"),))
"""What is assumed where no server was asked."""


async def read_server_info(connection: Connection) -> ServerInfo:
    """Ask a connection for its version, its file and its settings. Raises ``Unsupported`` below SQLite 3.37."""
    ((version_text, database, foreign_keys, encoding),) = await connection.fetch(query("facts"))
    version = tuple(int(part) for part in version_text.split("."))
    if version < OLDEST:
        raise Unsupported(
            f"SQLite {version_text} is too old to be read",
            hint="use a Python whose sqlite3 module has SQLite 3.37 or later",
        )
    return ServerInfo(
        "sqlite",
        version=version,
        version_text=version_text,
        database=database or ":memory:",
        settings=(("encoding", str(encoding)), ("foreign_keys", str(foreign_keys))),
    )
