"""A check that MariaDB keeps with its column is never taken over rows that break it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.applying.executor import run_plan
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

OLD = "CREATE TABLE item (id int PRIMARY KEY, amount int CHECK (amount > -100)); INSERT INTO item VALUES (1, {amount})"


@pytest.mark.mariadb
@pytest.mark.tried("a check of a column over rows that break it")
@pytest.mark.parametrize("breaks", [True, False])
@pytest.mark.parametrize(
    ("columns", "amount"),
    [
        ("amount int CHECK (amount > 0)", -5),
        ("amount int DEFAULT 7 CHECK (amount > 0)", -5),
        ("amount int CHECK (amount > -100), price int DEFAULT {price} CHECK (price > 0)", 1),
    ],
)
def test_a_check_of_a_column(columns: str, amount: int, breaks: bool, fresh_database: Callable[[str], str]) -> None:
    """Where no row breaks it, the plan is run; where one does, it is refused, and the row can still be changed."""
    wanted = f"CREATE TABLE item (id int PRIMARY KEY, {columns.format(price=0 if breaks else 1)})"

    async def work() -> None:
        async with open_server(fresh_database("mariadb")) as server:
            await load(server, OLD.format(amount=amount if breaks else 5))
            found = await compare_with_script(server, wanted)
            outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert outcome.ok is not breaks
            assert not breaks or "(4025)" in str(outcome.error)
            await server.connection.execute("UPDATE item SET id = 2")
            assert len((await compare_with_script(server, wanted)).plan.steps) == breaks

    run(work())
