"""What compares is imported while a server answers: a start of an application waits for both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module

COMPARING = tuple(
    f"pytest_schemadrift.{name}"
    for name in (
        *("schema.model", "schema.changes", "dialects.enclosure", "sources.scratch", "commands.project"),
        *("planning.plan", "planning.drift", "planning.normalize", "planning.resolve", "planning.order"),
        *("planning.build", "planning.safe_mode", "verify.suspicion", "verify.verdict", "commands.check"),
        "commands.comparison",
    )
)
"""From the bottom up, so that none takes long: the loop waits for each."""


@asynccontextmanager
async def importing() -> AsyncIterator[Callable[[], None]]:
    """What begins to import them, one by one as long as the block waits for the server."""
    tasks: list[asyncio.Task[None]] = []

    async def modules() -> None:
        for name in COMPARING:
            import_module(name)
            await asyncio.sleep(0)  # what the server has answered meanwhile is taken, and the next question asked

    try:
        yield lambda: tasks.append(asyncio.create_task(modules()))
    finally:
        for task in tasks:
            task.cancel()
        # A module that cannot be imported says so where it is needed.
        await asyncio.gather(*tasks, return_exceptions=True)
