"""The usual CREATE TABLE and CREATE INDEX, cut into their items without a token.

Most columns of a database are defined in words that another table has too: an item is read by its tokens, but each text
once only. Whatever is not plain is left to those who read all tokens, and so is every error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from pytest_schemadrift.dialects.reader import Token, TokenStream
from pytest_schemadrift.dialects.sqlite.names import unquote
from pytest_schemadrift.dialects.sqlite.read.builder import ColumnBuilder, TableBuilder
from pytest_schemadrift.dialects.sqlite.read.table import is_constraint, read_column, read_table_constraints
from pytest_schemadrift.dialects.sqlite.read.tokens import tokenize
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.schema.model import Table

_COMMENT = r"--[^\n]*|/\*.*?(?:\*/|\Z)"
_MARKS = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|""" + _COMMENT + r"""|[(),;'"`\[\]]""", re.DOTALL
)
"""All that a text is cut by, and all that may hide such a mark, as ``tokens`` reads them."""
_HEAD = re.compile(r'\s*CREATE\s+TABLE\s+("(?:[^"]|"")+")\s*', re.IGNORECASE)
_NOTHING = re.compile(rf"\s+|{_COMMENT}", re.DOTALL)
_PLAIN_INDEX = re.compile(r'CREATE (UNIQUE )?INDEX "([^"]+)" ON "([^"]+)" \("([^"]+(?:", "[^"]+)*)"\)')


class PlainTable(NamedTuple):
    """A CREATE TABLE statement: ``sql`` is what SQLite keeps of it, ``items`` stand between its commas."""

    name: str
    items: tuple[str, ...]
    sql: str


class PlainIndex(NamedTuple):
    """A CREATE INDEX statement of quoted names alone, which needs no tokens."""

    name: str
    table: str
    unique: bool
    columns: tuple[str, ...]
    sql: str


def plain_index(sql: str) -> PlainIndex | None:
    """The index of a text from ``sqlite_master`` that consists of quoted names alone, as nearly all do."""
    match = _PLAIN_INDEX.fullmatch(sql)
    if match is None:
        return None
    return PlainIndex(match[2], match[3], match[1] is not None, tuple(match[4].split('", "')), sql)


def plain_table(sql: str) -> PlainTable | None:
    """The table of a text from ``sqlite_master``, cut at its commas; ``None`` where that takes tokens."""
    cut = next(_statements(sql), None)
    return None if cut is None or cut[0] < len(sql) else _table_of(sql, 0, *cut)


def plain_statements(sql: str) -> list[PlainTable | PlainIndex] | None:
    """The statements of a script that has nothing but plain ones; ``None`` for any other."""
    found: list[PlainTable | PlainIndex] = []
    begin = 0
    for end, marks in _statements(sql):
        statement = _table_of(sql, begin, end, marks) or plain_index(sql[begin:end].strip())
        if statement is None:
            return None
        found.append(statement)
        begin = end + 1
    return found if found and not _NOTHING.sub("", sql[begin:]) else None


def _statements(sql: str) -> Iterator[tuple[int, list[int]]]:
    """Where each statement ends, and its outermost parentheses and the commas between them; ends at a text that is
    no plain one.
    """
    marks: list[int] = []
    depth = 0
    for match in _MARKS.finditer(sql):
        mark = match[0]
        if len(mark) > 1 or (mark == "," and depth != 1):
            continue
        if mark == "(":
            depth += 1
            if depth == 1:
                marks.append(match.start())
        elif mark == ")":
            depth -= 1
            if depth == 0:
                marks.append(match.start())
        elif mark == ",":
            marks.append(match.start())
        elif mark == ";" and depth == 0:
            yield match.start(), marks
            marks = []
        else:
            return
    if marks and depth == 0:
        yield len(sql), marks


def _table_of(sql: str, begin: int, end: int, marks: Sequence[int]) -> PlainTable | None:
    head = _HEAD.match(sql, begin, end)
    if head is None or len(marks) < 2 or head.end() != marks[0] or sql[marks[-1]] != ")":
        return None
    if "(" in [sql[mark] for mark in marks[1:]] or _NOTHING.sub("", sql[marks[-1] + 1 : end]):
        return None
    items = tuple([sql[one + 1 : two].strip() for one, two in pairwise(marks)])
    return PlainTable(unquote(head[1]), items, f"CREATE TABLE {sql[head.start(1) : marks[-1] + 1]}")


def table_of_items(plain: PlainTable) -> Table:
    """The table, without indexes of its own statements. Raises ``DDLSyntaxError``, which knows no line."""
    builder = TableBuilder(plain.name)
    constraints = []
    for text in plain.items:
        item = _read(text)
        if isinstance(item, _Definition):
            item.add_to(builder)
        elif item and is_constraint(item[0]):
            constraints.append(TokenStream(text, list(item)))
        elif item:
            read_column(builder, TokenStream(text, list(item)))
    for stream in constraints:
        read_table_constraints(builder, stream)
    return builder.finish(strict=False, without_rowid=False)


class _Definition:
    """What the definition of a column says, whatever table it stands in."""

    def __init__(self, builder: TableBuilder) -> None:
        self._builder = builder

    def add_to(self, builder: TableBuilder) -> None:
        """Repeat it in a table."""
        own = self._builder
        for name, column in own.columns.items():
            builder.columns[name] = ColumnBuilder(
                name,
                column.type,
                column.nullable,
                column.default,
                column.autoincrement,
                column.collation,
                options=column.options,
            )
        builder.by_name.update(own.by_name)
        if own.primary_key is not None:
            builder.primary_key, builder.inline_primary_key = own.primary_key, own.inline_primary_key
        if own.uniques:
            builder.uniques += own.uniques
        if own.foreign_keys:
            builder.foreign_keys += own.foreign_keys


@lru_cache(maxsize=8192)
def _read(text: str) -> _Definition | tuple[Token, ...]:
    """A column's definition, or the tokens of what has to know its table: a constraint, an expression."""
    tokens = tokenize(text)
    if not tokens or is_constraint(tokens[0]):
        return tuple(tokens)
    builder = TableBuilder("")
    try:
        read_column(builder, TokenStream(text, tokens))
    except DDLSyntaxError:
        return tuple(tokens)
    (column,) = builder.columns.values()
    return tuple(tokens) if builder.checks or column.generated is not None else _Definition(builder)
