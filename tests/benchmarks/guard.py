"""The guard at the start of an application: what it takes on top of a start, once it knows the database."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from statistics import median

from tests.benchmarks.databases import Bench
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import PATIENCE, Command, in_turns

TARGET = 0.06
START = """
import asyncio, settings
from tortoise import Tortoise, connections
async def main():
    await Tortoise.init(config=settings.TORTOISE_ORM)
    await connections.get("default").execute_query("SELECT 1")
    GUARD
    await Tortoise.close_connections()
asyncio.run(main())
"""
GUARD = """from time import process_time
    begin = process_time()
    from pytest_schemadrift.guard import GuardPolicy, schema_guard
    assert (await schema_guard(policy=GuardPolicy(timeout=300))).in_sync
    with open("guarded", "a") as told:
        print(process_time() - begin, file=told)"""


def rows(made: Bench, rounds: int) -> Iterator[Row]:
    """One row, by processor time, which the process itself looks at: the difference of two whole processes that take
    longer than a second is a matter of luck. The server's own is not in it.
    """
    with tempfile.TemporaryDirectory() as cache:
        known = {"SCHEMADRIFT_CACHE_DIR": cache}
        commands = {
            "start": Command((sys.executable, "-c", START.replace("GUARD", "")), made.folder, known),
            "guarded": Command((sys.executable, "-c", START.replace("GUARD", GUARD)), made.folder, known, keeps=True),
        }
        found = in_turns(commands, rounds, 4 * PATIENCE)  # a small difference between two long times
    _, *known_starts = (made.folder / "guarded").read_text().split()
    against = f"a start without: {found['start'].cpu:.2f} s"
    what = f"{made.dialect}, {made.size:,} models, in sync and known"
    yield Row("guard", what, median(map(float, known_starts)), target=TARGET, sample=found["guarded"], against=against)
