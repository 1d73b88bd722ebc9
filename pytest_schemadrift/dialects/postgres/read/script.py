"""DDL text to ``Schema``: a script is read statement by statement, as the server would execute it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain

from pytest_schemadrift.dialects.postgres.names import (
    column_part,
    fold,
    made_up,
    read_dotted,
    read_identifier,
    string_value,
    words,
)
from pytest_schemadrift.dialects.postgres.read.alter import read_alter_table
from pytest_schemadrift.dialects.postgres.read.builder import ColumnDraft, TableDraft
from pytest_schemadrift.dialects.postgres.read.defaults import check_key, default_of
from pytest_schemadrift.dialects.postgres.read.indexes import exclusion_names, key_names, read_collation, read_index
from pytest_schemadrift.dialects.postgres.read.sequences import said
from pytest_schemadrift.dialects.postgres.read.table import (
    SEQUENCE_NUMBERS,
    Pending,
    Surroundings,
    key_middle,
    read_check,
    read_default,
    read_sequence_options,
    read_table,
)
from pytest_schemadrift.dialects.postgres.read.types import read_type
from pytest_schemadrift.dialects.reader import STRING, Token, TokenStream, line_of, split_sql, statements, tokenize
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import (
    Check,
    Domain,
    Enum,
    Expression,
    Name,
    PrimaryKey,
    Schema,
    Sequence,
    Trigger,
    UnsupportedObject,
    View,
    make_schema,
)

_IGNORED = words(
    """
    SELECT INSERT UPDATE DELETE MERGE COPY GRANT REVOKE BEGIN COMMIT START ROLLBACK SAVEPOINT RELEASE END SET RESET
    SHOW VACUUM ANALYZE LOCK TRUNCATE NOTIFY LISTEN UNLISTEN REFRESH CLUSTER EXPLAIN CHECKPOINT DISCARD REINDEX CALL
    VALUES WITH DECLARE FETCH CLOSE PREPARE EXECUTE DEALLOCATE LOAD SECURITY REASSIGN RETURN
    """
)
"""Statements that leave the structure as it is."""

_COPY_DATA = re.compile(r"(?ims)^([ \t]*COPY\b[^;\n]*\bFROM\s+stdin\b[^;\n]*;)\n.*?^\\\.$")
_PSQL = re.compile(r"^\\[^\n]*$", re.MULTILINE)
_WRONG_ESCAPE = re.compile(r"'(?:[^'\\]|'')*\\'")
"""A quote escaped with a backslash, as Tortoise writes some defaults (T20): PostgreSQL ends the literal there."""


def split_script(sql: str, info: ServerInfo) -> list[str]:
    """A script's statements without semicolons. Raises ``DDLSyntaxError``."""
    return split_sql(sql, info.dialect)


def parse(sql: str, info: ServerInfo) -> Schema:
    """Return the schema that a script creates in an empty database.

    What cannot be read is in ``unsupported``. Raises ``DDLSyntaxError`` for a text that is no SQL at all.
    """
    text = _without_psql(sql)
    try:
        tokens = tokenize(text, "postgres")
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
    text = _COPY_DATA.sub(lambda match: match[1] + "\n" * match[0].count("\n"), sql)
    return _PSQL.sub("", text)


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


class _Script:
    """The database that the script has made so far."""

    def __init__(self, info: ServerInfo) -> None:
        self.info = info
        self.default_schema = info.default_schema or "public"
        self.current_schema = self.default_schema
        self.tables: dict[Name, TableDraft] = {}
        self.namespaces: set[str] = set()
        self.extensions: set[str] = set()
        self.enums: dict[Name, Enum] = {}
        self.domains: dict[Name, Domain] = {}
        self.sequences: dict[Name, Sequence] = {}
        self.views: dict[Name, tuple[str, bool, TokenStream]] = {}
        self.view_triggers: dict[Name, list[Trigger]] = defaultdict(list)
        self.unsupported: list[UnsupportedObject] = []
        self.relation_names: dict[str, set[str]] = defaultdict(set)
        self.constraint_names: dict[str, set[str]] = defaultdict(set)
        self.around = Surroundings(
            self.default_schema,
            info.version[0] if info.version else 18,
            self.qualified,
            self.tables.get,
            self.rename_column,
        )

    # -- names ---------------------------------------------------------------------------------------------------------

    def resolve(self, parts: list[str]) -> Name:
        """A dotted name in the script, without the connection's default schema."""
        schema = parts[-2] if len(parts) > 1 else self.current_schema
        return Name("" if schema == self.default_schema else schema, parts[-1])

    def qualified(self, stream: TokenStream) -> Name:
        """Read a dotted name."""
        return self.resolve(read_dotted(stream))

    def made_up(self, schema: str, first: str, middle: str, label: str, *, relation: bool) -> str:
        """A name for what has none, unlike those that are there; ``relation`` for what has an index or is a table."""
        names = [self.constraint_names[schema], *([self.relation_names[schema]] if relation else [])]
        name = made_up(first, middle, label, *names)
        (self.relation_names if relation else self.constraint_names)[schema].add(name)
        return name

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
            self.not_expressed(kind, str(name), stream, f"it names something that is not there: {error}", table)

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
            if column.autoincrement or column.identity:
                self.made_up(name.schema, name.name, column.name, "seq", relation=True)
        for parent in table.inherits:
            self.inherit(table, parent)
        if table.partition_of and (source := self.tables.get(table.partition_of[0])):
            table.types = source.types | {column.name: column.type for column in source.columns.values()}
        self.tables[name] = table
        self.attach(table, pending, new=True)

    def inherit(self, table: TableDraft, parent: Name) -> None:
        """The parent's columns are the child's too, but belong to the parent."""
        source = self.tables.get(parent)
        if source is not None:
            table.types |= source.types | {column.name: column.type for column in source.columns.values()}

    def attach(self, table: TableDraft, pending: Pending, *, new: bool) -> None:
        """Give a statement's constraints to their table, in the server's order, naming those that have no name."""
        schema, name = table.name.schema, table.name.name
        for items in (pending.checks, pending.keys, pending.exclusions, pending.foreign_keys):
            self.constraint_names[schema].update(item.name for item in items if item.name)
        for check in pending.checks:
            columns = table.mentioned(check.expression.sql, list(table.types) + list(table.columns))
            middle = columns[0] if len(set(columns)) == 1 else ""
            table.checks.append(
                replace(check, name=check.name or self.made_up(schema, name, middle, "check", relation=False))
            )
        primary = [key for key in pending.keys if isinstance(key, PrimaryKey)]
        for key in primary:
            table.primary_key = replace(key, name=key.name or self.made_up(schema, name, "", "pkey", relation=True))
        for index in [key for key in pending.keys if not isinstance(key, PrimaryKey)]:
            label = "key" if index.constraint else "idx"
            if new and index.constraint and self.is_repeated(table, index):
                continue
            middle = column_part(key_middle(index))
            table.indexes.append(
                replace(index, name=index.name or self.made_up(schema, name, middle, label, relation=True))
            )
        for item in pending.exclusions:
            middle = column_part(exclusion_names(item.definition.sql, self.default_schema))
            table.exclusions.append(
                replace(item, name=item.name or self.made_up(schema, name, middle, "excl", relation=True))
            )
        for foreign in pending.foreign_keys:
            middle = column_part(foreign.columns)
            table.foreign_keys.append(
                replace(foreign, name=foreign.name or self.made_up(schema, name, middle, "fkey", relation=False))
            )

    @staticmethod
    def is_repeated(table: TableDraft, index: object) -> bool:
        """Within one CREATE TABLE the server makes equal keys only once, under the first name that is given."""
        for place, other in enumerate(table.indexes):
            if replace(other, name=None) == replace(index, name=None):  # type: ignore[type-var]
                table.indexes[place] = replace(other, name=getattr(index, "name", None) or other.name)
                return True
        key = table.primary_key
        return (
            key is not None
            and key.parts == getattr(index, "parts", None)
            and key.options == getattr(index, "options", None)
        )

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

    def create_type(self, stream: TokenStream) -> None:
        start = stream.position
        name = self.qualified(stream)
        if not stream.accept("AS", "ENUM"):
            stream.position = start
            self.not_expressed("type", str(name), stream, "a type that is no enum is not expressed", None)
            return
        labels = tuple(string_value(item.next().text) for item in stream.group().items())
        self.enums[name] = Enum(name, labels)

    def create_domain(self, stream: TokenStream) -> None:
        name = self.qualified(stream)
        stream.accept("AS")
        kind = read_type(stream, self.default_schema)
        domain = Domain(name, kind)
        while not stream.done:
            domain = self.read_domain_part(stream, domain)
        self.domains[name] = domain

    def read_domain_part(self, stream: TokenStream, domain: Domain) -> Domain:
        constraint = read_identifier(stream) if stream.accept("CONSTRAINT") else None
        if stream.accept("NOT", "NULL"):
            return replace(domain, nullable=False)
        if stream.accept("NULL"):
            return domain
        if stream.accept("DEFAULT"):
            return replace(domain, default=default_of(read_default(stream), domain.type, self.default_schema))
        if stream.accept("COLLATE"):
            return replace(domain, collation=read_collation(stream, self.default_schema))
        if stream.accept("CHECK"):
            check = read_check(stream, constraint)
            schema, name = domain.name
            check = self.domain_check(
                replace(check, name=check.name or self.made_up(schema, name, "", "check", relation=False)), domain.type
            )
            self.constraint_names[schema].add(check.name or "")
            return replace(domain, checks=tuple(sorted((*domain.checks, check), key=lambda item: item.name or "")))
        raise stream.error("this part of a domain is not understood")

    def domain_check(self, check: Check, kind: str) -> Check:
        """A check with its key; its value is called VALUE."""
        sql = check.expression.sql
        return replace(check, expression=Expression(sql, check_key(sql, kind, self.default_schema)))

    def create_sequence(self, stream: TokenStream) -> None:
        conditional = stream.accept("IF", "NOT", "EXISTS")
        name = self.qualified(stream)
        if conditional and name in self.sequences:
            return
        self.relation_names[name.schema].add(name.name)
        self.sequences[name] = self.read_sequence(stream, Sequence(name))

    def read_sequence(self, stream: TokenStream, sequence: Sequence) -> Sequence:
        """Read the options of CREATE or ALTER SEQUENCE."""
        while not stream.done:
            before = stream.position
            if stream.accept("AS"):
                sequence = replace(sequence, type=read_type(stream, self.default_schema))
            elif stream.accept("OWNED", "BY"):
                sequence = replace(sequence, owned_by=self.read_owner(stream))
            elif stream.accept("OWNER", "TO"):
                read_identifier(stream)
            found = read_sequence_options(stream)
            if found:
                current = {name: getattr(sequence, name) for name in SEQUENCE_NUMBERS}
                values = [found.get(name, current[name]) for name in SEQUENCE_NUMBERS]
                start, increment, minimum, maximum, cache = said(sequence.type, values)
                sequence = replace(
                    sequence,
                    start=start,
                    increment=increment,
                    minimum=minimum,
                    maximum=maximum,
                    cache=cache,
                    cycle=bool(found.get("cycle", sequence.cycle)),
                )
            if stream.position == before:
                raise stream.error("this part of a sequence is not understood")
        return sequence

    def read_owner(self, stream: TokenStream) -> tuple[Name, str] | None:
        if stream.accept("NONE"):
            return None
        dotted = read_dotted(stream)
        return self.resolve(dotted[:-1]), dotted[-1]

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
            self.alter_sequence(stream)
        elif stream.accept("TYPE"):
            self.alter_type(stream)
        elif stream.accept("DOMAIN"):
            self.alter_domain(stream)

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
        renamed = read_alter_table(stream, table, self.around, pending)
        self.attach(table, pending, new=False)
        if renamed is not None and renamed != name:
            self.rename_table(name, renamed)

    def rename_table(self, old: Name, new: Name) -> None:
        table = self.tables.pop(old)
        table.name = new
        self.tables[new] = table
        for other in self.tables.values():
            other.foreign_keys = [
                replace(key, ref_table=new) if key.ref_table == old else key for key in other.foreign_keys
            ]
            other.inherits = [new if parent == old else parent for parent in other.inherits]

    def rename_column(self, table: TableDraft, old: str, new: str) -> None:
        """RENAME COLUMN: keys, indexes and expressions follow, here and in the tables that refer to it."""
        table.rename_column(old, new)
        for other in self.tables.values():
            other.foreign_keys = [
                replace(key, ref_columns=tuple(new if name == old else name for name in key.ref_columns))
                if key.ref_table == table.name
                else key
                for key in other.foreign_keys
            ]

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

    def alter_sequence(self, stream: TokenStream) -> None:
        stream.accept("IF", "EXISTS")
        name = self.qualified(stream)
        sequence = self.sequences.get(name)
        if sequence is None:
            return  # the one behind a serial or identity column
        if stream.accept("RENAME", "TO"):
            new = Name(name.schema, read_identifier(stream))
            del self.sequences[name]
            self.sequences[new] = replace(sequence, name=new)
        else:
            self.sequences[name] = self.read_sequence(stream, sequence)

    def alter_type(self, stream: TokenStream) -> None:
        name = self.qualified(stream)
        enum = self.enums.get(name)
        if enum is None or stream.at("OWNER"):
            return
        if stream.accept("ADD", "VALUE"):
            stream.accept("IF", "NOT", "EXISTS")
            value, values = string_value(stream.next().text), list(enum.values)
            place = len(values)
            if stream.accept("BEFORE"):
                place = values.index(string_value(stream.next().text))
            elif stream.accept("AFTER"):
                place = values.index(string_value(stream.next().text)) + 1
            if value not in values:
                values.insert(place, value)
            self.enums[name] = replace(enum, values=tuple(values))
        elif stream.accept("RENAME", "VALUE"):
            old = string_value(stream.next().text)
            stream.expect("TO")
            new = string_value(stream.next().text)
            self.enums[name] = replace(enum, values=tuple(new if value == old else value for value in enum.values))
        elif stream.accept("RENAME", "TO"):
            self.rename_type(name, Name(name.schema, read_identifier(stream)))
        else:
            raise stream.error("this ALTER TYPE is not understood")

    def rename_type(self, old: Name, new: Name) -> None:
        self.enums[new] = replace(self.enums.pop(old), name=new)
        for column in chain.from_iterable(table.columns.values() for table in self.tables.values()):
            if column.type.removesuffix("[]") == str(old):
                column.type = str(new) + column.type[len(str(old)) :]

    def alter_domain(self, stream: TokenStream) -> None:
        name = self.qualified(stream)
        domain = self.domains.get(name)
        if domain is None or stream.at("OWNER"):
            return
        if stream.accept("ADD"):
            domain = self.read_domain_part(stream, domain)
            if stream.accept("NOT", "VALID"):
                domain = replace(domain, checks=(*domain.checks[:-1], replace(domain.checks[-1], validated=False)))
        elif stream.accept("SET", "DEFAULT"):
            default = default_of(stream.text(), domain.type, self.default_schema)
            domain = replace(domain, default=default)
        elif stream.accept("DROP", "DEFAULT"):
            domain = replace(domain, default=None)
        elif stream.accept("SET", "NOT", "NULL"):
            domain = replace(domain, nullable=False)
        elif stream.accept("DROP", "NOT", "NULL"):
            domain = replace(domain, nullable=True)
        elif stream.accept("DROP", "CONSTRAINT"):
            stream.accept("IF", "EXISTS")
            gone = read_identifier(stream)
            domain = replace(domain, checks=tuple(check for check in domain.checks if check.name != gone))
        elif not stream.accept("VALIDATE", "CONSTRAINT"):
            raise stream.error("this ALTER DOMAIN is not understood")
        self.domains[name] = domain

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
            self.sequences = {
                key: item for key, item in self.sequences.items() if not item.owned_by or item.owned_by[0] != name
            }
        elif kind == "INDEX":
            for table in self.tables.values():
                if table.name.schema == name.schema:
                    table.indexes = [index for index in table.indexes if index.name != name.name or index.constraint]
        else:
            stores: dict[str, dict[Name, object]] = {
                "TYPE": self.enums,  # type: ignore[dict-item]
                "DOMAIN": self.domains,  # type: ignore[dict-item]
                "SEQUENCE": self.sequences,  # type: ignore[dict-item]
                "VIEW": self.views,  # type: ignore[dict-item]
            }
            stores[kind].pop(name, None)
        self.relation_names[name.schema].discard(name.name)

    # -- the outcome ---------------------------------------------------------------------------------------------------

    def not_expressed(self, kind: str, name: str, stream: TokenStream, reason: str, table: Name | None) -> None:
        sql = stream.raw(0, len(stream.tokens))
        self.unsupported.append(UnsupportedObject(kind, name, reason, sql, table))

    def schema(self) -> Schema:
        """What the script has made."""
        self.fold_serials()
        self.complete_references()
        domains = {str(name) for name in self.domains}
        relations = {*self.tables, *self.views}
        return make_schema(
            "postgres",
            tables=[table.build(self.default_schema, domains.__contains__) for table in self.tables.values()],
            namespaces=self.namespaces,
            extensions=self.extensions,
            enums=self.enums.values(),
            sequences=self.sequences.values(),
            domains=self.domains.values(),
            views=[self.view(name, relations) for name in self.views],
            unsupported=self.unsupported,
        )

    def view(self, name: Name, relations: Iterable[Name]) -> View:
        sql, materialized, stream = self.views[name]
        return View(
            name,
            sql,
            materialized=materialized,
            depends_on=tuple(sorted(_relations_read(stream, self.resolve) & set(relations) - {name})),
            triggers=tuple(sorted(self.view_triggers[name], key=lambda trigger: trigger.name)),
        )

    def fold_serials(self) -> None:
        """``nextval`` of an ordinary sequence that the column owns is what SERIAL makes (P12)."""
        for name, sequence in list(self.sequences.items()):
            column = self.owner_column(sequence)
            if column is None or column.default is None or column.type not in ("smallint", "integer", "bigint"):
                continue
            default = default_of(column.default, column.type, self.default_schema)
            used = default.key[len("nextval('") : -2] if default and default.key.startswith("nextval('") else ""
            plain = replace(sequence, start=None) == Sequence(name, sequence.type, owned_by=sequence.owned_by)
            if plain and sequence.type in (column.type, "bigint") and self.is_named(name, used):
                column.default, column.autoincrement = None, True
                del self.sequences[name]

    def owner_column(self, sequence: Sequence) -> ColumnDraft | None:
        if sequence.owned_by is None:
            return None
        table = self.tables.get(sequence.owned_by[0])
        return table.columns.get(sequence.owned_by[1]) if table else None

    def is_named(self, name: Name, text: str) -> bool:
        """Whether the text within ``nextval('…')`` means that sequence."""
        stream = TokenStream(text, tokenize(text, "postgres"))
        return bool(text) and self.resolve(read_dotted(stream)) == name

    def complete_references(self) -> None:
        """A foreign key that names no columns refers to the primary key."""
        for table in self.tables.values():
            for place, key in enumerate(table.foreign_keys):
                other = self.tables.get(key.ref_table)
                if not key.ref_columns and other and other.primary_key:
                    table.foreign_keys[place] = replace(key, ref_columns=other.primary_key.columns)


_CREATE: tuple[tuple[tuple[str, ...], Callable[[_Script, TokenStream], None]], ...] = (
    (("TABLE",), _Script.create_table),
    (("UNLOGGED",), _Script.create_unlogged),
    (("INDEX",), _Script.create_index),
    (("UNIQUE", "INDEX"), _Script.create_unique_index),
    (("TYPE",), _Script.create_type),
    (("DOMAIN",), _Script.create_domain),
    (("SEQUENCE",), _Script.create_sequence),
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


_FROM_ENDS = words(
    """
    WHERE GROUP HAVING ORDER LIMIT OFFSET UNION EXCEPT INTERSECT WINDOW ON USING SELECT FETCH
    """
)


def _relations_read(stream: TokenStream, resolve: Callable[[list[str]], Name]) -> set[Name]:
    """Every name that stands where a query names a relation: after FROM or JOIN, and after commas of a FROM list."""
    found: set[Name] = set()
    in_from = [False]
    expected = False
    tokens: list[Token] = stream.tokens
    position = 0
    while position < len(tokens):
        token = tokens[position]
        mark = token.upper
        if mark == "(":
            in_from.append(in_from[-1] and expected)
        elif mark == ")":
            if len(in_from) > 1:
                in_from.pop()
            expected = False
        elif mark in ("FROM", "JOIN"):
            in_from[-1], expected = True, True
        elif mark == "," and in_from[-1]:
            expected = True
        elif mark in _FROM_ENDS:
            in_from[-1] = in_from[-1] and mark in ("ON", "USING")
            expected = False
        elif mark in ("ONLY", "LATERAL"):
            pass
        elif expected:
            part = TokenStream(stream.sql, tokens)
            part.position = position
            try:
                found.add(resolve(read_dotted(part)))
            except DDLSyntaxError:
                part.position = position + 1
            position, expected = part.position, False
            continue
        position += 1
    return found
