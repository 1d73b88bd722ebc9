"""The text of our catalog queries, one file each."""

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
