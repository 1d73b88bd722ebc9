"""PostgreSQL behind ``Connection``: through asyncpg, its pools, or a Tortoise client of the user's."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.dialects.flavors import unreadable_flavor
from pytest_schemadrift.dialects.lending import Lent
from pytest_schemadrift.dialects.postgres.driver_errors import answering, driver, reaching
from pytest_schemadrift.dialects.postgres.names import literal, words
from pytest_schemadrift.dialects.postgres.own_session import OwnSession, begins, is_by_itself, local
from pytest_schemadrift.errors import (
    SPELL_URL,
    Busy,
    ConfigurationError,
    StatementFailed,
)

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.base import Connection

_OF_THE_POOL = words(
    """
    minsize maxsize min_size max_size max_queries max_inactive_connection_lifetime loop connection_class
    connection_name fetch_inserted setup init reset
    """
)
"""Keys of Tortoise's credentials that are about its pool and mean nothing to a single connection."""

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
names are read and printed, and what a statement leaves unsaid. A function that is made again is not judged anew.

``TimeZone``, ``DateStyle`` and ``IntervalStyle`` are not among them: what models and scripts say is read as the
application's own session reads it, and what we print ourselves (``dump`` pins them) means the same under any of them.
Neither is ``default_tablespace``: what is new goes where a plain CREATE puts it."""

_PERMANENT_FIRST = r"""
    SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('search_path') || ', pg_temp', {is_local})
     WHERE pg_catalog.current_schema() IS NOT NULL AND pg_catalog.current_setting('search_path') !~ '\mpg_temp'
"""
"""The search path with temporary tables last: a session that a pooler lends may have some in front of the real ones.

Not where no schema of the path exists: ``pg_temp`` would then be the one in which a plain CREATE puts things.
"""

_BOUNDED = r"""
    SELECT pg_catalog.set_config('lock_timeout', '{milliseconds}', {is_local})
     WHERE pg_catalog.current_setting('lock_timeout') = '0'
"""
"""A limit for waiting, where the role has none: to print an expression the server locks its table (``pg_get_expr``),
and whoever holds it with ACCESS EXCLUSIVE may do so for hours."""

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
        return await _fetch(self._raw, sql, *arguments)

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
                    return await _fetch(raw, sql, *arguments)

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
                    await _execute(raw, sql)
                elif begins(sql):
                    await self._begin(raw, self.own, sql)
                else:
                    async with self._transaction(raw) as is_ours:
                        await _execute(raw, self.own.within(sql))
                    if is_ours and (setting := local(sql)):
                        self.own.state.append(setting)

    async def set(self, name: str, value: str) -> None:
        """Give a setting of the session a value. Raises ``StatementFailed``."""
        set_config = f"SELECT pg_catalog.set_config({literal(name)}, {literal(value)}, {{is_local}})"
        await self.fetch(set_config.format(is_local=str(self.own is not None).lower()))
        if self.own is not None:
            self.own.state.append(set_config.format(is_local="true"))

    async def _begin(self, raw: Any, own: OwnSession, statement: str = "BEGIN") -> None:
        await _execute(raw, own.begin(statement))
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
            await _execute(raw, self.own.within("COMMIT"))
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
            begin += f"; {_pinning(settings, is_local=True)}"  # one round trip
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


async def _execute(raw: Any, sql: str) -> str:
    """Send a text at once; the status of its last statement."""
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


def _pinning(settings: Mapping[str, str], *, is_local: bool) -> str:
    """The statement that gives settings their values, those that this version does not know left out."""
    return (
        f"SELECT pg_catalog.set_config(n.name, n.value, {str(is_local).lower()}) "
        f"FROM (VALUES {values(settings)}) AS n (name, value) "
        "WHERE pg_catalog.current_setting(n.name, true) IS NOT NULL"
    )


def values(settings: Mapping[str, str]) -> str:
    """Names and values as rows of ``VALUES``."""
    return ", ".join(f"({literal(name)}, {literal(value)})" for name, value in settings.items())


async def _fetch(raw: Any, sql: str, *arguments: object) -> list[Any]:
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
            rows = await _fetch(raw, _HOLDERS)
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


async def connect(url: str, timeout: float) -> Connection:  # noqa: ASYNC109
    """Connect to a Tortoise URL, read as Tortoise reads it; ``timeout`` is in seconds.

    Raises ``ConnectionFailed``, ``DriverMissing``, ``ConfigurationError``.
    """
    from tortoise.backends.base.config_generator import expand_db_url
    from tortoise.exceptions import ConfigurationError as TortoiseError

    _, separator, rest = url.partition("://")
    try:
        expanded = expand_db_url(f"asyncpg{separator}{rest}")
    except (TortoiseError, ValueError) as error:
        raise ConfigurationError(f"cannot read the database URL: {error}", where=url, hint=SPELL_URL) from None
    return await connect_credentials(expanded["credentials"], timeout)


async def connect_credentials(credentials: Mapping[str, Any], timeout: float) -> Connection:  # noqa: ASYNC109
    """Connect with the ``credentials`` of a Tortoise connection, which mean what they mean to ``AsyncpgDBClient``.

    ``schema`` is the search path, ``host`` may be the folder of a unix socket, ``ssl`` and ``server_settings`` go
    to the driver. Raises ``ConnectionFailed``, ``DriverMissing``, ``ConfigurationError``.
    """
    driver()  # or say that it is missing
    arguments = driver_arguments(credentials)
    place = _place(arguments)
    try:
        with reaching(place, timeout):
            async with asyncio.timeout(timeout):
                raw = await _let_in({"timeout": timeout, **_NOTHING_PREPARED, **arguments}, place)
                try:
                    own = await _prepared(raw, arguments.get("server_settings", {}), timeout)
                except BaseException:
                    raw.terminate()
                    raise
    except TypeError as error:
        raise ConfigurationError(
            f"asyncpg refuses the credentials: {error}", where=place, hint="correct them: Tortoise fails with them too"
        ) from None
    return _owned(raw, own, place)


def _place(arguments: Mapping[str, Any]) -> str:
    return f"{arguments.get('host') or 'localhost'}:{arguments.get('port')}/{arguments.get('database') or ''}"


_ENDED_AT: dict[str, float] = {}
"""When a connection of ours to a place was closed last; a server notices that somewhat later."""
_STILL_COUNTED = 2.0
"""Seconds for which a server with room for one connection may count the one that was closed."""


async def _let_in(arguments: dict[str, Any], place: str) -> Any:
    """A connection of the driver's; asked for again as long as the server may count our last one (seen with PGlite)."""
    asyncpg = driver()
    while True:
        try:
            return await _connected(arguments)
        except (asyncpg.TooManyConnectionsError, asyncpg.ConnectionDoesNotExistError):
            if time.monotonic() - _ENDED_AT.get(place, -math.inf) > _STILL_COUNTED:
                raise
        await asyncio.sleep(0.1)


async def _connected(arguments: dict[str, Any]) -> Any:
    """A connection of the driver's; without settings where a pooler refuses those: ``_prepared`` sees to them."""
    asyncpg = driver()
    try:
        return await asyncpg.connect(**arguments)
    except asyncpg.ProtocolViolationError as error:
        refused = _REFUSED.fullmatch(str(error))
        if refused is None or refused[1] not in arguments.get("server_settings", {}) or refused[1] == "options":
            raise
        return await asyncpg.connect(**{**arguments, "server_settings": {}})


_REFUSED = re.compile(r"unsupported startup parameter(?: in options)?: (\S+)")
"""What PgBouncer says of a setting that it cannot see to in each session that it lends."""


async def _prepared(raw: Any, settings: Mapping[str, str], patience: float) -> OwnSession | None:
    """Give the session what ours have; or, where a pooler is on the way, what each transaction is to begin with.

    It waits ``patience`` seconds for a lock, unless it was told otherwise.

    A pooler tells its clients a process number of its own: that of the session which it lends is another one. Then
    nothing was set, and the ``settings`` that it was to begin with may be missing, too. Raises ``Unsupported`` for a
    server that knows none of this and says by its version what it is (seen with H2).
    """
    at_home = f"pg_catalog.pg_backend_pid() = {raw.get_server_pid()}"
    bounded = partial(_BOUNDED.format, milliseconds=max(1, round(patience * 1000)))
    parts = (_PERMANENT_FIRST.format(is_local="false"), bounded(is_local="false"), _pinning(PINNED, is_local=False))
    sql = "; ".join(f"{part} AND {at_home}" for part in parts)
    try:
        answer = await _execute(raw, sql)  # in one round trip
    except StatementFailed:
        try:
            ((named,),) = await _fetch(raw, "SELECT pg_catalog.version()")
        except StatementFailed as error:  # H2 has no binary texts, and says so in words of its own
            named = error
        stranger = unreadable_flavor(str(named))
        if stranger is None:
            raise
        raise stranger from None
    if answer != "SELECT 0":
        return None
    _leave_jit_alone(raw)
    given = {name: value for name, value in settings.items() if name != "application_name"}
    pinned = _pinning({**given, **PINNED}, is_local=True)
    return OwnSession([pinned, _PERMANENT_FIRST.format(is_local="true").strip(), bounded(is_local="true").strip()])


def _leave_jit_alone(raw: Any) -> None:
    """Keep asyncpg from setting ``jit`` of the session, for its own question about a type and back.

    It does so where the server has it (``Connection._introspect_types``), and no parameter says otherwise.
    """
    with contextlib.suppress(AttributeError, ValueError):  # of a version that is made otherwise
        raw._server_caps = raw._server_caps._replace(jit=False)


_NOTHING_PREPARED = {"statement_cache_size": 0}
"""A pooler in transaction mode lends each session's statements to the next, whose own have the same names."""


def driver_arguments(credentials: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of ``asyncpg.connect`` for Tortoise's ``credentials``."""
    from pytest_schemadrift.core.config.urls import SERVER_SETTING

    rest = {name: value for name, value in credentials.items() if name not in _OF_THE_POOL}
    settings = dict(rest.pop("server_settings", None) or {})
    for name in [name for name in rest if name.startswith(SERVER_SETTING)]:
        settings[name.removeprefix(SERVER_SETTING)] = rest.pop(name)
    schema, application = rest.pop("schema", None), rest.pop("application_name", None)
    if schema:
        settings["search_path"] = schema
    if application:
        settings["application_name"] = application
    if "sslmode" in rest:  # libpq's name, which asyncpg knows only within a DSN
        rest.setdefault("ssl", rest.pop("sslmode"))
    arguments = {name: value for name, value in rest.items() if value is not None}
    return {**arguments, "server_settings": settings} if settings else arguments


def _owned(raw: Any, own: OwnSession | None, place: str) -> PostgresConnection:
    async def close() -> None:
        try:
            await raw.close(timeout=5)
        except (OSError, TimeoutError):
            raw.terminate()
        finally:
            _ENDED_AT[place] = time.monotonic()

    return PostgresConnection(lambda: _lent(raw), close, own=own)


@asynccontextmanager
async def _lent(raw: Any) -> AsyncIterator[Any]:
    yield raw


def wrap(raw: object) -> PostgresConnection:
    """Put an asyncpg connection or pool, or a Tortoise client, behind ``Connection``; it stays open.

    Raises ``ConfigurationError`` for a client of another driver.
    """
    if isinstance(raw, PostgresConnection):
        return raw
    if hasattr(raw, "acquire_connection"):
        if "psycopg" in type(raw).__module__:
            raise ConfigurationError(
                "a connection of psycopg's cannot be used", hint="give the database's URL: it is opened with asyncpg"
            )
        place = _place({name: getattr(raw, name, None) for name in ("host", "port", "database")})
        return PostgresConnection(raw.acquire_connection, pooled=True, place=place)
    if hasattr(raw, "acquire"):
        return PostgresConnection(raw.acquire, pooled=True)
    from pytest_schemadrift.dialects.enclosure import Enclosure

    if isinstance(raw, Enclosure):
        return wrap(raw.inner)
    return PostgresConnection(lambda: _lent(raw))
