"""Tables while a script is being read: what statements say of them, until ``build`` makes the value."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from pytest_schemadrift.dialects.postgres.names import made_up, quote_needed
from pytest_schemadrift.dialects.postgres.read.defaults import default_of
from pytest_schemadrift.dialects.postgres.read.expressions import expression_of, plain_key
from pytest_schemadrift.dialects.postgres.read.indexes import exclusion_expression, keyed
from pytest_schemadrift.dialects.postgres.read.types import default_storage
from pytest_schemadrift.schema.build import make_table
from pytest_schemadrift.schema.evolve import rename_in_expression
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Exclusion,
    Expression,
    ForeignKey,
    Generated,
    Identity,
    Index,
    IndexPart,
    Name,
    PrimaryKey,
    Table,
    Trigger,
    options,
)


@dataclass
class ColumnBuilder:
    """A column; its expressions are text, because their meaning depends on columns that may yet come."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    autoincrement: bool = False
    counter: Name | None = None
    """The sequence that SERIAL made, until a statement alters it or the column: see ``Database.separate_counter``."""
    identity: Identity | None = None
    generated: tuple[str, bool] | None = None
    """The expression, and whether it is stored."""
    collation: str | None = None
    comment: str | None = None
    unvalidated: str | None = None
    storage: str | None = None
    compression: str | None = None
    not_inherited: bool = False
    not_null_name: str | None = None

    def build(self, types: dict[str, str], schema: str, *, keeps_null: bool) -> Column:
        """The column; ``keeps_null`` says that its type is a domain, where DEFAULT NULL counts."""
        default = None
        if self.default is not None:
            default = default_of(self.default, self.type, schema, keeps_null=keeps_null)
        generated = self.generated
        return Column(
            name=self.name,
            type=self.type,
            nullable=self.nullable and self.identity is None,
            default=default,
            autoincrement=self.autoincrement,
            identity=self.identity,
            generated=generated and Generated(expression_of(generated[0], types, schema), stored=generated[1]),
            collation=self.collation,
            comment=self.comment or None,
            unvalidated=self.unvalidated,
            options=options(
                storage=self.storage if self.storage != default_storage(self.type) else None,
                compression=self.compression,
            ),
            not_inherited=self.not_inherited,
            not_null_name=self.not_null_name,
        )

    def set_not_null(self, name: str | None, *, inherited: bool = True) -> None:
        """NOT NULL for every row, as a constraint of that name."""
        self.nullable, self.unvalidated = False, None
        self.not_inherited, self.not_null_name = not inherited, name

    def drop_not_null(self) -> None:
        """No NOT NULL any more, a valid one or not."""
        self.nullable, self.unvalidated = True, None
        self.not_inherited, self.not_null_name = False, None


@dataclass
class TableBuilder:
    """A table; its parts are values whose expressions have no keys yet."""

    name: Name
    columns: dict[str, ColumnBuilder] = field(default_factory=dict)
    primary_key: PrimaryKey | None = None
    indexes: list[Index] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    comment: str | None = None
    kind: str = "table"
    partition_by: str | None = None
    partition_of: tuple[Name, str] | None = None
    inherits: list[Name] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    constraint_comments: dict[str, str] = field(default_factory=dict)
    index_comments: dict[str, str] = field(default_factory=dict)
    """By the name of the primary key or exclusion constraint that the index is behind."""
    types: dict[str, str] = field(default_factory=dict)
    """The types of columns that a parent brings."""

    def build(self, schema: str, version: int, is_domain: Callable[[str], bool]) -> Table:
        """The value. ``schema`` is the connection's default one, ``version`` the server's."""
        types = self.types | {column.name: column.type for column in self.columns.values()}
        for name in self.primary_key.columns if self.primary_key else ():
            if name in self.columns:
                self.columns[name].nullable = False
        self.keep_names_of_not_null()
        return make_table(
            self.name,
            [
                column.build(types, schema, keeps_null=is_domain(column.type))
                for column in (() if self.partition_of else self.columns.values())
            ],
            primary_key=self.primary_key,
            indexes=[keyed(index, types, schema, version) for index in self.indexes],
            foreign_keys=self.foreign_keys,
            checks=[
                replace(check, expression=expression_of(check.expression.sql, types, schema)) for check in self.checks
            ],
            exclusions=[
                replace(item, definition=exclusion_expression(item.definition.sql, types, schema, version))
                for item in self.exclusions
            ],
            triggers=self.triggers,
            comment=self.comment,
            kind="partition" if self.partition_of else self.kind,
            partition_by=Expression(self.partition_by, plain_key(self.partition_by)) if self.partition_by else None,
            partition_of=self.partition_of,
            inherits=self.inherits,
            options=tuple(
                sorted(item for item in self.options.items() if not (self.partition_by and item[0] == "unlogged"))
            ),
            constraint_comments=tuple((name, text) for name, text in self.constraint_comments.items() if text),
            index_comments=tuple((name, text) for name, text in self.index_comments.items() if text),
        )

    def constraint_names(self) -> list[str]:
        """The names of all constraints."""
        named: list[PrimaryKey | Index | ForeignKey | Check | Exclusion] = [
            *([self.primary_key] if self.primary_key else []),
            *(index for index in self.indexes if index.constraint),
            *self.foreign_keys,
            *self.checks,
            *self.exclusions,
        ]
        return [item.name for item in named if item.name]

    def names_of_keys(self) -> list[str]:
        """The names of the constraints whose index is no part of the table's indexes."""
        keys: list[PrimaryKey | Exclusion] = [*([self.primary_key] if self.primary_key else []), *self.exclusions]
        return [key.name for key in keys if key.name]

    def mentioned(self, sql: str, among: Collection[str] = ()) -> list[str]:
        """The columns that an expression names, in the order of the table."""
        text = re.sub(r"'(?:[^']|'')*'", "''", sql)
        return [
            name
            for name in among or self.columns
            if re.search(rf'(?<![\w$"]){re.escape(name)}(?![\w$"(])|"{re.escape(name)}"', text)
            or (name.islower() and re.search(rf"(?<![\w$\"]){re.escape(name)}(?![\w$\"(])", text, re.IGNORECASE))
        ]

    # -- what ALTER TABLE does -----------------------------------------------------------------------------------------

    def drop_column(self, name: str) -> None:
        """DROP COLUMN: what stands on the column goes with it."""
        self.columns.pop(name, None)
        if self.primary_key and name in self.primary_key.columns:
            self.primary_key = None
        self.indexes = [index for index in self.indexes if not _uses(index, name, self)]
        self.foreign_keys = [key for key in self.foreign_keys if name not in key.columns]
        self.checks = [check for check in self.checks if name not in self.mentioned(check.expression.sql, [name])]
        self.exclusions = [item for item in self.exclusions if not self.mentioned(item.definition.sql, [name])]
        self._drop_comments()

    def rename_column(self, old: str, new: str) -> None:
        """RENAME COLUMN: what stands on the column follows. Raises ``KeyError`` for an unknown one."""
        self.keep_names_of_not_null()

        def named(names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(new if name == old else name for name in names)

        def text(value: Expression) -> Expression:
            return rename_in_expression(value, old, quote_needed(new))

        def part(value: IndexPart) -> IndexPart:
            column = new if value.column == old else value.column
            return replace(value, column=column, expression=value.expression and text(value.expression))

        self.columns[old].name = new
        self.columns = {column.name: column for column in self.columns.values()}
        for column in self.columns.values():
            if column.generated:
                column.generated = (text(Expression(column.generated[0], "")).sql, column.generated[1])
        if self.primary_key:
            self.primary_key = replace(self.primary_key, parts=tuple(map(part, self.primary_key.parts)))
        self.indexes = [
            replace(
                index,
                parts=tuple(map(part, index.parts)),
                include=named(index.include),
                where=index.where and text(index.where),
            )
            for index in self.indexes
        ]
        self.foreign_keys = [replace(key, columns=named(key.columns)) for key in self.foreign_keys]
        self.checks = [replace(check, expression=text(check.expression)) for check in self.checks]
        self.exclusions = [replace(item, definition=text(item.definition)) for item in self.exclusions]

    def drop_constraint(self, name: str) -> None:
        """DROP CONSTRAINT."""
        if self.primary_key and self.primary_key.name == name:
            self.primary_key = None
        self.indexes = [index for index in self.indexes if not (index.constraint and index.name == name)]
        self.foreign_keys = [key for key in self.foreign_keys if key.name != name]
        self.checks = [check for check in self.checks if check.name != name]
        self.exclusions = [item for item in self.exclusions if item.name != name]
        column = self.not_null(name)
        if column is not None:
            column.drop_not_null()
        self._drop_comments()

    def _drop_comments(self) -> None:
        """The comments of a constraint go with it: one of its name that is made afterwards has none."""
        named, of_keys = self.constraint_names(), self.names_of_keys()
        self.constraint_comments = {name: text for name, text in self.constraint_comments.items() if name in named}
        self.index_comments = {name: text for name, text in self.index_comments.items() if name in of_keys}

    def rename_constraint(self, old: str, new: str) -> None:
        """RENAME CONSTRAINT, or ALTER INDEX … RENAME."""
        if self.primary_key and self.primary_key.name == old:
            self.primary_key = replace(self.primary_key, name=new)
        self.indexes = [replace(item, name=new) if item.name == old else item for item in self.indexes]
        self.foreign_keys = [replace(item, name=new) if item.name == old else item for item in self.foreign_keys]
        self.checks = [replace(item, name=new) if item.name == old else item for item in self.checks]
        self.exclusions = [replace(item, name=new) if item.name == old else item for item in self.exclusions]
        self.constraint_comments = {new if name == old else name: s for name, s in self.constraint_comments.items()}
        self.index_comments = {new if name == old else name: text for name, text in self.index_comments.items()}
        column = self.not_null(old)
        if column is not None:
            column.not_null_name, column.unvalidated = new, new if column.unvalidated is not None else None

    def validate_constraint(self, name: str) -> None:
        """VALIDATE CONSTRAINT."""
        self.foreign_keys = [replace(k, validated=True) if k.name == name else k for k in self.foreign_keys]
        self.checks = [replace(check, validated=True) if check.name == name else check for check in self.checks]
        column = self.not_null(name)
        if column is not None:
            column.nullable, column.unvalidated = False, None

    def not_null(self, name: str) -> ColumnBuilder | None:
        """The column that has the NOT NULL constraint of that name (PostgreSQL 18)."""
        for column in self.columns.values():
            if column.nullable and column.unvalidated is None:
                continue
            if name == self._not_null_name(column):
                return column
        return None

    def keep_names_of_not_null(self) -> None:
        """A rename of the table or of a column leaves the names that were made up as they are, in a plan too (P20)."""
        for column in self.columns.values():
            if not column.nullable:
                column.not_null_name = self._not_null_name(column)

    def _not_null_name(self, column: ColumnBuilder) -> str:
        return column.not_null_name or made_up(self.name.name, column.name, "not_null")

    def use_index(self, name: str, constraint: str | None, *, primary: bool) -> None:
        """ADD CONSTRAINT … USING INDEX: the index becomes the constraint's and takes its name."""
        for place, index in enumerate(self.indexes):
            if index.name == name:
                if primary:
                    del self.indexes[place]
                    self.primary_key = PrimaryKey(index.parts, constraint or name, index.options)
                else:
                    self.indexes[place] = replace(index, name=constraint or name, constraint=True)
                return
        raise KeyError(name)


def _uses(index: Index, column: str, table: TableBuilder) -> bool:
    texts = [part.expression.sql for part in index.parts if part.expression]
    texts += [index.where.sql] if index.where else []
    plain = column in index.columns or column in index.include
    return plain or any(table.mentioned(text, [column]) for text in texts)


def plain_parts(columns: Collection[str]) -> tuple[IndexPart, ...]:
    """The keys of a constraint: columns and nothing else."""
    return tuple(IndexPart(column=column) for column in columns)
