"""What the session's role may not do, and the GRANT for it.

The catalogs are readable by every role (documentation of PostgreSQL, "System Catalogs"), so a check needs no right on a
table. It needs USAGE of the schemas: a schema without it is left out of the effective search path, and the server then
spells the names in its definitions otherwise. A change needs what only the owner of a table has, and CREATE on its
schema; counting the rows in its way needs SELECT.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pytest_schemadrift.dialects.base import Connection, MissingRight
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.catalog.rows import RightRow, named
from pytest_schemadrift.dialects.postgres.names import qualified, quote
from pytest_schemadrift.dialects.postgres.server_info import named_in_path
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name

_READ_ONLY = """
    SELECT pg_catalog.pg_is_in_recovery() AS is_standby,
           pg_catalog.current_setting('default_transaction_read_only') AS setting
"""
_NAMED = 5
"""Of more tables than these, the whole schema is granted."""


async def missing_rights(
    connection: Connection, info: ServerInfo, tables: Collection[Name]
) -> tuple[MissingRight, ...]:
    """The rights that a check, or a change of these tables, needs and the role does not have."""
    role = info.setting("role")
    path = named_in_path(info.setting("search_path"), role)
    wanted = {Name(table.schema or info.default_schema, table.name) for table in tables}
    named_ones = sorted({*path, *(table.schema for table in wanted)})
    rows: list[RightRow] = named("rights", await connection.fetch(query("rights", info.version[0]), named_ones))
    schemas = [row for row in rows if row.name is None]
    there = {row.schema for row in schemas}
    changed = {table.schema for table in wanted} | set([name for name in path if name in there][:1])
    of_tables = [row for row in rows if row.name is not None and Name(row.schema, row.name) in wanted]
    [read_only] = await connection.fetch(_READ_ONLY)
    of_schemas = _of_schemas(schemas, changed, quote(role))
    return (*_of_session(*read_only), *of_schemas, *_of_tables(of_tables, quote(role)))


def _of_session(is_standby: bool, setting: str) -> Iterator[MissingRight]:
    """Why nobody can write here, or no session of this role does."""
    if is_standby:
        to_do = "give the URL of the primary"
        yield MissingRight("apply", "may not write: the server is a standby", "", to_do)
    elif setting == "on":
        to_do = "give the role default_transaction_read_only = off, or the URL another role"
        yield MissingRight("apply", "may not write: default_transaction_read_only is on for its sessions", "", to_do)


def _of_schemas(schemas: list[RightRow], changed: Collection[str], role: str) -> Iterator[MissingRight]:
    for row in schemas:
        place = f"SCHEMA {quote(row.schema)} TO {role}"
        if not row.may_use:
            yield MissingRight("check", f"may not use the schema {row.schema}", f"GRANT USAGE ON {place}")
        if not row.may_change and row.schema in changed:
            words = f"may not create tables and indexes in the schema {row.schema}"
            yield MissingRight("apply", words, f"GRANT CREATE ON {place}")


def _of_tables(tables: list[RightRow], role: str) -> Iterator[MissingRight]:
    others = [row for row in tables if not row.may_change]
    for owner in sorted({row.owner for row in others}):
        names = [row.name for row in others if row.owner == owner]
        words = f"may not alter {_listed(names)}: {'it belongs' if len(names) == 1 else 'they belong'} to {owner}"
        yield MissingRight("apply", words, f"GRANT {quote(owner)} TO {role}")
    unread = [row for row in tables if not row.may_use and not row.may_change]
    for schema in sorted({row.schema for row in unread}):
        names = [row.name for row in unread if row.schema == schema]
        places = ", ".join(qualified(Name(schema, str(name))) for name in names)
        what = places if len(names) <= _NAMED else f"ALL TABLES IN SCHEMA {quote(schema)}"
        yield MissingRight("apply", f"may not count the rows of {_listed(names)}", f"GRANT SELECT ON {what} TO {role}")


def _listed(names: list[str | None]) -> str:
    first = ", ".join(str(name) for name in names[:_NAMED])
    return first if len(names) <= _NAMED else f"{first} and {len(names) - _NAMED} more tables"
