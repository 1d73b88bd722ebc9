"""Safe mode adds and widens: what somebody made by hand is dropped by nobody who was not told to."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.applying.row_counts import empty_tables
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import dump, open_server
from tests.apply.conftest import MODELS, Shop
from tests.apply.test_command import DIALECTS
from tests.harness import compare_with_script, golden, load, run

Make = Callable[..., Shop]
ROWS = """
INSERT INTO author (id, name, email) VALUES (1, 'a', 'a@x'), (2, 'b', 'b@x'), (3, 'b', 'c@x');
INSERT INTO book (id, title, author_id, pages) VALUES (1, 't', 1, 10), (2, 'u', 2, 20), (3, 'v', 2, 30);
"""
MADE_BY_HAND = {
    "index": ("CREATE INDEX by_hand ON book (pages);", "INSERT INTO author (id, name) VALUES (4, 'd');"),
    "partial": (
        "CREATE INDEX by_hand ON book (pages) WHERE pages > 5;",
        "INSERT INTO author (id, name) VALUES (4, 'd');",
    ),
    "unique": (
        "CREATE UNIQUE INDEX by_hand ON author (email);",
        "INSERT INTO author (id, name, email) VALUES (4, 'd', 'a@x');",
    ),
    "check": (
        "ALTER TABLE book ADD CONSTRAINT by_hand CHECK (pages > 0);",
        "INSERT INTO book (id, title, author_id, pages) VALUES (4, 'w', 1, 0);",
    ),
    "foreign key": (
        "ALTER TABLE book ADD CONSTRAINT by_hand FOREIGN KEY (id) REFERENCES author (id);",
        "INSERT INTO book (id, title, author_id, pages) VALUES (99, 'w', 1, 1);",
    ),
    "not null": (
        {
            "postgres": "ALTER TABLE book ALTER pages SET NOT NULL;",
            "mysql": "ALTER TABLE book MODIFY pages bigint NOT NULL;",
            "mariadb": "ALTER TABLE book MODIFY pages bigint NOT NULL;",
        },
        "INSERT INTO book (id, title, author_id) VALUES (4, 'w', 1);",
    ),
    "generated column": (
        {
            "postgres": "ALTER TABLE book ADD twice bigint GENERATED ALWAYS AS (pages * 2) STORED;",
            "mysql": "ALTER TABLE book ADD twice bigint GENERATED ALWAYS AS (pages * 2) STORED;",
            "mariadb": "ALTER TABLE book ADD twice bigint GENERATED ALWAYS AS (pages * 2) STORED;",
            "sqlite": "ALTER TABLE book ADD twice bigint GENERATED ALWAYS AS (pages * 2) VIRTUAL;",
        },
        "",
    ),
}
"""What is made, and what the database does not take because of it."""
_SQLITE = {
    "check": "CHECK (pages > 0)",
    "foreign key": "FOREIGN KEY (id) REFERENCES author (id)",
    "not null": "CHECK (pages IS NOT NULL)",
}


def _made(what: str, dialect: str, project: Shop) -> str:
    how = MADE_BY_HAND[what][0]
    if dialect == "sqlite" and what in _SQLITE:
        [(table,)] = project.fetch("SELECT sql FROM sqlite_master WHERE name = 'book'")
        with_it = re.sub(r"\)\s*$", f", CONSTRAINT by_hand {_SQLITE[what]})", str(table))
        return (
            f"ALTER TABLE book RENAME TO was; {with_it}; INSERT INTO book SELECT * FROM was; DROP TABLE was;"
            'CREATE INDEX "idx_book_title_c229c1" ON "book" ("title");'
        )
    return how if isinstance(how, str) else how[dialect]


@pytest.mark.parametrize("what", MADE_BY_HAND)
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.tried("safe mode: an index, a key, a check, a column made by hand")
def test_what_was_made_by_hand_stays_until_it_is_allowed_to_go(what: str, dialect: str, shop: Make) -> None:
    if what == "partial" and dialect in ("mysql", "mariadb"):
        pytest.skip("there are no partial indexes")
    project = shop(dialect, ROWS)
    project.sql(_made(what, dialect, project))
    said = project.run("apply", "--yes")
    assert said.returncode == 1, said.stdout + said.stderr
    hazard = re.search(r"to allow it: --allow-hazard (\w+)", said.stdout)
    assert hazard, said.stdout
    expected = {"index": "DROPS_INDEX", "partial": "DROPS_INDEX", "generated column": "DELETES_DATA"}
    assert hazard[1] == expected.get(what, "LOOSENS_CONSTRAINT")
    assert "ran" not in said.stdout
    forbidden = MADE_BY_HAND[what][1]
    if "index" not in what and what not in ("partial", "generated column"):
        with pytest.raises(Exception, match=r"(?i)unique|duplicate|check|constraint|foreign|null|default"):
            project.sql(forbidden)
    allowed = project.run("apply", "--yes", "--allow-hazard", hazard[1])
    assert allowed.returncode == 0, allowed.stdout + allowed.stderr
    if forbidden:
        project.sql(forbidden)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.tried("safe mode: a table without rows")
def test_no_rows_are_no_reason_to_refuse(dialect: str, shop: Make) -> None:
    """A column that goes, one that must have a value, another type, a unique: nothing of it can harm an empty table."""
    project = shop(dialect)
    models = MODELS.replace("    pages = fields.BigIntField(null=True)", "    isbn = fields.IntField()")
    models = models.replace("max_length=300", "max_length=30").replace("max_length=100", "max_length=100, unique=True")
    (project.folder / "shop_models.py").write_text(models)
    done = project.run("apply", "--yes", "--no-renames")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "now: in sync" in done.stdout


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.tried("safe mode: something that another of its shape replaces")
def test_a_replacement_is_no_loss(dialect: str, shop: Make) -> None:
    """The same keys under another name, or one index less of two that are the same: nothing is taken away."""
    project = shop(dialect, ROWS)
    on = " ON book" if dialect in ("mysql", "mariadb") else ""
    project.sql(
        f"DROP INDEX idx_book_title_c229c1{on}; CREATE INDEX a ON book (title); CREATE INDEX b ON book (title);"
    )
    done = project.run("apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.tried("safe mode: rows that come between the plan and its execution")
def test_rows_that_come_meanwhile_stop_what_was_safe_without_them(
    dialect: str, fresh_database: Callable[[str], str]
) -> None:
    async def work() -> None:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, "CREATE TABLE a (x integer PRIMARY KEY, y integer);")
            live = await dump(server)
            [table] = live.tables
            assert await empty_tables(server, live, [table.name]) == {table.name}
            wanted = replace(live, tables=(replace(table, columns=table.columns[:1]),))
            plan = build_plan(live, wanted, server.dialect, server.info)
            await load(server, "INSERT INTO a VALUES (1, 7);")
            assert await empty_tables(server, live, [table.name]) == frozenset()
            outcome = await execute(server, plan, still_empty=[table.name])
            assert outcome.error is not None and "has rows now" in outcome.error.what
            assert await server.connection.fetch("SELECT x, y FROM a") == [(1, 7)]

    run(work())


@pytest.mark.postgres
@pytest.mark.tried("safe mode: rows that row security hides")
def test_a_table_whose_rows_are_hidden_is_not_empty(fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            role = f"reader_{server.info.database}"
            script = "CREATE TABLE a (x integer); INSERT INTO a VALUES (1); ALTER TABLE a ENABLE ROW LEVEL SECURITY;"
            await load(server, f"{script} CREATE ROLE {role}; GRANT SELECT ON a TO {role};")
            live = await dump(server)
            try:
                await server.connection.execute(f"SET ROLE {role}")
                assert await server.connection.fetch("SELECT x FROM a") == []
                assert await empty_tables(server, live, [Name("", "a")]) == frozenset()
            finally:
                await load(server, f"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role};")

    run(work())


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.tried("a fix that fails on the scratch copy")
def test_what_is_not_proven_is_not_recommended(shop: Make) -> None:
    project = shop("sqlite", "ALTER TABLE author ADD COLUMN old TEXT; CREATE VIEW seen AS SELECT old FROM author;")
    for format_ in ("text", "html", "markdown"):
        said = project.run("check", "--format", format_)
        assert said.returncode == 1, said.stderr
        assert "NOT proven" in said.stdout, said.stdout
        assert "schemadrift apply" not in said.stdout
    planned = project.run("plan", "--no-safe", "-o", "a.json")
    assert "NOT proven, nothing is run" in planned.stdout
    assert "written: a.json" in planned.stderr + planned.stdout
    assert "schemadrift apply" not in planned.stdout + planned.stderr
    project.sql("DROP VIEW seen")
    assert "to fix it: schemadrift apply --connection default" in project.run("check").stdout


@pytest.mark.parametrize("how", ["--no-safe", "--no-prove"])
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.tried("rows that are in the way of a change")
def test_rows_in_the_way_are_shown(dialect: str, how: str, shop: Make) -> None:
    project = shop(dialect, ROWS)
    (project.folder / "shop_models.py").write_text(MODELS.replace("max_length=100", "max_length=100, unique=True"))
    said = project.run("apply", "--yes", "--allow-hazard", "MAY_FAIL_ON_DATA", how)
    assert said.returncode == 1, said.stdout + said.stderr
    assert "NOT proven, nothing is run" in said.stdout
    assert "rows are in the way: 2 of 3 rows of author" in said.stdout
    shown = re.search(r"to see them: (SELECT .*);", said.stdout)
    assert shown, said.stdout
    assert [tuple(row) for row in project.fetch(shown[1])] == [("b", 2)]
    assert "ran" not in said.stdout


@pytest.mark.parametrize("dialect", ["postgres", "sqlite"])
@pytest.mark.parametrize("options", [(), ("--continue-on-error",)])
@pytest.mark.tried("safe mode: an index that stays under a name that another is to have")
def test_a_name_that_is_not_freed_is_not_taken(dialect: str, options: tuple[str, ...], shop: Make) -> None:
    """The index made by hand is not dropped, so the wanted one of its name gets another: it is made all the same."""
    project = shop(dialect, ROWS)
    project.sql("DROP INDEX idx_book_title_c229c1; CREATE INDEX idx_book_title_c229c1 ON author (email);")
    said = project.run("apply", "--yes", *options)
    assert said.returncode == 1 and "--allow-hazard DROPS_INDEX" in said.stdout, said.stdout + said.stderr
    project.sql("DROP INDEX idx_book_title_c229c1;")
    now = project.run("check")
    assert now.returncode == 0, now.stdout + now.stderr


@pytest.mark.parametrize("dialect", ["postgres", "sqlite"])
@pytest.mark.parametrize("what", ["TABLE {} (id INT)", "VIEW {} AS SELECT 1 AS one", "SEQUENCE {}"])
@pytest.mark.tried("safe mode: an index that stays under a name that another is to have")
def test_a_name_of_something_that_no_model_has_is_not_taken(what: str, dialect: str, shop: Make) -> None:
    """Indexes share their names with tables, views and sequences."""
    if dialect == "sqlite" and what.startswith("SEQUENCE"):
        pytest.skip("there are no sequences")
    project = shop(dialect, ROWS)
    project.sql(f"DROP INDEX idx_book_title_c229c1; CREATE {what.format('idx_book_title_c229c1')};")
    done = project.run("apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.run("check").returncode == 0


@pytest.mark.postgres
@pytest.mark.tried("safe mode: an index that stays under a name that another is to have")
def test_a_name_of_another_constraint_is_not_taken(fresh_database: Callable[[str], str]) -> None:
    """Names of constraints do not count, and no two of a table have one."""

    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            table = "CREATE TABLE t (id int PRIMARY KEY, a int{0})"
            await load(server, table.format(", CONSTRAINT by FOREIGN KEY (a) REFERENCES t"))
            new = ", CONSTRAINT other FOREIGN KEY (a) REFERENCES t, CONSTRAINT by CHECK (a > 0)"
            policy = Policy(whole=True, names="shape")
            found = await compare_with_script(server, table.format(new), policy)
            assert (found.proven, found.proof_note) == (True, "")
            await load(server, golden(found.plan))
            assert not (await compare_with_script(server, table.format(new), policy)).plan

    run(work())
