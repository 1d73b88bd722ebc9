"""A dump that is left out where its rows are known: the server digests them, and they stay there.

What makes a schema of rows is imported only where one has to be made: a guard at the start of an application mostly
knows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_schemadrift.dialects.at_once import Answer, answered
from pytest_schemadrift.dialects.base import Connection, IsKnown, Meanwhile
from pytest_schemadrift.dialects.postgres.catalog.ask import asking, digest_of
from pytest_schemadrift.dialects.postgres.server_info import info_of
from pytest_schemadrift.schema.capabilities import ServerInfo

if TYPE_CHECKING:
    from pytest_schemadrift.schema.model import Schema


async def dump_unless_known(
    connection: Connection, info: ServerInfo, is_known: IsKnown | None, meanwhile: Meanwhile
) -> tuple[str, Schema | None]:
    """A digest of all that the live schema is made of, and the schema unless that is known; as ``dump``."""
    async with asking(connection, info, None) as questions:
        if is_known is None:
            meanwhile()
            answers, digest = await questions.answers_and_digest()
        else:
            digest = await answered(questions.digest(), meanwhile)
            if is_known(digest):
                return digest, None
            answers = await questions.answers()
    from pytest_schemadrift.dialects.postgres.catalog.dump import made

    return digest, made(questions.info, answers, limited=False)


def told_at_once(answer: Answer) -> tuple[ServerInfo, str]:
    """The facts, and the digest that ``dump_unless_known`` would have."""
    info = info_of(answer.facts)
    return info, digest_of(info, answer.digests)
