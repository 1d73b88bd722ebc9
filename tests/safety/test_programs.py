"""A column or table that goes under views, triggers and routines of MySQL and MariaDB, which say nothing of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from pytest_schemadrift.applying.executor import execute, run_plan
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.planning.safe_mode import select, unsafe
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.servers import Server
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.verify.verdict import Comparison
from tests.harness import as_role, compare_with_script, load, run

BOTH = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mariadb", "mysql")]
OLD = """
CREATE TABLE n (id INT PRIMARY KEY, own INT, v INT);
CREATE TABLE m (id INT PRIMARY KEY, k INT, own INT);
INSERT INTO n VALUES (1, 2, 3);
INSERT INTO m VALUES (1, 5, 7);
"""
GONE = "CREATE TABLE n (id INT PRIMARY KEY, v INT); CREATE TABLE m (id INT PRIMARY KEY, k INT, own INT);"
RENAMED = GONE.replace("v INT", "mine INT, v INT")
ADDED = GONE.replace("v INT", "own INT, v INT, w INT")
OWN = c.RenameColumn(Name("", "n"), "own", "mine")


@dataclass(frozen=True)
class Story:
    """``use`` is what the application does; ``said`` is what the proof must name, empty where nothing breaks."""

    make: str
    use: str
    said: str
    new: str = GONE
    renames: tuple[c.Rename, ...] = field(default=())


STORIES = {
    "a view that joins another table": Story(
        "CREATE VIEW nv AS SELECT n.id, n.own, m.k FROM n JOIN m ON m.id = n.id", "SELECT * FROM nv", "view nv"
    ),
    "a view that joins another table, a rename": Story(
        "CREATE VIEW nv AS SELECT n.id, n.own, m.k FROM n JOIN m ON m.id = n.id",
        "SELECT * FROM nv",
        "view nv",
        RENAMED,
        (OWN,),
    ),
    "a view on a view whose name comes first": Story(
        "CREATE VIEW z AS SELECT own FROM n; CREATE VIEW a AS SELECT z.own, m.k FROM z JOIN m",
        "SELECT * FROM a",
        "view a",
    ),
    "a view on other columns": Story(
        "CREATE VIEW nv AS SELECT n.id, n.v, m.own FROM n JOIN m ON m.id = n.id", "SELECT * FROM nv", ""
    ),
    "a trigger of another table": Story(
        "CREATE TRIGGER tr AFTER UPDATE ON m FOR EACH ROW UPDATE n SET own = NEW.k WHERE id = NEW.id",
        "UPDATE m SET k = k + 1",
        "trigger tr of m (it names n.own)",
    ),
    "a trigger of another table, a rename, through an alias": Story(
        "CREATE TRIGGER tr AFTER UPDATE ON m FOR EACH ROW BEGIN IF NEW.k > 0 THEN "
        "UPDATE `n` AS x SET x.`OWN` = NEW.k WHERE x.id = NEW.id; END IF; END",
        "UPDATE m SET k = k + 1",
        "trigger tr of m (it names n.own)",
        RENAMED,
        (OWN,),
    ),
    "a trigger of another table whose own column has that name": Story(
        "CREATE TRIGGER tr AFTER UPDATE ON m FOR EACH ROW BEGIN SET @seen = OLD.own; "
        "UPDATE n SET v = NEW.own WHERE id = NEW.id; END",
        "UPDATE m SET k = k + 1",
        "",
    ),
    "a trigger that fills another table with such a column": Story(
        "CREATE TRIGGER tr AFTER INSERT ON n FOR EACH ROW INSERT IGNORE INTO m (id, own) SELECT id + 100, v FROM n",
        "REPLACE INTO n (id, v) VALUES (2, 2)",
        "",
    ),
    "a trigger of its own table": Story(
        "CREATE TRIGGER tr BEFORE UPDATE ON n FOR EACH ROW SET NEW.own = 1", "UPDATE n SET v = 1", "trigger tr of n"
    ),
    "a trigger of another table, between literals that hold a quote behind a backslash": Story(
        "CREATE TRIGGER tr AFTER UPDATE ON m FOR EACH ROW BEGIN SET @a = 'it\\'s'; "
        "UPDATE n SET own = NEW.k WHERE id = NEW.id; SET @b = 'it\\'s \\\\'; END",
        "UPDATE m SET k = k + 1",
        "trigger tr of m (it names n.own)",
    ),
    "a trigger that names no columns": Story(
        "CREATE TRIGGER tr AFTER UPDATE ON m FOR EACH ROW INSERT IGNORE INTO n VALUES (NEW.id + 50, 1, 1)",
        "UPDATE m SET k = k + 1",
        "trigger tr of m (it inserts into n without naming columns)",
        ADDED,
    ),
    "a trigger that names its columns": Story(
        "CREATE TRIGGER tr AFTER UPDATE ON m FOR EACH ROW INSERT IGNORE INTO n (id, v) VALUES (NEW.id + 50, 1)",
        "UPDATE m SET k = k + 1",
        "",
        ADDED,
    ),
    "a trigger that fills a table which goes": Story(
        "CREATE TRIGGER tr AFTER UPDATE ON m FOR EACH ROW DELETE FROM n WHERE id = 99",
        "UPDATE m SET k = k + 1",
        "trigger tr of m (it names n)",
        "CREATE TABLE m (id INT PRIMARY KEY, k INT, own INT);",
    ),
}


async def _compared(story: Story, url: str) -> tuple[Comparison, bool]:
    """What the comparison said, and whether the application still works after its plan."""
    async with open_server(url) as server:
        await load(server, OLD)
        await load(server, story.make)
        await load(server, [story.use]) if not story.use.startswith("SELECT") else None
        found = await compare_with_script(server, story.new, renames=story.renames)
        outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
        assert outcome.ok, outcome.error
        try:
            await server.connection.fetch(story.use)
        except StatementFailed:
            return found, False
        return found, True


@pytest.mark.tried("a column or table that goes under views, triggers and routines which the server does not look at")
@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("dialect", BOTH)
def test_the_proof_says_what_would_break_and_nothing_else(
    dialect: str, story: str, fresh_database: Callable[[str], str]
) -> None:
    told = STORIES[story]
    found, works = run(_compared(told, fresh_database(dialect)))
    assert works is (not told.said), "the story itself"
    if told.said:
        assert found.proven is False
        assert f"after the plan {told.said}" in found.proof_note
    else:
        assert (found.proven, found.proof_note, found.proof_without) == (True, "", ())


@pytest.mark.tried("a column or table that goes under views, triggers and routines which the server does not look at")
@pytest.mark.parametrize("dialect", BOTH)
def test_routines_events_and_other_databases_are_named(dialect: str, fresh_database: Callable[[str], str]) -> None:
    url, other = fresh_database(dialect), fresh_database(dialect)

    async def check() -> Comparison:
        async with open_server(url) as server, open_server(other) as beside:
            await load(server, OLD)
            await load(server, ["CREATE PROCEDURE p() BEGIN DECLARE x INT; SELECT own INTO x FROM n LIMIT 1; END"])
            await load(server, ["CREATE PROCEDURE q() SELECT own FROM m"])
            await load(server, ["CREATE EVENT e ON SCHEDULE AT '2037-01-01' DO UPDATE n SET own = 1"])
            routines = await compare_with_script(server, GONE)
            await load(beside, [f"CREATE VIEW far AS SELECT x.own FROM `{server.info.database}`.n x"])
            await load(beside, ["CREATE TABLE n (own INT)", "CREATE VIEW near AS SELECT own FROM n"])
            view = await compare_with_script(server, GONE)
            unproven = await compare_with_script(server, GONE, prove=False)
            late = await execute(server, routines.plan, intact=True)  # the view came after the proof
            assert late.error is not None
            assert (late.done, late.error.what) == ((), f"nothing was done: {view.proof_note}")
            assert not (await compare_with_script(server, OLD.partition("INSERT")[0])).plan
            assert view.proof_note.startswith(f"after the plan view {beside.info.database}.far (it names n.own)")
            assert unproven.notes[0] == view.proof_note
            return routines

    found = run(check())
    assert found.proven is True
    assert [str(item) for item in found.proof_without] == [
        "event e: its text names n.own, and is read when it runs",
        "procedure p: its text names n.own, and is read when it runs",
    ]


_NO_TEXTS = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES"


@pytest.fixture
def without_texts(
    fresh_database: Callable[[str], str], running_server: Callable[[str], Server]
) -> Iterator[Callable[[str], tuple[str, str]]]:
    """Make a database, and answer its URL for its owner and for a role that may do all and see no text in it."""
    made: list[tuple[Server, str]] = []

    def make(dialect: str) -> tuple[str, str]:
        url, role, server = fresh_database(dialect), f"r_{secrets.token_hex(4)}", running_server(dialect)
        password = secrets.token_hex(8)
        server.execute(f"CREATE USER {role}@localhost IDENTIFIED BY '{password}'")
        made.append((server, role))
        server.execute(f"GRANT {_NO_TEXTS} ON `{urlsplit(url).path[1:]}`.* TO {role}@localhost")
        server.execute(f"GRANT ALL ON `schemadrift\\_scratch\\_%`.* TO {role}@localhost")
        return url, as_role(url, f"{role}:{password}")

    yield make
    for server, role in made:
        server.execute(f"DROP USER {role}@localhost")


@pytest.mark.tried("what depends on a column, and the role may not see")
@pytest.mark.parametrize("dialect", BOTH)
def test_what_the_role_may_not_see_is_named(dialect: str, without_texts: Callable[[str], tuple[str, str]]) -> None:
    url, weak_url = without_texts(dialect)

    async def check() -> None:
        async with open_server(url) as owner, open_server(weak_url) as weak:
            await load(owner, OLD)
            assert (await compare_with_script(weak, ADDED)).proof_without == (), "no text names what is new"
            await load(owner, ["CREATE VIEW nv AS SELECT own FROM n"])
            await load(owner, ["CREATE TRIGGER tr BEFORE UPDATE ON n FOR EACH ROW SET NEW.own = 9"])
            assert (await compare_with_script(owner, GONE)).proven is False
            found = await compare_with_script(weak, GONE)
            assert found.proven is True, "as far as it goes"
            seen, view = map(str, found.proof_without)
            assert seen.startswith(
                f"triggers of {weak.info.database}: the role may not see them (GRANT SHOW VIEW, TRIGGER"
            )
            assert view == "view nv: the role may not see its text"
            assert not (await compare_with_script(weak, OLD.partition("INSERT")[0])).plan, "that is no drift"

    run(check())


@pytest.mark.tried("rows filled under a trigger that the role may not see")
@pytest.mark.parametrize("dialect", BOTH)
def test_rows_are_not_filled_under_triggers_that_the_role_may_not_see(
    dialect: str, without_texts: Callable[[str], tuple[str, str]]
) -> None:
    url, weak_url = without_texts(dialect)

    async def check() -> None:
        async with open_server(url) as owner, open_server(weak_url) as weak:
            await load(owner, OLD + "INSERT INTO n VALUES (2, NULL, 3);")
            await load(owner, ["CREATE TRIGGER tr BEFORE UPDATE ON n FOR EACH ROW SET NEW.v = 9"])
            wanted = OLD.partition("INSERT")[0].replace("own INT, v", "own INT NOT NULL DEFAULT 7, v")
            found = await compare_with_script(weak, wanted)
            rule = unsafe(weak.dialect.capabilities(weak.info), {Hazard.MAY_FAIL_ON_DATA})
            [refused] = select(found.old, found.new, (), [rule]).refused
            assert refused.because.startswith("MAY_CHANGE_DATA")
            assert "the role may not see them (GRANT SHOW VIEW, TRIGGER" in refused.because

    run(check())
