"""What only gets another name, comment or state, while the column under it goes or changes: it is recreated.

A server that changes a column in place takes off what stands in the way and puts it back as it was; what the plan gives
another name, comment or state is then there under neither, and a statement about it fails.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import Capabilities
from pytest_schemadrift.schema.model import Check, Exclusion, ForeignKey, Index, Name, PrimaryKey, Schema, Table

Item = PrimaryKey | Index | ForeignKey | Check | Exclusion
Columns = dict[Name, set[str]]


def mentions(expression: str, column: str) -> bool:
    """Whether an expression may be about a column."""
    return re.search(rf"(?<![\w$]){re.escape(column)}(?![\w$])", expression) is not None


def with_states_apart(
    changes: Sequence[c.SimpleChange], old: Schema, capabilities: Capabilities
) -> list[c.SimpleChange]:
    """The changes, those of a name, comment or state as removal and addition where the column beneath is in motion."""
    if not capabilities.alters_columns or capabilities.alters_column_whole:
        return list(changes)
    retyped, remade = _in_motion(changes, old)
    result: list[c.SimpleChange] = []
    for change in changes:
        item, pair = _recreated(change, old)
        table = c.table_of(change)
        if item is None or table is None or not _stands_on(item, table, retyped, remade):
            result.append(change)
        else:
            result += pair
            result += _comments(change, old, changes) if isinstance(change, c.RenameConstraint) else ()
    return result


def _comments(
    change: c.RenameConstraint, old: Schema, changes: Sequence[c.SimpleChange]
) -> list[c.SetConstraintComment]:
    """The comments that its name bore, for the new one, as far as the plan gives it no others."""
    table, name = old.table(change.table), change.new.name
    if table is None or name is None:
        return []
    told = [(item.table, item.name, item.on) for item in changes if isinstance(item, c.SetConstraintComment)]
    was = change.old.name
    on_it = [text for of, text in table.constraint_comments if of == was]
    behind = [text for of, text in table.index_comments if of == was]
    found = [c.SetConstraintComment(change.table, name, None, text) for text in on_it]
    found += [c.SetConstraintComment(change.table, name, None, text, "index") for text in behind]
    return [item for item in found if (item.table, item.name, item.on) not in told]


def _in_motion(changes: Iterable[c.SimpleChange], old: Schema) -> tuple[Columns, Columns]:
    """The columns that get another type, and those that are dropped and added, by their tables and by their heirs'."""
    retyped, remade = defaultdict[Name, set[str]](set), defaultdict[Name, set[str]](set)
    added = set[tuple[Name, str]]()
    for change in changes:
        match change:
            case c.AlterColumnType() | c.AlterColumnCollation():
                retyped[change.table].add(change.old.name)
            case c.AlterColumnGenerated():
                remade[change.table].add(change.old.name)
            case c.ReplaceEnum():
                for table, column in change.used_by:
                    retyped[table].add(column.name)
            case c.AddColumn():
                added.add((change.table, change.column.name))
            case _:  # nothing else moves a column that stays
                pass
    dropped = {(change.table, change.column.name) for change in changes if isinstance(change, c.DropColumn)}
    for table, name in dropped & added:
        remade[table].add(name)
    for item in old.tables:
        computed = [column for column in item.columns if column.generated is not None]
        for base in retyped[item.name]:
            sql = {column.name: column.generated.expression.sql for column in computed if column.generated}
            remade[item.name] |= {name for name, text in sql.items() if mentions(text, base)}
    waiting = [*{**retyped, **remade}]
    while waiting:
        parent = waiting.pop()
        for heir in (item.name for item in old.tables if parent in _parents(item)):
            if not (retyped[parent] <= retyped[heir] and remade[parent] <= remade[heir]):
                retyped[heir] |= retyped[parent]
                remade[heir] |= remade[parent]
                waiting.append(heir)
    return retyped, remade


def _parents(table: Table) -> tuple[Name, ...]:
    return (*table.inherits, *((table.partition_of[0],) if table.partition_of else ()))


def _recreated(change: c.SimpleChange, old: Schema) -> tuple[Item | None, tuple[c.SimpleChange, ...]]:
    """What a change is about, as it is before, and the removal and addition that do the same."""
    match change:
        case c.RenameIndex() | c.SetIndexComment():
            return change.old, (c.DropIndex(change.table, change.old), c.CreateIndex(change.table, change.new))
        case c.RebuildIndex():
            there = old.table(change.table)
            index = next((item for item in there.indexes if item.name == change.index.name), None) if there else None
            if index is None:
                return None, ()
            return index, (c.DropIndex(change.table, index), c.CreateIndex(change.table, change.index))
        case c.RenameConstraint():
            return change.old, _pair(change.table, change.old, change.new)
        case c.ValidateConstraint():
            there, wanted = old.table(change.table), change.constraint
            items: tuple[ForeignKey | Check, ...] = (*there.foreign_keys, *there.checks) if there else ()
            item = next((item for item in items if type(item) is type(wanted) and item.name == wanted.name), None)
            if item is None or not isinstance(wanted, ForeignKey | Check):
                return None, ()
            return item, _pair(change.table, item, wanted)
        case _:  # the others make, drop or change more than a name or a state
            return None, ()


def _pair(table: Name, old: Item, new: Item) -> tuple[c.SimpleChange, ...]:
    match old, new:
        case PrimaryKey(), PrimaryKey():
            return c.DropPrimaryKey(table, old), c.AddPrimaryKey(table, new)
        case Index(), Index():
            return c.DropUnique(table, old), c.AddUnique(table, new)
        case ForeignKey(), ForeignKey():
            return c.DropForeignKey(table, old), c.AddForeignKey(table, new)
        case Check(), Check():
            return c.DropCheck(table, old), c.AddCheck(table, new)
        case Exclusion(), Exclusion():
            return c.DropExclusion(table, old), c.AddExclusion(table, new)
        case _:
            raise AssertionError(f"{old} cannot become {new}")


def _stands_on(item: Item, table: Name, retyped: Columns, remade: Columns) -> bool:
    """Whether it goes with a column that is recreated, or names one in an expression that another type takes off."""
    columns, texts = _used(item)
    gone, other = remade.get(table, set()), retyped.get(table, set())
    far = isinstance(item, ForeignKey) and not remade.get(item.ref_table, set()).isdisjoint(item.ref_columns)
    return far or not gone.isdisjoint(columns) or any(mentions(text, name) for text in texts for name in gone | other)


def _used(item: Item) -> tuple[tuple[str, ...], list[str]]:
    """The columns by name, and the expressions."""
    match item:
        case PrimaryKey() | ForeignKey():
            return item.columns, []
        case Index():
            texts = [part.expression.sql for part in item.parts if part.expression is not None]
            return (*item.columns, *item.include), [*texts, *([item.where.sql] if item.where is not None else [])]
        case Check():
            return (), [item.expression.sql]
        case Exclusion():
            return (), [item.definition.sql]
