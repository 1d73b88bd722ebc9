"""A foreign key that the server does not hold rows to is a drift, and its fix looks at the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_schemadrift.applying.executor import run_plan
from pytest_schemadrift.applying.row_counts import facts_about
from pytest_schemadrift.dialects.postgres.capabilities import capabilities
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.planning.order import order
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.build import make_schema, make_table
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Check, Column, Expression, Name
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

NewDatabase = Callable[[str], str]
SCRIPT = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES p)"
PARTITIONS = """
    CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int, p int REFERENCES p) PARTITION BY RANGE (id);
    CREATE TABLE t1 PARTITION OF t DEFAULT
"""


@pytest.mark.postgres
@pytest.mark.tried("a foreign key whose triggers are disabled")
@pytest.mark.parametrize(
    ("script", "how"),
    [
        (SCRIPT, "ALTER TABLE t DISABLE TRIGGER ALL"),
        (SCRIPT, "ALTER TABLE p DISABLE TRIGGER ALL"),
        (PARTITIONS, "ALTER TABLE t1 DISABLE TRIGGER ALL"),
    ],
)
def test_a_key_whose_triggers_are_disabled(script: str, how: str, fresh_database: NewDatabase) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, script)
            assert not (await compare_with_script(server, script, Policy())).plan
            await load(server, how)
            found = await compare_with_script(server, script, Policy())
            assert [type(change).__name__ for change in found.plan.changes] == ["DropForeignKey", "AddForeignKey"]
            assert found.proven
            outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert outcome.ok, outcome.error
            off = "SELECT count(*) FROM pg_trigger WHERE tgisinternal AND tgenabled <> 'O'"
            assert await server.connection.fetch(off) == [(0,)]
            assert not (await compare_with_script(server, script, Policy())).plan

    run(work())


@pytest.mark.postgres
@pytest.mark.tried("a foreign key whose triggers are disabled")
def test_a_row_that_came_in_meanwhile_is_found(fresh_database: NewDatabase) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, f"{SCRIPT}; ALTER TABLE t DISABLE TRIGGER ALL; INSERT INTO t VALUES (1, 7)")
            found = await compare_with_script(server, SCRIPT, Policy())
            outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert outcome.error is not None
            assert "violates foreign key constraint" in outcome.error.what
            assert await server.connection.fetch("SELECT p FROM t") == [(7,)]

    run(work())


KEYS = """
    CREATE TABLE p (id int PRIMARY KEY);
    CREATE TABLE t (id int PRIMARY KEY, p int, n int, CONSTRAINT held FOREIGN KEY (p) REFERENCES p{},
                    CONSTRAINT small CHECK (n < 9){})
"""
OFF = " NOT ENFORCED"
COMMENT = "SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conname = 'held'"


@pytest.mark.postgres
@pytest.mark.tried("a constraint of which only the enforcement differs")
@pytest.mark.parametrize("online", [False, True], ids=["", "online"])
def test_a_key_is_enforced_again(*, online: bool, fresh_database: NewDatabase) -> None:
    """No constraint is dropped for it, the rows decide, and what the server says afterwards is what was wanted."""

    async def work() -> None:
        async with open_server(fresh_database("postgres-18")) as server:
            await load(server, f"{KEYS.format(OFF, '')}; INSERT INTO t VALUES (1, 7, 1);")
            await load(server, "COMMENT ON CONSTRAINT held ON t IS 'whose';")
            found = await compare_with_script(server, KEYS.format("", ""), Policy())
            (step,) = found.plan.steps
            assert isinstance(step.change, c.SetEnforced)
            assert [*map(str, step.hazards)] == ["MAY_FAIL_ON_DATA", "LOCKS_TABLE"]
            assert step.sql == ('ALTER TABLE "t" ALTER CONSTRAINT "held" ENFORCED',)
            assert found.proven, found.proof_note
            (fact,) = await facts_about(server, step.change, found.old)
            assert fact == "1 of 1 rows of t have no p for p"
            assert len(await server.connection.fetch(fact.shows)) == 1
            plan = build_plan(found.old, found.new, server.dialect, server.info, online=online)
            outcome = await run_plan(server.connection, server.dialect, server.info, plan)
            assert outcome.error is not None, "a row without a parent is there"
            assert await server.connection.fetch("SELECT p FROM t") == [(7,)]
            assert await server.connection.fetch(COMMENT) == [("whose",)]
            await load(server, "INSERT INTO p VALUES (7);")
            again = await compare_with_script(server, KEYS.format("", ""), Policy())
            plan = build_plan(again.old, again.new, server.dialect, server.info, online=online)
            assert (await run_plan(server.connection, server.dialect, server.info, plan)).ok
            assert not (await compare_with_script(server, KEYS.format("", ""), Policy())).plan
            assert await server.connection.fetch(COMMENT) == [("whose",)]
            with pytest.raises(StatementFailed):
                await load(server, "INSERT INTO t VALUES (2, 8, 1);")

    run(work())


@pytest.mark.postgres
@pytest.mark.tried("a constraint of which only the enforcement differs")
def test_a_key_is_no_longer_enforced(fresh_database: NewDatabase) -> None:
    """It loosens, and deletes and locks nothing; a check (19 alters it) is dropped and added with the same hazard."""

    async def work() -> None:
        async with open_server(fresh_database("postgres-18")) as server:
            await load(server, KEYS.format("", ""))
            wanted = KEYS.format(OFF, OFF).replace("CONSTRAINT small", "CONSTRAINT other_name")
            found = await compare_with_script(server, wanted, Policy())
            assert {hazard for step in found.plan.steps for hazard in step.hazards} == {Hazard.LOOSENS_CONSTRAINT}
            assert 'ALTER TABLE "t" ALTER CONSTRAINT "held" NOT ENFORCED' in found.plan.sql()
            assert len(found.plan.sql()) == (2 if server.info.version >= (19,) else 3)
            assert found.proven, found.proof_note
            assert (await run_plan(server.connection, server.dialect, server.info, found.plan)).ok
            await load(server, "INSERT INTO t VALUES (1, 7, 10);")
            assert not (await compare_with_script(server, wanted, Policy())).plan

    run(work())


@pytest.mark.postgres
@pytest.mark.tried("a constraint of which only the enforcement differs")
def test_the_key_under_it_changes_too(fresh_database: NewDatabase) -> None:
    """A constraint that goes for another change of the plan comes back in its new state."""

    async def work() -> None:
        async with open_server(fresh_database("postgres-18")) as server:
            await load(server, f"{KEYS.format(OFF, OFF)}; INSERT INTO p VALUES (7); INSERT INTO t VALUES (1, 7, 1);")
            wanted = KEYS.format("", "").replace("int", "bigint")
            wanted = wanted.replace("id bigint PRIMARY KEY)", "id bigint UNIQUE, k int PRIMARY KEY DEFAULT 1)")
            wanted = wanted.replace("REFERENCES p", "REFERENCES p (id)")
            found = await compare_with_script(server, wanted, Policy(whole=True))
            assert found.proven, found.proof_note
            assert (await run_plan(server.connection, server.dialect, server.info, found.plan)).ok
            assert not (await compare_with_script(server, wanted, Policy(whole=True))).plan

    run(work())


def test_a_server_without_a_statement_for_it_recreates_the_constraint() -> None:
    """PostgreSQL before 18 reads no NOT ENFORCED at all; 18 has no ALTER CONSTRAINT for a check, 19 has."""
    table = Name("", "t")
    check = Check("small", Expression("n < 9", "n < 9"), enforced=False)
    old = make_schema("postgres", tables=[make_table(table, [Column("n", "integer")], checks=[check])])
    wanted = replace(check, enforced=True)
    new = make_schema("postgres", tables=[make_table(table, [Column("n", "integer")], checks=[wanted])])
    for version, kinds in (((18,), ["DropCheck", "AddCheck"]), ((19,), ["SetEnforced"])):
        abilities = capabilities(ServerInfo("postgres", version=version))
        assert [type(change).__name__ for change in order(diff(old, new), old, new, abilities)] == kinds


LOOSE = "CREATE TABLE room (id int4range, open daterange); CREATE TABLE stay (room int4range, during daterange)"
PERIODS = """
    CREATE TABLE room (id int4range, open daterange, CONSTRAINT opened UNIQUE (id, open WITHOUT OVERLAPS));
    CREATE TABLE stay (room int4range, during daterange,
                       CONSTRAINT within FOREIGN KEY (room, PERIOD during) REFERENCES room (id, PERIOD open))
"""
OPENED = (
    "('[1,1]', '[2026-01-01,2026-02-01)'), ('[1,1]', '[2026-02-01,2026-03-01)'), ('[2,2]', '[2026-01-01,2026-03-01)')"
)
STAYED = "('[1,1]', '[2026-01-09,2026-02-09)'), (NULL, '[2025-01-01,2025-01-02)'), ('[2,2]', NULL)"


@pytest.mark.postgres
@pytest.mark.tried("a constraint over periods of which the rows are not equal")
@pytest.mark.parametrize(
    ("rooms", "stays", "told"),
    [
        (OPENED, STAYED, ["0 of 3 rows of room overlap", "0 of 3 rows of room have an empty", "0 of 3 rows of stay"]),
        (f"{OPENED}, ('[2,2]', '[2026-02-28,2026-03-09)')", STAYED, ["2 of 4", "0 of 4", "0 of 3"]),
        (f"{OPENED}, ('[2,2]', 'empty')", STAYED, ["0 of 4", "1 of 4", "0 of 3"]),
        (OPENED, f"{STAYED}, ('[1,1]', '[2026-02-09,2026-03-02)')", ["0 of 3", "0 of 3", "1 of 4"]),
        (OPENED, f"{STAYED}, ('[1,1]', 'empty'), ('[3,3]', '[2026-01-02,2026-01-03)')", ["0 of 3", "0 of 3", "2 of 5"]),
    ],
    ids=["none", "overlapping", "empty", "outside", "without a room"],
)
def test_rows_in_the_way_of_periods_are_those_that_the_server_refuses(
    rooms: str, stays: str, told: list[str], fresh_database: NewDatabase
) -> None:
    """Rows that touch or cover each other together are not in the way; the server says of the others that they are.

    P66: one with an empty range is.
    """

    async def work() -> None:
        async with open_server(fresh_database("postgres-18")) as server:
            await load(server, f"{LOOSE}; INSERT INTO room VALUES {rooms}; INSERT INTO stay VALUES {stays}")
            found = await compare_with_script(server, PERIODS, Policy(), prove=False)
            facts = [fact for step in found.plan.steps for fact in await facts_about(server, step.change, found.old)]
            assert [fact.startswith(text) for fact, text in zip(facts, told, strict=True)] == [True] * 3, facts
            counted = [(int(fact.split()[0]), fact) for fact in facts]
            assert [len(await server.connection.fetch(fact.shows)) for number, fact in counted if number] == [
                number for number, _ in counted if number
            ]
            outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert outcome.ok is not any(fact.blocks for fact in facts), facts

    run(work())
