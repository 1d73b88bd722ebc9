"""The items of ``--schema-drift``: which there are, how they fail, and how they are chosen."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.plugin.conftest import DRIFT, IN_SYNC, PYPROJECT, Project, Run

EVERY_ITEM = [
    "pyproject.toml::default::posts",
    "pyproject.toml::default::users",
    "pyproject.toml::default::everything-else",
]


def test_in_sync(project: Project, run: Run) -> None:
    project()
    result = run("--schema-drift", "-v", "-W", "error")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        [
            "schema drift: default: sqlite 3.*, database *live.sqlite3 (live) -> 2 tables of the models "
            "(pyproject.toml [[]tool.schemadrift[]] = app.settings.TORTOISE_ORM)",
            *(f"{item} PASSED*" for item in EVERY_ITEM),
            "default (sqlite *): 3 in sync",
        ]
    )


def test_a_drifted_table_fails_with_words_place_sql_and_command(project: Project, run: Run) -> None:
    project(IN_SYNC + DRIFT)
    result = run("--schema-drift", "-W", "error", "--junit-xml=junit.xml")
    result.assert_outcomes(failed=1, passed=3)
    result.stdout.fnmatch_lines(
        [
            "*_ default::users _*",
            "SD202 column users.age (INT) is extra",
            "   app/models.py:5 (app.User)",
            "   hazards: DELETES_DATA*",
            "proven: *",
            "to fix it: schemadrift apply --connection default",
            "*- ALTER SQL for sqlite -*",
            "default (sqlite *): 2 in sync, 1 drifted",
            "  ignored: table legacy * (unmanaged)",
            "  next: schemadrift apply --connection default",
            "FAILED pyproject.toml::default::users - SD202 column users.age*",
        ]
    )
    text = result.stdout.str()
    assert "Traceback" not in text
    assert len(failure_lines(text, "default::users")) <= 25
    failure = ElementTree.parse("junit.xml").find(".//failure")
    assert failure is not None and failure.get("message") == "SD202 column users.age (INT) is extra (destructive)"


def test_a_rename_is_answered_where_pytest_has_an_answer(project: Project, run: Run) -> None:
    path = project(IN_SYNC.replace('"email"', '"mail"'))
    advice = 'if so, --schema-drift-rename users.mail=email, or in [tool.schemadrift]: renames = ["users.mail=email"]'
    result = run("--schema-drift", "-k", "users")
    assert advice in result.stdout.str() and "--rename" not in result.stdout.str()
    answered = run("--schema-drift", "-k", "users", "--schema-drift-rename", "users.mail=email").stdout.str()
    assert "column users.mail is renamed" in answered and "looks like a rename" not in answered
    (path / "pyproject.toml").write_text(PYPROJECT + advice.partition(": ")[2] + "\n")
    assert "column users.mail is renamed" in run("--schema-drift", "-k", "users").stdout.str()


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (["-k", "users"], EVERY_ITEM[1:2]),
        (["-m", "schema_drift"], EVERY_ITEM),
        (["tests"], [*EVERY_ITEM, "tests/test_own.py::test_own"]),
        (["pyproject.toml::default::everything-else"], EVERY_ITEM[2:]),
    ],
)
def test_items_are_chosen_like_tests_and_need_no_server(
    project: Project, run: Run, arguments: list[str], ids: list[str]
) -> None:
    path = project()
    settings = path / "app" / "settings.py"
    settings.write_text(settings.read_text() + 'TORTOISE_ORM["connections"]["default"] = "asyncpg://u@127.0.0.1:9/x"\n')
    result = run("--schema-drift", "--collect-only", "-q", *arguments)
    assert sorted(line for line in result.outlines if "::" in line) == sorted(ids)


def test_last_failed_and_a_pasted_id_from_elsewhere(
    project: Project, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project(IN_SYNC + DRIFT)
    pytester.runpytest_subprocess("--schema-drift").assert_outcomes(failed=1, passed=3)
    pytester.runpytest_subprocess("--schema-drift", "--lf").assert_outcomes(failed=1, deselected=3)
    elsewhere = path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    result = pytester.runpytest_subprocess("--schema-drift", "../pyproject.toml::default::users")
    result.assert_outcomes(failed=1)


def failure_lines(text: str, item: str) -> list[str]:
    return text.partition(f"_ {item} _")[2].partition("- schema drift -")[0].splitlines()


def test_sql_is_coloured_by_the_controller_alone_and_many_changes_fit_on_a_screen(project: Project, run: Run) -> None:
    project(IN_SYNC + DRIFT + "".join(f"ALTER TABLE users ADD COLUMN extra{n} INT;" for n in range(12)))
    result = run("--schema-drift", "-n", "2", "--dist", "worksteal", "--color=yes", "--junit-xml=junit.xml")
    result.assert_outcomes(failed=1, passed=3)
    assert "\x1b[" in next(line for line in result.outlines if "ALTER" in line and "TABLE" in line)
    assert 15 < len(failure_lines(result.stdout.str(), "default::users")) <= 25
    failure = ElementTree.parse("junit.xml").find(".//failure")
    assert failure is not None and "\x1b" not in (failure.text or "") and "#x1B" not in (failure.text or "")
