"""A law: a plan between two random databases loses no value and leads there, or is refused before anything is done."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.scratch import LiveServer
from pytest_schemadrift.verify.prove import prove_with_rows
from tests.harness import ONE_OF, TURN, Rows, compare_with_script, load, rows, run, surviving_columns
from tests.live.random_tables import story

_SPELLED = re.compile(r"(?<=:\d\d)\.0+$|(?<=\d) 00:00:00(\.0+)?(\+00:00)?$|, 0:00:00$| +$")
"""What a value gets with a longer type: a time of day, parts of a second, blanks of CHAR."""
_WORDS = {"True": "true", "False": "false"}
"""How Python and the server write a truth, which is a text after some changes of type."""
SEEDS = 100
"""So many pairs have been tried, each of them: no day brings one that nobody has seen."""
IN_THE_WAY = ("the plan fails on a scratch copy: ", "blocks the plan", "would no longer work")
FEW = {"sqlite": 3, "postgres": 1, "mariadb": 1, "mysql": 1}


def tried() -> Iterator[object]:
    """Other seeds every day, and all with ``make test ALL=1``."""
    for dialect, few in FEW.items():
        for number in range(few if ONE_OF > 1 else SEEDS):
            yield pytest.param(dialect, (TURN * few + number) % SEEDS, marks=getattr(pytest.mark, dialect))


@pytest.mark.parametrize(("dialect", "seed"), list(tried()))
@pytest.mark.tried("plans between random databases with rows, over a wide pool of types and of what stands on columns")
def test_a_random_plan_loses_nothing(dialect: str, seed: int, fresh_database: Callable[[str], str]) -> None:
    for again in range(5):
        if run(holds(dialect, seed + again * 100_000, fresh_database(dialect))) != "invalid":
            break


async def everything(server: LiveServer) -> Rows:
    schema = await dump(server)
    columns = [(table.name, column) for table in schema.tables for column in table.columns]
    found = await rows(server, [(table, column.name) for table, column in columns if not column.generated])
    return {place: Counter(map(_plain, values.elements())) for place, values in found.items()}


def _plain(value: str) -> str:
    """A value without what another type of its kind gives it; an array, as Python or the server writes it."""
    plain = re.sub(r"[^\w,.-]", "", value) if value[:1] in ("[", "{") else _SPELLED.sub("", value)
    return _WORDS.get(plain, plain)


async def holds(dialect: str, seed: int, url: str) -> str:
    """Try the law on one pair; what became of it, in a word."""
    pair = story(dialect, seed)
    script = ";\n".join(pair.new)
    async with open_server(url) as server:
        try:
            await load(server, pair.old)
        except StatementFailed:
            return "invalid"  # there is no such table on this server
        for insert in pair.rows:
            with suppress(StatementFailed):
                await server.connection.execute(insert)
        assert not (await compare_with_script(server, ";\n".join(pair.old))).plan, "false drift"
        old, before = await dump(server), await everything(server)
        try:
            found = await compare_with_script(server, script, prove=False)
        except StatementFailed:
            return "invalid"
        if not found.plan:
            return "nothing"
        proof = await prove_with_rows(server, found.old, found.new, found.plan, Policy(whole=True))
        assert (await dump(server), await everything(server)) == (old, before), "the live database was touched"
        if not proof.proven:
            assert any(words in proof.note for words in IN_THE_WAY), proof.note
            return "refused"
        outcome = await execute(server, proof.plan)
        assert outcome.error is None, outcome.error
        left = await compare_with_script(server, script, prove=False)
        assert not left.plan, left.plan.sql()
        survivors = surviving_columns(proof.plan, old, await dump(server), server)
        if any(Hazard.MAY_CHANGE_DATA in step.hazards for step in proof.plan.statements):  # of a trigger that is fired
            for place in [place for place in survivors if place[0].name == "parent"]:
                del survivors[place]
        lost = survivors.lost(before, await everything(server))
        assert not lost, lost
    return "made"
