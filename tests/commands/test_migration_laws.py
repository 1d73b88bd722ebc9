"""A migration that was written converges from empty and from the head, and its way back leads to the head."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.model import Schema
from tests.commands.random_models import two_generations
from tests.commands.test_make_migration import called, made
from tests.commands.test_pending import Deployed
from tests.harness import ONE_OF, of_the_day

pytestmark = pytest.mark.processes

SETTINGS = """
import os

TORTOISE_ORM = {{
    "connections": {{"default": os.environ["DATABASE_URL"]}},
    "apps": {{"store": {app}}},
}}
"""
APPS = {
    "aerich": '{"models": ["store.models", "aerich.models"]}',
    "tortoise": '{"models": ["store.models"], "migrations": "store.migrations"}',
}
PYPROJECT = """
[tool.{tool}]
tortoise_orm = "store.settings.TORTOISE_ORM"
{more}
[tool.schemadrift.databases.default]
version = "{version}"
"""
FIRST = {"aerich": (("aerich", "init-db"),), "tortoise": (("tortoise", "makemigrations"), ("tortoise", "migrate"))}
FORTH = {"aerich": ("aerich", "upgrade"), "tortoise": ("tortoise", "migrate")}
BACK = {"aerich": ("aerich", "downgrade", "--yes"), "tortoise": ("tortoise", "downgrade", "store", "0001_initial")}
NEXT = {"aerich": ("aerich", "migrate"), "tortoise": ("tortoise", "makemigrations")}


def tried() -> Iterator[object]:
    """One pair of models for two of four tools and servers in every run, more with ``make test ALL=1``."""
    more = 6 if ONE_OF == 1 else 1
    every = [("aerich", "sqlite", 2), ("aerich", "mariadb", 4), ("tortoise", "postgres", 9), ("aerich", "postgres", 3)]
    for tool, dialect, first in of_the_day(every, 2):
        for seed in range(first, first + more):
            yield pytest.param(tool, dialect, seed, marks=getattr(pytest.mark, dialect))


def assert_same(project: Deployed, schema: Schema) -> None:
    """Under the same names; a column that comes back is the last one on PostgreSQL."""
    found = project.structure()
    wanted, _ = normalize(found, schema, Policy(whole=True, names="strict"))
    assert diff(found, wanted) == ()


@pytest.mark.parametrize(("tool", "dialect", "seed"), list(tried()))
def test_random_models_get_a_migration_that_leads_there_and_back(
    tool: str, dialect: str, seed: int, tmp_path: Path, fresh_database: Callable[[str], str]
) -> None:
    before, after = two_generations(Random(seed), "store")
    store = tmp_path / "store"
    store.mkdir()
    (store / "__init__.py").touch()
    (store / "settings.py").write_text(SETTINGS.format(app=APPS[tool]))
    (store / "models.py").write_text(before)
    more = 'location = "./migrations"\nsrc_folder = "./."\n' if tool == "aerich" else ""
    version = "1" if dialect == "mariadb" else ""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.format(tool=tool, more=more, version=version))
    if tool == "tortoise":
        (store / "migrations").mkdir()
        (store / "migrations" / "__init__.py").touch()
    project = Deployed(tmp_path, fresh_database(dialect))
    for command in FIRST[tool]:
        called(project, *command)
    head = project.structure()

    (store / "models.py").write_text(after)
    assert "proven: the whole chain was run from empty" in made(project, "--no-safe", "--no-renames")
    called(project, *FORTH[tool])
    there = project.structure()
    assert project.drift("check", "--source", "live").returncode == 0, "it converges from the head"
    assert "No changes detected" in called(project, *NEXT[tool])
    called(project, *BACK[tool])
    assert_same(project, head)
    called(project, *FORTH[tool])
    assert_same(project, there)
    empty = Deployed(tmp_path, fresh_database(dialect))
    called(empty, *FORTH[tool])
    assert empty.drift("check", "--source", "all").returncode == 0, "it converges from empty"
