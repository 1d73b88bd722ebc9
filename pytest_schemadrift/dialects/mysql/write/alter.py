"""ALTER TABLE: a table's changes are one statement, and every altered column is restated whole, once.

MODIFY forgets whatever it does not repeat (manual, "ALTER TABLE Statement"), so a column's definition is always
written from its whole ``Column``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.mysql.collations import charset_of, spelled
from pytest_schemadrift.dialects.mysql.names import literal, qualified, quote
from pytest_schemadrift.dialects.mysql.read.types import never_converts
from pytest_schemadrift.dialects.mysql.write.clauses import Clauses
from pytest_schemadrift.dialects.mysql.write.columns import ColumnWork, fill
from pytest_schemadrift.dialects.mysql.write.definitions import (
    check_definition,
    foreign_key_definition,
    option,
    option_off,
    table_collation,
)
from pytest_schemadrift.dialects.mysql.write.marks import analyzed, index_again, key_again
from pytest_schemadrift.dialects.mysql.write.partitions import repartition
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import (
    Check,
    ForeignKey,
    Index,
    PrimaryKey,
    Table,
    is_enforced,
)


def alter_table(old: Table, new: Table, changes: Sequence[c.SimpleChange], context: RenderContext) -> tuple[str, ...]:
    """All changes of one table in one ALTER TABLE, and what must run before and after. Raises ``Unsupported``."""
    info = context.info
    clauses = Clauses()
    columns = ColumnWork(old, new, context)
    toggled = _toggled_indexes(changes)
    clauses.options += [_visibility(index, info) for index in toggled]
    names = {index.name for index in toggled}
    for change in changes:
        if isinstance(change, c.CreateIndex | c.DropIndex) and change.index.name in names:
            continue
        if isinstance(change, c.SchemaObjectChange):
            raise _no_part(change)
        if isinstance(change, c.TableChange):
            _alter_table(change, clauses, info)
        elif isinstance(change, c.AnyColumnChange):
            _alter_column(change, old, clauses, columns)
        elif isinstance(change, c.IndexChange):
            _alter_index(change, clauses, context)
        elif isinstance(change, c.ConstraintChange):
            _alter_constraint(change, clauses, columns, context)
        else:
            assert_never(change)
    columns.write(clauses)
    for check in columns.checks_again():
        clauses.drops.insert(0, _dropped(check, info))
        clauses.adds.append(f"ADD {check_definition(check)}")
    _free_of_spatial_indexes(old, new, changes, clauses, context)
    _free_to_fill(old, changes, clauses, context)
    made = [*columns.indexes, *(name for change in changes if (name := _index_made(change)) is not None)]
    if any(isinstance(change, c.AlterTableOptions) for change in changes):
        goes, comes = repartition(old, new, changes)
        clauses.before[:0] = goes
        clauses.after += comes
    clauses.after += analyzed(old.name, columns.forgotten(), made, context)
    if any(isinstance(change, c.AddCheck) and change.check.column is not None for change in changes):
        # Without a copy MariaDB takes the check of a column over rows that break it, and refuses to UPDATE them from
        # then on (MDEV-31008, seen in 11.8.9).
        clauses.options.append("ALGORITHM=COPY")
    return clauses.statements(old.name)


def _free_of_spatial_indexes(
    old: Table, new: Table, changes: Sequence[c.SimpleChange], clauses: Clauses, context: RenderContext
) -> None:
    """An SRID changes only once no spatial index is on its column, before the statement (MySQL 9.7: error 3644)."""
    moved = {
        change.new.name
        for change in changes
        if isinstance(change, c.AlterColumnOptions)
        and context.info.dialect == "mysql"
        and dict(change.old.options).get("srid") != dict(change.new.options).get("srid")
    }
    made = {_index_made(change) for change in changes}
    for index in old.indexes:
        if index.method != "spatial" or not any(part.column in moved for part in index.parts):
            continue
        drop = f"DROP INDEX {quote(index.name or '')}"
        clauses.before.append(f"ALTER TABLE {qualified(old.name)} {drop}")
        if drop in clauses.drops:
            clauses.drops.remove(drop)
        elif index in new.indexes and index.name not in made:
            clauses.adds.append(f"ADD {index_again(old.name, index, context)}")


def _free_to_fill(old: Table, changes: Sequence[c.SimpleChange], clauses: Clauses, context: RenderContext) -> None:
    """What goes and stands on a column that is filled goes before: it may refuse the value, or the column's new type.

    An index that a foreign key leans on goes beside the one that takes its place.
    """
    elsewhere = [part for part in context.parts if part not in changes]
    off = [part.foreign_key.name for part in elsewhere if isinstance(part, c.DropForeignKey) and part.table == old.name]
    held = [key.columns for key in old.foreign_keys if key.name not in off]
    for change in changes:
        moved: list[str] = []
        match change:
            case c.DropIndex(index=index) | c.RebuildIndex(index=index) | c.DropUnique(unique=index):
                gone = next((own for own in old.indexes if own.name == index.name), index)
                named = [quote(part.column) if part.column else "" for part in gone.parts]
                named += [part.expression.key for part in gone.parts if part.expression]
                drop = f"DROP INDEX {quote(index.name or '')}"
                leaning = [columns for columns in held if gone.columns[: len(columns)] == columns]
                if leaning:
                    moved = _instead_of(leaning, changes, clauses, context)
                    if not (moved and gone.unique):  # another one stands in no way
                        continue
            case c.DropCheck(check=check):
                named = [check.expression.key]
                drop = _dropped(check, context.info)
            case c.SetEnforced(new=Check() as check) if not is_enforced(check):
                named = [check.expression.key]
                drop = f"ALTER CHECK {quote(check.name or '')} NOT ENFORCED"
            case _:  # nothing else goes from the table that could be in the way
                continue
        texts = " ".join(named).casefold()
        if drop in clauses.drops and any(quote(name).casefold() in texts for name in clauses.filled):
            clauses.drops.remove(drop)
            clauses.adds = [clause for clause in clauses.adds if clause not in moved]
            clauses.first[:0] = [drop, *moved]


def _instead_of(
    leaning: Sequence[tuple[str, ...]], changes: Sequence[c.SimpleChange], clauses: Clauses, context: RenderContext
) -> list[str]:
    """The clauses that add what foreign keys over these columns lean on afterwards; none where it is not all new."""
    found = []
    for columns in leaning:
        made = [
            f"ADD {index_again(change.table, change.index, context)}"
            for change in changes
            if isinstance(change, c.CreateIndex) and change.index.columns[: len(columns)] == columns
        ]
        if not set(made) & set(clauses.adds):
            return []
        found += [clause for clause in made if clause in clauses.adds]
    return list(dict.fromkeys(found))


def _no_part(change: c.SimpleChange) -> Unsupported:
    return Unsupported(f"{type(change).__name__} is no part of ALTER TABLE")


def _alter_table(change: c.TableChange, clauses: Clauses, info: ServerInfo) -> None:
    match change:
        case c.SetTableComment():
            clauses.options.append(f"COMMENT = {literal(change.new or '')}")
        case c.AlterTableOptions():
            _alter_options(change, clauses, info)
        case c.CreateTable() | c.DropTable() | c.RenameTable():
            raise _no_part(change)
        case _:
            assert_never(change)


def _alter_column(change: c.AnyColumnChange, old: Table, clauses: Clauses, columns: ColumnWork) -> None:
    match change:
        case c.AlterColumnType() if never_converts(change.old.type, change.new.type, columns.info) and not (
            change.old.generated or change.new.generated
        ):
            raise Unsupported(
                f"{old.name}.{change.new.name}: MariaDB cannot convert {change.old.type} into {change.new.type}",
                hint="add a column of the new type, fill it, and drop the old one; or go by way of VARCHAR by hand",
            )
        case c.AddColumn():
            columns.add(change)
        case c.DropColumn():
            clauses.drops.append(f"DROP COLUMN {quote(change.column.name)}")
        case c.AlterColumnNullability():
            fills = fill(old, change)
            if fills:
                clauses.filled.append(change.new.name)
                if (change.old.type, change.old.generated) != (change.new.type, None) or columns.loses_check(
                    change.new
                ):
                    clauses.first.append(columns.convert(change.new))
            clauses.fills += fills
            columns.alter(change.old, change.new)
        case (
            c.AlterColumnType()
            | c.AlterColumnDefault()
            | c.AlterColumnGenerated()
            | c.AlterColumnIdentity()
            | c.AlterColumnCollation()
            | c.AlterColumnOptions()
            | c.SetColumnComment()
        ):
            columns.alter(change.old, change.new)
        case c.MoveColumns():
            columns.move(change)
        case c.RenameColumn():
            raise _no_part(change)
        case _:
            assert_never(change)


def _index_made(change: c.SimpleChange) -> str | None:
    """The name of the index that a change makes."""
    match change:
        case c.CreateIndex() | c.RebuildIndex():
            return change.index.name
        case c.SetIndexComment():
            return change.new.name
        case c.AddUnique():
            return change.unique.name
        case c.AddPrimaryKey():
            return "PRIMARY"
        case _:  # no other change makes an index
            return None


def _alter_index(change: c.IndexChange, clauses: Clauses, context: RenderContext) -> None:
    match change:
        case c.CreateIndex():
            clauses.adds.append(f"ADD {index_again(change.table, change.index, context)}")
        case c.AddUnique():
            clauses.adds.append(f"ADD {index_again(change.table, change.unique, context)}")
        case c.DropIndex():
            clauses.drops.append(f"DROP INDEX {quote(change.index.name or '')}")
        case c.DropUnique():
            clauses.drops.append(f"DROP INDEX {quote(change.unique.name or '')}")
        case c.RebuildIndex():
            clauses.drops.append(f"DROP INDEX {quote(change.index.name or '')}")
            clauses.adds.append(f"ADD {index_again(change.table, change.index, context)}")
        case c.RenameIndex():
            clauses.drops.append(f"RENAME INDEX {quote(change.old.name or '')} TO {quote(change.new.name or '')}")
        case c.SetIndexComment():  # in one ALTER TABLE no foreign key misses its index (seen in 9.7 and 11.8)
            clauses.drops.append(f"DROP INDEX {quote(change.old.name or '')}")
            clauses.adds.append(f"ADD {index_again(change.table, change.new, context)}")
        case _:
            assert_never(change)


def _alter_constraint(
    change: c.ConstraintChange, clauses: Clauses, columns: ColumnWork, context: RenderContext
) -> None:
    info = context.info
    match change:
        case c.AddPrimaryKey():
            clauses.adds.append(f"ADD {key_again(change.table, change.primary_key, context)}")
        case c.DropPrimaryKey():
            clauses.drops.append("DROP PRIMARY KEY")
        case c.AddForeignKey():
            clauses.adds.append(f"ADD {foreign_key_definition(change.foreign_key)}")
        case c.DropForeignKey():
            clauses.drops.append(f"DROP FOREIGN KEY {quote(change.foreign_key.name or '')}")
        case c.AddCheck():
            _add_check(change.check, clauses, columns)
        case c.DropCheck():
            _drop_check(change.check, clauses, columns, info)
        case c.SetEnforced():
            state = "ENFORCED" if is_enforced(change.new) else "NOT ENFORCED"
            clauses.drops.append(f"ALTER CHECK {quote(change.new.name or '')} {state}")
        case c.RenameConstraint():
            _rename_constraint(change, clauses, columns, info)
        case c.ValidateConstraint() | c.AddExclusion() | c.DropExclusion() | c.SetConstraintComment():
            raise Unsupported(f"{type(change).__name__}: {info.dialect} has no such thing")
        case _:
            assert_never(change)


def _toggled_indexes(changes: Sequence[c.SimpleChange]) -> list[Index]:
    """The wanted indexes that differ from what is dropped in visibility alone.

    MySQL takes DROP INDEX and ADD INDEX of one name and shape for nothing to do, and keeps the old visibility.
    """
    dropped = {change.index.name: change.index for change in changes if isinstance(change, c.DropIndex)}
    wanted = [change.index for change in changes if isinstance(change, c.CreateIndex) and change.index.name in dropped]
    return [index for index in wanted if _shown(dropped[index.name]) == _shown(index)]


def _shown(index: Index) -> Index:
    return replace(index, options=tuple(item for item in index.options if item[0] != "invisible"))


def _visibility(index: Index, info: ServerInfo) -> str:
    hidden = "invisible" in dict(index.options)
    if info.dialect == "mariadb":
        return f"ALTER INDEX {quote(index.name or '')} {'IGNORED' if hidden else 'NOT IGNORED'}"
    return f"ALTER INDEX {quote(index.name or '')} {'INVISIBLE' if hidden else 'VISIBLE'}"


def _add_check(check: Check, clauses: Clauses, columns: ColumnWork) -> None:
    if check.column is not None:
        columns.restate(check.column)
    else:
        clauses.adds.append(f"ADD {check_definition(check)}")


def _drop_check(check: Check, clauses: Clauses, columns: ColumnWork, info: ServerInfo) -> None:
    """MariaDB knows DROP CONSTRAINT only, MySQL 8.0.16 DROP CHECK only."""
    if check.column is not None:
        columns.restate(check.column)
    else:
        clauses.drops.append(_dropped(check, info))


def _dropped(check: Check, info: ServerInfo) -> str:
    return f"DROP {'CONSTRAINT' if info.dialect == 'mariadb' else 'CHECK'} {quote(check.name or '')}"


def _rename_constraint(change: c.RenameConstraint, clauses: Clauses, columns: ColumnWork, info: ServerInfo) -> None:
    """No constraint but an index can be renamed: it is dropped and added under its new name."""
    match change.old, change.new:
        case ForeignKey() as old, ForeignKey() as new:
            clauses.drops.append(f"DROP FOREIGN KEY {quote(old.name or '')}")
            clauses.adds.append(f"ADD {foreign_key_definition(new)}")
        case Check() as old_check, Check() as new_check:
            _drop_check(old_check, clauses, columns, info)
            _add_check(new_check, clauses, columns)
        case Index() as old_index, Index() as new_index:
            clauses.drops.append(f"RENAME INDEX {quote(old_index.name or '')} TO {quote(new_index.name or '')}")
        case PrimaryKey(), PrimaryKey():
            pass  # a primary key is always called PRIMARY
        case _:  # pairs of two kinds, which ``diff`` does not make; and exclusions, which these servers have not
            raise Unsupported("a constraint cannot be renamed into one of another kind")


def _alter_options(change: c.AlterTableOptions, clauses: Clauses, info: ServerInfo) -> None:
    old, new = dict(change.old.options), dict(change.new.options)
    if old.get("engine") != new.get("engine"):
        clauses.options.append(f"ENGINE={new.get('engine') or info.setting('default_storage_engine', 'InnoDB')}")
    if old.get("collation") != new.get("collation"):
        collation = table_collation(change.new, info)
        clauses.options.append(f"DEFAULT CHARACTER SET {charset_of(collation)} COLLATE {spelled(collation, info)}")
    for name in sorted({*old, *new} - {"engine", "collation"}):
        if old.get(name) != new.get(name):
            clauses.options.append(option(name, new[name]) if name in new else option_off(name))
