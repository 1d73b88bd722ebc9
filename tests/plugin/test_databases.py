"""Databases that are spun up: prepared by the project, checked once for a run, handed out to its own tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.conftest import PYPROJECT, SPUN_UP, Project, Run

ROOT = Path(__file__).parents[2]

PREPARE = """
import sqlite3
import pytest

@pytest.fixture(scope="session")
def schemadrift_prepare(schemadrift_prepare):
    async def prepare(connection, url):
        await schemadrift_prepare(connection, url)
        with open("prepared.txt", "a") as log:
            log.write(f"{connection}\\n")
        database = sqlite3.connect(url.removeprefix("sqlite://"))
        database.execute("ALTER TABLE posts ADD COLUMN likes INT")
        database.close()
    return prepare
"""


@pytest.mark.parametrize("dist", ["loadscope", "worksteal"])
def test_one_check_for_all_workers(project: Project, run: Run, dist: str) -> None:
    path = project(pyproject=SPUN_UP, conftest=PREPARE)
    result = run("--schema-drift", "-n", "2", "--dist", dist)
    result.assert_outcomes(failed=1, passed=3)
    result.stdout.fnmatch_lines(
        [
            "schema drift: default: sqlite 3.*, a database of its own (prepared) -> 2 tables*",
            "FAILED pyproject.toml::default::posts - SD202 column posts.li*",
        ]
    )
    assert (path / "prepared.txt").read_text() == "default\n"


def test_a_preparation_that_fails_names_the_projects_line(project: Project, run: Run) -> None:
    path = project(pyproject=SPUN_UP, conftest=PREPARE.replace("TABLE posts", "TABLE nowhere"))
    result = run("--schema-drift", "-k", "users")
    result.assert_outcomes(errors=1, deselected=3)
    result.stdout.fnmatch_lines(
        ["the check of 'default' failed: OperationalError: *", f"  where: {path}/conftest.py:12"]
    )


OWN_TESTS = """
import asyncio
from tortoise.context import TortoiseContext

def test_fixtures(schemadrift_config, schemadrift_databases, schema_drift):
    schema_drift.check("default").assert_none()
    database = schemadrift_databases["default"]
    assert database.dialect == "sqlite" and database.version
    assert list(schemadrift_databases) == list(schemadrift_config.tortoise.connections) == ["default"]

    async def use():
        from app.models import User
        async with TortoiseContext() as context:
            await context.init(db_url=database.url, modules={"app": ["app.models"]})
            await User.create(email="a@example.org")
            assert await User.all().count() == 1

    asyncio.run(use())
"""


def test_a_projects_own_tests_use_the_fixtures_without_the_option(project: Project, run: Run) -> None:
    project(pyproject=SPUN_UP, tests__test_own=OWN_TESTS)
    run("-W", "error").assert_outcomes(passed=1)


@pytest.mark.postgres
def test_postgres_spun_up_by_its_provider(project: Project, run: Run, postgres_server: object) -> None:
    override = """
import asyncpg

async def drift(url):
    connection = await asyncpg.connect(url.replace("asyncpg://", "postgresql://"))
    await connection.execute("ALTER TABLE users ALTER COLUMN email TYPE varchar(100)")
    await connection.close()
"""
    prepare = PREPARE.split("        database =", maxsplit=1)[0] + "        await drift(url)\n    return prepare\n"
    project(
        pyproject=PYPROJECT + '[tool.schemadrift.databases.default]\nprovider = "postgres"\n',
        conftest=override + prepare,
    )
    result = run("--schema-drift", "-n", "2")
    result.assert_outcomes(failed=1, passed=3)
    result.stdout.fnmatch_lines(
        [
            "   app/models.py:7 (app.User.email)",
            "*ALTER SQL for postgres*",
            'ALTER TABLE "users" ALTER COLUMN "email" TYPE *',
        ]
    )


@pytest.mark.mysql
def test_mysql_spun_up_by_its_provider(project: Project, run: Run, mysql_server: object) -> None:
    override = """
from tests.harness import load
from pytest_schemadrift.sources.database import open_server

async def drift(url):
    async with open_server(url) as server:
        await load(server, "ALTER TABLE users MODIFY email varchar(100) NOT NULL")
"""
    prepare = PREPARE.split("        database =", maxsplit=1)[0] + "        await drift(url)\n    return prepare\n"
    project(
        pyproject=PYPROJECT + '[tool.schemadrift.databases.default]\nprovider = "mysql"\n',
        conftest=f"import sys\nsys.path.append({str(ROOT)!r})\n" + override + prepare,
    )
    result = run("--schema-drift", "-n", "2")
    result.assert_outcomes(failed=1, passed=3)
    result.stdout.fnmatch_lines(
        ["   app/models.py:7 (app.User.email)", "*ALTER SQL for mysql*", "ALTER TABLE `users` MODIFY COLUMN `email` *"]
    )


def test_a_template_is_named_by_what_it_holds(project: Project, run: Run) -> None:
    """What models or migrations want, not who asks: the same for every connection, another after a change."""
    path = project(pyproject=SPUN_UP)
    names = []
    for text in ("", "\nclass Tag(Model):\n    id = fields.IntField(primary_key=True)\n"):
        with (path / "app" / "models.py").open("a") as models:
            models.write(text)
        script = (
            "from pytest_schemadrift.commands import open_project\n"
            "from pytest_schemadrift.commands.databases import contents_of\n"
            "project = open_project('.')\n"
            "print(contents_of(project, 'default'))\n"
        )
        done = subprocess.run([sys.executable, "-c", script], cwd=path, capture_output=True, text=True, check=True)
        names.append(done.stdout.strip())
    assert len(set(names)) == 2
    assert all(len(name) == 16 for name in names)
