"""What is told without a server: which tables may differ, and which differences may be a matter of spelling."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import assert_never

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Domain, Enum, Expression, Index, Name, Schema, Table
from pytest_schemadrift.schema.severity import Severity


def suspected(old: Schema, new: Schema) -> frozenset[Name]:
    """The tables of ``new`` that are missing from ``old`` or look different there.

    A difference that belongs to no table (an enum, a sequence) puts the tables that it may touch under suspicion.
    """
    olds = {table.name: table for table in old.tables}
    found = {table.name for table in new.tables if olds.get(table.name) != table}
    if (old.enums, old.domains, old.sequences) != (new.enums, new.domains, new.sequences):
        changed = _changed_types(old, new)
        found |= {table.name for table in new.tables if any(_type_name(column) in changed for column in table.columns)}
    return frozenset(found)


def only_more_columns(old: Schema, new: Schema, suspects: Collection[Name]) -> bool:
    """Whether the suspects differ in nothing but columns that ``new`` does not have, with what stands on those.

    No server explains such a column by another spelling: all that is wanted is there, and equal.
    """
    if (old.enums, old.domains, old.sequences) != (new.enums, new.domains, new.sequences):
        return False
    olds = {table.name: table for table in old.tables}
    wanted = [table for table in new.tables if table.name in suspects]
    return all(table.name in olds and _without_more(olds[table.name], table) == table for table in wanted)


def _without_more(table: Table, wanted: Table) -> Table:
    """A table without the columns that are not wanted, and the indexes and foreign keys that name one of them."""
    more = {column.name for column in table.columns} - {column.name for column in wanted.columns}
    return replace(
        table,
        columns=tuple(column for column in table.columns if column.name not in more),
        indexes=tuple(index for index in table.indexes if more.isdisjoint((*index.columns, *index.include))),
        foreign_keys=tuple(key for key in table.foreign_keys if more.isdisjoint(key.columns)),
    )


def _changed_types(old: Schema, new: Schema) -> set[str]:
    """The names of the enums and domains that differ, and of the domains over them."""
    types: list[Enum | Domain] = [*old.enums, *old.domains]
    before = {item.name: item for item in types}
    after: list[Enum | Domain] = [*new.enums, *new.domains]
    found = {str(item.name) for item in after if before.get(item.name) != item}
    while over := {str(domain.name) for domain in new.domains if _type_name(domain) in found} - found:
        found |= over
    return found


def _type_name(typed: Column | Domain) -> str:
    """The name of a type, that of its elements where it is an array."""
    return typed.type.replace("[]", "").replace('"', "")


def maybe_spelling(plan: Plan, old: Schema) -> frozenset[int]:
    """The steps with a difference that lies in a text which a server may spell in several ways.

    ``old`` is the schema that the plan is made for.
    """
    doubt = _Doubt(plan, old)
    return frozenset(
        place
        for place, step in enumerate(plan.steps)
        if any(doubt.may_be_spelled(part, severity) for part, severity in step.parts)
    )


def certain_changes(plan: Plan, old: Schema) -> list[tuple[c.SimpleChange, Severity]]:
    """The changes that no spelling explains, those that are made in one statement with others one by one."""
    doubt = _Doubt(plan, old)
    return [
        (part, severity)
        for step in plan.steps
        for part, severity in step.parts
        if not doubt.may_be_spelled(part, severity)
    ]


class _Doubt:
    """What is to be known of a plan to say which of its changes may be nothing but another spelling."""

    def __init__(self, plan: Plan, old: Schema) -> None:
        self.every = [part for step in plan.steps for part, _ in step.parts]
        own: list[Domain | Enum] = [*old.domains, *old.enums]
        self.own_types = {str(item.name) for item in own}
        dialect = get_dialect(old.dialect)
        self.types_are_texts = dialect.capabilities(dialect.default_info).types_are_texts

    def may_be_spelled(self, change: c.SimpleChange, severity: Severity) -> bool:
        match change:
            case c.AlterColumnCollation():  # but a smaller character set is no other spelling
                return severity is not Severity.BREAKS_QUERIES
            case c.AlterColumnType():
                own = {_type_name(change.old), _type_name(change.new)} & self.own_types  # no other word for these
                return not (self.types_are_texts or own) and _is_spelled(change)
            case _:  # tells a text that may be another by itself
                return _is_spelled(change) and _may_have_another_side(change, self.every)


def _may_have_another_side(change: c.SimpleChange, every: Sequence[c.SimpleChange]) -> bool:
    """A rule that is extra where none is missing, or missing where none is extra, is no other spelling of anything."""
    pairs = ((c.AddCheck, c.DropCheck), (c.AddExclusion, c.DropExclusion), (c.CreateIndex, c.DropIndex))
    for added, dropped in pairs:
        if isinstance(change, added | dropped):
            other = dropped if isinstance(change, added) else added
            return any(isinstance(item, other) and item.table == change.table for item in every)
    return True


def _is_spelled(change: c.SimpleChange) -> bool:
    """Whether two servers, or a server and a person, may write what the change is about in two ways."""
    match change:
        case c.CreateIndex() | c.DropIndex() | c.RebuildIndex():
            return _index_is_spelled(change.index)
        case c.RenameIndex() | c.SetIndexComment():
            return False
        case c.AddCheck() | c.DropCheck() | c.AddExclusion() | c.DropExclusion() | c.AlterDomain():
            return True
        case c.AlterTableOptions():
            old, new = change.old, change.new
            return (old.partition_by, old.partition_of) != (new.partition_by, new.partition_of)
        case c.AlterColumnType():
            return not _certainly_other(change.old.type, change.new.type)
        case c.AlterColumnDefault():
            return _default_is_spelled(change.old.default, change.new.default)
        case c.AlterColumnGenerated():
            return (change.old.generated is None) == (change.new.generated is None)
        case c.AlterColumnOptions() | c.AlterColumnCollation():
            return True
        case c.AlterColumnNullability() | c.AlterColumnIdentity() | c.SetColumnComment() | c.MoveColumns():
            return False
        case c.CreateTable() | c.DropTable() | c.RenameTable() | c.SetTableComment() | c.SetConstraintComment():
            return False
        case c.AddColumn() | c.DropColumn() | c.RenameColumn():
            return False
        case c.AddUnique() | c.DropUnique() | c.AddPrimaryKey() | c.DropPrimaryKey() | c.RenameConstraint():
            return False
        case c.AddForeignKey() | c.DropForeignKey() | c.ValidateConstraint() | c.SetEnforced():
            return False
        case _ if isinstance(change, c.SchemaObjectChange):
            return False
        case _:
            assert_never(change)


def _default_is_spelled(old: Expression | None, new: Expression | None) -> bool:
    """Whether two defaults may mean the same: none is no other spelling of one, and no number of another."""
    if old is None or new is None:
        return False
    return not (old.key.isdecimal() and new.key.isdecimal() and int(old.key) != int(new.key))


_WITH_LENGTH = re.compile(r"(character varying|varchar|character|char|varbinary|binary)\((\d+)\)", re.IGNORECASE)
_WITH_PRECISION = re.compile(r"(numeric|decimal)\((\d+), ?(\d+)\)", re.IGNORECASE)
_INTEGER = re.compile(r"(tinyint|smallint|mediumint|int|bigint)(?:\(\d+\))?( unsigned)?(?: zerofill)?")
"""MySQL, MariaDB: what stands in parentheses is how many digits are shown."""
_WITH_DIGITS = re.compile(
    r"(datetime|timestamp|time|interval|bit|bit varying)(\(\d+\))?( with time zone| without time zone)?"
)
_MEMBERS = re.compile(r"(enum|set)\(.*\)", re.DOTALL)
_PLAIN_TYPES = frozenset(
    {
        *("text", "uuid", "boolean", "jsonb", "json", "date", "bytea", "real", "double precision"),
        *("numeric", "character varying", "money", '"char"', "name", "oid", "xid", "inet", "cidr", "xml"),
        *("tinytext", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob", "float", "double"),
    }
)
"""As PostgreSQL's ``format_type`` and ``COLUMN_TYPE`` of MySQL and MariaDB print them; DDL is read into the same."""
_ONE_NAME = {"character varying": "varchar", "character": "char", "numeric": "decimal", "integer": "int"}


def _certainly_other(old: str, new: str) -> bool:
    """Whether no server means the same by two types: each has one spelling, and they are not the same."""
    before, after = _meaning(old), _meaning(new)
    return before is not None and after is not None and before != after


def _meaning(type_: str) -> tuple[str, ...] | None:
    """A type with its numbers, where every server means one thing by it and has one spelling for it."""
    if type_.endswith("[]"):
        item = _meaning(type_.removesuffix("[]"))
        return None if item is None else (*item, "[]")
    if numbered := _WITH_LENGTH.fullmatch(type_) or _WITH_PRECISION.fullmatch(type_):
        name, *numbers = numbered.groups()
        return (_ONE_NAME.get(name.lower(), name.lower()), *numbers)
    if integer := _INTEGER.fullmatch(_ONE_NAME.get(type_, type_)):
        return integer[1], integer[2] or ""
    if counted := _WITH_DIGITS.fullmatch(type_):
        return counted[1], counted[2] or "", counted[3] or ""
    if members := _MEMBERS.fullmatch(type_):
        return (members[1],)
    return (type_,) if type_ in _PLAIN_TYPES else None


def _index_is_spelled(index: Index) -> bool:
    return index.where is not None or any(part.expression is not None for part in index.parts)
