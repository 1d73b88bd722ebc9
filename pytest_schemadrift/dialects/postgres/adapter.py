"""The adapter that puts a connection of asyncpg's, a pool or a Tortoise client behind ``Connection``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

from pytest_schemadrift.dialects.lending import Lent
from pytest_schemadrift.dialects.postgres.driver_errors import answering, reaching
from pytest_schemadrift.dialects.postgres.names import literal
from pytest_schemadrift.dialects.postgres.own_session import OwnSession, begins, is_by_itself, local
from pytest_schemadrift.errors import Busy, StatementFailed

PINNED = {
    "standard_conforming_strings": "on",
    "backslash_quote": "safe_encoding",
    "escape_string_warning": "off",
    "quote_all_identifiers": "off",
    "transform_null_equals": "off",
    "array_nulls": "on",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "xmloption": "content",
    "extra_float_digits": "1",
    "default_table_access_method": "heap",
    "check_function_bodies": "off",
}
"""What our text depends on, in every session that we open, whatever a database or a role is set to: how literals and
names are read and printed, and what a statement leaves unsaid. A function that is made again is not judged again.

``TimeZone``, ``DateStyle`` and ``IntervalStyle`` are not among them: what models and scripts say is read as the
application's own session reads it, and what we print ourselves (``dump`` pins them) means the same under any of them.
Neither is ``default_tablespace``: what is new goes where a plain CREATE puts it."""

_HOLDERS = """
    SELECT a.pid, a.usename::text, coalesce(a.state, 'of another role'),
           greatest(0, pg_catalog.round(extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)))::bigint,
           pg_catalog.string_agg(DISTINCT pg_catalog.concat(n.nspname, '.', c.relname), ', ')
      FROM pg_catalog.pg_locks l
      JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
      JOIN pg_catalog.pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE l.locktype = 'relation' AND l.granted AND l.mode = 'AccessExclusiveLock'
       AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
       AND l.pid <> pg_catalog.pg_backend_pid()
     GROUP BY a.pid, a.usename, a.state, a.xact_start
     ORDER BY 4 DESC NULLS LAST LIMIT 3
"""
"""The sessions that let nobody read some table; the age of their transactions is in seconds."""

_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SAVEPOINT = "schemadrift_reading"
LAST_MOMENT = 0.5
"""Seconds that the server has for the end of a transaction once the reading was cancelled."""

Acquire = Callable[[], AbstractAsyncContextManager[Any]]


class Fetch:
    """Runs queries on a connection of asyncpg's. Raises ``StatementFailed``."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    async def __call__(self, sql: str, *arguments: object) -> list[Any]:
        """The rows of a query."""
        return await fetch(self._raw, sql, *arguments)

    async def in_one_go(self, sql: str) -> list[list[str]]:
        """The rows of a query without parameters, as texts without tabs, line ends and backslashes.

        It is sent at once, and nothing but its answer comes back, where ``fetch`` of asyncpg asks twice.
        """
        parts: list[bytes] = []

        async def keep(part: bytes) -> None:
            parts.append(part)

        with answering(sql):
            await self._raw.copy_from_query(sql, output=keep)
        return [line.split("\t") for line in b"".join(parts).decode().splitlines()]


class PostgresConnection:
    """A connection of asyncpg's, or something that lends one; ``close`` is ``None`` for what is not ours to close.

    One of a pool that is cancelled, in a query or while the pool puts it back in order, is given up, and the pool opens
    another: the server would have to answer, and for that nobody waits who has just run out of time. Where it was not
    given up, the pool could not be closed as long as the server is silent: it waits for each connection that was lent.

    With ``own``, nothing is left in the server's session, and nothing is expected there: every statement runs in a
    transaction that begins with what ``own`` says, by itself where the caller has begun none. What is set within a
    transaction of the caller's ends with that.
    """

    dialect = "postgres"

    def __init__(
        self,
        acquire: Acquire,
        close: Callable[[], Awaitable[None]] | None = None,
        *,
        pooled: bool = False,
        own: OwnSession | None = None,
        place: str = "",
    ) -> None:
        self._place = place
        self._acquire = acquire
        self._close = close
        self._pooled = pooled
        self.own = own

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Run one query and return all of its rows. Raises ``StatementFailed``, and ``Busy`` where a table is held."""
        async with self._borrowed() as raw:
            with self._given_up_if_cancelled(raw):
                async with _naming_holders(raw), self._transaction(raw):
                    return await fetch(raw, sql, *arguments)

    async def in_one_go(self, text: Callable[[int], str]) -> list[list[str]] | None:
        """As ``Fetch.in_one_go``, of the text for the server's major version, in a transaction of its own.

        ``None`` within a transaction of the user's, and through a pooler. Raises ``StatementFailed``, ``Busy``.
        """
        async with self._borrowed() as raw:
            if raw.is_in_transaction() or self.own is not None:
                return None
            async with _naming_holders(raw):
                with self._given_up_if_cancelled(raw):
                    return await Fetch(raw).in_one_go(text(raw.get_server_version().major))

    async def execute(self, sql: str) -> None:
        """Run one statement without parameters. Raises ``StatementFailed`` with the server's answer."""
        async with self._borrowed() as raw:
            with self._given_up_if_cancelled(raw):
                if self.own is None or is_by_itself(sql):
                    await execute(raw, sql)
                elif begins(sql):
                    await self._begin(raw, self.own, sql)
                else:
                    async with self._transaction(raw) as is_ours:
                        await execute(raw, self.own.within(sql))
                    if is_ours and (setting := local(sql)):
                        self.own.state.append(setting)

    async def set(self, name: str, value: str) -> None:
        """Give a setting of the session a value. Raises ``StatementFailed``."""
        set_config = f"SELECT pg_catalog.set_config({literal(name)}, {literal(value)}, {{is_local}})"
        await self.fetch(set_config.format(is_local=str(self.own is not None).lower()))
        if self.own is not None:
            self.own.state.append(set_config.format(is_local="true"))

    async def _begin(self, raw: Any, own: OwnSession, statement: str = "BEGIN") -> None:
        await execute(raw, own.begin(statement))
        if own.at_begin is not None:
            await own.at_begin()

    @asynccontextmanager
    async def _transaction(self, raw: Any) -> AsyncIterator[bool]:
        """One of ours for the block, and whether it is, where the session is our own and no other one has begun."""
        if self.own is None or raw.is_in_transaction():
            yield False
            return
        in_time = None
        try:
            await self._begin(raw, self.own)
            yield True
            await execute(raw, self.own.within("COMMIT"))
        except BaseException as error:
            in_time = LAST_MOMENT if isinstance(error, asyncio.CancelledError) else None
            with contextlib.suppress(Exception):
                await _ended(raw, ["ROLLBACK"], in_time)
            raise

    @asynccontextmanager
    async def reading(self, settings: Mapping[str, str]) -> AsyncIterator[Fetch]:
        """What fetches in one read-only snapshot with ``settings``; nothing of it outlives the block.

        Within a transaction of the user's it is a savepoint of that. Raises ``Busy`` where a table is held too long.
        """
        async with self._borrowed() as raw, _naming_holders(raw):
            begin, end = self.own.begin(_BEGIN_READING) if self.own else _BEGIN_READING, ["ROLLBACK"]
            if raw.is_in_transaction():
                begin, end = f"SAVEPOINT {_SAVEPOINT}", [f"ROLLBACK TO {_SAVEPOINT}", f"RELEASE {_SAVEPOINT}"]
            settings = {**PINNED, "transaction_read_only": "on", **settings}
            begin += f"; {pinning(settings, is_local=True)}"  # one round trip
            in_time = None
            try:
                with self._given_up_if_cancelled(raw):
                    with answering(begin):
                        await raw.execute(begin)
                    yield Fetch(raw)
            except asyncio.CancelledError:
                in_time = LAST_MOMENT
                raise
            finally:
                with self._given_up_if_cancelled(raw), contextlib.suppress(Exception):
                    await _ended(raw, end, in_time)

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[Any]:
        """A connection for the block, and as long as the pool puts it back in order. Raises ``ConnectionFailed``."""
        raw = None
        try:
            async with Lent(self._acquire(), partial(reaching, self._place)) as raw:
                yield raw
        except asyncio.CancelledError:
            self._give_up(raw)
            raise

    @contextlib.contextmanager
    def _given_up_if_cancelled(self, raw: Any) -> Iterator[None]:
        try:
            yield
        except asyncio.CancelledError:
            self._give_up(raw)
            raise

    def _give_up(self, raw: Any) -> None:
        if self._pooled and raw is not None:
            with contextlib.suppress(Exception):  # it is the pool's again already
                raw.terminate()

    async def close(self) -> None:
        """Close it if it is ours; never raises."""
        if self._close is not None:
            with contextlib.suppress(Exception):
                await self._close()


async def execute(raw: Any, sql: str) -> str:
    """Send a text at once; the status of its last statement. Raises ``StatementFailed``."""
    # asyncpg has no answer to a statement of nothing but comments: it looks for a status that never comes.
    with answering(sql), contextlib.suppress(AttributeError):
        return str(await raw.execute(sql))
    return ""


async def _ended(raw: Any, statements: list[str], in_time: float | None) -> None:
    """Run what ends a transaction; where a server does not answer that in time, the connection is given up."""
    try:
        async with asyncio.timeout(in_time):
            for sql in statements:
                await raw.execute(sql)
    except TimeoutError:
        raw.terminate()


def pinning(settings: Mapping[str, str], *, is_local: bool) -> str:
    """The statement that gives settings their values, those that this version does not know left out."""
    return (
        f"SELECT pg_catalog.set_config(n.name, n.value, {str(is_local).lower()}) "
        f"FROM (VALUES {values(settings)}) AS n (name, value) "
        "WHERE pg_catalog.current_setting(n.name, true) IS NOT NULL"
    )


def values(settings: Mapping[str, str]) -> str:
    """Names and values as rows of ``VALUES``."""
    return ", ".join(f"({literal(name)}, {literal(value)})" for name, value in settings.items())


async def fetch(raw: Any, sql: str, *arguments: object) -> list[Any]:
    """The rows of a query. Raises ``StatementFailed``."""
    with answering(sql):
        return list(await raw.fetch(sql, *arguments))


@asynccontextmanager
async def _naming_holders(raw: Any) -> AsyncIterator[None]:
    """Say of a lock that was waited for in vain who holds it; within a transaction the server would not answer."""
    try:
        yield
    except StatementFailed as error:
        if error.condition != "lock_not_available":
            raise
        try:
            rows = await fetch(raw, _HOLDERS)
        except StatementFailed:
            raise error from None
        if not rows:
            raise
        holders = [
            f"session {pid} of {user}, {state}, its transaction {age} s old, holds {tables} (ACCESS EXCLUSIVE)"
            for pid, user, state, age, tables in rows
        ]
        raise Busy(
            f"cannot be read while another session locks it: {'; '.join(dict.fromkeys(row[4] for row in rows))}",
            where="; ".join(holders),
            hint="wait until that session is done, or end it; --timeout waits longer (of apply, plan: --lock-timeout)",
        ) from None
