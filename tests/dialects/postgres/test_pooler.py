"""Through a pooler in transaction mode: everything works as with the server itself, and no session keeps anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from pytest_schemadrift.cli.group import run as wait
from pytest_schemadrift.dialects.postgres.adapter import PostgresConnection
from pytest_schemadrift.dialects.postgres.connection import connect
from pytest_schemadrift.dialects.postgres.own_session import local
from pytest_schemadrift.dialects.postgres.scratch import PREFIX
from pytest_schemadrift.errors import Busy, StatementFailed, Unsupported
from pytest_schemadrift.sources.database import open_server
from tests.commands.tenants.test_check import on_postgres
from tests.dialects.postgres import pooler
from tests.harness import has_its_turn
from tests.test_cli import Project, Run, project, run  # noqa: F401

NewDatabase = Callable[[str], str]
Poolers = Callable[..., str]


REAL = pytest.mark.skipif(not pooler.PROGRAM, reason="there is no program pgbouncer")


@pytest.fixture(params=["stand-in", pytest.param("pgbouncer", marks=REAL)])
def through(request: pytest.FixtureRequest) -> Iterator[Poolers]:
    """(URL of a server, what the pooler ignores, the databases that it knows) -> the URL through the pooler."""
    from contextlib import ExitStack

    start = pooler.stand_in if request.param == "stand-in" else pooler.pgbouncer
    if start is pooler.pgbouncer and request.node.get_closest_marker("slow"):
        assert_turn(request)
    with ExitStack() as stack:
        yield lambda url, *given: stack.enter_context(start(url, *given))


def assert_turn(request: pytest.FixtureRequest) -> None:
    """Skip a slow test with a real PgBouncer on two of three days."""
    if not has_its_turn(request.node.name):
        pytest.skip("not its turn: make test ALL=1")


KEPT = """
    SELECT pg_backend_pid(), s.name, s.setting FROM pg_settings s WHERE s.source = 'session'
       AND s.name NOT IN ('client_encoding', 'application_name', 'DateStyle', 'TimeZone', 'standard_conforming_strings')
    UNION ALL SELECT pg_backend_pid(), 'role', current_user
    UNION ALL SELECT pg_backend_pid(), 'lock', count(*)::text FROM pg_locks
       WHERE locktype = 'advisory' AND pid = pg_backend_pid()
    UNION ALL SELECT pg_backend_pid(), 'prepared', count(*)::text FROM pg_prepared_statements WHERE name <> ''
    UNION ALL SELECT pg_backend_pid(), 'noted', coalesce(current_setting('schemadrift.counter', true), '')
    UNION ALL SELECT pg_backend_pid(), 'path', current_setting('search_path')
"""
NOTHING = {
    ("role", "postgres"),
    ("lock", "0"),
    ("prepared", "0"),
    ("noted", ""),
    ("path", '"$user", public'),
}
"""What another client finds; PgBouncer sets the settings that ``KEPT`` leaves out to each client's own."""


async def two_sessions(url: str) -> None:
    """Have a pooler open both: it opens one only where it needs it."""
    connections = [await opened(url), await opened(url)]
    for statement in ("BEGIN", "COMMIT"):
        for connection in connections:
            await connection.execute(statement)
    for connection in connections:
        await connection.close()


async def kept(url: str) -> dict[int, set[tuple[str, str]]]:
    """What the sessions of a pooler have that no client gave them just now."""
    import asyncpg
    from tortoise.backends.base.config_generator import expand_db_url

    from pytest_schemadrift.dialects.postgres.connection import driver_arguments

    arguments = driver_arguments(expand_db_url(url.replace("postgres://", "asyncpg://"))["credentials"])
    found: dict[int, set[tuple[str, str]]] = {}
    raw = await asyncpg.connect(**arguments, statement_cache_size=0)
    try:
        while len(found) < 2:
            async with raw.transaction():
                for pid, name, value in await raw.fetch(KEPT):
                    found.setdefault(pid, set()).add((name, value))
    finally:
        await raw.close()
    return found


async def opened(url: str) -> PostgresConnection:
    connection = await connect(url, 10)
    assert isinstance(connection, PostgresConnection)
    return connection


@pytest.mark.postgres
@pytest.mark.parametrize("ignored", [(), ("search_path", "extra_float_digits")])
def test_what_a_session_is_set_to_is_there_in_each_transaction_and_in_nobody_elses(
    fresh_database: NewDatabase, through: Poolers, ignored: tuple[str, ...]
) -> None:
    url = through(fresh_database("postgres"), ignored)
    ask = "SELECT current_setting('search_path'), current_setting('bytea_output'), current_setting('lock_timeout')"
    own = ("acme, pg_temp", "escape", "1700ms")

    async def check() -> None:
        await two_sessions(url)
        connection = await opened(f"{url}?schema=acme")
        await connection.execute("CREATE SCHEMA acme")
        await connection.execute("SET lock_timeout = 1700")
        await connection.set("bytea_output", "escape")
        pids = set()
        for _ in range(3):
            [(*found, pid)] = await connection.fetch(f"{ask}, pg_backend_pid()")
            pids.add(pid)
            assert tuple(found) == own
        assert len(pids) == 2, "the pooler lent one session only: this shows nothing"
        await connection.execute("BEGIN")
        assert [tuple(row) for row in await connection.fetch(ask)] == [own]
        await connection.execute("SET LOCAL lock_timeout = 5")
        await connection.execute("SET ROLE pg_read_all_data")
        await connection.execute("DO $$BEGIN PERFORM set_config('schemadrift.counter', '7', false); END$$")
        await connection.execute("COMMIT")
        await connection.execute("CREATE TYPE mood AS ENUM ('fine')")
        assert await connection.fetch("SELECT 'fine'::mood") == [("fine",)]  # a type that the driver asks about
        with pytest.raises(StatementFailed, match="division by zero"):
            await connection.fetch("SELECT 1 / 0")
        with pytest.raises(StatementFailed, match="unrecognized configuration parameter"):
            await connection.execute("SET nonsense = 1")
        assert [tuple(row) for row in await connection.fetch(ask)] == [own]
        await connection.close()
        found = await kept(url)
        assert list(found.values()) == [NOTHING, NOTHING]

    wait(check())


@pytest.mark.postgres
def test_the_lock_of_who_changes_a_database_is_held_by_each_transaction(
    fresh_database: NewDatabase, through: Poolers
) -> None:
    from pytest_schemadrift.dialects.postgres.server_info import read_server_info
    from pytest_schemadrift.dialects.postgres.session import alone

    url = through(fresh_database("postgres"))

    async def check() -> None:
        one, two = await opened(url), await opened(url)
        info = await read_server_info(one)
        async with alone(one, info, 0.2):
            await one.execute("BEGIN")
            with pytest.raises(Busy):
                async with alone(two, info, 0.2):
                    pytest.fail("two at once")
            await one.execute("COMMIT")
            async with alone(two, info, 0.2):
                await two.execute("BEGIN")
                with pytest.raises(Busy):
                    await one.execute("BEGIN")
                await one.execute("ROLLBACK")
                await two.execute("ROLLBACK")
        await one.close()
        await two.close()
        assert list((await kept(url)).values()) == [NOTHING, NOTHING]

    wait(check())


@pytest.mark.parametrize(
    ("sql", "sent"),
    [
        ("SET lock_timeout = 5", "SET LOCAL lock_timeout = 5"),
        ("set session work_mem = '1MB'", "SET LOCAL work_mem = '1MB'"),
        ("SET SESSION AUTHORIZATION bob", "SET LOCAL SESSION AUTHORIZATION bob"),
        ("SET ROLE bob", "SET LOCAL ROLE bob"),
        ("SET LOCAL ROLE bob", None),
        ("SET TRANSACTION READ ONLY", None),
        ("SET CONSTRAINTS ALL DEFERRED", None),
        ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", None),
        ("SELECT 'SET x = 1'", None),
    ],
)
def test_what_is_set_for_a_session_is_set_for_a_transaction(sql: str, sent: str | None) -> None:
    assert local(sql) == sent


@REAL
@pytest.mark.postgres
@pytest.mark.slow
def test_pgbouncer_in_session_mode_is_no_other_than_in_transaction_mode(
    request: pytest.FixtureRequest,
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: NewDatabase,
) -> None:
    """It tells its clients a process number of its own in both: whoever asks cannot know which one it is."""
    assert_turn(request)
    url = fresh_database("postgres")
    on_postgres(project, url, ["SELECT 1", "ALTER TABLE users DROP COLUMN age"] * 2)
    with pooler.pgbouncer(url, mode="session") as pooled:
        settings = project.folder / project.package / "settings.py"
        settings.write_text(settings.read_text().replace(repr(url), repr(pooled)))
        code, out, err = run("check", "--tenants", "--jobs", "3")
        assert (code, "2 tenants: in sync" in out, "proven: " in out) == (1, True, True), out + err
        code, out, err = run("apply", "--tenants", "--yes", "--jobs", "3")
        assert (code, "2 tenants (t01, t03): fixed" in out) == (0, True), out + err
        assert run("check", "--tenants")[0] == 0
        assert run("fix-sequences", "--tenants")[0] == 0
        code, out, err = run("check", "--database-url", f"{pooled}?schema=t00")
        assert code == 0, out + err


@pytest.mark.postgres
@pytest.mark.slow
def test_tenants_in_schemas(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: NewDatabase,
    through: Poolers,
) -> None:
    url = fresh_database("postgres")
    on_postgres(project, url, ["SELECT 1", "ALTER TABLE users DROP COLUMN age"] * 2)
    pooled = through(url)
    settings = project.folder / project.package / "settings.py"
    settings.write_text(settings.read_text().replace(repr(url), repr(pooled)))
    code, out, err = run("check", "--tenants")
    assert code == 1, out + err
    assert "2 tenants: in sync" in out
    assert "column users.age (integer) is missing" in out
    assert "proven: " in out
    code, out, err = run("apply", "--tenants", "--yes", "--jobs", "3")
    assert (code, "2 tenants (t01, t03): fixed" in out) == (0, True), out + err
    assert run("check", "--tenants")[0] == 0
    assert run("fix-sequences", "--tenants")[0] == 0
    wait(two_sessions(pooled))
    assert list(wait(kept(pooled)).values()) == [NOTHING, NOTHING]


@pytest.mark.postgres
def test_a_scratch_database_that_the_pooler_does_not_know_is_made_elsewhere_or_not_at_all(
    fresh_database: NewDatabase, through: Poolers
) -> None:
    from pytest_schemadrift.sources.scratch import read_back

    url = fresh_database("postgres")
    pooled = through(url, (), (url.partition("?")[0].rpartition("/")[2],))

    async def check() -> None:
        async with open_server(pooled, scratch="server") as server:
            with pytest.raises(Unsupported, match="created and cannot be reached: PostgreSQL: no such database"):
                await read_back(server, ["CREATE TABLE t (a integer)"])
            left = f"SELECT datname FROM pg_database WHERE starts_with(datname, '{PREFIX}{os.getpid()}_')"
            assert await server.connection.fetch(left) == []  # of others, whose tests run beside this one, there may be

    wait(check())


@pytest.mark.postgres
@pytest.mark.slow
def test_a_plan_of_several_transactions_is_refused_before_its_first_statement(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: NewDatabase,
    through: Poolers,
) -> None:
    """Nobody would hold the lock between them; CREATE INDEX CONCURRENTLY cannot be in one at all."""
    url = fresh_database("postgres")
    names = on_postgres(project, url, ["ALTER TABLE users DROP CONSTRAINT IF EXISTS users_email_key"])
    pooled = f"{through(url)}?schema={names[0]}"
    code, out, err = run("apply", "--yes", "--online", "--database-url", pooled)
    assert code == 2, out + err
    assert "nothing was done: the plan takes more than one transaction, and a pooler on the way may lend" in out + err
    assert "give the address of the server itself, with --database-url" in out + err
    assert run("check", "--database-url", pooled)[0] == 1
    code, out, err = run("apply", "--yes", "--database-url", pooled)
    assert code == 0, out + err
