"""What may be in the way of a change, and how large a table is: what to ask SQLite for a person who decides."""

from __future__ import annotations

from pytest_schemadrift.dialects.base import Connection, Misfit, length_in
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name


def misfits(column: str, name: str, new_type: str, info: ServerInfo) -> tuple[Misfit, ...]:
    """The rows whose value in ``column`` (quoted SQL, called ``name``) is longer than the new type says.

    SQLite keeps them all the same: a length is a remark there.
    """
    length = length_in(new_type)
    if length is None:
        return ()
    return (Misfit(f"are longer than {length} in {name}", f"length(rtrim(CAST({column} AS text))) > {length}"),)


async def size(connection: Connection, info: ServerInfo, table: Name) -> tuple[int | None, int] | None:
    """Always ``None``: SQLite has no estimate, and counting would read the whole table."""
    return None
