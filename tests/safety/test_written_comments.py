"""SQLite: what people wrote between the lines of CREATE TABLE is there after the table was rebuilt."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import run_plan
from pytest_schemadrift.dialects.sqlite.read.comments import comments_of
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.changes import RebuildTable, RenameColumn, RenameTable
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

OLD = """
CREATE TABLE t -- of the shop
( /* all orders; since 2019 */
    -- the key
    id INTEGER PRIMARY KEY, -- never reused
    "A -- no comment" TEXT DEFAULT '/* nor this */' /* in cents */, /* net */ -- of tax
    /* two
       lines */
    b INT NOT NULL DEFAULT (max(1, /* why */ 2)), gone INT, -- goes
    c DECIMAL(10, 2) -- exact
    , UNIQUE (b), -- of the constraint
    CHECK (b > 0 /* always */)
    -- the end
) -- after all
"""
NEW = """
CREATE TABLE t (id INTEGER PRIMARY KEY, "A -- no comment" TEXT DEFAULT '/* nor this */',
    b INT DEFAULT (max(1, 2)), c DECIMAL(10, 2), UNIQUE (b), CHECK (b > 0))
"""
KEPT = [
    ("", "-- of the shop"),
    ("", "/* all orders; since 2019 */"),
    ("", "-- of the constraint"),
    ("", "/* always */"),
    ("", "-- the end"),
    ("id", "-- the key"),
    ("id", "-- never reused"),
    ("A -- no comment", "/* in cents */"),
    ("A -- no comment", "/* net */"),
    ("A -- no comment", "-- of tax"),
    ("b", "/* two\n       lines */"),
    ("b", "/* why */"),
    ("c", "-- exact"),
]
tried = pytest.mark.tried("what hangs on something that a plan creates again")
pytestmark = pytest.mark.sqlite


def test_whose_a_comment_is() -> None:
    behind = ("", "-- after all")  # which SQLite does not keep
    assert sorted(comments_of(OLD)) == sorted([*KEPT, ("gone", "-- goes"), behind])
    assert list(comments_of("CREATE TABLE t(a, b /* not closed")) == [("b", "/* not closed */")]
    assert list(comments_of("CREATE TABLE t(a, b) /*/")) == [("", "/*/ */")]
    assert list(comments_of("CREATE TABLE t(a, b DEFAULT '-- no')")) == []


@tried
def test_they_are_there_again(fresh_database: Callable[[str], str]) -> None:
    async def work() -> tuple[list[str], list[tuple[object, ...]]]:
        texts = []
        text = "SELECT sql FROM sqlite_master WHERE name = 't'"
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, [OLD, "INSERT INTO t (b, gone, c) VALUES (1, 2, 3)"])
            for new in (NEW, NEW.replace("b INT DEFAULT (max(1, 2))", "b INT")):
                found = await compare_with_script(server, new, Policy(whole=True))
                assert any(isinstance(change, RebuildTable) for change in found.plan.changes)
                assert found.proven, found.proof_note
                outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
                assert outcome.ok, outcome.error
                texts.append(str((await server.connection.fetch(text))[0][0]))
            return texts, await server.connection.fetch("SELECT * FROM t")

    (first, second), rows = run(work())
    assert sorted(comments_of(first)) == sorted(KEPT)
    assert sorted(comments_of(second)) == sorted(KEPT)  # recreated twice
    assert rows == [(1, "/* nor this */", 1, 3)]


@tried
def test_those_of_indexes_are_there_again(fresh_database: Callable[[str], str]) -> None:
    index = "CREATE UNIQUE INDEX few ON t (b /* not '--' */, lower(c)) -- since 2019\n WHERE b > 5"

    async def work() -> str:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, f"{OLD}; CREATE INDEX plain ON t (c); {index}")
            await load(server, "INSERT INTO t (b, c) VALUES (6, 'x')")
            new = f"{NEW}; CREATE INDEX plain ON t (c); CREATE UNIQUE INDEX few ON t (b, lower(c)) WHERE b > 5"
            found = await compare_with_script(server, new, Policy(whole=True))
            assert found.proven, found.proof_note
            outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert outcome.ok, outcome.error
            assert not (await compare_with_script(server, new, Policy(whole=True))).plan
            return str((await server.connection.fetch("SELECT sql FROM sqlite_master WHERE name = 'few'"))[0][0])

    assert [comment for _, comment in comments_of(run(work()))] == ["/* not '--' */", "-- since 2019"]


@tried
def test_they_follow_the_renames_of_a_plan(fresh_database: Callable[[str], str]) -> None:
    async def work() -> str:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, OLD)
            renames = [RenameTable(Name("", "t"), Name("", "orders")), RenameColumn(Name("", "orders"), "b", "Number")]
            new = NEW.replace("TABLE t", "TABLE orders").replace("(b", "(Number").replace("b INT", "Number INT")
            found = await compare_with_script(server, new, Policy(whole=True), renames=renames)
            assert found.proven, found.proof_note
            outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert outcome.ok, outcome.error
            return str((await server.connection.fetch("SELECT sql FROM sqlite_master WHERE name = 'orders'"))[0][0])

    kept = [("Number" if column == "b" else column, comment) for column, comment in KEPT]
    assert sorted(comments_of(run(work()))) == sorted(kept)
