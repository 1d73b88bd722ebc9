"""Defaults: a literal is compared as the value that the column gets, whatever casts stand around it (P1 to P7)."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from pytest_schemadrift.dialects.postgres.names import printed_literal
from pytest_schemadrift.dialects.postgres.read.expressions import key_of, plain_key
from pytest_schemadrift.dialects.postgres.read.grammar import read
from pytest_schemadrift.dialects.postgres.read.simplify import simplify
from pytest_schemadrift.dialects.postgres.read.tree import Node, text_of
from pytest_schemadrift.dialects.postgres.read.types import base_type, default_storage
from pytest_schemadrift.schema.model import Expression

_INTEGERS = frozenset(["smallint", "integer", "bigint"])
_FLOATS = frozenset(["real", "double precision"])
_TRUE = frozenset(["t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"])
_FALSE = frozenset(["f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"])
_TEXTS = frozenset(["text", "character varying"])
_TEXT_ARRAYS = frozenset(f"{kind}[]" for kind in _TEXTS)
_BLANK_PADDED = frozenset(["character", "bpchar"])
"""What loses its spaces at the end where it becomes one of ``_TEXTS`` (documentation, 8.3)."""
_FROM_TEXT = frozenset(
    (*_INTEGERS, *_FLOATS, "numeric", "boolean", "uuid", "json", "jsonb", "inet", "cidr", "name", '"char"')
)
"""What reads a text by its input function, whenever it does, and no setting of the session has a say in it."""
_LABEL = re.compile(r"[^\W\d](?:[^\W\d]|[ -])*\Z")
_MOVING = frozenset(["now", "today", "tomorrow", "yesterday"])
"""What says another thing at another time, where a type is made of dates."""
_PLAIN_NUMBER = re.compile(r"(?:0|-?[1-9]\d*)(?:\.\d+)?\Z")
_TIMESTAMP = "timestamp without time zone"
_NAME_BYTES = 63
_TEXT_TYPE = re.compile(r"(text|character varying|character|bpchar)(?:\((\d+)\))?\Z")
_COERCED = frozenset(["character varying", "character", "bpchar", "numeric", "bit", '"bit"', "bit varying"])
"""Types with a length: there the server keeps DEFAULT NULL as a cast of NULL."""
_ARRAY_ELEMENT = r'"(?:[^"\\]|\\.)*"|[^\s",{}\\]+(?:[ ]+[^\s",{}\\]+)*'
_ARRAY_LITERAL = re.compile(rf"\{{\s*(?:(?:{_ARRAY_ELEMENT})(?:\s*,\s*(?:{_ARRAY_ELEMENT}))*)?\s*\}}\Z")


@lru_cache(maxsize=8192)
def default_of(sql: str, column_type: str, default_schema: str, *, keeps_null: bool = False) -> Expression | None:
    """A column's default; ``None`` for DEFAULT NULL, which is no default at all (P7).

    ``keeps_null`` says that the type is a domain: there DEFAULT NULL hides the domain's own default, and is kept by
    the server, as a cast of NULL to what the domain is made of.
    """
    tree = read(sql, default_schema)
    if tree is None:
        return Expression(sql, plain_key(sql))
    node = simplify(tree, {})
    null = Node("word", "null")
    if keeps_null and (node == null or (node.kind == "cast" and node.parts[0] == null)):
        return Expression(sql, "null")
    if node == null or (node.kind == "cast" and node.text in _COERCED and node.parts[0] == null):
        return None
    return Expression(sql, _key(node, column_type, default_schema))


def domain_default_of(sql: str, base_type: str, default_schema: str) -> Expression | None:
    """A domain's own default; NULL is none, however the server casts it."""
    found = default_of(sql, base_type, default_schema, keeps_null=True)
    return found if found is not None and found.key != "null" else None


def _key(node: Node, column_type: str, default_schema: str) -> str:
    kind = base_type(column_type)
    node = _bare(node, kind)
    if node.kind == "string":
        return value_key(node.text, column_type)
    if _is_truth(node) and kind in _TEXTS | _BLANK_PADDED:
        return value_key(node.text, column_type)
    if node.kind == "number" and kind in _TEXTS and _PLAIN_NUMBER.match(node.text):
        return value_key(node.text, column_type)
    if node.kind == "number":
        return _number_key(Decimal(node.text), column_type)
    if node.kind == "array" and kind.endswith("[]"):
        parts = tuple(_bare(part, kind[:-2]) for part in node.parts)
        listed = kind[:-2] in _TEXTS | _INTEGERS and all(_is_plain_element(part) for part in parts)
        if parts and (listed or all(part.kind == "string" and _is_label(part.text, kind[:-2]) for part in parts)):
            quoted = ",".join(f'"{part.text}"' for part in parts)
            return value_key(f"{{{quoted}}}", column_type)
        return text_of(Node("array", "", parts)) if parts else value_key("{}", column_type)
    if node.kind == "call" and node.text == "nextval" and len(node.parts) == 1 and node.parts[0].kind == "string":
        return f"nextval({printed_literal(sequence_text(node.parts[0].text, default_schema))})"
    return text_of(node)


def _is_truth(node: Node) -> bool:
    """Whether it is a boolean, which becomes one of these words as a text."""
    return node.kind == "word" and node.text in ("true", "false")


def _is_label(value: str, kind: str) -> bool:
    """Whether a text is read as one and the same value of a type of somebody's own (an enum), whenever it is read."""
    own = default_storage(kind) is None and not kind.startswith("reg")
    return own and _LABEL.match(value) is not None and value.lower() not in _MOVING


def _is_plain_element(node: Node) -> bool:
    """Whether an element of ARRAY[…] stands in a literal of an array as it is, between quotes."""
    return node.kind in ("string", "number") and not re.search(r'["\\]', node.text)


def _bare(node: Node, kind: str) -> Node:
    """A literal without a cast to the column's own type, or of a number to another kind of number."""
    if node.kind != "cast":
        return node
    inner = node.parts[0]
    if node.text == kind and inner.kind == "cast" and inner.text in _TEXTS and inner.parts[0].kind == "string":
        text = inner.parts[0]
        fixed = kind in _FROM_TEXT or _is_moment(text.text, kind) or _is_label(text.text, kind)
        return text if fixed else node
    if _is_truth(inner) and node.text in _TEXTS and kind in _TEXTS | _BLANK_PADDED:
        return inner
    if inner.kind == "string" and kind in ("name", '"char"') and node.text in _TEXTS:
        short = 1 if kind == '"char"' else _NAME_BYTES
        return inner if inner.text.isascii() and len(inner.text) <= short and "\\" not in inner.text else node
    if (
        inner.kind == "string"
        and kind in ("date", _TIMESTAMP)
        and node.text in ("date", _TIMESTAMP)
        and node.text != kind
    ):
        return inner._replace(text=inner.text[:10]) if _is_moment(inner.text, node.text) else node
    if inner.kind == "string" and kind in _TEXTS | _BLANK_PADDED:
        value = _text_value(inner.text, node.text, kind)
        return node if value is None else inner._replace(text=value)
    if inner.kind == "string" and kind in _TEXT_ARRAYS and node.text in _TEXT_ARRAYS:
        return inner
    if inner.kind == "string" and (node.text == kind or (kind, node.text) == ("bit", '"bit"')):
        return inner
    if inner.kind == "number" and (node.text == kind or node.text in (*_INTEGERS, "numeric")):
        return inner
    return node


def _is_moment(value: str, kind: str) -> bool:
    """Whether a text is the ISO form of a date or timestamp, and so the same one in every session."""
    if kind not in ("date", _TIMESTAMP) or not re.match(r"\d{4}-\d\d-\d\d(?:\Z|[ T]\d\d:\d\d)", value):
        return False
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return False
    return moment.tzinfo is None and (kind == _TIMESTAMP or len(value) == 10)


def _text_value(value: str, cast: str, kind: str) -> str | None:
    """What a literal that is cast to a type of text is in a column of another; ``None`` if the cast says more."""
    found = _TEXT_TYPE.match(cast)
    if found is None:
        return None
    source, length = found.groups()
    if length:
        value = value[: int(length)]
    if source == "character" and kind == "bpchar":
        return None  # it keeps the spaces that it was filled up with
    return value.rstrip(" ") if source in _BLANK_PADDED and kind in _TEXTS else value


def sequence_text(text: str, default_schema: str) -> str:
    """The sequence in ``nextval('…')``, without the connection's default schema."""
    return re.sub(rf'^(?:{re.escape(default_schema)}|"{re.escape(default_schema)}")\.', "", text)


def value_key(value: str, column_type: str) -> str:
    """The comparable text of a literal that becomes a value of a type: equal texts are the same value."""
    kind = base_type(column_type)
    try:
        return _value_key(value, kind, column_type)
    except (ValueError, ArithmeticError, RecursionError):
        return printed_literal(value)


def _value_key(value: str, kind: str, column_type: str) -> str:
    if kind in _INTEGERS or kind in _FLOATS or kind == "numeric":
        number = Decimal(value.strip())
        is_negative_zero = kind in _FLOATS and not number and number.is_signed()  # as a text: -0.0 without quotes is 0
        return "-0" if is_negative_zero else _number_key(number, column_type)
    if kind == "boolean":
        word = value.strip().lower()
        return "true" if word in _TRUE else "false" if word in _FALSE else printed_literal(value)
    if kind == "uuid":
        return printed_literal(str(UUID(value)))
    if kind == "jsonb":
        return printed_literal(_json_key(value))
    if kind == "bytea" and value.startswith("\\x"):
        return printed_literal("\\x" + bytes.fromhex(value[2:]).hex())
    if kind == "character":
        return printed_literal(value.rstrip(" "))
    if kind.startswith(("timestamp", "date", "time")):
        return printed_literal(_time_key(value, kind))
    if kind.endswith("[]") and _ARRAY_LITERAL.match(value):
        return printed_literal(_array_key(value))
    return printed_literal(value)


def _array_key(value: str) -> str:
    """A one-dimensional array with every element quoted, but for the NULLs (documentation, chapter 8.15.2)."""
    elements = []
    for element in re.findall(_ARRAY_ELEMENT, value):
        if element.startswith('"'):
            elements.append(element[:1] + re.sub(r'\\([^"\\])', r"\1", element[1:-1]) + '"')
        else:
            elements.append("NULL" if element.upper() == "NULL" else f'"{element}"')
    return "{" + ",".join(elements) + "}"


def _number_key(value: Decimal, column_type: str) -> str:
    """Two numbers are one where the column cannot hold the difference: it may be only in the digits after the point.

    A type that is not known to be a number, such as a text or somebody's domain, keeps every digit. No arithmetic: that
    of ``Decimal`` rounds to 28 digits.
    """
    if not value.is_finite():
        return printed_literal(str(value))
    kind = base_type(column_type)
    digits = format(value if value else value.copy_abs(), "f")
    has_scale = "." in digits and (kind in _FLOATS or kind == "money" or (kind == "numeric" and "(" in column_type))
    if has_scale or (kind in _INTEGERS and value == value.to_integral_value()):
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    return digits


def _json_key(value: str) -> str:
    """jsonb keeps neither spaces nor the order of keys; numbers keep their digits."""
    loaded = json.loads(value, parse_float=_Digits, parse_int=_Digits, parse_constant=_refuse)
    return json.dumps(loaded, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


class _Digits:
    """A number of a JSON text, as it is written."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return f"\0{self.text}"  # no string of jsonb's can hold a zero byte


def _refuse(text: str) -> None:
    raise ValueError(text)


def _time_key(value: str, kind: str) -> str:
    """ISO texts of one moment; without an offset a moment would depend on the session's time zone, so is left alone."""
    if kind == "date":
        return date.fromisoformat(value).isoformat()
    if kind.startswith("timestamp"):
        moment = datetime.fromisoformat(value)
        if (moment.tzinfo is None) != kind.endswith("without time zone"):
            return value
        return (moment.astimezone(UTC) if moment.tzinfo else moment).isoformat()
    clock = time.fromisoformat(value)
    return value if (clock.tzinfo is None) != kind.endswith("without time zone") else clock.isoformat()


def check_key(sql: str, value_type: str, default_schema: str) -> str:
    """The comparable text of a domain's CHECK, in which the value goes by the name VALUE."""
    return key_of(sql, {"value": value_type}, default_schema)
