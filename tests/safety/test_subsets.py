"""A part of a plan, chosen with --only, --skip or an answer, leads to a schema that the server takes, rows and all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.build import build_plan, create_statements
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy, suited
from pytest_schemadrift.planning.safe_mode import declined, select, without_index
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.build import make_schema
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from tests.apply.conftest import Shop
from tests.apply.test_parts import schemas
from tests.harness import load, run
from tests.live.mutations import MUTATIONS

RICH = (
    "CREATE TABLE p (id int PRIMARY KEY, k int UNIQUE);"
    "CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int, d int, e int, CONSTRAINT u UNIQUE (a, b),"
    " CONSTRAINT k CHECK (c > 0 AND d > 0), CONSTRAINT f FOREIGN KEY (e) REFERENCES p (k));"
    "CREATE INDEX i ON t (b, c); CREATE UNIQUE INDEX j ON t (d)"
)
BARE = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, x int, CONSTRAINT u UNIQUE (x))"


def pairs(dialect: str) -> Iterator[tuple[Schema, Schema]]:
    """Two schemas with several differences, in both directions."""
    for old, new in [*schemas(dialect), (parse_sql(RICH, dialect), parse_sql(BARE, dialect))]:
        yield old, new
        yield new, old


def dangling(schema: Schema) -> list[str]:
    """The keys and indexes that name a column which is not there."""
    found = []
    columns = {table.name: {column.name for column in table.columns} for table in schema.tables}
    for table in schema.tables:
        keys = [table.primary_key] if table.primary_key else []
        for item in (*keys, *table.indexes, *table.foreign_keys):
            found += [f"{table.name}: {item}" for name in item.columns if name not in columns[table.name]]
        for key in table.foreign_keys:
            there = columns.get(key.ref_table, set())
            found += [f"{table.name}: {key}" for name in key.ref_columns if name not in there]
    return found


@pytest.mark.slow
@pytest.mark.tried("each change of a plan left out, and each alone")
@pytest.mark.parametrize("dialect", list(MUTATIONS))
def test_what_a_part_of_a_plan_leads_to_is_a_schema(dialect: str) -> None:
    """No key, index or check is left on a column that goes, whatever is chosen; SQLite itself makes what is left."""
    spoken = get_dialect(dialect)
    info = spoken.default_info
    policy = suited(Policy(whole=True), spoken.capabilities(info))
    tried = 0
    for old, wanted in pairs(dialect):
        new, _ = normalize(old, wanted, policy)
        changes = diff(old, new)
        for change in changes:
            for no in ([change], [other for other in changes if other is not change]):
                selection = select(old, new, (), [declined(no)])
                tried += 1
                assert dangling(selection.target) == [], f"without {[type(item).__name__ for item in no]}"
                if dialect == "sqlite" and not any(isinstance(item, c.CreateTable) for item in selection.refused):
                    with closing(sqlite3.connect(":memory:")) as database, database:
                        for statement in create_statements(selection.target, spoken, info):
                            database.execute(statement)
    assert tried > 40


@pytest.mark.tried("each change of a plan left out, and each alone")
@pytest.mark.parametrize("dialect", ["mysql", "mariadb", "postgres"])
def test_a_foreign_key_waits_for_its_index_where_the_server_would_make_another(dialect: str) -> None:
    """MySQL makes an index of the key's name, which nobody wants; PostgreSQL makes none."""
    spoken = get_dialect(dialect)
    capabilities = spoken.capabilities(spoken.default_info)
    text = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, a int{0}); {1}"
    key = ", CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id)"
    old = parse_sql(text.format("", ""), dialect)
    new = parse_sql(text.format(key, "CREATE INDEX i ON t (a)"), dialect)
    index = [change for change in diff(old, new) if isinstance(change, c.CreateIndex)]
    without = select(old, new, (), [declined(index), without_index(capabilities)])
    made = [type(change).__name__ for change in without.accepted]
    assert made == (["AddForeignKey"] if dialect == "postgres" else [])
    assert not select(old, new, (), [without_index(capabilities)]).refused


MADE_OF = """
    CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TYPE "my mood" AS ENUM ('x'); CREATE SCHEMA side;
    CREATE DOMAIN d AS "my mood"; CREATE SEQUENCE n; CREATE TYPE side.size AS ENUM ('s');
    CREATE TABLE t (id int PRIMARY KEY, m mood, d d, n int DEFAULT nextval('n'), text text DEFAULT 'a'::mood,
        CHECK (text <> 'b'::mood::text));
    CREATE TABLE side.u (id int PRIMARY KEY, size side.size);
    INSERT INTO t VALUES (1, 'a', 'x');
"""


@pytest.mark.postgres
@pytest.mark.tried("each change of a plan left out, and each alone")
def test_a_type_or_a_sequence_stays_as_long_as_what_is_made_of_it(fresh_database: Callable[[str], str]) -> None:
    """PostgreSQL drops none that is in use (2BP01), and nothing else of the plan would be done."""
    run(_test_what_is_in_use_stays(fresh_database("postgres")))


async def _test_what_is_in_use_stays(url: str) -> None:
    async with open_server(url) as server:
        await load(server, MADE_OF)
        old = await dump(server)
        everything = diff(old, make_schema("postgres"))
        assert len(everything) > 7
        for change in everything:
            selection = select(old, make_schema("postgres"), (), [declined([change])])
            plan = build_plan(old, selection.target, server.dialect, server.info)
            await load(server, ["BEGIN", *plan.sql(), "ROLLBACK"])


DROPS = """
    DROP TABLE book; CREATE TABLE book (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, title VARCHAR(300) NOT NULL,
        author_id INT NOT NULL REFERENCES author (id) ON DELETE CASCADE, pages BIGINT, old INT, isbn INT,
        CONSTRAINT by_isbn UNIQUE (isbn));
    CREATE INDEX idx_book_title_c229c1 ON book (title); CREATE INDEX by_old ON book (old, pages);
    INSERT INTO author (id, name) VALUES (1, 'a'); INSERT INTO book VALUES (1, 'x', 1, 3, 5, 7);
"""


@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
@pytest.mark.tried("an index of MySQL that is allowed, and the foreign key that needs it is not")
def test_an_index_stays_as_long_as_a_foreign_key_that_needs_it(dialect: str) -> None:
    """The server refuses to drop it (error 1553), and nothing else of the plan would be done."""
    info = get_dialect(dialect).default_info
    old = parse_sql(
        "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE t (a INT, b INT, KEY k (a), KEY other (b, a),"
        " CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
        dialect,
        info,
    )
    new = parse_sql("CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE t (a INT, b INT)", dialect, info)
    capabilities = get_dialect(dialect).capabilities(info)
    [key] = [change for change in diff(old, new) if isinstance(change, c.DropForeignKey)]
    without = select(old, new, (), [declined([key]), without_index(capabilities)])
    assert [change.index.name for change in without.accepted if isinstance(change, c.DropIndex)] == ["other"]
    assert not select(old, new, (), [without_index(capabilities)]).refused


@pytest.mark.sqlite
@pytest.mark.tried("a part of a saved plan, without what it depends on")
@pytest.mark.parametrize(
    ("options", "left"),
    [
        (("--only", "SD202:book.isbn"), ["isbn", "old"]),
        (("--skip", "SD312:book"), ["isbn"]),
        (("--skip", "SD302:book"), ["old"]),
        (("--only", "SD202:book.isbn", "--only", "SD312:book"), ["old"]),
    ],
)
def test_a_column_goes_with_what_stands_on_it_or_stays(
    options: tuple[str, ...], left: list[str], shop: Callable[..., Shop]
) -> None:
    project = shop("sqlite", DROPS)
    planned = project.run("plan", "-o", "plan.json", "--no-safe", *options)
    assert planned.returncode == 1, planned.stderr
    assert "NOT proven" not in planned.stdout
    done = project.run("apply", "plan.json", "--yes")
    assert done.returncode in (0, 1), done.stderr
    columns = [name for (name,) in project.fetch("SELECT name FROM pragma_table_info('book') ORDER BY name")]
    assert [name for name in columns if name in ("isbn", "old")] == left
    assert project.fetch("SELECT id, title, author_id, pages FROM book") == [(1, "x", 1, 3)]


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.tried("a part of a saved plan, without what it depends on")
def test_a_plan_without_statements_is_not_in_sync_by_itself(shop: Callable[..., Shop]) -> None:
    """Nothing was left of it, or the database was in sync: what is there now decides."""
    project = shop("sqlite")
    assert project.run("plan", "-o", "plan.json").returncode == 0
    done = project.run("apply", "plan.json", "--yes")
    assert (done.returncode, "in sync" in done.stdout) == (0, True), done.stdout + done.stderr
    project.sql("ALTER TABLE book ADD COLUMN old INT")
    moved = project.run("apply", "plan.json", "--yes")
    assert (moved.returncode, "no longer the one of the plan: book (changed)" in moved.stderr) == (2, True)
    assert project.run("plan", "-o", "plan.json", "--skip", "SD202").returncode == 1
    left = project.run("apply", "plan.json", "--yes")
    assert (left.returncode, "now: 1 change" in left.stdout) == (1, True), left.stdout + left.stderr
