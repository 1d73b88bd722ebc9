"""How a plan is made: what differs, in its order, as the statements of a dialect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import Dialect, RenderContext
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.hazards import LOSSES, Hazard, hazards_of
from pytest_schemadrift.planning.normalize import normalize, spellings
from pytest_schemadrift.planning.order import order
from pytest_schemadrift.planning.plan import Plan, Statement, fingerprint
from pytest_schemadrift.planning.policy import Policy, suited
from pytest_schemadrift.planning.severity import severities_of
from pytest_schemadrift.schema.build import make_schema
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.changes import (
    Change,
    Rename,
    RenameTable,
    SchemaObjectChange,
    SimpleChange,
    simple_changes,
)
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Schema, Table, View, views_in_order


def build_plan(
    old: Schema,
    new: Schema,
    dialect: Dialect,
    info: ServerInfo,
    *,
    renames: Sequence[Rename] = (),
    online: bool = False,
) -> Plan:
    """Return the plan that turns ``old`` into ``new``; accepted ``renames`` come first.

    ``online`` prefers the dialect's lock-friendly forms. Raises ``Unsupported`` for a change that the dialect cannot
    make.
    """
    if old == new and not renames:
        return Plan(dialect.name)
    context = _context_of(old, new, dialect, info, renames)
    statements = [
        statement for change in context.changes for statement in statements_of(change, dialect, context, online=online)
    ]
    return Plan(
        dialect.name,
        tuple(statements),
        dialect.prologue(context),
        dialect.epilogue(context),
        fingerprint(old, context.changes),
        online,
    )


def impossible_objects(
    old: Schema, new: Schema, dialect: Dialect, info: ServerInfo, *, renames: Sequence[Rename] = ()
) -> list[tuple[SchemaObjectChange, Unsupported]]:
    """The changes from ``old`` to ``new`` of types and sequences that the dialect cannot make, each with the reason."""
    context = _context_of(old, new, dialect, info, renames)
    found = []
    for change in context.changes:
        if isinstance(change, SchemaObjectChange):
            try:
                dialect.render(change, context)
            except Unsupported as reason:
                found.append((change, reason))
    return found


def _context_of(
    old: Schema, new: Schema, dialect: Dialect, info: ServerInfo, renames: Sequence[Rename]
) -> RenderContext:
    """Everything that is to change, in its order, and what a renderer may need beyond."""
    capabilities = dialect.capabilities(info)
    start = evolve(old, renames)
    changes: list[SimpleChange] = [*renames, *diff(start, new)]
    return RenderContext(start, new, info, capabilities, order(changes, old, new, capabilities))


def statements_of(change: Change, dialect: Dialect, context: RenderContext, *, online: bool) -> list[Statement]:
    """The statements of one change, each with its hazards; in lock-friendly forms where ``online`` asks for them."""

    def hazards_within(part: Change) -> tuple[Hazard, ...]:
        return hazards_of(part, context.capabilities, context.old, context.new)

    hazards = hazards_within(change)
    severities = severities_of(change, context.capabilities, context.old, context.new)
    parts = simple_changes(change) if LOSSES & set(hazards) else ()
    losses = tuple(part for part in parts if LOSSES & set(hazards_within(part)))
    forms = dialect.render_online(change, context) if online else None
    if forms is None:
        return [
            Statement(sql, change, hazards, losses=losses, severities=severities)
            for sql in dialect.render(change, context)
        ]
    spared = frozenset[str].intersection(*(form.spares for form in forms)) if forms else frozenset[str]()
    left = tuple(hazard for hazard in hazards if hazard not in spared)
    return [
        Statement(form.sql, change, left, form.transactional, form.cleanup, form.instead, losses, severities)
        for form in forms
    ]


def creation_plan(schema: Schema, dialect: Dialect, info: ServerInfo) -> Plan:
    """Return the plan that makes ``schema`` in an empty database, but for its views and triggers.

    Raises ``Unsupported``.
    """
    wanted = make_schema(
        schema.dialect,
        tables=[replace(table, triggers=()) for table in schema.tables],
        namespaces=schema.namespaces,
        extensions=schema.extensions,
        enums=schema.enums,
        sequences=schema.sequences,
        domains=schema.domains,
    )
    return build_plan(make_schema(schema.dialect), wanted, dialect, info)


def create_statements(schema: Schema, dialect: Dialect, info: ServerInfo) -> list[str]:
    """Return the statements, without semicolons, that make ``schema`` in an empty database: its DDL.

    Views and triggers come last, in their own text. Raises ``Unsupported``.
    """
    statements = [statement.sql for statement in creation_plan(schema, dialect, info).statements]
    statements += [view.sql for view in views_in_order(schema.views)]
    owners: list[Table | View] = [*schema.tables, *schema.views]
    statements += [trigger.sql for owner in owners for trigger in owner.triggers]
    return statements


def generate_diff_sql(old: Schema, new: Schema, dialect: str) -> list[str]:
    """Return the statements, without semicolons, that turn ``old`` into ``new``; both are taken as complete.

    Names of constraints and indexes, and the order of columns, are no difference. Raises ``Unsupported``.
    """
    chosen = get_dialect(dialect)
    wanted, _ = normalize(old, new, suited(Policy(whole=True), chosen.capabilities(chosen.default_info)))
    return build_plan(old, wanted, chosen, chosen.default_info).sql()


def generate_alter_statements(old_table: Table, new_table: Table, dialect: str) -> list[str]:
    """Return the statements, without semicolons, that turn one table into another; a new name is a rename.

    Raises ``Unsupported`` for a change that the dialect cannot make.
    """
    chosen = get_dialect(dialect)
    old = make_schema(chosen.name, tables=[old_table])
    new = make_schema(chosen.name, tables=[new_table])
    policy = suited(Policy(whole=True), chosen.capabilities(chosen.default_info))
    is_renamed = old_table.name != new_table.name and not spellings(old, new, policy)
    renames = [RenameTable(old_table.name, new_table.name)] if is_renamed else []
    wanted, _ = normalize(evolve(old, renames), new, policy)
    return build_plan(old, wanted, chosen, chosen.default_info, renames=renames).sql()
