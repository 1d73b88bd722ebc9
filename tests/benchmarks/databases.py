"""Generated projects with databases that hold what their models want."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pytest_schemadrift.servers import Server, start_server
from pytest_schemadrift.sources.database import open_server
from tests.benchmarks.models import write_project
from tests.benchmarks.timing import ROOT

DRIFTED = 10
"""How many tables drift where some do."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A project of ``size`` models and its database, in sync."""

    dialect: str
    size: int
    folder: Path
    url: str


@contextmanager
def server_for(dialect: str) -> Iterator[Server | None]:
    """A server for as long as the block runs; SQLite needs none. Raises ``ServerUnavailable``."""
    if dialect == "sqlite":
        yield None
        return
    with start_server(dialect, version="16" if dialect == "postgres" else None) as handle:
        yield handle.server


@contextmanager
def bench(dialect: str, size: int, server: Server | None) -> Iterator[Bench]:
    """A project whose tables exist."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if server is None:
            url = f"sqlite://{folder}/bench.db"
        else:
            name = f"bench{size}"
            url = server.create_database(name)
            stack.callback(server.drop_database, name)
        write_project(folder, size, url)
        schemadrift(folder, "migrate", "-q")
        yield Bench(dialect, size, folder, url)


def schemadrift(folder: Path, *arguments: str) -> None:
    """Run the command in a project. Raises ``RuntimeError``."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest_schemadrift", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(Path.home())},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stdout[-1000:] + done.stderr[-1000:])


def drift(made: Bench, tables: int = DRIFTED, column: str = "by_hand") -> None:
    """Let so many tables drift, by a column that no model has."""

    async def work() -> None:
        async with open_server(made.url) as server:
            for number in range(0, made.size, max(1, made.size // tables))[:tables]:
                table = server.dialect.quote(f"bench_model_{number}")
                await server.connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER")

    asyncio.run(work())
