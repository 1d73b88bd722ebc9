"""Some rows of a live table, copied into a scratch database."""

from __future__ import annotations

from pytest_schemadrift.dialects.base import Connection, inserted
from pytest_schemadrift.dialects.sqlite.names import quote
from pytest_schemadrift.schema.model import Table


async def copy_rows(live: Connection, scratch: Connection, table: Table, limit: int) -> int:
    """Copy at most ``limit`` rows, those that the scratch database refuses left out; the number that was copied.

    Text goes as its bytes, and becomes text again: SQLite keeps what is no UTF-8 (or holds a NUL), Python cannot.
    A row counts before its parent is there: who calls this takes those away whose parents do not come.
    """
    columns = [quote(column.name) for column in table.columns if column.generated is None]
    if not columns or table.kind == "virtual":
        return 0
    name, names = quote(table.name.name), ", ".join(columns)
    texts = (f"iif(typeof({column}) = 'text', hex(CAST({column} AS BLOB)), {column})" for column in columns)
    number, [(enforced,)] = 0, await scratch.fetch("PRAGMA foreign_keys")
    await scratch.execute("PRAGMA foreign_keys = OFF")
    for row in await live.fetch(f"SELECT {', '.join(texts)} FROM {name} LIMIT {limit}"):
        values = ", ".join("CAST(? AS TEXT)" if isinstance(value, str) else "?" for value in row)
        arguments = tuple(bytes.fromhex(value) if isinstance(value, str) else value for value in row)
        number += await inserted(scratch, f"INSERT INTO {name} ({names}) VALUES ({values})", [arguments])
    await scratch.execute(f"PRAGMA foreign_keys = {enforced}")
    return number
