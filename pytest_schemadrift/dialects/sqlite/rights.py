"""Which rights on the file are missing: SQLite writes the file itself, and a journal beside it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from pytest_schemadrift.dialects.base import Connection, MissingRight
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name


async def missing_rights(
    connection: Connection, info: ServerInfo, tables: Collection[Name]
) -> tuple[MissingRight, ...]:
    """What keeps this user from changing the database; nothing does of one in memory."""
    return tuple(_missing(Path(info.database)))


def _missing(path: Path) -> Iterator[MissingRight]:
    if not path.is_file():
        return
    for place, what in ((path, str(path)), (path.parent, f"a journal beside it, in {path.parent}")):
        if not os.access(place, os.W_OK):
            to_do = f"make {place} writable for this user, and its file system"
            yield MissingRight("apply", f"may not write {what}", "", to_do)
