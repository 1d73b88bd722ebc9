"""M20: models name a character set; which collation that means is another on other servers, and was another before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import run_plan
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import dump, open_server
from tests.dialects.mysql.database import BOTH
from tests.harness import compare_with_script, load, run

AS_TORTOISE = """
    CREATE TABLE author (id int PRIMARY KEY, name varchar(50) NOT NULL UNIQUE, kind enum('a', 'b'),
                         note longtext{more}) CHARACTER SET {charset};
    CREATE TABLE book (id varchar(36) PRIMARY KEY, author varchar(50), data json,
                       CONSTRAINT f FOREIGN KEY (author) REFERENCES author (name)) CHARACTER SET {charset};
"""


@pytest.mark.parametrize(
    ("charset", "of_database"), [("utf8mb4", ""), ("utf8mb3", ""), ("utf8mb4", "utf8mb4_general_ci")]
)
@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.tried("tables whose collation was the default before the server was upgraded")
def test_a_table_keeps_the_collation_that_was_the_default(
    dialect: str, charset: str, of_database: str, fresh_database: Callable[[str], str]
) -> None:
    async def check() -> None:
        url = fresh_database(dialect)
        if of_database:  # a table that has it names none, and one of the models does
            async with open_server(url) as server:
                await load(server, f"ALTER DATABASE COLLATE {of_database}")
        wanted = AS_TORTOISE.format(charset=charset, more="")
        more = AS_TORTOISE.format(charset=charset, more=", more varchar(20) NOT NULL DEFAULT 'x'")
        before = f"{charset} COLLATE {charset}_general_ci"
        async with open_server(url) as server:
            assert not of_database or server.info.collation == of_database
            await load(server, wanted.replace(f"SET {charset}", f"SET {before}"))
            found = await compare_with_script(server, wanted, Policy())
            assert found.plan.sql() == []
            added = await compare_with_script(server, more, Policy())
            assert added.proven
            assert [type(change).__name__ for change in added.plan.changes] == ["AddColumn"]
            await run_plan(server.connection, server.dialect, server.info, added.plan)
            assert not (await compare_with_script(server, more, Policy())).plan
            tables = {table.name: table for table in (await dump(server)).tables}
            collations = {column.name: column.collation for column in tables[Name("", "author")].columns}
            assert collations["more"] == collations["name"]  # the server's other default would not compare with it
            whole = await compare_with_script(server, more, Policy(whole=True))
            default = dict(server.info.collations)[charset]
            assert bool(whole.plan) == (default != f"{charset}_general_ci")

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE author CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "ALTER TABLE author CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
        "ALTER TABLE author MODIFY note longtext COLLATE utf8mb4_general_ci",
        "ALTER TABLE author DEFAULT COLLATE utf8mb4_general_ci",
        "ALTER TABLE author CONVERT TO CHARACTER SET latin1",
    ],
)
def test_one_that_was_chosen_is_drift(dialect: str, change: str, fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        wanted = AS_TORTOISE.format(charset="utf8mb4", more="").partition(";")[0]
        async with open_server(fresh_database(dialect)) as server:
            await load(server, wanted)
            await load(server, change)
            found = await compare_with_script(server, wanted, Policy())
            assert found.plan
            assert found.proven
            await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert not (await compare_with_script(server, wanted, Policy(whole=True))).plan

    run(check())
