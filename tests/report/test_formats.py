"""Every machine-readable format says the same as the text, in its own standard's form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

import jsonschema
import pytest

from pytest_schemadrift.codes import CHANGES, HAZARDS, every_change
from pytest_schemadrift.hazards import Hazard
from pytest_schemadrift.model import Name, UnsupportedObject
from pytest_schemadrift.plan import Drift
from pytest_schemadrift.report.github import report_github
from pytest_schemadrift.report.json import as_object, json_schema, report_json
from pytest_schemadrift.report.junit import report_junit
from pytest_schemadrift.report.sarif import report_sarif
from pytest_schemadrift.report.text import report_text
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

OLD = "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(10), gone INT); CREATE TABLE extra (a INT)"
NEW = "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(20)); CREATE TABLE posts (a INT)"


@dataclass(frozen=True)
class Place:
    path: str = "app/models.py"
    line: int = 42
    model: str = "app.User"
    field: str = "name"


@pytest.fixture
def drift(fresh_database: Callable[[str], str]) -> Drift:
    async def compare() -> Drift:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, OLD)
            found = await compare_with_script(server, NEW)
        return Drift(
            "default",
            "sqlite",
            server_version="3.40",
            database="mysql://u:s3cret@h/d",
            plan=found.plan,
            compared=found.compared,
            proven=found.proven,
            tables=(Name("", "users"), Name("", "posts")),
            origins={(Name("", "users"), None): Place()},
            notes=("see mysql://u:s3cret@h/d",),
        )

    return run(compare())


def test_json_follows_its_published_schema(drift: Drift) -> None:
    unreadable = Drift(
        "other", "postgres", unreadable=(UnsupportedObject("table", "t", "is odd", "CREATE TABLE t", Name("", "t")),)
    )
    found = json.loads(report_json([drift, unreadable]))
    jsonschema.validate(found, json_schema())
    assert found["in_sync"] is False
    assert found["connections"][1]["in_sync"] is False
    kinds = [change["kind"] for change in found["connections"][0]["changes"]]
    assert sorted(kinds) == ["CreateTable", "DropTable", "RebuildTable"]
    rebuilt = next(item for item in found["connections"][0]["changes"] if item["kind"] == "RebuildTable")
    assert rebuilt["source"] == {"path": "app/models.py", "line": 42}
    assert "s3cret" not in json.dumps(found)
    assert as_object([Drift("default", "sqlite")])["in_sync"] is True


def test_github_annotations_stand_on_the_models_line(drift: Drift) -> None:
    lines = report_github([drift]).splitlines()
    assert len(lines) == len(drift.steps)
    assert any(line.startswith("::error file=app/models.py,line=42,title=SD104") for line in lines)
    assert all("\n" not in line and "%0A" in line for line in lines)


def test_sarif_has_a_rule_and_a_place_for_each_result(drift: Drift) -> None:
    log = json.loads(report_sarif([drift]))
    assert log["version"] == "2.1.0"
    tool, results = log["runs"][0]["tool"]["driver"], log["runs"][0]["results"]
    for result in results:
        assert tool["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    places = [result["locations"][0]["physicalLocation"] for result in results if "locations" in result]
    assert places[0]["region"]["startLine"] == 42


def test_junit_counts_a_case_per_table(drift: Drift) -> None:
    suite = ElementTree.fromstring(report_junit([drift])).find("testsuite")
    assert suite is not None
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert sorted(failed) == ["extra", "posts", "users"]
    assert suite.get("failures") == "3"


def test_text_names_hazards_and_hides_passwords(drift: Drift) -> None:
    text = report_text([drift])
    assert "hazards: DELETES_DATA" in text
    assert "app/models.py:42 (app.User.name)" in text
    assert re.search(r"^default: sqlite 3.40.*4 changes \(2 destructive\) from live to models$", text, re.MULTILINE)
    assert "s3cret" not in text


def test_every_change_and_hazard_is_explained() -> None:
    assert {item.code for item in every_change()} == set(CHANGES)
    assert set(HAZARDS) == set(Hazard)
    assert len({entry.title for entry in CHANGES.values()}) == len(CHANGES)
