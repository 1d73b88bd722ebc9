"""Models of tables that have columns from others (INHERITS, partitions): models list all columns, a table its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import run_plan
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.changes import table_of
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

LIVE = """
    CREATE TABLE top (id serial, a int DEFAULT 5); CREATE TABLE middle () INHERITS (top);
    CREATE TABLE deep (PRIMARY KEY (id), b int NOT NULL) INHERITS (middle);
    CREATE TABLE base (id int PRIMARY KEY, a varchar(9)); CREATE TABLE child (b int, PRIMARY KEY (id)) INHERITS (base);
    CREATE TABLE whole (id int NOT NULL, a int) PARTITION BY LIST (id);
    CREATE TABLE part PARTITION OF whole (PRIMARY KEY (id)) FOR VALUES IN (1);
    CREATE TABLE other (a int); CREATE TABLE unlike (b int) INHERITS (other);
    INSERT INTO deep (b) VALUES (1); INSERT INTO child VALUES (1, 'x', 2); INSERT INTO part VALUES (1, 2);
"""
WANTED = """
    CREATE TABLE deep (id serial PRIMARY KEY, a int, b int NOT NULL);
    CREATE TABLE base (id int PRIMARY KEY, a {type}{more});
    CREATE TABLE child (id int PRIMARY KEY, a {type}, b int{more});
    CREATE TABLE part (id int PRIMARY KEY, a int);
    CREATE TABLE unlike (a {other}, b int);
"""


@pytest.mark.postgres
@pytest.mark.tried("models of tables that have columns from a parent, or from the table that they are a partition of")
def test_a_model_lists_the_columns_that_its_table_has_from_another_one(fresh_database: Callable[[str], str]) -> None:
    same = WANTED.format(type="varchar(9)", more="", other="int")
    wider = WANTED.format(type="varchar(20)", more=", z int", other="int")
    unlike = WANTED.format(type="varchar(9)", more="", other="text") + "CREATE TABLE fresh (id int PRIMARY KEY);"

    async def check() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, LIVE)
            assert (await compare_with_script(server, same, Policy())).plan.sql() == []
            found = await compare_with_script(server, unlike, Policy())
            assert [(item.name, item.reason) for item in found.unreadable] == [
                ("unlike", "column a comes from other, and is another one there")
            ]
            assert [type(change).__name__ for change in found.plan.changes] == ["CreateTable"]
            found = await compare_with_script(server, wider, Policy())
            assert found.proven
            assert {str(table_of(change)) for change in found.plan.changes} == {"base"}  # the other one follows
            await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert not (await compare_with_script(server, wider, Policy())).plan
            assert [tuple(row) for row in await server.connection.fetch("SELECT * FROM child")] == [(1, "x", 2, None)]

    run(check())
