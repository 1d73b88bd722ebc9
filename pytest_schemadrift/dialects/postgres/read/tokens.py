"""PostgreSQL's own rules for splitting a text into tokens (its documentation, "Lexical Structure"; scan.l)."""

from __future__ import annotations

import re

from pytest_schemadrift.dialects.postgres.names import string_value
from pytest_schemadrift.dialects.reader import Token, scan

_SIGN = r"(?!--|/\*)[-+*/<>=~!@#%^&|`?]"
"""A character of an operator; an operator ends where a comment begins."""
_NAME = r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*+"
_DIGITS = r"\d(?:_?\d)*+"

_TOKEN = re.compile(
    rf"""
    (?:[ \t\n\r\f\v]+|--[^\n\r]*)*+                          # space and comments
    (?:
    (?P<word>(?![bBeEnNxX]'|[uU]&['"])[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*+)
    |(?P<number>0[xX](?:_?[0-9A-Fa-f])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+
      |(?:{_DIGITS}(?:\.(?!\.)(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][-+]?{_DIGITS})?)
    |(?P<quoted>(?:[uU]&)?"[^"]*+(?:""[^"]*+)*+")
    |(?P<string>(?:[bBnNxX]|[uU]&)?'[^']*+(?:''[^']*+)*+'
      |[eE]'[^'\\]*+(?:(?:''|\\.)[^'\\]*+)*+'
      |(?P<tag>\$(?:{_NAME})?\$).*?(?P=tag))
    |(?P<nested>/\*)
    |(?P<open>(?:[eE]|[uU]&)?['"]|\$(?:{_NAME})?\$)
    |(?P<symbol>::|:=|\$\d+
      |(?:{_SIGN})*[~!@#%^&|`?](?:{_SIGN})*             # only such an operator may end in + or -
      |(?:(?!--|/\*)[-+*/<>=])*(?!/\*)[*/<>=]
      |.)
    |\Z)
    """,
    re.VERBOSE | re.DOTALL,
)


def tokenize(sql: str) -> list[Token]:
    """Return the tokens of ``sql``, comments left out. Raises ``DDLSyntaxError`` for what is not closed."""
    return scan(sql, _TOKEN, _name)


def _name(text: str) -> str:
    """What a quoted identifier stands for; ``U&"…"`` has the escapes of ``U&'…'``."""
    if text[0] == '"':
        return text[1:-1].replace('""', '"')
    return string_value(f"U&'{text[3:-1]}'").replace('""', '"')
