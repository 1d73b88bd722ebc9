"""A table that no model has, in a form that nobody reads, counts like any other one that no model has."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.verify.verdict import Comparison
from tests.apply.conftest import Shop
from tests.harness import compare_with_script, load, run

T = "CREATE TABLE t (id int PRIMARY KEY)"
PARTITIONED = f"{T} PARTITION BY RANGE (id)"
EXTRA = {
    "postgres": (
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE TYPE ty AS (a int);"
        "CREATE FOREIGN TABLE far (a int) SERVER s; CREATE TABLE typed OF ty;"
        f"{PARTITIONED}; CREATE TABLE part PARTITION OF t FOR VALUES FROM (1) TO (5)",
        PARTITIONED,
        ["far", "typed"],
        ["typed"],
    ),
    "mysql": (f"CREATE TABLE merged (a int) ENGINE=MRG_MyISAM; {T}", T, [], ["merged"]),
    "mariadb": (f"CREATE TABLE old (a int) WITH SYSTEM VERSIONING; CREATE SEQUENCE s; {T}", T, [], ["old"]),
    "sqlite": (
        f"CREATE TABLE strange (a GENERATED ALWAYS); CREATE VIRTUAL TABLE words USING fts5(a); {T}",
        T,
        ["words"],
        ["strange"],
    ),
}
"""What is there, what is wanted, and of the extra tables those that can be dropped, and those that nobody reads."""


@pytest.mark.parametrize("dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in EXTRA])
@pytest.mark.tried("a table that no model has and nobody reads (versioned, of other tables), where such tables fail")
def test_an_extra_table_counts_whether_it_can_be_read_or_not(
    dialect: str, fresh_database: Callable[[str], str]
) -> None:
    script, wanted, dropped, unread = EXTRA[dialect]

    async def work() -> list[Comparison]:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, script)
            policies = [Policy(unmanaged=severity) for severity in ("fail", "warn", "ignore")]
            return [await compare_with_script(server, wanted, policy, prove=False) for policy in policies]

    fail, warn, ignore = run(work())
    assert sorted(str(c.table_of(change)) for change in fail.plan.changes) == dropped
    assert [item.name for item in fail.unreadable] == [name for name in unread if name not in dropped]
    assert all(item.reason.startswith("it is extra (drop it, or exclude it); ") for item in fail.unreadable)
    told = sorted((str(c.table_of(item.change)), item.reason) for item in warn.ignored)
    assert told == sorted((name, "unmanaged") for name in {*dropped, *unread})
    for found in (warn, ignore):
        assert not found.plan
        assert not found.unreadable
    assert not ignore.ignored


@pytest.mark.tried("a wanted table that could not be read, in another letter case")
def test_a_wanted_table_that_nobody_reads_is_neither_missing_nor_extra(fresh_database: Callable[[str], str]) -> None:
    async def work() -> Comparison:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, "CREATE TABLE strange (a GENERATED ALWAYS)")
            return await compare_with_script(server, "CREATE TABLE Strange (a int)", Policy(unmanaged="fail"))

    found = run(work())
    assert not found.plan
    assert [item.reason for item in found.unreadable] == ["expected ALWAYS AS, found 'ALWAYS'"]


@pytest.mark.tried("a table that no model has and nobody reads (versioned, of other tables), where such tables fail")
def test_what_a_project_says_of_its_name_holds_for_a_table_that_nobody_reads(shop: Callable[..., Shop]) -> None:
    project = shop("sqlite", "CREATE TABLE history (a GENERATED ALWAYS)")
    toml = project.folder / "pyproject.toml"
    ordinary = toml.read_text()

    def checked(settings: str, *options: str) -> tuple[int, list[str], list[str], str]:
        toml.write_text(f'{ordinary}unmanaged = "fail"\n{settings}')
        done = project.run("check", "--format", "json", *options)
        (told,) = json.loads(done.stdout)["connections"]
        unread, ignored = ([item["reason"] for item in told[key]] for key in ("unreadable", "ignored"))
        return done.returncode, unread, ignored, " ".join(told["notes"])

    code, (reason,), ignored, _ = checked("")
    assert (code, ignored) == (2, [])
    assert reason == "it is extra (drop it, or exclude it); expected ALWAYS AS, found 'ALWAYS'"
    assert checked('exclude = ["HIST*"]\n') == (0, [], [], "")
    rule = '[[tool.schemadrift.ignore]]\ncode = "SD102"\ntable = "history"\nreason = "kept for the audit"\n'
    assert checked(rule) == (0, [], ["kept for the audit"], "")
    assert checked("", "--models", "Author") == (0, [], [], "")
    assert checked(rule.replace('"history"', '"other"'))[0] == 2


@pytest.mark.tried("tables of models that are not managed, named in another letter case")
def test_a_table_of_an_unmanaged_model_is_not_extra_in_another_case(shop: Callable[..., Shop]) -> None:
    """It was dropped by ``apply --yes`` where it had no rows."""
    project = shop("sqlite", "CREATE TABLE OLD (id int PRIMARY KEY); CREATE TABLE NEWER (id int PRIMARY KEY)")
    models = (project.folder / "shop_models.py").read_text()
    old = "class Old(Model):\n    id = fields.IntField(primary_key=True)\n\n"
    project.models(f'{models}\n{old}    class Meta:\n        table, managed = "Old", False\n')
    toml = project.folder / "pyproject.toml"
    toml.write_text(f'{toml.read_text()}unmanaged = "fail"\n')
    done = project.run("apply", "--yes")
    assert "would drop table NEWER" in done.stdout
    assert "table OLD" not in done.stdout
    assert project.fetch("SELECT name FROM sqlite_master WHERE name = 'OLD'")
