"""What is NULL in every row of who knows the models alone, and which rules that leaves standing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_schemadrift.planning.by_default import passes_by_default, values_by_default
from pytest_schemadrift.planning.left_empty import left_empty, never_refers, passes_empty, with_domain
from pytest_schemadrift.schema.model import Check, Schema, Table, Trigger
from pytest_schemadrift.sources.ddl import parse_sql


def parsed(sql: str, dialect: str = "postgres") -> Schema:
    return parse_sql(sql, dialect)


def table(columns: str, dialect: str = "postgres") -> Table:
    return parsed(f"CREATE TABLE t ({columns})", dialect).tables[0]


@pytest.mark.parametrize(
    ("domain", "nullable", "default"),
    [
        ('CREATE DOMAIN "Own" AS int', True, None),
        ('CREATE DOMAIN "Own" AS int NOT NULL', False, None),
        ('CREATE DOMAIN "Own" AS int DEFAULT 5', True, "5"),
        ('CREATE DOMAIN base AS int NOT NULL DEFAULT 5; CREATE DOMAIN "Own" AS base', False, "5"),
    ],
)
def test_a_column_has_what_its_domains_say(domain: str, nullable: bool, default: str | None) -> None:
    schema = parsed(f'{domain}; CREATE TABLE t (a "Own")')
    column, _ = with_domain(schema.tables[0].columns[0], schema.domains)
    assert (column.type, column.nullable, column.default and column.default.key) == ("integer", nullable, default)


def test_columns_that_fill_themselves_are_not_left_empty() -> None:
    new = table("id int", "mysql")
    old = table(
        "id int, a int, b int NOT NULL, c int DEFAULT 5, d datetime NULL ON UPDATE CURRENT_TIMESTAMP,e int AS (id + 1)",
        "mysql",
    )
    assert left_empty(old, new, ()) == {"a"}
    assert left_empty(replace(old, triggers=(Trigger("g", "CREATE TRIGGER g"),)), new, ()) == frozenset()


@pytest.mark.parametrize(("match", "empty", "never"), [("", "a", True), (" MATCH FULL", "a", False)])
def test_a_foreign_key_with_a_null_looks_for_no_parent_unless_it_is_full(match: str, empty: str, never: bool) -> None:
    schema = parsed(
        "CREATE TABLE p (x int, y int, PRIMARY KEY (x, y));"
        f"CREATE TABLE t (a int, b int, FOREIGN KEY (a, b) REFERENCES p (x, y){match})"
    )
    (key,) = next(item for item in schema.tables if item.name.name == "t").foreign_keys
    assert never_refers(key, {empty}) is never
    assert never_refers(key, {"a", "b"})
    assert not never_refers(key, ())


@pytest.mark.parametrize(
    ("check", "passes"),
    [
        ("c > 0", True),
        ("c > other", False),
        ("other > 0", False),
        ("c IS NOT NULL", False),
        ("coalesce(c, 0) > 0", False),
        ("own(c) > 0", False),
        ("c <> 'is null'", True),
        ("c <> 'other'", True),
        ("c <> 'it''s other'", True),
    ],
)
def test_a_check_of_nothing_but_nulls_passes(check: str, passes: bool) -> None:
    (found,) = table(f"c text, other text, CHECK ({check})").checks
    assert isinstance(found, Check)
    assert passes_empty(found, {"c"}, ("c", "other")) is passes


@pytest.mark.parametrize(
    ("column", "check", "passes"),
    [
        ("int DEFAULT 0", "c >= 0", True),
        ("int DEFAULT 0", "c > 0", False),
        ("int NOT NULL DEFAULT -1", "c BETWEEN -1 AND 5 AND c <> 3", True),
        ("int DEFAULT 7", "c IN (1, 7)", True),
        ("int DEFAULT 7", "c > 0 AND other > 0", False),
        ("int DEFAULT 7", "c > 0 OR other > 0", True),
        ("int DEFAULT 7", "c > empty", True),
        ("int DEFAULT 7", "c % 2 = 1", False),
        ("int DEFAULT 7", "abs(c) > 0", False),
        ("numeric(3,1) DEFAULT 0.05", "c > 0", False),
        ("int DEFAULT (3 + 4)", "c > 0", False),
        ("text DEFAULT 'new'", "c IN ('new', 'old')", True),
        ("text DEFAULT 'New'", "c IN ('new', 'old')", False),
        ("text DEFAULT 'it''s'", "c = 'it''s'", True),
        ("text DEFAULT '10'", "c > '9'", False),
        ("text DEFAULT 10", "c > 9", False),
        ("text DEFAULT 'x'", "c <> 'y'", False),
        ("int GENERATED ALWAYS AS (1) STORED", "c > 0", False),
        ("int DEFAULT 7", "c IS NOT NULL", False),
    ],
)
def test_a_check_of_what_the_defaults_give(column: str, check: str, passes: bool) -> None:
    """By the values of these columns in a row that names none of them."""
    old = table(f"c {column}, other int, empty int, CHECK ({check})")
    values = values_by_default(old, table("other int"), ())
    found = next(item for item in old.checks)
    assert passes_by_default(found, values) is passes
