"""Migrations that wait for a live database come first, and only what they leave is drift: with the tools themselves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import dump, open_server
from tests import forks
from tests.harness import Finished, load, run, typed

pytestmark = pytest.mark.processes

EXAMPLES = Path(__file__).parents[1] / "examples"
DIALECTS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("sqlite", "postgres")]


class Deployed:
    """A project with migrations in front of a live database."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.environment = {**os.environ, "DATABASE_URL": url, "NO_COLOR": "1"}

    def call(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*forks.command(command[0]), *command[1:]],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def drift(self, *arguments: str) -> Finished:
        return typed(self.folder, *arguments, environment=self.environment)

    def sql(self, script: str) -> None:
        async def work() -> None:
            async with open_server(self.url) as server:
                await load(server, script)

        run(work())

    def structure(self) -> Schema:
        async def look() -> Schema:
            async with open_server(self.url) as server:
                return await dump(server)

        return run(look())


@pytest.fixture
def native(tmp_path: Path) -> Callable[[str], Deployed]:
    """At 0001 of three migrations."""

    def make(url: str) -> Deployed:
        folder = tmp_path / "project"
        shutil.copytree(EXAMPLES / "native_migrations", folder, ignore=shutil.ignore_patterns("__pycache__", "tests"))
        deployed = Deployed(folder, url)
        done = deployed.call("tortoise", "migrate", "native", "0001_initial")
        assert done.returncode == 0, done.stdout + done.stderr
        return deployed

    return make


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_native_migrations_leave_is_the_drift(
    dialect: str, native: Callable[[str], Deployed], fresh_database: Callable[[str], str]
) -> None:
    project = native(fresh_database(dialect))
    before = project.structure()
    done = project.drift("check", "--source", "live")
    assert done.returncode == 1, done.stdout + done.stderr
    sentence = (
        "2 migrations are not applied to this database (native.0002_names, native.0003_first_user): tortoise migrate"
    )
    title, first = done.stdout.splitlines()[:2]
    assert title.endswith(": 2 migrations are not applied to this database"), "nothing else differs"
    assert first.strip() == sentence
    assert "after them: no drift is left" in done.stdout, done.stdout
    assert "users.name" not in done.stdout
    assert "to fix it: tortoise migrate" in done.stdout
    assert "schemadrift apply" not in done.stdout

    project.sql("ALTER TABLE posts ADD COLUMN by_hand INTEGER")
    done = project.drift("check", "--source", "live")
    assert "after them: 1 change (1 destructive) left" in done.stdout
    assert "posts.by_hand" in done.stdout
    assert "users.name" not in done.stdout
    report = json.loads(project.drift("check", "--source", "live", "--format", "json").stdout)["connections"][0]
    assert report["pending_migrations"] == ["native.0002_names", "native.0003_first_user"]
    assert report["pending_command"] == "tortoise migrate"
    assert report["pending_note"] == "after them: 1 change (1 destructive) left"
    assert report["changes_after_pending"] is True
    assert report["in_sync"] is False
    formats = ("concise", "github", "sarif", "junit", "markdown", "html") if dialect == "sqlite" else ()
    for format_ in formats:  # what they say is the same of every database
        text = project.drift("check", "--source", "live", "--format", format_).stdout
        assert "2 migrations are not applied" in text, format_
        if format_ in ("github", "sarif", "junit"):  # whoever reads this one change alone must not think it comes first
            assert "(2 migrations are not applied to this database: this is what they leave)" in text, format_

    project.sql("ALTER TABLE posts DROP COLUMN by_hand")
    assert project.structure() == before, "a check changed something"
    done = project.call("tortoise", "migrate")
    assert done.returncode == 0, done.stdout + done.stderr
    done = project.drift("check", "--source", "live")
    assert done.returncode == 0, done.stdout
    assert "not applied" not in done.stdout


@pytest.mark.sqlite
def test_nothing_alters_a_database_that_migrations_wait_for(
    native: Callable[[str], Deployed], fresh_database: Callable[[str], str]
) -> None:
    """Or the next deployment would fail on what is there already."""
    project = native(fresh_database("sqlite"))
    before = project.structure()
    for command in (("apply", "--yes"), ("plan",), ("migrate",)):
        done = project.drift(*command)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "2 migrations are not applied to this database" in done.stderr
        assert "--ignore-pending" in done.stderr
        assert len(done.stderr.strip().splitlines()) <= 5
    assert project.structure() == before
    assert project.drift("plan", "-o", "p.json", "--ignore-pending").returncode == 0
    done = project.drift("apply", "p.json", "--yes")  # what was saved before a migration came is not run after it
    assert done.returncode == 2, done.stdout
    assert "2 migrations are not applied to this database" in done.stderr
    assert project.structure() == before
    assert project.drift("apply", "p.json", "--yes", "--ignore-pending").returncode == 0
    assert "users.name" not in project.drift("check", "--source", "live", "--ignore-pending").stdout


@pytest.mark.sqlite
def test_an_empty_database_has_had_none(
    native: Callable[[str], Deployed], fresh_database: Callable[[str], str]
) -> None:
    project = native(fresh_database("sqlite"))
    project.environment["DATABASE_URL"] = project.url = fresh_database("sqlite")
    done = project.drift("check", "--source", "live")
    assert done.returncode == 1
    assert "3 migrations are not applied" in done.stdout
    assert "no drift is left" in done.stdout
    assert project.drift("migrate").returncode == 2
    assert not project.structure().tables


@pytest.mark.sqlite
def test_a_database_without_a_record_is_compared_as_it_is(
    native: Callable[[str], Deployed], fresh_database: Callable[[str], str]
) -> None:
    project = native(fresh_database("sqlite"))
    project.sql("DROP TABLE tortoise_migrations")
    done = project.drift("check", "--source", "live")
    assert done.returncode == 1
    assert "not applied" not in done.stdout
    assert "users.name" in done.stdout


@pytest.mark.sqlite
def test_a_pending_migration_that_would_fail_is_named(
    native: Callable[[str], Deployed], fresh_database: Callable[[str], str]
) -> None:
    project = native(fresh_database("sqlite"))
    project.sql("DROP TABLE posts; DROP TABLE users")
    done = project.drift("check", "--source", "live")
    assert done.returncode == 1
    assert "the migration native.0002_names would fail on this database" in done.stdout, done.stdout
    assert "to fix it: correct the migration native.0002_names, then tortoise migrate" in done.stdout
    assert "no such table" in done.stdout
    assert "not proven: a migration fails" in done.stdout


@pytest.mark.sqlite
def test_pytest_fails_once_for_migrations_that_wait(
    native: Callable[[str], Deployed], fresh_database: Callable[[str], str]
) -> None:
    project = native(fresh_database("sqlite"))
    done = project.call("pytest", "-p", "no:cacheprovider", "--schema-drift", "--schema-drift-source", "live")
    assert done.returncode == 1
    assert "1 failed, 2 passed" in done.stdout
    assert "everything-else - 2 migrations are not appli" in done.stdout
    assert "to fix it: tortoise migrate" in done.stdout
    assert "  2 migrations are not applied to this database; after them: no drift is left\n" in done.stdout
    assert "  next: tortoise migrate\n" in done.stdout
    assert "schemadrift apply" not in done.stdout

    project.sql("ALTER TABLE posts ADD COLUMN by_hand INTEGER")
    done = project.call("pytest", "-p", "no:cacheprovider", "--schema-drift", "--schema-drift-source", "live")
    posts = done.stdout.partition("default::posts")[2].partition("default::everything-else")[0]
    assert "2 migrations are not applied to this database: this is what they leave\n" in posts
    assert "to fix it: tortoise migrate; then look again\n" in posts


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("sqlite", "mariadb", "mysql")]
)
def test_what_migrations_of_aerich_leave_is_the_drift(
    dialect: str, tmp_path: Path, fresh_database: Callable[[str], str]
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(EXAMPLES / "aerich_migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(folder / "migrations")
    with (folder / "pyproject.toml").open("a") as file:
        version = {"mariadb": "11", "mysql": "9"}.get(dialect, "")
        file.write(f'[tool.schemadrift.databases.default]\nversion = "{version}"\n')
    project = Deployed(folder, fresh_database(dialect))
    done = project.call("aerich", "init-db")
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.drift("check", "--source", "live").returncode == 0
    models = folder / "olden" / "models.py"
    models.write_text(
        models.read_text().replace("    name =", "    nick = fields.CharField(max_length=20, null=True)\n    name =")
    )
    done = project.call("aerich", "migrate", "--name", "nick")
    assert done.returncode == 0, done.stdout + done.stderr
    done = project.drift("check", "--source", "live")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 migration is not applied to this database (olden/1_" in done.stdout
    assert "to fix it: aerich upgrade" in done.stdout
    assert "after them: no drift is left" in done.stdout, done.stdout
    assert project.call("aerich", "upgrade").returncode == 0
    assert project.drift("check", "--source", "live").returncode == 0
