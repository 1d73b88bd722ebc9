"""Operators, casts, aggregates, operator classes and text search of somebody's own stand in the scratch copy, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pytest_schemadrift.dialects.postgres import POSTGRES
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.outside import enclosed
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.verify.verdict import Comparison
from tests.harness import compare_with_script, load, run

OBJECTS = """
    CREATE SCHEMA o;
    CREATE FUNCTION o.alike(text, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT lower($1) = lower($2)';
    CREATE OPERATOR o.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = o.alike, COMMUTATOR = OPERATOR(o.===));
    CREATE FUNCTION back(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT reverse($1)';
    CREATE OPERATOR !!! (RIGHTARG = text, FUNCTION = back);
    CREATE TYPE pair AS (x int, y int);
    CREATE FUNCTION shown(pair) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT !!! ($1).x::text';
    CREATE CAST (pair AS text) WITH FUNCTION shown(pair);
    CREATE FUNCTION downwards(int, int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT -btint4cmp($1, $2)';
    CREATE OPERATOR CLASS falling FOR TYPE int USING btree AS
        OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 downwards(int, int);
    CREATE FUNCTION equals(int, int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 = $2';
    CREATE OPERATOR %% (LEFTARG = int, RIGHTARG = int, FUNCTION = equals, COMMUTATOR = %%);
    CREATE OPERATOR CLASS same FOR TYPE int USING hash AS OPERATOR 1 %%, FUNCTION 1 hashint4(int);
    CREATE FUNCTION plus(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2';
    CREATE AGGREGATE total(int) (SFUNC = plus, STYPE = int, INITCOND = '0');
    CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple, Accept = false);
    CREATE TEXT SEARCH CONFIGURATION mine (COPY = simple);
    ALTER TEXT SEARCH CONFIGURATION mine ALTER MAPPING FOR asciiword, word WITH plain, simple;
"""
TABLES = """
    CREATE TABLE t (
        a text DEFAULT (!!! 'ab'::text), p pair, n int, k {0},
        g tsvector GENERATED ALWAYS AS (to_tsvector('mine', a)) STORED,
        CONSTRAINT c CHECK (a OPERATOR(o.===) 'x' AND p::text <> 'y'), CONSTRAINT e EXCLUDE USING hash (n same WITH %%)
    );
    CREATE INDEX i ON t (n falling);
"""
VIEW = "CREATE VIEW v AS SELECT total(n) AS n FROM t;"


@pytest.mark.postgres
@pytest.mark.tried("operators, casts, aggregates, operator classes, text search of somebody's own under a change")
def test_what_stands_on_own_objects_is_proven(fresh_database: Callable[[str], str]) -> None:
    """A table of the script that needs what nobody has is named, and the rest compared."""
    wanted = TABLES.format("bigint") + VIEW
    unknown = "CREATE TABLE u (a int CHECK (a <=> 1)); CREATE INDEX u_a ON u (a);"

    async def work() -> Comparison:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, OBJECTS + TABLES.format("int") + VIEW)
            return await compare_with_script(server, wanted + unknown, Policy(whole=True, unmanaged="ignore"))

    found = run(work())
    changes = [type(change).__name__ for change in found.plan.changes if c.table_of(change)]
    assert (changes, found.compared, found.proven, found.proof_note) == (["AlterColumnType"], "scratch", True, "")
    assert [(item.name, item.failing) for item in found.unreadable] == [("u", "could not be read")]
    assert "operator does not exist: integer <=> integer" in found.unreadable[0].reason


@dataclass
class Answering:
    """A live database that has objects, and no function or type."""

    objects: list[tuple[str, ...]]
    dialect: str = "postgres"

    async def fetch(self, sql: str, *_: object) -> list[tuple[Any, ...]]:
        return self.objects if sql == query("lent_objects", 18) else []

    async def execute(self, sql: str) -> None:
        raise AssertionError(sql)

    async def close(self) -> None:
        return None


def test_what_a_script_makes_itself_is_not_lent() -> None:
    kinds = {"OPERATOR": "===", "OPERATOR CLASS": "falling", "TEXT SEARCH CONFIGURATION": "mine", "CAST": ""}
    live = Answering([("o", name, kind, f"{kind} of live", name or "pair text") for kind, name in kinds.items()])

    async def needed(*made: str) -> set[str]:
        copy = enclosed(live, live, replace(POSTGRES.default_info, version=(18, 0)))
        copy.announce(made)
        needs = await copy.needs("CREATE INDEX ON t (a === 'x', (p::pair) falling) -- mine")
        return {item.name.removesuffix(" of live") for item in needs}

    assert run(needed()) == kinds.keys()
    operator = "create operator o . === (function = f)", "CREATE CAST (pair AS text) WITH INOUT"
    assert run(needed(*operator)) == {"OPERATOR CLASS", "TEXT SEARCH CONFIGURATION"}
    others = 'CREATE Operator Class "falling" FOR TYPE int', "CREATE TEXT  SEARCH CONFIGURATION o.Mine (COPY = simple)"
    assert run(needed(*others)) == {"OPERATOR", "CAST"}
