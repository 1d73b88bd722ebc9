"""Queries over rows: no function of the user's that they call writes, or leaves its database.

Row security, casts and the expressions of models call such functions. That a transaction is read-only keeps them from
writing into this database, and not from another one (``dblink``), from files or from programs.
"""

from __future__ import annotations

import re
from typing import Any

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.postgres.adapter import Fetch
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.connection import wrap
from pytest_schemadrift.dialects.postgres.outside import leaving
from pytest_schemadrift.dialects.postgres.server_info import DEFAULT_INFO
from pytest_schemadrift.errors import StatementFailed

_CALLED = re.compile(r"([\w$]+)\"?\s*\(")
_OWN = re.compile(r'\bONLY (?:"(?:[^"]|"")*"\.)?"(?:[^"]|"")*"')
_NAME = re.compile(r'"((?:[^"]|"")*)"')
_AT_ONCE = {"jit": "off"}
"""What a query calls is asked of few rows, but looks so costly to the planner that it compiles the question: a tenth of
a second, or a second and more, for each table or sequence (seen in 15)."""
_HINT = "let a role read them that row security does not hold back"
_ON_OTHER_SERVER = "query them yourself: what they depend on over there cannot be seen from here"


async def look(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    """The answer to a query over rows. Raises ``StatementFailed``, as where a function would write or reach outside."""
    try:
        async with wrap(connection).reading(_AT_ONCE) as fetch:
            found, far = await _leaves(fetch, sql)
            if far:
                raise StatementFailed(f"reading these rows would ask another server, for {far}", hint=_ON_OTHER_SERVER)
            if found:
                raise StatementFailed(f"reading these rows would call {found}", sql=sql, hint=_HINT)
            return await fetch(sql)
    except StatementFailed as error:
        if not error.what.endswith("in a read-only transaction"):
            raise
        raise StatementFailed(
            f"reading these rows would write, by a function of row security or of a cast ({error.what})",
            sql=sql,
            where=error.where,
            hint=_HINT,
        ) from None


async def _leaves(fetch: Fetch, sql: str) -> tuple[str, str]:
    """What a query would call that leaves the database, in words, and the tables of other servers that it would read.

    A foreign table may stand for a view there, whose functions write where no transaction of ours reaches.
    """
    major = DEFAULT_INFO.version[0]
    names = sorted({name.replace('""', '"') for name in _NAME.findall(_OWN.sub("", sql))})
    answers = await fetch(query("reading", major), sql, sorted({*_CALLED.findall(sql)}), names)
    texts = [text for text, _ in answers if text is not None]
    far = ", ".join(sorted(table for _, table in answers if table is not None))
    return (leaving("\n".join([sql, *texts]), await fetch(query("functions", major))) if texts else ""), far
