"""A check and an ``apply`` of all tenants, beside a loop of one command for each, and the catalog queries alone.

The loop is measured for some tenants and stands for all of them. Whole processes by their wall clock: most of the work
may be the server's.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_schemadrift.dialects import split_script
from pytest_schemadrift.dialects.postgres import adapter as postgres
from pytest_schemadrift.dialects.sqlite.catalog.queries import query
from pytest_schemadrift.servers import Server
from pytest_schemadrift.sources.database import SchemaExporter, open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.benchmarks.databases import schemadrift
from tests.benchmarks.models import write_project
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import Command, middle, timed
from tests.benchmarks.whole import CHECK, OURS

MODELS = 20
TENANTS = {"postgres": 20, "sqlite": 30, "mariadb": 10, "mysql": 10}
"""How many there are; making them takes longer than all that is measured."""
MANY = {"postgres": 500, "sqlite": 1000, "mariadb": 500, "mysql": 200}
"""With so many the targets of the ratios are held: what starting a process takes is the same for any number."""
TIMES = 5
"""A fifth of them is looked at, too: five times the tenants may take ``GROWTH`` times as long."""
GROWTH = 5.3
APPLIED = 20.0
LOOP = 4
"""The tenants of the loop."""
CHANGED = 1000
"""At most so many get the column together."""
FASTER = {"postgres": 100.0, "sqlite": 50.0, "mariadb": 50.0, "mysql": 50.0}
BESIDE_QUERIES = {"postgres": 3.0}
MEMORY = 300.0
NAME = "benched{:05}"


@dataclass(frozen=True, slots=True)
class Tenants:
    """A project with so many tenants in sync."""

    dialect: str
    folder: Path
    url: str
    names: Sequence[str]

    def check(self, names: Sequence[str]) -> Command:
        """The check of some of them together."""
        return Command((*OURS, "check", "--tenants", "-q"), self.folder, before=lambda: self._are(names))

    def check_alone(self, name: str) -> Command:
        """The check of one of them, as if there were no others."""
        return Command((*CHECK, "--database-url", self.url_of(name)), self.folder)

    def apply(self, names: Sequence[str]) -> Command:
        """What is missing added to some of them together."""
        return Command((*OURS, "apply", "--tenants", "--yes", "-q"), self.folder, before=lambda: self._are(names))

    def apply_alone(self, name: str) -> Command:
        """The same for one of them, as if there were no others."""
        return Command((*OURS, "apply", "--yes", "-q", "--database-url", self.url_of(name)), self.folder)

    def _are(self, names: Sequence[str]) -> None:
        given = [(name, self.url_of(name)) if self.dialect == "sqlite" else name for name in names]
        (self.folder / "tenants.py").write_text(f"def names():\n    return {given!r}\n")

    def url_of(self, name: str) -> str:
        """Where a tenant is."""
        if self.dialect == "sqlite":
            return f"sqlite://{self.folder}/{name}.db"
        if self.dialect == "postgres":
            return f"{self.url}&schema={name}"
        head, _, options = self.url.partition("?")
        return f"{head.rpartition('/')[0]}/{name}?{options}"


def rows(dialect: str, server: Server | None, number: int) -> Iterator[Row]:
    """The rows of one server, each as soon as it is measured."""
    with _tenants(dialect, server, number) as made:
        yield from _checked(made)
        yield _applied(made)


def _checked(made: Tenants) -> Iterator[Row]:
    looked_at, number = made.names[:LOOP], len(made.names)
    half, fewer = max(1, len(looked_at) // 2), number // TIMES
    alone = [timed(made.check_alone(name)) for name in looked_at[:half]]
    some = timed(made.check(made.names[:fewer]))
    whole = timed(made.check(made.names))
    alone += [timed(made.check_alone(name)) for name in looked_at[half:]]
    what, each = f"{made.dialect}, {number:,} tenants of {MODELS} models", middle(alone)
    target = FASTER[made.dialect] if number >= MANY[made.dialect] else None
    loop = f"a loop: {each.wall:.2f} s each, {each.cpu:.2f} s of processor ({len(alone)} of them)"
    yield Row("tenants", what, each.wall * number / whole.wall, "x", target, True, whole, loop)
    queries = asyncio.run(_queries_alone(made))
    against = f"the queries alone: {queries:.2f} s; {whole.wall / number * 1000:.1f} ms for each tenant"
    beside = whole.wall / queries, "x", BESIDE_QUERIES.get(made.dialect) if target else None
    yield Row("tenants", f"{what}, beside the queries", *beside, against=against)
    start = f"{fewer:,} tenants: {some.wall:.2f} s, {some.cpu:.2f} s of processor, {some.peak:.0f} MB"
    yield Row(
        "tenants",
        f"{what}, {TIMES} times as many",
        whole.wall / some.wall,
        "x",
        GROWTH if target else None,
        against=start,
    )
    yield Row("tenants", f"{what}, peak memory", whole.peak, "MB", MEMORY, against=start)


def _applied(made: Tenants) -> Row:
    _add_column(made)
    half = max(1, min(LOOP, len(made.names)) // 2)
    one_by_one = [timed(made.apply_alone(name)) for name in made.names[:half]]
    changed = made.names[half : half + CHANGED]
    applied = timed(made.apply(changed))
    what, each = f"{made.dialect}, {len(changed):,} tenants of {MODELS} models", middle(one_by_one)
    loop = f"a loop: {each.wall:.2f} s each, {each.cpu:.2f} s of processor ({half} of them)"
    ratio = each.wall * len(changed) / applied.wall
    target = APPLIED if len(made.names) >= MANY[made.dialect] else None
    return Row("tenants", f"{what}, apply of one column", ratio, "x", target, True, applied, loop)


@contextmanager
def _tenants(dialect: str, server: Server | None, number: int) -> Iterator[Tenants]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite://{folder}/bench.db"
        if server is not None:
            url = server.create_database("tenants")
            stack.callback(server.drop_database, "tenants")
        write_project(folder, MODELS, url)
        schemadrift(folder, "migrate", "-q")
        made = Tenants(dialect, folder, url, [NAME.format(place) for place in range(number)])
        if server is None:
            for name in made.names:
                shutil.copy(folder / "bench.db", folder / f"{name}.db")
        else:
            stack.callback(_drop, server, made)
            asyncio.run(_make(made))
        with (folder / "pyproject.toml").open("a") as settings:
            settings.write('\n[tool.schemadrift.tenants.default]\npython = "tenants:names"\n')
        yield made


async def _make(made: Tenants) -> None:
    """Copies of the project's database as schemas or databases."""
    script = await SchemaExporter(made.url).export()
    async with open_server(made.url) as server:
        statements = split_script(script, made.dialect, server.info)
        for name in made.names:
            if made.dialect == "postgres":
                begin = [f"CREATE SCHEMA {name}", f"SET search_path = {name}"]
            else:
                begin = [f"CREATE DATABASE {name}", f"USE {name}"]
            if made.dialect == "postgres":
                await server.connection.execute(";\n".join((*begin, *statements)))  # in one round trip
                continue
            for statement in (*begin, *statements):
                await server.connection.execute(statement)


def _add_column(made: Tenants) -> None:
    """To the first model."""
    (path,) = [path for path in made.folder.rglob("*.py") if "class Model0(" in path.read_text()]
    path.write_text(
        path.read_text().replace("\n    class Meta:", "\n    added = fields.IntField(null=True)\n\n    class Meta:", 1)
    )


def _drop(server: Server, made: Tenants) -> None:
    if made.dialect != "postgres":  # whose schemas go with their database
        for name in made.names:
            server.drop_database(name)


async def _queries_alone(made: Tenants) -> float:
    """Seconds that the bulk queries take, with their answers thrown away."""
    begin = time.perf_counter()
    if made.dialect == "sqlite":
        for name in made.names:
            with closing(sqlite3.connect(made.folder / f"{name}.db")) as file:
                for asked in ("objects", "kinds", "columns", "indexes", "foreign_keys"):
                    file.execute(query(asked)).fetchall()
        return time.perf_counter() - begin
    async with open_server(made.url) as server:
        return await _seconds_of_queries(server, made.names)


async def _seconds_of_queries(server: LiveServer, names: Sequence[str]) -> float:
    place: Any = postgres if server.dialect.name == "postgres" else type(server.connection)
    real, spent = place.fetch, 0.0

    async def timing(connection: object, sql: str, *arguments: object) -> object:
        nonlocal spent
        begin = time.perf_counter()
        try:
            return await real(connection, sql, *arguments)
        finally:
            spent += time.perf_counter() - begin

    namespaces = server.dialect.namespaces
    digests = namespaces.digests if namespaces is not None else server.dialect.digests
    assert digests is not None
    place.fetch = timing
    try:
        found = [part async for part in digests(server.connection, server.info, names)]
    finally:
        place.fetch = real
    assert sum(len(part) for part in found) == len(names)
    return spent
