"""Reading SQLite's DDL: the same code reads ``sqlite_master`` and a script, so the two can hardly differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from pytest_schemadrift.dialects.reader import TokenStream
from pytest_schemadrift.dialects.reader import statements as split
from pytest_schemadrift.dialects.sqlite.names import fold, unquote
from pytest_schemadrift.dialects.sqlite.read.alter import altered, own_name, refusal
from pytest_schemadrift.dialects.sqlite.read.plain import (
    PlainIndex,
    PlainTable,
    plain_statements,
    plain_table,
    table_of_items,
)
from pytest_schemadrift.dialects.sqlite.read.table import ColumnNames, plain_part, read_index, read_table
from pytest_schemadrift.dialects.sqlite.read.tokens import identifier, names_in, tokenize
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.schema.build import make_schema, make_table
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import (
    ForeignKey,
    Index,
    Name,
    Schema,
    Table,
    Trigger,
    UnsupportedObject,
    View,
    options,
)


class IndexText(NamedTuple):
    """A CREATE INDEX statement, read from its beginning up to behind the table's name."""

    name: str
    table: str
    unique: bool
    stream: TokenStream


@dataclass
class Catalog:
    """Statements read so far, by kind; ``schema`` puts them together."""

    tables: dict[str, Table] = field(default_factory=dict)
    """By folded name, as all others."""
    indexes: dict[str, IndexText | PlainIndex] = field(default_factory=dict)
    triggers: dict[str, tuple[str, Trigger]] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    shadows: set[str] = field(default_factory=set)
    unsupported: list[UnsupportedObject] = field(default_factory=list)

    def read(self, stream: TokenStream) -> None:
        """Read one CREATE statement. Raises ``DDLSyntaxError``."""
        stream.expect("CREATE")
        if stream.accept_any("TEMP", "TEMPORARY"):
            return
        unique = stream.accept("UNIQUE")
        virtual = stream.accept("VIRTUAL")
        kind = stream.next().upper
        if kind not in ("TABLE", "INDEX", "VIEW", "TRIGGER"):
            raise stream.error(f"CREATE {kind} is not known to SQLite")
        exists = stream.accept("IF", "NOT", "EXISTS")
        name, start = own_name(stream)
        if name is None:
            return
        key = fold(name)
        if exists and (key in self.tables or key in self.views or key in self.indexes or key in self.triggers):
            return
        if virtual:
            self._read_virtual(name, stream)
        elif kind == "TABLE":
            self.tables[key] = _table(name, stream, f"CREATE TABLE {_rest(stream, start)}")
        elif kind == "INDEX":
            stream.expect("ON")
            table = identifier(stream.next())
            self.indexes[key] = IndexText(name, table, unique, stream)
        elif kind == "VIEW":
            self.views[key] = View(Name("", name), f"CREATE VIEW {_rest(stream, start)}")
        else:
            table = _trigger_table(stream)
            self.triggers[key] = (table, Trigger(name, f"CREATE TRIGGER {_rest(stream, start)}"))

    def _read_virtual(self, name: str, stream: TokenStream) -> None:
        stream.expect("USING")
        module = fold(identifier(stream.next()))
        inside = stream.group() if stream.at("(") else None
        # As the module gets them: without what stands around a comma, which ``.schema --indent`` fills with lines.
        arguments = ", ".join(item.text() for item in inside.items()) if inside is not None else ""
        self.tables[fold(name)] = make_table(
            Name("", name), (), kind="virtual", options=options(module=module, arguments=arguments or None)
        )

    def drop(self, stream: TokenStream) -> None:
        """Forget what a DROP statement drops."""
        stream.expect("DROP")
        kind = stream.next().upper
        stream.accept("IF", "EXISTS")
        name, _ = own_name(stream)
        key = fold(name or "")
        if kind == "TABLE":
            self.tables.pop(key, None)
            self.indexes = {other: value for other, value in self.indexes.items() if fold(value.table) != key}
            self.triggers = {other: value for other, value in self.triggers.items() if fold(value[0]) != key}
        elif kind == "VIEW":
            self.views.pop(key, None)
            self.triggers = {other: value for other, value in self.triggers.items() if fold(value[0]) != key}
        elif kind == "INDEX":
            self.indexes.pop(key, None)
        elif kind == "TRIGGER":
            self.triggers.pop(key, None)

    def schema(self) -> Schema:
        """All that was read as one ``Schema``; what hangs in the air is in its ``unsupported``."""
        tables = {key: table for key, table in self.tables.items() if not self._hidden(key)}
        named = _Named(tables)
        indexes = self._read_indexes(named)
        views = dict(self.views)
        triggers: dict[str, list[Trigger]] = defaultdict(list)
        for table, trigger in self.triggers.values():
            key = fold(table)
            if key in tables:
                triggers[key].append(trigger)
            elif key in views:
                views[key] = replace(views[key], triggers=(*views[key].triggers, trigger))
            elif key not in self.tables:
                self._refuse("trigger", trigger.name, f"there is no table {table}", trigger.sql)
        finished = [
            _whole(table, indexes.get(key, ()), tuple(map(named.resolved, table.foreign_keys)), triggers.get(key, ()))
            for key, table in tables.items()
        ]
        known = {key: table.name for key, table in tables.items()} | {key: view.name for key, view in views.items()}
        return make_schema(
            "sqlite",
            tables=finished,
            views=[_with_dependencies(view, known) for view in views.values()],
            unsupported=self.unsupported,
        )

    def _hidden(self, key: str) -> bool:
        return key.startswith("sqlite_") or key in self.shadows or is_shadow(key, self.tables)

    def _read_indexes(self, named: _Named) -> dict[str, list[Index]]:
        """The indexes of each of these tables; one that cannot be read, or whose table is not there, is unsupported."""
        found: dict[str, list[Index]] = defaultdict(list)
        for item in self.indexes.values():
            key = fold(item.table)
            names = named.get(key)
            if names is None:
                if key not in self.tables and not any(other.name == item.table for other in self.unsupported):
                    self._refuse("index", item.name, f"there is no table {item.table}", _text_of(item))
                continue
            try:
                found[key].append(_index_of(item, names))
            except DDLSyntaxError as error:
                self._refuse("index", item.name, error.what, _text_of(item), names.table.name)
        return found

    def _refuse(self, kind: str, name: str, reason: str, sql: str, table: Name | None = None) -> None:
        self.unsupported.append(UnsupportedObject(kind, name, reason, sql, table))


_READ: dict[str, Table] = {}
"""Tables by their text as SQLite keeps it: ``CREATE TABLE`` and all from the name on, however they were created."""
_KEPT = 8192


def table_of_text(sql: str) -> Table:
    """The table of a CREATE TABLE text from ``sqlite_master``, without indexes. Raises ``DDLSyntaxError``.

    The same text is read once only: a check dumps before and after, and scratch databases repeat what is live, or
    what a script has said.
    """
    table = _READ.get(sql)
    if table is None:
        plain = plain_table(sql)
        table = None if plain is None else _of_items(plain)
    if table is None:
        catalog = Catalog()
        catalog.read(TokenStream(sql, tokenize(sql)))
        (table,) = catalog.tables.values()
        _keep(sql, table)
    return table


def _of_items(plain: PlainTable) -> Table | None:
    """The table of a plain statement; ``None`` where it cannot be read, which all of its tokens tell better."""
    table = _READ.get(plain.sql)
    if table is None:
        try:
            table = table_of_items(plain)
        except DDLSyntaxError:
            return None
        _keep(plain.sql, table)
    return table


def _table(name: str, stream: TokenStream, text: str) -> Table:
    """The table of a statement that was read up to behind its name. Raises ``DDLSyntaxError``."""
    table = _READ.get(text)
    if table is None:
        table = read_table(name, stream)
        _keep(text, table)
    return table


def _keep(text: str, table: Table) -> None:
    if len(_READ) >= _KEPT:
        _READ.clear()
    _READ[text] = table


def _index_of(item: IndexText | PlainIndex, names: ColumnNames) -> Index:
    """The index on the table of these columns. Raises ``DDLSyntaxError``."""
    if isinstance(item, PlainIndex):
        known = [column for column in names.spelled(item.columns) if column is not None]
        if len(known) == len(item.columns):
            return _plain_index(item.name, tuple(known), item.unique)
        item = _with_tokens(item)  # "x" is a string where no column has that name
    start = item.stream.position
    try:
        return read_index(item.name, item.stream, names, unique=item.unique)
    finally:
        item.stream.position = start


@lru_cache(maxsize=16384)
def _plain_index(name: str, columns: tuple[str, ...], unique: bool) -> Index:
    """An index of columns; the models', the plan's and the database's are one value."""
    return Index(name, tuple(map(plain_part, columns)), unique=unique)


def _with_tokens(item: PlainIndex) -> IndexText:
    stream = TokenStream(item.sql, tokenize(item.sql))
    while not stream.accept("ON"):
        stream.next()
    stream.next()
    return IndexText(item.name, item.table, item.unique, stream)


def _text_of(item: IndexText | PlainIndex) -> str:
    return item.sql if isinstance(item, PlainIndex) else item.stream.raw(0)


def _rest(stream: TokenStream, start: int) -> str:
    """The text from a name to the end: what SQLite itself keeps of a statement."""
    return stream.raw(start, len(stream.tokens))


def _trigger_table(stream: TokenStream) -> str:
    """Read up to the table behind the first ON (``UPDATE OF "on" ON t``)."""
    while not stream.accept("ON"):
        stream.next()
    return identifier(stream.next())


def _whole(
    table: Table, indexes: Sequence[Index], foreign_keys: tuple[ForeignKey, ...], triggers: Sequence[Trigger]
) -> Table:
    """The table with what was read apart from its own text, all of it in order."""
    if not indexes and not triggers and foreign_keys == table.foreign_keys:
        return table
    return make_table(
        table.name,
        table.columns,
        primary_key=table.primary_key,
        indexes=(*table.indexes, *indexes),
        foreign_keys=foreign_keys,
        checks=table.checks,
        kind=table.kind,
        options=table.options,
        triggers=(*table.triggers, *triggers),
    )


class _Named:
    """Tables as indexes and foreign keys name them."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self._names: dict[str, ColumnNames] = {}

    def get(self, key: str) -> ColumnNames | None:
        """Of the table of that folded name."""
        if key not in self._names and key in self._tables:
            self._names[key] = ColumnNames(self._tables[key])
        return self._names.get(key)

    def resolved(self, key: ForeignKey) -> ForeignKey:
        """The key in the spelling of what it names, and with the primary key where it names no columns."""
        parent = self.get(fold(key.ref_table.name))
        if parent is None:
            return key
        name, primary = parent.table.name, parent.table.primary_key
        found = parent.spelled(key.ref_columns)
        if found and found == key.ref_columns and name == key.ref_table:
            return key
        columns = tuple([new if new is not None else old for old, new in zip(key.ref_columns, found, strict=True)])
        if not columns and primary is not None and len(primary.parts) == len(key.columns):
            columns = primary.columns
        if (name, columns) == (key.ref_table, key.ref_columns):
            return key
        return replace(key, ref_table=name, ref_columns=columns)


def _with_dependencies(view: View, known: Mapping[str, Name]) -> View:
    words = names_in(tokenize(view.sql))
    depends_on = sorted(name for key, name in known.items() if key in words and name != view.name)
    triggers = tuple(sorted(view.triggers, key=lambda trigger: trigger.name))
    return replace(view, depends_on=tuple(depends_on), triggers=triggers)


_SHADOWS = {
    "fts3": ("content", "segdir", "segments", "stat", "docsize"),
    "fts4": ("content", "segdir", "segments", "stat", "docsize"),
    "fts5": ("config", "content", "data", "docsize", "idx"),
    "rtree": ("node", "parent", "rowid"),
    "rtree_i32": ("node", "parent", "rowid"),
    "geopoly": ("node", "parent", "rowid"),
    "vec0": ("chunks", "rowids", "info", "auxiliary"),
}
"""The tables under a virtual table, by module, for texts and for servers that have not loaded the module (S13)."""


def is_shadow(key: str, tables: Mapping[str, Table]) -> bool:
    """Whether a (folded) name is that of a table under a virtual table."""
    head, _, tail = key.rpartition("_")
    owner = tables.get(head)
    if owner is not None and owner.kind == "virtual":
        return tail in _SHADOWS.get(dict(owner.options)["module"], ())
    return False


_HARMLESS = frozenset(
    [
        *("ANALYZE", "ATTACH", "BEGIN", "COMMIT", "DELETE", "DETACH", "END", "EXPLAIN", "INSERT", "PRAGMA"),
        *("REINDEX", "RELEASE", "REPLACE", "ROLLBACK", "SAVEPOINT", "SELECT", "UPDATE", "VACUUM", "VALUES", "WITH"),
    ]
)

_OF_THE_LIBRARY = frozenset(("sqlite_sequence", "sqlite_stat1", "sqlite_stat2", "sqlite_stat3", "sqlite_stat4"))
"""Made with the first AUTOINCREMENT and by ANALYZE; no statement may create them."""


def split_script(sql: str, info: ServerInfo) -> list[str]:
    """A script's statements without semicolons, as SQLite's own tokens divide it. Raises ``DDLSyntaxError``.

    What the shell prints and no connection takes is written as one would type it: ``.dump`` inserts virtual tables
    into ``sqlite_schema``, and it and ``.schema`` show the tables that are made with others.
    """
    made, statements = Catalog(), []
    for stream in split(sql, tokenize(sql)):
        typed = _dumped_virtual_table(stream) if _inserts_into_the_schema(stream) else stream
        if typed.at("CREATE", "VIRTUAL") or typed.at("DROP"):
            read_statement(made, typed.part(0, len(typed.tokens)))
        if not _is_made_with_another(typed.part(0, len(typed.tokens)), made.tables):
            statements.append(typed.text())
    return statements


def parse(sql: str, info: ServerInfo) -> Schema:
    """Read a script; what cannot be read is in the schema's ``unsupported``. Raises ``DDLSyntaxError``.

    Statements that cannot change the structure are passed over. Where there are ALTER statements, SQLite itself
    resolves them in memory: renames reach into views, triggers and expressions.
    """
    plain = _plain(sql)
    if plain is not None:
        return plain.schema()
    streams = list(split(sql, tokenize(sql)))
    if any(stream.at("ALTER") for stream in streams):
        streams, refused = altered(streams)
    else:
        refused = []
    catalog = Catalog(unsupported=refused)
    for stream in streams:
        read_statement(catalog, stream)
    return catalog.schema()


def _plain(sql: str) -> Catalog | None:
    """What a script says that has nothing but plain statements; ``None`` for any other."""
    catalog = Catalog()
    for statement in plain_statements(sql) or ():
        if isinstance(statement, PlainIndex):
            catalog.indexes[fold(statement.name)] = statement
            continue
        table = _of_items(statement)
        if table is None:
            return None
        catalog.tables[fold(statement.name)] = table
    return catalog if catalog.tables else None


def read_statement(catalog: Catalog, stream: TokenStream) -> None:
    """Read one statement of a script into ``catalog``."""
    try:
        if stream.at("CREATE"):
            catalog.read(stream)
        elif stream.at("DROP"):
            catalog.drop(stream)
        elif _inserts_into_the_schema(stream):
            catalog.read(_dumped_virtual_table(stream))
        elif stream.tokens[0].upper not in _HARMLESS:
            raise stream.error("this statement is not known")
    except DDLSyntaxError as error:
        catalog.unsupported.append(refusal(stream, error.what))


def _inserts_into_the_schema(stream: TokenStream) -> bool:
    return stream.at("INSERT", "INTO", "SQLITE_SCHEMA") or stream.at("INSERT", "INTO", "SQLITE_MASTER")


def _is_made_with_another(stream: TokenStream, tables: Mapping[str, Table]) -> bool:
    """Whether a CREATE TABLE is of a table that SQLite makes by itself, or that a virtual one of these makes."""
    if not stream.accept("CREATE", "TABLE"):
        return False
    stream.accept("IF", "NOT", "EXISTS")
    key = fold(own_name(stream)[0] or "")
    return key in _OF_THE_LIBRARY or is_shadow(key, tables)


def _dumped_virtual_table(stream: TokenStream) -> TokenStream:
    """The CREATE statement inside of what ``.dump`` writes for a virtual table."""
    text = next((token.text for token in stream.tokens if "CREATE VIRTUAL TABLE" in token.text.upper()), None)
    if text is None:
        raise stream.error("rows of sqlite_schema cannot be read")
    inner = unquote(text)
    return TokenStream(inner, tokenize(inner))
