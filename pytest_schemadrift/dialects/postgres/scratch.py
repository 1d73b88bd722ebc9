"""A throw-away database on the same server, with the same encoding, locale and search path as the live one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from pytest_schemadrift.dialects.base import Connection, closing
from pytest_schemadrift.dialects.enclosure import Enclosure
from pytest_schemadrift.dialects.postgres.capabilities import major
from pytest_schemadrift.dialects.postgres.connection import connect, wrap
from pytest_schemadrift.dialects.postgres.names import literal, quote
from pytest_schemadrift.dialects.postgres.outside import enclosed
from pytest_schemadrift.dialects.postgres.server_info import (
    assert_makes_what_stays,
    foreign_extensions,
    read_server_info,
    schemas_of,
    session_settings,
)
from pytest_schemadrift.errors import ConnectionFailed, StatementFailed, Unsupported
from pytest_schemadrift.schema.capabilities import ServerInfo

PREFIX = "schemadrift_scratch_"
_STALE_AFTER = 600
"""Seconds after which a scratch database that nobody is connected to has been forgotten."""
_CONNECT_TIMEOUT = 30.0
_ATTEMPTS = 5
_COPIES_FILES_SINCE = 15


@asynccontextmanager
async def open_scratch(live: Connection, url: str, info: ServerInfo) -> AsyncIterator[Enclosure]:
    """An empty database, connected to like the live one; it is dropped on leaving, whatever happened.

    Nothing that is executed there reaches outside of it.

    Raises ``Unsupported`` where the role may not create one, or ``url`` is not known.
    """
    if not url:
        raise Unsupported("no scratch database without the URL of the live one", hint="give the database as a URL")
    await _clear_stale(live)
    name = _new_name()
    await _create(live, name, info)
    async with _opened(live, live, with_database(url, name), name, info) as scratch:
        yield scratch


@asynccontextmanager
async def open_scratch_elsewhere(live: Connection, url: str, info: ServerInfo) -> AsyncIterator[Enclosure]:
    """As ``open_scratch``, on the server at ``url``, which was started for it and has the same major version.

    It is given the roles of the live server, which grants and policies name. The session is that of the live role, or,
    where a role of that name rules the whole server here, of one that only owns the database. A locale that is not
    known here is C: no catalog spells anything otherwise for that.
    """
    keeper = await connect(url, _CONNECT_TIMEOUT)
    async with closing(keeper):
        there = await read_server_info(keeper)
        if major(there) != major(info):
            raise Unsupported(f"PostgreSQL {major(there)} spells expressions differently from PostgreSQL {major(info)}")
        role, name = await _roles(live, keeper, info), _new_name()
        try:
            await _create(keeper, name, info, role)
        except Unsupported:
            await _create(keeper, name, replace(info, collation="C", settings=(("ctype", "C"),)), role)
        async with _opened(keeper, live, with_database(url, name), name, info, role=role) as scratch:
            yield scratch


async def _roles(live: Connection, keeper: Connection, info: ServerInfo) -> str:
    """Make the roles of the live server, and return the one that is to own the scratch database."""
    every = {str(name) for (name,) in await live.fetch("SELECT rolname::text FROM pg_catalog.pg_roles")}
    owner = info.setting("role")
    there = await keeper.fetch("SELECT rolname::text, rolsuper FROM pg_catalog.pg_roles")
    if owner in {name for name, rules in there if rules}:
        owner = _OWNER
    for name in sorted({*every, owner} - {str(name) for name, _ in there}):
        if not name.startswith("pg_"):
            await keeper.execute(f"CREATE ROLE {quote(name)}")
    return owner


_OWNER = "schemadrift_scratch"


def _new_name() -> str:
    return f"{PREFIX}{os.getpid()}_{int(time.time()):x}_{secrets.token_hex(4)}"


@asynccontextmanager
async def _opened(
    keeper: Connection, live: Connection, url: str, name: str, info: ServerInfo, *, role: str = ""
) -> AsyncIterator[Enclosure]:
    """The new database ``name`` at ``url``, with a session of ``role``; ``keeper`` drops it on leaving."""
    try:
        scratch = await _connected(url)
        try:
            if role:
                await scratch.execute(f"SET SESSION AUTHORIZATION {quote(role)}")
            await _prepare(scratch, info)
            await scratch.execute("SET check_function_bodies = off")  # what a body reads may not be in the copy
            await scratch.execute("SET synchronous_commit = off")  # no disk and no standby is waited for: it is dropped
            enclosure = enclosed(scratch, live, info)
            for statement in _extensions_elsewhere(info):
                await enclosure.execute(statement)
            yield enclosure
        finally:
            await scratch.close()
    finally:
        # Shielded: a cancelled task must not leave its database behind.
        await asyncio.shield(_drop(keeper, name, info))


async def _connected(url: str) -> Connection:
    """A session of a new database. Raises ``Unsupported`` where it cannot be reached, though the live one can."""
    try:
        return await connect(url, _CONNECT_TIMEOUT)
    except ConnectionFailed as error:
        raise Unsupported(
            f"a scratch database was created and cannot be reached: {error.what}",
            hint="a pooler has to know it (PgBouncer: * = host=...): else give the address of the server itself",
        ) from None


def with_database(url: str, name: str) -> str:
    """A Tortoise URL with another database in it."""
    address, question, query = url.partition("?")
    scheme, _, rest = address.partition("://")
    place = rest.partition("/")[0]
    pairs = [(key, value) for key, value in parse_qsl(query, keep_blank_values=True) if key != "database"]
    return f"{scheme}://{place}/{name}" + (question and f"?{urlencode(pairs)}")


async def _create(connection: Connection, name: str, info: ServerInfo, owner: str = "") -> None:
    owned = f" OWNER {quote(owner)}" if owner else ""
    statement = f"CREATE DATABASE {quote(name)}{owned} TEMPLATE template0{_locale(info)}"
    for attempt in range(_ATTEMPTS):
        try:
            await connection.execute(f"{statement}{await _strategy(connection, info)}")
            return
        except asyncio.CancelledError:  # which the server may have heard too late
            await asyncio.shield(_drop(connection, name, info))
            raise
        except StatementFailed as error:
            if error.condition == "object_in_use" and attempt < _ATTEMPTS - 1:
                await asyncio.sleep(0.05 * (attempt + 1))  # two at once cannot copy one template
                continue
            forbidden = error.condition == "insufficient_privilege"
            may_not = f" (ALTER ROLE {quote(info.setting('role'))} CREATEDB would allow it)" if forbidden else ""
            raise Unsupported(
                f"no scratch database can be created: {error.what}{may_not}",
                sql=statement,
                hint="give the role the right CREATEDB, and see that the live connection is in no transaction",
            ) from None


async def _strategy(connection: Connection, info: ServerInfo) -> str:
    """How the template is copied (PostgreSQL 15): as files it takes a third of the time, and a checkpoint.

    That is for servers that do not wait for their disk anyway, as those of tests: a checkpoint is felt by everybody.
    """
    if major(info) < _COPIES_FILES_SINCE:
        return ""
    [(waits,)] = await connection.fetch("SELECT pg_catalog.current_setting('fsync')")
    return " STRATEGY file_copy" if waits == "off" else ""


def _locale(info: ServerInfo) -> str:
    """The clauses of CREATE DATABASE that make texts compare and sort as in the live database."""
    if not info.charset:
        return ""
    text = f" ENCODING {literal(info.charset)}"
    provider, locale = info.setting("provider"), info.setting("locale")
    if provider == "i" and locale:
        text += f" LOCALE_PROVIDER icu ICU_LOCALE {literal(locale)}"
    elif provider == "b" and locale:
        text += f" LOCALE_PROVIDER builtin BUILTIN_LOCALE {literal(locale)}"
    text += f" LC_COLLATE {literal(info.collation)}" if info.collation else ""
    ctype = info.setting("ctype")
    return text + (f" LC_CTYPE {literal(ctype)}" if ctype else "")


async def _prepare(scratch: Connection, info: ServerInfo) -> None:
    """The search path and the settings of the live connection, and its schemas. Raises ``ConnectionFailed``."""
    assert_makes_what_stays(info)
    schemas = [name for name in schemas_of(info) if name != "public"]
    if info.default_schema != "public" and info.default_schema not in schemas:
        schemas.insert(0, info.default_schema)
    for schema in schemas:
        await scratch.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}")
    path = schemas_of(info)
    await scratch.execute(f"SET search_path = {', '.join(map(quote, path))}")
    # ALTER DATABASE … SET holds for the live database alone, and with other settings a text may mean something else.
    for name, value in {**session_settings(info), "default_tablespace": ""}.items():
        with contextlib.suppress(StatementFailed):  # what only a superuser may set
            await wrap(scratch).set(name, value)


def _extensions_elsewhere(info: ServerInfo) -> list[str]:
    """The statements that make the extensions of other schemas there; those that they require come with them."""
    found = []
    for extension in foreign_extensions(info):
        schema = extension.partition(" WITH SCHEMA ")[2]
        found += [f"CREATE SCHEMA IF NOT EXISTS {schema}", f"CREATE EXTENSION IF NOT EXISTS {extension} CASCADE"]
    return found


async def _drop(connection: Connection, name: str, info: ServerInfo) -> None:
    force = " WITH (FORCE)" if major(info) >= 13 else ""
    for attempt in range(_ATTEMPTS):
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {quote(name)}{force}")
            return
        except StatementFailed:
            await asyncio.sleep(0.05 * (attempt + 1))  # its session may not have ended yet


async def _clear_stale(connection: Connection) -> None:
    """Drop what an earlier run was killed before dropping; never what somebody is connected to."""
    rows = await connection.fetch(
        "SELECT d.datname::text FROM pg_catalog.pg_database d WHERE d.datname LIKE $1::text AND NOT EXISTS "
        "(SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid)",
        PREFIX.replace("_", r"\_") + "%",
    )
    for (name,) in rows:
        made = re.fullmatch(rf"{PREFIX}\d+_([0-9a-f]+)_[0-9a-f]+", name)
        if made and time.time() - int(made[1], 16) > _STALE_AFTER:
            with contextlib.suppress(StatementFailed):
                await connection.execute(f"DROP DATABASE IF EXISTS {quote(name)}")
