"""Ignore rules, the baseline and the hooks of conftest.py: what is accepted is counted, and nothing else passes."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from pytest_schemadrift.core.config.settings import IgnoreRule, load_settings
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.planning.accepted import (
    baseline_entry,
    baseline_text,
    change_fingerprint,
    read_baseline,
    rule_matches,
)
from pytest_schemadrift.planning.build import generate_diff_sql
from pytest_schemadrift.schema.changes import SimpleChange, simple_changes
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.ddl import parse_sql
from tests.harness import PLUGINS_OFF, compare_with_script, load, of_the_day, typed
from tests.harness import run as run_async
from tests.live.mutations import BASES, MUTATIONS, Mutation
from tests.live.test_mutations import as_expected, kinds, runnable
from tests.test_cli import DRIFTED, IN_SYNC, Project, Run, assert_polite, project, run  # noqa: F401

DAY = timedelta(days=1)


def configure(project: Project, text: str) -> None:  # noqa: F811
    path = project.folder / "pyproject.toml"
    path.write_text(path.read_text().partition("\n[[")[0] + f"\n{text}\n")


def columns() -> list[str]:
    with sqlite3.connect("shop.sqlite3") as connection:
        found = [row[1] for row in connection.execute("PRAGMA table_info(users)")]
    connection.close()
    return found


# --- rules ----------------------------------------------------------------------------------------------------


def test_a_rule_accepts_what_it_names_and_nothing_else(project: Project, run: Run) -> None:  # noqa: F811
    project.database(DRIFTED)
    configure(project, '[[tool.schemadrift.ignore]]\ncode = "SD201"\nreason = "comes with the next release"')
    code, out, _ = run("check")
    assert code == 1
    assert "users.email is VARCHAR(100)" in out
    assert "users.age" not in out
    assert "1 change accepted (1 comes with the next release): -v lists them" in out
    configure(
        project,
        '[[tool.schemadrift.ignore]]\ntable = "use*"\nname = "age"\nreason = "one"\n'
        '[[tool.schemadrift.ignore]]\nname = "email"\nconnection = "def*"\nreason = "two"',
    )
    code, out, _ = run("check", "-v")
    assert code == 0
    assert "accepted (one): SD201 column users.age" in out
    assert "accepted (two): SD203 column users.email" in out
    report = json.loads(run("check", "--format", "json")[1])["connections"][0]
    assert {(item["code"], item["reason"], item["accepted"]) for item in report["ignored"]} == {
        ("SD201", "one", True),
        ("SD203", "two", True),
    }


@pytest.mark.parametrize(
    "rule",
    ['code = "SD202"', 'table = "user"', 'table = "users"\nname = "mail"', 'code = "SD2*"\nconnection = "other"'],
)
def test_a_rule_that_means_something_else_accepts_nothing(rule: str, project: Project, run: Run) -> None:  # noqa: F811
    project.database(DRIFTED)
    configure(project, f'[[tool.schemadrift.ignore]]\n{rule}\nreason = "r"')
    code, out, _ = run("check")
    assert code == 1
    assert "users.age" in out
    assert "users.email" in out
    assert "accepted" not in out


def test_a_rule_counts_through_its_last_day_and_then_fails_with_a_sentence(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class AtMidnight(date):
        @classmethod
        def today(cls) -> date:
            return today

    today = date(2027, 1, 31)
    monkeypatch.setattr("pytest_schemadrift.commands.accepted.date", AtMidnight)
    project.database(DRIFTED)
    rule = '[[tool.schemadrift.ignore]]\ntable = "users"\nreason = "until the move"\nuntil = {}'
    for spelled in ("2027-01-31", '"2027-01-31"'):
        configure(project, rule.format(spelled))
        assert run("check")[0] == 0
    today += DAY
    code, out, _ = run("check")
    assert code == 1
    assert "the ignore rule 'until the move' ended on 2027-01-31" in out
    assert "users.age" in out


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('code = "SD201"', "needs a reason"),
        ('reason = "r"', "would ignore every drift"),
        ('reason = "r"\ncode = "SD999"', "no change has the code 'SD999'"),
        ('reason = "r"\ncode = "sd302"', "no change has the code 'sd302'"),
        ('reason = "r"\ncode = "SD201"\nuntil = "soon"', "a day such as 2027-01-31"),
        ('reason = "r"\ntabel = "users"', "did you mean 'table'?"),
    ],
)
def test_a_wrong_rule_is_an_error_with_its_place(rule: str, words: str, project: Project, run: Run) -> None:  # noqa: F811
    project.database(IN_SYNC)
    configure(project, f"[[tool.schemadrift.ignore]]\n{rule}")
    assert_polite(run("check"), words, "[[tool.schemadrift.ignore]] number 1")


def test_apply_leaves_alone_what_a_rule_accepts(project: Project, run: Run) -> None:  # noqa: F811
    project.database(DRIFTED.replace("email", "old_mail TEXT, email"))
    configure(project, '[[tool.schemadrift.ignore]]\nname = "old_mail"\nreason = "read by the archive"')
    code, out, _ = run("apply", "--yes", "--no-safe")
    assert code == 0, out
    assert columns() == ["id", "old_mail", "email", "age"]


# --- baseline -------------------------------------------------------------------------------------------------


def test_a_baseline_is_green_new_drift_is_not_and_what_is_fixed_is_pruned(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
) -> None:
    project.database(DRIFTED)
    code, out, _ = run("baseline")
    assert (code, out) == (0, "schema/baseline.txt: 2 changes accepted, 2 new, 0 gone\n")
    lines = Path("schema/baseline.txt").read_text().splitlines()
    assert [line.split("\t")[1:5] for line in lines if not line.startswith("#")] == [
        ["default", "live", "SD201", "users.age"],
        ["default", "live", "SD203", "users.email"],
    ]
    code, out, _ = run("check")
    assert code == 0
    assert "2 changes accepted (2 in the baseline): -v lists them" in out
    assert run("baseline")[1] == "schema/baseline.txt: 2 changes accepted, 0 new, 0 gone\n"

    project.database("CREATE INDEX by_hand ON users (email); ALTER TABLE users ADD COLUMN note TEXT")
    code, out, _ = run("check")
    assert code == 1
    assert "users.note" in out
    assert "users.age" not in out
    project.database("DROP INDEX by_hand; ALTER TABLE users DROP COLUMN note; ALTER TABLE users ADD COLUMN age INT")
    code, out, _ = run("check")
    assert code == 0
    assert "1 entry of schema/baseline.txt no longer needed (column users.age (INT) is missing" in out
    assert run("baseline", "--prune")[1] == "schema/baseline.txt: 1 change accepted, 0 new, 1 gone\n"
    assert "no longer needed" not in run("check")[1]


def test_a_baseline_knows_the_difference_itself(project: Project, run: Run) -> None:  # noqa: F811
    """An accepted length is not every length."""
    project.database(DRIFTED)
    run("baseline")
    project.database("DROP TABLE users")
    project.database(DRIFTED.replace("(100)", "(90)"))
    code, out, _ = run("check")
    assert code == 1
    assert "users.email is VARCHAR(90)" in out


def test_apply_leaves_alone_what_the_baseline_accepts(project: Project, run: Run) -> None:  # noqa: F811
    project.database(DRIFTED)
    run("baseline")
    assert run("apply", "--yes")[0] == 0
    assert columns() == ["id", "email"]


def test_a_part_of_the_tables_says_nothing_of_the_baselines_rest(project: Project, run: Run) -> None:  # noqa: F811
    project.database(DRIFTED)
    run("baseline")
    project.database("DROP TABLE users")
    project.database(IN_SYNC)
    assert "no longer needed" not in run("--models", "User", "check")[1]
    assert "2 entries" in run("check")[1]


TWO = """
TORTOISE_ORM = {{
    "connections": {{"default": "sqlite://here.sqlite3", "second": {second!r}}},
    "apps": {{
        "a": {{"models": ["model_a"], "default_connection": "default"}},
        "b": {{"models": ["model_b"], "default_connection": "second"}},
    }},
}}
"""
THING = """
from tortoise import fields
from tortoise.models import Model


class Thing(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "things"
"""


@pytest.mark.sqlite
def test_each_of_two_connections_has_a_baseline_of_its_own(tmp_path: Path) -> None:
    """What is accepted in one database is new in the other, though it is the same difference."""

    def connect(second: str) -> None:
        (tmp_path / "two_settings.py").write_text(TWO.format(second=second))

    def execute(name: str, *statements: str) -> None:
        with sqlite3.connect(tmp_path / f"{name}.sqlite3") as database:
            for statement in statements:
                database.execute(statement)
        database.close()

    (tmp_path / "pyproject.toml").write_text('[tool.schemadrift]\ntortoise_orm = "two_settings.TORTOISE_ORM"\n')
    connect("sqlite://there.sqlite3")
    for name in ("model_a", "model_b"):
        (tmp_path / f"{name}.py").write_text(THING)
    for name in ("here", "there"):
        execute(name, "CREATE TABLE things (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, old INTEGER)")
    assert "1 change accepted, 1 new, 0 gone" in typed(tmp_path, "--connection", "second", "baseline").stdout
    assert typed(tmp_path, "check").returncode == 1
    assert "2 changes accepted, 1 new, 0 gone" in typed(tmp_path, "baseline").stdout
    assert typed(tmp_path, "check").returncode == 0

    execute("here", "ALTER TABLE things DROP COLUMN old")
    assert typed(tmp_path, "check").stdout.count("1 entry of schema/baseline.txt no longer needed") == 1
    assert (
        "2 changes accepted, 0 new, 0 gone" in typed(tmp_path, "--connection", "second", "baseline", "--prune").stdout
    )
    written = (tmp_path / "schema" / "baseline.txt").read_text()
    connect("mysql://nobody@127.0.0.1:1/nothing")
    done = typed(tmp_path, "baseline", "--prune")
    assert done.returncode == 2, "one of them was not looked at"
    assert "1 change accepted, 0 new, 1 gone" in done.stdout
    assert "  second: not checked: " in done.stdout
    left = (tmp_path / "schema" / "baseline.txt").read_text()
    assert left == "".join(line for line in written.splitlines(keepends=True) if "\tdefault\t" not in line)


def test_a_broken_baseline_is_an_error_with_its_line(project: Project, run: Run) -> None:  # noqa: F811
    project.database(DRIFTED)
    run("baseline")
    path = Path("schema/baseline.txt")
    path.write_text(path.read_text() + "<<<<<<< HEAD\n")
    assert_polite(run("check"), "schema/baseline.txt:5", "schemadrift baseline")


def test_a_baseline_holds_nothing_that_a_terminal_obeys() -> None:
    (change,) = changes("CREATE TABLE t (a int)", 'CREATE TABLE t (a int, "x\x1b[2K\ty" int)')
    text = baseline_text([baseline_entry("default", "live", change)])
    assert "\x1b" not in text
    (entry,) = read_baseline(text, "baseline.txt")
    assert entry.fingerprint == change_fingerprint(change)


def changes(old: str, new: str, dialect: str = "postgres") -> list[SimpleChange]:
    from pytest_schemadrift.dialects import get_dialect
    from pytest_schemadrift.planning.build import build_plan

    chosen = get_dialect(dialect)
    plan = build_plan(parse_sql(old, dialect), parse_sql(new, dialect), chosen, chosen.default_info)
    return [part for step in plan.steps for part in simple_changes(step.change)]


OLD = "CREATE TABLE t (a int, b varchar(10) DEFAULT 'x'); CREATE INDEX i ON t (b)"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (OLD.replace("(10)", "(20)"), OLD.replace("(10)", "(20)").replace("'x'", "'x'::varchar"), True),
        (OLD.replace("(10)", "(20)"), OLD.replace("(10)", "(30)"), False),
        (OLD.replace("a int", "a int NOT NULL"), OLD.replace("a int", "a int NOT NULL, c int"), None),
        (OLD.replace("(b)", "(a)"), OLD.replace("(b)", "(a, b)"), False),
        (OLD.replace("'x'", "'y'"), OLD.replace("'x'", "'z'"), False),
    ],
)
def test_a_fingerprint_is_equal_for_equal_differences_only(one: str, other: str, same: bool | None) -> None:
    first = {change_fingerprint(change) for change in changes(OLD, one)}
    second = {change_fingerprint(change) for change in changes(OLD, other)}
    if same is None:
        assert first < second
    else:
        assert (first == second) is same
    assert generate_diff_sql(parse_sql(OLD, "postgres"), parse_sql(one, "postgres"), "postgres")


@pytest.mark.tried(
    "a column in the baseline that becomes another one: a type, a collation, a value that it must be given"
)
def test_an_accepted_column_without_a_model_is_not_any_column_of_its_name() -> None:
    kinds = ("integer", "bigint", "integer NOT NULL", "integer NOT NULL DEFAULT 1", "text", 'text COLLATE "C"')
    kinds += ("integer GENERATED ALWAYS AS (1) STORED", "integer GENERATED ALWAYS AS (1) VIRTUAL")
    found = [changes(OLD.replace("a int", f"a int, z {kind}"), OLD) for kind in kinds]
    assert [[change.code for change in each] for each in found] == [["SD202"]] * len(kinds)
    assert len({change_fingerprint(change) for (change,) in found}) == len(kinds)


def test_a_fingerprint_is_the_same_in_the_next_version() -> None:
    """Baselines of others stand on it: this value changes only with a new form of the file."""
    found = {change_fingerprint(change) for change in changes(OLD, OLD.replace("(10)", "(20)"))}
    assert found == {"b7fafd7f1e3860fd"}


def test_a_rule_reads_settings_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[[tool.schemadrift.ignore]]\ncode = "SD3*"\nreason = "r"\nuntil = 2027-01-31\n'
    )
    assert load_settings(tmp_path).ignore == (IgnoreRule("r", code="SD3*", until=date(2027, 1, 31)),)
    (tmp_path / "pyproject.toml").write_text('[tool.schemadrift]\nignore = ["SD302"]\n')
    with pytest.raises(ConfigurationError, match="a list of tables"):
        load_settings(tmp_path)


def test_a_rule_for_a_table_leaves_alone_what_belongs_to_none() -> None:
    (change,) = changes("CREATE TYPE mood AS ENUM ('a')", "CREATE TYPE mood AS ENUM ('a', 'b')")
    assert rule_matches(IgnoreRule("r", name="mood"), "default", change)
    assert not rule_matches(IgnoreRule("r", table="moo*"), "default", change)


def every_mutation() -> list[object]:
    return [
        pytest.param(dialect, mutation, id=f"{dialect}-{mutation.name}", marks=getattr(pytest.mark, dialect))
        for dialect, mutations in MUTATIONS.items()
        for mutation in mutations
    ]


@pytest.mark.parametrize(("dialect", "mutation"), of_the_day(every_mutation()))
def test_each_mutation_on_top_of_a_baseline_is_found(
    dialect: str, mutation: Mutation, fresh_database: Callable[[str], str]
) -> None:
    run_async(_found_on_top(dialect, mutation, fresh_database))


LEGACY = "ALTER TABLE child ADD COLUMN legacy integer; CREATE INDEX legacy_index ON parent (region)"


async def _found_on_top(dialect: str, mutation: Mutation, fresh_database: Callable[[str], str]) -> None:
    base = BASES[dialect]
    async with open_server(fresh_database(dialect)) as server:
        await load(server, base)
        await load(server, LEGACY)
        before = await compare_with_script(server, base, prove=False)
        legacy = {change_fingerprint(part) for step in before.plan.steps for part in simple_changes(step.change)}
        assert len(legacy) == 2

        def ignore(change: SimpleChange) -> str | None:
            return "legacy" if change_fingerprint(change) in legacy else None

        assert (await compare_with_script(server, base, prove=False, ignore=ignore)).plan.sql() == []
        if isinstance(mutation.how, str):
            await load(server, mutation.how)
            found = await compare_with_script(server, base, prove=False, ignore=ignore)
            assert as_expected(kinds(found.plan.changes), mutation.found), kinds(found.plan.changes)
            return
    async with open_server(fresh_database(dialect)) as server:  # SQLite alters little: its mutations edit the script
        await load(server, "\n".join(runnable(base.replace(*mutation.how), base, mutation)))
        await load(server, LEGACY)
        found = await compare_with_script(server, base, prove=False, ignore=ignore)
        assert as_expected(kinds(found.plan.changes), mutation.found), kinds(found.plan.changes)


def test_a_hook_of_conftest_is_heard_by_every_command(project: Project, run: Run) -> None:  # noqa: F811
    """What pytest is told to leave alone, ``apply`` leaves alone as well."""
    project.database(DRIFTED.replace("email", "old_mail TEXT, email"))
    (project.folder / "tests").mkdir()
    (project.folder / "tests" / "conftest.py").write_text(
        "import pytest\n"
        "@pytest.fixture\ndef something(): ...\n"
        "def schemadrift_ignore_change(change):\n"
        "    column = getattr(change, 'column', None)\n"
        "    return 'for the archive' if column and column.name == 'old_mail' else None\n"
    )
    out = run("check", "-v")[1]
    assert "accepted (for the archive): SD202 column users.old_mail" in out
    assert run("apply", "--yes", "--no-safe")[0] == 0
    assert columns() == ["id", "old_mail", "email", "age"]


def test_a_conftest_without_hooks_is_not_imported(project: Project, run: Run) -> None:  # noqa: F811
    project.database(IN_SYNC)
    (project.folder / "conftest.py").write_text("raise SystemExit('imported')  # schemadrift_ignore_change\n")
    assert run("check")[0] == 0


def test_a_conftest_whose_hooks_cannot_be_loaded_stops_the_command(project: Project, run: Run) -> None:  # noqa: F811
    project.database(DRIFTED)
    (project.folder / "conftest.py").write_text("import nowhere\ndef schemadrift_ignore_change(change): ...\n")
    assert_polite(run("apply", "--yes"), "conftest.py", "No module named 'nowhere'", "[[tool.schemadrift.ignore]]")
    assert columns() == ["id", "email"]


@pytest.mark.processes
def test_pytest_hears_rules_and_baseline(project: Project, run: Run) -> None:  # noqa: F811
    project.database(DRIFTED)
    configure(project, '[[tool.schemadrift.ignore]]\ncode = "SD201"\nreason = "next release"')
    assert run("baseline")[1].startswith("schema/baseline.txt: 1 change accepted")
    command = [sys.executable, "-m", "pytest", *PLUGINS_OFF, "--schema-drift"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "2 changes accepted" in done.stdout
    project.database("ALTER TABLE users ADD COLUMN note TEXT")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "users.note" in done.stdout


def test_an_index_that_cannot_stay_without_its_column_is_not_hidden(project: Project, run: Run) -> None:  # noqa: F811
    """A rule that accepts it would make a plan that cannot be proven."""
    project.database(IN_SYNC.replace("age INT", "age INT, fax TEXT") + "; CREATE INDEX by_fax ON users (fax)")
    configure(project, '[[tool.schemadrift.ignore]]\ncode = "SD302"\nreason = "by hand"')
    out = run("check")[1]
    assert "by_fax of users is extra" in out
    assert "proven: " in out
    assert "NOT proven" not in out


def test_a_baseline_says_what_auto_did_not_look_at(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
) -> None:
    project.database(DRIFTED)
    assert run("snapshot")[0] == 0
    code, out, _ = run("baseline")
    assert code == 0
    assert out == (
        "schema/baseline.txt: 0 changes accepted, 0 new, 0 gone\n"
        "  the live database was not checked: schemadrift baseline --source live\n"
    )
    assert "not checked" not in run("baseline", "--source", "live")[1]
