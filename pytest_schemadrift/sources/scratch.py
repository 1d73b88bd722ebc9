"""A throw-away database: DDL is executed there and read back in the server's own spelling.

It is on the live server where the role may create one, else on a server of ours of the same kind and version.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from pytest_schemadrift.core.cache import cached_async, key_of
from pytest_schemadrift.core.config.settings import ScratchChoice
from pytest_schemadrift.core.progress import counted, doing
from pytest_schemadrift.dialects.base import Connection, Dialect
from pytest_schemadrift.dialects.enclosure import Enclosure
from pytest_schemadrift.errors import (
    ConnectionFailed,
    SchemaDriftError,
    ServerUnavailable,
    StatementFailed,
    Unsupported,
)
from pytest_schemadrift.planning.letters import Letters, letters_of
from pytest_schemadrift.schema.build import make_schema
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import (
    STORED,
    Dependent,
    Name,
    Schema,
    Table,
    UnsupportedObject,
    names_of_tables,
    referenced_tables,
    views_in_order,
)

if TYPE_CHECKING:
    from pytest_schemadrift.servers import Server, ServerHandle

T = TypeVar("T")


@dataclass(slots=True)
class ScratchPlace:
    """Where the scratch databases of one live server are; a server of ours is started when first needed."""

    choice: ScratchChoice = "auto"
    """As the setting ``scratch`` says."""
    used: set[str] = field(default_factory=set)
    """The servers of ours on which something was settled, in words."""
    nowhere: bool = False
    """Whether nothing may be made on any server: what only one could settle stays open."""
    _refused: Unsupported | None = None
    """Why there is none on the live server."""
    _own: ServerHandle | None = None

    @asynccontextmanager
    async def open(self, live: LiveServer) -> AsyncIterator[tuple[Enclosure, str]]:
        """An empty database that nothing leaves, and in words where it is: ``""`` for the live server.

        Raises ``Unsupported`` where none can be had.
        """
        dialect = live.dialect
        if self.nowhere:
            raise Unsupported("nothing may be created on a server")
        async with AsyncExitStack() as stack:
            if self.choice != "own" and self._refused is None:
                try:
                    opening = dialect.open_scratch(live.connection, live.url, live.info)
                    scratch = await stack.enter_async_context(opening)
                except Unsupported as error:
                    if self.choice == "server" or dialect.open_scratch_elsewhere is None:
                        raise
                    self._refused = error
                else:
                    yield scratch, ""
                    return
            if dialect.open_scratch_elsewhere is None:  # SQLite's is in memory, and so our own
                yield await stack.enter_async_context(dialect.open_scratch(live.connection, live.url, live.info)), ""
                return
            from pytest_schemadrift.servers.find import SERVERS, version_number

            own = await self._started(live)
            opening = dialect.open_scratch_elsewhere(live.connection, own.url, live.info)
            try:
                scratch = await stack.enter_async_context(opening)
            except (ConnectionFailed, StatementFailed, Unsupported) as error:
                raise self._neither(f"nor on a server started here: {error.what.splitlines()[0]}") from None
            place = f"{SERVERS[own.dialect]} {version_number(own.version)} that was started here"
            yield scratch, f"{place}, since {self._reason()}" if self._refused else place

    async def _started(self, live: LiveServer) -> Server:
        """Our own server; only of programs that are here already."""
        from pytest_schemadrift.servers import start_server
        from pytest_schemadrift.servers.find import SERVERS, series

        if self._own is None:
            version = series(live.info.dialect, live.info.version_text)
            try:
                self._own = await asyncio.to_thread(start_server, live.info.dialect, version=version)
            except ServerUnavailable:
                server = f"{SERVERS[live.info.dialect]} {version}"
                raise self._neither(f"and no {server} is here to be started instead") from None
        return self._own.server

    def _reason(self) -> str:
        return self._refused.what.splitlines()[0] if self._refused else "no scratch database may be on the live server"

    def _neither(self, why: str) -> Unsupported:
        return Unsupported(f"{self._reason()}, {why}", sql=self._refused.sql if self._refused else "")

    async def settled(self, live: LiveServer, work: Callable[[], Awaitable[T]]) -> T:
        """Do what needs scratch databases: on a server of ours where the role may not make what has to be in one.

        Raises what ``work`` does, the first time.
        """
        try:
            return await work()
        except StatementFailed as error:
            stays = self.choice != "auto" or self._refused is not None or live.dialect.open_scratch_elsewhere is None
            if error.condition != "insufficient_privilege" or stays:
                raise
            self._refused = Unsupported(error.what, sql=error.sql)
            try:
                return await work()
            except SchemaDriftError:
                self._refused = None
                raise error from None

    def note(self, place: str) -> None:
        """Remember that something was settled at a place, or had been when it was remembered."""
        if place:
            self.used.add(place)

    async def close(self) -> None:
        """End the server that was started."""
        own, self._own = self._own, None
        if own is not None:
            await asyncio.shield(asyncio.to_thread(own.stop))


@dataclass(frozen=True, slots=True)
class LiveServer:
    """An open connection to the database under test, what is known of its server, and where to try things out."""

    connection: Connection
    url: str
    dialect: Dialect
    info: ServerInfo
    scratch: ScratchPlace = field(default_factory=ScratchPlace, compare=False)

    @property
    def settles(self) -> tuple[str, str]:
        """By whom, and where, things are tried out: what another role could not do says nothing about this one."""
        return self.scratch.choice, urlsplit(self.url).username or ""

    @property
    def letters(self) -> Letters:
        """What the case of letters is to it, in names that people write."""
        return letters_of(self.dialect.capabilities(self.info))


@dataclass(frozen=True, slots=True)
class _Reading:
    """A schema as a server read it, and which one where it is not the live server."""

    schema: Schema
    place: str


async def read_back(server: LiveServer, statements: Sequence[str]) -> Schema:
    """Execute ``statements`` in an empty database and return what its catalog says afterwards.

    Remembered by statements and server version. Raises ``Unsupported`` where no scratch database can be had,
    ``StatementFailed`` where the server refuses a statement.
    """
    dialect = server.dialect

    async def execute() -> _Reading:
        async with server.scratch.open(server) as (scratch, place):
            executed = counted("creating the tables of the models in a scratch database", len(statements))
            scratch.announce(statements)
            await scratch.execute_all(statements, executed)
            await scratch.complete_triggers()
            doing("reading the scratch database")
            there = await dialect.read_server_info(scratch.inner)
            there = replace(there, column_storage=server.info.column_storage)
            found = await dialect.dump(scratch.inner, there, None)
            return _Reading(scratch.complete(found), place)

    info = replace(server.info, database="", default_schema="")
    key = key_of(dialect.name, info, *server.settles, *statements)
    reading = await cached_async("verdicts", key, (*STORED, _Reading), lambda: server.scratch.settled(server, execute))
    server.scratch.note(reading.place)
    return reading.schema


async def read_what_can_be(
    server: LiveServer, statements: Sequence[str], schema: Schema
) -> tuple[Schema, tuple[UnsupportedObject, ...]]:
    """``read_back`` without the statements that name what is not there, and those: nobody can read what they say.

    Such a script needs functions, operators or types that it does not make. ``schema`` is the script as it parses.
    Raises what ``read_back`` raises, also for any other statement that is refused.
    """
    names = names_of_tables(schema)
    left, refused = list(statements), list[UnsupportedObject]()
    while True:
        try:
            return await read_back(server, left), tuple(refused)
        except StatementFailed as error:
            table = _first_named(error.sql, names)
            if error.condition != "undefined" or error.sql not in left or table is None:
                raise
            made = re.match(r"\s*CREATE\s+(?:UNLOGGED\s+)?TABLE\b", error.sql, re.IGNORECASE)
            gone = [sql for sql in left if sql == error.sql or (made and _first_named(sql, names) == table)]
            reason = error.what.splitlines()[0]
            refused += [UnsupportedObject("table", str(table), reason, sql, table) for sql in gone]
            left = [sql for sql in left if sql not in gone]


def _first_named(sql: str, names: Iterable[Name]) -> Name | None:
    """The table that a statement names before any other: it is about that one."""
    places = {name: re.search(rf"(?<![\w$]){re.escape(name.name)}(?![\w$])", sql, re.IGNORECASE) for name in names}
    found = {name: place.start() for name, place in places.items() if place is not None}
    return min(found, key=lambda name: found[name], default=None)


def extract(schema: Schema, names: Iterable[Name], helpers: Iterable[Name] = ()) -> Schema:
    """The part of a schema that stands on its own: ``names`` as they are, and ``helpers`` bare.

    A helper is there only to be referred to: it loses its foreign keys to tables that are left out, as does
    every named table, so that the part can be executed. Types and sequences stay; views stay where all they read is.
    """
    chosen = set(names)
    included = chosen | set(helpers)
    tables = [
        replace(table, foreign_keys=tuple(key for key in table.foreign_keys if key.ref_table in included))
        for table in schema.tables
        if table.name in included
    ]
    kept = {table.name for table in tables}
    views = []
    for view in views_in_order(schema.views):
        if view.depends_on and set(view.depends_on) <= kept:
            views.append(view)
            kept.add(view.name)
    return make_schema(
        schema.dialect,
        tables=tables,
        namespaces=schema.namespaces,
        extensions=schema.extensions,
        enums=schema.enums,
        sequences=[item for item in schema.sequences if item.owned_by is None or item.owned_by[0] in included],
        domains=schema.domains,
        views=views,
        marks=schema.marks,
        dependents=[item for item in schema.dependents if _relations_of(item) <= kept],
    )


def _relations_of(item: Dependent) -> set[Name]:
    found = {name for name, _ in item.stands_on}
    return found if item.owner is None or item.kind == "column" else {*found, item.owner}


def neighbours(tables: Iterable[Table], names: Iterable[Name]) -> set[Name]:
    """The tables that ``names`` refer to and those that refer to them, themselves left out.

    What a table inherits from or is a partition of comes along at any depth: there is no such table without.
    """
    chosen = set(names)
    found: set[Name] = set()
    tables = tuple(tables)
    for table in tables:
        targets = set(referenced_tables(table))
        if table.name in chosen:
            found |= targets
        elif targets & chosen:
            found.add(table.name)
    parents = {
        table.name: {*table.inherits, *([table.partition_of[0]] if table.partition_of else [])} for table in tables
    }
    waiting = [*chosen, *found]
    while waiting:
        more = parents.get(waiting.pop(), set()) - chosen - found
        found |= more
        waiting += more
    return found - chosen
