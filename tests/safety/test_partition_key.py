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


@pytest.mark.postgres
@pytest.mark.tried("a table that cannot be changed, and the tables and types that it needs or that need it")
def test_what_a_refused_table_needs_stays_and_what_needs_its_change_is_not_made(fresh_database: NewDatabase) -> None:
    old = (
        "CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN positive AS integer;"
        "CREATE TABLE top (id integer PRIMARY KEY); CREATE TABLE p (id integer PRIMARY KEY, r integer REFERENCES top);"
        "CREATE TABLE child (a mood, b positive) INHERITS (p); CREATE TABLE whole (id integer PRIMARY KEY);"
    )
    new = (
        "CREATE TABLE child (id integer NOT NULL, a text);"
        "CREATE TABLE whole (id integer PRIMARY KEY) PARTITION BY HASH (id);"
        "CREATE TABLE part PARTITION OF whole FOR VALUES WITH (MODULUS 1, REMAINDER 0);"
        "CREATE TABLE other (id integer PRIMARY KEY);"
    )

    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, old)
            found = await compare_with_script(server, new)
            assert {item.name for item in found.unreadable} == {"child", "p", "top", "whole", "part"}
            assert found.proven is True, found.proof_note
            assert [type(change).__name__ for change in found.plan.changes] == ["CreateTable"]

    run(work())
