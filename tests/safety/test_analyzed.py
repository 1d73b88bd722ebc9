"""What ANALYZE gathered of a SQLite table is there after the table was rebuilt."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import run_plan
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.changes import RebuildTable
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

OLD = """
    CREATE TABLE t (id INTEGER PRIMARY KEY, a INT UNIQUE, x INT, y INT);
    CREATE TABLE w (k TEXT PRIMARY KEY, v INT) WITHOUT ROWID; CREATE TABLE other (id INTEGER PRIMARY KEY, z INT);
    CREATE INDEX kept ON t (x); CREATE INDEX gone ON t (y); CREATE INDEX o ON other (z);
"""
NEW = (
    OLD.replace("x INT,", "x INT NOT NULL DEFAULT 7,")
    .replace("v INT", "v TEXT")
    .replace("CREATE INDEX gone ON t (y);", "")
)
ROWS = """
    INSERT INTO t (a, x, y) VALUES (1, 1, 1), (2, 1, 2), (3, 2, 3); INSERT INTO w VALUES ('a', 1), ('b', 2);
    INSERT INTO other (z) VALUES (1), (1); ANALYZE
"""


@pytest.mark.sqlite
@pytest.mark.tried("what hangs on something that a plan creates again")
def test_statistics_are_kept(fresh_database: Callable[[str], str]) -> None:
    async def work() -> tuple[set[object], set[object]]:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, OLD + ROWS)
            query = "SELECT tbl, idx, stat FROM sqlite_stat1"
            before = set(map(tuple, await server.connection.fetch(query)))
            found = await compare_with_script(server, NEW, Policy(whole=True))
            assert sum(isinstance(change, RebuildTable) for change in found.plan.changes) == 2
            assert found.proven, found.proof_note
            outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert outcome.ok, outcome.error
            return before, set(map(tuple, await server.connection.fetch(query)))

    before, after = run(work())
    assert len(before) == 5
    assert after == {row for row in before if row[1] != "gone"}  # type: ignore[index]
