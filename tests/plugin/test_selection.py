"""A run for which the ini file asks for the check, and that selects other tests: it pays nothing."""

from __future__ import annotations

import pytest

from pytest_schemadrift.plugin.selection import is_left_out, is_wanted
from tests.plugin.conftest import PYPROJECT, Project, Run

ALWAYS = PYPROJECT + '[tool.pytest.ini_options]\nschema_drift = true\nmarkers = ["slow"]\n'
IMPORTS_NOTHING_HEAVY = """\
import sys

import pytest

HEAVY = {"tortoise", "rich", "app", "aiosqlite", "asyncpg", "asyncmy"}


@pytest.mark.slow
def test_other():
    ours = {name.partition(".")[2] for name in sys.modules if name.startswith("pytest_schemadrift.")}
    assert ours == {"plugin", "plugin.fixtures", "plugin.hooks", "plugin.options", "plugin.selection"}
    assert not HEAVY & set(sys.modules)
"""


@pytest.mark.parametrize(
    "arguments",
    [("tests/test_other.py",), ("-k", "test_other"), ("-m", "slow", "-n", "1"), ("tests/test_other.py", "-q")],
)
def test_a_run_of_other_tests_imports_nothing_and_says_so(
    project: Project, run_anew: Run, arguments: tuple[str, ...]
) -> None:
    project(pyproject=ALWAYS, tests__test_other=IMPORTS_NOTHING_HEAVY)
    result = run_anew(*arguments)
    assert result.parseoutcomes().get("passed") == 1
    assert "schema drift" not in result.stdout.str() or "schema drift: not checked" in result.stdout.str()
    assert ("schema drift: not checked" in result.stdout.str()) == ("-q" not in arguments)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("", True),
        ("tests", True),
        (".", True),
        ("pyproject.toml::default::users", True),
        ("tests/test_own.py pyproject.toml", True),
        ("tests/test_own.py", False),
        ("tests/test_own.py::test_own", False),
        ("tests/unit", False),
        ("tests/unit tests/test_own.py", False),
        ("--pyargs app.tests", False),
        ("-k not_own", False),
        ("-k users", False),
        ("-k SCHEMA_drift", True),
        ("-k everything", True),
        ("-m slow", False),
        ("-m schema_drift", True),
        ("tests -m schema_drift", True),
        ("tests/unit -m schema_drift", False),
        ("--schema-drift tests/test_own.py", True),
        ("--schema-drift -k users", True),
        ("--schema-drift-connection default tests/test_own.py", True),
        ("--schema-drift-report report.html -k users", True),
        ("-o testpaths=tests/unit", True),
        ("-o testpaths=tests/unit tests/unit", True),
        ("-o testpaths=tests/unit tests", True),
        ("-o testpaths=tests/unit app", False),
        ("-o schema_drift=false tests", False),
    ],
)
def test_what_is_selected(project: Project, pytester: pytest.Pytester, words: str, wanted: bool) -> None:
    (project(pyproject=ALWAYS) / "tests" / "unit").mkdir()
    config = pytester.parseconfig(*words.split())
    assert is_wanted(config, config.option) == wanted
    assert is_left_out(config) == (not wanted and "schema_drift=false" not in words)


@pytest.mark.parametrize(
    ("option", "expression", "wanted"),
    [
        ("-k", "not own", True),
        ("-k", "not own and not slow", True),
        ("-k", "schema_drift and users", True),
        ("-k", "schema_drift and not own", True),
        ("-k", "not schema_drift", False),
        ("-k", "own or schema_drift", True),
        ("-k", "own or users", False),
        ("-k", "own and (", True),  # pytest's to refuse
        ("-m", "not slow", True),
        ("-m", "slow or schema_drift", True),
        ("-m", "not schema_drift", False),
    ],
)
def test_what_an_expression_selects(
    project: Project, pytester: pytest.Pytester, option: str, expression: str, wanted: bool
) -> None:
    project(pyproject=ALWAYS)
    config = pytester.parseconfig(option, expression)
    assert is_wanted(config, config.option) == wanted
