"""Databases that speak the protocol of another one are told by their own words, and nothing is promised for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.dialects import flavors, get_dialect
from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.flavors import flavor_in, flavor_notes
from pytest_schemadrift.dialects.postgres.connection import _prepared
from pytest_schemadrift.errors import StatementFailed, Unsupported
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu, built 2024/05/15)"], "CockroachDB"),
        (["PostgreSQL 15.2-YB-2.25.2.0-b0 on x86_64-pc-linux-gnu"], "YugabyteDB"),
        (["PostgreSQL 12.12 (Greenplum Database 7.1.0 build commit:e7c2b1f14b) on x86_64"], "Greenplum"),
        (["PostgreSQL 16.4 on x86_64-pc-linux-gnu", "citus", ""], "Citus"),
        (["8.0.11-TiDB-v8.5.0", "TiDB Server (Apache License 2.0) Community Edition"], "TiDB"),
        (["8.0.36-28", "Percona Server (GPL), Release 28, Revision 47601f19", ""], "Percona Server"),
        (["8.0.30-Vitess", "Version: 19.0.0"], "Vitess"),
        (["8.0.39", "Source distribution", "aurora"], "Amazon Aurora"),
        (
            [
                "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 "
                "(Red Hat 3.4.2-6.fc3), Redshift 1.0.12103"
            ],
            "Amazon Redshift",
        ),
        (["PostgreSQL 12.3, compiled by Visual C++ build 1914, 64-bit, QuestDB"], "QuestDB"),
        (["PostgreSQL 8.2.23 server protocol using H2 1.4.200 (2019-10-14)"], "H2"),
        (["PostgreSQL: General error: (org.h2.jdbc.JdbcSQLNonTransientException: output binary format)"], "H2"),
        (["(openGauss 5.0.1 build 33b035fd) compiled at 2023-12-15 20:19:06 commit 0 last mr"], "openGauss"),
        (["PostgreSQL 18.6 (PGlite 0.5.14) on wasm32-unknown-emscripten"], "PGlite"),
        (["PostgreSQL 9.5 on x86_64-unknown-linux-gnu (Materialize 26.36.0)"], "Materialize"),
        (["CrateDB 5.2.3"], "CrateDB"),
        (["5.7.32", "SingleStoreDB source distribution (compatible; MySQL Enterprise)"], "SingleStore"),
        (["9.7.0", "MySQL Community Server - GPL", ""], ""),
        (["11.8.3-MariaDB-0+deb13u1", "Debian n/a", ""], ""),
        (["PostgreSQL 17.12 (Debian 17.12-0+deb13u1) on x86_64-pc-linux-gnu", "", ""], ""),
    ],
)
def test_a_server_is_told_by_its_own_words(texts: list[str], name: str) -> None:
    assert flavor_in(*texts) == name


class Stranger:
    """A server that gives a version, and answers nothing else."""

    def __init__(self, version: str) -> None:
        self.version = version

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        if sql == "SELECT pg_catalog.version()":
            return [(self.version,)]
        raise StatementFailed("PostgreSQL: unknown function: pg_encoding_to_char()", sql=sql, hint="see its message")


@pytest.mark.parametrize(
    ("version", "error"), [("CockroachDB CCL v24.1.0", Unsupported), ("PostgreSQL 16.4", StatementFailed)]
)
def test_one_that_does_not_answer_is_named(version: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        asyncio.run(get_dialect("postgres").read_server_info(Stranger(version)))  # type: ignore[arg-type]
    if error is Unsupported:
        assert str(caught.value).startswith("this is CockroachDB, which does not answer what its protocol promises")


class Refusing:
    """A connection of asyncpg's to a server that refuses what a session begins with, and then its version too."""

    def __init__(self, says: str) -> None:
        self.says = says

    def get_server_pid(self) -> int:
        return 1

    async def execute(self, sql: str) -> str:
        raise asyncpg.PostgresError('Function "current_setting" not found')

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[str]]:
        raise asyncpg.PostgresError(self.says)


@pytest.mark.parametrize(
    ("says", "error"),
    [("org.h2.jdbc.JdbcSQLException: output binary format is undefined", Unsupported), ("no", StatementFailed)],
)
def test_one_that_refuses_the_first_statement_is_named(says: str, error: type[Exception]) -> None:
    """Seen with H2 2.1.214, which has no ``current_setting`` and no binary form of a text."""
    with pytest.raises(error) as caught:
        asyncio.run(_prepared(Refusing(says), {}, 1))
    assert (error is Unsupported) == str(caught.value).startswith("this is H2")


@pytest.mark.postgres
def test_nothing_is_changed_where_a_failed_plan_is_not_undone(
    fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real server with the function of Aurora; then it is one that its makers say keeps a part of what failed."""

    async def work() -> tuple[str, tuple[str, ...], list[Any]]:
        async with open_server(fresh_database("postgres")) as plain:
            await load(plain, "CREATE FUNCTION aurora_version() RETURNS text LANGUAGE sql AS $$SELECT '16.4.1'$$")
            server = replace(plain, info=await plain.dialect.read_server_info(plain.connection))
            plan = (await compare_with_script(server, "CREATE TABLE t (id int)")).plan
            monkeypatch.setitem(flavors.FLAVORS, "Amazon Aurora", flavors.FLAVORS["CockroachDB"])
            with pytest.raises(Unsupported, match="nothing is changed on Amazon Aurora"):
                await execute(server, plan)
            tables = await server.connection.fetch("SELECT relname FROM pg_class WHERE relname = 't'")
            return server.info.flavor, flavor_notes(server.info), tables

    flavor, notes, tables = run(work())
    assert flavor == "Amazon Aurora"
    assert notes[0].startswith("this is Amazon Aurora, which was not tried with this version: ")
    assert tables == []


class Renamed:
    """A real server that gives another comment on its version."""

    def __init__(self, real: Connection) -> None:
        self.real = real

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        rows = await self.real.fetch(sql, *arguments)
        if "@@version_comment" not in sql:
            return rows
        comment = sql[: sql.index("@@version_comment")].count(" AS ")
        return [(*rows[0][:comment], "Percona Server (GPL), Release 28", *rows[0][comment + 1 :])]


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
)
def test_mysql_and_mariadb_are_none(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def work() -> list[str]:
        async with open_server(fresh_database(dialect)) as server:
            other = await server.dialect.read_server_info(Renamed(server.connection))  # type: ignore[arg-type]
            return [server.info.flavor, other.flavor]

    assert run(work()) == ["", "Percona Server"]
