"""What SQLite itself makes of a statement, tried on an empty copy of a schema in memory."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise, takewhile
from typing import NamedTuple

from pytest_schemadrift.dialects.reader import QUOTED
from pytest_schemadrift.dialects.sqlite.names import fold, quote
from pytest_schemadrift.dialects.sqlite.read.tokens import names_in, tokenize
from pytest_schemadrift.dialects.sqlite.write.definitions import create_table, create_virtual_table
from pytest_schemadrift.schema.model import Schema

_EVENT = re.compile(r"\b(DELETE|INSERT|UPDATE)\b(?=(?:\s+OF\b.*?)?\s+ON\b)", re.IGNORECASE | re.DOTALL)


class Program(NamedTuple):
    """A view, or a trigger with the table or view on which it stands."""

    kind: str
    name: str
    on: str
    sql: str


def programs(schema: Schema) -> Iterator[Program]:
    """The views and triggers of a schema, with the texts that they have in the database."""
    for view in schema.views:
        yield Program("view", view.name.name, view.name.name, view.sql)
        for trigger in view.triggers:
            yield Program("trigger", trigger.name, view.name.name, trigger.sql)
    for table in schema.tables:
        for trigger in table.triggers:
            yield Program("trigger", trigger.name, table.name.name, trigger.sql)


@contextmanager
def empty_copy(schema: Schema) -> Iterator[sqlite3.Connection]:
    """A database in memory with the tables, views and triggers of a schema, which can open no file.

    Raises ``sqlite3.Error`` where one of them cannot be made.
    """
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        for table in schema.tables:
            virtual = table.kind == "virtual"
            connection.execute(create_virtual_table(table) if virtual else create_table(table, table.name.name))
        for program in programs(schema):
            connection.execute(program.sql)
        yield connection
    finally:
        connection.close()


def names_in_quotes(program: Program) -> set[str]:
    """The names, folded, that the text has in double quotes, each of which SQLite may take for a string (S12)."""
    quoted = (token for token in tokenize(program.sql) if token.kind == QUOTED)
    return {fold(token.text) for token in quoted if program.sql[token.start] == '"'}


def fires_on(program: Program) -> frozenset[str]:
    """The columns, folded, behind UPDATE OF, which SQLite looks up when it compiles an UPDATE, and never misses."""
    header = list(takewhile(lambda token: token.upper != "ON", tokenize(program.sql)))
    words = [token.upper for token in header]
    if program.kind == "view" or ("UPDATE", "OF") not in pairwise(words):
        return frozenset()
    return names_in(header[list(pairwise(words)).index(("UPDATE", "OF")) + 2 :])


def columns_read(connection: sqlite3.Connection, program: Program) -> set[tuple[str, str]]:
    """The (table, column), folded, that a view or trigger reads: SQLite says so when it compiles it, running nothing.

    Raises ``sqlite3.Error`` for one that does not work.
    """
    found = set()

    def note(action: int, table: str | None, column: str | None, database: str | None, source: str | None) -> int:
        if action == sqlite3.SQLITE_READ and (source is not None or program.kind == "view"):
            found.add((fold(table or ""), fold(column or "")))
        return sqlite3.SQLITE_OK

    using = _use(connection, program)
    connection.set_authorizer(note)
    try:
        connection.execute(f"EXPLAIN {using}").close()
    finally:
        connection.set_authorizer(None)
    return found


def _use(connection: sqlite3.Connection, program: Program) -> str:
    """A statement for which SQLite compiles the program: an UPDATE names every column, for UPDATE OF."""
    on, event = quote(program.on), _EVENT.search(program.sql)
    if program.kind == "view":
        return f"SELECT * FROM {on}"
    match event[1].upper() if event else "":
        case "INSERT":
            return f"INSERT INTO {on} DEFAULT VALUES"
        case "UPDATE":
            columns = connection.execute("SELECT name FROM pragma_table_info(?)", (program.on,)).fetchall()
            return f"UPDATE {on} SET {', '.join(f'{quote(name)} = NULL' for (name,) in columns)}"
        case _:
            return f"DELETE FROM {on}"
