"""MERGE tables over what a plan changes: they open only while every table in UNION has their columns and keys."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.mysql.names import quote
from pytest_schemadrift.dialects.mysql.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import QUOTED
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.schema import changes as c

_MERGED = "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND engine = 'MRG_MYISAM'"
_UNSEEN = c.SetTableComment | c.SetColumnComment | c.AlterColumnDefault | c.CreateTable
"""What the engine does not compare (manual, "MERGE Table Problems")."""


async def unions_over(connection: Connection, changes: Sequence[c.Change]) -> list[str]:
    """The MERGE tables that cannot be opened once these changes are made (error 1168), in words."""
    parts = [part for whole in changes for part in c.simple_changes(whole) if not isinstance(part, _UNSEEN)]
    names = {change.new: change.old for change in parts if isinstance(change, c.RenameTable)}
    changed = {name for part in parts if (name := c.table_of(part)) is not None}
    tables = {names.get(name, name).name for name in changed if not name.schema}
    if not tables:
        return []
    found = []
    for (name,) in await connection.fetch(_MERGED):
        for table in sorted(tables & await _union_of(connection, str(name))):
            found.append(f"table {name} (ENGINE=MRG_MYISAM) has {table} in its UNION")
    return found


async def _union_of(connection: Connection, name: str) -> set[str]:
    try:
        [(_, sql, *_)] = await connection.fetch(f"SHOW CREATE TABLE {quote(name)}")
    except StatementFailed:
        return set()  # it cannot be opened now
    tokens = tokenize(str(sql))
    starts = [place for place, token in enumerate(tokens) if token.upper == "UNION"]
    return {token.text for token in tokens[starts[-1] :] if token.kind == QUOTED} if starts else set()
