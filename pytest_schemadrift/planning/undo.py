"""The way back from a plan, as far as anything can lead there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_schemadrift.dialects.base import Dialect
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.planning.renames import backwards
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.changes import Rename, RenameColumn, RenameTable
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Schema


def plans_back(
    old: Schema, new: Schema, dialect: Dialect, info: ServerInfo, renames: Sequence[Rename]
) -> tuple[Plan, ...]:
    """Return the plans that lead from ``new`` back to ``old``, one after the other: what the first way renamed, too.

    They are two where something new has got a name that a rename gave up: it goes before the name is given back. An
    index that was not valid stays valid: nothing makes it what it was. Raises ``Unsupported``.
    """
    old = with_valid_indexes(old)
    back = [backwards(item) for item in reversed(renames)]
    if not _collide(back, new):
        return (build_plan(new, old, dialect, info, renames=back),)
    start = evolve(old, renames)
    return (build_plan(new, start, dialect, info), build_plan(start, old, dialect, info, renames=back))


def with_valid_indexes(schema: Schema) -> Schema:
    """A schema as if no index of it had been left behind by a build that failed (PostgreSQL)."""
    if all(index.valid for table in schema.tables for index in table.indexes):
        return schema
    return replace(
        schema,
        tables=tuple(
            replace(table, indexes=tuple(replace(index, valid=True) for index in table.indexes))
            for table in schema.tables
        ),
    )


def _collide(renames: Sequence[Rename], schema: Schema) -> bool:
    """Whether one of the renames gives a name that is there when it runs."""
    for rename in renames:
        if _is_taken(rename, schema):
            return True
        schema = evolve(schema, [rename])
    return False


def _is_taken(rename: Rename, schema: Schema) -> bool:
    if isinstance(rename, RenameTable):
        return schema.table(rename.new) is not None
    if isinstance(rename, RenameColumn):
        table = schema.table(rename.table)
        return table is not None and table.column(rename.new) is not None
    return any(enum.name == rename.enum and rename.new in enum.values for enum in schema.enums)
