"""``make compat``: every row of the table on every database, and the page of the documentation that it fills.

``python -m tests.compat [NAME]…`` runs the rows whose names contain one of these texts, and keeps what is known of the
others. ``SCHEMADRIFT_COMPAT_DIALECTS`` names databases to run on, and ``SCHEMADRIFT_COMPAT_TESTS`` tests as ``pytest
-k`` takes them; what the same revision has already shown of the rest is kept, and nothing of another one. One
environment after the other, because each is busy enough.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers import start_server
from tests.compat.rows import DIALECTS, ROOT, ROWS, NoEnvironment, Row, environment, exercise

FOLDER = ROOT / "build" / "compat"
KNOWN = FOLDER / "outcomes.json"
PAGE = ROOT / "docs" / "compatibility.md"
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


def main(wanted: list[str]) -> int:
    """Run the rows and write the page; 1 where something failed, 2 for a name that no row has."""
    if unknown := [text for text in wanted if not any(text in row.name for row in ROWS)]:
        print(f"no row is called {unknown[0]!r}: {', '.join(row.name for row in ROWS)}", file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    asked = os.environ.get("SCHEMADRIFT_COMPAT_DIALECTS", " ".join(DIALECTS)).split()
    there = tuple(dialect for dialect in asked if _is_there(dialect))
    failed, revision = False, _revision()
    for row in ROWS:
        if wanted and not any(text in row.name for text in wanted):
            continue
        outcomes = _run(row, there)
        _remember(row, revision, outcomes)
        bad = {name: reason for name, reason in outcomes.items() if reason not in ("passed", "skipped")}
        failed = failed or bool(bad)
        print(f"{row.name}: {len(outcomes) - len(bad)} passed or left out, {len(bad)} failed")
        for name, reason in bad.items():
            print(f"  {name}: {reason.strip()[:1500]}")
    _write_page(_known())
    return int(failed)


def _known() -> dict[str, dict[str, Any]]:
    """Row -> the revision and day of its last run, and what it has shown; read anew, as another run may be going on."""
    found: dict[str, dict[str, Any]] = json.loads(KNOWN.read_text()) if KNOWN.is_file() else {}
    return found


def _remember(row: Row, revision: str, outcomes: dict[str, str]) -> None:
    known, today = _known(), datetime.now(UTC).date().isoformat()
    before = known.get(row.name, {})
    same = before.get("revision") == revision and not {"environment", "start"} & before["outcomes"].keys()
    kept = before["outcomes"] if same else {}
    known[row.name] = {"revision": revision, "date": today, "outcomes": {**kept, **outcomes}}
    KNOWN.write_text(json.dumps(known, indent=1))


def _revision() -> str:
    """The commit that is tried, and whether anything but the documentation differs from it."""
    commit, changed = (
        subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
        for arguments in (
            ["rev-parse", "--short=9", "HEAD"],
            ["status", "--porcelain", "--", "pytest_schemadrift", "tests", "pyproject.toml"],
        )
    )
    return f"{commit} with changes" if changed else commit


def _is_there(dialect: str) -> bool:
    try:
        start_server(dialect).stop()
    except ServerUnavailable as error:
        print(f"without {dialect}: {error.what}")
        return False
    return True


def _run(row: Row, dialects: tuple[str, ...]) -> dict[str, str]:
    work = Path(tempfile.mkdtemp(prefix="schemadrift-compat-"))
    try:
        return exercise(environment(row, FOLDER), dialects, work, os.environ.get("SCHEMADRIFT_COMPAT_TESTS", ""))
    except NoEnvironment as error:
        return {"environment": f"not installed: {error}"}
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_page(known: dict[str, dict[str, Any]]) -> None:
    lines = [
        f"| Tortoise | Aerich | Python | {' | '.join(COLUMNS.values())} | revision | run on |",
        "| --- " * (len(COLUMNS) + 5) + "|",
    ]
    for row in ROWS:
        entry = known.get(row.name)
        if entry is None:
            continue
        outcomes = entry["outcomes"]
        name = row.tortoise + (" with the lowest versions of everything else" if row.lowest else "")
        python = row.python or f"{sys.version_info.major}.{sys.version_info.minor}"
        if "environment" in outcomes:
            cells = ["could not be installed", *[""] * (len(COLUMNS) - 1)]
        else:
            cells = [_cell(test, outcomes) for test in COLUMNS]
        cells = [name, row.aerich or "–", python, *cells, entry["revision"], entry["date"]]
        lines.append(f"| {' | '.join(cells)} |")
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END, 1)[1]
    PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}")


def _cell(test: str, outcomes: dict[str, str]) -> str:
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


sys.exit(main(sys.argv[1:]))
