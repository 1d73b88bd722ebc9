"""Foreign keys between this database and another one of the server, which hold a plan on either side.

No scratch copy has them: the other database is not copied, and nothing of ours is made that refers to it. What they
refuse is found here instead (errors 1005, 1217, 1451, 1833, 3776, 3780): a plan would have dropped a key by then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.dialects.mysql.read.types import BYTE_TYPES, CHARACTER_TYPES, base_type
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Column, ForeignKey, Name

_TEXTS = CHARACTER_TYPES - {"enum", "set"}
_NUMBERS = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}
_AS_BYTES = frozenset("bit decimal datetime timestamp time uuid inet4 inet6".split()) | BYTE_TYPES  # noqa: SIM905
_SMALL = frozenset(("enum", "set", "year"))
"""Stored as unsigned numbers, of as many bytes as they have labels for."""
_ALTERED = c.AlterColumnType | c.AlterColumnCollation | c.AlterColumnIdentity
_HOLDING = c.DropTable | c.DropColumn | c.AlterTableOptions | _ALTERED
_KEYS = c.DropIndex | c.DropUnique | c.DropPrimaryKey


class _Key(NamedTuple):
    """A foreign key of another database to ``table`` of this one; ``of`` is the table that has it."""

    of: Name
    name: str
    table: str
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return f"foreign key {self.name} of {self.of} refers to {self.table} ({', '.join(self.columns)})"


async def keys_elsewhere(connection: Connection, info: ServerInfo, changes: Sequence[c.Change]) -> list[str]:
    """The foreign keys for which the server refuses one of the changes, in words."""
    parts = [part for whole in changes for part in c.simple_changes(whole)]
    return [*await _to_us(connection, info, parts), *await _to_others(connection, parts)]


async def _to_us(connection: Connection, info: ServerInfo, parts: Sequence[c.SimpleChange]) -> list[str]:
    """Keys of other databases on what changes here."""
    relevant = [part for part in parts if isinstance(part, _HOLDING | _KEYS)]
    if not relevant:
        return []
    befores = {part.new: part.old for part in parts if isinstance(part, c.RenameTable)}
    dropped = {(part.table, part.foreign_key.name) for part in parts if isinstance(part, c.DropForeignKey)}
    found: dict[tuple[Name, str, str], list[str]] = {}
    for schema, child, name, table, column in await connection.fetch(query("keys_of_others")):
        found.setdefault((Name(schema, child), name, table), []).append(str(column))
    keys = [_Key(*place, tuple(columns)) for place, columns in found.items() if place[:2] not in dropped]
    held: dict[_Key, None] = {}
    for key in keys:
        here = [part for part in relevant if _is_of(part, key, befores)]
        if any(_holds(part, key, info) for part in here if isinstance(part, _HOLDING)) or (
            any(isinstance(part, _KEYS) for part in here) and await _loses_its_key(connection, key, parts)
        ):
            held.setdefault(key)
    return [str(key) for key in held]


def _is_of(part: c.SimpleChange, key: _Key, befores: dict[Name, Name]) -> bool:
    name = c.table_of(part)
    if name is None or name.schema:
        return False
    return befores.get(name, name).name.lower() == key.table.lower()


def _holds(part: _HOLDING, key: _Key, info: ServerInfo) -> bool:
    """Whether the server refuses a change of the key's table."""
    match part:
        case c.DropTable():
            return True
        case c.AlterTableOptions():
            return dict(part.old.options).get("engine") != dict(part.new.options).get("engine")
        case c.DropColumn():
            return part.column.name.lower() in map(str.lower, key.columns)
        case c.AlterColumnType() | c.AlterColumnCollation() | c.AlterColumnIdentity():
            mine = part.old.name.lower() in map(str.lower, key.columns)
            return mine and not _is_allowed(part, info)


def _is_allowed(part: _ALTERED, info: ServerInfo) -> bool:
    """What a column under a key may become: MariaDB lets it be numbered, MySQL take longer texts."""
    if isinstance(part, c.AlterColumnIdentity):
        return info.dialect == "mariadb"
    return info.dialect == "mysql" and _is_longer(part.old, part.new)


def _is_longer(old: Column, new: Column) -> bool:
    if base_type(old.type) != base_type(new.type) or old.collation != new.collation:
        return False
    lengths = [re.findall(r"\d+", column.type) for column in (old, new)]
    return base_type(old.type) in ("varchar", "varbinary") and int(lengths[0][0]) <= int(lengths[1][0])


async def _loses_its_key(connection: Connection, key: _Key, parts: Sequence[c.SimpleChange]) -> bool:
    """Whether no index that begins with the key's columns is left, and none is made."""
    gone, made = set[str](), list[tuple[str, ...]]()
    for part in parts:
        match part:
            case c.DropIndex():
                gone.add((part.index.name or "").lower())
            case c.DropUnique():
                gone.add((part.unique.name or "").lower())
            case c.DropPrimaryKey():
                gone.add("primary")
            case c.CreateIndex():
                made.append(part.index.columns)
            case c.AddUnique():
                made.append(part.unique.columns)
            case c.AddPrimaryKey():
                made.append(part.primary_key.columns)
            case _:  # nothing else makes or drops an index
                continue
    there: dict[str, tuple[str, ...]] = {}
    for name, column in await connection.fetch(
        "SELECT index_name AS name, column_name AS column_name FROM information_schema.statistics "
        "WHERE table_schema = database() AND table_name = %s ORDER BY index_name, seq_in_index",
        key.table,
    ):
        there[str(name).lower()] = (*there.get(str(name).lower(), ()), str(column))
    left = [columns for name, columns in there.items() if name not in gone]
    wanted = [column.lower() for column in key.columns]
    return not any([item.lower() for item in columns[: len(wanted)]] == wanted for columns in (*left, *made))


async def _to_others(connection: Connection, parts: Sequence[c.SimpleChange]) -> list[str]:
    """New keys of this database whose columns are not as those of the other one."""
    found = []
    changed = {name for part in parts if (name := c.table_of(part)) is not None}
    for table, key, columns in _new_keys(parts):
        if not key.ref_table.schema or key.ref_table in changed:
            continue
        rows = await connection.fetch(
            "SELECT lower(column_name) AS name, column_type AS type, collation_name AS collation_name "
            "FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
            *key.ref_table,
        )
        there = {str(name): Column(str(name), str(type_), collation=collation) for name, type_, collation in rows}
        for own, other in zip(key.columns, key.ref_columns, strict=False):
            mine, theirs = columns.get(own.lower()), there.get(other.lower())
            if mine is not None and theirs is not None and _differ(mine, theirs):
                found.append(
                    f"foreign key {key.name} of {table} refers to {key.ref_table} ({other}), which is {theirs.type} "
                    f"where {own} would be {mine.type},"
                )
    return found


def _new_keys(parts: Sequence[c.SimpleChange]) -> Iterator[tuple[Name, ForeignKey, dict[str, Column]]]:
    """Each new foreign key with the columns of its table that the changes tell of."""
    told: dict[Name, dict[str, Column]] = {}
    for part in parts:
        match part:
            case c.CreateTable():
                told[part.table.name] = {column.name.lower(): column for column in part.table.columns}
            case c.AlterColumnType() | c.AlterColumnCollation():
                told.setdefault(part.table, {})[part.new.name.lower()] = part.new
            case c.AddColumn():
                told.setdefault(part.table, {})[part.column.name.lower()] = part.column
            case _:  # no other change tells of a type
                continue
    for part in parts:
        if isinstance(part, c.AddForeignKey):
            yield part.table, part.foreign_key, told.get(part.table, {})
        elif isinstance(part, c.CreateTable):
            for key in part.table.foreign_keys:
                yield part.table.name, key, told[part.table.name]


def _differ(child: Column, parent: Column) -> bool:
    """Whether a foreign key between two columns is certainly refused: a collation that is not told may be the same."""
    if {base_type(child.type), base_type(parent.type)} & _SMALL:
        return False
    mine, theirs = _stored(child), _stored(parent)
    if mine == theirs == ("text",):
        return None not in (child.collation, parent.collation) and child.collation != parent.collation
    return mine != theirs


def _stored(column: Column) -> tuple[object, ...]:
    """How InnoDB stores a column: two of one kind may be the sides of a foreign key.

    1,800 pairs were asked of MySQL 9.7 and MariaDB 11.8: a DATETIME may refer to a DECIMAL, for both are bytes to it.
    """
    base = base_type(column.type)
    if base in _TEXTS:
        return ("text",)
    if base in _NUMBERS:
        return ("number", _NUMBERS[base], "unsigned" in column.type or "zerofill" in column.type)
    return ("bytes",) if base in _AS_BYTES else (base,)
