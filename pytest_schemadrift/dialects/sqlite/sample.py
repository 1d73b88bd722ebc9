"""Some rows of a live table, copied into a scratch database."""

from __future__ import annotations

from pytest_schemadrift.dialects.base import Connection, inserted
from pytest_schemadrift.dialects.sqlite.names import quote
from pytest_schemadrift.schema.model import Table


async def copy_rows(live: Connection, scratch: Connection, table: Table, limit: int) -> int:
    """Copy at most ``limit`` rows, those that the scratch database refuses left out; the number that was copied."""
    columns = [quote(column.name) for column in table.columns if column.generated is None]
    if not columns or table.kind == "virtual":
        return 0
    name, names = quote(table.name.name), ", ".join(columns)
    rows = await live.fetch(f"SELECT {names} FROM {name} LIMIT {limit}")
    return await inserted(scratch, f"INSERT INTO {name} ({names}) VALUES ({', '.join('?' * len(columns))})", rows)
