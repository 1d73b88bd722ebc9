"""--online: writers are not made to wait, and what was left halfway is taken up (that it converges: ``test_cases``)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.dialects.base import Patience
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.harness import compare_with_script, load, run

TABLE = "CREATE TABLE t (id int PRIMARY KEY, v int, w int);"
FILL = "INSERT INTO t SELECT g, g, g FROM generate_series(1, 100000) g;"
CHANGED = """CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL, w int,
  made uuid NOT NULL DEFAULT gen_random_uuid(), CONSTRAINT u UNIQUE (v), CONSTRAINT positive CHECK (w > 0));
CREATE INDEX i ON t (w);"""


async def online_plan(server: LiveServer, wanted: str) -> Plan:
    found = await compare_with_script(server, wanted, prove=False)
    return build_plan(found.old, found.new, server.dialect, server.info, online=True)


@pytest.mark.postgres
def test_a_writer_does_not_wait_for_what_is_made_online(fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        url = fresh_database("postgres")
        async with open_server(url) as server, open_server(url) as writer:
            await load(server, TABLE + FILL)
            plan = await online_plan(server, CHANGED)
            words = " ".join(plan.sql())
            for form in ("INDEX CONCURRENTLY", "USING INDEX", "NOT VALID", "VALIDATE CONSTRAINT", "DO $"):
                assert form in words
            assert not any(Hazard.LOCKS_TABLE in step.hazards for step in plan.steps)
            await writer.connection.execute("SET lock_timeout = '30s'")
            running = asyncio.ensure_future(execute(server, plan, Patience(lock=60)))
            number = 0
            while not running.done():
                number += 1
                await writer.connection.execute(f"INSERT INTO t (id, v, w) VALUES ({-number}, {-number}, 1)")
                await asyncio.sleep(0.005)
            outcome = await running
            assert outcome.ok, outcome.error
            assert number > 0
            assert not (await compare_with_script(server, CHANGED, prove=False)).plan
            assert await server.connection.fetch("SELECT count(*) FROM t WHERE id > 0 AND made IS NOT NULL") == [
                (100000,)
            ]

    run(work())


@pytest.mark.postgres
def test_what_a_failed_index_leaves_is_removed_and_the_next_run_goes_on(fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, TABLE + "INSERT INTO t VALUES (1, 1, 1), (2, 1, 1);")
            wanted = TABLE.replace("w int", "w int, CONSTRAINT u UNIQUE (v)")
            plan = await online_plan(server, wanted)
            outcome = await execute(server, plan)
            assert outcome.failed is not None and "CONCURRENTLY" in outcome.failed.sql
            assert await server.connection.fetch("SELECT 1 FROM pg_index WHERE NOT indisvalid") == []
            await load(server, "UPDATE t SET v = id")
            assert (await execute(server, await online_plan(server, wanted))).ok
            assert not (await compare_with_script(server, wanted, prove=False)).plan

    run(work())


@pytest.mark.parametrize(
    "left",
    [
        "ALTER TABLE t ADD CONSTRAINT schemadrift_not_null_aaaa CHECK (v IS NOT NULL) NOT VALID",
        "ALTER TABLE t ADD CONSTRAINT positive CHECK (w > 0) NOT VALID",
        "CREATE UNIQUE INDEX u ON t (v)",
        "ALTER TABLE t ADD COLUMN made uuid; ALTER TABLE t ALTER made SET DEFAULT gen_random_uuid()",
    ],
)
@pytest.mark.postgres
def test_a_run_that_was_killed_halfway_is_taken_up(left: str, fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, TABLE + "INSERT INTO t VALUES (1, 1, 1), (2, 2, 1);" + left)
            outcome = await execute(server, await online_plan(server, CHANGED))
            assert outcome.ok, outcome.error
            assert not (await compare_with_script(server, CHANGED, prove=False)).plan
            assert await server.connection.fetch("SELECT count(*) FROM t WHERE made IS NOT NULL") == [(2,)]

    run(work())


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
)
def test_the_server_is_asked_for_the_best_it_can(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def work() -> list[str]:
        async with open_server(fresh_database(dialect)) as server:
            old = (
                "CREATE TABLE t (id int PRIMARY KEY, v int, w varchar(9)); CREATE TABLE u (id int PRIMARY KEY, v int);"
            )
            new = old.replace("v int, w varchar(9)", "v bigint, w varchar(9)").replace("v int)", "v int, x int)")
            await load(server, old)
            outcome = await execute(server, await online_plan(server, new))
            assert outcome.ok
            assert not (await compare_with_script(server, new, prove=False)).plan
            return [statement.sql for statement in outcome.done]

    done = run(work())
    assert any(sql.endswith("ALGORITHM=INSTANT") for sql in done)
    assert any("ALGORITHM" not in sql for sql in done), (
        f"{done}: a change of type copies the table: said by its plain form"
    )


@pytest.mark.parametrize("hazard", list(Hazard))
def test_every_hazard_has_a_page_that_says_how_long_it_blocks_what(hazard: Hazard) -> None:
    page = (Path(__file__).parents[2] / "docs" / "hazards" / f"{hazard}.md").read_text()
    for words in ("| PostgreSQL |", "| MySQL, MariaDB |", "| SQLite |", "## What to do", "`--online`"):
        assert words in page
