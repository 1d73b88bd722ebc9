"""The project's code that ends the process: its exit code would pass for a verdict, with nothing said."""

from __future__ import annotations

import os
import traceback
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

from pytest_schemadrift.errors import ConfigurationError

T = TypeVar("T")


async def without_exit(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns. Raises ``ConfigurationError`` where something in it calls ``sys.exit``."""
    try:
        return await coroutine
    except SystemExit as error:
        raise was_ended(error) from error


@contextmanager
def staying() -> Iterator[None]:
    """Import code of the project's: where it calls ``os._exit``, this raises ``SystemExit`` as ``sys.exit`` does.

    A process that the module forks may end as it likes.
    """
    leave, ourselves = os._exit, os.getpid()

    def stay(status: int) -> NoReturn:
        if os.getpid() != ourselves:
            leave(status)
        raise SystemExit(status)

    os._exit = stay
    try:
        yield
    finally:
        os._exit = leave


def was_ended(error: SystemExit) -> ConfigurationError:
    """What to say of it, with the place of the call."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return ConfigurationError(
        f"the project's own code ended the process: {ended_words(error)}",
        where=f"{last.filename}:{last.lineno}",
        hint="raise an error instead: nothing can be reported once the process has ended",
    )


def ended_words(error: SystemExit) -> str:
    """The call as it could have been written."""
    return f"sys.exit({'' if error.code is None else repr(error.code)})"
