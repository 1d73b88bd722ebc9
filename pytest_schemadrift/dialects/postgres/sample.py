"""Some rows of a live table, copied into a scratch database through JSON, which every type goes through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_schemadrift.dialects.base import Connection, inserted
from pytest_schemadrift.dialects.postgres.looking import look
from pytest_schemadrift.dialects.postgres.names import qualified, quote
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.schema.model import Table

_TOGETHER = 1 << 20
"""Characters of rows that are sent in one statement; a single row may be longer."""


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
    insert = f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM pg_catalog."
    number = 0
    for some in _batches(text for (text,) in rows):
        try:
            # One statement inserts all of its rows or none, whereas each row alone takes two round trips.
            await scratch.fetch(f"{insert}json_populate_recordset(NULL::{name}, $1::json)", f"[{','.join(some)}]")
            number += len(some)
        except StatementFailed:
            one = f"{insert}json_populate_record(NULL::{name}, $1::json)"
            number += await inserted(scratch, one, [(text,) for text in some])
    return number


def _batches(rows: Iterable[str]) -> Iterator[list[str]]:
    """The rows in their order, as many together as ``_TOGETHER`` allows."""
    some: list[str] = []
    length = 0
    for text in rows:
        if some and length + len(text) > _TOGETHER:
            yield some
            some, length = [], 0
        some.append(text)
        length += len(text)
    if some:
        yield some
