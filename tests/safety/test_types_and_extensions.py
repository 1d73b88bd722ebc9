"""Extensions that a role may not create, and types of other schemas, end no check."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.verify.verdict import Comparison, Wanted, compare
from tests.apply.conftest import Shop
from tests.harness import as_role, load, run

pytestmark = pytest.mark.postgres

NewDatabase = Callable[[str], str]


async def of_models(url: str, *tables: str) -> Comparison:
    """The comparison with tables as models have them: their own DDL, and nothing around it."""
    async with open_server(url) as server:
        text = "; ".join(tables)
        parsed = parse_sql(text, "postgres", server.info)
        statements = {table.name: sql for table, sql in zip(parsed.tables, tables, strict=True)}
        wanted = Wanted(parsed, lambda names: [statements[name] for name in sorted(names)])
        return await compare(server, await dump(server), wanted, Policy())


@pytest.mark.tried("a type, domain or sequence in a schema without tables of ours")
def test_types_of_other_schemas(fresh_database: NewDatabase) -> None:
    url = fresh_database("postgres")
    there = """
        CREATE SCHEMA other; CREATE SCHEMA "more of"; CREATE TYPE other.mood AS ENUM ('a', 'b');
        CREATE SEQUENCE other.s; CREATE DOMAIN "more of".few AS integer CHECK (VALUE < 9);
        CREATE SCHEMA "so ""called"; CREATE DOMAIN "so ""called"."a ""few" AS integer;
    """
    columns = "id int PRIMARY KEY, m other.mood, f \"more of\".few, n bigint DEFAULT nextval('other.s')"
    columns += ', q "so ""called"."a ""few"'
    table = f"CREATE TABLE t ({columns})"

    async def work() -> Comparison:
        async with open_server(url) as server:
            await load(server, f"{there}{table}")
        return await of_models(url, f"CREATE TABLE t ({columns}, x int)")

    found = run(work())
    assert [type(change).__name__ for change in found.plan.changes] == ["AddColumn"]
    assert (found.compared, found.proven, found.proof_note) == ("scratch", True, "")


@pytest.fixture
def without_vector(fresh_database: NewDatabase) -> Iterator[str]:
    """A database with an untrusted extension, as a role sees it that may create databases and no such extension."""
    url = fresh_database("postgres")
    role = f"maker_{time.time_ns()}"
    script = f"""
        CREATE EXTENSION vector; CREATE ROLE {role} LOGIN CREATEDB; GRANT ALL ON SCHEMA public TO {role};
        SET ROLE {role}; CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE v (id int PRIMARY KEY, e vector(3));
        RESET ROLE;
    """

    async def prepare(sql: str) -> None:
        async with open_server(url) as server:
            if not await server.connection.fetch("SELECT FROM pg_available_extensions WHERE name = 'vector'"):
                pytest.skip("no pgvector")
            await server.connection.execute(sql)

    run(prepare(script))
    yield as_role(url, role)
    run(prepare(f"DROP OWNED BY {role}; DROP ROLE {role}"))


@pytest.mark.tried("an untrusted extension in the live database, a role that is no superuser")
def test_an_extension_that_no_table_needs(without_vector: str) -> None:
    found = run(of_models(without_vector, "CREATE TABLE t (id int PRIMARY KEY, a int)"))
    assert [type(change).__name__ for change in found.plan.changes] == ["AddColumn"]
    assert (found.compared, found.proven, found.proof_note) == ("scratch", True, "")


@pytest.mark.tried("an untrusted extension in the live database, a role that is no superuser")
def test_an_extension_that_is_needed_and_cannot_be_had(without_vector: str) -> None:
    found = run(of_models(without_vector, "CREATE TABLE v (id int PRIMARY KEY, e vector(3), a int)"))
    assert [type(change).__name__ for change in found.plan.changes] == ["AddColumn"]
    assert found.compared == "static"
    assert found.proven is None
    assert "extension vector cannot be created in a scratch database: PostgreSQL: permission denied" in found.notes[0]
    assert "extension vector cannot be created" in found.proof_note


WITH_CITEXT = """
from tortoise import fields
from tortoise.models import Model

class CaseInsensitive(fields.CharField):
    SQL_TYPE = "CITEXT"

class Plain(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "plain"

class Searched(Model):
    id = fields.IntField(primary_key=True)
    word = CaseInsensitive(max_length=10)

    class Meta:
        table = "searched"
"""


@pytest.mark.postgres
@pytest.mark.tried("an extension that only a table needs which is never looked at")
def test_an_excluded_table_needs_no_extension(shop: Callable[..., Shop]) -> None:
    project = shop("postgres", "")
    project.models(WITH_CITEXT)
    project.sql("DROP TABLE book; DROP TABLE author; CREATE TABLE plain (id serial PRIMARY KEY)")
    assert "extension citext is missing" in project.run("check", "--no-prove").stdout
    settings = project.folder / "pyproject.toml"
    settings.write_text(settings.read_text() + 'exclude = ["searched"]\n')
    for options in ([], ["--models", "Plain"]):
        found = project.run("check", *options)
        assert found.returncode == 0, found.stdout
        assert "matches no table" not in found.stdout
