"""The table of results: a row for each thing that was measured, with its target and whether it was met."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table

from tests.benchmarks.timing import Sample


@dataclass(frozen=True, slots=True)
class Row:
    """``value`` is compared with ``target`` (both in ``unit``, at most unless ``at_least``); ``note`` says why not."""

    group: str
    what: str
    value: float | None
    unit: str = "s"
    target: float | None = None
    at_least: bool = False
    sample: Sample | None = None
    against: str = ""
    note: str = ""
    day: str = ""
    """When it was measured."""
    load: float | None = None
    """The machine's load average of that minute; a run of this bench is about 1 of it."""

    @property
    def met(self) -> bool | None:
        """Whether the target was met; ``None`` without a target or a figure."""
        if self.target is None or self.value is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target

    def cells(self) -> tuple[str, ...]:
        """What the table shows."""
        sample = self.sample
        return (
            self.what,
            _figure(self.value, self.unit),
            "" if self.target is None else f"{'≥' if self.at_least else '≤'} {_figure(self.target, self.unit)}",
            {True: "yes", False: "**no**", None: ""}[self.met],
            self.against,
            f"{sample.wall:.2f} s, {sample.cpu:.2f} s" + (f", {sample.peak:.0f} MB" if sample.peak else "")
            if sample
            else "",
            self.note,
        )


HEAD = ("what", "figure", "target", "met", "against", "wall, processor, peak memory", "note")


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "x":
        return f"{value:.2f} ×"
    if unit == "s":
        return f"{value * 1000:.0f} ms" if abs(value) < 0.1 else f"{value:.2f} s"
    return f"{value:.0f} {unit}".strip()


def as_table(rows: Iterable[Row]) -> Table:
    """For a terminal."""
    table = Table(*HEAD)
    for row in rows:
        table.add_row(*row.cells())
    return table


def as_markdown(rows: Sequence[Row], prose: Mapping[str, str]) -> str:
    """For the documentation: a section for each group, with its ``prose``."""
    lines: list[str] = []
    for group in dict.fromkeys(row.group for row in rows):
        here = [row for row in rows if row.group == group]
        lines += [
            f"## {group}",
            "",
            *_words(prose.get(group, "")),
            *_when(here),
            f"| {' | '.join(HEAD)} |",
            f"|{' --- |' * len(HEAD)}",
        ]
        lines += [f"| {' | '.join(row.cells())} |" for row in here]
        lines.append("")
    return "\n".join(lines)


def _words(prose: str) -> list[str]:
    return [prose.strip("\n"), ""] if prose else []


def _when(rows: Sequence[Row]) -> list[str]:
    """The sentence on when rows were measured, and what else the machine did."""
    loads = sorted(row.load for row in rows if row.load is not None)
    days = sorted({row.day for row in rows if row.day})
    if not loads or not days:
        return []
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return [f"Measured {when}, at a load of {loads[0]:.1f} to {loads[-1]:.1f}.", ""]


def save(path: Path, rows: Iterable[Row]) -> None:
    """Keep rows for a later run."""
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")


def load(path: Path) -> list[Row]:
    """The rows that an earlier run has kept."""
    kept = json.loads(path.read_text("utf-8"))
    return [Row(**{**row, "sample": Sample(**row["sample"]) if row["sample"] else None}) for row in kept]
