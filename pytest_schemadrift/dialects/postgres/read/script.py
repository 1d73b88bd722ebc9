"""DDL text to ``Schema``: a script is read statement by statement, as the server would execute it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from pytest_schemadrift.dialects.postgres.names import (
    column_part,
    fold,
    read_dotted,
    read_identifier,
    string_value,
    words,
)
from pytest_schemadrift.dialects.postgres.read.alter import read_alter_table
from pytest_schemadrift.dialects.postgres.read.builder import TableBuilder
from pytest_schemadrift.dialects.postgres.read.constraints import Pending
from pytest_schemadrift.dialects.postgres.read.database import Database
from pytest_schemadrift.dialects.postgres.read.indexes import key_names, read_index
from pytest_schemadrift.dialects.postgres.read.objects import (
    alter_domain,
    alter_sequence,
    alter_type,
    create_domain,
    create_sequence,
    create_type,
)
from pytest_schemadrift.dialects.postgres.read.table import read_table
from pytest_schemadrift.dialects.postgres.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import STRING, TokenStream, line_of, statements
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name, Schema, Trigger

_IGNORED = words(
    """
    SELECT INSERT UPDATE DELETE MERGE COPY GRANT REVOKE BEGIN COMMIT START ROLLBACK SAVEPOINT RELEASE END SET RESET
    SHOW VACUUM ANALYZE LOCK TRUNCATE NOTIFY LISTEN UNLISTEN REFRESH CLUSTER EXPLAIN CHECKPOINT DISCARD REINDEX CALL
    VALUES WITH DECLARE FETCH CLOSE PREPARE EXECUTE DEALLOCATE LOAD SECURITY REASSIGN RETURN
    """
)
"""Statements that leave the structure as it is."""

_OF_PSQL = re.compile(
    r"""
    (?<![\w$])E'(?:[^'\\]|''|\\.)*+'|'[^']*+'                             # what may hold such a line: literals,
    |"[^"]*+"|(?<![\w$])(?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?P=tag)           # names, bodies
    |--[^\n]*+|/\*(?:/\*.*?\*/|.)*?\*/                                    # and comments
    |^(?P<copy>[ \t]*COPY\b[^;\n]*\bFROM\s+stdin\b[^;\n]*;)\n.*?^\\\.$
    |^(?P<command>\\[^\n]*)$
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
"""Rows of COPY and commands of psql, found past everything in which a line may begin with a backslash."""
_WRONG_ESCAPE = re.compile(r"'(?:[^'\\]|'')*\\'")
"""A quote escaped with a backslash, as Tortoise writes some defaults (T20): PostgreSQL ends the literal there."""


def split_script(sql: str, info: ServerInfo) -> list[str]:
    """A script's statements without semicolons, rows of COPY and psql's commands. Raises ``DDLSyntaxError``."""
    text = _without_psql(sql)
    return [stream.text() for stream in statements(text, tokenize(text))]


def parse(sql: str, info: ServerInfo) -> Schema:
    """Return the schema that a script creates in an empty database.

    What cannot be read is in ``unsupported``. Raises ``DDLSyntaxError`` for a text that is no SQL at all.
    """
    text = _without_psql(sql)
    try:
        tokens = tokenize(text)
    except DDLSyntaxError as error:
        raise _explained(text, error) from None
    script = _Script(info)
    for stream in statements(text, tokens):
        script.run(stream)
    return script.schema()


def _without_psql(sql: str) -> str:
    """The script without rows of COPY and commands of psql's; lines keep their numbers."""
    if "\\" not in sql:
        return sql

    def kept(found: re.Match[str]) -> str:
        if found["command"]:
            return ""
        return found[0] if found["copy"] is None else found["copy"] + "\n" * found[0].count("\n")

    return _OF_PSQL.sub(kept, sql)


def _explained(sql: str, error: DDLSyntaxError) -> DDLSyntaxError:
    """Name table and column where a backslash before a quote is the reason."""
    found = _WRONG_ESCAPE.search(sql)
    if found is None:
        return error
    before = sql[: found.start()]
    tables = re.findall(r'CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w."]+)', before, re.IGNORECASE)
    columns = re.findall(r'(?:^|[(,])\s*"?([\w ]+)"?[^,\n]*$', before)
    place = ".".join([name.strip('"') for name in (tables[-1:] + columns[-1:])]) or "this text"
    return DDLSyntaxError(
        f"{place}: the literal {found[0][:60]} … escapes a quote with a backslash, which PostgreSQL does not know",
        line=line_of(sql, found.start()),
        sql=sql[found.start() : found.start() + 400],
        hint="double the quote instead ('it''s'); in a Tortoise model, write the db_default as SqlDefault(\"'it''s'\")",
    )


class _Script(Database):
    """Carries out the statements of a script."""

    # -- statements ----------------------------------------------------------------------------------------------------

    def run(self, stream: TokenStream) -> None:
        """Execute one statement; what cannot be read goes to ``unsupported``."""
        try:
            self.statement(stream)
        except DDLSyntaxError as error:
            kind, name, table = _subject(stream, self)
            reason = f"line {error.line}: {error.what}" if error.line else error.what
            self.not_expressed(kind, str(name), stream, reason, table)
        except (KeyError, ValueError) as error:
            kind, name, table = _subject(stream, self)
            self.not_expressed(kind, str(name), stream, f"it refers to something that does not exist: {error}", table)

    def statement(self, stream: TokenStream) -> None:
        word = stream.peek()
        first = word.upper if word else ""
        if first == "CREATE":
            stream.next()
            self.create(stream)
        elif first == "ALTER":
            stream.next()
            self.alter(stream)
        elif first == "COMMENT":
            stream.next()
            self.comment(stream)
        elif first == "DROP":
            stream.next()
            self.drop(stream)
        elif first == "SET" and _search_path(stream) is not None:
            self.current_schema = _search_path(stream) or self.default_schema
        elif first not in _IGNORED:
            raise stream.error(f"a statement {first} is not understood")

    def create(self, stream: TokenStream) -> None:
        stream.accept("OR", "REPLACE")
        if stream.accept_any("TEMP", "TEMPORARY") or stream.accept("LOCAL") or stream.accept("GLOBAL"):
            return  # gone with the session
        for phrase, method in _CREATE:
            if stream.accept(*phrase):
                method(self, stream)
                return
        kind = stream.peek()
        self.not_expressed(
            kind.text.lower() if kind else "statement",
            _name_after(stream),
            stream,
            f"CREATE {kind.text.upper() if kind else ''} is not expressed",
            None,
        )

    def nothing(self, stream: TokenStream) -> None:
        """What is no part of the schema: functions, roles, databases."""
        stream.position = len(stream.tokens)

    # -- tables and indexes ------------------------------------------------------------------------------------------

    def create_unlogged(self, stream: TokenStream) -> None:
        stream.expect("TABLE")
        self.create_table(stream, unlogged=True)

    def create_table(self, stream: TokenStream, *, unlogged: bool = False) -> None:
        conditional = stream.accept("IF", "NOT", "EXISTS")
        name = self.qualified(stream)
        if conditional and name in self.tables:
            return
        self.relation_names[name.schema].add(name.name)
        pending = Pending.empty()
        table = read_table(stream, name, self.around, pending)
        if unlogged:
            table.options["unlogged"] = "yes"
        for column in table.columns.values():
            self.name_counter(table, column)
        for parent in table.inherits:
            self.inherit(table, parent)
        if table.partition_of and (source := self.tables.get(table.partition_of[0])):
            table.types = source.types | {column.name: column.type for column in source.columns.values()}
        self.tables[name] = table
        self.attach(table, pending, new=True)

    def inherit(self, table: TableBuilder, parent: Name) -> None:
        """The parent's columns are the child's too, but belong to the parent."""
        source = self.tables.get(parent)
        if source is not None:
            table.types |= source.types | {column.name: column.type for column in source.columns.values()}

    def create_index(self, stream: TokenStream) -> None:
        self.add_index(stream, unique=False)

    def create_unique_index(self, stream: TokenStream) -> None:
        self.add_index(stream, unique=True)

    def add_index(self, stream: TokenStream, *, unique: bool) -> None:
        conditional = stream.at("IF", "NOT", "EXISTS") or stream.at("CONCURRENTLY", "IF")
        dotted, index = read_index(stream, self.default_schema, unique=unique)
        if not stream.done:
            raise stream.error("the end of this CREATE INDEX is not understood")
        name = self.resolve(dotted)
        table = self.tables.get(name)
        if table is None:
            if name in self.views:
                reason = "an index of a materialised view"
                self.not_expressed("index", str(Name(name.schema, index.name or "")), stream, reason, name)
                return
            raise stream.error(f"an index is on the unknown table {name}")
        if conditional and index.name and index.name in self.relation_names[name.schema]:
            return
        if index.name is None:
            middle = column_part(key_names(index.parts, index.include))
            index = replace(index, name=self.made_up(name.schema, name.name, middle, "idx", relation=True))
        self.relation_names[name.schema].add(index.name or "")
        table.indexes.append(index)

    # -- other objects -------------------------------------------------------------------------------------------------

    def create_schema(self, stream: TokenStream) -> None:
        stream.accept("IF", "NOT", "EXISTS")
        name = read_identifier(stream) if not stream.at("AUTHORIZATION") else ""
        if name and name not in ("public", self.default_schema):
            self.namespaces.add(name)

    def create_extension(self, stream: TokenStream) -> None:
        stream.accept("IF", "NOT", "EXISTS")
        name = read_identifier(stream)
        if name != "plpgsql":
            self.extensions.add(name)

    def create_view(self, stream: TokenStream) -> None:
        self.add_view(stream, materialized=False)

    def create_materialized_view(self, stream: TokenStream) -> None:
        self.add_view(stream, materialized=True)

    def add_view(self, stream: TokenStream, *, materialized: bool) -> None:
        stream.accept("IF", "NOT", "EXISTS")
        name = self.qualified(stream)
        self.relation_names[name.schema].add(name.name)
        self.views[name] = (stream.raw(0, len(stream.tokens)), materialized, stream)

    def create_trigger(self, stream: TokenStream) -> None:
        name = read_identifier(stream)
        stream.text_until(lambda cursor: cursor.at("ON"))
        stream.expect("ON")
        owner = self.qualified(stream)
        trigger = Trigger(name, stream.raw(0, len(stream.tokens)))
        if owner in self.tables:
            self.tables[owner].triggers.append(trigger)
        else:
            self.view_triggers[owner].append(trigger)

    def create_foreign_table(self, stream: TokenStream) -> None:
        self.create_table(stream)

    # -- ALTER, COMMENT, DROP ------------------------------------------------------------------------------------------

    def alter(self, stream: TokenStream) -> None:
        if stream.accept("TABLE") or stream.accept("FOREIGN", "TABLE"):
            self.alter_table(stream)
        elif stream.accept("INDEX"):
            self.alter_index(stream)
        elif stream.accept("SEQUENCE"):
            alter_sequence(self, stream)
        elif stream.accept("TYPE"):
            alter_type(self, stream)
        elif stream.accept("DOMAIN"):
            alter_domain(self, stream)

    def alter_table(self, stream: TokenStream) -> None:
        conditional = stream.accept("IF", "EXISTS")
        stream.accept("ONLY")
        name = self.qualified(stream)
        stream.accept("*")
        table = self.tables.get(name)
        if table is None:
            sequence_or_view = name in self.sequences or name in self.views
            if conditional or sequence_or_view or stream.at("OWNER"):
                return
            raise stream.error(f"ALTER TABLE names the unknown table {name}")
        pending = Pending.empty()
        before = set(table.columns)
        renamed = read_alter_table(stream, table, self.around, pending)
        for column in before.difference(table.columns):
            self.drop_owned(name, column)
        self.attach(table, pending, new=False)
        if renamed is not None and renamed != name:
            self.rename_table(name, renamed)

    def alter_index(self, stream: TokenStream) -> None:
        stream.accept("IF", "EXISTS")
        name = self.qualified(stream)
        if stream.accept("RENAME", "TO"):
            new = read_identifier(stream)
            for table in self.tables.values():
                if table.name.schema == name.schema:
                    table.rename_constraint(name.name, new)
        elif stream.accept("ATTACH", "PARTITION"):
            part = self.qualified(stream)
            for table in self.tables.values():
                if table.partition_of and table.name.schema == part.schema:
                    table.indexes = [index for index in table.indexes if index.name != part.name]
                    if table.primary_key and table.primary_key.name == part.name:
                        table.primary_key = None

    def comment(self, stream: TokenStream) -> None:
        stream.expect("ON")
        kind = stream.next().upper
        if kind == "CONSTRAINT":
            self.comment_on_constraint(stream)
            return
        if kind not in ("TABLE", "COLUMN", "INDEX", "TYPE", "DOMAIN"):
            return
        dotted = read_dotted(stream)
        stream.expect("IS")
        token = stream.next()
        text = string_value(token.text) or None if token.kind == STRING else None
        name = self.resolve(dotted)
        if kind == "COLUMN":
            table = self.tables.get(self.resolve(dotted[:-1]))
            if table is not None and dotted[-1] in table.columns:
                table.columns[dotted[-1]].comment = text
        elif kind == "TABLE" and name in self.tables:
            self.tables[name].comment = text
        elif kind == "INDEX":
            for table in self.tables.values():
                if table.name.schema == name.schema:
                    if name.name in table.names_of_keys():
                        table.index_comments[name.name] = text or ""
                    table.indexes = [
                        replace(index, comment=text) if index.name == name.name else index for index in table.indexes
                    ]
        elif name in self.enums:
            self.enums[name] = replace(self.enums[name], comment=text)
        elif name in self.domains:
            self.domains[name] = replace(self.domains[name], comment=text)

    def comment_on_constraint(self, stream: TokenStream) -> None:
        constraint = read_identifier(stream)
        stream.expect("ON")
        if stream.accept("DOMAIN"):
            return
        table = self.tables.get(self.qualified(stream))
        stream.expect("IS")
        token = stream.next()
        if table is not None:
            table.constraint_comments[constraint] = string_value(token.text) if token.kind == STRING else ""

    def drop(self, stream: TokenStream) -> None:
        stream.accept("MATERIALIZED") or stream.accept("FOREIGN")
        kind = stream.next().upper
        stream.accept("CONCURRENTLY")
        stream.accept("IF", "EXISTS")
        if kind in ("SCHEMA", "EXTENSION"):
            for item in stream.items():
                name = read_identifier(item)
                (self.namespaces if kind == "SCHEMA" else self.extensions).discard(name)
        elif kind in ("TABLE", "INDEX", "TYPE", "DOMAIN", "SEQUENCE", "VIEW"):
            for item in stream.items():
                self.drop_named(kind, self.qualified(item))

    def drop_named(self, kind: str, name: Name) -> None:
        if kind == "TABLE":
            self.tables.pop(name, None)
            for table in self.tables.values():
                table.foreign_keys = [key for key in table.foreign_keys if key.ref_table != name]
            self.drop_owned(name)
        elif kind == "INDEX":
            for table in self.tables.values():
                if table.name.schema == name.schema:
                    table.indexes = [index for index in table.indexes if index.name != name.name or index.constraint]
        elif kind == "SEQUENCE":
            self.drop_sequence(name)
        else:
            stores: dict[str, dict[Name, object]] = {
                "TYPE": self.enums,  # type: ignore[dict-item]
                "DOMAIN": self.domains,  # type: ignore[dict-item]
                "VIEW": self.views,  # type: ignore[dict-item]
            }
            stores[kind].pop(name, None)
        self.relation_names[name.schema].discard(name.name)


_CREATE: tuple[tuple[tuple[str, ...], Callable[[_Script, TokenStream], None]], ...] = (
    (("TABLE",), _Script.create_table),
    (("UNLOGGED",), _Script.create_unlogged),
    (("INDEX",), _Script.create_index),
    (("UNIQUE", "INDEX"), _Script.create_unique_index),
    (("TYPE",), create_type),
    (("DOMAIN",), create_domain),
    (("SEQUENCE",), create_sequence),
    (("SCHEMA",), _Script.create_schema),
    (("EXTENSION",), _Script.create_extension),
    (("VIEW",), _Script.create_view),
    (("RECURSIVE", "VIEW"), _Script.create_view),
    (("MATERIALIZED", "VIEW"), _Script.create_materialized_view),
    (("TRIGGER",), _Script.create_trigger),
    (("CONSTRAINT", "TRIGGER"), _Script.create_trigger),
    (("FOREIGN", "TABLE"), _Script.create_foreign_table),
    *(((word,), _Script.nothing) for word in ("FUNCTION", "PROCEDURE", "ROLE", "USER", "DATABASE", "GROUP")),
    *(((word,), _Script.nothing) for word in ("PUBLICATION", "SUBSCRIPTION", "TABLESPACE", "LANGUAGE", "TRUSTED")),
)


def _search_path(stream: TokenStream) -> str | None:
    """The first schema of ``SET search_path = …``, ``""`` where it is empty; ``None`` for any other SET."""
    tokens = [token for token in stream.tokens[1:] if token.upper not in ("SESSION", "LOCAL")]
    if not tokens or tokens[0].upper != "SEARCH_PATH" or len(tokens) < 3:
        return None
    value = tokens[2]
    return string_value(value.text) if value.kind == STRING else fold(value)


def _name_after(stream: TokenStream) -> str:
    """The name after the kind of object in a CREATE that is not expressed."""
    words = [token for token in stream.tokens[stream.position + 1 : stream.position + 4] if token.kind != STRING]
    return words[0].text if words else ""


def _subject(stream: TokenStream, script: _Script) -> tuple[str, str | Name, Name | None]:
    """(kind, name, table) of a statement that could not be read."""
    cursor = TokenStream(stream.sql, stream.tokens)
    cursor.accept_any("CREATE", "ALTER", "DROP")
    cursor.accept("UNLOGGED")
    unique = cursor.accept("UNIQUE")
    try:
        if cursor.accept("TABLE"):
            cursor.accept("IF", "NOT", "EXISTS") or cursor.accept("IF", "EXISTS")
            cursor.accept("ONLY")
            name = script.qualified(cursor)
            return "table", name, name
        if cursor.accept("INDEX") or unique:
            cursor.text_until(lambda inner: inner.at("ON"))
            cursor.expect("ON")
            cursor.accept("ONLY")
            name = script.qualified(cursor)
            return "index", f"on {name}", name if name in script.tables else None
        if cursor.accept("DOMAIN") or cursor.accept("TYPE") or cursor.accept("SEQUENCE"):
            return "type", script.qualified(cursor), None
    except DDLSyntaxError:
        pass
    return "statement", stream.raw(0, min(len(stream.tokens), 6)), None
