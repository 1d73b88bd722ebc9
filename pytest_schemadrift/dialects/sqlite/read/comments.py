"""The comments inside of a CREATE TABLE text, which SQLite keeps with the text and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_schemadrift.dialects.reader import WORD, Token
from pytest_schemadrift.dialects.sqlite.read.tokens import identifier, tokenize

_COMMENT = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_CONSTRAINTS = frozenset(("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"))


def comments_of(sql: str) -> Iterator[tuple[str, str]]:
    """(column, comment) for each comment, the column being empty for those of the whole table.

    A comment belongs to the column in whose definition it stands, behind whose comma on the same line, or above which.
    Those of constraints, beside the table's name and after the columns are the table's. Raises ``DDLSyntaxError``.
    """
    if "--" not in sql and "/*" not in sql:
        return
    tokens = tokenize(sql)
    owners = list(_owners(tokens))
    for place, token in enumerate(tokens):
        after = tokens[place + 1].start if place + 1 < len(tokens) else len(sql)
        before_line_end = True
        gap = sql[token.end : after]
        done = 0
        for found in _COMMENT.finditer(gap):
            before_line_end = before_line_end and "\n" not in gap[done : found.start()]
            done = found.end()
            here, same_line, below = owners[place]
            text = found[0].rstrip() if found[0].startswith("--") else found[0]
            closed = text if text.startswith("--") or (len(text) > 3 and text.endswith("*/")) else f"{text} */"
            yield (here if here is not None else same_line if before_line_end else below), closed


def _owners(tokens: list[Token]) -> Iterator[tuple[str | None, str, str]]:
    """For the space behind each token: whose it is; where two meet there, whose is the line, and what is below."""
    depth, owner, closed = 0, "", False
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        opens = token.upper == "(" and depth == 0 and not closed
        depth += {"(": 1, ")": -1}.get(token.upper, 0)
        if opens or (token.upper == "," and depth == 1 and not closed):
            previous, owner = ("" if opens else owner), _subject(following)
            yield None, previous, owner
            continue
        if depth == 0:
            closed = closed or token.upper == ")"
            owner = ""
        yield owner, "", ""


def _subject(token: Token | None) -> str:
    """The column that a definition beginning with a token is of; empty for a constraint."""
    if token is None or (token.kind == WORD and token.upper in _CONSTRAINTS):
        return ""
    return identifier(token)
