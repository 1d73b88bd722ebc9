"""ALTER TABLE in a script: what it does to a table that the script has created before."""

from __future__ import annotations

from collections.abc import Callable

from pytest_schemadrift.dialects.postgres.names import read_identifier
from pytest_schemadrift.dialects.postgres.read.builder import ColumnBuilder, TableBuilder
from pytest_schemadrift.dialects.postgres.read.constraints import Pending, Surroundings, at_constraint, read_constraint
from pytest_schemadrift.dialects.postgres.read.indexes import read_collation, storage_options
from pytest_schemadrift.dialects.postgres.read.sequences import said
from pytest_schemadrift.dialects.postgres.read.table import (
    SEQUENCE_NUMBERS,
    read_bound,
    read_column,
    read_identity,
    read_sequence_options,
    read_storage,
)
from pytest_schemadrift.dialects.postgres.read.types import read_type
from pytest_schemadrift.dialects.reader import TokenStream
from pytest_schemadrift.schema.model import Identity, Name


def read_alter_table(stream: TokenStream, table: TableBuilder, around: Surroundings, pending: Pending) -> Name | None:
    """Apply every action after the name; new constraints go to ``pending``. Returns the new name of a rename."""
    if stream.accept("RENAME"):
        return _rename(stream, table, around)
    if stream.accept("SET", "SCHEMA"):
        schema = read_identifier(stream)
        return Name("" if schema == around.default_schema else schema, table.name.name)
    if stream.accept("ATTACH", "PARTITION"):
        _attach(stream, table, around)
        return None
    for action in stream.items():
        _act(action, table, around, pending)
        if not action.done:
            raise action.error("this action of ALTER TABLE is not understood")
    return None


def _rename(stream: TokenStream, table: TableBuilder, around: Surroundings) -> Name | None:
    if stream.accept("TO"):
        return Name(table.name.schema, read_identifier(stream))
    if stream.accept("CONSTRAINT"):
        old = read_identifier(stream)
        stream.expect("TO")
        table.rename_constraint(old, read_identifier(stream))
        return None
    stream.accept("COLUMN")
    old = read_identifier(stream)
    stream.expect("TO")
    around.rename_column(table, old, read_identifier(stream))
    return None


def _attach(stream: TokenStream, table: TableBuilder, around: Surroundings) -> None:
    """``pg_dump`` creates a partition as a table and attaches it: what it shares with its parent is the parent's."""
    part = around.table(around.qualified(stream))
    if part is None:
        raise stream.error("an unknown table is attached as a partition")
    part.partition_of = (table.name, read_bound(stream))
    part.types = {column.name: column.type for column in part.columns.values()}
    shared = {(check.name, check.expression.sql) for check in table.checks}
    part.checks = [check for check in part.checks if (check.name, check.expression.sql) not in shared]


def _act(stream: TokenStream, table: TableBuilder, around: Surroundings, pending: Pending) -> None:
    if stream.accept("ADD"):
        if at_constraint(stream):
            read_constraint(stream, table, around, pending)
        else:
            _add_column(stream, table, around, pending)
    elif stream.accept("DROP", "CONSTRAINT"):
        stream.accept("IF", "EXISTS")
        table.drop_constraint(read_identifier(stream))
        stream.accept_any("CASCADE", "RESTRICT")
    elif stream.accept("DROP"):
        stream.accept("COLUMN")
        stream.accept("IF", "EXISTS")
        table.drop_column(read_identifier(stream))
        stream.accept_any("CASCADE", "RESTRICT")
    elif stream.accept("ALTER", "CONSTRAINT"):
        _alter_constraint(stream, table)
    elif stream.accept("ALTER"):
        stream.accept("COLUMN")
        _alter_column(stream, table, around)
    elif stream.accept("VALIDATE", "CONSTRAINT"):
        table.validate_constraint(read_identifier(stream))
    elif stream.accept("INHERIT"):
        table.inherits.append(around.qualified(stream))
    elif stream.accept("NO", "INHERIT"):
        table.inherits.remove(around.qualified(stream))
    elif stream.accept("SET", "("):
        stream.position -= 1
        _set_options(stream, table)
    else:
        _act_on_rest(stream, table)


def _alter_constraint(stream: TokenStream, table: TableBuilder) -> None:
    column = table.not_null(read_identifier(stream))
    inherited = stream.accept("INHERIT")
    if column is None or not (inherited or stream.accept("NO", "INHERIT")):
        raise stream.error("ALTER CONSTRAINT is not expressed")
    column.not_inherited = not inherited


def _add_column(stream: TokenStream, table: TableBuilder, around: Surroundings, pending: Pending) -> None:
    stream.accept("COLUMN")
    conditional = stream.accept("IF", "NOT", "EXISTS")
    column = read_column(stream, around, pending)
    if not (conditional and column.name in table.columns):
        table.columns[column.name] = column
        around.name_counter(table, column)


def _set_options(stream: TokenStream, table: TableBuilder) -> None:
    found = storage_options(stream)
    if found:
        table.options["with"] = ", ".join(sorted([*filter(None, [table.options.get("with")]), found]))


def _act_on_rest(stream: TokenStream, table: TableBuilder) -> None:
    """Row security and logging are kept; owners, storage and the like are not compared (P44)."""
    for words, change in _SWITCHES:
        if stream.accept(*words):
            change(table)
            return
    if stream.accept("SET", "ACCESS", "METHOD"):
        method = read_identifier(stream)
        _switch("access_method", None if method == "heap" else method)(table)
    elif stream.accept("RESET"):
        gone = {read_identifier(item) for item in stream.group().items()}
        kept = [item for item in table.options.get("with", "").split(", ") if item and item.split("=")[0] not in gone]
        _switch("with", ", ".join(kept) or None)(table)
    if any(stream.at(*words) for words in _PASSED_OVER):
        stream.text()


_PASSED_OVER = (
    *(("OWNER",), ("CLUSTER",), ("REPLICA",), ("ENABLE",), ("DISABLE",)),
    *(("SET", "TABLESPACE"), ("SET", "WITHOUT"), ("SET", "WITH")),
)


def _switch(name: str, value: str | None) -> Callable[[TableBuilder], None]:
    def change(table: TableBuilder) -> None:
        table.options.pop(name, None)
        if value is not None:
            table.options[name] = value

    return change


_SWITCHES: tuple[tuple[tuple[str, ...], Callable[[TableBuilder], None]], ...] = (
    (("ENABLE", "ROW", "LEVEL", "SECURITY"), _switch("row_security", "yes")),
    (("DISABLE", "ROW", "LEVEL", "SECURITY"), _switch("row_security", None)),
    (("NO", "FORCE", "ROW", "LEVEL", "SECURITY"), _switch("force_row_security", None)),
    (("FORCE", "ROW", "LEVEL", "SECURITY"), _switch("force_row_security", "yes")),
    (("SET", "UNLOGGED"), _switch("unlogged", "yes")),
    (("SET", "LOGGED"), _switch("unlogged", None)),
)


def _alter_column(stream: TokenStream, table: TableBuilder, around: Surroundings) -> None:
    name = read_identifier(stream)
    column = table.columns.get(name)
    if column is None:
        if table.inherits or table.partition_of or name in table.types:
            stream.text()  # ``pg_dump`` repeats the defaults of inherited columns, which are the parent's
            return
        raise stream.error(f"ALTER COLUMN names the unknown column {name!r}")
    if stream.accept("SET", "DATA", "TYPE") or stream.accept("TYPE"):
        around.separate_counter(table, column)
        column.type = read_type(stream, around.default_schema)
        column.collation = read_collation(stream, around.default_schema) if stream.accept("COLLATE") else None
        column.storage = column.compression = None  # P45
        if stream.accept("USING"):
            stream.text()
    elif stream.accept("SET", "DEFAULT"):
        around.separate_counter(table, column)
        column.default = stream.text()
    elif stream.accept("DROP", "DEFAULT"):
        around.separate_counter(table, column)
        column.default = None
    elif stream.accept("SET", "NOT", "NULL"):
        column.nullable, column.unvalidated = False, None
    elif stream.accept("DROP", "NOT", "NULL"):
        column.drop_not_null()
    elif stream.at("SET", "STORAGE") or stream.at("SET", "COMPRESSION"):
        stream.accept("SET")
        read_storage(stream, column, around)
    else:
        _alter_made_column(stream, column)


def _alter_made_column(stream: TokenStream, column: ColumnBuilder) -> None:
    """Identity and generated columns; statistics are passed over."""
    if stream.accept("ADD", "GENERATED"):
        always = stream.accept("ALWAYS")
        if not always:
            stream.expect("BY", "DEFAULT")
        stream.expect("AS", "IDENTITY")
        column.identity = read_identity(stream, column.type, always=always)
        column.nullable = False
    elif stream.accept("DROP", "IDENTITY"):
        stream.accept("IF", "EXISTS")
        column.identity = None
    elif stream.accept("DROP", "EXPRESSION"):
        stream.accept("IF", "EXISTS")
        column.generated = None
    elif stream.accept("SET", "EXPRESSION", "AS"):
        stored = column.generated[1] if column.generated else True
        column.generated = (stream.group().text(), stored)
    elif stream.at("SET", "GENERATED") or stream.at("SET", "INCREMENT") or stream.at("SET", "START"):
        _set_identity(stream, column)
    elif stream.accept_any("SET", "RESET", "OPTIONS"):
        stream.text()


def _set_identity(stream: TokenStream, column: ColumnBuilder) -> None:
    identity = column.identity or Identity()
    always, found = identity.always, {name: getattr(identity, name) for name in (*SEQUENCE_NUMBERS, "cycle")}
    while stream.accept("SET"):
        if stream.accept("GENERATED"):
            always = stream.accept("ALWAYS")
            if not always:
                stream.expect("BY", "DEFAULT")
        else:
            found |= read_sequence_options(stream)
    start, increment, minimum, maximum, cache = said(column.type, [found[name] for name in SEQUENCE_NUMBERS])
    column.identity = Identity(always, start, increment, minimum, maximum, cache, bool(found["cycle"]))
