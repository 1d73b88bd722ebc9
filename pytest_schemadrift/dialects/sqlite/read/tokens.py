"""SQLite's own rules for splitting a text into tokens (https://sqlite.org/syntax/comment-syntax.html, tokenize.c).

A generic tokenizer differs where it matters: SQLite's comments do not nest and need not be closed, ``$`` may be inside
a name, a backslash in a string is a backslash, and three kinds of quotes make a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pytest_schemadrift.dialects.reader import QUOTED, STRING, WORD, Token, scan
from pytest_schemadrift.dialects.sqlite.names import fold, unquote

_TOKEN = re.compile(
    r"""
    (?:[\s\ufeff]+|--[^\n]*|/\*.*?(?:\*/|\Z))*+         # space and comments
    (?:
    (?P<word>(?![xX]')[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
    |(?P<number>0[xX][0-9A-Fa-f]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)
    |(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    |(?P<string>[xX]?'(?:[^']|'')*')
    |(?P<open>['"`\[])
    |(?P<symbol>\|\||->>?|<<|>>|<=|>=|<>|!=|==|.)
    |\Z)
    """,
    re.VERBOSE | re.DOTALL,
)


def tokenize(sql: str) -> list[Token]:
    """Return the tokens of ``sql``, comments left out. Raises ``DDLSyntaxError`` on an unclosed quote."""
    return scan(sql, _TOKEN, unquote)


def identifier(token: Token) -> str:
    """The name that a token stands for where only a name can stand."""
    return unquote(token.text) if token.kind == STRING else token.text


def mentioned(sql: str) -> frozenset[str]:
    """Every word and quoted name of a text, folded: a superset of the tables and columns that it uses."""
    return names_in(tokenize(sql))


def names_in(tokens: Iterable[Token]) -> frozenset[str]:
    """Every word, quoted name and string among tokens, folded."""
    return frozenset(fold(identifier(token)) for token in tokens if token.kind in (WORD, QUOTED, STRING))
