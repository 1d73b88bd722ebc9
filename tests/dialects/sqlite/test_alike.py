"""What SQLite itself takes as one is no drift, however it was written; and nothing else is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import product

import pytest

from pytest_schemadrift.dialects.sqlite.dialect import SQLITE
from pytest_schemadrift.dialects.sqlite.read.script import parse
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.changes import simple_changes
from pytest_schemadrift.verify.verdict import compare_without_server

COLUMNS = "id INTEGER PRIMARY KEY, a INT, b TEXT, c REAL, d BLOB"
ROLES = {
    "check": "CREATE TABLE t ({}, CHECK ({}));",
    "generated": "CREATE TABLE t ({}, g INT AS ({}));",
    "part": "CREATE TABLE t ({}); CREATE INDEX i ON t (a, ({}));",
    "where": "CREATE TABLE t ({}); CREATE INDEX i ON t (a) WHERE {};",
}
ONE_TREE = [
    ("(a % 2) = 0", "a % 2 = 0"),
    ("(a > 0) AND (b <> '')", "a>0 AND b<>''"),
    ("NOT (a BETWEEN 1 AND 2)", "a NOT BETWEEN 1 AND 2"),
    ("NOT b LIKE 'x'", "b NOT LIKE 'x'"),
    ("a IS NOT 1", "a IS DISTINCT FROM 1")
    if sqlite3.sqlite_version_info >= (3, 39)
    else ("a IS NOT 1", "(a) IS NOT 1"),
    ("a > 0x10", "a > 16"),
    ("b = 'x' COLLATE \"nocase\"", "b = ('x' COLLATE NOCASE)"),
]
ONE_PROGRAM = [
    ("c > 1.0", "c > 1.00"),
    ("c > 1e3", "c > 1000.0"),
    ("d <> x'ab'", "d <> X'AB'"),
    ("substr(b, 2) = 'a'", "substring(b, 2) = 'a'"),
    ("printf('%d', a) = '1'", "format('%d', a) = '1'")
    if sqlite3.sqlite_version_info >= (3, 38)
    else ("c > 5.", "c > 5.0"),
    ("ifnull(a, 0) > 0", "coalesce(a, 0) > 0"),
    ("iif(a, 1, 0)", "CASE WHEN a THEN 1 ELSE 0 END"),
    ("a IN (1)", "a = 1"),
]
TWO = [
    ("a > 1", "c > 1"),
    ("c > 0.1", "c > 0.10000000000000002"),  # EXPLAIN prints both as 0.1
    ("c > 0.1 AND c < 0.10000000000000002", "c > 0.10000000000000002 AND c < 0.1"),
    ("d <> x'00'", "d <> x'01'"),
    ("a = 1", "a = '1'"),
    ("b = 'x' COLLATE NOCASE", "b = 'x' COLLATE RTRIM"),
    ("a IS TRUE", "a"),  # of NULL the one is 0, the other NULL, which a check takes
    ("a + (c + 1) > 0", "a + c + 1 > 0"),
    ("substr(b, 2) = 'a'", "substr(b, 1) = 'a'"),
    ("like('x', b)", "like(b, 'x')"),
]
VALUES = {
    "INT": [("'1'", "1", True), ("1.0", "1", True), ("0x10", "16", True), ("(1)", "+1", True), ("1", "2", False)],
    "TEXT": [("1.50", "1.5", True), ("1", "'1'", True), ("'a'", "'A'", False), ("x'61'", "'a'", False)],
    "REAL": [
        ("10", "10.0", True),
        (".5", "5e-1", True),
        ("0.1", "0.10000000000000001", True),
        ("0.1", "0.1001", False),
    ],
    "BLOB": [("x'ab'", "X'AB'", True), ("1", "'1'", False), ("1", "1.0", False), ("1.0", "1.00", True)],
    "": [("1", "1.0", False), ("NULL", "'NULL'", False)],
    "NUMERIC": [("9223372036854775807", "9223372036854775808", False), ("'7'", "7", True), ("'x'", "'X'", False)],
}


def drift(old: str, new: str) -> list[str]:
    info = SQLITE.default_info
    found = compare_without_server(parse(old, info), parse(new, info), SQLITE, info, Policy(whole=True))
    assert not found.unreadable
    return [describe(part) for change in found.plan.changes for part in simple_changes(change)]


@pytest.mark.parametrize("role", ROLES)
def test_what_is_one_to_sqlite_is_no_drift(role: str) -> None:
    """Of an index the words count, which its planner looks for in queries (S25)."""
    for one, two in [*ONE_TREE, *ONE_PROGRAM]:
        is_one = (one, two) in ONE_TREE or role in ("check", "generated")
        for old, new in ((one, two), (two, one)):
            found = drift(ROLES[role].format(COLUMNS, old), ROLES[role].format(COLUMNS, new))
            assert bool(found) is not is_one, (old, new, found)
    for old, new in TWO:
        assert drift(ROLES[role].format(COLUMNS, old), ROLES[role].format(COLUMNS, new)), (old, new)


@pytest.mark.parametrize("role", ["check", "generated"])
def test_columns_are_told_by_name_and_not_by_place(role: str) -> None:
    """The programs of two tables are the same where a column stands in the place of another one."""
    old = ROLES[role].format("id INTEGER PRIMARY KEY, a INT, b INT", "a > 1.0")
    assert drift(old, ROLES[role].format("id INTEGER PRIMARY KEY, b INT, a INT", "b > 1.00"))
    assert not drift(old, ROLES[role].format("id INTEGER PRIMARY KEY, b INT, a INT", "a > 1.00"))


@pytest.mark.parametrize("kind", VALUES)
def test_defaults_that_are_stored_as_one_value_are_one(kind: str) -> None:
    for (one, two, is_one), strict in product(VALUES[kind], ("", " STRICT")):
        if strict and kind not in ("INT", "TEXT", "REAL", "BLOB"):
            continue
        made = "CREATE TABLE t (id INTEGER PRIMARY KEY, v {} DEFAULT {}){};"
        with closing(sqlite3.connect(":memory:")) as connection:
            stored = []
            for default in (one, two):
                connection.executescript(f"DROP TABLE IF EXISTS t; {made.format(kind, default, strict)}")
                try:
                    connection.execute("INSERT INTO t DEFAULT VALUES")
                except sqlite3.Error:
                    stored.append(default)  # STRICT takes no such value
                else:
                    stored += connection.execute("SELECT typeof(v) || quote(v) FROM t").fetchone()
        if not strict:
            assert (stored[0] == stored[1]) is is_one, (one, two)
        found = drift(made.format(kind, one, strict), made.format(kind, two, strict))
        assert bool(found) is (stored[0] != stored[1]), (one, two, strict, found)


def test_two_checks_that_are_one_are_held_against_two() -> None:
    old = f"CREATE TABLE t ({COLUMNS}, CHECK (a > 0), CHECK ((a) > 0));"
    assert drift(old, f"CREATE TABLE t ({COLUMNS}, CHECK ((a) > (0)), CHECK (a > (0)));") == []
    assert len(drift(old, f"CREATE TABLE t ({COLUMNS}, CHECK (a > (0)));")) == 1
