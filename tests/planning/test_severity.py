"""The table of docs/severity.md, row by row, and what has no row of its own."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.severity import Severity, severity_of, worst
from pytest_schemadrift.sources.ddl import parse_sql

CASES = tomllib.loads(Path(__file__).parents[2].joinpath("docs/severity.toml").read_text("utf-8"))["case"]
IN_TABLE = "CREATE TABLE t (id INT PRIMARY KEY{})"


def severities(old: str, new: str, dialect: str = "postgres") -> list[str]:
    chosen = get_dialect(dialect)
    sides = (parse_sql(text, dialect) for text in (old, new))
    plan = build_plan(*sides, chosen, chosen.default_info)
    return [str(severity_of(change)) for change in plan.changes]


@pytest.mark.parametrize("case", CASES, ids=[case["words"] for case in CASES])
def test_a_row_of_the_table(case: dict[str, str]) -> None:
    assert set(severities(case["old"], case["new"])) == {case["severity"]}


@pytest.mark.parametrize("dialect", ["sqlite", "mysql"])
def test_changes_in_one_statement_have_the_worst_severity_of_theirs(dialect: str) -> None:
    """SQLite makes the table anew for all of them, MySQL modifies the column."""
    old, new = IN_TABLE.format(", a INT NOT NULL DEFAULT 1"), IN_TABLE.format(", a INT NOT NULL")
    assert severities(old, new, dialect) == ["harmless"]
    assert severities(old, new.replace("a INT", "a VARCHAR(9)"), dialect) == ["breaks-queries"]


def test_severities_are_ordered() -> None:
    assert Severity.RISKS_DATA.at_least(Severity.RISKS_DATA)
    assert Severity.BREAKS_QUERIES.at_least(Severity.COSTS_SPEED)
    assert not Severity.HARMLESS.at_least(Severity.COSTS_SPEED)
    assert worst([Severity.HARMLESS, Severity.RISKS_DATA, Severity.COSTS_SPEED]) is Severity.RISKS_DATA
    assert worst([]) is None
