"""``make bench``: how fast it is, beside what it is compared with.

``python -m tests.benchmarks [--quick] [--only GROUP] [--dialect NAME] [--store FILE] [--base REVISION] [--write FILE]``
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

import click
from rich.console import Console

from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers import Server
from tests.benchmarks import check, ddl, export, guard, others, peers, tenants, whole
from tests.benchmarks.databases import Bench, bench, server_for
from tests.benchmarks.prose import PROSE
from tests.benchmarks.rows import Row, as_markdown, as_table, load, save
from tests.benchmarks.timing import Sample

DIALECTS = ("postgres", "sqlite", "mariadb", "mysql")
GROUPS = (
    "whole",
    "base",
    "export",
    "check",
    "models",
    "naive",
    "peers",
    "fixtures",
    "hook",
    "guard",
    "apply",
    "tenants",
)
SIZES = (50, 200, 1000)
GUARDED = 200
NAIVE = 50
"""It takes a third of a second for each model, on every server alike, so it is measured on the first one alone."""
PEERS = (200, 1000)
ROUNDS = 5
QUICK_SIZES = (10,)


@click.command()
@click.option("--only", "groups", multiple=True, type=click.Choice(GROUPS), help="Only this group (repeatable).")
@click.option("--dialect", "dialects", multiple=True, type=click.Choice(DIALECTS), help="Only this server.")
@click.option("--quick", is_flag=True, help="Ten models, one round: whether the bench works, not how fast it is.")
@click.option("--tenants", "many", type=int, help="So many, where there are tenants.")
@click.option("--rounds", type=int, help=f"Instead of {ROUNDS}.")
@click.option("--base", metavar="REVISION", help="Measure whole processes beside those of this revision too.")
@click.option("--store", type=click.Path(path_type=Path), help="Keep the rows here, next to those of other runs.")
@click.option("--write", "path", type=click.Path(path_type=Path), help="Write the table as a page too.")
def main(
    groups: tuple[str, ...],
    dialects: tuple[str, ...],
    quick: bool,
    many: int | None,
    rounds: int | None,
    base: str | None,
    store: Path | None,
    path: Path | None,
) -> None:
    """Measure, print the table, and exit with 0 whatever the figures are."""
    console = Console(stderr=True)
    found = {(row.group, row.what): row for row in (load(store) if store is not None and store.exists() else ())}
    chosen = groups or (("whole",) if base else GROUPS)
    clock = Clock()
    for measured_row in measured(chosen, dialects or DIALECTS, quick=quick, many=many, rounds=rounds, base=base):
        row = replace(measured_row, day=f"{date.today():%-d %B %Y}", load=os.getloadavg()[0])
        console.print(clock.add(row.group), *row.cells()[:4], row.against, sep="  ", highlight=False)
        found[row.group, row.what] = row
        if store is not None:
            save(store, found.values())
    console.print(clock)
    rows = sorted(found.values(), key=_order)
    Console(width=200).print(as_table(rows))
    if path is not None:
        path.write_text(page(rows), encoding="utf-8")


class Clock:
    """How long each group takes, on the wall and of the processor (processes that have ended included)."""

    def __init__(self) -> None:
        self._last = self._now()
        self._spent: dict[str, tuple[float, float]] = {}

    @staticmethod
    def _now() -> tuple[float, float]:
        usages = [getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
        return time.perf_counter(), sum(usage.ru_utime + usage.ru_stime for usage in usages)

    def add(self, group: str) -> str:
        """What passed since the last call was for this group: returns it, and when that is of the whole run."""
        now = self._now()
        wall, cpu = self._spent.get(group, (0.0, 0.0))
        self._spent[group] = wall + now[0] - self._last[0], cpu + now[1] - self._last[1]
        self._last = now
        whole = sum(wall for wall, _ in self._spent.values())
        return f"{whole:4.0f} s"

    def __str__(self) -> str:
        parts = [f"{group}: {wall:.0f} s, {cpu:.0f} s of processor time" for group, (wall, cpu) in self._spent.items()]
        walls, processors = zip(*self._spent.values(), strict=True) if self._spent else ((), ())
        return "\n".join([*parts, f"all of it: {sum(walls):.0f} s, {sum(processors):.0f} s of processor time"])


def _order(row: Row) -> tuple[int, int]:
    """By group, then by server; within those as they were measured."""
    server = row.what.partition(",")[0]
    return GROUPS.index(row.group), DIALECTS.index(server) if server in DIALECTS else len(DIALECTS)


def measured(
    groups: tuple[str, ...],
    dialects: tuple[str, ...],
    *,
    quick: bool,
    many: int | None = None,
    rounds: int | None = None,
    base: str | None = None,
) -> Iterator[Row]:
    """Every row that was asked for; what this machine does not have is a row that says so."""
    sizes = QUICK_SIZES if quick else SIZES
    rounds = rounds or (1 if quick else ROUNDS)
    if "whole" in groups or "base" in groups:
        yield from whole.rows(whole.projects(quick=quick, beside=base is not None), rounds, base)
    if base is not None:  # all that is measured beside it
        groups = tuple(group for group in groups if group not in ("whole", "base"))
    if "models" in groups:
        yield ddl.row(sizes[-1], rounds)
    if "peers" in groups:
        yield from peers.unmeasured()
    rest: dict[str, Callable[[], Iterator[Row]]] = {
        "fixtures": others.fixtures,
        "hook": others.hook,
        "apply": others.apply,
    }
    for group, measure in rest.items():
        if group in groups and not quick:
            yield from measure()
    for dialect in dialects:
        try:
            with server_for(dialect) as server:
                for row in _of_server(groups, dialect, server, sizes, rounds):
                    if row.group in groups:
                        yield row
                if "export" in groups and server is not None and dialect == "postgres":
                    yield export.tenants(server, rounds, 3 if quick else export.TENANTS)
                if "tenants" in groups:
                    yield from tenants.rows(dialect, server, many or (10 if quick else tenants.TENANTS[dialect]))
        except ServerUnavailable as error:
            yield Row("export", dialect, None, note=error.what)


def _of_server(
    groups: tuple[str, ...], dialect: str, server: Server | None, sizes: Sequence[int], rounds: int
) -> Iterator[Row]:
    """What one server's databases are measured with: each is made once, for all groups that look at it."""
    quick = len(sizes) == 1
    of_size: dict[str, tuple[Sequence[int], Callable[[Bench], Iterator[Row]]]] = {
        "export": (sizes, lambda made: export.rows(made, rounds)),
        "guard": (sizes if quick else (GUARDED,), lambda made: guard.rows(made, rounds)),
        "naive": (sizes if quick else (NAIVE,) if dialect == DIALECTS[0] else (), others.naive),
        "peers": (sizes if quick else PEERS, lambda made: peers.rows(made, rounds, server)),
        # Last: it lets tables drift.
        "check": (sizes, lambda made: check.rows(made, rounds, known)),
        "whole": (
            sizes if dialect == "sqlite" and "check" not in groups else (),
            lambda made: check.rows(made, rounds, {}),
        ),
    }
    known: dict[int, Sample] = {}
    for size in sizes:
        asked = [rows for group, (measured_at, rows) in of_size.items() if group in groups and size in measured_at]
        if asked:
            with bench(dialect, size, server) as made:
                for rows in asked:
                    yield from rows(made)
    yield from check.growth(dialect, known)


WHY = {
    "guard": "reading the values of the models is most of it, importing our own modules the rest",
    "peers": "starting Python and importing the models are most of ours; a tool without models has neither",
    "hook": "starting the interpreter twice, and our own modules",
}
"""Why a target of a group is missed, where a row does not say it itself."""


def page(rows: list[Row]) -> str:
    """``docs/benchmarks.md``."""
    rows = [replace(row, note=row.note or WHY.get(row.group, "")) if row.met is False else row for row in rows]
    missed = [row for row in rows if row.met is False]
    words = f"{sum(row.met is True for row in rows)} targets met, {len(missed)} missed" if rows else ""
    return f"""# Benchmarks

Written by `make bench`, which everybody can repeat: {words}. Ratios are measured side by side in one run, in turns, and
each figure is the median of {ROUNDS}, of fewer where one takes more than a few seconds. The machine has
{os.cpu_count()} cores; each group says the load that it was measured at (the bench alone is about 1): where that is
more than the cores, others used them too, and ratios and processor time say more than seconds do. A target that was
missed stays in the table.

Models are generated: about twelve mixed columns each, one or two foreign keys, two indexes, a unique set, comments,
some many-to-many fields, several apps (`tests/benchmarks/shapes.py`). Python {platform.python_version()}.

{as_markdown(rows, PROSE)}"""


if __name__ == "__main__":
    sys.exit(main())
