"""What holds a table's rows besides it: partitions, and what inherits from it without a column more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

PARENT = "CREATE TABLE event (id int NOT NULL, at date NOT NULL)"
LIVE = """
CREATE TABLE event (id int NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE event_26 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY HASH (id);
CREATE TABLE event_26_a PARTITION OF event_26 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE log (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE log_26 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE reading (at date PRIMARY KEY, value float8);
CREATE SCHEMA inside;
CREATE TABLE inside.chunk_1 (CHECK (at < '2026-01-01')) INHERITS (reading);
CREATE TABLE inside.chunk_1_1 () INHERITS (inside.chunk_1);
CREATE TABLE special (extra int) INHERITS (reading);
CREATE TABLE stray (id int);
CREATE TABLE stray_part () INHERITS (stray);
"""


@pytest.mark.postgres
@pytest.mark.tried("rows in partitions of partitions, and in tables that only inherit, where unmanaged tables fail")
def test_no_plan_drops_what_holds_the_rows_of_a_managed_table(fresh_database: Callable[[str], str]) -> None:
    async def work() -> list[str]:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, LIVE)
            wanted = f"{PARENT}; CREATE TABLE reading (at date PRIMARY KEY, value float8)"
            policy = Policy(unmanaged="fail", excluded=frozenset({Name("", "log")}))
            found = await compare_with_script(server, wanted, policy)
        assert found.plan is not None
        return sorted(f"{type(change).__name__} {change.table.name}" for change in found.plan.changes)

    assert run(work()) == ["DropTable special", "DropTable stray", "DropTable stray_part"]


COMPUTED = """
CREATE TABLE c (id int, a int, g int GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (id);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1);
CREATE TABLE c2 PARTITION OF c (g GENERATED ALWAYS AS (a * 100) STORED) FOR VALUES IN (2) PARTITION BY LIST (id);
CREATE TABLE c22 PARTITION OF c2 (g GENERATED ALWAYS AS (a * 7) STORED) FOR VALUES IN (2);
"""


@pytest.mark.postgres
@pytest.mark.parametrize("server", ["postgres", "postgres-18"])
def test_a_partition_keeps_its_own_way_to_compute_a_column(server: str, fresh_database: Callable[[str], str]) -> None:
    """A new expression of the parent, or of its base, took it along; before 17 nothing gives it back."""

    async def work() -> None:
        async with open_server(fresh_database(server)) as live:
            await load(live, f"{COMPUTED} INSERT INTO c (id, a) VALUES (1, 2), (2, 2)")
            for old, new, values in [
                ("a + 1", "a + 2", (4, 14)),
                ("a int,", "a bigint,", (3, 14)),
                ("g int", "g bigint", (3, 14)),
            ]:
                wanted = COMPUTED.replace(old, new, 1)
                found = await compare_with_script(live, wanted)
                if live.info.version < (17,) and old != "g int":
                    assert "computes it in another way" in found.unreadable[0].reason
                    continue
                assert found.proven, (found.proof_note, found.unreadable)
                outcome = await execute(live, found.plan)
                assert outcome.error is None, outcome.error
                assert not (await compare_with_script(live, wanted, prove=False)).plan
                assert await live.connection.fetch("SELECT g FROM c ORDER BY id") == [(value,) for value in values]
                back = await compare_with_script(live, COMPUTED, prove=False)
                assert (await execute(live, back.plan)).error is None

    run(work())


HEIR = "CREATE TABLE p (a int, b int); CREATE TABLE h (g int GENERATED ALWAYS AS (a + 1) STORED) INHERITS (p);"
FROM_B = HEIR.replace("a int, ", "").replace("a + 1", "b + 1")


@pytest.mark.postgres
@pytest.mark.tried("a column from which a table that inherits it computes one of its own")
def test_a_base_of_what_an_heir_computes_is_refused_until_that_is_gone(fresh_database: Callable[[str], str]) -> None:
    """The plan failed in the server's words."""

    async def work() -> None:
        async with open_server(fresh_database("postgres")) as live:
            await load(live, f"{HEIR} INSERT INTO h (a, b) VALUES (1, 2)")
            for wanted in (HEIR.replace("a int", "a bigint"), FROM_B):
                found = await compare_with_script(live, wanted)
                assert not found.plan
                assert "p.a: h.g is computed from it, so it can neither change nor go" in found.unreadable[0].reason
            assert [item.reason for item in found.unreadable[1:]] == ["it inherits from p, which cannot be changed"]
            await load(live, found.unreadable[0].reason.rpartition(": ")[2].partition(";")[0])
            found = await compare_with_script(live, FROM_B)
            assert found.proven, found.proof_note
            assert (await execute(live, found.plan)).error is None
            assert [tuple(row) for row in await live.connection.fetch("SELECT b, g FROM h")] == [(2, 3)]

    run(work())
