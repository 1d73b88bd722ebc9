"""Where a connection's left side comes from: chosen, said in the header, and rewritten where it is a snapshot."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.servers import Server
from tests.conftest import POSTGRES_VERSION
from tests.plugin.conftest import DRIFT, IN_SYNC, MODELS, PYPROJECT, Project, Run

HEADER = "schema drift: default: sqlite{} -> 2 tables of the models (pyproject.toml [[]tool.schemadrift[]]*)"
SNAPSHOT = HEADER.format(", schema/default.sql (snapshot)")
LIVE = HEADER.format(" 3.*, database *live.sqlite3 (live)")


def test_snapshot_before_live_and_updated_when_asked(project: Project, run: Run) -> None:
    path = project(IN_SYNC + DRIFT)
    result = run("--schema-drift", "--tb=no")
    result.assert_outcomes(failed=1, passed=3)
    result.stdout.fnmatch_lines([LIVE])

    result = run("--schema-drift", "--schema-drift-update", "-n", "2")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines([SNAPSHOT, "schema drift: wrote the snapshot *default.sql"])
    assert "CREATE TABLE" in (path / "schema/default.sql").read_text()

    (path / "app/models.py").write_text(MODELS.replace("max_length=255", "max_length=100"))
    result = run("--schema-drift")
    result.assert_outcomes(failed=1, passed=3)
    result.stdout.fnmatch_lines(
        [
            SNAPSHOT,
            "SD203 column users.email is VARCHAR(255), should be VARCHAR(100)",
            "   app/models.py:7 (app.User.email)",
            "to fix it: schemadrift snapshot",
            "  note: the live database was not checked: pytest --schema-drift --schema-drift-source live",
            "  next: schemadrift snapshot",
        ]
    )
    assert result.stdout.str().count("was not checked") == 1
    result = run("--schema-drift", "--schema-drift-source", "all", "-n", "2")
    result.assert_outcomes(failed=2, passed=5)
    result.stdout.fnmatch_lines(
        [
            SNAPSHOT.replace("default:", "default:snapshot:"),
            LIVE.replace("default:", "default:live:"),
        ]
    )
    for line in (
        "default:snapshot (sqlite): 2 in sync, 1 drifted",
        "  next: schemadrift snapshot",
        "default:live (sqlite 3.*): 2 in sync, 1 drifted",
        "  next: schemadrift apply --connection default",
    ):
        result.stdout.fnmatch_lines([line])
    result.stdout.no_fnmatch_line("*was not checked*")
    pasted = "pyproject.toml::default:live::users"
    result = run("--schema-drift", "--schema-drift-source", "all", pasted, "--tb=no")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["default:live (sqlite 3.*): 0 in sync, 1 drifted"])

    run("--schema-drift", "--schema-drift-update").assert_outcomes(passed=4)


def test_ini_keys_stand_for_options(project: Project, run: Run) -> None:
    path = project(IN_SYNC + DRIFT)
    (path / "pytest.ini").write_text(
        "[pytest]\nschema_drift = true\nschema_drift_connection = default\nschema_drift_source = wanted.sql\n"
        "schema_drift_update = false\n"
    )
    (path / "wanted.sql").write_text(IN_SYNC)
    result = run()
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines([HEADER.format(", wanted.sql (file)")])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--schema-drift-source", "snapshott"], ["ERROR: models cannot be compared with the source 'snapshott'"]),
        (["--schema-drift-source", "migrations"], ["ERROR: connection 'default' has no migrations"]),
        (["--schema-drift-connection", "defualt"], ["ERROR: there is no connection 'defualt'*", "*'default'*"]),
    ],
    ids=["unknown", "missing", "connection"],
)
def test_a_wrong_option_is_a_usage_error(project: Project, run: Run, arguments: list[str], said: list[str]) -> None:
    project()
    result = run("--schema-drift", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(said)
    assert len([line for line in result.errlines if line]) <= 4


TWO = """\
from app.settings import DATABASE

TORTOISE_ORM = {
    "connections": {"default": f"sqlite://{DATABASE}", "second": "asyncpg://u:secret@127.0.0.1:9/shop"},
    "apps": {
        "app": {"models": ["app.models"]},
        "other": {"models": ["other.models"], "migrations": "other.migrations", "default_connection": "second"},
    },
}
"""
OTHER = """\
from tortoise import fields
from tortoise.models import Model


class Thing(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "things"
"""
MIGRATION = """\
from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Thing",
            fields=[("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True))],
            options={"table": "things", "app": "other", "pk_attr": "id"},
            bases=["Model"],
        )
    ]
"""
NOTING = """
import pytest_schemadrift.servers as servers

def pytest_collection_finish():
    true = servers.start_server

    def noting(*arguments, **more):
        with open("started", "a") as file:
            file.write("x")
        return true(*arguments, **more)

    servers.start_server = noting
"""


TOGETHER = """
import os
import time
from pathlib import Path

def becomes_true(condition):
    deadline = time.monotonic() + 120
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()

def test_own(schemadrift_databases):
    database = schemadrift_databases["second"]
    Path(os.environ.get("PYTEST_XDIST_WORKER", "main") + ".here").write_text(database.url)
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert becomes_true(lambda: len(list(Path().glob("gw*.here"))) == 2)
"""
ONE_AFTER_THE_OTHER = """
import os
import time
from pathlib import Path

WORKER = os.environ.get("PYTEST_XDIST_WORKER")

def pytest_sessionfinish():
    Path(f"{WORKER}.left").touch()

def pytest_runtest_setup():
    deadline = time.monotonic() + 120
    while WORKER == "gw1" and not Path("gw0.left").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
"""


@pytest.mark.postgres
def test_each_connection_has_its_own_and_only_what_is_selected_starts_a_server(
    project: Project, run: Run, running_server: Callable[[str], Server]
) -> None:
    running_server("postgres")  # skips where there is none
    section = f'[tool.schemadrift.databases.second]\nprovider = "postgres"\nversion = "{POSTGRES_VERSION}"\n'
    path = project(
        pyproject=PYPROJECT.replace("app.settings", "app.two") + section,
        conftest=NOTING,
        app__two=TWO,
        tests__test_own=TOGETHER,
        other__models=OTHER,
    )
    (path / "other/__init__.py").touch()
    (path / "other/migrations").mkdir()
    (path / "other/migrations/__init__.py").touch()
    (path / "other/migrations/0001_initial.py").write_text(MIGRATION)
    result = run("--schema-drift", "-k", "default")
    result.assert_outcomes(passed=3, deselected=3)
    assert not (path / "started").exists()
    result = run("--schema-drift", "-n", "2", "--dist", "each")
    result.assert_outcomes(passed=12)
    assert (path / "started").read_text() == "x"  # one server for the run, not one for each worker
    result.stdout.fnmatch_lines(
        [
            LIVE,
            f"schema drift: second: PostgreSQL {POSTGRES_VERSION}.* (*), a database of its own "
            "(migrations, 1 of Tortoise) -> 1 table of the models (pyproject.toml [[]tool.schemadrift[]]*",
            "default (sqlite 3.*): 6 in sync",
            f"second (postgres {POSTGRES_VERSION}.*): 4 in sync",
        ]
    )
    assert "secret" not in result.stdout.str()


@pytest.mark.postgres
def test_a_worker_that_comes_when_the_others_have_left_gets_a_database(
    project: Project, run: Run, running_server: Callable[[str], Server]
) -> None:
    running_server("postgres")  # skips where there is none
    section = f'[tool.schemadrift.databases.default]\nprovider = "postgres"\nversion = "{POSTGRES_VERSION}"\n'
    path = project(
        pyproject=PYPROJECT + section,
        conftest=ONE_AFTER_THE_OTHER,
        tests__test_own='def test_own(schemadrift_databases):\n    assert schemadrift_databases["default"].version\n',
    )
    run("-n", "2", "--dist", "each").assert_outcomes(passed=2)
    assert (path / "gw0.left").exists()


UNUSED = PYPROJECT + 'exclude = ["legacy", "nothing_*"]\nunmanaged = "fail"\n'
IGNORING = """
def schemadrift_ignore_change(change):
    return "next week" if type(change).__name__ == "DropTable" and change.table.name.name == "{table}" else None
"""


def test_what_is_ignored_is_listed_and_what_ignores_nothing_too(project: Project, run: Run) -> None:
    extra = IN_SYNC + 'CREATE TABLE "legacy" ("id" INT); CREATE TABLE "old" ("id" INT);'
    path = project(extra, UNUSED, conftest=IGNORING.format(table="old"))
    result = run("--schema-drift", "-n", "2")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        [
            "  1 change accepted: pytest -v lists them",
            "unused: exclude = 'nothing_[*]' matches no table: remove it from the configuration",
        ]
    )
    assert "schemadrift_ignore_change ignored nothing" not in result.stdout.str()
    (path / "conftest.py").write_text(IGNORING.format(table="older"))
    result = run("--schema-drift", "--tb=no")
    result.assert_outcomes(failed=1, passed=3)
    result.stdout.fnmatch_lines(["unused: schemadrift_ignore_change ignored nothing: *"])
