"""Connecting, failing to, and throw-away databases."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable

import pytest

from pytest_schemadrift.dialects.mysql.connection import MySQLConnection, connect, connect_credentials
from pytest_schemadrift.dialects.mysql.scratch import PREFIX, open_scratch
from pytest_schemadrift.errors import ConfigurationError, ConnectionFailed, StatementFailed, Unreachable, Unsupported
from tests.dialects.mysql.database import BOTH, Database, opened, run

NewDatabase = Callable[[str], str]
SECRET = "s3cret-word"


@pytest.mark.parametrize("dialect", BOTH)
def test_refused_with_the_servers_answer_and_without_the_password(dialect: str, fresh_database: NewDatabase) -> None:
    _, _, address = fresh_database(dialect).partition("@")
    with pytest.raises(ConnectionFailed) as failure:
        run(connect(f"mysql://nobody:{SECRET}@{address}", 10))
    assert "Access denied" in str(failure.value)
    assert failure.value.hint == "correct user and password"
    assert SECRET not in str(failure.value)
    assert len(str(failure.value).splitlines()) <= 5


@pytest.mark.parametrize("dialect", BOTH)
def test_a_database_that_is_not_there_is_to_be_created(dialect: str, fresh_database: NewDatabase) -> None:
    url = fresh_database(dialect).replace("/t", "/nobodys_t", 1)
    with pytest.raises(ConnectionFailed, match="Unknown database") as failure:
        run(connect(url, 10))
    assert failure.value.hint == "create the database, or correct its name"


@pytest.mark.parametrize("dialect", BOTH)
def test_a_statement_that_the_server_refuses(dialect: str, fresh_database: NewDatabase) -> None:
    async def check() -> None:
        async with opened(fresh_database(dialect)) as database:
            with pytest.raises(StatementFailed) as failure:
                await database.connection.execute("DROP TABLE nothing")
            assert failure.value.sql == "DROP TABLE nothing"
            assert "nothing" in failure.value.what

    run(check())


def test_nobody_listens() -> None:
    with pytest.raises(ConnectionFailed) as failure:
        run(connect(f"mysql://u:{SECRET}@127.0.0.1:1/db", 5))
    assert "u@127.0.0.1:1/db" in str(failure.value)
    assert failure.value.hint == "start the server, or correct host and port"
    assert SECRET not in str(failure.value)


@pytest.mark.mariadb
def test_a_server_without_encryption_is_there(fresh_database: NewDatabase) -> None:
    """So that ``--unreachable skip`` does not skip it."""
    url = fresh_database("mariadb")
    with pytest.raises(ConnectionFailed) as failure:
        run(connect(f"{url}&ssl=true", 5))
    assert not isinstance(failure.value, Unreachable)
    assert failure.value.hint.startswith("correct ssl in the URL")


def test_a_server_that_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel accepts, nobody answers
        port = silent.getsockname()[1]
        with pytest.raises(ConnectionFailed, match=r"did not answer within 0\.3 seconds"):
            run(connect(f"mysql://u@127.0.0.1:{port}/db", 0.3))


def test_a_url_that_is_none() -> None:
    with pytest.raises(ConfigurationError):
        run(connect(f"mysql://u:{SECRET}@host:port/db", 1))


@pytest.mark.parametrize("dialect", BOTH)
def test_credentials_as_tortoise_knows_them(dialect: str, fresh_database: NewDatabase) -> None:
    from tortoise.backends.base.config_generator import expand_db_url

    async def check() -> None:
        credentials = expand_db_url(fresh_database(dialect))["credentials"]
        connection = await connect_credentials({**credentials, "minsize": 1, "maxsize": 3, "echo": False}, 10)
        assert await connection.fetch("SELECT database() AS d, %s AS x", "it's") == [(credentials["database"], "it's")]
        await connection.close()

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_a_scratch_database_is_like_the_live_one_and_goes_away(dialect: str, fresh_database: NewDatabase) -> None:
    async def check() -> None:
        url = fresh_database(dialect)
        async with opened(url) as database:
            await database.connection.execute(f"ALTER DATABASE `{database.info.database}` COLLATE latin1_general_ci")
        async with opened(url) as database:
            with pytest.raises(RuntimeError):
                async with open_scratch(database.connection, url, database.info) as scratch:
                    ((name, collation),) = await scratch.fetch("SELECT database() AS d, @@collation_database AS c")
                    assert name.startswith(PREFIX)
                    assert collation == "latin1_general_ci"
                    async with open_scratch(database.connection, url, database.info):
                        assert await scratch.fetch("SELECT database() AS d") == [(name,)]  # not cleared: in use
                    raise RuntimeError
            assert await database.connection.fetch(f"SHOW DATABASES LIKE '{name}'") == []

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("words", ["CREATE DATABASE", "SLEEP"])
def test_it_is_dropped_when_a_statement_is_cancelled(
    dialect: str, words: str, fresh_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session has to be given up then, and the server does what it was told all the same."""
    sent, execute = asyncio.Event(), MySQLConnection.execute

    async def executing(connection: MySQLConnection, sql: str) -> None:
        if sql.startswith(words) or words in sql.partition("(")[0]:
            asyncio.get_running_loop().call_soon(sent.set)
        await execute(connection, sql)

    monkeypatch.setattr(MySQLConnection, "execute", executing)

    async def hold(url: str, live: Database) -> None:
        async with open_scratch(live.connection, url, live.info) as scratch:
            await scratch.inner.execute("DO SLEEP(1)")

    async def check() -> None:
        url = fresh_database(dialect)
        async with opened(url) as database:
            task = asyncio.create_task(hold(url, database))
            await sent.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            ours = f"{PREFIX}{os.getpid()}_".replace("_", r"\_")
            assert await database.connection.fetch(f"SHOW DATABASES LIKE '{ours}%'") == []

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_what_a_killed_process_left_is_cleared(dialect: str, fresh_database: NewDatabase) -> None:
    async def check() -> None:
        url = fresh_database(dialect)
        async with opened(url) as database:
            left = f"{PREFIX}1_{database.info.database}"
            await database.connection.execute(f"CREATE DATABASE `{left}`")
            async with open_scratch(database.connection, url, database.info):
                async with asyncio.timeout(60):  # a test beside this one may be about to drop it
                    while await database.connection.fetch(f"SHOW DATABASES LIKE '{left}'"):
                        await asyncio.sleep(0.01)

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_a_role_that_may_not_create_databases(dialect: str, fresh_database: NewDatabase) -> None:
    async def check() -> None:
        url = fresh_database(dialect)
        async with opened(url) as owner:
            role = f"weak_{owner.info.database}"
            await owner.connection.execute(f"CREATE USER `{role}`@'localhost'")
            await owner.connection.execute(f"GRANT SELECT ON `{owner.info.database}`.* TO `{role}`@'localhost'")
            try:
                with pytest.raises(Unsupported, match="no scratch database"):
                    weak = f"mysql://{role}@{url.partition('@')[2]}"
                    async with open_scratch(owner.connection, weak, owner.info):
                        pass
            finally:
                await owner.connection.execute(f"DROP USER `{role}`@'localhost'")

    run(check())
