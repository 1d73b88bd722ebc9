"""What the server says of itself: its version, and what names and texts mean there."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.flavors import flavor_in, unreadable_flavor
from pytest_schemadrift.dialects.postgres.catalog.at_once import OURS
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.errors import ConnectionFailed, StatementFailed
from pytest_schemadrift.schema.capabilities import ServerInfo

DEFAULT_INFO = ServerInfo(
    "postgres", version=(18,), version_text="PostgreSQL 18", default_schema="public", charset="UTF8"
)
"""What is assumed where no server was asked: the newest supported version."""

_TEMPORARY = "pg_temp"
"""How the schema begins that a session has for its own temporary tables; no other may begin so."""


async def read_server_info(connection: Connection) -> ServerInfo:
    """Ask the server what it is; one query. Raises ``Unsupported`` for one that only speaks PostgreSQL's protocol."""
    try:
        row = (await connection.fetch(query("facts", 18)))[0]
    except StatementFailed:
        ((named,),) = await connection.fetch("SELECT pg_catalog.version()")
        stranger = unreadable_flavor(str(named))
        if stranger is None:
            raise
        raise stranger from None
    return info_of(row)


def info_of(row: Sequence[Any]) -> ServerInfo:
    """The values that ``facts`` answers, as facts. Raises ``Unsupported`` as ``read_server_info`` does."""
    number, text, database, schema, path, schemas, role, charset, collate, ctype, provider, locale, *more = row
    extensions, session, named, citus, aurora = more
    major, minor = divmod(number, 10000)
    settings = {
        "search_path": path,
        "role": role,
        "ctype": ctype,
        "provider": provider or "c",
        "locale": locale or "",
        "extensions": json.dumps(list(extensions)),
        "session": json.dumps({name: value for name, value in json.loads(session).items() if name not in OURS}),
    }
    return ServerInfo(
        dialect="postgres",
        version=(major, minor),
        version_text=text.split()[0],
        database=database,
        default_schema=schema or _first_of(path, role),
        search_path=tuple(name for name in schemas if not name.startswith("pg_")),  # pg_temp_3 is the session's own
        charset=charset,
        collation=collate,
        settings=tuple(sorted(settings.items())),
        flavor=flavor_in(named, "citus" if citus else "", "aurora" if aurora else ""),
    )


def named_in_path(search_path: str, role: str) -> list[str]:
    """The schemas that a search path names, whether or not they exist and the role may use them.

    As in SQL, a name without quotes is one in lower case.
    """
    names = [
        quoted.replace('""', '"') if quoted else plain.lower()
        for quoted, plain in re.findall(r'"((?:[^"]|"")+)"|([^\s,"]+)', search_path)
    ]
    return [role if name == "$user" else name for name in names]


def _first_of(search_path: str, role: str) -> str:
    """The schema that unqualified names are meant to mean: "$user", which few have, only where it is alone."""
    named = named_in_path(search_path, role="")
    return next(filter(None, named), role if named else "public")


def session_settings(info: ServerInfo) -> dict[str, str]:
    """What the database, the role or the client has set for the session, and may change what a text means."""
    found: dict[str, str] = json.loads(info.setting("session", "{}"))
    return found


def schemas_of(info: ServerInfo) -> list[str]:
    """The existing schemas of the connection's search path, first the one of unqualified names."""
    return list(info.search_path) or [info.default_schema]


def foreign_extensions(info: ServerInfo) -> list[str]:
    """``name WITH SCHEMA schema`` of each extension outside of the default schema."""
    return [str(text) for text in json.loads(info.setting("extensions", "[]"))]


def extension_schemas(info: ServerInfo) -> dict[str, str]:
    """The schema of each extension outside of the default schema."""
    parts = [text.partition(" WITH SCHEMA ") for text in foreign_extensions(info)]
    return {_plain(name): _plain(schema) for name, _, schema in parts}


def _plain(name: str) -> str:
    """A name without the quotes that ``format('%I')`` gives it where it needs them."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def assert_makes_what_stays(info: ServerInfo) -> None:
    """See that a plain CREATE makes nothing temporary, as it does with pg_temp first. Raises ``ConnectionFailed``.

    What was made so would be gone with the session (documentation, "Client Connection Defaults": search_path).
    """
    if info.default_schema.startswith(_TEMPORARY):
        raise ConnectionFailed(
            "pg_temp comes first in the search path: a plain CREATE TABLE would make a temporary table",
            where=f"database {info.database}, search_path {info.setting('search_path', '')}",
            hint="put pg_temp last (ALTER ROLE … SET search_path = public, pg_temp), or name one: ?schema=public",
        )
