"""The dumper: what it sees, what it leaves out, what it reports, and that it changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from pytest_schemadrift.dialects.postgres import POSTGRES
from pytest_schemadrift.dialects.postgres.adapter import PostgresConnection
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.catalog.rows import ROWS, named
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.schema.model import Identity, Name, Sequence
from tests.dialects.postgres.database import Database, opened, run

NewDatabase = Callable[[str], str]
pytestmark = pytest.mark.postgres


def dumped(fresh_database: NewDatabase, script: str, look: Callable[[Database], Any]) -> None:
    async def check() -> None:
        async with opened(fresh_database("postgres")) as database:
            await database.load(script)
            await look(database)

    run(check())


def test_p8_p9_the_settings_of_the_session_do_not_matter(fresh_database: NewDatabase) -> None:
    script = """
        CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('a');
        CREATE TABLE t (
            a timestamptz DEFAULT '2020-01-01 00:00:00+00', b interval DEFAULT '1 day 2 hours', c bytea DEFAULT '\\x00',
            d double precision DEFAULT '0.30000000000000004', e app.mood DEFAULT 'a',
            f date DEFAULT '2020-02-01', id serial,
            CHECK (a > '2020-01-01 00:00:00+00')
        );
    """

    async def look(database: Database) -> None:
        found = await database.dump()
        await database.load(
            "SET timezone = 'Asia/Tokyo'; SET datestyle = 'German'; SET intervalstyle = 'iso_8601';"
            "SET bytea_output = 'escape'; SET extra_float_digits = -5; SET quote_all_identifiers = on;"
            "SET search_path = public, app"
        )
        assert await database.dump() == found
        assert await database.value("SHOW timezone") == "Asia/Tokyo"
        assert found.tables[0].columns[4].type == "app.mood"
        assert found.tables[0].columns[0].default is not None
        assert "+00" in found.tables[0].columns[0].default.sql
        assert found.tables[0].columns[3].default is not None
        assert "0.30000000000000004" in found.tables[0].columns[3].default.sql

    dumped(fresh_database, script, look)


def test_a_default_is_written_as_its_own_table_has_it(fresh_database: NewDatabase) -> None:
    texts = ["now()", "CURRENT_TIMESTAMP"]
    script = " ".join(f"CREATE TABLE t{place} (a timestamptz DEFAULT {text});" for place, text in enumerate(texts))

    async def look(database: Database) -> None:
        columns = [table.columns[0] for table in (await database.dump()).tables]
        assert columns[0] == columns[1]
        assert [column.default and column.default.sql for column in columns] == texts

    dumped(fresh_database, script, look)


def test_it_reads_only_and_leaves_no_transaction(fresh_database: NewDatabase) -> None:
    async def look(database: Database) -> None:
        assert isinstance(database.connection, PostgresConnection)
        with pytest.raises(StatementFailed, match="read-only"):
            async with database.connection.reading({"jit": "off"}) as fetch:
                await fetch("INSERT INTO t VALUES (1) RETURNING 1")
        await database.dump()
        await database.load("INSERT INTO t VALUES (1)")

    dumped(fresh_database, "CREATE TABLE t (a integer)", look)


def test_p35_a_role_without_rights_sees_everything(fresh_database: NewDatabase) -> None:
    script = """
        CREATE SCHEMA app; CREATE TABLE app.t (id serial PRIMARY KEY, a integer DEFAULT 1 CHECK (a > 0));
        CREATE INDEX ON app.t (a) WHERE a > 1; CREATE VIEW v AS SELECT * FROM app.t; CREATE SEQUENCE s;
    """

    async def look(database: Database) -> None:
        found = await database.dump()
        role = f"reader_{time.time_ns()}"
        await database.load(f"CREATE ROLE {role}; SET ROLE {role}")
        assert await database.dump() == found
        await database.load(f"RESET ROLE; DROP ROLE {role}")

    dumped(fresh_database, script, look)


def test_p31_what_extensions_own_is_not_ours(fresh_database: NewDatabase) -> None:
    async def look(database: Database) -> None:
        if not await database.value("SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'"):
            pytest.skip("no pgvector")
        await database.load("CREATE EXTENSION vector; CREATE TABLE t (v vector(3), h halfvec(2)[])")
        await database.load("CREATE INDEX ON t USING hnsw (v vector_l2_ops) WITH (m = 4)")
        found = await database.dump()
        assert found.extensions == ("vector",)
        assert found.unsupported == ()
        assert [column.type for column in found.tables[0].columns] == ["vector(3)", "halfvec(2)[]"]
        assert found.tables[0].indexes[0].parts[0].opclass == "vector_l2_ops"

    dumped(fresh_database, "", look)


def test_p12_p13_p14_serial_identity_and_what_only_looks_like_them(fresh_database: NewDatabase) -> None:
    script = """
        CREATE TABLE ser (id serial, other integer DEFAULT 1);
        ALTER TABLE ser RENAME TO ser2; ALTER TABLE ser2 RENAME id TO key;
        CREATE TABLE ident (id integer GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 2));
        CREATE TABLE steps (id integer); CREATE SEQUENCE steps_seq INCREMENT 10 OWNED BY steps.id;
        ALTER TABLE steps ALTER id SET DEFAULT nextval('steps_seq');
        CREATE TABLE started (id serial); ALTER SEQUENCE started_id_seq START 1000;
        CREATE TABLE shared (LIKE ser2 INCLUDING ALL);
    """

    async def look(database: Database) -> None:
        found = await database.dump()
        columns = {table.name.name: table.columns[0] for table in found.tables}
        assert (columns["ser2"].autoincrement, columns["ser2"].default) == (True, None)
        assert columns["ident"].identity == Identity(always=True, start=5, increment=2)
        assert columns["steps"].autoincrement is False
        assert columns["started"].autoincrement is True
        assert columns["shared"].autoincrement is False
        assert found.sequences == (Sequence(Name("", "steps_seq"), increment=10, owned_by=(Name("", "steps"), "id")),)

    dumped(fresh_database, script, look)


def test_p18_a_not_null_constraint_that_is_not_valid_makes_no_column_not_null(fresh_database: NewDatabase) -> None:
    async def look(database: Database) -> None:
        if database.major < 18:
            pytest.skip("needs PostgreSQL 18")
        table = await database.table("t")
        assert table.checks == ()
        assert not table.columns[0].nullable
        await database.load("ALTER TABLE t ADD CONSTRAINT late NOT NULL b NOT VALID")
        assert not (await database.dump()).unsupported
        column = (await database.table("t")).columns[1]
        assert (column.nullable, column.unvalidated) == (True, "late")

    dumped(fresh_database, "CREATE TABLE t (a integer NOT NULL, b integer)", look)


def test_p25_an_invalid_index_is_told(fresh_database: NewDatabase) -> None:
    async def look(database: Database) -> None:
        with pytest.raises(StatementFailed):
            await database.load("CREATE UNIQUE INDEX CONCURRENTLY one ON t (a)")
        (index,) = (await database.table("t")).indexes
        assert (index.name, index.valid) == ("one", False)

    dumped(fresh_database, "CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (1)", look)


def test_p22_p23_p24_keys_of_an_index(fresh_database: NewDatabase) -> None:
    script = """
        CREATE TABLE t (a text, b varchar(9), c integer, d text COLLATE "C");
        CREATE INDEX i ON t (a DESC, b text_pattern_ops, c NULLS FIRST, d COLLATE "POSIX") INCLUDE (a, c);
        CREATE INDEX j ON t (d COLLATE "C", (c + 1) DESC NULLS LAST);
    """

    async def look(database: Database) -> None:
        table = await database.table("t")
        indexes = {index.name: index for index in table.indexes}
        first = indexes["i"]
        assert first.columns == ("a", "b", "c", "d")
        assert first.include == ("a", "c")
        assert [part.descending for part in first.parts] == [True, False, False, False]
        assert [part.nulls_first for part in first.parts] == [None, None, True, None]
        assert [part.opclass for part in first.parts] == [None, "text_pattern_ops", None, None]
        assert [part.collation for part in first.parts] == [None, None, None, '"POSIX"']
        second = indexes["j"].parts
        assert second[0].collation is None
        assert second[1].expression is not None
        assert (second[1].descending, second[1].nulls_first) == (True, False)
        assert table.columns[3].collation == '"C"'

    dumped(fresh_database, script, look)


def test_p32_p33_partitions_children_and_dropped_columns(fresh_database: NewDatabase) -> None:
    script = """
        CREATE TABLE p (gone integer, id integer PRIMARY KEY, n integer CHECK (n > 0) REFERENCES p)
            PARTITION BY RANGE (id);
        CREATE INDEX ON p (n); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10);
        ALTER TABLE p DROP gone; CREATE INDEX own ON p1 (n, id);
    """

    async def look(database: Database) -> None:
        part = await database.table("p1")
        assert (part.columns, part.checks, part.foreign_keys, part.primary_key) == ((), (), (), None)
        assert [index.name for index in part.indexes] == ["own"]
        assert part.indexes[0].columns == ("n", "id")
        assert part.partition_of == (Name("", "p"), "FOR VALUES FROM (1) TO (10)")
        whole = await database.table("p")
        assert [column.name for column in whole.columns] == ["id", "n"]
        assert (whole.kind, len(whole.foreign_keys), len(whole.indexes)) == ("partitioned", 1, 1)

    dumped(fresh_database, script, look)


def test_what_cannot_be_expressed_is_reported_with_its_text(fresh_database: NewDatabase) -> None:
    script = """
        CREATE TABLE t (a integer, b integer); CREATE POLICY mine ON t FOR SELECT TO CURRENT_USER USING (a > 1);
        CREATE RULE no AS ON DELETE TO t DO INSTEAD NOTHING; CREATE STATISTICS stat (ndistinct) ON a, b FROM t;
        CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE TYPE pair AS (a integer, b text);
        CREATE TYPE span AS RANGE (subtype = integer); CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
        CREATE INDEX on_m ON m (a); CREATE AGGREGATE total (integer) (sfunc = int4pl, stype = integer);
    """

    async def look(database: Database) -> None:
        found = (await database.dump()).unsupported
        assert {(item.kind, item.name) for item in found} == {
            ("policy", "mine"),
            ("rule", "no"),
            ("statistics", "stat"),
            ("function", "f(integer)"),
            ("aggregate", "total(integer)"),
            ("type", "pair"),
            ("range type", "span"),
            ("index", "on_m"),
        }
        texts = {item.name: item.sql for item in found}
        assert texts["mine"].startswith("CREATE POLICY mine ON t AS PERMISSIVE FOR SELECT TO ")
        assert texts["pair"] == "CREATE TYPE pair AS (a integer, b text)"
        assert texts["f(integer)"].startswith("CREATE OR REPLACE FUNCTION f(integer)")
        assert texts["stat"] == "CREATE STATISTICS stat (ndistinct) ON a, b FROM t"
        assert " ".join(texts["no"].split()) == "CREATE RULE no AS ON DELETE TO t DO INSTEAD NOTHING;"
        assert texts["on_m"] == "CREATE INDEX on_m ON m USING btree (a)"
        assert {item.name for item in found if item.table} == {"mine", "no", "stat", "on_m"}

    dumped(fresh_database, script, look)


def test_some_tables_alone(fresh_database: NewDatabase) -> None:
    script = """
        CREATE SCHEMA app; CREATE TABLE a (id integer PRIMARY KEY); CREATE TABLE app.a (id integer REFERENCES a);
        CREATE TABLE b (id integer)
    """

    async def look(database: Database) -> None:
        found = await POSTGRES.dump(database.connection, database.info, [Name("app", "a"), Name("", "b")])
        assert [table.name for table in found.tables] == [Name("", "b"), Name("app", "a")]
        assert found.tables[1].foreign_keys[0].ref_columns == ("id",)
        assert (await POSTGRES.dump(database.connection, database.info, [])).tables == ()

    dumped(fresh_database, script, look)


def test_the_number_of_queries_does_not_grow_with_the_tables(
    fresh_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_schemadrift.dialects.postgres import adapter

    counted: list[str] = []
    fetch = adapter.fetch

    async def counting(raw: Any, sql: str, *arguments: object) -> list[Any]:
        counted.append(sql)
        return await fetch(raw, sql, *arguments)

    monkeypatch.setattr(adapter, "fetch", counting)

    async def look(database: Database) -> None:
        counted.clear()
        await database.dump()
        few = len(counted)
        await database.load(";".join(f"CREATE TABLE t{n} (id serial PRIMARY KEY, a text UNIQUE)" for n in range(40)))
        counted.clear()
        await database.dump()
        assert len(counted) == few < 20

    dumped(fresh_database, "", look)


def test_names_of_every_kind(fresh_database: NewDatabase) -> None:
    odd = ['a"b', "a b", "ünïcode", "select", "Mixed", "a.b", "it's", "100%", "$1", "x" * 63]

    async def look(database: Database) -> None:
        quoted = [POSTGRES.quote(name) for name in odd]
        for name in quoted:
            columns = ", ".join(f"{column} integer" for column in quoted)
            await database.load(f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({quoted[0]}), CHECK ({name} > 0))")
            await database.load(f"CREATE INDEX ON {name} ({', '.join(quoted)}) WHERE {name} > 1")
        found = await database.dump()
        assert {table.name.name for table in found.tables} == set(odd)
        assert database.parse(";".join(database.export(found))) == found
        some = await POSTGRES.dump(database.connection, database.info, [Name("", "a.b"), Name("", "it's")])
        assert len(some.tables) == 2

    dumped(fresh_database, "", look)


def test_a_default_schema_that_does_not_exist_yet(fresh_database: NewDatabase) -> None:
    async def check() -> None:
        url = fresh_database("postgres")
        async with opened(f"{url}{'&' if '?' in url else '?'}schema=later") as database:
            assert database.info.default_schema == "later"
            assert (await database.dump()).tables == ()

    run(check())


def test_every_query_answers_the_columns_that_its_rows_are_named_for(fresh_database: NewDatabase) -> None:
    """Also those that have nothing to answer here, whose rows could not tell."""

    async def look(database: Database) -> None:
        connection = database.connection
        assert isinstance(connection, PostgresConnection)
        async with connection._acquire() as raw:
            for name, kind in ROWS.items():
                statement = await raw.prepare(query(name, database.major))
                assert tuple(column.name for column in statement.get_attributes()) == kind._fields, name

    dumped(fresh_database, "", look)


def test_rows_with_other_columns_are_refused() -> None:
    with pytest.raises(TypeError, match=r"inheritance\.sql answers \('child', 'name'\)"):
        named("inheritance", [{"child": 1, "name": "t"}])
