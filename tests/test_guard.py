"""The guard at the start of an application: on its own connections, with nothing made anywhere."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise, connections, fields
from tortoise.models import Model

from pytest_schemadrift import dialects
from pytest_schemadrift.commands.importing import COMPARING
from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.errors import ConfigurationError, Drifted
from pytest_schemadrift.guard import GuardPolicy, GuardReport, Severity, guarded, schema_guard
from pytest_schemadrift.schema.model import Schema
from tests.harness import as_role, run

PATIENCE = 300
"""Seconds for a look, on a machine that is busy with other tests."""
DEFAULT = GuardPolicy(timeout=PATIENCE)
EVERYTHING = GuardPolicy(refuse=None, timeout=PATIENCE)


class Shop(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50, unique=True)
    town = fields.CharField(max_length=50, db_index=True)

    class Meta:
        table = "guarded_shops"


@asynccontextmanager
async def application(url: str, *sql: str) -> AsyncIterator[None]:
    """Tortoise as an application has it, with its tables, and what was done to them afterwards."""
    await Tortoise.init(db_url=url, modules={"models": [__name__]})
    try:
        await Tortoise.generate_schemas(safe=True)
        for statement in sql:
            await connections.get("default").execute_script(statement)
        yield
    finally:
        await Tortoise.close_connections()


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return f"sqlite://{tmp_path / 'shop.sqlite3'}"


def guard(url: str, *sql: str, policy: GuardPolicy = DEFAULT) -> GuardReport:
    async def start() -> GuardReport:
        async with application(url, *sql):
            return await schema_guard(policy=policy)

    return run(start())


def test_a_database_in_order_lets_the_application_start(url: str, caplog: pytest.LogCaptureFixture) -> None:
    report = guard(url)
    assert (report.in_sync, report.unknown, report.uncertain) == (True, "", 0)
    assert [len(drift.tables) for drift in report.drifts] == [1]
    assert not caplog.records


def test_a_missing_column_refuses_the_start(url: str) -> None:
    with pytest.raises(Drifted) as raised:
        guard(url, "ALTER TABLE guarded_shops RENAME COLUMN town TO city")
    assert "default: SD201" in str(raised.value) and "town" in str(raised.value)
    assert len(str(raised.value).splitlines()) <= 5


def test_a_missing_column_is_certain_beside_what_may_be_spelling(url: str) -> None:
    """SQLite makes the table anew for both, in one step of the plan."""
    name = "name VARCHAR(50) COLLATE nocase NOT NULL UNIQUE"
    made = f"CREATE TABLE guarded_shops (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {name})"
    with pytest.raises(Drifted, match=r"SD201 column guarded_shops\.town"):
        guard(url, f"DROP TABLE guarded_shops; {made}")
    assert guard(url, policy=EVERYTHING).uncertain, "of the other collation it cannot tell"


def test_the_severity_decides(url: str, caplog: pytest.LogCaptureFixture) -> None:
    assert guard(url).in_sync
    drop = f'DROP INDEX "{run(_indexes(url))[0]}"'
    report = guard(url, drop)
    assert report.counts == {Severity.COSTS_SPEED: 1}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    caplog.clear()
    with pytest.raises(Drifted):
        guard(url, drop, policy=GuardPolicy(refuse=Severity.COSTS_SPEED, timeout=PATIENCE))
    caplog.clear()
    assert guard(url, drop, policy=GuardPolicy(refuse=None, warn=None, timeout=PATIENCE)).counts == {
        Severity.COSTS_SPEED: 1
    }
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def _indexes(url: str) -> list[str]:
    async with application(url):
        rows = await connections.get("default").execute_query_dict(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        )
        return [row["name"] for row in rows]


def test_an_extra_column_is_no_matter(url: str, caplog: pytest.LogCaptureFixture) -> None:
    report = guard(url, "ALTER TABLE guarded_shops ADD COLUMN note TEXT")
    assert report.counts == {Severity.HARMLESS: 1}
    assert not caplog.records


def test_accepted_drift_does_not_stop_it(url: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[[tool.schemadrift.ignore]]\ntable = "guarded_shops"\nreason = "the old app still needs it"\n'
    )
    assert guard(url, "ALTER TABLE guarded_shops RENAME COLUMN town TO city").in_sync


def looks_with(monkeypatch: pytest.MonkeyPatch, look: Any) -> None:
    """Let the guard read catalogs with this function."""
    dialect = replace(dialects.get_dialect("sqlite"), dump_unless_known=look)
    monkeypatch.setattr(dialects, "get_dialect", lambda name: dialect)


def test_a_slow_catalog_keeps_no_application_down(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    looks_with(monkeypatch, never)
    report = guard(url, policy=GuardPolicy(timeout=0.01))
    assert report.in_sync is None
    assert "did not answer within 0.01 s" in caplog.text
    with pytest.raises(Drifted, match="did not answer"):
        guard(url, policy=GuardPolicy(timeout=0.01, unknown="refuse"))


def test_any_failure_is_a_matter_of_the_policy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("password=secret")

    looks_with(monkeypatch, broken)
    report = guard(url)
    assert (report.unknown, report.where) == ("unexpected RuntimeError: password=***", "connection default")
    with pytest.raises(Drifted, match=r"where: connection default\n  to do: schemadrift -v check .* all the same"):
        guard(url, policy=GuardPolicy(unknown="refuse"))


def test_workers_of_one_deployment_look_once(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = GuardPolicy(once=str(tmp_path / "guard"), timeout=PATIENCE)

    async def workers() -> list[GuardReport]:
        async with application(url):
            return list(await asyncio.gather(*(schema_guard(policy=policy) for _ in range(8))))

    reports = run(workers())
    assert [report.in_sync for report in reports] == [True] * 8
    assert sum(report.remembered for report in reports) == 7
    assert sum(report.remembered for report in run(workers())) == 8
    monkeypatch.setattr("pytest_schemadrift.guard.time", lambda: 4e9)
    assert sum(report.remembered for report in run(workers())) == 7


def test_a_drift_is_not_remembered_as_order(url: str, tmp_path: Path) -> None:
    policy = GuardPolicy(refuse=None, once=tmp_path / "guard", timeout=PATIENCE)
    found = [guard(url, sql, policy=policy) for sql in ("ALTER TABLE guarded_shops ADD COLUMN note TEXT", "SELECT 1")]
    assert [(report.in_sync, report.remembered) for report in found] == [(False, False)] * 2


def test_without_tortoise_it_says_what_to_do(url: str) -> None:
    with pytest.raises(ConfigurationError, match="Tortoise is not initialised"):
        run(schema_guard())


def test_the_lifespan_of_an_application(url: str) -> None:
    started = []

    def lifespan(sql: str) -> Callable[[object], Any]:
        @asynccontextmanager
        async def with_tortoise(app: object) -> AsyncIterator[dict[str, object]]:
            async with application(url, sql):
                yield {"app": app}

        return guarded(with_tortoise)

    async def serve(sql: str) -> None:
        async with lifespan(sql)("the app") as state:
            started.append(state)

    run(serve("SELECT 1"))
    assert started == [{"app": "the app"}]
    with pytest.raises(Drifted):
        run(serve("ALTER TABLE guarded_shops RENAME COLUMN town TO city"))
    assert len(started) == 1


IMPORTS = """
import sys
from pytest_schemadrift.guard import GuardPolicy, schema_guard
heavy = {"pytest", "_pytest", "pluggy", "rich", "click", "tortoise"} & {*sys.modules}
assert not heavy, heavy
import asyncio
from tortoise import Tortoise, fields
from tortoise.models import Model
class Shop(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50, default="none")
async def start():
    await Tortoise.init(db_url=sys.argv[1], modules={"models": ["__main__"]})
    await Tortoise.generate_schemas(safe=True)
    report = await schema_guard(policy=GuardPolicy(timeout=300))
    await Tortoise.close_connections()
    return report.in_sync
assert asyncio.run(start()) is True
print(sorted({"pytest", "_pytest", "rich", "click", "pytest_schemadrift.schema.changes"} & {*sys.modules}))
"""


CHANGES = "pytest_schemadrift.schema.changes"


@pytest.mark.processes
@pytest.mark.parametrize("dialect", ["postgres", "mariadb", "sqlite"])
def test_starting_imports_nothing_heavy(
    dialect: str, fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The second start knows that it is in sync, and imports nothing of what compares schemas."""
    monkeypatch.setenv("SCHEMADRIFT_VALUE_CACHE_DIR", str(tmp_path / "cache"))
    command = [sys.executable, "-c", IMPORTS, fresh_database(dialect)]
    starts = [
        subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.strip()
        for _ in range(2)
    ]
    assert starts == [f"['{CHANGES}']", "[]"]


@pytest.mark.postgres
def test_a_role_that_may_only_read(
    fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    url = fresh_database("postgres")
    guard(
        url,
        "DROP ROLE IF EXISTS only_reads; CREATE ROLE only_reads LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC; "
        "ALTER ROLE only_reads SET default_transaction_read_only = on",
    )

    async def start() -> GuardReport:
        await Tortoise.init(db_url=as_role(url, "only_reads"), modules={"models": [__name__]})
        try:
            return await schema_guard(policy=EVERYTHING)
        finally:
            await Tortoise.close_connections()

    report = run(start())
    assert (report.in_sync, report.unknown) == (True, "")
    guard(url, "ALTER TABLE guarded_shops DROP COLUMN town", policy=EVERYTHING)
    assert run(start()).counts[Severity.BREAKS_QUERIES] == 1
    assert run(start()).counts[Severity.COSTS_SPEED] == 1


@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_the_pool_of_another_server(
    dialect: str, fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    url = fresh_database(dialect)
    assert guard(url).in_sync
    with pytest.raises(Drifted, match="town"):
        guard(url, "ALTER TABLE guarded_shops DROP COLUMN town")


@pytest.mark.postgres
def test_a_check_that_refuses_rows_refuses_the_start(
    fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing in the models is another spelling of it, so no scratch database is needed to tell."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Drifted, match="SD422"):
        guard(fresh_database("postgres"), "ALTER TABLE guarded_shops ADD CHECK (town <> 'Bordeaux')")


@pytest.mark.parametrize("dialect", ["postgres", "mariadb", "sqlite"])
def test_what_changes_while_it_is_read_is_not_remembered(
    dialect: str, fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The glance has seen a drift that is gone when the rows are read: in sync is no answer to what it has seen."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCHEMADRIFT_VALUE_CACHE_DIR", str(tmp_path / "cache"))
    url = fresh_database(dialect)
    assert guard(url, policy=EVERYTHING).in_sync
    found = dialects.get_dialect(dialect)

    async def changed_before(connection: Connection, *arguments: Any) -> tuple[str, Schema | None]:
        await connection.execute("ALTER TABLE guarded_shops DROP COLUMN extra")
        return await found.dump_unless_known(connection, *arguments)

    drifted = "ALTER TABLE guarded_shops ADD COLUMN extra int"
    with monkeypatch.context() as patch:
        patch.setattr(dialects, "get_dialect", lambda _: replace(found, dump_unless_known=changed_before))
        assert guard(url, drifted, policy=EVERYTHING).in_sync
    assert guard(url, drifted, policy=EVERYTHING).in_sync is False
    assert guard(url, "ALTER TABLE guarded_shops DROP COLUMN extra", policy=EVERYTHING).in_sync


EXTRA = {
    "postgres": "SEQUENCE extra",
    "mysql": "VIEW extra AS SELECT 1 AS one",
    "sqlite": "VIEW extra AS SELECT 1 AS one",
}
"""An object that no model has, and no drift."""


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "mariadb", "sqlite"])
def test_what_is_known_at_a_glance_is_not_believed_of_anything_else(
    dialect: str, fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A start that knows its database looks at nothing else; other models, settings and tables are noticed by it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCHEMADRIFT_VALUE_CACHE_DIR", str(tmp_path / "cache"))
    url = fresh_database(dialect)
    extra = EXTRA.get(dialect, EXTRA["mysql"])
    drop = " ".join(extra.split()[:2])

    def seen(*sql: str) -> tuple[bool, bool | None]:
        """Whether it looked no further, and what it says."""
        looked: list[str] = []
        real = dialects.get_dialect
        with monkeypatch.context() as patch:
            patch.setattr(dialects, "get_dialect", lambda name: looked.append(name) or real(name))
            report = guard(url, *sql, policy=EVERYTHING)
        return not looked, report.in_sync

    assert [seen(), seen(), seen()] == [(False, True), (True, True), (True, True)]
    assert seen(f"CREATE {extra}") == (False, True), "an object that nobody asks for is another catalog"
    assert [seen(f"DROP {drop}"), seen()] == [(True, True), (True, True)]
    with monkeypatch.context() as patch:
        patch.setattr(Shop._meta.fields_map["town"], "max_length", 60)
        assert [seen(), seen()] == [(False, False)] * 2, "other models of the same names"
    (tmp_path / "pyproject.toml").write_text('[tool.schemadrift]\nnames = "strict"\n')
    assert [seen(), seen()] == [(False, True), (True, True)], "other settings"
    assert [seen("ALTER TABLE guarded_shops ADD extra int"), seen()] == [(False, False)] * 2
    (tmp_path / "pyproject.toml").write_text('[[tool.schemadrift.ignore]]\ncode = "SD202"\nreason = "for now"\n')
    assert [seen(), seen()] == [(False, True)] * 2, "what a person accepts is compared each time: it may end"


def test_what_is_imported_beside_the_servers_work_is_there_and_is_what_compares() -> None:
    assert all(find_spec(name) for name in COMPARING)
    assert COMPARING[-1] == "pytest_schemadrift.commands.comparison"
