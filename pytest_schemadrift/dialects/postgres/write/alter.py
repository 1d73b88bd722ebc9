"""Changes of one column as SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.capabilities import (
    CHECKED_VIRTUAL_SINCE,
    DROP_EXPRESSION_SINCE,
    SET_EXPRESSION_SINCE,
    STORAGE_DEFAULT_SINCE,
    major,
)
from pytest_schemadrift.dialects.postgres.names import literal, made_up, qualified, quote
from pytest_schemadrift.dialects.postgres.read.types import base_type, default_storage, using
from pytest_schemadrift.dialects.postgres.write import marks
from pytest_schemadrift.dialects.postgres.write.definitions import (
    add_column,
    column_definition,
    is_inherited_first,
    not_null_afterwards,
    not_null_definition,
    not_null_inherited,
)
from pytest_schemadrift.dialects.postgres.write.dependents import (
    Around,
    Constraint,
    columns_around,
    drop_statement,
    foreign_keys_around,
    kept,
    mentions,
    names_before,
    recreate,
    stands_on,
    statistics_again,
    survivors,
    targets_again,
)
from pytest_schemadrift.dialects.postgres.write.expressions import (
    as_wanted,
    computed_statistics,
    expressions_around,
    follows,
    held_by,
    is_among,
    precedes,
    stood_on_by,
    strangers,
)
from pytest_schemadrift.dialects.postgres.write.family import children_of, lineage_of
from pytest_schemadrift.dialects.postgres.write.fill import fill
from pytest_schemadrift.dialects.postgres.write.index_parts import parts_again
from pytest_schemadrift.dialects.postgres.write.inherited import (
    is_done_by_parent,
    own_defaults_back,
    own_defaults_off,
    own_expressions_back,
    refuse_computed_by_heirs,
)
from pytest_schemadrift.dialects.postgres.write.not_null import not_null_around
from pytest_schemadrift.dialects.postgres.write.partitioned import refuse_key_column
from pytest_schemadrift.dialects.postgres.write.sequences import of_column, past_rows
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Exclusion, Name
from pytest_schemadrift.schema.publications import usage_of, way_out


def alter_table(table: Name, action: str) -> str:
    """``ALTER TABLE table action``."""
    return f"ALTER TABLE {qualified(table)} {action}"


def _alter(table: Name, column: str, action: str) -> str:
    return alter_table(table, f"ALTER COLUMN {quote(column)} {action}")


def comment(kind: str, name: str, text: str | None) -> tuple[str, ...]:
    """COMMENT ON for an object that was just made; nothing where there is no text."""
    return (f"COMMENT ON {kind} {name} IS {literal(text)}",) if text else ()


def column_comment(table: Name, column: Column) -> tuple[str, ...]:
    """COMMENT ON for a column that was just made."""
    return comment("COLUMN", f"{qualified(table)}.{quote(column.name)}", column.comment)


def is_recreated(change: c.ColumnChange, context: RenderContext) -> bool:
    """Whether ``alter_generated`` drops the column and adds it, all of its aspects at once."""
    old, new = change.old, change.new
    if old.generated == new.generated:
        return False
    if new.generated is None:
        return False  # its values stay
    version = major(context.info)
    same_kind = old.generated is not None and old.generated.stored == new.generated.stored
    table = context.old.table(change.table)
    if version < CHECKED_VIRTUAL_SINCE and not new.generated.stored and table is not None and table.checks:
        return True
    return not (same_kind and version >= SET_EXPRESSION_SINCE)


def alter_type(change: c.AlterColumnType, context: RenderContext) -> tuple[str, ...]:
    """A column's type, its default out of the way and back, with what reads the column around it."""
    table, old, new = change.table, change.old, change.new
    if is_recreated(change, context) or new in _computed_from(table, context)[1] or is_done_by_parent(change, context):
        return ()
    refuse_fixed_type(table, old.name, context)
    refuse_computed_by_heirs(table, old.name, context)
    conversion = using(quote(old.name), old.type, new.type)
    action = f"TYPE {new.type}"
    action += f" COLLATE {new.collation}" if new.collation else ""
    action += f" USING {conversion}" if conversion else ""
    statements = own_defaults_off(table, old.name, context)
    if old.default is not None:
        statements.append(_alter(table, old.name, "DROP DEFAULT"))
    apart = not_null_around(table, old.name, context)
    statements += [*apart.before, _alter(table, old.name, action), *apart.after]
    if new.default is not None and new.default == old.default:
        statements.append(_alter(table, old.name, f"SET DEFAULT {new.default.sql}"))
    statements += own_defaults_back(table, old, new, context)
    if old.autoincrement and new.autoincrement:
        statements.append(of_column(table, old.name, f"ALTER SEQUENCE %s AS {new.type}"))
    statements += _end_of_identity(table, old, new)
    statements += forgotten(table, old.name, new.type, context)
    return _wrapped(_around(change, context), statements)


def _end_of_identity(table: Name, old: Column, new: Column) -> list[str]:
    """The sequence ends where the new type does: one that LIKE has made keeps the end of the old one (P61)."""
    identity = new.identity
    if old.identity is None or identity is None or identity != old.identity:
        return []
    end, said = ("MAXVALUE", identity.maximum) if (identity.increment or 1) > 0 else ("MINVALUE", identity.minimum)
    return [_alter(table, new.name, f"SET NO {end}")] if said is None else []


def refuse_fixed_type(table: Name, column: str, context: RenderContext) -> None:
    """Raise ``Unsupported`` for a column whose type stays: one by which the table, or a part of it, is partitioned,
    and one by which a publication filters rows.
    """
    tables = (table, *children_of(table, context))
    for item in context.old.dependents:
        filtered = [place for place in item.stands_on if place[0] in tables and place[1] == column]
        usage = usage_of(item, column) if item.kind == "publication" and filtered else ""
        if "filters" in usage:
            raise Unsupported(
                f"{table}.{column}: publication {item.name} {usage}, so PostgreSQL cannot change its type",
                hint=way_out(item, str(filtered[0][0])),
            )
    refuse_key_column(table, column, "change its type", context)


def forgotten(table: Name, column: str, new_type: str, context: RenderContext) -> list[str]:
    """What the server forgets of a column, of its indexes and statistics, and of those that inherit it."""
    on_it = [item for item in kept(table, context) if stands_on(item, column)]
    parts = parts_again(table, names_before(table, on_it, context), context, column)
    return _forgotten(table, column, new_type, context) + parts


def _forgotten(table: Name, column: str, new_type: str, context: RenderContext) -> list[str]:
    found = marks.after_type_change(table, column, new_type, context) + targets_again(table, column, context)
    for child in children_of(table, context):
        found += _forgotten(child, column, new_type, context)
    return found


def _around(change: c.AlterColumnType | c.AlterColumnCollation, context: RenderContext) -> Around:
    group, computed = _computed_from(change.table, context)
    together = change in group
    if together:
        names = [*(part.old.name for part in group), *(column.name for column in computed)]
        whole = columns_around([(change.table, name) for name in names], context, coming_again(context))
        around = Around(whole.before if change == group[0] else (), whole.after if change == group[-1] else ())
    else:
        around = columns_around([(change.table, change.old.name)], context, coming_again(context))
    if isinstance(change, c.AlterColumnType):
        around += foreign_keys_around(change, context)
        if base_type(change.old.type) != base_type(change.new.type):
            away = [(change.table, column.name) for column in computed]
            place = (change.table, change.old.name, False)
            around += expressions_around([place], strangers(context), context, away, group)
    if together:
        for number, column in enumerate(computed):
            later = [other.name for other in computed[:number]]  # each comes back before those that stand before it
            own = computed_around(change.table, column, context, group, later)
            around += Around(own.before if change == group[0] else (), own.after if change == group[-1] else ())
    return around


def _computed_from(
    table: Name, context: RenderContext
) -> tuple[list[c.AlterColumnType | c.AlterColumnCollation], list[Column]]:
    """The changes of columns that others are computed from, and those others: no base changes under them.

    Those that are dropped by changes of their own are none of them.
    """
    old, new = context.old.table(table), context.new.table(table)
    parts = [part for part in context.parts if c.table_of(part) == table]
    dropped = {part.column.name for part in parts if isinstance(part, c.DropColumn)}
    retyped = [
        part
        for part in parts
        if isinstance(part, c.AlterColumnType | c.AlterColumnCollation)
        and not (part.old.generated or part.new.generated)
        and not (isinstance(part, c.AlterColumnCollation) and part.old.type != part.new.type)
    ]
    computed, group = [], set[str]()
    for column in old.columns if old is not None else ():
        again = new.column(column.name) if new is not None else None
        if column.generated is None or again is None or again.generated is None or column.name in dropped:
            continue
        bases = {part.old.name for part in retyped if mentions(column.generated.expression.sql, part.old.name)}
        if bases:
            computed.append(again)
            group |= bases
    places = [place for place, part in enumerate(retyped) if part.old.name in group]
    return retyped[min(places, default=0) : max(places, default=-1) + 1], computed  # with what stands between


def computed_around(
    table: Name,
    column: Column,
    context: RenderContext,
    meanwhile: Sequence[c.SimpleChange],
    later: Collection[str] = (),
) -> Around:
    """A generated column dropped before and added after, with the keys, indexes and constraints that stand on it.

    It is away during some changes of the plan, which follow one another. What stands on one that comes back ``later``,
    too, comes with that.
    """
    off, back = _on_table(table, column.name, context, meanwhile, later)
    around = foreign_keys_to(table, column.name, context) + beside_column(table, column.name, context, meanwhile)
    return around + Around(
        (*off, alter_table(table, f"DROP COLUMN {quote(column.name)}")),
        (
            *(alter_table(table, action) for action in add_column(table, column)),
            *own_expressions_back(table, column.name, context, recreated=True),
            *back,
            *marks.set_storage(table, column.name, column.options),
            *marks.on_column(table, column.name, context),
            *column_comment(table, column),
        ),
    )


def _on_table(
    table: Name,
    column: str,
    context: RenderContext,
    meanwhile: Sequence[c.SimpleChange],
    later: Collection[str] = (),
) -> tuple[list[str], list[str]]:
    """What takes off of a table what does not go with its column, and what puts all back that stands on it.

    Another change of the plan may take some of it off and put it on again: what is on before that is as it was, what
    is on after it as it is wanted.
    """
    apart, lineage, wanted = strangers(context), lineage_of(table, context), context.new.table(table)
    on_it, back = [], list[str]()
    for item in survivors(table, context):
        if not stands_on(item, column) or any(stands_on(item, other) for other in later):
            continue
        retyped, held = stood_on_by(item, lineage, apart), held_by(item, lineage, apart)
        if retyped and precedes(meanwhile, retyped, context):
            target = item
        elif not held or follows(meanwhile, held, context) or is_among(meanwhile, held[-1]):
            target = as_wanted(item, wanted)
        else:
            continue
        on_it.append(item)
        back += recreate(table, target, context)
    return _exclusions_off(table, on_it), back


def beside_column(table: Name, column: str, context: RenderContext, meanwhile: Sequence[c.SimpleChange] = ()) -> Around:
    """What goes with a column and is no part of its table: statistics, and what the tables that inherit it have on it.

    A sequence that it owns would go, too: nobody owns it meanwhile.
    """
    apart, lineage = strangers(context), lineage_of(table, context)
    off = [item for item in computed_statistics(table, context) if held_by(item, lineage, apart)]
    around = statistics_again(table, column, context, off)
    for sequence in context.old.sequences:
        if sequence.owned_by == (table, column) and sequence in context.new.sequences:
            owned = f"ALTER SEQUENCE {qualified(sequence.name)} OWNED BY"
            around += Around((f"{owned} NONE",), (f"{owned} {qualified(table)}.{quote(column)}",))
    for child in children_of(table, context):
        found = context.old.table(child)
        if found is None or found.column(column) is not None:
            continue  # its own column stays
        first, back = _on_table(child, column, context, meanwhile)
        around += Around(tuple(first), (*back, *marks.on_column(child, column, context)))
        around += beside_column(child, column, context, meanwhile)
    return around


def _exclusions_off(table: Name, items: Iterable[Constraint]) -> list[str]:
    """All else that stands on a column goes with it."""
    return [drop_statement(table, item) for item in items if isinstance(item, Exclusion)]


def foreign_keys_to(table: Name, column: str, context: RenderContext) -> Around:
    """The foreign keys that refer to a column that is recreated: off before, and back after its key."""
    around = Around()
    off = {(change.table, change.foreign_key) for change in context.changes if isinstance(change, c.DropForeignKey)}
    for other in context.old.tables:
        wanted = context.new.table(other.name)
        for key in other.foreign_keys:
            own = other.name == table and column in key.columns  # goes and comes with the column
            if key.ref_table != table or column not in key.ref_columns or own:
                continue
            if wanted is not None and key in wanted.foreign_keys and (other.name, key) not in off:
                around += Around((drop_statement(other.name, key),), tuple(recreate(other.name, key, context)))
    return around


def _wrapped(around: Around, statements: list[str]) -> tuple[str, ...]:
    return (*around.before, *statements, *around.after)


def alter_collation(change: c.AlterColumnCollation, context: RenderContext) -> tuple[str, ...]:
    """A column's collation: PostgreSQL knows it as part of the type."""
    if is_recreated(change, context) or change.old.type != change.new.type:
        return ()  # told together with the type
    refuse_computed_by_heirs(change.table, change.old.name, context)
    collation = change.new.collation or '"default"'
    action = f"TYPE {change.new.type} COLLATE {collation}"
    apart = not_null_around(change.table, change.old.name, context)
    statements = [*apart.before, _alter(change.table, change.old.name, action), *apart.after]
    statements += forgotten(change.table, change.old.name, change.new.type, context)
    return _wrapped(_around(change, context), statements)


def alter_storage(change: c.AlterColumnOptions, context: RenderContext) -> tuple[str, ...]:
    """How new values are kept; those that are there stay as they are until they are written again.

    ``SET STORAGE DEFAULT`` exists since 16: before that the type's own is named.
    """
    table, old, new = change.table, change.old, change.new
    gone = dict(old.options).keys() - dict(new.options).keys()
    back = {"compression": "default", "storage": "DEFAULT"}
    if "storage" in gone and major(context.info) < STORAGE_DEFAULT_SINCE:
        back["storage"] = default_storage(new.type) or ""
        if not back["storage"]:
            raise Unsupported(
                f"{table}.{new.name}: which storage is the default of type {new.type} is not known",
                hint=f"set it by hand: {_alter(table, new.name, 'SET STORAGE ...')}",
            )
    named = [(name, value) for name, value in new.options if (name, value) not in old.options]
    return tuple(marks.set_storage(table, new.name, (*((name, back[name]) for name in sorted(gone)), *named)))


def alter_nullability(change: c.AlterColumnNullability, context: RenderContext) -> tuple[str, ...]:
    """NOT NULL on or off; rows without a value get the default, where there is one."""
    table, new = change.table, change.new
    if is_recreated(change, context):
        return ()
    if new.nullable:
        off = (_alter(table, new.name, "DROP NOT NULL"),) if not change.old.nullable or change.old.unvalidated else ()
        return (*off, *(alter_table(table, action) for action in not_null_afterwards(table, new)))
    if not change.is_for_more_rows:
        return (_no_longer_inherited(table, change.old, new, context),)
    statements = []
    if new.default is not None and new.generated is None:
        statements.append(fill(table, [new], context))
    if change.old.not_inherited:
        return (*statements, alter_table(table, not_null_inherited(table, change.old, inherited=True)))
    if new.not_inherited:
        return (*statements, alter_table(table, f"ADD {not_null_definition(table, new)}"))
    return (*statements, _alter(table, new.name, "SET NOT NULL"))


def _no_longer_inherited(table: Name, old: Column, new: Column, context: RenderContext) -> str:
    """NO INHERIT of a NOT NULL; ALTER CONSTRAINT would leave tables that inherit with a constraint of their own."""
    wanted, has_children = context.new.table(table), any(table in other.inherits for other in context.old.tables)
    renamed = new.not_null_name not in (None, old.not_null_name)
    if is_inherited_first(new, wanted.primary_key if wanted is not None else None) or not (has_children or renamed):
        return alter_table(table, not_null_inherited(table, old, inherited=False))
    again = not_null_definition(table, replace(new, not_null_name=new.not_null_name or old.not_null_name))
    return alter_table(table, f"ALTER COLUMN {quote(new.name)} DROP NOT NULL, ADD {again}")


def alter_default(change: c.AlterColumnDefault, context: RenderContext) -> tuple[str, ...]:
    """SET DEFAULT or DROP DEFAULT; that of a serial or identity column is part of ``alter_identity``."""
    new = change.new
    if new.autoincrement or new.identity or new.generated or is_recreated(change, context):
        return ()
    back = own_defaults_back(change.table, change.old, new, context)
    if new.default is None:
        return (_alter(change.table, new.name, "DROP DEFAULT"), *back)
    return (_alter(change.table, new.name, f"SET DEFAULT {new.default.sql}"), *back, *past_rows(change, context))


def alter_generated(change: c.AlterColumnGenerated, context: RenderContext) -> tuple[str, ...]:
    """A generated column's expression (SET EXPRESSION since 17), or the change from or to a plain column."""
    table, old, new = change.table, change.old, change.new
    if new in _computed_from(table, context)[1]:
        return ()  # recreated, as it is wanted, around the change of what it is computed from
    if is_recreated(change, context):
        return _recreate_generated(change, context)
    if new.generated is not None:
        expression = _alter(table, new.name, f"SET EXPRESSION AS ({new.generated.expression.sql})")
        apart = not_null_around(table, new.name, context)
        own = own_expressions_back(table, new.name, context, recreated=False)
        return (*apart.before, expression, *own, *apart.after, *targets_again(table, new.name, context))
    if old.generated is not None and old.generated.stored and major(context.info) >= DROP_EXPRESSION_SINCE:
        return (_alter(table, new.name, "DROP EXPRESSION"),)
    return _copy_values(change, context)


def _recreate_generated(change: c.AlterColumnGenerated, context: RenderContext) -> tuple[str, ...]:
    """Drop the column and add it; what stood on it goes with it, and comes back."""
    around = columns_around([(change.table, change.new.name)], context)
    return _wrapped(around + computed_around(change.table, change.new, context, [change]), [])


def _on_column(table: Name, name: str, context: RenderContext) -> list[str]:
    """What stood on a column that was recreated, and what was given to it."""
    items = [item for item in survivors(table, context) if stands_on(item, name)]
    return [sql for item in items for sql in recreate(table, item, context)] + marks.on_column(table, name, context)


def coming_again(context: RenderContext) -> list[tuple[Name, str]]:
    """The generated columns that this plan drops and adds again: what stands on one is off from the first to the last.

    No change of a type lies outside of that.
    """
    return [
        (part.table, part.column.name)
        for part in context.parts
        if isinstance(part, c.DropColumn) and _comes_again(part, context)
    ]


def dropped_to_come_again(change: c.DropColumn, context: RenderContext) -> tuple[str, ...]:
    """What must go before the first generated column that this plan adds again. Raises ``Unsupported``."""
    refuse_computed_by_heirs(change.table, change.column.name, context)
    if not _comes_again(change, context):
        return ()
    places, name = coming_again(context), change.column.name
    around = columns_around(places, context) if places[0] == (change.table, name) else Around()
    return (around + beside_column(change.table, name, context)).before


def added_again(change: c.AddColumn, context: RenderContext) -> tuple[str, ...]:
    """What comes back after it, and what was given to it."""
    if not _comes_again(change, context):
        return ()
    table, name = change.table, change.column.name
    last = [part for part in context.parts if isinstance(part, c.AddColumn) and _comes_again(part, context)][-1]
    around = columns_around(coming_again(context), context) if change == last else Around()
    own = beside_column(table, name, context)
    expressions = own_expressions_back(table, name, context, recreated=True)
    return (*expressions, *marks.on_column(table, name, context), *(around + own).after)


def _comes_again(change: c.DropColumn | c.AddColumn, context: RenderContext) -> bool:
    old, new = context.old.table(change.table), context.new.table(change.table)
    name = change.column.name
    return bool(old and new and old.column(name) and new.column(name))


def _copy_values(change: c.AlterColumnGenerated, context: RenderContext) -> tuple[str, ...]:
    """A generated column that cannot drop its expression: its values move to a plain column of the same name and type.

    What else is wanted of it comes afterwards, as of any other column.
    """
    table, name = change.table, change.new.name
    spare = made_up(name, "", "plain")
    back = _on_column(table, name, context)
    plain = replace(change.old, name=spare, nullable=True, generated=None, comment=None)
    collation = f" COLLATE {plain.collation}" if plain.collation else ""
    on_it = [item for item in survivors(table, context) if stands_on(item, name)]
    statements = [
        alter_table(table, f"ADD COLUMN {column_definition(table, plain)}"),
        # Not UPDATE: its triggers would change other columns.
        _alter(table, spare, f"TYPE {plain.type}{collation} USING {quote(name)}"),
        *_exclusions_off(table, on_it),
        alter_table(table, f"DROP COLUMN {quote(name)}"),
        alter_table(table, f"RENAME COLUMN {quote(spare)} TO {quote(name)}"),
        *marks.set_storage(table, name, change.new.options),
    ]
    if not (change.old.nullable or change.new.nullable):
        named = change.old.not_null_name or change.old.not_inherited
        again = alter_table(table, f"ADD {not_null_definition(table, change.old)}")
        statements.append(again if named else _alter(table, name, "SET NOT NULL"))
    around = columns_around([(table, name)], context, coming_again(context)) + foreign_keys_to(table, name, context)
    return _wrapped(
        around + beside_column(table, name, context, [change]), [*statements, *back, *column_comment(table, change.new)]
    )
