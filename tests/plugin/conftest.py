"""Small real projects on SQLite, and pytest run on them as a user runs it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest

from tests.forks import programs
from tests.harness import PLUGINS_OFF

# pytester forgets what was first imported during its tests, and a C extension that is imported twice crashes
for _driver in ("asyncpg", "asyncmy"):
    if find_spec(_driver):
        __import__(_driver)

SETTINGS = """\
from pathlib import Path

DATABASE = Path(__file__).parent.parent / "live.sqlite3"
TORTOISE_ORM = {"connections": {"default": f"sqlite://{DATABASE}"}, "apps": {"app": {"models": ["app.models"]}}}
"""
MODELS = """\
from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=255)

    class Meta:
        table = "users"


class Post(Model):
    id = fields.IntField(primary_key=True)
    author = fields.ForeignKeyField("app.User")

    class Meta:
        table = "posts"
"""
IN_SYNC = """\
CREATE TABLE "users" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "email" VARCHAR(255) NOT NULL);
CREATE TABLE "posts" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "author_id" INT NOT NULL REFERENCES "users" ("id") ON DELETE CASCADE
);
"""
DRIFT = 'ALTER TABLE "users" ADD COLUMN "age" INT; CREATE TABLE "legacy" ("id" INT);'
PYPROJECT = '[tool.schemadrift]\ntortoise_orm = "app.settings.TORTOISE_ORM"\n'
SPUN_UP = PYPROJECT + '[tool.schemadrift.databases.default]\nprovider = "sqlite"\n'

Project = Callable[..., Path]
Run = Callable[..., pytest.RunResult]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the processes of these tests keep what they have compiled: it halves their time."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Write a project with two tables and one test of its own; its live database holds ``sql``."""
    for name in ("TORTOISE_ORM", "PYTEST_ADDOPTS", "FORCE_COLOR", "PY_COLORS", "NO_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)

    def write(sql: str = IN_SYNC, pyproject: str | None = PYPROJECT, **files: str) -> Path:
        given = {
            "app/__init__.py": "",
            "app/settings.py": SETTINGS,
            "app/models.py": MODELS,
            "tests/test_own.py": "def test_own():\n    pass\n",
            **{name.replace("__", "/") + ".py": text for name, text in files.items()},
        }
        if pyproject is not None:
            given["pyproject.toml"] = pyproject
        for name, text in given.items():
            path = pytester.path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        database = sqlite3.connect(pytester.path / "live.sqlite3")
        database.executescript(sql)
        database.close()
        return pytester.path

    return write


@pytest.fixture
def run_anew(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, compiled: Path) -> Run:
    """Run pytest in the project, in a Python that has imported nothing yet."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(compiled))

    def run(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess(*PLUGINS_OFF, *arguments)

    return run


@pytest.fixture
def run(run_anew: Run, pytester: pytest.Pytester) -> Run:
    """Run pytest in the project, in a process of its own, which may be forked from one that has imported much."""
    runs = count()

    def run(*arguments: str) -> pytest.RunResult:
        if (folder := programs()) is None:
            return run_anew(*arguments)
        own = f"--basetemp={pytester.path / f'runpytest-{next(runs)}'}"
        return pytester.run(folder / "pytest", own, *PLUGINS_OFF, *arguments)

    return run
