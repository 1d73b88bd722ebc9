"""PostgreSQL behind ``Connection``: opened through asyncpg, or wrapped around what the user has opened."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.dialects.flavors import unreadable_flavor
from pytest_schemadrift.dialects.postgres.adapter import PINNED, PostgresConnection, execute, fetch, pinning
from pytest_schemadrift.dialects.postgres.driver_errors import driver, reaching
from pytest_schemadrift.dialects.postgres.names import words
from pytest_schemadrift.dialects.postgres.own_session import OwnSession
from pytest_schemadrift.errors import SPELL_URL, ConfigurationError, StatementFailed

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.base import Connection

_OF_THE_POOL = words(
    """
    minsize maxsize min_size max_size max_queries max_inactive_connection_lifetime loop connection_class
    connection_name fetch_inserted setup init reset
    """
)
"""Keys of Tortoise's credentials that are about its pool and mean nothing to a single connection."""

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
    parts = (_PERMANENT_FIRST.format(is_local="false"), bounded(is_local="false"), pinning(PINNED, is_local=False))
    sql = "; ".join(f"{part} AND {at_home}" for part in parts)
    try:
        answer = await execute(raw, sql)  # in one round trip
    except StatementFailed:
        try:
            ((named,),) = await fetch(raw, "SELECT pg_catalog.version()")
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
    pinned = pinning({**given, **PINNED}, is_local=True)
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
