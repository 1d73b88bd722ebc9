"""Values that no program would write and a database keeps: they are copied, and kept, byte for byte."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.verify.prove import prove_with_rows
from tests.harness import compare_with_script, golden, load, run

OLD = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB, c, d VARCHAR(9));"
NEW = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT '', b BLOB, c, d VARCHAR(19) CHECK (d <> ''));"
VALUES = {
    "no UTF-8": "CAST(x'ff61fe' AS TEXT)",
    "a NUL within": "CAST(x'610062' AS TEXT)",
    "half a character": "CAST(x'e282' AS TEXT)",
    "a lone surrogate": "CAST(x'eda080' AS TEXT)",
    "a byte order mark": "CAST(x'fffe6100' AS TEXT)",
}


@pytest.mark.sqlite
@pytest.mark.tried("text that is none, byte for byte")
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_text_that_is_no_text(encoding: str, fresh_database: Callable[[str], str]) -> None:
    """SQLite takes any bytes as text; Python cannot read them, and a plan must not change them."""

    async def work() -> None:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, f"PRAGMA encoding = '{encoding}'; {OLD}")
        async with open_server(server.url) as server:
            for value in VALUES.values():
                await load(
                    server, f"INSERT INTO t (a, b, c, d) VALUES ({value}, CAST({value} AS BLOB), {value}, {value})"
                )
            every = ", ".join(f"typeof({name}), hex(CAST({name} AS BLOB))" for name in ("id", "a", "b", "c", "d"))
            before = await server.connection.fetch(f"SELECT {every} FROM t ORDER BY id")
            found = await compare_with_script(server, NEW)
            proof = await prove_with_rows(server, found.old, found.new, found.plan, Policy(whole=True))
            assert (proof.proven, proof.note, proof.rows) == (True, "", len(VALUES))
            await load(server, golden(found.plan))
            assert await server.connection.fetch(f"SELECT {every} FROM t ORDER BY id") == before

    run(work())


@pytest.mark.mysql
@pytest.mark.mariadb
@pytest.mark.tried("values that a driver cannot read, in the rows of a proof")
@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_vectors(dialect: str, fresh_database: Callable[[str], str]) -> None:
    """The driver takes a VECTOR of MySQL for text."""
    made = "STRING_TO_VECTOR" if dialect == "mysql" else "VEC_FromText"

    async def work() -> None:
        async with open_server(fresh_database(dialect)) as server:
            table = "CREATE TABLE t (id int PRIMARY KEY, v VECTOR(3), b varbinary(9) NOT NULL{0})"
            rows = f"INSERT INTO t VALUES (1, {made}('[1.5,2,-3.25]'), x'ff00fe'), (2, NULL, x'27')"
            await load(server, f"{table.format('')}; {rows}")
            found = await compare_with_script(server, table.format(", n int"))
            proof = await prove_with_rows(server, found.old, found.new, found.plan, Policy(whole=True))
            assert (proof.proven, proof.note, proof.rows) == (True, "", 2)

    run(work())
