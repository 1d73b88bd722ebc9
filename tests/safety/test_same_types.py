"""Types that are called equal hold the same values: the server says so, value by value."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from pytest_schemadrift.dialects.postgres.names import printed_literal
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import dump, open_server
from tests.harness import compare_with_script, load, run

NewDatabase = Callable[[str], str]
TIMES = ("timestamptz", "timestamp", "time", "timetz", "interval", "interval day to second")


@pytest.mark.postgres
@pytest.mark.tried("A type with its full precision spelled out: no drift, and every value is the same")
def test_six_digits_are_all_that_there_is(fresh_database: NewDatabase) -> None:
    chosen = random.Random(6)

    def moment(type_: str) -> str:
        clock = f"{chosen.randrange(24)}:{chosen.randrange(60)}:{chosen.randrange(60)}.{chosen.randrange(10**9):09}"
        return (
            clock if type_.startswith(("time ", "interval")) or type_ in ("time", "timetz") else f"2020-02-03 {clock}"
        )

    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            for type_ in TIMES:
                values = ", ".join(f"('{moment(type_)}')" for _ in range(300))
                for digits, other in ((6, 0), (5, 1)):
                    name = type_.replace("second", f"second({digits})") if " " in type_ else f"{type_}({digits})"
                    query = f"SELECT count(*) FROM (VALUES {values}) AS v (x) WHERE x::{name} <> x::{type_}"
                    ((differing,),) = await server.connection.fetch(query)
                    assert (differing > 0) == other, (name, differing)
                    await load(server, f"DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, a {name})")
                    found = await compare_with_script(server, f"CREATE TABLE t (id int PRIMARY KEY, a {type_})")
                    assert bool(found.plan) == other, name

    run(work())


LITERALS = ("a", "a  ", "abcd", "  ", "", "é 12 ", "it's")
TEXT_TYPES = ("text", "varchar", "varchar(3)", "char(3)", "char", "bpchar")


@pytest.mark.postgres
@pytest.mark.tried("A literal cast to another type of text as a default: drift only where another value arrives")
def test_the_value_that_arrives_is_what_a_default_of_text_is(fresh_database: NewDatabase) -> None:
    casts = ["", *(f"::{type_}" for type_ in TEXT_TYPES)]
    defaults = [printed_literal(value) + cast for value in LITERALS for cast in casts]

    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            fetch = server.connection.fetch
            for type_ in ("text", "varchar", "varchar(9)", "char(9)", "bpchar"):
                columns = ", ".join(f"c{at} {type_} DEFAULT {default}" for at, default in enumerate(defaults))
                await load(server, f"DROP TABLE IF EXISTS t; CREATE TABLE t ({columns}); INSERT INTO t DEFAULT VALUES")
                arriving = ", ".join(f"quote_literal(c{at}) || pg_column_size(c{at})" for at in range(len(defaults)))
                (values,) = await fetch(f"SELECT {arriving} FROM t")
                (table,) = (await dump(server)).tables
                keys = [column.default.key if column.default else None for column in table.columns]
                pairs = list(zip(defaults, values, keys, strict=True))
                for default, value, key in pairs:
                    apart = [other for other, same, found in pairs if (same == value) != (found == key)]
                    assert not _told(default, apart, type_), (type_, default, value, key, apart)

    run(work())


CASTS_OF_OTHERS = {
    "date": [
        "'2020-01-02'",
        "'2020-01-02'::text::date",
        "'2020-01-02 10:00'::timestamp",
        "'2020-01-03'::varchar::date",
    ],
    "timestamp": ["'2020-01-02'", "'2020-01-02'::date", "'2020-01-02 00:00'::text::timestamp", "'2020-01-02 00:01'"],
    '"char"': ["'a'", "'a'::text", "'a'::varchar", "'b'::text", "'a'::text::\"char\""],
    "name": ["'a'", "'a'::text", "'a'::varchar::name", "'A'::text"],
    "text": ["5", "'5'", "'5'::text", "'05'", "-5", "'-5'", "1.50", "'1.50'", "'1.5'", "0.5", "'0.5'"],
    "text[]": ["'{a,b}'", "ARRAY['a','b']", "'{a, \"b\"}'", "ARRAY['NULL']", "'{NULL}'", "ARRAY['a,b']", "'{a}'"],
    "varchar[]": ["'{a,\"b c\"}'", "ARRAY['a','b c']", "ARRAY['a','b']::text[]", "'{}'", "ARRAY[]::varchar[]"],
    "integer[]": ["'{1,-2}'", "ARRAY[1,-2]", "'{1,2}'", "ARRAY[2,1]"],
    "integer": ["5", "'5'", "'5'::text::integer", "5.0", "6", "'6'::text::integer"],
    "boolean": ["true", "'t'::text::boolean", "'yes'", "'off'::text::boolean", "false"],
    "mood": ["'so'", "'so'::text::mood", "'la'::varchar::mood", "'la'", "'so'::mood"],
    "char(5)": ["false", "'false'", "false::text", "true", "'true'", "'true '"],
    "varchar(5)": ["false", "'false'", "true::varchar", "'true'", "'t'"],
    "bpchar": ["false", "'false'", "true", "'f'"],
    "mood[]": ["'{so}'", "ARRAY['so']::mood[]", "ARRAY['so'::mood]", "'{la}'"],
    "uuid": [f"'{'a' * 32}'", f"'{'A' * 32}'::text::uuid", f"'{'b' * 32}'"],
}


@pytest.mark.postgres
@pytest.mark.tried("A literal cast by way of another type as a default: drift only where another value arrives")
def test_the_value_that_arrives_is_what_a_default_of_any_type_is(fresh_database: NewDatabase) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, "CREATE TYPE mood AS ENUM ('so', 'la')")
            for number, (type_, defaults) in enumerate(CASTS_OF_OTHERS.items()):
                columns = ", ".join(f"c{at} {type_} DEFAULT {default}" for at, default in enumerate(defaults))
                await load(server, f"CREATE TABLE t{number} ({columns}); INSERT INTO t{number} DEFAULT VALUES")
                arriving = ", ".join(f"c{at}::text" for at in range(len(defaults)))
                (values,) = await server.connection.fetch(f"SELECT {arriving} FROM t{number}")
                table = (await dump(server)).table(Name("", f"t{number}"))
                assert table is not None
                keys = [column.default.key if column.default else None for column in table.columns]
                for default, value, key in zip(defaults, values, keys, strict=True):
                    same = [found == key for found in keys]
                    assert same == [other == value for other in values], (type_, default, value, key)

            # What says another thing at another time, or in another session, is no literal.
            await load(
                server,
                "CREATE TABLE moving (a date DEFAULT 'today'::text::date, b date DEFAULT '2/3/2020'::text::date)",
            )
            moving = (await dump(server)).table(Name("", "moving"))
            assert moving is not None
            shown = [column.default.key if column.default else "" for column in moving.columns]
            assert all("::text" in key for key in shown), shown

    run(work())


def _told(default: str, apart: list[str], type_: str) -> list[str]:
    """Those of the pairs that count: a bpchar column that a char literal was filled up for is left to the proof."""
    padded = ("::char(3)", "::char")
    if type_ != "bpchar" or not default.endswith(padded):
        return [other for other in apart if type_ != "bpchar" or not other.endswith(padded)]
    return []


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
)
@pytest.mark.tried("Integers with another display width: no drift, but for ZEROFILL and tinyint(1)")
def test_a_width_bounds_no_value(dialect: str, fresh_database: NewDatabase) -> None:
    values = {"int(2)": -(2**31), "bigint(3) unsigned": 2**64 - 1, "smallint(1)": 2**15 - 1, "tinyint(2)": -128}

    async def work() -> None:
        async with open_server(fresh_database(dialect)) as server:
            for type_, value in values.items():
                plain = type_.split("(", maxsplit=1)[0] + type_.partition(")")[2]
                await load(server, f"DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, a {type_})")
                await load(server, f"INSERT INTO t VALUES (1, {value})")
                shown = await server.connection.fetch("SELECT a, concat(a) FROM t UNION SELECT a, concat(a) FROM t")
                assert [tuple(row) for row in shown] == [(value, str(value))]
                found = await compare_with_script(server, f"CREATE TABLE t (id int PRIMARY KEY, a {plain})")
                assert not found.plan, (type_, found.plan.sql())

    run(work())
