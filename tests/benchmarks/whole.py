"""Whole processes by their processor time: a check beside the plain import of its models, and beside another build.

Starting the interpreter, importing Tortoise and the models, and everything of ours is in it: what a user waits for.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from tests.benchmarks.check import IMPORTS, MANY, WHOLE
from tests.benchmarks.databases import schemadrift
from tests.benchmarks.models import write_project
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import ROOT, Command, Sample, in_turns

OURS = (sys.executable, "-m", "pytest_schemadrift")
CHECK = (*OURS, "check", "-q", "--source", "live")


@dataclass(frozen=True, slots=True)
class Project:
    """A generated project on SQLite, and how many times the plain import a check of it may cost."""

    models: int
    target: float
    in_one_module: bool = False
    is_drifted_too: bool = False
    """Whether a check is also measured while three of ten tables have drifted."""

    def __str__(self) -> str:
        return f"{self.models:,} models" + (" in one module" if self.in_one_module else "")


PROJECTS = (
    Project(50, WHOLE[50]),
    Project(200, WHOLE[200]),
    Project(1000, WHOLE[1000], is_drifted_too=True),
    Project(300, 0.12, in_one_module=True),
)
QUICK = (Project(10, 1.2, is_drifted_too=True), Project(10, 1.2, in_one_module=True))


def projects(*, quick: bool, beside: bool) -> Sequence[Project]:
    """What ``rows`` measures: all of it ``beside`` another build; else ``check.rows`` has those of many modules."""
    chosen = QUICK if quick else PROJECTS
    return chosen if beside else [project for project in chosen if project.in_one_module]


BEGUN = 1000
"""The models of the project whose database is empty at first."""
MEMORY = 30.0
"""MB that a check may need on top of the plain import."""


def rows(projects: Sequence[Project], rounds: int, base: str | None) -> Iterator[Row]:
    """A row for each project; with ``base``, a revision of this repository, also what it costs beside that."""
    with _build(base) as other:
        for project in projects:
            yield from _in_sync(project, rounds, other)
        if other is not None:
            yield from _from_nothing(BEGUN if projects == PROJECTS else 10, rounds, other)


def _in_sync(project: Project, rounds: int, other: Path | None) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, project.models, f"sqlite://{name}/bench.db", in_one_module=project.in_one_module)
        schemadrift(folder, "migrate", "-q")
        commands = {"imports": Command((sys.executable, "-c", IMPORTS), folder)}
        commands |= {build: Command(CHECK, folder, more, keeps=True) for build, more in _builds(folder, other).items()}
        found = in_turns(commands, rounds)
        if project.is_drifted_too:
            yield _drifted(project, folder, found["now"], rounds)
    imports, now = found["imports"], found["now"]
    against = f"imports and init: {imports.cpu:.2f} s, {imports.peak:.0f} MB"
    if project.is_drifted_too:
        more = now.peak - imports.peak
        yield Row("whole", f"{project}, in sync, memory on top", more, "MB", MEMORY, sample=now, against=against)
    yield Row("whole", f"{project}, in sync", now.cpu / imports.cpu, "x", project.target, sample=now, against=against)
    if "base" in found:
        yield _beside(f"{project}, in sync", found)


def _drifted(project: Project, folder: Path, in_sync: Sample, rounds: int) -> Row:
    """A check of which three of ten tables have an extra column, verdict and proof made again each time."""
    number = project.models * 3 // 10
    with closing(sqlite3.connect(folder / "bench.db")) as database:
        for model in range(number):
            database.execute(f"ALTER TABLE bench_model_{model} ADD COLUMN by_hand INTEGER")
    cache = folder / "cache-now"

    def forget() -> None:
        shutil.rmtree(cache / "verdicts", ignore_errors=True)

    check = Command(CHECK, folder, {"SCHEMADRIFT_CACHE_DIR": str(cache)}, ok=(1,), before=forget)
    found = in_turns({"drifted": check}, rounds)["drifted"]
    what = f"{number:,} of {project.models:,} tables drifted, with proof"
    return Row("whole", what, found.cpu / in_sync.cpu, "x", MANY, sample=found, against=f"in sync: {in_sync.cpu:.2f} s")


def _from_nothing(models: int, rounds: int, other: Path) -> Iterator[Row]:
    """The first check of an empty database, and ``apply``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, models, f"sqlite://{name}/bench.db")

        def empty() -> None:
            for path in folder.glob("bench.db*"):
                path.unlink()
            (folder / "bench.db").touch()
            for build in ("now", "base"):
                shutil.rmtree(folder / f"cache-{build}", ignore_errors=True)

        for what, command, code in (("first check", CHECK, 1), ("apply", (*OURS, "apply", "-y"), 0)):
            commands = {
                build: Command(command, folder, more, ok=(code,), before=empty)
                for build, more in _builds(folder, other).items()
            }
            yield _beside(f"{models:,} models, {what} of an empty database", in_turns(commands, rounds))


def _builds(folder: Path, other: Path | None) -> dict[str, dict[str, str]]:
    """The environment of each build."""
    builds = {"now": ROOT, **({"base": other} if other is not None else {})}
    return {
        name: {"PYTHONPATH": str(path), "SCHEMADRIFT_CACHE_DIR": str(folder / f"cache-{name}")}
        for name, path in builds.items()
    }


def _beside(what: str, found: dict[str, Sample]) -> Row:
    now, base = found["now"], found["base"]
    return Row("base", what, now.cpu / base.cpu, "x", sample=now, against=f"base: {base.cpu:.2f} s, {base.peak:.0f} MB")


@contextmanager
def _build(revision: str | None) -> Iterator[Path | None]:
    """The sources of a revision of this repository. Raises ``CalledProcessError`` where there is none of that name."""
    if revision is None:
        yield None
        return
    packed = subprocess.run(
        ["git", "archive", revision, "pytest_schemadrift"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    with tempfile.TemporaryDirectory() as name, tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(name, filter="data")
        yield Path(name)
