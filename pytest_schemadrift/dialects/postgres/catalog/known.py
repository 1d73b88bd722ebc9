"""A dump that is left out where its rows are known.

What makes a schema of rows is imported only where one has to be made: a guard at the start of an application mostly
knows them.
"""

from __future__ import annotations

from pytest_schemadrift.dialects.base import Connection, IsKnown, digest_of
from pytest_schemadrift.dialects.postgres.catalog.ask import ask
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Schema


async def dump_unless_known(connection: Connection, info: ServerInfo, is_known: IsKnown) -> tuple[str, Schema | None]:
    """A digest of all that the live schema is made of, and the schema unless that is known; as ``dump``."""
    info, answers = await ask(connection, info, None)
    digest = digest_of({"schemas": [info.only_schemas], **answers})
    if is_known(digest):
        return digest, None
    from pytest_schemadrift.dialects.postgres.catalog.dump import made

    return digest, made(info, answers, limited=False)
