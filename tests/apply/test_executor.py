"""What is sent to a server, in which order, and the account of it: without a server, for one that refuses is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from pytest_schemadrift.applying.executor import (
    Outcome,
    assert_one_session,
    changed_schemas,
    execute,
    parts_of,
    run_plan,
    with_advice,
)
from pytest_schemadrift.dialects.base import Connection, Patience
from pytest_schemadrift.dialects.flavors import FLAVORS
from pytest_schemadrift.dialects.postgres import POSTGRES
from pytest_schemadrift.dialects.sqlite import SQLITE
from pytest_schemadrift.errors import FormRefused, SchemaDriftError, StalePlan, StatementFailed, Unsupported
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.plan import Plan, fingerprint
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Expression, Name
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.sources.scratch import LiveServer
from tests.harness import run

INFO = POSTGRES.default_info
OLD = parse_sql("CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE u (id int PRIMARY KEY)", "postgres")
NEW = parse_sql("CREATE TABLE t (id int PRIMARY KEY, a int, b int, d int)", "postgres")
PLAN = build_plan(OLD, NEW, POSTGRES, INFO)
FIRST, SECOND, LAST = [statement.sql for statement in PLAN.statements]
T, U = Name("", "t"), Name("", "u")


@dataclass
class Refusing:
    """A connection that keeps what it is sent and refuses some of it; ``rows`` are of every table."""

    refused: dict[str, Callable[..., StatementFailed]] = field(default_factory=dict)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    on_sent: Callable[[str], None] = lambda sql: None
    dialect: str = "postgres"

    async def execute(self, sql: str) -> None:
        self.sent.append(sql)
        self.on_sent(sql)
        await asyncio.sleep(0)
        if sql in self.refused:
            raise self.refused[sql](f"no {sql}", sql=sql)

    async def fetch(self, sql: str, *_: object) -> list[tuple[Any, ...]]:
        self.sent.append(sql)
        return self.rows

    async def close(self) -> None:
        return None


def ran(connection: Refusing, plan: Plan = PLAN, **options: Any) -> Outcome:
    return run(run_plan(connection, POSTGRES, INFO, plan, **options))


def with_first(plan: Plan, **values: Any) -> Plan:
    first, *others = plan.statements
    return replace(plan, statements=(replace(first, **values), *others))


def test_a_plan_is_one_transaction_and_all_of_it_is_done() -> None:
    connection, heard = Refusing(), []
    outcome = ran(connection, on_done=lambda statement: heard.append(statement.sql))
    assert connection.sent == ["BEGIN", FIRST, SECOND, LAST, "COMMIT"]
    assert [statement.sql for statement in outcome.done] == heard == [FIRST, SECOND, LAST]
    assert outcome.ok
    assert (outcome.undone, outcome.failed, outcome.not_started) == ((), None, ())


def test_a_refused_statement_undoes_those_before_it_and_the_rest_is_not_sent() -> None:
    connection = Refusing({SECOND: StatementFailed})
    outcome = ran(connection)
    assert connection.sent == ["BEGIN", FIRST, SECOND, "ROLLBACK"]
    first, second, last = PLAN.statements
    assert (outcome.done, outcome.undone, outcome.failed, outcome.not_started) == ((), (first,), second, (last,))
    assert not outcome.ok


def test_a_refused_rollback_keeps_the_first_error() -> None:
    connection = Refusing({FIRST: StatementFailed, "ROLLBACK": StatementFailed})
    outcome = ran(connection)
    assert outcome.error is not None
    assert outcome.error.what == f"no {FIRST}"


def test_a_commit_that_fails_has_done_nothing() -> None:
    outcome = ran(Refusing({"COMMIT": StatementFailed}))
    assert (outcome.done, len(outcome.undone), outcome.failed) == ((), 3, None)
    assert not outcome.ok


def test_an_interruption_is_told_and_undone() -> None:
    async def work() -> tuple[Outcome, list[str]]:
        connection = Refusing()
        task = asyncio.ensure_future(run_plan(connection, POSTGRES, INFO, PLAN))
        connection.on_sent = lambda sql: task.cancel() and None if sql == SECOND else None
        outcome = await task
        assert task.cancelling() == 0, "the task that asked for the account goes on"
        return outcome, connection.sent

    outcome, sent = run(work())
    assert sent == ["BEGIN", FIRST, SECOND, "ROLLBACK"]
    assert outcome.interrupted
    assert not outcome.ok
    assert [statement.sql for statement in outcome.undone] == [FIRST]


def test_what_stands_alone_is_committed_before_and_after_it() -> None:
    first, second, last = PLAN.statements
    alone = replace(PLAN, statements=(first, replace(second, transactional=False), last))
    assert [(len(part.statements), part.transactional) for part in parts_of(alone, POSTGRES, INFO)] == [
        (1, True),
        (1, False),
        (1, True),
    ]
    at_the_end = replace(PLAN, statements=(first, replace(second, transactional=False)))
    assert [part.transactional for part in parts_of(at_the_end, POSTGRES, INFO)] == [True, False]
    assert parts_of(replace(PLAN, statements=()), POSTGRES, INFO) == ()
    connection = Refusing({LAST: StatementFailed})
    outcome = ran(connection, alone)
    assert connection.sent == ["BEGIN", FIRST, "COMMIT", SECOND, "BEGIN", LAST, "ROLLBACK"]
    assert [statement.sql for statement in outcome.done] == [FIRST, SECOND]


def test_the_database_is_looked_at_once_before_the_first_statement() -> None:
    looked: list[int] = []
    first, second, last = PLAN.statements
    alone = replace(PLAN, statements=(replace(first, transactional=False), second, last))
    connection = Refusing()

    async def look() -> None:
        looked.append(len(connection.sent))

    assert ran(connection, alone, before=look).ok
    assert looked == [0]
    assert ran(Refusing(), before=look).ok
    assert len(looked) == 2

    async def stale() -> None:
        raise StalePlan("it changed")

    connection = Refusing()
    with pytest.raises(StalePlan):
        ran(connection, before=stale)
    assert connection.sent == ["BEGIN", "ROLLBACK"]


def test_the_next_form_is_tried_where_a_server_does_not_know_one() -> None:
    plan = with_first(PLAN, instead=("other form",))
    connection = Refusing({FIRST: FormRefused})
    outcome = ran(connection, plan)
    assert connection.sent[:3] == ["BEGIN", FIRST, "other form"]
    assert outcome.done[0].sql == "other form"
    assert not outcome.done[0].instead
    outcome = ran(Refusing({FIRST: FormRefused, "other form": FormRefused}), plan)
    assert not outcome.ok
    connection = Refusing({FIRST: StatementFailed})
    assert not ran(connection, plan).ok
    assert "other form" not in connection.sent, "a statement that fails is not a form that is not known"


def test_what_a_failed_statement_leaves_is_removed() -> None:
    plan = with_first(PLAN, transactional=False, cleanup=("drop rest", "drop other rest"))
    connection = Refusing({FIRST: StatementFailed})
    outcome = ran(connection, plan)
    assert connection.sent == [FIRST, "drop rest", "drop other rest"]
    assert outcome.failed is not None
    outcome = ran(Refusing({FIRST: StatementFailed, "drop rest": StatementFailed}), plan)
    assert outcome.error is not None
    assert outcome.error.what == f"no {FIRST}"
    connection = Refusing()
    assert ran(connection, plan).ok
    assert "drop rest" not in connection.sent


@asynccontextmanager
async def _nobody_else(*_: object) -> AsyncIterator[None]:
    yield


async def _dumped(*_: object) -> Any:
    return OLD


async def _sees(*_: object) -> bool:
    return True


async def _held(*_: object) -> None:
    return None


async def _asked(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return await connection.fetch(sql)


def executed(connection: Refusing, plan: Plan, still_empty: Collection[Name] = (), **options: Any) -> Outcome:
    dialect = replace(
        POSTGRES, alone=_nobody_else, dump=_dumped, hold_definitions=_held, sees_every_row=_sees, look=_asked
    )
    server = LiveServer(connection, "postgres://nowhere/t", dialect, INFO)
    known = replace(plan, fingerprint=fingerprint(OLD))
    return run(execute(server, known, Patience(lock=2, statement=3), still_empty=still_empty, **options))


def test_patience_is_set_before_anything_else() -> None:
    connection = Refusing()
    assert executed(connection, PLAN).ok
    assert connection.sent[:3] == ["SET lock_timeout = 2000", "SET statement_timeout = 3000", "BEGIN"]


def test_a_plan_for_another_schema_is_not_run() -> None:
    connection = Refusing()
    dialect = replace(POSTGRES, alone=_nobody_else, dump=_dumped)
    server = LiveServer(connection, "postgres://nowhere/t", dialect, INFO)
    with pytest.raises(StalePlan, match="nothing was done"):
        run(execute(server, replace(PLAN, fingerprint="another")))
    assert FIRST not in connection.sent


def test_an_empty_plan_sends_nothing() -> None:
    connection = Refusing()
    assert executed(connection, replace(PLAN, statements=())).ok
    assert connection.sent == []


def test_writers_are_kept_out_of_a_table_that_must_stay_empty_once_in_a_transaction() -> None:
    connection = Refusing()
    assert executed(connection, PLAN, {T}).ok
    (lock,) = POSTGRES.keep_writers_out(T)
    of_t = [s.sql for s in PLAN.statements if c.table_of(s.change) == T]
    assert len(of_t) == 2
    assert connection.sent.count(lock) == 1
    assert connection.sent.index(lock) < connection.sent.index(of_t[0])
    assert not [sql for sql in connection.sent if sql.startswith("SELECT") and '"u"' in sql], "the others are not asked"


@pytest.mark.parametrize("transactional", [True, False])
def test_a_row_that_came_meanwhile_stops_the_statement(transactional: bool) -> None:
    connection = Refusing(rows=[(1,)])
    outcome = executed(connection, with_first(PLAN, transactional=transactional), {T, U})
    assert outcome.error is not None
    assert "was empty when the plan was made and has rows now" in outcome.error.what
    assert FIRST not in connection.sent
    assert any("LOCK" in sql for sql in connection.sent) is transactional, "alone, a lock would be gone at once"


def test_of_several_tables_of_a_statement_each_is_looked_at() -> None:
    class RowsInU(Refusing):
        async def fetch(self, sql: str, *_: object) -> list[tuple[Any, ...]]:
            return [(1,)] if '"u"' in sql else []

    first, second, *_ = [item for item in PLAN.statements if c.table_of(item.change) == T]
    (mood,) = parse_sql("CREATE TYPE mood AS ENUM ('sad')", "postgres").enums
    of_both = c.ReplaceEnum(mood, replace(mood, values=("blue",)), ((T, "a"), (U, "b")))
    outcome = executed(RowsInU(), replace(PLAN, statements=(first, replace(second, change=of_both))), {T, U})
    assert outcome.error is not None
    assert outcome.error.what.startswith("u was empty")
    assert outcome.undone == (first,)


@pytest.mark.parametrize("value", ["happy", "it's", "back\\slash", "it's back\\slash"])
@pytest.mark.parametrize("use", ["", " DEFAULT {}"])
def test_a_new_value_is_committed_before_it_is_used_and_only_then(value: str, use: str) -> None:
    """An enumeration that gets two values, the second of which stands behind the first."""
    said = POSTGRES.literal(value)
    old = parse_sql("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (id int PRIMARY KEY)", "postgres")
    new = (
        f"CREATE TYPE mood AS ENUM ('sad', {said}, 'z'); CREATE TABLE t (id int PRIMARY KEY, m mood{use.format(said)})"
    )
    plan = build_plan(old, parse_sql(new, "postgres"), POSTGRES, INFO)
    parts = [[statement.change for statement in part.statements] for part in parts_of(plan, POSTGRES, INFO)]
    kinds = [[type(change).__name__ for change in part] for part in parts]
    together = [["AddEnumValue", "AddEnumValue", "AddColumn"]]
    assert kinds == ([["AddEnumValue"], ["AddEnumValue", "AddColumn"]] if use else together)


def test_a_new_value_is_committed_before_the_next_statement_uses_it_as_the_server_prints_it() -> None:
    old = parse_sql("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (id int PRIMARY KEY, m mood)", "postgres")
    new = old
    for value in ("it's back\\slash", "happy"):
        printed = "'" + value.replace("'", "''") + "'::mood"
        (enum,) = new.enums
        (table,) = new.tables
        wider = replace(enum, values=(*enum.values, value))
        column = replace(table.columns[1], default=Expression(printed, printed))
        new = replace(old, enums=(wider,), tables=(replace(table, columns=(table.columns[0], column)),))
        plan = build_plan(old, new, POSTGRES, INFO)
        assert printed in plan.statements[-1].sql
        parts = [
            [type(statement.change).__name__ for statement in part.statements]
            for part in parts_of(plan, POSTGRES, INFO)
        ]
        assert parts == [["AddEnumValue"], ["AlterColumnDefault"]]
        new = old


def test_what_has_its_own_frame_is_one_transaction_whatever_is_in_it() -> None:
    old, new = (parse_sql(f"CREATE TABLE t (id INTEGER PRIMARY KEY, a {type_})", "sqlite") for type_ in ("INT", "TEXT"))
    plan = build_plan(old, new, SQLITE, SQLITE.default_info)
    assert plan.prologue
    first, *rest = plan.statements
    plan = replace(plan, statements=(replace(first, transactional=False), *rest))
    assert [(part.statements, part.transactional) for part in parts_of(plan, SQLITE, SQLITE.default_info)] == [
        (plan.statements, True)
    ]
    connection = Refusing({plan.statements[-1].sql: StatementFailed})
    outcome = run(run_plan(connection, SQLITE, SQLITE.default_info, plan))
    assert connection.sent == [*plan.prologue, *[item.sql for item in plan.statements], "ROLLBACK"]
    assert outcome.done == ()
    connection = Refusing()
    assert run(run_plan(connection, SQLITE, SQLITE.default_info, plan)).ok
    assert connection.sent == [*plan.prologue, *[item.sql for item in plan.statements], *plan.epilogue]


def test_where_a_failed_plan_would_not_be_undone_nothing_is_sent() -> None:
    (flavor, *_) = [name for name, known in FLAVORS.items() if not known.undoes]
    connection = Refusing()
    server = LiveServer(connection, "postgres://nowhere/t", POSTGRES, replace(INFO, flavor=flavor))
    with pytest.raises(Unsupported, match="nothing is changed"):
        run(execute(server, PLAN))
    assert connection.sent == []


def test_through_a_pooler_a_plan_is_one_transaction_or_none() -> None:
    """Nobody would hold the lock between two of them."""
    connection = Refusing()
    server = LiveServer(connection, "postgres://nowhere/t", replace(POSTGRES, keeps_session=lambda _: False), INFO)
    first, second, last = PLAN.statements
    assert_one_session(server, PLAN)
    assert_one_session(server, replace(PLAN, statements=()))
    alone = replace(second, transactional=False)
    for statements in ((first, alone), (alone,), (first, alone, last)):
        plan = replace(PLAN, statements=statements)
        with pytest.raises(Unsupported, match="more than one transaction") as caught:
            run(execute(server, plan))
        assert caught.value.where == second.sql
        assert_one_session(replace(server, dialect=POSTGRES), plan)
    assert connection.sent == []


def test_what_a_server_refuses_is_told_with_what_to_do() -> None:
    async def holds(*_: object) -> str:
        return "session 7"

    async def tells_nothing(*_: object) -> str:
        raise StatementFailed("no")

    def advised(error: SchemaDriftError, who: Any = holds) -> SchemaDriftError:
        dialect = replace(POSTGRES, who_holds=who)
        return run(with_advice(LiveServer(Refusing(), "postgres://nowhere/t", dialect, INFO), error))

    locked = StatementFailed("no", sql="ALTER 1", where="here", condition="lock_not_available")
    assert (advised(locked).where, advised(locked, tells_nothing).where) == ("held by session 7", "here")
    assert "--lock-timeout" in advised(locked).hint
    for condition, hint in (
        ("insufficient_privilege", "role that owns"),
        ("read_only_sql_transaction", "the primary"),
    ):
        error = StatementFailed("no", sql="ALTER  1", condition=condition)  # type: ignore[arg-type]
        told = advised(error)
        assert hint in told.hint
        assert (told.what, told.where) == ("no", "ALTER 1")
        assert advised(StatementFailed("no", where="here", condition=condition)).where == "here"  # type: ignore[arg-type]
    known = StatementFailed("no", hint="as the server says", condition="read_only_sql_transaction")
    assert advised(known) is known
    assert advised(plain := StatementFailed("no")) is plain
    assert advised(stale := StalePlan("no")) is stale
    outcome = executed(Refusing({FIRST: partial(StatementFailed, condition="lock_not_available")}), PLAN)
    assert outcome.error is not None
    assert "--lock-timeout" in outcome.error.hint


def test_who_listens_hears_of_each_statement() -> None:
    heard: list[str] = []
    assert executed(Refusing(), PLAN, on_done=lambda statement: heard.append(statement.sql)).ok
    assert heard == [FIRST, SECOND, LAST]


def test_tenants_wait_for_each_other_only_where_they_change_the_same() -> None:
    """The schemas to lock: ``None`` is the whole database."""
    info = replace(INFO, default_schema="acme")
    tables = [c.DropTable(parse_sql(f"CREATE TABLE {name} (a int)", "postgres").tables[0]) for name in ("t", "other.t")]
    assert changed_schemas(tables, info) == {"acme", "other"}
    assert changed_schemas([*tables, c.CreateExtension("citext")], info) is None
    assert changed_schemas([], info) == frozenset()
