"""What a session that changes a PostgreSQL database asks for: patience, and to be the only one of its kind."""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from hashlib import sha256
from typing import Literal, NamedTuple

from pytest_schemadrift.dialects.base import Connection, Patience
from pytest_schemadrift.dialects.postgres.connection import wrap
from pytest_schemadrift.dialects.postgres.names import qualified
from pytest_schemadrift.errors import Busy, SchemaDriftError
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name, Schema

LOCK_KEY = int.from_bytes(sha256(b"schemadrift apply").digest()[:8], signed=True)
"""The key of our advisory lock; PostgreSQL keeps advisory locks per database."""
_BETWEEN_TRIES = 0.1


def be_patient(patience: Patience, info: ServerInfo) -> tuple[str, ...]:
    """The settings that end a wait for a lock, and a statement, after so many seconds; 0 never ends them."""
    return (
        f"SET lock_timeout = {round(patience.lock * 1000)}",
        f"SET statement_timeout = {round(patience.statement * 1000)}",
    )


@asynccontextmanager
async def alone(
    connection: Connection, info: ServerInfo, seconds: float, schemas: frozenset[str] | None = None
) -> AsyncIterator[None]:
    """Hold the lock of whoever changes this database; it goes with the session, so a kill frees it too.

    Where a session looks at some schemas only, it holds those that it changes (``schemas``) for itself alone and shares
    the others with whoever looks at them: tenants do not wait for each other. Waits ``seconds`` (0: for ever). Raises
    ``Busy``. Through a pooler each transaction within the block holds it by itself, and waits when it begins.
    """
    end = time.monotonic() + seconds if seconds else math.inf
    wanted, own = locks(info, schemas), wrap(connection).own
    if own is not None:

        async def take() -> None:
            for lock in wanted:
                await _take(connection, lock, end, "xact_lock")

        async with own.holding(take):
            await connection.fetch("SELECT 1")  # nobody has it now
            yield
        return
    async with AsyncExitStack() as held:
        for lock in wanted:
            await held.enter_async_context(_hold(connection, lock, end))
        yield


async def hold_definitions(connection: Connection, tables: Collection[Name]) -> None:
    """Wait for who is changing one of these tables, and let nobody begin to until the transaction ends.

    Reading and writing go on under this lock, the weakest one that keeps CREATE TRIGGER out, too. A table that is not
    there yet needs none, and one that this role may not lock (that takes the right to write) is left as it is. Raises
    ``StatementFailed``.
    """
    found = await connection.fetch(
        "SELECT c.oid::regclass::text FROM pg_catalog.pg_class AS c WHERE c.relkind = ANY ('{r,p}') "
        "AND c.oid IN (SELECT pg_catalog.to_regclass(t.name) FROM pg_catalog.unnest($1::text[]) AS t (name)) "
        "AND pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE') ORDER BY c.oid",
        sorted(qualified(table) for table in tables),
    )
    if found:
        tables_alone = ", ".join(f"ONLY {name}" for (name,) in found)
        await connection.execute(f"LOCK TABLE {tables_alone} IN SHARE UPDATE EXCLUSIVE MODE")


class Lock(NamedTuple):
    """An advisory lock: ``of`` says in words what it stands for."""

    key: int
    of: str
    shared: bool = False

    @property
    def kind(self) -> str:
        """How the functions end that take it and give it back."""
        return "_shared" if self.shared else ""


def locks(info: ServerInfo, schemas: frozenset[str] | None) -> list[Lock]:
    """The locks of a session that changes these schemas, or anything (``None``), in the order of all."""
    database = f"database {info.database}"
    if schemas is None or not info.only_schemas:
        return [Lock(LOCK_KEY, database)]
    found = [Lock(LOCK_KEY, database, shared=True)]
    for schema in sorted({*info.only_schemas, *schemas}):
        key = int.from_bytes(sha256(f"schemadrift apply to schema {schema}".encode()).digest()[:8], signed=True)
        found.append(Lock(key, f"schema {schema} of {database}", schema not in schemas))
    return found


@asynccontextmanager
async def _hold(connection: Connection, lock: Lock, end: float) -> AsyncIterator[None]:
    await _take(connection, lock, end, "lock")
    try:
        yield
    finally:
        with suppress(SchemaDriftError):  # a session that is gone has given it back
            await connection.fetch(f"SELECT pg_catalog.pg_advisory_unlock{lock.kind}($1)", lock.key)


async def _take(connection: Connection, lock: Lock, end: float, level: Literal["lock", "xact_lock"]) -> None:
    """Wait for a lock, which the session keeps or the transaction does. Raises ``Busy``."""
    while not (await connection.fetch(f"SELECT pg_catalog.pg_try_advisory_{level}{lock.kind}($1)", lock.key))[0][0]:
        if time.monotonic() >= end:
            raise Busy(
                f"another schemadrift is changing {lock.of}",
                where=await _holder(connection, lock.key),
                hint="wait until it is done, or raise --lock-timeout",
            )
        await asyncio.sleep(_BETWEEN_TRIES)


async def _holder(connection: Connection, key: int) -> str:
    rows = await connection.fetch(
        "SELECT a.pid, a.usename::text, coalesce(a.client_addr::text, 'a local socket') "
        "FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
        "AND (l.classid::bigint << 32 | l.objid::bigint) = $1 "
        "AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())",
        key,
    )
    return "; ".join(f"session {pid} of {user} from {address}" for pid, user, address in rows)


_QUOTED = re.compile(r"""[Ee]'(?:[^'\\]|''|\\.)*'|"[^"]*"|(?P<plain>'[^']*')""", re.DOTALL)
"""Names and literals; a plain literal with a doubled quote is two of them, side by side."""
_NULL_IN_ARRAY = re.compile(r"[{,]\s*NULL\s*[,}]", re.IGNORECASE)


def session_lines(statements: Sequence[str], info: ServerInfo, old: Schema) -> tuple[str, ...]:
    """What the statements need in a shell: backslashes that are letters, and the search path of this session."""
    from pytest_schemadrift.dialects.postgres.namespaces import set_path
    from pytest_schemadrift.dialects.postgres.server_info import schemas_of

    if not statements:
        return ()
    lines = []
    path = schemas_of(info)
    if path != ["public"]:
        lines.append(set_path(path))
    return (*lines, *literal_lines(statements, info))


def literal_lines(statements: Sequence[str], info: ServerInfo) -> tuple[str, ...]:
    """What a shell needs to read the literals as they are meant: backslashes that are letters, NULL in arrays, XML."""
    literals = [found for statement in statements for found in _QUOTED.finditer(statement)]
    needed = {
        "standard_conforming_strings = on": any("\\" in (found["plain"] or "") for found in literals),
        "array_nulls = on": any(_NULL_IN_ARRAY.search(found[0]) for found in literals),
        "xmloption = content": any("::xml" in statement for statement in statements),
    }
    return tuple(f"SET {setting}" for setting, is_needed in needed.items() if is_needed)


async def who_holds(connection: Connection, info: ServerInfo) -> str:
    """The other sessions that hold locks on tables of this database, for a person whose statement had to wait."""
    rows = await connection.fetch(
        "SELECT DISTINCT a.pid, a.usename::text, a.state, "
        "greatest(0, pg_catalog.round(extract(epoch FROM pg_catalog.now() - a.xact_start)))::bigint "
        "FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'relation' AND l.granted AND a.pid <> pg_catalog.pg_backend_pid() "
        "AND a.datname = pg_catalog.current_database() AND l.relation >= 16384 ORDER BY 4 DESC NULLS LAST LIMIT 3"
    )
    return "; ".join(f"session {pid} of {user}, {state}, its transaction {age} s old" for pid, user, state, age in rows)
