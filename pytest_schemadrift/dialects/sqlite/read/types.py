"""Declared types: their canonical text, their affinity, and what a change from one to another does to values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from pytest_schemadrift.dialects.reader import QUOTED, STRING, WORD, Token
from pytest_schemadrift.dialects.sqlite.names import quote, upper
from pytest_schemadrift.dialects.sqlite.read.tokens import identifier, tokenize
from pytest_schemadrift.schema.capabilities import Conversion

INTEGER, TEXT, BLOB, REAL, NUMERIC = "INTEGER", "TEXT", "BLOB", "REAL", "NUMERIC"


def canonical_type(tokens: Sequence[Token]) -> str:
    """The declared type in upper case with single blanks: ``decimal ( 10 , 2 )`` is ``DECIMAL(10,2)``.

    Nothing else is unified: ``INT`` and ``INTEGER`` are different types to SQLite (a rowid alias or not, S3).
    """
    text = ""
    for token in tokens:
        if token.kind in (QUOTED, STRING):
            text += " " + (identifier(token) if len(tokens) == 1 else f'"{identifier(token)}"')
        elif token.kind == WORD:
            text += " " + token.text
        else:
            text += token.text
    return upper(text.strip())


@lru_cache(maxsize=1024)
def canonical_type_text(text: str) -> str:
    """``canonical_type`` of a text as a pragma shows it; the text itself where a comment in it changes the affinity."""
    canonical = canonical_type(tokenize(text))
    return canonical if affinity(canonical) == affinity(text) else text


_WORD = r'(?:[A-Za-z_]\w*|"[^"]*")'
_PLAIN_TYPE = re.compile(rf"{_WORD}(?: {_WORD})*(?:\([-+]?[\w.]+(?:,[-+]?[\w.]+)?\))?", re.ASCII)


def type_sql(canonical: str) -> str:
    """The type as DDL; quoted where it would not be read back as a type."""
    words = canonical.split("(", maxsplit=1)[0].split(" ")
    plain = _PLAIN_TYPE.fullmatch(canonical) and not NOT_A_TYPE.intersection(words)
    return canonical if plain else quote(canonical)


NOT_A_TYPE = frozenset(
    [
        *("CONSTRAINT", "DEFAULT", "NULL", "NOT", "PRIMARY", "UNIQUE", "CHECK", "REFERENCES", "COLLATE", "AS"),
        *("DEFERRABLE", "AUTOINCREMENT", "ON"),
    ]
)
"""Words that end a type, because only a column constraint can begin with them."""


def affinity(canonical: str) -> str:
    """The affinity of a declared type (https://sqlite.org/datatype3.html section 3.1); NUMERIC where none fits."""
    text = canonical.upper()
    if "INT" in text:
        return INTEGER
    if "CHAR" in text or "CLOB" in text or "TEXT" in text:
        return TEXT
    if "BLOB" in text or not text:
        return BLOB
    if "REAL" in text or "FLOA" in text or "DOUB" in text:
        return REAL
    return NUMERIC


def conversion(old: str, new: str) -> Conversion:
    """What happens to stored values when a column of type ``old`` becomes ``new``; lengths are never enforced.

    Text becomes a number where it looks like one and so loses leading zeros; numbers keep 15 digits as text
    (https://sqlite.org/datatype3.html section 3). A value that stays as it is may still be none of the new type: SQLite
    takes a word for a date or a UUID, an integer for bytes, and Tortoise cannot read it back.
    """
    before, after = affinity(old), affinity(new)
    was, is_ = kind(old), kind(new)
    if is_ != was and is_ is not None and (was, is_) != ("date", "datetime"):
        return Conversion.LOSSY
    if after == before or (before, after) == (INTEGER, NUMERIC):
        return Conversion.METADATA
    if before == INTEGER and after == TEXT:
        return Conversion.REWRITE  # 5 becomes '5'
    if before == REAL and after == NUMERIC:
        return Conversion.REWRITE  # 1.0 becomes 1
    return Conversion.LOSSY


_KINDS = {
    "uuid": frozenset(["CHAR(36)", "UUID"]),
    "date": frozenset(["DATE"]),
    "datetime": frozenset(["TIMESTAMP", "DATETIME"]),
    "time": frozenset(["TIME", "TIMETZ"]),
    "json": frozenset(["JSON", "JSONB"]),
}


def kind(canonical: str) -> str | None:
    """What a program reads the values as, where not every value of the affinity is one."""
    text = canonical.upper()
    if affinity(text) == BLOB:
        return "bytes"
    return next((kind for kind, names in _KINDS.items() if text in names), None)
