"""Snapshots: what is written for models is equal to them, and a seal holds exactly as long as nothing has changed."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_schemadrift.commands import CheckOptions, Project
from pytest_schemadrift.commands.offline import compare_offline
from pytest_schemadrift.commands.project import loaded_models
from pytest_schemadrift.commands.snapshot import check_snapshot, models_for, snapshot_path, write_snapshots
from pytest_schemadrift.config import DatabaseSettings, load_settings, parse_tortoise_config
from pytest_schemadrift.errors import ConfigurationError, DDLSyntaxError
from pytest_schemadrift.plan import Drift
from pytest_schemadrift.sources.snapshot import parse_snapshot, read_snapshot
from tests.harness import run

ZOO = Path(__file__).parents[1] / "examples" / "zoo"
URLS = {
    "postgres": "asyncpg://u@h/d",
    "mysql": "mysql://u:p@h/d",
    "mariadb": "mysql://u:p@h/d",
    "sqlite": "sqlite://:memory:",
}
NUMBERS = itertools.count()
HEAD = "from tortoise import fields\nfrom tortoise.models import Model\n\n\n"
SHOP = """class Customer(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(60)

    class Meta:
        table = "customers"


class Order(Model):
    id = fields.IntField(primary_key=True)
    customer = fields.ForeignKeyField("shop.Customer", related_name="orders")

    class Meta:
        table = "orders"
"""

Make = Callable[..., Project]


@pytest.fixture(autouse=True)
def clean_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """A project with one module of models; called again, the same project with other models."""
    names = []

    def made(text: str = SHOP, dialect: str = "postgres", **settings: Any) -> Project:
        name = f"snapshot_models_{next(NUMBERS)}"
        names.append(name)
        (tmp_path / f"{name}.py").write_text(HEAD + text)
        config = {"connections": {"default": URLS[dialect]}, "apps": {"shop": {"models": [name]}}}
        chosen = replace(load_settings(tmp_path), databases=versions(dialect), **settings)
        return Project(chosen, parse_tortoise_config(config, origin="test", project_dir=tmp_path))

    yield made
    for name in names:
        sys.modules.pop(name, None)


def versions(dialect: str) -> dict[str, DatabaseSettings]:
    return {"default": DatabaseSettings(version="mariadb-11")} if dialect == "mariadb" else {}


def write(project: Project) -> list[Path]:
    with loaded_models(project) as models:
        return run(write_snapshots(project, models, list(project.tortoise.connections)))


def check(project: Project, **options: Any) -> Drift:
    with loaded_models(project) as models:
        return run(check_snapshot(project, models, "default", CheckOptions(**options)))


def check_in_full(project: Project) -> Drift:
    """As ``check``, whether or not the seal holds."""
    path = snapshot_path(project, "default")
    with loaded_models(project) as models:
        dialect = "mariadb" if project.settings.databases else project.tortoise.connection("default").dialect
        source = models_for(models, "default", dialect)
        text = read_snapshot(path).body
        return compare_offline(project, source, dialect, CheckOptions(), text=text, path=path)


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Project]]:
    monkeypatch.syspath_prepend(str(ZOO))
    from zoo.settings import config  # type: ignore[import-not-found]

    def made(dialect: str) -> Project:
        settings = replace(load_settings(tmp_path), names="strict", column_order=True, databases=versions(dialect))
        value = config(dialect, URLS[dialect], constraints=True)
        return Project(settings, parse_tortoise_config(value, origin="zoo", project_dir=tmp_path))

    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == "zoo"]:
        del sys.modules[name]


@pytest.mark.parametrize("dialect", URLS)
def test_a_snapshot_of_the_zoo_is_equal_to_the_zoo(zoo: Callable[[str], Project], dialect: str) -> None:
    project = zoo(dialect)
    (path,) = write(project)
    drift = check_in_full(project)
    problems = [item.kind for item in drift.unreadable]
    assert drift.dialect == dialect
    assert [step.sql for step in drift.steps] == []
    assert len(drift.tables) > 35
    text = path.read_text()
    assert write(project) == []
    assert path.read_text() == text
    if not problems:
        assert parse_snapshot(text).seal
        assert check(project).in_sync
    else:
        assert not parse_snapshot(text).seal
        assert not check(project).in_sync
