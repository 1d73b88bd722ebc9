"""Connections: Tortoise's URLs and credentials, what is wrapped, and what goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pytest_schemadrift.commands.tenants.result import told
from pytest_schemadrift.dialects.base import closing
from pytest_schemadrift.dialects.postgres import POSTGRES, AsyncpgDumper, connect_credentials
from pytest_schemadrift.dialects.postgres.connection import connect, driver_arguments, wrap
from pytest_schemadrift.dialects.postgres.looking import look
from pytest_schemadrift.errors import ConfigurationError, ConnectionFailed, DriverMissing, StatementFailed, Unreachable
from tests.dialects.postgres.database import opened, run

NewDatabase = Callable[[str], str]


async def refused(url: str, seconds: float = 5) -> ConnectionFailed:
    with pytest.raises(ConnectionFailed) as caught:
        await POSTGRES.connect(url, seconds)
    return caught.value


def expanded(url: str) -> dict[str, Any]:
    from tortoise.backends.base.config_generator import expand_db_url

    return dict(expand_db_url(url)["credentials"])


@pytest.mark.postgres
def test_every_scheme_that_tortoise_knows(fresh_database: NewDatabase) -> None:
    async def check() -> None:
        url = fresh_database("postgres")
        rest = url.partition("://")[2]
        for scheme in ("postgres", "postgresql", "asyncpg", "psycopg"):
            connection = await POSTGRES.connect(f"{scheme}://{rest}", 5)
            assert [tuple(row) for row in await connection.fetch("SELECT 1, 'a'")] == [(1, "a")]
            await connection.close()
            await connection.close()

    run(check())


@pytest.mark.postgres
def test_credentials_mean_what_they_mean_to_tortoise(fresh_database: NewDatabase) -> None:
    async def check() -> None:
        credentials = expanded(fresh_database("postgres").replace("postgres://", "asyncpg://"))
        credentials |= {"schema": "app,public", "application_name": "drift", "minsize": 2, "maxsize": 3}
        credentials["server_settings"] = {"timezone": "Asia/Tokyo"}
        connection = await connect_credentials(credentials, 5)
        await connection.execute("CREATE SCHEMA app")
        info = await POSTGRES.read_server_info(connection)
        assert info.default_schema == "app"
        assert (await connection.fetch("SHOW application_name"))[0][0] == "drift"
        assert (await connection.fetch("SHOW timezone"))[0][0] == "Asia/Tokyo"
        await connection.close()

    run(check())


def test_arguments_of_the_driver() -> None:
    assert driver_arguments({"host": "h", "port": 5432, "user": None, "max_size": 3, "ssl": True, "timeout": 7}) == {
        "host": "h",
        "port": 5432,
        "ssl": True,
        "timeout": 7,
    }
    assert driver_arguments({"sslmode": "require"}) == {"ssl": "require"}


def test_a_password_may_be_a_function() -> None:
    password = lambda: "secret"  # noqa: E731
    assert driver_arguments({"password": password})["password"] is password


@pytest.mark.postgres
def test_a_database_that_is_not_there(fresh_database: NewDatabase) -> None:
    url = fresh_database("postgres").replace("/t", "/nothing_", 1)
    error = run(refused(url))
    assert "does not exist" in error.what
    assert "create the database" in error.hint


def test_no_server_at_all() -> None:
    error = run(refused("postgres://me:secret@127.0.0.1:1/db"))
    assert "cannot be reached" in str(error)
    assert "secret" not in str(error)
    assert len(str(error).splitlines()) <= 5


def test_a_server_that_hangs() -> None:
    async def check() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"postgres://me:secret@127.0.0.1:{listener.getsockname()[1]}/db"
            assert "did not answer" in (await asyncio.wait_for(refused(url, 0.3), 60)).what

    run(check())


@pytest.mark.parametrize(("answer", "said"), [(b"N", "rejected SSL upgrade"), (b"Sno server of TLS", "SSL")])
def test_a_server_that_refuses_encryption_is_there(answer: bytes, said: str) -> None:
    """So that ``--unreachable skip`` does not skip it."""
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)  # SSLRequest: length and code
        writer.write(answer)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        done.set()

    async def check() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            error = await refused(f"postgres://me:secret@127.0.0.1:{port}/db?ssl=require")
            await done.wait()
            await asyncio.sleep(0)  # in which the connection is closed
            assert not isinstance(error, Unreachable)
            assert said in error.what
            assert error.hint.startswith("correct ssl in the URL")

    run(check())


def test_bad_urls() -> None:
    with pytest.raises(ConfigurationError):
        run(connect("postgres://me@host:port/db", 1))
    with pytest.raises(ConfigurationError, match="asyncpg refuses"):
        run(connect("postgres://me@127.0.0.1:1/db?nonsense=1", 1))


def test_without_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(DriverMissing, match="postgres"):
        run(connect("postgres://me@127.0.0.1:1/db", 1))


@pytest.mark.postgres
def test_a_refused_statement_says_what_the_server_said(fresh_database: NewDatabase) -> None:
    async def check() -> None:
        async with opened(fresh_database("postgres")) as database:
            with pytest.raises(StatementFailed, match='relation "nothing" does not exist') as caught:
                await database.load("ALTER TABLE nothing ADD x integer")
            assert caught.value.sql == "ALTER TABLE nothing ADD x integer"
            await database.load("CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (1)")
            with pytest.raises(StatementFailed, match="is duplicated"):
                await database.load("CREATE UNIQUE INDEX ON t (a)")

    run(check())


@pytest.mark.postgres
def test_wrapped_connections_stay_open_and_unchanged(fresh_database: NewDatabase) -> None:
    import asyncpg

    async def check() -> None:
        url = fresh_database("postgres")
        arguments = driver_arguments(expanded(url))
        raw = await asyncpg.connect(**arguments)
        await raw.execute("CREATE TABLE t (a integer)")
        await raw.execute("SET search_path = public, pg_catalog; SET timezone = 'Asia/Tokyo'")
        assert [table.name.name for table in (await AsyncpgDumper(raw).dump()).tables] == ["t"]
        assert await raw.fetchval("SHOW timezone") == "Asia/Tokyo"
        assert await raw.fetchval("SHOW search_path") == "public, pg_catalog"
        async with raw.transaction():
            await raw.execute("CREATE TABLE u (a integer)")
            tables = (await AsyncpgDumper(raw, tables=["u"]).dump()).tables
            assert [table.name.name for table in tables] == ["u"]
            assert await raw.fetchval("SHOW timezone") == "Asia/Tokyo"
            await wrap(raw).close()
        assert await raw.fetchval("SELECT count(*) FROM u") == 0
        await raw.close()
        async with asyncpg.create_pool(min_size=1, max_size=1, **arguments) as pool:
            assert len((await AsyncpgDumper(pool).dump()).tables) == 2

    run(check())


@pytest.mark.postgres
def test_a_table_without_a_schema_is_in_the_first_of_the_search_path_that_has_it(fresh_database: NewDatabase) -> None:
    import asyncpg

    async def check() -> None:
        raw = await asyncpg.connect(**driver_arguments(expanded(fresh_database("postgres"))))
        await raw.execute("""
            CREATE SCHEMA one; CREATE SCHEMA two; SET search_path = one, two;
            CREATE TABLE one.both (a integer); CREATE TABLE two.both (b integer); CREATE TABLE two.only (c integer);
        """)
        found = (await AsyncpgDumper(raw, tables=["both", "only"]).dump()).tables
        assert sorted(column.name for table in found for column in table.columns) == ["a", "c"]
        await raw.close()

    run(check())


@pytest.mark.filterwarnings("ignore:Module .* has no models")
@pytest.mark.postgres
def test_tortoise_connections(fresh_database: NewDatabase) -> None:
    from tortoise import Tortoise
    from tortoise.transactions import in_transaction

    async def check() -> None:
        await Tortoise.init(db_url=fresh_database("postgres"), modules={"models": ["tests.dialects.postgres.database"]})
        try:
            client = Tortoise.get_connection("default")
            await client.execute_script("CREATE TABLE t (a integer)")
            assert len((await AsyncpgDumper(client).dump()).tables) == 1
            async with in_transaction() as transaction:
                await transaction.execute_script("CREATE TABLE u (a integer)")
                assert len((await AsyncpgDumper(transaction).dump()).tables) == 2
        finally:
            await Tortoise.close_connections()

    run(check())


def test_a_client_of_psycopg_is_refused_with_advice() -> None:
    client = type("PsycopgClient", (), {"__module__": "tortoise.backends.psycopg.client", "acquire_connection": None})
    with pytest.raises(ConfigurationError, match="give the database's URL"):
        wrap(client())


@pytest.mark.postgres
def test_a_session_keeps_no_prepared_statement(fresh_database: NewDatabase) -> None:
    """A pooler in transaction mode lends the same session to the next one, whose statements have the same names."""

    async def kept() -> list[tuple[Any, ...]]:
        connection = await connect(fresh_database("postgres"), 10)
        try:
            await connection.fetch("SELECT $1::int", 1)
            return await connection.fetch("SELECT name FROM pg_prepared_statements")
        finally:
            await connection.close()

    assert [name for (name,) in run(kept()) if name] == []


@pytest.mark.postgres
def test_a_look_at_rows_is_not_compiled(fresh_database: NewDatabase) -> None:
    """What it would call is asked first: that question goes through nothing, and compiling it took 150 ms."""

    async def settings() -> list[str]:
        connection = await connect(fresh_database("postgres"), 30)
        async with closing(connection):
            await connection.execute("SET jit = on")  # off by default from PostgreSQL 19 on
            sql = "SELECT current_setting('jit')"
            answers = [await connection.fetch(sql), await look(connection, sql), await connection.fetch(sql)]
            return [text for ((text,),) in answers]

    assert run(settings()) == ["on", "off", "on"]


def test_what_a_pooler_refuses_has_the_way_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As PgBouncer 1.18 answers a search path at the start: with a code that it gives all of its refusals."""
    import asyncpg

    async def refuse(**_: object) -> None:
        raise asyncpg.PostgresError.new({"C": "08P01", "M": "unsupported startup parameter: search_path"})

    monkeypatch.setattr(asyncpg, "connect", refuse)
    error = run(refused("asyncpg://u@127.0.0.1:6432/shop?schema=acme"))
    assert "unsupported startup parameter: search_path" in told(error)
    assert told(error).endswith("a pooler on the way refuses it: give the address of the server itself")
