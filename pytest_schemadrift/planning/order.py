"""``order(changes, old, new, capabilities)``: the changes in a sequence that a server accepts, folded where it must.

The phases follow what depends on what: types before columns, keys off before columns change, tables and columns
before keys, and what is dropped last is what something may still have used. Where a failed plan is not undone, what
destroys waits for everything that may fail (``last``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pytest_schemadrift.planning.apart import mentions, with_states_apart
from pytest_schemadrift.planning.last import destroys, divide
from pytest_schemadrift.planning.phases import phase_of
from pytest_schemadrift.planning.turns import in_turn
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import Capabilities
from pytest_schemadrift.schema.evolve import evolve, evolve_table
from pytest_schemadrift.schema.model import (
    Check,
    Domain,
    ForeignKey,
    Name,
    Schema,
    Table,
    referenced_tables,
)


def order(
    changes: Sequence[c.SimpleChange], old: Schema, new: Schema, capabilities: Capabilities
) -> tuple[c.Change, ...]:
    """Return ``changes`` in executable order; the same input gives the same output.

    Adds what a server demands around a change (foreign keys taken off and put back), takes foreign keys out of
    CREATE TABLE where they close a cycle, and folds a table's changes into ``RebuildTable`` or ``AlterTable``
    where ``capabilities`` say so. Renames come first, in the order given.
    """
    renames = [change for change in changes if isinstance(change, c.RenameTable | c.RenameColumn)]
    rest: list[c.SimpleChange] = [change for change in changes if change not in renames]
    if renames:
        old = evolve(old, renames)
    rest = _with_enforcement_in_place(rest, capabilities)
    rest = _with_recreated_generated(rest, old, new, capabilities)
    rest = with_states_apart(rest, old, capabilities)
    rest, turns = in_turn(rest, capabilities)
    rest = _with_detached_foreign_keys(rest, old, new, capabilities)
    rest = _split_cycles(rest, capabilities)
    first, last = divide(rest, old, new, capabilities)
    meanwhile = _meanwhile(old, new, first, last)
    folded = _fold(first, old, meanwhile, capabilities)
    waiting = _fold(last, meanwhile, new, capabilities)
    drops = _ranks_of_tables([change.table for change in rest if isinstance(change, c.DropTable)])
    creates = _ranks_of_tables([change.table for change in rest if isinstance(change, c.CreateTable)])
    under = _ranks_of_domains([change.domain for change in rest if isinstance(change, c.CreateDomain | c.DropDomain)])

    def key(change: c.Change) -> tuple[int, int, str, int, str]:
        rank = 0
        if isinstance(change, c.CreateTable):
            rank = creates[change.table.name]
        elif isinstance(change, c.DropTable):
            rank = -drops[change.table.name]
        elif isinstance(change, c.CreateDomain):
            rank = under[change.domain.name]
        elif isinstance(change, c.DropDomain):
            rank = -under[change.domain.name]
        elif isinstance(change, c.AlterTable):
            rank = int(destroys(change, capabilities, old, new))
        elif isinstance(change, c.RenameIndex | c.RenameConstraint):
            rank = turns.get(change, 0)
        if isinstance(change, c.AlterTable) and not capabilities.alters_columns:
            change = change.changes[0]  # a column with its key, which comes where the column does
        step, within = phase_of(change)
        return step, rank, str(c.table_of(change) or ""), within, _label(change)

    return (*renames, *sorted(folded, key=key), *sorted(waiting, key=key))


def _meanwhile(old: Schema, new: Schema, first: Sequence[c.SimpleChange], last: Sequence[c.SimpleChange]) -> Schema:
    """The schema between the two parts of a plan, as far as tables are altered in both."""
    divided = {c.table_of(change) for change in last if not isinstance(change, _WHOLE_TABLE_CHANGES)}
    between = {table.name: table for table in old.tables if table.name in divided}
    if not between:
        return new
    for change in sorted(first, key=lambda change: (*phase_of(change), _label(change))):
        name = c.table_of(change)
        if name in between:
            between[name] = evolve_table(between[name], change)
    wanted = {table.name: [column.name for column in table.columns] for table in new.tables}
    for name, table in between.items():
        place = {column: number for number, column in enumerate(wanted.get(name, ()))}
        columns = sorted(table.columns, key=lambda column: place.get(column.name, len(place)))
        between[name] = replace(table, columns=tuple(columns))
    return replace(new, tables=tuple(between.get(table.name, table) for table in new.tables))


def _label(change: c.Change) -> str:
    """Settles the order of alike changes by what they are about."""
    alone = (c.AddColumn, c.AddEnumValue, c.CreateTable, c.DropTable)  # in their order already, or one of its table
    return "" if isinstance(change, alone) else repr(change)


def _ranks_of_tables(tables: Sequence[Table]) -> dict[Name, int]:
    """Parents before children; tables in a cycle keep their order by name."""
    return _ranks({table.name: set(referenced_tables(table)) for table in tables})


def _ranks_of_domains(domains: Sequence[Domain]) -> dict[Name, int]:
    """A domain may be over another one, or over an array of it, and its checks and its default may name one."""
    texts: dict[Name, str] = {}
    for domain in domains:
        rules = [check.expression.sql for check in domain.checks] + [domain.default.sql if domain.default else ""]
        texts[domain.name] = " ".join([domain.type, *rules])
    return _ranks({name: {other for other in texts if mentions(text, other.name)} for name, text in texts.items()})


def _ranks(needed: Mapping[Name, set[Name]]) -> dict[Name, int]:
    """What each needs has a lower rank than itself, as far as they do not need each other."""
    waiting = {name: needs - {name} for name, needs in needed.items()}
    ranks: dict[Name, int] = {}
    while waiting:
        free = sorted(name for name, needs in waiting.items() if not needs & waiting.keys())
        if not free:
            free = [min(waiting, key=lambda name: (len(waiting[name] & waiting.keys()), name))]
        for name in free:
            ranks[name] = len(ranks)
            del waiting[name]
    return ranks


def _split_cycles(changes: Iterable[c.SimpleChange], capabilities: Capabilities) -> list[c.SimpleChange]:
    """Take foreign keys out of CREATE and DROP TABLE where their other end comes later or is about to change."""
    changes = list(changes)
    if capabilities.creates_foreign_keys_inline:
        return changes
    creates = _ranks_of_tables([change.table for change in changes if isinstance(change, c.CreateTable)])
    drops = _ranks_of_tables([change.table for change in changes if isinstance(change, c.DropTable)])
    result: list[c.SimpleChange] = []
    for change in changes:
        if isinstance(change, c.CreateTable):
            table = change.table
            here = creates[table.name]
            later = [
                key
                for key in table.foreign_keys
                if key.ref_table != table.name and creates.get(key.ref_table, -1) > here
            ]
            inline = tuple(key for key in table.foreign_keys if key not in later)
            result.append(c.CreateTable(replace(table, foreign_keys=inline)))
            result += [c.AddForeignKey(table.name, key) for key in later]
            comments = dict(table.constraint_comments)
            result += [
                c.SetConstraintComment(table.name, key.name, None, comments[key.name])
                for key in later
                if key.name in comments
            ]
        elif isinstance(change, c.DropTable):
            here = drops[change.table.name]
            result += [
                c.DropForeignKey(change.table.name, key)
                for key in change.table.foreign_keys
                if drops.get(key.ref_table, -1) > here
            ]
            result.append(change)
        else:
            result.append(change)
    return result


def _with_detached_foreign_keys(
    changes: Iterable[c.SimpleChange], old: Schema, new: Schema, capabilities: Capabilities
) -> list[c.SimpleChange]:
    """Take off, and put back, the foreign keys that stand on a key or a column that is about to change."""
    changes = list(changes)
    if capabilities.creates_foreign_keys_inline:
        return changes
    keys_off: dict[Name, list[tuple[str, ...]]] = defaultdict(list)
    retyped: set[tuple[Name, str]] = set()
    for change in changes:
        match change:
            case c.DropPrimaryKey() if not (capabilities.alters_column_whole and _comes_again(change, new)):
                keys_off[change.table].append(change.primary_key.columns)
            case c.DropUnique():
                keys_off[change.table].append(change.unique.columns)
            case c.DropIndex() if change.index.unique:
                keys_off[change.table].append(change.index.columns)
            case c.AlterColumnType() | c.AlterColumnCollation() if capabilities.foreign_key_blocks_type_change:
                retyped.add((change.table, change.old.name))
            case _:  # a foreign key stands on nothing else
                pass
    if not keys_off and not retyped:
        return changes
    dropped = {(change.table, change.foreign_key) for change in changes if isinstance(change, c.DropForeignKey)}
    gone = {change.table.name for change in changes if isinstance(change, c.DropTable)}
    wanted = {table.name: table for table in new.tables}
    for table in old.tables:
        if table.name in gone or table.name not in wanted:
            continue
        for key in table.foreign_keys:
            on_key = set(key.ref_columns) in [set(columns) for columns in keys_off.get(key.ref_table, [])]
            on_type = any((table.name, column) in retyped for column in key.columns) or any(
                (key.ref_table, column) in retyped for column in key.ref_columns
            )
            if (on_key or on_type) and (table.name, key) not in dropped:
                changes.append(c.DropForeignKey(table.name, key))
                changes += [
                    c.AddForeignKey(table.name, again) for again in wanted[table.name].foreign_keys if again == key
                ]
    return changes


def _comes_again(change: c.DropPrimaryKey, new: Schema) -> bool:
    """Whether the same key comes in the same ALTER TABLE: then no foreign key misses it (seen in 9.7 and 11.8)."""
    table = new.table(change.table)
    key = table.primary_key if table is not None else None
    return key is not None and key.without_comment == change.primary_key.without_comment


_UNDERNEATH = (
    c.AlterColumnType,
    c.AlterColumnCollation,
    c.AlterColumnGenerated,
    c.AlterColumnIdentity,
    c.DropColumn,
    c.DropPrimaryKey,
    c.DropIndex,
    c.DropUnique,
    c.ReplaceEnum,
    c.AlterDomain,
)
"""Changes for which a constraint may have to be taken off and put back."""


def _with_enforcement_in_place(changes: Sequence[c.SimpleChange], capabilities: Capabilities) -> list[c.SimpleChange]:
    """Where there is no statement for [NOT] ENFORCED, or the constraint may go for another change, it is recreated."""
    busy = {c.table_of(change) for change in changes if isinstance(change, _UNDERNEATH)}
    result: list[c.SimpleChange] = []
    for change in changes:
        if not isinstance(change, c.SetEnforced):
            result.append(change)
            continue
        old, new = change.old, change.new
        about = {change.table} | ({new.ref_table} if isinstance(new, ForeignKey) else set())
        if capabilities.alters_enforcement(new) and not busy & {None, *about}:
            result.append(change)
        elif isinstance(old, ForeignKey) and isinstance(new, ForeignKey):
            result += [c.DropForeignKey(change.table, old), c.AddForeignKey(change.table, new)]
        elif isinstance(old, Check) and isinstance(new, Check):
            result += [c.DropCheck(change.table, old), c.AddCheck(change.table, new)]
    return result


def _with_recreated_generated(
    changes: Iterable[c.SimpleChange], old: Schema, new: Schema, capabilities: Capabilities
) -> list[c.SimpleChange]:
    """A generated column stands in the way of its base column's removal: it is dropped and made again.

    That of its type is the renderer's, which knows what else stands on the column.
    """
    changes = list(changes)
    if not capabilities.alters_columns or capabilities.alters_column_whole:
        return changes
    wanted = {table.name: table for table in new.tables}
    found = {table.name: table for table in old.tables}
    retyped: dict[Name, set[str]] = defaultdict(set)
    for change in changes:
        if isinstance(change, c.DropColumn):
            retyped[change.table].add(change.column.name)
    for name, columns in retyped.items():
        for column in found[name].columns:
            again = wanted[name].column(column.name)
            if column.generated is None or again is None or again.generated is None:
                continue
            if any(mentions(column.generated.expression.sql, base) for base in columns):
                changes = _recreate_column(changes, found[name], wanted[name], column.name)
    return changes


def _recreate_column(changes: Iterable[c.SimpleChange], old: Table, new: Table, name: str) -> list[c.SimpleChange]:
    before, after = old.column(name), new.column(name)
    if before is None or after is None:
        return list(changes)
    kept = [
        change
        for change in changes
        if not (hasattr(change, "old") and getattr(change, "old", None) == before and c.table_of(change) == old.name)
    ]
    kept += [c.DropColumn(old.name, before), c.AddColumn(new.name, after)]
    for index in new.indexes:
        uses_it = name in index.columns or any(
            part.expression and mentions(part.expression.sql, name) for part in index.parts
        )
        if (uses_it or (index.where and mentions(index.where.sql, name))) and index in old.indexes:
            pair: tuple[c.SimpleChange, c.SimpleChange]
            if index.constraint:
                pair = (c.DropUnique(old.name, index), c.AddUnique(old.name, index))
            else:
                pair = (c.DropIndex(old.name, index), c.CreateIndex(old.name, index))
            kept += pair
    for check in new.checks:
        if check in old.checks and mentions(check.expression.sql, name):
            kept += (c.DropCheck(old.name, check), c.AddCheck(old.name, check))
    for exclusion in new.exclusions:
        if exclusion in old.exclusions and mentions(exclusion.definition.sql, name):
            kept += (c.DropExclusion(old.name, exclusion), c.AddExclusion(old.name, exclusion))
    for key in new.foreign_keys:
        if key in old.foreign_keys and name in key.columns:
            kept += (c.DropForeignKey(old.name, key), c.AddForeignKey(old.name, key))
    own_key = old.primary_key
    if own_key is not None and own_key == new.primary_key and name in own_key.columns:
        kept += (c.DropPrimaryKey(old.name, own_key), c.AddPrimaryKey(old.name, own_key))
    return kept


_FOREIGN_KEY_CHANGES = (c.DropForeignKey, c.AddForeignKey)
_WHOLE_TABLE_CHANGES = (c.CreateTable, c.DropTable, c.RenameTable, c.RenameColumn)


def _fold(changes: Sequence[c.SimpleChange], old: Schema, new: Schema, capabilities: Capabilities) -> list[c.Change]:
    """Fold what belongs to one table into one change, for servers that want it so."""
    if capabilities.alters_columns and not capabilities.alters_column_whole:
        return list(changes)
    result: list[c.Change] = []
    by_table: dict[Name, list[c.SimpleChange]] = defaultdict(list)
    for change in changes:
        name = c.table_of(change)
        apart = isinstance(change, _WHOLE_TABLE_CHANGES) or (
            capabilities.alters_columns and isinstance(change, _FOREIGN_KEY_CHANGES)
        )
        if name is None or apart:
            result.append(change)
        else:
            by_table[name].append(change)
    olds = {table.name: table for table in old.tables}
    news = {table.name: table for table in new.tables}
    gone = {change.table.name for change in result if isinstance(change, c.DropTable)}
    standing = replace(old, tables=tuple(table for table in old.tables if table.name not in gone))
    for name, parts in by_table.items():
        parts.sort(key=lambda change: (*phase_of(change), _label(change)))
        before, after = olds[name], news[name]
        if capabilities.alters_columns:
            result.append(parts[0] if len(parts) == 1 else c.AlterTable(before, after, tuple(parts)))
        elif _all_in_place(together := _with_their_keys(parts, before), before, standing, capabilities):
            result += together
        else:
            result.append(c.RebuildTable(before, after, tuple(parts)))
    return result


def _with_their_keys(parts: Sequence[c.SimpleChange], table: Table) -> list[c.SimpleChange | c.AlterTable]:
    """A new column and the foreign key of that column alone are one change: ``ADD COLUMN … REFERENCES`` (SQLite)."""
    keys = {change.foreign_key.columns: change for change in parts if isinstance(change, c.AddForeignKey)}
    result: list[c.SimpleChange | c.AlterTable] = []
    for change in parts:
        key = keys.get((change.column.name,)) if isinstance(change, c.AddColumn) else None
        result.append(change if key is None else _both(table, change, key))
        table = evolve_table(table, change)
    taken = [part for change in result if isinstance(change, c.AlterTable) for part in change.changes]
    return [change for change in result if not any(change is part for part in taken)]


def _both(table: Table, first: c.SimpleChange, second: c.SimpleChange) -> c.AlterTable:
    return c.AlterTable(table, evolve_table(evolve_table(table, first), second), (first, second))


def _all_in_place(
    parts: Iterable[c.SimpleChange | c.AlterTable], table: Table, old: Schema, capabilities: Capabilities
) -> bool:
    """Whether each of them, made after those before it, can do without a rebuild."""
    decide = capabilities.in_place
    if decide is None:
        return False
    for change in parts:
        if not decide(change, table, old):
            return False
        for part in c.simple_changes(change):
            table = evolve_table(table, part)
    return True
