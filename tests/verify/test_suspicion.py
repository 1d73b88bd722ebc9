"""What no server could mean the same by is certain without one; two spellings of a rule are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.postgres import POSTGRES
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.schema.changes import simple_changes
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.verify.suspicion import certain_changes, maybe_spelling, only_more_columns, suspected
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
        ("a int, b numeric(10, 2), c timestamptz, d citext[]", COLUMNS, False),
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
    before = parsed(f"CREATE TABLE t ({old})")
    plan = build_plan(before, parsed(f"CREATE TABLE t ({new})"), POSTGRES, NEWEST)
    assert plan.steps
    assert bool(maybe_spelling(plan, before)) is not is_certain


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
        ("datetime(6)", "datetime(3)", True),
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
        ("point", "point REF_SYSTEM_ID = 4326", False),
    ],
)
def test_types_of_mysql_and_mariadb(old: str, new: str, *, is_certain: bool) -> None:
    sides = [parse_sql(f"CREATE TABLE t (id int PRIMARY KEY, c {type_})", "mariadb", MARIADB) for type_ in (old, new)]
    plan = build_plan(*sides, get_dialect("mariadb"), MARIADB)
    assert plan.steps
    assert bool(maybe_spelling(plan, sides[0])) is not is_certain


@pytest.mark.parametrize(
    ("old", "new", "is_certain"),
    [
        ("CREATE UNIQUE INDEX i ON t (d) WHERE a > 5", "", True),
        ("CREATE UNIQUE INDEX i ON t (d) WHERE a > 5", "CREATE UNIQUE INDEX j ON t (d) WHERE a >= 6", False),
    ],
)
def test_an_extra_index_is_no_spelling_where_none_is_missing(old: str, new: str, *, is_certain: bool) -> None:
    table = f"CREATE TABLE t ({COLUMNS});"
    before = parsed(table + old)
    plan = build_plan(before, parsed(table + new), POSTGRES, NEWEST)
    assert plan.steps
    assert bool(certain_changes(plan, before)) is is_certain


def test_of_several_changes_in_one_statement_each_is_told_by_itself() -> None:
    old = "CREATE TABLE t (id int PRIMARY KEY, c int DEFAULT (1 + 1), d varchar(9))"
    new = "CREATE TABLE t (id int PRIMARY KEY, c int DEFAULT (2), d varchar(9), e int)"
    before, after = (parse_sql(text, "mariadb", MARIADB) for text in (old, new))
    plan = build_plan(before, after, get_dialect("mariadb"), MARIADB)
    assert len(plan.steps) == 1
    assert [type(change).__name__ for change, _ in certain_changes(plan, before)] == ["AddColumn"]


PART = "CREATE TABLE m (a int) PARTITION BY RANGE (a); CREATE TABLE m1 PARTITION OF m FOR VALUES FROM"


@pytest.mark.parametrize(
    ("old", "new", "is_certain"),
    [
        ("", "CREATE INDEX i ON t (a)", True),
        ("", "CREATE INDEX i ON t (a) WHERE a > 1", True),
        ("CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (a DESC)", True),
        ("CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (a); COMMENT ON INDEX i IS 'x'", True),
        ("CREATE INDEX i ON t (a) WHERE a > 1", "CREATE INDEX i ON t (a) WHERE a >= 2", False),
        ("CREATE INDEX i ON t (a, (a + 2))", "CREATE INDEX i ON t (a, (a + 1))", False),
        ("CREATE INDEX i ON p (id) WHERE id > 1", "CREATE INDEX i ON t (a) WHERE a > 1", True),
        ("", "CREATE UNIQUE INDEX i ON t (a)", True),
        ("", "ALTER TABLE t ADD UNIQUE (a)", True),
        ("", "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p (id)", True),
        ("", "ALTER TABLE t ALTER a SET NOT NULL", True),
        ("", "ALTER TABLE t ALTER a SET DEFAULT 5", True),
        ("ALTER TABLE t ALTER a SET DEFAULT 5", "ALTER TABLE t ALTER a SET DEFAULT 4 + 1", False),
        ("CREATE TABLE x (a text)", 'CREATE TABLE x (a text COLLATE "C")', False),
        ("", "COMMENT ON TABLE t IS 'x'", True),
        ("", "COMMENT ON COLUMN t.a IS 'x'", True),
        ("", "ALTER TABLE t SET (fillfactor = 70)", True),
        ("", "CREATE TYPE mood AS ENUM ('a')", True),
        ("CREATE DOMAIN d AS int CHECK (VALUE > 1)", "CREATE DOMAIN d AS int CHECK (VALUE >= 2)", False),
        ("", f"{PART} (1) TO (1 + 1)", True),
        (f"{PART} (1) TO (2)", f"{PART} (1) TO (1 + 1)", False),
        # Another table's rule is no other side.
        ("ALTER TABLE p ADD CHECK (id > 1)", "ALTER TABLE t ADD CHECK (a > 1)", True),
        ("ALTER TABLE t ADD EXCLUDE (a WITH =)", "ALTER TABLE t ADD CHECK (a > 1)", True),
    ],
)
def test_what_each_kind_of_change_may_be(old: str, new: str, *, is_certain: bool) -> None:
    both = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int);"
    before = parsed(both + old)
    plan = build_plan(before, parsed(both + new), POSTGRES, NEWEST)
    certain = [change for step in plan.steps for change in simple_changes(step.change)]
    assert certain
    assert [change for change, _ in certain_changes(plan, before)] == (certain if is_certain else [])
    assert sorted(maybe_spelling(plan, before)) == ([] if is_certain else [*range(len(plan.steps))])


BEFORE = """CREATE SCHEMA s; CREATE TYPE mood AS ENUM ('a'); CREATE TYPE "Kind" AS ENUM ('a');
    CREATE TYPE s.mood AS ENUM ('a'); CREATE DOMAIN d AS int;
    CREATE TYPE size AS ENUM ('s'); CREATE DOMAIN sizes AS size[]; CREATE DOMAIN few AS sizes CHECK (VALUE <> '{}');
    CREATE TABLE large (a sizes); CREATE TABLE small (a few);
    CREATE TABLE one (a mood, b text); CREATE TABLE many (b text, a mood[]); CREATE TABLE other (a s.mood);
    CREATE TABLE quoted (a "Kind"); CREATE TABLE ruled (a d); CREATE TABLE none (a int);"""


@pytest.mark.parametrize(
    ("text", "changed", "tables"),
    [
        ("", "", ""),
        ("a mood, b text", "a mood, b int", "one"),
        ("TABLE none", "TABLE nothing", "nothing"),
        ("CREATE TYPE mood AS ENUM ('a')", "CREATE TYPE mood AS ENUM ('b')", "one many"),
        ("CREATE TYPE s.mood AS ENUM ('a')", "CREATE TYPE s.mood AS ENUM ('a', 'b')", "other"),
        ("CREATE TYPE \"Kind\" AS ENUM ('a')", "CREATE TYPE \"Kind\" AS ENUM ('c')", "quoted"),
        ("DOMAIN d AS int", "DOMAIN d AS int CHECK (VALUE > 0)", "ruled"),
        ("ENUM ('s')", "ENUM ('s', 'm')", "large small"),
        ("DOMAIN few AS sizes CHECK", "DOMAIN few AS sizes NOT NULL CHECK", "small"),
        ("CREATE DOMAIN d", "CREATE SEQUENCE n; CREATE DOMAIN d", ""),
    ],
)
def test_which_tables_may_differ(text: str, changed: str, tables: str) -> None:
    old, new = parsed(BEFORE), parsed(BEFORE.replace(text, changed))
    assert {name.name for name in suspected(old, new)} == set(tables.split())


def test_a_type_that_one_side_alone_has_puts_its_tables_under_suspicion() -> None:
    old = parsed(BEFORE)
    without = replace(old, enums=tuple(enum for enum in old.enums if str(enum.name) != "mood"))
    assert {name.name for name in suspected(without, old)} == {"one", "many"}


@pytest.mark.parametrize(
    ("old", "is_only_more"),
    [
        (f"{COLUMNS}, e text", True),
        (f"{COLUMNS}, e bigserial UNIQUE", True),
        (f"{COLUMNS}, e int REFERENCES other, f int GENERATED ALWAYS AS (a + 1) STORED", True),
        (f"{COLUMNS}, e int, UNIQUE (a, e)", True),
        (f"{COLUMNS.replace('a int, ', '')}, e int", False),  # one is missing, too
        (f"{COLUMNS.replace('a int', 'a int DEFAULT 5')}, e int", False),
        (f"{COLUMNS}, e int PRIMARY KEY", False),
        (f"{COLUMNS}, e int, UNIQUE (a)", False),
        (f"{COLUMNS}, e int CHECK (e > 0)", False),
        (f"{COLUMNS}, e int, EXCLUDE (d WITH =)", False),
        (f"{COLUMNS}, e int, FOREIGN KEY (a) REFERENCES other", False),
    ],
)
def test_what_differs_in_columns_that_nobody_wants_alone(old: str, *, is_only_more: bool) -> None:
    other = "CREATE TABLE other (id int PRIMARY KEY); "
    before, after = parsed(f"{other}CREATE TABLE t ({old})"), parsed(f"{other}CREATE TABLE t ({COLUMNS})")
    suspects = suspected(before, after)
    assert suspects and only_more_columns(before, after, suspects) is is_only_more
    assert not only_more_columns(after, before, suspects), "the other way round they are missing"
    with_type = parsed(f"CREATE TYPE mood AS ENUM ('a'); {other}CREATE TABLE t ({old})")
    assert not only_more_columns(with_type, after, suspects)
