"""What the server never does to a partitioned table or to a partition, found before a plan is printed."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.capabilities import major
from pytest_schemadrift.dialects.postgres.names import read_identifier
from pytest_schemadrift.dialects.postgres.read.tokens import tokenize
from pytest_schemadrift.dialects.postgres.write.dependents import mentions
from pytest_schemadrift.dialects.postgres.write.family import heirs_of, lineage_of
from pytest_schemadrift.dialects.reader import SYMBOL, TokenStream
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import ForeignKey, Index, Name, PrimaryKey

EXCLUDES_SINCE = 17
"""Exclusion constraints on partitioned tables (release notes of 17)."""
_COPY = "create a new table and copy its rows"


def refuse_where_partitioned(change: c.Change, context: RenderContext) -> None:
    """Raise ``Unsupported`` for a change that no partitioned table, or no partition, takes."""
    match change:
        case c.DropColumn():
            refuse_key_column(change.table, change.column.name, "drop it", context)
        case c.AlterColumnCollation():
            refuse_key_column(change.table, change.old.name, "change its type", context)
        case c.AlterColumnGenerated() if change.new.generated is not None:
            refuse_key_column(change.table, change.old.name, "compute it", context)
        case c.AddColumn():
            _refuse_in_partition(change, context)
        case c.AddPrimaryKey():
            _refuse_second_key(change, context)
            _refuse_apart(change.table, change.primary_key, "primary key", context)
        case c.CreateIndex() | c.RebuildIndex() if change.index.unique:
            _refuse_apart(change.table, change.index, "unique index", context)
        case c.AddUnique():
            _refuse_apart(change.table, change.unique, "unique constraint", context)
        case c.AddExclusion():
            _refuse_exclusion(change, context)
        case c.AddForeignKey():
            _refuse_reference(change.table, change.foreign_key, context)
        case c.CreateTable():
            for key in change.table.foreign_keys:
                _refuse_reference(change.table.name, key, context)
        case _:  # the others know no difference
            return


def refuse_key_column(table: Name, column: str, what: str, context: RenderContext) -> None:
    """Raise ``Unsupported`` for a column by which the table, or a part of it, is partitioned."""
    for name in (table, *heirs_of(table, context)):
        if any(mentions(text, column) for text, _ in _keys(name, context)):
            raise Unsupported(f"{table}.{column}: {name} is partitioned by it, so PostgreSQL cannot {what}", hint=_COPY)


def _keys(table: Name, context: RenderContext) -> Iterator[tuple[str, str | None]]:
    """By what a table is partitioned: each text, and the column that it is, ``None`` of an expression."""
    found = context.old.table(table)
    if found is None or found.partition_by is None:
        return
    stream = TokenStream(found.partition_by.sql, tokenize(found.partition_by.sql))
    stream.next()  # RANGE, LIST or HASH
    for item in stream.group().items():
        after = item.peek(1)
        is_expression = item.at("(") or (after is not None and after.kind == SYMBOL)
        yield item.raw(0, len(item.tokens)), None if is_expression else read_identifier(item)


def _refuse_apart(table: Name, key: PrimaryKey | Index, word: str, context: RenderContext) -> None:
    """Each partition has an index of its own: what is unique in all of them must say in which one a row is."""
    for name in (table, *heirs_of(table, context)):
        for text, column in _keys(name, context):
            if column is None:
                raise Unsupported(
                    f"{table}: {name} is partitioned by {text}, an expression, so it can have no {word}", hint=_COPY
                )
            if column not in key.columns:
                raise Unsupported(
                    f"{table}: every {word} needs {column}, by which {name} is partitioned",
                    hint=f"add {column} to {_named(key, word)}, or create a new table and copy its rows",
                )


def _named(key: PrimaryKey | Index, word: str) -> str:
    parts = key.columns if isinstance(key, PrimaryKey) else [part.column or "an expression" for part in key.parts]
    return f"the {word} ({', '.join(parts)})"


def _refuse_exclusion(change: c.AddExclusion, context: RenderContext) -> None:
    keys = list(_keys(change.table, context))
    if keys and major(context.info) < EXCLUDES_SINCE:
        raise Unsupported(
            f"{change.table}: PostgreSQL takes an EXCLUDE of a partitioned table from {EXCLUDES_SINCE} on",
            hint="create it on each partition by hand",
        )


def _refuse_reference(table: Name, key: ForeignKey, context: RenderContext) -> None:
    """A foreign key refers to a unique one, and to all columns of it."""
    for name in (key.ref_table, *heirs_of(key.ref_table, context)):
        for text, column in _keys(name, context):
            if column in key.ref_columns:
                continue
            by = f"{text}, an expression" if column is None else column
            raise Unsupported(
                f"{table}: no foreign key can refer to {key.ref_table} ({', '.join(key.ref_columns)}), which is not"
                f" unique: {name} is partitioned by {by}",
                hint="take the constraint off the model (db_constraint=False)",
            )


def _refuse_in_partition(change: c.AddColumn, context: RenderContext) -> None:
    whole = _whole_of(change.table, context)
    if whole is not None and change.column.name not in _columns_above(change.table, context):
        raise Unsupported(
            f"{change.table}.{change.column.name}: {change.table} is a partition of {whole}, and has no other columns",
            hint=f"add the column to {whole}, of which every partition gets it",
        )


def _columns_above(table: Name, context: RenderContext) -> set[str]:
    above = [context.old.table(name) for name in lineage_of(table, context)[1:]]
    return {column.name for found in above if found is not None for column in found.columns}


def _refuse_second_key(change: c.AddPrimaryKey, context: RenderContext) -> None:
    above = lineage_of(change.table, context)[1:] if _whole_of(change.table, context) is not None else []
    for name in above:
        found = context.new.table(name)
        if found is not None and found.primary_key is not None:
            columns = ", ".join(found.primary_key.columns)
            raise Unsupported(
                f"{change.table}: it is a partition of {name}, and has its primary key ({columns})",
                hint=f"change the primary key of {name}, which every partition has",
            )


def _whole_of(table: Name, context: RenderContext) -> Name | None:
    """The table of which this one is a partition before the plan and after it."""
    old, new = context.old.table(table), context.new.table(table)
    if old is None or new is None or old.partition_of is None or new.partition_of is None:
        return None
    return old.partition_of[0] if old.partition_of[0] == new.partition_of[0] else None
