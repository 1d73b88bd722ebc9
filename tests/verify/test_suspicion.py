"""What no server could mean the same by is certain without one; two spellings of a rule are not."""

from __future__ import annotations

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.postgres import POSTGRES
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.verify.suspicion import certain_changes, maybe_spelling
from tests.dialects.postgres.database import NEWEST, parsed

MARIADB = get_dialect("mariadb").default_info

COLUMNS = "a int, b numeric(10, 2), c timestamptz, d varchar(5)"


@pytest.mark.parametrize(
    ("old", "new", "is_certain"),
    [
        ("a int, b numeric(4, 2), c timestamptz, d varchar(5)", COLUMNS, True),
        ("a int, b numeric(10, 3), c timestamptz, d varchar(5)", COLUMNS, True),
        ("a int, b numeric(10, 2), c timestamp, d varchar(5)", COLUMNS, True),
        ("a int, b numeric(10, 2), c timestamptz, d varchar(6)", COLUMNS, True),
        ("a int, b numeric, c timestamptz, d varchar(5)", COLUMNS, True),
        ("a int, b numeric(10, 2), c timestamptz(3), d varchar(5)", COLUMNS, True),
        ("a oid, b numeric(10, 2), c timestamptz, d varchar(5)", COLUMNS, True),
        ("a int[], b numeric(10, 2), c timestamptz, d varchar(5)", COLUMNS, True),
        ("a int, b money, c timestamptz, d varchar(5)", COLUMNS, True),
        ("a int, b numeric(10, 2), c timestamptz, d citext", COLUMNS, False),
        (COLUMNS, f"{COLUMNS.replace('a int', 'a int DEFAULT 5')}", True),
        (f"{COLUMNS.replace('a int', 'a int DEFAULT 6')}", f"{COLUMNS.replace('a int', 'a int DEFAULT 5')}", True),
        (f"{COLUMNS.replace('a int', 'a int DEFAULT 2 + 3')}", f"{COLUMNS.replace('a int', 'a int DEFAULT 5')}", False),
        (f"{COLUMNS}, e int GENERATED ALWAYS AS (a + 1) STORED", f"{COLUMNS}, e int", True),
        (f"{COLUMNS}, CHECK (a > 900)", COLUMNS, True),
        (COLUMNS, f"{COLUMNS}, CHECK (a > 900)", True),
        (f"{COLUMNS}, CONSTRAINT k CHECK (a > 900)", f"{COLUMNS}, CONSTRAINT k CHECK (a >= 901)", False),
        (f"{COLUMNS}, CONSTRAINT j CHECK (a > 900)", f"{COLUMNS}, CONSTRAINT k CHECK (a >= 901)", False),
        (f"{COLUMNS}, EXCLUDE (d WITH =)", COLUMNS, True),
        (f"{COLUMNS}, EXCLUDE (d WITH =)", f"{COLUMNS}, EXCLUDE (d WITH =) WHERE (a > 1)", False),
    ],
)
def test_what_may_be_another_spelling(old: str, new: str, *, is_certain: bool) -> None:
    plan = build_plan(parsed(f"CREATE TABLE t ({old})"), parsed(f"CREATE TABLE t ({new})"), POSTGRES, NEWEST)
    assert plan.steps
    assert bool(maybe_spelling(plan)) is not is_certain


@pytest.mark.parametrize(
    ("old", "new", "is_certain"),
    [
        ("int", "smallint", True),
        ("int(11)", "bigint(20)", True),
        ("int", "int unsigned", True),
        ("int", "varchar(20)", True),
        ("decimal(8,2)", "decimal(10,2)", True),
        ("datetime(6)", "date", True),
        ("datetime(6)", "datetime", True),
        ("varchar(20)", "text", True),
        ("char(36)", "uuid", True),
        ("text", "longtext", True),
        ("double", "float", True),
        ("double", "decimal(10,2)", True),
        ("longblob", "longtext", True),
        ("datetime(6)", "timestamp(6)", True),
        ("bit(1)", "tinyint(1)", True),
        ("enum('a','b')", "varchar(10)", True),
        ("int(10) unsigned zerofill", "int", True),
        ("enum('a','b')", "enum('b','a')", False),
        ("tinyint(4)", "bool", False),
    ],
)
def test_types_of_mysql_and_mariadb(old: str, new: str, *, is_certain: bool) -> None:
    sides = [parse_sql(f"CREATE TABLE t (id int PRIMARY KEY, c {type_})", "mariadb", MARIADB) for type_ in (old, new)]
    plan = build_plan(*sides, get_dialect("mariadb"), MARIADB)
    assert plan.steps
    assert bool(maybe_spelling(plan)) is not is_certain


@pytest.mark.parametrize(
    ("old", "new", "is_certain"),
    [
        ("CREATE UNIQUE INDEX i ON t (d) WHERE a > 5", "", True),
        ("CREATE UNIQUE INDEX i ON t (d) WHERE a > 5", "CREATE UNIQUE INDEX j ON t (d) WHERE a >= 6", False),
    ],
)
def test_an_extra_index_is_no_spelling_where_none_is_missing(old: str, new: str, *, is_certain: bool) -> None:
    table = f"CREATE TABLE t ({COLUMNS});"
    plan = build_plan(parsed(table + old), parsed(table + new), POSTGRES, NEWEST)
    assert plan.steps
    assert bool(certain_changes(plan)) is is_certain


def test_of_several_changes_in_one_statement_each_is_told_by_itself() -> None:
    old = "CREATE TABLE t (id int PRIMARY KEY, c int DEFAULT (1 + 1), d varchar(9))"
    new = "CREATE TABLE t (id int PRIMARY KEY, c int DEFAULT (2), d varchar(9), e int)"
    plan = build_plan(*(parse_sql(text, "mariadb", MARIADB) for text in (old, new)), get_dialect("mariadb"), MARIADB)
    assert len(plan.steps) == 1
    assert [type(change).__name__ for change in certain_changes(plan)] == ["AddColumn"]
