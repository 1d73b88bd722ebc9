"""Which expressions of two texts are one to SQLite, which keeps every text as it was written.

It compiles two checks or generated columns to one program, and stores one value for two defaults. The words of an index
count, for its planner looks for them in queries (S25): whether two are one is what ON CONFLICT finds.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from pytest_schemadrift.dialects.reader import NUMBER, STRING, Token
from pytest_schemadrift.dialects.sqlite.names import fold, quote, upper
from pytest_schemadrift.dialects.sqlite.read.tokens import tokenize
from pytest_schemadrift.dialects.sqlite.write.definitions import column_definition, create_table, table_options
from pytest_schemadrift.dialects.sqlite.write.trial import empty_copy
from pytest_schemadrift.schema.model import Check, Column, Expression, Index, Schema, Table

_OTHER_NAMES = {b"substring": b"substr", b"format": b"printf", b"ceiling": b"ceil", b"power": b"pow"}
"""Functions that have two names (lang_corefunc.html, lang_mathfunc.html)."""
_FUNCTION = re.compile(rb"(\w+)(?=\(-?\d+\)$)")


def with_alike(old: Schema, new: Schema) -> Schema:
    """The new schema, with the old spelling of checks, generated columns and defaults that mean the same."""
    return replace(new, tables=tuple(_with_alike(old.table(table.name), table) for table in new.tables))


def _with_alike(old: Table | None, new: Table) -> Table:
    if old is None or old == new or "virtual" in (old.kind, new.kind) or _texts(old) == _texts(new):
        return new
    columns = {fold(column.name): column for column in old.columns}
    checks = [item.expression for item in old.checks if item not in new.checks]
    with empty_copy(Schema("sqlite")) as connection:
        connection.text_factory = bytes  # EXPLAIN prints the bytes of a literal as they are
        meaning = _Meaning(connection, new)
        return replace(
            new,
            columns=tuple(meaning.column(columns.get(fold(item.name), item), item) for item in new.columns),
            checks=tuple(item if item in old.checks else meaning.check(checks, item) for item in new.checks),
            indexes=tuple(item if item in old.indexes else meaning.index(old.indexes, item) for item in new.indexes),
        )


def _texts(table: Table) -> set[str]:
    found = [check.expression for check in table.checks]
    found += [item for column in table.columns for item in (column.default,) if item]
    found += [column.generated.expression for column in table.columns if column.generated]
    found += [item for index in table.indexes for item in _expressions(index) if item]
    return {item.key for item in found}


def _expressions(index: Index) -> list[Expression | None]:
    return [index.where, *(part.expression for part in index.parts)]


class _Meaning:
    """What expressions mean beside the columns of one table, which both sides are held against."""

    def __init__(self, connection: sqlite3.Connection, table: Table) -> None:
        self.connection, self.table = connection, table
        columns = tuple(replace(column, default=None, generated=None) for column in table.columns)
        bare = replace(table, columns=columns, checks=(), foreign_keys=(), indexes=(), triggers=())
        self.is_there = self._succeeds(create_table(bare, "t"))

    def check(self, olds: list[Expression], new: Check) -> Check:
        """With the first of ``olds`` that is the same, which is taken off them."""
        for old in olds:
            if self._is_one_program(old, new.expression):
                olds.remove(old)
                return replace(new, expression=old)
        return new

    def index(self, olds: Iterable[Index], new: Index) -> Index:
        """With the texts of one of ``olds`` that is the same but for them."""
        for old in olds:
            pairs = zip(_expressions(old), _expressions(new), strict=False)
            where, *parts = [a if a and b and self._is_one_to_the_planner(a, b) else b for a, b in pairs]
            if len(old.parts) == len(new.parts):
                named = zip(new.parts, parts, strict=True)
                found = replace(new, where=where, parts=tuple(replace(part, expression=it) for part, it in named))
                if replace(found, name=old.name) == old:
                    return found
        return new

    def column(self, old: Column, new: Column) -> Column:
        if old.generated and new.generated and self._is_one_program(old.generated.expression, new.generated.expression):
            new = replace(new, generated=replace(new.generated, expression=old.generated.expression))
        if old.default and new.default and old.default.key != new.default.key and old.type == new.type:
            tokens = [tokenize(item.sql) for item in (old.default, new.default)]
            if all(map(_is_constant, tokens)):
                same = self._stored(new, old.default) == self._stored(new, new.default) is not None
            else:
                same = self._is_one_program(old.default, new.default)
            return replace(new, default=old.default) if same else new
        return new

    def _is_one_program(self, old: Expression, new: Expression) -> bool:
        """EXPLAIN prints numbers and bytes shortly: those have to be the same in the texts, in their order."""
        if not self.is_there or _literals(old.sql) != _literals(new.sql):
            return False
        first = self._program(old)
        return first is not None and first == self._program(new)

    def _is_one_to_the_planner(self, old: Expression, new: Expression) -> bool:
        if old.key == new.key:
            return True
        first = quote(self.table.columns[0].name)
        self._succeeds("DROP INDEX IF EXISTS i")
        return (
            self.is_there
            and self._succeeds(f"CREATE UNIQUE INDEX i ON t ({first} IS NULL) WHERE {old.sql}")
            and self._succeeds(
                f"EXPLAIN INSERT INTO t ({first}) VALUES (1) ON CONFLICT ({first} IS NULL) WHERE {new.sql} DO NOTHING"
            )
        )

    def _program(self, expression: Expression) -> list[tuple[object, ...]] | None:
        try:
            rows = self.connection.execute(f"EXPLAIN SELECT {expression.sql} FROM t").fetchall()
        except sqlite3.Error:
            return None  # a function that only the application has
        return [tuple(map(_by_one_name, row[1:7])) for row in rows]

    def _stored(self, column: Column, default: Expression) -> tuple[object, ...] | None:
        """The kind and the literal of what a row gets in such a column."""
        options = tuple(item for item in self.table.options if item[0] == "strict")
        self._succeeds("DROP TABLE IF EXISTS d")
        only = replace(column, name="c", default=default, generated=None, nullable=True, collation=None)
        made = f"CREATE TABLE d ({column_definition(only)}){table_options(options)}"
        if not self._succeeds(made) or not self._succeeds("INSERT INTO d DEFAULT VALUES"):
            return None
        return tuple(self.connection.execute("SELECT typeof(c), quote(c) FROM d").fetchone())

    def _succeeds(self, sql: str) -> bool:
        try:
            self.connection.execute(sql)
        except sqlite3.Error:
            return False
        return True


def _by_one_name(value: object) -> object:
    if not isinstance(value, bytes):
        return value
    return _FUNCTION.sub(lambda found: _OTHER_NAMES.get(found[1], found[1]), value)


def _is_constant(tokens: Sequence[Token]) -> bool:
    return all(
        token.kind in (NUMBER, STRING) or token.text in "()+-" or token.upper in ("TRUE", "FALSE") for token in tokens
    )


def _literals(sql: str) -> list[object]:
    return [_value(token) for token in tokenize(sql) if token.kind in (NUMBER, STRING)]


def _value(token: Token) -> object:
    text = upper(token.text)
    if token.kind == STRING:
        return text if text.startswith("X'") else token.text
    if text.startswith("0X"):
        return int(text, 16)
    return int(text) if text.isdigit() else ("real", Decimal(text))
