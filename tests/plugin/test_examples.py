"""Every fixture has an example, a project of its own, which does what it says."""

from __future__ import annotations

import inspect
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.plugin import fixtures
from pytest_schemadrift.servers import Server
from tests.plugin.conftest import Run

EXAMPLES = Path(__file__).parents[1] / "examples"
URLS = {
    "sqlite": "sqlite://nowhere/shop.sqlite3",
    "postgres": "asyncpg://u:secret@127.0.0.1:9/shop",
    "mysql": "mysql://u:secret@127.0.0.1:9/shop",
}
ASYNC = ("-p", "asyncio", "-p", "anyio")
DIALECTS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in URLS]
RunExample = Callable[..., pytest.RunResult]


@pytest.fixture
def run_example(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    run: Run,
    running_server: Callable[[str], Server],
) -> RunExample:
    """Run pytest in a copy of an example, whose configured database nobody can reach."""

    def run_example(name: str, dialect: str, *arguments: str) -> pytest.RunResult:
        if dialect != "sqlite":
            running_server(dialect)  # skips where there is none
        shutil.copytree(EXAMPLES / name, pytester.path / name, ignore=shutil.ignore_patterns("__pycache__"))
        monkeypatch.chdir(pytester.path / name)
        for variable in ("TORTOISE_ORM", "PYTEST_ADDOPTS", "CI", "FORCE_COLOR", "PY_COLORS"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("DATABASE_URL", URLS[dialect])
        return run("-W", "error", *arguments)

    return run_example


def test_every_fixture_has_one() -> None:
    source = inspect.getsource(fixtures)
    names = {name for name in dir(fixtures) if f"\ndef {name}(" in source} - {"schemadrift_run"}
    assert len(names) == 4
    assert not {name for name in names if not (EXAMPLES / name / "tests").is_dir()}


def test_schemadrift_config(run_example: RunExample) -> None:
    run_example("schemadrift_config", "sqlite").assert_outcomes(passed=3)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_schemadrift_databases_in_every_kind_of_loop(run_example: RunExample, dialect: str) -> None:
    result = run_example("schemadrift_databases", dialect, *ASYNC)
    result.assert_outcomes(passed=7)


@pytest.mark.postgres
def test_schemadrift_databases_by_several_workers(run_example: RunExample) -> None:
    run_example("schemadrift_databases", "postgres", *ASYNC, "-n", "2").assert_outcomes(passed=7)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_schema_drift_beside_the_items(run_example: RunExample, dialect: str) -> None:
    result = run_example("schema_drift", dialect, "--schema-drift")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(["*a database of its own (migrations, 1 of Tortoise) -> 1 table of the models*"])


def test_schemadrift_prepare(run_example: RunExample) -> None:
    result = run_example("schemadrift_prepare", "sqlite", "--schema-drift")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "SD203 column customers.email is VARCHAR(100), should be VARCHAR(255)",
            "   shop/models.py:7 (shop.Customer.email)",
            "to fix it: correct what schemadrift_prepare brings the database to",
        ]
    )


@pytest.mark.parametrize(
    ("name", "passed", "source"),
    [("native_migrations", 4, "migrations, 3 of Tortoise"), ("aerich_migrations", 3, "migrations, 2 of Aerich")],
)
def test_migrations(run_example: RunExample, name: str, passed: int, source: str) -> None:
    result = run_example(name, "sqlite", "--schema-drift")
    result.assert_outcomes(passed=passed)
    result.stdout.fnmatch_lines([f"schema drift: default: sqlite 3.*, a database of its own ({source}) -> 2 tables*"])
    assert not os.path.lexists("nowhere")
