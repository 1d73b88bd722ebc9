"""A dump that is left out where its rows are known: the server digests them, and they stay there.

What makes a schema of rows is imported only where one has to be made: a guard at the start of an application mostly
knows them.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from pytest_schemadrift.dialects.base import Connection, IsKnown, Meanwhile
from pytest_schemadrift.dialects.postgres.catalog.ask import asking
from pytest_schemadrift.schema.capabilities import ServerInfo

if TYPE_CHECKING:
    from pytest_schemadrift.schema.model import Schema


async def dump_unless_known(
    connection: Connection, info: ServerInfo, is_known: IsKnown, meanwhile: Meanwhile
) -> tuple[str, Schema | None]:
    """A digest of all that the live schema is made of, and the schema unless that is known; as ``dump``."""
    async with asking(connection, info, None) as questions:
        asked = asyncio.ensure_future(questions.digest())
        try:
            await asyncio.sleep(0)  # it is on its way to the server, which needs longer than the caller
            meanwhile()
            digest = await asked
        except BaseException:
            asked.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await asked
            raise
        if is_known(digest):
            return digest, None
        answers = await questions.answers()
    from pytest_schemadrift.dialects.postgres.catalog.dump import made

    return digest, made(questions.info, answers, limited=False)
