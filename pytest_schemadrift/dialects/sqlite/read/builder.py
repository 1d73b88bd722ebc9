"""A table while its text is read, and the canonical form that it gets: what means the same is written the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pytest_schemadrift.dialects.reader import Token, TokenStream
from pytest_schemadrift.dialects.sqlite.names import fold
from pytest_schemadrift.dialects.sqlite.read.expressions import expression_of
from pytest_schemadrift.dialects.sqlite.read.tokens import identifier
from pytest_schemadrift.schema.build import make_table
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Expression,
    ForeignKey,
    Generated,
    Index,
    IndexPart,
    Name,
    Options,
    PrimaryKey,
    Table,
    options,
)


@dataclass(slots=True)
class ColumnBuilder:
    """A column while its table's text is read."""

    name: str
    type: str
    nullable: bool = True
    default: Expression | None = None
    autoincrement: bool = False
    collation: str | None = None
    generated: tuple[TokenStream, bool] | None = None
    """The expression, still to be read, for it may name columns that come later; whether it is stored."""
    options: Options = ()


@dataclass(slots=True)
class TableBuilder:
    """A table while its text is read."""

    name: str
    columns: dict[str, ColumnBuilder] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)
    primary_key: PrimaryKey | None = None
    inline_primary_key: bool = False
    uniques: list[Index] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: list[tuple[str | None, TokenStream]] = field(default_factory=list)

    def column(self, token: Token) -> str:
        """A column's name as its definition spells it (names are compared without case)."""
        name = identifier(token)
        return self.by_name.get(fold(name), name)

    def finish(self, *, strict: bool, without_rowid: bool) -> Table:
        """Give the parts of a table their canonical form: what means the same is written the same."""
        primary_key = self.primary_key
        if primary_key is not None:
            primary_key = _canonical_key(primary_key, self, without_rowid=without_rowid)
            types = {name: column.type for name, column in self.columns.items()}
            alias = is_rowid_alias(primary_key, types, without_rowid=without_rowid)
            for name in primary_key.columns if alias or without_rowid or strict else ():
                if name in self.columns:
                    self.columns[name].nullable = False
                    if alias:  # NOT NULL of a rowid alias is never looked at
                        self.columns[name].options = ()
        collations = {name: column.collation for name, column in self.columns.items()}
        uniques = [with_canonical_parts(unique, collations) for unique in self.uniques]
        checks = [Check(name, expression_of(stream, self.name, self.by_name)) for name, stream in self.checks]
        return make_table(
            Name("", self.name),
            [_finished_column(column, self) for column in self.columns.values()],
            primary_key=primary_key,
            indexes=dict.fromkeys(uniques),  # SQLite makes one index of twins
            foreign_keys=self.foreign_keys,
            checks=dict.fromkeys(checks),
            options=options(strict=strict, without_rowid=without_rowid),
        )


def _finished_column(column: ColumnBuilder, builder: TableBuilder) -> Column:
    default = column.default
    usual = _column(
        column.name,
        column.type,
        column.nullable,
        None if default is None else (default.sql, default.key),
        column.autoincrement,
        column.collation,
        column.options,
    )
    if column.generated is None:
        return usual
    stream, stored = column.generated
    return replace(usual, generated=Generated(expression_of(stream, builder.name, builder.by_name), stored))


@lru_cache(maxsize=16384)
def _column(
    name: str,
    declared: str,
    nullable: bool,
    default: tuple[str, str] | None,
    autoincrement: bool,
    collation: str | None,
    options: Options,
) -> Column:
    """Columns that are alike in many tables, or on both sides of a comparison, are one value.

    The default is asked for by its text and key, since expressions are equal by their keys alone.
    """
    expression = None if default is None else Expression(*default)
    return Column(
        name,
        declared,
        nullable=nullable,
        default=expression,
        autoincrement=autoincrement,
        collation=collation,
        options=options,
    )


def _canonical_key(key: PrimaryKey, builder: TableBuilder, *, without_rowid: bool) -> PrimaryKey:
    """The primary key; the direction of a rowid alias says nothing unless it was written inline (S3)."""
    if not builder.inline_primary_key and not without_rowid and len(key.parts) == 1:
        column = builder.columns.get(key.parts[0].column or "")
        if column is not None and column.type == "INTEGER":
            return replace(key, parts=(IndexPart(column.name),))
    collations = {name: column.collation for name, column in builder.columns.items()}
    return replace(key, parts=tuple(_canonical_part(part, collations) for part in key.parts))


def with_canonical_parts(index: Index, collations: Mapping[str, str | None]) -> Index:
    """The index with no collation where a part's is that of its column."""
    if all(part.collation is None for part in index.parts):
        return index
    return replace(index, parts=tuple(_canonical_part(part, collations) for part in index.parts))


def _canonical_part(part: IndexPart, collations: Mapping[str, str | None]) -> IndexPart:
    """A key whose collation is its column's own is left without one."""
    inherited = collations.get(part.column or "") or "BINARY"
    return replace(part, collation=None) if part.collation == inherited else part


def is_rowid_alias(key: PrimaryKey, types: Mapping[str, str], *, without_rowid: bool) -> bool:
    """Whether the key is the rowid itself: exactly one column of exactly the type INTEGER (S3)."""
    if without_rowid or len(key.parts) != 1 or key.parts[0].descending:
        return False
    return types.get(key.parts[0].column or "") == "INTEGER"


def rowid_alias(table: Table) -> str | None:
    """The column that is the table's rowid, if there is one."""
    key = table.primary_key
    if key is None or len(key.parts) != 1:
        return None
    column = table.column(key.parts[0].column or "")
    types = {} if column is None else {column.name: column.type}
    without_rowid = ("without_rowid", "yes") in table.options
    return key.columns[0] if is_rowid_alias(key, types, without_rowid=without_rowid) else None
