"""What the wanted schema adopts from the live one."""

from __future__ import annotations

import pytest

from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy, Severity
from pytest_schemadrift.sources.ddl import parse_sql

BARE = "CREATE TABLE t (id INTEGER PRIMARY KEY, mood TEXT NOT NULL)"
WITH_DEFAULT = "CREATE TABLE t (id INTEGER PRIMARY KEY, mood TEXT NOT NULL DEFAULT 'good')"
OTHER = WITH_DEFAULT.replace("good", "bad")


@pytest.mark.parametrize("live", [BARE, WITH_DEFAULT])
def test_a_default_of_python_may_be_there_or_not(live: str) -> None:
    old = parse_sql(live, "sqlite")
    new, ignored = normalize(old, parse_sql(WITH_DEFAULT, "sqlite"), Policy(python_defaults=True))
    assert new == old
    assert [item.reason for item in ignored] == ["default of Python"][: live == BARE]


@pytest.mark.parametrize(
    ("live", "severity", "python_defaults"),
    [(OTHER, "warn", True), (BARE, "fail", True), (BARE, "warn", False)],
    ids=["another default", "strict", "a default of the database"],
)
def test_a_default_that_counts(live: str, severity: Severity, python_defaults: bool) -> None:
    wanted = parse_sql(WITH_DEFAULT, "sqlite")
    policy = Policy(extra_defaults=severity, python_defaults=python_defaults)
    assert normalize(parse_sql(live, "sqlite"), wanted, policy) == (wanted, ())
