"""What no server could mean the same by is certain without one; two spellings of a rule are not."""

from __future__ import annotations

import pytest

from pytest_schemadrift.dialects.postgres import POSTGRES
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.verify.suspicion import maybe_spelling
from tests.dialects.postgres.database import NEWEST, parsed

COLUMNS = "a int, b numeric(10, 2), c timestamptz, d varchar(5)"


@pytest.mark.parametrize(
    ("old", "new", "is_certain"),
    [
        ("a int, b numeric(4, 2), c timestamptz, d varchar(5)", COLUMNS, True),
        ("a int, b numeric(10, 3), c timestamptz, d varchar(5)", COLUMNS, True),
        ("a int, b numeric(10, 2), c timestamp, d varchar(5)", COLUMNS, True),
        ("a int, b numeric(10, 2), c timestamptz, d varchar(6)", COLUMNS, True),
        ("a int, b numeric, c timestamptz, d varchar(5)", COLUMNS, False),
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
