"""Column types: one canonical text per type, the one that ``information_schema.COLUMNS.COLUMN_TYPE`` shows.

Aliases are those of the manual ("Using Data Types from Other Database Engines", "Numeric Data Type Syntax").
MySQL forgets the display width of integers since 8.0.19. MariaDB keeps it and shows it; here it has the usual one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from pytest_schemadrift.dialects.mysql.collations import (
    binary_collation,
    bytes_per_character,
    canonical_charset,
    canonical_collation,
    charset_of,
    default_collation,
)
from pytest_schemadrift.dialects.mysql.names import literal, string_value
from pytest_schemadrift.dialects.reader import STRING, TokenStream
from pytest_schemadrift.schema.capabilities import Conversion, ServerInfo

_ALIASES = {
    "BOOL": "tinyint",
    "BOOLEAN": "tinyint",
    "INTEGER": "int",
    "INT1": "tinyint",
    "INT2": "smallint",
    "INT3": "mediumint",
    "INT4": "int",
    "INT8": "bigint",
    "MIDDLEINT": "mediumint",
    "DEC": "decimal",
    "NUMERIC": "decimal",
    "FIXED": "decimal",
    "REAL": "double",
    "FLOAT4": "float",
    "FLOAT8": "double",
    "CHARACTER": "char",
    "NCHAR": "char",
    "NVARCHAR": "varchar",
    "LONG": "mediumtext",
    "GEOMCOLLECTION": "geometrycollection",
}
_WIDTHS = {"tinyint": (4, 3), "smallint": (6, 5), "mediumint": (9, 8), "int": (11, 10), "bigint": (20, 20)}
_TEXTS = ("tinytext", "text", "mediumtext", "longtext")
_BLOBS = ("tinyblob", "blob", "mediumblob", "longblob")
_SIZES = (1 << 8, 1 << 16, 1 << 24)
CHARACTER_TYPES = frozenset({"char", "varchar", *_TEXTS, "enum", "set"})
_GEOMETRIES = ("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon")
GEOMETRIES = frozenset((*_GEOMETRIES, "geometrycollection", "geomcollection"))
BYTE_TYPES = frozenset({"binary", "varbinary", *_BLOBS})
_REMARKS = re.compile(r"(?:\s*/\*[^*]*\*/)+\Z")
"""What MariaDB adds to a type: ``datetime /* mariadb-5.3 */``, ``text /*M!100301 COMPRESSED*/``. A label of an enum may
hold the like, but nothing ends with one."""
_WIDTH = re.compile(r"^(tinyint|smallint|mediumint|int|bigint|year)\(\d+\)")


def base_type(type_: str) -> str:
    """The first word of a canonical type."""
    return re.split(r"[ (]", type_, maxsplit=1)[0]


@dataclass(slots=True)
class WrittenType:
    """A column type as someone wrote it."""

    base: str
    arguments: list[str] = field(default_factory=list)
    unsigned: bool = False
    zerofill: bool = False
    binary: bool = False
    charset: str | None = None
    collation: str | None = None


def read_type(stream: TokenStream) -> WrittenType:
    """Read a type's own words; character set and collation may follow among the column's attributes."""
    word = stream.next().upper
    written = WrittenType(_ALIASES.get(word, word.lower()))
    if word == "SERIAL":
        return WrittenType("bigint", unsigned=True)
    if word in ("BOOL", "BOOLEAN"):
        written.arguments = ["1"]
    elif word == "DOUBLE":
        stream.accept("PRECISION")
    elif word == "NATIONAL":
        written.base = "varchar" if stream.next().upper == "VARCHAR" or stream.accept("VARYING") else "char"
        stream.accept("VARYING")
    elif word == "LONG":
        written.base = "mediumblob" if stream.accept("VARBINARY") else "mediumtext"
        stream.accept("VARCHAR") or stream.accept("CHAR", "VARYING") or stream.accept("VARYING")
    if word in ("CHAR", "CHARACTER", "NCHAR") and (stream.accept("VARYING") or stream.accept("VARCHAR")):
        written.base = "varchar"
    if word in ("NATIONAL", "NCHAR", "NVARCHAR"):
        written.charset = "utf8mb3"
    if stream.at("("):
        written.arguments = [_argument(part) for part in stream.group().items()]
    while not stream.done and _type_attribute(stream, written):
        pass
    return written


def _argument(part: TokenStream) -> str:
    token = part.next()
    return literal(string_value(token.text)) if token.kind == STRING and token.text[0] in "'\"Nn" else token.text


def _type_attribute(stream: TokenStream, written: WrittenType) -> bool:
    """Read one attribute that belongs to the type; says whether there was one."""
    if stream.accept("UNSIGNED"):
        written.unsigned = True
    elif stream.accept("ZEROFILL"):
        written.zerofill = written.unsigned = True
    elif stream.accept("SIGNED"):
        written.unsigned = False
    elif stream.accept("CHARACTER", "SET") or stream.accept("CHARSET") or stream.accept("CHAR", "SET"):
        stream.accept("=")
        written.charset = canonical_charset(stream.identifier())
    elif stream.accept("COLLATE"):
        written.collation = canonical_collation(stream.identifier(), written.charset or "")
    elif stream.accept("ASCII"):
        written.charset = "latin1"
    elif stream.accept("UNICODE"):
        written.charset = "ucs2"
    elif stream.accept("BYTE"):
        written.charset = "binary"
    elif stream.accept("BINARY"):
        written.binary = True
    else:
        return False
    return True


def resolve(written: WrittenType, table_collation: str, info: ServerInfo) -> tuple[str, str | None]:
    """(canonical type, effective collation or ``None`` where the type has none)."""
    base = written.base
    if base in ("enum", "set"):
        members = ",".join(literal(_member(item)) for item in written.arguments)
        return f"{base}({members})", _collation(written, table_collation, info)
    if base in CHARACTER_TYPES:
        collation = _collation(written, table_collation, info)
        if charset_of(collation) != "binary":
            return _character_type(written, charset_of(collation)), collation
        base = {"char": "binary", "varchar": "varbinary"}.get(base, base.replace("text", "blob"))
    if base in BYTE_TYPES:
        return _byte_type(base, written), None
    return _other_type(base, written, info), None


def _member(text: str) -> str:
    return string_value(text).rstrip(" ")


def _collation(written: WrittenType, table_collation: str, info: ServerInfo) -> str:
    if written.collation:
        return canonical_collation(written.collation, written.charset or charset_of(table_collation))
    charset = written.charset or charset_of(table_collation)
    if written.binary:
        return binary_collation(charset)
    return default_collation(charset, info) if written.charset else table_collation


def _character_type(written: WrittenType, charset: str) -> str:
    if written.base == "char":
        return f"char({written.arguments[0] if written.arguments else 1})"
    if written.base == "text" and written.arguments:
        return _sized(_TEXTS, int(written.arguments[0]) * bytes_per_character(charset))
    return f"{written.base}({written.arguments[0]})" if written.arguments else written.base


def _byte_type(base: str, written: WrittenType) -> str:
    if base == "binary":
        return f"binary({written.arguments[0] if written.arguments else 1})"
    if base == "blob" and written.arguments:
        return _sized(_BLOBS, int(written.arguments[0]))
    return f"{base}({written.arguments[0]})" if written.arguments else base


def _sized(names: tuple[str, ...], length: int) -> str:
    """``TEXT(n)`` is the smallest type that holds n characters."""
    return names[sum(length >= size for size in _SIZES)]


def _other_type(base: str, written: WrittenType, info: ServerInfo) -> str:
    arguments, sign = written.arguments, ""
    if written.zerofill:
        sign = " unsigned zerofill"
    elif written.unsigned:
        sign = " unsigned"
    if base in _WIDTHS:
        return _integer_type(base, written, info) + sign
    if base == "decimal":
        arguments = [*arguments, "0"] if len(arguments) == 1 else arguments or ["10", "0"]
    elif base == "float" and len(arguments) == 1:
        base, arguments = ("float" if int(arguments[0]) <= 24 else "double"), []
    elif base == "bit":
        arguments = arguments or ["1"]
    elif base == "year":
        arguments = ["4"] if info.dialect == "mariadb" else []
    elif base in ("datetime", "timestamp", "time") and arguments == ["0"]:
        arguments = []
    elif base == "vector" and not arguments:
        arguments = ["2048"]
    elif base == "geometrycollection" and info.dialect == "mysql":
        base = "geomcollection"
    return (f"{base}({','.join(arguments)})" if arguments else base) + sign


def _integer_type(base: str, written: WrittenType, info: ServerInfo) -> str:
    width = written.arguments[0] if written.arguments else ""
    if written.zerofill or (info.dialect == "mariadb" and base == "tinyint" and width == "1"):
        return f"{base}({width or _WIDTHS[base][written.unsigned]})"
    if info.dialect == "mariadb":
        return f"{base}({_WIDTHS[base][written.unsigned]})"
    return "tinyint(1)" if base == "tinyint" and width == "1" and not written.unsigned else base


def from_catalog(type_: str, info: ServerInfo) -> str:
    """Canonical text of a COLUMN_TYPE: MySQL before 8.0.19 still showed display widths."""
    if info.dialect == "mysql" and "(" in type_ and type_ != "tinyint(1)" and "zerofill" not in type_:
        return _WIDTH.sub(r"\1", type_)
    remark = _REMARKS.search(type_)
    return type_[: remark.start()] if remark else _with_usual_width(type_)


def is_compressed(type_: str) -> bool:
    """Whether a COLUMN_TYPE says so at its end (MariaDB); the label of an enum may say anything."""
    return type_.endswith("COMPRESSED*/")


@lru_cache(maxsize=1024)
def _with_usual_width(type_: str) -> str:
    """MariaDB's integer type with the width that it has where none is written.

    The width pads the values of ZEROFILL columns and is a hint otherwise, but for ``tinyint(1)``, which drivers read
    as true and false (MariaDB, "Numeric Data Type Overview").
    """
    found = _WIDTH.match(type_)
    base = found[1] if found else ""
    if found is None or base not in _WIDTHS or "zerofill" in type_ or found[0] == "tinyint(1)":
        return type_
    return f"{base}({_WIDTHS[base]['unsigned' in type_]})" + type_[found.end() :]


_INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
_TYPE = re.compile(r"^(?P<base>\w+)(?:\((?P<arguments>.*)\))?(?P<rest>.*)$", re.DOTALL)


def _parts(type_: str) -> tuple[str, list[str], bool]:
    match = _TYPE.match(type_)
    if match is None:
        return type_, [], False
    arguments = match["arguments"]
    base = match["base"]
    split = [arguments or ""] if base in ("enum", "set") else (arguments.split(",") if arguments else [])
    return base, split, "unsigned" in match["rest"]


def conversion(old: str, new: str) -> Conversion:
    """What ALTER TABLE … MODIFY does to the rows, in strict mode (which our sessions pin).

    Strict mode refuses values that do not fit, but rounding is never refused: decimals, fractional seconds and the
    time of a ``datetime`` made ``date`` are cut without a word (manual, "Out-of-Range and Overflow Handling"). Of
    what is not listed the worst is assumed: ``'1.5'`` becomes the integer 2, ``'2'`` the second value of an ENUM.
    """
    if old == new:
        return Conversion.METADATA
    if new == _UUID_TEXT:
        return Conversion.REWRITE if old == "uuid" else Conversion.LOSSY
    (old_base, old_arguments, old_unsigned), (new_base, new_arguments, new_unsigned) = _parts(old), _parts(new)
    if old_base in _INTEGERS and new_base in _INTEGERS:
        return _integer_conversion(old_base, new_base, old_unsigned=old_unsigned, new_unsigned=new_unsigned)
    if old_base == new_base and old_base in ("enum", "set"):
        return _members_conversion(old_arguments[0], new_arguments[0], ordered=old_base == "set")
    if old_base == new_base == "varchar":
        return _varchar_conversion(int(old_arguments[0]), int(new_arguments[0]))
    if old_base == new_base == "decimal":
        return _decimal_conversion(old_arguments, new_arguments, old_unsigned, new_unsigned)
    if (old_base, new_base) in _WITHOUT_LOSS:
        return Conversion.REWRITE if _first(new_arguments) >= _first(old_arguments) else Conversion.MAY_FAIL
    for family, cut in ((_TEXTS, Conversion.LOSSY), (_BLOBS, Conversion.MAY_FAIL)):
        if old_base in family and new_base in family:
            return Conversion.REWRITE if family.index(new_base) >= family.index(old_base) else cut
    if old_base == "varchar" and new_base in _TEXTS:
        fits = int(old_arguments[0]) * 4 < (256, 1 << 16, 1 << 24, 1 << 32)[_TEXTS.index(new_base)]
        return Conversion.REWRITE if fits else Conversion.LOSSY
    if old_base in _TEXTS and new_base == "varchar":
        return Conversion.LOSSY
    if old_base == "varbinary" and new_base in _BLOBS[1:]:
        return Conversion.REWRITE
    if old_base in _INTEGERS and new_base in ("varchar", "char", *_TEXTS):
        return Conversion.REWRITE if new_base in _TEXTS or _first(new_arguments) >= 20 else Conversion.MAY_FAIL
    if old_base == "json" and new_base == "longtext":
        return Conversion.REWRITE
    return _temporal_or_numeric_conversion(old_base, new_base, old_arguments, new_arguments)


_APART = (
    frozenset((*_GEOMETRIES, "geometrycollection")),
    frozenset({"vector"}),
    frozenset({"uuid"}),
    frozenset({"inet4", "inet6"}),
)
_TIMES = ("year", "date", "time", "datetime", "timestamp")
_OTHERS = frozenset((*_INTEGERS, "decimal", "float", "double", "bit", *_TIMES))
"""Numbers and times: MariaDB turns none of them into a type of the groups above, nor any of those into one of another
group; texts and bytes become all of them (every pair of 26 types was tried on 11.8.9)."""


def never_converts(old: str, new: str, info: ServerInfo) -> bool:
    """Whether the server refuses such a change of a column, whatever its rows are (error 4078)."""
    if info.dialect != "mariadb":
        return False
    groups = (*_APART, _OTHERS)
    was, wanted = (next((group for group in groups if _parts(type_)[0] in group), None) for type_ in (old, new))
    return was is not None and wanted is not None and was is not wanted


def _members_conversion(old: str, new: str, *, ordered: bool) -> Conversion:
    """What other members of an ENUM or SET do to its values.

    A member that is gone fails only where none that comes is equal under the column's collation: ``'y'`` is ``'Y'``
    then. The members of a SET's value are read in the order of the definition (``ordered``).
    """
    if new == old or new.startswith(old + ","):
        return Conversion.METADATA
    before, after = _LITERAL.findall(old), _LITERAL.findall(new)
    replaced = set(before) - set(after) and set(after) - set(before)
    kept = [member for member in before if member in after]
    turned = ordered and kept != [member for member in after if member in before]
    return Conversion.LOSSY if replaced or turned else Conversion.MAY_FAIL


_LITERAL = re.compile(r"'(?:[^']|'')*'")
_UUID_TEXT = "char(36)"
"""What Tortoise keeps a UUID in: it cannot read back what is none, and the server takes any text."""
_WITHOUT_LOSS = {
    ("char", "char"),
    ("char", "varchar"),
    ("varbinary", "varbinary"),
    ("binary", "varbinary"),
    ("bit", "bit"),
}
"""Not BINARY to BINARY, which fills up with zero bytes, nor VARCHAR to CHAR, which forgets blanks at the end."""
_EXACT_AS_TEXT = frozenset(
    ["char", "varchar", *_TEXTS, "enum", "set", "json", "decimal", "date", "datetime", "time", "uuid", "inet4", "inet6"]
)
"""Types whose values are the same, and read back the same, as text that is long enough."""
_TEMPORAL = frozenset({"datetime", "timestamp", "time", "date"})
_APPROXIMATE = frozenset({"float", "double"})


def _first(arguments: list[str]) -> int:
    return int(arguments[0]) if arguments and arguments[0].isdigit() else 0


def _integer_conversion(old: str, new: str, *, old_unsigned: bool, new_unsigned: bool) -> Conversion:
    wider = _INTEGERS.index(new) - _INTEGERS.index(old)
    if wider == 0 and old_unsigned == new_unsigned:
        return Conversion.METADATA  # only the display width differs
    if old_unsigned == new_unsigned:
        return Conversion.REWRITE if wider > 0 else Conversion.MAY_FAIL
    return Conversion.REWRITE if old_unsigned and wider > 0 else Conversion.MAY_FAIL


def _varchar_conversion(old: int, new: int) -> Conversion:
    """Longer is instant unless the length prefix grows from one byte to two (at 256 bytes, whatever the charset)."""
    if new < old:
        return Conversion.MAY_FAIL  # blanks at the end, too, other than from TEXT
    return Conversion.METADATA if new <= 63 or old >= 86 else Conversion.REWRITE


def _decimal_conversion(old: list[str], new: list[str], old_unsigned: bool, new_unsigned: bool) -> Conversion:
    old_scale, new_scale = int(old[1]), int(new[1])
    if new_scale < old_scale:
        return Conversion.LOSSY
    fits = int(new[0]) - new_scale >= int(old[0]) - old_scale and (old_unsigned or not new_unsigned)
    return Conversion.REWRITE if fits else Conversion.MAY_FAIL


def _temporal_or_numeric_conversion(
    old: str, new: str, old_arguments: list[str], new_arguments: list[str]
) -> Conversion:
    if old in _TEMPORAL and new in _TEMPORAL:
        if old == new:
            return Conversion.REWRITE if _first(new_arguments) >= _first(old_arguments) else Conversion.LOSSY
        # Between datetime and timestamp the session's time zone decides what the value will be.
        return Conversion.REWRITE if (old, new) == ("date", "datetime") else Conversion.LOSSY
    numeric = {*_INTEGERS, "decimal", *_APPROXIMATE}
    if old in numeric and new in numeric:
        if old in ("decimal", *_APPROXIMATE) and new != "double":
            return Conversion.LOSSY
        if old in _INTEGERS and new == "decimal":
            digits = int(new_arguments[0]) - int(new_arguments[1])
            return Conversion.REWRITE if digits >= (3, 5, 8, 10, 20)[_INTEGERS.index(old)] else Conversion.MAY_FAIL
        if new == "double" and old in ("float", *_INTEGERS[:4]):
            return Conversion.REWRITE
        return Conversion.LOSSY
    if old in _EXACT_AS_TEXT and new in ("varchar", *_TEXTS):
        return Conversion.MAY_FAIL
    if old in BYTE_TYPES and new in ("varbinary", *_BLOBS):
        return Conversion.MAY_FAIL
    return Conversion.LOSSY
