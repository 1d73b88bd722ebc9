"""Replacing an enum: values removed or reordered, every row kept."""

from __future__ import annotations

import re

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.names import made_up, qualified, quote, string_value
from pytest_schemadrift.dialects.postgres.write import marks
from pytest_schemadrift.dialects.postgres.write.alter import alter_table, comment, forgotten
from pytest_schemadrift.dialects.postgres.write.definitions import create_enum
from pytest_schemadrift.dialects.postgres.write.dependents import (
    Around,
    columns_around,
    drop_statement,
    expressions_of,
    recreate,
    stands_on,
    survivors,
)
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Expression, Name


def replace_enum(change: c.ReplaceEnum, context: RenderContext) -> tuple[str, ...]:
    """The old type steps aside, the new one takes its name, and every column goes over by the text of its values.

    A row with a value that is no longer there makes it fail, and then nothing is changed. Defaults, and the indexes
    and checks with values of the type in them, are taken off before and put back after.
    """
    old = change.old.name
    aside = Name(old.schema, made_up(old.name, "", "old", {enum.name.name for enum in context.old.enums}))
    around = columns_around([(table, column.name) for table, column in change.used_by], context)
    around += _expressions_around(change.used_by, context)
    statements = [
        f"ALTER TYPE {qualified(old)} RENAME TO {quote(aside.name)}",
        create_enum(change.new),
        *comment("TYPE", qualified(change.new.name), change.new.comment),
        *marks.on_type(old, context),
    ]
    for table, column in change.used_by:
        statements += _convert(table, column, change)
        statements += forgotten(table, column.name, column.type, context)
    return (*around.before, *statements, f"DROP TYPE {qualified(aside)}", *around.after)


def _convert(table: Name, column: Column, change: c.ReplaceEnum) -> list[str]:
    name = quote(column.name)
    array = "[]" if column.type.endswith("[]") else ""
    kind = qualified(change.new.name) + array
    statements = []
    if column.default is not None:
        statements.append(alter_table(table, f"ALTER COLUMN {name} DROP DEFAULT"))
    statements.append(alter_table(table, f"ALTER COLUMN {name} TYPE {kind} USING {name}::text{array}::{kind}"))
    if column.default is not None and _is_still_there(column.default, change):
        statements.append(alter_table(table, f"ALTER COLUMN {name} SET DEFAULT {column.default.sql}"))
    return statements


def _is_still_there(default: Expression, change: c.ReplaceEnum) -> bool:
    """Whether a default names no value that is removed; one that does is replaced by a change of its own."""
    removed = set(change.old.values) - set(change.new.values)
    literals = [string_value(text) for text in re.findall(r"'(?:[^']|'')*'", default.sql)]
    words = {word for text in literals for word in (text, *re.split(r'[{},"]+', text))}
    return not words & removed


def _expressions_around(used_by: tuple[tuple[Name, Column], ...], context: RenderContext) -> Around:
    """Predicates and checks compare with values of the old type: they cannot follow the column to the new one."""
    around = Around()
    for table in dict.fromkeys(table for table, _ in used_by):
        columns = [column.name for owner, column in used_by if owner == table]
        for item in survivors(table, context):
            if expressions_of(item) and any(stands_on(item, column) for column in columns):
                around += Around((drop_statement(table, item),), tuple(recreate(table, item, context)))
    return around
