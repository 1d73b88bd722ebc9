"""The export of a live schema against its own catalog queries, their answers thrown away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from statistics import median
from typing import Any

from pytest_schemadrift.dialects.postgres import adapter as postgres
from pytest_schemadrift.servers import Server
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.benchmarks.databases import Bench
from tests.benchmarks.rows import Row

TARGETS = {"sqlite": 2.0}
TARGET = 1.4
"""Of the servers."""
ENOUGH = 1.0
"""Seconds for which rounds go on, so that the median of a few milliseconds says something."""
TENANTS, TABLES_EACH = 50, 20
TENANTS_TARGET = 2.0


Asked = list[tuple[str, tuple[object, ...]]]


async def _asked(server: LiveServer) -> Asked:
    """What an export asks of the server."""
    asked: Asked = []
    place: Any = postgres if server.dialect.name == "postgres" else type(server.connection)
    real = place.fetch

    async def recording(connection: object, sql: str, *arguments: object) -> object:
        asked.append((sql, arguments))
        return await real(connection, sql, *arguments)

    place.fetch = recording
    try:
        await dump(server)
    finally:
        place.fetch = real
    return asked


def rows(made: Bench, rounds: int) -> Iterator[Row]:
    """The row of one database."""
    target = TARGETS.get(made.dialect, TARGET)
    queries, exported, number, columns = asyncio.run(_measure(made.url, rounds))
    each = (exported - queries) / max(columns, 1) * 1e6
    yield Row(
        "export",
        f"{made.dialect}, {made.size:,} models",
        exported / queries,
        "x",
        target,
        against=f"{number} queries alone: {queries * 1000:.0f} ms; the export: {exported * 1000:.0f} ms",
        note=""
        if exported / queries <= target
        else f"making the values: {each:.0f} µs for each of {columns:,} columns",
    )


async def _measure(url: str, rounds: int) -> tuple[float, float, int, int]:
    async with open_server(url) as server:
        asked = await _asked(server)
        columns = sum(len(table.columns) for table in (await dump(server)).tables)

        async def queries() -> None:
            for sql, arguments in asked:
                await server.connection.fetch(sql, *arguments)

        alone, whole = await _alternating(queries, lambda: dump(server), rounds)
        return alone, whole, len(asked), columns


async def _alternating(
    first: Callable[[], Awaitable[object]], second: Callable[[], Awaitable[object]], rounds: int
) -> tuple[float, float]:
    times: tuple[list[float], list[float]] = ([], [])
    until = time.perf_counter() + (ENOUGH if rounds > 1 else 0)
    for number in count():
        if number > rounds and time.perf_counter() > until:
            break
        for call, kept in zip((first, second), times, strict=True):
            begin = time.perf_counter()
            await call()
            if number:
                kept.append(time.perf_counter() - begin)
    return median(times[0]), median(times[1])


def tenants(server: Server, rounds: int, many: int = TENANTS) -> Row:
    """As many schemas of a few tables each, against one schema with all of the tables (PostgreSQL)."""
    number = many * TABLES_EACH
    one, each = server.create_database("one_schema"), server.create_database("tenants")
    try:
        apart, together = asyncio.run(_tenants(one, each, rounds, many))
    finally:
        server.drop_database("one_schema")
        server.drop_database("tenants")
    return Row(
        "export",
        f"postgres, {many} tenants of {TABLES_EACH} tables",
        apart / together,
        "x",
        TENANTS_TARGET,
        against=f"one schema of {number:,} tables: {together:.2f} s; the tenants: {apart:.2f} s",
    )


async def _tenants(one: str, each: str, rounds: int, many: int) -> tuple[float, float]:
    table = "(id serial PRIMARY KEY, a integer NOT NULL, b text, c numeric(10, 2) DEFAULT 0, UNIQUE (a))"
    async with open_server(one) as together, open_server(each) as apart:
        for tenant in range(many):
            await apart.connection.execute(f"CREATE SCHEMA tenant{tenant}")
            for number in range(TABLES_EACH):
                await apart.connection.execute(f"CREATE TABLE tenant{tenant}.t{number} {table}")
                await together.connection.execute(f"CREATE TABLE t{tenant}_{number} {table}")
        assert len((await dump(apart)).tables) == len((await dump(together)).tables) == many * TABLES_EACH
        return await _alternating(lambda: _dumped(apart), lambda: _dumped(together), rounds)


async def _dumped(server: LiveServer) -> object:
    return await dump(server)
