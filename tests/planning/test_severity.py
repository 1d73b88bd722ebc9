"""The table of docs/severity.md, row by row, and what has no row of its own."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from pytest_schemadrift.commands.renames import accepted_renames
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.planning.severity import severities_of
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Name, Schema
from pytest_schemadrift.schema.severity import Severity, worst
from pytest_schemadrift.sources.ddl import parse_sql

CASES = tomllib.loads(Path(__file__).parents[2].joinpath("docs/severity.toml").read_text("utf-8"))["case"]
IN_TABLE = "CREATE TABLE t (id INT PRIMARY KEY{})"


def plan(old: str, new: str, dialect: str = "postgres", rename: str = "") -> Plan:
    chosen = get_dialect(dialect)
    sides = [parse_sql(text, dialect) for text in (old, new)]
    renames = accepted_renames([rename] if rename else [], *sides)
    return build_plan(*sides, chosen, chosen.default_info, renames=renames)


def severities(old: str, new: str, dialect: str = "postgres", rename: str = "") -> list[str]:
    return [str(step.severity) for step in plan(old, new, dialect, rename).steps]


def plan_of(case: dict[str, str]) -> Plan:
    return plan(case["old"], case["new"], case.get("dialect", "postgres"), case.get("rename", ""))


def judged(change: c.SimpleChange, schema: Schema) -> Severity:
    """The severity of one change within a schema of PostgreSQL."""
    chosen = get_dialect("postgres")
    (severity,) = severities_of(change, chosen.capabilities(chosen.default_info), schema, schema)
    return severity


@pytest.mark.parametrize("case", CASES, ids=[case["words"] for case in CASES])
def test_a_row_of_the_table(case: dict[str, str]) -> None:
    assert {str(severity) for step in plan_of(case).steps for _, severity in step.parts} == {case["severity"]}


def test_every_kind_of_change_has_a_row() -> None:
    """But for an invalid index, which no DDL makes."""
    told = {type(part) for case in CASES for step in plan_of(case).steps for part, _ in step.parts}
    assert {kind.__name__ for kind in get_args(c.SimpleChange)} - {kind.__name__ for kind in told} == {"RebuildIndex"}


@pytest.mark.parametrize(("unique", "severity"), [(True, Severity.RISKS_DATA), (False, Severity.COSTS_SPEED)])
def test_an_invalid_index_is_as_good_as_none(unique: bool, severity: Severity) -> None:
    index = "CREATE TABLE t (id INT PRIMARY KEY, a INT); CREATE {}INDEX i ON t (a)"
    schema = parse_sql(index.format("UNIQUE " if unique else ""), "postgres")
    (table,) = schema.tables
    assert judged(c.RebuildIndex(table.name, table.indexes[0]), schema) is severity


@pytest.mark.parametrize("dialect", ["sqlite", "mysql"])
def test_changes_in_one_statement_have_the_worst_severity_of_theirs(dialect: str) -> None:
    """SQLite makes the table anew for all of them, MySQL modifies the column."""
    old, new = IN_TABLE.format(", a INT NOT NULL DEFAULT 1"), IN_TABLE.format(", a INT NOT NULL")
    assert severities(old, new, dialect) == ["harmless"]
    assert severities(old, new.replace("a INT", "a VARCHAR(9)"), dialect) == ["breaks-queries"]


@pytest.mark.parametrize(
    ("dialect", "key", "unique"),
    [
        ("postgres", "PRIMARY KEY (id) DEFERRABLE", "UNIQUE (id, a)"),
        ("postgres", "PRIMARY KEY (a, b)", "UNIQUE (a, c)"),
        ("postgres", "UNIQUE (id)", "UNIQUE (c, a)"),
        ("mysql", "PRIMARY KEY (id)", "UNIQUE (id, a(1)), UNIQUE (a)"),
        ("mysql", "PRIMARY KEY (a)", "UNIQUE (a(1), id)"),
        ("sqlite", "PRIMARY KEY (a)", "UNIQUE (a COLLATE NOCASE, id)"),
        ("sqlite", "PRIMARY KEY (d COLLATE BINARY)", "UNIQUE (d, id)"),
    ],
)
def test_a_unique_constraint_that_may_refuse_what_the_key_takes_breaks_queries(
    dialect: str, key: str, unique: str
) -> None:
    columns = "id INT NOT NULL, a VARCHAR(9) NOT NULL, b INT NOT NULL, c INT"
    columns += ", d VARCHAR(9) NOT NULL COLLATE NOCASE" if dialect == "sqlite" else ""
    found = severities(f"CREATE TABLE t ({columns}, {key}, {unique})", f"CREATE TABLE t ({columns}, {key})", dialect)
    assert Severity.BREAKS_QUERIES in found


def test_severities_are_ordered() -> None:
    assert Severity.RISKS_DATA.at_least(Severity.RISKS_DATA)
    assert Severity.BREAKS_QUERIES.at_least(Severity.COSTS_SPEED)
    assert not Severity.HARMLESS.at_least(Severity.COSTS_SPEED)
    assert worst([Severity.HARMLESS, Severity.RISKS_DATA, Severity.COSTS_SPEED]) is Severity.RISKS_DATA
    assert worst([]) is None


def test_how_values_are_stored_costs_speed_alone() -> None:
    """Only asked for with ``column_storage``, which a row of the table cannot say."""
    plain = Column("a", "text")
    kept, hidden = replace(plain, options=(("storage", "EXTERNAL"),)), replace(plain, options=(("invisible", "yes"),))
    nothing = parse_sql("", "postgres")
    packed = replace(plain, options=(("compression", "lz4"), ("storage", "EXTERNAL")))
    assert judged(c.AlterColumnOptions(Name("", "t"), plain, kept), nothing) is Severity.COSTS_SPEED
    assert judged(c.AlterColumnOptions(Name("", "t"), plain, packed), nothing) is Severity.COSTS_SPEED
    assert judged(c.AlterColumnOptions(Name("", "t"), hidden, kept), nothing) is Severity.RISKS_DATA


def test_a_domain_that_refuses_more_than_the_models_breaks_queries() -> None:
    wide, not_null, checked = ("CREATE DOMAIN d AS int" + rest for rest in ("", " NOT NULL", " CHECK (VALUE > 0)"))
    for strict in (not_null, checked):
        assert severities(strict, wide) == ["breaks-queries"]
        assert severities(wide, strict) == ["risks-data"]


def test_a_default_that_is_missing_breaks_inserts_only_where_null_is_refused() -> None:
    """Tortoise leaves a field with ``db_default`` out of its INSERT."""
    wanted = IN_TABLE.format(", a INT {}DEFAULT 1")
    for null, severity in (("NOT NULL ", "breaks-queries"), ("", "risks-data")):
        assert severities(wanted.format(null).replace("DEFAULT 1", ""), wanted.format(null)) == [severity]
        assert severities(wanted.format(null).replace("1", "2"), wanted.format(null)) == ["risks-data"]
