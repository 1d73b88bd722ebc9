"""Database defaults as Python values, where a framework writes the value back as the server means it."""

from __future__ import annotations

import re
from decimal import Decimal

from pytest_schemadrift.codegen.emit import Node, call, string

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_CAST_NUMBER = re.compile(r"'(-?\d+(?:\.\d+)?)'::(?:integer|bigint|smallint|numeric|double precision|real)")
_STRING = re.compile(r"'((?:[^'\\]|'')*)'(?:::(?:text|character varying)(?:\(\d+\))?)?")
_SAFE = re.compile(r"[\w .,:;/@#!?*()\[\]{}<>=+|&$^~-]*")
_TRUTHS = {"true": "True", "false": "False", "1": "True", "0": "False"}
NOW = {"postgres": "CURRENT_TIMESTAMP", "mysql": "CURRENT_TIMESTAMP(6)", "sqlite": "CURRENT_TIMESTAMP"}


def python_default(sql: str, python: str) -> Node | None:
    """The Python value of a default's SQL for a field that reads ``python``; ``None`` where it is best left in SQL."""
    if python in ("int", "float", "decimal"):
        found = _CAST_NUMBER.fullmatch(sql)
        return _number(found[1] if found else sql, python)
    if python == "bool":
        return _TRUTHS.get(sql.lower())
    if python == "str" and (found := _STRING.fullmatch(sql)):
        text = found[1].replace("''", "'")
        return string(text) if _SAFE.fullmatch(text) else None
    return None


def _number(text: str, python: str) -> Node | None:
    if not _NUMBER.fullmatch(text):
        return None
    if python == "decimal":
        return call("Decimal", string(text)) if str(Decimal(text)) == text else None
    if python == "float":
        return text if "." in text and repr(float(text)) == text else None
    return text if "." not in text and str(int(text)) == text else None
