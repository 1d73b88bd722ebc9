"""A foreign key that the server does not hold rows to is a drift, and its fix looks at the rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import run_plan
from pytest_schemadrift.planning.normalize import Policy
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

NewDatabase = Callable[[str], str]
SCRIPT = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES p)"
PARTITIONS = """
    CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int, p int REFERENCES p) PARTITION BY RANGE (id);
    CREATE TABLE t1 PARTITION OF t DEFAULT
"""


@pytest.mark.postgres
@pytest.mark.tried("a foreign key whose triggers are disabled")
@pytest.mark.parametrize(
    ("script", "how"),
    [
        (SCRIPT, "ALTER TABLE t DISABLE TRIGGER ALL"),
        (SCRIPT, "ALTER TABLE p DISABLE TRIGGER ALL"),
        (PARTITIONS, "ALTER TABLE t1 DISABLE TRIGGER ALL"),
    ],
)
def test_a_key_whose_triggers_are_disabled(script: str, how: str, fresh_database: NewDatabase) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, script)
            assert not (await compare_with_script(server, script, Policy())).plan
            await load(server, how)
            found = await compare_with_script(server, script, Policy())
            assert [type(change).__name__ for change in found.plan.changes] == ["DropForeignKey", "AddForeignKey"]
            assert found.proven
            outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert outcome.ok, outcome.error
            off = "SELECT count(*) FROM pg_trigger WHERE tgisinternal AND tgenabled <> 'O'"
            assert await server.connection.fetch(off) == [(0,)]
            assert not (await compare_with_script(server, script, Policy())).plan

    run(work())


@pytest.mark.postgres
@pytest.mark.tried("a foreign key whose triggers are disabled")
def test_a_row_that_came_in_meanwhile_is_found(fresh_database: NewDatabase) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, f"{SCRIPT}; ALTER TABLE t DISABLE TRIGGER ALL; INSERT INTO t VALUES (1, 7)")
            found = await compare_with_script(server, SCRIPT, Policy())
            outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert outcome.error is not None
            assert "violates foreign key constraint" in outcome.error.what
            assert await server.connection.fetch("SELECT p FROM t") == [(7,)]

    run(work())
