"""What needs what: the changes that cannot be made where another one is not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import assert_never

from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Exclusion,
    Expression,
    ForeignKey,
    Index,
    Name,
    PrimaryKey,
    Schema,
    Table,
)

Key = tuple[str, ...] | tuple[str, Name] | tuple[str, Name, str]
"""A thing that changes make, take away or need: (kind, table, column) or shorter."""


def dependents(changes: Sequence[c.SimpleChange], refused: Collection[int], old: Schema, new: Schema) -> dict[int, int]:
    """place -> the place of the refused change that it cannot do without, directly or through others."""
    facets = [_facets(change, old, new) for change in changes]
    found: dict[int, int] = {}
    waiting = list(refused)
    while waiting:
        cause = waiting.pop()
        for place, facet in enumerate(facets):
            if place in refused or place in found or place == cause:
                continue
            if facet.needs & facets[cause].makes or facet.units & facets[cause].units:
                found[place] = cause
                waiting.append(place)
    return found


def needs_coming(change: c.SimpleChange, other: c.SimpleChange, old: Schema, new: Schema) -> bool:
    """Whether a change names what would not be there without the ``other``: a column, table, type, value, sequence."""
    if not isinstance(other, c.Addition | c.ReplaceEnum):
        return False
    needs, made = _facets(change, old, new).needs, _facets(other, old, new).makes
    match other:
        case c.AddEnumValue() | c.ReplaceEnum():  # the type is there, but for its new values
            if isinstance(change, c.AddColumn):
                return bool({*_new_values(change.column, old)} & made)
            return isinstance(change, c.AlterColumnDefault | c.AddCheck) and bool(needs & made)
        case c.CreateNamespace() | c.CreateExtension() | c.CreateSequence() | c.CreateEnum() | c.CreateDomain():
            return bool(needs & made)
        case c.CreateTable() | c.AddColumn():
            return bool(needs & made)
        case c.CreateIndex() | c.AddUnique() | c.AddPrimaryKey():
            return False  # what refers to a key has not its name, and any key over the same columns does
        case c.AddForeignKey() | c.AddCheck() | c.AddExclusion():
            return False
        case _:
            assert_never(other)


def needs_leaving(change: c.SimpleChange, other: c.SimpleChange, old: Schema, new: Schema) -> bool:
    """Whether a change takes away a type, sequence, schema or extension that ``other`` would have made free of use."""
    made = _facets(other, old, new).makes
    if isinstance(change, c.DropExtension):
        return ("left", change.name) in made  # by the name of its type: what else it has, nobody knows here
    free = isinstance(change, c.DropEnum | c.DropDomain | c.DropSequence | c.DropNamespace)
    return free and bool(_facets(change, old, new).needs & made)


def columns_of(change: c.SimpleChange, old: Schema) -> list[str]:
    """The columns on which something stands that a change takes away, or computes otherwise."""
    if not isinstance(change, c.Removal | c.AlterColumnGenerated):
        return []
    match change:
        case c.DropIndex() | c.DropUnique():
            return _named_by(change.table, c.index_of(change), old)
        case c.DropPrimaryKey():
            return [*change.primary_key.columns]
        case c.DropForeignKey():
            return [*change.foreign_key.columns]
        case c.DropCheck():
            return _named(change.table, change.check.expression.sql, old)
        case c.DropExclusion():
            return _named(change.table, change.exclusion.definition.sql, old)
        case c.DropColumn() | c.AlterColumnGenerated():
            column = change.column if isinstance(change, c.DropColumn) else change.old
            return _named(change.table, column.generated.expression.sql, old) if column.generated else []
        case c.DropTable():
            return []  # its columns go with it
        case c.DropNamespace() | c.DropExtension() | c.DropEnum() | c.DropSequence() | c.DropDomain():
            return []
        case _:
            assert_never(change)


@dataclass(frozen=True, slots=True)
class _Facets:
    """``makes`` is what comes or is freed with a change, ``needs`` what must have come; ``units`` stand together."""

    makes: frozenset[Key] = frozenset()
    needs: frozenset[Key] = frozenset()
    units: frozenset[Key] = frozenset()


def _of(makes: Iterable[Key] = (), needs: Iterable[Key] = (), units: Iterable[Key] = ()) -> _Facets:
    return _Facets(frozenset(makes), frozenset(needs), frozenset(units))


def _facets(change: c.SimpleChange, old: Schema, new: Schema) -> _Facets:
    if isinstance(change, c.SchemaObjectChange):
        return _facets_of_object(change)
    if isinstance(change, c.TableChange):
        return _facets_of_table(change)
    if isinstance(change, c.AnyColumnChange):
        return _facets_of_column(change, old, new)
    if isinstance(change, c.IndexChange):
        return _facets_of_index(change, old, new)
    if isinstance(change, c.ConstraintChange):
        return _facets_of_constraint(change, old, new)
    assert_never(change)


def _facets_of_object(change: c.SchemaObjectChange) -> _Facets:
    match change:
        case c.CreateNamespace():
            return _of([("schema", change.name)])
        case c.CreateEnum() | c.AddEnumValue() | c.ReplaceEnum() | c.CreateDomain() | c.AlterDomain():
            return _facets_of_type(change)
        case c.CreateExtension():
            return _of([("type", change.name)])  # citext, hstore and vector are types of their own name
        case c.DropExtension():
            return _of((), [("left",)])  # nobody knows what of it is in use
        case c.DropNamespace():
            return _of((), [("schema left", change.name)])
        case c.DropEnum():
            return _of([("schema left", change.enum.name.schema)], _words("left", change.enum.name.name))
        case c.DropDomain():
            domain = change.domain
            makes = _left(domain.type, domain.default, *(check.expression for check in domain.checks))
            return _of([*makes, ("schema left", domain.name.schema)], _words("left", domain.name.name))
        case c.DropSequence():
            name = change.sequence.name
            return _of([("schema left", name.schema)], _words("left", name.name))
        case c.CreateSequence():
            return _of([("sequence", change.sequence.name)], [("schema", change.sequence.name.schema)])
        case c.RenameEnumValue():
            return _Facets()  # renames are answered and made before any of these
        case c.AlterSequence() | c.SetTypeComment():
            return _Facets()
        case _:
            assert_never(change)


def _facets_of_type(
    change: c.CreateEnum | c.AddEnumValue | c.ReplaceEnum | c.CreateDomain | c.AlterDomain,
) -> _Facets:
    """An enum is replaced under the columns that will have it: one that is to leave it must have left."""
    needs: Iterable[Key] = ()
    match change:
        case c.ReplaceEnum():
            needs = _words("left", change.old.name.name)
        case c.CreateEnum():
            needs = [("schema", change.enum.name.schema)]
        case c.CreateDomain():
            needs = [("schema", change.domain.name.schema)]
    return _of(_words("type", _type_name(change)), needs)


def _facets_of_table(change: c.TableChange) -> _Facets:
    match change:
        case c.CreateTable():
            return _of([("table", change.table.name)], _table_needs(change.table))
        case c.AlterTableOptions():
            makes: list[Key] = [("options", change.new.name)] if change.old.options != change.new.options else []
            return _of(makes, [("key not null", change.new.name)])
        case c.DropTable():
            table = change.table
            left = [key for column in table.columns for key in _left_by(column)]
            return _of([("schema left", table.name.schema), *left], [("free key", table.name)])
        case c.RenameTable():
            return _Facets()  # renames are answered and made before any of these
        case c.SetTableComment():
            return _Facets()
        case _:
            assert_never(change)


def _facets_of_column(change: c.AnyColumnChange, old: Schema, new: Schema) -> _Facets:
    match change:
        case c.AddColumn():
            column = ("column", change.table, change.column.name)
            needs = [*_words("type", change.column.type), *_sequences(change.column.default)]
            needs += _computed_from(change.table, change.column, new)
            return _of([column], [*needs, ("options", change.table)])
        case c.AlterColumnType() | c.AlterColumnGenerated():
            column = ("column", change.table, change.new.name)
            linked = _linked(change, new) if isinstance(change, c.AlterColumnType) else ()
            needs = [*_words("type", change.new.type), ("options", change.table)]
            needs += _computed_from(change.table, change.new, new)
            return _of([column, *_left_by(change.old)], needs, [column, *linked])
        case c.AlterColumnDefault() | c.AlterColumnIdentity() | c.AlterColumnCollation() | c.AlterColumnOptions():
            needs = [*_sequences(change.new.default), *_new_values(change.new, old)]
            return _of(_left(change.old.default), needs, [("column", change.table, change.new.name)])
        case c.AlterColumnNullability():
            return _nullability(change, new)
        case c.DropColumn():
            makes = [*_gone(change.table, [change.column.name]), *_left_by(change.column)]
            return _of(makes, _off(change.table, [change.column.name]))
        case c.RenameColumn():
            return _Facets()  # renames are answered and made before any of these
        case c.SetColumnComment() | c.MoveColumns():
            return _Facets()
        case _:
            assert_never(change)


def _facets_of_index(change: c.IndexChange, old: Schema, new: Schema) -> _Facets:
    match change:
        case c.CreateIndex() | c.AddUnique():
            index = c.index_of(change)
            return _of(
                [*_replaces(change.table, index), *([("key", change.table)] if index.unique else [])],
                _index_needs(change.table, index, new),
                _named_so(change.table, index.name),
            )
        case c.DropIndex() | c.DropUnique():
            index = c.index_of(change)
            names = _named_by(change.table, index, old)
            needs = [*_served(change.table, index.columns), *_gone(change.table, names)]
            needs += _replaces(change.table, index)
            freed = [*_off(change.table, names), *_left(index.where, *(part.expression for part in index.parts))]
            return _of(freed, needs, _named_so(change.table, index.name))
        case c.RenameIndex():  # only with what gives its new name up, and what takes the old one
            return _of((), (), _both_names(change))
        case c.RebuildIndex() | c.SetIndexComment():
            return _Facets()
        case _:
            assert_never(change)


def _facets_of_constraint(change: c.ConstraintChange, old: Schema, new: Schema) -> _Facets:
    match change:
        case c.AddPrimaryKey():
            return _of(
                [("key", change.table)], _columns(change.table, change.primary_key), [("primary key", change.table)]
            )
        case c.DropPrimaryKey():
            freed = _off(change.table, change.primary_key.columns)
            return _of(freed, _served(change.table, change.primary_key.columns), [("primary key", change.table)])
        case c.AddForeignKey():
            return _of((), _key_needs(change.table, change.foreign_key), _key_units(change.table, change.foreign_key))
        case c.DropForeignKey():
            parent, columns = change.foreign_key.ref_table, change.foreign_key.ref_columns
            freed = [("free key", parent), *_served(parent, columns)]
            freed += _off(change.table, change.foreign_key.columns)
            gone = _gone(change.table, change.foreign_key.columns)
            return _of(freed, gone, _key_units(change.table, change.foreign_key))
        case c.SetEnforced():
            item = change.new
            return _of((), _key_needs(change.table, item) if isinstance(item, ForeignKey) else ())
        case c.AddCheck():
            needs = [*_mentioned(change.table, change.check, new), *_checked_values(change, old, new)]
            return _of((), needs, [("check", change.table)])
        case c.DropCheck():
            names = _named(change.table, change.check.expression.sql, old)
            freed = [*_off(change.table, names), *_left(change.check.expression)]
            return _of(freed, _gone(change.table, names), [("check", change.table)])
        case c.AddExclusion():
            return _of((), _mentioned(change.table, change.exclusion, new), [("exclusion", change.table)])
        case c.DropExclusion():
            names = _named(change.table, change.exclusion.definition.sql, old)
            freed = [*_off(change.table, names), *_left(change.exclusion.definition)]
            return _of(freed, (), [("exclusion", change.table)])
        case c.RenameConstraint() if isinstance(change.old, Index):
            return _of((), (), _both_names(change))
        case c.SetConstraintComment() | c.RenameConstraint() | c.ValidateConstraint():
            return _Facets()
        case _:
            assert_never(change)


def _served(table: Name, columns: Iterable[str]) -> list[Key]:
    """Columns to which foreign keys refer: a key over one of them may be what such a foreign key stands on."""
    return [("free key", table, column.lower()) for column in columns]


def _gone(table: Name, columns: Iterable[str]) -> list[Key]:
    """Columns that are to go: what stands on one stays as long as the column does."""
    return [("gone", table, column) for column in columns]


def _off(table: Name, columns: Iterable[str]) -> list[Key]:
    """Columns that something goes from: as long as that stays, the column does."""
    return [("off", table, column) for column in columns]


def _left(*texts: str | Expression | None) -> list[Key]:
    """What these texts may name: a type, a sequence, an extension is dropped only once no column or check has it."""
    words = " ".join(text if isinstance(text, str) else text.sql for text in texts if text is not None)
    return [("left",), *_words("left", words)]


def _left_by(column: Column) -> list[Key]:
    """What a column may name that goes, or gets another type."""
    return _left(column.type, column.default, column.generated.expression if column.generated else None)


def _type_name(change: c.CreateEnum | c.AddEnumValue | c.ReplaceEnum | c.CreateDomain | c.AlterDomain) -> str:
    match change:
        case c.CreateEnum():
            return change.enum.name.name
        case c.AddEnumValue():
            return change.enum.name
        case c.ReplaceEnum() | c.AlterDomain():
            return change.new.name.name
        case c.CreateDomain():
            return change.domain.name.name
        case _:
            assert_never(change)


def _words(kind: str, text: str) -> list[Key]:
    return [(kind, word) for word in re.findall(r"\w+", text)]


def _sequences(default: object) -> list[Key]:
    text = getattr(default, "sql", "")
    return [("sequence", Name("", word)) for word in re.findall(r"\w+", text)] if "nextval" in text else []


def _values(column: Column, text: str, old: Schema) -> list[Key]:
    """The enum of a column, where a text of the column has a value that the enum gets by another change."""
    known = {value for enum in old.enums if enum.name.name in re.findall(r"\w+", column.type) for value in enum.values}
    written = {value.replace("''", "'") for value in re.findall(r"'((?:[^']|'')*)'", text)}
    return _words("type", column.type) if known and written - known else []


def _new_values(column: Column, old: Schema) -> list[Key]:
    return _values(column, column.default.sql, old) if column.default is not None else []


def _computed_from(table: Name, column: Column, new: Schema) -> list[Key]:
    """The columns that an expression of a column names."""
    if column.generated is None:
        return []
    named = _named(table, column.generated.expression.sql, new)
    return [("column", table, name) for name in named if name != column.name]


def _checked_values(change: c.AddCheck, old: Schema, new: Schema) -> list[Key]:
    text, table = change.check.expression.sql, new.table(change.table)
    names = set(_named(change.table, text, new))
    columns = [column for column in table.columns if column.name in names] if table else []
    return [key for column in columns for key in _values(column, text, old)]


def _nullability(change: c.AlterColumnNullability, new: Schema) -> _Facets:
    """A key's column is NOT NULL by itself in some forms of a table (SQLite: WITHOUT ROWID, INTEGER PRIMARY KEY)."""
    table = new.table(change.table)
    of_key = table is not None and table.primary_key is not None and change.new.name in table.primary_key.columns
    if not of_key or change.new.nullable:
        return _of([("not null", change.table)])
    makes: list[Key] = [("not null", change.table), ("key not null", change.table)]
    return _of(makes, (), [("column", change.table, change.new.name)])


def _table_needs(table: Table) -> list[Key]:
    found: list[Key] = [("schema", table.name.schema)]
    for column in table.columns:
        found += [*_words("type", column.type), *_sequences(column.default)]
    for key in table.foreign_keys:
        if key.ref_table != table.name:
            found += [("table", key.ref_table), *(("column", key.ref_table, name) for name in key.ref_columns)]
            found.append(("key", key.ref_table))
    return found


def _columns(table: Name, key: PrimaryKey | Index) -> list[Key]:
    return [("column", table, column) for column in key.columns]


def _index_needs(table: Name, index: Index, new: Schema) -> list[Key]:
    return [("column", table, name) for name in _named_by(table, index, new)]


def _named_by(table: Name, index: Index, schema: Schema) -> list[str]:
    texts = [part.expression.sql for part in index.parts if part.expression is not None]
    texts += [index.where.sql] if index.where is not None else []
    return [*index.columns, *_named(table, " ".join(texts), schema)]


def _replaces(table: Name, index: Index) -> list[Key]:
    """An index that is replaced by another over the same columns goes only when that one comes.

    So does a unique one, whatever the columns: rows must not be without the protection that they have.
    """
    same: Key = ("index", table, " ".join(index.columns)) if index.columns else ("expression index", table)
    return [same, *([("unique", table)] if index.unique else [])]


def _key_units(table: Name, key: ForeignKey) -> list[Key]:
    return [("foreign key", table, " ".join(key.columns)), *_named_so(table, key.name)]


def _named_so(table: Name, name: str | None) -> list[Key]:
    """A name is free for another only when its first bearer goes."""
    return [("named", table, name)] if name else []


def _both_names(change: c.RenameIndex | c.RenameConstraint) -> list[Key]:
    return [*_named_so(change.table, change.old.name), *_named_so(change.table, change.new.name)]


def _key_needs(table: Name, key: ForeignKey) -> list[Key]:
    return [
        ("table", key.ref_table),
        ("key", key.ref_table),
        *(("column", table, name) for name in key.columns),
        *(("column", key.ref_table, name) for name in key.ref_columns),
    ]


def _mentioned(table: Name, item: Check | Exclusion, new: Schema) -> list[Key]:
    text = item.expression.sql if isinstance(item, Check) else item.definition.sql
    return [("column", table, name) for name in _named(table, text, new)]


def _named(table: Name, text: str, new: Schema) -> list[str]:
    found = new.table(table)
    words = set(re.findall(r"\w+", text.casefold()))
    return (
        [column.name for column in found.columns if set(re.findall(r"\w+", column.name.casefold())) & words]
        if found
        else []
    )


def _linked(change: c.AlterColumnType, new: Schema) -> list[Key]:
    """Both ends of a foreign key change their type together."""
    found: list[Key] = []
    for table in new.tables:
        for key in table.foreign_keys:
            for own, theirs in zip(key.columns, key.ref_columns, strict=False):
                ends = [(table.name, own), (key.ref_table, theirs)]
                if (change.table, change.new.name) in ends:
                    found += [("column", *end) for end in ends]
    return found
