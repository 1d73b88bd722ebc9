"""The reports of all shards as one: what a check of all tenants in one run would have said."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.report.formats import FORMATS
from pytest_schemadrift.report.json import json_schema
from pytest_schemadrift.report.merge import merged
from tests.commands.tenants.test_check import EXTRA, files
from tests.test_cli import DRIFTED, IN_SYNC, Project, Run, project, run  # noqa: F401


def parts(project: Project, run: Run, total: int) -> list[str]:  # noqa: F811
    names = [f"part{number}.json" for number in range(1, total + 1)]
    for number, name in enumerate(names, 1):
        run("check", "--tenants", "--shard", f"{number}/{total}", "--format", "json", "-o", name)
        jsonschema.validate(json.loads((project.folder / name).read_text()), json_schema())
    return names


def test_merged_shards_are_the_report_of_one_run(project: Project, run: Run) -> None:  # noqa: F811
    files(project, a=IN_SYNC, b=DRIFTED, c=IN_SYNC, d=DRIFTED, e=EXTRA, f=IN_SYNC, g=DRIFTED, gone="-")
    whole_code, whole, _ = run("check", "--tenants", "--format", "json")
    names = parts(project, run, 3)
    code, out, _ = run("merge", *names, "--format", "json")
    assert json.loads(out) == json.loads(whole)
    assert code == whole_code == 2
    code, out, _ = run("merge", *names)
    assert code == 2
    heads = [line for line in out.splitlines() if line.startswith("default: ")]
    assert heads[0] == "default: 3 tenants: in sync"
    assert heads[1] == "default: 3 tenants (b, d, g): 1 change from live to models"
    assert heads[3].startswith("default: 1 tenant (gone): not checked: ")
    assert out.count("SD201 column users.age (INT) is missing") == 1


@pytest.mark.slow
def test_every_format_of_merged_shards_is_that_of_one_run(project: Project, run: Run) -> None:  # noqa: F811
    hostile = "; ALTER TABLE users ADD \"a\u202eb\" TEXT DEFAULT '</script>'; CREATE TABLE emails (id INT, x BLOB)"
    files(project, a=IN_SYNC, b=DRIFTED, c=IN_SYNC, d=DRIFTED, e=EXTRA + hostile, f="", g=DRIFTED, gone="-")
    names = parts(project, run, 3)
    for name in sorted(set(FORMATS) - {"text", "json"}):
        code, out, err = run("merge", *names, "--format", name)
        expected_code, expected, _ = run("check", "--tenants", "--format", name)
        assert (code, err) == (expected_code, "")
        if name == "html":  # which says by what command it was made
            out, expected = (text.partition("</header>")[2] for text in (out, expected))
        assert out == expected, name
    report = json.loads((project.folder / names[0]).read_text())
    without = {name: value for name, value in report.items() if name != "drifts"}
    for changed, words in (
        (without, "only the report of a shard"),
        ({**report, "drifts": "[[], []]"}, "another version of schemadrift"),
        ({**report, "drifts": 7}, "another version of schemadrift"),
    ):
        (project.folder / names[0]).write_text(json.dumps(changed))
        code, _, err = run("merge", *names, "--format", "html")
        assert code == 2
        assert words in err


def test_a_shard_that_is_missing_is_an_error_and_so_is_what_is_no_report(project: Project, run: Run) -> None:  # noqa: F811
    files(project, a=IN_SYNC, b=IN_SYNC, c=IN_SYNC)
    names = parts(project, run, 3)
    assert run("merge", *names)[:2] == (0, "default: 3 tenants: in sync\n")
    assert run("-q", "merge", *names)[:2] == (0, "")
    code, _, err = run("merge", names[0], names[2])
    assert code == 2
    assert "shard 2/3 is missing" in err
    (project.folder / "copy.json").write_text((project.folder / names[0]).read_text())
    assert "the same shard is given twice" in run("merge", *names, "copy.json")[2]
    (project.folder / "other.json").write_text("[]")
    assert "this is not a report of version 1" in run("merge", *names, "other.json")[2]
    (project.folder / "other.json").write_text("{")
    assert "it is no JSON" in run("merge", "other.json")[2]
    assert "No such file" in run("merge", "nothing.json")[2]
    whole = json.loads((project.folder / names[0]).read_text())
    (connection,) = whole["connections"]
    damaged = [whole | {"shard": shard} for shard in ("1", None, "0/3", "x/y", "1/9999999")]
    for value in (7, "x", [1], {}, [None], [{}]):
        damaged += [whole | {"connections": [value]}]
        damaged += [whole | {"connections": [connection | {"tenants": value}]}] if value not in ("x", {}) else []
        damaged += [whole | {"connections": [connection | {"changes": value, "in_sync": value}]}]
    for report in damaged:
        with pytest.raises(ConfigurationError, match="this is not a report of version 1"):
            merged({"other.json": report})
    with pytest.raises(ConfigurationError, match=r"shard 2/300, .*, 11/300 and 289 more is missing"):
        merged({"other.json": whole | {"shard": "1/300"}})


def entry(**more: Any) -> dict[str, Any]:
    return {"name": "default", "dialect": "postgres", "database": "d", "in_sync": True, "changes": [], **more}


def test_the_search_path_is_told_of_one_tenant_and_not_of_many() -> None:
    def of(tenant: str, database: str = "d") -> dict[str, Any]:
        prologue = [f'SET search_path = "{tenant}"', "SET standard_conforming_strings = on"]
        found = entry(tenants=[tenant], prologue=prologue, database=database)
        return {"version": 1, "in_sync": True, "connections": [found]}

    one = merged({"1": of("a")})["connections"][0]
    assert one["prologue"][0] == 'SET search_path = "a"'
    both = merged({"1": of("b"), "2": of("a")})["connections"]
    assert [(item["tenants"], item["prologue"], item["database"]) for item in both] == [
        (["a", "b"], ["SET standard_conforming_strings = on"], "d")
    ]
    assert merged({"1": of("b"), "2": of("a", "e")})["connections"][0]["database"] == ""
    with pytest.raises(ConfigurationError, match="'a' of connection 'default' is in two reports"):
        merged({"1": of("a"), "2": of("a")})


def test_connections_without_tenants_stay_apart_where_their_databases_are() -> None:
    reports = {
        name: {"version": 1, "in_sync": True, "connections": [entry(database=name, prologue=[])]} for name in "ab"
    }
    assert [item["database"] for item in merged(reports)["connections"]] == ["a", "b"]
