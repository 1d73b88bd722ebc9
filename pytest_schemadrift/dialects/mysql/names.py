"""Names and literals of MySQL and MariaDB: how they are written, and the value of a literal as written."""

from __future__ import annotations

import re

from pytest_schemadrift.schema.name import Name

SPATIAL_TYPES = frozenset(
    [
        "geometry",
        "point",
        "linestring",
        "polygon",
        "multipoint",
        "multilinestring",
        "multipolygon",
        "geometrycollection",
        "geomcollection",
    ]
)
"""The names of types of places."""
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}
_WRITTEN = {"\\": "\\\\", "'": "''", "\0": "\\0", "\n": "\\n", "\r": "\\r", "\x1a": "\\Z"}
_NEEDS_CARE = re.compile("[\\\\'\0\n\r\x1a]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def quote(name: str) -> str:
    """An identifier in backticks, always: the list of reserved words grows with every version."""
    return "`" + name.replace("`", "``") + "`"


def qualified(name: Name) -> str:
    """A name in SQL, always quoted, its database before it unless it is the connection's default one."""
    return f"{quote(name.schema)}.{quote(name.name)}" if name.schema else quote(name.name)


def literal(text: str) -> str:
    """A string literal as SHOW CREATE TABLE writes it (backslashes count: our sessions pin ``sql_mode``)."""
    if _NEEDS_CARE.search(text) is None:
        return f"'{text}'"
    return "'" + _NEEDS_CARE.sub(lambda match: _WRITTEN[match[0]], text) + "'"


def string_value(text: str) -> str:
    """The value of a literal as written, either quote, an ``N`` in front allowed."""
    if text[:1] in "nN":
        text = text[1:]
    mark, inside = text[0], text[1:-1]
    if mark + mark in inside:
        inside = inside.replace(mark + mark, mark)
    return unescape(inside) if "\\" in inside else inside


def unescape(text: str) -> str:
    r"""Undo backslashes; ``\%`` and ``\_`` keep theirs (MySQL manual, "String Literals")."""

    def replaced(match: re.Match[str]) -> str:
        mark = match[1]
        if mark in "%_":
            return "\\" + mark
        return _ESCAPES.get(mark, mark)

    return _ESCAPE.sub(replaced, text)


def is_string(text: str) -> bool:
    """Whether a token's text is a character string (and not ``b'…'`` or ``x'…'``)."""
    return text[:1] in ("'", '"') or text[:2] in ("N'", "n'")


def bits_value(text: str) -> int | None:
    """The number that ``b'101'``, ``0b101``, ``x'1F'`` or ``0x1F`` stands for, or ``None`` for anything else."""
    lower = text.lower()
    try:
        if lower.startswith("b'") and lower.endswith("'"):
            return int(lower[2:-1] or "0", 2)
        if lower.startswith("0b"):
            return int(lower[2:], 2)
        if lower.startswith("x'") and lower.endswith("'"):
            return int(lower[2:-1] or "0", 16)
        if lower.startswith("0x"):
            return int(lower[2:], 16)
    except ValueError:
        return None
    return None


def bytes_value(text: str) -> bytes | None:
    """The bytes that ``x'…'``, ``0x…`` or ``b'…'`` stands for, or ``None``."""
    lower = text.lower()
    digits = ""
    if lower.startswith("x'") and lower.endswith("'"):
        digits = lower[2:-1]
    elif lower.startswith("0x"):
        digits = lower[2:]
    else:
        value = bits_value(text)
        if value is None:
            return None
        digits = f"{value:x}"
    try:
        return bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits)
    except ValueError:
        return None
