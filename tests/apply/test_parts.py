"""What is committed together: everything, unless the server cannot; and what stands or falls with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby, pairwise

import pytest

from pytest_schemadrift.applying.executor import execute, parts_of
from pytest_schemadrift.cli.fixing.guided import questions
from pytest_schemadrift.commands.apply import Danger, Proposal
from pytest_schemadrift.commands.one_by_one import groups
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.hazards import DESTRUCTIVE, Hazard, hazards_of
from pytest_schemadrift.planning.safe_mode import declined, select, unsafe
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from tests.harness import compare_with_script, load, run
from tests.live.mutations import BASES, MUTATIONS
from tests.test_cases import Story, folders

ENUM = "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (id int PRIMARY KEY, m mood DEFAULT 'sad');"
WIDER = ENUM.replace("('sad')", "('sad', 'happy')").replace("DEFAULT 'sad'", "DEFAULT 'happy', note text")


@pytest.mark.postgres
def test_a_new_value_of_an_enum_is_committed_before_it_is_used(fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, ENUM + "INSERT INTO t VALUES (1);")
            plan = (await compare_with_script(server, WIDER)).plan
            parts = parts_of(plan, server.dialect, server.info)
            assert [len(part.statements) for part in parts if part.transactional] == [1, 2]
            assert (await execute(server, plan)).ok
            assert not (await compare_with_script(server, WIDER)).plan

    run(work())


@pytest.mark.postgres
def test_an_unused_value_goes_with_the_rest(fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, ENUM)
            plan = (
                await compare_with_script(
                    server, ENUM.replace("('sad')", "('sad', 'x')").replace("m mood", "n int, m mood")
                )
            ).plan
            assert len(parts_of(plan, server.dialect, server.info)) == 1
            assert (await execute(server, plan)).ok

    run(work())


def test_without_transactional_ddl_every_statement_stands_alone() -> None:
    dialect = get_dialect("mariadb")
    old, new = (parse_sql(f"CREATE TABLE a ({x} INT); CREATE TABLE b ({x} INT);", "mariadb") for x in "xy")
    plan = build_plan(old, new, dialect, dialect.default_info)
    parts = parts_of(plan, dialect, dialect.default_info)
    assert [(len(part.statements), part.transactional) for part in parts] == [(1, False), (1, False)]


# --- selections ------------------------------------------------------------------------------------------------------


def schemas(dialect: str) -> list[tuple[Schema, Schema]]:
    """The base and what two neighbouring mutations at once make of it, as far as both are edits of its text."""
    base = BASES[dialect]
    texts = [mutation.how for mutation in MUTATIONS[dialect] if isinstance(mutation.how, tuple)]
    found = []
    for first, second in pairwise(texts):
        changed = base.replace(*first)
        if second[0] in changed:
            script = changed.replace(*second)
            found.append((parse_sql(_ddl(script), dialect), parse_sql(_ddl(base), dialect)))
    return found


def _ddl(script: str) -> str:
    return "\n".join(part for part in script.split(";\n") if "INSERT" not in part and "TRIGGER" not in part).replace(
        "\nCREATE", ";\nCREATE"
    )


def kinds(changes: Iterable[c.SimpleChange]) -> Counter[tuple[str, object]]:
    """What is changed; a change that holds the whole table is another value where the rest of the table is."""
    return Counter((type(change).__name__, c.table_of(change)) for change in changes)


@pytest.mark.parametrize("hazard", list(Hazard))
def test_whatever_is_refused_the_rest_is_a_schema_of_its_own(hazard: Hazard) -> None:
    """The accepted changes lead to ``target``, nothing refused is in them, and what is left leads on to the end."""
    dialect = get_dialect("sqlite")
    capabilities = dialect.capabilities(dialect.default_info)
    pairs = schemas("sqlite")
    assert len(pairs) > 10
    for old, new in pairs:
        selection = select(old, new, (), [unsafe(capabilities, set(Hazard) - {hazard})])
        assert {*selection.accepted, *(item.change for item in selection.refused)} == set(diff(old, new))
        assert kinds(diff(old, selection.target)) == kinds(selection.accepted)
        assert kinds(diff(selection.target, new)) == kinds(item.change for item in selection.refused)
        build_plan(old, selection.target, dialect, dialect.default_info)


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "mariadb", "sqlite"])
def test_every_change_is_asked_about_once_and_those_of_a_table_together(dialect: str) -> None:
    """Whatever a dialect makes of the changes: one statement of several, or others than were compared."""
    chosen = get_dialect(dialect)
    info = chosen.default_info
    capabilities = chosen.capabilities(info)
    stories = [Story(folder, dialect) for folder in folders() if (folder / f"expected.{dialect}.sql").exists()]
    texts = [(story.old, story.new) for story in stories if story.new]
    read = 0
    for old, new in [(parse_sql(_ddl(old), dialect), parse_sql(_ddl(new), dialect)) for old, new in texts]:
        selection = select(old, new, (), ())
        dangers = tuple(
            Danger(change, hazards)
            for change in selection.accepted
            if DESTRUCTIVE & set(hazards := hazards_of(change, capabilities, old, new))
        )
        try:
            plan = build_plan(old, new, chosen, info)
        except Unsupported:
            continue  # as text alone, without the answers of its story
        read += bool(plan)
        asked = questions(Proposal(Drift("default", dialect), selection, plan, dangers=dangers))
        answered = [change for question in asked for change in question.changes]
        assert Counter(map(repr, answered)) == Counter(map(repr, selection.accepted))
        warned = [danger for question in asked for danger in question.dangers]
        assert Counter(map(repr, warned)) == Counter(map(repr, dangers))
        tables = [table for table, _ in groupby(c.table_of(question.step.change) for question in asked)]
        assert len(tables) == len(set(tables)), tables
    assert read > 30


@pytest.mark.parametrize(
    ("old", "new", "no", "left"),
    [
        ("CREATE TABLE a (x int);", "CREATE TABLE a (x int, y int); CREATE INDEX i ON a (y);", c.AddColumn, set()),
        (
            "CREATE TABLE a (x int);",
            "CREATE TABLE b (x int PRIMARY KEY); CREATE TABLE a (x int REFERENCES b);",
            c.CreateTable,
            set(),
        ),
        (
            "CREATE TABLE a (x int, CONSTRAINT k CHECK (x > 1));",
            "CREATE TABLE a (x int, z int, CONSTRAINT k CHECK (x > 2));",
            c.AddCheck,
            {"AddColumn"},
        ),
        (
            "CREATE TABLE a (x int, y text, CONSTRAINT u UNIQUE (x));",
            "CREATE TABLE a (x int, y text, CONSTRAINT u UNIQUE (x, y));",
            c.AddUnique,
            set(),
        ),
        ("CREATE TABLE a (x int);", "CREATE TYPE m AS ENUM ('a'); CREATE TABLE a (x int, y m);", c.CreateEnum, set()),
        (
            "CREATE TABLE b (x int PRIMARY KEY); CREATE TABLE a (x int, z int, y int REFERENCES b CHECK (y > 0));"
            "CREATE INDEX i ON a (y); CREATE INDEX j ON a (x) WHERE y > 1; CREATE INDEX k ON a (z);",
            "CREATE TABLE b (x int PRIMARY KEY); CREATE TABLE a (x int, z int);",
            c.DropColumn,
            {"DropIndex"},
        ),
        (
            "CREATE TABLE a (x int, y int); CREATE INDEX i ON a (x, y);",
            "CREATE TABLE a (x int); CREATE INDEX i ON a (x);",
            c.DropColumn,
            set(),
        ),
    ],
)
def test_what_needs_a_declined_change_is_left_out_with_it(old: str, new: str, no: type[object], left: set[str]) -> None:
    before, after = parse_sql(old, "postgres"), parse_sql(new, "postgres")
    said_no = [change for change in diff(before, after) if isinstance(change, no)]
    assert said_no
    selection = select(before, after, (), [declined(said_no)])
    assert {type(change).__name__ for change in selection.accepted} == left
    assert evolve(before, selection.accepted) == selection.target


@pytest.mark.sqlite
def test_rows_are_left_alone_by_what_is_refused(fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, "CREATE TABLE a (x INTEGER PRIMARY KEY, y TEXT); INSERT INTO a VALUES (1, 'v');")
            live = await dump(server)
            wanted = parse_sql("CREATE TABLE a (x INTEGER PRIMARY KEY, z TEXT);", "sqlite")
            capabilities = server.dialect.capabilities(server.info)
            selection = select(live, wanted, (), [unsafe(capabilities, ())])
            plan = build_plan(live, selection.target, server.dialect, server.info)
            assert (await execute(server, plan)).ok
            assert await server.connection.fetch("SELECT x, y, z FROM a") == [(1, "v", None)]

    run(work())


def test_types_that_are_dropped_go_after_the_tables_that_used_them() -> None:
    old = "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (m mood); CREATE TABLE u (n integer);"
    new = "CREATE TABLE t (m text); CREATE TABLE u (n bigint);"
    info = get_dialect("postgres").default_info
    selection = select(parse_sql(old, "postgres", info), parse_sql(new, "postgres", info), (), ())
    assert [[type(change) for change in group] for group in groups(selection)] == [
        [c.AlterColumnType], [c.AlterColumnType], [c.DropEnum],
    ]  # fmt: skip
