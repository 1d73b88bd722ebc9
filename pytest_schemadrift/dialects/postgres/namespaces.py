"""Schemas within a PostgreSQL database: which there are, and in which a session looks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

from pytest_schemadrift.dialects.base import Connection, Namespaces
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.connection import wrap
from pytest_schemadrift.dialects.postgres.names import columns_text, quote_needed
from pytest_schemadrift.schema.capabilities import ServerInfo

_SET_PATH = "SET search_path = "


async def _names(connection: Connection, info: ServerInfo) -> list[str]:
    return [name for (name,) in await connection.fetch(query("schemas", info.version[0]))]


def _path(schemas: Sequence[str]) -> str:
    return ", ".join(map(quote_needed, schemas))


def set_path(schemas: Sequence[str]) -> str:
    """The statement that makes a session look for unqualified names in these schemas, in this order."""
    return f"{_SET_PATH}{columns_text(schemas)}"


def _sets_path(statement: str) -> bool:
    return statement.startswith(_SET_PATH)


@asynccontextmanager
async def _reading(connection: Connection, schemas: Sequence[str]) -> AsyncIterator[None]:
    """One read-only transaction, to which the path belongs: a pooler may give the next one another session."""
    async with wrap(connection).reading({"search_path": _path([*schemas, "pg_temp"])}):
        yield


def _digests(
    connection: Connection, info: ServerInfo, schemas: Sequence[str]
) -> AsyncGenerator[dict[str, str | None], None]:
    from pytest_schemadrift.dialects.postgres.catalog.digest import digests

    return digests(connection, info, schemas)


NAMESPACES = Namespaces(_names, _path, set_path, _sets_path, _reading, _digests)
