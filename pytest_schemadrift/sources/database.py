"""A live database as a source: ``SchemaExporter`` and how its connection is opened."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from pytest_schemadrift.core.config.settings import ScratchChoice
from pytest_schemadrift.core.files import write_whole
from pytest_schemadrift.core.gc_pause import paused_collector
from pytest_schemadrift.core.progress import doing
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import Connection, Dialect, IsKnown, Pieces, nothing_meanwhile
from pytest_schemadrift.errors import ConfigurationError, ConnectionFailed, Unreachable
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name, Schema
from pytest_schemadrift.shown import visible
from pytest_schemadrift.sources.scratch import LiveServer, ScratchPlace


def dialect_of_url(url: str) -> str:
    """The dialect that a database URL names. Raises ``ConfigurationError``."""
    scheme, separator, _ = url.partition("://")
    if not separator:
        raise ConfigurationError(f"{url!r} is not a database URL", hint="write for example postgres://user@host/name")
    return get_dialect(scheme.split("+")[0]).name


@asynccontextmanager
async def open_server(
    url: str,
    dialect: str | None = None,
    timeout: float = 10.0,  # noqa: ASYNC109
    *,
    settings: Sequence[str] = (),
    scratch: ScratchChoice = "auto",
    only_schemas: tuple[str, ...] = (),
    column_storage: bool = False,
) -> AsyncIterator[LiveServer]:
    """Connect to ``url``, ask the server what it is, and close on leaving; ``timeout`` is in seconds.

    ``settings`` are statements that give the session what the project gives its own; ``scratch`` says where things may
    be tried out. ``only_schemas`` are those of a PostgreSQL database that are looked at, all where none are given, and
    ``column_storage`` reads how their columns are stored, too.
    Raises ``ConnectionFailed``, ``DriverMissing``, ``ConfigurationError``.
    """
    chosen = get_dialect(dialect or dialect_of_url(url))
    doing("connecting to the database")
    connection = await chosen.connect(url, timeout)
    place = ScratchPlace(scratch)
    try:
        for statement in settings:
            await connection.execute(statement)
        async with _limited(timeout, "the server accepted the connection and then did not answer"):
            info = await chosen.read_server_info(connection)
        info = replace(info, only_schemas=only_schemas, column_storage=column_storage)
        assert_looks_in(chosen, info, url)
        yield LiveServer(connection, url, get_dialect(info.dialect), info, place)
    finally:
        try:
            await place.close()
        finally:
            await connection.close()


def assert_looks_in(dialect: Dialect, info: ServerInfo, url: str) -> None:
    """See that a session for some schemas looks in the first of them first. Raises ``ConnectionFailed``.

    Else all would seem to be missing, and be made elsewhere: where something on the way has dropped the search path
    that the session was opened with and does not look like a pooler (``connection.connect`` sees to those), where the
    schema was dropped, and where the role may not use it, which to PostgreSQL is as if it were not in the path.
    """
    if not info.only_schemas or dialect.namespaces is None:
        return
    schema = info.only_schemas[0]
    own = dialect.namespaces.path([schema])
    path = info.setting("search_path", "")
    if path != own and not path.startswith(f"{own},"):
        raise ConnectionFailed(
            f"the session does not look in its own schema first, but in: {path}",
            where=url,
            hint="connect to the server itself for this: a pooler did not pass the search path on",
        )
    if info.search_path[:1] != (schema,):
        raise ConnectionFailed(
            f"there is no schema {schema}, or this role may not use it",
            where=url,
            hint=f"create it, or GRANT USAGE ON SCHEMA {own} to the role",
        )


@asynccontextmanager
async def _limited(seconds: float, what: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Unreachable(f"{what} within {seconds:g} s", hint="check the server, or raise --timeout") from None


async def dump(server: LiveServer, tables: Sequence[Name] | None = None) -> Schema:
    """The live schema, of all tables or of those named."""
    doing("reading the catalog of the database")
    with paused_collector():
        return await server.dialect.dump(server.connection, server.info, tables)


async def dump_unless_known(server: LiveServer, is_known: IsKnown | None) -> tuple[str, Schema | None]:
    """A digest of all catalog rows that the live schema is made of, and the schema unless that digest is known.

    Making the schema takes about as long as asking for the rows. As ``Dialect.dump_unless_known``.
    """
    doing("reading the catalog of the database")
    with paused_collector():
        return await server.dialect.dump_unless_known(server.connection, server.info, is_known, nothing_meanwhile)


class SchemaExporter:
    """Exports the live schema of one connection.

    ``connection`` is a database URL, a Tortoise connection, or a driver's own (asyncpg, asyncmy, aiosqlite).
    ``tables`` limits the export to these names (``schema.table`` for those outside of the default schema).
    """

    def __init__(self, connection: object, tables: Iterable[str] | None = None) -> None:
        self._connection = connection
        self._tables = None if tables is None else tuple(tables)

    async def schema(self) -> Schema:
        """Return the live schema as a value. Raises ``ConnectionFailed``, ``StatementFailed``."""
        async with self._server() as (connection, dialect, info):
            with paused_collector():
                return await dialect.dump(connection, info, self._names())

    async def export(self) -> str:
        """Return the live schema as DDL that the same server accepts, one statement per object."""
        async with self._server() as (connection, dialect, info):
            with paused_collector():
                schema = await dialect.dump(connection, info, self._names())
            return ddl_text(schema, dialect, info, pieces=await dialect.pieces(connection, info))

    async def export_file(self, path: str | Path) -> None:
        """Write ``export()`` to a file (UTF-8); the file is replaced only when all of it is there."""
        text = await self.export()
        await asyncio.to_thread(write_whole, Path(path), text)

    def _names(self) -> tuple[Name, ...] | None:
        if self._tables is None:
            return None
        return tuple(Name(*parts) if len(parts := name.split(".", 1)) == 2 else Name("", name) for name in self._tables)

    @asynccontextmanager
    async def _server(self) -> AsyncIterator[tuple[Connection, Dialect, ServerInfo]]:
        if isinstance(self._connection, str):
            async with open_server(self._connection) as server:
                yield server.connection, server.dialect, server.info
            return
        chosen = get_dialect(_dialect_of(self._connection))
        connection = chosen.wrap(self._connection)
        info = await chosen.read_server_info(connection)
        with contextlib.suppress(ConfigurationError):
            chosen = get_dialect(info.dialect)
        yield connection, chosen, info


def _dialect_of(connection: object) -> str:
    """Recognise a connection by the package of its class, without importing any driver."""
    modules = {cls.__module__ for cls in type(connection).__mro__}
    marks = {"asyncpg": "postgres", "psycopg": "postgres", "asyncmy": "mysql", "mysql": "mysql", "sqlite": "sqlite"}
    for mark, dialect in marks.items():
        if any(mark in module for module in modules):
            return dialect
    raise ConfigurationError(
        f"{type(connection).__name__} is not a connection of a known driver",
        hint="give a URL, a Tortoise connection, or one of asyncpg, asyncmy, aiosqlite",
    )


def _not_valid(schema: Schema) -> list[str]:
    """What no statement makes as it is: an index that was not finished (``CREATE INDEX CONCURRENTLY``)."""
    found = [(table.name, index.name) for table in schema.tables for index in table.indexes if not index.valid]
    found += [(mark.owner, mark.name) for mark in schema.marks if mark.aspect == "not valid"]  # of a view
    return [
        f"not valid: index {index} of {table}, which a failed CREATE INDEX left; here it is made valid"
        for table, index in found
    ]


def ddl_text(
    schema: Schema,
    dialect: Dialect,
    info: ServerInfo,
    spell: Callable[[str], str] = str,
    pieces: Pieces | None = None,
) -> str:
    """A schema as one DDL text, which an empty database takes; what is left out is named in comments at its top.

    ``pieces`` are what the tables of a live database stand on (``Dialect.pieces``). A sequence of MariaDB, and a table
    of a live MySQL or MariaDB that the model has no words for, are in it in the server's own, before the tables whose
    defaults may ask the one and whose foreign keys may name the other. ``spell`` may put each statement in another way.
    """
    from pytest_schemadrift.planning.references import has_loose_keys
    from pytest_schemadrift.planning.whole import whole

    pieces = pieces or Pieces()
    own_words = [item for item in schema.unsupported if item.kind == "sequence" and item.sql]
    tables = [item for item in schema.unsupported if item.kind == "table" and item.sql.startswith("CREATE TABLE")]
    first, last = pieces.around_own_words or ("", "")
    own_words += tables if first else []
    rest = replace(schema, unsupported=tuple(item for item in schema.unsupported if item not in own_words))
    made, left_out = whole(rest, dialect, info, pieces)
    if pieces.around_if_set and dialect.literal_lines([*(item.sql for item in own_words), *made], info):
        pieces = replace(pieces, around={**pieces.around_if_set, **pieces.around})
        made, left_out = whole(rest, dialect, info, pieces)
    statements = [*(item.sql for item in own_words), *made]
    if first and tables:
        statements = [first, *statements, last]
    if pieces.around_keys is not None and has_loose_keys(schema, dialect.capabilities(info)):
        statements = [pieces.around_keys[0], *statements, pieces.around_keys[1]]
    said = [*(f"not expressed: {words}" for words in left_out), *_not_valid(schema)]
    lines = [f"-- {' '.join(visible(words).split())}\n" for words in said]
    lines += [f"{spell(statement)};\n" for statement in (*dialect.literal_lines(statements, info), *statements)]
    return "\n".join(lines)
