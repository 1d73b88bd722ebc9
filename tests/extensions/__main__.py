"""``make extensions``: the stories of extensions on a PostgreSQL that has them, and the page that they fill."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from pytest_schemadrift.servers import start_server
from tests.compat.rows import ROOT
from tests.extensions.provision import VERSION, programs

CASES = ROOT / "tests" / "extensions" / "cases"
PAGE = ROOT / "docs" / "extensions.md"
BEGIN, END = "<!-- begin: written by make extensions -->", "<!-- end -->"
MANAGED = {
    "timescaledb": "chunks are left alone, and go along",
    "pg_partman": "partitions are left alone, and go along",
}


def main() -> int:
    """Run the stories and write the page; 1 where something failed."""
    os.environ |= {"SCHEMADRIFT_POSTGRES_BIN": str(programs()), "SCHEMADRIFT_TEST_POSTGRES": VERSION}
    outcomes = _outcomes()
    handle = start_server("postgres", version=VERSION)
    try:
        server = handle.server.version.split()[0]
        offered = "SELECT name::text, default_version::text FROM pg_available_extensions"
        versions = dict(handle.server.fetch(offered))
    finally:
        handle.stop()
    today = datetime.now(UTC).date().isoformat()
    lines = ["| extension | version | what changes | result |", "| --- | --- | --- | --- |"]
    for name, (story, result) in sorted(outcomes.items()):
        lines.append(f"| {name} | {versions.get(name, '')} | {story} | {result} |")
    lines.append(f"\nRun on PostgreSQL {server}, {today}.")
    before, rest = PAGE.read_text().split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{rest.split(END, 1)[1]}")
    print("\n".join(lines))
    return int(any(result != "passed" for _, result in outcomes.values()))


def _outcomes() -> dict[str, tuple[str, str]]:
    """Extension -> what its story is, and ``passed`` or ``**no**``."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        tests = ["tests/test_cases.py", "tests/extensions/test_managed.py", "-k", "test_case[ or test_what"]
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "1", *tests, f"--junitxml={report}"],
            cwd=ROOT,
            env={**os.environ, "SCHEMADRIFT_CASES": str(CASES)},
            check=False,
        )
        found = {}
        for case in ElementTree.parse(report).iter("testcase"):
            name = case.attrib["name"].partition("[")[2].rstrip("]").removesuffix("-postgres")
            extension, _, story = name.partition("/")
            bad = any(child.tag in ("failure", "error", "skipped") for child in case)
            found[extension] = (MANAGED.get(extension) or _why(CASES / name), "**no**" if bad else "passed")
            assert story or extension in MANAGED
        return found


def _why(folder: Path) -> str:
    first = (folder / "old.sql").read_text().splitlines()[0]
    return first.removeprefix("-- ").partition(": ")[2].rstrip(".")


sys.exit(main())
