"""No lost row: apply is broken before, within and after each of its statements, and run again.

It then converges, and every value that should survive is there. Where DDL is transactional, a kill leaves the old
schema or the new one, never a mixture.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile

import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.errors import StalePlan
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.servers import Server
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.verify.verdict import Comparison
from tests.apply.faults import Moment, doom, executed, in_a_process, moments, plans, script_of
from tests.harness import Rows, compare_with_script, load, rows, run, surviving_columns
from tests.live.mutations import BASES, Mutation

CASES = [
    pytest.param(dialect, mutation, id=f"{dialect}-{mutation.name}", marks=getattr(pytest.mark, dialect))
    for dialect in ("postgres", "mariadb", "sqlite")
    for mutation in plans(dialect)
]


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


async def look(url: str, dialect: str) -> tuple[Comparison, Rows, Schema]:
    """The drift, the values that must survive (by their new places), and the wanted schema."""
    async with open_server(url) as server:
        found = await compare_with_script(server, BASES[dialect], prove=False)
        survivors = surviving_columns(found.plan, found.old, found.new, server)
        before = await rows(server, survivors.values())
        return found, {here: before[there] for here, there in survivors.items()}, found.new


async def fix(url: str, dialect: str, moment: Moment | None = None, *, transactional: bool = True) -> None:
    """What ``apply`` does: compare, plan, carry out; with a moment, the process dies then."""
    async with open_server(url) as server:
        found = await compare_with_script(server, BASES[dialect], prove=False)
        if moment is not None:
            doom(server.connection, executed(found.plan, transactional), moment)
        outcome = await execute(server, found.plan)
        assert outcome.ok, outcome.error


async def state(url: str) -> Schema:
    async with open_server(url) as server:
        return await dump(server)


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
        found, survivors, wanted = run(look(ground.copy(), dialect))
        assert found.plan
        assert sum(sum(values.values()) for values in survivors.values()) > 2000
        killed = 0
        for moment in moments(found.plan, transactional):
            url = ground.copy()
            if in_a_process(fix(url, dialect, moment, transactional=transactional)):
                killed += 1
            if transactional:
                assert run(state(url)) in (found.old, wanted), moment
            run(_again(url, dialect, survivors, moment))
            ground.forget()
        assert killed >= len(moments(found.plan, transactional)) * 2 // 3
        record_property("faults", killed)
    finally:
        ground.close()


async def _again(url: str, dialect: str, survivors: Rows, moment: object) -> None:
    """Apply once more: it converges, and the values are those of before."""
    try:
        await fix(url, dialect)
    except StalePlan:  # the server was still at the statement of the process that is dead: told, and run again
        await fix(url, dialect)
    async with open_server(url) as server:
        assert (await compare_with_script(server, BASES[dialect], prove=False)).plan.sql() == [], moment
        found = await rows(server, survivors)
        different = [place for place, values in survivors.items() if found[place] != values]
        assert not different, f"{moment}: {different}"
