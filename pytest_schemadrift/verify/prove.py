"""A plan is tried on a scratch copy of the live structure, and what comes out is compared with what is wanted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_schemadrift.applying.executor import OnDone, run_plan, what_breaks
from pytest_schemadrift.core.cache import cached_async, key_of
from pytest_schemadrift.core.progress import counted, doing
from pytest_schemadrift.dialects.base import Connection, Dialect, LeftOut
from pytest_schemadrift.dialects.enclosure import NOT_RUN, Enclosure
from pytest_schemadrift.errors import SchemaDriftError, StatementFailed, Unsupported
from pytest_schemadrift.planning.build import build_plan, create_statements
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.plan import Plan, Statement
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import STORED, Dependent, ForeignKey, Name, Schema, Table, View, views_in_order
from pytest_schemadrift.sources.scratch import LiveServer, extract, neighbours
from pytest_schemadrift.verify.respell import respell
from pytest_schemadrift.verify.standing import (
    TAKEN_OFF,
    counted_by,
    in_the_way,
    named_in_text,
    standing_on,
    tables_beside,
    tables_of_triggers,
    with_parts,
)
from pytest_schemadrift.verify.stretches import Entangled, Here, Stretch, stretches, touched

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


class _NotProven(Exception):
    """Ends a try."""

    def __init__(self, proof: Proof) -> None:
        self.proof = proof


async def prove_plan(server: LiveServer, live: Schema, target: Schema, plan: Plan, policy: Policy) -> Proof:
    """Carry out ``plan`` on a scratch copy of the tables that it touches, without rows; remembered where it holds."""
    return await _prove(_Try(server, live, target, plan, 0), policy)


async def prove_with_rows(server: LiveServer, live: Schema, target: Schema, plan: Plan, policy: Policy) -> Proof:
    """Carry out ``plan`` on a scratch copy of the tables that it touches, some of their rows included."""
    return await _prove(_Try(server, live, target, plan, SAMPLE), policy)


async def _prove(attempt: _Try, policy: Policy) -> Proof:
    server, plan = attempt.server, attempt.plan
    capabilities = server.dialect.capabilities(server.info)
    if refused := in_the_way(attempt.live, plan):
        return Proof(False, refused, plan)
    if not capabilities.has_schemas and any(name.schema for name in attempt.touched):
        return Proof(None, "the tables lie in another database of this server", plan)
    standing = await server.dialect.standing(server.connection, server.info, plan.changes)
    if standing.in_the_way:
        return Proof(False, f"{standing.in_the_way[0]} and blocks the plan: alter or drop it by hand first", plan)
    try:
        if attempt.sample:
            after = await server.scratch.settled(server, attempt.run)
        else:
            info = replace(server.info, database="")
            key = key_of(server.dialect.name, info, *server.settles, "proof", *attempt.statements())
            after = await cached_async(
                "verdicts", key, (*STORED, LeftOut, _After), lambda: server.scratch.settled(server, attempt.run)
            )
    except _NotProven as ended:
        return ended.proof
    except Unsupported as error:
        return Proof(None, error.what.splitlines()[0], plan)
    except SchemaDriftError as error:
        return Proof(None, f"no scratch copy of the live structure: {_with_advice(error)}", plan)
    server.scratch.note(after.place)
    without = (*after.without, *named_in_text(attempt.live, plan), *standing.named)
    outcome = Proof(None, "", attempt.as_accepted(), attempt.copied, without=without)
    if broken := (*after.broken, *standing.broken):
        return replace(outcome, proven=False, note=what_breaks(broken))
    wanted, _ = normalize(after.found, attempt.new, policy)
    wanted = await respell(server, after.found, wanted, policy)
    left = [change for change in diff(after.found, wanted) if not isinstance(change, c.DropTable | c.DropNamespace)]
    if left:
        kinds = ", ".join(sorted({type(change).__name__ for change in left}))
        return replace(outcome, proven=False, note=f"after the plan, a scratch copy still differs: {kinds}")
    return replace(outcome, proven=True)


@dataclass(frozen=True, slots=True)
class _After:
    """What is there after a plan, what no longer works, what the copy did not hold, and which server it was on."""

    found: Schema
    broken: tuple[str, ...]
    without: tuple[LeftOut, ...]
    place: str


class _Try:
    """One run of a plan on a copy of what it touches, with ``sample`` rows of each table."""

    def __init__(self, server: LiveServer, live: Schema, target: Schema, plan: Plan, sample: int) -> None:
        self.server, self.live, self.plan, self.sample = server, live, plan, sample
        self.touched = with_parts(live, touched(plan.changes) | counted_by(live, plan))
        around = neighbours([*live.tables, *target.tables], self.touched) | tables_beside(live, self.touched)
        if not server.dialect.capabilities(server.info).alters_columns:
            around |= tables_of_triggers(live, self.touched | around)
        self.old = self._lean(extract(live, self.touched, around - self.touched))
        self.new = extract(target, self.touched, around - self.touched)
        self.copied = 0
        self.done: tuple[Statement, ...] = ()

    def _lean(self, part: Schema) -> Schema:
        """Only tables that the plan touches need triggers; SQLite looks at all of them when a table is renamed."""
        if not self.server.dialect.capabilities(self.server.info).alters_columns:
            return part
        tables = (table if table.name in self.touched else replace(table, triggers=()) for table in part.tables)
        return replace(part, tables=tuple(tables))

    def statements(self) -> list[str]:
        """Everything that is executed where there are no rows."""
        created = create_statements(self.old, self.server.dialect, self.server.info)
        created += [item.sql for item in standing_on(self.old, self.touched)]
        return [*created, *self.plan.sql()]

    def as_accepted(self) -> Plan:
        """The plan with its statements in the form that the server accepted."""
        return replace(self.plan, statements=self.done) if self.done else self.plan

    async def run(self) -> _After:
        """What is there after the plan, what no longer works, and what the copy did not hold.

        Raises ``_NotProven`` where the plan fails, ``SchemaDriftError`` where there is no copy.
        """
        executed = counted("trying the plan on a scratch copy", len(self.plan.statements))
        if self.server.dialect.capabilities(self.server.info).alters_by_text and not self.sample:
            parts = stretches(self.plan, self.old)
            if len(parts) > 1:
                with contextlib.suppress(_NotProven, Entangled, SchemaDriftError):  # what fails is told by the whole
                    return await self._in_stretches(parts, executed)
        after, self.done = await self._on_copy(self.old, self.plan, executed)
        return after

    async def _in_stretches(self, parts: Sequence[Stretch], executed: OnDone) -> _After:
        """As ``run``, with a copy for each stretch of the plan. Raises ``Entangled`` where that proves nothing."""
        dialect, info = self.server.dialect, self.server.info
        here, done, place = Here(self.old, self.new), list[Statement](), ""
        for stretch in parts:
            part = here.part(stretch)
            plan = stretch.plan(self.plan, part, dialect, info)
            after, statements = await self._on_copy(part, plan, executed)
            if after.broken or after.without:
                raise Entangled
            here.take(stretch, part, after.found)
            done += statements
            place = after.place
        self.done = tuple(done)
        return _After(here.schema, (), (), place)

    async def _on_copy(self, part: Schema, plan: Plan, executed: OnDone) -> tuple[_After, tuple[Statement, ...]]:
        """What is there after a plan on a copy of ``part``, and its statements as they were accepted."""
        server, dialect = self.server, self.server.dialect
        async with server.scratch.open(server) as (scratch, place):
            for trigger in (trigger for table in part.tables for trigger in table.triggers):
                await scratch.check(trigger.sql)
            self.copied = await _fill_copy(server, scratch, part, self.new, self.sample)
            await _make_standing(scratch, standing_on(part, self.touched))
            info = await dialect.read_server_info(scratch.inner)
            info = replace(info, column_storage=server.info.column_storage)
            working = await _that_work(scratch, dialect, part)
            compiled = await dialect.triggers_that_compile(scratch.inner, part)
            outcome = await run_plan(scratch, dialect, info, plan, on_done=executed)
            if outcome.interrupted:
                raise asyncio.CancelledError
            if outcome.error is not None:
                raise _NotProven(self._failed(outcome.error, outcome.failed))
            doing("reading the scratch copy")
            found = scratch.complete(await dialect.dump(scratch.inner, info, None))
            views = working - await _that_work(scratch, dialect, part)
            broken = [f"view {name}" for name in sorted(views)]
            holders: tuple[Table | View, ...] = (*found.tables, *found.views)
            there = {f"trigger {trigger.name} of {item.name}" for item in holders for trigger in item.triggers}
            broken += sorted((compiled & there) - await dialect.triggers_that_compile(scratch.inner, found))
            broken += await scratch.complete_triggers()  # nothing that could fire one comes after this
            after = _After(found, tuple(broken), tuple(scratch.left_out.values()), place)
            return after, outcome.done

    def _failed(self, error: SchemaDriftError, statement: Statement | None) -> Proof:
        what = error.what.splitlines()[0]
        if isinstance(error, Unsupported) or NOT_RUN in what:
            return Proof(None, what, self.plan, self.copied, statement)
        note = f"the plan fails on a scratch copy: {_with_advice(error)}"
        return Proof(False, note, self.plan, self.copied, statement)


def _with_advice(error: SchemaDriftError) -> str:
    what = error.what.splitlines()[0]
    return f"{what} ({error.hint})" if error.hint else what


async def _make_standing(scratch: Enclosure, items: Sequence[Dependent]) -> None:
    """What stands on the tables; without what no plan takes off and puts back, the proof has a gap that is named."""
    for item in items:
        try:
            await scratch.execute(item.sql)
        except SchemaDriftError as error:
            if item.kind in TAKEN_OFF:
                raise
            what = f"{item.kind} {item.name}"
            scratch.left_out[what] = LeftOut(what, f"it cannot be made in a copy: {error.what.splitlines()[0]}")


async def _that_work(scratch: Connection, dialect: Dialect, part: Schema) -> set[Name]:
    """The views that can be read; MySQL lets a table or column go or change its name under a view.

    One that its owner may not read is none that is broken: the copy has the rights of nobody.
    """
    found = set()
    for view in part.views:
        try:
            name = ".".join(dialect.quote(word) for word in view.name if word)
            await scratch.fetch(f"SELECT 1 AS works FROM {name} WHERE 1 = 0")
        except StatementFailed as error:
            if error.condition != "insufficient_privilege":
                continue
        found.add(view.name)
    return found


async def _fill_copy(server: LiveServer, scratch: Enclosure, old_part: Schema, new_part: Schema, sample: int) -> int:
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
    with_keys = replace(old_part, views=(), tables=tuple(replace(table, triggers=()) for table in old_part.tables))
    statements, of_keys = create_statements(bare, dialect, info), build_plan(bare, with_keys, dialect, info).sql()
    executed = counted("copying the structure to a scratch database", len(statements) + len(of_keys))
    await scratch.execute_all(statements, executed)
    names = {table.name for table in old_part.tables}
    copied = 0
    for table in bare.tables:
        copied += await dialect.copy_rows(server.connection, scratch, table, sample) if sample else 0
    if copied:
        tables = (*old_part.tables, *new_part.tables)
        keys = {(t.name, key) for t in tables for key in t.foreign_keys if {t.name, key.ref_table} <= names}
        while await _prune(scratch, dialect, list(keys)):
            pass
    await scratch.execute_all(of_keys, executed)
    for view in views_in_order(old_part.views):
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
