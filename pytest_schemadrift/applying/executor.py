"""A plan is carried out: by nobody else meanwhile, on the schema that it was made for, and with an honest account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from pytest_schemadrift.applying.row_counts import is_empty
from pytest_schemadrift.core.progress import counted, doing
from pytest_schemadrift.dialects.base import Connection, Dialect, Patience
from pytest_schemadrift.dialects.flavors import assert_undoes
from pytest_schemadrift.errors import FormRefused, SchemaDriftError, StalePlan, StatementFailed, Unsupported
from pytest_schemadrift.planning.plan import Plan, Statement, fingerprint
from pytest_schemadrift.planning.safe_mode import tables_of_rows
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import dump
from pytest_schemadrift.sources.scratch import LiveServer

PLAN_ANEW = "run it again: a new plan is made"
OnDone = Callable[[Statement], None]
"""Called after each statement; in a transaction it is not yet committed then."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a plan's statements. ``done`` are committed, ``undone`` were rolled back with their transaction.

    ``failed`` is the statement that ended it, with ``error``; ``None`` also where one of the prologue or epilogue did,
    COMMIT included. ``interrupted`` says that a person did. ``done`` holds the statements as they were executed.
    """

    done: tuple[Statement, ...] = ()
    undone: tuple[Statement, ...] = ()
    failed: Statement | None = None
    not_started: tuple[Statement, ...] = ()
    error: SchemaDriftError | None = None
    interrupted: bool = False

    @property
    def ok(self) -> bool:
        """Whether everything was done."""
        return self.error is None and not self.interrupted


@dataclass(frozen=True, slots=True)
class Part:
    """Statements that are committed together, or (``transactional`` is false) one that is committed by itself."""

    statements: tuple[Statement, ...]
    transactional: bool


Guard = Callable[[Statement, Part], Awaitable[None]]
"""Called before each statement, with what it is committed with; it raises where the statement must not be run."""


def parts_of(plan: Plan, dialect: Dialect, info: ServerInfo) -> tuple[Part, ...]:
    """How a plan is committed: all of it at once wherever the server can.

    Without transactional DDL each statement is committed by itself. So is, on PostgreSQL, what cannot run in a
    transaction (CONCURRENTLY); and a value that was added to an enum can be used only after its commit.
    """
    if not dialect.capabilities(info).transactional_ddl:
        return tuple(Part((statement,), False) for statement in plan.statements)
    if plan.prologue:
        return (Part(plan.statements, True),)
    parts: list[Part] = []
    together: list[Statement] = []
    for place, statement in enumerate(plan.statements):
        if statement.transactional:
            together.append(statement)
        if together and (not statement.transactional or _value_is_used_later(plan.statements[place:], dialect)):
            parts.append(Part(tuple(together), True))
            together = []
        if not statement.transactional:
            parts.append(Part((statement,), False))
    return (*parts, Part(tuple(together), True)) if together else tuple(parts)


def _value_is_used_later(statements: Sequence[Statement], dialect: Dialect) -> bool:
    change = statements[0].change
    if not isinstance(change, c.AddEnumValue):
        return False
    plain = "'" + change.value.replace("'", "''") + "'"  # as a server prints it
    return any(
        (plain in later.sql or dialect.literal(change.value) in later.sql)
        and not isinstance(later.change, c.AddEnumValue | c.RenameEnumValue)
        for later in statements[1:]
    )


async def execute(
    server: LiveServer,
    plan: Plan,
    patience: Patience | None = None,
    on_done: OnDone | None = None,
    *,
    still_empty: Collection[Name] = (),
    intact: bool = False,
    again: str = PLAN_ANEW,
) -> Outcome:
    """Carry out a plan on the database that it was made for, while no other schemadrift changes it.

    A statement that fails, a connection that breaks and a cancellation are told by the ``Outcome``. Raises ``Busy``
    where another process does not end in time, and ``StalePlan`` where the schema is no longer the plan's: then
    nothing was done; ``Unsupported`` where the server would not undo a plan that fails, or a pooler lends a session to
    each of several transactions. A statement about the rows of a table that should be ``still_empty`` fails if it is
    not.
    Where all else has to stay ``intact``, nothing is done if the plan takes away what is used by something that is no
    part of its schema: it may have come since the proof, or use the table of a tenant that had none of its own.
    ``again`` says what to do where the plan is out of date.
    """
    if not plan:
        return Outcome()
    assert_undoes(server.info)
    assert_one_session(server, plan)
    patience = patience or Patience()
    dialect, connection, info = server.dialect, server.connection, server.info

    async def see_that_it_fits() -> None:
        if parts_of(plan, dialect, info)[0].transactional:  # else a lock would be gone at once
            tables = {table for change in plan.changes for table in tables_of_rows(change) if table.name}
            await dialect.hold_definitions(connection, tables)
        if fingerprint(await dump(server), plan.changes) != plan.fingerprint:
            raise StalePlan(
                f"the database {info.database} changed after the plan was made: nothing was done",
                hint=again,
            )
        if intact and (broken := (await dialect.standing(connection, info, plan.changes)).broken):
            raise Unsupported(f"nothing was done: {what_breaks(broken)}", where=info.database)

    for setting in dialect.be_patient(patience, info):
        await connection.execute(setting)
    doing("waiting for the lock")
    async with dialect.alone(connection, info, patience.lock, changed_schemas(plan.changes, info)):
        outcome = await run_plan(
            connection,
            dialect,
            info,
            plan,
            before=see_that_it_fits,
            guard=_that_it_is_empty(server, still_empty, again),
            on_done=_told(plan, on_done),
        )
    if outcome.error is not None:
        outcome = replace(outcome, error=await with_advice(server, outcome.error))
    return outcome


def what_breaks(things: Sequence[str]) -> str:
    """The sentence for what a plan would leave behind broken."""
    more = f" (and {len(things) - 1} more)" if len(things) > 1 else ""
    return f"after the plan {things[0]} would no longer work{more}: alter it, or drop it"


def assert_one_session(server: LiveServer, plan: Plan) -> None:
    """Raise ``Unsupported`` where nobody would hold the lock between the transactions of a plan."""
    if not plan or server.dialect.keeps_session(server.connection):
        return
    parts = parts_of(plan, server.dialect, server.info)
    if len(parts) == 1 and parts[0].transactional:
        return
    alone = next((part.statements[0].sql for part in parts if not part.transactional), "")
    raise Unsupported(
        "nothing was done: the plan takes more than one transaction, and a pooler on the way may lend each of them "
        "another session",
        where=alone or server.info.database,
        hint="give the address of the server itself, with --database-url",
    )


def _that_it_is_empty(server: LiveServer, tables: Collection[Name], again: str) -> Guard:
    """Raises before a statement about the rows of one of ``tables`` that has a row."""
    held: set[tuple[int, Name]] = set()

    async def guard(statement: Statement, part: Part) -> None:
        for table in sorted(tables_of_rows(statement.change) & set(tables)):
            if part.transactional and (id(part), table) in held:
                continue  # nobody has written to it since
            for sql in server.dialect.keep_writers_out(table) if part.transactional else ():
                await server.connection.execute(sql)
            held.add((id(part), table))
            if not await is_empty(server, table):
                raise StatementFailed(
                    f"{table} was empty when the plan was made and has rows now",
                    sql=statement.sql,
                    hint=again,
                )

    return guard


def changed_schemas(changes: Iterable[c.Change], info: ServerInfo) -> frozenset[str] | None:
    """The schemas in which a plan changes something; ``None`` where it changes what the whole database has."""
    found: set[str] = set()
    for change in changes:
        schemas = c.schemas_of(change)
        if schemas is None:
            return None
        found |= schemas
    return frozenset(schema or info.default_schema for schema in found)


def _told(plan: Plan, on_done: OnDone | None) -> OnDone:
    """``on_done``, and how far the plan has come."""
    executed = counted("running the plan", len(plan.statements))

    def done(statement: Statement) -> None:
        executed()
        if on_done is not None:
            on_done(statement)

    return done


async def run_plan(
    connection: Connection,
    dialect: Dialect,
    info: ServerInfo,
    plan: Plan,
    *,
    before: Callable[[], Awaitable[None]] | None = None,
    guard: Guard | None = None,
    on_done: OnDone | None = None,
) -> Outcome:
    """Run a plan whole; ``before`` is called in the first transaction, before any statement.

    ``guard`` is called before each; what it raises is as if the statement had failed.

    What ``before`` raises goes through, after a rollback.
    """
    run = _Run(connection, plan, before, guard, on_done)
    for part in parts_of(plan, dialect, info):
        try:
            await (run.together(part) if part.transactional else run.alone(part))
        except StalePlan:
            raise
        except SchemaDriftError as error:
            return run.outcome(error)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()  # the account of what was done is the answer to an interruption
            return replace(run.outcome(None), interrupted=True)
    return run.outcome(None)


async def run_statement(connection: Connection, statement: Statement) -> Statement:
    """Run one statement in the first of its forms that the server accepts, and return it in that form.

    What a failed attempt leaves behind is removed before the error goes on. Raises ``StatementFailed``.
    """
    forms = (statement.sql, *statement.instead)
    for place, sql in enumerate(forms):
        try:
            await connection.execute(sql)
        except FormRefused:
            if place == len(forms) - 1:
                raise
        except StatementFailed:
            await _clean_up(connection, statement)
            raise
        else:
            return replace(statement, sql=sql, instead=())
    raise AssertionError("a statement has at least one form")


async def _clean_up(connection: Connection, statement: Statement) -> None:
    for sql in statement.cleanup:
        try:
            await connection.execute(sql)
        except SchemaDriftError:
            return  # the next plan finds what is left, and fixes it


class _Run:
    """The account of a run; one transaction, or one statement, after the other."""

    def __init__(
        self,
        connection: Connection,
        plan: Plan,
        before: Callable[[], Awaitable[None]] | None,
        guard: Guard | None,
        on_done: OnDone | None,
    ) -> None:
        self.connection, self.plan, self.before, self.guard, self.on_done = connection, plan, before, guard, on_done
        self.done: list[Statement] = []
        self.pending: list[Statement] = []
        self.current: Statement | None = None

    def outcome(self, error: SchemaDriftError | None) -> Outcome:
        started = len(self.done) + len(self.pending) + (self.current is not None)
        return Outcome(tuple(self.done), tuple(self.pending), self.current, self.plan.statements[started:], error)

    async def together(self, part: Part) -> None:
        async with self._transaction():
            for statement in part.statements:
                await self._one(statement, part)
        self.done += self.pending
        self.pending = []

    async def alone(self, part: Part) -> None:
        await self._check()
        for statement in part.statements:
            await self._one(statement, part)
        self.done += self.pending
        self.pending = []

    async def _one(self, statement: Statement, part: Part) -> None:
        self.current = statement
        if self.guard is not None:
            await self.guard(statement, part)
        executed = await run_statement(self.connection, statement)
        self.pending.append(executed)
        self.current = None
        if self.on_done is not None:
            self.on_done(executed)

    async def _check(self) -> None:
        if self.before is not None:
            check, self.before = self.before, None
            await check()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        begin, end = (self.plan.prologue, self.plan.epilogue) if self.plan.prologue else (("BEGIN",), ("COMMIT",))
        try:
            for sql in begin:
                await self.connection.execute(sql)
            await self._check()
            yield
            for sql in end:
                await self.connection.execute(sql)
        except BaseException:
            await asyncio.shield(self._roll_back())
            raise

    async def _roll_back(self) -> None:
        try:
            await self.connection.execute("ROLLBACK")
        except (SchemaDriftError, asyncio.CancelledError):
            return  # SQLite has rolled back by itself, or the connection is gone and the server does it


async def with_advice(server: LiveServer, error: SchemaDriftError) -> SchemaDriftError:
    """The error with what to do about it, where that can be known."""
    if not isinstance(error, StatementFailed):
        return error
    sql = error.sql
    if error.condition == "lock_not_available":
        holders = await _holders(server)
        return StatementFailed(
            error.what,
            sql=sql,
            where=f"held by {holders}" if holders else error.where,
            hint="end the session that holds the lock, or raise --lock-timeout",
        )
    if error.condition == "insufficient_privilege":
        hint = "run it as a role that owns the tables, or have one grant the right"
        return StatementFailed(error.what, sql=sql, where=error.where, hint=hint)
    if error.condition == "read_only_sql_transaction" and not error.hint:
        hint = "nothing can be written here: give the URL of the primary, or see what makes server or account read-only"
        return StatementFailed(error.what, sql=sql, where=error.where, hint=hint)
    return error


async def _holders(server: LiveServer) -> str:
    try:
        return await server.dialect.who_holds(server.connection, server.info)
    except SchemaDriftError:
        return ""
