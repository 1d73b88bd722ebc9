"""Facts from the rows: how many are in the way of a change, or would lose a value, so that a person can decide."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from pytest_schemadrift.dialects.base import length_in
from pytest_schemadrift.errors import SchemaDriftError
from pytest_schemadrift.planning.safe_mode import Fact
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import Capabilities
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    ForeignKey,
    Index,
    Name,
    NotNull,
    PrimaryKey,
    Schema,
    Table,
    is_enforced,
)
from pytest_schemadrift.sources.scratch import LiveServer

_CALL = re.compile(r"[\w\"`\]]\s*\(|\bVALUE\s+FOR\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """A count to be made: ``condition`` is what the rows have that are counted (``""``: every row).

    ``words`` says it of them, with the number before. ``sql`` is the query where a condition alone cannot ask. A
    question that ``blocks`` counts rows with which the change is sure to fail.
    """

    table: Name
    words: str
    condition: str = ""
    sql: str = ""
    blocks: bool = False
    shows: str = ""
    """The query that shows the rows, where a condition alone cannot ask."""
    own: bool = False
    """Whether rows of tables that inherit from this one are not meant (PostgreSQL)."""


async def facts_about(
    server: LiveServer,
    change: c.SimpleChange,
    live: Schema,
    renames: Sequence[c.Rename] = (),
    wanted: Schema | None = None,
) -> list[Fact]:
    """Sentences such as ``3 of 1,204 rows of users have NULL in email``; empty where there is nothing to count.

    The change is one of the ``live`` schema after ``renames``, which are yet to be made. A check may be over a column
    that comes with the schema that is ``wanted``: it has its default in every row. What cannot be counted (rights,
    time) is said, never raised.
    """
    start = evolve(live, renames)
    sources = _sources(live, renames, server.dialect.quote)
    if isinstance(change, c.AddCheck) and wanted is not None:
        sources |= _with_new_columns(change.table, start, wanted, sources, server)
    ask = _Asker(server, start, sources)
    return [await _answer(ask, question) for question in _questions(change, ask)]


async def empty_tables(
    server: LiveServer, live: Schema, tables: Collection[Name], renames: Sequence[c.Rename] = ()
) -> frozenset[Name]:
    """Those of ``tables`` (by their names after ``renames``, which are yet to be made) that are sure to have no row."""
    befores = {change.new: change.old for change in renames if isinstance(change, c.RenameTable)}
    found = set()
    for name in tables:
        before = name
        while before in befores:
            before = befores[before]
        if live.table(before) is not None and await is_empty(server, before):
            found.add(name)
    return frozenset(found)


async def is_empty(server: LiveServer, table: Name) -> bool:
    """Whether a table has no row; false, too, where rows may be there that this role does not see."""
    sql = f"SELECT 1 AS found FROM {_qualified(table, server.dialect.quote)} LIMIT 1"
    try:
        if not await server.dialect.sees_every_row(server.connection, table):
            return False
        return not await server.dialect.look(server.connection, sql)
    except SchemaDriftError:
        return False


def _sources(live: Schema, renames: Sequence[c.Rename], quote: Callable[[str], str]) -> dict[Name, tuple[str, Name]]:
    """The tables in which renames change a name: what is there now under the names to come, and where it is."""
    there = {table.name: (table.name, {column.name: column.name for column in table.columns}) for table in live.tables}
    for change in renames:
        if isinstance(change, c.RenameTable):
            there[change.new] = there.pop(change.old)
        elif isinstance(change, c.RenameColumn):
            columns = there[change.table][1]
            columns[change.new] = columns.pop(change.old)
    return {
        name: (", ".join(f"{quote(old)} AS {quote(new)}" for new, old in columns.items()), was)
        for name, (was, columns) in there.items()
        if name != was or any(new != old for new, old in columns.items())
    }


def _with_new_columns(
    name: Name, live: Schema, wanted: Schema, sources: Mapping[Name, tuple[str, Name]], server: LiveServer
) -> dict[Name, tuple[str, Name]]:
    """A table as a source that has the columns to come, each with what its rows will have there."""
    before, after = live.table(name), wanted.table(name)
    if before is None or after is None:
        return {}
    quote, typed = server.dialect.quote, server.dialect.capabilities(server.info).has_schemas
    new = []
    for column in after.columns:
        value = _value_to_come(column)
        if before.column(column.name) is None and value is not None:
            new.append(f"{f'CAST({value} AS {column.type})' if typed else value} AS {quote(column.name)}")
    if not new:
        return {}
    listed, was = sources.get(name, (", ".join(quote(column.name) for column in before.columns), name))
    return {name: (", ".join([listed, *new]), was)}


def _value_to_come(column: Column) -> str | None:
    """SQL for what a new column has in rows that are there; ``None`` where the server makes it up.

    A default that calls something (``nextval``) is not called for a count.
    """
    if column.generated is not None:
        return f"({column.generated.expression.sql})"
    if column.default is not None:
        return None if _CALL.search(column.default.sql) else f"({column.default.sql})"
    return "NULL" if column.nullable else None


def _qualified(name: Name, quote: Callable[[str], str]) -> str:
    return ".".join(quote(part) for part in name if part)


def _questions(change: c.SimpleChange, ask: _Asker) -> list[Question]:
    if isinstance(change, c.SchemaObjectChange):
        return ask.removed_values(change) if isinstance(change, c.ReplaceEnum) else []
    if isinstance(change, c.TableChange):
        return [Question(change.table.name, "are in it")] if isinstance(change, c.DropTable) else []
    if isinstance(change, c.AnyColumnChange):
        return _questions_about_column(change, ask)
    if isinstance(change, c.IndexChange):
        return _questions_about_index(change, ask)
    if isinstance(change, c.ConstraintChange):
        return _questions_about_constraint(change, ask)
    assert_never(change)


def _questions_about_column(change: c.AnyColumnChange, ask: _Asker) -> list[Question]:
    match change:
        case c.DropColumn():
            column = ask.column(change.column.name)
            return [Question(change.table, f"have a value in {change.column.name}", f"{column} IS NOT NULL")]
        case c.AddColumn():
            return [Question(change.table, "would have no value for it", blocks=ask.alters_strictly())]
        case c.AlterColumnNullability():
            if not change.is_for_more_rows:
                return []
            words, empty = f"have NULL in {change.old.name}", f"{ask.column(change.old.name)} IS NULL"
            blocks, own = change.new.default is None, change.new.not_inherited  # else they are filled
            return [Question(change.table, words, empty, blocks=blocks, own=own)]
        case c.AlterColumnType():
            return ask.conversion(change.table, change.old, change.new)
        case c.AlterColumnDefault() | c.AlterColumnGenerated() | c.AlterColumnIdentity() | c.AlterColumnCollation():
            return []
        case c.AlterColumnOptions() | c.SetColumnComment() | c.RenameColumn() | c.MoveColumns():
            return []
        case _:
            assert_never(change)


def _questions_about_index(change: c.IndexChange, ask: _Asker) -> list[Question]:
    match change:
        case c.CreateIndex():
            return ask.duplicates(change.table, change.index) if change.index.unique else []
        case c.AddUnique():
            return ask.duplicates(change.table, change.unique)
        case c.DropIndex() | c.DropUnique() | c.RenameIndex() | c.RebuildIndex() | c.SetIndexComment():
            return []
        case _:
            assert_never(change)


def _questions_about_constraint(change: c.ConstraintChange, ask: _Asker) -> list[Question]:
    match change:
        case c.AddPrimaryKey():
            return ask.duplicates(change.table, change.primary_key)
        case c.AddForeignKey():
            return ask.orphans(change.table, change.foreign_key)
        case c.AddCheck():
            return [_breaking(change.table, change.check)]
        case c.ValidateConstraint(constraint=item):
            if isinstance(item, NotNull):
                return ask.missing(change.table, item.column)
            return ask.orphans(change.table, item) if isinstance(item, ForeignKey) else []
        case c.SetEnforced(new=item):
            if not is_enforced(item):
                return []
            return ask.orphans(change.table, item) if isinstance(item, ForeignKey) else [_breaking(change.table, item)]
        case c.DropPrimaryKey() | c.DropForeignKey() | c.DropCheck() | c.AddExclusion() | c.DropExclusion():
            return []
        case c.RenameConstraint() | c.SetConstraintComment():
            return []
        case _:
            assert_never(change)


def _breaking(table: Name, check: Check) -> Question:
    return Question(table, "break it", f"NOT ({check.expression.sql})", blocks=True, own=check.no_inherit)


@dataclass(frozen=True, slots=True)
class _Asker:
    server: LiveServer
    live: Schema
    sources: Mapping[Name, tuple[str, Name]]

    @property
    def _capabilities(self) -> Capabilities:
        return self.server.dialect.capabilities(self.server.info)

    def column(self, name: str) -> str:
        return self.server.dialect.quote(name)

    def table(self, name: Name, alias: str = "", *, own: bool = False) -> str:
        """A table in FROM; ``own`` is without the rows of tables that inherit from it, which no key looks at."""
        only = "ONLY " if own and any(name in other.inherits for other in self.live.tables) else ""
        if name in self.sources:
            columns, was = self.sources[name]
            place = _qualified(was, self.server.dialect.quote)
            return f"(SELECT {columns} FROM {only}{place}) AS {alias or self.column(name.name)}"
        return only + _qualified(name, self.server.dialect.quote) + (f" AS {alias}" if alias else "")

    def alters_strictly(self) -> bool:
        """MySQL and MariaDB fill a new NOT NULL column with its type's zero; the others refuse."""
        return not self._capabilities.alters_column_whole

    def duplicates(self, table: Name, key: Index | PrimaryKey) -> list[Question]:
        known = self.live.table(table)
        if known is None or any(known.column(name) is None for name in key.columns):
            return []
        parts = [self.column(name) for name in key.columns]
        conditions = [f"{part} IS NOT NULL" for part in parts]
        if isinstance(key, Index):
            parts = [
                self.column(part.column) if part.column else f"({part.expression.sql if part.expression else 'NULL'})"
                for part in key.parts
            ]
            conditions = [] if key.nulls_not_distinct else [f"{part} IS NOT NULL" for part in parts]
            conditions += [f"({key.where.sql})"] if key.where is not None else []
        listed = ", ".join(parts)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        place = f"{self.table(table, own=True)}{where}"
        grouped = f"SELECT count(*) AS n FROM {place} GROUP BY {listed} HAVING count(*) > 1"
        words = f"share {', '.join(key.columns) or 'the value'} with another row"
        number = f"SELECT coalesce(sum(d.n), 0) AS number FROM ({grouped}) AS d"
        shows = grouped.replace("SELECT count(*) AS n", f"SELECT {listed}, count(*) AS number", 1)
        found = [Question(table, words, sql=number, blocks=True, shows=shows)]
        if ("without_overlaps", "yes") in key.options:
            found = self._overlapping(table, key.columns)
        if isinstance(key, PrimaryKey):
            empty = " OR ".join(f"{part} IS NULL" for part in parts)
            found.append(Question(table, f"have NULL in {', '.join(key.columns)}", empty, blocks=True))
        return found

    def _overlapping(self, table: Name, names: Sequence[str]) -> list[Question]:
        """The rows that a key WITHOUT OVERLAPS refuses (PostgreSQL 18); a range that is not empty overlaps itself."""
        *equal, period = [self.column(name) for name in names]
        same = [f"other.{part} = one.{part}" for part in equal]
        one, other = self.table(table, "one", own=True), self.table(table, "other", own=True)
        meet = " AND ".join([*same, f"other.{period} && one.{period}"])
        sql = f"SELECT count(*) AS number FROM {one} WHERE (SELECT count(*) FROM {other} WHERE {meet}) > 1"
        shows = sql.replace("SELECT count(*) AS number", "SELECT one.*", 1)
        return [
            Question(table, f"overlap another row in {', '.join(names)}", sql=sql, blocks=True, shows=shows),
            Question(table, f"have an empty {names[-1]}", f"isempty({period})", blocks=True, own=True),
        ]

    def missing(self, table: Name, name: str) -> list[Question]:
        """The rows that break a NOT NULL which holds for new ones only."""
        known = self.live.table(table)
        column = known.column(name) if known is not None else None
        own = column is not None and column.not_inherited
        return [Question(table, f"have NULL in {name}", f"{self.column(name)} IS NULL", blocks=True, own=own)]

    def orphans(self, table: Name, key: ForeignKey) -> list[Question]:
        child, parent = self.live.table(table), self.live.table(key.ref_table)
        if child is None or parent is None or any(child.column(name) is None for name in key.columns):
            return []
        own = [f"child.{self.column(name)}" for name in key.columns]
        theirs = [f"parent.{self.column(name)}" for name in key.ref_columns]
        match = " AND ".join(f"{left} = {right}" for left, right in zip(theirs, own, strict=False))
        present = " AND ".join(f"{name} IS NOT NULL" for name in own)
        parents = self.table(key.ref_table, "parent", own=True)
        missing = f"NOT EXISTS (SELECT 1 FROM {parents} WHERE {match})"
        if ("period", "yes") in key.options and theirs:  # the ranges of several rows may cover it together
            match = " AND ".join(f"{left} = {right}" for left, right in zip(theirs[:-1], own[:-1], strict=True))
            covered = f"SELECT range_agg({theirs[-1]}) FROM {parents} WHERE {match} AND {theirs[-1]} && {own[-1]}"
            missing = f"NOT coalesce({own[-1]} <@ ({covered}), false)"
        children = self.table(table, "child", own=True)
        sql = f"SELECT count(*) AS number FROM {children} WHERE {present} AND {missing}"
        known = any(other.columns == key.columns for other in child.foreign_keys)  # SQLite lets old orphans be
        words = f"have no {key.ref_table} for {', '.join(key.columns)}"
        shows = sql.replace("SELECT count(*) AS number", "SELECT child.*", 1)
        blocks = not known or not self._capabilities.keeps_orphans
        return [Question(table, words, sql=sql, blocks=blocks, shows=shows)]

    def conversion(self, table: Name, old: Column, new: Column) -> list[Question]:
        column = self.column(old.name)
        misfits = self.server.dialect.misfits(column, old.name, new.type, self.server.info)
        found = [Question(table, item.words, item.condition, blocks=item.blocks) for item in misfits]
        if found and length_in(old.type) is not None:
            return found  # of a shorter length, nothing else matters of a value
        return [*found, Question(table, f"have a value in {old.name}", f"{column} IS NOT NULL")]

    def removed_values(self, change: c.ReplaceEnum) -> list[Question]:
        gone = [value for value in change.old.values if value not in change.new.values]
        values = ", ".join(map(self.server.dialect.literal, gone))
        return [
            Question(table, f"have {', '.join(gone)} in {column.name}", self._has(column, values), blocks=True)
            for table, column in change.used_by
            if gone
        ]

    def _has(self, column: Column, values: str) -> str:
        name = self.column(column.name)
        return f"{name}::text[] && ARRAY[{values}]" if column.type.endswith("[]") else f"{name}::text IN ({values})"


async def _answer(ask: _Asker, question: Question) -> Fact:
    every = f"SELECT count(*) AS number FROM {ask.table(question.table, own=question.own)}"
    server = ask.server
    sql = question.sql or (f"{every} WHERE {question.condition}" if question.condition else every)
    try:
        number, total = [int((await server.dialect.look(server.connection, text))[0][0]) for text in (sql, every)]
    except SchemaDriftError as error:
        why = error.what.splitlines()[0]
        return Fact(f"the rows of {question.table} that {question.words} cannot be counted: {why}")
    if not total:
        return Fact(f"no row of {question.table} was found")
    text = f"{number:,} of {total:,} rows of {question.table} {question.words}"
    shows = question.shows or every.replace("SELECT count(*) AS number", "SELECT *", 1)
    shows += f" WHERE {question.condition}" if question.condition else ""
    return Fact(text, blocks=question.blocks and number > 0, shows=shows if number else "")


async def sizes(server: LiveServer, tables: Iterable[Table]) -> dict[Name, str]:
    """About how large tables are, in words (``about 1,200,000 rows, 240 MB``), from the server's own estimates."""
    found = {}
    for table in tables:
        text = await _size(server, table.name)
        if text:
            found[table.name] = text
    return found


async def _size(server: LiveServer, name: Name) -> str:
    try:
        found = await server.dialect.size(server.connection, server.info, name)
    except SchemaDriftError:
        return ""
    if found is None:
        return ""
    number, size = found
    return _bytes(size) if number is None else f"about {number:,} {'row' if number == 1 else 'rows'}, {_bytes(size)}"


def _bytes(size: int) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size} {unit}"
        size = round(size / 1000)
    return f"{size} TB"
