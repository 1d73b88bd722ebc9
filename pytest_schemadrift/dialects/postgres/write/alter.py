"""Changes of one column as SQL."""

from __future__ import annotations

from dataclasses import replace

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.capabilities import DROP_EXPRESSION_SINCE, SET_EXPRESSION_SINCE, major
from pytest_schemadrift.dialects.postgres.names import do_block, literal, made_up, qualified, quote
from pytest_schemadrift.dialects.postgres.read.types import using
from pytest_schemadrift.dialects.postgres.write.definitions import (
    all_sequence_settings,
    column_definition,
    identity_definition,
)
from pytest_schemadrift.dialects.postgres.write.dependents import (
    Around,
    create_statement,
    foreign_keys_around,
    stands_on,
    survivors,
    triggers_around,
    views_around,
)
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
        statements.append(_of_sequence(table, old.name, f"ALTER SEQUENCE %s AS {new.type}"))
    return _wrapped(_around(change, context), statements)


def _around(change: c.AlterColumnType | c.AlterColumnCollation, context: RenderContext) -> Around:
    around = views_around([(change.table, change.old.name)], context)
    around += triggers_around(change.table, change.old.name, context)
    return around + foreign_keys_around(change, context) if isinstance(change, c.AlterColumnType) else around


def _wrapped(around: Around, statements: list[str]) -> tuple[str, ...]:
    return (*around.before, *statements, *around.after)


def alter_collation(change: c.AlterColumnCollation, context: RenderContext) -> tuple[str, ...]:
    """A column's collation: PostgreSQL knows it as part of the type."""
    if is_made_anew(change.old, change.new, context) or change.old.type != change.new.type:
        return ()  # told together with the type
    collation = change.new.collation or '"default"'
    action = f"TYPE {change.new.type} COLLATE {collation}"
    return _wrapped(_around(change, context), [_alter(change.table, change.old.name, action)])


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
        name = quote(new.name)
        statements.append(f"UPDATE {qualified(table)} SET {name} = {new.default.sql} WHERE {name} IS NULL")
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
    return (_alter(change.table, new.name, f"SET DEFAULT {new.default.sql}"),)


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
    back = [create_statement(table, item) for item in survivors(table, context) if stands_on(item, name)]
    return _wrapped(
        views_around([(table, name)], context) + triggers_around(table, name, context),
        [
            alter_table(table, f"DROP COLUMN {quote(name)}"),
            alter_table(table, f"ADD COLUMN {column_definition(change.new)}"),
            *back,
            *column_comment(table, change.new),
        ],
    )


def _copy_values(change: c.AlterColumnGenerated, context: RenderContext) -> tuple[str, ...]:
    """A generated column that cannot drop its expression: its values move to a plain column of the same name."""
    table, name = change.table, change.new.name
    spare = made_up(name, "", "plain")
    back = [create_statement(table, item) for item in survivors(table, context) if stands_on(item, name)]
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
        views_around([(table, name)], context) + triggers_around(table, name, context),
        [*statements, *back, *column_comment(table, change.new)],
    )


# -- identity and serial ----------------------------------------------------------------------------------------------


def alter_identity(change: c.AlterColumnIdentity, context: RenderContext) -> tuple[str, ...]:
    """Identity, serial or neither: the counter goes on after the largest value in the table."""
    table, old, new = change.table, change.old, change.new
    if is_made_anew(old, new, context):
        return ()
    if old.identity and new.identity:
        always = "ALWAYS" if new.identity.always else "BY DEFAULT"
        settings = " ".join(f"SET {setting}" for setting in all_sequence_settings(new.identity))
        return (_alter(table, new.name, f"SET GENERATED {always} {settings}"),)
    statements: list[str] = []
    counted = bool(old.identity) or old.autoincrement
    if counted and (new.identity or new.autoincrement):
        statements.append(_remember_counter(table, old.name))
    if old.identity:
        statements.append(_alter(table, old.name, "DROP IDENTITY"))
    elif old.default is not None or old.autoincrement:
        # While the default uses the sequence, the sequence cannot be dropped.
        statements.append(_alter(table, old.name, "DROP DEFAULT"))
        if old.autoincrement or _owns_a_sequence(table, old.name, context):
            statements.append(_of_sequence(table, old.name, "DROP SEQUENCE %s"))
    if new.identity:
        if old.nullable:
            statements.append(_alter(table, new.name, "SET NOT NULL"))
        statements.append(_alter(table, new.name, f"ADD {identity_definition(new.identity)}"))
        statements.append(_go_on(table, new.name, descending=(new.identity.increment or 1) < 0, counted=counted))
    elif new.autoincrement:
        statements += _make_serial(table, new, context, counted=counted)
    return tuple(statements)


def _owns_a_sequence(table: Name, column: str, context: RenderContext) -> bool:
    return any(sequence.owned_by == (table, column) for sequence in context.old.sequences)


def _make_serial(table: Name, column: Column, context: RenderContext, *, counted: bool) -> list[str]:
    """What SERIAL stands for (documentation, 8.1.4)."""
    taken = {item.name.name for item in context.old.sequences if item.name.schema == table.schema}
    taken |= {item.name.name for item in context.old.tables if item.name.schema == table.schema}
    sequence = qualified(Name(table.schema, made_up(table.name, column.name, "seq", taken)))
    return [
        f"CREATE SEQUENCE {sequence} AS {column.type} OWNED BY {qualified(table)}.{quote(column.name)}",
        _go_on(table, column.name, descending=False, counted=counted),
        _alter(table, column.name, f"SET DEFAULT nextval({literal(sequence)})"),
    ]


_COUNTER = "nullif(current_setting('schemadrift.counter'), '')::bigint"


def _remember_counter(table: Name, column: str) -> str:
    """Keep the counter of a sequence that is about to go in a setting of the session; one never used is empty."""
    sequence = f"pg_get_serial_sequence({literal(qualified(table))}, {literal(column)})"
    return do_block(
        f"EXECUTE format('SELECT last_value FROM %s WHERE is_called', {sequence}) INTO counter; "
        "PERFORM set_config('schemadrift.counter', coalesce(counter::text, ''), false);",
        declare="counter bigint;",
    )


def _go_on(table: Name, column: str, *, descending: bool, counted: bool) -> str:
    """Set a column's sequence to its largest value (smallest, where it counts down); an empty table changes nothing.

    Where the column was ``counted`` before, its old counter may be further than any row: no number is given twice.
    """
    last = f"{'min' if descending else 'max'}({quote(column)})"
    if counted:
        last = f"{'least' if descending else 'greatest'}({last}, {_COUNTER})"
    sequence = f"pg_get_serial_sequence({literal(qualified(table))}, {literal(column)})"
    return f"SELECT setval({sequence}, {last}) FROM {qualified(table)} HAVING {last} IS NOT NULL"


def _of_sequence(table: Name, column: str, statement: str) -> str:
    """A statement about the sequence of a serial column, whose name only the server knows (P13)."""
    sequence = f"pg_get_serial_sequence({literal(qualified(table))}, {literal(column)})"
    return do_block(f"EXECUTE format({literal(statement)}, {sequence});")
