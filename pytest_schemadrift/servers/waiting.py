"""Waiting for a server to answer: a real connection is tried until one succeeds, never a fixed sleep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers.base import run_apart
from pytest_schemadrift.servers.supervise import Hold, log_tail

PATIENCE = 60.0
"""Seconds to wait for a cold server on a busy machine."""


def wait_until_it_answers(ask: Callable[[], Awaitable[str]], hold: Hold, what: str) -> str:
    """Return what the server answers to ``ask``.

    Raises ``ServerUnavailable`` with the server's last words if it ends or hangs.
    """

    async def attempt() -> str:
        deadline = time.monotonic() + PATIENCE
        pause = 0.002
        while True:
            try:
                return await ask()
            except Exception as error:  # whatever a driver raises while its server starts
                ended = (hold.folder / "ended").exists()
                if ended or time.monotonic() > deadline:
                    reason = log_tail(hold.folder) or str(error)
                    state = "ended at once" if ended else f"did not answer within {PATIENCE:g} s"
                    raise ServerUnavailable(f"{what} {state}: {reason}", hint="see its message") from None
            await asyncio.sleep(pause)
            pause = min(pause * 1.2, 0.025)

    try:
        return run_apart(attempt)
    except BaseException:
        hold.release()
        raise
