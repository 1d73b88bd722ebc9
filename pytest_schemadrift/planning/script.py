"""SQL as people see it and run it: hidden characters in names and texts are spelled in ways that mean the same.

PostgreSQL has escapes for both (``U&"…"`` and ``E'…'``, chapter 4.1 of its documentation). MySQL and MariaDB have none
for names: the statement is prepared from its bytes. SQLite has neither.
"""

from __future__ import annotations

import re

from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.shown import HIDDEN, escape, has_hidden, visible

_POSTGRES = re.compile(
    r"""(?P<name>(?P<unicode>\b[uU]&)?"(?P<named>(?:[^"]|"")*)")"""
    r"""|\b[eE]'(?P<escaped>(?:[^'\\]|''|\\.)*)'"""
    r"""|\b[uU]&'(?P<coded>(?:[^']|'')*)'"""
    r"""|'(?P<plain>(?:[^']|'')*)'"""
    r"""|(?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$(?P<dollar>.*?)\$(?P=tag)\$"""
    r"""|(?P<comment>--[^\n]*|/\*.*?\*/)""",
    re.DOTALL,
)
_HIDDEN = re.compile(f"[{HIDDEN}]")
_ESCAPED = re.compile(rf"\\(?P<after>.)|(?P<bare>[{HIDDEN}])", re.DOTALL)


def readable(sql: str, dialect: str) -> str:
    """A statement for a report: it runs as it is shown where the dialect has a spelling for all that is in it.

    No line of it is one that a name or a text has made.
    """
    if dialect == "postgres":
        return visible(_postgres(sql, one_line=True)) if has_hidden(sql) or "\n" in sql else sql
    if "\n" in sql and any("\n" in (found["quoted"] or "") for found in _QUOTED.finditer(sql)):
        if dialect in _PREPARES and not _NOT_PREPARED.search(sql):
            return visible(_prepared(sql))
        return f"{_BROKEN}\n{visible(_QUOTED.sub(lambda found: found[0].replace(chr(10), escape(chr(10))), sql))}"
    return visible(sql)


_QUOTED = re.compile(
    r"""(?P<quoted>'(?:[^'\\]|''|\\.)*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])|--[^\n]*|/\*.*?\*/""", re.DOTALL
)
_PREPARES = frozenset(("mysql", "mariadb"))
_BROKEN = "-- a name or text below holds a line break, for which there is no other spelling: this is not to be copied"


def runnable(sql: str, dialect: str) -> str:
    """A statement as text that does the same and hides nothing. Raises ``Unsupported`` where there is none."""
    if not has_hidden(sql):
        return sql
    if dialect == "postgres":
        spelled = _postgres(sql)
        if not has_hidden(spelled):
            return spelled
    elif dialect in _PREPARES and not _NOT_PREPARED.search(sql):
        return _prepared(sql)
    raise Unsupported(
        "a name or text holds control characters that SQL has no other spelling for",
        sql=sql,
        where=" ".join(visible(sql).split())[:160],
        hint="let schemadrift apply run it, or take it from --format json",
    )


_NOT_PREPARED = re.compile(r"^\s*(CREATE|ALTER|DROP)\b.*?\b(TRIGGER|PROCEDURE|FUNCTION|EVENT)\b", re.I | re.S)
"""MySQL, "SQL Syntax Permitted in Prepared Statements"."""


def _prepared(sql: str) -> str:
    comment = " ".join(visible(sql).split())
    return (
        f"-- {comment}\n"
        f"SET @schemadrift = CONVERT(X'{sql.encode().hex().upper()}' USING utf8mb4);\n"
        "PREPARE schemadrift FROM @schemadrift;\nEXECUTE schemadrift;\nDEALLOCATE PREPARE schemadrift"
    )


def _postgres(sql: str, *, one_line: bool = False) -> str:
    """``one_line``: no literal or name has a line break, but for texts between dollars."""
    done, place = [], 0
    for found in _POSTGRES.finditer(sql):
        done += [_between(sql[place : found.start()]), _token(found, one_line=one_line)]
        place = found.end()
    return "".join([*done, _between(sql[place:])])


def _between(text: str) -> str:
    """Between tokens, carriage returns and the like are white space."""
    return re.sub(r"[\r\f\v]+", " ", text) if has_hidden(text) else text


def _token(found: re.Match[str], *, one_line: bool) -> str:
    token = found[0]
    breaks = "\n" in token and (found["name"] or (one_line and not found["comment"] and found["dollar"] is None))
    if not has_hidden(token) and not breaks:
        return token
    if found["name"]:
        inner = found["named"] if found["unicode"] else found["named"].replace("\\", "\\\\")
        return f'U&"{_coded(inner)}"'
    if found["coded"] is not None:
        return f"U&'{_coded(found['coded'])}'"
    if found["escaped"] is not None:
        return f"E'{_broken(_ESCAPED.sub(_in_escape_string, found['escaped']), one_line=one_line)}'"
    if found["comment"]:
        return visible(token)
    text = found["plain"]
    if text is None:
        text = found["dollar"].replace("'", "''")
    text = text.replace("\\", "\\\\")
    return f"E'{_broken(_HIDDEN.sub(lambda character: _in_string(character[0]), text), one_line=one_line)}'"


def _broken(text: str, *, one_line: bool) -> str:
    """The inside of an ``E'…'`` without line breaks of its own."""
    return re.sub(r"\\?\n", r"\\n", text) if one_line else text


def _coded(text: str) -> str:
    return re.sub(f"[\n{HIDDEN}]", _code, text)


def _code(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\{code:04X}" if code < 0x10000 else f"\\+{code:06X}"


def _in_string(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _in_escape_string(found: re.Match[str]) -> str:
    character = found["bare"] or found["after"]  # a backslash before any other character means that character
    return _in_string(character) if has_hidden(character) else found[0]
