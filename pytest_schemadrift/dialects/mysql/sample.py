"""Some rows of a live table, copied into a scratch database."""

from __future__ import annotations

from pytest_schemadrift.dialects.base import Connection, inserted
from pytest_schemadrift.dialects.mysql.names import quote
from pytest_schemadrift.schema.model import Table


async def copy_rows(live: Connection, scratch: Connection, table: Table, limit: int) -> int:
    """Copy at most ``limit`` rows, those that the scratch database refuses left out; the number that was copied."""
    stored = [column for column in table.columns if column.generated is None]
    columns = [quote(column.name) for column in stored]
    if not columns or table.name.schema:
        return 0
    name, names = quote(table.name.name), ", ".join(columns)
    order = f" ORDER BY {', '.join(map(quote, table.primary_key.columns))}" if table.primary_key else ""
    # Drivers take a VECTOR of MySQL 9 for text (asyncmy 0.2.11), so that its bytes go as digits.
    packed = [column.type.lower().startswith("vector") for column in stored]
    read = ", ".join(f"HEX({name})" if as_hex else name for name, as_hex in zip(columns, packed, strict=True))
    values = ", ".join("UNHEX(%s)" if as_hex else "%s" for as_hex in packed)
    rows = await live.fetch(f"SELECT {read} FROM {name}{order} LIMIT {limit}")
    target = f"{name} ({names})".replace("%", "%%")
    return await inserted(scratch, f"INSERT INTO {target} VALUES ({values})", rows)
