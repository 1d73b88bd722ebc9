"""Saved plans: reviewed, then run exactly as they are, on the database that they were made for and on no other."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pytest_schemadrift.commands.apply import Applying, Proposal
from pytest_schemadrift.commands.plans import SavedPlan, read_plan_file
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.planning.undo import plans_back
from pytest_schemadrift.report.applying import undo_text
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.verify.verdict import compare_without_server
from tests.apply.conftest import MODELS, Shop
from tests.harness import as_role, run

Make = Callable[..., Shop]
DIALECTS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mariadb", "sqlite")]
ROWS = """
INSERT INTO author (id, name, email) VALUES (1, 'a', 'a@x'), (2, 'b', NULL);
INSERT INTO book (id, title, author_id, pages) VALUES (1, 't', 1, 10), (2, 'u', 2, NULL);
"""
DRIFT = (
    ROWS + "ALTER TABLE book DROP COLUMN pages; ALTER TABLE author ADD COLUMN fax TEXT; UPDATE author SET fax = '1';"
)
FILE = "drift.plan.json"


def structure(shop: Shop) -> Schema:
    async def look() -> Schema:
        async with open_server(shop.url) as server:
            return await dump(server)

    return run(look())


def plan_of(shop: Shop) -> dict[str, object]:
    (connection,) = json.loads((shop.folder / FILE).read_text())["connections"]
    return connection  # type: ignore[no-any-return]


@pytest.mark.slow
@pytest.mark.parametrize("dialect", [*DIALECTS, pytest.param("mysql", marks=pytest.mark.mysql)])
def test_a_saved_plan_applied_is_a_direct_apply(dialect: str, shop: Make) -> None:
    saved, direct = shop(dialect, DRIFT), shop(dialect, DRIFT)
    options = "--allow", "SD202:author.fax"
    made = saved.run("plan", "-o", FILE, *options)
    assert made.returncode == 0, made.stdout + made.stderr
    assert made.stdout.endswith(f"  written: {FILE}; to run it: schemadrift apply {FILE}\n")
    assert structure(saved) == structure(direct), "making a plan changed something"
    done = saved.run("apply", FILE, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "now: in sync" in done.stdout
    assert direct.run("apply", "--yes", *options).returncode == 0
    assert structure(saved) == structure(direct)
    query = "SELECT id, title, author_id, pages FROM book ORDER BY id"
    assert saved.fetch(query) == direct.fetch(query) == [(1, "t", 1, None), (2, "u", 2, None)]
    again = saved.run("apply", FILE, "--yes")
    assert again.returncode == 2
    assert "no longer the one of the plan" in again.stderr


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_plan_for_what_the_database_was_is_refused_with_the_tables_that_changed(dialect: str, shop: Make) -> None:
    project = shop(dialect, DRIFT)
    project.run("plan", "-o", FILE)
    project.sql("ALTER TABLE author ADD COLUMN later INTEGER; CREATE TABLE newer (a INTEGER PRIMARY KEY)")
    before = structure(project)
    done = project.run("apply", FILE, "--yes")
    assert done.returncode == 2
    assert "author (changed), newer (new); nothing was done" in done.stderr
    assert "book (" not in done.stderr
    assert structure(project) == before


MODEL_SINCE = MODELS.replace("    email =", "    fax = fields.TextField(null=True)\n    email =")
RULE_SINCE = '[[tool.schemadrift.ignore]]\ncode = "SD202"\ntable = "author"\nreason = "the fax is still used"\n'
HOOK_SINCE = """
def schemadrift_ignore_change(change):
    return True if change.code == "SD202" else None
"""


@pytest.mark.slow
@pytest.mark.tried("a saved plan that drops what has a model, a rule, a hook or a line of the baseline since")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_plan_for_what_the_models_were_is_refused(dialect: str, shop: Make) -> None:
    project = shop(dialect, DRIFT)
    project.run("plan", "-o", FILE, "--allow", "SD202:author.fax")
    before = structure(project)
    settings = (project.folder / "pyproject.toml").read_text()

    def is_refused(name: str, text: str) -> None:
        path = project.folder / name
        old = path.read_text() if path.exists() else None
        path.write_text(text)
        done = project.run("apply", FILE, "--yes")
        path.unlink() if old is None else path.write_text(old)
        assert done.returncode == 2, (name, done.stdout)
        assert "no longer those of the plan: author; nothing was done" in done.stderr
        assert structure(project) == before

    is_refused("shop_models.py", MODEL_SINCE)
    is_refused("pyproject.toml", settings + RULE_SINCE)
    is_refused("conftest.py", HOOK_SINCE)
    unrelated = "\nclass Later(Model):\n    id = fields.IntField(primary_key=True)\n"
    project.models(MODELS + unrelated)
    done = project.run("apply", FILE, "--yes")
    assert "now: 1 change from live to models" in done.stdout, "what it does not touch is no matter of a plan"


def test_a_plan_is_not_run_after_a_baseline_accepts_what_it_drops(shop: Make) -> None:
    project = shop("sqlite", DRIFT)
    project.run("plan", "-o", FILE, "--allow", "SD202:author.fax")
    project.run("baseline")
    done = project.run("apply", FILE, "--yes")
    assert done.returncode == 2, done.stdout
    assert "no longer those of the plan: author, book; nothing was done" in done.stderr
    assert project.fetch("SELECT fax FROM author ORDER BY id") == [("1",), ("1",)]


def test_a_saved_rename_is_what_was_planned(shop: Make) -> None:
    project = shop("sqlite", ROWS)
    project.models(MODELS.replace("title =", "name =").replace('("title",)', '("name",)'))
    assert project.run("plan", "-o", FILE, "--rename", "book.title=name").returncode == 0
    assert project.run("apply", FILE, "--yes").returncode == 0
    assert project.fetch("SELECT id, name FROM book ORDER BY id") == [(1, "t"), (2, "u")]


@pytest.mark.tried("a saved plan in front of another database of the same structure")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_plan_for_another_database_is_refused(dialect: str, shop: Make) -> None:
    """Its rows were not those that were counted; and the report would name the wrong one."""
    planned, other = shop(dialect, DRIFT), shop(dialect, DRIFT)
    planned.run("plan", "-o", FILE, "--allow", "SD202:author.fax")
    before = structure(other)
    planned.use(other.url)
    done = planned.run("apply", FILE, "--yes")
    assert done.returncode == 2, done.stdout
    assert "nothing was done" in done.stderr
    assert "the plan is for the database" in done.stderr
    assert structure(other) == before
    done = planned.run("apply", FILE, "--yes", "--other-database")
    assert done.returncode == 0, done.stdout + done.stderr
    here = urlsplit(other.url).path.strip("/")
    assert f"{here}: 2 changes" in done.stdout, "the database that is changed is the one that is named"
    assert planned.fetch("SELECT id, title, pages FROM book ORDER BY id") == [(1, "t", None), (2, "u", None)]


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mysql")]
)
@pytest.mark.tried("a right that is taken away between a saved plan and its run")
def test_a_right_is_gone_when_a_plan_is_run(dialect: str, shop: Make) -> None:
    project = shop(dialect, DRIFT)
    name, role = urlsplit(project.url).path.strip("/"), f"r{secrets.token_hex(4)}"
    give = ["CREATE ROLE {} LOGIN CREATEDB", "ALTER TABLE author OWNER TO {}", "ALTER TABLE book OWNER TO {}"]
    take = ["ALTER TABLE author OWNER TO CURRENT_USER", "GRANT SELECT ON author TO {}"]
    forget = ["REVOKE ALL ON author FROM {}", "ALTER TABLE book OWNER TO CURRENT_USER", "DROP ROLE {}"]
    if dialect == "mysql":
        give = ["CREATE USER {}", "GRANT ALL ON *.* TO {}"]
        take = ["REVOKE ALL ON *.* FROM {}", f"GRANT ALL ON {name}.book TO {{}}", f"GRANT SELECT ON {name}.* TO {{}}"]
        forget = ["DROP USER {}"]
    project.sql(";".join(part.format(role) for part in give))
    owner = project.url
    try:
        project.use(as_role(owner, role))
        made = project.run("plan", "-o", FILE, "--no-safe")
        assert made.returncode == 0, made.stdout + made.stderr
        project.use(owner)
        project.sql(";".join(part.format(role) for part in take))
        before = structure(project)
        project.use(as_role(owner, role))
        done = project.run("apply", FILE, "--yes")
        assert done.returncode == 2
        assert "to do: run it as a role that owns the tables, or have one grant the right" in done.stdout
        again = project.run("apply", FILE, "--yes")
        assert again.returncode == 2
        project.use(owner)
        if dialect == "mysql":  # each statement is committed by itself
            assert "done: 1 statement\n" in done.stdout, done.stdout
            assert "no longer the one of the plan: book (changed); nothing was done" in again.stderr
        else:
            assert "done: 0 statements\n" in done.stdout, done.stdout
            assert structure(project) == before
            project.sql(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
            project.use(as_role(owner, role))
            assert "to do: let the role in: GRANT CONNECT ON DATABASE" in project.run("apply", FILE, "--yes").stderr
            project.use(owner)
        assert project.run("plan", "-o", FILE, "--no-safe").returncode == 0
        assert project.run("apply", FILE, "--yes").returncode == 0
        assert project.fetch("SELECT id, title FROM book ORDER BY id") == [(1, "t"), (2, "u")]
    finally:
        project.use(owner)
        project.sql(";".join(part.format(role) for part in forget))


@pytest.mark.mysql
@pytest.mark.tried("a saved plan run by a role that may not see a table, or not all its columns")
def test_a_table_that_a_role_may_not_see_is_not_called_gone(shop: Make) -> None:
    project, role = shop("mysql", DRIFT), f"r{secrets.token_hex(4)}"
    owner, name = project.url, urlsplit(project.url).path.strip("/")
    pattern = name.replace("_", r"\_")
    project.run("plan", "-o", FILE, "--allow", "SD202:author.fax")
    give = [f"CREATE USER {role}", f"GRANT ALL ON {name}.book TO {role}"]
    project.sql(";".join(give))
    try:
        project.use(as_role(owner, role))
        done = project.run("apply", FILE, "--yes")
        assert done.returncode == 2
        assert "no longer the one of the plan: author (gone or hidden); nothing was done" in done.stderr
        assert (
            f"may see single tables only (GRANT SELECT ON `{pattern}`.* TO '{role}'@'%' would show all)" in done.stderr
        )
        project.use(owner)
        project.sql(f"GRANT SELECT (id) ON {name}.author TO {role}")
        project.use(as_role(owner, role))
        done = project.run("apply", FILE, "--yes")
        assert "author (not read); nothing was done" in done.stderr
        assert "author: the role may see single columns only (GRANT SELECT ON" in done.stderr

        project.run("plan", "-o", "other.json")  # the other way round
        project.use(owner)
        done = project.run("apply", "other.json", "--yes")
        assert "author (new, or hidden from who made the plan); nothing was done" in done.stderr, done.stderr
        assert "to do: author: the role may see single columns only (GRANT SELECT ON" in done.stderr
    finally:
        project.use(owner)
        project.sql(f"DROP USER {role}")
    project.sql("DROP TABLE book; DROP TABLE author")
    assert "author (gone), book (gone); nothing was done" in project.run("apply", FILE, "--yes").stderr


@pytest.mark.mysql
@pytest.mark.tried("a saved plan made by a role that sees no triggers, and run by one that does")
def test_a_plan_of_a_role_that_only_reads_is_run_by_the_owner(shop: Make) -> None:
    project, role = shop("mysql", DRIFT), f"r{secrets.token_hex(4)}"
    owner, name = project.url, urlsplit(project.url).path.strip("/")
    project.sql(f"CREATE USER {role}; GRANT SELECT ON {name}.* TO {role}")
    try:
        project.use(as_role(owner, role))
        project.run("plan", "-o", FILE, "--allow", "SD202:author.fax")
        project.use(owner)
        project.sql("CREATE TRIGGER since BEFORE INSERT ON book FOR EACH ROW SET NEW.title = 'x'")
        assert "book (changed); nothing was done" in project.run("apply", FILE, "--yes").stderr
        project.sql("DROP TRIGGER since")
        done = project.run("apply", FILE, "--yes")
        assert "now: in sync" in done.stdout, done.stdout + done.stderr
        assert project.fetch("SELECT id, title FROM book ORDER BY id") == [(1, "t"), (2, "u")]
    finally:
        project.use(owner)
        project.sql(f"DROP USER {role}")


@pytest.mark.postgres
@pytest.mark.tried("a saved plan in front of a database of the same name and structure on another server")
def test_a_plan_for_another_server_is_refused(shop: Make, fresh_database: Callable[[str], str]) -> None:
    planned, beside = shop("postgres", DRIFT), Shop(Path(), fresh_database("postgres-18"))
    name = urlsplit(planned.url).path.strip("/")
    there = Shop(planned.folder, urlsplit(beside.url)._replace(path=f"/{name}").geturl())
    if urlsplit(planned.url).query == urlsplit(beside.url).query:
        pytest.skip("the run's own server is as new")
    planned.run("plan", "-o", FILE, "--allow", "SD202:author.fax")
    beside.sql(f"CREATE DATABASE {name}")
    try:
        planned.use(there.url)
        assert planned.run("apply", "--yes").returncode == 0
        there.sql(DRIFT)
        before = structure(there)
        assert before == structure(planned), "nothing else tells the two apart"
        done = planned.run("apply", FILE, "--yes")
        assert done.returncode == 2, done.stdout
        assert f"the plan is for the database {name}, and default is {name} of another server" in done.stderr
        assert structure(there) == before
        assert planned.run("apply", FILE, "--yes", "--other-database").returncode == 0
    finally:
        beside.sql(f"DROP DATABASE {name}")


def test_a_plan_file_is_read_by_people_and_equal_for_equal_plans(shop: Make) -> None:
    project = shop("sqlite", DRIFT)
    said = project.run("plan", "-o", FILE)
    assert said.returncode == 1, "a column that is extra is left"
    assert "SD201 would add column book.pages (BIGINT)" in said.stdout
    assert "not done SD202 column author.fax" in said.stdout
    assert "  1 change would be made, 1 not\n" in said.stdout, "they add up to the 2 of the first line"
    text = (project.folder / FILE).read_text()
    project.run("plan", "-o", FILE)
    assert (project.folder / FILE).read_text() == text
    plan = plan_of(project)
    assert [step["changes"] for step in plan["steps"]] == [["SD201 column book.pages (BIGINT) is missing"]]  # type: ignore[attr-defined]
    assert plan["proven"] is True
    (refused,) = plan["not_done"]  # type: ignore[misc]
    assert refused["allow"].endswith("or this one alone: --allow SD202:author.fax")
    assert sorted(plan["made_for"]["tables"]) == ["author", "book"]  # type: ignore[index]


@pytest.mark.tried("a saved plan that was edited by hand: its SQL, what is run where it fails, the proof, the rest")
def test_a_plan_that_was_edited_is_not_run(shop: Make) -> None:
    project = shop("sqlite", DRIFT)
    project.run("plan", "-o", FILE)
    path = project.folder / FILE
    text = path.read_text()
    before = structure(project)
    wholes = [lambda plan: plan.update(connections=[]), lambda plan: plan["connections"].append(plan["connections"][0])]
    for edit in [*wholes, *(lambda plan, part=part: part(plan["connections"][0]) for part in EDITS)]:
        document = json.loads(text)
        edit(document)
        path.write_text(json.dumps(document))
        done = project.run("apply", FILE, "--yes")
        assert done.returncode == 2, (document, done.stdout)
        assert "edited" in done.stderr
        assert "plan --only" in done.stderr
        assert structure(project) == before
    path.write_text(json.dumps(json.loads(text)))  # other white space is no edit
    assert project.run("apply", FILE, "--yes").returncode == 1


def statement_of(plan: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = plan["steps"][0]["statements"][0]
    return found


EDITS: list[Callable[[dict[str, Any]], object]] = [
    lambda plan: statement_of(plan).update(sql='ALTER TABLE "book" ADD COLUMN "sheets" INT'),
    lambda plan: statement_of(plan).update(where_it_fails=["DROP TABLE book"]),
    lambda plan: statement_of(plan).update(instead=["DROP TABLE book"]),
    lambda plan: statement_of(plan).update(alone=True),
    lambda plan: plan["steps"][0]["hazards"].append("DELETES_DATA"),
    lambda plan: plan["made_for"]["still_empty"].append(["", "book"]),
    lambda plan: plan.update(proof_note="all is well"),
    lambda plan: plan.update(undo=[]),
]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read"),
        ("[]", "is not a plan"),
        ('{"schemadrift_plan": 1, "written_by": "x 9"}', "written by x 9"),
    ],
)
def test_a_file_that_is_no_plan_of_ours_is_refused(text: str, words: str, shop: Make) -> None:
    project = shop("sqlite")
    (project.folder / FILE).write_text(text)
    done = project.run("apply", FILE, "--yes")
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) <= 5


def test_what_would_make_another_plan_is_refused_beside_a_saved_one(shop: Make) -> None:
    project = shop("sqlite", DRIFT)
    project.run("plan", "-o", FILE)
    done = project.run("apply", FILE, "--yes", "--no-safe", "--online")
    assert done.returncode == 2
    assert "--online, --no-safe cannot be given with a saved plan" in done.stderr


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        (("--only", "SD201:book.pages"), ["SD201"]),
        (("--only", "book"), ["SD201"]),
        (("--only", "SD202"), ["SD202"]),
        (("--skip", "SD2*:book.*"), ["SD202"]),
        (("--skip", "SD201", "--skip", "fax"), []),
        ((), ["SD201", "SD202"]),
    ],
)
def test_a_plan_is_cut_to_what_is_meant(options: tuple[str, ...], steps: list[str], shop: Make) -> None:
    project = shop("sqlite", DRIFT)
    project.run("plan", "-o", FILE, "--allow-hazard", "DELETES_DATA", "--allow-hazard", "REWRITES_TABLE", *options)
    found = [step["changes"][0][:5] for step in plan_of(project)["steps"]]  # type: ignore[attr-defined]
    assert sorted(found) == steps


def test_one_change_is_allowed_and_not_its_hazard_for_all(shop: Make) -> None:
    project = shop("sqlite", DRIFT + "ALTER TABLE book ADD COLUMN old TEXT; UPDATE book SET old = 'x';")
    done = project.run("apply", "--yes", "--allow", "SD202:author.fax")
    assert done.returncode == 1
    assert "not done SD202 column book.old" in done.stdout
    columns = [column.name for table in structure(project).tables for column in table.columns]
    assert "fax" not in columns
    assert "old" in columns


@pytest.mark.parametrize("dialect", DIALECTS)
def test_undo_leads_back_and_names_what_does_not_come_back(dialect: str, shop: Make) -> None:
    project = shop(dialect, DRIFT)
    before = structure(project)
    printed = project.run("plan", "--undo", "--allow", "SD202:author.fax").stdout
    assert "-- the values do not come back: SD202 column author.fax" in printed
    project.run("plan", "-o", FILE, "--allow", "SD202:author.fax")
    (saved,) = read_plan_file(project.folder / FILE)
    assert [part.code for step in saved.plan.steps for part in step.losses] == ["SD202"], "the file says which"
    done = project.run("apply", "--yes", "--allow", "SD202:author.fax", "--undo-file", "undo.sql")
    assert done.returncode == 0, done.stdout + done.stderr
    assert structure(project) != before
    undo = (project.folder / "undo.sql").read_text()
    assert undo == printed
    project.sql(undo)
    assert structure(project) == before
    assert project.fetch("SELECT id, name, fax FROM author ORDER BY id") == [(1, "a", None), (2, "b", None)]
    done = project.run("apply", FILE, "--yes", "--undo-file", "saved.sql")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project.folder / "saved.sql").read_text() == printed, "that of a saved plan is the same"


def test_undo_of_a_rename_keeps_the_values(shop: Make) -> None:
    project = shop("sqlite", ROWS)
    project.models(MODELS.replace("title =", "name =").replace('("title",)', '("name",)'))
    done = project.run("apply", "--yes", "--rename", "book.title=name", "--undo-file", "undo.sql")
    assert done.returncode == 0, done.stdout + done.stderr
    project.sql((project.folder / "undo.sql").read_text())
    assert project.fetch("SELECT id, title FROM book ORDER BY id") == [(1, "t"), (2, "u")]


@pytest.mark.sqlite
def test_a_saved_plan_that_is_out_of_date_has_to_be_saved_again(shop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody alters a table after the plan was looked at: running the same plan again would be no help."""
    project = shop("sqlite", DRIFT)
    project.run("plan", "-o", FILE)

    fitting = Applying.fitting

    async def meanwhile(self: Applying, saved: SavedPlan, **options: bool) -> Proposal:
        proposal = await fitting(self, saved, **options)
        async with open_server(project.url) as server:
            await server.connection.execute("ALTER TABLE author ADD COLUMN phone TEXT")
        return proposal

    monkeypatch.setattr(Applying, "fitting", meanwhile)
    said = project.run("apply", FILE, "--yes")
    assert said.returncode == 2
    assert "make it again with: schemadrift plan -o FILE" in said.stderr
    assert "run it again" not in said.stdout + said.stderr


def test_an_undo_file_counts_changes_and_names_those_that_lose_something() -> None:
    """SQLite makes a table anew for several changes at once."""
    info = get_dialect("sqlite").default_info
    old = parse_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT CHECK (b > ''), d INT)", "sqlite", info)
    new = parse_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT, c INT DEFAULT 1, d BIGINT)", "sqlite", info)
    found = compare_without_server(old, new, get_dialect("sqlite"), info, Policy(whole=True))
    assert len(found.plan.steps) == 1
    head, *more = undo_text(Drift("default", "sqlite"), found.plan, None).splitlines()
    assert head == "-- default: undoes 4 changes of the plan of sqlite"
    lost = [line for line in more if "do not come back" in line]
    assert lost == ["-- the values do not come back: SD202 column t.a (TEXT) is extra"]


def test_an_undo_file_says_what_rows_may_be_in_the_way_of() -> None:
    """A column that was NOT NULL comes back without the values that it would need."""
    info, dialect = get_dialect("postgres").default_info, get_dialect("postgres")
    old = parse_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT)", "postgres", info)
    new = parse_sql("CREATE TABLE t (id INTEGER PRIMARY KEY)", "postgres", info)
    found = compare_without_server(old, new, dialect, info, Policy(whole=True))
    script = undo_text(Drift("default", "postgres"), found.plan, plans_back(old, new, dialect, info, ()))
    assert script.count("-- rows may be in its way: ") == 1
    assert "-- rows may be in its way: it would add column t.a (text NOT NULL)\n" in script, script


@pytest.mark.parametrize(
    ("command", "options", "words"),
    [
        ("plan", ("--allow", "SD2020:author.fax"), "there is no change code 'SD2020'"),
        ("plan", ("--only", "SD999"), "there is no change code 'SD999'"),
        ("apply", ("--allow", "SD202:author.fx"), "did you mean SD202:author.fax"),
        ("plan", ("--skip", "auther.fax"), "did you mean SD202:author.fax"),
        (
            "plan",
            ("--only", "SD201:book.pages", "--only", "zebra*"),
            "the changes are SD202:author.fax, SD201:book.pages",
        ),
        ("apply", ("--allow", "deletes-data"), "DELETES_DATA is a hazard: --allow-hazard takes these"),
        ("plan", ("--skip", "SD102:legacy"), "SD102:legacy is no drift here: unmanaged"),
    ],
)
def test_a_change_that_does_not_exist_cannot_be_named(
    command: str, options: tuple[str, ...], words: str, shop: Make
) -> None:
    project = shop("sqlite", DRIFT + "CREATE TABLE legacy (a INTEGER PRIMARY KEY);")
    before = structure(project)
    done = project.run(command, *(["--yes"] if command == "apply" else []), *options)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert options[-1] in done.stderr
    assert len(done.stderr.splitlines()) <= 5
    assert structure(project) == before, "nothing is done where an option has no effect"


def test_a_change_is_named_as_it_was_spelled_whatever_signs_are_in_it(shop: Make) -> None:
    project = shop("sqlite", ROWS + 'ALTER TABLE author ADD COLUMN "f[a]x*" TEXT; UPDATE author SET "f[a]x*" = 1;')
    assert "--allow SD202:author.f[a]x*" in project.run("plan").stdout
    assert project.run("apply", "--yes", "--allow", "SD202:author.f[a]x*").returncode == 0


def test_what_was_allowed_and_is_done_may_be_said_again(shop: Make) -> None:
    """A deployment that is run a second time: where nothing is left to do, nothing is left to name."""
    project = shop("sqlite", DRIFT)
    again = "apply", "--yes", "--allow", "SD202:author.fax"
    assert project.run(*again).returncode == 0
    assert project.run(*again).returncode == 0


@pytest.mark.sqlite
def test_statistics_are_part_of_a_plan_that_would_lose_them(shop: Make) -> None:
    """SQLite's first ANALYZE makes a table of its own: what a plan makes in place, it makes all the same."""
    project = shop("sqlite", ROWS + "ALTER TABLE book DROP COLUMN pages")
    project.run("plan", "-o", FILE)
    project.sql("ANALYZE")
    done = project.run("apply", FILE, "--yes")
    assert (done.returncode, "now: in sync" in done.stdout) == (0, True), done.stdout + done.stderr
    project.sql("DROP TABLE sqlite_stat1; ALTER TABLE book DROP COLUMN pages; ALTER TABLE book ADD COLUMN pages TEXT")
    project.run("plan", "-o", "rebuild.json", "--no-safe")
    project.sql("ANALYZE")
    done = project.run("apply", "rebuild.json", "--yes")
    assert (done.returncode, "changed after the plan was made" in done.stderr) == (2, True), done.stdout + done.stderr


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mariadb", "mysql")]
)
def test_a_saved_plan_breaks_nothing_that_came_since(
    dialect: str, shop: Make, fresh_database: Callable[[str], str]
) -> None:
    """A view of another database is no part of the schema that the plan was made for."""
    project = shop(dialect, ROWS + "ALTER TABLE author ADD COLUMN fax TEXT")
    name, beside = (urlsplit(url).path[1:] for url in (project.url, fresh_database(dialect)))
    assert "proven" in project.run("plan", "-o", FILE, "--allow", "SD202:author.fax").stdout
    project.sql(f"CREATE VIEW {beside}.far AS SELECT fax FROM {name}.author")
    done = project.run("apply", FILE, "--yes")
    told = f"nothing was done: after the plan view {beside}.far (it names author.fax) would no longer work"
    assert (done.returncode, told in done.stdout + done.stderr) == (2, True), done.stdout + done.stderr
    assert project.fetch(f"SELECT fax FROM {beside}.far") == [(None,), (None,)]
    project.sql(f"DROP VIEW {beside}.far")
    assert project.run("apply", FILE, "--yes").returncode == 0
