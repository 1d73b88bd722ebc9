"""What these tests share: an open database, a script loaded into it, and schemas read back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pytest_schemadrift.dialects.base import Connection, RenderContext
from pytest_schemadrift.dialects.postgres import POSTGRES
from pytest_schemadrift.dialects.postgres.connection import connect
from pytest_schemadrift.dialects.postgres.server_info import read_server_info
from pytest_schemadrift.planning.build import build_plan, create_statements
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.changes import Change
from pytest_schemadrift.schema.model import Column, Name, Schema, Table
from tests.harness import run  # noqa: F401  (of the tests)

SCRIPTS = Path(__file__).parent / "scripts"
NEWEST = POSTGRES.default_info


@dataclass
class Database:
    """An open database with all that is known of it."""

    connection: Connection
    info: ServerInfo
    url: str

    @property
    def major(self) -> int:
        return self.info.version[0]

    async def load(self, script: str) -> None:
        await self.connection.execute(script)

    async def dump(self) -> Schema:
        return await POSTGRES.dump(self.connection, self.info, None)

    async def clear(self) -> None:
        """Drop all schemas: faster than another database."""
        names = await self.rows("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'")
        for (name,) in names:
            await self.connection.execute(f'DROP SCHEMA "{name}" CASCADE')
        await self.connection.execute("RESET ALL; CREATE SCHEMA public")

    async def table(self, name: str) -> Table:
        found = (await self.dump()).table(Name("", name))
        assert found is not None
        return found

    def parse(self, text: str) -> Schema:
        return POSTGRES.parse(text, self.info)

    def export(self, schema: Schema) -> list[str]:
        return create_statements(schema, POSTGRES, self.info)

    async def value(self, sql: str) -> Any:
        return (await self.connection.fetch(sql))[0][0]

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.connection.fetch(sql)]

    async def change_to(self, script: str) -> Plan:
        """Plan the way to what a script says, walk it, and see that nothing is left of the difference."""
        old = await self.dump()
        wanted, _ = normalize(old, self.parse(script), Policy(whole=True))
        plan = build_plan(old, wanted, POSTGRES, self.info)
        for sql in plan.sql():
            await self.connection.execute(sql)
        found = await self.dump()
        again, _ = normalize(found, self.parse(script), Policy(whole=True))
        assert build_plan(found, again, POSTGRES, self.info).sql() == []
        return plan


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    connection = await connect(url, 10)
    try:
        yield Database(connection, await read_server_info(connection), url)
    finally:
        await connection.close()


async def version_of(url: str) -> int:
    """The server's major version."""
    async with opened(url) as database:
        return database.major


def expressed(schema: Schema) -> Schema:
    """Without what is only reported."""
    return replace(schema, unsupported=())


def tables_only(schema: Schema) -> Schema:
    """Without views and triggers, whose text the server writes anew."""
    tables = tuple(replace(table, triggers=()) for table in schema.tables)
    return replace(schema, tables=tables, views=(), unsupported=())


def parsed(script: str, info: ServerInfo = NEWEST) -> Schema:
    return POSTGRES.parse(script, info)


def parsed_table(script: str, info: ServerInfo = NEWEST) -> Table:
    schema = parsed(script, info)
    assert schema.unsupported == ()
    return schema.tables[0]


def parsed_column(definition: str) -> Column:
    return parsed_table(f"CREATE TABLE t (c {definition})").columns[0]


def rendered(change: Change, old: str = "", new: str = "", info: ServerInfo = NEWEST) -> tuple[str, ...]:
    context = RenderContext(parsed(old, info), parsed(new, info), info, POSTGRES.capabilities(info), (change,))
    return POSTGRES.render(change, context)
