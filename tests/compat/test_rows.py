"""The releases of Tortoise that matter most, on SQLite and PostgreSQL; `make compat` runs all rows on all databases.

Two of the four are tried in a run, the other two on the next day; all with ``make test ALL=1``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.compat.rows import IN_CI, ROOT, ROWS, NoEnvironment, Row, environment, exercise
from tests.harness import ONE_OF, TURN

CHEAP = "zoo or plugin or schemas or (sqlite and (mutations or reverse or aerich))"
"""What differs most from one Tortoise to another, within the time that the suite may take."""


CHOSEN = [row for row in ROWS if row.tortoise in IN_CI and not row.lowest]
if ONE_OF > 1:
    CHOSEN = CHOSEN[TURN % 2 :: 2]


@pytest.mark.parametrize("row", CHOSEN, ids=lambda row: row.name)
def test_an_older_tortoise(row: Row, tmp_path: Path) -> None:
    try:
        python = environment(row, ROOT / "build" / "compat")
    except NoEnvironment as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"cannot be installed here: {error}")
    outcomes = exercise(python, ("sqlite", "postgres"), tmp_path, CHEAP)
    assert len(outcomes) >= 6
    assert {name: reason for name, reason in outcomes.items() if reason not in ("passed", "skipped")} == {}
