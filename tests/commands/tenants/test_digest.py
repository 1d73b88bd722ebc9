"""Tenants that are alike are recognised by their catalog rows: never where the exact comparison tells them apart."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_schemadrift.cli.group import run as wait
from pytest_schemadrift.commands.project import CheckOptions, loaded_models, open_project
from pytest_schemadrift.commands.tenants.check import Progress, TenantOptions, check_tenants
from pytest_schemadrift.commands.tenants.find import find_tenants
from pytest_schemadrift.commands.tenants.judge import Judge
from pytest_schemadrift.commands.tenants.reader import Reader
from pytest_schemadrift.dialects.postgres.catalog.digest import without_schema
from pytest_schemadrift.sources.database import open_server
from tests.commands.tenants.test_alike import assert_sound
from tests.commands.tenants.test_check import NIGHTS, essence, on_postgres
from tests.harness import load, of_the_day
from tests.test_cli import Project, project  # noqa: F401

pytestmark = pytest.mark.postgres

MORE_NIGHTS = [
    "CREATE TABLE o (a INT, b INT)",
    "CREATE TABLE o (b INT, a INT)",
    "COMMENT ON TABLE users IS 'see SCHEMA.users'",
    "COMMENT ON COLUMN users.age IS 'SCHEMA.'",
    "ALTER TABLE users ALTER email SET DEFAULT 'SCHEMA.users_id_seq'",
    "ALTER TABLE users ALTER email SET DEFAULT 'SCHEMA.users'::regclass::text",
    "ALTER TABLE users ALTER email SET DEFAULT ('SCHEMA.users'::text)::regclass::text",
    "CREATE TABLE pg_class (id INT PRIMARY KEY REFERENCES users)",
    "CREATE DOMAIN text AS varchar(9); CREATE TABLE own (a SCHEMA.text)",
    "CREATE DOMAIN odd AS INT CHECK (VALUE % 2 = 1) CHECK (VALUE::text <> 'SCHEMA.odd'); CREATE TABLE own (a odd)",
    "CREATE VIEW v AS SELECT SCHEMA.id, o.age FROM users SCHEMA, users o",
    "CREATE VIEW v AS SELECT users.id FROM users JOIN users o USING (id)",
    "CREATE MATERIALIZED VIEW m AS SELECT id FROM users; CREATE INDEX i ON m (id)",
    "CREATE MATERIALIZED VIEW m AS SELECT id FROM users; CREATE UNIQUE INDEX i ON m (id)",
    "CREATE MATERIALIZED VIEW m AS SELECT id FROM users; CREATE INDEX i ON m ((id + 1)) WHERE id::text <> 'SCHEMA.1'",
    "CREATE STATISTICS s ON id, age FROM users",
    "CREATE STATISTICS s (mcv) ON id, age FROM users; COMMENT ON STATISTICS s IS 'SCHEMA.s'",
    "CREATE FUNCTION f(a int DEFAULT 7) RETURNS int LANGUAGE sql AS $$ SELECT a $$",
    "CREATE FUNCTION f(a int DEFAULT 8) RETURNS int LANGUAGE sql AS $$ SELECT a $$",
    "CREATE FUNCTION f(a int DEFAULT 7) RETURNS int LANGUAGE sql AS $$ SELECT a + 0 $$",
    "CREATE FUNCTION f(a mood) RETURNS SETOF users LANGUAGE sql STABLE AS 'SELECT * FROM users'",
    "CREATE FUNCTION f(a mood) RETURNS SETOF users LANGUAGE sql STABLE AS 'SELECT * FROM SCHEMA.users'",
    "CREATE FUNCTION f(a text = 'SCHEMA.users'::regclass) RETURNS int LANGUAGE sql AS '/* $function$ */ SELECT 1'",
    "CREATE FUNCTION f(a text = 'SCHEMA.users') RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = SCHEMA AS 'SELECT 1'",
    "CREATE FUNCTION f() RETURNS bigint RETURN (SELECT count(*) FROM users SCHEMA WHERE email <> 'SCHEMA.x')",
    "CREATE FUNCTION f() RETURNS bigint RETURN (SELECT count(*) FROM users)",
    "CREATE FUNCTION f() RETURNS bigint RETURN (SELECT count(age) FROM users)",
    "CREATE FUNCTION \"SCHEMA.f\"() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION lower(users) RETURNS int LANGUAGE sql AS 'SELECT 1'; "
    "CREATE VIEW v AS SELECT lower(u) FROM users u",
    "CREATE FUNCTION lower(text) RETURNS text LANGUAGE sql AS 'SELECT $1'; "
    "CREATE VIEW v AS SELECT SCHEMA.lower(email) FROM users",
    "CREATE PROCEDURE p(a mood) LANGUAGE sql AS 'DELETE FROM users'",
    "CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int)",
    "CREATE AGGREGATE total(bigint) (sfunc = int8pl, stype = bigint)",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; "
    "CREATE TRIGGER g BEFORE UPDATE OF age ON users FOR EACH ROW EXECUTE FUNCTION f()",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; "
    "CREATE TRIGGER g BEFORE UPDATE OF age ON users FOR EACH ROW EXECUTE FUNCTION f('SCHEMA.users')",
    "CREATE FUNCTION neighbour.SCHEMA() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; "
    "CREATE TRIGGER g BEFORE UPDATE OF age ON users FOR EACH ROW EXECUTE FUNCTION neighbour.SCHEMA()",
    "ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON users USING (age > 3)",
    "ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON users FOR SELECT USING (age > 3)",
    "CREATE POLICY own ON users USING (id IN (SELECT o.id FROM users o WHERE o.email = 'SCHEMA.users'))",
    "CREATE POLICY own ON users USING (id IN (SELECT o.id FROM users o)) WITH CHECK (age > 3)",
    "CREATE POLICY own ON users USING (id IN (SELECT o.id FROM neighbour.things o))",
    "CREATE RULE keep AS ON DELETE TO users DO INSTEAD NOTHING",
    "CREATE RULE keep AS ON DELETE TO users WHERE old.age > 3 DO INSTEAD UPDATE users SET age = 3 WHERE id = old.id",
    'CREATE RULE "x TO SCHEMA." AS ON DELETE TO users DO INSTEAD NOTHING',
    "CREATE TYPE pair AS (a mood, b users); CREATE TABLE own (p pair)",
    "CREATE TYPE pair AS (a mood, b int); CREATE TABLE own (p pair)",
    "CREATE TYPE pair AS (a mood, b users[]); CREATE DOMAIN pairs AS pair[]; CREATE TABLE own (p pairs[])",
    "CREATE TABLE neighbour.SCHEMA (a mood, b users)",
    "CREATE TYPE neighbour.SCHEMA AS (a mood, b users)",
    "CREATE VIEW neighbour.SCHEMA AS SELECT id FROM users",
    "CREATE TYPE years AS RANGE (subtype = int)",
    "CREATE OPERATOR + (leftarg = int, rightarg = int, function = int4pl); "
    "CREATE VIEW v AS SELECT 1 OPERATOR(SCHEMA.+) id FROM users",
    'CREATE COLLATION "C" (locale = \'C\'); CREATE VIEW v AS SELECT email COLLATE SCHEMA."C" FROM users',
    "CREATE PUBLICATION SCHEMA FOR TABLE users (id, age)",
    "CREATE TABLE parts (id INT, w text) PARTITION BY LIST (w); "
    "CREATE TABLE p1 PARTITION OF parts FOR VALUES IN ('a''b')",
    "CREATE INDEX lower ON users (lower(email)) WHERE email <> 'SCHEMA.x'",
    "CREATE UNIQUE INDEX two ON users (age DESC NULLS LAST, email text_pattern_ops)",
    "CREATE UNIQUE INDEX two ON users (age DESC, email text_pattern_ops)",
    'ALTER TABLE users ALTER email TYPE varchar(255) COLLATE "C"',
    "CREATE TABLE a (id INT); CREATE TABLE b (x INT); CREATE TABLE c () INHERITS (a, b)",
    "CREATE TABLE a (id INT); CREATE TABLE b (x INT); CREATE TABLE c () INHERITS (b, a)",
    "ALTER TYPE mood ADD VALUE 'SCHEMA'",
    "GRANT SELECT (age) ON users TO PUBLIC",
    "CREATE TABLE keys (a INT, b INT, PRIMARY KEY (b, a), FOREIGN KEY (a) REFERENCES users ON DELETE CASCADE)",
    "CREATE TABLE keys (a INT, b INT, PRIMARY KEY (a, b), FOREIGN KEY (b) REFERENCES users ON DELETE CASCADE)",
    "CREATE TABLE keys (gone INT, a INT, b INT); ALTER TABLE keys DROP gone, ADD PRIMARY KEY (a, b), "
    "ADD FOREIGN KEY (b) REFERENCES users ON DELETE CASCADE",
    "CREATE SEQUENCE numbers; ALTER TABLE users ALTER age SET DEFAULT nextval('numbers')",
    "CREATE TABLE made (id INT GENERATED ALWAYS AS IDENTITY (INCREMENT 3), d INT GENERATED ALWAYS AS (1 + 1) STORED)",
]


def several(chance: random.Random) -> list[str]:
    """What happens once each, and what happens twice, some of it together with something else."""
    mixed = [f"{night}; CREATE TABLE z (id INT)" for night in chance.sample([*NIGHTS, *MORE_NIGHTS], 6)]
    return [*NIGHTS, *(night for night in (*of_the_day(MORE_NIGHTS), *mixed) for _ in range(2))]


async def both(project: Project) -> tuple[dict[str, object], dict[str, str]]:  # noqa: F811
    """The digests of all tenants, and what the exact comparison knows them by."""
    opened = open_project(project.folder)
    with loaded_models(opened) as models:
        judge = Judge(opened, models, CheckOptions())
        tenants = await find_tenants(opened, "default", 10.0)
        async with Reader(judge) as reader:
            keys = {tenant.name: await reader.key(tenant) for tenant in tenants}
            told = [part async for part in reader.digests(tenants)]
            nobody = replace(tenants[0], name="nobody", schema="nobody")
            (alone,) = [part async for part in reader.digests([tenants[1], nobody, tenants[0]])]
            for start in range(0, len(tenants), 10):
                some = tenants[start : start + 10]
                (few,) = [part async for part in reader.digests(some)]
                assert few == {tenant: digest for part in told for tenant, digest in part.items() if tenant in few}
    digests = {tenant.name: digest for part in told for tenant, digest in part.items() if digest is not None}
    own = {tenant: digests[tenant.name] for tenant in tenants[:2]}
    assert alone == {**own, nobody: None}, "it is no matter who else is asked about"
    return {**digests}, keys


def test_equal_digests_are_equal_schemas_and_most_equal_schemas_have_equal_digests(
    project: Project,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    url = fresh_database("postgres")
    nights = several(random.Random(15))
    names = on_postgres(project, url, nights)
    assert_sound(*wait(both(project)), dict(zip(names, nights, strict=True)))


def test_one_of_those_that_are_alike_is_judged_and_who_changes_meanwhile_speaks_for_itself(
    project: Project,  # noqa: F811
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = fresh_database("postgres")
    nights = ["", "ALTER TABLE users DROP age", *[""] * 3, "ALTER TABLE users DROP age", "DROP TABLE users"]
    routine = "CREATE FUNCTION f(mood) RETURNS int LANGUAGE sql AS 'SELECT 1'"
    names = on_postgres(project, url, [f"{routine}; {night}" for night in nights])
    opened = open_project(project.folder)
    looked_at: list[str] = []
    real = Reader.check

    async def counted(self: Any, tenant: Any) -> Any:
        looked_at.append(tenant.name)
        drift = await real(self, tenant)
        if tenant.name == "t01" and looked_at.count("t01") == 1 and interfere:
            async with open_server(url) as server:
                await load(server, "ALTER TABLE t01.users ADD age INT")
        return drift

    monkeypatch.setattr(Reader, "check", counted)
    interfere = False
    told: list[Progress] = []
    drifts = wait(check_tenants(opened, CheckOptions(prove=False), TenantOptions(jobs=1), told.append))
    assert told == [Progress(7, 7, 3, is_reading=True), Progress(4, 7, 1), Progress(6, 7, 2), Progress(7, 7, 3)]
    assert sorted(looked_at) == ["t00", "t01", "t06"]
    assert [drift.tenants for drift in drifts] == [("t00", "t02", "t03", "t04"), ("t01", "t05"), ("t06",)]
    looked_at.clear()
    interfere = True
    drifts = wait(check_tenants(opened, CheckOptions(prove=False), TenantOptions(jobs=1)))
    assert sorted(looked_at) == ["t00", "t01", "t05", "t06"]
    assert sorted(name for drift in drifts for name in drift.tenants) == names
    assert all(essence(drift) for drift in drifts)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("nextval('acme.users_id_seq'::regclass)", "nextval('\0.users_id_seq'::regclass)"),
        ("'acme.users'::text", "'acme.users'::text"),
        ("('acme.users'::text)::regclass", "('acme.users'::text)::regclass"),
        ('acme."acme.x" + "acme.".y + xacme.z + acme_x.z', '\0."acme.x" + "acme.".y + xacme.z + acme_x.z'),
        ("E'\\\\''acme.x' || acme.f()", "E'\\\\''acme.x' || \0.f()"),
        ("a.acme.b, (acme.c).acme", "a.acme.b, (\0.c).acme"),
        ("acme.id FROM acme.users acme, acme.users rival", "\0.id FROM \0.users \0=acme, \0.users rival"),
    ],
)
def test_the_name_of_a_schema_is_left_out_where_it_stands_for_the_schema(text: str, plain: str) -> None:
    assert without_schema("acme")(text) == plain


def test_a_name_that_needs_quotes_is_left_out_too() -> None:
    plain = without_schema("A'c \"me")
    assert plain("'\"A''c \"\"me\".users'::regclass") == "'\0.users'::regclass"
    assert plain('"A\'c ""me".users') == "\0.users"
    assert plain('"A\'c ""me".users "A\'c ""me", b "A\'c ""me""."') == '\0.users \0="A\'c ""me", b "A\'c ""me""."'
    assert plain("'\"A''c \"\"me\".users'::text") == "'\"A''c \"\"me\".users'::text"
