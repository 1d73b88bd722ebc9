"""What is sent through a pooler that lends another session to each transaction: nothing in it outlives that."""

from __future__ import annotations

import asyncio

import pytest

from pytest_schemadrift.dialects.postgres.own_session import OwnSession, begins, is_by_itself, local


@pytest.mark.parametrize(
    ("sql", "within"),
    [
        ("SET lock_timeout = '5s'", "SET LOCAL lock_timeout = '5s'"),
        ("  set SESSION search_path TO a", "SET LOCAL search_path TO a"),
        ("SET TIME ZONE 'UTC'", "SET LOCAL TIME ZONE 'UTC'"),
        ("SET SESSION AUTHORIZATION ann", "SET LOCAL SESSION AUTHORIZATION ann"),
        ("SET LOCAL lock_timeout = 0", None),
        ("SET TRANSACTION READ ONLY", None),
        ("SET CONSTRAINTS ALL DEFERRED", None),
        ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", None),
        ("UPDATE t SET a = 1", None),
        ("SELECT 1", None),
    ],
)
def test_a_setting_ends_with_its_transaction(sql: str, within: str | None) -> None:
    assert local(sql) == within
    assert OwnSession([]).within(sql) == (within or sql)


def test_what_stands_in_no_transaction_and_what_begins_one() -> None:
    assert all(map(is_by_itself, ("CREATE DATABASE a", "\n drop  database a")))
    assert not any(map(is_by_itself, ("CREATE TABLE database (a int)", "SELECT 'CREATE DATABASE'", "DROP TABLE a")))
    assert all(map(begins, ("BEGIN", " begin ISOLATION LEVEL SERIALIZABLE")))
    assert not any(map(begins, ("SELECT 'BEGIN'", "BEGINNING", "COMMIT")))


def test_each_transaction_begins_with_what_the_session_should_be_like() -> None:
    own = OwnSession(["SET LOCAL a = 1", "SELECT 2"])
    assert own.begin() == "BEGIN; SET LOCAL a = 1; SELECT 2"
    assert own.begin("BEGIN READ ONLY; ") == "BEGIN READ ONLY; SET LOCAL a = 1; SELECT 2"


@pytest.mark.parametrize("end", ["COMMIT", "end ;", " commit;\n"])
def test_what_a_plan_has_noted_is_forgotten_before_its_transaction_ends(end: str) -> None:
    own = OwnSession([])
    assert own.within(end) == end, "nothing was noted"
    own.within("SELECT set_config('schemadrift.counter', '7', false), set_config('schemadrift.text_12', 'x', false)")
    assert own.within("SELECT 1") == "SELECT 1"
    assert own.within("COMMENT ON TABLE t IS 'COMMIT'") == "COMMENT ON TABLE t IS 'COMMIT'"
    assert own.within(end) == (
        "SELECT pg_catalog.set_config(n.name, '', false) "
        f"FROM (VALUES ('schemadrift.counter'), ('schemadrift.text_12')) AS n (name); {end}"
    )
    own.begin()
    assert own.within(end) == end, "the next transaction has noted nothing"


def test_a_lock_is_taken_in_each_transaction_of_the_block_alone() -> None:
    async def take() -> None:
        """Take it."""

    async def work() -> None:
        own = OwnSession([])
        with pytest.raises(ZeroDivisionError):
            async with own.holding(take):
                assert own.at_begin is take
                raise ZeroDivisionError
        assert own.at_begin is None

    asyncio.run(work())
