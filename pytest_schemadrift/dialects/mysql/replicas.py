"""Whether two servers hold the same databases because one of them, or both, repeat what another does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.errors import StatementFailed

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MARIADB_GTID = re.compile(r"(\d+)-(\d+)-\d+")
_NO_CLUSTER = "00000000-0000-0000-0000-000000000000"


class _Line(NamedTuple):
    """By which names the changes of a server are known, and whose changes it has taken over."""

    own: frozenset[str]
    followed: frozenset[str]
    is_whole: bool
    """Whether the server has told this account all of it."""


async def related(one: Connection, other: Connection) -> bool | None:
    """Whether one of two servers follows the other, or both a third; ``None`` where their accounts may not see that.

    A replica of MySQL has the UUID of its source among the GTIDs that it has executed, or (``gtid_mode`` is not ON) in
    ``performance_schema.replication_connection_status``, which needs a right; one of MariaDB has the source's
    domain and server ID in ``gtid_slave_pos`` whatever it goes by. The nodes of a Galera cluster have one state UUID.
    """
    here, there = await _line(one), await _line(other)
    if here.followed & (there.own | there.followed) or there.followed & here.own:
        return True
    return False if here.is_whole and there.is_whole else None


async def _line(connection: Connection) -> _Line:
    [(version,)] = await connection.fetch("SELECT version() AS version")
    return await (_of_mariadb if "mariadb" in str(version).lower() else _of_mysql)(connection)


async def _of_mysql(connection: Connection) -> _Line:
    [(own, executed, mode)] = await connection.fetch(
        "SELECT @@server_uuid AS uuid, @@GLOBAL.gtid_executed AS executed, @@GLOBAL.gtid_mode AS mode"
    )
    followed, is_whole = _uuids([executed]), str(mode).upper() == "ON"
    with suppress(StatementFailed):
        rows = await connection.fetch(
            "SELECT source_uuid AS source_uuid FROM performance_schema.replication_connection_status"
        )
        followed, is_whole = followed | _uuids(value for (value,) in rows), True
    return _Line(_uuids([own]), followed - _uuids([own]), is_whole)


async def _of_mariadb(connection: Connection) -> _Line:
    [(made, taken)] = await connection.fetch(
        "SELECT @@GLOBAL.gtid_binlog_pos AS made, @@GLOBAL.gtid_slave_pos AS taken"
    )
    cluster = {str(value) for _, value in await connection.fetch("SHOW STATUS LIKE 'wsrep_cluster_state_uuid'")}
    cluster -= {"", _NO_CLUSTER}
    return _Line(_sources(made), _sources(taken) | cluster, is_whole=True)


def _uuids(texts: Iterable[object]) -> frozenset[str]:
    return frozenset(found.lower() for text in texts for found in _UUID.findall(str(text or "")))


def _sources(position: object) -> frozenset[str]:
    """Domain and server of each GTID, without its number."""
    return frozenset(f"{domain}-{server}" for domain, server in _MARIADB_GTID.findall(str(position or "")))
