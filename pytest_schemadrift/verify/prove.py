"""A plan is tried on a scratch copy of the live structure, and what comes out is compared with what is wanted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_schemadrift.applying.executor import run_plan
from pytest_schemadrift.dialects.base import Connection, Dialect, LeftOut
from pytest_schemadrift.errors import SchemaDriftError, StatementFailed, Unsupported
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.normalize import Policy, normalize
from pytest_schemadrift.planning.plan import Plan, Statement, build_plan, create_statements, views_in_order
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import ForeignKey, Name, Schema
from pytest_schemadrift.sources.scratch import LiveServer, extract, neighbours, read_back
from pytest_schemadrift.verify.respell import respell
from pytest_schemadrift.verify.standing import standing_on, tables_beside


async def prove_plan(
    server: LiveServer, live: Schema, target: Schema, plan: Plan, policy: Policy
) -> tuple[bool | None, str]:
    """Execute ``plan`` on a scratch copy of the tables that it touches, and compare the outcome with ``target``.

    Returns ``(True, "")``, or ``(False, what is left or failed)``, or ``(None, why it could not be tried)``.
    """
    touched = _touched(plan)
    capabilities = server.dialect.capabilities(server.info)
    if not capabilities.has_schemas and any(name.schema for name in touched):
        return None, "the tables lie in another database of this server"
    around = neighbours([*live.tables, *target.tables], touched) | tables_beside(live, touched)
    old_part, new_part = extract(live, touched, around), extract(target, touched, around)
    try:
        prepared = create_statements(old_part, server.dialect, server.info)
        prepared += [item.sql for item in standing_on(old_part, touched)]
        copy = await read_back(server, prepared)
    except SchemaDriftError as error:
        return None, f"no scratch copy of the live structure: {error.what.splitlines()[0]}"
    try:
        found = await read_back(server, [*prepared, *_plan_for_copy(plan, live, old_part, new_part, server).sql()])
    except SchemaDriftError as error:
        return False, f"the fix fails on a scratch copy: {error.what.splitlines()[0]}"
    del copy
    wanted, _ = normalize(found, new_part, policy)
    wanted = await respell(server, found, wanted, policy)
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
    without: tuple[LeftOut, ...] = ()
    """What the copy did not hold."""


async def prove_with_rows(server: LiveServer, live: Schema, target: Schema, plan: Plan, policy: Policy) -> Proof:
    """Carry out ``plan`` on a scratch copy of the tables that it touches, some of their rows included."""
    touched = _touched(plan)
    capabilities = server.dialect.capabilities(server.info)
    if not capabilities.has_schemas and any(name.schema for name in touched):
        return Proof(None, "the tables lie in another database of this server", plan)
    around = neighbours([*live.tables, *target.tables], touched) | tables_beside(live, touched)
    old_part, new_part = extract(live, touched, around), extract(target, touched, around)
    try:
        async with server.dialect.open_scratch(server.connection, server.url, server.info) as scratch:
            try:
                copied = await _fill_copy(server, scratch, old_part, new_part)
                for item in standing_on(old_part, touched):
                    await scratch.execute(item.sql)
            except SchemaDriftError as error:
                return Proof(None, f"no scratch copy of the live structure: {error.what.splitlines()[0]}", plan)
            info = await server.dialect.read_server_info(scratch)
            views = await _that_work(scratch, server.dialect, old_part)
            outcome = await run_plan(
                scratch, server.dialect, info, _plan_for_copy(plan, live, old_part, new_part, server)
            )
            if outcome.interrupted:
                raise asyncio.CancelledError
            if outcome.error is not None:
                note = f"the plan fails on a scratch copy: {outcome.error.what.splitlines()[0]}"
                return Proof(False, note, plan, copied, outcome.failed)
            found = await server.dialect.dump(scratch, info, None)
            views -= await _that_work(scratch, server.dialect, old_part)
    except Unsupported as error:
        return Proof(None, error.what.splitlines()[0], plan)
    broken = [f"view {name}" for name in sorted(views)]
    broken += _triggers_that_break(old_part, plan) if capabilities.alters_column_whole else []
    if broken:
        return Proof(False, f"after the plan {broken[0]} would no longer work: alter it, or drop it", plan, copied)
    wanted, _ = normalize(found, new_part, policy)
    wanted = await respell(server, found, wanted, policy)
    left = [change for change in diff(found, wanted) if not isinstance(change, c.DropTable)]
    if left:
        kinds = ", ".join(sorted({type(change).__name__ for change in left}))
        return Proof(False, f"after the plan, a scratch copy still differs: {kinds}", plan, copied)
    if len(outcome.done) == len(plan.statements):  # otherwise it was made anew for the copy
        plan = replace(plan, statements=outcome.done)
    return Proof(True, "", plan, copied)


async def _that_work(scratch: Connection, dialect: Dialect, part: Schema) -> set[Name]:
    """The views that can be read; MySQL lets a table or column go or change its name under a view."""
    found = set()
    for view in part.views:
        try:
            name = ".".join(dialect.quote(word) for word in view.name if word)
            await scratch.fetch(f"SELECT 1 AS works FROM {name} WHERE 1 = 0")
            found.add(view.name)
        except StatementFailed:
            continue
    return found


def _triggers_that_break(old: Schema, plan: Plan) -> list[str]:
    """The triggers that name a column of their row that goes, which MySQL and MariaDB notice only when they run."""
    gone = {(change.table, change.old) for change in plan.changes if isinstance(change, c.RenameColumn)}
    parts = [part for change in plan.changes for part in c.simple_changes(change)]
    gone |= {(part.table, part.column.name) for part in parts if isinstance(part, c.DropColumn)}
    befores = {change.new: change.old for change in plan.changes if isinstance(change, c.RenameTable)}
    return [
        f"trigger {trigger.name}"
        for table, column in sorted(gone)
        for owner in old.tables
        if owner.name == befores.get(table, table)
        for trigger in owner.triggers
        if re.search(rf"\b(?:NEW|OLD)\s*\.\s*`?{re.escape(column)}(?![\w$])", trigger.sql, re.IGNORECASE)
    ]


async def _fill_copy(server: LiveServer, scratch: Connection, old_part: Schema, new_part: Schema) -> int:
    """Make the old structure in ``scratch`` with some rows of the live one, and return how many.

    A row whose parent is not in the sample is left out again: the rows without any are counted in the live database.
    """
    dialect, info = server.dialect, server.info
    later = dialect.capabilities(info).alters_columns  # keys, triggers and views: after the rows
    bare = replace(
        old_part,
        views=(),
        tables=tuple(
            replace(table, triggers=(), foreign_keys=() if later else table.foreign_keys) for table in old_part.tables
        ),
    )
    for statement in create_statements(bare, dialect, info):
        await scratch.execute(statement)
    names = {table.name for table in old_part.tables}
    copied = 0
    for table in bare.tables:
        copied += await dialect.copy_rows(server.connection, scratch, table, SAMPLE)
    keys = {(table.name, key) for part in (old_part, new_part) for table in part.tables for key in table.foreign_keys}
    while copied and await _prune(scratch, dialect, [(t, k) for t, k in keys if {t, k.ref_table} <= names]):
        pass
    with_keys = replace(old_part, views=(), tables=tuple(replace(table, triggers=()) for table in old_part.tables))
    for sql in build_plan(bare, with_keys, dialect, info).sql():
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
    return build_plan(old_part, new_part, server.dialect, server.info, renames=renames, online=plan.online)


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
