"""What only a live server can show: roles, hidden things, other databases, and things beyond our words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_schemadrift.dialects.mysql import AsyncmyDumper
from pytest_schemadrift.dialects.mysql.catalog.dump import dump
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.dialects.mysql.catalog.rows import ROWS
from pytest_schemadrift.dialects.mysql.connection import connect, wrap
from pytest_schemadrift.schema.model import Name
from tests.dialects.mysql.database import BOTH, opened, run, tables_only

NewDatabase = Callable[[str], str]
FAMILY = """
CREATE TABLE p (id int PRIMARY KEY, name varchar(20) UNIQUE);
CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT k CHECK (id > 0));
CREATE VIEW v AS SELECT id FROM p;
"""


@pytest.mark.parametrize("dialect", BOTH)
def test_a_role_that_may_only_select_sees_the_same(dialect: str, fresh_database: NewDatabase) -> None:
    """MariaDB hides the rules of foreign keys from it; the text of views is hidden by both, and said to be."""

    async def check() -> None:
        url = fresh_database(dialect)
        async with opened(url) as owner:
            await owner.load(FAMILY)
            role = f"reader_{owner.info.database}"
            await owner.connection.execute(f"CREATE USER `{role}`@'localhost' IDENTIFIED BY 'p%40ss'")
            await owner.connection.execute(f"GRANT SELECT ON `{owner.info.database}`.* TO `{role}`@'localhost'")
            try:
                _, _, address = url.partition("@")
                async with opened(f"mysql://{role}:p%2540ss@{address}") as reader:
                    seen, everything = await reader.dump(), await owner.dump()
                    assert seen.tables == everything.tables
                    assert [(item.kind, item.name) for item in seen.unsupported] == [("view", "v")]
                    assert [(item.kind, item.name) for item in seen.unseen] == [("triggers", owner.info.database)]
            finally:
                await owner.connection.execute(f"DROP USER `{role}`@'localhost'")

    run(check())


@pytest.mark.mysql
def test_the_generated_invisible_primary_key_is_hidden(fresh_database: NewDatabase) -> None:
    """M24."""

    async def check() -> None:
        async with opened(fresh_database("mysql")) as database:
            await database.connection.execute("SET sql_generate_invisible_primary_key = ON")
            await database.load("CREATE TABLE t (a int)")
            found = await database.dump()
            assert found == database.parse("CREATE TABLE t (a int)")
            assert "my_row_id" in await database.shown()
            assert database.parse(await database.shown()) == found

    run(check())


@pytest.mark.mariadb
def test_what_mariadb_has_beyond_our_words(fresh_database: NewDatabase) -> None:
    """A10: kept with its text, never called in sync."""

    async def check() -> None:
        async with opened(fresh_database("mariadb")) as database:
            await database.load(
                "CREATE SEQUENCE s START WITH 5; CREATE TABLE v (id int) WITH SYSTEM VERSIONING;"
                "CREATE TABLE p (s date, e date, PERIOD FOR span (s, e));"
                "CREATE TABLE ok (s date NOT NULL, e date, CONSTRAINT span CHECK (s < e));"
            )
            found = await database.dump()
            assert [str(table.name) for table in found.tables] == ["ok"]
            assert sorted((item.kind, item.name) for item in found.unsupported) == [
                ("sequence", "s"),
                ("table", "p"),
                ("table", "v"),
            ]
            assert all(item.sql.startswith("CREATE ") and item.reason for item in found.unsupported)

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_implied_timestamp_defaults(dialect: str, fresh_database: NewDatabase) -> None:
    """M11."""

    async def check() -> None:
        url = fresh_database(dialect)
        text = "CREATE TABLE t (a timestamp, b timestamp, c timestamp NULL, d timestamp(3) DEFAULT now(3))"
        async with opened(url) as database:
            await database.connection.execute("SET explicit_defaults_for_timestamp = OFF")
            await database.load(text)
            info = replace(database.info, settings=(("explicit_defaults_for_timestamp", "0"),))
            assert database.dialect.parse(text, info) == await database.dump()

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_foreign_keys_into_other_databases(dialect: str, fresh_database: NewDatabase) -> None:
    async def check() -> None:
        async with opened(fresh_database(dialect)) as other, opened(fresh_database(dialect)) as database:
            await other.load("CREATE TABLE p (id int PRIMARY KEY)")
            elsewhere = other.info.database
            text = f"CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES `{elsewhere}`.`p` (id))"
            await database.load(text)
            found = await database.dump()
            assert found.tables[0].foreign_keys[0].ref_table == Name(elsewhere, "p")
            assert found == database.parse(text)
            assert f"REFERENCES `{elsewhere}`.`p`" in database.export(found)[0]
            both = await dump(database.connection, database.info, [Name(elsewhere, "p"), Name("", "t")])
            assert [table.name for table in both.tables] == [Name("", "t"), Name(elsewhere, "p")]
            await database.connection.execute("DROP TABLE t")

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_only_the_tables_asked_for(dialect: str, fresh_database: NewDatabase) -> None:
    async def check() -> None:
        url = fresh_database(dialect)
        async with opened(url) as database:
            await database.load(FAMILY)
            raw = database.connection.raw  # type: ignore[attr-defined]
            found = await AsyncmyDumper(raw, tables=["p"]).dump()
            assert [str(table.name) for table in found.tables] == ["p"]
            everything = await AsyncmyDumper(raw).dump()
            assert everything == await database.dump()
            assert [str(name) for name in everything.views[0].depends_on] == ["p"]
            await wrap(raw).close()
            assert await database.connection.fetch("SELECT 1 AS one") == [(1,)]

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_through_a_client_of_tortoise(dialect: str, fresh_database: NewDatabase) -> None:
    from tortoise.backends.base.config_generator import expand_db_url
    from tortoise.backends.mysql import client_class

    async def check() -> None:
        url = fresh_database(dialect)
        client = client_class(**expand_db_url(url)["credentials"], connection_name="default")
        await client.create_connection(with_db=True)
        try:
            async with opened(url) as database:
                await database.load(FAMILY)
                assert await AsyncmyDumper(client).dump() == await database.dump()
            await wrap(client).execute("CREATE TABLE more (id int)")
            assert [str(table.name) for table in (await AsyncmyDumper(client, ["more"]).dump()).tables] == ["more"]
        finally:
            await client.close()

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_nothing_is_written(dialect: str, fresh_database: NewDatabase) -> None:
    async def check() -> None:
        url = fresh_database(dialect)
        async with opened(url) as database:
            await database.load(FAMILY)
            connection = await connect(url, 10)
            try:
                await connection.execute("SET SESSION TRANSACTION READ ONLY")
                await connection.execute("START TRANSACTION READ ONLY")
                found = await dump(connection, database.info, None)
            finally:
                await connection.close()
            assert tables_only(found) == tables_only(await database.dump())

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_every_query_answers_the_columns_that_its_rows_are_named_for(dialect: str, fresh_database: NewDatabase) -> None:
    async def check() -> None:
        async with opened(fresh_database(dialect)) as database, database.connection.raw.cursor() as cursor:
            for name, kind in ROWS.items():
                if name.endswith(("_mysql", "_mariadb")) and not name.endswith(f"_{dialect}"):
                    continue
                text = query(name).replace("{visible}", "'YES'")
                await cursor.execute(text, [""] * text.count("%s"))
                columns = [column[0] for column in cursor.description]
                assert columns == ["table_name"] * (columns[0] == "table_name") + list(kind._fields), name

    run(check())
