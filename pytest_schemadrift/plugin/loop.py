"""One event loop in one thread of its own: synchronous tests and fixtures run coroutines without touching theirs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from pytest_schemadrift.core.ended import without_exit

T = TypeVar("T")
PATIENCE = 2.0
"""Seconds that a loop may take to end."""


class LoopThread:
    """A loop that starts with the first call of ``run`` and ends with ``close``."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Return what the coroutine returns, or raise what it raises; may be called inside of a running loop.

        A call of ``sys.exit`` in it is a ``ConfigurationError``: it would end the loop, for which all others wait.
        """
        future = asyncio.run_coroutine_threadsafe(without_exit(coroutine), self._started())
        try:
            return future.result()
        except BaseException:  # Ctrl-C of the waiting thread ends the coroutine too
            future.cancel()
            raise

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="schemadrift-loop", daemon=True)
            self._thread.start()
        return self._loop

    def close(self) -> None:
        """Stop the loop and wait for its end; one that is stuck (in a blocking call of the project's) is left alone."""
        loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        ending = asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop)
        try:
            ending.result(PATIENCE)
        except TimeoutError:
            return  # after Ctrl-C, as a rule; the thread is a daemon and ends with the process
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()
