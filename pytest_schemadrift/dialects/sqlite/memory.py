"""A throw-away database in memory, in pieces as long as tables are only made there.

For each CREATE, SQLite looks through all of ``sqlite_master`` for what it just wrote (``OP_ParseSchema``, build.c), so
that a thousand tables with their indexes cost a million looks. Tables that are only made have nothing to do with each
other but their names: they are made in one piece after the other, each of few tables. Whatever else is asked, and a
name that is there twice, first puts all of it into one database, by the same statements in the same order.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

from pytest_schemadrift.dialects.sqlite.catalog.queries import query
from pytest_schemadrift.dialects.sqlite.connection import PINNED, SqliteConnection, failed
from pytest_schemadrift.dialects.sqlite.names import fold, unquote

TABLES = 50
"""How many tables a piece has."""
_BETWEEN_PAUSES = 0.02
"""Seconds for which one after the other runs, without a look at what else is to be done."""
_NAME = r'("(?:[^"]|"")+")'
_TABLE = re.compile(rf"\s*CREATE\s+TABLE\s+{_NAME}\s*\(", re.IGNORECASE)
_INDEX = re.compile(rf"\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+{_NAME}\s+ON\s+{_NAME}\s*\(", re.IGNORECASE)
_OF_EACH = re.compile(r"PRAGMA \w+ = [\w'-]+|BEGIN(?: IMMEDIATE)?|COMMIT")
"""Statements that mean the same in each piece, a later one too."""
_CATALOG = {"objects": 1, "kinds": 0, "columns": 0, "indexes": 0, "foreign_keys": 0}
"""The queries whose rows are of one table or index each, and where its name is."""


async def open_memory(pragmas: Sequence[str]) -> MemoryConnection:
    """An empty database in memory, with the settings of a file that is opened, and these ``PRAGMA`` statements."""
    connection = MemoryConnection()
    try:
        for pragma in (*PINNED, *pragmas):
            await connection.execute(pragma)
    except BaseException:
        await connection.close()
        raise
    return connection


class MemoryConnection(SqliteConnection):
    """A database in memory. Its statements run where they are called: the way to a thread and back takes ten times as
    long as most of them.
    """

    def __init__(self) -> None:
        super().__init__(None, owned=True)
        self._limits: dict[int, int] = {}
        self._pieces = [self._opened()]
        self._in_pieces = True
        self._homes: dict[str, sqlite3.Connection] = {}
        """The piece of each table and index, by folded name."""
        self._tables = 0
        self._of_each: list[str] = []
        self._done: list[str] = []
        self._paused = time.monotonic()

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Run one query and return all of its rows. Raises ``StatementFailed``."""
        await self._pause()
        try:
            if self._in_pieces and not arguments:
                found = self._in_its_piece(sql)
                if found is not None:
                    return found
            if self._in_pieces:
                await self._gather()
            return self._pieces[0].execute(sql, arguments).fetchall()
        except sqlite3.Error as error:
            raise failed(error, sql) from None

    async def limit(self, category: int, value: int) -> None:
        """Set one of SQLite's limits for this connection (``sqlite3_limit``)."""
        self._limits[category] = value
        for piece in self._pieces:
            piece.setlimit(category, value)

    async def close(self) -> None:
        """Close it; never raises."""
        for piece in self._pieces:
            piece.close()

    async def _pause(self) -> None:
        """Let others have their turn, an interruption too."""
        if time.monotonic() - self._paused > _BETWEEN_PAUSES:
            await asyncio.sleep(0)
            self._paused = time.monotonic()

    def _in_its_piece(self, sql: str) -> list[tuple[Any, ...]] | None:
        """The answer of the piece, or of the pieces, that can give it; ``None`` where one database has to."""
        if found := _INDEX.match(sql):
            return self._make(sql, unquote(found[1]), self._homes.get(fold(unquote(found[2]))))
        if found := _TABLE.match(sql):
            if self._tables and self._tables % TABLES == 0 and fold(unquote(found[1])) not in self._homes:
                self._pieces.append(self._opened(self._of_each))
            answer = self._make(sql, unquote(found[1]), self._pieces[-1])
            self._tables += answer is not None
            return answer
        if _OF_EACH.fullmatch(sql):
            for piece in self._pieces:
                piece.execute(sql)
            self._of_each.append(sql)
            self._done.append(sql)
            return []
        if sql == query("facts"):
            return self._pieces[0].execute(sql).fetchall()
        place = next((place for name, place in _CATALOG.items() if sql == query(name)), None)
        return None if place is None else self._of_all(sql, place)

    def _make(self, sql: str, name: str, piece: sqlite3.Connection | None) -> list[tuple[Any, ...]] | None:
        """Make a table or index; ``None`` where its name is taken, or where nobody knows where it belongs."""
        key = fold(name)
        if piece is None or key in self._homes:
            return None
        answer = piece.execute(sql).fetchall()
        self._homes[key] = piece
        self._done.append(sql)
        return answer

    def _of_all(self, sql: str, place: int) -> list[tuple[Any, ...]]:
        """The rows of all pieces; each has tables of SQLite's own, which one database has once."""
        found, seen = [], set()
        for piece in self._pieces:
            for row in piece.execute(sql):
                if row[place].startswith("sqlite_"):
                    if row in seen:
                        continue
                    seen.add(row)
                found.append(row)
        return found

    async def _gather(self) -> None:
        """From now on all of it is in one database."""
        self._in_pieces = False
        if len(self._pieces) > 1:
            pieces, self._pieces = self._pieces, [self._opened()]
            for piece in pieces:
                piece.close()
            for sql in self._done:
                await self._pause()
                self._pieces[0].execute(sql)
        self._homes.clear()
        self._done.clear()

    def _opened(self, statements: list[str] | None = None) -> sqlite3.Connection:
        piece = sqlite3.connect(":memory:", isolation_level=None)
        for category, value in self._limits.items():
            piece.setlimit(category, value)
        for sql in statements or ():
            piece.execute(sql)
        return piece
