"""The judgement: a cheap static suspicion, an exact verdict read from a scratch database, and a fix that is proven.

1. The two sides are compared as values. Static equality is sound: what is equal here is in sync.
2. What looks different is only suspected. The wanted DDL of those tables is executed in a scratch database and read
   back, so that both sides speak the server's own spelling. An expression that still differs goes through once more
   on both sides, because a server's spelling of its own spelling may differ from the first (PostgreSQL's casts).
3. The plan is executed on a scratch copy of the live structure, and what comes out is compared with what is wanted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from pytest_schemadrift import changes as c
from pytest_schemadrift.dialects.base import Connection, Dialect
from pytest_schemadrift.differences import diff
from pytest_schemadrift.errors import SchemaDriftError, StatementFailed, Unsupported
from pytest_schemadrift.evolve import evolve
from pytest_schemadrift.execution import run_plan
from pytest_schemadrift.model import (
    Column,
    Domain,
    Enum,
    Expression,
    ForeignKey,
    Index,
    Name,
    Schema,
    Table,
    UnsupportedObject,
    make_schema,
    referenced_tables,
)
from pytest_schemadrift.plan import Plan, Statement, build_plan, create_statements, views_in_order
from pytest_schemadrift.reconcile import Ignored, Policy, reconcile, spellings, suited
from pytest_schemadrift.sources.scratch import LiveServer, extract, neighbours, read_back
from pytest_schemadrift.traits import ServerFacts

Ignore = Callable[[c.SimpleChange], str | None]
"""Gives the reason why a change is no drift, or ``None`` where it is one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The right side of a comparison: its schema as parsed, and the DDL to execute for some of its tables.

    ``statements(names)`` answers with executable statements for those tables; with ``whole`` it makes everything,
    whatever the names. ``exact`` says that ``schema`` is already in the server's own spelling.
    """

    schema: Schema
    statements: Callable[[frozenset[Name]], Sequence[str]]
    whole: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found; the fields are those of ``Drift``."""

    old: Schema
    new: Schema
    plan: Plan
    compared: str
    ignored: tuple[Ignored, ...] = ()
    uncertain: frozenset[int] = frozenset()
    proven: bool | None = None
    proof_note: str = ""
    unreadable: tuple[UnsupportedObject, ...] = ()
    notes: tuple[str, ...] = field(default=())


async def compare(
    server: LiveServer,
    live: Schema,
    wanted: Wanted,
    policy: Policy,
    *,
    renames: Sequence[c.Rename] = (),
    prove: bool = True,
    ignore: Ignore | None = None,
) -> Comparison:
    """Compare ``live`` with ``wanted`` and plan the way from the one to the other.

    Accepted ``renames`` are planned first. Raises ``Unsupported`` where a change cannot be made, and what the
    server raises; a scratch database that cannot be had is no error: the verdict is then ``static``.
    """
    traits = server.dialect.traits(server.facts)
    policy = suited(policy, traits)
    start = evolve(live, renames)
    target, ignored = reconcile(start, wanted.schema, policy)
    compared = "static"
    notes: tuple[str, ...] = ()
    unreadable = tuple(item for item in wanted.schema.unsupported if item.table is not None or item.kind == "table")
    suspects = suspected(start, target)
    if suspects and not wanted.exact:
        try:
            own = {name: twin for twin, name in spellings(start, wanted.schema, policy).items()}
            names = frozenset(own.get(name, name) for name in suspects)
            exact, refused = await _read_wanted(server, start, wanted, names)
        except Unsupported as error:
            notes = (f"compared without a scratch database: {error.what}",)
        else:
            compared = "scratch"
            unreadable = (*(item for item in unreadable if item.table not in suspects), *refused)
            target, ignored = reconcile(start, exact, policy)
            target = await _settle(server, start, target, policy)
    elif suspects:
        compared = "scratch"
    kept = {item.table for item in unreadable}
    if kept:
        target = _leave_alone(start, target, kept)
    if ignore is not None:
        target, more = _without_ignored(start, target, ignore)
        ignored = (*ignored, *more)
    plan = build_plan(live, target, server.dialect, server.facts, renames=renames)
    result = Comparison(live, target, plan, compared, ignored, unreadable=unreadable, notes=notes)
    if plan and compared == "static":
        result = replace(result, uncertain=_maybe_spelling(plan))
    if plan and prove:
        proven, note = await prove_plan(server, live, target, plan, policy)
        result = replace(result, proven=proven, proof_note=note)
    return result


def _without_ignored(start: Schema, target: Schema, ignore: Ignore) -> tuple[Schema, tuple[Ignored, ...]]:
    """The wanted schema without what somebody says is no drift: the live one, evolved by everything else."""
    changes = diff(start, target)
    ignored = tuple(Ignored(change, reason) for change in changes if (reason := ignore(change)))
    if not ignored:
        return target, ()
    left_out = {id(item.change) for item in ignored}
    return evolve(start, [change for change in changes if id(change) not in left_out]), ignored


def suspected(old: Schema, new: Schema) -> frozenset[Name]:
    """The tables of ``new`` that are missing from ``old`` or look different there.

    A difference that belongs to no table (an enum, a sequence) puts the tables that it may touch under suspicion.
    """
    olds = {table.name: table for table in old.tables}
    found = {table.name for table in new.tables if olds.get(table.name) != table}
    if (old.enums, old.domains, old.sequences) != (new.enums, new.domains, new.sequences):
        changed = {item.name for item in _changed_types(old, new)}
        found |= {
            table.name
            for table in new.tables
            if any(_type_name(column) in {str(name) for name in changed} for column in table.columns)
        }
    return frozenset(found)


def _changed_types(old: Schema, new: Schema) -> Iterable[Enum | Domain]:
    types: list[Enum | Domain] = [*old.enums, *old.domains]
    before = {item.name: item for item in types}
    after: list[Enum | Domain] = [*new.enums, *new.domains]
    return [item for item in after if before.get(item.name) != item]


def _type_name(column: Column) -> str:
    return column.type.replace("[]", "").replace('"', "")


async def _read_wanted(
    server: LiveServer, start: Schema, wanted: Wanted, suspects: frozenset[Name]
) -> tuple[Schema, tuple[UnsupportedObject, ...]]:
    """The wanted schema with the suspects as the server spells them, and the tables whose DDL it refuses."""
    traits = server.dialect.traits(server.facts)
    if wanted.whole:
        return await read_back(server, list(wanted.statements(suspects))), ()
    # Where a qualified name means another database, executing it would touch that database: never in scratch.
    names = frozenset(name for name in suspects if traits.has_schemas or not name.schema)
    if not names:
        raise Unsupported("the tables lie in another database of this server")
    wanted_tables = {table.name: table for table in wanted.schema.tables}
    helpers = {ref for name in names for ref in referenced_tables(wanted_tables[name])} - names
    ground = _ground(start, wanted.schema, names, helpers)
    prepared = create_statements(ground, server.dialect, server.facts)
    refused: list[UnsupportedObject] = []
    while True:
        statements = [*prepared, *wanted.statements(names)]
        try:
            found = await read_back(server, statements)
            break
        except StatementFailed as error:
            culprits = [name for name in sorted(names) if error.sql in wanted.statements(frozenset({name}))]
            if not culprits:
                raise
            refused += [
                UnsupportedObject("table", str(name), error.what.splitlines()[0], error.sql, name) for name in culprits
            ]
            names -= frozenset(culprits)
            if not names:
                found = make_schema(server.facts.dialect)
                break
    exact = {table.name: table for table in found.tables if table.name in names}
    tables = [exact.get(table.name, table) for table in wanted.schema.tables]
    return replace(wanted.schema, tables=tuple(tables)), tuple(refused)


def _ground(start: Schema, wanted: Schema, names: Iterable[Name], helpers: set[Name]) -> Schema:
    """What the suspects' DDL needs to be executed: types, namespaces, and the tables that they refer to, bare."""
    tables = {table.name: table for table in (*wanted.tables, *start.tables) if table.name in helpers}
    enums = {item.name: item for item in (*start.enums, *wanted.enums)}
    domains = {item.name: item for item in (*start.domains, *wanted.domains)}
    sequences = {item.name: item for item in (*start.sequences, *wanted.sequences) if item.owned_by is None}
    namespaces = {*wanted.namespaces, *(name.schema for name in (*tables, *names) if name.schema)}
    ground = make_schema(
        start.dialect,
        tables=tables.values(),
        namespaces=namespaces,
        extensions=(*start.extensions, *wanted.extensions),
        enums=[item for item in enums.values() if not item.name.schema or item.name.schema in namespaces],
        domains=[item for item in domains.values() if not item.name.schema or item.name.schema in namespaces],
        sequences=[item for item in sequences.values() if not item.name.schema or item.name.schema in namespaces],
    )
    return _bare(extract(ground, helpers))


def _bare(schema: Schema) -> Schema:
    """Tables that are only referred to need no triggers, checks or partitions."""
    return replace(
        schema,
        tables=tuple(
            replace(
                table,
                triggers=(),
                checks=(),
                foreign_keys=(),
                partition_of=None,
                partition_by=None,
                inherits=(),
                kind="table" if table.kind != "virtual" else table.kind,
            )
            for table in schema.tables
        ),
    )


async def _settle(server: LiveServer, old: Schema, new: Schema, policy: Policy) -> Schema:
    """Adopt the live tables that differ only in how the server spells an expression for the first or second time."""
    olds = {table.name: table for table in old.tables}
    doubtful = [
        table.name
        for table in new.tables
        if table.name in olds and olds[table.name] != table and _has_expressions(olds[table.name], table)
    ]
    if not doubtful:
        return new
    try:
        again_old = await _second_reading(server, old, doubtful)
        again_new = await _second_reading(server, new, doubtful)
    except SchemaDriftError:
        return new  # a table that leans on functions of its own cannot be repeated: the first verdict stands
    again_new, _ = reconcile(again_old, again_new, policy)
    same = {table.name for table in again_new.tables if again_old.table(table.name) == table}
    return replace(new, tables=tuple(olds[t.name] if t.name in same and t.name in olds else t for t in new.tables))


async def _second_reading(server: LiveServer, schema: Schema, names: Iterable[Name]) -> Schema:
    names = list(names)
    helpers = neighbours([table for table in schema.tables if table.name in set(names)], names)
    part = extract(schema, names, helpers)
    part = replace(part, views=(), tables=tuple(replace(table, triggers=()) for table in part.tables))
    found = await read_back(server, create_statements(part, server.dialect, server.facts))
    return replace(found, tables=tuple(table for table in found.tables if table.name in set(names)))


def _has_expressions(old: Table, new: Table) -> bool:
    return any(_expressions(old) ^ _expressions(new))


def _expressions(table: Table) -> set[str]:
    found: list[Expression | None] = [check.expression for check in table.checks]
    found += [item.definition for item in table.exclusions]
    for column in table.columns:
        found += [column.default, column.generated.expression if column.generated else None]
    for index in table.indexes:
        found += [index.where, *(part.expression for part in index.parts)]
    return {item.key for item in found if item is not None}


def _leave_alone(old: Schema, new: Schema, names: set[Name | None]) -> Schema:
    """Tables that could not be read stay as they are: nothing is planned for them."""
    tables = [table for table in new.tables if table.name not in names]
    return make_schema(
        new.dialect,
        tables=[*tables, *(table for table in old.tables if table.name in names)],
        namespaces=new.namespaces,
        extensions=new.extensions,
        enums=new.enums,
        sequences=new.sequences,
        domains=new.domains,
        views=new.views,
        unsupported=new.unsupported,
    )


_SPELLED = (
    c.AlterColumnType,
    c.AlterColumnDefault,
    c.AlterColumnGenerated,
    c.AlterColumnOptions,
    c.AlterColumnCollation,
    c.AddCheck,
    c.DropCheck,
    c.AddExclusion,
    c.DropExclusion,
)


def _maybe_spelling(plan: Plan) -> frozenset[int]:
    """The steps whose difference lies in a text that a server may spell in several ways."""

    def spelled(change: c.SimpleChange) -> bool:
        if isinstance(change, c.CreateIndex | c.DropIndex):
            return _index_is_spelled(change.index)
        return isinstance(change, _SPELLED)

    return frozenset(
        place for place, step in enumerate(plan.steps) if any(spelled(part) for part in c.simple_changes(step.change))
    )


def _index_is_spelled(index: Index) -> bool:
    return index.where is not None or any(part.expression is not None for part in index.parts)


def compare_without_server(
    old: Schema, new: Schema, dialect: Dialect, facts: ServerFacts, policy: Policy
) -> Comparison:
    """Compare two schemas as far as their texts go: no scratch, no proof. Raises ``Unsupported``."""
    target, ignored = reconcile(old, new, suited(policy, dialect.traits(facts)))
    plan = build_plan(old, target, dialect, facts)
    unreadable = (*old.unsupported, *new.unsupported) if policy.whole else new.unsupported
    note = "no server at hand"
    return Comparison(
        old, target, plan, "static", ignored, _maybe_spelling(plan), None, note if plan else "", unreadable=unreadable
    )


async def prove_plan(
    server: LiveServer, live: Schema, target: Schema, plan: Plan, policy: Policy
) -> tuple[bool | None, str]:
    """Execute ``plan`` on a scratch copy of the tables that it touches, and compare the outcome with ``target``.

    Returns ``(True, "")``, or ``(False, what is left or failed)``, or ``(None, why it could not be tried)``.
    """
    touched = _touched(plan)
    traits = server.dialect.traits(server.facts)
    if not traits.has_schemas and any(name.schema for name in touched):
        return None, "the tables lie in another database of this server"
    around = neighbours([*live.tables, *target.tables], touched)
    old_part, new_part = extract(live, touched, around), extract(target, touched, around)
    try:
        prepared = create_statements(old_part, server.dialect, server.facts)
        copy = await read_back(server, prepared)
    except SchemaDriftError as error:
        return None, f"no scratch copy of the live structure: {error.what.splitlines()[0]}"
    try:
        found = await read_back(server, [*prepared, *_plan_for_copy(plan, live, old_part, new_part, server).sql()])
    except SchemaDriftError as error:
        return False, f"the fix fails on a scratch copy: {error.what.splitlines()[0]}"
    del copy
    wanted, _ = reconcile(found, new_part, policy)
    wanted = await _settle(server, found, wanted, policy)
    left = [change for change in diff(found, wanted) if not isinstance(change, c.DropTable)]
    if left:
        kinds = ", ".join(sorted({type(change).__name__ for change in left}))
        return False, f"after the fix, a scratch copy still differs: {kinds}"
    return True, ""


SAMPLE = 200
"""How many rows of a table are tried: the exact number of those in the way is counted in the live database."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a plan holds: ``proven`` is ``None``, with the reason in ``note``, where it could not be tried.

    ``plan`` is the plan with every statement in the form that the server accepted; ``rows`` were there when it ran.
    """

    proven: bool | None
    note: str
    plan: Plan
    rows: int = 0
    failed: Statement | None = None
    """The statement that the server refused."""


async def prove_with_rows(server: LiveServer, live: Schema, target: Schema, plan: Plan, policy: Policy) -> Proof:
    """Carry out ``plan`` on a scratch copy of the tables that it touches, some of their rows included."""
    touched = _touched(plan)
    traits = server.dialect.traits(server.facts)
    if not traits.has_schemas and any(name.schema for name in touched):
        return Proof(None, "the tables lie in another database of this server", plan)
    around = neighbours([*live.tables, *target.tables], touched)
    old_part, new_part = extract(live, touched, around), extract(target, touched, around)
    try:
        async with server.dialect.open_scratch(server.connection, server.url, server.facts) as scratch:
            try:
                copied = await _fill_copy(server, scratch, old_part, new_part)
            except SchemaDriftError as error:
                return Proof(None, f"no scratch copy of the live structure: {error.what.splitlines()[0]}", plan)
            facts = await server.dialect.read_facts(scratch)
            outcome = await run_plan(
                scratch, server.dialect, facts, _plan_for_copy(plan, live, old_part, new_part, server)
            )
            if outcome.interrupted:
                raise asyncio.CancelledError
            if outcome.error is not None:
                note = f"the plan fails on a scratch copy: {outcome.error.what.splitlines()[0]}"
                return Proof(False, note, plan, copied, outcome.failed)
            found = await server.dialect.dump(scratch, facts, None)
    except Unsupported as error:
        return Proof(None, error.what.splitlines()[0], plan)
    wanted, _ = reconcile(found, new_part, policy)
    wanted = await _settle(server, found, wanted, policy)
    left = [change for change in diff(found, wanted) if not isinstance(change, c.DropTable)]
    if left:
        kinds = ", ".join(sorted({type(change).__name__ for change in left}))
        return Proof(False, f"after the plan, a scratch copy still differs: {kinds}", plan, copied)
    if len(outcome.done) == len(plan.statements):  # otherwise it was made anew for the copy
        plan = replace(plan, statements=outcome.done)
    return Proof(True, "", plan, copied)


async def _fill_copy(server: LiveServer, scratch: Connection, old_part: Schema, new_part: Schema) -> int:
    """Make the old structure in ``scratch`` with some rows of the live one, and return how many.

    A row whose parent is not in the sample is left out again: the rows without any are counted in the live database.
    """
    dialect, facts = server.dialect, server.facts
    later = dialect.traits(facts).alters_columns  # keys, triggers and views: after the rows
    bare = replace(
        old_part,
        views=(),
        tables=tuple(
            replace(table, triggers=(), foreign_keys=() if later else table.foreign_keys) for table in old_part.tables
        ),
    )
    for statement in create_statements(bare, dialect, facts):
        await scratch.execute(statement)
    names = {table.name for table in old_part.tables}
    copied = 0
    for table in bare.tables:
        copied += await dialect.copy_rows(server.connection, scratch, table, SAMPLE)
    keys = {(table.name, key) for part in (old_part, new_part) for table in part.tables for key in table.foreign_keys}
    while copied and await _prune(scratch, dialect, [(t, k) for t, k in keys if {t, k.ref_table} <= names]):
        pass
    with_keys = replace(old_part, views=(), tables=tuple(replace(table, triggers=()) for table in old_part.tables))
    for sql in build_plan(bare, with_keys, dialect, facts).sql():
        await scratch.execute(sql)
    for view in views_in_order(old_part):
        await scratch.execute(view.sql)
    triggers = [trigger for table in old_part.tables for trigger in table.triggers]
    for trigger in (*triggers, *(trigger for view in old_part.views for trigger in view.triggers)):
        await scratch.execute(trigger.sql)
    return copied


async def _prune(scratch: Connection, dialect: Dialect, keys: Sequence[tuple[Name, ForeignKey]]) -> bool:
    """Delete the rows whose parents are not there; whether there were any."""
    found = False
    for table, key in keys:
        child, parent = (".".join(dialect.quote(part) for part in name if part) for name in (table, key.ref_table))
        columns = [dialect.quote(column) for column in key.columns]
        present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
        pairs = zip(columns, map(dialect.quote, key.ref_columns), strict=False)
        match = " AND ".join(f"p.{theirs} = {child}.{own}" for own, theirs in pairs)
        condition = f"{present} AND NOT EXISTS (SELECT 1 FROM (SELECT * FROM {parent}) AS p WHERE {match})"
        try:
            [(number,)] = await scratch.fetch(f"SELECT count(*) AS number FROM {child} WHERE {condition}")
            if number:
                await scratch.execute(f"DELETE FROM {child} WHERE {condition}")
                found = True
        except StatementFailed:
            continue  # a column that only one side has
    return found


def _plan_for_copy(plan: Plan, live: Schema, old_part: Schema, new_part: Schema, server: LiveServer) -> Plan:
    """The plan as it is, unless a table in it has lost keys to tables that the copy leaves out: then made for it."""
    trimmed = {table.name for table in old_part.tables if live.table(table.name) not in (None, table)}
    if not trimmed:
        return plan
    renames = [change for change in plan.changes if isinstance(change, c.Rename)]
    return build_plan(old_part, new_part, server.dialect, server.facts, renames=renames, online=plan.online)


def _touched(plan: Plan) -> set[Name]:
    names: set[Name] = set()
    for change in plan.changes:
        name = c.table_of(change)
        if name is not None:
            names.add(name)
        if isinstance(change, c.RenameTable):
            names.add(change.new)
        if isinstance(change, c.ReplaceEnum):
            names |= {table for table, _ in change.used_by}
    return names
