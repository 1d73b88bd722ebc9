"""Aerich with several apps: its command is about one of them, and each is told with the option that names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.test_make_migration import called, edit, made
from tests.commands.test_pending import Deployed

pytestmark = pytest.mark.processes

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


KEY = '    person = fields.ForeignKeyField("people.Person", null=True)\n'


@pytest.fixture
def apps(tmp_path: Path, fresh_database: Callable[[str], str]) -> Callable[[str], Deployed]:
    """Two apps with a first migration each, which the database has had."""

    def make(dialect: str) -> Deployed:
        folder = tmp_path / "project"
        for app, name, table, more in (("people", "Person", "persons", ""), ("shop", "Order", "orders", KEY)):
            (folder / app).mkdir(parents=True)
            (folder / app / "__init__.py").touch()
            (folder / app / "models.py").write_text(MODEL.format(name=name, table=table, more=more))
        (folder / "settings.py").write_text(SETTINGS)
        (folder / "pyproject.toml").write_text(PYPROJECT)
        project = Deployed(folder, fresh_database(dialect))
        for app in ("people", "shop"):
            called(project, "aerich", "--app", app, "init-db")
        return project

    return make


@pytest.mark.sqlite
@pytest.mark.tried("migrations of Aerich that wait for one app of two")
def test_one_app_of_two_has_a_migration_that_waits(apps: Callable[[str], Deployed]) -> None:
    project = apps("sqlite")
    orders, persons = (project.folder / app / "models.py" for app in ("shop", "people"))
    edit(orders, "max_length=50)\n", "max_length=50)\n    note = fields.CharField(max_length=9, null=True)\n")
    before = project.structure()
    text = made(project, "--name", "note")
    assert "back and forth again" in text
    assert "  next: aerich --app shop upgrade\n" in text
    (path,) = (project.folder / "migrations" / "shop").glob("1_*_note.py")
    done = project.drift("check", "--source", "live")
    assert done.returncode == 1
    assert f"(shop/{path.name}): aerich --app shop upgrade\n" in done.stdout
    assert "after them: no drift is left" in done.stdout, done.stdout

    edit(persons, "max_length=50)\n", "max_length=50)\n    mail = fields.CharField(max_length=9, null=True)\n")
    done = project.drift("check", "--source", "migrations")
    assert "to fix it: aerich --app NAME migrate; " in done.stdout, "each app has migrations of its own"
    called(project, "aerich", "migrate", "--name", "mail")
    done = project.drift("check", "--source", "live")
    assert "to fix it: aerich upgrade && aerich --app shop upgrade\n" in done.stdout
    assert "after them: no drift is left" in done.stdout, done.stdout
    assert project.structure() == before
    called(project, "aerich", "upgrade")
    called(project, "aerich", "--app", "shop", "upgrade")
    assert project.drift("check", "--source", "live").returncode == 0


@pytest.mark.sqlite
@pytest.mark.tried("a table that every first migration of Aerich creates gets another name")
def test_a_table_of_every_first_migration_is_renamed(apps: Callable[[str], Deployed]) -> None:
    """Aerich writes the tables of all apps into each of them: the later one would create the old name again."""
    project = apps("sqlite")
    people, shop = (project.folder / app / "models.py" for app in ("people", "shop"))
    edit(people, '"persons"', '"people"')
    text = made(project, "--rename", "persons=people", code=1)
    why = "Aerich runs all migrations of an app before those of the next"
    assert f"; to fix it: name the apps in the order shop, people in the configuration: {why}\n" in text, text
    edit(shop, '"orders"', '"bills"')
    both = ("--rename", "persons=people", "--rename", "orders=bills")
    text = made(project, *both, code=1)
    assert f"; to fix it: take the tables of other apps out of shop/0_*.py ({why}), or keep" in text, text

    (first,) = (project.folder / "migrations" / "shop").glob("0_*.py")
    table = first.read_text().partition('CREATE TABLE IF NOT EXISTS "persons"')[2].partition(";")[0]
    edit(first, f'CREATE TABLE IF NOT EXISTS "persons"{table};', "")
    assert "back and forth again" in made(project, *both)
    for app in ("people", "shop"):
        called(project, "aerich", "--app", app, "upgrade")
    assert project.drift("check", "--source", "all").returncode == 0
