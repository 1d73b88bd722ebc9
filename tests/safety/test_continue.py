"""``apply --continue-on-error``: a change that fails takes along what needs it; nothing is done in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pytest_schemadrift.applying.executor import Outcome
from pytest_schemadrift.commands import one_by_one as one_by_one_module
from pytest_schemadrift.commands.one_by_one import one_by_one
from pytest_schemadrift.dialects.base import Patience
from pytest_schemadrift.errors import StalePlan, StatementFailed
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.planning.safe_mode import select
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Name, Schema
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.harness import compare_with_script, load, run

NewDatabase = Callable[[str], str]
DIALECTS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("sqlite", "postgres", "mysql", "mariadb")]


async def _go_on(
    server: LiveServer, new: str, refused: str = "\0", renames: Sequence[c.Rename] = (), meanwhile: str = ""
) -> list[Outcome]:
    """What is done of the way to ``new`` on a server that refuses some statements."""
    found = await compare_with_script(server, new, renames=renames, prove=False)
    selection = select(found.old, found.new, renames, ())
    await load(server, meanwhile)
    real = type(server.connection).execute

    async def execute(connection: Any, sql: str) -> None:
        """As of a server that waits for a lock which others hold."""
        if refused in sql:
            raise StatementFailed("lock timeout", sql=sql)
        await real(connection, sql)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(server.connection), "execute", execute)
        return await one_by_one(server, found.old, selection, Patience())


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.tried("--continue-on-error after a rename that fails, whose old name is for something new")
def test_the_rows_under_a_name_that_was_to_be_free_are_left_alone(dialect: str, fresh_database: NewDatabase) -> None:
    old = (
        "CREATE TABLE users (id int PRIMARY KEY, mail varchar(20)); CREATE TABLE t (id int PRIMARY KEY, a varchar(9));"
    )
    new = (
        "CREATE TABLE people (id int PRIMARY KEY, mail varchar(20)); CREATE TABLE users (id int PRIMARY KEY, n int);"
        "CREATE TABLE t (id int PRIMARY KEY, b varchar(9), a int); CREATE TABLE more (id int PRIMARY KEY)"
    )
    renames = (c.RenameTable(Name("", "users"), Name("", "people")), c.RenameColumn(Name("", "t"), "a", "b"))

    async def work() -> tuple[list[Outcome], Any, Any, set[str]]:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, f"{old} INSERT INTO users VALUES (1, 'ann'); INSERT INTO t VALUES (1, 'x')")
            outcomes = await _go_on(server, new, "RENAME", renames)
            users, t = [await server.connection.fetch(f"SELECT * FROM {name}") for name in ("users", "t")]
            tables = {table.name.name for table in (await dump(server)).tables}
            return outcomes, users, t, tables

    outcomes, users, t, tables = run(work())
    assert (users, t) == ([(1, "ann")], [(1, "x")])
    assert tables == {"users", "t", "more"}, "what has nothing to do with it is done"
    said = sorted(str(outcome.error).splitlines()[0] for outcome in outcomes if not outcome.ok)
    assert said[0].startswith("lock timeout")
    assert said[1:] == [
        "t is not what it was: an earlier change failed, or somebody else made one",
        "users is there: an earlier change failed, or somebody else made one",
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.tried("--continue-on-error after renames in a chain that fail, each name being that of another like it")
def test_what_looks_like_what_was_to_be_there_is_left_alone(dialect: str, fresh_database: NewDatabase) -> None:
    """The columns are those that were to bear the names, and the values are those of others."""
    tables = ("CREATE TABLE {} (id int PRIMARY KEY, {} varchar(9))", "CREATE TABLE t (id int PRIMARY KEY, {0})")
    old = ";".join([*(tables[0].format(name, "x") for name in ("a", "b")), tables[1].format("a int, b int")])
    new = ";".join(
        [
            tables[0].format("b", "y"),
            tables[0].format("c", "x"),
            tables[1].format("b varchar(9), c int"),
            "CREATE TABLE n (id int)",
        ]
    )
    steps = [("b", "c"), ("a", "b")]
    renames = (
        *(c.RenameTable(Name("", was), Name("", now)) for was, now in steps),
        *(c.RenameColumn(Name("", "t"), was, now) for was, now in steps),
    )

    async def work() -> tuple[list[Any], set[str]]:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, f"{old}; INSERT INTO a VALUES (1, 'of a'); INSERT INTO b VALUES (1, 'of b')")
            await load(server, "INSERT INTO t VALUES (1, 2, 3)")
            before = await dump(server)
            await _go_on(server, new, "RENAME", renames)
            after = await dump(server)
            assert [table for table in after.tables if table.name.name != "n"] == [*before.tables]
            found = [await server.connection.fetch(f"SELECT * FROM {name}") for name in ("a", "b", "t")]
            return found, {table.name.name for table in after.tables}

    found, names = run(work())
    assert found == [[(1, "of a")], [(1, "of b")], [(1, 2, 3)]]
    assert names == {"a", "b", "t", "n"}, "what has nothing to do with it is done"


@pytest.mark.postgres
@pytest.mark.tried("--continue-on-error after a value of an enum that could not be renamed")
def test_an_enum_whose_value_was_not_renamed_is_left_alone(fresh_database: NewDatabase) -> None:
    """A value is added behind the one that does not bear its name yet."""
    old, new = [
        f"CREATE TYPE mood AS ENUM ({values}); "
        f"CREATE TABLE t (id int, m mood DEFAULT {default}); CREATE TABLE u (id {type_})"
        for values, default, type_ in (
            ("'glad', 'sad'", "'sad'", "int"),
            ("'glad', 'blue', 'calm'", "'glad'", "bigint"),
        )
    ]
    renames = (c.RenameEnumValue(Name("", "mood"), "sad", "blue"),)

    async def work() -> tuple[list[Outcome], set[Any]]:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, f"{old}; INSERT INTO t VALUES (1)")
            outcomes = await _go_on(server, new, "RENAME", renames)
            left = await compare_with_script(server, new, renames=renames, prove=False)
            return outcomes, {type(change) for change in left.plan.changes}

    outcomes, left = run(work())
    assert left == {c.RenameEnumValue, c.AddEnumValue, c.AlterColumnDefault}, "the table without it is done"
    assert [str(outcome.error).splitlines()[0] for outcome in outcomes if not outcome.ok][1:] == [
        f"{name} may not be what this change is for: a rename failed" for name in ("mood", "t")
    ]


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("sqlite", "postgres")]
)
@pytest.mark.tried("--continue-on-error with a name that one thing gives up and another takes")
def test_a_name_is_passed_on_in_one_go_or_not_at_all(dialect: str, fresh_database: NewDatabase) -> None:
    """An index's name is one in its schema."""
    tables = "CREATE TABLE a (x int); CREATE TABLE b (x int)"
    old, new = [f"{tables}; CREATE INDEX n ON {table} (x)" for table in ("b", "a")]

    async def work() -> tuple[list[Outcome], bool, list[Outcome], bool]:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, old)
            refused = await _go_on(server, new, "DROP INDEX")
            same = not (await compare_with_script(server, old, prove=False)).plan
            done = await _go_on(server, new)
            return refused, same, done, not (await compare_with_script(server, new, prove=False)).plan

    refused, same, done, there = run(work())
    assert [str(outcome.error).splitlines()[0] for outcome in refused if not outcome.ok] == ["lock timeout"]
    assert same, "the one that takes the name was not even tried"
    assert all(outcome.ok for outcome in done)
    assert there


@pytest.mark.sqlite
@pytest.mark.tried("--continue-on-error on a database that changed after the plan was made")
def test_a_database_that_changed_is_left_alone(fresh_database: NewDatabase) -> None:
    async def work() -> None:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, "CREATE TABLE t (id int, a varchar(5))")
            with pytest.raises(StalePlan):
                await _go_on(server, "CREATE TABLE t (id int)", meanwhile="ALTER TABLE t ADD COLUMN b int")

    run(work())


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.tried("--continue-on-error while another process changes the database, at any statement")
def test_what_others_do_meanwhile_is_told_with_what_was_done(dialect: str, fresh_database: NewDatabase) -> None:
    """A column comes to the second table when the first one is done: that one is left, and the third is made."""
    tables = [f"CREATE TABLE {name} (id int PRIMARY KEY{{}})" for name in ("a", "b", "c")]
    old, new = [";".join(tables).format(more, more, more) for more in ("", ", n int")]
    url = fresh_database(dialect)

    async def work() -> tuple[list[Outcome], Schema]:
        async with open_server(url) as server, open_server(url) as other:
            await load(server, f"{old}; INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); INSERT INTO c VALUES (1)")
            found = await compare_with_script(server, new, prove=False)
            assert found.plan
            made = []

            async def execute(taking: LiveServer, plan: Plan, *arguments: Any, **options: Any) -> Outcome:
                made.append(plan)
                if sum(map(bool, made)) == 2 and plan:  # the plan of the second table is ready
                    await other.connection.execute("ALTER TABLE b ADD COLUMN other int")
                return await run_it(taking, plan, *arguments, **options)

            run_it = one_by_one_module.execute
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(one_by_one_module, "execute", execute)
                outcomes = await one_by_one(server, found.old, select(found.old, found.new, (), ()), Patience())
            return outcomes, await dump(other)

    outcomes, after = run(work())
    made = [len(outcome.done) for outcome in outcomes if outcome.done or outcome.not_started]
    assert made == [1, 0, 1]
    [failed] = [outcome for outcome in outcomes if not outcome.ok]
    assert isinstance(failed.error, StalePlan)
    columns = {table.name.name: [column.name for column in table.columns] for table in after.tables}
    assert columns == {"a": ["id", "n"], "b": ["id", "other"], "c": ["id", "n"]}
