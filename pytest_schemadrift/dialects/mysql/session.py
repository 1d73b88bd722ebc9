"""What a session that changes a MySQL or MariaDB database asks for: patience, and to be the only one of its kind."""

from __future__ import annotations

import json
import math
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from hashlib import sha256

from pytest_schemadrift.dialects.base import Connection, Patience
from pytest_schemadrift.dialects.mysql.connection import READ_OTHERWISE, RESTRICTS_KEYS, SQL_MODE, needs_whole_key
from pytest_schemadrift.dialects.mysql.names import literal, qualified
from pytest_schemadrift.errors import Busy, SchemaDriftError
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.keys import referred_without_key
from pytest_schemadrift.schema.model import Schema

_FOR_EVER = 31_536_000
"""The largest ``lock_wait_timeout``: a year of seconds."""


def be_patient(patience: Patience, info: ServerInfo) -> tuple[str, ...]:
    """The settings that end a wait for a lock, and a statement, after so many seconds; 0 never ends them.

    Whole seconds, at least one. MySQL has no limit for DDL (``max_execution_time`` is for SELECT alone);
    MariaDB's ``max_statement_time`` holds for every statement.

    And what lets a table be altered to which an old foreign key refers that is no unique key: 9.7 refuses any ALTER
    TABLE of it otherwise (error 1553). New keys of that kind are refused before (``planning/references``).
    """
    seconds = max(1, math.ceil(patience.lock)) if patience.lock else _FOR_EVER
    settings = [f"lock_wait_timeout = {seconds}", f"innodb_lock_wait_timeout = {min(seconds, 1_000_000)}"]
    if info.dialect == "mariadb":
        settings.append(f"max_statement_time = {patience.statement:g}")
    if needs_whole_key(info):
        settings.append(f"{RESTRICTS_KEYS} = OFF")
    return (f"SET SESSION {', '.join(settings)}",)


_NEEDS_THE_MODE = re.compile(r"\bMODIFY\b|\bCHANGE\b|\bUPDATE\b|\bAUTO_INCREMENT\b", re.IGNORECASE)
_NEEDS_THE_ZONE = re.compile(r"\btimestamp\b[^,]*\bDEFAULT\s+'", re.IGNORECASE)
_NEEDS_THE_ENGINE = re.compile(r"CREATE TABLE(?!.*\n\).* ENGINE=)", re.DOTALL)
_NEEDS_THE_CHARSET = re.compile(r"[^\x00-\x7f]|\bcast\s*\([^;]*\bas\s+char\b", re.IGNORECASE)
"""Letters whose bytes depend on it, and an expression whose text takes it as its own."""


def session_lines(statements: Sequence[str], info: ServerInfo, old: Schema) -> tuple[str, ...]:
    """What the statements need in a shell: a mode that cuts no value and takes a backslash as we write it, and a zone.

    In a session that is not strict, MODIFY cuts what does not fit with no more than a warning. A table to which an old
    foreign key refers that is no key is altered only where that is allowed, as for ``be_patient``.
    """
    on_rows = [statement for statement in statements if not statement.startswith("CREATE TABLE")]
    mode = any(_NEEDS_THE_MODE.search(statement) for statement in on_rows)
    odd = [qualified(name) for name in referred_without_key(old)] if needs_whole_key(info) else []
    keys = any(name in statement for statement in statements for name in odd)
    lines = [*([_MODE] if mode else []), *([_ANY_KEY] if keys else []), *literal_lines(statements, info)]
    return tuple(dict.fromkeys(lines))


_ANY_KEY = f"SET SESSION {RESTRICTS_KEYS} = OFF"
_MODE = f"SET SESSION sql_mode = {literal(SQL_MODE)}"


def literal_lines(statements: Sequence[str], info: ServerInfo) -> tuple[str, ...]:
    """What a shell needs to read texts as they are meant: backslashes that escape, a zone, and the bytes of letters.

    Where the server's own mode is another one, any ALTER TABLE would read the checks that are there in it, too (MySQL
    9.7 gives their literals other values then).
    """
    other_mode = READ_OTHERWISE & set(info.setting("sql_mode").split(","))
    lines = [_MODE] if (other_mode and statements) or any("\\" in statement for statement in statements) else []
    zone = json.loads(info.setting("session", "{}")).get("time_zone", "SYSTEM")
    if zone != "SYSTEM" and any(_NEEDS_THE_ZONE.search(statement) for statement in statements):
        lines.append(f"SET SESSION time_zone = {literal(zone)}")
    engine = info.setting("default_storage_engine")
    if engine != info.setting("engine_of_shells", engine) and any(map(_NEEDS_THE_ENGINE.match, statements)):
        lines.append(f"SET SESSION default_storage_engine = {engine}")
    if any(_NEEDS_THE_CHARSET.search(statement) for statement in statements):
        lines.append("SET NAMES utf8mb4")
    return tuple(lines)


def lock_name(database: str) -> str:
    """The name of our user lock: at most 64 characters, one for each database, alike for the whole server."""
    return f"schemadrift_{sha256(database.encode()).hexdigest()[:32]}"


@asynccontextmanager
async def alone(
    connection: Connection, info: ServerInfo, seconds: float, schemas: frozenset[str] | None = None
) -> AsyncIterator[None]:
    """Hold the lock of whoever changes this database; it goes with the session, so a kill frees it too.

    Waits ``seconds`` for it (0: for ever). Raises ``Busy``.
    """
    name = lock_name(info.database)
    rows = await connection.fetch("SELECT get_lock(%s, %s) AS locked", name, math.ceil(seconds) if seconds else -1)
    if rows[0][0] != 1:
        holder = await connection.fetch("SELECT is_used_lock(%s) AS holder", name)
        raise Busy(
            f"another schemadrift is changing database {info.database}",
            where=f"connection {holder[0][0]}" if holder and holder[0][0] else "",
            hint="wait until it is done, or raise --lock-timeout",
        )
    try:
        yield
    finally:
        with suppress(SchemaDriftError):  # a session that is gone has given it back
            await connection.fetch("SELECT release_lock(%s) AS released", name)


async def who_holds(connection: Connection, info: ServerInfo) -> str:
    """The other sessions that are at work in this database, for a person whose statement had to wait."""
    rows = await connection.fetch(
        "SELECT p.id AS id, p.user AS user, p.command AS command, p.time AS seconds "
        "FROM information_schema.processlist p WHERE p.db = %s AND p.id <> connection_id() "
        "ORDER BY p.time DESC LIMIT 3",
        info.database,
    )
    return "; ".join(f"connection {id_} of {user}, {command.lower()} for {age} s" for id_, user, command, age in rows)
