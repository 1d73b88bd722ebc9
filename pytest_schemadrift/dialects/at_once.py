"""What one question to a database answers: the server's facts, and digests of all that a schema is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeAlias


class Answer(NamedTuple):
    """Equal answers mean equal facts (``ServerInfo``) and the same digest of all catalog rows.

    ``Dialect.told_at_once`` makes those of it.
    """

    facts: list[Any]
    digests: list[list[str]]


AskAtOnce: TypeAlias = Callable[[object, Callable[[], object]], Awaitable[Answer | None]]
"""(Tortoise's client, what to do while the server works) -> its answer; ``None`` where one question cannot tell."""
