"""Functions and collations that an application registers for its own connections: ours do not have them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_schemadrift.sources.database import dump, open_server
from tests.harness import compare_with_script, run

ADVICE = "where only the application registers it, make the change in its connection"


@pytest.mark.parametrize(
    ("column", "missing"),
    [
        ("n text COLLATE mine", "no such collation sequence: mine"),
        ("n text CHECK (f(n))", "no such function: f"),
        ("n text, g text AS (f(n))", "no such function: f"),
    ],
)
def test_what_only_the_application_has_is_compared_and_told(column: str, missing: str, tmp_path: Path) -> None:
    path, script = tmp_path / "a.db", f"CREATE TABLE t (id integer PRIMARY KEY, {column});"
    with closing(sqlite3.connect(path)) as connection:
        connection.create_collation("mine", lambda a, b: (a > b) - (a < b))
        connection.create_function("f", 1, lambda value: 1, deterministic=True)
        connection.executescript(f"{script} INSERT INTO t (n) VALUES ('a');")

    async def work() -> None:
        async with open_server(f"sqlite://{path}") as server:
            before = await dump(server)
            assert not (await compare_with_script(server, script)).plan
            plain = await compare_with_script(server, "CREATE TABLE t (id integer PRIMARY KEY, n varchar(9));")
            assert plain.plan
            assert plain.proven is None
            assert missing.lower() in plain.proof_note.lower()
            assert ADVICE in plain.proof_note
            assert await dump(server) == before

    run(work())
