"""Scripts with names in double quotes: ``mysqldump --compatible=ansi`` sets such an ``sql_mode`` at its top."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pytest_schemadrift.dialects.mysql.names import quote
from pytest_schemadrift.dialects.mysql.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import STRING, TokenStream

_SET = re.compile(
    r"""@(?P<kept>\w+)\s*:?=\s*@@(?:\w+\s*\.\s*)?sql_mode\b
    |(?<![@\w.])(?:@@(?:session\s*\.\s*)?|session\s+)?sql_mode\s*:?=\s*(?:(?P<text>'[^']*'|"[^"]*")|@(?P<given>\w+))""",
    re.IGNORECASE | re.VERBOSE,
)
_ANSI = re.compile(r"\b(?:ANSI|ANSI_QUOTES|DB2|MAXDB|MSSQL|ORACLE|POSTGRESQL)\b", re.IGNORECASE)
"""The modes that are, or take in, ANSI_QUOTES."""
_WITH_BODY = frozenset(("TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"))
"""What keeps the mode of the session that made it, and its text as that session sent it."""


def in_our_mode(statements: Iterable[TokenStream]) -> Iterator[TokenStream]:
    """The statements with each name in backticks, so that they mean the same in our sessions and to our reader."""
    ansi, kept = False, dict[str, bool]()
    for statement in statements:
        if statement.at("SET"):
            for found in _SET.finditer(statement.raw(0, len(statement.tokens))):
                if found["kept"]:
                    kept[found["kept"].lower()] = ansi
                else:
                    ansi = (
                        bool(_ANSI.search(found["text"])) if found["text"] else kept.get(found["given"].lower(), False)
                    )
        elif ansi and not _has_body(statement):
            yield _in_backticks(statement)
            continue
        yield statement


def _has_body(statement: TokenStream) -> bool:
    return any(token.upper in _WITH_BODY for token in statement.tokens[:8])


def _in_backticks(statement: TokenStream) -> TokenStream:
    first = statement.tokens[0].start
    parts, done = [" " * first], first
    for token in statement.tokens:
        if token.kind == STRING and token.text.startswith('"'):
            parts += [statement.sql[done : token.start], quote(token.text[1:-1].replace('""', '"'))]
            done = token.end
    if len(parts) == 1:
        return statement
    text = "".join((*parts, statement.sql[done : statement.tokens[-1].end]))
    return TokenStream(text, tokenize(text))
