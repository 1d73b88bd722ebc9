"""What holds values of a column's type in its expressions: off while the column gets another, and on again after it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.read.types import base_type, expressions_follow
from pytest_schemadrift.dialects.postgres.write.dependents import (
    Around,
    Constraint,
    drop_statement,
    expressions_of,
    recreate,
    stands_on,
    statistics_around,
    survivors,
)
from pytest_schemadrift.dialects.postgres.write.family import heirs_of, lineage_of
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Dependent, Name, Table

Place = tuple[Name, str, bool]
"""A column that gets another type, once more where its enum is replaced before: that is what ``True`` says."""


def strangers(context: RenderContext) -> dict[Place, c.AlterColumnType | None]:
    """The columns that get another type, in the order of the plan; a longer text is none."""
    found: dict[Place, c.AlterColumnType | None] = {}
    for part in context.parts:
        found |= _retyped_by(part)
    return found


def _retyped_by(part: c.SimpleChange) -> dict[Place, c.AlterColumnType | None]:
    if isinstance(part, c.ReplaceEnum):
        return dict.fromkeys((table, column.name, True) for table, column in part.used_by)
    if isinstance(part, c.AlterColumnType) and base_type(part.old.type) != base_type(part.new.type):
        return {(part.table, part.old.name, False): part}
    return {}


def held_by(
    item: Constraint | Dependent, tables: Collection[Name], changed: Mapping[Place, c.AlterColumnType | None]
) -> list[Place]:
    """Which of the columns that change have values of their old type in the expressions of an index or constraint.

    It is one of the first of ``tables``, and the others are those whose columns that one has.
    """
    found = expressions_of(item)
    return [
        place
        for place in stood_on_by(item, tables, changed)
        if not ((change := changed[place]) and expressions_follow(change.old.type, change.new.type, found))
    ]


def stood_on_by(item: Constraint | Dependent, tables: Collection[Name], changed: Iterable[Place]) -> list[Place]:
    """Which of the columns that change an index or constraint with expressions stands on."""
    if not expressions_of(item):
        return []
    return [place for place in changed if place[0] in tables and stands_on(item, place[1])]


def precedes(changes: Sequence[c.SimpleChange], places: Collection[Place], context: RenderContext) -> bool:
    """Whether these changes of the plan are made before any of these columns gets its other type."""
    return bool(changes) and _place_of(changes[-1], context) < min(_places_of(places, context))


def follows(changes: Sequence[c.SimpleChange], places: Collection[Place], context: RenderContext) -> bool:
    """Whether these changes of the plan are made after all of these columns have got their other type."""
    return bool(changes) and _place_of(changes[0], context) > max(_places_of(places, context))


def is_among(changes: Iterable[c.SimpleChange], place: Place) -> bool:
    """Whether it is one of these changes of the plan that gives a column its other type."""
    return any(place in _retyped_by(part) for part in changes)


def _place_of(change: c.SimpleChange, context: RenderContext) -> int:
    return next(place for place, part in enumerate(context.parts) if part == change)


def _places_of(columns: Collection[Place], context: RenderContext) -> list[int]:
    return [place for place, part in enumerate(context.parts) if {*columns} & {*_retyped_by(part)}]


def expressions_around(
    here: Iterable[Place],
    all_changed: Mapping[Place, c.AlterColumnType | None],
    context: RenderContext,
    away: Collection[tuple[Name, str]] = (),
    meanwhile: Sequence[c.SimpleChange] = (),
) -> Around:
    """Predicates, checks, exclusions and statistics hold values of a column's type, which cannot follow it to another.

    They are off before the first of ``all_changed`` that they stand on, and on again, as the new side spells them,
    after the last; those of partitions and of tables that inherit the column, too. What stands on a generated column
    that is ``away`` during some of the changes (``meanwhile``) went with it, and comes back with it.
    """
    around, places = Around(), list(here)
    for name in dict.fromkeys(heir for table, *_ in places for heir in (table, *heirs_of(table, context))):
        wanted, lineage = context.new.table(name), lineage_of(name, context)
        items: list[Constraint | Dependent] = [*survivors(name, context), *computed_statistics(name, context)]
        for item in items if wanted is not None else ():
            involved = held_by(item, lineage, all_changed)
            if not {*involved[:1], *involved[-1:]} & {*places}:
                continue
            if isinstance(item, Dependent):
                around_it = statistics_around(item, context)
            else:
                back = recreate(name, as_wanted(item, wanted), context)
                around_it = Around((drop_statement(name, item),), tuple(back))
            gone = not isinstance(item, Dependent) and any(
                table in lineage and stands_on(item, column) for table, column in away
            )
            first, last = (
                involved[place] in places and not (gone and is_among(meanwhile, involved[place])) for place in (0, -1)
            )
            around += Around(around_it.before if first else (), around_it.after if last else ())
    return around


def as_wanted(item: Constraint, table: Table | None) -> Constraint:
    """The same as the new side spells it: equal texts may differ in their casts."""
    if table is None:
        return item
    every: list[Constraint] = [*table.indexes, *table.checks, *table.exclusions]
    return next((other for other in every if other == item), item)


def computed_statistics(table: Name, context: RenderContext) -> list[Dependent]:
    """The extended statistics of a table over expressions."""
    on_table = (item for item in context.old.dependents if item.kind == "statistics" and item.owner == table)
    return [item for item in on_table if "(" in expressions_of(item)[0]]
