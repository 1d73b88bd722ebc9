"""``make releases``: the tests that ask a server, on each release of each database, and the page that they fill.

``python -m tests.releases [NAME]…`` runs the rows whose names contain one of these texts, and keeps what the page
says of the others; ``SCHEMADRIFT_RELEASES_PARTS`` names columns (``laws,mutations``).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers import start_server
from pytest_schemadrift.servers.find import version_number
from tests.releases.environment import ROOT, NotThere, environment
from tests.releases.page import NAMES, PARTS, ROWS, Row, cell, written

KNOWN = ROOT / "build" / "releases.json"
PAGE = ROOT / "docs" / "servers.md"
EMBEDDED = "16"
LACKS = "no such module: fts5"
"""What the library inside apsw is built without: such tests are left out."""


def main(wanted: list[str]) -> int:
    """Run the rows and write the page; 1 where something failed."""
    KNOWN.parent.mkdir(exist_ok=True)
    parts = os.environ.get("SCHEMADRIFT_RELEASES_PARTS", "").split(",")
    chosen = {name: paths for name, paths in PARTS.items() if not parts[0] or name in parts}
    failed = False
    for row in ROWS:
        if wanted and not any(text.lower() in row.name.lower() for text in wanted):
            continue
        for part, paths in chosen.items():
            outcome = _run(row, paths)
            _remember(row, part, outcome)
            failed = failed or bool(outcome["failures"])
            print(f"{row.name} ({outcome['version']}), {part}: {cell(outcome)}", flush=True)
            for name, reason in outcome["failures"].items():
                print(f"  {name}: {reason.strip()[:1500]}", flush=True)
            PAGE.write_text(written(PAGE.read_text(), _known()))
    return int(failed)


def _run(row: Row, paths: tuple[str, ...]) -> dict[str, Any]:
    """One part on one release: its version, how many passed, were left out, failed, and why."""
    try:
        variables = environment(
            row.release if row.kind == "postgres" else EMBEDDED,
            row.release if row.kind == "sqlite" and "wheel" in row.source else "",
        )
        version = _version(row, variables)
    except (NotThere, ServerUnavailable) as error:
        return {"version": "", "failures": {"environment": str(error)}}
    folder = "mysql" if row.kind == "mariadb" else row.kind
    others = " or ".join(kind for kind in NAMES if kind != row.kind)
    with tempfile.TemporaryDirectory(prefix="schemadrift-") as work:
        report = Path(work) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "1"]
        command += ["-m", f"not ({others})" if "/dialects/" in paths[0] else row.kind, f"--junitxml={report}"]
        start = time.monotonic()
        done = subprocess.run(
            [*command, *(path.format(folder) for path in paths)],
            cwd=ROOT,
            env={
                **os.environ,
                **variables,
                "SCHEMADRIFT_TEST_CORPORA": os.devnull,
                "SCHEMADRIFT_TEST_EVERY_SERVER": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.is_file():
            return {"version": version, "failures": {"start": (done.stdout + done.stderr)[-2000:]}}
        return {"version": version, "seconds": round(time.monotonic() - start), **_read(report)}


def _version(row: Row, variables: dict[str, str]) -> str:
    """What the release that is tested says of itself."""
    if row.kind == "sqlite":
        command = [sys.executable, "-c", "import sqlite3; print(sqlite3.sqlite_version)"]
        asked = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=True)
        return asked.stdout.strip()
    with start_server(row.kind, version=row.release) as handle:
        return version_number(handle.server.version)


def _read(report: Path) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    failures = {}
    for case in ElementTree.parse(report).iter("testcase"):
        said = {child.tag: child for child in case}
        bad = said.get("failure", said.get("error"))
        if bad is not None and LACKS in f"{bad.attrib.get('message')}{bad.text}":
            counts["skipped"] += 1
            continue
        if bad is not None:
            failures[f"{case.attrib['classname']}.{case.attrib['name']}"] = f"{bad.attrib.get('message')}\n{bad.text}"
        counts["failed" if bad is not None else "skipped" if "skipped" in said else "passed"] += 1
    return {**counts, "failures": failures}


def _known() -> dict[str, dict[str, Any]]:
    """Row -> part -> its last outcome, with the day; read anew, because another run may be going on."""
    found: dict[str, dict[str, Any]] = json.loads(KNOWN.read_text()) if KNOWN.is_file() else {}
    return found


def _remember(row: Row, part: str, outcome: dict[str, Any]) -> None:
    known = _known()
    known.setdefault(row.name, {})[part] = {**outcome, "date": datetime.now(UTC).date().isoformat()}
    KNOWN.write_text(json.dumps(known, indent=1))


sys.exit(main(sys.argv[1:]))
