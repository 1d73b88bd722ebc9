"""The table of docs/compatibility.md: what each row has shown, with the revision and the day of its last run."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from tests.compat.rows import DIALECTS, ROWS, Row

BEGIN, END = "<!-- begin: written by make compat -->", "<!-- end -->"
COLUMNS = {
    "test_zoo": "no false drift",
    "test_mutations": "found and fixed",
    "test_migrate": "migrate",
    "test_reverse": "reverse",
    "test_schemas": "`Meta.schema`",
    "test_plugin": "pytest",
    "test_native_migrations": "its migrations",
    "test_aerich": "Aerich's",
    "test_snapshot_and_the_commit_hook": "snapshot, hook",
}
SHORT = {"sqlite": "SQLite", "postgres": "PostgreSQL", "mariadb": "MariaDB", "mysql": "MySQL"}


def with_rows(text: str, known: Mapping[str, Mapping[str, Any]], rows: Iterable[Row] = ROWS) -> str:
    """The page with a line for each row: of what is ``known`` (name -> revision, date, outcomes), or the page's own.

    The page's own line stays where it is of a later day, too: another tree has run that row since.
    """
    before, rest = text.split(BEGIN)
    table, after = rest.split(END, 1)
    there = {_first_cells(line): line for line in table.strip().splitlines()[2:]}
    lines = [
        f"| Tortoise | Aerich | Python | {' | '.join(COLUMNS.values())} | revision | run on |",
        "| --- " * (len(COLUMNS) + 5) + "|",
    ]
    for row in rows:
        line = there.get(_first_cells(f"| {' | '.join(_head(row))} |"))
        entry = known.get(row.name)
        if entry and (line is None or entry["date"] >= _cells(line)[-1]):
            line = f"| {' | '.join([*_head(row), *_shown(entry['outcomes']), entry['revision'], entry['date']])} |"
        if line:
            lines.append(line)
    return f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("| ").split("|")]


def _first_cells(line: str) -> tuple[str, ...]:
    """What tells the lines of the table apart: Tortoise, Aerich, Python."""
    return tuple(_cells(line)[:3])


def _head(row: Row) -> list[str]:
    name = row.tortoise + (" with the lowest versions of everything else" if row.lowest else "")
    return [name, row.aerich or "–", row.python or f"{sys.version_info.major}.{sys.version_info.minor}"]


def _shown(outcomes: Mapping[str, str]) -> list[str]:
    if "environment" in outcomes:
        return ["could not be installed", *[""] * (len(COLUMNS) - 1)]
    return [_cell(test, outcomes) for test in COLUMNS]


def _cell(test: str, outcomes: Mapping[str, str]) -> str:
    """The databases that a test passed on; where it failed on one, that too."""
    found = {name.partition("[")[2].rstrip("]"): said for name, said in outcomes.items() if name.split("[")[0] == test}
    if not found or set(found.values()) == {"skipped"}:
        return "–"
    if set(found) == {""}:
        return "yes" if found[""] == "passed" else "**no**"
    found = {name: found[name] for name in DIALECTS if name in found}
    passed = [SHORT[name] for name, said in found.items() if said == "passed"]
    failed = [f"**not {SHORT[name]}**" for name, said in found.items() if said not in ("passed", "skipped")]
    return "all four" if len(passed) == len(SHORT) else ", ".join([*passed, *failed])
