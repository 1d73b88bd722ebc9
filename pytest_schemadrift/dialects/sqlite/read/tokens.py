"""SQLite's own rules for splitting a text into tokens (https://sqlite.org/syntax/comment-syntax.html, tokenize.c).

A generic tokenizer differs where it matters: SQLite's comments do not nest and need not be closed, ``$`` may be inside
a name, a backslash in a string is a backslash, and three kinds of quotes make a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pytest_schemadrift.dialects.reader import NUMBER, QUOTED, STRING, SYMBOL, WORD, Token, line_of
from pytest_schemadrift.dialects.sqlite.names import fold, unquote
from pytest_schemadrift.errors import DDLSyntaxError

_TOKEN = re.compile(
    r"""
    (?:[\s\ufeff]+|--[^\n]*|/\*.*?(?:\*/|\Z))+          # space and comments
    |(?P<word>(?![xX]')[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
    |(?P<number>0[xX][0-9A-Fa-f]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)
    |(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    |(?P<string>[xX]?'(?:[^']|'')*')
    |(?P<symbol>\|\||->>?|<<|>>|<=|>=|<>|!=|==|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {"word": WORD, "number": NUMBER, "quoted": QUOTED, "string": STRING, "symbol": SYMBOL}
_UNCLOSED = frozenset("'\"`[")


def tokenize(sql: str) -> list[Token]:
    """Return the tokens of ``sql``, comments left out. Raises ``DDLSyntaxError`` on an unclosed quote."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(sql):
        group = match.lastgroup
        if group is None:
            continue
        text = match.group()
        start, end = match.span()
        if group == "word":
            tokens.append(Token(WORD, text, start, end, text.upper()))
        elif group == "symbol":
            if text in _UNCLOSED:
                raise DDLSyntaxError(
                    f"this SQL text has a {text} that is not closed",
                    line=line_of(sql, start),
                    sql=sql[start : start + 400],
                    hint="close the quote",
                )
            tokens.append(Token(SYMBOL, text, start, end, text))
        elif group == "quoted":
            tokens.append(Token(QUOTED, unquote(text), start, end, ""))
        else:
            tokens.append(Token(_KINDS[group], text, start, end, text.upper() if group == "number" else ""))
    return tokens


def identifier(token: Token) -> str:
    """The name that a token stands for where only a name can stand."""
    return unquote(token.text) if token.kind == STRING else token.text


def mentioned(sql: str) -> frozenset[str]:
    """Every word and quoted name of a text, folded: a superset of the tables and columns that it uses."""
    return names_in(tokenize(sql))


def names_in(tokens: Iterable[Token]) -> frozenset[str]:
    """Every word, quoted name and string among tokens, folded."""
    return frozenset(fold(identifier(token)) for token in tokens if token.kind in (WORD, QUOTED, STRING))
