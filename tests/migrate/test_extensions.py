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


def test_ordinary_models_cost_no_query() -> None:
    schema = parse_sql("CREATE TABLE t (id serial PRIMARY KEY, vector text, body text DEFAULT 'cube')", "postgres")
    assert run(missing_extensions(None, schema)) == ()  # type: ignore[arg-type]
