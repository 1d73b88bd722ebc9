"""A dump that is left out where its rows are known: the server digests them, and they stay there.

What makes a schema of rows is imported only where one has to be made: a guard at the start of an application mostly
knows them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from pytest_schemadrift.dialects.base import Connection, IsKnown, Meanwhile
from pytest_schemadrift.dialects.postgres.catalog.ask import (
    PINNED,
    QUERIES,
    asking,
    digest_of,
    digesting,
    of_all_tables,
    query_of,
)
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.connection import PINNED as PINNED_ALWAYS
from pytest_schemadrift.dialects.postgres.connection import values, wrap
from pytest_schemadrift.dialects.postgres.server_info import info_of
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.schema.capabilities import ServerInfo

if TYPE_CHECKING:
    from pytest_schemadrift.schema.model import Schema

T = TypeVar("T")


async def dump_unless_known(
    connection: Connection, info: ServerInfo, is_known: IsKnown, meanwhile: Meanwhile
) -> tuple[str, Schema | None]:
    """A digest of all that the live schema is made of, and the schema unless that is known; as ``dump``."""
    async with asking(connection, info, None) as questions:
        digest = await _answered(questions.digest(), meanwhile)
        if is_known(digest):
            return digest, None
        answers = await questions.answers()
    from pytest_schemadrift.dialects.postgres.catalog.dump import made

    return digest, made(questions.info, answers, limited=False)


async def facts_and_digest(connection: Connection, meanwhile: Meanwhile) -> tuple[ServerInfo, str] | None:
    """What the server is, and the digest of all that the live schema is made of, in one round trip.

    ``None`` where one statement cannot tell: within a transaction of the user's, and where no schema of the search path
    exists.
    """
    try:
        rows = await _answered(wrap(connection).in_one_go(_at_once), meanwhile)
    except StatementFailed:
        return None
    ((facts, found),) = rows or (("", ""),)
    told = [list(row) for row in re.findall(r"([a-z]+) (\d+) ([0-9a-f]{64})", found)]
    if len(told) != len(QUERIES):
        return None
    info = info_of([*json.loads(bytes.fromhex(facts)).values()])
    return info, digest_of(info, told)


async def _answered(answer: Awaitable[T], meanwhile: Meanwhile) -> T:
    """An answer, with what the caller does while the server needs longer than that."""
    asked = asyncio.ensure_future(answer)
    try:
        await asyncio.sleep(0)  # it is on its way to the server
        meanwhile()
        return await asked
    except BaseException:
        asked.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await asked
        raise


def _at_once(major: int) -> str:
    texts = of_all_tables({name: query_of(name, major, (), ()) for name in QUERIES})
    settings = {**PINNED_ALWAYS, **PINNED, "transaction_read_only": "on"}
    return _AT_ONCE.format(facts=query("facts", major), settings=values(settings), digesting=digesting(texts))


_AT_ONCE = """
WITH told AS MATERIALIZED (
    SELECT row_to_json(f)::text AS facts, f.schema FROM (
{facts}
) AS f
), pinned AS MATERIALIZED (
    SELECT t.facts, count(set_config(n.name, n.value, true)) AS number
      FROM told t
     CROSS JOIN LATERAL (VALUES ('search_path', format('%I, pg_temp', t.schema)), {settings}) AS n (name, value)
     WHERE current_setting(n.name, true) IS NOT NULL
     GROUP BY t.facts
)
SELECT encode(convert_to(p.facts, 'UTF8'), 'hex'), (
    SELECT string_agg(s.word, ' ') FROM ts_stat(CASE WHEN p.number > 0 THEN $digesting$
        SELECT array_to_tsvector(array_agg(concat_ws(' ', d.name, d.number, d.digest))) FROM (
{digesting}
        ) AS d
    $digesting$ END) AS s
) FROM pinned p
"""
"""The facts, then the settings that ``asking`` has, for this statement alone, then the digests.

Each needs what comes before it. ``ts_stat`` runs the text of a query and answers its words (documentation, "Gathering
Document Statistics"): that is read and planned only when its turn comes, so the settings say what it means, and that it
is not compiled first, which may take longer than all the rest.
"""
