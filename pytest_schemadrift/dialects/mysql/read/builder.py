"""A table while it is being read: what it becomes depends on what comes later in the script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from pytest_schemadrift.schema.build import make_table
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.evolve import rename_in_expression
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Expression,
    ForeignKey,
    Index,
    IndexPart,
    Mark,
    Name,
    PrimaryKey,
    Table,
    Trigger,
    options,
)

COVERING_METHODS = (None, "btree")


@dataclass(slots=True)
class KeyBuilder:
    """A foreign key and the name that its own index would get."""

    key: ForeignKey
    index_name: str


@dataclass(slots=True)
class TableBuilder:
    """A mutable table with the rules by which the server names and adds things."""

    name: Name
    collation: str
    """Effective default collation of the table's columns."""
    columns: list[Column] = field(default_factory=list)
    primary_key: PrimaryKey | None = None
    indexes: list[Index] = field(default_factory=list)
    foreign_keys: list[KeyBuilder] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    comment: str | None = None
    partition_by: Expression | None = None
    engine: str = "InnoDB"
    options: dict[str, str] = field(default_factory=dict)
    unread: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    has_generated_key: bool = False
    """What is in the definition of a column (``table``) or index and compared with nothing: (kind, name) -> SQL."""

    def position(self, name: str) -> int | None:
        """Where a column stands; names are compared without case, as the server does."""
        wanted = name.lower()
        return next((place for place, column in enumerate(self.columns) if column.name.lower() == wanted), None)

    def column(self, name: str) -> Column | None:
        """The column of that name in any case."""
        place = self.position(name)
        return None if place is None else self.columns[place]

    def spelled(self, name: str) -> str:
        """The column's name as its definition spells it."""
        column = self.column(name)
        return name if column is None else column.name

    def index_name(self, first: str) -> str:
        """The name of an index that was given none: its first column's, with a number where that is taken."""
        taken = {(index.name or "").lower() for index in self.indexes}
        base = first if first.lower() != "primary" else "PRIMARY_2"
        name, number = base, 2
        while name.lower() in taken:
            name, number = f"{first}_{number}", number + 1
        return name

    def add_index(self, index: Index) -> None:
        """Add an index, named as the server names it where the DDL does not."""
        if index.name is None:
            first = index.parts[0].column
            index = replace(index, name=self.index_name(first if first is not None else "functional_index"))
        self.indexes.append(index)

    def add_check(self, check: Check, info: ServerInfo) -> None:
        """Add a CHECK, named ``<table>_chk_<n>`` by MySQL and ``CONSTRAINT_<n>`` by MariaDB."""
        if check.name is None and check.column is None:
            prefix = "CONSTRAINT_" if info.dialect == "mariadb" else f"{self.name.name}_chk_"
            check = replace(check, name=prefix + str(_next_number(prefix, [item.name for item in self.checks])))
        self.checks.append(check)

    def add_foreign_key(self, key: ForeignKey, index_name: str | None, info: ServerInfo) -> None:
        """Add a foreign key, named ``<table>_ibfk_<n>`` where it has no name."""
        if key.name is None and index_name and info.dialect == "mariadb":
            key = replace(key, name=index_name)
        named = key.name or index_name
        if key.name is None:
            prefix = f"{self.name.name}_ibfk_"
            number = _next_number(prefix, [item.key.name for item in self.foreign_keys])
            key = replace(key, name=f"{prefix}{number}")
        self.foreign_keys.append(KeyBuilder(key, named or key.columns[0]))

    def drop_column(self, name: str) -> None:
        """Remove a column; the server takes it out of every index, and drops those that are left empty."""
        place = self.position(name)
        if place is None:
            return
        self._forget(self.columns.pop(place).name)

    def _forget(self, name: str) -> None:
        kept = []
        for index in self.indexes:
            parts = tuple(part for part in index.parts if part.column != name)
            if parts:
                kept.append(replace(index, parts=parts))
        self.indexes = kept
        if self.primary_key is not None:
            parts = tuple(part for part in self.primary_key.parts if part.column != name)
            self.primary_key = replace(self.primary_key, parts=parts) if parts else None
        self.checks = [check for check in self.checks if check.column != name]

    def rename_column(self, old: str, new: str) -> None:
        """Give a column another name in the table, in all of its keys, and in the expressions that use it."""
        old = self.spelled(old)

        def renamed(parts: Iterable[IndexPart]) -> tuple[IndexPart, ...]:
            return tuple(
                replace(part, column=new)
                if part.column == old
                else replace(part, expression=part.expression and rename_in_expression(part.expression, old, new))
                for part in parts
            )

        def column(value: Column) -> Column:
            made = value.generated
            if made is not None:
                made = replace(made, expression=rename_in_expression(made.expression, old, new))
            return replace(value, name=new if value.name == old else value.name, generated=made)

        self.columns = [column(item) for item in self.columns]
        self.checks = [
            replace(
                check,
                expression=rename_in_expression(check.expression, old, new),
                column=new if check.column == old else check.column,
            )
            for check in self.checks
        ]
        self.unread.setdefault(("table", new), self.unread.pop(("table", old), ()))
        self.indexes = [replace(index, parts=renamed(index.parts)) for index in self.indexes]
        if self.primary_key is not None:
            self.primary_key = replace(self.primary_key, parts=renamed(self.primary_key.parts))
        for item in self.foreign_keys:
            item.key = replace(item.key, columns=tuple(new if name == old else name for name in item.key.columns))

    def add_implicit_indexes(self, info: ServerInfo) -> None:
        """Add the index that the server keeps under every foreign key which no other index covers.

        An index covers a key if the key's columns are its first ones, in the same order and whole (MySQL manual,
        "FOREIGN KEY Constraints"); MySQL passes over descending ones, MariaDB does not.
        """
        needed: list[Index] = []
        for item in self.foreign_keys:
            if any(_covers(parts, item.key.columns, info) for parts in self._key_parts()):
                continue
            parts = tuple(IndexPart(column=name) for name in item.key.columns)
            needed = [index for index in needed if index.parts != parts[: len(index.parts)]]
            if not any(parts == index.parts[: len(parts)] for index in needed):
                needed.append(Index(name=item.index_name, parts=parts))
        for index in needed:
            self.indexes.append(replace(index, name=self.index_name(index.name or "")))

    def _key_parts(self) -> Iterable[tuple[IndexPart, ...]]:
        if self.primary_key is not None:
            yield self.primary_key.parts
        for index in self.indexes:
            if index.method in COVERING_METHODS:
                yield index.parts

    def finish(self, info: ServerInfo) -> Table:
        """The table as the server's catalog would show it."""
        if self.engine.lower() not in ("innodb", "ndb", "ndbcluster"):
            self.add_implicit_indexes(info)  # other engines forget the key and keep its index
            self.foreign_keys = []
        self.add_implicit_indexes(info)
        self._hide_generated_primary_key()
        in_key = set(self.primary_key.columns) if self.primary_key else set()
        shown = dict(self.options)
        if self.collation != info.collation:
            shown["collation"] = self.collation
        if self.engine.lower() != info.setting("default_storage_engine", "InnoDB").lower():
            shown["engine"] = self.engine
        return make_table(
            self.name,
            [replace(column, nullable=False) if column.name in in_key else column for column in self.columns],
            primary_key=self.primary_key,
            indexes=self.indexes,
            foreign_keys=[item.key for item in self.foreign_keys],
            checks=self.checks,
            triggers=self.triggers,
            comment=self.comment,
            partition_by=self.partition_by,
            options=options(**shown),
        )

    def marks(self) -> Iterator[Mark]:
        """What a plan that restates one of these definitions has to repeat."""
        there = {("table", column.name) for column in self.columns}
        there |= {("index", index.name or "") for index in self.indexes} | {("index", "PRIMARY")}
        for (kind, name), texts in self.unread.items():
            if (kind, name) in there:
                yield from (Mark(kind, self.name, name, "attribute", (text,)) for text in texts)
        if self.has_generated_key:
            yield Mark("index", self.name, "PRIMARY", "generated")

    def _hide_generated_primary_key(self) -> None:
        """``my_row_id`` is MySQL's own invention (``sql_generate_invisible_primary_key``), not the schema's."""
        first = self.columns[0] if self.columns else None
        key = self.primary_key.columns if self.primary_key else ()
        if first is not None and is_generated_primary_key(first) and key == (first.name,):
            self.primary_key, self.has_generated_key = None, True
            del self.columns[0]


def is_generated_primary_key(column: Column) -> bool:
    """Whether a column looks exactly as MySQL makes its generated invisible primary key."""
    return (
        column.name == "my_row_id"
        and column.autoincrement
        and column.type == "bigint unsigned"
        and ("invisible", "yes") in column.options
    )


def _covers(parts: tuple[IndexPart, ...], columns: tuple[str, ...], info: ServerInfo) -> bool:
    if len(parts) < len(columns):
        return False
    return all(
        part.column == column and part.length is None and (info.dialect == "mariadb" or not part.descending)
        for part, column in zip(parts, columns, strict=False)
    )


def _next_number(prefix: str, names: Iterable[str | None]) -> int:
    numbers = [name[len(prefix) :] for name in names if name is not None and name.startswith(prefix)]
    return 1 + max((int(number) for number in numbers if number.isdigit()), default=0)
