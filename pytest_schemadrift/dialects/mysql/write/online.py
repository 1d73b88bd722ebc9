"""ALTER TABLE in the form that blocks others least (``--online``): the server is asked for the best it can.

``ALGORITHM=INSTANT`` changes the catalog alone, ``INPLACE, LOCK=NONE`` works beside readers and writers; a server that
cannot do it so says 1845 or 1846 before it does anything (MySQL 8.0 manual, "Online DDL"), and the next form is tried.
"""

from __future__ import annotations

from pytest_schemadrift.dialects.base import Form, RenderContext
from pytest_schemadrift.dialects.mysql.write.render import render
from pytest_schemadrift.schema import changes as c

_FIXED = (" PARTITION BY ", " REMOVE PARTITIONING", " ALGORITHM=")
"""Clauses beside which ALTER TABLE takes no ALGORITHM."""


def render_online(change: c.Change, context: RenderContext) -> tuple[Form, ...] | None:
    """The statements of one change, each ALTER TABLE with what to try before its plain form."""
    statements = render(change, context)
    if not any(sql.startswith("ALTER TABLE ") for sql in statements):
        return None
    return tuple(_form(sql) for sql in statements)


def _form(sql: str) -> Form:
    if not sql.startswith("ALTER TABLE ") or any(words in sql.upper() for words in _FIXED):
        return Form(sql)
    return Form(f"{sql}, ALGORITHM=INSTANT", instead=(f"{sql}, ALGORITHM=INPLACE, LOCK=NONE", sql))
