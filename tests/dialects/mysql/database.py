"""What these tests share: the two servers, a script loaded into an empty database, and schemas read back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import Connection, Dialect
from pytest_schemadrift.dialects.mysql.connection import connect
from pytest_schemadrift.dialects.mysql.read.statements import open_version_comments, split
from pytest_schemadrift.dialects.mysql.server_info import read_server_info
from pytest_schemadrift.planning.build import create_statements
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Schema, UnsupportedObject
from tests.harness import run  # noqa: F401  (of the tests)

SCRIPTS = Path(__file__).parent / "scripts"
BOTH = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]


@dataclass
class Database:
    """An open database with all that is known of it."""

    connection: Connection
    info: ServerInfo
    dialect: Dialect

    async def load(self, script: str) -> None:
        """Execute a script statement by statement."""
        for statement in split(open_version_comments(script, self.info)):
            await self.connection.execute(statement.raw(0, len(statement.tokens)))

    async def dump(self) -> Schema:
        return await self.dialect.dump(self.connection, self.info, None)

    def parse(self, text: str) -> Schema:
        return self.dialect.parse(text, self.info)

    def export(self, schema: Schema) -> list[str]:
        return create_statements(schema, self.dialect, self.info)

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
        info = await read_server_info(connection)
        yield Database(connection, info, get_dialect(info.dialect))
    finally:
        await connection.close()


def tables_only(schema: Schema) -> Schema:
    """Without views and triggers, whose text the server writes anew."""
    return replace(schema, views=(), tables=tuple(replace(table, triggers=()) for table in schema.tables))


def reasons(unsupported: tuple[UnsupportedObject, ...]) -> list[str]:
    return [item.reason for item in unsupported]
