"""Whether a default written for one type can be that of a column of another, where only one of the two changes."""

from __future__ import annotations

from decimal import Decimal

from pytest_schemadrift.dialects.postgres.read.grammar import read
from pytest_schemadrift.dialects.postgres.read.simplify import simplify
from pytest_schemadrift.dialects.postgres.read.types import base_type, modifier_numbers
from pytest_schemadrift.schema.model import Expression

_BITS = {"smallint": 15, "integer": 31, "bigint": 63}
_TEXTS = ("text", "character varying", "character")
_MADE = {
    "true": ("boolean",),
    "false": ("boolean",),
    "current_timestamp": ("timestamp with time zone", "timestamp without time zone", "date"),
    "current_date": ("timestamp with time zone", "timestamp without time zone", "date"),
    "gen_random_uuid": ("uuid",),
}
"""What words and functions make, and which types take it by assignment."""


def fits(type_: str, value: Expression) -> bool:
    """Whether a column of this type surely takes a default, and new rows can have it.

    Anything else may be an error of the server (*column "a" is of type integer but default expression is of type
    text*), or one at every INSERT, where the value is too long or too large.
    """
    tree = read(value.sql, "")
    if tree is None:
        return False
    node, kind, cast = simplify(tree, {}), base_type(type_), ""
    if node.kind == "cast":
        node, cast = node.parts[0], node.text
    if node.kind == "string":
        if kind in _TEXTS and base_type(cast or "text") in _TEXTS:
            room = modifier_numbers(type_)
            return not room or len(node.text) <= room[0]
        return bool(cast) and cast == type_
    if node.kind == "number":
        return _has_room(type_, kind, Decimal(node.text))
    return kind in _MADE.get(node.text, ()) and not cast


def _has_room(type_: str, kind: str, number: Decimal) -> bool:
    if kind in _BITS:
        return number == number.to_integral_value() and -(1 << _BITS[kind]) <= number < 1 << _BITS[kind]
    if kind == "numeric":
        room = modifier_numbers(type_)
        return not room or abs(number) < 10 ** (room[0] - (room[1] if len(room) > 1 else 0))
    return kind in ("real", "double precision")
