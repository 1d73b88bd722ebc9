"""What a dump asks of the server: a fixed number of bulk queries on ``pg_catalog``, in one read-only snapshot.

The session is pinned while they run (P8, P9): expressions come out the same whatever the role's settings are, names
of the connection's default schema without it and all others with it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from typing import Any

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.postgres.adapter import Fetch
from pytest_schemadrift.dialects.postgres.catalog.at_once import (
    DIGEST,
    NOTHING,
    OF_NO_ROWS,
    PINNED,
    QUERIES,
    asked,
    digesting,
    of_all_tables,
    with_digest,
)
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.connection import wrap
from pytest_schemadrift.dialects.postgres.names import literal, quote
from pytest_schemadrift.dialects.postgres.server_info import schemas_of
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.name import Name

_BY_NAME = frozenset(["relations", "columns", "constraints", "indexes"])
"""Queries that take the names of the tables to look at."""

_OF_PEOPLE = r"n.nspname NOT LIKE 'pg\_%'::text"
"""How a query leaves out the schemas that are not those of people."""
_BY_SCHEMA = frozenset(["types", "sequences", "triggers", "marks", "opclasses", *_BY_NAME])
"""Queries of what lies in a schema; the others also tell of what other schemas have to do with it."""
_OF_ALL = "JOIN pg_catalog.pg_namespace n ON"
"""How ``others`` finds the schemas of what it tells of."""
_ONLY = re.compile(r"/\*only (.*?)\*/", re.DOTALL)
"""What is added to a query where some schemas are looked at, whose relations have these ``{numbers}``: the same rows of
those schemas, found by indexes."""
_AT_HOME = "JOIN people n ON n.oid = c.relnamespace"
"""How ``marks`` finds the relations of the schemas to look at."""
BY_INDEX = "SELECT pg_catalog.set_config('enable_seqscan', 'off', true)"
"""Some relations out of many thousand are looked up, where the server would rather read all of them once more."""
_BY_NUMBER = _BY_SCHEMA - {"types", "marks"}
"""Those of them that are about relations (``c``) alone, which are found by their numbers: in a database of many schemas
that is a few index look-ups, where their schema would have all of ``pg_class`` read for each."""


async def ask(
    connection: Connection, info: ServerInfo, tables: Sequence[Name] | None
) -> tuple[ServerInfo, dict[str, list[Any]]]:
    """The answers to all queries, and the facts with the schemas that they are about."""
    async with asking(connection, info, tables) as questions:
        return questions.info, await questions.answers()


@dataclass(frozen=True, slots=True)
class Questions:
    """The texts of all queries, by name, within the snapshot of which they are asked; ``info`` has all schemas."""

    info: ServerInfo
    texts: dict[str, str]
    fetch: Fetch
    tables: tuple[list[str], list[str]] | None
    """Schemas and names of the tables to look at; ``None``: all."""

    async def answers(self) -> dict[str, list[Any]]:
        """The rows of each query."""
        return {
            name: await self.fetch(text, *(self.tables if self.tables and name in _BY_NAME else ()))
            if text != NOTHING
            else []
            for name, text in self.texts.items()
        }

    async def answers_and_digest(self) -> tuple[dict[str, list[Any]], str]:
        """The rows of each query on all tables, and what stands for them as ``digest`` does; each is read once."""
        texts = {name: text if text == NOTHING else with_digest(name, text) for name, text in self.texts.items()}
        answers = await replace(self, texts=texts).answers()
        told = [[name, str(len(rows)), rows[0][DIGEST] if rows else OF_NO_ROWS] for name, rows in answers.items()]
        return answers, digest_of(self.info, told)

    async def digest(self) -> str:
        """What stands for the rows of all queries, which are read, written as text and digested by the server."""
        return digest_of(self.info, await self.fetch.in_one_go(digesting(self.texts)))


def digest_of(info: ServerInfo, rows: Iterable[list[str]]) -> str:
    """What stands for the rows of all queries, of what ``digesting`` answers."""
    found = sha256(repr(info.only_schemas).encode())
    for name, number, digest in sorted(rows):
        found.update(f"{name} {number} {digest}\n".encode())
    return found.hexdigest()


@asynccontextmanager
async def asking(connection: Connection, info: ServerInfo, tables: Sequence[Name] | None) -> AsyncIterator[Questions]:
    """All queries, to be asked within the block."""
    session = wrap(connection)
    major = info.version[0] if info.version else 18
    numbers: tuple[int, ...] = ()
    pinned = {"search_path": f"{quote(info.default_schema)}, pg_temp", **PINNED}
    async with session.reading(pinned) as fetch:
        if info.only_schemas:
            await fetch(BY_INDEX)
            found = await fetch(query("neighbours", major), list(info.only_schemas))
            related = {there for _, there, of_sequence in found if not of_sequence}
            info = replace(info, only_schemas=tuple(dict.fromkeys([*info.only_schemas, *sorted(related)])))
            here = await fetch(query("relations_of", major), list(info.only_schemas))
            numbers = tuple(number for (number,) in here)
        there = None if info.only_schemas else {word for (word,) in await fetch(query("there", major))}
        texts = {}
        for name in QUERIES:
            text = query(name, major) if tables is not None else of_all_tables(query(name, major))
            texts[name] = of_schemas(name, asked(name, text, there), info.only_schemas, numbers)
        places = None if tables is None else await _places(fetch, info, major, tables)
        yield Questions(info, texts, fetch, places)


def of_schemas(name: str, text: str, only_schemas: Sequence[str], numbers: Sequence[int]) -> str:
    """The text of a catalog query, of all schemas or of those to look at, whose relations have these numbers."""
    if not only_schemas:
        return text
    only = f"n.nspname IN ({', '.join(map(literal, only_schemas))})"
    listed = ", ".join(map(str, numbers or (0,)))
    these = f"c.oid IN ({listed})"
    if name == "others":
        return text.replace(_OF_ALL, f"{_OF_ALL} {only} AND")
    if name not in _BY_SCHEMA:
        return _ONLY.sub(lambda match: match[1].replace("{numbers}", listed), text)
    if name in _BY_NUMBER:
        only += f" AND {these}"
    return text.replace(_AT_HOME, f"{_AT_HOME} AND {these}").replace(_OF_PEOPLE, only)


async def _places(fetch: Fetch, info: ServerInfo, major: int, tables: Sequence[Name]) -> tuple[list[str], list[str]]:
    """The schemas and names of tables: an unqualified one is in the first schema of the search path that has it."""
    path = schemas_of(info)
    there: set[tuple[str, str]] = set()
    if len(path) > 1:
        rows = await fetch(query("places", major), path, [table.name for table in tables])
        there = {(schema, name) for schema, name in rows}
    schemas = [
        table.schema or next((schema for schema in path if (schema, table.name) in there), info.default_schema)
        for table in tables
    ]
    return schemas, [table.name for table in tables]
