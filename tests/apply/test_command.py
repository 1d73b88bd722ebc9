"""``schemadrift apply`` as it is typed: what it refuses, what it asks, what it does, and how it ends."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.cli.fixing.guided import LEGEND
from tests.apply.conftest import MODELS, Shop

Make = Callable[..., Shop]
ROWS = """
INSERT INTO author (id, name, email) VALUES (1, 'a', 'a@x'), (2, 'b', NULL), (3, 'b', 'c@x');
INSERT INTO book (id, title, author_id, pages) VALUES (1, 't', 1, 10), (2, 'u', 2, NULL), (3, 'v', 2, 30);
"""
DIALECTS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mariadb", "mysql", "sqlite")]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_makes_a_database_fixes_what_is_harmless_and_is_silent_afterwards(dialect: str, shop: Make) -> None:
    project = shop(dialect, ROWS + "DROP INDEX idx_book_title_c229c1" + (" ON book" if "m" in dialect else "") + ";")
    project.sql("ALTER TABLE book DROP COLUMN pages")
    done = project.run("apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "proven: the plan was run on a scratch copy with 6 rows" in done.stdout
    assert "now: in sync" in done.stdout
    again = project.run("apply", "--no-guided")
    assert again.returncode == 0
    assert "ran" not in again.stdout
    assert project.fetch("SELECT count(*) AS n FROM book") == [(3,)]


def test_without_a_terminal_it_prints_the_plan_and_never_hangs(shop: Make) -> None:
    project = shop("sqlite", ROWS + "ALTER TABLE book DROP COLUMN pages;")
    said = project.run("apply")
    assert said.returncode == 1
    assert 'ALTER TABLE "book" ADD COLUMN "pages" BIGINT;' in said.stdout
    assert "nothing was run: this is no terminal to ask on: add --yes or --no-guided" in said.stdout
    dry = project.run("apply", "--yes", "--dry-run")
    assert dry.returncode == 1
    assert "nothing was run: this was a dry run" in dry.stdout
    assert project.run("check", "-q").returncode == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_safe_mode_refuses_what_may_lose_data_with_facts_and_the_flag(dialect: str, shop: Make) -> None:
    project = shop(dialect, ROWS + "ALTER TABLE author ADD COLUMN old TEXT; UPDATE author SET old = 'x' WHERE id = 1;")
    refused = project.run("apply", "--yes")
    assert refused.returncode == 1
    assert "not done SD202 column author.old" in refused.stdout
    assert "rows: 1 of 3 rows of author have a value in old" in refused.stdout
    assert "to allow it: --allow-hazard DELETES_DATA" in refused.stdout
    assert project.fetch("SELECT old FROM author WHERE id = 1") == [("x",)]
    other = project.run("apply", "--yes", "--allow-hazard", "MAY_FAIL_ON_DATA")
    assert other.returncode == 1
    allowed = project.run("apply", "--yes", "--allow-hazard", "deletes-data")
    assert allowed.returncode == 0, allowed.stdout + allowed.stderr
    assert project.fetch("SELECT count(*) AS n FROM author") == [(3,)]


IN_THE_WAY = {
    "nothing": ("ALTER TABLE author DROP COLUMN email; ALTER TABLE author ADD COLUMN email varchar(200)", ""),
    "null": (
        "ALTER TABLE author ALTER name DROP NOT NULL; UPDATE author SET name = NULL WHERE id > 1",
        "2 of 3 rows of author have NULL in name",
    ),
    "too long": (
        "ALTER TABLE author ALTER name TYPE text; UPDATE author SET name = repeat('x', 101) WHERE id = 1",
        "1 of 3 rows of author are longer than 100 in name",
    ),
    "orphan": (
        "ALTER TABLE book DROP CONSTRAINT the_key; INSERT INTO book (id, title, author_id) VALUES (9, 'w', 99)",
        "1 of 4 rows of book have no author for author_id",
    ),
    "no number": (
        "ALTER TABLE book ALTER pages TYPE text; UPDATE book SET pages = 'many' WHERE id = 1",
        "1 of 3 rows of book have a value in pages that is no bigint",
    ),
}


@pytest.mark.parametrize("what", IN_THE_WAY)
@pytest.mark.postgres
def test_what_is_in_the_way_is_counted_and_stops_even_what_is_allowed(what: str, shop: Make) -> None:
    drift, fact = IN_THE_WAY[what]
    project = shop("postgres", ROWS)
    name = project.fetch("SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND conrelid = 'book'::regclass")
    project.sql(drift.replace("the_key", str(name[0][0])))
    said = project.run("apply", "--yes")
    assert fact in said.stdout
    assert said.returncode == (1 if fact else 0), said.stdout
    forced = project.run("apply", "--yes", "--no-safe")
    assert forced.returncode == (1 if fact else 0), forced.stdout
    assert ("NOT proven, nothing is run" in forced.stdout) is bool(fact)
    assert "ran" not in forced.stdout


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_unique_that_duplicates_forbid_is_refused_with_their_number(dialect: str, shop: Make) -> None:
    project = shop(dialect, ROWS)
    (project.folder / "shop_models.py").write_text(MODELS.replace("max_length=100", "max_length=100, unique=True"))
    said = project.run("apply", "--yes")
    assert said.returncode == 1
    assert "rows: 2 of 3 rows of author share name with another row" in said.stdout
    assert "NOT proven" in project.run("apply", "--yes", "--no-safe").stdout
    project.sql("UPDATE author SET name = 'c' WHERE id = 3")
    assert project.run("apply", "--yes", "--allow-hazard", "MAY_FAIL_ON_DATA").returncode == 0


@pytest.mark.parametrize("dialect", DIALECTS)
def test_half_of_a_replacement_is_never_made(dialect: str, shop: Make) -> None:
    """The old unique stays while its successor is refused."""
    unique = MODELS.replace("indexes = ", 'unique_together = (("title", "pages"),)\n        indexes = ')
    project = shop(dialect, ROWS, models=unique)
    (project.folder / "shop_models.py").write_text(unique.replace('("title", "pages")', '("title", "author")'))
    assert project.run("apply", "--yes").returncode == 1
    (project.folder / "shop_models.py").write_text(unique)
    assert project.run("check", "-q").returncode == 0


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_error_leaves_the_others_to_be_done_where_one_says_so(dialect: str, shop: Make) -> None:
    project = shop(dialect, ROWS)
    models = MODELS.replace("max_length=100", "max_length=100, unique=True").replace(
        "pages = ", "year = fields.IntField(null=True)\n    pages = "
    )
    (project.folder / "shop_models.py").write_text(models)
    said = project.run("apply", "--yes", "--no-safe", "--no-prove", "--continue-on-error")
    assert said.returncode == 2
    assert said.stdout.count("\n  failed: ") == 1
    assert "where:" not in said.stdout  # it is the statement, which "failed:" has named
    assert "now: 1 change " in said.stdout
    assert project.fetch("SELECT count(*) AS n FROM author") == [(3,)]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_converted_keeps_its_meaning(dialect: str, shop: Make) -> None:
    project = shop(dialect, ROWS)
    if dialect == "sqlite":
        project.sql("ALTER TABLE book ADD COLUMN n TEXT; UPDATE book SET n = '7' || id")
    else:
        project.sql("ALTER TABLE book ADD COLUMN n varchar(10); UPDATE book SET n = concat('7', id)")
    (project.folder / "shop_models.py").write_text(
        MODELS.replace("pages = ", "n = fields.IntField(null=True)\n    pages = ")
    )
    assert project.run("apply", "--yes").returncode == 1
    done = project.run("apply", "--yes", "--no-safe")
    assert done.returncode == 0, done.stdout
    assert project.fetch("SELECT n FROM book ORDER BY id") == [(71,), (72,), (73,)]


HOSTILE = """weird'; DROP TABLE book; -- \\ % ü"""
"""Without the server's own quotation mark: that one Tortoise writes as it is, so that its DDL is no SQL."""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_hostile_names_are_only_names(dialect: str, shop: Make) -> None:
    project = shop(dialect, ROWS)
    models = (
        MODELS
        + f"""
class Odd(Model):
    id = fields.IntField(primary_key=True)
    value = fields.CharField(max_length=20, source_field={HOSTILE!r}, null=True, description={HOSTILE!r}, db_index=True)
    longest = fields.CharField(max_length=60, source_field={"n" * 63!r}, db_default={HOSTILE!r})
    kind = fields.CharField(max_length=60, null=True)

    class Meta:
        table = {HOSTILE!r}
        table_description = {HOSTILE!r}
"""
    )
    (project.folder / "shop_models.py").write_text(models)
    made = project.run("apply", "--yes")
    assert made.returncode == 0, made.stdout + made.stderr
    quote = "`" if dialect in ("mysql", "mariadb") else '"'
    table = quote + HOSTILE.replace(quote, quote * 2) + quote
    project.sql(f"INSERT INTO {table} (id) VALUES (1)")
    (project.folder / "shop_models.py").write_text(models.replace("max_length=20", "max_length=30"))
    done = project.run("apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.fetch("SELECT count(*) AS n FROM book") == [(3,)]
    assert project.fetch(f"SELECT {'n' * 63} AS x FROM {table}") == [(HOSTILE,)]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_looks_renamed_is_refused_until_it_is_answered(dialect: str, shop: Make) -> None:
    project = shop(dialect, ROWS + "ALTER TABLE author RENAME COLUMN email TO mail;")
    for mode in ("--yes", "--no-guided"):
        said = project.run("apply", mode, "--no-safe")
        assert said.returncode == 1
        assert "--rename author.mail=email (or --no-renames)" in said.stdout
        assert project.fetch("SELECT count(mail) AS n FROM author") == [(2,)]
    done = project.run("apply", "--yes", "--rename", "author.mail=email")
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.fetch("SELECT count(email) AS n FROM author") == [(2,)]


@pytest.mark.parametrize("dialect", DIALECTS[1:3])
def test_another_collation_may_make_one_value_of_two(dialect: str, shop: Make) -> None:
    project = shop(dialect, ROWS + "ALTER TABLE author MODIFY name VARCHAR(100) COLLATE utf8mb4_bin NOT NULL;")
    said = project.run("apply", "--yes")
    assert said.returncode == 1
    assert "to allow it: --allow-hazard MAY_FAIL_ON_DATA" in said.stdout
    assert project.run("apply", "--yes", "--allow-hazard", "MAY_FAIL_ON_DATA").returncode == 0


@pytest.mark.postgres
def test_a_default_leaves_the_enumeration_with_its_column_whatever_the_column_is_called(shop: Make) -> None:
    models = MODELS.replace("email = ", 'r = fields.CharField(max_length=9, db_default="x", null=True)\n    email = ')
    project = shop(
        "postgres",
        ROWS + "CREATE TYPE kind AS ENUM ('x', 'y'); ALTER TABLE author ALTER r DROP DEFAULT;"
        "ALTER TABLE author ALTER r TYPE kind USING 'y', ALTER r SET DEFAULT 'x';",
        models,
        'unmanaged = "fail"\n',
    )
    done = project.run("apply", "--yes", "--no-safe")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "proven: the plan was run on a scratch copy with 6 rows" in done.stdout
    assert project.fetch("SELECT DISTINCT r FROM author") == [("y",)]


BEYOND_THE_SAMPLE = {
    "a column that is to be renamed has NULL": (
        "ALTER TABLE author RENAME COLUMN email TO mail; UPDATE author SET mail = NULL WHERE id = 300;",
        MODELS.replace("max_length=200, null=True", "max_length=200"),
        "1 of 300 rows of author have NULL in email",
    ),
    "a table that is to be renamed has duplicates": (
        "UPDATE author SET name = 'name 299' WHERE id = 300; ALTER TABLE author RENAME TO writer;",
        MODELS.replace("max_length=100)", "max_length=100, unique=True)"),
        "2 of 300 rows of author share name with another row",
    ),
    "a value is too long": (
        "UPDATE author SET name = 'a name that is too long' WHERE id = 300;",
        MODELS.replace("max_length=100)", "max_length=10)"),
        "1 of 300 rows of author are longer than 10 in name",
    ),
}


@pytest.mark.parametrize("dialect", DIALECTS[:-1])
@pytest.mark.parametrize("story", BEYOND_THE_SAMPLE)
def test_rows_in_the_way_are_found_beyond_the_sample_and_under_names_to_come(
    story: str, dialect: str, shop: Make
) -> None:
    drift, models, found = BEYOND_THE_SAMPLE[story]
    rows = ", ".join(f"({number}, 'name {number}', 'a@x')" for number in range(1, 301))
    project = shop(dialect, f"INSERT INTO author (id, name, email) VALUES {rows}; {drift}")
    (project.folder / "shop_models.py").write_text(models)
    before = project.run("check", "-q").stdout
    answers = ("--rename", "author.mail=email", "--rename", "writer=author")
    said = project.run("apply", "--yes", "--no-safe", *answers)
    assert said.returncode == 1, said.stdout + said.stderr
    assert f"rows are in the way: {found}" in said.stdout
    assert "have a value in" not in said.stdout, "of a shorter text, its length alone matters"
    assert project.run("check", "-q").stdout == before


@pytest.mark.postgres
def test_values_that_leave_an_enumeration_are_counted_in_arrays_too(fresh_database: Callable[[str], str]) -> None:
    from pytest_schemadrift.applying.row_counts import facts_about
    from pytest_schemadrift.schema.changes import ReplaceEnum
    from pytest_schemadrift.sources.database import open_server
    from tests.harness import compare_with_script, load, run

    async def info() -> list[tuple[str, bool]]:
        async with open_server(fresh_database("postgres")) as server:
            await load(
                server, "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (m e[]); INSERT INTO t VALUES ('{a,b}')"
            )
            found = await compare_with_script(
                server, "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (m e[]);", prove=False
            )
            (change,) = [change for change in found.plan.changes if isinstance(change, ReplaceEnum)]
            return [(str(fact), fact.blocks) for fact in await facts_about(server, change, found.old)]

    assert run(info()) == [("1 of 1 rows of t have b in m", True)]


CHECKED = MODELS.replace(
    'table = "author"',
    'table = "author"\n        constraints = (CheckConstraint(check="age > length(name)", name="grown"),)',
).replace("email = ", "age = fields.IntField(db_default=2)\n    email = ")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_rows_that_a_check_of_a_new_column_refuses_are_counted(dialect: str, shop: Make) -> None:
    """Each has the column's default."""
    project = shop(dialect, "INSERT INTO author (id, name) VALUES (1, 'a'), (2, 'bbb'), (3, 'cc')")
    project.models(f"from tortoise.migrations.constraints import CheckConstraint\n{CHECKED}")
    said = project.run("apply", "--yes", "--no-safe")
    assert said.returncode == 1
    assert "rows: 2 of 3 rows of author break it" in said.stdout, said.stdout
    (query,) = {line.partition("SELECT")[2] for line in said.stdout.splitlines() if "to see them" in line}
    assert len(project.fetch(f"SELECT{query.rstrip(';')}")) == 2


CHAINED = MODELS.replace("email = ", "phone = fields.CharField(max_length=200, null=True)\n    email = ")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "answers", [("author.fax=phone", "author.phone=email"), ("author.phone=email", "author.fax=phone")]
)
def test_a_name_may_be_taken_by_the_next_one(answers: tuple[str, str], dialect: str, shop: Make) -> None:
    project = shop(
        dialect,
        "ALTER TABLE author RENAME COLUMN phone TO fax; ALTER TABLE author RENAME COLUMN email TO phone;"
        "INSERT INTO author (id, name, fax, phone) VALUES (1, 'a', 'the fax', 'the phone');",
        CHAINED,
    )
    done = project.run("apply", "--no-guided", "--no-safe", "--rename", answers[0], "--rename", answers[1])
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.fetch("SELECT phone, email FROM author") == [("the fax", "the phone")]


@pytest.mark.parametrize("table", ["author", "writers"])
def test_a_column_of_a_renamed_table_goes_by_either_name_of_it(table: str, shop: Make) -> None:
    project = shop(
        "sqlite",
        "INSERT INTO author (id, name, email) VALUES (1, 'a', 'a@x');"
        "ALTER TABLE author RENAME COLUMN email TO url; ALTER TABLE author RENAME TO writers;",
    )
    answers = ("--rename", f"{table}.url=email", "--rename", "writers=author")
    done = project.run("apply", "--no-guided", "--no-safe", *answers)
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.fetch("SELECT email FROM author") == [("a@x",)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("author.ulr=email", ["author has no column ulr", "did you mean 'url'?"]),
        ("author.url=emial", ["author has no emial in the models", "did you mean 'email'?"]),
        ("author.url=name", ["author has name too", "known are: email"]),
    ],
)
def test_an_answer_that_names_nothing_is_no_drop_and_add(answer: str, words: list[str], shop: Make) -> None:
    project = shop(
        "sqlite", "ALTER TABLE author RENAME COLUMN email TO url; INSERT INTO author VALUES (1, 'a', 'a@x');"
    )
    said = project.run("apply", "--no-guided", "--no-safe", "--rename", answer)
    assert said.returncode == 2, said.stdout
    assert all(word in said.stderr for word in words), said.stderr
    assert project.fetch("SELECT url FROM author") == [("a@x",)]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_connections_to_one_database_leave_each_others_tables_alone(dialect: str, shop: Make) -> None:
    """They are neither dropped as unmanaged nor taken for tables that were renamed."""
    project = shop(dialect, ROWS, settings='unmanaged = "fail"\n')
    models = MODELS.replace('table = "author"', 'table = "authors"').replace('table = "book"', 'table = "books"')
    (project.folder / "other_models.py").write_text(models.replace("shop.Author", "other.Author"))
    (project.folder / "shop_settings.py").write_text(
        f'TORTOISE_ORM = {{"connections": {{"one": {project.url!r}, "two": {project.url!r}}}, "apps": {{'
        '"shop": {"models": ["shop_models"], "default_connection": "one"},'
        '"other": {"models": ["other_models"], "default_connection": "two"}}}\n'
    )
    done = project.run("apply", "--no-guided", "--no-safe")
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.fetch("SELECT (SELECT count(*) FROM book) AS a, (SELECT count(*) FROM books) AS b") == [(3, 0)]
    project.sql("CREATE TABLE forgotten (id INT)")
    assert project.run("check").stdout.count("table forgotten is extra") == 2


def test_a_table_is_not_renamed_onto_another(shop: Make) -> None:
    project = shop("sqlite", "CREATE TABLE writer (id INT)")
    said = project.run("apply", "--yes", "--rename", "writer=author")
    assert said.returncode == 2
    assert "--rename writer=author: the database has author too" in said.stderr


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_column_that_stays_keeps_its_foreign_key_and_its_index(dialect: str, shop: Make) -> None:
    project = shop(dialect, ROWS)
    text = MODELS.replace("author = fields.ForeignKeyField", "writer_author = fields.ForeignKeyField")
    (project.folder / "shop_models.py").write_text(text)
    assert project.run("apply", "--yes").returncode == 1
    done = project.run("apply", "--yes", "--rename", "book.author_id=writer_author_id")
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.fetch("SELECT count(*) AS n FROM book WHERE writer_author_id IS NOT NULL") == [(3,)]


@pytest.mark.parametrize("dialect", DIALECTS[1:3])
@pytest.mark.parametrize(
    ("user", "answers"),
    [
        ("CREATE VIEW seen AS SELECT old FROM author;", ()),
        ("CREATE TRIGGER sets BEFORE UPDATE ON author FOR EACH ROW SET NEW.old = 'y';", ()),
        (
            "ALTER TABLE author DROP email; CREATE VIEW seen AS SELECT old FROM author;",
            ("--rename", "author.old=email"),
        ),
    ],
)
def test_what_uses_a_column_that_goes_is_found_before_it_breaks(
    user: str, answers: tuple[str, ...], dialect: str, shop: Make
) -> None:
    project = shop(dialect, f"{ROWS} ALTER TABLE author ADD COLUMN old VARCHAR(200); {user}")
    said = project.run("apply", "--yes", "--no-safe", *answers)
    assert said.returncode == 1
    assert "would no longer work: alter it, or drop it" in said.stdout
    project.sql("UPDATE author SET old = 'x'")
    project.sql("DROP VIEW IF EXISTS seen; DROP TRIGGER IF EXISTS sets")
    assert project.run("apply", "--yes", "--no-safe", *answers).returncode == 0


@pytest.mark.sqlite
def test_a_transaction_that_could_not_begin_is_not_said_to_have_ended(shop: Make) -> None:
    import sqlite3

    project = shop("sqlite", GUIDED)
    with contextlib.closing(sqlite3.connect(project.url.removeprefix("sqlite://"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        said = project.run("apply", "--yes", "--lock-timeout", "100ms")
    assert said.returncode == 2
    assert "failed: the start of the transaction" in said.stdout


def test_no_renames_means_drop_and_add_and_the_drop_is_still_a_hazard(shop: Make) -> None:
    project = shop("sqlite", ROWS + "ALTER TABLE author RENAME COLUMN email TO mail;")
    said = project.run("apply", "--yes", "--no-renames")
    assert said.returncode == 1
    assert "to allow it: --allow-hazard DELETES_DATA" in said.stdout
    assert project.fetch("SELECT count(mail) AS n, count(email) AS m FROM author") == [(2, 0)]


def test_a_hook_of_an_installed_package_says_what_is_no_drift(shop: Make) -> None:
    project = shop("sqlite", ROWS + "ALTER TABLE author ADD COLUMN old TEXT;")
    (project.folder / "keepers.py").write_text(
        "def schemadrift_ignore_change(change):\n"
        "    return 'kept for the archive' if change.code == 'SD202' else None\n"
    )
    metadata = project.folder / "keepers-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: keepers\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[schemadrift]\nkeepers = keepers\n")
    done = project.run("apply", "--yes", "--no-safe")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "in sync" in done.stdout
    assert project.fetch("SELECT count(old) AS n FROM author") == [(0,)]


def test_django_spellings_and_the_other_names_of_the_command(shop: Make) -> None:
    project = shop("sqlite", ROWS + "ALTER TABLE author ADD COLUMN old TEXT;")
    assert project.run("auto-migrate", "--guided=False").returncode == 1
    done = project.run("auto_migrate", "--guided=False", "--safe=False")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_hazard_that_does_not_exist_names_the_nearest(shop: Make) -> None:
    said = shop("sqlite").run("apply", "--allow-hazard", "DELETE_DATA")
    assert said.returncode == 2
    assert "DELETES_DATA" in said.stderr
    assert len(said.stderr.splitlines()) <= 5


# --- asked -----------------------------------------------------------------------------------------------------------

GUIDED = ROWS + "ALTER TABLE book DROP COLUMN pages; DROP INDEX idx_book_title_c229c1;"


def test_every_step_is_asked_and_invalid_answers_are_declined(shop: Make) -> None:
    project = shop("sqlite", GUIDED)
    said = project.run("apply", "--guided", answers="maybe\ny\nn\n")
    assert "'maybe' is no answer: y = yes, n = no, a = yes to all harmless ones, q = quit" in said.stdout
    assert said.returncode == 1, said.stdout
    assert "now: 1 change from live to models" in said.stdout
    assert project.run("apply", "--guided", answers="a\n").returncode == 0


@pytest.mark.parametrize("answers", ["q\n", "y\nq\n", "", "y\n"])
def test_quitting_and_the_end_of_input_change_nothing(answers: str, shop: Make) -> None:
    project = shop("sqlite", GUIDED)
    said = project.run("apply", "--guided", answers=answers)
    assert said.returncode == 1
    assert "stopped: nothing was run, nothing was changed" in said.stdout
    assert "2 changes" in project.run("check", "-q").stdout


def test_enter_is_no_where_data_is_in_danger(shop: Make) -> None:
    project = shop("sqlite", ROWS + "ALTER TABLE author ADD COLUMN old TEXT;")
    said = project.run("apply", "--guided", "--allow-hazard", "DELETES_DATA", answers="\n")
    assert "[y/N/q]" in said.stdout
    assert said.returncode == 1
    assert project.run("apply", "--guided", "--no-safe", answers="y\n").returncode == 0


OLD = ROWS + "ALTER TABLE author ADD COLUMN old TEXT; UPDATE author SET old = 'x' WHERE id = 1;"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_person_may_say_yes_to_what_safe_mode_refuses(dialect: str, shop: Make) -> None:
    project = shop(dialect, OLD + "ALTER TABLE book DROP COLUMN pages;")
    said = project.run("apply", "--guided", answers="\n\n")
    assert said.returncode == 1, said.stdout
    for line in ("    hazards: DELETES_DATA", "    rows: 1 of 3 rows of author have a value in old"):
        assert line in said.stdout
    assert "  DELETES_DATA: run it? [y/N/q]" in said.stdout
    assert said.stdout.count(LEGEND) == 1, "who has never seen it is told once what the letters mean"
    shows = re.search(r"to see them: (.*);", said.stdout)
    assert shows is not None
    assert [row[0] for row in project.fetch(shows[1])] == [1]
    assert "added column book.pages" in said.stdout, "Enter is yes to what is harmless"
    assert project.fetch("SELECT old FROM author WHERE id = 1") == [("x",)]
    said = project.run("apply", "--guided", answers="y\n")
    assert said.returncode == 0, said.stdout
    assert "dropped column author.old" in said.stdout
    assert "to allow it" not in said.stdout, "there is nothing to type: it was asked"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_rows_are_in_the_way_of_is_not_asked_and_keeps_nothing_else_back(dialect: str, shop: Make) -> None:
    project = shop(dialect, ROWS + "ALTER TABLE book DROP COLUMN pages;")
    project.models(MODELS.replace("max_length=100", "max_length=100, unique=True"))
    said = project.run("apply", "--guided", answers="y\n")
    assert "rows: 2 of 3 rows of author share name with another row" in said.stdout
    assert "not done: the rows above prevent it" in said.stdout
    assert "done: 1 statement" in said.stdout
    assert "now: 1 change " in said.stdout


def test_who_says_safe_is_not_asked(shop: Make) -> None:
    said = shop("sqlite", OLD).run("apply", "--guided", "--safe", answers="y\n")
    assert said.returncode == 1
    assert "to allow it: --allow-hazard DELETES_DATA" in said.stdout
    assert "run it?" not in said.stdout


@pytest.mark.slow
def test_of_one_statement_a_person_takes_the_harmless_part_and_sees_what_is_left(shop: Make) -> None:
    """SQLite makes the table anew for all of it at once."""
    project = shop("sqlite", OLD)
    models = MODELS.replace("max_length=100", "max_length=100, db_default='?'").replace(
        "email = ", "phone = fields.CharField(max_length=9, unique=True, null=True)\n    email = "
    )
    project.models(models)
    said = project.run("apply", "--guided", answers="\n\ny\n")
    assert said.stdout.count("(table author)") == 2
    shown = said.stdout.partition("with these answers, the plan is:")[2]
    assert "SD202" not in shown.partition("run this?")[0]
    assert "done: " in shown, said.stdout
    assert project.fetch("SELECT old, phone FROM author WHERE id = 1") == [("x", None)]
    assert project.run("apply", "--guided", answers="y\n").returncode == 0


def test_changes_of_one_table_stand_together(shop: Make) -> None:
    project = shop("sqlite", OLD + "ALTER TABLE author DROP COLUMN email; ALTER TABLE book DROP COLUMN pages;")
    project.models(MODELS.replace("indexes = ", 'unique_together = (("title", "author"),)\n        indexes = '))
    project.sql("DROP INDEX idx_book_title_c229c1")
    said = project.run("apply", "--guided", "--no-renames", answers="\n" * 4 + "n\n")
    tables = re.findall(r"\d of \d \(table (\w+)\)", said.stdout)
    assert tables == ["author", "author", "book", "book"], said.stdout  # run are they in another order


def test_no_to_a_rename_that_was_said_stops(shop: Make) -> None:
    project = shop("sqlite", ROWS + "ALTER TABLE author RENAME COLUMN email TO mail;")
    said = project.run("apply", "--guided", "--rename", "author.mail=email", answers="n\n")
    assert "a rename comes before everything else" in said.stdout
    assert "nothing was changed" in said.stdout
    assert project.fetch("SELECT count(mail) AS n FROM author") == [(2,)]


def test_a_rename_is_asked_and_has_no_default(shop: Make) -> None:
    project = shop("sqlite", ROWS + "ALTER TABLE author RENAME COLUMN email TO mail;")
    said = project.run("apply", "--guided", answers="\ny\ny\n")
    assert "author.mail looks renamed to email" in said.stdout
    assert said.stdout.index("database ") < said.stdout.index("looks renamed to"), "which database is known before"
    assert "please answer" in said.stdout
    assert said.returncode == 0, said.stdout
    assert project.fetch("SELECT count(email) AS n FROM author") == [(2,)]


@pytest.mark.processes
def test_on_a_terminal_it_asks_by_itself_and_ctrl_c_changes_nothing(shop: Make) -> None:
    project = shop("sqlite", GUIDED)
    process, master = _applied_on_a_terminal(project.folder)
    shown = _read_until(master, "run it?")
    assert "\x1b[" in shown
    process.send_signal(signal.SIGINT)
    if not select.select([master], [], [], 30)[0]:  # it came in the moment before the reading, which no Python sees
        process.send_signal(signal.SIGINT)
    shown = _read_until(master, "nothing was changed")
    assert process.wait(60) == 1
    os.close(master)
    assert "2 changes" in project.run("check", "-q").stdout


@pytest.mark.processes
def test_on_a_terminal_it_offers_what_is_dangerous(shop: Make) -> None:
    project = shop("sqlite", OLD + "ALTER TABLE book DROP COLUMN pages;")
    process, master = _applied_on_a_terminal(project.folder)
    shown = _read_until(master, "run it?")
    assert shown.index("database ") < shown.index("1 of 2")
    answers = ("y", "") if "DELETES_DATA: run it?" in shown else ("", "y")
    os.write(master, f"{answers[0]}\n".encode())
    shown += _read_until(master, "run it?")
    os.write(master, f"{answers[1]}\n".encode())
    shown += _read_until(master, "now: in sync")
    assert process.wait(60) == 0
    os.close(master)
    assert "DELETES_DATA: run it? [y/N/q]" in shown
    assert "rows of author have a value in old" in shown


def _applied_on_a_terminal(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """``apply`` where a person can answer, and that person's end of the terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest_schemadrift", "apply"],
        cwd=folder, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    return process, master


def _read_until(terminal: int, text: str) -> str:
    shown, end = "", time.monotonic() + 60
    while text not in shown:
        assert time.monotonic() < end, shown
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 4096).decode(errors="replace")
            except OSError:  # its other end is closed
                break
    return shown


@pytest.mark.postgres
def test_ctrl_c_in_the_middle_of_a_statement_leaves_nothing_behind(shop: Make) -> None:
    project = shop("postgres", ROWS + "ALTER TABLE book DROP COLUMN pages;")
    from pytest_schemadrift.sources.database import open_server
    from tests.harness import run

    async def work() -> tuple[int, str]:
        async with open_server(project.url) as other:
            await other.connection.execute("BEGIN")
            await other.connection.execute("INSERT INTO author (id, name) VALUES (9, 'z')")
            await other.connection.execute("LOCK TABLE book IN ROW EXCLUSIVE MODE")
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest_schemadrift", "apply", "--yes", "--lock-timeout", "30"],
                cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
            for _ in range(1200):
                await other.connection.fetch("SELECT pg_stat_clear_snapshot()")
                waiting = await other.connection.fetch(
                    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE%'"
                    " AND datname = current_database()"
                )
                if waiting:
                    break
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            shown, _ = process.communicate(timeout=60)
            await other.connection.execute("COMMIT")
            return process.returncode, shown

    code, shown = run(work())
    assert code == 130, shown
    assert "interrupted in ALTER TABLE" in shown
    assert "done: 0 statements" in shown
    assert project.run("apply", "--yes").returncode == 0


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_table_that_seems_renamed_is_asked_and_never_created_empty_beside_the_old_one(
    dialect: str, shop: Make
) -> None:
    project = shop(dialect, "INSERT INTO author (id, name) VALUES (1, 'a');")
    (project.folder / "shop_models.py").write_text(MODELS.replace('table = "author"', 'table = "authors"'))
    refused = project.run("apply", "--yes")
    assert refused.returncode == 1
    assert "to allow it: --rename author=authors (or --no-renames)" in refused.stdout
    done = project.run("apply", "--yes", "--rename", "author=authors")
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.fetch("SELECT id, name FROM authors") == [(1, "a")]


@pytest.mark.slow
def test_of_many_changes_it_shows_the_first_and_all_that_are_dangerous(shop: Make) -> None:
    shelves = [
        f"\nclass Shelf{number:02}(Model):\n    id = fields.IntField(primary_key=True)\n"
        "    note = fields.IntField(null=True)\n"
        for number in range(46)
    ]
    drift = "".join(f"ALTER TABLE shelf{number:02} ADD COLUMN old TEXT;" for number in range(7))
    project = shop("sqlite", drift, models=MODELS + "".join(shelves[:7]))
    project.models(MODELS + "".join(shelves))
    everything = project.run("-v", "apply", "--dry-run", "--allow-hazard", "DELETES_DATA")
    assert everything.stdout.count("CREATE TABLE") == 39
    dry = project.run("apply", "--dry-run", "--allow-hazard", "DELETES_DATA")
    assert dry.stdout.count("hazards: DELETES_DATA") == 7
    assert "CREATE TABLE" not in dry.stdout
    assert "and 39 steps more without a hazard (39 × SD101): -v shows them" in dry.stdout
    done = project.run("apply", "--yes", "--allow-hazard", "DELETES_DATA")
    assert done.returncode == 0, done.stdout + done.stderr
    ran = [line for line in done.stdout.splitlines() if " of 46: " in line]
    assert len(ran) == 12
    assert ran[-1].startswith("  46 of 46: ")
    assert project.run("check", "-q").returncode == 0
