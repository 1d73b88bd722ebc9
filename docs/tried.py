"""What the tests try to break, by kind: ``python docs/tried.py`` prints it as JSON.

The tests are collected, and none is run. A kind is the text of ``@pytest.mark.tried("…")``; a case is one test with one
set of parameters. It is a script of its own since a run of pytest leaves its imports behind.
"""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MARK = "mark.tried("
DATABASES = ("postgres", "mysql", "mariadb", "sqlite")


@dataclass(slots=True)
class Kind:
    """How many cases of a kind there are, how many of them must hold for a release, and on which databases."""

    cases: int = 0
    held: int = 0
    databases: list[str] = field(default_factory=list)


class Collector:
    """A plugin of pytest that counts the collected tests by kind."""

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count what was collected."""
        for item in session.items:
            for name in {str(mark.args[0]) for mark in item.iter_markers("tried")}:
                kind = self.kinds.setdefault(name, Kind())
                kind.cases += 1
                kind.held += item.get_closest_marker("xfail") is None
                on = {database for database in DATABASES if item.get_closest_marker(database)}
                kind.databases = [name for name in DATABASES if name in on or name in kind.databases]


def collected() -> dict[str, Kind]:
    """The kinds of all tests that bear the mark. Raises ``RuntimeError`` where they cannot be collected."""
    # To collect every test would take much longer than to look for the mark.
    marked = [path for path in sorted((ROOT / "tests").rglob("test_*.py")) if MARK in path.read_text("utf-8")]
    collector = Collector()
    arguments = ["--collect-only", "-qq", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
    with contextlib.redirect_stdout(sys.stderr):
        code = pytest.main([*arguments, *map(str, marked)], plugins=[collector])
    if code != pytest.ExitCode.OK:
        raise RuntimeError(f"the tests cannot be collected (pytest ends with {code}): run pytest --collect-only")
    return dict(sorted(collector.kinds.items()))


if __name__ == "__main__":
    json.dump({name: asdict(kind) for name, kind in collected().items()}, sys.stdout)
