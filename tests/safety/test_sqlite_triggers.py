"""Triggers of other tables on SQLite, which compiles them when they are fired and not before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import run_plan
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

M = "CREATE TABLE m (id INTEGER PRIMARY KEY, k INT);"
OLD = f"CREATE TABLE n (id INTEGER PRIMARY KEY, own INT, v INT); {M} INSERT INTO m VALUES (1, 1); "
OWN_GONE = f"CREATE TABLE n (id INTEGER PRIMARY KEY, v INT); {M}"
ADDED = f"CREATE TABLE n (id INTEGER PRIMARY KEY, own INT, v INT, w INT); {M}"
ON_M = "CREATE TRIGGER tr AFTER UPDATE OF k ON m BEGIN {}; END;"
USE = "UPDATE m SET k = k + 1"

STORIES = {
    "it names columns that stay": (ON_M.format("UPDATE n SET v = 1"), OWN_GONE, True),
    "it names a third table too": (
        "CREATE TABLE z (a INT);" + ON_M.format("INSERT INTO z SELECT v FROM n"),
        OWN_GONE + "CREATE TABLE z (a INT);",
        True,
    ),
    "it names no columns, and one is added": (ON_M.format("INSERT OR IGNORE INTO n VALUES (1, 2, 3)"), ADDED, False),
    "it names its columns, and one is added": (ON_M.format("INSERT OR IGNORE INTO n (id) VALUES (1)"), ADDED, True),
    "its table goes": (ON_M.format("DELETE FROM n"), M, False),
}


@pytest.mark.tried("a column or table that goes under views, triggers and routines which the server does not look at")
@pytest.mark.sqlite
@pytest.mark.parametrize("story", STORIES)
def test_the_proof_knows_the_triggers_of_other_tables(story: str, fresh_database: Callable[[str], str]) -> None:
    make, new, works = STORIES[story]

    async def check() -> None:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, OLD + make)
            await load(server, [USE])
            found = await compare_with_script(server, new)
            outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert outcome.ok, outcome.error
            if works:
                assert (found.proven, found.proof_note) == (True, "")
                await load(server, [USE])
            else:
                assert found.proven is False
                assert found.proof_note.startswith("after the plan trigger tr of m would no longer work")
                with pytest.raises(StatementFailed):
                    await load(server, [USE])

    run(check())


IN_QUOTES = "{} has the column own in double quotes"
SILENT = {
    "a trigger fires when the column is updated": (
        "CREATE TRIGGER tr AFTER UPDATE OF id, [Own] ON n BEGIN DELETE FROM m; END;",
        "trigger tr is for an UPDATE OF the column own",
    ),
    "a trigger of a view with all columns does": (
        "CREATE VIEW a AS SELECT * FROM n; CREATE VIEW v AS SELECT * FROM (SELECT * FROM a);"
        "CREATE TRIGGER tr INSTEAD OF UPDATE OF own ON v BEGIN DELETE FROM m; END;",
        "trigger tr is for an UPDATE OF the column own",
    ),
    "a trigger fires when other columns are updated": (
        "CREATE TABLE of (own INT); CREATE TABLE o (own INT);"
        "CREATE TRIGGER of AFTER UPDATE OF id, v ON n BEGIN UPDATE of SET own = 1; END;"
        "CREATE TRIGGER tr AFTER UPDATE OF own ON o BEGIN DELETE FROM m; END;",
        "",
    ),
    "a view has its quoted name": ('CREATE VIEW v AS SELECT "own" FROM n;', IN_QUOTES.format("view v")),
    "a view on another view has it": (
        'CREATE VIEW a AS SELECT * FROM n; CREATE VIEW v AS SELECT "own" FROM a;',
        IN_QUOTES.format("view v"),
    ),
    "a trigger has it": (
        'CREATE TRIGGER tr AFTER UPDATE OF k ON m BEGIN INSERT INTO m (k) SELECT "OWN" FROM n; END;',
        IN_QUOTES.format("trigger tr"),
    ),
    "a view names something else so": ('CREATE VIEW v AS SELECT v AS "own" FROM n;', ""),
    "a trigger names another table's column so": (
        'CREATE TABLE o (own INT); CREATE TRIGGER tr AFTER DELETE ON n BEGIN UPDATE o SET "own" = 1; END;',
        "",
    ),
}


@pytest.mark.tried("a column or table that goes under views, triggers and routines which the server does not look at")
@pytest.mark.sqlite
@pytest.mark.parametrize("story", SILENT)
def test_a_column_that_sqlite_would_not_miss_stays(story: str, fresh_database: Callable[[str], str]) -> None:
    """SQLite reads the double-quoted name of a column that is no more as a string, and fires nothing for its UPDATE."""
    make, words = SILENT[story]

    async def check() -> None:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, OLD + make)
            others = [part for part in make.split(";") if part.startswith("CREATE TABLE")]
            found = await compare_with_script(server, OWN_GONE + ";".join(others))
            if words:
                (unread,) = found.unreadable
                assert unread.reason.startswith(words)
                assert not found.plan
            else:
                assert not found.unreadable
                outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
                assert outcome.ok, outcome.error

    run(check())


@pytest.mark.tried("a trigger that stands INSTEAD OF writing to a view")
def test_a_trigger_of_a_view_that_would_no_longer_work_is_told(fresh_database: Callable[[str], str]) -> None:
    """SQLite lets its table go, and says so to whoever writes to the view next."""
    kept = "CREATE TABLE t (id integer PRIMARY KEY, a int);"
    script = (
        f"{kept} CREATE TABLE log (what int); CREATE VIEW v AS SELECT id, a FROM t; CREATE VIEW w AS SELECT id FROM v;"
        "CREATE TRIGGER writes INSTEAD OF UPDATE ON w BEGIN INSERT INTO log VALUES (new.id); END;"
    )

    async def work() -> None:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, script)
            found = await compare_with_script(server, kept)
            assert (found.proven, "trigger writes of w" in found.proof_note) == (False, True), found.proof_note
            found = await compare_with_script(server, script.replace("a int", "a int DEFAULT 7"))
            assert (found.proven, len(found.plan.steps)) == (True, 1), found.proof_note

    run(work())
