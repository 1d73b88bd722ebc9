"""What numbers the rows: identity, serial, and sequences; whichever comes after another goes on where that one was.

The next number is past every row and never one that was given before, on the way of the new steps, within the new
bounds. A counter with nothing left to give stays at its end, where the server says so at the next INSERT.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.names import do_block, literal, made_up, qualified, quote
from pytest_schemadrift.dialects.postgres.read.sequences import MAXIMUM
from pytest_schemadrift.dialects.postgres.write import marks
from pytest_schemadrift.dialects.postgres.write.definitions import all_sequence_settings, identity_definition
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Identity, Name, Schema, Sequence

_COUNTER = "nullif(pg_catalog.current_setting('schemadrift.counter'), '')::numeric"
_NEXTVAL = re.compile(r"nextval\('((?:[^']|'')+)'(?:::(?:text|regclass))*\)", re.IGNORECASE)


class _Way(NamedTuple):
    """How a sequence counts, with the server's defaults filled in."""

    step: int
    low: int
    high: int
    start: int
    cycle: bool

    @property
    def first(self) -> int:
        """The bound at which it begins."""
        return self.low if self.step > 0 else self.high

    @property
    def last(self) -> int:
        """The bound at which it ends."""
        return self.high if self.step > 0 else self.low

    def begins_later(self, other: _Way) -> bool:
        """Whether a number of ``other`` may come before this one's first."""
        return self.first > other.first if self.step > 0 else self.first < other.first


def _way(settings: Sequence | Identity, kind: str) -> _Way:
    step = 1 if settings.increment is None else settings.increment
    largest = MAXIMUM.get(kind, MAXIMUM["bigint"])
    low, high = (1, largest) if step > 0 else (-largest - 1, -1)
    low = low if settings.minimum is None else settings.minimum
    high = high if settings.maximum is None else settings.maximum
    start = settings.start if settings.start is not None else low if step > 0 else high
    return _Way(step, low, high, start, settings.cycle)


def alter_identity(change: c.AlterColumnIdentity, context: RenderContext) -> tuple[str, ...]:
    """Identity, serial or neither: the new counter goes on after the old one and after the rows."""
    old, new = change.old, change.new
    if old.identity and new.identity:
        return _identity_settings(change.table, new, old.identity, new.identity)
    if new.identity:
        return _make_identity(change, new.identity, context)
    if new.autoincrement:
        return _make_serial(change, context)
    if _created_as_its_own(change, context):
        return (_alter(change.table, new.name, "DROP DEFAULT"),)  # ``in_its_place`` did all the rest
    taken_from = _created_for(new, context)
    if taken_from is None:
        return _off(change, context)
    statements, before = _remember_old(change, context)
    following = _go_on(
        literal(qualified(taken_from.name)), _way(taken_from, taken_from.type), (change.table, new), before
    )
    return (*statements, *_off(change, context), following)


def past_rows(change: c.AlterColumnDefault, context: RenderContext) -> tuple[str, ...]:
    """Where a column begins to take its numbers from a new sequence: on past its rows."""
    sequence = _created_for(change.new, context)
    numbered = any(
        isinstance(part, c.AlterColumnIdentity) and (part.table, part.new.name) == (change.table, change.new.name)
        for other in context.changes
        for part in c.simple_changes(other)
    )
    if sequence is None or numbered:
        return ()  # ``alter_identity`` did it, with the old counter at hand
    source = literal(qualified(sequence.name))
    return (_go_on(source, _way(sequence, sequence.type), (change.table, change.new), None),)


def in_its_place(sequence: Sequence, made: tuple[str, ...], context: RenderContext) -> tuple[str, ...]:
    """The statements that make a sequence, and around them what it takes where a column is to own it.

    That of the column's serial or identity goes before it, for it may have its name, and it goes on from there.
    """
    for other in context.changes:
        for part in c.simple_changes(other):
            if isinstance(part, c.AlterColumnIdentity) and sequence in _created_as_its_own(part, context):
                table, new = part.table, part.new
                statements, before = _remember_old(part, context)
                following = _go_on(
                    literal(qualified(sequence.name)), _way(sequence, sequence.type), (table, new), before
                )
                again = marks.on_sequence(table, new.name, context)
                return (*statements, *_off(part, context), *made, *again, following)
    return made


def _created_as_its_own(change: c.AlterColumnIdentity, context: RenderContext) -> list[Sequence]:
    """The sequence that this plan makes for a column in the place of its serial's or identity's; none or one."""
    old, new = change.old, change.new
    if not (old.identity or old.autoincrement) or new.identity or new.autoincrement:
        return []
    made = {item.sequence.name for item in context.changes if isinstance(item, c.CreateSequence)}
    owner = (change.table, new.name)
    return [item for item in context.new.sequences if item.name in made and item.owned_by == owner][:1]


def _created_for(column: Column, context: RenderContext) -> Sequence | None:
    """The sequence of an integer column's default, where this plan makes it."""
    made = {change.sequence.name for change in context.changes if isinstance(change, c.CreateSequence)}
    used = _sequence_of_default(column, context.new)
    return used if used is not None and used.name in made and column.type in MAXIMUM else None


def _alter(table: Name, column: str, action: str) -> str:
    return f"ALTER TABLE {qualified(table)} ALTER COLUMN {quote(column)} {action}"


def _of_column(table: Name, column: str) -> str:
    """The sequence of a serial or identity column, whose name only the server knows (P13), as an expression."""
    return f"pg_catalog.pg_get_serial_sequence({literal(qualified(table))}, {literal(column)})"


def of_column(table: Name, column: str, statement: str) -> str:
    """A statement about the sequence of a serial column: ``%s`` in it is the sequence's name."""
    return do_block(f"EXECUTE pg_catalog.format({literal(statement)}, {_of_column(table, column)});")


def _identity_settings(table: Name, column: Column, old: Identity, new: Identity) -> tuple[str, ...]:
    settings = " ".join(f"SET {setting}" for setting in all_sequence_settings(new))
    action = f"SET GENERATED {'ALWAYS' if new.always else 'BY DEFAULT'} {settings}"
    before, after = _way(old, column.type), _way(new, column.type)
    if (before.step > 0, before.low, before.high) == (after.step > 0, after.low, after.high):
        return (_alter(table, column.name, action),)
    sequence = _of_column(table, column.name)
    # Where the sequence stands may be out of the new bounds, and then the server changes nothing.
    return (
        _remember(sequence),
        _alter(table, column.name, f"{action} RESTART"),
        _go_on(sequence, after, (table, column), before),
    )


def _make_identity(change: c.AlterColumnIdentity, identity: Identity, context: RenderContext) -> tuple[str, ...]:
    table, old, new = change.table, change.old, change.new
    statements, before = _remember_old(change, context)
    statements += _off(change, context)
    if old.nullable:
        statements.append(_alter(table, new.name, "SET NOT NULL"))
    statements.append(_alter(table, new.name, f"ADD {identity_definition(identity)}"))
    statements.append(_go_on(_of_column(table, new.name), _way(identity, new.type), (table, new), before))
    return (*statements, *marks.on_sequence(table, new.name, context))


def _make_serial(change: c.AlterColumnIdentity, context: RenderContext) -> tuple[str, ...]:
    """What SERIAL stands for (documentation, 8.1.4); a sequence that the column has already is made an ordinary one."""
    table, new = change.table, change.new
    statements, before = _remember_old(change, context)
    own = _own_sequences(change, context)
    if own:
        kept, *others = own
        name = qualified(kept.name)
        plain = Sequence(kept.name, new.type, owned_by=kept.owned_by)
        if replace(kept, start=None) != plain:
            statements.append(f"ALTER SEQUENCE {name} AS {new.type} {_all_numbers(plain)} RESTART")
        statements += [f"DROP SEQUENCE {qualified(item.name)}" for item in others]
    else:
        taken = {item.name.name for item in context.old.sequences if item.name.schema == table.schema}
        taken |= {item.name.name for item in context.old.tables if item.name.schema == table.schema}
        plain = Sequence(Name(table.schema, made_up(table.name, new.name, "seq", taken)), new.type)
        name = qualified(plain.name)
        statements += _off(change, context)
        statements.append(f"CREATE SEQUENCE {name} AS {new.type} OWNED BY {qualified(table)}.{quote(new.name)}")
        statements += marks.on_sequence(table, new.name, context)
    statements.append(_go_on(literal(name), _way(plain, new.type), (table, new), before))
    statements.append(_alter(table, new.name, f"SET DEFAULT nextval({literal(name)}::regclass)"))
    return tuple(statements)


def _off(change: c.AlterColumnIdentity, context: RenderContext) -> tuple[str, ...]:
    """The column gives no more numbers; the sequence that was its own goes."""
    table, old = change.table, change.old
    if old.identity:
        return (_alter(table, old.name, "DROP IDENTITY"),)
    statements = []
    if old.default is not None or old.autoincrement:
        # While the default uses the sequence, the sequence cannot be dropped.
        statements.append(_alter(table, old.name, "DROP DEFAULT"))
    if old.autoincrement:
        statements.append(of_column(table, old.name, "DROP SEQUENCE %s"))
    statements += [f"DROP SEQUENCE {qualified(item.name)}" for item in _own_sequences(change, context)]
    return tuple(statements)


def _own_sequences(change: c.AlterColumnIdentity, context: RenderContext) -> list[Sequence]:
    """The sequences that the column owns and that are not those of a serial: the one of its default first.

    The default may have been dropped, or the sequence may count by other steps than SERIAL does.
    """
    used = _sequence_of_default(change.old, context.old)
    return sorted(change.sequences, key=lambda item: (item != used, item.name))


def _sequence_of_default(column: Column, schema: Schema) -> Sequence | None:
    """The sequence that the column's default takes numbers from, unless it is a serial's."""
    called = _NEXTVAL.search(column.default.sql) if column.default is not None else None
    if called is None:
        return None
    text = called[1].replace("''", "'").replace('"', "")
    return next((item for item in schema.sequences if str(item.name) == text), None)


def _remember_old(change: c.AlterColumnIdentity, context: RenderContext) -> tuple[list[str], _Way | None]:
    """Statements that keep where the column's counter is, and how that one counts; none where it has none."""
    table, old = change.table, change.old
    if old.identity:
        return [_remember(_of_column(table, old.name))], _way(old.identity, old.type)
    if old.autoincrement:
        return [_remember(_of_column(table, old.name))], _way(Sequence(table, old.type), old.type)
    used = _sequence_of_default(old, context.old) or next(iter(_own_sequences(change, context)), None)
    if used is None:
        return [], None
    return [_remember(literal(qualified(used.name)))], _way(used, used.type)


def _remember(sequence: str) -> str:
    """Keep a sequence's next number in a setting of the session; one never used is empty.

    ``sequence`` is an expression for its quoted name.
    """
    number = (
        "SELECT CASE WHEN is_called THEN last_value::numeric + seqincrement::numeric WHEN last_value <> seqstart "
        "THEN last_value END FROM %s, pg_catalog.pg_sequence WHERE seqrelid = %L::regclass::oid"
    )
    return do_block(
        f"EXECUTE pg_catalog.format({literal(number)}, sequence, sequence) INTO counter; "
        "PERFORM pg_catalog.set_config('schemadrift.counter', coalesce(counter::text, ''), false);",
        declare=f"counter numeric; sequence text := {sequence};",
    )


def _go_on(sequence: str, way: _Way, rows: tuple[Name, Column] | None, before: _Way | None) -> str:
    """Set a sequence to the first number past the rows, and past what the counter ``before`` it gave.

    Of a counter that counted the other way, nothing says where to go on.
    """
    if before is not None and (before.step > 0) != (way.step > 0):
        before = None
    if before is None and rows is not None and abs(way.step) == 1:
        return _after_rows(sequence, way, *rows)
    up = way.step > 0
    first = str(way.start)
    if before is not None and way.begins_later(before):
        first = f"CASE WHEN {_COUNTER} {'>=' if up else '<='} '{way.first}' THEN {_COUNTER} ELSE {way.start} END"
    elif before is not None:
        first = f"coalesce({_COUNTER}, {way.start})"
    if rows is None or (before is not None and way.cycle):
        following = f"SELECT ({first})::numeric AS next"
    else:
        following = _past_rows(way, first, *rows)
    nearest, past = ("least", ">") if up else ("greatest", "<")
    return (
        f"SELECT pg_catalog.setval({sequence}, {nearest}(next, {way.last})::bigint, next {past} '{way.last}') "
        f"FROM ({following}) AS counter"
    )


def _after_rows(sequence: str, way: _Way, table: Name, column: Column) -> str:
    """The plain form: nothing was counted before, so only the rows can be past the first number."""
    up = way.step > 0
    furthest = f"{'max' if up else 'min'}({quote(column.name)})"
    condition = f"{furthest} {'>=' if up else '<='} {way.start}"
    source = f"{qualified(table)}{_within(way, column)}"
    return f"SELECT pg_catalog.setval({sequence}, {furthest}) FROM {source} HAVING {condition}"


def _past_rows(way: _Way, first: str, table: Name, column: Column) -> str:
    up = way.step > 0
    furthest = f"{'max' if up else 'min'}({quote(column.name)})::numeric"
    source = f"{qualified(table)}{_within(way, column)}"
    if abs(way.step) == 1:
        return f"SELECT {'greatest' if up else 'least'}({first}, {furthest} + '{way.step}') AS next FROM {source}"
    steps = f"greatest(pg_catalog.ceil((used - first + '{1 if up else -1}') / '{way.step}'), 0)"
    return (
        f"SELECT first + '{way.step}' * {steps} AS next "
        f"FROM (SELECT ({first})::numeric AS first, {furthest} AS used FROM {source}) AS found"
    )


def _within(way: _Way, column: Column) -> str:
    """A number beyond the sequence's end was not given by it, nor ever will be."""
    largest = MAXIMUM.get(column.type)
    if largest is not None and way.last == (largest if way.step > 0 else -largest - 1):
        return ""
    return f" WHERE {quote(column.name)} {'<=' if way.step > 0 else '>='} {way.last}"


# -- sequences of their own -------------------------------------------------------------------------------------------


def drop_sequence(sequence: Sequence, context: RenderContext) -> tuple[str, ...]:
    """DROP SEQUENCE; nothing where it goes with the column that owns it."""
    for change in context.changes:
        for part in c.simple_changes(change):
            if sequence.owned_by is None:
                break
            table, column = sequence.owned_by
            if isinstance(part, c.DropTable) and part.table.name == table:
                return ()
            if isinstance(part, c.DropColumn) and (part.table, part.column.name) == (table, column):
                return ()
    return (f"DROP SEQUENCE {qualified(sequence.name)}",)


def alter_sequence(old: Sequence, new: Sequence, context: RenderContext) -> tuple[str, ...]:
    """ALTER SEQUENCE; who owns it is not told here."""
    if replace(old, owned_by=None) == replace(new, owned_by=None):
        return ()
    name = qualified(new.name)
    before, after = _way(old, old.type), _way(new, new.type)
    if (before.step > 0, before.low, before.high) == (after.step > 0, after.low, after.high):
        kind = f"AS {new.type} " if old.type != new.type else ""
        return (f"ALTER SEQUENCE {name} {kind}{' '.join(all_sequence_settings(new))}",)
    # With another type, NO MAXVALUE means the type's largest value, whichever way it counts: so numbers.
    settings = f"AS {new.type} {_all_numbers(new)}" if old.type != new.type else " ".join(all_sequence_settings(new))
    return (
        _remember(literal(name)),
        f"ALTER SEQUENCE {name} {settings} RESTART",
        _go_on(literal(name), after, _owner(old, new, context), before),
    )


def _owner(old: Sequence, new: Sequence, context: RenderContext) -> tuple[Name, Column] | None:
    """The integer column that takes its numbers from the sequence, before and after."""
    for table in context.old.tables:
        after = context.new.table(table.name)
        for column in table.columns:
            kept = after.column(column.name) if after is not None else None
            if (
                kept is not None
                and {column.type, kept.type} <= MAXIMUM.keys()
                and _sequence_of_default(column, context.old) == old
                and _sequence_of_default(kept, context.new) == new
            ):
                return table.name, column
    return None


def _all_numbers(sequence: Sequence) -> str:
    """Every setting, the bounds as numbers."""
    way = _way(sequence, sequence.type)
    return " ".join(all_sequence_settings(replace(sequence, minimum=way.low, maximum=way.high)))
