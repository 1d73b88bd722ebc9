"""Replacing an enum: values removed or reordered, every row kept."""

from __future__ import annotations

import re

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.names import made_up, qualified, quote, string_value
from pytest_schemadrift.dialects.postgres.write import marks
from pytest_schemadrift.dialects.postgres.write.alter import (
    alter_table,
    coming_again,
    comment,
    computed_around,
    forgotten,
    refuse_fixed_type,
)
from pytest_schemadrift.dialects.postgres.write.definitions import create_enum
from pytest_schemadrift.dialects.postgres.write.dependents import columns_around, foreign_keys_of_type, mentions
from pytest_schemadrift.dialects.postgres.write.expressions import expressions_around, strangers
from pytest_schemadrift.dialects.postgres.write.inherited import (
    own_defaults_back,
    own_defaults_off,
    refuse_computed_by_heirs,
)
from pytest_schemadrift.dialects.postgres.write.not_null import not_null_around
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Name


def replace_enum(change: c.ReplaceEnum, context: RenderContext) -> tuple[str, ...]:
    """The old type steps aside, the new one takes its name, and every column goes over by the text of its values.

    A row with a value that is no longer there makes it fail, and then nothing is changed. Defaults, foreign keys, and
    the indexes and checks with values of the type in them, are taken off before and put back after.
    """
    _refuse_where_it_is_part(change, context)
    old = change.old.name
    aside = Name(old.schema, made_up(old.name, "", "old", {enum.name.name for enum in context.old.enums}))
    computed = _computed_with(change, context)
    whole = [(table, column.name) for table, column in (*change.used_by, *computed)]
    around = foreign_keys_of_type(change.used_by, [(table, column.name) for table, column in computed], context)
    around += columns_around(whole, context, coming_again(context))
    away = [(table, column.name) for table, column in computed]
    places = [(table, column.name, True) for table, column in change.used_by]
    around += expressions_around(places, strangers(context), context, away, [change])
    for table, column in computed:
        around += computed_around(table, column, context, [change])
    statements = [
        f"ALTER TYPE {qualified(old)} RENAME TO {quote(aside.name)}",
        create_enum(change.new),
        *comment("TYPE", qualified(change.new.name), change.new.comment),
        *marks.on_type(old, context),
    ]
    for table, column in change.used_by:
        if column.generated is not None:
            continue  # it is computed again
        refuse_computed_by_heirs(table, column.name, context)
        statements += _convert(table, column, change, context)
        statements += forgotten(table, column.name, column.type, context)
    return (*around.before, *statements, f"DROP TYPE {qualified(aside)}", *around.after)


def _refuse_where_it_is_part(change: c.ReplaceEnum, context: RenderContext) -> None:
    """Raise ``Unsupported`` where something is made of the type that cannot be made of another."""
    name = change.old.name
    hint = "keep the values, or make another type and move what is made of this one by hand"
    of_it = re.compile(rf'(?<![\w$."]){re.escape(str(name))}(?![\w$"])')
    parts = [f"the domain {item.name}" for item in context.old.domains if of_it.search(item.type.replace('"', ""))]
    parts += [
        f"the type {item.name}"
        for item in context.old.unsupported
        if item.sql.startswith("CREATE TYPE") and of_it.search(item.sql.replace('"', "").partition(" AS ")[2])
    ]
    if parts:
        raise Unsupported(
            f"{name}: values can neither be removed nor change their order while {parts[0]} is made of it", hint=hint
        )
    for table, column in change.used_by:
        refuse_fixed_type(table, column.name, context)


def _computed_with(change: c.ReplaceEnum, context: RenderContext) -> list[tuple[Name, Column]]:
    """The generated columns of the type, and those that are computed from a column of the type."""
    found = []
    for table in dict.fromkeys(table for table, _ in change.used_by):
        old, new = context.old.table(table), context.new.table(table)
        names = [column.name for owner, column in change.used_by if owner == table]
        for column in old.columns if old is not None else ():
            again = new.column(column.name) if new is not None else None
            if column.generated is None or again is None or again.generated is None:
                continue
            text = column.generated.expression.sql
            if column.name in names or any(mentions(text, name) for name in names):
                found.append((table, again))
    return found


def _convert(table: Name, column: Column, change: c.ReplaceEnum, context: RenderContext) -> list[str]:
    name = quote(column.name)
    array = "[]" if column.type.endswith("[]") else ""
    kind = qualified(change.new.name) + array
    own = own_defaults_back(table, column, column, context)
    statements = own_defaults_off(table, column.name, context)
    if column.default is not None:
        statements.append(alter_table(table, f"ALTER COLUMN {name} DROP DEFAULT"))
    apart = not_null_around(table, column.name, context)
    action = f"ALTER COLUMN {name} TYPE {kind} USING {name}::text{array}::{kind}"
    statements += [*apart.before, alter_table(table, action), *apart.after]
    if column.default is not None and _is_still_there(column.default.sql, change):
        statements.append(alter_table(table, f"ALTER COLUMN {name} SET DEFAULT {column.default.sql}"))
    return [*statements, *(sql for sql in own if _is_still_there(sql, change))]


def _is_still_there(default: str, change: c.ReplaceEnum) -> bool:
    """Whether a default names no value that is removed; one that does is replaced by a change of its own."""
    removed = set(change.old.values) - set(change.new.values)
    literals = [string_value(text) for text in re.findall(r"'(?:[^']|'')*'", default)]
    words = {word for text in literals for word in (text, *re.split(r'[{},"]+', text))}
    return not words & removed
