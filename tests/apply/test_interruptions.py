"""Apply among others: locks held by somebody, sessions and servers that die, two at once, roles without rights."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from pytest_schemadrift.applying.executor import Outcome, execute
from pytest_schemadrift.dialects.base import Patience
from pytest_schemadrift.errors import Busy, ConnectionFailed, ServerUnavailable, StalePlan, StatementFailed
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.changes import simple_changes
from pytest_schemadrift.servers import ServerHandle, start_server
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.apply.faults import MORE_ROWS
from tests.conftest import without_server
from tests.harness import as_role, compare_with_script, load, rows, run, surviving_columns
from tests.live.mutations import BASES

DIALECTS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mariadb", "mysql", "sqlite")]
SERVERS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mariadb")]
OLD = "CREATE TABLE parent (id INT PRIMARY KEY NOT NULL, name VARCHAR(20));"
NEW = "CREATE TABLE parent (id INT PRIMARY KEY NOT NULL, name VARCHAR(20), note VARCHAR(30));"
SERVERS_THAT_UNDO = ("postgres", "sqlite")
TRIGGER = {
    "postgres": "CREATE TRIGGER t BEFORE UPDATE ON parent "
    "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "sqlite": "CREATE TRIGGER t BEFORE UPDATE ON parent BEGIN SELECT 1; END",
}
SOON = Patience(lock=1.0)


async def plan_for(server: LiveServer, new: str) -> Plan:
    return (await compare_with_script(server, new, prove=False)).plan


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_lock_that_somebody_holds_is_told_within_the_timeout(
    dialect: str, fresh_database: Callable[[str], str]
) -> None:
    url = fresh_database(dialect)

    async def work() -> Outcome:
        async with open_server(url) as server, open_server(url) as other:
            await load(server, OLD)
            plan = await plan_for(server, NEW)
            await other.connection.execute("BEGIN IMMEDIATE" if dialect == "sqlite" else "BEGIN")
            await other.connection.execute("INSERT INTO parent (id) VALUES (1)")
            start = time.monotonic()
            outcome = await asyncio.wait_for(execute(server, plan, SOON), 60)
            assert time.monotonic() - start > 0.5
            await other.connection.execute("COMMIT")
        async with open_server(url) as server:
            again = await execute(server, await plan_for(server, NEW), SOON)
            assert again.ok
            assert await server.connection.fetch("SELECT count(*) AS n FROM parent") == [(1,)]
        return outcome

    outcome = run(work())
    assert not outcome.done
    assert outcome.error is not None
    assert "lock" in outcome.error.what.lower()
    assert "--lock-timeout" in outcome.error.hint
    if dialect == "postgres":
        assert "session" in outcome.error.where


@pytest.mark.parametrize("dialect", SERVERS)
def test_only_one_applies_at_a_time(dialect: str, fresh_database: Callable[[str], str]) -> None:
    url = fresh_database(dialect)

    async def work() -> None:
        async with open_server(url) as first, open_server(url) as second:
            await load(first, OLD)
            plan = await plan_for(first, NEW)
            async with first.dialect.alone(first.connection, first.info, 1.0, None):
                with pytest.raises(Busy, match="another schemadrift is changing"):
                    await execute(second, plan, SOON)
            done = await asyncio.gather(
                execute(first, plan, Patience(10)), execute(second, plan, Patience(10)), return_exceptions=True
            )
            assert sorted(type(item).__name__ for item in done) == ["Outcome", "StalePlan"]
            assert not await plan_for(first, NEW)

    run(work())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_stale_plan_is_refused(dialect: str, fresh_database: Callable[[str], str]) -> None:
    url = fresh_database(dialect)

    async def work() -> None:
        async with open_server(url) as server, open_server(url) as other:
            await load(server, OLD)
            plan = await plan_for(server, NEW)
            await other.connection.execute("CREATE INDEX meanwhile ON parent (name)")
            with pytest.raises(StalePlan, match="nothing was done"):
                await execute(server, plan, SOON)
            left = [part for change in (await plan_for(other, NEW)).changes for part in simple_changes(change)]
            assert sorted(type(part).__name__ for part in left) == ["AddColumn", "DropIndex"]
            if dialect not in SERVERS_THAT_UNDO:
                return
            told: list[str] = []

            async def dumped(*arguments: Any, **options: Any) -> Any:
                """The moment after the last look at the schema: what changes now would be dropped unseen."""
                found = await server.dialect.dump(*arguments, **options)
                for setting in other.dialect.be_patient(Patience(lock=0.05), other.info):
                    await other.connection.execute(setting)
                for change in ("ALTER TABLE parent RENAME COLUMN name TO title", TRIGGER[dialect]):
                    with pytest.raises(StatementFailed) as refused:
                        await other.connection.execute(change)
                    told.append(refused.value.what)
                await other.connection.fetch("SELECT name FROM parent")
                if dialect == "postgres":
                    await other.connection.execute("INSERT INTO parent (id) VALUES (7)")
                return found

            watched = replace(server, dialect=replace(server.dialect, dump=dumped))
            assert (await execute(watched, await plan_for(server, NEW), SOON)).ok
            assert len(told) == 2
            assert all("lock" in words for words in told), told

    run(work())


@pytest.mark.parametrize("dialect", SERVERS)
def test_a_session_that_is_ended_by_the_server_is_reported_and_a_second_run_completes(
    dialect: str, fresh_database: Callable[[str], str]
) -> None:
    url = fresh_database(dialect)

    async def work() -> None:
        async with open_server(url) as server, open_server(url) as other:
            await load(server, BASES[dialect] + MORE_ROWS[dialect])
            await load(server, _MUTATION[dialect])
            found = await compare_with_script(server, BASES[dialect], prove=False)
            survivors = surviving_columns(found.plan, found.old, found.new, server)
            before = await rows(server, survivors.values())
            await _end_session_at(server, other, found.plan.statements[-1].sql)
            outcome = await execute(server, found.plan)
            assert not outcome.ok
            assert outcome.failed is not None
        async with open_server(url) as server:
            assert (await execute(server, await plan_for(server, BASES[dialect]))).ok
            assert not await plan_for(server, BASES[dialect])
            after = await rows(server, survivors)
            assert not survivors.lost(before, after)

    run(work())


_MUTATION = {
    "postgres": "ALTER TABLE child ALTER qty TYPE bigint, ALTER name TYPE varchar(60); DROP INDEX child_name",
    "mariadb": "ALTER TABLE child MODIFY qty bigint NOT NULL DEFAULT 1, DROP KEY child_name; "
    "ALTER TABLE pair COMMENT 'x'",
}


async def _end_session_at(server: LiveServer, other: LiveServer, statement: str) -> None:
    """Let another session end ours just before a statement."""
    execute_one, dialect = server.connection.execute, server.dialect.name
    query = "SELECT pg_backend_pid()" if dialect == "postgres" else "SELECT connection_id() AS id"
    [(session,)] = await server.connection.fetch(query)

    async def dying(sql: str) -> None:
        if sql == statement:
            ending = f"SELECT pg_terminate_backend({session})" if dialect == "postgres" else f"KILL {session}"
            await other.connection.execute(ending)
        await execute_one(sql)

    server.connection.execute = dying  # type: ignore[method-assign]


# --- a server that dies ----------------------------------------------------------------------------------------------


@pytest.fixture
def mortal(request: pytest.FixtureRequest) -> Iterator[_Mortal]:
    try:
        handle = start_server(request.param)
    except ServerUnavailable as error:
        without_server(request.param, error)
    server = _Mortal(handle)
    yield server
    server.end()
    handle.stop()


class _Mortal:
    """A server of our own that can be killed and started again on the same files."""

    def __init__(self, handle: ServerHandle) -> None:
        assert handle._hold is not None
        self.server, self.folder = handle.server, handle._hold.folder
        self.pid = int((self.folder / "pid").read_text())
        command = Path(f"/proc/{self.pid}/cmdline").read_text().rstrip("\0").split("\0")
        self.command = [word for word in command if not word.startswith("--init-file")]  # gone after the first start
        status = Path(f"/proc/{self.pid}").stat()
        self.user, self.group = status.st_uid, status.st_gid
        self.again: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        """End it with all its children; when this returns, none of them answers any more."""
        server = psutil.Process(self.pid)
        server.suspend()  # and makes no more of them
        dying = [*server.children(recursive=True), server]
        for process in dying:
            with suppress(psutil.NoSuchProcess):  # a child that has ended meanwhile
                process.kill()
        while any(map(_lives, dying)):
            time.sleep(0.01)

    def start(self) -> None:
        for file in (self.folder / "data" / "postmaster.pid", *self.folder.glob("run/.s.PGSQL*")):
            file.unlink(missing_ok=True)  # its process is gone, but not yet buried by its supervisor
        identity: dict[str, Any] = {"user": self.user, "group": self.group, "extra_groups": []} if self.user else {}
        with (self.folder / "log").open("ab") as log:
            self.again = subprocess.Popen(self.command, stdout=log, stderr=log, cwd="/", **identity)

    def end(self) -> None:
        if self.again is not None:
            self.again.kill()
            self.again.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _kill_within(server: LiveServer, mortal: _Mortal, statement: str) -> None:
    """Let the server die when it has been asked for a statement."""
    execute_one = server.connection.execute

    async def dying(sql: str) -> None:
        running = asyncio.ensure_future(execute_one(sql))
        if sql == statement:
            await asyncio.sleep(0)  # it is on its way
            mortal.kill()
        await running

    server.connection.execute = dying  # type: ignore[method-assign]


def _lives(process: psutil.Process) -> bool:
    """Whether it may still do something: one that is dead may be there until its parent has buried it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def _patiently(url: str, log: Path) -> None:
    for _ in range(600):
        try:
            async with open_server(url):
                return
        except ConnectionFailed:
            await asyncio.sleep(0.1)
    raise AssertionError(f"the server did not come back: {log.read_text()[-800:]}")


@pytest.mark.parametrize(
    "mortal", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mariadb")], indirect=True
)
def test_a_server_that_is_killed_comes_back_with_every_row(mortal: _Mortal) -> None:
    dialect = mortal.server.dialect
    url = mortal.server.create_database("mortal")

    async def before() -> tuple[Any, Any]:
        async with open_server(url) as server:
            await load(server, BASES[dialect] + MORE_ROWS[dialect])
            await load(server, _MUTATION[dialect])
            found = await compare_with_script(server, BASES[dialect], prove=False)
            survivors = surviving_columns(found.plan, found.old, found.new, server)
            values = await rows(server, survivors.values())
            first, *more = found.plan.statements
            assert more, "what the first one has done is answered, where the server is quick"
            _kill_within(server, mortal, first.sql)
            assert not (await execute(server, found.plan)).ok
            return survivors, values

    async def after(survivors: Any, values: Any) -> None:
        await _patiently(url, mortal.folder / "log")
        async with open_server(url) as server:
            outcome = await execute(server, await plan_for(server, BASES[dialect]))
            assert outcome.ok, outcome.error
            assert not await plan_for(server, BASES[dialect])
            found = await rows(server, survivors)
            assert not survivors.lost(values, found)

    kept = run(before())
    mortal.start()
    run(after(*kept))


# --- rights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", SERVERS)
def test_a_role_without_rights_is_told_which_one_is_missing_on_what(
    dialect: str, fresh_database: Callable[[str], str]
) -> None:
    url = fresh_database(dialect)
    role = f"weak_{os.getpid()}"
    user = f"{role}@localhost"
    database = url.split("/")[3].partition("?")[0]

    async def work() -> Outcome:
        async with open_server(url) as owner:
            await load(owner, OLD)
            plan = await plan_for(owner, NEW)
            if dialect == "postgres":
                await load(owner, f"CREATE ROLE {role} LOGIN; GRANT SELECT ON parent TO {role}")
            else:
                await load(owner, f"CREATE USER {user}; GRANT SELECT ON `{database}`.* TO {user}")
            try:
                weak = as_role(url, role)
                async with open_server(weak) as server:
                    return await execute(server, replace(plan, fingerprint=(await plan_for(server, NEW)).fingerprint))
            finally:
                drop = (
                    f"DROP OWNED BY {role}; DROP ROLE {role}"
                    if dialect == "postgres"
                    else f"DROP USER {role}@localhost"
                )
                await load(owner, drop)

    outcome = run(work())
    assert outcome.error is not None
    assert "parent" in outcome.error.what
    assert "owner" in outcome.error.what or "denied" in outcome.error.what
    assert outcome.error.hint
    assert not outcome.done


@pytest.mark.postgres
def test_who_looks_at_some_schemas_waits_for_those_alone(fresh_database: Callable[[str], str]) -> None:
    """Tenants in schemas do not wait for each other; who changes all of the database waits for all, and all for it."""
    url = fresh_database("postgres")

    async def work() -> dict[str, bool]:
        async with open_server(url) as server, open_server(url) as other:

            def of(*schemas: str) -> ServerInfo:
                return replace(server.info, only_schemas=schemas)

            async def free(holder: tuple[ServerInfo, Any], second: tuple[ServerInfo, Any]) -> bool:
                async with server.dialect.alone(server.connection, holder[0], 1.0, holder[1]):
                    try:
                        async with other.dialect.alone(other.connection, second[0], 0.01, second[1]):
                            return True
                    except Busy as error:
                        assert error.where, "who holds it is told"
                        return False

            acme, other_tenant = (of("acme"), frozenset({"acme"})), (of("B x"), frozenset({"B x"}))
            changes_shared = (of("acme", "shared"), frozenset({"shared"}))
            sees_shared = (of("B x", "shared"), frozenset({"B x"}))
            all_of_it = (of("acme"), None)
            plain = (of(), frozenset({"public"}))
            return {
                "others": await free(acme, other_tenant),
                "itself": await free(acme, acme),
                "both see shared": await free((of("acme", "shared"), frozenset({"acme"})), sees_shared),
                "one changes shared": await free(changes_shared, sees_shared),
                "shared is changed while seen": await free(sees_shared, changes_shared),
                "whole database": await free(plain, acme),
                "tenant first": await free(acme, plain),
                "an extension": await free(acme, all_of_it),
            }

    found = run(work())
    assert [name for name, free in found.items() if free] == ["others", "both see shared"]
