"""Aerich with apps on several connections: one database has its record of all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import Finished, load, run, typed

pytestmark = pytest.mark.sqlite

SETTINGS = """
import os

TORTOISE_ORM = {{
    "connections": {{"default": os.environ["FIRST_URL"], "second": os.environ["SECOND_URL"]}},
    "apps": {{
        "people": {{"models": {people}, "default_connection": "default"}},
        "shop": {{"models": {shop}, "default_connection": "second"}},
    }},
}}
"""
PYPROJECT = '[tool.aerich]\ntortoise_orm = "settings.TORTOISE_ORM"\nlocation = "./migrations"\n'
MODEL = """
from tortoise import fields
from tortoise.models import Model


class {name}(Model):
    id = fields.IntField(primary_key=True)
    note = fields.CharField(max_length=9, null=True)

    class Meta:
        table = "{table}"
"""
MIGRATION = '''
async def upgrade(db):
    return """{forth};"""


async def downgrade(db):
    return """{back};"""
'''
CREATE = 'CREATE TABLE "{0}" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL)'
ADD = 'ALTER TABLE "{0}" ADD "note" VARCHAR(9)'
RECORD = """
CREATE TABLE "aerich" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "version" VARCHAR(255) NOT NULL, "app" VARCHAR(100) NOT NULL, "content" JSON NOT NULL
);
INSERT INTO "aerich" ("version", "app", "content")
VALUES ('0_20260101000000_init.py', 'people', '{}'), ('0_20260101000000_init.py', 'shop', '{}');
"""
INIT, NOTE = "0_20260101000000_init.py", "1_20260102000000_note.py"
APPS = {"people": ("Person", "persons"), "shop": ("Order", "orders")}


class Project:
    """Two apps, each at the first of two migrations; ``owners`` are those that name Aerich's own model."""

    def __init__(self, folder: Path, owners: tuple[str, ...], urls: dict[str, str]) -> None:
        self.folder = folder
        self.urls = urls
        self.environment = {"FIRST_URL": urls["default"], "SECOND_URL": urls["second"]}
        models = {app: [f"{app}.models", *(["aerich.models"] if app in owners else [])] for app in APPS}
        (folder / "settings.py").write_text(SETTINGS.format(**models))
        (folder / "pyproject.toml").write_text(PYPROJECT)
        for app, (name, table) in APPS.items():
            (folder / app).mkdir()
            (folder / app / "__init__.py").touch()
            (folder / app / "models.py").write_text(MODEL.format(name=name, table=table))
            files = folder / "migrations" / app
            files.mkdir(parents=True)
            forth, back = CREATE.format(table), f'DROP TABLE "{table}"'
            (files / INIT).write_text(MIGRATION.format(forth=forth, back=back))
            back = f'ALTER TABLE "{table}" DROP COLUMN "note"'
            (files / NOTE).write_text(MIGRATION.format(forth=ADD.format(table), back=back))
        self.sql("default", CREATE.format("persons"))
        self.sql("second", CREATE.format("orders"))

    def sql(self, connection: str, script: str) -> None:
        run(_run(self.urls[connection], script))

    def drift(self, *arguments: str) -> Finished:
        return typed(self.folder, *arguments, environment=self.environment)


async def _run(url: str, script: str) -> None:
    from pytest_schemadrift.sources.database import open_server

    async with open_server(url) as server:
        await load(server, script)


@pytest.fixture
def project(tmp_path: Path, fresh_database: Callable[[str], str]) -> Callable[..., Project]:
    def make(*owners: str) -> Project:
        urls = {name: fresh_database("sqlite") for name in ("default", "second")}
        return Project(tmp_path, owners, urls)

    return make


@pytest.mark.tried("migrations of Aerich that wait for databases whose record is in another one")
@pytest.mark.parametrize(
    ("owners", "place"), [(("people", "shop"), "default"), (("people",), "default"), (("shop",), "second")]
)
def test_the_record_is_read_where_it_is(owners: tuple[str, ...], place: str, project: Callable[..., Project]) -> None:
    """So seen with Aerich 0.6.3, 0.7.2, 0.8.2, 0.9.2 and 0.10.1: in that of the first app that names its model."""
    two = project(*owners)
    two.sql(place, RECORD)
    found = json.loads(two.drift("check", "--source", "live", "--format", "json").stdout)["connections"]
    assert [item["pending_migrations"] for item in found] == [[f"people/{NOTE}"], [f"shop/{NOTE}"]]
    assert [item["pending_command"] for item in found] == ["aerich upgrade", "aerich --app shop upgrade"]
    assert [item["pending_note"] for item in found] == ["after them: no drift is left"] * 2
    for command in ("apply", "plan", "migrate"):
        done = two.drift(command, "--connection", "second")
        assert done.returncode == 2, done.stdout
        assert f"1 migration is not applied to this database (shop/{NOTE}): aerich --app shop upgrade" in done.stderr

    done = two.drift("gate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"not applied yet, and no drift: shop.{NOTE}\n" in done.stdout
    two.sql("second", ADD.format("orders"))
    done = two.drift("gate")
    assert done.returncode == 1, "made by hand"
    assert "orders.note" in done.stdout
    two.sql(place, f"INSERT INTO aerich (version, app, content) VALUES ('{NOTE}', 'shop', '{{}}')")
    assert two.drift("gate", "--connection", "second").returncode == 0
    assert two.drift("check", "--source", "live", "--connection", "second").returncode == 0


def test_a_record_that_tells_nothing_is_reported(
    project: Callable[..., Project], fresh_database: Callable[[str], str]
) -> None:
    """The record of one deployment is none of another's database; nor is one that cannot be opened."""
    two = project("people")
    two.sql("default", RECORD)
    given = f"second={two.urls['second']}"
    other = "the record of Aerich is that of connection 'default', of another deployment"
    checked = two.drift("check", "--source", "live", "--connection", "second", "--database-url", given)
    assert checked.returncode == 1
    assert f"migrations may wait for this database: {other} (give the database URLs of both: " in checked.stdout
    done = two.drift("apply", "--connection", "second", "--database-url", given)
    assert done.returncode == 2
    assert other in done.stderr
    assert "or say --ignore-pending" in done.stderr
    both = ("--database-url", given, "--database-url", f"default={two.urls['default']}")
    done = two.drift("apply", "--connection", "second", *both)
    assert f"(shop/{NOTE}): aerich --app shop upgrade" in done.stderr

    two.environment["FIRST_URL"] += ".gone"
    checked = two.drift("check", "--source", "live", "--connection", "second")
    assert checked.returncode == 1
    assert "the record of Aerich is that of connection 'default': there is no SQLite database" in checked.stdout
    done = two.drift("gate", "--connection", "second")
    assert done.returncode == 2
    assert "the record of Aerich is that of connection 'default': there is no SQLite database" in done.stderr
