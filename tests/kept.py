"""A server whose databases are made and dropped over one connection for a run: to connect takes longer than either."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from pytest_schemadrift.servers import Server
from pytest_schemadrift.servers.base import connect_mysql, connect_postgres

T = TypeVar("T")


class _Maintenance:
    """A connection in an event loop of its own thread, for tests call from within a running loop too."""

    def __init__(self, dialect: str, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = ThreadPoolExecutor(1)
        self._connection = self._awaited(connect_postgres(url) if dialect == "postgres" else connect_mysql(url))

    def execute(self, sql: str) -> None:
        self._awaited(self._connection.execute(sql))

    def close(self) -> None:
        self._awaited(self._connection.close())
        self._thread.shutdown()
        self._loop.close()

    def _awaited(self, work: Coroutine[Any, Any, T]) -> T:
        return self._thread.submit(self._loop.run_until_complete, work).result()


class KeptServer(Server):
    """The same server, whose statements go over the connection that this process keeps."""

    def execute(self, sql: str) -> None:
        _maintenance(self.dialect, self.url).execute(sql)


@cache
def _maintenance(dialect: str, url: str) -> _Maintenance:
    kept = _Maintenance(dialect, url)
    _opened.append(kept)
    return kept


_opened: list[_Maintenance] = []


def close_all() -> None:
    """Close what is kept; the next statement opens another one."""
    while _opened:
        _opened.pop().close()
    _maintenance.cache_clear()
