"""A default of bytes, to its last one: MySQL's catalog ends it at a zero byte, and SHOW CREATE TABLE does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.dialects.mysql.read.defaults import default_from_text
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.sources.database import dump, open_server
from tests.harness import compare_with_script, load, run
from tests.live.test_mutations import digests_of_tenants

SERVERS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
TABLE = "CREATE TABLE t (id int PRIMARY KEY, n int, a varbinary(5) DEFAULT {0}, b binary(4) DEFAULT {1})"


@pytest.mark.tried("defaults of bytes with zeros, high bytes and text that looks like a number")
@pytest.mark.parametrize("dialect", SERVERS)
def test_a_default_of_bytes_is_compared_and_kept_whole(dialect: str, fresh_database: Callable[[str], str]) -> None:
    run(_test_a_default_of_bytes(fresh_database(dialect), fresh_database(dialect)))


async def _test_a_default_of_bytes(url: str, other: str) -> None:
    whole = TABLE.format("0x6100FF", "0x61006200")
    async with open_server(url) as server, open_server(other) as twin:
        await load(server, whole)
        for values in (
            ("0x6100", "0x61006200"),
            ("'a'", "0x61006200"),
            ("0x6100FF", "0x6100"),
            ("'0x61'", "0x61006200"),
        ):
            found = await compare_with_script(server, TABLE.format(*values), prove=False)
            assert [type(change).__name__ for change in found.plan.changes] == ["AlterColumnDefault"], values
            await load(twin, ["DROP TABLE IF EXISTS t", TABLE.format(*values)])
            [digest] = (await digests_of_tenants(twin)).values()
            assert digest is None or digest not in (await digests_of_tenants(server)).values(), values
        assert not (await compare_with_script(server, whole)).plan

        # A column is restated whole for a change of something else: its default is what it was.
        found = await compare_with_script(server, whole.replace("DEFAULT 0x", "NOT NULL DEFAULT 0x"))
        assert found.proven, [describe(change) for change in found.plan.changes]
        await load(server, [*found.plan.sql(), "INSERT INTO t (id) VALUES (1)"])
        rows = await server.connection.fetch("SELECT hex(a), hex(b) FROM t")
        assert [tuple(row) for row in rows] == [("6100FF", "61006200")]
        assert await dump(server) == found.new


@pytest.mark.tried("defaults of bytes with zeros, high bytes and text that looks like a number")
@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
def test_a_text_that_looks_like_bytes_is_none(dialect: str) -> None:
    assert default_from_text("'0x61'", "varbinary(9)", dialect) != default_from_text("0x61", "varbinary(9)", dialect)
    assert default_from_text("'a'", "varbinary(9)", dialect) == default_from_text("x'61'", "varbinary(9)", dialect)
