"""The text of our catalog queries, one file each.

Whoever may create in a schema of the search path can make a function or an operator there that fits a call better than
the server's own (release notes of 10.3, CVE-2018-1058), and it would run as the role that asks. So every function is
named with its schema, and both sides of an operator have the types of one of the server's own: a number beside an
``oid`` is a literal (``'0'``), and one beside ``->>`` or ``LIKE`` a text. The answers are of types that the driver
knows, or it asks the server in words of its own, which are not so careful.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_SINCE = re.compile(r"/\*(\d\d)\*/(.*?)/\*else (.*?)\*/", re.DOTALL)


@cache
def _query_text(name: str) -> str:
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")


@cache
def query(name: str, major: int) -> str:
    """The text of a catalog query for a server's major version.

    ``/*15*/ new /*else old */`` in the file is what exists since version 15, and what to ask before.
    """
    return _SINCE.sub(lambda match: match[2] if major >= int(match[1]) else match[3], _query_text(name))
