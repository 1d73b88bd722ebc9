"""Reading CREATE TABLE and CREATE INDEX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache

from pytest_schemadrift.dialects.reader import NUMBER, QUOTED, STRING, WORD, Token, TokenStream, strip_parentheses
from pytest_schemadrift.dialects.sqlite.names import fold, upper
from pytest_schemadrift.dialects.sqlite.read.builder import ColumnBuilder, TableBuilder, with_canonical_parts
from pytest_schemadrift.dialects.sqlite.read.expressions import default_of, expression_of
from pytest_schemadrift.dialects.sqlite.read.tokens import identifier
from pytest_schemadrift.dialects.sqlite.read.types import NOT_A_TYPE, canonical_type
from pytest_schemadrift.schema.model import (
    ForeignKey,
    Index,
    IndexPart,
    Name,
    PrimaryKey,
    Table,
    options,
)


def read_table(name: str, stream: TokenStream) -> Table:
    """Read a CREATE TABLE statement from behind the table's name. Raises ``DDLSyntaxError``."""
    builder = TableBuilder(name)
    body = stream.group()
    constraints = []
    for item in body.items():
        if is_constraint(item.tokens[0]):
            constraints.append(item)
        else:
            read_column(builder, item)
    for item in constraints:
        read_table_constraints(builder, item)
    strict, without_rowid = _read_table_options(stream)
    return builder.finish(strict=strict, without_rowid=without_rowid)


_TABLE_CONSTRAINTS = frozenset(["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"])


def is_constraint(first: Token) -> bool:
    """Whether an item that begins with this token is a constraint of the table, and no column."""
    return first.upper in _TABLE_CONSTRAINTS


def _read_table_options(stream: TokenStream) -> tuple[bool, bool]:
    strict = without_rowid = False
    while not stream.done:
        if stream.accept("STRICT"):
            strict = True
        elif stream.accept("WITHOUT", "ROWID"):
            without_rowid = True
        elif not stream.accept(","):
            raise stream.error(f"unknown table option {stream.next().text!r}")
    return strict, without_rowid


def read_column(builder: TableBuilder, item: TokenStream) -> None:
    """Read a column definition into the builder."""
    name = identifier(item.next())
    builder.by_name[fold(name)] = name
    column = ColumnBuilder(name, _read_type(item))
    builder.columns[name] = column
    constraint: str | None = None
    while not item.done:
        word = item.next().upper
        if word == "CONSTRAINT":
            constraint = identifier(item.next())
            continue
        _read_column_constraint(builder, item, column, word, constraint)
        constraint = None


def _read_type(item: TokenStream) -> str:
    first = item.position
    while (token := item.peek()) is not None and token.kind in (WORD, QUOTED, STRING):
        if token.upper in NOT_A_TYPE or item.at("GENERATED", "ALWAYS"):
            break
        item.position += 1
    if item.position > first and item.at("("):
        item.group()
    return canonical_type(item.tokens[first : item.position])


def _read_column_constraint(
    builder: TableBuilder, item: TokenStream, column: ColumnBuilder, word: str, name: str | None
) -> None:
    match word:
        case "NOT":
            item.expect("NULL")
            column.nullable = False
            column.options = options(not_null_on_conflict=_conflict(item))
        case "NULL":
            _conflict(item)
        case "DEFAULT":
            column.default = default_of(item)
        case "PRIMARY":
            item.expect("KEY")
            part = IndexPart(column.name, descending=_descending(item))
            builder.primary_key = PrimaryKey((part,), name, options(on_conflict=_conflict(item)))
            builder.inline_primary_key = True
            column.autoincrement = item.accept("AUTOINCREMENT")
        case "UNIQUE":
            builder.uniques.append(_unique(name, (IndexPart(column.name),), _conflict(item)))
        case "CHECK":
            builder.checks.append((name, item.group()))
            _conflict(item)
        case "REFERENCES":
            builder.foreign_keys.append(_references(item, (column.name,), name))
        case "COLLATE":
            collation = upper(identifier(item.next()))
            column.collation = None if collation == "BINARY" else collation
        case "GENERATED" | "AS":
            if word == "GENERATED":
                item.expect("ALWAYS", "AS")
            column.generated = (item.group(), item.accept_any("STORED", "VIRTUAL") == "STORED")
        case _:
            item.position -= 1
            raise item.error(f"unknown column constraint {item.next().text!r}")


def read_table_constraints(builder: TableBuilder, item: TokenStream) -> None:
    """Read the constraints of one item; between them a comma may be missing (parse.y: ``tconscomma``)."""
    name: str | None = None
    while not item.done:
        if item.accept("CONSTRAINT"):
            name = identifier(item.next())
            continue
        if item.accept("PRIMARY", "KEY"):
            keys = item.group()
            last = keys.tokens[-1] if keys.tokens else None
            if last is not None and last.upper == "AUTOINCREMENT":
                keys = keys.part(0, len(keys.tokens) - 1)
                builder.columns[builder.column(keys.tokens[0])].autoincrement = True
            builder.primary_key = PrimaryKey(_parts(builder, keys), name, options(on_conflict=_conflict(item)))
        elif item.accept("UNIQUE"):
            parts = _parts(builder, item.group())
            builder.uniques.append(_unique(name, parts, _conflict(item)))
        elif item.accept("CHECK"):
            builder.checks.append((name, item.group()))
            _conflict(item)
        elif item.accept("FOREIGN", "KEY"):
            columns = tuple(builder.column(part.next()) for part in item.group().items())
            item.expect("REFERENCES")
            builder.foreign_keys.append(_references(item, columns, name))
        else:
            raise item.error(f"unknown table constraint {item.next().text!r}")
        name = None


def _unique(name: str | None, parts: tuple[IndexPart, ...], conflict: str | None) -> Index:
    return Index(name, parts, unique=True, constraint=True, options=options(on_conflict=conflict))


def _parts(builder: TableBuilder, keys: TokenStream) -> tuple[IndexPart, ...]:
    """The keys of a constraint: columns only, with collation and direction."""
    parts = []
    for item in keys.items():
        column = builder.column(item.next())
        collation = upper(identifier(item.next())) if item.accept("COLLATE") else None
        parts.append(IndexPart(column, descending=_descending(item), collation=collation))
        if not item.done:
            raise item.error(f"unknown word in a key: {item.next().text!r}")
    return tuple(parts)


def _descending(item: TokenStream) -> bool:
    return item.accept_any("ASC", "DESC") == "DESC"


def _conflict(item: TokenStream) -> str | None:
    """Read ON CONFLICT; ``None`` for ABORT, which is what holds without it."""
    if not item.accept("ON", "CONFLICT"):
        return None
    algorithm = item.next().upper
    return None if algorithm == "ABORT" else algorithm


def _references(item: TokenStream, columns: tuple[str, ...], name: str | None) -> ForeignKey:
    """Read what follows REFERENCES. MATCH is read and ignored, as SQLite does; only INITIALLY DEFERRED defers."""
    ref_table = identifier(item.next())
    ref_columns = tuple(identifier(part.next()) for part in item.group().items()) if item.at("(") else ()
    actions = {"DELETE": "NO ACTION", "UPDATE": "NO ACTION"}
    deferred = False
    while not item.done:
        if item.at("ON", "DELETE") or item.at("ON", "UPDATE"):
            item.next()
            event = item.next().upper
            actions[event] = _action(item)
        elif item.accept("MATCH"):
            item.next()
        elif item.at("DEFERRABLE") or item.at("NOT", "DEFERRABLE"):
            can = not item.accept("NOT")
            item.next()
            deferred = item.accept("INITIALLY", "DEFERRED") and can
            item.accept("INITIALLY", "IMMEDIATE")
        else:
            break
    return ForeignKey(
        name,
        columns,
        Name("", ref_table),
        ref_columns,
        on_delete=actions["DELETE"],
        on_update=actions["UPDATE"],
        deferrable=deferred,
        initially_deferred=deferred,
    )


def _action(item: TokenStream) -> str:
    word = item.next().upper
    return f"{word} {item.next().upper}" if word in ("SET", "NO") else word


class ColumnNames:
    """What indexes and foreign keys ask of a table that they name."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.collations = {column.name: column.collation for column in table.columns}

    @cached_property
    def by_name(self) -> dict[str, str]:
        """The columns' names by their folded ones."""
        return {fold(column.name): column.name for column in self.table.columns}

    def spelled(self, names: Sequence[str]) -> tuple[str | None, ...]:
        """Columns as their definitions spell them; ``None`` where there is none of that name."""
        if all(name in self.collations for name in names):
            return tuple(names)
        return tuple([self.by_name.get(fold(name)) for name in names])


def read_index(name: str, stream: TokenStream, names: ColumnNames, *, unique: bool) -> Index:
    """Read a CREATE INDEX statement from behind the table's name. Raises ``DDLSyntaxError``."""
    table = names.table.name.name
    parts = [_index_part(item, table, names.by_name) for item in stream.group().items()]
    where = expression_of(stream, table, names.by_name) if stream.accept("WHERE") else None
    if not stream.done:
        raise stream.error(f"unknown word in an index: {stream.next().text!r}")
    return with_canonical_parts(Index(name, tuple(parts), unique=unique, where=where), names.collations)


@lru_cache(maxsize=8192)
def plain_part(column: str) -> IndexPart:
    """A column as the key of an index; those that are alike in many indexes are one value."""
    return IndexPart(column)


def _index_part(item: TokenStream, table: str, by_name: Mapping[str, str]) -> IndexPart:
    tokens = item.tokens
    descending = tokens[-1].upper == "DESC"
    if tokens[-1].upper in ("ASC", "DESC"):
        tokens = tokens[:-1]
    collation, keys = None, strip_parentheses(tokens)
    while len(keys) > 2 and keys[-2].upper == "COLLATE":  # the last one counts, in parentheses or behind them
        collation, keys = collation or upper(identifier(keys[-1])), strip_parentheses(keys[:-2])
    column = by_name.get(fold(identifier(keys[0]))) if len(keys) == 1 and keys[0].kind != NUMBER else None
    if column is not None:
        return IndexPart(column, descending=descending, collation=collation)
    return IndexPart(expression=expression_of(TokenStream(item.sql, tokens), table, by_name), descending=descending)
