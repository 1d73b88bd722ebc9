"""What safe mode leaves of a plan works by itself, alters no value, and the rest of the plan says where it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

import pytest

from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.planning.safe_mode import select, unsafe
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.harness import compare_with_script, load, run

ROW = "INSERT INTO t VALUES (1, '007');"
CASES: dict[str, tuple[tuple[str, ...], str, str, str]] = {
    "a strict table's ANY": (
        ("sqlite",),
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b ANY) STRICT;",
        ROW,
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b ANY);",
    ),
    "a strict table's ANY gets another type": (
        ("sqlite",),
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b ANY) STRICT;",
        ROW,
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b DECIMAL(10,2));",
    ),
    "a table becomes strict": (
        ("sqlite",),
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b INT);",
        "INSERT INTO t VALUES (1, 'x');",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b INT, c INT) STRICT;",
    ),
    "the rowid's key": (
        ("sqlite",),
        "CREATE TABLE t (a INT PRIMARY KEY, b TEXT);",
        ROW,
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c INT);",
    ),
    "a table loses its rowid": (
        ("sqlite",),
        "CREATE TABLE t (a INT PRIMARY KEY, b TEXT);",
        ROW,
        "CREATE TABLE t (a INT PRIMARY KEY, b TEXT, c INT) WITHOUT ROWID;",
    ),
    "a default and a check need a new value of an enum": (
        ("postgres",),
        "CREATE TYPE m AS ENUM ('a', 'b'); CREATE TABLE t (a int PRIMARY KEY, b m, c m[]);",
        "INSERT INTO t VALUES (1, 'a', '{a}');",
        "CREATE TYPE m AS ENUM ('d', 'a');"
        "CREATE TABLE t (a bigint PRIMARY KEY, b m DEFAULT 'd', c m[] CHECK (c <> '{d}'));",
    ),
    "a member of an enum in other letters": (
        ("mysql", "mariadb"),
        "CREATE TABLE t (a int PRIMARY KEY, b enum('x', 'y'));",
        "INSERT INTO t VALUES (1, 'y');",
        "CREATE TABLE t (a bigint PRIMARY KEY, b enum('x', 'Y'));",
    ),
    "a member of a set without its accent": (
        ("mysql", "mariadb"),
        "CREATE TABLE t (a int PRIMARY KEY, b set('x', 'é') COLLATE utf8mb4_general_ci);",
        "INSERT INTO t VALUES (1, 'é');",
        "CREATE TABLE t (a bigint PRIMARY KEY, b set('x', 'e') COLLATE utf8mb4_general_ci);",
    ),
    "the members of a set in another order": (
        ("mysql", "mariadb"),
        "CREATE TABLE t (a int PRIMARY KEY, b set('x', 'y'));",
        "INSERT INTO t VALUES (1, 'x,y');",
        "CREATE TABLE t (a bigint PRIMARY KEY, b set('y', 'x'));",
    ),
}
"""What is there, a row of it, and what is wanted; safe mode makes only a part of it."""


def _each() -> Iterator[object]:
    for name, (dialects, *_) in CASES.items():
        for dialect in dialects:
            yield pytest.param(name, dialect, id=f"{name}-{dialect}", marks=getattr(pytest.mark, dialect))


@pytest.mark.parametrize(("name", "dialect"), list(_each()))
@pytest.mark.tried("the part of a plan that safe mode leaves, with values that the rest would alter or refuse")
def test_what_is_left_works_and_keeps_every_value(
    name: str, dialect: str, fresh_database: Callable[[str], str]
) -> None:
    async def work() -> None:
        _, old, row, new = CASES[name]
        async with open_server(fresh_database(dialect)) as server:
            await load(server, old + row)
            before = await _values(server)
            drift = await compare_with_script(server, new)
            assert drift.proven, drift.proof_note
            selection = select(drift.old, drift.new, (), [unsafe(server.dialect.capabilities(server.info), ())])
            assert selection.refused
            await load(server, build_plan(drift.old, selection.target, server.dialect, server.info).sql())
            assert await _left(server, selection.target) == []
            assert await _values(server) == before, "safe mode alters no value"
            rest = (await compare_with_script(server, new)).plan
            hazards = set(chain.from_iterable(step.hazards for step in rest.steps))
            try:
                await load(server, rest.sql())
            except StatementFailed:
                assert Hazard.MAY_FAIL_ON_DATA in hazards
            else:
                assert (Hazard.MAY_CHANGE_DATA in hazards) == (await _values(server) != before)

    run(work())


async def _values(server: LiveServer) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await server.connection.fetch("SELECT b FROM t")]


async def _left(server: LiveServer, target: Schema) -> list[object]:
    """What differs from a schema that was worked out."""
    found = await dump(server)
    return list(diff(found, normalize(found, target, Policy(whole=True))[0]))
