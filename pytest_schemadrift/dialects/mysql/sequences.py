"""AUTO_INCREMENT against the rows that took numbers from it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.counter import Counter
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.dialects.mysql.names import quote
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name

_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}


async def counters(connection: Connection, info: ServerInfo, tables: Collection[Name] | None) -> AsyncIterator[Counter]:
    """Every AUTO_INCREMENT column of the database (of ``tables``, where given); a query for each."""
    if info.dialect == "mysql":  # which else remembers the numbers of TABLES for a day
        await connection.execute("SET SESSION information_schema_stats_expiry = 0")
    for table, column, type_, following in await connection.fetch(query("counters")):
        name = Name("", table)
        if tables is not None and name not in tables:
            continue
        sql = f"SELECT max({quote(column)}) AS used FROM {quote(table)}"
        ((used,),) = await connection.fetch(sql)
        yield Counter(
            name,
            (f"{table}.{column}",),
            frozenset({name}),
            next=int(following or 1),
            used=None if used is None else int(used),
            last=_largest(type_),
        )


def _largest(type_: str) -> int | None:
    word = re.match(r"[a-z]*", type_)
    bits = _BITS.get(word[0] if word else "")
    if bits is None:
        return None
    return (1 << (bits if "unsigned" in type_ else bits - 1)) - 1


async def set_counter(connection: Connection, info: ServerInfo, counter: Counter) -> bool:
    """Set a table's AUTO_INCREMENT to the number that it should give next; the server never lets it be within the rows.

    Raises ``StatementFailed``, in whose text the server names the right that is missing.
    """
    value = min(counter.wanted, counter.last) if counter.last else counter.wanted
    await connection.execute(f"ALTER TABLE {quote(counter.name.name)} AUTO_INCREMENT = {value}")
    return True
