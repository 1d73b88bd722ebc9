"""A throw-away database on the same server: DDL is executed there and read back in the server's own spelling."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pytest_schemadrift.core.cache import cached_async, key_of
from pytest_schemadrift.dialects.base import Connection, Dialect
from pytest_schemadrift.planning.plan import views_in_order
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import STORED, Dependent, Name, Schema, Table, make_schema, referenced_tables


@dataclass(frozen=True, slots=True)
class LiveServer:
    """An open connection to the database under test, and what is known of its server."""

    connection: Connection
    url: str
    dialect: Dialect
    info: ServerInfo


async def read_back(server: LiveServer, statements: Sequence[str]) -> Schema:
    """Execute ``statements`` in an empty database and return what its catalog says afterwards.

    Remembered by statements and server version. Raises ``Unsupported`` where the role may not create a database,
    ``StatementFailed`` where the server refuses a statement.
    """
    dialect = server.dialect

    async def execute() -> Schema:
        async with dialect.open_scratch(server.connection, server.url, server.info) as scratch:
            for statement in statements:
                await scratch.execute(statement)
            await scratch.complete_triggers()
            return scratch.complete(
                await dialect.dump(scratch.inner, await dialect.read_server_info(scratch.inner), None)
            )

    info = replace(server.info, database="", default_schema="")
    return await cached_async("verdicts", key_of(dialect.name, info, *statements), STORED, execute)


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
    for view in views_in_order(schema):
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
    """The tables that ``names`` refer to and those that refer to them, themselves left out."""
    chosen = set(names)
    found: set[Name] = set()
    for table in tables:
        targets = set(referenced_tables(table))
        if table.name in chosen:
            found |= targets
        elif targets & chosen:
            found.add(table.name)
    return found - chosen
