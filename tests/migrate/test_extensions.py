"""Extensions that the models' types need: said and created where they are missing, and never made up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.dialects.postgres.extensions import missing_extensions
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.ddl import parse_sql
from tests.harness import load, run

TABLE = "CREATE TABLE t (a vector(3), b citext, c int, d uuid DEFAULT uuid_generate_v4(), e text DEFAULT 'hstore(1)')"


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("script", "missing"),
    [
        ("", ("citext", "pg_trgm", "uuid-ossp", "vector")),
        ("CREATE EXTENSION vector", ("citext", "pg_trgm", "uuid-ossp")),
        (
            "CREATE TYPE citext AS ENUM ('own');"
            "CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
            ("pg_trgm", "vector"),
        ),
    ],
)
def test_what_the_database_has_needs_no_extension(
    fresh_database: Callable[[str], str], script: str, missing: tuple[str, ...]
) -> None:
    async def ask() -> tuple[str, ...]:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, script)
            schema = parse_sql(f"{TABLE}; CREATE INDEX i ON t USING gin (e gin_trgm_ops)", "postgres", server.info)
            return await missing_extensions(server.connection, schema)

    assert run(ask()) == missing


@pytest.mark.postgres
def test_p56_addresses_need_no_extension_for_gist_since_19(fresh_database: Callable[[str], str]) -> None:
    async def ask() -> tuple[bool, tuple[str, ...]]:
        async with open_server(fresh_database("postgres-18")) as server:
            script = "CREATE TABLE t (a inet, b cidr); CREATE INDEX i ON t USING gist (a, b)"
            schema = parse_sql(script, "postgres", server.info)
            return server.info.version >= (19,), await missing_extensions(server.connection, schema)

    new, missing = run(ask())
    assert missing == (() if new else ("btree_gist",))


@pytest.mark.postgres
def test_all_that_a_table_uses_is_looked_for(fresh_database: Callable[[str], str]) -> None:
    tables = {
        "CREATE TABLE t (a inet); CREATE INDEX i ON t USING gist (a gist_inet_ops)": ["btree_gist"],
        "CREATE TABLE t (a int, b varchar(9), c timestamptz); CREATE INDEX i ON t USING gist (a, b, c)": ["btree_gist"],
        "CREATE TABLE t (a int, b jsonb); CREATE INDEX i ON t USING gin (a, b)": ["btree_gin"],
        "CREATE TABLE t (a int); CREATE INDEX i ON t USING bloom (a)": ["bloom"],
        "CREATE TABLE t (a int[]); CREATE INDEX i ON t USING gin (a gin__int_ops)": ["intarray"],
        "CREATE TABLE t (a bit(8)); CREATE INDEX i ON t USING hnsw (a bit_hamming_ops)": ["vector"],
        "CREATE TABLE t (a text); CREATE INDEX i ON t (unaccent(a)) WHERE similarity(a, 'b') > 0": [
            "pg_trgm",
            "unaccent",
        ],
        "CREATE TABLE t (a text CHECK (levenshtein(a, 'digest(1)') < 3))": ["fuzzystrmatch"],
        "CREATE TABLE t (a float8, b float8); CREATE INDEX i ON t (ST_MakePoint(a, b))": ["postgis"],
        "CREATE TABLE t (a text, b int GENERATED ALWAYS AS (nlevel(a::ltree)) STORED)": ["ltree"],
        "CREATE TABLE t (a point, b tsvector, c jsonb); CREATE INDEX i ON t USING gist (a, b)": [],
        "CREATE TABLE t (a int, b daterange, EXCLUDE USING gist (a WITH =, b WITH &&))": ["btree_gist"],
        "CREATE TABLE t (a text, EXCLUDE USING gist (lower(a) public.gist_text_ops WITH =))": ["btree_gist"],
        "CREATE TABLE t (a point, b text, EXCLUDE USING gist (a WITH ~=) WHERE (similarity(b, '') > 0))": ["pg_trgm"],
        "CREATE TABLE t (a int, b daterange, EXCLUDE (a WITH =), EXCLUDE USING gist (b WITH &&))": [],
        "CREATE TABLE t (a int, b daterange, PRIMARY KEY (a, b WITHOUT OVERLAPS))": ["btree_gist"],
        "CREATE TABLE t (a uuid, b daterange, UNIQUE (a, b WITHOUT OVERLAPS))": ["btree_gist"],
        "CREATE TABLE t (a int4range, b daterange, UNIQUE (a, b WITHOUT OVERLAPS))": [],
        "CREATE TABLE t (a jsonb, b int[]); CREATE INDEX ON t USING gin (a, b); CREATE INDEX ON t (lower(a::text))": [],
    }

    async def ask() -> dict[str, list[str]]:
        async with open_server(fresh_database("postgres")) as server:
            schemas = {text: parse_sql(text, "postgres", server.info) for text in tables}
            return {text: [*await missing_extensions(server.connection, schema)] for text, schema in schemas.items()}

    assert run(ask()) == tables


def test_ordinary_models_cost_no_query() -> None:
    schema = parse_sql("CREATE TABLE t (id serial PRIMARY KEY, vector text, body text DEFAULT 'cube')", "postgres")
    assert run(missing_extensions(None, schema)) == ()  # type: ignore[arg-type]
