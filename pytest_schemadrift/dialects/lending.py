"""What somebody else's pool lends, and refuses to."""

from __future__ import annotations

from collections.abc import Callable
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
            return await self._lent.__aexit__(kind, error, trace)
        with self._saying():
            return await self._lent.__aexit__(None, None, None)
