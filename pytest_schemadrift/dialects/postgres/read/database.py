"""What a script has made so far: the tables and other objects that its statements change, and the schema at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

from pytest_schemadrift.dialects.postgres.names import column_part, made_up, next_value, read_dotted, words
from pytest_schemadrift.dialects.postgres.read.builder import ColumnBuilder, TableBuilder
from pytest_schemadrift.dialects.postgres.read.constraints import Pending, Surroundings, key_middle
from pytest_schemadrift.dialects.postgres.read.defaults import default_of
from pytest_schemadrift.dialects.postgres.read.indexes import exclusion_names
from pytest_schemadrift.dialects.postgres.read.repeated import made_once
from pytest_schemadrift.dialects.postgres.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import Token, TokenStream
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.schema.build import make_schema
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import (
    Domain,
    Enum,
    Name,
    PrimaryKey,
    Schema,
    Sequence,
    Trigger,
    UnsupportedObject,
    View,
)

_FROM_ENDS = words(
    """
    WHERE GROUP HAVING ORDER LIMIT OFFSET UNION EXCEPT INTERSECT WINDOW ON USING SELECT FETCH
    """
)


class Database:
    """A database that is made by statements."""

    def __init__(self, info: ServerInfo) -> None:
        self.info = info
        self.default_schema = info.default_schema or "public"
        self.current_schema = self.default_schema
        self.tables: dict[Name, TableBuilder] = {}
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
            self.name_counter,
            self.separate_counter,
            info.column_storage,
        )

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

    def attach(self, table: TableBuilder, pending: Pending, *, new: bool) -> None:
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
        keys = made_once(pending.keys) if new else pending.keys
        for key in [key for key in keys if isinstance(key, PrimaryKey)]:
            table.primary_key = replace(key, name=key.name or self.made_up(schema, name, "", "pkey", relation=True))
        for index in [key for key in keys if not isinstance(key, PrimaryKey)]:
            label = "key" if index.constraint else "idx"
            middle = column_part(key_middle(index))
            table.indexes.append(
                replace(index, name=index.name or self.made_up(schema, name, middle, label, relation=True))
            )
        for item in made_once(pending.exclusions) if new else pending.exclusions:
            middle = column_part(exclusion_names(item.definition.sql, self.default_schema))
            table.exclusions.append(
                replace(item, name=item.name or self.made_up(schema, name, middle, "excl", relation=True))
            )
        for foreign in pending.foreign_keys:
            middle = column_part(foreign.columns)
            table.foreign_keys.append(
                replace(foreign, name=foreign.name or self.made_up(schema, name, middle, "fkey", relation=False))
            )

    def rename_table(self, old: Name, new: Name) -> None:
        """RENAME TO: what refers to the table follows."""
        table = self.tables.pop(old)
        table.keep_names_of_not_null()
        table.name = new
        self.tables[new] = table
        for other in self.tables.values():
            other.foreign_keys = [
                replace(key, ref_table=new) if key.ref_table == old else key for key in other.foreign_keys
            ]
            other.inherits = [new if parent == old else parent for parent in other.inherits]
        for column in table.columns.values():
            if column.counter:
                column.counter = Name(new.schema, column.counter.name)
        for key, sequence in list(self.sequences.items()):
            if sequence.owned_by and sequence.owned_by[0] == old:
                self.sequences[key] = replace(sequence, owned_by=(new, sequence.owned_by[1]))
                self.rename_sequence(key, Name(new.schema, key.name))

    def rename_column(self, table: TableBuilder, old: str, new: str) -> None:
        """RENAME COLUMN: keys, indexes and expressions follow, here and in the tables that refer to it."""
        table.rename_column(old, new)
        for other in self.tables.values():
            other.foreign_keys = [
                replace(key, ref_columns=tuple(new if name == old else name for name in key.ref_columns))
                if key.ref_table == table.name
                else key
                for key in other.foreign_keys
            ]
        for name, sequence in self.sequences.items():
            if sequence.owned_by == (table.name, old):
                self.sequences[name] = replace(sequence, owned_by=(table.name, new))

    # -- sequences -----------------------------------------------------------------------------------------------------

    def name_counter(self, table: TableBuilder, column: ColumnBuilder) -> None:
        """The sequence of a new serial or identity column takes a name."""
        if column.autoincrement or column.identity:
            name = self.made_up(table.name.schema, table.name.name, column.name, "seq", relation=True)
            column.counter = Name(table.name.schema, name) if column.autoincrement else None

    def separate_counter(self, table: TableBuilder, column: ColumnBuilder) -> None:
        """Say a serial column as the server keeps it: a default, and a sequence that the column owns (P12).

        A statement that alters one of the two leaves the other as it is; ``schema`` puts them together again.
        """
        if column.counter is not None:
            owner = (table.name, column.name)
            self.sequences[column.counter] = Sequence(column.counter, column.type, owned_by=owner)
            column.default, column.autoincrement, column.counter = next_value(column.counter), False, None

    def find_sequence(self, name: Name) -> Sequence | None:
        """A sequence of the script, that of a serial column included."""
        if name not in self.sequences:
            for table in self.tables.values():
                for column in table.columns.values():
                    if column.counter == name:
                        self.separate_counter(table, column)
        return self.sequences.get(name)

    def rename_sequence(self, old: Name, new: Name) -> None:
        """RENAME TO, or into another schema: the defaults that count with the sequence follow."""
        if old != new:
            self.sequences[new] = replace(self.sequences.pop(old), name=new)
            for column in self._counting_with(old):
                column.default = next_value(new)

    def drop_sequence(self, name: Name) -> None:
        """DROP SEQUENCE: defaults that count with it go too, for without CASCADE the server refuses."""
        if self.find_sequence(name):
            del self.sequences[name]
            for column in self._counting_with(name):
                column.default = None

    def drop_owned(self, table: Name, column: str | None = None) -> None:
        """Sequences go with the table, or the column, that owns them."""
        for name, sequence in list(self.sequences.items()):
            if sequence.owned_by and sequence.owned_by[0] == table and column in (None, sequence.owned_by[1]):
                self.drop_sequence(name)

    def _counting_with(self, name: Name) -> list[ColumnBuilder]:
        """The columns whose default takes numbers from the sequence."""
        columns = [column for table in self.tables.values() for column in table.columns.values()]
        return [column for column in columns if self._counts_with(column, name)]

    def _counts_with(self, column: ColumnBuilder, name: Name) -> bool:
        if column.default is None or "nextval" not in column.default.lower():
            return False
        default = default_of(column.default, column.type, self.default_schema)
        text = default.key[len("nextval('") : -2] if default and default.key.startswith("nextval('") else ""
        text = text.replace("''", "'")
        dotted = read_dotted(TokenStream(text, tokenize(text))) if text else []
        return bool(dotted) and name in (self.resolve(dotted), Name("", ".".join(dotted)))

    def not_expressed(self, kind: str, name: str, stream: TokenStream, reason: str, table: Name | None) -> None:
        """Note a statement that cannot be read or expressed, and which table it is about."""
        sql = stream.raw(0, len(stream.tokens))
        self.unsupported.append(UnsupportedObject(kind, name, reason, sql, table))

    def schema(self) -> Schema:
        """What the script has made."""
        self._fold_serials()
        self._complete_references()
        domains = {str(name) for name in self.domains}
        relations = {*self.tables, *self.views}
        return make_schema(
            "postgres",
            tables=[
                table.build(self.default_schema, self.around.version, domains.__contains__)
                for table in self.tables.values()
            ],
            namespaces=self.namespaces,
            extensions=self.extensions,
            enums=self.enums.values(),
            sequences=self.sequences.values(),
            domains=self.domains.values(),
            views=[self._view(name, relations) for name in self.views],
            unsupported=self.unsupported,
        )

    def _view(self, name: Name, relations: Iterable[Name]) -> View:
        sql, materialized, stream = self.views[name]
        return View(
            name,
            sql,
            materialized=materialized,
            depends_on=tuple(sorted(_relations_read(stream, self.resolve) & set(relations) - {name})),
            triggers=tuple(sorted(self.view_triggers[name], key=lambda trigger: trigger.name)),
        )

    def _fold_serials(self) -> None:
        """``nextval`` of an ordinary sequence that the column owns is what SERIAL makes (P12)."""
        for name, sequence in list(self.sequences.items()):
            column = self._owner_column(sequence)
            if column is None or column.default is None or column.type not in ("smallint", "integer", "bigint"):
                continue
            plain = replace(sequence, start=None) == Sequence(name, sequence.type, owned_by=sequence.owned_by)
            if plain and sequence.type in (column.type, "bigint") and self._counts_with(column, name):
                column.default, column.autoincrement = None, True
                del self.sequences[name]

    def _owner_column(self, sequence: Sequence) -> ColumnBuilder | None:
        if sequence.owned_by is None:
            return None
        table = self.tables.get(sequence.owned_by[0])
        return table.columns.get(sequence.owned_by[1]) if table else None

    def _complete_references(self) -> None:
        """A foreign key that names no columns refers to the primary key."""
        for table in self.tables.values():
            for place, key in enumerate(table.foreign_keys):
                other = self.tables.get(key.ref_table)
                if not key.ref_columns and other and other.primary_key:
                    table.foreign_keys[place] = replace(key, ref_columns=other.primary_key.columns)


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
