"""A type is replaced, or a type of several parts is in use: the plan is tried on a copy, and the rows stay."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

import pytest

from pytest_schemadrift.errors import StatementFailed, Unsupported
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.report.words import unreadable_text
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.verify.prove import prove_with_rows
from tests.harness import compare_with_script, golden, load, run

pytestmark = pytest.mark.postgres

NewDatabase = Callable[[str], str]

MOODS = "CREATE TABLE moods (m {0} PRIMARY KEY, n int UNIQUE, other {0});"


@pytest.mark.tried("an enum replaced under foreign keys")
@pytest.mark.parametrize(
    "keys",
    {
        "of another table": "CREATE TABLE t (id int PRIMARY KEY, m mood REFERENCES moods ON UPDATE CASCADE);",
        "of the table itself": "ALTER TABLE moods ADD FOREIGN KEY (other) REFERENCES moods DEFERRABLE;",
        "not valid": "CREATE TABLE t (id int PRIMARY KEY, m mood);"
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (m) REFERENCES moods NOT VALID;",
        "with arrays": "CREATE TABLE sets (m mood[] PRIMARY KEY); CREATE TABLE t (m mood[] REFERENCES sets);",
        "of a partitioned table": "CREATE TABLE t (id int, m mood REFERENCES moods) PARTITION BY RANGE (id);"
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (9);",
        "to a partitioned table": "CREATE TABLE p (id int, m mood, PRIMARY KEY (id, m)) PARTITION BY RANGE (id);"
        "CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (9);"
        "CREATE TABLE t (id int, m mood, FOREIGN KEY (id, m) REFERENCES p);",
        "to a column that is computed": "CREATE TABLE g (m mood, c mood GENERATED ALWAYS AS (m) STORED UNIQUE);"
        "CREATE TABLE t (id int, m mood REFERENCES g (c));",
        "of a column that is computed": "CREATE TABLE t (m mood, c mood GENERATED ALWAYS AS (m) STORED,"
        "CONSTRAINT k FOREIGN KEY (c) REFERENCES moods);",
    }.items(),
    ids=lambda pair: pair[0],
)
def test_foreign_keys_are_off_and_on_again(keys: tuple[str, str], fresh_database: NewDatabase) -> None:
    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            head = "CREATE TYPE mood AS ENUM ({0});" + MOODS.format("mood") + keys[1]
            rows = "INSERT INTO moods VALUES ('a', 1, 'b'), ('b', 2, NULL)"
            await load(server, head.replace("{0}", "'a', 'b', 'c'") + rows)
            constraints = "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint ORDER BY 1, 2"
            before = await server.connection.fetch(constraints)
            wanted = head.replace("{0}", "'b', 'a'")
            found = await compare_with_script(server, wanted)
            assert (found.proven, found.proof_note) == (True, "")
            proof = await prove_with_rows(server, found.old, found.new, found.plan, Policy(whole=True))
            assert (proof.proven, proof.note) == (True, "")
            await load(server, golden(found.plan))
            assert not (await compare_with_script(server, wanted)).plan
            assert await server.connection.fetch(constraints) == before
            assert [
                tuple(row) for row in await server.connection.fetch("SELECT m, n, other FROM moods ORDER BY n")
            ] == [
                ("a", 1, "b"),
                ("b", 2, None),
            ]

    run(work())


@pytest.mark.tried("a type that cannot be changed beside a table that can")
@pytest.mark.parametrize(
    ("types", "wanted", "finding"),
    [
        (
            "CREATE DOMAIN few AS int; CREATE TABLE t (id int PRIMARY KEY, m few[]);",
            "CREATE DOMAIN few AS int CHECK (VALUE < 10); CREATE TABLE t (id int PRIMARY KEY, m few[]);",
            ("domain", "few", "few: the domain takes no new rule while t.m is an array of it"),
        ),
        (
            "CREATE DOMAIN few AS int; CREATE TABLE t (id few PRIMARY KEY);",
            "CREATE DOMAIN few AS bigint; CREATE TABLE t (id few PRIMARY KEY);",
            ("domain", "few", "few: the type of a domain cannot be changed from integer to bigint"),
        ),
        (
            "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE DOMAIN moods AS mood; CREATE TABLE t (m mood);",
            "CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN moods AS mood; CREATE TABLE t (m mood);",
            ("enum", "mood", "mood: values can neither be removed nor change their order while the domain moods"),
        ),
    ],
    ids=["array of a domain", "domain of another type", "enum below a domain"],
)
def test_a_type_that_cannot_be_changed_ends_no_comparison(
    types: str, wanted: str, finding: tuple[str, str, str], fresh_database: NewDatabase
) -> None:
    """It is one finding, never in sync, and all else is compared and proven: a table, and another type."""

    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            beside = "CREATE TYPE other AS ENUM ('x'{0}); CREATE TABLE u (id int PRIMARY KEY, o other{1});"
            await load(server, types + beside.format("", ""))
            found = await compare_with_script(server, wanted + beside.format(", 'y'", ", n int"))
            assert [(item.kind, item.name) for item in found.unreadable] == [finding[:2]]
            said = unreadable_text(found.unreadable[0])
            assert said.startswith(f"{finding[0]} {finding[1]} cannot be changed: {finding[2]}")
            assert [type(change).__name__ for change in found.plan.changes] == ["AddEnumValue", "AddColumn"]
            assert (found.proven, found.proof_note) == (True, "")
            await load(server, golden(found.plan))
            again = await compare_with_script(server, wanted + beside.format(", 'y'", ", n int"))
            assert (golden(again.plan), len(again.unreadable)) == ("", 1)

    run(work())


HOLDERS = {
    "CREATE TABLE t (id int PRIMARY KEY, c few)": "",
    "CREATE DOMAIN fewer AS few; CREATE TABLE t (c fewer)": "",
    "CREATE TYPE pair AS (few int, b few[])": "",
    "CREATE TYPE pair AS (few int); CREATE TABLE t (c pair, d pair[])": "",
    "CREATE TABLE t (c few[])": "t.c is an array of it",
    "CREATE TYPE pair AS (a few); CREATE TABLE t (c pair)": "t.c has it in its type pair",
    "CREATE TYPE pair AS (a few[]); CREATE TABLE t (c pair)": "t.c has it in its type pair",
    "CREATE TYPE pair AS (a few); CREATE TABLE t (c pair[])": "t.c has it in its type pair",
    'CREATE SCHEMA s; CREATE TYPE s."a pair" AS ("b c" few[]); CREATE TYPE of_it AS (i s."a pair"[]);'
    "CREATE TABLE t (c of_it)": "t.c has it in its type s.a pair",
    "CREATE DOMAIN several AS few[]; CREATE TABLE t (c several)": "t.c is an array of it",
    "CREATE DOMAIN fewer AS few; CREATE TABLE t (c fewer[])": "t.c holds it in an array",
    "CREATE DOMAIN several AS few[]; CREATE TYPE p AS (a several); CREATE TABLE t (c p)": "t.c has it in its type p",
    "CREATE TABLE r (a few); CREATE TABLE t (c r)": "t.c has it in its type r",
}


@pytest.mark.tried("a domain that a column holds in an array or among the parts of its type")
def test_a_new_rule_of_a_domain_is_refused_exactly_where_the_server_cannot_check_it(
    fresh_database: NewDatabase,
) -> None:
    """The server is asked about each; in words, and before a statement is written."""

    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            for holder, how in HOLDERS.items():
                head = "DROP SCHEMA IF EXISTS s CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
                await load(server, f"{head} CREATE DOMAIN few AS int; {holder}")
                old = await dump(server)
                for rule in ("CHECK (VALUE < 10)", "NOT NULL"):
                    few = parse_sql(f"CREATE DOMAIN few AS int {rule}", "postgres", server.info).domains[0]
                    new = replace(old, domains=tuple(few if item.name == few.name else item for item in old.domains))
                    with nullcontext() if not how else pytest.raises(Unsupported, match=f"while .*{how}"):
                        build_plan(old, new, server.dialect, server.info)
                    with nullcontext() if not how else pytest.raises(StatementFailed, match="because column"):
                        await load(server, f"ALTER DOMAIN few {'SET' if rule == 'NOT NULL' else 'ADD'} {rule}")

    run(work())


@pytest.mark.tried("columns of types of several parts, of ranges, and with a collation of the database's own")
@pytest.mark.parametrize(
    "types",
    {
        "several parts": 'CREATE TYPE pair AS (a int, "b c" varchar(9)); CREATE TABLE t (id int PRIMARY KEY, p pair);',
        "parts of parts": "CREATE SCHEMA s; CREATE TYPE mood AS ENUM ('a'); CREATE TYPE s.inner AS (m mood, n text[]);"
        "CREATE TYPE outer_ AS (i s.inner[]); CREATE TABLE t (id int PRIMARY KEY, p outer_[]);",
        "a domain over parts": "CREATE TYPE pair AS (a int, b text); CREATE DOMAIN few AS pair CHECK ((VALUE).a < 9);"
        "CREATE TABLE t (id int PRIMARY KEY, p few);",
        "a range": "CREATE FUNCTION gap(time, time) RETURNS float8 LANGUAGE sql IMMUTABLE AS "
        "'SELECT extract(epoch FROM $1 - $2)::float8'; CREATE TYPE hours AS RANGE (SUBTYPE = time, SUBTYPE_DIFF = gap);"
        "CREATE TABLE t (id int PRIMARY KEY, p hours, EXCLUDE USING gist (p WITH &&));",
        "a collation": "CREATE COLLATION numeric_ (PROVIDER = libc, LOCALE = 'C');"
        "CREATE TYPE pair AS (a text COLLATE numeric_);"
        "CREATE TABLE t (id int PRIMARY KEY, p text COLLATE numeric_, q pair);",
        "a table of the type's name, made before": "CREATE TYPE pair AS (a int); CREATE TABLE t (id int, pair int);"
        "ALTER TABLE t ADD COLUMN p pair;",
    }.items(),
    ids=lambda pair: pair[0],
)
def test_the_copy_has_the_types_of_its_columns(types: tuple[str, str], fresh_database: NewDatabase) -> None:
    values = {"several parts": "'(1,x)'", "a range": "'[10:00,11:00)'", "a collation": "'a2'"}

    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, types[1])
            await load(server, f"INSERT INTO t (id, p) VALUES (1, {values.get(types[0], 'NULL')})")
            wanted = f"{types[1]} ALTER TABLE t ADD COLUMN more int;"
            found = await compare_with_script(server, wanted)
            assert [type(change).__name__ for change in found.plan.changes] == ["AddColumn"]
            assert (found.compared, found.proven, found.proof_note) == ("scratch", True, "")
            proof = await prove_with_rows(server, found.old, found.new, found.plan, Policy(whole=True))
            assert (proof.proven, proof.note, proof.rows, proof.without) == (True, "", 1, ())

    run(work())


@pytest.mark.postgres
@pytest.mark.tried("columns of types of several parts, of ranges, and with a collation of the database's own")
def test_a_range_is_copied_without_its_canonical_function(fresh_database: NewDatabase) -> None:
    """No language but C, and the server's own, takes a type in outline; no role of ours may write in those."""
    canonical = "CREATE FUNCTION whole(days) RETURNS days LANGUAGE internal STRICT IMMUTABLE AS 'int4range_canonical'"

    async def work() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, "CREATE TYPE days")
            for language, body in (("sql", "SELECT $1"), ("plpgsql", "BEGIN RETURN $1; END")):
                with pytest.raises(StatementFailed, match=r"shell type|cannot return type"):
                    await load(server, [f"CREATE FUNCTION f(days) RETURNS days LANGUAGE {language} AS '{body}'"])
            await load(server, canonical)
            await load(server, "CREATE TYPE days AS RANGE (SUBTYPE = int4, CANONICAL = whole)")
            await load(server, "CREATE TABLE t (id int PRIMARY KEY, d days UNIQUE, n int)")
            await load(server, "INSERT INTO t VALUES (1, '[1,5]', 1), (2, '[7,9)', 2)")
            found = await compare_with_script(server, "CREATE TABLE t (id int PRIMARY KEY, d days UNIQUE, n bigint)")
            assert [type(change).__name__ for change in found.plan.changes if hasattr(change, "table")] == [
                "AlterColumnType"
            ]
            without = "the canonical function whole of range days: it is written in C"
            assert (found.proven, [str(item) for item in found.proof_without]) == (True, [without])
            proof = await prove_with_rows(server, found.old, found.new, found.plan, Policy())
            assert (proof.proven, proof.rows, [str(item) for item in proof.without]) == (True, 2, [without])

    run(work())
