"""What a check looks at and says so: sources, connections that do not answer, migrations that fail."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from urllib.parse import urlsplit

import pytest

from pytest_schemadrift.commands import project as projects
from pytest_schemadrift.commands.source import UNUSED, unused_patterns
from pytest_schemadrift.planning.drift import Drift
from tests.commands.test_pending import EXAMPLES, Deployed
from tests.harness import typed
from tests.test_cli import DRIFTED, IN_SYNC, Project, Run, project, run  # noqa: F401

LOOK = "the live database was not checked: schemadrift check --source live"


@pytest.fixture
def migrated(tmp_path: Path, fresh_database: Callable[[str], str]) -> Deployed:
    """A project with native migrations in front of an empty database."""
    folder = tmp_path / "project"
    shutil.copytree(EXAMPLES / "native_migrations", folder, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    return Deployed(folder, fresh_database("sqlite"))


@pytest.mark.processes
@pytest.mark.sqlite
def test_where_auto_chose_something_else_the_report_says_that_nobody_looked_at_the_database(migrated: Deployed) -> None:
    done = migrated.drift("check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert LOOK in done.stdout
    assert LOOK not in migrated.drift("check", "--source", "migrations").stdout
    done = migrated.drift("check", "--source", "all", "--format", "json")
    assert done.returncode == 1
    report = json.loads(done.stdout)["connections"]
    assert [(item["from"], item["in_sync"]) for item in report] == [("migrations", True), ("live", False)]
    assert migrated.drift("diff", "migrations", "models").stdout == ""
    assert 'CREATE TABLE "users"' in migrated.drift("diff", "live", "migrations").stdout


@pytest.mark.processes
@pytest.mark.sqlite
def test_a_migration_that_fails_is_the_headline_and_its_consequences_a_count(migrated: Deployed) -> None:
    migration = migrated.folder / "native" / "migrations" / "0002_names.py"
    migration.write_text(
        migration.read_text().replace("operations = [", "operations = [ops.RunSQL('SELECT nothing'),", 1)
    )
    done = migrated.drift("check")
    assert done.returncode == 2
    lines = done.stdout.splitlines()
    assert "migration native.0002_names fails" in lines[2]
    assert "proven" not in done.stdout
    assert len(lines) < 15, done.stdout
    assert "to fix it: correct the migration native.0002_names" in lines[-1]
    assert lines[0].endswith(": migration native.0002_names fails, 2 changes from migrations to models")
    place, why = "native/migrations/0002_names.py", "2 changes beside it, most of which follow from it"
    for name, entry in {
        "github": f"::error file={place},line=10,title=schema drift (default)::migration native.0002_names fails",
        "concise": f"{place}:10: migration native.0002_names fails",
        "markdown": "- migration native.0002&#95;names fails",
        "junit": '<error type="unreadable" message="migration native.0002_names fails',
        "sarif": f'"uri": "{place}"',
    }.items():
        told = migrated.drift("check", "--format", name).stdout
        assert (entry in told, why in told, "0002" in told.partition("to fix it")[2]) == (True, True, True), told
        assert "users.name" not in told
        assert "users.name" in migrated.drift("check", "--format", name, "-v").stdout
    shown, _, folded = migrated.drift("check", "--format", "html").stdout.partition(f"<summary>{why}</summary>")
    assert ("0002_names fails: " in shown, "users.name" in shown, "users.name" in folded) == (True, False, True), shown
    done = migrated.call("pytest", "-p", "no:cacheprovider", "--schema-drift")
    assert done.returncode == 1
    assert "1 failed" in done.stdout
    assert "skipped" in done.stdout


CIRCLE = "native.0002_names, native.0003_first_user depend on each other: tortoise migrate passes over them"
BROKEN = {
    "in a circle": ("native', '0001_initial')", "native', '0003_first_user')", CIRCLE),
    "ends the process": (
        "operations = [",
        "operations = [ops.RunPython(lambda apps, editor: exit(0)),",
        "SystemExit: 0",
    ),
}


@pytest.mark.processes
@pytest.mark.sqlite
@pytest.mark.parametrize("how", BROKEN)
def test_migrations_that_end_well_without_being_run_fail(how: str, migrated: Deployed) -> None:
    """Tortoise (1.1.9) says "No migrations to apply" of those in a circle; an exit code of 0 would be "in sync"."""
    old, new, reason = BROKEN[how]
    migration = migrated.folder / "native" / "migrations" / "0002_names.py"
    assert old in migration.read_text()
    migration.write_text(migration.read_text().replace(old, new, 1))
    for source in ("migrations", "live"):
        done = migrated.drift("check", "--source", source)
        assert done.returncode == (2 if source == "migrations" else 1)
        assert (
            f"0002_names {'fails' if source == 'migrations' else 'would fail on this database'}: {reason}"
            in done.stdout
        )


def two(project: Project, second: str) -> None:  # noqa: F811
    project.write(
        "settings.py",
        f"""
TORTOISE_ORM = {{
    "connections": {{"first": {second!r}, "default": "sqlite://shop.sqlite3"}},
    "apps": {{"shop": {{"models": ["{project.package}.models"], "default_connection": "default"}}}},
}}
""",
    )


def test_a_connection_that_does_not_answer_hides_no_other(project: Project, run: Run) -> None:  # noqa: F811
    project.database(DRIFTED)
    two(project, "asyncpg://u:s3cret@127.0.0.1:9/shop")
    code, out, err = run("check")
    assert code == 2
    assert "first: postgres, database shop: not checked: PostgreSQL cannot be reached" in out
    assert "  to do: start the server, or correct host and port" in out
    assert "users.age" in out
    assert "s3cret" not in out + err
    code, out, _ = run("check", "--unreachable", "skip")
    assert code == 1
    assert "skipped" in out


def test_what_is_wrong_is_not_skipped_as_if_nobody_answered(project: Project, run: Run) -> None:  # noqa: F811
    """A missing database may be a wrong name."""
    project.database(IN_SYNC)
    two(project, "sqlite://nowhere.sqlite3")
    code, out, _ = run("check", "--unreachable", "skip")
    assert code == 2
    assert "there is no SQLite database" in out


@pytest.mark.postgres
def test_a_wrong_database_is_not_skipped_on_a_server(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    project.database(IN_SYNC)
    url = fresh_database("postgres")
    name = urlsplit(url).path.lstrip("/")
    assert name
    two(project, url.replace(f"/{name}", "/there_is_none", 1))
    code, out, _ = run("check", "--unreachable", "skip")
    assert code == 2, out
    assert "not checked" in out


def test_a_pattern_is_of_no_use_only_where_every_database_was_looked_at() -> None:
    """Whoever follows that advice after less than that uncovers tables that are there."""
    both = cast(
        "projects.Project", SimpleNamespace(tortoise=SimpleNamespace(connections={"default": None, "audit": None}))
    )
    note = f"{UNUSED}'old_*' matches no table"
    default, audit = Drift("default", "sqlite", notes=(note,)), Drift("audit", "sqlite", notes=(note,))
    assert unused_patterns(both, [default, audit]) == [note]
    for found in (
        [default],
        [default, replace(audit, notes=())],
        [default, replace(audit, source="migrations")],
        [default, replace(audit, skipped="nobody answers")],
    ):
        assert unused_patterns(both, found) == []


def test_of_several_connections_the_one_that_does_not_answer_is_named(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(
        'TORTOISE_ORM = {"connections": {"default": "sqlite://a.db", "audit": "postgres://u:s3cret@127.0.0.1:1/x"},\n'
        '"apps": {"a": {"models": ["models"]}, "b": {"models": ["others"], "default_connection": "audit"}}}\n'
    )
    for name in ("models", "others"):
        (tmp_path / f"{name}.py").write_text(
            "from tortoise import fields, models\n\n\n"
            "class One(models.Model):\n    id = fields.IntField(primary_key=True)\n"
        )
    (tmp_path / "a.db").touch()
    done = typed(tmp_path, "--config", "settings.TORTOISE_ORM", "--connection", "audit", "plan")
    assert done.returncode == 2
    assert "  where: connection 'audit': 127.0.0.1:1/x\n" in done.stderr
    assert "s3cret" not in done.stderr
