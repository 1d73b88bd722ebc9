"""What these tests share: the two servers, a script loaded into an empty database, and schemas read back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import Connection, Dialect
from pytest_schemadrift.dialects.mysql.connection import connect
from pytest_schemadrift.dialects.mysql.facts import read_facts
from pytest_schemadrift.dialects.mysql.statements import open_version_comments, split
from pytest_schemadrift.model import Schema, UnsupportedObject
from pytest_schemadrift.plan import create_statements
from pytest_schemadrift.traits import ServerFacts

T = TypeVar("T")
SCRIPTS = Path(__file__).parent / "scripts"
BOTH = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


@dataclass
class Database:
    """An open database with all that is known of it."""

    connection: Connection
    facts: ServerFacts
    dialect: Dialect

    async def load(self, script: str) -> None:
        """Execute a script statement by statement."""
        for statement in split(open_version_comments(script, self.facts), self.facts.dialect):
            await self.connection.execute(statement.raw(0, len(statement.tokens)))

    async def dump(self) -> Schema:
        return await self.dialect.dump(self.connection, self.facts, None)

    def parse(self, text: str) -> Schema:
        return self.dialect.parse(text, self.facts)

    def export(self, schema: Schema) -> list[str]:
        return create_statements(schema, self.dialect, self.facts)

    async def shown(self) -> str:
        """What SHOW CREATE TABLE says of every table."""
        texts = []
        for name, kind in await self.connection.fetch("SHOW FULL TABLES"):
            if kind == "BASE TABLE":
                texts.append((await self.connection.fetch(f"SHOW CREATE TABLE `{name}`"))[0][1])
        return ";\n".join(texts)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    connection = await connect(url, 10)
    try:
        facts = await read_facts(connection)
        yield Database(connection, facts, get_dialect(facts.dialect))
    finally:
        await connection.close()


def tables_only(schema: Schema) -> Schema:
    """Without views and triggers, whose text the server writes anew."""
    return replace(schema, views=(), tables=tuple(replace(table, triggers=()) for table in schema.tables))


def reasons(unsupported: tuple[UnsupportedObject, ...]) -> list[str]:
    return [item.reason for item in unsupported]
