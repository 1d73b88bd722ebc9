"""What a dump asks of the library: five queries.

It imports little: a guard at the start of an application mostly needs no more than their digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.dialects.at_once import Answer, answered, digest_of
from pytest_schemadrift.dialects.sqlite.catalog.queries import query
from pytest_schemadrift.dialects.sqlite.connection import wrap
from pytest_schemadrift.dialects.sqlite.server_info import read_server_info
from pytest_schemadrift.schema.capabilities import ServerInfo

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.base import Connection


async def ask_at_once(connection: object, meanwhile: Callable[[], object]) -> Answer | None:
    """What the library and the file are, and the digest of all rows that the live schema is made of.

    ``connection`` is anything that ``wrap`` takes.
    """
    session = wrap(connection)
    info = await answered(read_server_info(session), meanwhile)
    return Answer([info], [["rows", digest_of_answers(await ask(session))]])


def told_at_once(answer: Answer) -> tuple[ServerInfo, str]:
    """The facts, and the digest that ``dump_unless_known`` would have."""
    ((_, digest),) = answer.digests
    return answer.facts[0], digest


async def ask(connection: Connection) -> dict[str, list[Any]]:
    """The rows of each query."""
    names = ("objects", "kinds", "columns", "indexes", "foreign_keys")
    return {name: await connection.fetch(query(name)) for name in names}


def digest_of_answers(answers: Mapping[str, list[Any]]) -> str:
    """What stands for all rows; VACUUM puts the objects in another order, and changes none."""
    objects = sorted((kind, name, sql or "") for kind, name, sql in answers["objects"])
    return digest_of({**answers, "objects": objects})
