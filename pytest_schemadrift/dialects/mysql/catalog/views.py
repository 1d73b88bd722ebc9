"""Views and triggers as text: kept and shown, never compared with models."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pytest_schemadrift.dialects.mysql.names import qualified, quote
from pytest_schemadrift.dialects.reader import QUOTED, WORD, tokenize
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

    String literals stay as they are, and so does a table that has the name of its database.
    """
    mark = f"{quote(database)}."
    if mark not in text:
        return text
    literal = r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|"""
    pattern = literal + rf"(?<!\.)({re.escape(mark)})|`(?:[^`]|``)*`"  # a name may hold a quote
    return re.sub(pattern, lambda found: "" if found[1] else found[0], text, flags=re.DOTALL)


def depends_on(sql: str, known: Iterable[Name], dialect: str) -> tuple[Name, ...]:
    """The tables and views that a view's text names; a column of the same name counts too, which does no harm."""
    mentioned = {token.text for token in tokenize(sql, dialect) if token.kind in (WORD, QUOTED)}
    return tuple(sorted(name for name in known if name.name in mentioned))
