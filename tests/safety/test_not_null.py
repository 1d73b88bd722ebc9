"""NOT NULL that is not valid (PostgreSQL 18) is none: the NULLs that are there are drift, never in sync."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run


@pytest.mark.postgres
@pytest.mark.parametrize("wanted", ["c integer NOT NULL", "c integer PRIMARY KEY", "c integer DEFAULT 7 NOT NULL"])
@pytest.mark.tried("NOT NULL that is not valid, with a NULL in the table")
def test_a_not_null_that_is_not_valid_is_drift(wanted: str, fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            if server.info.version < (18,):
                pytest.skip("NOT NULL … NOT VALID came with PostgreSQL 18")
            default = "DEFAULT 7" if "DEFAULT" in wanted else ""
            await load(server, f"CREATE TABLE t (c integer {default}); INSERT INTO t VALUES (1), (NULL);")
            await load(server, "ALTER TABLE t ADD CONSTRAINT given NOT NULL c NOT VALID;")
            script = f"CREATE TABLE t ({wanted});"
            plan = (await compare_with_script(server, script, prove=False)).plan
            assert any(isinstance(change, c.AlterColumnNullability) for change in plan.changes)
            if not default:
                assert (await execute(server, plan)).error is not None, "a NULL is in the way"
                await load(server, "DELETE FROM t WHERE c IS NULL;")
            outcome = await execute(server, plan)
            assert outcome.error is None, outcome.error
            query = "SELECT convalidated FROM pg_constraint WHERE contype = 'n' AND conrelid = 't'::regclass"
            assert await server.connection.fetch(query) == [(True,)]
            assert not (await compare_with_script(server, script, prove=False)).plan

    run(work())
