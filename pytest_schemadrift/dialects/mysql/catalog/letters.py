r"""The letters in the texts of expressions, which MySQL's catalog shows as bytes read as Latin-1 (seen in 9.7).

A literal is kept in the character set of its introducer. That is the session's at first; any ALTER TABLE that reads the
expression again turns the literals beside a column into those of its character set: ``_utf8mb4'\xc3\xa9'`` becomes
``_latin1'\xe9'``. SHOW CREATE TABLE shows the latter as ``_latin1'?'``, so that it cannot be asked (M48).
"""

from __future__ import annotations

import re

from pytest_schemadrift.dialects.mysql.names import literal, string_value

_CODECS = {
    "big5": "big5",
    "cp1250": "cp1250",
    "cp1251": "cp1251",
    "cp1256": "cp1256",
    "cp1257": "cp1257",
    "cp850": "cp850",
    "cp852": "cp852",
    "cp866": "cp866",
    "cp932": "cp932",
    "eucjpms": "euc_jp",
    "euckr": "euc_kr",
    "gb18030": "gb18030",
    "gb2312": "gb2312",
    "gbk": "gbk",
    "greek": "iso8859_7",
    "hebrew": "iso8859_8",
    "koi8r": "koi8_r",
    "koi8u": "koi8_u",
    "latin1": "cp1252",
    "latin2": "iso8859_2",
    "latin5": "iso8859_9",
    "latin7": "iso8859_13",
    "macce": "mac_latin2",
    "macroman": "mac_roman",
    "sjis": "shift_jis",
    "tis620": "tis_620",
    "ucs2": "utf_16_be",
    "ujis": "euc_jp",
    "utf16": "utf_16_be",
    "utf16le": "utf_16_le",
    "utf32": "utf_32_be",
}
"""MySQL's character sets in Python, but for those whose letters are UTF-8 in the catalog, and one it does not know."""
_LITERAL = re.compile(r"`(?:[^`]|``)*`|(?:(?<!\w)_(?P<charset>[a-z0-9]+))?(?P<text>'(?:[^'\\]|\\.|'')*')", re.DOTALL)


def with_letters(text: str) -> str:
    """An expression of the catalog as one would write it: letters for bytes, and no character set but UTF-8."""
    if text.isascii() and not any(f"_{charset}'" in text for charset in _CODECS if charset != "latin1"):
        return text
    done, pieces = 0, []
    for match in _LITERAL.finditer(text):
        codec = _CODECS.get(match["charset"] or "")
        value = _read_as(codec, string_value(match["text"])) if codec else None
        if value is not None:
            pieces += [_repaired(text[done : match.start()]), f"_utf8mb4{literal(value)}"]
            done = match.end()
    return "".join([*pieces, _repaired(text[done:])])


def _read_as(codec: str, text: str) -> str | None:
    """The letters of a literal, or ``None`` where its bytes are none."""
    data = b"".join(map(_byte, text))
    if codec == "cp1252":
        return "".join(map(_latin1, data))
    try:
        return data.decode(codec)
    except UnicodeError:
        return None


def _latin1(byte: int) -> str:
    """A letter of MySQL's latin1: cp1252 with its five holes filled."""
    try:
        return bytes((byte,)).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


def _repaired(text: str) -> str:
    """UTF-8 bytes that were taken for latin1, read as UTF-8 again."""
    try:
        return b"".join(map(_byte, text)).decode()
    except UnicodeError:
        return text


def _byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")
