"""What stands on a type that a plan replaces or drops, and is in no copy of the tables that the plan touches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from pytest_schemadrift.dialects.base import Connection, Standing
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.names import qualified
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name


async def standing(connection: Connection, info: ServerInfo, changes: Sequence[c.Change]) -> Standing:
    """Functions, casts, and views and tables that the plan leaves alone: ``DROP TYPE`` is refused under each of them.

    The server knows them (PostgreSQL 18, "Dependency Tracking"); a copy holds what belongs to the tables of a plan.
    """
    parts = [part for whole in changes for part in c.simple_changes(whole)]
    types = dict.fromkeys(name for part in parts if (name := _type_that_goes(part)) is not None)
    if not types:
        return Standing()
    tables = dict.fromkeys(table for part in parts for table in _tables(part))
    found = await connection.fetch(
        query("standing_on_types", info.version[0]), [qualified(name) for name in types], [qualified(t) for t in tables]
    )
    return Standing(in_the_way=tuple(f"{thing} depends on type {name}" for name, thing in found))


def _type_that_goes(change: c.SimpleChange) -> Name | None:
    if not isinstance(change, c.Removal | c.ReplaceEnum):
        return None
    match change:
        case c.ReplaceEnum():
            return change.old.name
        case c.DropEnum():
            return change.enum.name
        case c.DropDomain():
            return change.domain.name
        case c.DropNamespace() | c.DropExtension() | c.DropSequence() | c.DropTable() | c.DropColumn():
            return None
        case c.DropIndex() | c.DropUnique() | c.DropPrimaryKey() | c.DropForeignKey():
            return None
        case c.DropCheck() | c.DropExclusion():
            return None
        case _:
            assert_never(change)


def _tables(change: c.SimpleChange) -> Iterator[Name]:
    """The tables of a change, by the names that they have before the plan and after it."""
    if isinstance(change, c.ReplaceEnum):
        yield from (table for table, _ in change.used_by)
    table = c.table_of(change)
    if table is not None:
        yield table
