"""Changes in forms that block others for a moment only (``--online``); each statement is valid by itself.

Where a run ends halfway, what it leaves is drift (an invalid index, a constraint that is not validated, a helper CHECK,
a column that may still be NULL): the next plan goes on from there. A form that could end halfway unseen is not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_schemadrift.dialects.base import Form, RenderContext
from pytest_schemadrift.dialects.postgres.capabilities import major, rewrites_to_add
from pytest_schemadrift.dialects.postgres.names import do_block, literal, made_up, qualified, quote
from pytest_schemadrift.dialects.postgres.write.alter import alter_table
from pytest_schemadrift.dialects.postgres.write.definitions import (
    check_definition,
    create_index,
    foreign_key_definition,
    is_foreign,
    option,
    using_index_definition,
)
from pytest_schemadrift.dialects.postgres.write.dependents import given_to
from pytest_schemadrift.dialects.postgres.write.fill import fill, filled_with, is_more_than_update, update_of
from pytest_schemadrift.dialects.postgres.write.partitioned import refuse_where_partitioned
from pytest_schemadrift.dialects.postgres.write.render import render
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, ForeignKey, Index, Name, PrimaryKey, Table, is_enforced

TRUSTS_CHECK_SINCE = 12
"""SET NOT NULL reads no row where a valid CHECK says it already (release notes of 12)."""
READS_RANGES_SINCE = 14
"""A range of ``ctid`` is read without the rest of the table (release notes of 14)."""
BATCH = 128
"""Blocks of 8 kB whose rows are filled, and locked, between two commits."""
_SPARED = frozenset({"LOCKS_TABLE", "REWRITES_TABLE"})


def render_online(change: c.Change, context: RenderContext) -> tuple[Form, ...] | None:
    """The statements of one change, or ``None`` where its usual form blocks no longer than any other."""
    name = c.table_of(change)
    table = context.old.table(name) if name is not None else None
    if table is None or is_foreign(table):
        return None  # nobody waits for a table that is yet to come, and a foreign one is kept elsewhere
    refuse_where_partitioned(change, context)
    if table.kind == "partitioned":
        return _of_any_table(change, table, context)
    return _of_plain_table(change, context) or _of_any_table(change, table, context)


def _of_plain_table(change: c.Change, context: RenderContext) -> tuple[Form, ...] | None:
    """CONCURRENTLY, and foreign keys that are NOT VALID, are not to be had for partitioned tables."""
    match change:
        case c.CreateIndex() if change.index.name:
            return (_create_index(change.table, change.index), *_rest(change, context))
        case c.DropIndex() if change.index.name:
            return (_drop_index(change.table, change.index.name),)
        case c.RebuildIndex() if change.index.name and not change.index.constraint:
            drop = _drop_index(change.table, change.index.name)
            return (drop, _create_index(change.table, change.index), *_rest(change, context, after=2))
        case c.AddUnique() if change.unique.name:
            return _add_key(change, change.unique, change.unique.name, context)
        case c.AddPrimaryKey():
            name = change.primary_key.name or made_up(change.table.name, "", "pkey")
            return _add_key(change, change.primary_key, name, context)
        case c.AddForeignKey() if change.foreign_key.validated and change.foreign_key.name:
            later = replace(change.foreign_key, validated=False)
            added = _validated_later(change.table, change.foreign_key.name, foreign_key_definition(later))
            return (*added, *_rest(change, context))
        case c.SetEnforced(old=ForeignKey() as before, new=ForeignKey() as key) if is_enforced(key) and key.name:
            return _enforced_later(change.table, before, key, context)
        case _:  # the usual form, which is right for every change
            return None


def _of_any_table(change: c.Change, table: Table, context: RenderContext) -> tuple[Form, ...] | None:
    match change:
        case c.AddCheck() if change.check.validated and change.check.enforced and change.check.name:
            later = replace(change.check, validated=False)
            added = _validated_later(change.table, change.check.name, check_definition(later))
            return (*added, *_rest(change, context))
        case c.ValidateConstraint():
            filled = [_fill(table.name, columns, context) for columns in filled_with(change, context)]
            return (*filled, _form(render(change, context)[-1]))
        case c.AlterColumnNullability() if not change.new.nullable and _trusts_check(context):
            if not render(change, context) or change.old.not_inherited or change.new.not_inherited:
                return None  # another change of the column says it already, or SET NOT NULL does not
            fill = (_fill(table.name, [change.new], context),) if change.new.default is not None else ()
            return (*fill, *_not_null(table, change.new.name))
        case c.AddColumn() if rewrites_to_add(change.column) and _trusts_check(context):
            return _add_filled(change, table, context)
        case _:  # the usual form, which is right for every change
            return None


def _trusts_check(context: RenderContext) -> bool:
    return major(context.info) >= TRUSTS_CHECK_SINCE


def _form(sql: str, cleanup: str = "") -> Form:
    return Form(sql, cleanup=(cleanup,) if cleanup else (), spares=_SPARED)


def _rest(change: c.Change, context: RenderContext, after: int = 1) -> tuple[Form, ...]:
    """The statements of the usual form that come after the first ones: comments, and owners of sequences."""
    return tuple(map(_form, render(change, context)[after:]))


# -- indexes and keys -------------------------------------------------------------------------------------------------


def _create_index(table: Name, index: Index) -> Form:
    name = Name(table.schema, index.name or "")
    return _form(create_index(table, index, concurrently=True), cleanup=_drop_invalid(name))


def _drop_index(table: Name, index: str) -> Form:
    return _form(f"DROP INDEX CONCURRENTLY {qualified(Name(table.schema, index))}")


def _drop_invalid(index: Name) -> str:
    """Drop what a failed build left, and never the index of the same name for which it failed.

    That cannot be asked of DROP INDEX CONCURRENTLY; nobody reads an invalid index, so the lock is short.
    """
    name = qualified(index)
    body = (
        f"IF EXISTS (SELECT FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass({literal(name)})::oid "
        f"AND NOT indisvalid) THEN DROP INDEX {name}; END IF;"
    )
    return do_block(body)


def _add_key(
    change: c.AddUnique | c.AddPrimaryKey, key: Index | PrimaryKey, name: str, context: RenderContext
) -> tuple[Form, ...] | None:
    """A unique index, built beside writers, becomes the constraint."""
    if isinstance(key, PrimaryKey) and option(key.options, "include"):
        return None
    if option(key.options, "without_overlaps"):
        return None
    include, distinct = (key.include, key.nulls_not_distinct) if isinstance(key, Index) else ((), False)
    settings = tuple(item for item in key.options if item[0] == "with")
    index = Index(name, key.parts, unique=True, include=include, nulls_not_distinct=distinct, options=settings)
    add = alter_table(change.table, f"ADD {using_index_definition(key, name)}")
    return (_create_index(change.table, index), _form(add), *_rest(change, context))


# -- constraints ------------------------------------------------------------------------------------------------------


def _validated_later(table: Name, name: str, definition: str) -> tuple[Form, Form]:
    """New rows are checked at once, then the old ones, under a lock that lets writers be.

    Where an old row fails, the constraint goes again: until it is fixed, it could not be updated at all.
    """
    return (
        _form(alter_table(table, f"ADD {definition}")),
        _form(
            alter_table(table, f"VALIDATE CONSTRAINT {quote(name)}"),
            cleanup=alter_table(table, f"DROP CONSTRAINT IF EXISTS {quote(name)}"),
        ),
    )


def _enforced_later(table: Name, old: ForeignKey, new: ForeignKey, context: RenderContext) -> tuple[Form, ...]:
    """ENFORCED reads the rows under a lock that keeps writers out, so the key is recreated and validated later.

    Where a row fails, the key is again what it was: not enforced, with its comment.
    """
    drop = alter_table(table, f"DROP CONSTRAINT {quote(new.name or '')}")
    add, validate = _validated_later(table, new.name or "", foreign_key_definition(replace(new, validated=False)))
    comments = given_to(table, new, context)
    back = (*validate.cleanup, alter_table(table, f"ADD {foreign_key_definition(old)}"), *comments)
    return (_form(drop), add, replace(validate, cleanup=back), *map(_form, comments))


def _not_null(table: Table, column: str) -> tuple[Form, ...]:
    """SET NOT NULL believes a valid CHECK, which is not needed afterwards."""
    taken = {check.name or "" for check in table.checks}
    helper = made_up("schemadrift", column, "not_null", taken)
    check = f"CONSTRAINT {quote(helper)} CHECK ({quote(column)} IS NOT NULL) NOT VALID"
    return (
        *_validated_later(table.name, helper, check),
        _form(alter_table(table.name, f"ALTER COLUMN {quote(column)} SET NOT NULL")),
        _form(alter_table(table.name, f"DROP CONSTRAINT {quote(helper)}")),
    )


# -- columns ----------------------------------------------------------------------------------------------------------


def _add_filled(change: c.AddColumn, table: Table, context: RenderContext) -> tuple[Form, ...] | None:
    """A column whose rows each get a default of their own, which would rewrite the table under a lock.

    Only where it is NOT NULL: half of the rows filled could not be told from all of them otherwise. Not where UPDATE
    does more, or less, than to fill the column: triggers, row security that holds for the owner.
    """
    column = change.column
    if column.nullable or column.not_inherited or column.default is None:
        return None
    if is_more_than_update(table.name, context.old):
        return None
    bare, *_ = render(replace(change, column=replace(column, nullable=True, default=None)), context)
    # One statement: rows that are inserted from now on have the default, and the old ones are not touched.
    add = f"{bare}, ALTER COLUMN {quote(column.name)} SET DEFAULT {column.default.sql}"
    return (
        _form(add),
        _fill(table.name, [column], context),
        *_not_null(table, column.name),
        *_rest(change, context),
    )


def _fill(table: Name, columns: Sequence[Column], context: RenderContext) -> Form:
    """Give the rows without a value the default, and commit now and then, so that no row is locked for long."""
    place = qualified(table)
    if is_more_than_update(table, context.old):
        return Form(fill(table, columns, context))  # all at once: what it sets off is off meanwhile
    update = update_of(table, columns)
    if major(context.info) < READS_RANGES_SINCE:
        return _form(update)
    block = "schemadrift_block"  # unlike any column's name, for which PL/pgSQL would mistake it
    blocks = f"pg_catalog.pg_relation_size({literal(place)}) / pg_catalog.current_setting('block_size')::bigint"
    edge = "pg_catalog.format('(%s,0)', {})::tid"
    # At last all of the table again: rows may have moved back, and those of partitions and children are elsewhere.
    return _form(
        do_block(
            f"WHILE {block} <= {blocks} LOOP "
            f"{update} AND ctid >= {edge.format(block)} AND ctid < {edge.format(f'{block} + {BATCH}')}; "
            f"COMMIT; {block} := {block} + {BATCH}; END LOOP; {update};",
            declare=f"{block} bigint := 0;",
        )
    )
