"""What may be in the way of a change, and how large a table is: what to ask PostgreSQL for a person who decides."""

from __future__ import annotations

from pytest_schemadrift.dialects.base import Connection, Misfit, length_in
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.names import literal, qualified
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.name import Name

CHECKS_INPUT_SINCE = 16
"""``pg_input_is_valid`` (release notes of 16)."""


def misfits(column: str, name: str, new_type: str, info: ServerInfo) -> tuple[Misfit, ...]:
    """The rows whose value in ``column`` (quoted SQL, called ``name``) the new type does not take as it is."""
    length = length_in(new_type)
    if length is not None:
        # Blanks at the end are no reason to fail: they are cut.
        too_long = f"char_length(rtrim(CAST({column} AS text))) > {length}"
        return (Misfit(f"are longer than {length} in {name}", too_long, blocks=True),)
    if info.version < (CHECKS_INPUT_SINCE,):
        return ()
    invalid = f"{column} IS NOT NULL AND NOT pg_catalog.pg_input_is_valid({column}::text, {literal(new_type)})"
    return (Misfit(f"have a value in {name} that is no {new_type}", invalid),)


async def size(connection: Connection, info: ServerInfo, table: Name) -> tuple[int | None, int] | None:
    """About how many rows, and how many bytes, a table has, by the server's own estimates; ``None`` for no table."""
    rows = await connection.fetch(query("size", info.version[0]), qualified(table))
    if not rows or rows[0][1] is None:
        return None
    number, count = rows[0]
    return (None if number < 0 else int(number)), int(count)
