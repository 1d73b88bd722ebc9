"""What two texts spell in two ways and the server means alike is no drift, from a database to a file and back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from pytest_schemadrift.schema.changes import AddColumn
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

NewDatabase = Callable[[str], str]

KEYS = (
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))",
    "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (A int, CONSTRAINT f FOREIGN KEY (A) REFERENCES p (ID)"
    " ON DELETE {})",
)
ALIKE = {
    "postgres": [
        (
            "CREATE TABLE t (a varchar(9) DEFAULT 'abc'::text, b text DEFAULT 'abc'::character varying)",
            "CREATE TABLE t (a varchar(9) DEFAULT 'abc', b text DEFAULT 'abc'::text)",
        ),
        (
            "CREATE TABLE t (a timestamptz(6), b time(6), g timestamp(6), h interval(6))",
            "CREATE TABLE t (a timestamptz, b time, g timestamp without time zone, h interval)",
        ),
        (
            "CREATE DOMAIN d AS text CHECK (VALUE IN ('a','b')); CREATE DOMAIN e AS d CHECK (VALUE <> 'x')",
            "CREATE DOMAIN d AS text CHECK (VALUE = ANY (ARRAY['a','b'])); CREATE DOMAIN e AS d CHECK (VALUE != 'x')",
        ),
        (
            "CREATE TABLE t (a timestamp DEFAULT timezone('utc', now()))",
            "CREATE TABLE t (a timestamp DEFAULT (now() AT TIME ZONE 'utc'))",
        ),
        (  # as a database has it that comes from a server before 14 or 10 (P72)
            """CREATE TABLE t (a text, b bigint, g text GENERATED ALWAYS AS (btrim(a)) STORED,
                 k name DEFAULT "current_user"(),
                 m date DEFAULT ('now'::text)::date, n timetz DEFAULT ('now'::text)::timetz,
                 o time(2) DEFAULT ('now'::text)::time(2),
                 CONSTRAINT c CHECK ("position"(a, 'x') > 1 AND b > '0'::bigint));
               CREATE INDEX i ON t (("substring"(a, 1, 3))) WHERE "overlay"(a, 'x', 1) <> ltrim(a, 'x')""",
            """CREATE TABLE t (a text, b bigint, g text GENERATED ALWAYS AS (trim(a)) STORED, k name DEFAULT user,
                 m date DEFAULT current_date, n timetz DEFAULT current_time(6), o time(2) DEFAULT localtime(2),
                 CONSTRAINT c CHECK (position('x' in a) > 1 AND b > 0));
               CREATE INDEX i ON t ((substring(a for 3)))
                 WHERE overlay(a placing 'x' from 1) <> trim(leading 'x' from a)""",
        ),
        (  # spelled by two people
            """CREATE TABLE t (a int, b boolean, g boolean GENERATED ALWAYS AS (a = ANY ('{1,2}')) STORED,
                 CONSTRAINT c CHECK (b = false)); CREATE INDEX i ON t (a) WHERE b = true""",
            """CREATE TABLE t (a int, b boolean, g boolean GENERATED ALWAYS AS (a IN (1, 2)) STORED,
                 CONSTRAINT c CHECK (NOT b)); CREATE INDEX i ON t (a) WHERE b""",
        ),
        (
            "CREATE TABLE t (a int); CREATE INDEX i ON t USING btree (a)",
            "CREATE TABLE t (a int); CREATE INDEX i ON t (a)",
        ),
        (
            "CREATE TABLE t (a int CHECK (a > 0), b int CONSTRAINT c CHECK (b > a))",
            "CREATE TABLE t (a int, b int, CHECK (a > 0), CONSTRAINT c CHECK (b > a))",
        ),
        ("CREATE TABLE T (A INT, B VARCHAR(9) NOT NULL)", "create table t (a int4, b character varying(9) not null)"),
        (
            "CREATE TABLE t (a int, b int, UNIQUE (a), PRIMARY KEY (b))",
            "CREATE TABLE t (a int UNIQUE, b int PRIMARY KEY)",
        ),
        (KEYS[0], KEYS[1].format("NO ACTION")),
    ],
    "mysql": [
        ("CREATE TABLE t (a int, b bigint unsigned)", "CREATE TABLE t (a int(11), b bigint(20) unsigned)"),
        ("CREATE TABLE t (a int, KEY i (a) USING BTREE)", "CREATE TABLE t (a int, KEY i (a))"),
        (
            "CREATE TABLE t (A INT, B VARCHAR(9) NOT NULL, KEY I (A))",
            "create table t (a int, b varchar(9) not null, key i (a))",
        ),
        ("CREATE TABLE t (a int CHECK (a > 0))", "CREATE TABLE t (a int, CHECK (a > 0))"),
        (
            "CREATE TABLE t (a int, b int AS (a+1) STORED, CHECK (a > 0))",
            "CREATE TABLE t (A INT, B INT AS (A+1) STORED, CHECK (A > 0))",
        ),
        ("CREATE TABLE t (a int, b int, KEY i ((a+b)))", "CREATE TABLE t (A INT, B INT, KEY i ((A+B)))"),
        (KEYS[0], KEYS[1].format("NO ACTION")),
    ],
    "mariadb": [
        (
            "CREATE TABLE t (a int(5), b bigint(3) unsigned, g smallint(2))",
            "CREATE TABLE t (a int(11), b bigint unsigned, g smallint)",
        ),
        ("CREATE TABLE t (a int, KEY i (a) USING BTREE)", "CREATE TABLE t (a int, KEY i (a))"),
        (
            "CREATE TABLE t (A INT, B VARCHAR(9) NOT NULL, KEY I (A))",
            "create table t (a int, b varchar(9) not null, key i (a))",
        ),
        ("CREATE TABLE t (a int CHECK (a > 0), b int)", "CREATE TABLE t (A INT, B INT, CHECK (A > 0))"),
        ("CREATE TABLE t (a enum('x','Y'), b set('q'))", "CREATE TABLE t (A ENUM('x','Y'), B SET('q'))"),
        (KEYS[0], KEYS[1].format("RESTRICT")),
    ],
    "sqlite": [
        (
            "CREATE TABLE t (a varchar(9), b INTEGER PRIMARY KEY)",
            "CREATE TABLE T (A VARCHAR(9), B integer PRIMARY KEY)",
        ),
        ("CREATE TABLE t (a int CHECK (a > 0))", "CREATE TABLE t (a int, CHECK (a > 0))"),
        ("CREATE TABLE t (a int, b int AS (a+1))", "CREATE TABLE t (A INT, B INT AS (A+1))"),
        (
            "CREATE TABLE t (a int); CREATE INDEX i ON t (a) WHERE a > 1",
            "CREATE TABLE t (A INT); CREATE INDEX I ON T (A) WHERE A > 1",
        ),
        (
            "CREATE TABLE t (a int, b text CHECK (b ISNULL OR a NOT NULL)); CREATE INDEX i ON t (a, b) WHERE a NOTNULL",
            "CREATE TABLE t (a int, b text CHECK (b IS NULL OR a IS NOT NULL));"
            " CREATE INDEX i ON t (a, b) WHERE a IS NOT NULL",
        ),
        (
            "CREATE TABLE t (a text, b text); CREATE INDEX i ON t (((a) COLLATE nocase) DESC,"
            " (b COLLATE rtrim COLLATE binary))",
            "CREATE TABLE t (a text, b text); CREATE INDEX i ON t (a COLLATE NOCASE DESC, (b))",
        ),
        (
            "CREATE TABLE t (a int COLLATE nocase, b text DEFAULT 'x')",
            "CREATE TABLE t (a int COLLATE NOCASE, b TEXT DEFAULT ('x'))",
        ),
        (KEYS[0], KEYS[1].format("NO ACTION")),
    ],
}


def _numbered(script: str, number: int) -> str:
    """The names of a story's tables, types, indexes and constraints, unlike those of all others."""
    return re.sub(r"\b([tpidecfTI])\b", rf"\g<1>{number}", script)


@pytest.mark.parametrize("dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ALIKE])
@pytest.mark.parametrize("direction", ["there", "back"])
@pytest.mark.tried("two spellings of one thing, in a database and in a file")
def test_two_spellings_of_one_thing_are_no_drift(dialect: str, direction: str, fresh_database: NewDatabase) -> None:
    pairs = [pair if direction == "there" else pair[::-1] for pair in ALIKE[dialect]]
    old, new = [";".join(_numbered(pair[side], at) for at, pair in enumerate(pairs)) for side in (0, 1)]

    async def work() -> None:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, old)
            found = await compare_with_script(server, new, prove=False)
            assert (found.plan.sql(), found.unreadable) == ([], ())
            one_more = re.sub(r"(t0 \()", r"\1more int, ", new, count=1, flags=re.IGNORECASE)
            again = await compare_with_script(server, one_more, prove=False)
            assert [type(change) for change in again.plan.changes] == [AddColumn], "it is compared"

    run(work())
