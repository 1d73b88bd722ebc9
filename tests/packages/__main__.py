"""``make packages``: packages around Tortoise, each in an environment of its own, and the page that it fills.

``python -m tests.packages [NAME]…`` runs the rows whose names contain one of these texts, and keeps what is known of
the others. PostgreSQL is the one of ``make extensions``, which has PostGIS and pgvector.
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

from tests.compat.rows import ROOT, NoEnvironment, environment
from tests.extensions.provision import programs
from tests.packages.rows import ROWS, Package

FOLDER = ROOT / "build" / "packages"
KNOWN = FOLDER / "outcomes.json"
PAGE = ROOT / "docs" / "packages.md"
INSIDE = Path(__file__).with_name("inside.py")
BEGIN, END = "<!-- begin: written by make packages -->", "<!-- end -->"
DIALECTS = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def main(wanted: list[str]) -> int:
    """Run the rows and write the page; 1 where something failed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    os.environ["SCHEMADRIFT_POSTGRES_BIN"] = str(programs())
    failed = False
    for row in ROWS:
        if wanted and not any(text in row.name for text in wanted):
            continue
        found = _run(row)
        known = _known()
        known[row.name] = found
        KNOWN.write_text(json.dumps(known, indent=1))
        bad = {where: said for where, said in found["outcomes"].items() if said not in ("passed", "skipped")}
        failed = failed or bool(bad)
        print(f"{row.name}: {', '.join(f'{where} {said[:1500]}' for where, said in found['outcomes'].items())}")
    _write_page(_known())
    return int(failed)


def _known() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(KNOWN.read_text()) if KNOWN.is_file() else {}
    return found


def _run(row: Package) -> dict[str, Any]:
    """The day, the Tortoise that the package brought, and database -> ``passed``, ``skipped`` or the reason."""
    today = datetime.now(UTC).date().isoformat()
    try:
        python = environment(row, FOLDER)
    except NoEnvironment as error:
        return {"date": today, "tortoise": "", "outcomes": {"environment": f"not installed: {error}"}}
    code = "from importlib.metadata import version; print(version('tortoise-orm'))"
    tortoise = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()
    wanted = [row.only] if row.only else list(DIALECTS)
    return {"date": today, "tortoise": tortoise, "outcomes": {where: _exercise(row, python, where) for where in wanted}}


def _exercise(row: Package, python: Path, dialect: str) -> str:
    work = Path(tempfile.mkdtemp(prefix="schemadrift-packages-"))
    plan = {
        "modules": row.models,
        "label": row.label,
        "commands": row.commands,
        "drift": row.drift,
        "found": row.found,
        "extension": row.extension,
        "settings": row.settings,
    }
    try:
        if row.project.is_dir():
            shutil.copytree(row.project, work, dirs_exist_ok=True)
        elif row.project.is_file():
            shutil.copyfile(row.project, work / "models.py")
        done = subprocess.run(
            [python, "-W", "ignore", str(INSIDE), dialect, json.dumps(plan)],
            cwd=work, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        if done.returncode:
            return f"ended with {done.returncode}: {done.stderr[-1500:]}"
        said = done.stdout.strip().rpartition("\n")[2]  # a package may say things of its own before
        return said if said in ("passed", "skipped") else done.stdout
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_page(known: dict[str, dict[str, Any]]) -> None:
    """The table with what is known; rows that were run elsewhere stay as they are."""
    lines = ["| package | version | Tortoise | SQLite | PostgreSQL | run on |", "| --- | --- | --- | --- | --- | --- |"]
    before, rest = PAGE.read_text().split(BEGIN)
    table, after = rest.split(END, 1)
    for row in ROWS:
        title = (row.package or row.note) + (f" ({row.note})" if row.note and row.package else "")
        begin = f"| {title} | {row.version or '–'} | "
        entry = known.get(row.name)
        if entry is None:
            lines += [line for line in table.splitlines() if line.startswith(begin)]
            continue
        cells = [_cell(entry["outcomes"], dialect) for dialect in DIALECTS]
        lines.append(f"{begin}{entry['tortoise']} | {' | '.join(cells)} | {entry['date']} |")
    PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}")


def _cell(outcomes: dict[str, str], dialect: str) -> str:
    if "environment" in outcomes:
        return "could not be installed"
    said = outcomes.get(dialect, "skipped")
    return {"passed": "in sync; found, fixed", "skipped": "–"}.get(said, "**no**")


sys.exit(main(sys.argv[1:]))
