"""What an extension makes beside a table is its own: chunks of TimescaleDB, partitions of pg_partman."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, golden, load, run

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(not os.environ.get("SCHEMADRIFT_CASES"), reason="make extensions runs this"),
]

READINGS = "CREATE TABLE reading (at timestamptz PRIMARY KEY, device int NOT NULL, value float8)"
CHUNKS = f"""
CREATE EXTENSION timescaledb;
{READINGS};
SELECT create_hypertable('reading', 'at', chunk_time_interval => interval '1 day', create_default_indexes => false);
INSERT INTO reading SELECT timestamptz '2026-01-01' + n * interval '6 hours', n, n FROM generate_series(1, 20) n;
"""
EVENTS = "CREATE TABLE event (id int NOT NULL, at timestamptz NOT NULL)"
PARTITIONS = f"""
CREATE SCHEMA partman;
CREATE EXTENSION pg_partman WITH SCHEMA partman;
{EVENTS} PARTITION BY RANGE (at);
SELECT partman.create_parent(p_parent_table => 'public.event', p_control => 'at', p_interval => '1 day');
INSERT INTO event SELECT n, now() FROM generate_series(1, 20) n;
"""


@pytest.mark.parametrize(
    ("live", "wanted", "more"),
    [
        (CHUNKS, READINGS, ", note varchar(9) DEFAULT 'none' NOT NULL, CHECK (device < 100))"),
        (PARTITIONS, EVENTS, ", note varchar(9) DEFAULT 'none' NOT NULL, CHECK (id < 100))"),
    ],
    ids=["timescaledb", "pg_partman"],
)
def test_what_it_manages_is_left_alone_and_goes_along(
    live: str, wanted: str, more: str, fresh_database: Callable[[str], str]
) -> None:
    name = wanted.split()[2]

    async def work() -> None:
        url = fresh_database("postgres")
        async with open_server(url) as server:
            await load(server, live)
        async with open_server(url) as server:
            policy = Policy(unmanaged="fail" if name == "reading" else "warn")
            found = await compare_with_script(server, wanted, policy)
            assert golden(found.plan) == "", "what was created is in sync, without a word about its parts"
            assert not any(f"{name}_" in str(item.change) for item in found.ignored)
            found = await compare_with_script(server, wanted.removesuffix(")") + more, policy)
            assert found.proven
            await load(server, golden(found.plan))
            assert await server.connection.fetch(f"SELECT count(*), min(note) FROM {name}") == [(20, "none")]
            again = await compare_with_script(server, wanted.removesuffix(")") + more, policy)
            assert golden(again.plan) == ""

    run(work())
