"""The text of triggers, routines and events as somebody wrote it.

``information_schema`` has read the literals of a body: their backslashes are gone, a quote that one of them hid ends
the literal, and character sets before them are left out (MySQL 9.7: all of this; MariaDB 11.8 writes such a quote
twice). Such a text means something else, or nothing. SHOW CREATE has the original.
"""

from __future__ import annotations

import re

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.mysql.names import quote
from pytest_schemadrift.errors import StatementFailed

_NAME = r"""(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|[\w$.]+)"""
_TO_BODY = re.compile(
    rf"""(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|'(?:[^']|'')*'|/\*(?!M?!).*?\*/|(?:--\s|\#)[^\n]*\n|[^`"'])*?
    \bFOR\s+EACH\s+ROW\b\s*(?:(?:FOLLOWS|PRECEDES)\s+{_NAME}\s*)?""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_PLACE_OF_TEXT = {"trigger": 2, "function": 2, "procedure": 2, "event": 3}


async def as_written(connection: Connection, kind: str, database: str, name: str, read: str) -> str:
    """The body of a trigger, or the statement that makes a routine or event, where ``read`` has lost what it said.

    ``read`` itself where it has no literal, and where the account may not see more.
    """
    place = _PLACE_OF_TEXT.get(kind)
    if place is None or not {"'", '"'} & set(read):
        return read
    try:
        ((*values,),) = await connection.fetch(f"SHOW CREATE {kind.upper()} {quote(database)}.{quote(name)}")
    except StatementFailed:  # gone meanwhile, or the account may not see it
        return read
    text = str(values[place] or "")
    if kind != "trigger":
        return text or read
    found = _TO_BODY.match(text)
    return text[found.end() :] if found else read
