"""A plan: the statements that turn one schema into another, in order, with their hazards; and the drift around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import Dialect, LeftOut, RenderContext
from pytest_schemadrift.errors import Unsupported, mask
from pytest_schemadrift.planning.normalize import Ignored, Policy, normalize, spellings, suited
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
from pytest_schemadrift.schema.model import Name, Schema, Table, UnsupportedObject, View, make_schema

if TYPE_CHECKING:
    from pytest_schemadrift.planning.hazards import Hazard
    from pytest_schemadrift.planning.renames import RenameProposal


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement without semicolon, the change it belongs to, and that change's hazards.

    ``transactional``, ``cleanup`` and ``instead`` mean what they mean in ``dialects.base.Form``. ``losses`` is how many
    of the changes that were folded into one delete or alter data.
    """

    sql: str
    change: Change
    hazards: tuple[Hazard, ...] = ()
    transactional: bool = True
    cleanup: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    losses: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """All statements of one change; ``losses`` as in ``Statement``."""

    change: Change
    sql: tuple[str, ...]
    hazards: tuple[Hazard, ...]
    losses: int = 0


@dataclass(frozen=True)
class Plan:
    """An executable answer to a difference: run ``sql()`` in order and the old schema is the new one.

    ``prologue`` and ``epilogue`` frame the statements (SQLite: foreign keys off, one transaction, the check
    before COMMIT). ``fingerprint`` identifies the schema that the plan was made for.
    """

    dialect: str
    statements: tuple[Statement, ...] = ()
    prologue: tuple[str, ...] = ()
    epilogue: tuple[str, ...] = ()
    fingerprint: str = ""
    online: bool = False

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The statements grouped by the change that caused them."""
        groups = groupby(self.statements, key=lambda statement: id(statement.change))
        result = []
        for _, group in groups:
            members = list(group)
            first = members[0]
            result.append(Step(first.change, tuple(item.sql for item in members), first.hazards, first.losses))
        return tuple(result)

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes in the order of their statements."""
        return tuple(step.change for step in self.steps)

    def sql(self) -> list[str]:
        """Every statement to run, frame included; empty where there is nothing to do."""
        if not self.statements:
            return []
        return [*self.prologue, *(statement.sql for statement in self.statements), *self.epilogue]

    def __bool__(self) -> bool:
        return bool(self.statements)


def fingerprint(schema: Schema) -> str:
    """A short hash of everything in a schema; equal only for equal schemas."""
    return sha256(repr(schema).encode()).hexdigest()[:16]


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
        statement for change in context.changes for statement in _statements(change, dialect, context, online=online)
    ]
    return Plan(
        dialect.name,
        tuple(statements),
        dialect.prologue(context),
        dialect.epilogue(context),
        fingerprint(old),
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
    from pytest_schemadrift.planning.diff import diff
    from pytest_schemadrift.planning.order import order

    capabilities = dialect.capabilities(info)
    start = evolve(old, renames)
    changes: list[SimpleChange] = [*renames, *diff(start, new)]
    return RenderContext(start, new, info, capabilities, order(changes, old, new, capabilities))


def _statements(change: Change, dialect: Dialect, context: RenderContext, *, online: bool) -> list[Statement]:
    from pytest_schemadrift.planning.hazards import LOSSES, hazards_of

    def hazards_within(part: Change) -> tuple[Hazard, ...]:
        return hazards_of(part, context.capabilities, context.old, context.new)

    hazards = hazards_within(change)
    parts = simple_changes(change) if LOSSES & set(hazards) else ()
    losses = sum(bool(LOSSES & set(hazards_within(part))) for part in parts)
    forms = dialect.render_online(change, context) if online else None
    if forms is None:
        return [Statement(sql, change, hazards, losses=losses) for sql in dialect.render(change, context)]
    spared = frozenset[str].intersection(*(form.spares for form in forms)) if forms else frozenset[str]()
    left = tuple(hazard for hazard in hazards if hazard not in spared)
    return [Statement(form.sql, change, left, form.transactional, form.cleanup, form.instead, losses) for form in forms]


def create_statements(schema: Schema, dialect: Dialect, info: ServerInfo) -> list[str]:
    """Return the statements, without semicolons, that make ``schema`` in an empty database: its DDL.

    Views and triggers come last, in their own text. Raises ``Unsupported``.
    """
    nothing = make_schema(schema.dialect)
    wanted = make_schema(
        schema.dialect,
        tables=[replace(table, triggers=()) for table in schema.tables],
        namespaces=schema.namespaces,
        extensions=schema.extensions,
        enums=schema.enums,
        sequences=schema.sequences,
        domains=schema.domains,
    )
    statements = [statement.sql for statement in build_plan(nothing, wanted, dialect, info).statements]
    statements += [view.sql for view in views_in_order(schema)]
    owners: list[Table | View] = [*schema.tables, *schema.views]
    statements += [trigger.sql for owner in owners for trigger in owner.triggers]
    return statements


def views_in_order(schema: Schema) -> list[View]:
    """The views of a schema, each after the views that it reads from."""
    waiting = {view.name: view for view in schema.views}
    ordered: list[View] = []
    while waiting:
        free = [view for view in waiting.values() if not (set(view.depends_on) - {view.name}) & waiting.keys()]
        for view in free or list(waiting.values()):
            ordered.append(waiting.pop(view.name))
    return ordered


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


class Origin(Protocol):
    """Where in the source code something is declared; ``line`` is 1-based."""

    @property
    def path(self) -> str:
        """The file, relative to the project where it lies within."""

    @property
    def line(self) -> int:
        """The line of the field's assignment, or of the class."""

    @property
    def model(self) -> str:
        """``app.Model``."""

    @property
    def field(self) -> str:
        """The field's name in the model, empty for the model itself."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Migrations of the project that a live database has not had, and the ``command`` that applies them.

    ``is_ahead`` says that the drift is what is left after them; else ``note`` says why that is not known.
    """

    names: tuple[str, ...]
    command: str
    is_ahead: bool = False
    note: str = ""

    @property
    def sentence(self) -> str:
        """``2 migrations are not applied to this database (…): tortoise migrate``."""
        number = "1 migration is" if len(self.names) == 1 else f"{len(self.names)} migrations are"
        shown = ", ".join(self.names[:_PENDING_SHOWN]) + (", …" if len(self.names) > _PENDING_SHOWN else "")
        return f"{number} not applied to this database ({shown}): {self.command}"


_PENDING_SHOWN = 4


@dataclass(frozen=True)
class Drift:
    """What a person is shown for one connection: the plan, how it was found, and what was left out and why.

    ``compared`` is ``static`` or ``scratch``; ``proven`` is ``None`` where the fix could not be tried, with the
    reason in ``proof_note``. ``unreadable`` are objects of checked tables that could not be read: they are never
    in sync. ``notes`` are sentences for the end of a report.
    """

    connection: str
    dialect: str
    server_version: str = ""
    database: str = ""
    source: str = "live"
    target: str = "models"
    compared: str = "static"
    tables: tuple[Name, ...] = ()
    plan: Plan = field(default_factory=lambda: Plan(""))
    uncertain: frozenset[int] = frozenset()
    """Places in ``plan.steps`` that could still be mere spelling (``compared`` is ``static``)."""
    proven: bool | None = None
    proof_note: str = ""
    proof_without: tuple[LeftOut, ...] = ()
    """What the scratch copy did not hold, so that the proof says nothing of it."""
    ignored: tuple[Ignored, ...] = ()
    proposals: tuple[RenameProposal, ...] = ()
    unreadable: tuple[UnsupportedObject, ...] = ()
    notes: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    """The tenants of which all of this is true, where a connection has tenants."""
    pending: Pending | None = None
    """The migrations that wait for the database; they come before any fix."""
    skipped: str = ""
    """Why the connection was not looked at at all; nothing is known of it then."""
    failed: bool = False
    """Whether it should have been looked at: a connection that failed beside others (``skipped`` says why)."""
    remedy: str = ""
    """The command that fixes it, where that is not ``schemadrift apply``."""
    origins: Mapping[tuple[Name, str | None], Origin] = field(default_factory=dict)
    old: Schema | None = None
    new: Schema | None = None
    session: tuple[str, ...] = ()
    """The SET statements that a shell needs before the plan's, where its session may be set otherwise."""

    @property
    def in_sync(self) -> bool:
        """Whether the check was made, there is nothing to do, and nothing that could not be read."""
        return not self.plan and not self.unreadable and not self.skipped and self.pending is None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The changes with their SQL and hazards, in executable order."""
        return self.plan.steps

    def __iter__(self) -> Iterator[Step]:
        return iter(self.plan.steps)

    def assert_none(self) -> None:
        """Raise ``AssertionError`` with a readable text of at most 30 lines where there is drift."""
        __tracebackhide__ = True  # of pytest: the caller's line is the one to show
        if not self.in_sync:
            lines = list(self._lines())
            if len(lines) > _LINES_SHOWN:
                rest = len(lines) - _LINES_SHOWN
                lines = [*lines[:_LINES_SHOWN], f"… and {rest} more lines: schemadrift check shows all"]
            remedy = self.remedy or (f"schemadrift apply --connection {self.connection}" if self.connection else "")
            refuted = self.proven is False and not self.remedy  # apply would refuse it
            if self.pending is not None:
                lines.append(f"to fix it: {self.pending.command}")
            elif remedy and self.plan and not refuted:
                lines.append(f"to fix it: {remedy}")
            raise AssertionError(mask("\n".join(lines)))

    def _lines(self) -> Iterator[str]:
        from pytest_schemadrift.planning.describe import describe, subject
        from pytest_schemadrift.planning.script import readable

        number = f"{len(self.steps)} change" + ("" if len(self.steps) == 1 else "s")
        yield f"{self.connection}: {number} from {self.source} to {self.target}"
        if self.skipped:
            yield f"  {self.skipped}"
        if self.pending is not None:
            yield f"  {self.pending.sentence}"
        for step in self.steps:
            table, column = subject(step.change)
            for part in simple_changes(step.change):
                yield f"  {part.code} {describe(part)}"
            found = (self.origins.get((table, name)) for name in (column, None)) if table is not None else ()
            origin = next((place for place in found if place is not None), None)
            if origin is not None:
                yield f"     {origin.path}:{origin.line}"
            if step.hazards:
                yield f"     hazards: {', '.join(step.hazards)}"
            for sql in step.sql:
                yield from (f"     {line}" for line in f"{readable(sql, self.dialect)};".splitlines())
        if self.plan.prologue:
            yield "  the SQL above runs inside of one guarded transaction: schemadrift diff prints the whole script"
        for item in self.unreadable:
            yield f"  {item.kind} {item.name}: {item.reason}"


_LINES_SHOWN = 28
