"""The value ``POSTGRES``: what PostgreSQL does where databases differ, each part imported when it is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.dialects.base import (
    Connection,
    Dialect,
    Form,
    IsKnown,
    Meanwhile,
    MissingRight,
    Parts,
    Pieces,
    RenderContext,
    Standing,
)
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.names import literal, quote
from pytest_schemadrift.dialects.postgres.namespaces import NAMESPACES
from pytest_schemadrift.dialects.postgres.row_counts import misfits, size
from pytest_schemadrift.dialects.postgres.server_info import DEFAULT_INFO, read_server_info
from pytest_schemadrift.dialects.postgres.session import alone, be_patient, literal_lines, session_lines, who_holds
from pytest_schemadrift.schema.capabilities import Capabilities, ServerInfo
from pytest_schemadrift.schema.name import Name

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.at_once import Answer
    from pytest_schemadrift.dialects.counter import Counter
    from pytest_schemadrift.dialects.enclosure import Enclosure
    from pytest_schemadrift.dialects.history import DdlLog, LastChange, Touched
    from pytest_schemadrift.dialects.reader import Token
    from pytest_schemadrift.schema.changes import Change
    from pytest_schemadrift.schema.model import Schema, Table


def _capabilities(info: ServerInfo) -> Capabilities:
    from pytest_schemadrift.dialects.postgres.capabilities import capabilities

    return capabilities(info)


def _parse(sql: str, info: ServerInfo) -> Schema:
    from pytest_schemadrift.dialects.postgres.read.script import parse

    return parse(sql, info)


def _tokenize(sql: str) -> list[Token]:
    from pytest_schemadrift.dialects.postgres.read.tokens import tokenize

    return tokenize(sql)


def _split(sql: str, info: ServerInfo) -> list[str]:
    from pytest_schemadrift.dialects.postgres.read.script import split_script

    return split_script(sql, info)


def _render(change: Change, context: RenderContext) -> tuple[str, ...]:
    from pytest_schemadrift.dialects.postgres.write.render import render

    return render(change, context)


def _parts() -> Parts:
    from pytest_schemadrift.dialects.postgres.write.parts import PARTS

    return PARTS


def _render_online(change: Change, context: RenderContext) -> tuple[Form, ...] | None:
    from pytest_schemadrift.dialects.postgres.write.online import render_online

    return render_online(change, context)


async def _connect(url: str, timeout: float) -> Connection:  # noqa: ASYNC109
    from pytest_schemadrift.dialects.postgres.connection import connect

    return await connect(url, timeout)


async def connect_credentials(credentials: Mapping[str, Any], timeout: float) -> Connection:  # noqa: ASYNC109
    """Connect with the ``credentials`` of a Tortoise connection; ``timeout`` is in seconds.

    Raises ``ConnectionFailed``, ``DriverMissing``, ``ConfigurationError``.
    """
    from pytest_schemadrift.dialects.postgres import connection

    return await connection.connect_credentials(credentials, timeout)


def _keeps_session(connection: Connection) -> bool:
    from pytest_schemadrift.dialects.postgres.connection import wrap

    return wrap(connection).own is None


def _wrap(raw: object) -> Connection:
    from pytest_schemadrift.dialects.postgres.connection import wrap

    return wrap(raw)


async def _dump(connection: Connection, info: ServerInfo, tables: Sequence[Name] | None) -> Schema:
    from pytest_schemadrift.dialects.postgres.catalog.dump import dump

    return await dump(connection, info, tables)


async def _dump_unless_known(
    connection: Connection, info: ServerInfo, is_known: IsKnown | None, meanwhile: Meanwhile
) -> tuple[str, Schema | None]:
    from pytest_schemadrift.dialects.postgres.catalog.known import dump_unless_known

    return await dump_unless_known(connection, info, is_known, meanwhile)


def _told_at_once(answer: Answer) -> tuple[ServerInfo, str]:
    from pytest_schemadrift.dialects.postgres.catalog.known import told_at_once

    return told_at_once(answer)


async def _standing(connection: Connection, info: ServerInfo, changes: Sequence[Change]) -> Standing:
    from pytest_schemadrift.dialects.postgres.catalog.standing import standing

    return await standing(connection, info, changes)


async def _last_changes(
    connection: Connection, info: ServerInfo, what: Sequence[Touched], log: DdlLog | None
) -> dict[Touched, tuple[LastChange, ...]]:
    from pytest_schemadrift.dialects.postgres.history import last_changes

    return await last_changes(connection, info, what, log)


def _identity() -> str:
    from pytest_schemadrift.dialects.postgres.catalog.queries import query

    return query("identity", DEFAULT_INFO.version[0])


async def _missing_rights(
    connection: Connection, info: ServerInfo, tables: Collection[Name]
) -> tuple[MissingRight, ...]:
    from pytest_schemadrift.dialects.postgres.rights import missing_rights

    return await missing_rights(connection, info, tables)


def _open_scratch(connection: Connection, url: str, info: ServerInfo) -> AbstractAsyncContextManager[Enclosure]:
    from pytest_schemadrift.dialects.postgres.scratch import open_scratch

    return open_scratch(connection, url, info)


def _open_scratch_elsewhere(
    connection: Connection, url: str, info: ServerInfo
) -> AbstractAsyncContextManager[Enclosure]:
    from pytest_schemadrift.dialects.postgres.scratch import open_scratch_elsewhere

    return open_scratch_elsewhere(connection, url, info)


async def _look(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    from pytest_schemadrift.dialects.postgres.looking import look

    return await look(connection, sql)


async def _copy_rows(live: Connection, scratch: Connection, table: Table, limit: int) -> int:
    from pytest_schemadrift.dialects.postgres.sample import copy_rows

    return await copy_rows(live, scratch, table, limit)


async def _missing_extensions(connection: Connection, schema: Schema) -> tuple[str, ...]:
    from pytest_schemadrift.dialects.postgres.extensions import missing_extensions

    return await missing_extensions(connection, schema)


async def _pieces(connection: Connection, info: ServerInfo) -> Pieces:
    from pytest_schemadrift.dialects.postgres.pieces import pieces

    return await pieces(connection, info)


def _counters(connection: Connection, info: ServerInfo, tables: Collection[Name] | None) -> AsyncIterator[Counter]:
    from pytest_schemadrift.dialects.postgres.sequences import counters

    return counters(connection, info, tables)


async def _sees_every_row(connection: Connection, table: Name) -> bool:
    """Row security may hide rows from whoever asks, the owner included where it is FORCEd."""
    from pytest_schemadrift.dialects.postgres.names import qualified

    [(filtered,)] = await connection.fetch(
        "SELECT pg_catalog.row_security_active(pg_catalog.to_regclass($1))", qualified(table)
    )
    return filtered is False


async def _hold_definitions(connection: Connection, tables: Collection[Name]) -> None:
    from pytest_schemadrift.dialects.postgres.session import hold_definitions

    await hold_definitions(connection, tables)


def _keep_writers_out(table: Name) -> tuple[str, ...]:
    from pytest_schemadrift.dialects.postgres.names import qualified

    return (f"LOCK TABLE {qualified(table)} IN ACCESS EXCLUSIVE MODE",)


async def _set_counter(connection: Connection, info: ServerInfo, counter: Counter) -> bool:
    from pytest_schemadrift.dialects.postgres.sequences import set_counter

    return await set_counter(connection, info, counter)


class AsyncpgDumper:
    """Reads the live schema through asyncpg: a connection, a pool, or a Tortoise client.

    ``tables`` limits it to these names (``schema.table`` for those outside of the default schema).
    """

    def __init__(self, connection: object, tables: Iterable[str] | None = None) -> None:
        self._connection = connection
        self._tables = None if tables is None else tuple(tables)

    async def dump(self) -> Schema:
        """Return the live schema as a value. Raises ``StatementFailed``."""
        connection = _wrap(self._connection)
        info = await read_server_info(connection)
        return await _dump(connection, info, None if self._tables is None else [*map(_name, self._tables)])


def _name(text: str) -> Name:
    from pytest_schemadrift.schema.model import Name

    schema, dot, name = text.partition(".")
    return Name(schema, name) if dot else Name("", text)


POSTGRES = Dialect(
    name="postgres",
    capabilities=_capabilities,
    default_info=DEFAULT_INFO,
    parts=_parts,
    namespaces=NAMESPACES,
    oldest=(12,),
    missing_rights=_missing_rights,
    identity=_identity,
    parse=_parse,
    render=_render,
    connect=_connect,
    wrap=_wrap,
    read_server_info=read_server_info,
    dump=_dump,
    dump_unless_known=_dump_unless_known,
    told_at_once=_told_at_once,
    open_scratch=_open_scratch,
    open_scratch_elsewhere=_open_scratch_elsewhere,
    render_online=_render_online,
    copy_rows=_copy_rows,
    look=_look,
    pieces=_pieces,
    last_changes=_last_changes,
    standing=_standing,
    alone=alone,
    be_patient=be_patient,
    keeps_session=_keeps_session,
    who_holds=who_holds,
    session_lines=session_lines,
    literal_lines=literal_lines,
    quote=quote,
    literal=literal,
    tokenize=_tokenize,
    split=_split,
    missing_extensions=_missing_extensions,
    sees_every_row=_sees_every_row,
    hold_definitions=_hold_definitions,
    keep_writers_out=_keep_writers_out,
    counters=_counters,
    view_columns=lambda info: query("view_columns", info.version[0]),
    misfits=misfits,
    size=size,
    set_counter=_set_counter,
)
