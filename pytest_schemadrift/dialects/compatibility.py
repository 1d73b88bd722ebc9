"""Whether a type takes every value that another takes, and gives it back as the same kind of value.

For databases with types that hold what they say (PostgreSQL, MySQL, MariaDB).
"""

from __future__ import annotations

import re

from pytest_schemadrift.schema.capabilities import Compatibility
from pytest_schemadrift.schema.model import Column, Table

_TYPE = re.compile(r"(?P<base>[a-z ]+?)(?:\((?P<numbers>\d+(?:, ?\d+)?)\))?(?P<unsigned> unsigned)?")
_ONE_NAME = {
    "character": "char",
    "character varying": "varchar",
    "binary varying": "varbinary",
    "integer": "int",
    "numeric": "decimal",
}
_INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
_TEXTS = ("tinytext", "text", "mediumtext", "longtext")
_BLOBS = ("tinyblob", "blob", "mediumblob", "longblob")
_TINY = 255
"""Bytes of MySQL's smallest text; every VARCHAR fits into the next (manual, "String Type Storage Requirements")."""
_BYTES_OF_CHARACTER = 4
_BOTH = 2
"""A number's digits, and how many of them are a fraction."""


def compatibility(old: Column, new: Column, _: Table) -> Compatibility:
    """What a column does with the values of another one, by their types."""
    if old.type == new.type:
        return Compatibility.SAME
    return Compatibility.WIDER if is_wider(old.type, new.type) else Compatibility.INCOMPATIBLE


def is_wider(there: str, wanted: str) -> bool:
    """Whether ``there`` is the kind of type that ``wanted`` is, for more values.

    Blanks at the end are the difference of CHAR and VARCHAR: what is wanted as VARCHAR does not fit into a CHAR.
    A longer BINARY is another type: it is filled with zero bytes, which come back with every value (MySQL manual,
    "The BINARY and VARBINARY Types").
    """
    left, right = _TYPE.fullmatch(there.lower()), _TYPE.fullmatch(wanted.lower())
    if left is None or right is None or left["unsigned"] != right["unsigned"]:
        return False
    old, new = (_ONE_NAME.get(match["base"], match["base"]) for match in (left, right))
    room, needed = (tuple(map(int, re.findall(r"\d+", match["numbers"] or ""))) for match in (left, right))
    for family in (_INTEGERS, _TEXTS, _BLOBS):
        if old in family and new in family:
            return family.index(old) > family.index(new)
    if old == new == "decimal":
        return _has_more_digits(room, needed)
    return (old, new) == ("longtext", "json") or _has_more_characters(old, room, new, needed)  # which MariaDB calls one


def _has_more_digits(room: tuple[int, ...], needed: tuple[int, ...]) -> bool:
    if len(room) < _BOTH or len(needed) < _BOTH:
        return not room and bool(needed)  # as many as there are (PostgreSQL)
    return room != needed and room[1] >= needed[1] and room[0] - room[1] >= needed[0] - needed[1]


def _has_more_characters(old: str, room: tuple[int, ...], new: str, needed: tuple[int, ...]) -> bool:
    if old == "varchar" and not room:  # as many as there are (PostgreSQL)
        return new == "text" or (new in ("char", "varchar") and bool(needed))
    if len(needed) != 1:
        return False
    if new in ("char", "varchar") and old in _TEXTS:
        return old != "tinytext" or needed[0] * _BYTES_OF_CHARACTER <= _TINY
    if (old, new) == ("varchar", "char"):
        return room >= needed
    return old == new and old in ("char", "varchar", "varbinary") and room > needed
