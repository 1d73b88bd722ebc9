"""Character sets and collations: what is inherited, resolved with what the server said of itself.

A column or table that names only a character set gets that set's *default* collation, not the one of the table or
database around it (MySQL manual, "Table Character Set and Collation"); only one that names neither inherits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_schemadrift.schema.capabilities import ServerInfo
    from pytest_schemadrift.schema.model import Column

_BYTES = {"utf8mb4": 4, "utf8mb3": 3, "utf16": 4, "utf16le": 4, "utf32": 4, "ucs2": 2, "gb18030": 4, "gbk": 2}
_BYTES |= {"sjis": 2, "cp932": 2, "ujis": 3, "eucjpms": 3, "euckr": 2, "gb2312": 2, "big5": 2}

FALLBACK_DEFAULTS = {
    "armscii8": "armscii8_general_ci",
    "ascii": "ascii_general_ci",
    "big5": "big5_chinese_ci",
    "binary": "binary",
    "cp932": "cp932_japanese_ci",
    "dec8": "dec8_swedish_ci",
    "eucjpms": "eucjpms_japanese_ci",
    "euckr": "euckr_korean_ci",
    "gb18030": "gb18030_chinese_ci",
    "gb2312": "gb2312_chinese_ci",
    "gbk": "gbk_chinese_ci",
    "hp8": "hp8_english_ci",
    "latin1": "latin1_swedish_ci",
    "sjis": "sjis_japanese_ci",
    "swe7": "swe7_swedish_ci",
    "tis620": "tis620_thai_ci",
    "ucs2": "ucs2_general_ci",
    "ujis": "ujis_japanese_ci",
    "utf16": "utf16_general_ci",
    "utf32": "utf32_general_ci",
    "utf8mb3": "utf8mb3_general_ci",
}
"""Default collations that all versions agree on, for offline use; the server's own answer goes first."""


def canonical_charset(name: str) -> str:
    """``utf8`` is an alias of ``utf8mb3`` in every supported version (MySQL 8, MariaDB with its default old_mode)."""
    name = name.lower()
    return "utf8mb3" if name == "utf8" else name


def canonical_collation(name: str, charset: str = "") -> str:
    """One spelling per collation: ``utf8_bin`` is ``utf8mb3_bin``, MariaDB's ``uca1400_ai_ci`` gets its charset."""
    name = name.lower()
    if name.startswith("utf8_"):
        return "utf8mb3_" + name.removeprefix("utf8_")
    if name.startswith("uca1400_"):
        return f"{charset or 'utf8mb4'}_{name}"
    return name


def charset_of(collation: str) -> str:
    """The character set of a collation, which is the first part of its name."""
    return collation.partition("_")[0]


def default_collation(charset: str, info: ServerInfo) -> str:
    """The collation that a bare ``CHARACTER SET charset`` means on this server."""
    charset = canonical_charset(charset)
    known = dict(info.collations)
    return known.get(charset) or FALLBACK_DEFAULTS.get(charset) or f"{charset}_general_ci"


def binary_collation(charset: str) -> str:
    """The collation that the ``BINARY`` attribute of a character column means."""
    return "binary" if charset == "binary" else f"{charset}_bin"


def bytes_per_character(charset: str) -> int:
    """The longest character of a charset in bytes."""
    return _BYTES.get(charset, 1)


_EVERY_CHARACTER = frozenset(["utf8mb4", "utf16", "utf16le", "utf32", "gb18030"])
_BASIC_PLANE = frozenset(["utf8mb3", "ucs2"])
"""Unicode up to U+FFFF, in which every other set of MySQL lies (manual, "Unicode Support")."""
_TEXT = re.compile(r"(var)?char\b|(tiny|medium|long)?text\b")


def lacks_characters(old: Column, new: Column, info: ServerInfo) -> bool:
    """Whether a text column refuses characters that another one takes, because its character set lacks them.

    In strict mode, which is the default, an INSERT with one fails (error 1366).
    """
    if not (_TEXT.match(old.type) and _TEXT.match(new.type)):
        return False
    there, wanted = (charset_of(column.collation or info.collation) for column in (old, new))
    if there == wanted or there in _EVERY_CHARACTER or wanted == "ascii":
        return False
    return there not in _BASIC_PLANE or wanted in _EVERY_CHARACTER


def spelled(collation: str, info: ServerInfo) -> str:
    """How this server spells a collation: before MariaDB 10.6 ``utf8mb3`` collations were called ``utf8_…``."""
    if info.dialect == "mariadb" and info.version < (10, 6) and collation.startswith("utf8mb3_"):
        return "utf8_" + collation.removeprefix("utf8mb3_")
    return collation
