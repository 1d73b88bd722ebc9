"""How one changed column reads: on a terminal however quiet, and in every format that others read."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from tests.plugin.conftest import IN_SYNC, Project, Run

DRIFTED = IN_SYNC.replace("VARCHAR(255)", "VARCHAR(100)")
CHANGE = "SD203 column users.email is VARCHAR(100), should be VARCHAR(255)"
NEXT = "  next: schemadrift apply --connection default"


@pytest.mark.parametrize("arguments", [["-q"], ["-v"], ["--tb=short"], ["--tb=line"], ["--tb=native"], ["--tb=no"]])
def test_the_terminal(project: Project, run: Run, arguments: list[str]) -> None:
    project(DRIFTED)
    result = run("--schema-drift", *arguments)
    result.assert_outcomes(failed=1, passed=3)
    said = result.outlines
    assert "Traceback" not in result.stdout.str()
    assert "default (sqlite" in result.stdout.str()
    assert NEXT in said
    assert (CHANGE in result.stdout.str()) is (arguments != ["--tb=no"])
    if CHANGE in said:  # pytest 8 prints "path:line: message" alone for --tb=line
        shown = said[said.index(CHANGE) : said.index(NEXT) - 2]
        assert len(shown) <= 25
        assert shown[1] == "   app/models.py:7 (app.User.email)"
        assert any(line.startswith("-- ") and line.endswith("more with pytest -v") for line in shown) is (
            arguments != ["-v"]
        )


def test_what_other_programs_read(project: Project, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project(DRIFTED)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(path))
    result = run("--schema-drift", "--junit-xml=junit.xml", "--json-report", "--json-report-file=report.json")
    result.assert_outcomes(failed=1, passed=3)

    annotation = next(line for line in result.errlines if "::error" in line)
    assert annotation.endswith(f"::error file=app/models.py,line=7::default::users%0A%0A{CHANGE}")

    case = next(case for case in ElementTree.parse("junit.xml").iter("testcase") if case.get("name") == "users")
    properties = {item.get("name"): item.get("value") for item in case.iter("property")}
    assert properties.pop("schemadrift_server", "").startswith("sqlite 3.")
    assert properties == {"schemadrift_connection": "default", "schemadrift_change": CHANGE}
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == CHANGE
    assert (failure.text or "").startswith(f"{CHANGE}\n   app/models.py:7 (app.User.email)\n")

    (found,) = (test for test in json.loads((path / "report.json").read_text())["tests"] if test["outcome"] == "failed")
    assert found["call"]["crash"] == {"path": "app/models.py", "lineno": 7, "message": CHANGE}
    assert {"schemadrift_change": CHANGE} in found["user_properties"]


def test_several_changes_are_counted_in_one_line(project: Project, run: Run) -> None:
    project(DRIFTED + "ALTER TABLE users ADD COLUMN a INT; ALTER TABLE users ADD COLUMN b INT;")
    result = run("--schema-drift", "-n", "1", "--tb=no")
    result.stdout.fnmatch_lines(["FAILED pyproject.toml::default::users - 3 changes (* destructive)"])


@pytest.mark.tried("a fix that fails on the scratch copy")
def test_what_is_not_proven_is_not_the_next_step(project: Project, run: Run) -> None:
    drift = 'ALTER TABLE "users" ADD COLUMN "age" INT; CREATE VIEW "seen" AS SELECT age FROM "users";'
    path = project(IN_SYNC + drift)
    own = "def test_own(schema_drift):\n    schema_drift.check().assert_none()\n"
    (path / "tests" / "test_own.py").write_text(own)
    said = run("--schema-drift").stdout.str()
    assert "NOT proven" in said
    assert "default (sqlite" in said
    assert "schemadrift apply" not in said
