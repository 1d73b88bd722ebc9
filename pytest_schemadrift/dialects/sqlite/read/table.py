"""Reading CREATE TABLE and CREATE INDEX into canonical tables: what means the same is written the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pytest_schemadrift.dialects.reader import NUMBER, QUOTED, STRING, WORD, Token, TokenStream, strip_parentheses
from pytest_schemadrift.dialects.sqlite.read.expressions import default_of, expression_of
from pytest_schemadrift.dialects.sqlite.read.tokens import fold, identifier, upper
from pytest_schemadrift.dialects.sqlite.read.types import NOT_A_TYPE, canonical_type
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Expression,
    ForeignKey,
    Generated,
    Index,
    IndexPart,
    Name,
    Options,
    PrimaryKey,
    Table,
    make_table,
    options,
)


@dataclass(slots=True)
class _DraftColumn:
    """A column while its table's text is read."""

    name: str
    type: str
    nullable: bool = True
    default: Expression | None = None
    autoincrement: bool = False
    collation: str | None = None
    generated: tuple[TokenStream, bool] | None = None
    """The expression, still to be read, for it may name columns that come later; whether it is stored."""
    options: Options = ()


@dataclass(slots=True)
class _Draft:
    """A table while its text is read."""

    name: str
    columns: dict[str, _DraftColumn] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)
    primary_key: PrimaryKey | None = None
    inline_primary_key: bool = False
    uniques: list[Index] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: list[tuple[str | None, TokenStream]] = field(default_factory=list)

    def column(self, token: Token) -> str:
        """A column's name as its definition spells it (names are compared without case)."""
        name = identifier(token)
        return self.by_name.get(fold(name), name)


def read_table(name: str, stream: TokenStream) -> Table:
    """Read a CREATE TABLE statement from behind the table's name. Raises ``DDLSyntaxError``."""
    draft = _Draft(name)
    body = stream.group()
    constraints = []
    for item in body.items():
        token = item.tokens[0]
        if token.upper in _TABLE_CONSTRAINTS:
            constraints.append(item)
        else:
            _read_column(draft, item)
    for item in constraints:
        _read_table_constraints(draft, item)
    strict, without_rowid = _read_table_options(stream)
    return _finish(draft, strict=strict, without_rowid=without_rowid)


_TABLE_CONSTRAINTS = frozenset(["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"])


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


def _read_column(draft: _Draft, item: TokenStream) -> None:
    name = identifier(item.next())
    draft.by_name[fold(name)] = name
    column = _DraftColumn(name, _read_type(item))
    draft.columns[name] = column
    constraint: str | None = None
    while not item.done:
        word = item.next().upper
        if word == "CONSTRAINT":
            constraint = identifier(item.next())
            continue
        _read_column_constraint(draft, item, column, word, constraint)
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
    draft: _Draft, item: TokenStream, column: _DraftColumn, word: str, name: str | None
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
            draft.primary_key = PrimaryKey((part,), name, options(on_conflict=_conflict(item)))
            draft.inline_primary_key = True
            column.autoincrement = item.accept("AUTOINCREMENT")
        case "UNIQUE":
            draft.uniques.append(_unique(name, (IndexPart(column.name),), _conflict(item)))
        case "CHECK":
            draft.checks.append((name, item.group()))
            _conflict(item)
        case "REFERENCES":
            draft.foreign_keys.append(_references(item, (column.name,), name))
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


def _read_table_constraints(draft: _Draft, item: TokenStream) -> None:
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
                draft.columns[draft.column(keys.tokens[0])].autoincrement = True
            draft.primary_key = PrimaryKey(_parts(draft, keys), name, options(on_conflict=_conflict(item)))
        elif item.accept("UNIQUE"):
            parts = _parts(draft, item.group())
            draft.uniques.append(_unique(name, parts, _conflict(item)))
        elif item.accept("CHECK"):
            draft.checks.append((name, item.group()))
            _conflict(item)
        elif item.accept("FOREIGN", "KEY"):
            columns = tuple(draft.column(part.next()) for part in item.group().items())
            item.expect("REFERENCES")
            draft.foreign_keys.append(_references(item, columns, name))
        else:
            raise item.error(f"unknown table constraint {item.next().text!r}")
        name = None


def _unique(name: str | None, parts: tuple[IndexPart, ...], conflict: str | None) -> Index:
    return Index(name, parts, unique=True, constraint=True, options=options(on_conflict=conflict))


def _parts(draft: _Draft, keys: TokenStream) -> tuple[IndexPart, ...]:
    """The keys of a constraint: columns only, with collation and direction."""
    parts = []
    for item in keys.items():
        column = draft.column(item.next())
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


def _finish(draft: _Draft, *, strict: bool, without_rowid: bool) -> Table:
    """Give the parts of a table their canonical form: what means the same is written the same."""
    primary_key = draft.primary_key
    if primary_key is not None:
        primary_key = _canonical_key(primary_key, draft, without_rowid=without_rowid)
        types = {name: column.type for name, column in draft.columns.items()}
        alias = is_rowid_alias(primary_key, types, without_rowid=without_rowid)
        for name in primary_key.columns if alias or without_rowid or strict else ():
            if name in draft.columns:
                draft.columns[name].nullable = False
                if alias:  # NOT NULL of a rowid alias is never looked at
                    draft.columns[name].options = ()
    collations = {name: column.collation for name, column in draft.columns.items()}
    uniques = [_with_canonical_parts(unique, collations) for unique in draft.uniques]
    checks = [Check(name, expression_of(stream, draft.name, draft.by_name)) for name, stream in draft.checks]
    return make_table(
        Name("", draft.name),
        [_finished_column(column, draft) for column in draft.columns.values()],
        primary_key=primary_key,
        indexes=dict.fromkeys(uniques),  # SQLite makes one index of twins
        foreign_keys=draft.foreign_keys,
        checks=dict.fromkeys(checks),
        options=options(strict=strict, without_rowid=without_rowid),
    )


def _finished_column(column: _DraftColumn, draft: _Draft) -> Column:
    generated = None
    if column.generated is not None:
        stream, stored = column.generated
        generated = Generated(expression_of(stream, draft.name, draft.by_name), stored)
    return Column(
        column.name,
        column.type,
        nullable=column.nullable,
        default=column.default,
        autoincrement=column.autoincrement,
        generated=generated,
        collation=column.collation,
        options=column.options,
    )


def _canonical_key(key: PrimaryKey, draft: _Draft, *, without_rowid: bool) -> PrimaryKey:
    """The primary key; the direction of a rowid alias says nothing unless it was written inline (S3)."""
    if not draft.inline_primary_key and not without_rowid and len(key.parts) == 1:
        column = draft.columns.get(key.parts[0].column or "")
        if column is not None and column.type == "INTEGER":
            return replace(key, parts=(IndexPart(column.name),))
    collations = {name: column.collation for name, column in draft.columns.items()}
    return replace(key, parts=tuple(_canonical_part(part, collations) for part in key.parts))


def _with_canonical_parts(index: Index, collations: Mapping[str, str | None]) -> Index:
    if all(part.collation is None for part in index.parts):
        return index
    return replace(index, parts=tuple(_canonical_part(part, collations) for part in index.parts))


def _canonical_part(part: IndexPart, collations: Mapping[str, str | None]) -> IndexPart:
    """A key whose collation is its column's own is left without one."""
    inherited = collations.get(part.column or "") or "BINARY"
    return replace(part, collation=None) if part.collation == inherited else part


def is_rowid_alias(key: PrimaryKey, types: Mapping[str, str], *, without_rowid: bool) -> bool:
    """Whether the key is the rowid itself: exactly one column of exactly the type INTEGER (S3)."""
    if without_rowid or len(key.parts) != 1 or key.parts[0].descending:
        return False
    return types.get(key.parts[0].column or "") == "INTEGER"


def rowid_alias(table: Table) -> str | None:
    """The column that is the table's rowid, if there is one."""
    key = table.primary_key
    types = {column.name: column.type for column in table.columns}
    without_rowid = ("without_rowid", "yes") in table.options
    if key is None or not is_rowid_alias(key, types, without_rowid=without_rowid):
        return None
    return key.columns[0]


def read_index(name: str, stream: TokenStream, table: Table, *, unique: bool) -> Index:
    """Read a CREATE INDEX statement from behind the table's name. Raises ``DDLSyntaxError``."""
    by_name = {fold(column.name): column.name for column in table.columns}
    collations = {column.name: column.collation for column in table.columns}
    parts = [_index_part(item, table.name.name, by_name) for item in stream.group().items()]
    where = expression_of(stream, table.name.name, by_name) if stream.accept("WHERE") else None
    if not stream.done:
        raise stream.error(f"unknown word in an index: {stream.next().text!r}")
    return _with_canonical_parts(Index(name, tuple(parts), unique=unique, where=where), collations)


def _index_part(item: TokenStream, table: str, by_name: Mapping[str, str]) -> IndexPart:
    tokens = item.tokens
    descending = tokens[-1].upper == "DESC"
    if tokens[-1].upper in ("ASC", "DESC"):
        tokens = tokens[:-1]
    collation, keys = None, tokens
    if len(tokens) > 2 and tokens[-2].upper == "COLLATE":
        collation, keys = upper(identifier(tokens[-1])), tokens[:-2]
    keys = strip_parentheses(keys)
    column = by_name.get(fold(identifier(keys[0]))) if len(keys) == 1 and keys[0].kind != NUMBER else None
    if column is not None:
        return IndexPart(column, descending=descending, collation=collation)
    return IndexPart(expression=expression_of(TokenStream(item.sql, tokens), table, by_name), descending=descending)
