"""A session that is ours alone, over connections of a pooler that lends another one to each transaction.

PgBouncer in transaction mode, and others like it, give a client some session of the server when its transaction begins
and take it back when that ends. What a session keeps (settings, locks) would stay with whoever is lent it next, and is
not there in one's own next transaction. So nothing is kept there: each transaction begins with what the session should
be like, in forms that end with the transaction (``SET LOCAL``, locks of the transaction).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

AtBegin = Callable[[], Awaitable[None]]

_SET = re.compile(r"\s*SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b|SESSION\s+CHARACTERISTICS\b)", re.IGNORECASE)
_OF_THE_SESSION = re.compile(r"SESSION\s+(?!AUTHORIZATION\b)", re.IGNORECASE)
_BEGINS = re.compile(r"\s*BEGIN\b", re.IGNORECASE)
_COMMITS = re.compile(r"\s*(COMMIT|END)\s*;?\s*$", re.IGNORECASE)
_BY_ITSELF = re.compile(r"\s*(CREATE|DROP)\s+DATABASE\b", re.IGNORECASE)
_NOTED = re.compile(r"\bschemadrift\.(?:counter|text_\d+)\b")
"""What the statements of a plan note in settings of their own, for a later one (``write/``)."""


def is_by_itself(sql: str) -> bool:
    """Whether a statement needs nothing of the session, and may be in no transaction."""
    return _BY_ITSELF.match(sql) is not None


def begins(sql: str) -> bool:
    """Whether a statement begins a transaction."""
    return _BEGINS.match(sql) is not None


def local(sql: str) -> str | None:
    """A statement that sets something for the session, as one that does for the transaction; ``None`` for others."""
    found = _SET.match(sql)
    if found is None:
        return None
    rest = sql[found.end() :]
    return f"SET LOCAL {_OF_THE_SESSION.sub('', rest, count=1) if _OF_THE_SESSION.match(rest) else rest}"


class OwnSession:
    """What each transaction begins with: ``state`` are statements, ``at_begin`` is called after them."""

    def __init__(self, state: list[str], at_begin: AtBegin | None = None) -> None:
        self.state = state
        self.at_begin = at_begin
        self._noted: set[str] = set()

    def begin(self, statement: str = "BEGIN") -> str:
        """The statements that begin a transaction in which the session is as it should be."""
        self._noted.clear()
        return "; ".join([statement.rstrip().rstrip(";"), *self.state])

    def within(self, sql: str) -> str:
        """A statement as it is sent within a transaction: nothing that it sets outlives that."""
        self._noted.update(_NOTED.findall(sql))
        if self._noted and _COMMITS.match(sql):
            names = ", ".join(f"('{name}')" for name in sorted(self._noted))
            forget = "SELECT pg_catalog.set_config(n.name, '', false)"
            return f"{forget} FROM (VALUES {names}) AS n (name); {sql}"
        return local(sql) or sql

    @asynccontextmanager
    async def holding(self, take: AtBegin) -> AsyncIterator[None]:
        """Have each transaction within the block begin with ``take``, too."""
        self.at_begin = take
        try:
            yield
        finally:
            self.at_begin = None
