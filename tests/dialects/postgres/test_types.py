"""Types have one spelling each, and what a change of type does is told honestly."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.dialects.postgres.read.types import (
    canonical_type,
    conversion,
    default_storage,
    has_storage,
    using,
)
from pytest_schemadrift.schema.capabilities import Conversion
from tests.dialects.postgres.database import opened, run

SPELLINGS = {
    "int": "integer", "int4": "integer", "INTEGER": "integer", "int2": "smallint", "int8": "bigint",
    "float": "double precision", "float(24)": "real", "float(53)": "double precision", "float4": "real",
    "float8": "double precision", "double precision": "double precision", "decimal": "numeric",
    "dec(5)": "numeric(5,0)",
    "numeric(10, 2)": "numeric(10,2)", "bool": "boolean", "varchar": "character varying",
    "varchar(20)": "character varying(20)", "char varying(3)": "character varying(3)",
    "national character varying(3)": "character varying(3)", "char": "character(1)", "character(3)": "character(3)",
    "nchar(3)": "character(3)", "bpchar": "bpchar", "bpchar(4)": "character(4)", '"char"': '"char"',
    "bit": "bit(1)", '"bit"': '"bit"', "bit(3)": "bit(3)", "varbit(3)": "bit varying(3)", "bit varying": "bit varying",
    "timestamptz": "timestamp with time zone", "timestamptz(3)": "timestamp(3) with time zone",
    "timestamp": "timestamp without time zone", "timestamp (0) with time zone": "timestamp(0) with time zone",
    "time": "time without time zone", "timetz(2)": "time(2) with time zone", "interval": "interval",
    "interval(3)": "interval(3)", "interval year to month": "interval year to month",
    "interval day to second(2)": "interval day to second(2)", "int[]": "integer[]", "int[3][3]": "integer[]",
    "text array": "text[]", "varchar(20) array[4]": "character varying(20)[]", "pg_catalog.int4": "integer",
    '"pg_catalog"."varchar"': "character varying", "json": "json", "text": "text", "name": "name",
}  # fmt: skip


@pytest.mark.parametrize(("typed", "canonical"), SPELLINGS.items())
def test_p10_one_spelling_for_each_type(typed: str, canonical: str) -> None:
    assert canonical_type(typed) == canonical
    assert canonical_type(canonical) == canonical


@pytest.mark.postgres
def test_the_server_spells_them_so(fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        columns = ", ".join(f"c{place} {typed}" for place, typed in enumerate(SPELLINGS))
        async with opened(fresh_database("postgres")) as database:
            await database.load(f"CREATE TABLE t ({columns})")
            assert [column.type for column in (await database.table("t")).columns] == list(SPELLINGS.values())

    run(check())


@pytest.mark.postgres
def test_how_values_are_kept_is_what_the_server_says(fresh_database: Callable[[str], str]) -> None:
    """Of its own types and their arrays; of those that are not known nothing is said."""
    words = {"p": "PLAIN", "e": "EXTERNAL", "x": "EXTENDED", "m": "MAIN"}

    async def check() -> None:
        async with opened(fresh_database("postgres")) as database:
            rows = await database.rows(
                "SELECT format_type(oid, NULL), typstorage::text FROM pg_type "
                "WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = 'b'"
            )
        said = {name: (words[kind], default_storage(name)) for name, kind in rows}
        assert {name: both for name, both in said.items() if both[1] not in (None, both[0])} == {}
        known = {name for name, (_, ours) in said.items() if ours is not None}
        assert {canonical_type(name) for name in ("int", "numeric", "varchar", "inet", "jsonb", "text[]")} <= known
        assert {name for name in known if has_storage(name)} == {name for name in known if said[name][0] != "PLAIN"}

    run(check())


def test_names_of_people() -> None:
    assert canonical_type("Mood") == "mood"
    assert canonical_type('"Mood"[]') == '"Mood"[]'
    assert canonical_type("public.mood") == "mood"
    assert canonical_type("app.mood") == "app.mood"
    assert canonical_type('"app"."order"') == 'app."order"'
    assert canonical_type("geometry(Point, 4326)") == "geometry(Point,4326)"
    assert canonical_type("vector(3)") == "vector(3)"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("character varying(10)", "character varying(20)", Conversion.METADATA),
        ("character varying(10)", "text", Conversion.METADATA),
        ("text", "character varying", Conversion.METADATA),
        ("text", "character varying(10)", Conversion.LOSSY),
        ("numeric(10,2)", "numeric(12,2)", Conversion.METADATA),
        ("numeric(10,2)", "numeric(10,1)", Conversion.LOSSY),
        ("numeric(10,2)", "numeric(9,2)", Conversion.MAY_FAIL),
        ("numeric(10,2)", "numeric", Conversion.METADATA),
        ("numeric", "numeric(10,2)", Conversion.LOSSY),
        ("integer", "bigint", Conversion.REWRITE),
        ("bigint", "integer", Conversion.MAY_FAIL),
        ("integer", "double precision", Conversion.REWRITE),
        ("bigint", "double precision", Conversion.LOSSY),
        ("integer", "numeric(10,0)", Conversion.REWRITE),
        ("integer", "numeric(10,2)", Conversion.MAY_FAIL),
        ("numeric(10,2)", "integer", Conversion.LOSSY),
        ("real", "double precision", Conversion.REWRITE),
        ("double precision", "real", Conversion.LOSSY),
        ("timestamp(3) with time zone", "timestamp(6) with time zone", Conversion.METADATA),
        ("timestamp with time zone", "timestamp(3) with time zone", Conversion.LOSSY),
        ("timestamp with time zone", "date", Conversion.LOSSY),
        ("date", "timestamp with time zone", Conversion.REWRITE),
        ("text", "integer", Conversion.LOSSY),
        ("text", "uuid", Conversion.LOSSY),
        ("text", "mood", Conversion.MAY_FAIL),
        ("text", "numeric", Conversion.LOSSY),
        ("integer", "text", Conversion.REWRITE),
        ("integer", "character varying(2)", Conversion.MAY_FAIL),
        ("json", "jsonb", Conversion.LOSSY),
        ("integer[]", "bigint[]", Conversion.REWRITE),
        ("integer", "integer[]", Conversion.REWRITE),
        ("mood", "other", Conversion.LOSSY),
    ],
)
def test_what_a_change_of_type_does(old: str, new: str, expected: Conversion) -> None:
    assert conversion(old, new) is expected


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("new", "value"),
    [
        ("numeric(5,2)", "1.239"),
        ("date", "2020-01-02 10:11:12"),
        ("timestamp without time zone", "2020-01-02 10:11:12+05"),
        ("interval(0)", "1 day 00:00:01.6"),
        ("real", "1.23456789"),
        ("bit(3)", "10101"),
        ('"char"', "xyz"),
        ("name", "x" * 70),
        ("jsonb", '{"a": 1, "a": 2}'),
    ],
)
def test_text_that_is_cut_without_a_word_is_called_lossy(
    new: str, value: str, fresh_database: Callable[[str], str]
) -> None:
    assert conversion("text", new) is Conversion.LOSSY

    async def check() -> None:
        async with opened(fresh_database("postgres")) as database:
            await database.connection.execute("CREATE TABLE t (c text)")
            await database.connection.fetch("INSERT INTO t VALUES ($1)", value)
            await database.load(f'ALTER TABLE t ALTER COLUMN "c" TYPE {new} USING {using("c", "text", new)}')
            assert await database.value("SELECT c::text FROM t") != value

    run(check())


@pytest.mark.parametrize(
    ("old", "new", "values"),
    [
        ("text", "integer", ["1"]),
        ("integer", "text", [1]),
        ("integer", "boolean", [1]),
        ("bigint", "boolean", [1]),
        ("boolean", "smallint", [True]),
        ("boolean", "numeric", [True]),
        ("text", "uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
        ("integer", "uuid", []),
        ("text", "jsonb", ['{"a": 1}']),
        ("json", "jsonb", ['{"a": 1}']),
        ("text", "bytea", ["a\\b"]),
        ("bytea", "text", [b"a\\b"]),
        ("text", "text[]", ["a,b"]),
        ("integer", "bigint[]", [1]),
        ("text[]", "integer[]", [["1"]]),
        ("character varying(20)", "date", ["2020-01-01"]),
        ("date", "integer", []),
        ("integer", "timestamp with time zone", []),
        ("text", "inet", ["127.0.0.1"]),
        ("interval", "integer", []),
        ("character varying(3)", "character varying(5)", ["abc"]),
        ("numeric", "double precision", []),
    ],
)
@pytest.mark.postgres
def test_p38_every_change_of_type_is_a_statement_that_the_server_takes(
    old: str, new: str, values: list[object], fresh_database: Callable[[str], str]
) -> None:
    async def check() -> None:
        async with opened(fresh_database("postgres")) as database:
            await database.load(f"CREATE TABLE t (c {old})")
            for value in values:
                await database.connection.fetch("INSERT INTO t VALUES ($1)", value)
            expression = using('"c"', old, new)
            clause = f" USING {expression}" if expression else ""
            await database.load(f'ALTER TABLE t ALTER COLUMN "c" TYPE {new}{clause}')
            assert await database.value("SELECT count(c) FROM t") == len(values)

    run(check())


def test_a_cast_that_is_not_needed_is_not_given() -> None:
    """An explicit cast would cut what is too long, where assignment refuses it."""
    assert using('"c"', "text", "character varying(5)") is None
