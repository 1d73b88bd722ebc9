"""Views and triggers as text: kept and shown, never compared with models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pytest_schemadrift.dialects.mysql.names import qualified, quote
from pytest_schemadrift.dialects.mysql.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import QUOTED, WORD, Token
from pytest_schemadrift.schema.model import Name, Trigger, View


def make_view(name: Name, columns: str, body: str) -> View:
    """A view with its statement in one spelling; ALGORITHM, DEFINER and SQL SECURITY are left out."""
    return View(name, f"CREATE VIEW {qualified(name)}{columns} AS {body}")


def make_trigger(name: str, timing: str, event: str, table: Name, body: str) -> Trigger:
    """A trigger with its statement in one spelling; DEFINER is left out."""
    return Trigger(
        name,
        f"CREATE TRIGGER {quote(name)} {timing} {event} ON {qualified(table)} FOR EACH ROW {body.strip()}",
    )


def of_its_own(text: str, database: str) -> str:
    """SQL of a catalog, which names its own database everywhere, without that name: it holds in any database.

    String literals stay as they are, and so does a table, or the alias of one, that has the name of its database.
    """
    mark = f"{quote(database)}."
    if mark not in text:
        return text
    if re.search(rf"(?<![`.]){re.escape(quote(database))}(?![`.])", text):  # an alias, or a column's name
        return _without_database(text, database)
    literal = r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|"""
    pattern = literal + rf"(?<!\.)({re.escape(mark)})|`(?:[^`]|``)*`"  # a name may hold a quote
    return re.sub(pattern, lambda found: "" if found[1] else found[0], text, flags=re.DOTALL)


_BEFORE_A_TABLE = frozenset(("JOIN", "STRAIGHT_JOIN"))
_SEQUENCE_CALLS = frozenset(("NEXTVAL", "LASTVAL", "SETVAL"))


def _without_database(text: str, database: str) -> str:
    """``of_its_own`` where the database's name may be an alias: a column of that keeps it.

    MySQL 9.7 and MariaDB 11.8 write a table as `` `database`.`table` ``, its columns with both names before them, and
    the column of an alias as `` `alias`.`column` ``.
    """
    tokens = tokenize(text)
    selects = [False]  # whether it is a query, of each parenthesis that is open
    table_follows = False
    cut: list[tuple[int, int]] = []
    for place, token in enumerate(tokens):
        if token.upper == "(":
            selects.append(False)
            continue
        if token.kind == QUOTED and token.text == database and _dot(tokens, place + 1) and not _dot(tokens, place - 1):
            of_sequence = place > 1 and tokens[place - 2].upper in _SEQUENCE_CALLS
            whole = _dot(tokens, place + 3) or (place + 3 < len(tokens) and tokens[place + 3].upper == "(")
            if table_follows or whole or of_sequence:
                cut.append((token.start, tokens[place + 2].start))
        table_follows = False
        if token.upper == ")" and len(selects) > 1:
            selects.pop()
        elif token.kind == WORD:
            selects[-1] = selects[-1] or token.upper == "SELECT"
            table_follows = token.upper in _BEFORE_A_TABLE or (token.upper == "FROM" and selects[-1])
    for start, end in reversed(cut):
        text = text[:start] + text[end:]
    return text


def _dot(tokens: Sequence[Token], place: int) -> bool:
    return 0 <= place < len(tokens) and tokens[place].upper == "."


def depends_on(sql: str, known: Iterable[Name]) -> tuple[Name, ...]:
    """The tables and views that a view's text names; a column of the same name counts too, which does no harm."""
    mentioned = {token.text for token in tokenize(sql) if token.kind in (WORD, QUOTED)}
    return tuple(sorted(name for name in known if name.name in mentioned))
