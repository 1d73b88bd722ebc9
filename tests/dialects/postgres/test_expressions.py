"""Equal keys mean the same on every server, and what the server adds when it prints does not count."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.dialects.postgres.read.defaults import default_of
from pytest_schemadrift.dialects.postgres.read.expressions import key_of
from pytest_schemadrift.dialects.postgres.read.grammar import _Reader, plain_value
from tests.dialects.postgres.database import opened, run

COLUMNS = {
    "status": "character varying(10)", "t": "text", "ch": "character(3)", "a": "integer", "b": "bigint",
    "p": "numeric(10,2)", "f": "double precision", "flag": "boolean", "d": "jsonb", "at": "timestamp with time zone",
    "day": "date", "tags": "text[]", "s": "smallint", "n": "name", "mood": "mood", "user": "integer", "Mixed": "text",
}  # fmt: skip

CHECKS = [
    "a > 0",
    "((a > 0))",
    "a > 0 AND b < 5000000000 AND p >= 0",
    "a > 0 OR (b = 1 AND NOT p > 2)",
    "a BETWEEN 1 AND 5",
    "a NOT BETWEEN -5 AND -1",
    "a IN (1, 2, 3)",
    "a NOT IN (1, 2)",
    "status IN ('a', 'b')",
    "status NOT IN ('a', 'b')",
    "status IN ('a')",
    "t IN ('a', 'it''s')",
    "status LIKE 'a%' AND t NOT ILIKE '%b'",
    "status ~ '^[a-z]+$'",
    "status <> '' AND t != 'x'",
    "lower(status) = 'x'",
    "length(status) > 3 AND char_length(t) < 5",
    "ch = 'abc'",
    "p * a > 5",
    "p > 1.50 AND f < 1e3 AND f > 0",
    "d ->> 'k' = 'v'",
    "d ? 'k'",
    "mood = 'happy'",
    "mood IN ('happy', 'sad')",
    "at > '2020-01-01 00:00:00+00'",
    "day > DATE '2020-01-01'",
    "flag IS TRUE OR flag IS NOT FALSE OR NOT flag",
    "status IS DISTINCT FROM t",
    "(a IS NULL) <> (b IS NULL)",
    "coalesce(status, 'x') <> 'y'",
    "CASE WHEN a > 0 THEN status = 'x' ELSE t = 'y' END",
    "CASE a WHEN 1 THEN true END",
    "t || '_x' <> status || 'y'",
    "a + b * 2 - 1 > -1",
    "a % 2 = 0",
    "'a' = ANY (tags)",
    "array_length(tags, 1) > 2",
    "at < now() OR at < CURRENT_TIMESTAMP",
    '"user" > 0 AND "Mixed" <> \'\'',
    "CAST(a AS text) = '1'",
    "(a, b) = (1, 2)",
    "substr(status, 1, 2) = 'ab'",
    "t COLLATE \"C\" < 'x'",
    "status::text = 'x'",
    "date_trunc('day', at) = at",
    "at AT TIME ZONE 'utc' > '2020-01-01'",
]
FOR_SCRATCH = {
    "CASE a WHEN 1 THEN true END",
    "(a, b) = (1, 2)",
    "CAST(a AS text) = '1'",
    "at AT TIME ZONE 'utc' > '2020-01-01'",
    "t COLLATE \"C\" < 'x'",
}
"""What the server prints in a way that is not undone: unequal keys, which are only a suspicion."""


@pytest.mark.postgres
def test_p15_p16_what_is_typed_equals_what_the_server_prints_of_it_however_often(
    fresh_database: Callable[[str], str],
) -> None:
    async def check() -> list[str]:
        wrong = []
        columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
        async with opened(fresh_database("postgres")) as database:
            await database.load(f"CREATE TYPE mood AS ENUM ('happy', 'sad'); CREATE TABLE t ({columns})")
            for typed in CHECKS:
                text, keys = typed, [key_of(typed, COLUMNS, "public")]
                for _ in range(3):
                    await database.load(f"ALTER TABLE t ADD CONSTRAINT c CHECK ({text})")
                    (found,) = (await database.table("t")).checks
                    await database.load("ALTER TABLE t DROP CONSTRAINT c")
                    text = found.expression.sql
                    keys.append(found.expression.key)
                if len(set(keys[typed in FOR_SCRATCH :])) > 1:
                    wrong.append(f"{typed}: {keys}")
        return wrong

    assert run(check()) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a > 0", "a >= 0"),
        ("a > 0", "a > 0.0"),
        ("a / 2 > 1", "a / 2.0 > 1"),
        ("t = 'a'", "t = 'A'"),
        ("t = '1'", "a = '1'"),
        ("(a > 0 OR b > 0) AND p > 0", "a > 0 OR b > 0 AND p > 0"),
        ("a - (b - 1) > 0", "a - b - 1 > 0"),
        ("NOT a > 0 AND b > 0", "NOT (a > 0 AND b > 0)"),
        ('"user" = 1', "user = '1'"),
        ('"Mixed" = t', "mixed = t"),
        ("status::varchar(2) = 'ab'", "status = 'ab'"),
        ("ch::text = 'a'", "ch = 'a'"),
        ("upper(t) = 'A'", "lower(t) = 'A'"),
        ("my.lower(status) = 'a'", "lower(status) = 'a'"),
        ("tags || 'x' = tags", "tags || 'x'::text = tags"),
        ("a::numeric > 0", "a > 0.5"),
        ("t IN ('a', 'b')", "t IN ('b', 'a', 'c')"),
        ("a IS NULL", "a IS NOT NULL"),
        ("extract(year FROM at) > 1", "extract(month FROM at) > 1"),
        ("trim(t) = 'a'", "ltrim(t) = 'a'"),
        ("trim('x' from t) = 'a'", "trim(t from 'x') = 'a'"),
        ("substring(t from 1 for 2) = 'a'", "substring(t from 2 for 1) = 'a'"),
        ("position(t in status) > 1", "position(status in t) > 1"),
        ("position(t in status) > 1", '"position"(t, status) > 1'),
        ("day <= current_date", "day <= 'now'::date"),
        ("at <= current_timestamp(0)", "at <= current_timestamp(3)"),
        ("t = current_user", "t = session_user"),
        ("t = current_user", 't = "user"'),
        ("s + 1::smallint > 0", "s + 1 > 0"),
        ("b > 1.5::bigint", "b > 1.5"),
        ("f > '-0'", "f > '0'::double precision"),
        ("flag = false", "flag"),
        ("flag <> false", "NOT flag"),
        ("t = false", "NOT t"),
        ("flag IS FALSE", "NOT flag"),
        ("t IS NORMALIZED", "t IS NFD NORMALIZED"),
        ("t IS NOT NORMALIZED", "t IS NORMALIZED"),
        ("(at, at) OVERLAPS (at, day)", "(at, day) OVERLAPS (at, at)"),
        ("(day::timestamptz, day) OVERLAPS (at, day)", "(day, day) OVERLAPS (at, day)"),
        ("tags = '{NULL}'::text[]", "tags = ARRAY['NULL'::text]"),
        ("tags = '{a,b}'::text[]", "tags = ARRAY['a,b'::text]"),
        ("tags = '{{a},{b}}'::text[]", "tags = ARRAY['a'::text, 'b'::text]"),
        ("tags = '[0:1]={a,b}'::text[]", "tags = ARRAY['a'::text, 'b'::text]"),
        ("a = ANY ('{1,2}'::integer[])", "a = ANY ('{1,3}'::integer[])"),
    ],
)
def test_what_means_something_else_is_unequal(one: str, other: str) -> None:
    assert key_of(one, COLUMNS, "public") != key_of(other, COLUMNS, "public")


PRINTED_BEFORE = [
    ("trim(status) <> ''", "(btrim((status)::text) <> ''::text)"),
    ("trim(both 'x' from t) = 'a'", "(btrim(t, 'x'::text) = 'a'::text)"),
    ("trim(leading from t) = 'a'", "(ltrim(t) = 'a'::text)"),
    ("trim(trailing t from status) = 'a'", "(rtrim((status)::text, t) = 'a'::text)"),
    ("substring(status from 2 for 3) = 'a'", "(\"substring\"((status)::text, 2, 3) = 'a'::text)"),
    ("substring(t for 3) = 'a'", "(\"substring\"(t, 1, 3) = 'a'::text)"),
    ("substring(t similar '#\"a#\"' escape '#') = 'a'", "(\"substring\"(t, '#\"a#\"'::text, '#'::text) = 'a'::text)"),
    ("position('@' in status) > 1", "(\"position\"((status)::text, '@'::text) > 1)"),
    ("overlay(t placing 'x' from 1 for 2) = 'a'", "(\"overlay\"(t, 'x'::text, 1, 2) = 'a'::text)"),
    ("day <= current_date", "(day <= ('now'::text)::date)"),
    ("at <= current_timestamp(0)", "(at <= ('now'::text)::timestamp(0) with time zone)"),
    ("n = current_user", '(n = "current_user"())'),
    ("b > 0", "(b > '0'::bigint)"),
    ("f > -1.5", "(f > '-1.5'::double precision)"),
    ("normalize(t) = t", """("normalize"(t, 'NFC'::text) = t)"""),
    ("t IS NOT NFKC NORMALIZED", "(NOT is_normalized(t, 'NFKC'::text))"),
    ("collation for (t) = status", "(pg_collation_for(t) = (status)::text)"),
    ("(at, at) OVERLAPS (at, at)", '"overlaps"(at, at, at, at)'),
    (
        "(day, day) OVERLAPS (day, day)",
        '"overlaps"((day)::timestamp with time zone, (day)::timestamp with time zone, '
        "(day)::timestamp with time zone, (day)::timestamp with time zone)",
    ),
    ("char_length(t) > 1", "(length(t) > 1)"),
]
"""As it is written, and as servers before 14 or 10 printed it, or a script that quotes its numbers has it."""


@pytest.mark.parametrize(("written", "printed"), PRINTED_BEFORE)
def test_p72_what_an_older_server_printed_means_what_was_written(written: str, printed: str) -> None:
    assert key_of(printed, COLUMNS, "public") == key_of(written, COLUMNS, "public")


SAME = [
    ("flag = false", "NOT flag"),
    ("true = flag AND a > 1", "flag AND a > 1"),
    ("(a > 1) <> true", "NOT a > 1"),
    ("a = ANY ('{1,2}'::integer[])", "a IN (1, 2)"),
    ("a = ANY ('{1,2}')", "a IN (1, 2)"),
    ("(status)::text = ANY ('{a,b}'::text[])", "status IN ('a', 'b')"),
    ("mood <> ALL ('{happy, sad}'::mood[])", "mood NOT IN ('happy', 'sad')"),
    (r"""tags @> '{"a\"b"," c ","d\\e",x y,NULL,"null"}'::text[]""", """tags @> ARRAY['a"b'::text, ' c '::text,
        'd\\e'::text, 'x y'::text, null::text, 'null'::text]"""),
    ("tags <> '{}'::text[]", "tags <> ARRAY[]::text[]"),
]  # fmt: skip
"""Two spellings of one thing, each of which the server prints as it was written."""


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_thing_are_equal(one: str, other: str) -> None:
    assert key_of(one, COLUMNS, "public") == key_of(other, COLUMNS, "public")


@pytest.mark.parametrize(
    "sql", ["a > (SELECT 1)", "xmlparse(document t) IS NULL", "a BETWEEN SYMMETRIC 5 AND 1", "a >"]
)
def test_what_is_not_understood_keeps_its_tokens(sql: str) -> None:
    assert key_of(sql, COLUMNS, "public") == key_of(
        sql.upper().replace("'X'", "'x'").replace("'A'", "'a'"), COLUMNS, ""
    )


DEFAULTS = [
    ("character varying(10)", "'x'"),
    ("character(3)", "'z'"),
    ("text", "'it''s'"),
    ("text", "E'a\\nb'"),
    ("text", "$$x$$"),
    ("mood", "'happy'"),
    ("jsonb", '\'{"b":1, "a":[1,2.50]}\''),
    ("json", "'{\"b\":1}'"),
    ("numeric(5,0)", "-1"),
    ("numeric(10,2)", "1.50"),
    ("numeric(10,2)", "1"),
    ("numeric", "1e-3"),
    ("integer", "-5"),
    ("integer", "'7'"),
    ("bigint", "5000000000"),
    ("bigint", "0::bigint"),
    ("smallint", "5"),
    ("real", "1e3"),
    ("double precision", "0.0"),
    ("double precision", "'-0'"),
    ("double precision", "-0.0"),
    ("numeric(40,2)", "12345678901234567890123456789.10"),
    ("character(5)", "5.50"),
    ("money", "5"),
    ("boolean", "True"),
    ("boolean", "'yes'"),
    ("boolean", "FALSE"),
    ("timestamp with time zone", "now()"),
    ("timestamp with time zone", "CURRENT_TIMESTAMP"),
    ("timestamp with time zone", "CURRENT_TIMESTAMP(3)"),
    ("timestamp with time zone", "'2020-01-01T02:00:00+02:00'"),
    ("timestamp without time zone", "'2020-01-01 10:00:00'"),
    ("date", "'2020-01-01'"),
    ("date", "CURRENT_DATE"),
    ("uuid", "'{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}'"),
    ("integer[]", "'{1, 2}'"),
    ("text[]", "array['a']"),
    ("text[]", "'{}'"),
    ("text[]", "array[]::text[]"),
    ("bit(3)", "B'101'"),
    ("bit(4)", "X'A'"),
    ("bytea", "'\\x00FF'"),
    ("interval", "interval '1 hour'"),
    ("inet", "'127.0.0.1'"),
    ("integer", "1 + 2"),
    ("text", "md5(random()::text)"),
    ("text", "NULL"),
]
DEFAULTS_FOR_SCRATCH = {("interval", "interval '1 hour'")}


@pytest.mark.postgres
def test_p1_to_p7_a_default_equals_what_the_server_prints_of_it(fresh_database: Callable[[str], str]) -> None:
    async def check() -> list[str]:
        columns = ", ".join(f"c{place} {kind} DEFAULT {sql}" for place, (kind, sql) in enumerate(DEFAULTS))
        async with opened(fresh_database("postgres")) as database:
            await database.load(f"CREATE TYPE mood AS ENUM ('happy', 'sad'); CREATE TABLE t ({columns})")
            found = (await database.table("t")).columns
        return [
            f"{sql}: {column.default}"
            for (kind, sql), column in zip(DEFAULTS, found, strict=True)
            if (kind, sql) not in DEFAULTS_FOR_SCRATCH and column.default != default_of(sql, kind, "public")
        ]

    assert run(check()) == []


def test_p4_now_and_current_timestamp_are_one() -> None:
    kind = "timestamp with time zone"
    assert default_of("now()", kind, "public") == default_of("CURRENT_TIMESTAMP", kind, "public")
    assert default_of("now()", kind, "public") != default_of("clock_timestamp()", kind, "public")


def test_p7_default_null_is_no_default() -> None:
    assert default_of("NULL", "text", "public") is None


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("text", "'01'", "1"),
        ("text", "'a'", "'A'"),
        ("numeric", "1.0", "1.00"),
        ("integer", "1", "1.5"),
        ("json", "'{}'", "'{ }'"),
        ("jsonb", "'1'", "'1.0'"),
        ("jsonb", "'\"1\"'", "'1'"),
        ("timestamp with time zone", "'2020-01-01'", "'2020-01-01 00:00:00+00'"),
        ("timestamp with time zone", "'2020-01-01 00:00:00+01'", "'2020-01-01 00:00:00+00'"),
        ("boolean", "true", "false"),
        ("mood", "'a'", "'b'"),
        ("text[]", "'{a,b}'", "'{ab}'"),
        ("text[]", "'{a b}'", "'{ab}'"),
        ("integer", "nextval('a')", "nextval('b')"),
        ("character varying(2)", "'abc'::varchar(2)", "'abc'"),
        ("character(5)", "5.5", "5.50"),
        ("name", "0", "-0.0"),
        ("a_domain", "5.5", "5.50"),
        ("real", "0", "'-0'"),
        ("numeric(40,2)", "12345678901234567890123456789.1", "12345678901234567890123456789.2"),
    ],
)
def test_defaults_that_differ(kind: str, one: str, other: str) -> None:
    assert default_of(one, kind, "public") != default_of(other, kind, "public")


PLAIN = [
    *("0", "7", "007", "1.5", "1.50", "12345678901234567890.1", "true", "false", "CURRENT_TIMESTAMP", "now()"),
    *(
        "'new'",
        "''",
        "' a  b '",
        "'two\nlines'",
        "'é 中'",
        "'--'",
        "'/* */'",
        "'$1 $a$'",
        "'\"'",
        "'2020-01-01'",
        "'{}'",
    ),
]
"""What is read without tokens, texts with the types that the server prints after them."""


def test_a_plain_default_is_read_as_its_tokens_are() -> None:
    types = ["character varying", "text", "json", "jsonb", "uuid", "date", "numeric", "integer", "bigint", "smallint"]
    casts = [f"{value}::{kind}" for value in PLAIN if value.startswith("'") for kind in (*types, "boolean")]
    for sql in (*PLAIN, *casts):
        reader = _Reader(sql, "public")
        assert plain_value(sql) == reader.expression(0), sql
        assert reader.done
    for sql in ("'it''s'", r"'a\b'", "E'a'", "-1", "1e3", "1.", "true AND false", "'a'::varchar(3)", "'1'::integer[]"):
        assert plain_value(sql) is None, sql
