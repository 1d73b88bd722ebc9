"""What a catalog is read within: settings of the session, which are put back."""

from __future__ import annotations

import asyncio

import pytest

from pytest_schemadrift.dialects.mysql.connection import MySQLConnection, reading
from pytest_schemadrift.errors import StatementFailed
from tests.harness import run


class GivenUp(MySQLConnection):
    """A connection of somebody else's, which its driver closes when it is cancelled."""

    def __init__(self) -> None:
        super().__init__(None, owned=False)
        self.closed = False

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[object, ...]]:
        return [(1,)]

    async def execute(self, sql: str) -> None:
        if self.closed:
            raise StatementFailed("Cancelled during execution (0)", sql=sql)


def test_a_time_out_stays_one_where_the_connection_was_given_up_with_it() -> None:
    async def read() -> None:
        connection = GivenUp()
        async with asyncio.timeout(0.01), reading(connection):
            try:
                await asyncio.Event().wait()
            finally:
                connection.closed = True

    with pytest.raises(TimeoutError):
        run(read())
