"""What one question to a database answers: the server's facts, and digests of all that a schema is made of."""

from __future__ import annotations

import asyncio
import contextlib
import marshal
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")


class Answer(NamedTuple):
    """Equal answers mean equal facts (``ServerInfo``) and the same digest of all catalog rows.

    ``Dialect.told_at_once`` makes those of it.
    """

    facts: list[Any]
    digests: list[list[str]]


AskAtOnce: TypeAlias = Callable[[object, Callable[[], object]], Awaitable[Answer | None]]
"""(Tortoise's client, what to do while the server works) -> its answer; ``None`` where one question cannot tell."""


async def answered(answer: Awaitable[T], meanwhile: Callable[[], object]) -> T:
    """An answer, with what the caller does while the server needs longer than that."""
    asked = asyncio.ensure_future(answer)
    try:
        await asyncio.sleep(0)  # it is on its way to the server
        meanwhile()
        return await asked
    except BaseException:
        asked.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await asked
        raise


def digest_of(rows: Mapping[str, Sequence[Iterable[object]]]) -> str:
    """A digest of every value of every row, in their order, by what they answer.

    ``marshal`` only writes here: its bytes are hashed and thrown away, nothing ever reads them. In its version 0 equal
    values are equal bytes, whichever objects they are.
    """
    found = sha256()
    for name, answer in rows.items():
        plain = [tuple(row) for row in answer]
        found.update(f"{name} {len(plain)} ".encode())
        try:
            found.update(marshal.dumps(plain, 0))
        except ValueError:  # of a class of the driver's own
            found.update(repr(plain).encode("utf-8", "surrogatepass"))
    return found.hexdigest()
