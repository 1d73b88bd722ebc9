"""Reading ALTER TABLE: each clause changes the table that is being built, as the server would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pytest_schemadrift.dialects.mysql.collations import canonical_charset, canonical_collation, charset_of
from pytest_schemadrift.dialects.mysql.collations import default_collation as default_of
from pytest_schemadrift.dialects.mysql.read.builder import TableBuilder
from pytest_schemadrift.dialects.mysql.read.constraints import is_constraint, read_constraint
from pytest_schemadrift.dialects.mysql.read.options import read_options
from pytest_schemadrift.dialects.mysql.read.table import Reading, UnsupportedClause, read_column
from pytest_schemadrift.dialects.mysql.read.types import CHARACTER_TYPES, base_type
from pytest_schemadrift.dialects.reader import TokenStream
from pytest_schemadrift.schema.model import Column, Name

ColumnRenamed = Callable[[Name, str, str], None]
_PARTITION_WORK = frozenset(
    [
        "COALESCE",
        "REORGANIZE",
        "EXCHANGE",
        "ANALYZE",
        "REBUILD",
        "REPAIR",
        "CHECK",
        "OPTIMIZE",
        "TRUNCATE",
        "CONVERT",
        "DISCARD",
        "IMPORT",
    ]
)
_HARMLESS = frozenset(["FORCE", "LOCK", "ALGORITHM", "ENABLE", "DISABLE", "ORDER", "WAIT", "NOWAIT"])


def read_alter_table(
    stream: TokenStream, builder: TableBuilder, reading: Reading, renamed: ColumnRenamed
) -> Name | None:
    """Apply the clauses after ``ALTER TABLE t``; returns the new name of a table that is renamed."""
    new_name: Name | None = None
    for clause in stream.items():
        new_name = _clause(clause, builder, reading, renamed) or new_name
    for column in builder.columns:  # all have their names at once: two may change theirs
        if column.name.startswith(_TO_BE):
            builder.rename_column(column.name, column.name.removeprefix(_TO_BE))
            renamed(builder.name, column.name, column.name.removeprefix(_TO_BE))
    return new_name


_TO_BE = "schemadrift_to_be_"
"""Before the name that a column gets once the one that has it has given it up."""


def _meanwhile(builder: TableBuilder, old: str, new: str) -> str:
    """What a column is called until all clauses are read."""
    is_taken = builder.position(new) is not None and new.lower() != old.lower()
    return _TO_BE + new if is_taken else new


def _clause(stream: TokenStream, builder: TableBuilder, reading: Reading, renamed: ColumnRenamed) -> Name | None:
    if stream.accept("ADD"):
        _add(stream, builder, reading)
    elif stream.accept("DROP"):
        _drop(stream, builder, reading)
    elif stream.accept("MODIFY"):
        stream.accept("COLUMN")
        stream.accept("IF", "EXISTS")
        token = stream.peek()
        _replace_column(stream, builder, reading, token.text if token else "")
    elif stream.accept("CHANGE"):
        stream.accept("COLUMN")
        stream.accept("IF", "EXISTS")
        old = stream.identifier()
        _replace_column(stream, builder, reading, old, renamed)
    elif stream.accept("ALTER"):
        _alter(stream, builder, reading)
    elif stream.accept("RENAME"):
        return _rename(stream, builder, reading, renamed)
    elif stream.accept("CONVERT", "TO"):
        _convert(stream, builder, reading)
    elif stream.accept("REMOVE", "PARTITIONING"):
        builder.partition_by = None
    elif (token := stream.peek()) is not None and token.upper in _HARMLESS:
        return None
    elif token is not None and token.upper in _PARTITION_WORK:
        raise UnsupportedClause("work on partitions")
    else:
        read_options(stream, builder, reading)
    return None


def _add(stream: TokenStream, builder: TableBuilder, reading: Reading) -> None:
    if stream.at("PARTITION"):
        raise UnsupportedClause("work on partitions")
    if stream.at("SYSTEM") or stream.at("PERIOD"):
        raise UnsupportedClause("system versioning")
    if stream.accept("COLUMN") is False and is_constraint(stream):
        read_constraint(stream, builder, reading)
        return
    stream.accept("IF", "NOT", "EXISTS")
    if stream.at("("):
        for item in stream.group().items():
            if is_constraint(item):
                read_constraint(item, builder, reading)
            else:
                builder.columns.append(read_column(item, builder, reading))
        return
    column = read_column(stream, builder, reading)
    _place(stream, builder, column)


def _place(stream: TokenStream, builder: TableBuilder, column: Column, otherwise: int | None = None) -> None:
    """Put a column where FIRST or AFTER says, else at ``otherwise``, else at the end."""
    if stream.accept("FIRST"):
        builder.columns.insert(0, column)
    elif stream.accept("AFTER"):
        place = builder.position(stream.identifier())
        builder.columns.insert(len(builder.columns) if place is None else place + 1, column)
    else:
        builder.columns.insert(len(builder.columns) if otherwise is None else otherwise, column)


def _replace_column(
    stream: TokenStream, builder: TableBuilder, reading: Reading, old: str, renamed: ColumnRenamed | None = None
) -> None:
    place = builder.position(old)
    if place is None:
        raise stream.error(f"there is no column {old!r} to change")
    previous = builder.columns[place]
    if reading.mariadb:  # checks that are part of the column's definition go with it
        builder.checks = [check for check in builder.checks if check.column != previous.name]
    column = read_column(stream, builder, reading)
    if column.name != previous.name:
        column = replace(column, name=_meanwhile(builder, previous.name, column.name))
        builder.rename_column(previous.name, column.name)
        if renamed is not None:
            renamed(builder.name, previous.name, column.name)
    del builder.columns[place]
    _place(stream, builder, column, place)


def _drop(stream: TokenStream, builder: TableBuilder, reading: Reading) -> None:
    if stream.accept("PRIMARY", "KEY"):
        builder.primary_key = None
    elif stream.accept("FOREIGN", "KEY"):
        stream.accept("IF", "EXISTS")
        _drop_foreign_key(stream.identifier(), builder, reading)
    elif stream.accept("INDEX") or stream.accept("KEY"):
        stream.accept("IF", "EXISTS")
        _drop_index(stream.identifier(), builder)
    elif stream.accept("CHECK"):
        _drop_check(stream.identifier(), builder)
    elif stream.accept("CONSTRAINT"):
        stream.accept("IF", "EXISTS")
        name = stream.identifier()
        _drop_check(name, builder)
        _drop_foreign_key(name, builder, reading)
        _drop_index(name, builder)
    elif stream.at("PARTITION") or stream.at("SYSTEM") or stream.at("PERIOD"):
        raise UnsupportedClause("work on partitions")
    else:
        stream.accept("COLUMN")
        stream.accept("IF", "EXISTS")
        builder.drop_column(stream.identifier())


def _drop_foreign_key(name: str, builder: TableBuilder, reading: Reading) -> None:
    """The index that the key needed stays."""
    if any((item.key.name or "").lower() == name.lower() for item in builder.foreign_keys):
        builder.add_implicit_indexes(reading.info)
        builder.foreign_keys = [item for item in builder.foreign_keys if (item.key.name or "").lower() != name.lower()]


def _drop_index(name: str, builder: TableBuilder) -> None:
    builder.indexes = [index for index in builder.indexes if (index.name or "").lower() != name.lower()]
    if name.lower() == "primary":
        builder.primary_key = None


def _drop_check(name: str, builder: TableBuilder) -> None:
    builder.checks = [check for check in builder.checks if (check.name or "").lower() != name.lower()]


def _alter(stream: TokenStream, builder: TableBuilder, reading: Reading) -> None:
    if stream.accept("INDEX") or stream.accept("KEY"):
        _alter_index(stream, builder)
        return
    if stream.accept("CHECK") or stream.accept("CONSTRAINT"):
        name = stream.identifier().lower()
        enforced = not stream.accept("NOT")
        builder.checks = [
            replace(check, enforced=enforced) if (check.name or "").lower() == name else check
            for check in builder.checks
        ]
        return
    stream.accept("COLUMN")
    place = builder.position(stream.identifier())
    if place is None:
        raise stream.error("there is no such column to alter")
    column = builder.columns[place]
    if stream.accept("DROP", "DEFAULT"):
        builder.columns[place] = replace(column, default=None)
    elif stream.accept("SET", "DEFAULT"):
        default = reading.default(stream.text(), column.type)
        builder.columns[place] = replace(column, default=default)
    elif stream.accept("SET", "INVISIBLE"):
        builder.columns[place] = replace(column, options=(*column.options, ("invisible", "yes")))
    elif stream.accept("SET", "VISIBLE"):
        kept = tuple(item for item in column.options if item[0] != "invisible")
        builder.columns[place] = replace(column, options=kept)


def _alter_index(stream: TokenStream, builder: TableBuilder) -> None:
    stream.accept("IF", "EXISTS")
    name = stream.identifier().lower()
    hidden = not (stream.accept("VISIBLE") or stream.accept("NOT", "IGNORED"))
    for place, index in enumerate(builder.indexes):
        if (index.name or "").lower() == name:
            kept = tuple(item for item in index.options if item[0] != "invisible")
            shown = tuple(sorted((*kept, ("invisible", "yes")))) if hidden else kept
            builder.indexes[place] = replace(index, options=shown)


def _rename(stream: TokenStream, builder: TableBuilder, reading: Reading, renamed: ColumnRenamed) -> Name | None:
    if stream.accept("COLUMN"):
        old = builder.spelled(stream.identifier())
        stream.expect("TO")
        new = _meanwhile(builder, old, stream.identifier())
        builder.rename_column(old, new)
        renamed(builder.name, old, new)
        return None
    if stream.accept("INDEX") or stream.accept("KEY"):
        old = stream.identifier().lower()
        stream.expect("TO")
        new = stream.identifier()
        builder.indexes = [
            replace(index, name=new) if (index.name or "").lower() == old else index for index in builder.indexes
        ]
        return None
    if not stream.accept("TO"):
        stream.accept("AS")
    return reading.qualified(stream)


def _convert(stream: TokenStream, builder: TableBuilder, reading: Reading) -> None:
    """``CONVERT TO CHARACTER SET`` changes every character column, and the default for those to come."""
    if not (stream.accept("CHARACTER", "SET") or stream.accept("CHARSET")):
        raise stream.error("cannot read what to convert to")
    charset = canonical_charset(stream.identifier())
    collation = default_of(charset, reading.info)
    if stream.accept("COLLATE"):
        collation = canonical_collation(stream.identifier(), charset)
    if charset_of(builder.collation) != charset_of(collation) and any(
        base_type(column.type).endswith("text") for column in builder.columns
    ):
        raise UnsupportedClause("CONVERT TO of TEXT columns, whose type may grow,")
    builder.collation = collation
    shown = None if collation == reading.info.collation else collation
    builder.columns = [
        replace(column, collation=shown) if base_type(column.type) in CHARACTER_TYPES else column
        for column in builder.columns
    ]
