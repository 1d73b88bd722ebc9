"""What somebody else's pool lends, and refuses to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import TracebackType
from typing import Any


class Lent(AbstractAsyncContextManager[Any]):
    """A connection for a block, whose opening and return are said of the server as of a connection of ours.

    ``saying`` turns the driver's errors into ours; those of the block itself are no matter of it.
    """

    def __init__(
        self, lent: AbstractAsyncContextManager[Any], saying: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._lent, self._saying = lent, saying

    async def __aenter__(self) -> Any:
        """The driver's connection. Raises ``ConnectionFailed``."""
        with self._saying():
            return await self._lent.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Give it back. Raises ``ConnectionFailed``."""
        if error is not None:
            return await _finished(self._lent.__aexit__(kind, error, trace))
        with self._saying():
            return await _finished(self._lent.__aexit__(None, None, None))


async def _finished(work: Coroutine[Any, Any, bool | None]) -> bool | None:
    """The result of the work, which goes on by itself where whoever waits for it is cancelled.

    A pool puts a session back in order in a task of its own, which fails where the session is given up meanwhile:
    asyncio prints the error of a task that nobody has asked how it ended.
    """
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda task: task.cancelled() or task.exception())
    await asyncio.wait([task])
    return task.result()
