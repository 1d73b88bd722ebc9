"""What a catalog is read within: settings of the session, which are put back."""

from __future__ import annotations

import asyncio

import pytest

from pytest_schemadrift.dialects.mysql.connection import MySQLConnection, reading
from tests.harness import run


class Silent(MySQLConnection):
    """A connection of somebody else's whose server says nothing any more once it is read."""

    def __init__(self) -> None:
        super().__init__(self, owned=False)
        self.is_silent = self.is_closed = False

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[object, ...]]:
        return [(1,)]

    async def execute(self, sql: str) -> None:
        if self.is_silent:
            await asyncio.Event().wait()

    def give_up(self) -> None:
        self.is_closed = True


def test_a_time_out_waits_for_no_answer_to_the_settings_that_are_put_back() -> None:
    connection = Silent()

    async def read() -> None:
        async with asyncio.timeout(0.01), reading(connection):
            connection.is_silent = True
            await asyncio.Event().wait()

    async def bounded() -> None:
        task = asyncio.create_task(read())
        await asyncio.wait([task], timeout=30)
        assert task.done()
        await task

    with pytest.raises(TimeoutError):
        run(bounded())
    assert connection.is_closed
