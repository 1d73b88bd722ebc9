"""The way back: by the plans of ``plans_back``, from what was made to what was there, renames included."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_schemadrift.dialects.postgres import POSTGRES
from pytest_schemadrift.planning.undo import plans_back, with_valid_indexes
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Name, Schema
from pytest_schemadrift.sources.ddl import parse_sql

INFO = POSTGRES.default_info
T, U = Name("", "t"), Name("", "u")


def read(text: str) -> Schema:
    return parse_sql(text, "postgres")


ENUM = "CREATE TYPE mood AS ENUM ({}); CREATE TABLE t (m mood);"
WAYS: dict[str, tuple[str, str, list[c.Rename], int]] = {
    "nothing renamed": ("CREATE TABLE t (a int);", "CREATE TABLE t (a int, b int);", [], 1),
    "a table": ("CREATE TABLE t (a int);", "CREATE TABLE u (a int, b int);", [c.RenameTable(T, U)], 1),
    "a table whose old name is taken": (
        "CREATE TABLE t (a int);",
        "CREATE TABLE u (a int); CREATE TABLE t (x text);",
        [c.RenameTable(T, U)],
        2,
    ),
    "a column": ("CREATE TABLE t (a int);", "CREATE TABLE t (b int, d int);", [c.RenameColumn(T, "a", "b")], 1),
    "a column whose old name is taken": (
        "CREATE TABLE t (a int);",
        "CREATE TABLE t (b int, a text);",
        [c.RenameColumn(T, "a", "b")],
        2,
    ),
    "a column and its table": (
        "CREATE TABLE t (a int);",
        "CREATE TABLE u (b int);",
        [c.RenameTable(T, U), c.RenameColumn(U, "a", "b")],
        1,
    ),
    "a column beside one of another table": (
        "CREATE TABLE t (a int); CREATE TABLE u (a int);",
        "CREATE TABLE t (b int); CREATE TABLE u (a int);",
        [c.RenameColumn(T, "a", "b")],
        1,
    ),
    "columns in turn": (
        "CREATE TABLE t (a int, b int);",
        "CREATE TABLE t (b int, d int);",
        [c.RenameColumn(T, "b", "d"), c.RenameColumn(T, "a", "b")],
        1,
    ),
    "a value": (ENUM.format("'sad'"), ENUM.format("'blue'"), [c.RenameEnumValue(Name("", "mood"), "sad", "blue")], 1),
    "a value whose old name is taken": (
        ENUM.format("'sad'"),
        ENUM.format("'blue', 'sad'"),
        [c.RenameEnumValue(Name("", "mood"), "sad", "blue")],
        2,
    ),
    "a value that another enum has": (
        ENUM.format("'sad'") + "CREATE TYPE other AS ENUM ('sad');",
        ENUM.format("'blue'") + "CREATE TYPE other AS ENUM ('sad');",
        [c.RenameEnumValue(Name("", "mood"), "sad", "blue")],
        1,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_way_back_ends_where_the_way_began(way: str) -> None:
    before, after, renames, number = WAYS[way]
    old, new = read(before), read(after)
    plans = plans_back(old, new, POSTGRES, INFO, renames)
    assert len(plans) == number
    reached = new
    for plan in plans:
        reached = evolve(reached, plan.changes)
    assert reached == old
    back = [change for plan in plans for change in plan.changes if isinstance(change, c.Rename)]
    assert len(back) == len(renames), "what was renamed is renamed back, and keeps its rows"


def test_an_index_that_was_not_valid_comes_back_valid() -> None:
    plain = read("CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a); CREATE TABLE u (x int)")
    assert with_valid_indexes(plain) is plain
    table = plain.tables[0]
    broken = replace(
        plain, tables=(replace(table, indexes=tuple(replace(i, valid=False) for i in table.indexes)), *plain.tables[1:])
    )
    assert broken != plain
    assert with_valid_indexes(broken) == plain
    without = read("CREATE TABLE t (a int, b int); CREATE TABLE u (x int)")
    (plan,) = plans_back(broken, without, POSTGRES, INFO, [])
    assert [type(change) for change in plan.changes] == [c.CreateIndex]
    assert evolve(without, plan.changes) == plain
