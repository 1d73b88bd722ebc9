"""Projects that are laid out otherwise, configured badly, or whose server does not answer."""

from __future__ import annotations

import sys

import pytest

from tests.plugin.conftest import DRIFT, IN_SYNC, MODELS, PYPROJECT, Project, Run


def test_without_pyproject_the_items_hang_on_the_ini_file(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project(pyproject=None) / "pytest.ini").write_text("[pytest]\nschema_drift = true\n")
    monkeypatch.setenv("TORTOISE_ORM", "app.settings.TORTOISE_ORM")
    result = run("-v")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["pytest.ini::default::users PASSED*"])


def test_a_python_file_that_items_hang_on_is_not_a_test_module(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(pyproject=None, manage="raise SystemExit('imported')").joinpath("live.sqlite3").unlink()
    monkeypatch.setenv("TORTOISE_ORM", "app.settings.TORTOISE_ORM")
    result = run("--schema-drift", "--collect-only", "-q", "manage.py::default::users")
    assert result.outlines[0] == "manage.py::default::users"


def test_an_unreachable_server_is_an_error_of_three_lines(project: Project, run: Run) -> None:
    path = project()
    settings = path / "app" / "settings.py"
    settings.write_text(
        settings.read_text() + 'TORTOISE_ORM["connections"]["default"] = "asyncpg://u:secret@127.0.0.1:9/x"\n'
    )
    result = run("--schema-drift", "-k", "users", "-W", "error")
    result.assert_outcomes(errors=1, deselected=3)
    text = result.stdout.str()
    shown = text.partition("ERROR at setup of default::users")[2].partition("\n---")[0].splitlines()[1:]
    assert len(shown) == 3 and "to do:" in shown[2]
    assert "secret" not in text
    result.stdout.fnmatch_lines(["default: 0 in sync, 1 could not be checked"])


@pytest.mark.parametrize("workers", ["0", "2"])
def test_one_cause_is_one_error_however_many_tables(project: Project, run: Run, workers: str) -> None:
    path = project()
    settings = path / "app" / "settings.py"
    settings.write_text(
        settings.read_text() + 'TORTOISE_ORM["connections"]["default"] = "asyncpg://u:secret@127.0.0.1:9/x"\n'
    )
    result = run("--schema-drift", "-n", workers, "-rs")
    result.assert_outcomes(errors=1, skipped=2, passed=1)
    result.stdout.fnmatch_lines(["default: 0 in sync, 3 could not be checked", "SKIPPED [[]2[]] *: not checked: *"])
    assert result.stdout.str().count("to do:") == 1


@pytest.mark.parametrize("given", ["option", "ini"])
def test_what_does_not_answer_may_be_skipped_and_nothing_else(project: Project, run: Run, given: str) -> None:
    path = project()
    settings, before = path / "app" / "settings.py", (path / "app" / "settings.py").read_text()
    settings.write_text(before + 'TORTOISE_ORM["connections"]["default"] = "asyncpg://u:secret@127.0.0.1:9/x"\n')
    if given == "ini":
        (path / "pytest.ini").write_text("[pytest]\nschema_drift_unreachable = skip\n")
    arguments = ("--schema-drift-unreachable", "skip") if given == "option" else ()
    result = run("--schema-drift", "-rs", *arguments)
    result.assert_outcomes(skipped=3, passed=1)
    result.stdout.fnmatch_lines(["default: 0 in sync, 3 could not be checked", "SKIPPED [[]3[]] *cannot be reached*"])
    settings.write_text(before + 'TORTOISE_ORM["connections"]["default"] = "sqlite://no/such/file.sqlite3"\n')
    run("--schema-drift", *arguments).assert_outcomes(errors=1, skipped=2, passed=1)


def test_models_that_cannot_be_imported_are_one_usage_error(project: Project, run: Run) -> None:
    path = project(app__models="import nowhere_to_be_found\n")
    result = run("--schema-drift", "-n", "2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [
        "ERROR: app.models cannot be imported: ModuleNotFoundError: No module named 'nowhere_to_be_found'",
        f"  where: {path}/app/models.py:1",
        "  to do: install it in this environment",
    ]


def test_an_override_that_items_cannot_see_is_refused_even_for_a_pasted_id(project: Project, run: Run) -> None:
    project(tests__conftest="schemadrift_prepare = None\n")
    result = run("--schema-drift", "pyproject.toml::default::users")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: *cannot see the fixture schemadrift_prepare*", "*tests/conftest.py", "*to do*"]
    )


def test_ignored_changes_are_listed_with_their_reason(project: Project, run: Run) -> None:
    hook = """
        def schemadrift_ignore_change(change):
            return "dropped next week" if type(change).__name__ == "DropColumn" else None

        def schemadrift_report_header():
            return "said by the project"
    """
    project(IN_SYNC + DRIFT, PYPROJECT + 'unmanaged = "fail"\n', tests__conftest=hook.replace("\n        ", "\n"))
    result = run("--schema-drift", "-v", "pyproject.toml::default::users", "pyproject.toml::default::everything-else")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "said by the project",
            "SD102 table legacy is extra",
            "  accepted: column users.age (INT) is extra (dropped next week)",
        ]
    )


LIST_MODULES = """
import sys

def pytest_sessionfinish():
    open("modules.txt", "w").write("\\n".join(sys.modules))
"""
LIGHT = {
    f"pytest_schemadrift{name}"
    for name in ("", ".plugin", *(f".plugin.{n}" for n in ["hooks", "options", "fixtures", "selection"]))
}


def test_without_the_option_nothing_is_imported(project: Project, run_anew: Run) -> None:
    path = project(conftest=LIST_MODULES)
    imported = []
    for arguments in (["-p", "no:schemadrift"], []):
        run_anew(*arguments).assert_outcomes(passed=1)
        imported.append(set((path / "modules.txt").read_text().splitlines()))
    bare, loaded = imported
    assert loaded - bare == LIGHT
    assert len(loaded) / len(bare) < 1.02


COMMENTED = MODELS.replace("    email =", "    #: where to write to\n    email =").replace(
    "    author =", "    #: who wrote it\n    author ="
)
COUNTING = """\
import ast
import sys

parsed, original = [], ast.parse
ast.parse = lambda source, *more, **named: parsed.append(source) or original(source, *more, **named)

import app.models

ast.parse = original
assert app.models.User._meta.fields_map["email"].docstring == "where to write to"
with open("parsed", "w") as file:
    file.write(str(sum("where to write to" in source for source in parsed)))
"""


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="there, inspect parses nothing for a class")
def test_models_that_a_conftest_imports_are_parsed_once(project: Project, run: Run) -> None:
    path = project(
        app__models=COMMENTED,
        conftest=COUNTING,
        tests__test_after="import inspect\n\ndef test_own():\n    assert inspect.getsource.__module__ == 'inspect'\n",
    )
    result = run("--schema-drift", "--schema-drift-source", "live")
    result.assert_outcomes(passed=5)
    assert (path / "parsed").read_text() == "1"
    run()
    assert (path / "parsed").read_text() == "2"
