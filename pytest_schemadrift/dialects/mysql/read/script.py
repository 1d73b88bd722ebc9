"""DDL text to ``Schema``: what a script leaves behind when it is executed statement by statement."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from pytest_schemadrift.dialects.mysql.catalog.views import depends_on, make_trigger, make_view
from pytest_schemadrift.dialects.mysql.read.alter import read_alter_table
from pytest_schemadrift.dialects.mysql.read.builder import TableBuilder
from pytest_schemadrift.dialects.mysql.read.constraints import is_constraint, read_constraint, read_index_body
from pytest_schemadrift.dialects.mysql.read.options import read_options
from pytest_schemadrift.dialects.mysql.read.statements import open_version_comments, split
from pytest_schemadrift.dialects.mysql.read.table import Reading, UnsupportedClause, read_column
from pytest_schemadrift.dialects.mysql.read.zones import zone_set
from pytest_schemadrift.dialects.reader import TokenStream
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.schema.build import make_schema
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name, Schema, UnsupportedObject, View

_IGNORED = frozenset(
    [
        "SET",
        "INSERT",
        "REPLACE",
        "UPDATE",
        "DELETE",
        "LOCK",
        "UNLOCK",
        "COMMIT",
        "BEGIN",
        "START",
        "GRANT",
        "REVOKE",
        "ANALYZE",
        "OPTIMIZE",
        "SHOW",
        "SELECT",
        "TRUNCATE",
        "FLUSH",
        "CALL",
        "DO",
        "LOAD",
        "WITH",
        "ROLLBACK",
        "SAVEPOINT",
        "DELIMITER",
        "EXPLAIN",
        "CHECK",
    ]
)
"""Statements that leave the structure alone."""
_OTHER_OBJECTS = frozenset(
    ["PROCEDURE", "FUNCTION", "EVENT", "USER", "ROLE", "SERVER", "TABLESPACE", "LOGFILE", "PACKAGE", "AGGREGATE"]
)
"""What CREATE, ALTER and DROP may be about without touching a table."""
_INDEX_METHODS = {"FULLTEXT": "fulltext", "SPATIAL": "spatial", "VECTOR": "vector"}


def parse(sql: str, info: ServerInfo) -> Schema:
    """Return the schema that ``sql`` leaves behind in an empty database; raises ``DDLSyntaxError`` for no SQL at all.

    A statement that cannot be read is kept in ``unsupported``.
    """
    script = Script(info)
    for statement in split(open_version_comments(sql, info)):
        script.read(statement)
    return script.finish()


def split_script(sql: str, info: ServerInfo) -> list[str]:
    """A script's statements without semicolons: version comments are opened, DELIMITER is obeyed.

    Raises ``DDLSyntaxError``.
    """
    return [stream.text() for stream in split(open_version_comments(sql, info))]


class Script:
    """The state of a script while its statements are read."""

    def __init__(self, info: ServerInfo) -> None:
        self.info = info
        self.database = info.database
        self.builders: dict[Name, TableBuilder] = {}
        self.views: dict[Name, View] = {}
        self.unsupported: list[UnsupportedObject] = []
        self.reading = Reading(info, self.qualified)
        self._folds_names = info.setting("lower_case_table_names", "0") != "0"

    def qualified(self, stream: TokenStream) -> Name:
        """Read a table's name: in lower case where the server compares so, bare in the default database."""
        first = stream.identifier()
        schema, name = ("", first) if not stream.accept(".") else (first, stream.identifier())
        if self._folds_names:
            schema, name = schema.lower(), name.lower()
        return Name("" if schema == self.database else schema, name)

    def read(self, stream: TokenStream) -> None:
        """Read one statement; what fails is kept as unsupported, with its text."""
        text = stream.raw(0, len(stream.tokens))
        verb = stream.next().upper
        handler = _HANDLERS.get(verb)
        if handler is None and verb in _IGNORED:
            zone = zone_set(text) if verb == "SET" else None
            self.reading.zone = self.reading.zone if zone is None else zone
            return
        try:
            if handler is None:
                raise UnsupportedClause(f"a statement that begins with {verb[:20] or text[:20]}")
            handler(self, stream)
        except UnsupportedClause as error:
            self._keep(stream, text, f"{error} cannot be expressed")
        except (DDLSyntaxError, ValueError, IndexError) as error:
            what = error.what if isinstance(error, DDLSyntaxError) else "this statement cannot be read"
            self._keep(stream, text, what)

    def _keep(self, stream: TokenStream, text: str, reason: str) -> None:
        name = _table_named(stream, self)
        if name is not None and stream.tokens[0].upper == "CREATE":
            self.builders.pop(name, None)
        label = str(name) if name is not None else text[:60]
        kind = "table" if name is not None else "statement"
        self.unsupported.append(UnsupportedObject(kind, label, reason, text, name))

    def finish(self) -> Schema:
        """The schema as the catalog would show it after the last statement."""
        for builder in self.builders.values():
            for item in builder.foreign_keys:
                item.key = replace(item.key, ref_columns=self._ref_columns(item.key.ref_table, item.key.ref_columns))
        tables = [builder.finish(self.info) for builder in self.builders.values()]
        known = {*self.builders, *self.views}
        views = [replace(view, depends_on=depends_on(view.sql, known - {view.name})) for view in self.views.values()]
        marks = [mark for builder in self.builders.values() for mark in builder.marks()]
        return make_schema(self.info.dialect, tables=tables, views=views, unsupported=self.unsupported, marks=marks)

    def _ref_columns(self, table: Name, columns: tuple[str, ...]) -> tuple[str, ...]:
        target = self.builders.get(table)
        if target is None:
            return columns
        if not columns and target.primary_key is not None:
            return target.primary_key.columns
        return tuple(target.spelled(column) for column in columns)

    def create(self, stream: TokenStream) -> None:
        """``CREATE …``."""
        while not stream.done:
            word = stream.next().upper
            if word == "TABLE":
                return self._create_table(stream)
            if word in ("INDEX", "UNIQUE", *_INDEX_METHODS):
                return self._create_index(stream, word)
            if word == "VIEW":
                return self._create_view(stream)
            if word == "TRIGGER":
                return self._create_trigger(stream)
            if word in ("DATABASE", "SCHEMA", "TEMPORARY") or word in _OTHER_OBJECTS:
                return None
            if word == "SEQUENCE":
                raise UnsupportedClause("a sequence")
            if word == "DEFINER":
                stream.expect("=")
                _skip_definer(stream)
            elif word == "SQL":  # SQL SECURITY DEFINER | INVOKER
                stream.expect("SECURITY")
                stream.next()
        return None

    def _create_table(self, stream: TokenStream) -> None:
        optional = stream.accept("IF", "NOT", "EXISTS")
        name = self.qualified(stream)
        if name in self.builders and optional:
            return
        if stream.accept("LIKE"):
            self._copy_table(self.qualified(stream), name)
            return
        if not stream.at("("):
            raise UnsupportedClause("CREATE TABLE from a query")
        definition = stream.group()
        if definition.accept("LIKE"):
            self._copy_table(self.qualified(definition), name)
            return
        builder = TableBuilder(name, self.info.collation, engine=self.info.setting("default_storage_engine", "InnoDB"))
        read_options(stream, builder, self.reading)
        items = definition.items()
        for item in items:
            if not is_constraint(item):
                builder.columns.append(read_column(item, builder, self.reading))
        for item in items:
            if is_constraint(item):
                read_constraint(item, builder, self.reading)
        self.builders[name] = builder

    def _copy_table(self, source: Name, name: Name) -> None:
        """``LIKE`` copies columns, indexes and checks, and no foreign key."""
        if source not in self.builders:
            raise UnsupportedClause(f"CREATE TABLE LIKE {source}, which this script does not create,")
        origin = self.builders[source]
        self.builders[name] = replace(
            origin,
            name=name,
            columns=list(origin.columns),
            indexes=list(origin.indexes),
            foreign_keys=[],
            checks=list(origin.checks),
            triggers=[],
            options=dict(origin.options),
            unread=dict(origin.unread),
        )

    def _create_index(self, stream: TokenStream, word: str) -> None:
        if word != "INDEX":
            stream.expect("INDEX")
        stream.accept("IF", "NOT", "EXISTS")
        index_name = stream.identifier()
        using = stream.next().upper if stream.accept("USING") or stream.accept("TYPE") else None
        stream.expect("ON")
        builder = self._builder(self.qualified(stream))
        index = read_index_body(
            stream,
            index_name,
            builder,
            self.reading,
            unique=word == "UNIQUE",
            method=_INDEX_METHODS.get(word),
            using=using,
        )
        builder.add_index(index)

    def _create_view(self, stream: TokenStream) -> None:
        stream.accept("IF", "NOT", "EXISTS")
        name = self.qualified(stream)
        columns = ""
        if stream.at("("):
            first = stream.position
            stream.group()
            columns = " " + stream.raw(first)
        stream.expect("AS")
        self.views[name] = make_view(name, columns, stream.text())

    def _create_trigger(self, stream: TokenStream) -> None:
        stream.accept("IF", "NOT", "EXISTS")
        trigger_name = self.qualified(stream).name
        timing, event = stream.next().upper, stream.next().upper
        stream.expect("ON")
        builder = self._builder(self.qualified(stream))
        stream.expect("FOR", "EACH", "ROW")
        if stream.accept("FOLLOWS") or stream.accept("PRECEDES"):
            stream.next()
        builder.triggers = [item for item in builder.triggers if item.name != trigger_name]
        builder.triggers.append(make_trigger(trigger_name, timing, event, builder.name, stream.text()))

    def _builder(self, name: Name) -> TableBuilder:
        if name not in self.builders:
            raise UnsupportedClause(f"a change of {name}, which this script does not create,")
        return self.builders[name]

    def alter(self, stream: TokenStream) -> None:
        """``ALTER …``."""
        while stream.accept_any("ONLINE", "IGNORE"):
            pass
        word = stream.next().upper
        if word == "TABLE":
            stream.accept("IF", "EXISTS")
            builder = self._builder(self.qualified(stream))
            renamed = read_alter_table(stream, builder, self.reading, self._renamed_column)
            if renamed is not None:
                self._rename_table(builder.name, renamed)
        elif word == "SEQUENCE":
            raise UnsupportedClause("a sequence")
        elif word in ("ALGORITHM", "DEFINER", "SQL", "VIEW"):
            raise UnsupportedClause("ALTER VIEW")

    def _renamed_column(self, table: Name, old: str, new: str) -> None:
        """Foreign keys of other tables follow a renamed column."""
        for builder in self.builders.values():
            for item in builder.foreign_keys:
                if item.key.ref_table == table:
                    columns = tuple(new if name.lower() == old.lower() else name for name in item.key.ref_columns)
                    item.key = replace(item.key, ref_columns=columns)

    def _rename_table(self, old: Name, new: Name) -> None:
        """Foreign keys follow, their names and those of checks that the server made up follow too."""
        builder = self.builders.pop(old)
        builder.name = new
        self.builders[new] = builder
        pattern = re.compile(re.escape(old.name) + r"(_(?:ibfk|chk)_\d+)")
        for item in builder.foreign_keys:
            match = pattern.fullmatch(item.key.name or "")
            item.key = replace(item.key, name=new.name + match[1]) if match else item.key
        builder.checks = [
            replace(check, name=new.name + match[1]) if (match := pattern.fullmatch(check.name or "")) else check
            for check in builder.checks
        ]
        for other in self.builders.values():
            for item in other.foreign_keys:
                if item.key.ref_table == old:
                    item.key = replace(item.key, ref_table=new)

    def drop(self, stream: TokenStream) -> None:
        """``DROP …``."""
        stream.accept("TEMPORARY")
        word = stream.next().upper
        if word == "TABLE":
            stream.accept("IF", "EXISTS")
            for item in stream.items():
                self.builders.pop(self.qualified(item), None)
        elif word == "VIEW":
            stream.accept("IF", "EXISTS")
            for item in stream.items():
                self.views.pop(self.qualified(item), None)
        elif word == "INDEX":
            stream.accept("IF", "EXISTS")
            index_name = stream.identifier().lower()
            stream.expect("ON")
            builder = self._builder(self.qualified(stream))
            if index_name == "primary":
                builder.primary_key = None
            builder.indexes = [index for index in builder.indexes if (index.name or "").lower() != index_name]
        elif word == "TRIGGER":
            stream.accept("IF", "EXISTS")
            trigger_name = self.qualified(stream).name
            for builder in self.builders.values():
                builder.triggers = [item for item in builder.triggers if item.name != trigger_name]
        elif word == "SEQUENCE":
            raise UnsupportedClause("a sequence")

    def rename(self, stream: TokenStream) -> None:
        """``RENAME TABLE a TO b, …``."""
        if not stream.accept_any("TABLE", "TABLES"):
            return  # RENAME USER
        for item in stream.items():
            old = self.qualified(item)
            item.expect("TO")
            self._builder(old)
            self._rename_table(old, self.qualified(item))

    def use(self, stream: TokenStream) -> None:
        """``USE db``: the first one names the default database, unless the server did."""
        if not self.info.database and not self.builders:
            self.database = stream.identifier()


_HANDLERS: dict[str, Callable[[Script, TokenStream], None]] = {
    "CREATE": Script.create,
    "ALTER": Script.alter,
    "DROP": Script.drop,
    "RENAME": Script.rename,
    "USE": Script.use,
}


def _skip_definer(stream: TokenStream) -> None:
    """``user@host``, ``CURRENT_USER`` or ``CURRENT_USER()``."""
    stream.next()
    if stream.at("("):
        stream.group()
    if stream.accept("@"):
        stream.next()


def _table_named(stream: TokenStream, script: Script) -> Name | None:
    """The table that a CREATE or ALTER TABLE or CREATE INDEX statement is about."""
    stream.position = 0
    for place, token in enumerate(stream.tokens[:12]):
        if token.upper == "TABLE" or (token.upper == "ON" and stream.tokens[0].upper == "CREATE"):
            stream.position = place + 1
            stream.accept("IF", "NOT", "EXISTS") or stream.accept("IF", "EXISTS")
            try:
                return script.qualified(stream)
            except DDLSyntaxError:
                return None
    return None
