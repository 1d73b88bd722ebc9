"""NOT NULLs that tables which inherit, and partitions, had before their parents: in the way of a new type (18).

A type change recreates a NOT NULL with those that stand for it in the tables below, and is refused where one of them
has a name of its own (``findings/postgres-not-null-of-a-child-stops-type-change.sh``), for good.
"""

from __future__ import annotations

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.names import made_up, qualified, quote
from pytest_schemadrift.dialects.postgres.write import marks
from pytest_schemadrift.dialects.postgres.write.definitions import not_null_definition, not_null_inherited
from pytest_schemadrift.dialects.postgres.write.dependents import Around
from pytest_schemadrift.dialects.postgres.write.family import children_of, heirs_of
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema.model import Column, Name


def not_null_around(table: Name, column: str, context: RenderContext) -> Around:
    """What takes a column's NOT NULLs apart before the type of the column changes, and together again after it.

    Raises ``Unsupported`` for one that neither can go nor be the table's alone.
    """
    around = Around()
    given = _given(table, column, context)
    for name in _in_the_way(table, given, context):
        around += _apart(name, given[name], given, context)
    return around


def _given(table: Name, column: str, context: RenderContext) -> dict[Name, Column]:
    """The tables that have a NOT NULL of their own, a parent before its children: a column that says no more."""
    found = {}
    top = context.old.table(table)
    own = top.column(column) if top is not None else None
    if own is not None and (not own.nullable or own.unvalidated is not None):
        found[table] = own
    for heir in heirs_of(table, context):
        for mark in marks.marks_of("table", heir, column, context):
            if mark.aspect == "own not null":
                name, inherited, valid = mark.values
                found[heir] = Column(
                    column,
                    "",
                    nullable=not valid,
                    unvalidated=None if valid else name,
                    not_inherited=not inherited,
                    not_null_name=name,
                )
    return found


def _in_the_way(table: Name, given: dict[Name, Column], context: RenderContext) -> list[Name]:
    """Those whose NOT NULL a table below has under another name, a parent before its children."""
    source = {table: table}
    found = set[Name]()
    for parent in (table, *heirs_of(table, context)):
        above = source[parent]
        for child in children_of(parent, context):
            source[child] = child if child in given else above
            other = child in given and above in given and _name(child, given[child]) != _name(above, given[above])
            if other and not given[above].not_inherited:
                found.add(above)
    return [name for name in given if name in found]


def _name(table: Name, column: Column) -> str:
    return column.unvalidated or column.not_null_name or made_up(table.name, column.name, "not_null")


def _apart(table: Name, column: Column, given: dict[Name, Column], context: RenderContext) -> Around:
    """NO INHERIT and INHERIT again, which leave what other tables have of their own; a partitioned table knows none."""
    found = context.old.table(table)
    key = found.primary_key if found is not None else None
    alter, drop = f"ALTER TABLE {qualified(table)} ", f"ALTER COLUMN {quote(column.name)} DROP NOT NULL"
    if found is None or found.partition_by is None:
        # The others have it from this table alone: one that became their own would stay when this one goes.
        others = [child for child in children_of(table, context) if child not in given]
        return Around(
            (
                alter + not_null_inherited(table, column, inherited=False),
                *(f"ALTER TABLE {qualified(child)} {drop}" for child in others),
            ),
            (alter + not_null_inherited(table, column, inherited=True),),
        )
    if column.identity is not None or (key is not None and column.name in key.columns):
        raise Unsupported(
            f"{table}.{column.name}: a partition had a NOT NULL of its own before the key, so PostgreSQL cannot change"
            " its type",
            hint="detach that partition, change both, and attach it again",
        )
    again = alter + f"ADD {not_null_definition(table, column)}"
    return Around((alter + drop,), (again, *marks.on_constraint(table, _name(table, column), context)))
