"""Reading a live database: the text that SQLite keeps is read like any script, then held against the pragmas."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeVar

from pytest_schemadrift.dialects.base import Connection, IsKnown, Meanwhile, rows_of
from pytest_schemadrift.dialects.reader import Token, TokenStream
from pytest_schemadrift.dialects.sqlite.catalog.ask import ask, digest_of_answers
from pytest_schemadrift.dialects.sqlite.catalog.rows import ColumnRow, ForeignKeyRow, IndexRow, KindRow, ObjectRow
from pytest_schemadrift.dialects.sqlite.connection import wrap
from pytest_schemadrift.dialects.sqlite.names import fold, upper
from pytest_schemadrift.dialects.sqlite.read.builder import rowid_alias
from pytest_schemadrift.dialects.sqlite.read.comments import comments_of
from pytest_schemadrift.dialects.sqlite.read.expressions import default_expression
from pytest_schemadrift.dialects.sqlite.read.plain import plain_index
from pytest_schemadrift.dialects.sqlite.read.script import Catalog, read_statement, table_of_text
from pytest_schemadrift.dialects.sqlite.read.tokens import tokenize
from pytest_schemadrift.dialects.sqlite.read.types import canonical_type_text
from pytest_schemadrift.dialects.sqlite.server_info import read_server_info
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.schema.build import make_schema
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Column, IndexPart, Mark, Name, Schema, Table, UnsupportedObject

_STATISTICS = "sqlite_stat1"
Row = TypeVar("Row", ColumnRow, IndexRow, ForeignKeyRow)


async def dump(connection: Connection, info: ServerInfo, tables: Sequence[Name] | None) -> Schema:
    """Return the main database's schema, of all tables or of those named; five read-only queries.

    A table whose text says something else than the pragmas is ``unsupported``. Raises ``StatementFailed``.
    """
    return _made(await ask(connection), tables)


async def dump_unless_known(
    connection: Connection, info: ServerInfo, is_known: IsKnown | None, meanwhile: Meanwhile
) -> tuple[str, Schema | None]:
    """A digest of all that the schema is made of, and the schema unless that is known; as ``dump``."""
    meanwhile()
    answers = await ask(connection)
    digest = digest_of_answers(answers)
    return digest, None if is_known is not None and is_known(digest) else _made(answers, None)


def _made(answers: Mapping[str, list[Any]], tables: Sequence[Name] | None) -> Schema:
    objects = rows_of(ObjectRow, answers["objects"])
    kinds = rows_of(KindRow, answers["kinds"])
    columns = _by_table(ColumnRow, answers["columns"])
    indexes = _by_table(IndexRow, answers["indexes"])
    foreign_keys = _by_table(ForeignKeyRow, answers["foreign_keys"])
    texts = {item.name: item.sql for item in objects if item.kind == "table"}
    catalog = Catalog(shadows={fold(table.name) for table in kinds if table.kind == "shadow"})
    for item in objects:
        if item.sql is not None and not item.name.startswith("sqlite_"):
            _read_object(catalog, item.kind, item.name, item.sql)
    # What ANALYZE gathered goes with a table that is rebuilt, unless it is carried over.
    gathered = [Mark("database", Name("", ""), item.name, "statistics") for item in objects if item.name == _STATISTICS]
    made = [(name, sql) for name, sql in texts.items() if sql]
    written = [mark for name, sql in made for mark in _written(name, sql)]
    written += [mark for item in objects if item.kind == "index" for mark in _of_index(item.name, item.sql or "")]
    schema = replace(catalog.schema(), marks=(*gathered, *written))
    flags = {row.name: (bool(row.without_rowid), bool(row.strict)) for row in kinds}
    doubts = {}
    for table in schema.tables:
        key = table.name.name
        if table.kind == "table":
            doubt = (
                _doubt_about_columns(table, columns.get(key, []), flags.get(key, (False, False)))
                or _doubt_about_indexes(table, indexes.get(key, []))
                or _doubt_about_foreign_keys(table, foreign_keys.get(key, []))
            )
            if doubt:
                doubts[table.name] = UnsupportedObject("table", key, doubt, texts.get(key) or "", table.name)
    return _selected(schema, doubts, tables)


def _read_object(catalog: Catalog, kind: str, name: str, sql: str) -> None:
    plain = plain_index(sql) if kind == "index" else None
    if plain is not None:
        catalog.indexes[fold(name)] = plain
        return
    if kind != "table":
        read_statement(catalog, TokenStream(sql, tokenize(sql)))
        return
    try:
        catalog.tables[fold(name)] = table_of_text(sql)
    except DDLSyntaxError as error:
        catalog.unsupported.append(UnsupportedObject("table", name, error.what, sql, Name("", name)))


@lru_cache(maxsize=8192)
def _written(name: str, sql: str) -> tuple[Mark, ...]:
    """What a table's text says that the table does not hold; of the same text once, as ``table_of_text``."""
    return (*_comments(name, sql), *_constraints(name, sql))


_CONSTRAINT = "CONSTRAINT"
_NAMED = re.compile(r'\bCONSTRAINT\s+(?:"((?:[^"]|"")*)"|`([^`]*)`|\[([^\]]*)\]|([\w$]+))', re.IGNORECASE)


def _constraints(name: str, sql: str) -> Iterator[Mark]:
    """The names in a table's text that DROP CONSTRAINT goes by, those of NOT NULL and defaults too."""
    names = []
    text = upper(sql)  # where the word is, a search without regard to case finds ten times slower
    place = text.find(_CONSTRAINT)
    while place >= 0:
        found = _NAMED.match(sql, place)
        if found is not None:
            names.append(next(filter(None, found.groups()), "").replace('""', '"'))
        place = text.find(_CONSTRAINT, found.end() if found is not None else place + len(_CONSTRAINT))
    if names:
        yield Mark("table", Name("", name), "", "constraints", tuple(names))


def _comments(name: str, sql: str) -> Iterator[Mark]:
    """The comments in a table's text, which is rewritten where the table is rebuilt."""
    with contextlib.suppress(DDLSyntaxError):  # a text that nobody can read is in doubt already
        for column, comment in comments_of(sql):
            yield Mark("table", Name("", name), column, "comment", (comment,))


@lru_cache(maxsize=8192)
def _of_index(name: str, sql: str) -> tuple[Mark, ...]:
    """The comments in an index's text, which is rewritten where its table is rebuilt."""
    found: tuple[str, ...] = ()
    with contextlib.suppress(DDLSyntaxError):
        found = tuple(comment for _, comment in comments_of(sql))
    return (Mark("index", Name("", ""), name, "comment", found),) if found else ()


def _selected(schema: Schema, doubts: dict[Name, UnsupportedObject], names: Sequence[Name] | None) -> Schema:
    """The schema without the tables in doubt, and with the named tables and what depends on them alone."""
    wanted = None if names is None else {fold(name.name) for name in names}
    if wanted is None and not doubts:
        return schema

    def is_wanted(name: Name) -> bool:
        return wanted is None or fold(name.name) in wanted

    return make_schema(
        schema.dialect,
        tables=[table for table in schema.tables if table.name not in doubts and is_wanted(table.name)],
        views=[view for view in schema.views if wanted is None or any(map(is_wanted, view.depends_on))],
        unsupported=[
            item
            for item in (*schema.unsupported, *doubts.values())
            if wanted is None or (item.table is not None and is_wanted(item.table))
        ],
        marks=schema.marks,
    )


def _by_table(kind: type[Row], answer: Sequence[tuple[Any, ...]]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each table, whose name is the first value. They stay plain tuples: making named ones of some ten
    thousand takes longer than comparing them.
    """
    rows_of(kind, answer[:1])  # sees that the query answers what is unpacked
    groups: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in answer:
        groups[row[0]].append(row)
    return groups


def _doubt_about_columns(table: Table, rows: Sequence[tuple[Any, ...]], flags: tuple[bool, bool]) -> str:
    """What ``table_xinfo`` (``ColumnRow``) and ``table_list`` say otherwise about columns and primary key."""
    options = dict(table.options)
    if ("without_rowid" in options, "strict" in options) != flags:
        return "its text and PRAGMA table_list differ about STRICT or WITHOUT ROWID"
    if len(rows) != len(table.columns):
        return "its text and PRAGMA table_xinfo differ in the number of columns"
    key = table.primary_key.columns if table.primary_key else ()
    places = {name: place for place, name in enumerate(key, 1)}
    alias = rowid_alias(table)
    for column, (_, name, type_text, not_null, default, place, hidden) in zip(table.columns, rows, strict=True):
        generated = 0 if column.generated is None else 3 if column.generated.stored else 2
        found = (
            name == column.name
            and canonical_type_text(type_text) == column.type
            and (bool(not_null) != column.nullable or name == alias)
            and place == places.get(name, 0)
            and hidden == generated
            and ((default is None and column.default is None) or _same_default(column, default))
        )
        if not found:
            return f"its text and PRAGMA table_xinfo differ about the column {column.name}"
    return ""


def _same_default(column: Column, text: str | None) -> bool:
    if text is None or column.default is None:
        return (text is None or text.upper() == "NULL") and column.default is None
    tokens = _tokens_of_default(text)
    if column.default.sql == column.default.key and column.default.key.startswith("'") and len(tokens) == 1:
        return tokens[0].text in (column.default.key, column.default.key[1:-1].replace("''", "'"))
    if tokens[0].text == "+":
        tokens = tokens[1:]
    return default_expression(text, list(tokens)) == column.default


@lru_cache(maxsize=1024)
def _tokens_of_default(text: str) -> tuple[Token, ...]:
    """Most defaults of a database are alike."""
    return tuple(tokenize(text))


def _doubt_about_indexes(table: Table, rows: Sequence[tuple[Any, ...]]) -> str:
    """What ``index_list`` and ``index_xinfo`` say otherwise; automatic indexes have no name of their own.

    The collation of an expression is its own affair.
    """
    found: dict[tuple[Any, ...], list[tuple[str | None, bool, str]]] = defaultdict(list)
    for _, name, unique, origin, partial, column, descending, order in rows:  # of IndexRow
        found[name, bool(unique), origin, bool(partial)].append(_key(column, bool(descending), order))
    created, automatic = set(), set()
    for (name, unique, origin, partial), keys in found.items():
        if origin == "c":
            created.add((name, unique, partial, tuple(keys)))
        else:
            automatic.add(tuple([(column, order) for column, _, order in keys]))
    collations = {column.name: column.collation for column in table.columns if column.collation}

    def collation(part: IndexPart) -> str:
        return part.collation or collations.get(part.column or "", "BINARY")

    expected_created, expected_automatic = set(), set()
    for index in table.indexes:
        if index.constraint:
            expected_automatic.add(tuple([(part.column, fold(collation(part))) for part in index.parts]))
        else:
            parts = tuple([_key(part.column, part.descending, collation(part)) for part in index.parts])
            expected_created.add((index.name, index.unique, index.where is not None, parts))
    if table.primary_key is not None and rowid_alias(table) is None:
        expected_automatic.add(tuple([(part.column, fold(collation(part))) for part in table.primary_key.parts]))
    if created != expected_created or automatic != expected_automatic:
        return "its text and PRAGMA index_xinfo differ about the indexes"
    return ""


def _key(column: str | None, descending: bool, collation: str) -> tuple[str | None, bool, str]:
    return column, descending, "" if column is None else fold(collation)


def _doubt_about_foreign_keys(table: Table, rows: Sequence[tuple[Any, ...]]) -> str:
    """What ``foreign_key_list`` says otherwise; it has no columns on the far side where the text names none."""
    if not rows and not table.foreign_keys:
        return ""
    keys: dict[tuple[Any, ...], list[tuple[str, str | None]]] = defaultdict(list)
    for _, number, parent, column, parent_column, on_update, on_delete in rows:  # of ForeignKeyRow
        keys[number, fold(parent), on_update, on_delete].append((fold(column), parent_column))
    near, far = [], set()
    for (_, parent, on_update, on_delete), pairs in keys.items():
        columns = tuple([column for column, _ in pairs])
        near.append((parent, columns, on_update, on_delete))
        named = tuple([fold(column) for _, column in pairs if column is not None])
        if named:
            far.add((parent, columns, named))
    expected_near, expected_far = [], set()
    for item in table.foreign_keys:
        parent, columns = fold(item.ref_table.name), tuple(map(fold, item.columns))
        expected_near.append((parent, columns, item.on_update, item.on_delete))
        expected_far.add((parent, columns, tuple(map(fold, item.ref_columns))))
    if sorted(near) != sorted(expected_near) or not far <= expected_far:
        return "its text and PRAGMA foreign_key_list differ about the foreign keys"
    return ""


class AiosqliteDumper:
    """Reads the schema of an open connection: aiosqlite's or a Tortoise client, which stays open."""

    def __init__(self, connection: object, tables: Iterable[str | Name] | None = None) -> None:
        self._connection = wrap(connection)
        self._tables = None if tables is None else [Name("", str(name)) for name in tables]

    async def dump(self) -> Schema:
        """Return the schema, of all tables or of those named. Raises ``StatementFailed``, ``Unsupported``."""
        return await dump(self._connection, await read_server_info(self._connection), self._tables)
