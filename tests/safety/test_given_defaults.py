"""A default that MariaDB gives a compressed column by itself, and that somebody took away again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

TABLE = "CREATE TABLE t (id integer PRIMARY KEY, a varchar(90) COMPRESSED NOT NULL)"


@pytest.mark.mariadb
@pytest.mark.tried("a default that the server gives although nobody asked for it, and that is gone")
def test_a_default_that_only_the_server_gives_is_no_spelling(fresh_database: Callable[[str], str]) -> None:
    async def work() -> None:
        async with open_server(fresh_database("mariadb")) as server:
            await load(server, TABLE)
            asked = TABLE.replace("NOT NULL", "NOT NULL DEFAULT ''")
            for wanted in (TABLE, asked):
                assert not (await compare_with_script(server, wanted)).plan, "the server gives '' (seen in 11.8)"
            await load(server, "ALTER TABLE t ALTER a DROP DEFAULT")
            gone = await compare_with_script(server, asked)
            assert [change.code for change in gone.plan.changes] == ["SD205"]
            assert gone.proven is True

    run(work())
