"""MySQL's and MariaDB's own rules for splitting a text into tokens (MySQL manual, chapter "Language Structure").

Version comments were opened before (``read/statements``), so every comment left is one. A text is read as the server
reads it without ``ANSI_QUOTES`` and ``NO_BACKSLASH_ESCAPES``.
"""

from __future__ import annotations

import re

from pytest_schemadrift.dialects.reader import Token, scan

_TOKEN = re.compile(
    r"""
    (?:[ \t\n\r\f\v]+|\#[^\n]*|--(?=[\x00-\x20]|\Z)[^\n]*|/\*.*?\*/)*+  # space and comments
    (?:
    (?P<number>0x[0-9A-Fa-f]+(?![A-Za-z0-9_$\x80-\U0010ffff])|0b[01]+(?![A-Za-z0-9_$\x80-\U0010ffff])
      |(?:\d+\.\d*|(?<![A-Za-z0-9_$`\x80-\U0010ffff])\.\d+)(?:[eE][-+]?\d+)?
      |\d+[eE][-+]?\d+
      |\d++(?![A-Za-z_$\x80-\U0010ffff]))
    |(?P<word>(?![bBnNxX]')[A-Za-z0-9_$\x80-\U0010ffff]++)
    |(?P<quoted>`[^`]*+(?:``[^`]*+)*+`)
    |(?P<string>[nN]?'[^'\\]*+(?:(?:''|\\.)[^'\\]*+)*+'|[bBxX]'[^']*+'|"[^"\\]*+(?:(?:""|\\.)[^"\\]*+)*+")
    |(?P<open>['"`]|/\*)
    |(?P<symbol><=>|<=|>=|<>|!=|<<|>>|\|\||&&|:=|->>?|@@|.)
    |\Z)
    """,
    re.VERBOSE | re.DOTALL,
)


def tokenize(sql: str) -> list[Token]:
    """Return the tokens of ``sql``, comments left out. Raises ``DDLSyntaxError`` for what is not closed."""
    return scan(sql, _TOKEN, _name)


def _name(text: str) -> str:
    return text[1:-1].replace("``", "`")
