"""The nouns: a database schema as a value, without connection, without back pointers, compared by ``==``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import field, replace
from typing import ClassVar, Self

from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.name import Name as Name  # noqa: PLC0414 -- it is part of this module

Options = tuple[tuple[str, str], ...]
"""Dialect-specific attributes as sorted (name, canonical text) pairs; each dialect documents its own."""


def options(**values: str | bool | int | None) -> Options:
    """Build ``Options``: drops ``None`` and ``False``, turns ``True`` into ``"yes"``, sorts by name."""
    return tuple(
        sorted(
            (name, "yes" if value is True else str(value))
            for name, value in values.items()
            if value is not None and value is not False
        )
    )


class Value:
    """Pickled as the call that makes it, which reads back in half the time that dataclasses take by themselves."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), tuple([getattr(self, name) for name in self.__match_args__])


@dataclass(frozen=True, slots=True)
class Expression(Value):
    """SQL text as it came (``sql``) and what it is compared by (``key``).

    Equal keys promise that every server of the dialect means the same; unequal keys promise nothing:
    the difference may be spelling, which only a scratch database can settle.
    """

    sql: str = field(compare=False, repr=False)
    key: str


@dataclass(frozen=True, slots=True)
class Identity(Value):
    """``GENERATED … AS IDENTITY`` with its sequence options; ``None`` stands for the server's default."""

    always: bool = False
    start: int | None = None
    increment: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    cache: int | None = None
    cycle: bool = False


@dataclass(frozen=True, slots=True)
class Generated(Value):
    """A computed column's expression, stored on disk or computed when read."""

    expression: Expression
    stored: bool


@dataclass(frozen=True, slots=True)
class Column(Value):
    """One column; ``type`` is the canonical spelling of the server, every modifier included.

    ``autoincrement`` is PostgreSQL's serial (``type`` stays integer, ``default`` stays ``None``), MySQL's
    AUTO_INCREMENT and SQLite's AUTOINCREMENT. ``collation`` and ``charset`` are ``None`` where inherited.
    """

    name: str
    type: str
    nullable: bool = True
    default: Expression | None = None
    autoincrement: bool = False
    identity: Identity | None = None
    generated: Generated | None = None
    collation: str | None = None
    charset: str | None = None
    on_update: Expression | None = None
    comment: str | None = None
    options: Options = ()
    unvalidated: str | None = None
    """The name of a NOT NULL constraint that is NOT VALID (PostgreSQL 18); ``nullable`` is true, for NULL is there."""
    not_inherited: bool = False
    """Whether its NOT NULL is NO INHERIT (PostgreSQL 18): rows of tables that inherit from this one may have NULL."""
    not_null_name: str | None = field(default=None, compare=False, repr=False)
    """The name of its NOT NULL constraint (PostgreSQL 18), where it is not the one that the server makes up."""
    sequence_name: str | None = field(default=None, compare=False, repr=False)
    """The name of the sequence of a serial or identity column (PostgreSQL), where it is not the one made up for it."""


@dataclass(frozen=True, slots=True)
class IndexPart(Value):
    """One key of an index: a column or an expression, never both."""

    column: str | None = None
    expression: Expression | None = None
    descending: bool = False
    nulls_first: bool | None = None
    """``None`` where it is the server's default for the direction."""
    opclass: str | None = None
    collation: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class PrimaryKey(Value):
    """A table's primary key; ``parts`` carry MySQL's prefix lengths and SQLite's collations."""

    parts: tuple[IndexPart, ...]
    name: str | None = None
    options: Options = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The key's column names, in key order."""
        return tuple(part.column or "" for part in self.parts)

    @property
    def without_comment(self) -> PrimaryKey:
        """The same key, with no comment (MySQL, MariaDB)."""
        return replace(self, options=tuple(item for item in self.options if item[0] != "comment"))


@dataclass(frozen=True, slots=True)
class Index(Value):
    """An index; a unique constraint is an ``Index`` with ``unique`` and ``constraint`` (they do the same).

    ``method`` is lower case, ``None`` for the dialect's default (btree). ``valid`` is false for what a failed
    ``CREATE INDEX CONCURRENTLY`` left behind.
    """

    name: str | None
    parts: tuple[IndexPart, ...]
    unique: bool = False
    constraint: bool = False
    method: str | None = None
    where: Expression | None = None
    include: tuple[str, ...] = ()
    nulls_not_distinct: bool = False
    valid: bool = True
    comment: str | None = None
    options: Options = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The plain column names among the keys, in key order."""
        return tuple(part.column for part in self.parts if part.column is not None)


@dataclass(frozen=True, slots=True)
class ForeignKey(Value):
    """A foreign key; actions are upper case, ``NO ACTION`` where none is given.

    ``ref_columns`` is empty where the DDL leaves the referenced table's primary key unsaid.
    """

    name: str | None
    columns: tuple[str, ...]
    ref_table: Name
    ref_columns: tuple[str, ...] = ()
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    match: str = "SIMPLE"
    deferrable: bool = False
    initially_deferred: bool = False
    validated: bool = True
    options: Options = ()


@dataclass(frozen=True, slots=True)
class Check(Value):
    """A CHECK constraint of a table or of one of its columns.

    ``column`` is set where the server keeps the check as part of a column's definition (MariaDB: it is nameless and
    goes with MODIFY); it means the same as one of the table, so it does not count in comparisons.
    """

    name: str | None
    expression: Expression
    validated: bool = True
    enforced: bool = True
    no_inherit: bool = False
    column: str | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NotNull(Value):
    """A NOT NULL constraint by its name, where that counts: one that was added NOT VALID."""

    name: str
    column: str


@dataclass(frozen=True, slots=True)
class Exclusion(Value):
    """PostgreSQL's ``EXCLUDE`` constraint; ``definition`` is everything after the name but the storage parameters."""

    name: str | None
    definition: Expression
    options: Options = ()


@dataclass(frozen=True, slots=True)
class Trigger(Value):
    """A trigger with the statement that creates it; kept over a rebuild, never compared with models."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Table(Value):
    """A table with all that belongs to it; constraints and indexes are sorted by ``sort_key``.

    ``kind``: ``table``, ``partitioned`` (PostgreSQL parent), ``partition``, ``foreign`` or ``virtual``.
    ``partition_by`` and ``partition_of`` hold the clause text; ``inherits`` the parents' names.
    """

    name: Name
    columns: tuple[Column, ...]
    primary_key: PrimaryKey | None = None
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    comment: str | None = None
    kind: str = "table"
    partition_by: Expression | None = None
    partition_of: tuple[Name, str] | None = None
    inherits: tuple[Name, ...] = ()
    options: Options = ()
    triggers: tuple[Trigger, ...] = ()
    constraint_comments: Options = ()
    """(name of a constraint, comment), sorted (PostgreSQL); one of a name that the table does not have says nothing."""
    index_comments: Options = ()
    """(name of a primary key or exclusion constraint, comment on the index behind it), as ``constraint_comments``."""
    of_inherited: tuple[str, ...] = field(default=(), compare=False, repr=False)
    """What it says of columns of its parents that is its own (PostgreSQL), as elements of CREATE TABLE."""

    @property
    def part_of(self) -> tuple[Name, ...]:
        """The tables whose rows are in this one: a partition's, or those inherited from without a column of its own."""
        if self.partition_of is not None:
            return (self.partition_of[0],)
        return () if self.columns else self.inherits

    def column(self, name: str) -> Column | None:
        """The column of that exact name, or ``None``."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class Enum(Value):
    """PostgreSQL's ``CREATE TYPE … AS ENUM``; the order of ``values`` counts."""

    name: Name
    values: tuple[str, ...]
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Sequence(Value):
    """A free-standing sequence (those owned by a serial or identity column belong to the column)."""

    name: Name
    type: str = "bigint"
    start: int | None = None
    increment: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    cache: int | None = None
    cycle: bool = False
    owned_by: tuple[Name, str] | None = None


@dataclass(frozen=True, slots=True)
class Domain(Value):
    """PostgreSQL's ``CREATE DOMAIN``."""

    name: Name
    type: str
    nullable: bool = True
    default: Expression | None = None
    collation: str | None = None
    checks: tuple[Check, ...] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class View(Value):
    """A view with the statement that creates it; never compared with models, but in the way of some changes.

    ``depends_on`` names the tables and views it reads, ``triggers`` those that stand INSTEAD OF writing to it.
    """

    name: Name
    sql: str
    materialized: bool = False
    depends_on: tuple[Name, ...] = ()
    triggers: tuple[Trigger, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark(Value):
    """What was given to an object and goes with it when the object is recreated: a comment, a right, an owner, a state.

    ``on`` is the kind of object (``view``, ``index``, ``trigger``, …), ``owner`` the table, view, type or sequence it
    belongs to or is, ``name`` its own name there (empty for the owner itself). ``values`` depend on the ``aspect``.
    ``wants`` says what would give the role the right to put it back, where it has none. One ``of_plan`` was read for
    the tables that a plan changes, and is in no dump.
    """

    on: str
    owner: Name
    name: str
    aspect: str
    values: tuple[str, ...] = ()
    wants: str = ""
    of_plan: bool = False


@dataclass(frozen=True, slots=True)
class Dependent(Value):
    """What stands on columns or tables, with the statement that creates it; never compared with models.

    ``owner`` is the table or view that it belongs to (``None`` for functions and publications), ``stands_on`` the
    tables and columns (empty: the table as a whole) that cannot change or go under it.
    """

    kind: str
    owner: Name | None
    name: str
    sql: str = ""
    stands_on: tuple[tuple[Name, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UnsupportedObject(Value):
    """What was seen and cannot be expressed: always reported, never counted as in sync.

    ``table`` names the table it belongs to, ``None`` where it stands alone; ``failing`` is what was tried in vain.
    """

    kind: str
    name: str
    reason: str
    sql: str = ""
    table: Name | None = None
    failing: str = "could not be read"


def names_of_tables(schema: Schema) -> frozenset[Name]:
    """The tables of a schema, those that could not be read among them."""
    unread = (item.table for item in schema.unsupported if item.kind == "table" and item.table is not None)
    return frozenset((*(table.name for table in schema.tables), *unread))


class _TablesByName:
    """The tables of a schema by name, once somebody has asked: no field, and so no part of the value."""

    __slots__ = ("_tables",)
    _tables: dict[Name, Table]


@dataclass(frozen=True, slots=True)
class Schema(_TablesByName, Value):
    """All of a database that we look at; every tuple is sorted by name, so equal schemas are ``==``.

    ``unseen`` is what may be there, besides, and is hidden from the role that looked: another role may see a schema as
    equal to this one.
    """

    dialect: str
    tables: tuple[Table, ...] = ()
    namespaces: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    enums: tuple[Enum, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    domains: tuple[Domain, ...] = ()
    views: tuple[View, ...] = ()
    unsupported: tuple[UnsupportedObject, ...] = ()
    marks: tuple[Mark, ...] = field(default=(), compare=False)
    dependents: tuple[Dependent, ...] = field(default=(), compare=False)
    unseen: tuple[UnsupportedObject, ...] = field(default=(), compare=False, repr=False)

    def table(self, name: Name) -> Table | None:
        """The table of that name, or ``None``."""
        try:
            return self._tables.get(name)
        except AttributeError:
            object.__setattr__(self, "_tables", {table.name: table for table in reversed(self.tables)})
            return self._tables.get(name)


STORED: tuple[type, ...] = (
    Name,
    Expression,
    Identity,
    Generated,
    NotNull,
    Column,
    IndexPart,
    PrimaryKey,
    Index,
    ForeignKey,
    Check,
    Exclusion,
    Trigger,
    Table,
    Enum,
    Sequence,
    Domain,
    View,
    UnsupportedObject,
    Mark,
    Dependent,
    Schema,
)
"""What a schema consists of: the classes that a stored one may name."""


def parts_of(schema: Schema, wholes: Set[Name]) -> frozenset[Name]:
    """What holds rows of these tables, at any depth: that is the database's own business, and TimescaleDB's chunks."""
    found = set(wholes)
    waiting = [table for table in schema.tables if table.part_of]
    while more := {table.name for table in waiting if not found.isdisjoint(table.part_of)} - found:
        found |= more
    return frozenset(found - wholes)


def comments_of_constraints(table: Table) -> dict[str, str]:
    """The comments of the constraints that a table has, by the constraint's name."""
    names = {table.primary_key.name} if table.primary_key is not None else set()
    names |= {index.name for index in table.indexes if index.constraint}
    names |= {key.name for key in table.foreign_keys} | {check.name for check in table.checks}
    names |= {item.name for item in table.exclusions}
    return {name: comment for name, comment in table.constraint_comments if name in names}


def comments_of_key_indexes(table: Table) -> dict[str, str]:
    """The comments on the indexes behind primary key and exclusions; a unique constraint has its own (``Index``)."""
    names = {table.primary_key.name} if table.primary_key is not None else set()
    names |= {item.name for item in table.exclusions}
    return {name: comment for name, comment in table.index_comments if name in names}


def is_enforced(constraint: ForeignKey | Check) -> bool:
    """Whether the server holds rows to it at all (PostgreSQL 18 and MySQL have NOT ENFORCED)."""
    if isinstance(constraint, Check):
        return constraint.enforced
    return not {"not_enforced", "triggers_disabled"} & dict(constraint.options).keys()


def with_enforcement(constraint: ForeignKey | Check, *, enforced: bool) -> ForeignKey | Check:
    """The same constraint, ``ENFORCED`` or ``NOT ENFORCED``; the state of its triggers is another matter."""
    if isinstance(constraint, Check):
        return replace(constraint, enforced=enforced)
    rest: Options = tuple(item for item in constraint.options if item[0] != "not_enforced")
    return replace(constraint, options=rest if enforced else tuple(sorted((*rest, ("not_enforced", "yes")))))


def views_in_order(views: Iterable[View]) -> list[View]:
    """Each view after those that it reads from."""
    waiting = {view.name: view for view in views}
    ordered: list[View] = []
    while waiting:
        free = [view for view in waiting.values() if not (set(view.depends_on) - {view.name}) & waiting.keys()]
        for view in free or list(waiting.values()):
            ordered.append(waiting.pop(view.name))
    return ordered


def referenced_tables(table: Table) -> Iterator[Name]:
    """The tables that must exist for ``table`` to be created: foreign keys, parents, partitioned parent."""
    yield from (key.ref_table for key in table.foreign_keys)
    yield from table.inherits
    if table.partition_of is not None:
        yield table.partition_of[0]
