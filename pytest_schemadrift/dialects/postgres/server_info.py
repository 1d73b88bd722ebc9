"""What the server at hand answers about itself, and the questions of ``queries/``."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.schema.capabilities import ServerInfo

_SINCE = re.compile(r"/\*(\d\d)\*/(.*?)/\*else (.*?)\*/", re.DOTALL)


@cache
def _query_text(name: str) -> str:
    return (files(__package__) / "catalog" / "queries" / f"{name}.sql").read_text(encoding="utf-8")


@cache
def query(name: str, major: int) -> str:
    """The text of a catalog query for a server's major version.

    ``/*15*/ new /*else old */`` in the file is what exists since version 15, and what to ask before.
    """
    return _SINCE.sub(lambda match: match[2] if major >= int(match[1]) else match[3], _query_text(name))


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
