"""Changes in forms that block others for a moment only (``--online``), each statement valid by itself.

Where a run stops halfway, the next plan sees what is left (an invalid index, a constraint that is not validated, a
helper CHECK) as drift, and mends it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256

from pytest_schemadrift import changes as c
from pytest_schemadrift.dialects.base import Form, RenderContext
from pytest_schemadrift.dialects.postgres.definitions import (
    check_definition,
    foreign_key_definition,
    index_definition,
    primary_key_definition,
    unique_definition,
)
from pytest_schemadrift.dialects.postgres.names import qualified, quote
from pytest_schemadrift.dialects.postgres.render import render
from pytest_schemadrift.dialects.postgres.render_columns import alter_table
from pytest_schemadrift.dialects.postgres.traits import major
from pytest_schemadrift.model import Column, Index, Name, PrimaryKey

BATCH = 10_000
"""Rows that are filled between two commits."""
_STABLE = frozenset(
    """now current_timestamp transaction_timestamp statement_timestamp localtimestamp timezone current_setting lower
    upper concat length md5 date_trunc make_interval to_timestamp jsonb_build_object jsonb_build_array json_build_object
    array_append coalesce current_date current_time current_user varchar char character numeric decimal timestamp time
    bit interval float""".split()  # noqa: SIM905
)
"""Functions (and types with a length) that give one value for the whole statement; any other one may not."""
_READING = frozenset({"LOCKS_TABLE"})


def render_online(change: c.Change, context: RenderContext) -> tuple[Form, ...] | None:
    """The statements of one change, or ``None`` where its usual form blocks no longer than any other."""
    if _is_new(change, context) or _is_partitioned(change, context):
        return None  # CONCURRENTLY and NOT VALID are not to be had for a partitioned table (PostgreSQL 17)
    match change:
        case c.CreateIndex():
            return (*_create_index(change.table, change.index), *_usual(change, context)[1:])
        case c.DropIndex():
            return (_drop_index(change.table, change.index.name or ""),)
        case c.RebuildIndex() if not change.index.constraint:
            return (_drop_index(change.table, change.index.name or ""), *_create_index(change.table, change.index))
        case c.AddUnique() if change.unique.name:
            return _add_unique(change, context)
        case c.AddPrimaryKey() if change.primary_key.name:
            return _add_primary_key(change, context)
        case c.AddForeignKey() if change.foreign_key.name and change.foreign_key.validated:
            key = replace(change.foreign_key, validated=False)
            return _validated_later(change.table, foreign_key_definition(key), change.foreign_key.name)
        case c.AddCheck() if change.check.name and change.check.validated and change.check.enforced:
            check = replace(change.check, validated=False)
            return _validated_later(change.table, check_definition(check), change.check.name)
        case c.AlterColumnNullability() if not change.new.nullable and major(context.facts) >= 12:
            usual = render(change, context)
            if not usual:
                return None
            fill = [Form(_in_batches(change.table, change.new))] if len(usual) > 1 else []
            return (*fill, *_not_null(change.table, change.new.name))
        case c.AddColumn() if _is_volatile(change.column) and major(context.facts) >= 12:
            return _add_filled(change, context)
        case _:
            return None


def _is_new(change: c.Change, context: RenderContext) -> bool:
    table = c.table_of(change)
    return table is None or context.old.table(table) is None


def _is_partitioned(change: c.Change, context: RenderContext) -> bool:
    name = c.table_of(change)
    table = context.old.table(name) if name is not None else None
    return table is not None and table.kind == "partitioned"


def _usual(change: c.Change, context: RenderContext) -> tuple[Form, ...]:
    return tuple(Form(sql, transactional=True) for sql in render(change, context))


def _create_index(table: Name, index: Index) -> tuple[Form, ...]:
    name = index.name or ""
    sql = re.sub(r"\ACREATE (UNIQUE )?INDEX", r"CREATE \1INDEX CONCURRENTLY", index_definition(table, index))
    return (Form(sql, cleanup=(_drop_index(table, name, "IF EXISTS ").sql,), spares=_READING),)


def _drop_index(table: Name, name: str, guard: str = "") -> Form:
    return Form(f"DROP INDEX CONCURRENTLY {guard}{qualified(Name(table.schema, name))}")


def _add_unique(change: c.AddUnique, context: RenderContext) -> tuple[Form, ...]:
    unique = change.unique
    index = replace(unique, constraint=False, options=_for_index(unique.options))
    using = _using_index(unique_definition(unique), "UNIQUE", unique.name or "")
    usual = _usual(change, context)[1:]
    return (
        *_create_index(change.table, index),
        Form(alter_table(change.table, f"ADD {using}"), spares=_READING),
        *usual,
    )


def _add_primary_key(change: c.AddPrimaryKey, context: RenderContext) -> tuple[Form, ...] | None:
    key = change.primary_key
    table = context.old.table(change.table)
    columns = [table.column(name) for name in key.columns] if table else []
    if not all(columns):
        return None
    nullable = [column.name for column in columns if column is not None and column.nullable]
    altered = {part.new.name for part in context.changes if isinstance(part, c.AlterColumnNullability)}
    index = _index_of(key)
    using = _using_index(primary_key_definition(key), "PRIMARY KEY", key.name or "")
    return (
        *_create_index(change.table, index),
        *(form for name in nullable if name not in altered for form in _not_null(change.table, name)),
        Form(alter_table(change.table, f"ADD {using}"), spares=_READING),
    )


def _index_of(key: PrimaryKey) -> Index:
    include = dict(key.options).get("include")
    columns = tuple(re.findall(r'"((?:[^"]|"")*)"', include)) if include else ()
    names = tuple(name.replace('""', '"') for name in columns)
    return Index(key.name, key.parts, unique=True, include=names, options=_for_index(key.options))


def _for_index(options: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(item for item in options if item[0] == "with")


def _using_index(definition: str, words: str, name: str) -> str:
    """The constraint over an index that is there: no columns, and of what follows them only how it is deferred."""
    deferred = re.search(r" (?:NOT )?DEFERRABLE(?: INITIALLY DEFERRED)?\Z", definition)
    return f"CONSTRAINT {quote(name)} {words} USING INDEX {quote(name)}{deferred[0] if deferred else ''}"


def _validated_later(table: Name, definition: str, name: str) -> tuple[Form, ...]:
    return (
        Form(alter_table(table, f"ADD {definition}"), spares=_READING),
        Form(alter_table(table, f"VALIDATE CONSTRAINT {quote(name)}"), spares=_READING),
    )


def helper_name(column: str) -> str:
    """The CHECK that stands in for NOT NULL meanwhile; short enough for every column."""
    return f"schemadrift_not_null_{sha256(column.encode()).hexdigest()[:12]}"


def _not_null(table: Name, column: str) -> tuple[Form, ...]:
    """SET NOT NULL believes a validated CHECK, and reads no row then (PostgreSQL 12, ALTER TABLE)."""
    helper = quote(helper_name(column))
    return (
        Form(alter_table(table, f"DROP CONSTRAINT IF EXISTS {helper}"), spares=_READING),
        Form(
            alter_table(table, f"ADD CONSTRAINT {helper} CHECK ({quote(column)} IS NOT NULL) NOT VALID"),
            spares=_READING,
        ),
        Form(alter_table(table, f"VALIDATE CONSTRAINT {helper}"), spares=_READING),
        Form(alter_table(table, f"ALTER COLUMN {quote(column)} SET NOT NULL"), spares=_READING),
        Form(alter_table(table, f"DROP CONSTRAINT {helper}"), spares=_READING),
    )


def _is_volatile(column: Column) -> bool:
    """Whether each row would get a value of its own, for which PostgreSQL rewrites the table."""
    if column.default is None or column.generated or column.identity or column.autoincrement:
        return False
    return any(name.lower() not in _STABLE for name in re.findall(r"(\w+)\s*\(", _without_strings(column.default.sql)))


def _without_strings(sql: str) -> str:
    return re.sub(r"'(?:[^']|'')*'", "''", sql)


def _add_filled(change: c.AddColumn, context: RenderContext) -> tuple[Form, ...] | None:
    column = change.column
    bare = replace(column, default=None, nullable=True, comment=None)
    added = render(replace(change, column=bare), replace(context, changes=()))
    if len(added) != 1 or column.default is None:
        return None
    comments = _usual(change, context)[1:]
    default = alter_table(change.table, f"ALTER COLUMN {quote(column.name)} SET DEFAULT {column.default.sql}")
    return (
        Form(added[0]),
        Form(default),
        Form(_in_batches(change.table, column)),
        *(() if column.nullable else _not_null(change.table, column.name)),
        *comments,
    )


def _in_batches(table: Name, column: Column) -> str:
    """Give every row that has no value the default, with a commit after each batch (PostgreSQL 11)."""
    name, place = quote(column.name), qualified(table)
    value = column.default.sql if column.default is not None else "NULL"
    body = (
        f"DECLARE filled bigint; BEGIN FOR batch IN 0 .. (SELECT count(*) / {BATCH} + 1 FROM {place}) LOOP "
        f"UPDATE {place} SET {name} = {value} WHERE ctid = ANY (ARRAY("
        f"SELECT ctid FROM {place} WHERE {name} IS NULL LIMIT {BATCH})); "
        "GET DIAGNOSTICS filled = ROW_COUNT; COMMIT; EXIT WHEN filled = 0; END LOOP; END"
    )
    tag = "schemadrift"
    while f"${tag}$" in body:
        tag += "_"
    return f"DO ${tag}$ {body} ${tag}$"
