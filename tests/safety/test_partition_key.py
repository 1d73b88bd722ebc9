"""The type of a partition key cannot change: the table and its parts are named, and nothing is done to either."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

NewDatabase = Callable[[str], str]
PARTS = "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (%s); CREATE TABLE o (id integer PRIMARY KEY%s);"


@pytest.mark.postgres
@pytest.mark.tried("A partition key of another type: its parts stay attached, and other tables are compared")
def test_the_parts_of_a_table_that_is_refused_stay_attached(fresh_database: NewDatabase) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, "CREATE TABLE t (id integer, a integer) PARTITION BY LIST (a); " + PARTS % ("1", ""))
            new = "CREATE TABLE t (id integer, a text) PARTITION BY LIST (a); " + PARTS % ("'1'", ", b integer")
            found = await compare_with_script(server, new)
            assert {item.name for item in found.unreadable} == {"t", "t1"}
            assert [sql for sql in found.plan.sql() if "o" not in sql.split('"')[1]] == []
            assert len(found.plan.steps) == 1

    run(work())
