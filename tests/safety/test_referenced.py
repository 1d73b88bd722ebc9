"""What a foreign key refers to stays as long as the foreign key does, whoever the child's table belongs to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.verify.verdict import Comparison
from tests.harness import compare_with_script, load, run

NewDatabase = Callable[[str], str]
PARENTS = {
    "an index and its column": "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT); CREATE UNIQUE INDEX u ON t (b)",
    "a constraint and its column": "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT UNIQUE)",
    "an index": "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT); CREATE UNIQUE INDEX b ON t (a)",
}
WANTED = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT)"


async def compared(url: str, script: str) -> Comparison:
    async with open_server(url) as server:
        await load(server, script)
        found = await compare_with_script(server, WANTED, Policy(unmanaged="ignore"))
        await load(server, found.plan.sql())
        await load(
            server, "PRAGMA foreign_keys = ON; INSERT INTO child SELECT * FROM child; DELETE FROM t WHERE id = 2"
        )
        return found


@pytest.mark.parametrize("parent", PARENTS)
@pytest.mark.tried("a key of SQLite that goes, and a table without a model that refers to it")
def test_a_key_that_another_table_refers_to_stays(parent: str, fresh_database: NewDatabase) -> None:
    """SQLite drops it and then refuses every write to either table; the other servers refuse to drop it."""
    column = "a" if parent == "an index" else "b"
    child = f"CREATE TABLE child (x INT REFERENCES t ({column})); INSERT INTO t (id, {column}) VALUES (1, 3), (2, 4)"
    script = f"{PARENTS[parent]}; {child}; INSERT INTO child VALUES (3)"
    found = run(compared(fresh_database("sqlite"), script))
    assert not found.plan
    [item] = found.unreadable
    assert item.name == "t"
    assert item.reason.startswith(f"foreign key (x) of child refers to t ({column}), which would no longer be a key")


def test_a_key_goes_where_the_foreign_key_has_another(fresh_database: NewDatabase) -> None:
    parent = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT UNIQUE, b INT UNIQUE); INSERT INTO t VALUES (1, 1, 1)"
    child = "CREATE TABLE child (x INT REFERENCES t, y INT REFERENCES t (id)); INSERT INTO child VALUES (1, 1)"
    found = run(compared(fresh_database("sqlite"), f"{parent}; {child}"))
    assert found.plan
    assert not found.unreadable
