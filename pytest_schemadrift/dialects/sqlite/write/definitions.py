"""The text of tables, columns and indexes, always with quoted names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_schemadrift.dialects.sqlite.names import fold, quote, quote_needed
from pytest_schemadrift.dialects.sqlite.read.builder import rowid_alias
from pytest_schemadrift.dialects.sqlite.read.types import type_sql
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    ForeignKey,
    Index,
    IndexPart,
    Name,
    Options,
    PrimaryKey,
    Table,
)


def create_table(table: Table, name: str, comments: Iterable[tuple[str, str]] = ()) -> str:
    """CREATE TABLE of an ordinary table, under ``name``, without its indexes and triggers.

    ``comments`` are (column, comment) pairs; a comment without a column stands in front of all columns.
    """
    above = _comments_above(table, comments)
    key = table.primary_key
    inline = key.columns[0] if key is not None and _is_inline(key) else None
    alias = rowid_alias(table)
    lines = [
        above[fold(column.name)]
        + column_definition(
            replace(column, nullable=True) if column.name == alias else column,  # a rowid is never NULL, said or not
            primary_key=key if column.name == inline else None,
        )
        for column in table.columns
    ]
    if key is not None and inline is None:
        lines.append(primary_key_definition(key, [column.name for column in table.columns if column.autoincrement]))
    lines += [unique_definition(index) for index in table.indexes if index.constraint]
    lines += [foreign_key_definition(item) for item in table.foreign_keys]
    lines += [check_definition(item) for item in table.checks]
    body = ",\n    ".join(lines)
    head = f"\n    {above['']}" if above[""] else " "
    return f"CREATE TABLE {quote(name)}{head}(\n    {body}\n){table_options(table.options)}"


def _comments_above(table: Table, comments: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The lines above each column, by its folded name; those above all of them have the empty name."""
    lines = {fold(column.name): "" for column in table.columns} | {"": ""}
    for column, comment in comments:
        if fold(column) in lines:  # the comments of a column that goes, go with it
            lines[fold(column)] += f"{comment}\n    "
    return lines


def create_virtual_table(table: Table) -> str:
    """CREATE VIRTUAL TABLE; the module's arguments as they came."""
    values = dict(table.options)
    arguments = f"({values['arguments']})" if "arguments" in values else ""
    return f"CREATE VIRTUAL TABLE {quote(table.name.name)} USING {quote_needed(values['module'])}{arguments}"


def table_options(values: Options) -> str:
    """What follows the closing parenthesis of CREATE TABLE, with a blank in front; empty where there is nothing."""
    words = [
        word for name, word in (("strict", "STRICT"), ("without_rowid", "WITHOUT ROWID")) if (name, "yes") in values
    ]
    return " " + ", ".join(words) if words else ""


def _is_inline(key: PrimaryKey) -> bool:
    """Whether the key stands with its column; DESC on an INTEGER must, for elsewhere it says nothing (S3)."""
    return len(key.parts) == 1 and key.parts[0].collation is None


def column_definition(column: Column, *, primary_key: PrimaryKey | None = None) -> str:
    """One column of CREATE TABLE or ADD COLUMN; the primary key where it stands with this column."""
    words = [quote(column.name)]
    if column.type:
        words.append(type_sql(column.type))
    if primary_key is not None:
        words.append(_constraint(primary_key.name) + "PRIMARY KEY")
        if primary_key.parts[0].descending:
            words.append("DESC")
        words += _on_conflict(primary_key.options)
        if column.autoincrement:
            words.append("AUTOINCREMENT")
    if not column.nullable:
        words.append("NOT NULL")
        words += _on_conflict(column.options, "not_null_on_conflict")
    if column.default is not None:
        words.append(f"DEFAULT {column.default.sql}")
    if column.collation is not None:
        words.append(f"COLLATE {quote_needed(column.collation)}")
    if column.generated is not None:
        kind = "STORED" if column.generated.stored else "VIRTUAL"
        words.append(f"GENERATED ALWAYS AS ({column.generated.expression.sql}) {kind}")
    return " ".join(words)


def _constraint(name: str | None) -> str:
    return f"CONSTRAINT {quote(name)} " if name else ""


def _on_conflict(values: Options, name: str = "on_conflict") -> Iterable[str]:
    algorithm = dict(values).get(name)
    return (f"ON CONFLICT {algorithm}",) if algorithm else ()


def primary_key_definition(key: PrimaryKey, autoincrement: list[str]) -> str:
    """A primary key as a line of CREATE TABLE; ``autoincrement`` names the columns that count by themselves."""
    counted = " AUTOINCREMENT" if autoincrement else ""
    words = [f"{_constraint(key.name)}PRIMARY KEY ({_parts(key.parts)}{counted})", *_on_conflict(key.options)]
    return " ".join(words)


def unique_definition(index: Index) -> str:
    """A unique constraint as a line of CREATE TABLE."""
    return " ".join([f"{_constraint(index.name)}UNIQUE ({_parts(index.parts)})", *_on_conflict(index.options)])


def foreign_key_definition(key: ForeignKey) -> str:
    """A foreign key as a line of CREATE TABLE."""
    return f"{_constraint(key.name)}FOREIGN KEY ({_names(key.columns)}) {_referring(key)}"


def reference(key: ForeignKey) -> str:
    """A foreign key of one column, as it stands with that column."""
    return f"{_constraint(key.name)}{_referring(key)}"


def _referring(key: ForeignKey) -> str:
    far = f" ({_names(key.ref_columns)})" if key.ref_columns else ""
    words = [f"REFERENCES {quote(key.ref_table.name)}{far}"]
    if key.on_delete != "NO ACTION":
        words.append(f"ON DELETE {key.on_delete}")
    if key.on_update != "NO ACTION":
        words.append(f"ON UPDATE {key.on_update}")
    if key.initially_deferred:
        words.append("DEFERRABLE INITIALLY DEFERRED")
    return " ".join(words)


def check_definition(check: Check) -> str:
    """A CHECK as a line of CREATE TABLE."""
    return f"{_constraint(check.name)}CHECK ({check.expression.sql})"


def _names(names: Iterable[str]) -> str:
    return ", ".join(quote(name) for name in names)


def _parts(parts: Iterable[IndexPart]) -> str:
    return ", ".join(_part(part) for part in parts)


def _part(part: IndexPart) -> str:
    text = part.expression.sql if part.expression is not None else quote(part.column or "")
    if part.collation is not None:
        text += f" COLLATE {quote_needed(part.collation)}"
    return text + (" DESC" if part.descending else "")


def create_index(table: Name, index: Index, comments: Iterable[str] = ()) -> str:
    """CREATE INDEX. Raises ``Unsupported`` for an index of another kind than SQLite's only one.

    ``comments`` stand in front of its keys.
    """
    if index.method is not None or index.include or index.nulls_not_distinct:
        raise Unsupported(f"SQLite has no index like {index.name}", where=str(table), hint="use a plain index")
    unique = "UNIQUE " if index.unique else ""
    where = f" WHERE {index.where.sql}" if index.where is not None else ""
    name = quote(index_name(table, index))
    above = "".join(f"\n    {comment}\n   " for comment in comments)
    return f"CREATE {unique}INDEX {name} ON {quote(table.name)}{above} ({_parts(index.parts)}){where}"


def index_name(table: Name, index: Index) -> str:
    """The index's name; SQLite has none without, so a nameless one is called after what it is on."""
    if index.name is not None:
        return index.name
    return "_".join(["idx", table.name, *(part.column or "expression" for part in index.parts)])
