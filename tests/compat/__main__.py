"""``make compat``: every row of the table on every database, and the page of the documentation that it fills.

``python -m tests.compat [NAME]…`` runs the rows whose names contain one of these texts. The others stay on the page as
they are, with the revision and the day of their last run, also where this tree has never run them.
``SCHEMADRIFT_COMPAT_DIALECTS`` names databases to run on, and ``SCHEMADRIFT_COMPAT_TESTS`` tests as ``pytest -k`` takes
them; what the same revision has already shown of the rest is kept, and nothing of another one. One environment after
the other, because each is busy enough.
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
from tests.compat.page import with_rows
from tests.compat.rows import DIALECTS, ROOT, ROWS, NoEnvironment, Row, environment, exercise

FOLDER = ROOT / "build" / "compat"
KNOWN = FOLDER / "outcomes.json"
PAGE = ROOT / "docs" / "compatibility.md"


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
    PAGE.write_text(with_rows(PAGE.read_text(), _known()))
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


sys.exit(main(sys.argv[1:]))
