"""The safe rebuild of a table (https://sqlite.org/lang_altertable.html section 7).

Its statements run inside the transaction of ``transaction.py``, with foreign keys off for the whole plan.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.sqlite.names import fold, literal, quote
from pytest_schemadrift.dialects.sqlite.read.builder import rowid_alias
from pytest_schemadrift.dialects.sqlite.read.tokens import mentioned
from pytest_schemadrift.dialects.sqlite.read.types import TEXT, affinity
from pytest_schemadrift.dialects.sqlite.write.alter import rename as rename_sql
from pytest_schemadrift.dialects.sqlite.write.definitions import create_index, create_table
from pytest_schemadrift.dialects.sqlite.write.transaction import mark
from pytest_schemadrift.dialects.sqlite.write.trial import (
    Program,
    columns_read,
    empty_copy,
    fires_on,
    names_in_quotes,
    programs,
)
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Column, Index, Name, Schema, Table


def rebuild(change: c.RebuildTable, context: RenderContext) -> Iterator[str]:
    """The statements that rebuild one table, to be run between ``prologue`` and ``epilogue``.

    Other tables, views and triggers keep their text: the last rename is made with ``legacy_alter_table``, which
    looks at no other object (S17). Raises ``Unsupported`` for a virtual table.
    """
    old, new = change.old, change.new
    if "virtual" in (old.kind, new.kind):
        raise Unsupported(
            "a virtual table cannot be altered",
            where=str(old.name),
            hint="drop it and create it again; its content has to be loaded again",
        )
    _refuse_what_is_unread(old, context)
    _refuse_silent_loss(change, context)
    fresh = _free_name(f"schemadrift_new_{old.name.name}", context)
    yield create_table(new, fresh, _comments(old, context))
    yield _copy(old, new, fresh)
    rows = f"(SELECT count(*) FROM {quote(old.name.name)}) - (SELECT count(*) FROM {quote(fresh)})"
    yield mark(f"rows of {old.name.name}", rows)
    if _counts(old) and _counts(new):
        yield from _carry_counter(old.name.name, fresh)
    yield from _keep_statistics(old, new, fresh, context)
    yield f"DROP TABLE {quote(old.name.name)}"
    yield "PRAGMA legacy_alter_table = ON"
    yield f"ALTER TABLE {quote(fresh)} RENAME TO {quote(old.name.name)}"
    yield "PRAGMA legacy_alter_table = OFF"
    for name in _statistics(context):
        yield f"UPDATE {name} SET tbl = {literal(old.name.name)} WHERE tbl = {literal(fresh)}"
    gone = {fold(column.name) for column in old.columns} - {fold(column.name) for column in new.columns}
    extras = [
        create_index(new.name, index, _comments_of_index(index, context))
        for index in new.indexes
        if not index.constraint and not _names(index, gone)
    ]
    extras += _triggers(old, context)
    yield from extras
    left = f"(SELECT count(*) FROM main.sqlite_master WHERE name = {literal(fresh)})"
    made = f"(SELECT count(*) FROM main.sqlite_master WHERE tbl_name = {literal(old.name.name)}"
    made += " AND type <> 'table' AND sql IS NOT NULL)"
    yield mark(f"new {old.name.name}", f"{left} + {len(extras)} - {made}")


def _names(index: Index, gone: set[str]) -> bool:
    """Whether an index that nobody asked to drop is on a column that goes, and so goes with it, as on other servers.

    SQLite would take the quoted name of a column that is no more for a string (S12).
    """
    texts = [part.expression.sql for part in index.parts if part.expression]
    texts += [index.where.sql] if index.where else []
    columns = {fold(part.column) for part in index.parts if part.column}
    return bool(gone & columns.union(*map(mentioned, texts)))


def _comments(table: Table, context: RenderContext) -> Iterator[tuple[str, str]]:
    """(column, comment) of what stands in the table's own text."""
    for item in context.old.marks:
        if (item.on, item.aspect, item.owner) == ("table", "comment", table.name):
            yield item.name, item.values[0]


def _comments_of_index(index: Index, context: RenderContext) -> tuple[str, ...]:
    marks = (item for item in context.old.marks if (item.on, item.aspect) == ("index", "comment"))
    return next((item.values for item in marks if item.name == index.name), ())


def _refuse_what_is_unread(table: Table, context: RenderContext) -> None:
    """What was not understood would go with the table and could not be made again."""
    for item in context.old.unsupported:
        if item.table == table.name:
            raise Unsupported(
                f"the table cannot be rebuilt: its {item.kind} {item.name} could not be read ({item.reason})",
                sql=item.sql,
                where=str(table.name),
                hint="alter the table by hand",
            )


def _refuse_silent_loss(change: c.RebuildTable, context: RenderContext) -> None:
    """What names a column that goes, and of which SQLite would never complain. Raises ``Unsupported``.

    It takes the quoted name of a column that is no more for a string (S12), and what reads it so goes on to answer,
    and wrongly. A trigger that waits for an UPDATE OF such a column alone waits for ever.
    """
    kept = {fold(column.name) for column in change.new.columns}
    gone = {fold(column.name): column.name for column in change.old.columns if fold(column.name) not in kept}
    start, name = _before_renames(context, change.old.name)
    for program in programs(start):
        quoted, waits = names_in_quotes(program) & gone.keys(), fires_on(program) & gone.keys()
        if not quoted and not waits:
            continue
        try:
            with empty_copy(start) as connection:
                read = _of(name, columns_read(connection, program)) & quoted
                waits &= _of(name, columns_read(connection, Program("view", program.on, program.on, "")))
        except sqlite3.Error:
            continue  # it does not work now, either
        for lost in sorted(read | waits):
            says = "is for an UPDATE OF the column {}: SQLite keeps it without the column, and it would not fire"
            if lost in read:
                says = "has the column {} in double quotes: without the column, SQLite takes that for a string"
            raise Unsupported(
                f"{program.kind} {program.name} {says.format(gone[lost])}",
                sql=program.sql,
                where=str(change.old.name),
                hint="alter it first, or drop it",
            )


def _of(table: Name, columns: set[tuple[str, str]]) -> set[str]:
    return {column for owner, column in columns if owner == fold(table.name)}


def _before_renames(context: RenderContext, name: Name) -> tuple[Schema, Name]:
    """The schema before the plan, whose names the texts of views and triggers have, and the table's name there."""
    renames = [change for change in context.changes if isinstance(change, c.RenameTable | c.RenameColumn)]
    for rename in reversed(renames):
        if isinstance(rename, c.RenameTable) and rename.new == name:
            name = rename.old
    return evolve(context.old, [_inverse(rename) for rename in reversed(renames)]), name


def _free_name(name: str, context: RenderContext) -> str:
    taken = {fold(table.name.name) for schema in (context.old, context.new) for table in schema.tables}
    taken |= {fold(view.name.name) for view in context.old.views}
    while fold(name) in taken:
        name += "_"
    return name


def _counts(table: Table) -> bool:
    return any(column.autoincrement for column in table.columns)


def _carry_counter(name: str, fresh: str) -> Iterator[str]:
    """The counter of AUTOINCREMENT may be beyond the largest id: rows that were deleted must not give theirs again."""
    yield f"DELETE FROM sqlite_sequence WHERE name = {literal(fresh)}"
    yield (
        f"INSERT INTO sqlite_sequence (name, seq) "
        f"SELECT {literal(fresh)}, seq FROM sqlite_sequence WHERE name = {literal(name)}"
    )


def _statistics(context: RenderContext) -> list[str]:
    """The tables in which ANALYZE keeps what the planner goes by."""
    return [item.name for item in context.old.marks if item.aspect == "statistics"]


def _keep_statistics(old: Table, new: Table, fresh: str, context: RenderContext) -> Iterator[str]:
    """DROP TABLE forgets what ANALYZE gathered: what is about the table and its indexes of before goes aside.

    ``ANALYZE sqlite_master`` gathers nothing; it makes the table of statistics where a copy has none.
    """
    kept = [index.name for index in old.indexes if index in new.indexes and index.name]
    if (old.primary_key, _uniques(old)) == (new.primary_key, _uniques(new)):
        kept += [f"sqlite_autoindex_{old.name.name}_{number}" for number in range(1, len(_uniques(old)) + 2)]
    names = ", ".join(literal(name) for name in (old.name.name, *kept))
    for name in _statistics(context):
        yield "ANALYZE sqlite_master"
        about = f"tbl = {literal(old.name.name)} AND (idx IS NULL OR idx IN ({names}))"
        yield f"UPDATE {name} SET tbl = {literal(fresh)} WHERE {about}"


def _uniques(table: Table) -> list[Index]:
    return [index for index in table.indexes if index.constraint]


# ---------------------------------------------------------------------------------------------- rows


def _copy(old: Table, new: Table, fresh: str) -> str:
    """All rows into the new table. OR ABORT: a column's own ON CONFLICT IGNORE or REPLACE would lose rows silently.

    Generated columns compute themselves; a column that the old table lacks gets its default, or fails where it
    must have a value. The rowid is kept, for full-text indexes and others name rows by it (S18).
    """
    found = {fold(column.name): column for column in old.columns}
    strict = ("strict", "yes") in new.options
    targets, values = _rowids(old, new)
    for column in new.columns:
        before = found.get(fold(column.name))
        if before is not None and column.generated is None:
            targets.append(quote(column.name))
            values.append(_value(before, column, strict=strict))
    if not targets:
        raise Unsupported(
            "the new table has no column of the old one, so no row can be kept",
            where=str(old.name),
            hint="drop the table and create it again, or say which columns were renamed",
        )
    return (
        f"INSERT OR ABORT INTO {quote(fresh)} ({', '.join(targets)}) "
        f"SELECT {', '.join(values)} FROM {quote(old.name.name)} AS old"
    )


def _rowids(old: Table, new: Table) -> tuple[list[str], list[str]]:
    """The first target and value of the copy where rowids are kept by name: no column is the rowid, or a new one is."""
    names = {fold(column.name) for column in old.columns}
    alias = rowid_alias(new)
    if ("without_rowid", "yes") in (*old.options, *new.options) or (alias is not None and fold(alias) in names):
        return [], []
    target = quote(alias) if alias is not None else _rowid_name(new)
    value = _rowid_name(old)
    return ([target], [f"old.{value}"]) if target and value else ([], [])


def _rowid_name(table: Table) -> str | None:
    """A name of the rowid that no column has taken."""
    taken = {fold(column.name) for column in table.columns}
    return next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), None)


def _value(before: Column, column: Column, *, strict: bool) -> str:
    """What a new column gets of an old one.

    Affinity converts by itself and keeps what it cannot convert; a STRICT table refuses it, which is better than
    CAST, which makes 0 of any word. Text and bytes alone are the same for both and are cast. A real number has 15
    digits as text, whatever its column's affinity: where those are not enough, it gets the 17 that it needs.
    """
    value = f"old.{quote(before.name)}"  # without the prefix SQLite would read an unknown name as a string (S12)
    if strict and column.type != before.type and column.type in ("TEXT", "BLOB"):
        other = "blob" if column.type == "TEXT" else "text"
        value = f"CASE typeof({value}) WHEN '{other}' THEN CAST({value} AS {column.type}) ELSE {value} END"
    elif affinity(column.type) == TEXT != affinity(before.type):
        cut = f"typeof({value}) = 'real' AND CAST(CAST({value} AS TEXT) AS REAL) <> {value}"
        value = f"CASE WHEN {cut} THEN printf('%!.17g', {value}) ELSE {value} END"
    if before.nullable and not column.nullable and column.default is not None:
        value = f"coalesce({value}, {column.default.sql})"
    return value


# ---------------------------------------------------------------------------------------------- triggers


def _triggers(table: Table, context: RenderContext) -> Iterator[str]:
    """The table's triggers, which died with it, with the names that the plan's renames gave."""
    if not table.triggers:
        return
    renames = [change for change in context.changes if isinstance(change, c.RenameTable | c.RenameColumn)]
    if not renames:
        yield from (trigger.sql for trigger in table.triggers)
        return
    texts = _renamed_triggers(context.old, renames)
    yield from (texts[trigger.name] for trigger in table.triggers)


def _renamed_triggers(schema: Schema, renames: list[c.RenameTable | c.RenameColumn]) -> dict[str, str]:
    """The text of every trigger after ``renames``: SQLite itself, on an empty copy in memory, rewrites the names.

    ``schema`` has the renames already, but for the texts of its triggers and views. Raises ``Unsupported``.
    """
    start = evolve(schema, [_inverse(rename) for rename in reversed(renames)])
    try:
        with empty_copy(start) as connection:
            for rename in renames:
                connection.execute(rename_sql(rename))
            return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    except sqlite3.Error as error:
        raise Unsupported(
            f"what the renames make of the triggers cannot be found out: {error}",
            hint="apply the renames first and by themselves, then the rest",
        ) from None


def _inverse(rename: c.RenameTable | c.RenameColumn) -> c.RenameTable | c.RenameColumn:
    if isinstance(rename, c.RenameTable):
        return c.RenameTable(rename.new, rename.old)
    return c.RenameColumn(rename.table, rename.new, rename.old)
