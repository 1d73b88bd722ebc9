"""``evolve(schema, changes)``: what a schema is after changes, without a server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import Any, TypeVar, assert_never

from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.build import make_schema, make_table
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Domain,
    Enum,
    Exclusion,
    Expression,
    ForeignKey,
    Index,
    IndexPart,
    Name,
    NotNull,
    Options,
    PrimaryKey,
    Schema,
    Table,
)

T = TypeVar("T")


def evolve(schema: Schema, changes: Iterable[c.Change]) -> Schema:
    """Return ``schema`` with all ``changes`` made, in canonical order. Raises ``KeyError`` for an unknown object."""
    state = _State(schema)
    for change in changes:
        state.apply(change)
    return state.schema()


class _State:
    """The schema under change: the same values, by name."""

    def __init__(self, schema: Schema) -> None:
        self.start = schema
        self.tables = {table.name: table for table in schema.tables}
        self.enums = {enum.name: enum for enum in schema.enums}
        self.sequences = {sequence.name: sequence for sequence in schema.sequences}
        self.domains = {domain.name: domain for domain in schema.domains}
        self.namespaces = set(schema.namespaces)
        self.extensions = set(schema.extensions)
        self.marks = schema.marks
        self.dependents = schema.dependents

    def schema(self) -> Schema:
        return make_schema(
            self.start.dialect,
            tables=self.tables.values(),
            namespaces=self.namespaces,
            extensions=self.extensions,
            enums=self.enums.values(),
            sequences=self.sequences.values(),
            domains=self.domains.values(),
            views=self.start.views,
            unsupported=self.start.unsupported,
            marks=self.marks,
            dependents=self.dependents,
            unseen=self.start.unseen,
        )

    def apply(self, change: c.Change) -> None:
        match change:
            case c.RebuildTable() | c.AlterTable():
                for part in change.changes:
                    self.apply(part)
            case c.CreateNamespace():
                self.namespaces.add(change.name)
            case c.DropNamespace():
                self.namespaces.remove(change.name)
            case c.CreateExtension():
                self.extensions.add(change.name)
            case c.DropExtension():
                self.extensions.remove(change.name)
            case c.CreateEnum():
                self.enums[change.enum.name] = change.enum
            case c.DropEnum():
                del self.enums[change.enum.name]
            case c.AddEnumValue():
                self._add_enum_value(change)
            case c.RenameEnumValue():
                enum = self.enums[change.enum]
                values = tuple(change.new if value == change.old else value for value in enum.values)
                self.enums[change.enum] = replace(enum, values=values)
            case c.ReplaceEnum():
                self.enums[change.old.name] = change.new
            case c.SetTypeComment():
                self._comment_on_type(change.new)
            case c.CreateSequence():
                self.sequences[change.sequence.name] = change.sequence
            case c.DropSequence():
                del self.sequences[change.sequence.name]
            case c.AlterSequence():
                self.sequences[change.old.name] = change.new
            case c.CreateDomain():
                self.domains[change.domain.name] = change.domain
            case c.DropDomain():
                del self.domains[change.domain.name]
            case c.AlterDomain():
                self.domains[change.old.name] = change.new
            case c.CreateTable():
                self.tables[change.table.name] = change.table
            case c.DropTable():
                del self.tables[change.table.name]
            case c.RenameTable():
                self._rename_table(change.old, change.new)
            case c.RenameColumn():
                self._rename_column(change)
            case _:  # ``evolve_table`` knows every change of a table
                name = c.table_of(change)
                if name is None:
                    raise KeyError(change)
                self.tables[name] = _sorted(evolve_table(self.tables[name], change))
                if isinstance(change, c.AlterColumnIdentity):
                    for sequence in change.sequences:
                        del self.sequences[sequence.name]
                if isinstance(change, c.AlterColumnType):
                    self._retype_heirs(change)

    def _comment_on_type(self, wanted: Enum | Domain) -> None:
        if isinstance(wanted, Enum):
            self.enums[wanted.name] = replace(self.enums[wanted.name], comment=wanted.comment)
        else:
            self.domains[wanted.name] = replace(self.domains[wanted.name], comment=wanted.comment)

    def _add_enum_value(self, change: c.AddEnumValue) -> None:
        enum = self.enums[change.enum]
        values = list(enum.values)
        neighbour = change.before if change.after is None else change.after
        if neighbour is not None and neighbour not in values:
            raise KeyError(f"the value {neighbour} of {change.enum}")
        if change.after is not None:
            values.insert(values.index(change.after) + 1, change.value)
        elif change.before is not None:
            values.insert(values.index(change.before), change.value)
        else:
            values.append(change.value)
        self.enums[change.enum] = replace(enum, values=tuple(values))

    def _rename_table(self, old: Name, new: Name) -> None:
        self.tables[new] = replace(self.tables.pop(old), name=new)
        for name, table in self.tables.items():
            keys = tuple(replace(key, ref_table=new) if key.ref_table == old else key for key in table.foreign_keys)
            part = table.partition_of
            if part is not None and part[0] == old:
                part = new, part[1]
            inherits = tuple(new if parent == old else parent for parent in table.inherits)
            self.tables[name] = _sorted(replace(table, foreign_keys=keys, partition_of=part, inherits=inherits))

        self._follow({}, {old: new})

    def _follow(self, columns: dict[tuple[Name, str], str], tables: dict[Name, Name]) -> None:
        """What was given to tables and columns, and what stands on them, goes on under their new names."""

        def place(table: Name, column: str) -> tuple[Name, str]:
            return tables.get(table, table), columns.get((table, column), column)

        self.marks = tuple(
            replace(mark, owner=tables.get(mark.owner, mark.owner))
            if mark.on not in ("table", "sequence")
            else replace(mark, owner=place(mark.owner, mark.name)[0], name=place(mark.owner, mark.name)[1])
            for mark in self.marks
        )
        self.dependents = tuple(
            replace(
                item,
                owner=item.owner and tables.get(item.owner, item.owner),
                stands_on=tuple(place(*where) for where in item.stands_on),
            )
            for item in self.dependents
        )
        for name, sequence in self.sequences.items():
            if sequence.owned_by is not None:
                self.sequences[name] = replace(sequence, owned_by=place(*sequence.owned_by))

    def _rename_column(self, change: c.RenameColumn) -> None:
        old, new = change.old, change.new
        family = self._with_heirs(change.table)
        self._follow({(name, old): new for name in family}, {})
        for name in family:
            self.tables[name] = _sorted(_with_renamed_column(self.tables[name], old, new))
        for name, table in self.tables.items():
            keys = tuple(
                replace(key, ref_columns=_renamed(key.ref_columns, old, new)) if key.ref_table in family else key
                for key in table.foreign_keys
            )
            self.tables[name] = _sorted(replace(table, foreign_keys=keys))

    def _retype_heirs(self, change: c.AlterColumnType) -> None:
        """A column that a table and its parent both have is one: it has the parent's type."""
        for name in self._with_heirs(change.table)[1:]:
            own = self.tables[name].column(change.new.name)
            if own is not None:
                retyped = replace(change, table=name, old=own, new=replace(own, type=change.new.type))
                self.tables[name] = _sorted(evolve_table(self.tables[name], retyped))

    def _with_heirs(self, table: Name) -> list[Name]:
        """A table, its partitions and the tables that inherit from it, which have its columns (PostgreSQL)."""
        found = [table]
        for parent in found:
            found += [
                name
                for name, item in self.tables.items()
                if name not in found
                and (parent in item.inherits or (item.partition_of is not None and item.partition_of[0] == parent))
            ]
        return found


def _sorted(table: Table) -> Table:
    return make_table(**{field.name: getattr(table, field.name) for field in fields(table)})


def evolve_table(table: Table, change: c.SimpleChange) -> Table:
    """Return one table after one change of its own."""
    if isinstance(change, c.SchemaObjectChange):
        raise KeyError(change)
    if isinstance(change, c.TableChange):
        return _evolve_table(table, change)
    if isinstance(change, c.AnyColumnChange):
        return _evolve_column(table, change)
    if isinstance(change, c.IndexChange):
        return _evolve_index(table, change)
    if isinstance(change, c.ConstraintChange):
        return _evolve_constraint(table, change)
    assert_never(change)


def _evolve_table(table: Table, change: c.TableChange) -> Table:
    match change:
        case c.AlterTableOptions():
            new = change.new
            return replace(
                table,
                kind=new.kind,
                partition_by=new.partition_by,
                partition_of=new.partition_of,
                inherits=new.inherits,
                options=new.options,
            )
        case c.SetTableComment():
            return replace(table, comment=change.new)
        case c.CreateTable() | c.DropTable() | c.RenameTable():
            raise KeyError(change)
        case _:
            assert_never(change)


def _evolve_column(table: Table, change: c.AnyColumnChange) -> Table:
    match change:
        case c.AddColumn():
            return replace(table, columns=(*table.columns, change.column))
        case c.DropColumn():
            return replace(table, columns=tuple(item for item in table.columns if item.name != change.column.name))
        case c.AlterColumnType():
            # The same default may be spelled with a cast to the type: the new one's is right from now on.
            spelling = ("default",) if change.new.default == change.old.default else ()
            return _with_column(table, change, "type", *spelling)
        case c.AlterColumnNullability():
            altered = _with_column(table, change, "nullable", "unvalidated", "not_inherited", "not_null_name")
            return _with_not_null_name(altered, change) if not change.old.nullable else altered
        case c.AlterColumnDefault():
            return _with_column(table, change, "default")
        case c.AlterColumnGenerated():
            return _with_column(table, change, "generated")
        case c.AlterColumnIdentity():
            numbered = change.new.identity or change.new.autoincrement
            return _with_column(table, change, "identity", "autoincrement", *(["default"] if numbered else []))
        case c.AlterColumnCollation():
            return _with_column(table, change, "collation", "charset")
        case c.AlterColumnOptions():
            return _with_column(table, change, "on_update", "options")
        case c.SetColumnComment():
            return _with_column(table, change, "comment")
        case c.MoveColumns():
            by_name = {column.name: column for column in table.columns}
            moved = [by_name.pop(name) for name in change.new if name in by_name]
            return replace(table, columns=(*moved, *by_name.values()))
        case c.RenameColumn():
            raise KeyError(change)
        case _:
            assert_never(change)


def _evolve_index(table: Table, change: c.IndexChange) -> Table:
    match change:
        case c.CreateIndex() | c.AddUnique():
            return replace(table, indexes=(*table.indexes, c.index_of(change)))
        case c.DropIndex() | c.DropUnique():
            return replace(table, indexes=_without(table.indexes, c.index_of(change)))
        case c.RenameIndex() | c.SetIndexComment():
            return replace(table, indexes=(*_without(table.indexes, change.old), change.new))
        case c.RebuildIndex():
            invalid = replace(change.index, valid=False)
            return replace(table, indexes=(*_without(table.indexes, invalid), change.index))
        case _:
            assert_never(change)


def _evolve_constraint(table: Table, change: c.ConstraintChange) -> Table:
    match change:
        case c.AddPrimaryKey():
            return replace(table, primary_key=change.primary_key)
        case c.DropPrimaryKey():
            return replace(table, primary_key=None)
        case c.AddForeignKey():
            return replace(table, foreign_keys=(*table.foreign_keys, change.foreign_key))
        case c.DropForeignKey():
            return replace(table, foreign_keys=_without(table.foreign_keys, change.foreign_key))
        case c.AddCheck():
            return replace(table, checks=(*table.checks, change.check))
        case c.DropCheck():
            return replace(table, checks=_without(table.checks, change.check))
        case c.AddExclusion():
            return replace(table, exclusions=(*table.exclusions, change.exclusion))
        case c.DropExclusion():
            return replace(table, exclusions=_without(table.exclusions, change.exclusion))
        case c.ValidateConstraint():
            if isinstance(change.constraint, NotNull):
                return _with_valid_not_null(table, change.constraint)
            return _with_constraint(table, replace(change.constraint, validated=False), change.constraint)
        case c.RenameConstraint() | c.SetEnforced():
            named = {change.old.name: change.new.name or ""}
            comments = tuple(sorted((named.get(name, name), text) for name, text in table.constraint_comments))
            of_indexes = tuple(sorted((named.get(name, name), text) for name, text in table.index_comments))
            table = replace(table, constraint_comments=comments, index_comments=of_indexes)
            return _with_constraint(table, change.old, change.new)
        case c.SetConstraintComment(on="index"):
            return replace(table, index_comments=_with_comment(table.index_comments, change))
        case c.SetConstraintComment():
            return replace(table, constraint_comments=_with_comment(table.constraint_comments, change))
        case _:
            assert_never(change)


def _with_not_null_name(table: Table, change: c.AlterColumnNullability) -> Table:
    """A NOT NULL that stays keeps its name: only in NO INHERIT may it be recreated (PostgreSQL), under a wanted one."""
    new, name = change.new, change.old.not_null_name
    numbered = new.identity is not None or new.autoincrement
    is_key = table.primary_key is not None and any(part.column == new.name for part in table.primary_key.parts)
    if new.not_inherited and not (numbered or is_key):
        name = new.not_null_name or name
    columns = (replace(item, not_null_name=name) if item.name == new.name else item for item in table.columns)
    return replace(table, columns=tuple(columns))


def _with_column(table: Table, change: c.ColumnChange, *aspects: str) -> Table:
    values: dict[str, Any] = {aspect: getattr(change.new, aspect) for aspect in aspects}
    if not any(column.name == change.old.name for column in table.columns):
        raise KeyError(change)
    return replace(
        table,
        columns=tuple(
            replace(column, **values) if column.name == change.old.name else column for column in table.columns
        ),
    )


def _with_valid_not_null(table: Table, constraint: NotNull) -> Table:
    column = table.column(constraint.column)
    if column is None or column.unvalidated != constraint.name:
        raise KeyError(constraint)
    valid = replace(column, nullable=False, unvalidated=None)
    return replace(table, columns=tuple(valid if item is column else item for item in table.columns))


def _without(items: tuple[T, ...], item: T) -> tuple[T, ...]:
    if item not in items:
        raise KeyError(item)
    at = items.index(item)
    return (*items[:at], *items[at + 1 :])


def _with_comment(comments: Options, change: c.SetConstraintComment) -> Options:
    others = {name: text for name, text in comments if name != change.name}
    return tuple(sorted({**others, **({} if change.new is None else {change.name: change.new})}.items()))


def _with_constraint(table: Table, old: Any, new: Any) -> Table:  # both of one kind
    match old:
        case PrimaryKey():
            return replace(table, primary_key=new)
        case ForeignKey():
            return replace(table, foreign_keys=(*_without(table.foreign_keys, old), new))
        case Check():
            return replace(table, checks=(*_without(table.checks, old), new))
        case Index():
            return replace(table, indexes=(*_without(table.indexes, old), new))
        case Exclusion():
            return replace(table, exclusions=(*_without(table.exclusions, old), new))
        case _:
            raise KeyError(old)


def _renamed(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if name == old else name for name in names)


def _with_renamed_column(table: Table, old: str, new: str) -> Table:
    """A server follows a renamed column into keys, indexes and expressions; so do we."""

    def expression(value: Expression | None) -> Expression | None:
        return None if value is None else rename_in_expression(value, old, new)

    def part(value: IndexPart) -> IndexPart:
        column = new if value.column == old else value.column
        return replace(value, column=column, expression=expression(value.expression))

    def column(value: Column) -> Column:
        name = new if value.name == old else value.name
        generated = value.generated
        if generated is not None:
            generated = replace(generated, expression=rename_in_expression(generated.expression, old, new))
        return replace(value, name=name, generated=generated)

    primary_key = table.primary_key
    if primary_key is not None:
        primary_key = replace(primary_key, parts=tuple(part(item) for item in primary_key.parts))
    return replace(
        table,
        columns=tuple(column(item) for item in table.columns),
        primary_key=primary_key,
        indexes=tuple(
            replace(
                index,
                parts=tuple(part(item) for item in index.parts),
                include=_renamed(index.include, old, new),
                where=expression(index.where),
            )
            for index in table.indexes
        ),
        foreign_keys=tuple(replace(key, columns=_renamed(key.columns, old, new)) for key in table.foreign_keys),
        checks=tuple(
            replace(check, expression=rename_in_expression(check.expression, old, new)) for check in table.checks
        ),
        exclusions=tuple(
            replace(item, definition=rename_in_expression(item.definition, old, new)) for item in table.exclusions
        ),
        partition_by=expression(table.partition_by),
    )


def rename_in_expression(expression: Expression, old: str, new: str) -> Expression:
    """The expression with one identifier replaced, string literals left alone."""
    replaced = _replacer(old, new)
    return Expression(replaced(expression.sql), replaced(expression.key))


def _replacer(old: str, new: str) -> Callable[[str], str]:
    pattern = re.compile(rf"('(?:[^']|'')*')|(?<![\w$]){re.escape(old)}(?![\w$(])")
    return lambda text: pattern.sub(lambda match: match.group(1) or new, text)
