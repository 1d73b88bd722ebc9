"""Tenants that somebody drops or creates while all are looked at, roles that may only read, how many connections."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pytest_schemadrift.cli.group import run as wait
from pytest_schemadrift.commands.apply import Applying
from pytest_schemadrift.commands.tenants import apply as tenants_apply
from pytest_schemadrift.commands.tenants import check as tenants_check
from pytest_schemadrift.commands.tenants import find
from pytest_schemadrift.commands.tenants import reader as tenants_reader
from pytest_schemadrift.commands.tenants.apply import Worker
from pytest_schemadrift.commands.tenants.find import Tenant
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.commands.tenants.test_batches import outcomes, reported
from tests.commands.tenants.test_check import on_postgres
from tests.commands.tenants.test_find import tenants
from tests.harness import as_role, load
from tests.test_cli import Project, Run, project, run  # noqa: F401

GONE = "not checked: there is no schema t01, or this role may not use it"


def ask(url: str, script: str) -> None:
    async def work() -> None:
        async with open_server(url) as server:
            await load(server, script)

    wait(work())


@pytest.mark.postgres
def test_a_schema_that_is_dropped_after_it_was_listed_is_not_called_empty_and_not_made_in_another(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Behind the tenant's schema the search path goes on: what it has not would be made, or altered, in the next."""
    url = fresh_database("postgres")
    on_postgres(project, url, ["", "", "ALTER TABLE users DROP age"])
    settings = project.folder / project.package / "settings.py"
    settings.write_text(settings.read_text().replace(url, f"{url}{'&' if '?' in url else '?'}schema=base,neighbour"))
    real = find.find_tenants

    async def then(*arguments: Any) -> Any:
        async with open_server(url) as server:
            await load(server, "CREATE SCHEMA IF NOT EXISTS t01")
            found = await real(*arguments)
            await load(server, "DROP SCHEMA t01 CASCADE; CREATE SCHEMA IF NOT EXISTS t09")
        return found

    monkeypatch.setattr(tenants_check, "find_tenants", then)
    code, report = reported(run)
    assert (code, outcomes(report)) == (2, {"t00": "in sync", "t01": GONE, "t02": "drift"})
    code, out, _ = run("apply", "--tenants", "--yes", "--canary", "0", "--stop-after", "9")
    assert code == 2
    assert "1 tenant (t01): failed: there is no schema t01" in out
    assert "2 tenants (t02, t09): fixed" in out
    code, out, err = run("migrate", "--tenants")
    assert code == 2
    assert "there is no schema t01" in out + err

    async def in_the_next() -> list[Any]:
        async with open_server(url) as server:
            return await server.connection.fetch(
                "SELECT 1 FROM pg_tables WHERE schemaname IN ('neighbour', 'public') AND tablename = 'users'"
            )

    assert wait(in_the_next()) == []


@pytest.mark.postgres
@pytest.mark.tried("tenants that are changed or dropped between being read and being fixed")
def test_tenants_that_are_alike_are_read_together_and_one_that_changes_meanwhile_is_planned_again(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the last three of eight that are alike, one is fixed by hand, one gets another drift, and one is dropped."""
    url = fresh_database("postgres")
    night = "ALTER TABLE users DROP age; INSERT INTO users (email) VALUES ('a@b')"
    names = on_postgres(project, url, [night] * 8)
    real, dump, read = Worker.look_at, tenants_apply.dump, []

    async def then(worker: Worker, some: Sequence[Tenant]) -> None:
        await real(worker, some)
        async with open_server(url) as server:
            by_hand = "ALTER TABLE t05.users ADD age INT; ALTER TABLE t06.users ALTER email DROP NOT NULL"
            await load(server, f"{by_hand}; DROP SCHEMA t07 CASCADE")

    async def counted(server: LiveServer) -> Any:
        read.append(server.info.default_schema)
        return await dump(server)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Worker, "look_at", then)
        meanwhile.setattr(tenants_apply, "dump", counted)
        code, out, err = run(
            *("apply", "--tenants", "--yes", "--canary", "0", "--jobs", "1", "--stop-after", "9"),
            *("--allow-hazard", "MAY_FAIL_ON_DATA"),
        )
    assert (code, out.splitlines()[:2]) == (
        2,
        ["default: 6 tenants (t00, t01, t02, t03, t04, t06): fixed", "default: 1 tenant: in sync"],
    ), out + err
    assert out.splitlines()[2].startswith("default: 1 tenant (t07): failed: there is no schema t07")
    # One as it was; those that were another one by then, the last of them once more for the proof of its plan; and one
    # of those that are as they should be, which are looked at again together.
    assert read == ["t00", "t05", "t06", "t06", "t00"]
    code, report = reported(run)
    assert (code, outcomes(report)) == (0, dict.fromkeys(names[:7], "in sync"))

    async def rows() -> list[Any]:
        async with open_server(url) as server:
            return [*[await server.connection.fetch(f"SELECT email, age FROM {name}.users") for name in names[:7]]]

    assert [[tuple(row) for row in found] for found in wait(rows())] == [[("a@b", None)]] * 7


@pytest.mark.postgres
def test_the_first_of_those_that_are_alike_may_be_fixed_by_another_run_meanwhile(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its plan, made for what is kept for all that are alike, is stale however often it is made from that."""
    url = fresh_database("postgres")
    on_postgres(project, url, ["ALTER TABLE users DROP age"] * 3)
    real = Applying.run_on

    async def then(applying: Applying, server: LiveServer, *arguments: Any) -> Any:
        if server.info.default_schema == "t00":
            async with open_server(url) as other:
                await load(other, "ALTER TABLE t00.users ADD COLUMN IF NOT EXISTS age INT")
        return await real(applying, server, *arguments)

    monkeypatch.setattr(Applying, "run_on", then)
    code, out, err = run("apply", "--tenants", "--yes", "--canary", "0", "--jobs", "1", "--no-prove")
    assert (code, out) == (
        0,
        "default: 1 tenant: in sync\ndefault: 2 tenants (t01, t02): fixed\n",
    ), out + err


@pytest.mark.postgres
def test_a_role_that_may_only_read_is_told_the_same_and_what_it_may_not_use(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = fresh_database("postgres")
    on_postgres(project, url, ["", "CREATE INDEX a ON users (age)", "ALTER TABLE users DROP age", ""])
    owner = outcomes(reported(run)[1])
    role = f"reads_{os.getpid()}"
    ask(
        url,
        f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA t00, t02, t03 TO {role}; "
        f"GRANT SELECT ON ALL TABLES IN SCHEMA t00, t02 TO {role}",
    )
    try:
        monkeypatch.setenv("SCHEMADRIFT_DATABASE_URL", as_role(url, role))
        code, report = reported(run)
    finally:
        ask(url, f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert (code, outcomes(report)) == (2, owner | {"t01": GONE})


@pytest.mark.postgres
def test_a_server_sees_no_more_connections_than_two_for_each_job(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where many tenants cannot be read, and where the tenants are databases of their own."""
    url = fresh_database("postgres")
    names = on_postgres(project, url, [""] * 3)
    now, most = 0, 0
    real = open_server

    @asynccontextmanager
    async def counted(*arguments: Any, **more: Any) -> AsyncIterator[LiveServer]:
        nonlocal now, most
        async with real(*arguments, **more) as server:
            now += 1
            most = max(most, now)
            try:
                yield server
            finally:
                now -= 1

    monkeypatch.setattr(tenants_reader, "open_server", counted)
    monkeypatch.setattr("pytest_schemadrift.sources.database.open_server", counted)
    tenants(project, f"python = '{project.package}.everybody:names'")
    project.write("everybody.py", f"def names():\n    return {[*names, *(f'x{n}' for n in range(20))]!r}\n")
    code, report = reported(run, "--jobs", "2", "--no-prove")
    assert code == 2
    assert sum(found.startswith("not checked: there is no schema …") for found in outcomes(report).values()) == 20
    assert most <= 4
    assert now == 0
