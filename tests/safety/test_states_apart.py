"""What gets another name, comment or state in the plan that changes the column beneath it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

TABLE = "CREATE TABLE n (id int PRIMARY KEY, own int, g int GENERATED ALWAYS AS (own * 2) STORED NOT NULL, x int);"
ON_COMPUTED = (
    f"{TABLE} CREATE INDEX i1 ON n (g); CREATE INDEX k ON n (g, x); COMMENT ON INDEX k IS 'a';"
    "CREATE INDEX stays1 ON n (x); ALTER TABLE n ADD CONSTRAINT c1 CHECK (g > 0), ADD CONSTRAINT u1 UNIQUE (g),"
    " ADD CONSTRAINT v CHECK (g < 100) NOT VALID; COMMENT ON CONSTRAINT c1 ON n IS 'why';"
    "CREATE TABLE h (r int); ALTER TABLE h ADD CONSTRAINT f FOREIGN KEY (r) REFERENCES n (g) NOT VALID;"
    "INSERT INTO n (id, own) VALUES (1, 5); CREATE INDEX e1 ON n ((g + 1)) WITH (fillfactor = 50);"
    "ALTER INDEX e1 ALTER COLUMN 1 SET STATISTICS 77; ALTER TABLE n CLUSTER ON i1, REPLICA IDENTITY USING INDEX u1;"
)
ON_COMPUTED_NEW = (
    f"{TABLE.replace('own int', 'own bigint')} CREATE INDEX i2 ON n (g); CREATE INDEX k ON n (g, x);"
    "COMMENT ON INDEX k IS 'b'; CREATE INDEX stays2 ON n (x); ALTER TABLE n ADD CONSTRAINT c2 CHECK (g > 0),"
    " ADD CONSTRAINT u2 UNIQUE (g), ADD CONSTRAINT v CHECK (g < 100); COMMENT ON CONSTRAINT c2 ON n IS 'why';"
    "CREATE TABLE h (r int); ALTER TABLE h ADD CONSTRAINT f FOREIGN KEY (r) REFERENCES n (g);"
    "CREATE INDEX e2 ON n ((g + 1));"
)
MARKS = """
    SELECT x.indexrelid::regclass::text, x.indisclustered, x.indisreplident, i.reloptions::text
      FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
     WHERE x.indrelid = 'n'::regclass AND (x.indisclustered OR x.indisreplident OR i.reloptions IS NOT NULL) ORDER BY 1
"""
ON_ENUM = (
    "CREATE TYPE mood AS ENUM ('a', 'b', 'c'); CREATE TABLE n (id int PRIMARY KEY, m mood, t varchar(5));"
    "CREATE INDEX i1 ON n (id) WHERE m = 'a'; ALTER TABLE n ADD CONSTRAINT c1 CHECK (m <> 'b'),"
    " ADD CONSTRAINT v CHECK (m <> 'b' OR id > 0) NOT VALID, ADD CONSTRAINT w CHECK (t <> 'b') NOT VALID;"
    "INSERT INTO n VALUES (1, 'a', 'a');"
)
ON_ENUM_NEW = (
    "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE n (id int PRIMARY KEY, m mood, t mood);"
    "CREATE INDEX i2 ON n (id) WHERE m = 'a'; ALTER TABLE n ADD CONSTRAINT c2 CHECK (m <> 'b'),"
    " ADD CONSTRAINT v CHECK (m <> 'b' OR id > 0), ADD CONSTRAINT w CHECK (t <> 'b');"
)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("old", "new"), [(ON_COMPUTED, ON_COMPUTED_NEW), (ON_ENUM, ON_ENUM_NEW)], ids=["recreated", "another type"]
)
@pytest.mark.tried("another name, comment or state of what stands on a column that changes in the same plan")
def test_a_new_name_or_state_is_not_lost_with_the_column_beneath(
    old: str, new: str, fresh_database: Callable[[str], str]
) -> None:
    """It went with the column under the old name and came back under none, or the statement about it failed."""

    async def work() -> None:
        policy = Policy(whole=True, names="strict")
        async with open_server(fresh_database("postgres")) as server:
            await load(server, old)
            found = await compare_with_script(server, new, policy)
            assert found.proven, found.proof_note
            renamed = [change for change in found.plan.changes if isinstance(change, c.RenameIndex)]
            assert [change.old.name for change in renamed] == (["stays1"] if "stays1" in old else [])
            rows = "SELECT to_jsonb(n)::text FROM n"
            before = await server.connection.fetch(rows)
            assert (await execute(server, found.plan)).error is None
            assert not (await compare_with_script(server, new, policy, prove=False)).plan
            assert [tuple(row) for row in await server.connection.fetch(rows)] == [*map(tuple, before)]
            kept = [tuple(row) for row in await server.connection.fetch(MARKS)]
            marked = [("e2", False, False, "{fillfactor=50}"), ("i2", True, False, None), ("u2", False, True, None)]
            assert kept == (marked if "e1" in old else [])
            targets = "SELECT attrelid::regclass::text FROM pg_attribute WHERE attstattarget = 77"
            assert [tuple(row) for row in await server.connection.fetch(targets)] == ([("e2",)] if "e1" in old else [])

    run(work())
