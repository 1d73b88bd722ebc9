"""The rows of a scratch copy, with which a plan is tried."""

from __future__ import annotations

from pathlib import Path

from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.verify.prove import prove_with_rows
from tests.harness import compare_with_script, load, run

PARENT = "CREATE TABLE z (id integer PRIMARY KEY); INSERT INTO z VALUES (1), (2);"
CHILD = "CREATE TABLE a (id integer PRIMARY KEY, z int NOT NULL REFERENCES z (id));"


def test_rows_come_before_their_parents(tmp_path: Path) -> None:
    """Tables are copied by name: without its rows, a plan that they refuse would be proven."""
    (tmp_path / "a.db").touch()

    async def work() -> None:
        async with open_server(f"sqlite://{tmp_path / 'a.db'}") as server:
            await load(server, f"{PARENT} {CHILD} INSERT INTO a VALUES (1, 1), (2, 2);")
            wanted = f"{CHILD.replace('z int', 'more int NOT NULL, z int')} CREATE TABLE z (id integer PRIMARY KEY);"
            found = await compare_with_script(server, wanted, prove=False)
            proof = await prove_with_rows(server, found.old, found.new, found.plan, Policy(whole=True))
            assert proof.rows == 4
            assert proof.proven is False
            assert "NOT NULL constraint failed" in proof.note

    run(work())
