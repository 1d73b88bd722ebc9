"""Changes of one column as SQL."""

from __future__ import annotations

from dataclasses import replace

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.capabilities import DROP_EXPRESSION_SINCE, SET_EXPRESSION_SINCE, major
from pytest_schemadrift.dialects.postgres.names import literal, made_up, qualified, quote
from pytest_schemadrift.dialects.postgres.read.types import using
from pytest_schemadrift.dialects.postgres.write import marks
from pytest_schemadrift.dialects.postgres.write.definitions import column_definition
from pytest_schemadrift.dialects.postgres.write.dependents import (
    Around,
    children_of,
    columns_around,
    foreign_keys_around,
    recreate,
    stands_on,
    statistics_again,
    survivors,
    targets_again,
)
from pytest_schemadrift.dialects.postgres.write.fill import fill
from pytest_schemadrift.dialects.postgres.write.sequences import of_column, past_rows
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Name


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


def is_made_anew(old: Column, new: Column, context: RenderContext) -> bool:
    """Whether ``alter_generated`` drops the column and adds it, all of its aspects at once."""
    if old.generated == new.generated:
        return False
    if new.generated is None:
        return False  # its values stay
    version = major(context.info)
    same_kind = old.generated is not None and old.generated.stored == new.generated.stored
    return not (same_kind and version >= SET_EXPRESSION_SINCE)


def alter_type(change: c.AlterColumnType, context: RenderContext) -> tuple[str, ...]:
    """A column's type, its default out of the way and back, with what reads the column around it."""
    table, old, new = change.table, change.old, change.new
    if is_made_anew(old, new, context):
        return ()
    conversion = using(quote(old.name), old.type, new.type)
    action = f"TYPE {new.type}"
    action += f" COLLATE {new.collation}" if new.collation else ""
    action += f" USING {conversion}" if conversion else ""
    statements = []
    if old.default is not None:
        statements.append(_alter(table, old.name, "DROP DEFAULT"))
    statements.append(_alter(table, old.name, action))
    if new.default is not None and new.default == old.default:
        statements.append(_alter(table, old.name, f"SET DEFAULT {new.default.sql}"))
    if old.autoincrement and new.autoincrement:
        statements.append(of_column(table, old.name, f"ALTER SEQUENCE %s AS {new.type}"))
    statements += forgotten(table, old.name, new.type, context)
    return _wrapped(_around(change, context), statements)


def forgotten(table: Name, column: str, new_type: str, context: RenderContext) -> list[str]:
    """What the server forgets of a column, of its indexes and statistics, and of those that inherit it."""
    found = marks.after_type_change(table, column, new_type, context) + targets_again(table, column, context)
    for child in children_of(table, context):
        found += forgotten(child, column, new_type, context)
    return found


def _around(change: c.AlterColumnType | c.AlterColumnCollation, context: RenderContext) -> Around:
    around = columns_around([(change.table, change.old.name)], context)
    return around + foreign_keys_around(change, context) if isinstance(change, c.AlterColumnType) else around


def _wrapped(around: Around, statements: list[str]) -> tuple[str, ...]:
    return (*around.before, *statements, *around.after)


def alter_collation(change: c.AlterColumnCollation, context: RenderContext) -> tuple[str, ...]:
    """A column's collation: PostgreSQL knows it as part of the type."""
    if is_made_anew(change.old, change.new, context) or change.old.type != change.new.type:
        return ()  # told together with the type
    collation = change.new.collation or '"default"'
    action = f"TYPE {change.new.type} COLLATE {collation}"
    statements = [_alter(change.table, change.old.name, action)]
    statements += forgotten(change.table, change.old.name, change.new.type, context)
    return _wrapped(_around(change, context), statements)


def alter_nullability(change: c.AlterColumnNullability, context: RenderContext) -> tuple[str, ...]:
    """NOT NULL on or off; rows without a value get the default, where there is one."""
    table, new = change.table, change.new
    if is_made_anew(change.old, new, context):
        return ()
    if new.nullable:
        return (_alter(table, new.name, "DROP NOT NULL"),)
    statements = []
    computed = change.old.generated
    if computed is not None and new.generated is None and not computed.stored:
        return ()  # ``alter_generated`` moves the values to a column that has it
    if new.default is not None and computed is None:
        statements.append(fill(table, new.name, new.default.sql, context))
    return (*statements, _alter(table, new.name, "SET NOT NULL"))


def alter_default(change: c.AlterColumnDefault, context: RenderContext) -> tuple[str, ...]:
    """SET DEFAULT or DROP DEFAULT; that of a serial or identity column is part of ``alter_identity``."""
    new = change.new
    if new.autoincrement or new.identity or new.generated or is_made_anew(change.old, new, context):
        return ()
    if change.old.generated:
        return ()  # a generated column has none before ``alter_generated`` has made it a plain one
    if new.default is None:
        return (_alter(change.table, new.name, "DROP DEFAULT"),)
    return (_alter(change.table, new.name, f"SET DEFAULT {new.default.sql}"), *past_rows(change, context))


def alter_generated(change: c.AlterColumnGenerated, context: RenderContext) -> tuple[str, ...]:
    """A generated column's expression (SET EXPRESSION since 17), or the change from or to a plain column."""
    table, old, new = change.table, change.old, change.new
    if is_made_anew(old, new, context):
        return _make_anew(change, context)
    if new.generated is not None:
        return (_alter(table, new.name, f"SET EXPRESSION AS ({new.generated.expression.sql})"),)
    default = [_alter(table, new.name, f"SET DEFAULT {new.default.sql}")] if new.default else []
    if old.generated is not None and old.generated.stored and major(context.info) >= DROP_EXPRESSION_SINCE:
        return (_alter(table, new.name, "DROP EXPRESSION"), *default)
    return _copy_values(change, context)


def _make_anew(change: c.AlterColumnGenerated, context: RenderContext) -> tuple[str, ...]:
    """Drop the column and add it; what stood on it goes with it, and comes back."""
    table, name = change.table, change.new.name
    back = _on_column(table, name, context)
    return _wrapped(
        columns_around([(table, name)], context) + statistics_again(table, name, context),
        [
            alter_table(table, f"DROP COLUMN {quote(name)}"),
            alter_table(table, f"ADD COLUMN {column_definition(change.new)}"),
            *back,
            *column_comment(table, change.new),
        ],
    )


def _on_column(table: Name, name: str, context: RenderContext) -> list[str]:
    """What stood on a column that was made anew, and what was given to it."""
    items = [item for item in survivors(table, context) if stands_on(item, name)]
    return [sql for item in items for sql in recreate(table, item, context)] + marks.on_column(table, name, context)


def _copy_values(change: c.AlterColumnGenerated, context: RenderContext) -> tuple[str, ...]:
    """A generated column that cannot drop its expression: its values move to a plain column of the same name."""
    table, name = change.table, change.new.name
    spare = made_up(name, "", "plain")
    back = _on_column(table, name, context)
    plain = replace(change.new, name=spare, nullable=True)
    value, collation = quote(name), f" COLLATE {plain.collation}" if plain.collation else ""
    if not change.new.nullable and plain.default is not None:
        value = f"coalesce({value}, {plain.default.sql})"
    statements = [
        alter_table(table, f"ADD COLUMN {column_definition(plain)}"),
        # Not UPDATE: its triggers would change other columns.
        _alter(table, spare, f"TYPE {plain.type}{collation} USING {value}"),
        alter_table(table, f"DROP COLUMN {quote(name)}"),
        alter_table(table, f"RENAME COLUMN {quote(spare)} TO {quote(name)}"),
    ]
    if not change.new.nullable:
        statements.append(_alter(table, name, "SET NOT NULL"))
    return _wrapped(
        columns_around([(table, name)], context) + statistics_again(table, name, context),
        [*statements, *back, *column_comment(table, change.new)],
    )
