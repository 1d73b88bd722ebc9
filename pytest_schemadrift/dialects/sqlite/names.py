"""Names and literals of SQLite: how they are written, and when two names are one."""

from __future__ import annotations

import re
from functools import lru_cache

_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


def quote(name: str) -> str:
    """An identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def quote_needed(name: str) -> str:
    """A name of SQLite's own (a collation, a module), in quotes only where it needs them."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else quote(name)


def literal(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"


@lru_cache(maxsize=16384)
def fold(name: str) -> str:
    """What SQLite compares names by: ASCII letters in lower case, all others as they are."""
    return name.lower() if name.isascii() else name.translate(_LOWER)


def upper(text: str) -> str:
    """ASCII letters in upper case, all others as they are (``str.upper`` would make SS of ß)."""
    return text.upper() if text.isascii() else text.translate(_UPPER)


def unquote(text: str) -> str:
    """The name inside ``"…"``, `` `…` ``, ``[…]`` or ``'…'``; SQLite takes all four (S12)."""
    mark = text[0]
    if mark == "[":
        return text[1:-1]
    return text[1:-1].replace(mark * 2, mark) if mark in "\"`'" else text
