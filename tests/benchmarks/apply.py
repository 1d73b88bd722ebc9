"""What each form of a plan costs on a table of 300,000 rows, and how long somebody who writes there has to wait."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.servers import Server, start_server
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.sources.scratch import LiveServer

ROWS = 300_000
BASE = "CREATE TABLE parent (id INTEGER PRIMARY KEY NOT NULL); CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, {});"
COLUMNS = "parent_id INTEGER, v INTEGER, w VARCHAR(20)"
POSTGRES = {
    "add a column with a constant default": f"{COLUMNS}, x INTEGER NOT NULL DEFAULT 1",
    "add a column with a default for each row": f"{COLUMNS}, x UUID NOT NULL DEFAULT gen_random_uuid()",
    "set NOT NULL": COLUMNS.replace("v INTEGER", "v INTEGER NOT NULL"),
    "add an index": f"{COLUMNS}); CREATE INDEX i ON t (v",
    "add a unique constraint": f"{COLUMNS}, CONSTRAINT u UNIQUE (v)",
    "add a foreign key": f"{COLUMNS}, CONSTRAINT k FOREIGN KEY (parent_id) REFERENCES parent (id)",
    "add a check": f"{COLUMNS}, CONSTRAINT c CHECK (v >= 0)",
    "widen varchar": COLUMNS.replace("(20)", "(40)"),
    "integer to bigint": COLUMNS.replace("v INTEGER", "v BIGINT"),
}
SQLITE = {
    "add a column with a constant default": f"{COLUMNS}, x INTEGER NOT NULL DEFAULT 1",
    "add an index": f"{COLUMNS}); CREATE INDEX i ON t (v",
    "set NOT NULL (the table is rebuilt)": COLUMNS.replace("v INTEGER", "v INTEGER NOT NULL"),
}


@dataclass(frozen=True)
class Cost:
    """Seconds that the plan took, and the longest that one INSERT beside it took."""

    name: str
    seconds: float
    waited: float


def measure(rows: int = ROWS) -> list[tuple[str, float]]:
    """(what, seconds) for every form, and for the longest wait of a writer beside it."""
    found = []
    for cost in [*on_postgres(rows), *on_sqlite(rows)]:
        found += [(cost.name, cost.seconds), (f"{cost.name}: a writer waited at most", cost.waited)]
    return found


def on_postgres(rows: int) -> list[Cost]:
    """Every form, usual and online, each on a fresh copy of the table."""
    with start_server("postgres") as handle:
        server = handle.server
        url = server.create_database("filled")
        asyncio.run(_fill(url, rows))
        costs = []
        for place, (name, wanted) in enumerate(POSTGRES.items()):
            for online in (False, True):
                words = f"postgres, {name}{', online' if online else ''}"
                costs.append(asyncio.run(_on_copy(server, f"copy{place}{int(online)}", words, wanted, online=online)))
        return costs


async def _fill(url: str, rows: int) -> None:
    async with open_server(url) as server:
        for statement in BASE.format(COLUMNS).split(";")[:-1]:
            await server.connection.execute(statement)
        await server.connection.execute("INSERT INTO parent SELECT generate_series(1, 1000)")
        await server.connection.execute(
            f"INSERT INTO t SELECT g, 1 + g % 1000, g, 'w' || g FROM generate_series(1, {rows}) g"
        )
        await server.connection.execute("VACUUM ANALYZE t")


async def _on_copy(server: Server, name: str, words: str, wanted: str, *, online: bool) -> Cost:
    url = server.create_database(name, template="filled")
    try:
        async with open_server(url) as live, open_server(url) as writer:
            plan = await _plan(live, wanted, online=online)
            stop = asyncio.Event()
            writing = asyncio.ensure_future(_write(writer, stop))
            start = time.perf_counter()
            outcome = await execute(live, plan)
            seconds = time.perf_counter() - start
            stop.set()
            waited = await writing
            assert outcome.ok, outcome.error
            return Cost(words, seconds, waited)
    finally:
        server.drop_database(name)


async def _plan(live: LiveServer, wanted: str, *, online: bool = False) -> Any:
    new = parse_sql(BASE.format(wanted), live.dialect.name, live.info)
    return build_plan(await dump(live), new, live.dialect, live.info, online=online)


async def _write(writer: LiveServer, stop: asyncio.Event) -> float:
    longest, number = 0.0, 0
    while not stop.is_set():
        number += 1
        start = time.perf_counter()
        await writer.connection.execute(f"INSERT INTO t (id, parent_id, v) VALUES ({-number}, 1, {ROWS * 10 + number})")
        longest = max(longest, time.perf_counter() - start)
        await asyncio.sleep(0.005)
    return longest


def on_sqlite(rows: int) -> list[Cost]:
    """Every form on a fresh file in WAL mode, with a writer that waits for its turn."""
    costs = []
    with tempfile.TemporaryDirectory() as folder:
        for place, (name, wanted) in enumerate(SQLITE.items()):
            path = Path(folder) / f"{place}.db"
            _fill_sqlite(path, rows)
            costs.append(asyncio.run(_on_file(path, f"sqlite, {name}", wanted)))
            path.unlink()
    return costs


def _fill_sqlite(path: Path, rows: int) -> None:
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;" + BASE.format(COLUMNS))
    connection.executemany("INSERT INTO parent VALUES (?)", ((number,) for number in range(1, 1001)))
    values = ((number, 1 + number % 1000, number, f"w{number}") for number in range(1, rows + 1))
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", values)
    connection.commit()
    connection.close()


async def _on_file(path: Path, words: str, wanted: str) -> Cost:
    stop, waits = threading.Event(), [0.0]

    def write() -> None:
        connection, number = sqlite3.connect(path, timeout=600, isolation_level=None), 0
        while not stop.is_set():
            number += 1
            start = time.perf_counter()
            connection.execute("INSERT INTO t (id, v) VALUES (?, ?)", (-number, ROWS * 10 + number))
            waits[0] = max(waits[0], time.perf_counter() - start)
            time.sleep(0.005)
        connection.close()

    async with open_server(f"sqlite://{path}") as live:
        plan = await _plan(live, wanted)
        writer = threading.Thread(target=write)
        writer.start()
        try:
            start = time.perf_counter()
            outcome = await execute(live, plan)
            seconds = time.perf_counter() - start
        finally:
            stop.set()
            writer.join()
        assert outcome.ok, outcome.error
        return Cost(words, seconds, waits[0])


if __name__ == "__main__":
    for what, time_taken in measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS):
        print(f"{time_taken:8.3f} s  {what}")
