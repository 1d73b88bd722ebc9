"""What holds values of a column's type in its expressions: off while the column gets another, and on again after it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.read.types import base_type, expressions_follow
from pytest_schemadrift.dialects.postgres.write.dependents import (
    Around,
    Constraint,
    drop_statement,
    expressions_of,
    heirs_of,
    lineage_of,
    recreate,
    stands_on,
    statistics_around,
    survivors,
)
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Dependent, Name, Table

Place = tuple[Name, str, bool]
"""A column that gets another type, once more where its enum is replaced before: that is what ``True`` says."""


def strangers(context: RenderContext) -> dict[Place, c.AlterColumnType | None]:
    """The columns that get another type, in the order of the plan; a longer text is none."""
    found: dict[Place, c.AlterColumnType | None] = {}
    for change in context.changes:
        for part in c.simple_changes(change):
            if isinstance(part, c.ReplaceEnum):
                found |= dict.fromkeys((table, column.name, True) for table, column in part.used_by)
            elif isinstance(part, c.AlterColumnType) and base_type(part.old.type) != base_type(part.new.type):
                found[part.table, part.old.name, False] = part
    return found


def held_by(
    item: Constraint | Dependent, tables: Collection[Name], changed: Mapping[Place, c.AlterColumnType | None]
) -> list[Place]:
    """Which of the columns that change have values of their old type in the expressions of an index or constraint.

    It is one of the first of ``tables``, and the others are those whose columns that one has.
    """
    found = expressions_of(item)
    return [
        place
        for place, change in changed.items()
        if found
        and place[0] in tables
        and stands_on(item, place[1])
        and not (change and expressions_follow(change.old.type, change.new.type, found))
    ]


def expressions_around(
    here: Iterable[Place],
    all_changed: Mapping[Place, c.AlterColumnType | None],
    context: RenderContext,
) -> Around:
    """Predicates, checks, exclusions and statistics hold values of a column's type, which cannot follow it to another.

    They are off before the first of ``all_changed`` that they stand on, and on again, as the new side spells them,
    after the last; those of partitions and of tables that inherit the column, too.
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
                anew = statistics_around(item, context)
            else:
                back = recreate(name, as_wanted(item, wanted), context)
                anew = Around((drop_statement(name, item),), tuple(back))
            first, last = (involved[place] in places for place in (0, -1))
            around += Around(anew.before if first else (), anew.after if last else ())
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
