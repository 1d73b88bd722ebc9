"""How a publication of PostgreSQL uses a column of a table: it lists it, or filters rows by it."""

from __future__ import annotations

import re

from pytest_schemadrift.schema.model import Dependent


def usage_of(publication: Dependent, column: str) -> str:
    """``has it in its column list``, ``filters rows by it`` or both, from the statement that makes the publication."""
    listed, filtered = _halves(publication.sql)
    uses = ["has it in its column list"] * _is_in(column, listed) + ["filters rows by it"] * _is_in(column, filtered)
    return " and ".join(uses)


def way_out(publication: Dependent, table: str) -> str:
    """What to do before the column changes or goes."""
    return f"take {table} out of publication {publication.name} by hand, and put it back afterwards"


def _halves(sql: str) -> tuple[list[str], list[str]]:
    """The words before and after WHERE; a literal is none, and a name in quotes is one."""
    body = sql.rpartition(" WITH (publish")[0] or sql
    words = re.findall(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|[^\W\d][\w$]*", body)
    place = words.index("WHERE") if "WHERE" in words else len(words)
    return words[:place], words[place + 1 :]


def _is_in(column: str, words: list[str]) -> bool:
    quoted = column.replace('"', '""')
    return f'"{quoted}"' in words or column in words
