"""``sqlite_sequence`` against the rows of the AUTOINCREMENT tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.counter import Counter
from pytest_schemadrift.dialects.sqlite.catalog.dump import dump
from pytest_schemadrift.dialects.sqlite.names import literal, quote
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name

_LARGEST = 2**63 - 1


async def counters(connection: Connection, info: ServerInfo, tables: Collection[Name] | None) -> AsyncIterator[Counter]:
    """Every AUTOINCREMENT column of the main database (of ``tables``, where given); a query for each."""
    schema = await dump(connection, info, None)
    columns = {table.name: column for table in schema.tables for column in table.columns if column.autoincrement}
    if not columns:
        return  # without such a table there is no sqlite_sequence either
    kept = await connection.fetch("SELECT name, max(CAST(seq AS INTEGER)) FROM main.sqlite_sequence GROUP BY name")
    numbers = dict(kept)
    for name, column in columns.items():
        if tables is not None and name not in tables:
            continue
        ((used,),) = await connection.fetch(f"SELECT max({quote(column.name)}) FROM main.{quote(name.name)}")
        yield Counter(
            name,
            (f"{name}.{column.name}",),
            frozenset({name}),
            next=(numbers.get(name.name) or 0) + 1,
            used=used,
            last=_LARGEST,
        )


async def set_counter(connection: Connection, info: ServerInfo, counter: Counter) -> bool:
    """Set the last number of a table to the one before that which it should give next."""
    table, last = literal(counter.name.name), counter.wanted - 1
    moved = f"main.sqlite_sequence SET seq = {last} WHERE name = {table}"
    known = await connection.fetch(f"UPDATE {moved} RETURNING name")
    if not known:
        await connection.execute(f"INSERT INTO main.sqlite_sequence (name, seq) VALUES ({table}, {last})")
    return True
