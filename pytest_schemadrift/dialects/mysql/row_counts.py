"""What may be in the way of a change, and how large a table is: what to ask MySQL for a person who decides."""

from __future__ import annotations

from pytest_schemadrift.dialects.base import Connection, Misfit, length_in
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name


def misfits(column: str, name: str, new_type: str, info: ServerInfo) -> tuple[Misfit, ...]:
    """The rows whose value in ``column`` (quoted SQL, called ``name``) the new type does not take as it is."""
    length = length_in(new_type)
    if length is None:
        return ()
    # Blanks at the end are no reason to fail: they are cut.
    return (Misfit(f"are longer than {length} in {name}", f"char_length(rtrim({column})) > {length}", blocks=True),)


async def size(connection: Connection, info: ServerInfo, table: Name) -> tuple[int | None, int] | None:
    """About how many rows, and how many bytes, a table has, by the server's own estimates; ``None`` for no table."""
    rows = await connection.fetch(query("size"), table.schema or info.database, table.name)
    if not rows or rows[0][1] is None:
        return None
    number, count = rows[0]
    return int(number or 0), int(count)
