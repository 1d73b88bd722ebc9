"""A long plan is proven in stretches, and the verdict is that of one copy of everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.build import build_plan, create_statements
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Dependent, Enum, Name, Schema, Trigger, UnsupportedObject, View
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.sources.scratch import LiveServer
from pytest_schemadrift.verify import prove, stretches
from pytest_schemadrift.verify.prove import Proof, prove_plan
from tests.harness import load, run
from tests.strategies import schemas

pytestmark = pytest.mark.sqlite
WHOLE = Policy(whole=True)


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered: every proof is made."""

    async def made(kind: str, key: str, classes: object, compute: Callable[[], object]) -> object:
        return await compute()  # type: ignore[misc]

    monkeypatch.setattr(prove, "cached_async", made)


@contextmanager
def at_most(tables: int) -> Iterator[list[int]]:
    """Stretches of so many tables; how many tables each scratch copy holds."""
    copies: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        make = prove._fill_copy

        async def filled(server: LiveServer, scratch: object, part: Schema, *more: object) -> int:
            copies.append(len(part.tables))
            return await make(server, scratch, part, *more)  # type: ignore[arg-type]

        patch.setattr(prove, "_fill_copy", filled)
        patch.setattr(stretches, "TABLES", tables)
        yield copies


async def proven(server: LiveServer, live: Schema, target: Schema, plan: Plan, tables: int) -> tuple[Proof, list[int]]:
    with at_most(tables) as copies:
        return await prove_plan(server, live, target, plan, WHOLE), copies


@pytest.mark.slow
@pytest.mark.usefixtures("forgetful")
def test_the_verdict_is_that_of_the_whole(fresh_database: Callable[[str], str]) -> None:
    in_stretches = 0

    @settings(
        max_examples=20,
        phases=(Phase.generate,),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(schemas("sqlite"), schemas("sqlite"), st.integers(0, 30))
    def holds(a: Schema, b: Schema, left_out: int) -> None:
        nonlocal in_stretches
        in_stretches += run(both_ways(fresh_database, a, b, left_out))

    holds()
    assert in_stretches > 10


async def both_ways(fresh_database: Callable[[str], str], a: Schema, b: Schema, left_out: int) -> int:
    """A plan, and the same without one of its changes, which nobody may call proven; how many were in stretches."""
    found = 0
    async with open_server(fresh_database("sqlite")) as server, open_server(fresh_database("sqlite")) as other:
        await load(server, create_statements(a, server.dialect, server.info))
        await load(other, create_statements(b, server.dialect, server.info))
        live = await dump(server)
        target, _ = normalize(live, await dump(other), WHOLE)
        plan = build_plan(live, target, server.dialect, server.info)
        changes = plan.changes
        missing = changes[left_out % len(changes)] if changes else None
        statements = tuple(statement for statement in plan.statements if statement.change is not missing)
        for tried in (plan, replace(plan, statements=statements)):
            whole, _ = await proven(server, live, target, tried, 1000)
            parts, copies = await proven(server, live, target, tried, 0)
            assert parts.proven == whole.proven  # what is left out may fail in the whole plan, and not in parts
            assert parts.note == whole.note or tried is not plan
            assert parts.plan == whole.plan or not parts.proven
            found += len(copies) > 1
    return found


def both(sql: str) -> str:
    """A script twice, for two tables."""
    return ";".join(sql.format(table) for table in ("a", "b"))


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        (
            "CREATE TABLE {} (x INT)",
            "CREATE TABLE {0} (x TEXT); CREATE INDEX i ON {0} (x)",
            "index i already exists",
        ),
        ("CREATE TABLE {} (x INT, y INT)", "CREATE TABLE {} (x INT)", "no such column"),
    ],
)
def test_what_fails_is_told_as_by_the_whole(
    fresh_database: Callable[[str], str], old: str, new: str, note: str
) -> None:
    async def work() -> tuple[Proof, list[int]]:
        async with open_server(fresh_database("sqlite")) as server:
            await load(server, both(old))
            live = await dump(server)
            tables = [table for name in "ab" for table in parse_sql(new.format(name), "sqlite").tables]
            target = replace(live, tables=tuple(tables))
            plan = build_plan(live, target, server.dialect, server.info)
            if "y INT" in old:
                last = plan.statements[-1]
                broken = replace(last, sql=last.sql.replace('"y"', '"z"'))
                plan = replace(plan, statements=(*plan.statements[:-1], broken))
            return await proven(server, live, target, plan, 0)

    proof, copies = run(work())
    assert proof.proven is False
    assert note in proof.note
    assert copies[-1] == 2  # the whole was tried


@pytest.mark.usefixtures("forgetful")
def test_a_stretch_holds_its_tables_and_what_is_next_to_them(fresh_database: Callable[[str], str]) -> None:
    number = 40

    async def work() -> tuple[Proof, list[int]]:
        async with open_server(fresh_database("sqlite")) as server:
            tables = [
                f"CREATE TABLE t{i:02} (id INTEGER PRIMARY KEY, up INT REFERENCES t{max(i - 1, 0):02} (id), gone INT)"
                for i in range(number)
            ]
            await load(server, tables)
            live = await dump(server)
            target = parse_sql(";".join(tables).replace(", gone INT", ""), "sqlite")
            target, _ = normalize(live, target, WHOLE)
            plan = build_plan(live, target, server.dialect, server.info)
            return await proven(server, live, target, plan, stretches.TABLES)

    proof, copies = run(work())
    assert proof.proven
    assert len(proof.plan.statements) == number
    assert max(copies) <= stretches.TABLES + 2


MANY = ";".join(f"CREATE TABLE t{i:02} (a INT)" for i in range(stretches.TABLES + 1))


def planned(old: Schema, new: Schema, *renames: c.Rename) -> Plan:
    spoken = get_dialect("sqlite")
    return build_plan(old, new, spoken, spoken.default_info, renames=renames)


def test_only_what_reaches_no_other_table_is_cut() -> None:
    old, new = parse_sql(MANY, "sqlite"), parse_sql(MANY.replace("INT", "INT, b INT"), "sqlite")
    plan = planned(old, new)
    cut = stretches.stretches(plan, old)
    assert [len(stretch.touched) for stretch in cut] == [stretches.TABLES, 1]
    assert tuple(statement for stretch in cut for statement in stretch.statements) == plan.statements

    view = View(Name("", "v"), "CREATE VIEW v AS SELECT 1", depends_on=())
    trigger = Trigger("x", "CREATE TRIGGER x AFTER INSERT ON t00 BEGIN SELECT 1; END")
    first, *rest = old.tables
    renamed = c.RenameColumn(first.name, "a", "b")
    moved = replace(first, columns=(replace(first.columns[0], name="b"),))
    for part, tried in (
        (replace(old, views=(view,)), plan),
        (replace(old, dependents=(Dependent("view", None, "v"),)), plan),
        (replace(old, tables=(replace(first, triggers=(trigger,)), *rest)), plan),
        (old, planned(old, replace(new, tables=(moved, *new.tables[1:])), renamed)),
    ):
        (one,) = stretches.stretches(tried, part)
        assert one.statements == tried.statements
        assert one.touched == {table.name for table in old.tables}


def test_as_many_tables_as_a_stretch_takes_are_tried_as_a_whole() -> None:
    old = parse_sql(MANY.rpartition(";")[0], "sqlite")
    new = parse_sql(MANY.replace("INT", "INT, b INT"), "sqlite")  # one more is made, which reads no other
    assert len(stretches.stretches(planned(old, new), old)) == 1


def test_a_change_is_about_the_tables_before_and_after_it() -> None:
    old, new, other = Name("", "old"), Name("", "new"), Name("", "other")
    enum, column = Enum(Name("", "mood"), ("a",)), Column("a", "mood")
    assert stretches.touched([c.RenameTable(old, new)]) == {old, new}
    assert stretches.touched([c.ReplaceEnum(enum, enum, ((old, column), (other, column)))]) == {old, other}
    assert stretches.touched([c.CreateEnum(enum)]) == set()


PARENT = "CREATE TABLE p (id INTEGER PRIMARY KEY, x INT);"
CHILD = "CREATE TABLE t (a INT REFERENCES p (id), b INT REFERENCES q (id));"
BESIDE = "CREATE TABLE q (id INTEGER PRIMARY KEY); CREATE INDEX iq ON q (id); CREATE UNIQUE INDEX uq ON q (id);"


def here() -> tuple[stretches.Here, stretches.Stretch, Schema]:
    """A database of three tables, a stretch about the child, and its part."""
    schema = parse_sql(PARENT + CHILD + BESIDE, "sqlite")
    there = stretches.Here(schema, schema)
    stretch = stretches.Stretch((), frozenset({Name("", "p")}))
    return there, stretch, there.part(stretch)


def test_a_part_holds_what_refers_and_no_more_of_it_than_that() -> None:
    there, _, part = here()
    assert {table.name.name for table in part.tables} == {"p", "t"}
    child = next(table for table in part.tables if table.name.name == "t")
    assert [key.ref_table.name for key in child.foreign_keys] == ["p"]
    beside = there.part(stretches.Stretch((), frozenset({Name("", "t")})))
    assert {table.name.name: [index.name for index in table.indexes] for table in beside.tables} == {
        "p": [],
        "t": [],
        "q": ["uq"],
    }


@pytest.mark.parametrize(
    ("beside", "columns"),
    [
        ("", "id,s,c"),  # what it is found by, here and there, and by what it refers
        (", CHECK (x > 0)", "id,x,y,s,c"),
        (", g INT AS (x + 1)", "id,x,y,s,c,g"),
        ("); CREATE UNIQUE INDEX part ON p (s) WHERE (x > 0", "id,x,y,s,c"),
        ("); CREATE UNIQUE INDEX made ON p (abs(x)", "id,x,y,s,c"),
        (", PRIMARY KEY (y, id)) WITHOUT ROWID; CREATE INDEX plain ON p (x", "id,y,s,c"),
    ],
)
def test_a_table_beside_keeps_the_columns_that_are_needed(beside: str, columns: str) -> None:
    key = "id INT" if "PRIMARY KEY" in beside else "id INTEGER PRIMARY KEY"
    text = f"CREATE TABLE p ({key}, x INT, y INT NOT NULL, s TEXT UNIQUE, c INT REFERENCES t (a){beside})"
    schema = parse_sql(f"{text}; CREATE TABLE t (a INT PRIMARY KEY, b TEXT REFERENCES p (s))", "sqlite")
    part = stretches.Here(schema, schema).part(stretches.Stretch((), frozenset({Name("", "t")})))
    (kept,) = [",".join(column.name for column in table.columns) for table in part.tables if table.name.name == "p"]
    assert kept == columns


def test_a_reference_that_only_the_plan_makes_brings_its_table_along() -> None:
    old = parse_sql(PARENT + "CREATE TABLE t (a INT)", "sqlite")
    there = stretches.Here(old, parse_sql(PARENT + "CREATE TABLE t (a INT REFERENCES p (id))", "sqlite"))
    part = there.part(stretches.Stretch((), frozenset({Name("", "t")})))
    assert {table.name.name for table in part.tables} == {"p", "t"}


def test_what_a_stretch_made_is_there_for_the_next() -> None:
    there, stretch, part = here()
    before = there.schema
    made = parse_sql(PARENT.replace("x INT", "x INT, y INT"), "sqlite").tables
    there.take(stretch, part, replace(part, tables=(*made, *(one for one in part.tables if one.name.name != "p"))))
    after = {table.name.name: table for table in there.schema.tables}
    assert after == {table.name.name: table for table in (*before.tables, *made)}  # the others whole, with every key
    there.take(stretch, part, replace(part, tables=tuple(one for one in part.tables if one.name.name != "p")))
    assert {table.name.name for table in there.schema.tables} == {"q", "t"}


@pytest.mark.parametrize(
    "change",
    [
        lambda part: replace(part, tables=tuple(one for one in part.tables if one.name.name != "t")),
        lambda part: replace(
            part, tables=tuple(replace(one, comment="x") if one.name.name == "t" else one for one in part.tables)
        ),
        lambda part: replace(part, unsupported=(UnsupportedObject("table", "x", "unread"),)),
        lambda part: replace(part, views=(View(Name("", "v"), "CREATE VIEW v AS SELECT 1"),)),
        lambda part: replace(
            part,
            tables=tuple(
                replace(one, triggers=(Trigger("x", "CREATE TRIGGER x"),)) if one.name.name == "p" else one
                for one in part.tables
            ),
        ),
        lambda part: replace(part, tables=(*part.tables, *parse_sql("CREATE TABLE IQ (a INT)", "sqlite").tables)),
        lambda part: replace(
            part,
            tables=(*part.tables, *parse_sql("CREATE TABLE n (a INT); CREATE INDEX UQ ON n (a)", "sqlite").tables),
        ),
        lambda part: replace(part, tables=(*part.tables, *parse_sql("CREATE TABLE q (a INT)", "sqlite").tables)),
    ],
    ids=[
        "a neighbour is gone",
        "a neighbour changed",
        "something unread",
        "a view",
        "a trigger",
        "a table with the name of an index elsewhere",
        "an index with the name of one elsewhere",
        "a table that is elsewhere",
    ],
)
def test_what_reached_further_than_its_tables_proves_nothing(change: Callable[[Schema], Schema]) -> None:
    there, stretch, part = here()
    there.take(stretch, part, part)
    with pytest.raises(stretches.Entangled):
        there.take(stretch, part, change(part))
