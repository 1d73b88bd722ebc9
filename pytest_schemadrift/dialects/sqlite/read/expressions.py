"""Expressions: the text as it came, and a key that is equal only for what SQLite takes as the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_schemadrift.dialects.reader import NUMBER, QUOTED, WORD, Token, TokenStream, strip_parentheses
from pytest_schemadrift.dialects.sqlite.names import fold, literal, upper
from pytest_schemadrift.dialects.sqlite.read.tokens import identifier
from pytest_schemadrift.schema.model import Expression

_CONSTANTS = {"true": "1", "false": "0"}
"""What a lone TRUE or FALSE means (3.23)."""
_DEFAULT_WORDS = frozenset(["TRUE", "FALSE", "NULL", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"])
_OPERATORS = {"==": "=", "!=": "<>"}
_TESTS = {"ISNULL": "is null", "NOTNULL": "is not null"}
"""Other words for ``IS NULL`` and ``IS NOT NULL`` (lang_expr.html), which bind as they do; so is ``a NOT NULL``."""


def key_of(tokens: Sequence[Token], columns: Mapping[str, str] | None = None) -> str:
    """A comparable text of an expression; ``columns`` (folded name -> name) are those of its table.

    A quoted name equals a bare word only where it names a column: elsewhere SQLite may read it as a string (S12).
    """
    known = columns or {}
    parts = []
    tokens = strip_parentheses(list(tokens))
    for index, token in enumerate(tokens):
        if token.kind == WORD and token.upper in _TESTS:
            parts.append(_TESTS[token.upper])
        elif token.upper == "NOT" and _is_test(tokens, index):
            parts.append("is not")
        elif token.kind == WORD:
            parts.append(fold(token.text))
        elif token.kind == QUOTED:
            name = fold(token.text)
            bare = name in known and name.isidentifier() and upper(name) not in _EXPRESSION_WORDS
            parts.append(name if bare else f'"{token.text}"')
        elif token.kind == NUMBER:
            parts.append(fold(token.text))
        else:
            parts.append(_OPERATORS.get(token.text, token.text))
    return " ".join(parts)


def _is_test(tokens: Sequence[Token], index: int) -> bool:
    """Whether NOT is that of ``a NOT NULL``: behind a value, and not before one."""
    if not 0 < index < len(tokens) - 1 or tokens[index + 1].upper != "NULL":
        return False
    before = tokens[index - 1]
    return (
        before.text == ")" or before.kind == QUOTED or (before.kind == WORD and before.upper not in _EXPRESSION_WORDS)
    )


_EXPRESSION_WORDS = frozenset(
    [
        *("ALL", "AND", "AS", "BETWEEN", "CASE", "CAST", "COLLATE", "CURRENT_DATE", "CURRENT_TIME"),
        *("CURRENT_TIMESTAMP", "DISTINCT", "ELSE", "END", "ESCAPE", "EXISTS", "FALSE", "FILTER", "FROM", "GLOB"),
        *("IN", "IS", "ISNULL", "LIKE", "MATCH", "NOT", "NOTNULL", "NULL", "OR", "OVER", "RAISE", "REGEXP"),
        *("SELECT", "THEN", "TRUE", "WHEN"),
    ]
)
"""Words that mean something else than a column when they are not quoted."""


def expression_of(stream: TokenStream, table: str, columns: Mapping[str, str]) -> Expression:
    """Read all that is left of a stream as an expression about one table.

    The table's own name before a column is left out of text and key: it says nothing, and a table that is
    rebuilt has another name for a while.
    """
    tokens = stream.tokens[stream.position :]
    if not tokens:
        raise stream.error("expected an expression")
    stream.position = len(stream.tokens)
    sql, qualifiers = stream.sql, _qualifiers(tokens, table)
    if not qualifiers:
        return Expression(sql[tokens[0].start : tokens[-1].end], key_of(tokens, columns))
    kept = [token for index, token in enumerate(tokens) if index not in qualifiers and index - 1 not in qualifiers]
    text, last = "", tokens[0].start
    for index in sorted(qualifiers):
        text += sql[last : tokens[index].start]
        last = tokens[index + 2].start
    return Expression(text + sql[last : tokens[-1].end], key_of(kept, columns))


def _qualifiers(tokens: Sequence[Token], table: str) -> set[int]:
    """Where ``table .`` stands before a column."""
    return {
        index
        for index in range(len(tokens) - 2)
        if tokens[index + 1].text == "."
        and tokens[index].kind != NUMBER
        and fold(identifier(tokens[index])) == fold(table)
    }


def default_of(stream: TokenStream) -> Expression | None:
    """Read what follows DEFAULT; ``None`` for NULL, which is what a column has without a default.

    A bare or double-quoted word is a string here (parse.y: ``ccons ::= DEFAULT id``), so it is written as one.
    """
    first = stream.position
    if stream.at("("):
        inside = stream.group()
        text = "(" + inside.sql[inside.tokens[0].start : inside.tokens[-1].end] + ")" if inside.tokens else "()"
        return default_expression(text, inside.tokens)
    if stream.accept_any("+", "-"):
        stream.next()
        tokens = stream.tokens[first : stream.position]
        if tokens[0].text == "+" and tokens[1].kind == NUMBER:
            return default_expression(tokens[1].text, tokens[1:])
        return default_expression("".join(token.text for token in tokens), tokens)
    token = stream.next()
    if token.kind == QUOTED or (token.kind == WORD and token.upper not in _DEFAULT_WORDS):
        text = literal(token.text)
        return Expression(text, text)
    return default_expression(token.text, [token])


def default_expression(sql: str, tokens: Sequence[Token]) -> Expression | None:
    """A default with its comparable text; ``None`` for NULL."""
    key = key_of(tokens)
    return None if key == "null" else Expression(sql, _CONSTANTS.get(key, key))
