"""When and by whom something was changed, where PostgreSQL or a log of the user's knows; nothing is guessed.

The catalog tells a time where ``track_commit_timestamp`` is on (since 9.5): that of the transaction which wrote the
object's catalog row last, whatever that was for. VACUUM and ANALYZE write such rows in place and leave no trace. A
frozen row keeps its transaction's number, which means another transaction once numbers are given a second time (after
some four billion): from then on nothing is told. Nor is it of transactions whose times are no longer kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.history import DdlLog, LastChange, Touched
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.names import qualified, quote
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.schema.capabilities import ServerInfo

_TELLS_TIMES = (
    "SELECT pg_catalog.current_setting('track_commit_timestamp') = 'on' "
    "AND pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) < 4294967296"
)
"""Whether times are kept, and no number of a transaction was ever given twice."""


async def last_changes(
    connection: Connection, info: ServerInfo, what: Sequence[Touched], log: DdlLog | None
) -> dict[Touched, tuple[LastChange, ...]]:
    """What is known of each; by the catalog, and by the log where there is one. Raises ``StatementFailed``."""
    found: dict[Touched, list[LastChange]] = {item: [] for item in what}
    asked = (
        [item.kind for item in what],
        [item.object.schema or info.default_schema for item in what],
        [item.object.name for item in what],
        [item.part for item in what],
    )
    if (await connection.fetch(_TELLS_TIMES))[0][0]:
        for place, of, at in await connection.fetch(query("last_changes", info.version[0]), *asked):
            if at is not None:
                found[what[place - 1]].append(LastChange(of, at))
    if log is not None:
        text = query("logged_changes", info.version[0]).format(
            table=qualified(log.table), object=quote(log.object), at=quote(log.at), by=quote(log.by)
        )
        for place, of, at, by in await connection.fetch(text, *asked, [item.missing for item in what]):
            if not isinstance(at, datetime) or at.tzinfo is None:
                raise StatementFailed(f"column {log.at} is not a timestamptz", sql=text)
            found[what[place - 1]].append(LastChange(of, at, by or ""))
    return {item: tuple(changes) for item, changes in found.items()}
