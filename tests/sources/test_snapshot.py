"""Snapshots: what is written for models is equal to them, and a seal holds exactly as long as nothing has changed."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_schemadrift.commands import CheckOptions, Project, diff_sources, with_url
from pytest_schemadrift.commands.offline import compare_offline
from pytest_schemadrift.commands.project import loaded_models
from pytest_schemadrift.commands.snapshot import check_snapshot, models_for, snapshot_path, write_snapshots
from pytest_schemadrift.core.config.settings import DatabaseSettings, load_settings
from pytest_schemadrift.core.config.tortoise import parse_tortoise_config
from pytest_schemadrift.dialects import split_script
from pytest_schemadrift.errors import ConfigurationError, DDLSyntaxError
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.plan import Step
from pytest_schemadrift.schema.changes import table_of
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.snapshot import origin_of, parse_snapshot, read_snapshot
from tests.harness import loaded, run

ZOO = Path(__file__).parents[1] / "examples" / "zoo"
URLS = {
    "postgres": "asyncpg://u@h/d",
    "mysql": "mysql://u:p@h/d",
    "mariadb": "mysql://u:p@h/d",
    "sqlite": "sqlite://:memory:",
}
NUMBERS = itertools.count()
HEAD = "from tortoise import fields\nfrom tortoise.models import Model\n\n\n"
SHOP = """class Customer(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(60)

    class Meta:
        table = "customers"


class Order(Model):
    id = fields.IntField(primary_key=True)
    customer = fields.ForeignKeyField("shop.Customer", related_name="orders")

    class Meta:
        table = "orders"
"""

Make = Callable[..., Project]


@pytest.fixture(autouse=True)
def clean_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """A project with one module of models; called again, the same project with other models."""
    names = []

    def made(text: str = SHOP, dialect: str = "postgres", below: str = "", **settings: Any) -> Project:
        name = f"snapshot_models_{next(NUMBERS)}"
        names.append(name)
        folder = tmp_path / below
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(HEAD + text)
        config = {"connections": {"default": URLS[dialect]}, "apps": {"shop": {"models": [name]}}}
        chosen = replace(load_settings(folder), databases=versions(dialect), **settings)
        return Project(chosen, parse_tortoise_config(config, origin="test", project_dir=folder))

    yield made
    for name in names:
        sys.modules.pop(name, None)


def versions(dialect: str) -> dict[str, DatabaseSettings]:
    return {"default": DatabaseSettings(version="mariadb-11")} if dialect == "mariadb" else {}


def write(project: Project) -> list[Path]:
    with loaded_models(project) as models:
        return run(write_snapshots(project, models, list(project.tortoise.connections)))


def check(project: Project, **options: Any) -> Drift:
    with loaded_models(project) as models:
        return run(check_snapshot(project, models, "default", CheckOptions(**options)))


def check_in_full(project: Project) -> Drift:
    """As ``check``, whether or not the seal holds."""
    path = snapshot_path(project, "default")
    with loaded_models(project) as models:
        dialect = "mariadb" if project.settings.databases else project.tortoise.connection("default").dialect
        source = models_for(models, "default", dialect)
        text = read_snapshot(path).body
        return compare_offline(project, source, dialect, CheckOptions(), text=text, path=path)


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Project]]:
    monkeypatch.syspath_prepend(str(ZOO))
    from zoo.settings import config  # type: ignore[import-not-found]

    def made(dialect: str) -> Project:
        settings = replace(load_settings(tmp_path), names="strict", column_order=True, databases=versions(dialect))
        value = config(dialect, URLS[dialect], constraints=True)
        return Project(settings, parse_tortoise_config(value, origin="zoo", project_dir=tmp_path))

    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == "zoo"]:
        del sys.modules[name]


@pytest.mark.parametrize("dialect", URLS)
def test_a_snapshot_of_the_zoo_is_equal_to_the_zoo(zoo: Callable[[str], Project], dialect: str) -> None:
    project = zoo(dialect)
    (path,) = write(project)
    drift = check_in_full(project)
    problems = [item.kind for item in drift.unreadable]
    assert drift.dialect == dialect
    assert [step.sql for step in drift.steps] == []
    assert len(drift.tables) > 35
    text = path.read_text()
    assert write(project) == []
    assert path.read_text() == text
    if not problems:
        assert parse_snapshot(text).seal
        assert check(project).in_sync
    else:
        assert not parse_snapshot(text).seal
        assert not check(project).in_sync


# What a seal holds against ---------------------------------------------------------------------------------------


def rewritten(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def sql_of(drift: Drift) -> list[str]:
    return [sql for step in drift.steps for sql in step.sql]


def test_changed_models_are_drift_with_the_line_of_the_model_and_what_to_do(make: Make) -> None:
    write(make())
    drift = check(make(SHOP.replace("CharField(60)", "CharField(90)")))
    assert sql_of(drift) == ['ALTER TABLE "customers" ALTER COLUMN "name" TYPE character varying(90)']
    assert (drift.source, drift.target, drift.compared) == ("snapshot", "models", "static")
    assert drift.remedy == "schemadrift snapshot"
    assert {origin.line for (table, column), origin in drift.origins.items() if column == "name"} == {7}


def test_a_model_that_is_gone_is_drift_although_unmanaged_tables_are_not(make: Make) -> None:
    project = make(unmanaged="ignore")
    write(project)
    assert sql_of(check(make(SHOP[: SHOP.index("class Order")], unmanaged="ignore"))) == ['DROP TABLE "orders"']


def test_a_file_edited_by_hand_is_drift_although_the_models_are_unchanged(make: Make) -> None:
    project = make()
    (path,) = write(project)
    rewritten(path, "character varying(60)", "character varying(61)")
    assert sql_of(check(project)) == ['ALTER TABLE "customers" ALTER COLUMN "name" TYPE character varying(60)']
    assert write(project) == [path]
    assert check(project).in_sync


def test_a_file_that_only_looks_different_is_in_sync(make: Make) -> None:
    project = make()
    (path,) = write(project)
    rewritten(path, "character varying(60)", "varchar( 60 )")
    assert check(project).in_sync


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings_and_a_byte_order_mark_break_no_seal(make: Make, ending: str) -> None:
    project = make()
    (path,) = write(project)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", ending.encode()))
    with loaded_models(project) as models:
        origin = origin_of(models_for(models, "default", "postgres"), "postgres", ())
    assert read_snapshot(path).is_sealed_for(origin)
    assert write(project) == []


def test_a_line_break_within_a_literal_is_kept(make: Make) -> None:
    project = make(SHOP.replace("CharField(60)", r"CharField(60, db_default=fields.SqlDefault('\'two\r\nlines\''))"))
    (path,) = write(project)
    assert b"two\r\nlines" in path.read_bytes()
    assert check(project).in_sync
    assert check_in_full(project).in_sync


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "||||||| base", ">>>>>>> topic"])
def test_what_git_left_of_a_merge_is_named_with_its_line(make: Make, marker: str) -> None:
    project = make()
    (path,) = write(project)
    lines = path.read_text().split("\n")
    path.write_text("\n".join([*lines[:5], marker, *lines[5:]]))
    with pytest.raises(DDLSyntaxError) as caught:
        check(project)
    assert caught.value.where == f"{path}:6"
    assert write(project) == [path]
    assert check(project).in_sync


def test_half_of_a_conflict_is_never_in_sync(make: Make) -> None:
    project = make()
    (path,) = write(project)
    rewritten(path, '    "name"', '=======\n    "name"')
    drift = check(project)
    assert [item.name for item in drift.unreadable] == ["customers"]
    assert not drift.steps


def test_broken_sql_is_named_with_its_line(make: Make) -> None:
    project = make()
    (path,) = write(project)
    rewritten(path, '"name" character', "'name character")
    with pytest.raises(DDLSyntaxError) as caught:
        check(project)
    assert str(path) in caught.value.where


def test_a_statement_that_nobody_can_read_is_never_in_sync(make: Make) -> None:
    project = make()
    (path,) = write(project)
    rewritten(path, "-- schemadrift seal", "CREATE TABLE t (a integer) WITHOUT REASON;\n-- schemadrift seal")
    drift = check(project)
    assert not drift.in_sync


def test_a_missing_file_says_what_to_do(make: Make) -> None:
    with pytest.raises(ConfigurationError, match="schemadrift snapshot"):
        check(make())


def test_a_file_for_another_kind_of_server_is_named_as_one(make: Make) -> None:
    project = make()
    (path,) = write(project)
    rewritten(path, ", for postgres.", ", for sqlite.")
    with pytest.raises(
        ConfigurationError, match="was written for sqlite, and connection 'default' is postgres"
    ) as caught:
        check(project)
    assert caught.value.hint == "write it again: schemadrift snapshot"


def test_a_file_that_is_no_text_is_an_error_and_is_replaced(make: Make) -> None:
    project = make()
    path = snapshot_path(project, "default")
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DDLSyntaxError):
        check(project)
    assert write(project) == [path]


def test_models_that_the_dialect_cannot_say_are_never_sealed_and_never_in_sync(make: Make) -> None:
    partial = 'table = "customers"\n        indexes = [PartialIndex(fields=["name"], condition={"id": 1})]'
    text = "from tortoise.indexes import PartialIndex\n" + SHOP.replace('table = "customers"', partial)
    project = make(text, "mysql")
    (path,) = write(project)
    assert "-- not expressed: index" in path.read_text()
    assert not read_snapshot(path).seal
    assert [item.kind for item in check(project).unreadable] == ["index"]
    assert write(project) == []


def test_excluded_tables_are_left_out_and_belong_to_the_seal(make: Make) -> None:
    project = make()
    (path,) = write(project)
    narrowed = make(exclude=("orders",))
    assert check(narrowed).in_sync
    assert write(narrowed) == [path]
    assert '"orders"' not in path.read_text()
    assert sql_of(check(project)) != []


def test_an_excluded_table_has_the_letter_case_of_its_kind_of_server(make: Make) -> None:
    for dialect, is_left_out in (("sqlite", True), ("postgres", False)):
        project = make(dialect=dialect, exclude=("ORDERS",))
        (path,) = write(project)
        assert ('"orders"' not in path.read_text()) is is_left_out
        assert check(project).in_sync
        path.unlink()


def test_chosen_models_are_compared_alone(make: Make) -> None:
    write(make())
    changed = make(SHOP.replace("CharField(60)", "CharField(90)"))
    assert check(changed, models=("Order",)).in_sync
    assert [name.name for name in check(changed, models=("Order",)).tables] == ["orders"]
    assert len(check(changed, models=("Customer",)).steps) == 1


def test_an_answered_rename_is_one(make: Make) -> None:
    write(make())
    renamed = SHOP.replace("name = fields", "title = fields")
    assert sql_of(check(make(renamed, renames=("customers.name=title",)))) == [
        'ALTER TABLE "customers" RENAME COLUMN "name" TO "title"'
    ]
    assert len(check(make(SHOP.replace("name = fields", "full_name = fields"))).proposals) == 1


def test_a_connection_needs_a_file_of_its_own(make: Make) -> None:
    project = make(snapshot="schema.sql")
    assert [path.name for path in write(project)] == ["schema.sql"]
    second = {**project.tortoise.connections, "other": project.tortoise.connections["default"]}
    with pytest.raises(ConfigurationError, match=r"one file for 2 connections"):
        write(replace(project, tortoise=replace(project.tortoise, connections=second)))


@pytest.mark.processes
def test_every_interpreter_writes_the_same(tmp_path: Path) -> None:
    """Sets have another order in every process."""
    command = [sys.executable, "-m", "pytest_schemadrift", "--config", "zoo.settings.TORTOISE_ORM", "snapshot"]
    texts = set()
    for seed in "12":
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ZOO), "ZOO_DIALECT": "postgres"}
        environment["ZOO_URL"] = URLS["postgres"]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
        path = tmp_path / "schema" / "default.sql"
        texts.add(path.read_text())
        path.unlink()
    assert len(texts) == 1


# Which side moved? ------------------------------------------------------------------------------------------------


def diff(project: Project, left: str, right: str, **options: Any) -> Drift:
    return run(diff_sources(project, left, right, prove=False, **options))


def git(folder: Path, *arguments: str) -> None:
    author = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_snapshot_and_its_revisions_say_which_side_moved(make: Make, tmp_path: Path) -> None:
    before, after = make(), make(SHOP.replace("CharField(60)", "CharField(90)"))
    write(before)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "schema")
    git(tmp_path, "commit", "-qm", "one")
    widened = ['ALTER TABLE "customers" ALTER COLUMN "name" TYPE character varying(90)']
    assert sql_of(diff(after, "snapshot", "models")) == widened
    assert sql_of(diff(after, "HEAD:schema/default.sql", "snapshot")) == []
    write(after)
    assert sql_of(diff(after, "snapshot", "models")) == []
    drift = diff(after, "HEAD:schema/default.sql", "models")
    assert (sql_of(drift), drift.compared, drift.source) == (widened, "static", "HEAD:schema/default.sql")
    assert {origin.line for (_, column), origin in drift.origins.items() if column == "name"} == {7}
    assert sql_of(diff(after, "HEAD:schema/default.sql", "snapshot")) == widened
    assert sql_of(run(diff_sources(None, *[str(snapshot_path(after, "default"))] * 2))) == []


def test_a_revision_is_found_from_the_project_too(make: Make, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    project = make(below="backend")
    write(project)
    git(tmp_path, "add", "backend/schema")
    assert diff(project, ":schema/default.sql", "models").in_sync
    assert diff(project, ":backend/schema/default.sql", "models").in_sync


@pytest.mark.parametrize("revision", ["HEAD:schema/default.sql", "--output=x:y.sql", "nowhere:a.sql"])
def test_a_revision_that_is_not_there_is_git_s_answer(make: Make, tmp_path: Path, revision: str) -> None:
    git(tmp_path, "init", "-q")
    with pytest.raises(ConfigurationError, match="Git cannot show"):
        diff(make(), revision, "models")
    assert not (tmp_path / "x:y.sql").exists()


@pytest.mark.slow
@pytest.mark.parametrize("dialect", URLS)
def test_snapshot_and_live_are_compared_by_the_server(
    zoo: Callable[[str], Project], fresh_database: Callable[[str], str], dialect: str
) -> None:
    project, url = zoo(dialect), fresh_database(dialect)
    (path,) = write(project)
    run(loaded(url, [*split_script(read_snapshot(path).body, dialect), "CREATE TABLE aerich (id integer)"]))
    there = with_url(project, "default", url)
    assert diff(there, "snapshot", "live").in_sync
    assert diff(there, "live", "snapshot").in_sync
    run(execute(url, "DROP TABLE manytomany_plain", "CREATE TABLE stray (id integer)"))
    assert [change_of(step) for step in diff(there, "live", "snapshot")] == ["CreateTable manytomany_plain"]
    back = [change_of(step) for step in diff(there, "snapshot", "live")]
    assert sorted(back) == ["CreateTable stray", "DropTable manytomany_plain"]


def change_of(step: Step) -> str:
    return f"{type(step.change).__name__} {table_of(step.change)}"


async def execute(url: str, *statements: str) -> None:
    async with open_server(url) as server:
        for statement in statements:
            await server.connection.execute(statement)
