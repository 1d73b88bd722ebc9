"""Scratch databases: like the live one, gone afterwards, and refused with reason."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.postgres import POSTGRES, sample
from pytest_schemadrift.dialects.postgres.sample import copy_rows
from pytest_schemadrift.dialects.postgres.scratch import PREFIX, open_scratch, with_database
from pytest_schemadrift.errors import StatementFailed, Unsupported
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.scratch import read_back
from tests.dialects.postgres.database import Database, opened, run
from tests.harness import compare_with_script, load

NewDatabase = Callable[[str], str]
SCRATCHES = f"SELECT datname::text FROM pg_database WHERE datname LIKE '{PREFIX}%'"
pytestmark = pytest.mark.postgres


async def scratches(database: Database) -> set[str]:
    return {name for (name,) in await database.rows(SCRATCHES)}


async def own_scratches(database: Database) -> set[str]:
    """Those of this process: others may use the server meanwhile."""
    return {name for name in await scratches(database) if name.startswith(f"{PREFIX}{os.getpid()}_")}


def test_it_is_empty_and_like_the_live_one(fresh_database: NewDatabase) -> None:
    async def check() -> None:
        async with opened(fresh_database("postgres")) as database:
            await database.load("CREATE TABLE t (a integer)")
            async with open_scratch(database.connection, database.url, database.info) as scratch:
                info = await POSTGRES.read_server_info(scratch)
                assert info.database.startswith(PREFIX)
                assert (info.charset, info.collation) == (database.info.charset, database.info.collation)
                assert info.settings[0] == database.info.settings[0]
                assert (await POSTGRES.dump(scratch, info, None)).tables == ()
                waits = "SELECT setting, source FROM pg_catalog.pg_settings WHERE name = 'synchronous_commit'"
                assert await scratch.fetch(waits) == [("off", "session")]
                name = info.database
            assert name not in await scratches(database)

    run(check())


def test_what_no_transaction_takes_is_executed_too(fresh_database: NewDatabase) -> None:
    """Definitions are sent together, which some cannot be: a value of an enum is used after its transaction alone."""
    statements = [
        "CREATE TYPE mood AS ENUM ('good') -- the last line may be a comment",
        "CREATE TABLE t (id int PRIMARY KEY, a mood)",
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "ALTER TYPE mood ADD VALUE 'bad'",
        "ALTER TABLE t ALTER COLUMN a SET DEFAULT 'bad'",
        "COMMENT ON TABLE t IS 'made'",
    ]

    async def check() -> None:
        async with open_server(fresh_database("postgres")) as server:
            found = await read_back(server, statements)
            (table,) = found.tables
            assert (table.comment, [index.name for index in table.indexes]) == ("made", ["i"])
            assert table.columns[1].default is not None
            wrong = "CREATE INDEX j ON t (b)"
            with pytest.raises(StatementFailed) as failed:
                await read_back(server, [*statements[:2], wrong, statements[-1]])
            assert failed.value.sql == wrong

    run(check())


def test_it_has_the_search_path_and_the_extensions_schemas_of_the_live_one(fresh_database: NewDatabase) -> None:
    async def check() -> None:
        url = fresh_database("postgres")
        async with opened(url) as database:
            await database.load("CREATE SCHEMA app; CREATE SCHEMA extensions")
            if not await database.value("SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'"):
                pytest.skip("no pgvector")
            await database.load("CREATE EXTENSION vector SCHEMA extensions")
        async with opened(f"{url}{'&' if '?' in url else '?'}schema=app,extensions") as database:
            assert database.info.default_schema == "app"
            await database.load("CREATE TABLE t (v vector(3))")
            live = await database.dump()
            assert live.tables[0].name == ("", "t")
            assert live.tables[0].columns[0].type == "vector(3)"
            async with open_scratch(database.connection, database.url, database.info) as scratch:
                await scratch.execute("CREATE TABLE t (v vector(3))")
                assert (
                    await POSTGRES.dump(scratch, await POSTGRES.read_server_info(scratch), None)
                ).tables == live.tables

    run(check())


def test_a_script_that_makes_a_schema_of_the_search_path_is_compared(fresh_database: NewDatabase) -> None:
    """As pg_dump writes it: the schema is there before the script is run, because the live database has it."""

    async def check() -> None:
        url = fresh_database("postgres")
        script = "CREATE SCHEMA app; CREATE TABLE app.t (id int)"
        async with open_server(url) as live:
            await load(live, f"{script}; CREATE SCHEMA other CREATE TABLE u (id int)")
        async with open_server(f"{url}{'&' if '?' in url else '?'}schema=app") as live:
            wanted = script.replace("id int", "id int DEFAULT 1 + 1") + "; CREATE SCHEMA other CREATE TABLE u (id int)"
            found = await compare_with_script(live, wanted)
        assert [type(change).__name__ for change in found.plan.changes] == ["AlterColumnDefault"]
        assert found.proven

    run(check())


def test_it_is_dropped_when_something_fails_or_is_cancelled(fresh_database: NewDatabase) -> None:
    async def hold(database: Database, opened_event: asyncio.Event) -> None:
        async with open_scratch(database.connection, database.url, database.info):
            opened_event.set()
            await asyncio.sleep(60)

    async def check() -> None:
        async with opened(fresh_database("postgres")) as database:
            before = await own_scratches(database)
            with pytest.raises(StatementFailed):
                async with open_scratch(database.connection, database.url, database.info) as scratch:
                    assert len(await own_scratches(database) - before) == 1
                    await scratch.execute("nonsense")
            assert await own_scratches(database) <= before
            opened_event = asyncio.Event()
            task = asyncio.create_task(hold(database, opened_event))
            await opened_event.wait()
            assert len(await own_scratches(database) - before) == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await own_scratches(database) <= before

    run(check())


def test_it_is_dropped_when_it_is_cancelled_while_it_is_created(fresh_database: NewDatabase) -> None:
    """The server may have created it before it hears of that."""

    async def check() -> None:
        async with opened(fresh_database("postgres")) as database:
            before, execute = await own_scratches(database), database.connection.execute

            async def executing(sql: str) -> None:
                await execute(sql)
                if sql.startswith("CREATE DATABASE"):
                    raise asyncio.CancelledError

            with pytest.MonkeyPatch.context() as patch, pytest.raises(asyncio.CancelledError):
                patch.setattr(database.connection, "execute", executing)
                async with open_scratch(database.connection, database.url, database.info):
                    pass
            assert await own_scratches(database) <= before

    run(check())


def test_forgotten_ones_are_cleared_and_those_in_use_are_not(fresh_database: NewDatabase) -> None:
    async def check() -> None:
        async with opened(fresh_database("postgres")) as database:
            old, new = f"{PREFIX}1_{int(time.time()) - 3600:x}_ab", f"{PREFIX}1_{int(time.time()):x}_cd"
            used, other = f"{PREFIX}1_{int(time.time()) - 3600:x}_ef", f"{PREFIX}of_somebody"
            for name in (old, new, other):
                await database.load(f'CREATE DATABASE "{name}"')
            # A template is not dropped: the tests that run beside this one clear what is forgotten, too.
            await database.load(f'CREATE DATABASE "{used}" IS_TEMPLATE true')
            try:
                async with opened(with_database(database.url, used)):
                    await database.load(f'ALTER DATABASE "{used}" IS_TEMPLATE false')
                    async with open_scratch(database.connection, database.url, database.info):
                        left = await scratches(database)
                        assert old not in left
                        assert {new, used, other} <= left
            finally:
                if used in await scratches(database):
                    await database.load(f'ALTER DATABASE "{used}" IS_TEMPLATE false')
                for name in (new, used, other):
                    await database.load(f'DROP DATABASE IF EXISTS "{name}"')

    run(check())


def test_a_role_that_may_not_create_databases(fresh_database: NewDatabase) -> None:
    async def check() -> None:
        async with opened(fresh_database("postgres")) as database:
            role = f"reader_{time.time_ns()}"
            await database.load(f"CREATE ROLE {role}; SET ROLE {role}")
            with pytest.raises(Unsupported, match="permission denied"):
                async with open_scratch(database.connection, database.url, database.info):
                    pass
            await database.load(f"RESET ROLE; DROP ROLE {role}")
            with pytest.raises(Unsupported, match="without the URL"):
                async with open_scratch(database.connection, "", database.info):
                    pass

    run(check())


def test_two_at_once(fresh_database: NewDatabase) -> None:
    async def one(url: str) -> int:
        async with opened(url) as database, open_scratch(database.connection, url, database.info) as scratch:
            return int((await scratch.fetch("SELECT 1"))[0][0])

    async def check() -> list[int]:
        url = fresh_database("postgres")
        return await asyncio.gather(*(one(url) for _ in range(4)))

    assert run(check()) == [1, 1, 1, 1]


def test_the_url_of_a_scratch_database() -> None:
    assert with_database("postgres://me:p%2Fw@h:1/live?schema=a&host=%2Ftmp", "x") == (
        "postgres://me:p%2Fw@h:1/x?schema=a&host=%2Ftmp"
    )
    assert with_database("postgres://h", "x") == "postgres://h/x"


MAKE = """CREATE TABLE t (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n numeric(9, 3), "it's" text, b bytea, a integer[], j jsonb,
    r int4range, f double precision, twice integer GENERATED ALWAYS AS (length("it's") * 2) STORED
)"""
ROWS = """INSERT INTO t (n, "it's", b, a, j, r, f)
    SELECT i / 7.0, nullif(repeat(E'\\\\"\\t', i), ''), decode(lpad(to_hex(i), 4, '0'), 'hex'), ARRAY[i, NULL],
           CASE WHEN i % 3 > 0 THEN to_jsonb(i) END, int4range(i, i + 5), CASE i WHEN 4 THEN 'NaN' ELSE i / 3.0 END
    FROM generate_series(1, 12) AS i"""
READ = "SELECT t::text FROM t ORDER BY id"


class Counting:
    """A connection that counts what is sent."""

    dialect = "postgres"

    def __init__(self, inner: Connection) -> None:
        self.inner = inner
        self.sent = 0

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        self.sent += 1
        return await self.inner.fetch(sql, *arguments)

    async def execute(self, sql: str) -> None:
        await self.inner.execute(sql)

    async def close(self) -> None:
        """It is another's."""


def test_rows_come_together_and_those_that_are_refused_are_left_out_alone(
    fresh_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check() -> None:
        async with opened(fresh_database("postgres")) as database:
            await database.load(f"{MAKE}; {ROWS}")
            table, there = await database.table("t"), await database.rows(READ)
            async with open_scratch(database.connection, database.url, database.info) as scratch:
                counting = Counting(scratch)
                await scratch.execute(MAKE)
                assert await copy_rows(database.connection, counting, table, 10) == 10
                assert [tuple(row) for row in await scratch.fetch(READ)] == there[:10]
                assert counting.sent == 1
                for together, sent in ((1 << 20, 1 + 12), (1, 12 + 3)):  # those that fail together are tried alone
                    monkeypatch.setattr(sample, "_TOGETHER", together)
                    await scratch.execute("DROP TABLE t")
                    await scratch.execute(MAKE.replace("bytea", "bytea CHECK (get_byte(b, 1) % 4 > 0)"))
                    counting.sent = 0
                    assert await copy_rows(database.connection, counting, table, 12) == 9
                    found = [tuple(row) for row in await scratch.fetch(READ)]
                    assert found == [row for number, row in enumerate(there, 1) if number % 4]
                    assert counting.sent == sent

    run(check())
