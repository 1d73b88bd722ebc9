"""Aerich with several apps: its command is about one of them, and each is told with the option that names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.test_make_migration import called, edit, made
from tests.commands.test_pending import Deployed

SETTINGS = """
import os

TORTOISE_ORM = {
    "connections": {"default": os.environ["DATABASE_URL"]},
    "apps": {
        "people": {"models": ["people.models", "aerich.models"]},
        "shop": {"models": ["shop.models"]},
    },
}
"""
PYPROJECT = """
[tool.aerich]
tortoise_orm = "settings.TORTOISE_ORM"
location = "./migrations"
src_folder = "./."
"""
MODEL = """
from tortoise import fields
from tortoise.models import Model


class {name}(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50)
{more}
    class Meta:
        table = "{table}"
"""


@pytest.fixture
def apps(tmp_path: Path, fresh_database: Callable[[str], str]) -> Deployed:
    """Two apps with a first migration each, which the database has had."""
    folder = tmp_path / "project"
    for app, name, table, more in (
        ("people", "Person", "persons", ""),
        ("shop", "Order", "orders", '    person = fields.ForeignKeyField("people.Person", null=True)\n'),
    ):
        (folder / app).mkdir(parents=True)
        (folder / app / "__init__.py").touch()
        (folder / app / "models.py").write_text(MODEL.format(name=name, table=table, more=more))
    (folder / "settings.py").write_text(SETTINGS)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    project = Deployed(folder, fresh_database("sqlite"))
    for app in ("people", "shop"):
        called(project, "aerich", "--app", app, "init-db")
    return project


@pytest.mark.sqlite
@pytest.mark.tried("migrations of Aerich that wait for one app of two")
def test_one_app_of_two_has_a_migration_that_waits(apps: Deployed) -> None:
    orders, persons = (apps.folder / app / "models.py" for app in ("shop", "people"))
    edit(orders, "max_length=50)\n", "max_length=50)\n    note = fields.CharField(max_length=9, null=True)\n")
    before = apps.structure()
    text = made(apps, "--name", "note")
    assert "back and forth again" in text
    assert "  next: aerich --app shop upgrade\n" in text
    (path,) = (apps.folder / "migrations" / "shop").glob("1_*_note.py")
    done = apps.drift("check", "--source", "live")
    assert done.returncode == 1
    assert f"(shop/{path.name}): aerich --app shop upgrade\n" in done.stdout
    assert "after them: no drift is left" in done.stdout, done.stdout

    edit(persons, "max_length=50)\n", "max_length=50)\n    mail = fields.CharField(max_length=9, null=True)\n")
    done = apps.drift("check", "--source", "migrations")
    assert "to fix it: aerich --app NAME migrate; " in done.stdout, "each app has migrations of its own"
    called(apps, "aerich", "migrate", "--name", "mail")
    done = apps.drift("check", "--source", "live")
    assert "to fix it: aerich upgrade && aerich --app shop upgrade\n" in done.stdout
    assert "after them: no drift is left" in done.stdout, done.stdout
    assert apps.structure() == before
    called(apps, "aerich", "upgrade")
    called(apps, "aerich", "--app", "shop", "upgrade")
    assert apps.drift("check", "--source", "live").returncode == 0
