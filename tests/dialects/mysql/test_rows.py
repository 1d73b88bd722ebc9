"""What a plan does to the rows beside what it is about: nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import run_plan
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

BOTH = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mariadb", "mysql")]
STAMP = "changed DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"
STORIES = {
    "a virtual column becomes a plain one": (
        f"id INT PRIMARY KEY, {STAMP}, n INT AS (id + 1) VIRTUAL",
        f"id INT PRIMARY KEY, {STAMP}, n INT",
        "INSERT INTO t (id, changed) VALUES (1, '2001-02-03')",
        [("2001-02-03", 2)],
    ),
    "a column that must have a value gets its default": (
        f"id INT PRIMARY KEY, {STAMP}, n INT",
        f"id INT PRIMARY KEY, {STAMP}, n INT NOT NULL DEFAULT 7",
        "INSERT INTO t VALUES (1, '2001-02-03', NULL), (2, '2001-02-04', 5)",
        [("2001-02-03", 7), ("2001-02-04", 5)],
    ),
    "the column with ON UPDATE must have a value itself": (
        f"id INT PRIMARY KEY, {STAMP}, n INT",
        f"id INT PRIMARY KEY, {STAMP.replace('DATETIME', 'DATETIME NOT NULL')}, n INT",
        "INSERT INTO t VALUES (1, NULL, 3), (2, '2001-02-04', 5)",
        [("today", 3), ("2001-02-04", 5)],
    ),
}


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("story", STORIES)
@pytest.mark.tried("a column that must have a value, with NULL in its rows, on a server that fills it only when told")
def test_only_the_column_itself_is_changed(story: str, dialect: str, fresh_database: Callable[[str], str]) -> None:
    old, new, rows, expected = STORIES[story]

    async def check() -> None:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, f"CREATE TABLE t ({old}); {rows};")
            found = await compare_with_script(server, f"CREATE TABLE t ({new});", prove=False)
            outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert outcome.ok, outcome.error
            query = "SELECT IF(changed > CURDATE(), 'today', CAST(DATE(changed) AS CHAR)) AS d, n FROM t ORDER BY id"
            assert await server.connection.fetch(query) == expected

    run(check())
