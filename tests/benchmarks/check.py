"""``schemadrift check`` beyond what importing the models costs: in sync and drifted, with and without a cache."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.benchmarks.databases import DRIFTED, Bench, drift
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import Command, Sample, beyond, in_turns

IMPORTS = """
import asyncio, settings
from tortoise import Tortoise
async def main():
    await Tortoise.init(config=settings.TORTOISE_ORM)
    await Tortoise.close_connections()
asyncio.run(main())
"""
CHECK = (sys.executable, "-m", "pytest_schemadrift", "check", "-q", "--source", "live")
WARM = {50: 0.1, 200: 0.25, 1000: 1.0}
COLD = {50: 0.3, 1000: 2.5}
GROWTH = 5.2
"""How much longer 1,000 tables may take than 200."""
MEMORY = 30
DRIFT = 1.0
MANY = 3.0
"""How many times the processor time of a check in sync one may take while 300 of 1,000 tables have drifted."""
WHY_COLD = "0.3 s of processor time more than warm: readers are imported, their patterns compiled, and the DDL is read"
WHY_DRIFTED = {
    "postgres": "0.9 s of processor time (planning 0.3, reading rows 0.15, imports 0.1); the rest waits for the server",
    "sqlite": "reading all tables, which a check in sync is spared, 0.6 s; planning 0.25, adopting 0.25, proof 0.15",
    "mariadb": "1.3 s of processor time (planning, adopting, reading rows 0.2 each); the rest waits for the server",
    "mysql": "1.0 s of processor time, spent as on MariaDB; the rest waits for the server",
}
"""Where the time goes while 10 of 1,000 tables have drifted: by sampling the processor time, 30 November 2026."""
WHY_MANY = {
    "postgres": "the proof on copies takes 1.0 s, planning 0.35 s, reading rows 0.15 s",
    "sqlite": "the proof on copies takes 2.2 s, reading the live tables 0.6 s, the scratch copy 0.6 s, planning 0.5 s",
    "mariadb": "4 s of processor time on top, for reading, planning and the proof; the rest waits for the server",
    "mysql": "5 s of processor time on top, for reading, planning and the proof; the rest waits for the server",
}
"""The same while 300 of 1,000 tables have drifted."""
WHOLE = {50: 1.2, 200: 0.9, 1000: 0.65}
"""How many times the processor time of the plain import a check in sync may take, by the number of models."""


def rows(made: Bench, rounds: int, known: dict[int, Sample]) -> Iterator[Row]:
    """The rows of one database, whose tables have drifted afterwards.

    ``known`` keeps what a check in sync takes, by size.
    """
    with tempfile.TemporaryDirectory() as cache:
        kept, emptied = Path(cache) / "kept", Path(cache) / "emptied"

        def empty() -> None:
            shutil.rmtree(emptied, ignore_errors=True)

        commands = {
            "imports": Command((sys.executable, "-c", IMPORTS), made.folder),
            "warm": Command(CHECK, made.folder, {"SCHEMADRIFT_CACHE_DIR": str(kept)}, keeps=True),
            "cold": Command(CHECK, made.folder, {"SCHEMADRIFT_CACHE_DIR": str(emptied)}, before=empty),
        }
        found = in_turns(commands, rounds)
        drift(made)

        def forget() -> None:
            shutil.rmtree(kept / "verdicts", ignore_errors=True)  # else only the first round judges and proves

        drifted = Command(CHECK, made.folder, {"SCHEMADRIFT_CACHE_DIR": str(kept)}, ok=(1,), before=forget)
        found |= in_turns({"drifted": drifted}, rounds)
        if made.size == max(WARM):
            drift(made, made.size * 3 // 10, "by_hand_too")
            found |= in_turns({"many": drifted}, rounds)
    known[made.size] = found["warm"]
    if made.dialect == "sqlite":
        yield _whole(made.size, found)
    yield from _of(made.dialect, made.size, found)


def growth(dialect: str, known: Mapping[int, Sample]) -> Iterator[Row]:
    """How much longer a check of 1,000 tables takes than one of 200, where both were measured.

    Whole processes: beyond the imports a check may take less than nothing.
    """
    if {200, 1000} <= set(known):
        ratio = known[1000].wall / known[200].wall
        yield Row("check", f"{dialect}, growth from 200 to 1,000 tables", ratio, "x", GROWTH)


def _whole(size: int, found: Mapping[str, Sample]) -> Row:
    """The row of ``whole``: those of SQLite, where no server has a part of its own."""
    imports, warm = found["imports"], found["warm"]
    against = f"imports and init: {imports.cpu:.2f} s, {imports.peak:.0f} MB"
    what = f"{size:,} models, in sync"
    return Row("whole", what, warm.cpu / imports.cpu, "x", WHOLE.get(size), sample=warm, against=against)


def _of(dialect: str, size: int, found: dict[str, Sample]) -> Iterator[Row]:
    imports, where = found["imports"], f"{dialect}, {size:,} models"
    against = f"imports and init: {imports.wall:.2f} s"
    for state, target in (("warm", WARM), ("cold", COLD)):
        extra = beyond(found[state], imports)
        what = f"{where}, in sync, {state}"
        note = WHY_COLD if state == "cold" and extra.wall > target.get(size, extra.wall) else ""
        yield Row("check", what, extra.wall, target=target.get(size), sample=found[state], against=against, note=note)
    more = found["drifted"].wall - found["warm"].wall
    target = DRIFT if size == max(WARM) else None
    what = f"{where}, {DRIFTED} of them drifted, on top of in sync"
    note = WHY_DRIFTED[dialect] if target and more > target else ""
    against = "verdict and proof included"
    yield Row("check", what, more, target=target, sample=found["drifted"], against=against, note=note)
    if "many" in found:
        many, warm = found["many"], found["warm"].cpu
        what = f"{where}, {size * 3 // 10} of them drifted, with proof"
        yield Row(
            "check",
            what,
            many.cpu / warm,
            "x",
            MANY,
            sample=many,
            against=f"in sync: {warm:.2f} s of processor",
            note=WHY_MANY[dialect] if many.cpu > MANY * warm else "",
        )
    if size == max(WARM):
        memory = found["warm"].peak - imports.peak
        yield Row("check", f"{where}, memory on top", memory, "MB", MEMORY, against=f"imports: {imports.peak:.0f} MB")
