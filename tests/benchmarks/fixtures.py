"""How long a test run waits for its databases, and what the plugin costs a run that does not use it.

Medians over 3 runs. "Cold" is without a prepared data folder, as on the first run of a machine.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers import Server, start_server
from pytest_schemadrift.sources.database import open_server

RUNS = 3
TABLES = 50
TARGETS = {
    "postgres ready, warm": 0.15,
    "postgres ready, cold": 1.5,
    "mariadb ready, warm": 0.2,
    f"postgres, clone of {TABLES} tables": 0.04,
    "plugin, not used": 0.01,
}
"""Seconds that are promised, on two cores."""
CACHE = "SCHEMADRIFT_CACHE_DIR"


def measure() -> list[tuple[str, float]]:
    """(what, median seconds); a server that this machine does not have is left out."""
    found = []
    for what, once in (
        ("postgres ready, warm", lambda: _ready("postgres")),
        ("postgres ready, cold", _ready_cold),
        ("mariadb ready, warm", lambda: _ready("mariadb")),
    ):
        try:
            once()  # drivers are imported, programs are in the page cache
            found.append((what, _median(once)))
        except ServerUnavailable as error:
            sys.stderr.write(f"{what}: {error.what}\n")
    found += [(what, _median(once)) for what, once in _clones()]
    found.append(("plugin, not used", _plugin_off()))
    return found


def _median(once: Callable[[], float]) -> float:
    return median(once() for _ in range(RUNS))


def _ready(dialect: str) -> float:
    """From nothing to an empty database that answers."""
    start = time.perf_counter()
    with start_server(dialect) as handle:
        handle.server.create_database("empty")
        return time.perf_counter() - start


def _ready_cold() -> float:
    with tempfile.TemporaryDirectory() as folder, _environment(CACHE, folder):
        return _ready("postgres")


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _clones() -> Iterator[tuple[str, Callable[[], float]]]:
    with start_server("postgres") as handle:
        asyncio.run(_fill(handle.server.create_database("template")))
        handle.server.disconnect("template")
        numbers = count()
        yield f"postgres, clone of {TABLES} tables", lambda: _clone(handle.server, f"clone{next(numbers)}")


async def _fill(url: str) -> None:
    async with open_server(url) as server:
        for number in range(TABLES):
            key = f", parent_id INTEGER NOT NULL REFERENCES t{number - 1} (id)" if number else ""
            await server.connection.execute(
                f"CREATE TABLE t{number} (id SERIAL PRIMARY KEY, name VARCHAR(100) NOT NULL UNIQUE{key})"
            )


def _clone(server: Server, name: str) -> float:
    start = time.perf_counter()
    server.create_database(name, template="template")
    return time.perf_counter() - start


def _plugin_off() -> float:
    """Seconds that the plugin adds to ``pytest --version``: with and without it in turns, so that load meets both."""
    with tempfile.TemporaryDirectory() as folder:
        _run(folder)  # compiles
        pairs = [(_run(folder), _run(folder, "-p", "no:schemadrift")) for _ in range(3 * RUNS)]
    return median(loaded for loaded, _ in pairs) - median(bare for _, bare in pairs)


def _run(folder: str, *arguments: str) -> float:
    """Processor seconds of one run, which other programs disturb less than the clock."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, "--version", "--version"],
        cwd=Path(folder),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{folder}/compiled"},
        check=True,
        capture_output=True,
    )
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    for name, seconds in measure():
        target = TARGETS[name]
        verdict = "" if seconds <= target else "  TOO SLOW"
        print(f"{seconds * 1000:8.1f} ms  {name} (target {target * 1000:g} ms){verdict}")
