"""Some rows of a live table, copied into a scratch database through JSON, which every type goes through."""

from __future__ import annotations

from pytest_schemadrift.dialects.base import Connection, inserted
from pytest_schemadrift.dialects.postgres.looking import look
from pytest_schemadrift.dialects.postgres.names import qualified, quote
from pytest_schemadrift.schema.model import Table


async def copy_rows(live: Connection, scratch: Connection, table: Table, limit: int) -> int:
    """Copy at most ``limit`` rows, those that the scratch database refuses left out; the number that was copied."""
    columns = ", ".join(quote(column.name) for column in table.columns if column.generated is None)
    if not columns or table.partition_of is not None or table.kind == "foreign":
        return 0  # the rows of a partition come with those of its parent
    key = table.primary_key
    order = f" ORDER BY {', '.join(map(quote, key.columns))}" if key else ""
    name = qualified(table.name)
    # ``r.*`` is the row, where ``r`` could be a column of that name.
    rows = await look(
        live,
        f"SELECT pg_catalog.row_to_json(r.*)::text FROM (SELECT {columns} FROM {name}{order} LIMIT {limit}) AS r",
    )
    sql = (
        f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE "
        f"SELECT {columns} FROM pg_catalog.json_populate_record(NULL::{name}, $1::json)"
    )
    return await inserted(scratch, sql, rows)
