"""Ways to break an apply in the middle: a process that dies at a chosen moment, and databases worth losing."""

from __future__ import annotations

import asyncio
import os
import signal
import traceback
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.planning.plan import Plan
from tests.live.mutations import BASES, MUTATIONS, Mutation

_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"

MORE_ROWS = {
    "postgres": """
INSERT INTO parent (code) SELECT 'p' || g FROM generate_series(1, 1000) g;
INSERT INTO child (parent_id, region, name, note, qty, price, label, amount)
  SELECT id, 1, 'n' || id, 'note ' || id, 2 + id % 20, id + 0.5, 'l' || id, id FROM parent WHERE id > 2;
INSERT INTO pair (a, b, v) SELECT g, g % 7, 'v' || g FROM generate_series(3, 1000) g;
""",
    "sqlite": f"""
{_NUMBERS} INSERT INTO parent (code) SELECT 'p' || i FROM n;
INSERT INTO child (parent_id, name, note, qty, price, label)
  SELECT id, 'n' || id, 'note ' || id, 2 + id % 20, id || '.5', 'l' || id FROM parent WHERE id > 2;
INSERT INTO pair (a, b, v) SELECT id, id % 7, 'v' || id FROM parent WHERE id > 2;
""",
    "mariadb": f"""
INSERT INTO parent (code) {_NUMBERS} SELECT concat('p', i) FROM n;
INSERT INTO child (parent_id, name, note, qty, price, label)
  SELECT id, concat('n', id), concat('note ', id), 2 + id % 20, id + 0.5, concat('l', id) FROM parent WHERE id > 2;
INSERT INTO pair (a, b, v) SELECT id, id % 7, concat('v', id) FROM parent WHERE id > 2;
""",
}
"""At least 1,000 rows in parent and child."""

EVERY = {"postgres": 5, "mariadb": 4, "sqlite": 3}
"""Every so many mutations one is broken in all ways: more than 40 plans in all."""


def plans(dialect: str) -> list[Mutation]:
    """The mutations that are fixed under fire."""
    return MUTATIONS[dialect][1 :: EVERY[dialect]]


def script_of(dialect: str, mutation: Mutation) -> str:
    """The database as it was found, rows included."""
    base = BASES[dialect] + MORE_ROWS[dialect]
    if isinstance(mutation.how, tuple):
        return base.replace(*mutation.how)
    clock = "SET timestamp = 1700000000;\n" if dialect == "mariadb" else ""  # every copy is loaded anew
    return f"{clock}{base}\n{mutation.how};"


@dataclass(frozen=True)
class Moment:
    """A moment of a run: ``statement`` counts from 0, over all that the plan executes, prologue and epilogue too."""

    statement: int
    when: str

    def __str__(self) -> str:
        return f"{self.when} {self.statement}"


def moments(plan: Plan, transactional: bool) -> list[Moment]:
    """Before, within and after each statement; after one is before the next."""
    number = len(executed(plan, transactional))
    return [Moment(0, "before"), *(Moment(place, when) for place in range(number) for when in ("within", "after"))]


def executed(plan: Plan, transactional: bool) -> Sequence[str]:
    """Everything that a run executes, in order."""
    if plan.prologue or not transactional:
        return plan.sql()
    return ["BEGIN", *(statement.sql for statement in plan.statements), "COMMIT"]


def doom(connection: Connection, statements: Sequence[str], moment: Moment) -> None:
    """Let the process die at a moment of the plan whose ``statements`` this connection executes."""
    run, waiting = connection.execute, list(enumerate(statements))

    async def execute(sql: str) -> None:
        if not waiting or sql != waiting[0][1]:
            await run(sql)
            return
        place, _ = waiting.pop(0)
        here = place == moment.statement
        if here and moment.when == "before":
            die()
        if here and moment.when == "within":
            running = asyncio.ensure_future(run(sql))
            await asyncio.sleep(0.0005)
            die()
            await running
        await run(sql)
        if here:
            die()

    connection.execute = execute  # type: ignore[method-assign]


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def in_a_process(work: Coroutine[Any, Any, None]) -> bool:
    """Run it in a process of its own; whether that process was killed. Anything else than an end is an error."""
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(work)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    work.close()
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the process failed by itself: see its traceback"
    return os.WIFSIGNALED(status)
