"""From a script's text to its statements: version comments opened, DELIMITER obeyed, bodies of routines kept whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_schemadrift.dialects.mysql.read.modes import in_our_mode
from pytest_schemadrift.dialects.mysql.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import Token, TokenStream
from pytest_schemadrift.schema.capabilities import ServerInfo

_PIECES = re.compile(
    r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`|--[ \t\r\n][^\n]*|--$|\#[^\n]*"""
    r"""|/\*(?P<maria>M)?(?P<open>!)(?P<version>\d{5,6})?|/\*.*?\*/|\*/""",
    re.DOTALL,
)
_DELIMITER = re.compile(
    r"""
    '(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+"|`[^`]*+`      # what may hold such a line: literals, names
    |--(?=\s)[^\n]*+|\#[^\n]*+|/\*.*?\*/                # and comments
    |^[ \t]*DELIMITER[ \t]+(?P<mark>\S+)[^\n]*$
    """,
    re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE,
)


def open_version_comments(sql: str, info: ServerInfo) -> str:
    """Replace ``/*!80023 … */`` by its content where this server would execute it, keeping every offset.

    MariaDB executes ``/*M! … */`` too and passes over MySQL's 50700 to 99999 (MariaDB documentation, "Comment
    Syntax"). Strings, identifiers and ordinary comments are left as they are.
    """
    if "/*" not in sql or "!" not in sql:
        return sql
    pieces: list[str] = []
    done, open_comments, skipping = 0, 0, -1
    for match in _PIECES.finditer(sql):
        text = match[0]
        if match["open"]:
            if skipping >= 0:
                continue
            if _is_executed(match, info):
                open_comments += 1
                pieces += [sql[done : match.start()], " " * len(text)]
                done = match.end()
            else:
                skipping = match.start()
        elif text == "*/" and skipping >= 0:
            pieces += [sql[done:skipping], _blank(sql[skipping : match.end()])]
            done, skipping = match.end(), -1
        elif text == "*/" and open_comments:
            open_comments -= 1
            pieces += [sql[done : match.start()], "  "]
            done = match.end()
    pieces.append(sql[done:])
    return "".join(pieces)


def _blank(text: str) -> str:
    return "".join("\n" if character == "\n" else " " for character in text)


def _is_executed(match: re.Match[str], info: ServerInfo) -> bool:
    mariadb = info.dialect == "mariadb"
    if match["maria"] and not mariadb:
        return False
    if not match["version"]:
        return True
    wanted = int(match["version"])
    if mariadb and not match["maria"] and 50700 <= wanted <= 99999:
        return False
    major, minor, patch = (*info.version, 0, 0, 0)[:3]
    return wanted <= major * 10000 + minor * 100 + patch


def split(sql: str) -> Iterator[TokenStream]:
    """The statements of a script, without their delimiters. Raises ``DDLSyntaxError``."""
    statements = _split(sql)
    return in_our_mode(statements) if "sql_mode" in sql.lower() else statements


def _split(sql: str) -> Iterator[TokenStream]:
    for chunk, offset, delimiter in _chunks(sql):
        if delimiter == ";":
            padded = " " * offset + chunk if offset else chunk
            yield from _statements(padded, tokenize(padded))
            continue
        start = 0
        for piece in chunk.split(delimiter):
            padded = " " * (offset + start) + piece
            tokens = tokenize(padded)
            while tokens and tokens[-1].upper == ";":
                tokens.pop()
            if tokens:
                yield TokenStream(padded, tokens)
            start += len(piece) + len(delimiter)


def _chunks(sql: str) -> Iterator[tuple[str, int, str]]:
    """(text, its offset, its delimiter): the command-line client's DELIMITER cuts a script into such."""
    start, delimiter = 0, ";"
    lines = (found for found in _DELIMITER.finditer(sql) if found["mark"]) if "DELIMITER" in sql.upper() else ()
    for match in lines:
        if sql[start : match.start()].strip():
            yield sql[start : match.start()], start, delimiter
        start, delimiter = match.end(), match["mark"]
    if sql[start:].strip():
        yield sql[start:], start, delimiter


_BODIES = frozenset({"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"})
_BLOCK_ENDS = frozenset({"IF", "LOOP", "REPEAT", "WHILE"})


def _statements(sql: str, tokens: list[Token]) -> Iterator[TokenStream]:
    """Split at semicolons outside of parentheses and of BEGIN … END in a stored program."""
    first, depth, blocks, in_body = 0, 0, 0, False
    for index, token in enumerate(tokens):
        mark = token.upper
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
        elif mark in _BODIES and index - first <= 8 and tokens[first].upper == "CREATE":
            in_body = True
        elif in_body and mark in ("BEGIN", "CASE", "END"):
            blocks += _block_step(tokens, index)
        elif mark == ";" and depth <= 0 and blocks <= 0:
            if index > first:
                yield TokenStream(sql, tokens[first:index])
            first, depth, blocks, in_body = index + 1, 0, 0, False
    if first < len(tokens):
        yield TokenStream(sql, tokens[first:])


def _block_step(tokens: list[Token], index: int) -> int:
    """+1 where a block opens, -1 where it closes, 0 for ``END IF`` and for the CASE of ``END CASE``."""
    if tokens[index].upper != "END":
        return 0 if index and tokens[index - 1].upper == "END" else 1
    following = tokens[index + 1].upper if index + 1 < len(tokens) else ""
    return 0 if following in _BLOCK_ENDS else -1
