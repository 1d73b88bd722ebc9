"""A column that comes with a default has the same value in the rows that are there as in those that follow."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

COLUMNS = [
    "VARCHAR(40) DEFAULT 1.50",
    "TEXT NOT NULL DEFAULT -1.50",
    "CLOB DEFAULT 1e3",
    "TEXT DEFAULT 9999999999999999999",
]
PLAIN = ["VARCHAR(40) DEFAULT 1.5", "TEXT NOT NULL DEFAULT '1.50'", "REAL DEFAULT 1.50", "INT NOT NULL DEFAULT 007"]


@pytest.mark.parametrize("column", COLUMNS + PLAIN)
@pytest.mark.tried("a column whose default SQLite would spell otherwise in old rows than in new ones")
def test_old_rows_get_what_new_ones_get(column: str, fresh_database: Callable[[str], str]) -> None:
    """ADD COLUMN of SQLite gives old rows '1.50' and new ones '1.5': it is used only where both get the same."""

    async def values() -> list[tuple[object, ...]]:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)")
            found = await compare_with_script(server, f"CREATE TABLE t (id INTEGER PRIMARY KEY, c {column})")
            assert found.proven
            assert any("ADD COLUMN" in sql for sql in found.plan.sql()) == (column in PLAIN)
            await load(server, [*found.plan.sql(), "INSERT INTO t (id) VALUES (2)"])
            return [tuple(row) for row in await server.connection.fetch("SELECT c, typeof(c) FROM t ORDER BY id")]

    old, new = run(values())
    assert old == new
