"""Why a server refuses a statement is read from the code of its answer: its words may be in any language."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import with_advice
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.sources.database import open_server
from tests.harness import load, run

NewDatabase = Callable[[str], str]
LOCKS = {
    "sqlite": ("BEGIN IMMEDIATE", "BEGIN IMMEDIATE"),
    "postgres": ("LOCK TABLE t", "LOCK TABLE t NOWAIT"),
    "mysql": ("SELECT * FROM t FOR UPDATE", "SELECT * FROM t FOR UPDATE NOWAIT"),
    "mariadb": ("SELECT * FROM t FOR UPDATE", "SELECT * FROM t FOR UPDATE NOWAIT"),
}


@pytest.mark.parametrize("dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in LOCKS])
def test_a_lock_that_somebody_holds(dialect: str, fresh_database: NewDatabase) -> None:
    async def work() -> StatementFailed:
        url = fresh_database(dialect)
        holds, asks = LOCKS[dialect]
        patience = 1.0 if dialect == "sqlite" else 60.0  # which is for a lock, too, and the others do not wait
        async with open_server(url) as one, open_server(url, timeout=patience) as other:
            await load(one, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
            if dialect != "sqlite":
                await one.connection.execute("BEGIN")
                await other.connection.execute("BEGIN")
            await one.connection.execute(holds)
            with pytest.raises(StatementFailed) as caught:
                await other.connection.execute(asks)
            return caught.value

    assert run(work()).condition == "lock_not_available"


READS_ALONE = {
    "sqlite": "PRAGMA query_only = 1",
    "postgres": "SET default_transaction_read_only = on",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
}


@pytest.mark.parametrize("dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in READS_ALONE])
def test_a_session_that_may_only_read(dialect: str, fresh_database: NewDatabase) -> None:
    async def work() -> StatementFailed:
        async with open_server(fresh_database(dialect)) as server:
            await server.connection.execute(READS_ALONE[dialect])
            with pytest.raises(StatementFailed) as caught:
                await server.connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
            advised = await with_advice(server, caught.value)
            assert isinstance(advised, StatementFailed)
            assert advised.hint
            return caught.value

    assert run(work()).condition == "read_only_sql_transaction"


def test_a_column_of_sqlite_may_be_called_locked(fresh_database: NewDatabase) -> None:
    async def work() -> StatementFailed:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, "CREATE TABLE readonly (locked int UNIQUE); INSERT INTO readonly VALUES (1)")
            with pytest.raises(StatementFailed, match=r"readonly\.locked") as caught:
                await server.connection.execute("INSERT INTO readonly VALUES (1)")
            return caught.value

    failed = run(work())
    assert (failed.condition, failed.hint) == ("", "")


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("sql", "condition"),
    [
        ("SELECT * FROM t", "insufficient_privilege"),
        ("ALTER TABLE t ADD COLUMN n int", "insufficient_privilege"),
        ("SELECT * FROM nothing", "undefined"),
        ("SELECT nothing()", "undefined"),
        ("SELECT 1 / 0", ""),
        ("DO $$ BEGIN RAISE 'permission denied for this tenant'; END $$", ""),
    ],
)
def test_what_postgres_answers(sql: str, condition: str, fresh_database: NewDatabase) -> None:
    async def work() -> StatementFailed:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, "CREATE TABLE t (id int)")
            await server.connection.execute("SET ROLE pg_monitor")
            with pytest.raises(StatementFailed) as caught:
                await server.connection.execute(sql)
            return caught.value

    assert run(work()).condition == condition


def test_the_advice_needs_no_english(fresh_database: NewDatabase) -> None:
    async def work() -> list[str]:
        async with open_server(fresh_database("sqlite")) as server:
            errors = [
                StatementFailed("ERREUR: expiré", condition="lock_not_available"),
                StatementFailed("ERREUR: droit refusé", condition="insufficient_privilege"),
                StatementFailed("lock timeout, says a trigger"),
            ]
            return [(await with_advice(server, error)).hint for error in errors]

    hints = run(work())
    assert ["--lock-timeout" in hints[0], "owns the tables" in hints[1], hints[2]] == [True, True, ""]
