"""A type changes under everything that may stand on a column: it is there again, and planning again is empty."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, golden, load, run

TYPES = ("text", "varchar(9)", "char(9)", "mood", "temper")
MOODS = "CREATE TYPE mood AS ENUM ('one', 'two', 'six'); CREATE TYPE temper AS ENUM ('one', 'two', 'six');"
NUMBERS = ("integer", "bigint", "numeric(9,2)", "text", "double precision")
ROWS = "INSERT INTO t (id, a, b) VALUES (1, {0}, {0}), (2, {1}, {1});"


def _schema(first: str, second: str, values: tuple[str, str, str]) -> str:
    """Two columns with a partial index, checks of one and of both, an expression index and a view on them."""
    one, _, six = values
    return f"""{MOODS}
        CREATE TABLE t (id int PRIMARY KEY, a {first} DEFAULT {one}, b {second},
            same boolean GENERATED ALWAYS AS (a = {one}) STORED,
            CONSTRAINT not_six CHECK (a <> {six}), CONSTRAINT either CHECK (a <> {six} OR b <> {six}),
            CONSTRAINT once EXCLUDE USING btree (id WITH =) WHERE (a = {one} AND same));
        CREATE INDEX partial ON t (id) WHERE a = {one} AND b <> {six};
        CREATE INDEX computed ON t ((a = {one}));
        CREATE VIEW v AS SELECT a, b, same FROM t WHERE id > 0;
    """


TEXTS = ("'one'", "'two'", "'six'")
DIGITS = ("'1'", "'2'", "'6'")
PAIRS = [(old, new, TEXTS) for old in TYPES for new in TYPES if old != new]
PAIRS += [
    (old, new, DIGITS) for old in NUMBERS for new in NUMBERS if old != new and (old, new) != ("numeric(9,2)", "text")
]


@pytest.mark.postgres
@pytest.mark.tried(
    "a type changed under partial and expression indexes, checks, exclusions, generated columns and views"
)
@pytest.mark.parametrize("both", [False, True], ids=["one column", "both columns"])
@pytest.mark.parametrize(("old", "new", "values"), PAIRS, ids=[f"{old} to {new}" for old, new, _ in PAIRS])
def test_everything_is_there_again(
    old: str, new: str, values: tuple[str, str, str], both: bool, fresh_database: Callable[[str], str]
) -> None:
    async def tried() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, _schema(old, old, values) + ROWS.format(*values))
            before = await server.connection.fetch("SELECT id, rtrim(a::text), rtrim(b::text), same FROM t ORDER BY id")
            wanted = _schema(new, new if both else old, values)
            found = await compare_with_script(server, wanted, prove=False)
            assert found.plan
            await load(server, golden(found.plan))
            again = await compare_with_script(server, wanted, prove=False)
            assert golden(again.plan) == ""
            after = await server.connection.fetch("SELECT id, rtrim(a::text), rtrim(b::text), same FROM t ORDER BY id")
            assert [_alike(row) for row in after] == [_alike(row) for row in before]
            assert len(await server.connection.fetch("SELECT * FROM v")) == len(after)

    run(tried())


SPELLED = {
    ("double precision", "numeric(8,2)"): ("v > 5", "v = 1.5", "v <> -1", "v BETWEEN 1 AND 5", "v IS DISTINCT FROM 7"),
    ("numeric(8,2)", "double precision"): ("v > 5", "v = 3000000000", "CASE WHEN v > 1 THEN v < 3 ELSE v > 9 END"),
    ("numeric(8,2)", "bigint"): ("v + 1 > 2", "v / 2 > 1", "v IN (1, 2)"),
    ("integer", "double precision"): ("v = 1.5", "v >= 1e2", "v * 1.5 < 7"),
    ("integer", "bigint"): ("v IN (1, 2)", "v = '5'", "coalesce(v, 0) = 0"),
    ("text", "varchar(9)"): (
        "coalesce(v, '') = ''",
        "greatest(v, 'a') = 'b'",
        "CASE WHEN id > 1 THEN v ELSE '' END = ''",
    ),
    ("varchar(9)", "text"): ("coalesce(v, '') = ''", "v IN ('a', 'b')", "v = ANY ('{a,b}')"),
}


@pytest.mark.postgres
@pytest.mark.tried(
    "a type changed under partial and expression indexes, checks, exclusions, generated columns and views"
)
def test_what_the_server_wrote_of_the_old_type_into_an_expression_goes_with_it(
    fresh_database: Callable[[str], str],
) -> None:
    """It casts 5 to numeric where the column is one, and that cast stays when the column becomes another number."""
    of_old, of_new = (
        ";".join(
            f"CREATE TABLE t{number} (id int PRIMARY KEY, v {types[side]}, "
            + ", ".join(f"CONSTRAINT k{number}{place} CHECK ({text})" for place, text in enumerate(texts))
            + f"); CREATE INDEX i{number} ON t{number} (id) WHERE {texts[0]}"
            for number, (types, texts) in enumerate(SPELLED.items())
        )
        for side in (0, 1)
    )

    async def tried() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, of_old)
            found = await compare_with_script(server, of_new, prove=False)
            await load(server, golden(found.plan))
            again = await compare_with_script(server, of_new, prove=False)
            assert golden(again.plan) == ""

    run(tried())


def _alike(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(value.removesuffix(".00") if isinstance(value, str) else value for value in row)


@pytest.mark.postgres
@pytest.mark.tried("a generated column's expression changed in a table with a CHECK")
@pytest.mark.parametrize("check", ["a > 0", "g > 0"])
def test_a_virtual_column_gets_another_expression_beside_a_check(
    check: str, fresh_database: Callable[[str], str]
) -> None:
    """18 refuses SET EXPRESSION of a virtual column there; 16 and 17 have no virtual ones."""

    async def tried() -> None:
        async with open_server(fresh_database("postgres")) as server:
            kind = "VIRTUAL" if server.info.version[0] >= 18 else "STORED"
            head = "CREATE TABLE t (id int PRIMARY KEY, a int, g int GENERATED ALWAYS AS"
            old, new = (f"{head} (a + {number}) {kind}, CHECK ({check}))" for number in (1, 2))
            await load(server, f"{old}; INSERT INTO t VALUES (1, 5)")
            found = await compare_with_script(server, new, prove=False)
            await load(server, golden(found.plan))
            assert not (await compare_with_script(server, new, prove=False)).plan
            assert [tuple(row) for row in await server.connection.fetch("SELECT a, g FROM t")] == [(5, 7)]

    run(tried())


@pytest.mark.postgres
@pytest.mark.tried(
    "a type changed under partial and expression indexes, checks, exclusions, generated columns and views"
)
@pytest.mark.parametrize("there", [True, False], ids=["to text", "from text"])
def test_a_text_without_case(*, there: bool, fresh_database: Callable[[str], str]) -> None:
    """``citext`` is of contrib, which the embedded server does not have: run with a server of the machine (PG=15)."""

    async def tried() -> None:
        async with open_server(fresh_database("postgres")) as server:
            if not await server.connection.fetch("SELECT FROM pg_available_extensions WHERE name = 'citext'"):
                pytest.skip("this server comes without citext")
            head = "CREATE EXTENSION IF NOT EXISTS citext; "
            table = (
                "CREATE TABLE t (id int PRIMARY KEY, a {0}, b int, CONSTRAINT c CHECK (a <> 'x'::{0})); "
                "CREATE INDEX p ON t (id) WHERE (a = 'y'::{0}); CREATE UNIQUE INDEX u ON t (a); "
                "CREATE INDEX l ON t (lower(a::text)); CREATE VIEW v AS SELECT a FROM t WHERE a = 'y'::{0};"
            )
            old, new = table.format("citext"), table.format("text")
            old, new = (old, new) if there else (new, old)
            await load(server, f"{head}{old} INSERT INTO t VALUES (1, 'Y', 1), (2, 'z', 2);")
            found = await compare_with_script(server, head + new)
            assert found.proven, found.proof_note
            await load(server, golden(found.plan))
            assert not (await compare_with_script(server, head + new)).plan
            assert [tuple(row) for row in await server.connection.fetch("SELECT id, a::text FROM t ORDER BY 1")] == [
                (1, "Y"),
                (2, "z"),
            ]

    run(tried())
