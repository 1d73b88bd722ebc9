"""No lost row: apply is broken before, within and after each of its statements, and run again.

It then converges, and every value that should survive is there. Where DDL is transactional, a kill leaves the old
schema or the new one, never a mixture.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.errors import StalePlan
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.servers import Server
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.scratch import LiveServer
from pytest_schemadrift.verify.verdict import Comparison, compare
from tests.apply.faults import Moment, doom, executed, in_a_process, moments, plans, script_of
from tests.harness import ONE_OF, Rows, compare_with_script, load, rows, run, surviving_columns, wanted_of
from tests.live.mutations import BASES, Mutation

CASES = [
    pytest.param(dialect, mutation, id=f"{dialect}-{mutation.name}", marks=getattr(pytest.mark, dialect))
    for dialect in ("postgres", "mariadb", "sqlite")
    for mutation in plans(dialect)
]

FEW = 12
"""A plan with more moments than these is broken at some of them."""


class Ground:
    """Fresh copies of one database, as often as needed."""

    def __init__(self, dialect: str, mutation: Mutation, folder: Path, server: Server | None) -> None:
        self.dialect, self.script, self.folder, self.server = dialect, script_of(dialect, mutation), folder, server
        self.names: list[str] = []
        self.template = f"ground_{os.getpid()}_{zlib.crc32(mutation.name.encode())}"
        if server is None:
            (folder / self.template).touch()
            self._load(f"sqlite://{folder / self.template}")
        elif dialect == "postgres":
            self._load(server.create_database(self.template))
            self.names.append(self.template)

    def _load(self, url: str) -> str:
        async def fill() -> None:
            async with open_server(url) as server:
                await load(server, self.script)

        run(fill())
        return url

    def copy(self) -> str:
        name = f"{self.template}_{len(self.names)}"
        self.names.append(name)
        if self.server is None:
            copyfile(self.folder / self.template, self.folder / name)
            return f"sqlite://{self.folder / name}"
        if self.dialect == "postgres":
            return self.server.create_database(name, template=self.template)
        return self._load(self.server.create_database(name))

    def forget(self) -> None:
        """Drop all copies but the template."""
        for name in self.names:
            if self.server is not None and name != self.template:
                self.server.drop_database(name)
        self.names = [name for name in self.names if name == self.template]

    def close(self) -> None:
        self.forget()
        if self.server is not None:
            self.server.drop_database(self.template)


@dataclass(frozen=True)
class Looked:
    """A database as it was found, its drift, and the values that must survive, by their new places."""

    live: Schema
    found: Comparison
    survivors: Rows


async def look(url: str, dialect: str) -> Looked:
    async with open_server(url) as server:
        live = await dump(server)
        found = await drift(server, live, dialect)
        survivors = surviving_columns(found.plan, found.old, found.new, server)
        before = await rows(server, survivors.values())
        return Looked(live, found, {here: before[there] for here, there in survivors.items()})


async def drift(server: LiveServer, live: Schema, dialect: str) -> Comparison:
    return await compare(server, live, wanted_of(BASES[dialect], server), Policy(whole=True), prove=False)


async def die_while_fixing(url: str, found: Comparison, moment: Moment, *, transactional: bool) -> None:
    """Carry out the plan that was made for a copy of this database; the process dies at the moment."""
    async with open_server(url) as server:
        doom(server.connection, executed(found.plan, transactional), moment)
        outcome = await execute(server, found.plan)
        assert outcome.ok, outcome.error


@pytest.mark.parametrize(("dialect", "mutation"), CASES)
def test_a_kill_at_any_moment_loses_nothing(
    dialect: str,
    mutation: Mutation,
    tmp_path: Path,
    running_server: Callable[[str], Server],
    record_property: Callable[[str, object], None],
) -> None:
    ground = Ground(dialect, mutation, tmp_path, None if dialect == "sqlite" else running_server(dialect))
    transactional = dialect != "mariadb"
    try:
        looked = run(look(ground.copy(), dialect))
        found = looked.found
        assert found.plan
        assert sum(sum(values.values()) for values in looked.survivors.values()) > 2000
        killed = 0
        every = moments(found.plan, transactional)
        chosen = every[::ONE_OF] if len(every) > FEW else every
        for moment in chosen:
            url = ground.copy()
            if in_a_process(die_while_fixing(url, found, moment, transactional=transactional)):
                killed += 1
            left = run(_again(url, dialect, looked, moment))
            if transactional:
                assert left in (found.old, found.new), moment
            ground.forget()
        assert killed >= len(chosen) * 2 // 3
        record_property("faults", killed)
    finally:
        ground.close()


async def _again(url: str, dialect: str, looked: Looked, moment: Moment) -> Schema:
    """Apply once more: it converges, and the values are those of before. Returns what the kill had left.

    A database that is as it was found has the drift that it had.
    """
    async with open_server(url) as server:
        live = await dump(server)
        found = looked.found if live == looked.live else await drift(server, live, dialect)
        left = found.old
        if found.plan:
            try:
                outcome = await execute(server, found.plan)
            except StalePlan:  # the server was still at the statement of the process that is dead: run again
                found = await compare_with_script(server, BASES[dialect], prove=False)
                outcome = await execute(server, found.plan)
            assert outcome.ok, outcome.error
            found = await compare_with_script(server, BASES[dialect], prove=False)
        assert found.plan.sql() == [], moment
        now = await rows(server, looked.survivors)
        different = [place for place, values in looked.survivors.items() if dict(now[place]) != dict(values)]
        assert not different, f"{moment}: {different}"
    return left
