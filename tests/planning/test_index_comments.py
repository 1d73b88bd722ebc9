"""Whose comment an index has: models cannot say any, files and databases say all."""

from __future__ import annotations

import pytest

from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy
from tests.dialects.postgres.database import parsed

TABLE = "CREATE TABLE t (a int); CREATE INDEX i ON t (a);"


@pytest.mark.parametrize(
    ("policy", "old", "new", "kinds"),
    [
        (Policy(whole=True), "why", "", ["SetIndexComment"]),
        (Policy(whole=True), "", "why", ["SetIndexComment"]),
        (Policy(whole=True, comments=False), "", "why", []),
        (Policy(whole=True, comments=False), "why", "", []),
        (Policy(), "why", "", []),
        (Policy(), "why", "what", ["SetIndexComment"]),
    ],
)
def test_the_comment_that_counts(policy: Policy, old: str, new: str, kinds: list[str]) -> None:
    here, wanted = (parsed(TABLE + (f"COMMENT ON INDEX i IS '{said}'" if said else "")) for said in (old, new))
    adopted, _ = normalize(here, wanted, policy)
    assert [type(change).__name__ for change in diff(here, adopted)] == kinds
