"""CREATE TABLE, and the columns of ALTER TABLE, as people, Tortoise and ``pg_dump`` write them."""

from __future__ import annotations

import re
from dataclasses import replace

from pytest_schemadrift.dialects.postgres.names import (
    lower,
    next_value,
    read_dotted,
    read_identifier,
)
from pytest_schemadrift.dialects.postgres.read.builder import ColumnBuilder, TableBuilder
from pytest_schemadrift.dialects.postgres.read.constraints import (
    Pending,
    Surroundings,
    at_constraint,
    read_check,
    read_constraint,
    read_primary_key,
    read_references,
    read_unique,
)
from pytest_schemadrift.dialects.postgres.read.indexes import (
    read_collation,
    storage_options,
)
from pytest_schemadrift.dialects.postgres.read.sequences import said
from pytest_schemadrift.dialects.postgres.read.types import SERIALS, read_type
from pytest_schemadrift.dialects.reader import QUOTED, STRING, TokenStream
from pytest_schemadrift.schema.model import Identity, Name, PrimaryKey

VIRTUAL_SINCE = 18
"""The first version in which GENERATED ALWAYS AS (…) without STORED is an expression and no error (P28)."""


# ---------------------------------------------------------------------------------------------------------------------
# Columns
# ---------------------------------------------------------------------------------------------------------------------


def read_column(stream: TokenStream, around: Surroundings, pending: Pending) -> ColumnBuilder:
    """Read a column with its own constraints, which go to ``pending``."""
    name = read_identifier(stream)
    kind = read_type(stream, around.default_schema)
    column = ColumnBuilder(name, SERIALS.get(kind, kind))
    if kind in SERIALS:
        column.autoincrement, column.nullable = True, False
    while not stream.done:
        _read_column_part(stream, column, around, pending)
    return column


def _read_column_part(stream: TokenStream, column: ColumnBuilder, around: Surroundings, pending: Pending) -> None:
    name = read_identifier(stream) if stream.accept("CONSTRAINT") else None
    if stream.accept("NOT", "NULL"):
        column.set_not_null(name, inherited=not stream.accept("NO", "INHERIT"))
    elif stream.accept("NULL"):
        pass
    elif stream.accept("DEFAULT"):
        column.default = read_default(stream)
    elif stream.accept("GENERATED"):
        _read_generated(stream, column, around)
    elif stream.accept("COLLATE"):
        column.collation = read_collation(stream, around.default_schema)
    elif stream.accept("CHECK"):
        pending.checks.append(read_check(stream, name))
    elif stream.accept("PRIMARY", "KEY"):
        column.nullable = False
        pending.keys.append(read_primary_key(stream, (column.name,), name))
    elif stream.accept("UNIQUE"):
        pending.keys.append(read_unique(stream, (column.name,), name))
    elif stream.accept("REFERENCES"):
        pending.foreign_keys.append(read_references(stream, (column.name,), name, around))
    elif stream.at("STORAGE") or stream.at("COMPRESSION"):
        read_storage(stream, column, around)
    elif stream.accept("OPTIONS"):
        stream.group()
    else:
        raise stream.error(f"this part of column {column.name!r} is not understood")


def read_storage(stream: TokenStream, column: ColumnBuilder, around: Surroundings) -> None:
    """Read STORAGE or COMPRESSION and the word after it, of a column's definition or of ALTER COLUMN … SET."""
    is_storage = stream.accept("STORAGE")
    if not is_storage:
        stream.expect("COMPRESSION")
    word = read_identifier(stream)
    value = word if around.column_storage and word != "default" else None
    if is_storage:
        column.storage = value and value.upper()
    else:
        column.compression = value


def read_default(stream: TokenStream) -> str:
    """Read the expression after DEFAULT, up to the next clause of the column; parentheses around all of it go."""
    first = stream.position
    stream.text_until(lambda cursor: cursor.position > first and _ends_default(cursor))
    if stream.position == first:
        raise stream.error("expected a default")
    return stream.raw(first)


def _ends_default(stream: TokenStream) -> bool:
    token = stream.peek()
    if token is None:
        return True
    if token.upper == "NOT":
        return stream.at("NOT", "NULL") or stream.at("NOT", "DEFERRABLE")
    if token.upper == "NULL":
        before = stream.tokens[stream.position - 1].upper
        return before not in ("IS", "NOT", "THEN", "ELSE", ",", "OR", "AND", "=")
    return token.upper in (
        *("CONSTRAINT", "UNIQUE", "PRIMARY", "REFERENCES", "CHECK", "DEFAULT", "GENERATED", "COLLATE"),
        *("STORAGE", "COMPRESSION", "DEFERRABLE", "INITIALLY"),
    )


def _read_generated(stream: TokenStream, column: ColumnBuilder, around: Surroundings) -> None:
    always = stream.accept("ALWAYS")
    if not always:
        stream.expect("BY", "DEFAULT")
    stream.expect("AS")
    if stream.accept("IDENTITY"):
        column.identity = read_identity(stream, column.type, always=always)
        column.nullable = False
        return
    sql = stream.group().text()
    stored = stream.accept("STORED") or (not stream.accept("VIRTUAL") and around.version < VIRTUAL_SINCE)
    column.generated = (sql, stored)


def read_identity(stream: TokenStream, column_type: str, *, always: bool) -> Identity:
    """Read the sequence options after AS IDENTITY, if there are any."""
    found = read_sequence_options(stream.group()) if stream.at("(") else {}
    start, increment, minimum, maximum, cache = said(column_type, [found.get(name) for name in SEQUENCE_NUMBERS])
    return Identity(always, start, increment, minimum, maximum, cache, bool(found.get("cycle")))


SEQUENCE_NUMBERS = ("start", "increment", "minimum", "maximum", "cache")


def read_sequence_options(stream: TokenStream) -> dict[str, int | None]:
    """Read START WITH, INCREMENT BY and their like, in any order; stops at what is none of them."""
    found: dict[str, int | None] = {}
    while not stream.done:
        if stream.accept("START"):
            stream.accept("WITH")
            found["start"] = _integer(stream)
        elif stream.accept("INCREMENT"):
            stream.accept("BY")
            found["increment"] = _integer(stream)
        elif stream.accept("MINVALUE"):
            found["minimum"] = _integer(stream)
        elif stream.accept("MAXVALUE"):
            found["maximum"] = _integer(stream)
        elif stream.accept("NO", "MINVALUE"):
            found["minimum"] = None
        elif stream.accept("NO", "MAXVALUE"):
            found["maximum"] = None
        elif stream.accept("CACHE"):
            found["cache"] = _integer(stream)
        elif stream.accept("NO", "CYCLE"):
            found["cycle"] = 0
        elif stream.accept("CYCLE"):
            found["cycle"] = 1
        elif stream.accept("SEQUENCE", "NAME"):
            read_dotted(stream)
        elif stream.accept("RESTART"):
            stream.accept("WITH")
            _integer(stream)
        elif stream.at("SET", "LOGGED") or stream.at("SET", "UNLOGGED"):
            stream.position += 2
        elif not stream.accept_any("LOGGED", "UNLOGGED"):
            break
    return found


def _integer(stream: TokenStream) -> int:
    sign = -1 if stream.accept("-") else 1
    token = stream.next()
    try:
        return sign * int(token.text)
    except ValueError:
        raise stream.error(f"expected a number, found {token.text!r}") from None


# ---------------------------------------------------------------------------------------------------------------------
# CREATE TABLE
# ---------------------------------------------------------------------------------------------------------------------


def read_table(stream: TokenStream, name: Name, around: Surroundings, pending: Pending) -> TableBuilder:
    """Read what follows the name in CREATE TABLE; its constraints go to ``pending``."""
    table = TableBuilder(name)
    if stream.accept("PARTITION", "OF"):
        parent = around.qualified(stream)
        if stream.at("("):
            _read_partition_items(stream.group(), table, around, pending)
        table.partition_of = (parent, read_bound(stream))
    elif stream.at("("):
        for item in stream.group().items():
            if item.at("LIKE"):
                _read_like(item, table, around, pending)
            elif at_constraint(item):
                read_constraint(item, table, around, pending)
            else:
                column = read_column(item, around, pending)
                table.columns[column.name] = column
    else:
        raise stream.error("a table that is made by a query, or OF a type, is not expressed")
    while not stream.done:
        _read_table_part(stream, table, around)
    for column in table.columns.values():
        if any(column.name in key.columns for key in pending.keys if isinstance(key, PrimaryKey)):
            column.nullable = False
    return table


def _read_partition_items(stream: TokenStream, table: TableBuilder, around: Surroundings, pending: Pending) -> None:
    for item in stream.items():
        if at_constraint(item):
            read_constraint(item, table, around, pending)
            continue
        column = ColumnBuilder(read_identifier(item), "")
        item.accept("WITH", "OPTIONS")
        while not item.done:
            _read_column_part(item, column, around, pending)


def _read_table_part(stream: TokenStream, table: TableBuilder, around: Surroundings) -> None:
    if stream.accept("INHERITS"):
        table.inherits = [around.qualified(part) for part in stream.group().items()]
    elif stream.accept("PARTITION", "BY"):
        first = stream.position
        strategy = stream.next().upper
        stream.group()
        keys = stream.raw(first + 1)
        table.kind, table.partition_by = "partitioned", f"{strategy} {keys}"
    elif stream.accept("USING"):
        method = read_identifier(stream)
        if method != "heap":
            table.options["access_method"] = method
    elif stream.accept("WITH"):
        settings = storage_options(stream)
        if settings:
            table.options["with"] = settings
    elif stream.accept("WITHOUT", "OIDS") or stream.accept("ON", "COMMIT", "PRESERVE", "ROWS"):
        pass
    elif stream.accept("TABLESPACE"):
        read_identifier(stream)
    elif stream.accept("SERVER"):
        table.kind = "foreign"
        table.options["server"] = read_identifier(stream)
        if stream.accept("OPTIONS"):
            table.options["server_options"] = _server_options(stream)
    else:
        raise stream.error("the end of this CREATE TABLE is not understood")


def _server_options(stream: TokenStream) -> str:
    found = []
    for item in stream.group().items():
        name, value = read_identifier(item), item.next()
        found.append(f"{name}={value.text[1:-1]}")
    return ", ".join(sorted(found))


def read_bound(stream: TokenStream) -> str:
    """Read a partition's bound, spelled as ``pg_get_expr`` prints it."""
    if stream.accept("DEFAULT"):
        return "DEFAULT"
    shown: list[str] = []
    while not stream.done and not stream.at("PARTITION", "BY") and not stream.at("SERVER"):
        if shown[-1:] != ["VALUES"] and (stream.at("WITH", "(") or stream.at("USING")):
            break  # what the table is; FOR VALUES WITH (MODULUS …) is a bound
        if shown and stream.accept_any("TABLESPACE"):
            read_identifier(stream)
            break
        token = stream.next()
        modulus = token.upper in ("MODULUS", "REMAINDER")
        text = lower(token.text) if modulus else token.text if token.kind in (QUOTED, STRING) else token.text.upper()
        shown.append(text)
    joined = " ".join(shown)
    return re.sub(r" ,", ",", re.sub(r"\( ", "(", re.sub(r" \)", ")", joined)))


def _read_like(stream: TokenStream, table: TableBuilder, around: Surroundings, pending: Pending) -> None:
    """``LIKE source INCLUDING …``: columns with their nullability, and what is asked for."""
    stream.expect("LIKE")
    name = around.qualified(stream)
    source = around.table(name)
    if source is None:
        raise stream.error(f"LIKE names the unknown table {name}")
    wanted: set[str] = set()
    while not stream.done:
        including = stream.accept("INCLUDING")
        if not including:
            stream.expect("EXCLUDING")
        word = stream.next().upper
        every = {"COMMENTS", "CONSTRAINTS", "DEFAULTS", "GENERATED", "IDENTITY", "INDEXES"}
        chosen = every if word == "ALL" else {word}
        wanted = wanted | chosen if including else wanted - chosen
    for column in source.columns.values():
        default = column.default
        if column.counter:  # the sequence is shared, and stays the source's (P13)
            default = next_value(column.counter)
        table.columns[column.name] = replace(
            column,
            default=default if "DEFAULTS" in wanted else None,
            autoincrement=False,
            counter=None,
            identity=column.identity if "IDENTITY" in wanted else None,
            generated=column.generated if "GENERATED" in wanted else None,
            comment=column.comment if "COMMENTS" in wanted else None,
        )
    if "CONSTRAINTS" in wanted:
        pending.checks += source.checks
    if "INDEXES" in wanted:
        pending.keys += [replace(index, name=None) for index in source.indexes]
        pending.keys += [replace(source.primary_key, name=None)] if source.primary_key else []
