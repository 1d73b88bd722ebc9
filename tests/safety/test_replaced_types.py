"""A type is replaced, or a type of several parts is in use: the plan is tried on a copy, and the rows stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.planning.normalize import Policy
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.verify.prove import prove_with_rows
from tests.harness import compare_with_script, golden, load, run

pytestmark = pytest.mark.postgres

NewDatabase = Callable[[str], str]

MOODS = "CREATE TABLE moods (m {0} PRIMARY KEY, n int UNIQUE, other {0});"


@pytest.mark.tried("an enum replaced under foreign keys")
@pytest.mark.parametrize(
    "keys",
    {
        "of another table": "CREATE TABLE t (id int PRIMARY KEY, m mood REFERENCES moods ON UPDATE CASCADE);",
        "of the table itself": "ALTER TABLE moods ADD FOREIGN KEY (other) REFERENCES moods DEFERRABLE;",
        "not valid": "CREATE TABLE t (id int PRIMARY KEY, m mood);"
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (m) REFERENCES moods NOT VALID;",
        "with arrays": "CREATE TABLE sets (m mood[] PRIMARY KEY); CREATE TABLE t (m mood[] REFERENCES sets);",
        "of a partitioned table": "CREATE TABLE t (id int, m mood REFERENCES moods) PARTITION BY RANGE (id);"
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (9);",
        "to a partitioned table": "CREATE TABLE p (id int, m mood, PRIMARY KEY (id, m)) PARTITION BY RANGE (id);"
        "CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (9);"
        "CREATE TABLE t (id int, m mood, FOREIGN KEY (id, m) REFERENCES p);",
        "to a column that is computed": "CREATE TABLE g (m mood, c mood GENERATED ALWAYS AS (m) STORED UNIQUE);"
        "CREATE TABLE t (id int, m mood REFERENCES g (c));",
        "of a column that is computed": "CREATE TABLE t (m mood, c mood GENERATED ALWAYS AS (m) STORED,"
        "CONSTRAINT k FOREIGN KEY (c) REFERENCES moods);",
    }.items(),
    ids=lambda pair: pair[0],
)
def test_foreign_keys_are_off_and_on_again(keys: tuple[str, str], fresh_database: NewDatabase) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            head = "CREATE TYPE mood AS ENUM ({0});" + MOODS.format("mood") + keys[1]
            rows = "INSERT INTO moods VALUES ('a', 1, 'b'), ('b', 2, NULL)"
            await load(server, head.replace("{0}", "'a', 'b', 'c'") + rows)
            constraints = "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint ORDER BY 1, 2"
            before = await server.connection.fetch(constraints)
            wanted = head.replace("{0}", "'b', 'a'")
            found = await compare_with_script(server, wanted)
            assert (found.proven, found.proof_note) == (True, "")
            proof = await prove_with_rows(server, found.old, found.new, found.plan, Policy(whole=True))
            assert (proof.proven, proof.note) == (True, "")
            await load(server, golden(found.plan))
            assert not (await compare_with_script(server, wanted)).plan
            assert await server.connection.fetch(constraints) == before
            assert [
                tuple(row) for row in await server.connection.fetch("SELECT m, n, other FROM moods ORDER BY n")
            ] == [
                ("a", 1, "b"),
                ("b", 2, None),
            ]

    run(work())
