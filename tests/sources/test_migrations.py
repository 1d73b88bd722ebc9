"""Migrations as a source: found where their tools look, run by them, their defects shown for what they are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_schemadrift.changes import simple_changes
from pytest_schemadrift.commands import CheckOptions, check_project, open_project
from pytest_schemadrift.plan import Drift
from pytest_schemadrift.report.words import origin_of, unreadable_text
from tests.conftest import POSTGRES_VERSION
from tests.harness import run

EXAMPLES = Path(__file__).parents[1] / "examples"
DIALECTS = ("sqlite", "postgres", "mysql", "mariadb")
MARKED = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in DIALECTS]


@pytest.fixture(autouse=True)
def _forgotten_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Several examples have modules of one name."""
    before = set(sys.modules)
    path = list(sys.path)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("app", "defects"):
            del sys.modules[name]


DEFECTS: dict[str, dict[str, list[str]]] = {
    # what the migrations make otherwise than the models want: code, table, and the field that says so
    "constrained": {  # Meta.constraints are never made
        "*": ["SD311 places (class)"],
        "mysql mariadb": ["SD301 places (class)"],
    },
    "loose": {  # db_constraint=False is ignored, and so is a many-to-many field's on_delete
        "sqlite postgres": ["SD412 books author"] + 2 * ["SD412 readers readers"] + 2 * ["SD411 readers readers"],
        "mysql mariadb": [
            "SD412 books author", "SD302 books author", *2 * ["SD412 readers readers"], *2 * ["SD411 readers readers"],
        ],
    },
    "added": {  # an added field has no index, no comment (PostgreSQL), no key (MySQL); on_delete cannot be changed
        "sqlite": ["SD301 things code"],
        "postgres": ["SD412 things owner", "SD301 things code", "SD411 things owner", "SD210 things code"],
        "mysql mariadb": [
            "SD412 things owner", "SD301 things keeper", "SD301 things code",
            "SD411 things keeper", "SD411 things owner",
        ],
    },
    "nested": {"sqlite": ["SD203 profiles_persons friends"]},  # a key to a one-to-one key has the type None
    "indexed": {"sqlite": ["SD302 entries (class)", "SD301 entries title"]},  # an index on the field's name
}  # fmt: skip
FAILURES = {
    "nested": "migration nested.0001_initial fails: ",
    "twice": "migration twice.0001_initial fails: ",
    "indexed": "migration indexed.0001_initial fails: ",
}
TABLES = {"nested": "profiles", "twice": "TagOrg", "indexed": "entries"}


def operation_at(place: str) -> str:
    """The first two lines of the operation in a migration that a failure names."""
    path, _, line = place.rpartition(":")
    return "".join(Path(path).read_text().splitlines()[int(line) - 1 :][:2])


def places_of(drift: Drift) -> list[str]:
    found = []
    for step in drift.steps:
        for change in simple_changes(step.change):
            origin = origin_of(drift, change)
            assert origin is not None
            assert "defects/" in origin.path and origin.line > 1
            found.append(f"{change.code} {change.table} {origin.field or '(class)'}")  # type: ignore[union-attr]
    return found


@pytest.mark.parametrize("dialect", MARKED)
def test_defects_of_tortoise_are_drift_at_the_models_line(
    dialect: str, running_server: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    running_server(dialect)  # type: ignore[operator]  # skips where there is none
    monkeypatch.setenv("DEFECTS_ON", dialect.replace("mariadb", "mysql"))
    project = open_project(EXAMPLES / "tool_defects")
    version = {"postgres": POSTGRES_VERSION, "mariadb": "1"}.get(dialect, "")
    sections = {
        name: replace(project.settings.database(name), version=version) for name in project.tortoise.connections
    }
    project = replace(project, settings=replace(project.settings, databases=sections))
    for drift in run(check_project(project, CheckOptions(prove=False))):
        name = drift.connection
        assert (drift.dialect, drift.source) == (dialect, "migrations")
        assert not drift.in_sync
        failures = [unreadable_text(item) for item in drift.unreadable]
        expected = next((DEFECTS[name][key] for key in DEFECTS.get(name, {}) if dialect in key), None)
        if expected is None and name in FAILURES:
            assert len(failures) == 1
            assert failures[0].startswith(FAILURES[name]), failures
            assert str(drift.unreadable[0].table) == TABLES[name]
            assert "ops.CreateModel(" in operation_at(failures[0].rpartition("(")[2].rstrip(")"))
        else:
            assert not failures
            assert sorted(places_of(drift)) == sorted(expected or DEFECTS[name]["*"]), name
