"""What these tests share: an open database, a script loaded into it, and schemas read back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pytest_schemadrift.changes import Change
from pytest_schemadrift.dialects.base import Connection, RenderContext
from pytest_schemadrift.dialects.postgres import POSTGRES
from pytest_schemadrift.dialects.postgres.connection import connect
from pytest_schemadrift.dialects.postgres.facts import read_facts
from pytest_schemadrift.model import Column, Name, Schema, Table
from pytest_schemadrift.plan import Plan, build_plan, create_statements
from pytest_schemadrift.reconcile import Policy, reconcile
from pytest_schemadrift.traits import ServerFacts

T = TypeVar("T")
SCRIPTS = Path(__file__).parent / "scripts"
NEWEST = POSTGRES.default_facts


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


@dataclass
class Database:
    """An open database with all that is known of it."""

    connection: Connection
    facts: ServerFacts
    url: str

    @property
    def major(self) -> int:
        return self.facts.version[0]

    async def load(self, script: str) -> None:
        await self.connection.execute(script)

    async def dump(self) -> Schema:
        return await POSTGRES.dump(self.connection, self.facts, None)

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
        return POSTGRES.parse(text, self.facts)

    def export(self, schema: Schema) -> list[str]:
        return create_statements(schema, POSTGRES, self.facts)

    async def value(self, sql: str) -> Any:
        return (await self.connection.fetch(sql))[0][0]

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.connection.fetch(sql)]

    async def change_to(self, script: str) -> Plan:
        """Plan the way to what a script says, walk it, and see that nothing is left of the difference."""
        old = await self.dump()
        wanted, _ = reconcile(old, self.parse(script), Policy(whole=True))
        plan = build_plan(old, wanted, POSTGRES, self.facts)
        for sql in plan.sql():
            await self.connection.execute(sql)
        found = await self.dump()
        again, _ = reconcile(found, self.parse(script), Policy(whole=True))
        assert build_plan(found, again, POSTGRES, self.facts).sql() == []
        return plan


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    connection = await connect(url, 10)
    try:
        yield Database(connection, await read_facts(connection), url)
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


def parsed(script: str, facts: ServerFacts = NEWEST) -> Schema:
    return POSTGRES.parse(script, facts)


def parsed_table(script: str, facts: ServerFacts = NEWEST) -> Table:
    schema = parsed(script, facts)
    assert schema.unsupported == ()
    return schema.tables[0]


def parsed_column(definition: str) -> Column:
    return parsed_table(f"CREATE TABLE t (c {definition})").columns[0]


def rendered(change: Change, old: str = "", new: str = "", facts: ServerFacts = NEWEST) -> tuple[str, ...]:
    context = RenderContext(parsed(old, facts), parsed(new, facts), facts, POSTGRES.traits(facts), (change,))
    return POSTGRES.render(change, context)
