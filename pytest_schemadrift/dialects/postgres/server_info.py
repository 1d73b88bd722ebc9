"""What the server says of itself: its version, and what names and texts mean there."""

from __future__ import annotations

import json

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.schema.capabilities import ServerInfo

DEFAULT_INFO = ServerInfo(
    "postgres", version=(18,), version_text="PostgreSQL 18", default_schema="public", charset="UTF8"
)
"""What is assumed where no server was asked: the newest supported version."""


async def read_server_info(connection: Connection) -> ServerInfo:
    """Ask the server what it is; one query."""
    row = (await connection.fetch(query("facts", 18)))[0]
    number, text, database, schema, path, schemas, role, charset, collate, ctype, provider, locale, extensions = row
    major, minor = divmod(number, 10000)
    settings = {
        "search_path": path,
        "schemas": json.dumps(list(schemas)),
        "role": role,
        "ctype": ctype,
        "provider": provider or "c",
        "locale": locale or "",
        "extensions": json.dumps(list(extensions)),
    }
    return ServerInfo(
        dialect="postgres",
        version=(major, minor),
        version_text=text.split()[0],
        database=database,
        default_schema=schema or _first_of(path, role),
        charset=charset,
        collation=collate,
        settings=tuple(sorted(settings.items())),
    )


def _first_of(search_path: str, role: str) -> str:
    """The schema that unqualified names would mean once it exists."""
    first = search_path.split(",", maxsplit=1)[0].strip().strip('"')
    return role if first == "$user" else first or "public"


def schemas_of(info: ServerInfo) -> list[str]:
    """The existing schemas of the connection's search path, first the one of unqualified names."""
    return [str(name) for name in json.loads(info.setting("schemas", "[]"))] or [info.default_schema]


def foreign_extensions(info: ServerInfo) -> list[str]:
    """``name WITH SCHEMA schema`` of each extension outside of the default schema."""
    return [str(text) for text in json.loads(info.setting("extensions", "[]"))]
