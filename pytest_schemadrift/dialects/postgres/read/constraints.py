"""Constraints of CREATE TABLE and ALTER TABLE, and what reading any part of a table needs to know."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from pytest_schemadrift.dialects.postgres.names import columns_text, fold, lower, made_up, read_identifier
from pytest_schemadrift.dialects.postgres.read.builder import ColumnBuilder, TableBuilder, plain_parts
from pytest_schemadrift.dialects.postgres.read.indexes import key_names, read_exclusion, read_index_tail, unkeyed
from pytest_schemadrift.dialects.reader import QUOTED, WORD, Token, TokenStream, references
from pytest_schemadrift.schema.model import Check, Exclusion, ForeignKey, Index, Name, PrimaryKey, options


@dataclass(frozen=True)
class Surroundings:
    """What reading a table needs to know of the script and the server."""

    default_schema: str
    version: int
    qualified: Callable[[TokenStream], Name]
    """Reads a dotted name and resolves it."""
    table: Callable[[Name], TableBuilder | None]
    """A table that was created before."""
    rename_column: Callable[[TableBuilder, str, str], None]
    """Renames a column everywhere in the script's database."""
    name_counter: Callable[[TableBuilder, ColumnBuilder], None]
    """Gives the sequence of a new serial or identity column its name."""
    separate_counter: Callable[[TableBuilder, ColumnBuilder], None]
    """Makes the sequence of a serial column an object of its own, before a statement alters the column."""
    column_storage: bool
    """Whether STORAGE and COMPRESSION are part of a column."""


@dataclass
class Pending:
    """Constraints of one statement, in the order in which the server makes them and gives them names."""

    checks: list[Check]
    keys: list[PrimaryKey | Index]
    exclusions: list[Exclusion]
    foreign_keys: list[ForeignKey]

    @classmethod
    def empty(cls) -> Pending:
        """Nothing yet."""
        return cls([], [], [], [])


def read_check(stream: TokenStream, name: str | None) -> Check:
    """Read what follows the word CHECK."""
    check = Check(name, unkeyed(stream.group().text()))
    while True:
        if stream.accept("NO", "INHERIT"):
            check = replace(check, no_inherit=True)
        elif stream.accept("NOT", "VALID"):
            check = replace(check, validated=False)
        elif stream.accept("NOT", "ENFORCED"):
            check = replace(check, enforced=False)
        elif not stream.accept("ENFORCED"):
            return check


def read_unique(stream: TokenStream, columns: tuple[str, ...], name: str | None) -> Index:
    """Read what follows UNIQUE and its columns."""
    index = Index(name, plain_parts(columns), unique=True, constraint=True)
    return read_index_tail(stream, index)


def read_primary_key(stream: TokenStream, columns: tuple[str, ...], name: str | None) -> PrimaryKey:
    """Read what follows PRIMARY KEY and its columns."""
    index = read_index_tail(stream, Index(name, plain_parts(columns)))
    extra = options(include=columns_text(index.include) or None)
    return PrimaryKey(index.parts, name, tuple(sorted({*index.options, *extra})))


def read_references(
    stream: TokenStream, columns: tuple[str, ...], name: str | None, around: Surroundings, *, period: bool = False
) -> ForeignKey:
    """Read what follows the word REFERENCES."""
    key = references(stream, columns, name, fold, around.qualified)
    enforced = True
    while not stream.done:
        if stream.accept("NOT", "ENFORCED"):
            enforced = False
        elif stream.accept("NOT", "VALID"):
            key = replace(key, validated=False)
        elif not stream.accept("ENFORCED"):
            break
    return replace(
        key, on_delete=_action(key.on_delete), options=options(not_enforced=not enforced, period=period or None)
    )


def _action(text: str) -> str:
    """``SET NULL (a, B)`` with its columns quoted, as the dump has it."""
    action, parenthesis, inner = text.partition(" (")
    if not parenthesis:
        return text
    parts = re.findall(r'"((?:[^"]|"")*)"|([^\s,)]+)', inner)
    return f"{action} ({columns_text(quoted.replace(chr(34) * 2, chr(34)) or lower(bare) for quoted, bare in parts)})"


_CONSTRAINT_STARTS = frozenset(["CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "EXCLUDE", "NOT"])


def at_constraint(stream: TokenStream) -> bool:
    """Whether a table constraint comes next, and no column of such a name."""
    token = stream.peek()
    if token is None or token.upper not in _CONSTRAINT_STARTS:
        return False
    if token.upper == "EXCLUDE":
        return stream.at("EXCLUDE", "USING") or stream.at("EXCLUDE", "(")
    if token.upper == "NOT":
        return stream.at("NOT", "NULL")
    return token.upper in ("CONSTRAINT", "CHECK", "UNIQUE") or stream.at(token.upper, "KEY")


def read_constraint(stream: TokenStream, table: TableBuilder, around: Surroundings, pending: Pending) -> None:
    """Read one table constraint into ``pending``."""
    name = read_identifier(stream) if stream.accept("CONSTRAINT") else None
    if stream.accept("CHECK"):
        pending.checks.append(read_check(stream, name))
    elif stream.accept("NOT", "NULL"):
        _not_null(stream, table, name)
    elif stream.accept("PRIMARY", "KEY"):
        if stream.accept("USING", "INDEX"):
            table.use_index(read_identifier(stream), name, primary=True)
            read_index_tail(stream, Index(None, ()))
        else:
            columns, overlaps = _key_columns(stream)
            key = read_primary_key(stream, columns, name)
            pending.keys.append(replace(key, options=tuple(sorted({*key.options, *overlaps}))))
    elif stream.accept("UNIQUE"):
        if stream.accept("USING", "INDEX"):
            table.use_index(read_identifier(stream), name, primary=False)
            read_index_tail(stream, Index(None, ()))
        else:
            nulls = stream.accept("NULLS", "NOT", "DISTINCT")
            stream.accept("NULLS", "DISTINCT")
            columns, overlaps = _key_columns(stream)
            index = read_unique(stream, columns, name)
            pending.keys.append(
                replace(
                    index,
                    nulls_not_distinct=nulls or index.nulls_not_distinct,
                    options=tuple(sorted({*index.options, *overlaps})),
                )
            )
    elif stream.accept("FOREIGN", "KEY"):
        columns, period = _foreign_columns(stream)
        stream.expect("REFERENCES")
        if period:
            _skip_periods(stream)
        pending.foreign_keys.append(read_references(stream, columns, name, around, period=period))
    elif stream.at("EXCLUDE"):
        pending.exclusions.append(read_exclusion(name, stream.text()))
    else:
        raise stream.error("this constraint is not understood")
    if not stream.done:
        raise stream.error("the end of this constraint is not understood")


def _not_null(stream: TokenStream, table: TableBuilder, name: str | None) -> None:
    column = read_identifier(stream)
    inherited = not stream.accept("NO", "INHERIT")
    unvalidated = stream.accept("NOT", "VALID")
    builder = table.columns.get(column)
    if builder is None:
        return  # it is a parent's, and compared there
    builder.set_not_null(name, inherited=inherited)
    if unvalidated:
        builder.nullable, builder.unvalidated = True, name or made_up(table.name.name, column, "not_null")


def _key_columns(stream: TokenStream) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    columns, overlaps = [], False
    for part in stream.group().items():
        columns.append(read_identifier(part))
        overlaps = part.accept("WITHOUT", "OVERLAPS") or overlaps
    return tuple(columns), options(without_overlaps=overlaps)


def _foreign_columns(stream: TokenStream) -> tuple[tuple[str, ...], bool]:
    columns, period = [], False
    for part in stream.group().items():
        second = part.peek(1)
        if part.at("PERIOD") and second is not None:
            period = part.accept("PERIOD")
        columns.append(read_identifier(part))
    return tuple(columns), period


def _skip_periods(stream: TokenStream) -> None:
    """Leave out the word in ``REFERENCES t (a, PERIOD b)``, which the common reader does not know."""
    rest = stream.tokens[stream.position :]
    following = [*rest[1:], None]
    kept = [token for token, after in zip(rest, following, strict=True) if not _is_period(token, after)]
    stream.tokens = [*stream.tokens[: stream.position], *kept]


def _is_period(token: Token, after: Token | None) -> bool:
    return token.upper == "PERIOD" and after is not None and after.kind in (WORD, QUOTED)


def key_middle(key: Index) -> list[str]:
    """The names in the middle of a unique constraint's or index's made-up name."""
    return key_names(key.parts, key.include)
