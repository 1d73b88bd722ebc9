"""Column defaults: one ``Expression`` per meaning, whether it came from the catalog or from DDL.

A literal is compared by the value that the column will hold: the server stores ``1.5`` for a ``decimal(10,2)`` as
``'1.50'``, ``TRUE`` as ``1`` and ``'2020-01-01'`` for a ``datetime`` with a time. ``DEFAULT (now(6))`` and
``DEFAULT CURRENT_TIMESTAMP(6)`` insert the same value, and so do ``DEFAULT (5)`` and ``DEFAULT 5``.
"""

from __future__ import annotations

import re
import struct
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from functools import lru_cache

from pytest_schemadrift.dialects.mysql.names import SPATIAL_TYPES, bits_value, bytes_value, literal
from pytest_schemadrift.dialects.mysql.read.expressions import Node, key_of, read, without_introducers
from pytest_schemadrift.dialects.mysql.read.tokens import tokenize
from pytest_schemadrift.dialects.mysql.read.types import BYTE_TYPES, CHARACTER_TYPES, base_type
from pytest_schemadrift.dialects.reader import Token, strip_parentheses
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.schema.model import Expression

_INTEGER_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_INTEGERS = frozenset(_INTEGER_BITS)
_NO_PLAIN_LITERAL = frozenset({"text", "tinytext", "mediumtext", "longtext", "json"})
_NO_PLAIN_LITERAL |= {"blob", "tinyblob", "mediumblob", "longblob"} | SPATIAL_TYPES
_DATE_TIME = re.compile(r"^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d{0,6}))?(?:\+00:00)?)?$")
"""MySQL 8.0.19 and later read an offset and convert to the session's time zone, which our sessions set to UTC."""
_TIME = re.compile(r"^(-?\d{2,3}:\d\d)(:\d\d)?(?:\.(\d{0,6}))?$")
_NOW = re.compile(r"^now\((\d?)\)$")


@lru_cache(maxsize=4096)
def default_from_text(text: str, type_: str, dialect: str) -> Expression | None:
    """The default that a DDL text, or MariaDB's catalog, says; ``NULL`` is no default."""
    try:
        tokens = tokenize(text)
    except DDLSyntaxError:
        return Expression(text, "text " + text)
    node = read(tokens)
    if node is not None and node.kind == "constant" and node.text == "null":
        return None
    if node is not None:
        known = _literal(node, type_, dialect) or _now(node, type_, dialect)
        if known is not None:
            return known
    inner = strip_parentheses(tokens)
    sql = without_introducers(text, inner)
    return Expression(f"({sql})", node.key() if node is not None else key_of(tokens))


@lru_cache(maxsize=4096)
def default_from_value(value: str, type_: str, dialect: str) -> Expression:
    """The default of a column of MySQL, whose catalog shows a literal's bare value."""
    base = base_type(type_)
    node = Node("string", value)
    if base == "bit" or (base in BYTE_TYPES and value.startswith("0x")):
        node = Node("bits", value)
    known = _literal(node, type_, dialect)
    return known or Expression(literal(value), literal(value))


def now_expression(tokens: list[Token], type_: str, dialect: str) -> Expression | None:
    """``CURRENT_TIMESTAMP(n)`` in any of its spellings, for ``ON UPDATE``; ``None`` for anything else."""
    node = read(tokens)
    return _now(node, type_, dialect) if node is not None else None


def _now(node: Node, type_: str, dialect: str) -> Expression | None:
    """The plain form where the precisions agree (MySQL refuses it otherwise), the parenthesised one elsewhere.

    MariaDB gives a call without precision, or with too much of it, that of the column (seen in 10.11 and 11.8).
    """
    match = _NOW.match(node.key()) if node.kind == "call" else None
    if match is None:
        return None
    digits = int(match[1] or 0)
    temporal = base_type(type_) in ("datetime", "timestamp")
    precision = _precision(type_)
    if dialect == "mariadb" and temporal and (digits == 0 or digits > precision):
        digits = precision
    call = f"({digits})" if digits else ""
    plain = temporal and digits == precision
    sql = f"CURRENT_TIMESTAMP{call}"
    return Expression(sql if plain else f"({sql})", f"now{call or '()'}")


def fits(type_: str, value: Expression, dialect: str) -> bool:
    """Whether a column of this type surely takes an expression as its default, or ON UPDATE, and means the same by it.

    Anything else may be error 1067 or 1294, or (MariaDB's ``CURRENT_TIMESTAMP``) be stored as something else.
    """
    again = default_from_text(value.sql, type_, dialect)
    if again is None or again.key != value.key or (again.sql != value.sql and not value.sql.startswith("(")):
        return False
    node = read(strip_parentheses(tokenize(value.sql)))
    if node is None or node.kind not in ("string", "number", "bits"):
        return True
    base = base_type(type_)
    return _stored(node, base, type_) is not None and _has_room(node, base, type_)


def _has_room(node: Node, base: str, type_: str) -> bool:
    """Whether a literal is within the range, the length or the members of a type; bytes are never sure."""
    sizes = [int(size) for size in re.findall(r"\d+", type_)]
    number = _number(node)
    if base in _INTEGERS and number is not None:
        bits = _INTEGER_BITS[base]
        low, high = (0, 1 << bits) if "unsigned" in type_ else (-(1 << bits - 1), 1 << bits - 1)
        return low <= number.to_integral_value(ROUND_HALF_UP) < high
    if base == "decimal" and number is not None:
        return abs(number) < 10 ** (sizes[0] - sizes[1]) and not ("unsigned" in type_ and number < 0)
    if base in ("enum", "set"):
        parts = node.text.split(",") if base == "set" else [node.text]
        return all(literal(part) in type_ for part in parts)
    if base in ("char", "varchar"):
        return len(node.text) <= sizes[0]
    return base != "binary" and base not in BYTE_TYPES


def _literal(node: Node, type_: str, dialect: str) -> Expression | None:
    """A literal as the value that a column of ``type_`` makes of it, or ``None`` for what is no literal."""
    if node.kind == "constant" and node.text in ("true", "false"):
        node = Node("number", "1" if node.text == "true" else "0")
    elif node.kind == "call" and node.text.endswith(" literal"):  # DATE '2024-01-01'
        node = node.children[0]
    if node.kind not in ("string", "number", "bits"):
        return None
    base = base_type(type_)
    sql = _stored(node, base, type_)
    if sql is None:  # a form that we do not convert: equal only to itself
        sql = literal(node.text) if node.kind == "string" else node.text
    bare = dialect == "mariadb" or base not in _NO_PLAIN_LITERAL
    return Expression(sql if bare else f"({sql})", sql)


def _stored(node: Node, base: str, type_: str) -> str | None:
    """The SQL of the stored value, or ``None`` where we are not sure what the server makes of it."""
    if base in _INTEGERS:
        return _integer(node)
    if base == "decimal":
        return _decimal(node, type_)
    if base in ("float", "double"):
        return _approximate(node, base, type_)
    if base == "bit":
        return _bits(node)
    if base == "binary" or base in BYTE_TYPES:
        return _bytes(node, type_)
    if base in CHARACTER_TYPES or base == "json":
        return _text(node, base)
    if base in ("date", "datetime", "timestamp"):
        return _date_time(node, base, type_)
    if base == "time":
        return _time(node, type_)
    if base == "year":
        return node.text if re.fullmatch(r"\d{4}", node.text) else None
    return literal(node.text) if node.kind == "string" else None


def _number(node: Node) -> Decimal | None:
    if node.kind == "bits":
        value = bits_value(node.text)
        return None if value is None else Decimal(value)
    bits = bits_value(node.text) if node.kind == "number" else None
    try:
        return Decimal(bits if bits is not None else node.text.strip())
    except InvalidOperation:
        return None


def _integer(node: Node) -> str | None:
    value = _number(node)
    return None if value is None else str(value.quantize(Decimal(1), ROUND_HALF_UP))


def _decimal(node: Node, type_: str) -> str | None:
    value = _number(node)
    scale = re.search(r",(\d+)\)", type_)
    if value is None or scale is None:
        return None
    with localcontext(prec=100):  # a decimal has up to 65 digits
        value = value.quantize(Decimal(1).scaleb(-int(scale[1])), ROUND_HALF_UP)
    return f"{abs(value) if value == 0 else value:f}"


def _approximate(node: Node, base: str, type_: str) -> str | None:
    value = _number(node)
    if value is None or "(" in type_:
        return _decimal(node, type_) if "(" in type_ else None
    number = float(value)
    if base == "float":
        try:
            number = struct.unpack("f", struct.pack("f", number))[0]
        except OverflowError:
            return None
    return (
        str(int(number))
        if number.is_integer() and abs(number) < 1e15
        else f"{number:.6g}"
        if base == "float"
        else repr(number)
    )


def _bits(node: Node) -> str | None:
    value = _number(node)
    return None if value is None or node.kind == "string" else f"b'{int(value):b}'"


def _bytes(node: Node, type_: str) -> str | None:
    is_text = node.kind == "string"  # one that begins with 0x is no number
    found = bytes_value(node.text) if node.kind == "bits" or (not is_text and node.text.startswith("0x")) else None
    if is_text:
        found = node.text.encode()
    if found is None:
        return None
    if base_type(type_) == "binary":  # padded with zero bytes up to its length, whatever the catalog shows
        found = found.rstrip(b"\0") or b"\0"
    return f"0x{found.hex()}" if found else "''"


def _text(node: Node, base: str) -> str | None:
    if node.kind == "string":
        return literal(node.text)
    plain = node.kind == "number" and re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", node.text)
    return literal(node.text) if plain and base not in ("enum", "set", "json") else None


def _precision(type_: str) -> int:
    match = re.search(r"\((\d)\)", type_)
    return int(match[1]) if match else 0


def _fraction(digits: str | None, type_: str) -> str | None:
    """The fraction padded to the column's precision; ``None`` where the server would have to round."""
    precision = _precision(type_)
    digits = (digits or "").ljust(precision, "0")
    if digits[precision:].strip("0"):
        return None
    return f".{digits[:precision]}" if precision else ""


def _date_time(node: Node, base: str, type_: str) -> str | None:
    match = _DATE_TIME.match(node.text) if node.kind == "string" else None
    if match is None:
        return None
    if base == "date":
        return f"'{match[1]}'" if match[2] in (None, "00:00:00") else None
    fraction = _fraction(match[3], type_)
    return None if fraction is None else f"'{match[1]} {match[2] or '00:00:00'}{fraction}'"


def _time(node: Node, type_: str) -> str | None:
    match = _TIME.match(node.text) if node.kind == "string" else None
    fraction = _fraction(match[3], type_) if match else None
    return None if match is None or fraction is None else f"'{match[1]}{match[2] or ':00'}{fraction}'"
