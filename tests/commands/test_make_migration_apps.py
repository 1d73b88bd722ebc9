"""A fix over several apps, and one that takes several transactions: migrations in an order that the tool keeps to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.test_make_migration import called, edit, made
from tests.commands.test_pending import Deployed

pytestmark = pytest.mark.processes

DIALECTS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("sqlite", "mysql")]
SETTINGS = """
import os

TORTOISE_ORM = {
    "connections": {"default": os.environ["DATABASE_URL"]},
    "apps": {
        "people": {"models": ["duo.people"], "migrations": "duo.people_migrations"},
        "shop": {"models": ["duo.shop"], "migrations": "duo.shop_migrations"},
    },
}
"""
PEOPLE = """
from tortoise import fields
from tortoise.models import Model


class Person(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=40)

    class Meta:
        table = "persons"
"""
SHOP = """
from tortoise import fields
from tortoise.models import Model


class Order(Model):
    id = fields.IntField(primary_key=True)
    person = fields.ForeignKeyField("people.Person")

    class Meta:
        table = "orders"
"""


INITIAL = """
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True
    dependencies = {depends_on}
    operations = [
        ops.CreateModel(
            name={model!r},
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                {field},
            ],
            options={{"table": {table!r}, "app": {app!r}, "pk_attr": "id"}},
            bases=["Model"],
        ),
    ]
"""
OF_PEOPLE = INITIAL.format(
    depends_on=[],
    model="Person",
    table="persons",
    app="people",
    field='("name", fields.CharField(max_length=40))',
)
OF_SHOP = INITIAL.format(
    depends_on=[("people", "0001_initial")],  # Tortoise's own tool leaves that out, and fails with it later
    model="Order",
    table="orders",
    app="shop",
    field="(\"person\", fields.ForeignKeyField('people.Person', source_field='person_id', db_constraint=True, "
    "to_field='id', on_delete=OnDelete.CASCADE))",
)


@pytest.fixture
def duo(tmp_path: Path, fresh_database: Callable[[str], str]) -> Callable[[str], Deployed]:
    """Two apps in one database, each with migrations of its own, all of which were run."""

    def make(dialect: str) -> Deployed:
        folder = tmp_path / "project"
        files = {"settings": SETTINGS, "people": PEOPLE, "shop": SHOP, "__init__": ""}
        files |= {"people_migrations/__init__": "", "people_migrations/0001_initial": OF_PEOPLE}
        files |= {"shop_migrations/__init__": "", "shop_migrations/0001_initial": OF_SHOP}
        for name, text in files.items():
            path = folder / "duo" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        version = {"mysql": 'version = "9"'}.get(dialect, "")
        (folder / "pyproject.toml").write_text(
            '[tool.tortoise]\ntortoise_orm = "duo.settings.TORTOISE_ORM"\n'
            f"[tool.schemadrift.databases.default]\n{version}\n"
        )
        project = Deployed(folder, fresh_database(dialect))
        called(project, "tortoise", "migrate")
        return project

    return make


@pytest.mark.parametrize("dialect", DIALECTS)
def test_apps_that_need_each_other_get_migrations_that_depend_on_each_other(
    dialect: str, duo: Callable[[str], Deployed]
) -> None:
    project = duo(dialect)
    head = project.structure()
    people, shop = project.folder / "duo" / "people.py", project.folder / "duo" / "shop.py"
    edit(
        people,
        "    name = ",
        '    favourite = fields.ForeignKeyField("shop.Article", null=True, related_name="fans")\n    name = ',
    )
    with people.open("a") as file:
        file.write("\n\nclass Team(Model):\n    id = fields.IntField(primary_key=True)\n")
    edit(shop, "    person = ", '    team = fields.ForeignKeyField("people.Team", null=True)\n    person = ')
    with shop.open("a") as file:
        file.write(
            "\n\nclass Article(Model):\n    id = fields.IntField(primary_key=True)\n"
            '    owner = fields.ForeignKeyField("people.Person", related_name="articles")\n'
        )
    text = made(project)
    assert "duo/people_migrations/0002_schemadrift" in text
    assert "duo/shop_migrations/0002_schemadrift" in text
    assert "in sync" in made(project), "what is written is enough"
    assert "No changes detected" in called(project, "tortoise", "makemigrations")
    called(project, "tortoise", "migrate")
    there = project.structure()
    assert project.drift("check", "--source", "live").returncode == 0
    called(project, "tortoise", "downgrade", "shop", "0001_initial")  # and what depends on it: all that is new
    assert project.structure() == head
    called(project, "tortoise", "migrate")
    assert project.structure() == there


@pytest.mark.postgres
def test_a_value_of_an_enum_is_committed_by_a_migration_of_its_own(duo: Callable[[str], Deployed]) -> None:
    project = duo("postgres")
    migrations = project.folder / "duo" / "people_migrations"
    (migrations / "0002_moods.py").write_text(
        "from tortoise import migrations\nfrom tortoise.migrations import operations as ops\n\n\n"
        "class Migration(migrations.Migration):\n    dependencies = [('people', '0001_initial')]\n    operations = [\n"
        "        ops.RunSQL(\"CREATE TYPE mood AS ENUM ('sad')\", reverse_sql='DROP TYPE mood'),\n"
        "        ops.RunSQL(\"ALTER TABLE persons ADD mood mood DEFAULT 'sad'\","
        ' reverse_sql="ALTER TABLE persons DROP mood"),\n    ]\n'
    )
    called(project, "tortoise", "migrate")
    head = project.structure()
    project.sql("ALTER TYPE mood ADD VALUE 'happy'; ALTER TABLE persons ALTER mood SET DEFAULT 'happy'")
    there = project.structure()
    text = made(project, "--from", "live", "--name", "happy")
    assert "duo/people_migrations/0003_happy.py" in text
    assert "duo/people_migrations/0004_happy_2.py" in text
    assert "back and forth again" in text
    called(project, "tortoise", "migrate", "--fake")
    called(project, "tortoise", "downgrade", "people", "0002_moods")
    assert project.structure() == head
    called(project, "tortoise", "migrate")
    assert project.structure() == there


@pytest.mark.sqlite
def test_a_dependency_that_the_tool_left_out_is_named(duo: Callable[[str], Deployed]) -> None:
    """Its first migration ran by the order of the apps; with the next one no state can be made of the files."""
    project = duo("sqlite")
    first = project.folder / "duo" / "shop_migrations" / "0001_initial.py"
    edit(first, "dependencies = [('people', '0001_initial')]", "dependencies = []")
    edit(
        project.folder / "duo" / "shop.py", "    person = ", "    note = fields.CharField(9, null=True)\n    person = "
    )
    what_to_do = 'write ("people", "0001_initial") into the dependencies of shop.0001_initial'
    assert f"; to fix it: {what_to_do}\n" in made(project, code=1)
    assert len([*first.parent.glob("*.py")]) == 2, "nothing was written"

    called(project, "tortoise", "makemigrations")
    assert project.call("tortoise", "migrate").returncode == 1, "the tool itself cannot go on"
    done = project.drift("check", "--source", "live")
    assert f"to fix it: {what_to_do}, then tortoise migrate; then look again" in done.stdout, done.stdout
    assert f"to fix it: {what_to_do}" in project.drift("check", "--source", "migrations").stdout
    edit(first, "dependencies = []", "dependencies = [('people', '0001_initial')]")
    called(project, "tortoise", "migrate")
    assert project.drift("check", "--source", "all").returncode == 0


@pytest.mark.sqlite
def test_first_migrations_that_need_each_other_are_told_apart(duo: Callable[[str], Deployed]) -> None:
    project = duo("sqlite")
    key = "fields.ForeignKeyField('shop.Order', source_field='order_id', null=True, related_name='fans')"
    first = project.folder / "duo" / "people_migrations" / "0001_initial.py"
    edit(first, '("name", fields.CharField(max_length=40))', f'("order", {key})')
    edit(project.folder / "duo" / "shop_migrations" / "0001_initial.py", "[('people', '0001_initial')]", "[]")
    done = project.drift("check", "--source", "migrations")
    what_to_do = "move the keys of people.0001_initial to a migration of their own that depends on shop.0001_initial"
    assert f"to fix it: {what_to_do}" in done.stdout, done.stdout


TWO = """
import os

TORTOISE_ORM = {
    "connections": {"default": os.environ["DATABASE_URL"], "second": os.environ["SECOND_URL"]},
    "apps": {
        "people": {"models": ["duo.people"], "migrations": "duo.people_migrations"},
        "shop": {"models": ["duo.shop"], "migrations": "duo.shop_migrations", "default_connection": "second"},
    },
}
"""
ALONE = """
from tortoise import fields
from tortoise.models import Model


class Order(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "orders"
"""


@pytest.mark.mariadb
def test_connections_of_several_dialects_get_a_migration_each(
    duo: Callable[[str], Deployed], fresh_database: Callable[[str], str]
) -> None:
    project = duo("sqlite")
    home = project.folder / "duo"
    (home / "settings.py").write_text(TWO)
    (home / "shop.py").write_text(ALONE)
    (home / "shop_migrations" / "0001_initial.py").write_text(
        INITIAL.format(depends_on=[], model="Order", table="orders", app="shop", field="").replace(
            "                ,\n", ""
        )
    )
    project.environment["SECOND_URL"] = fresh_database("mariadb")
    called(project, "tortoise", "migrate")
    edit(home / "people.py", "max_length=40", "max_length=60")
    edit(home / "shop.py", "primary_key=True)\n", "primary_key=True)\n    note = fields.CharField(9, null=True)\n")
    text = made(project, "--name", "wider")
    assert text.count("written: ") == 2
    assert "ADD COLUMN `note`" in (home / "shop_migrations" / "0002_wider.py").read_text()
    assert '"persons"' in (home / "people_migrations" / "0002_wider.py").read_text()
    called(project, "tortoise", "migrate")
    assert project.drift("check", "--source", "live").returncode == 0
    assert "No changes detected" in called(project, "tortoise", "makemigrations")


def test_what_two_dialects_share_is_refused(duo: Callable[[str], Deployed]) -> None:
    project = duo("sqlite")
    (project.folder / "duo" / "settings.py").write_text(TWO.replace("shop_migrations", "people_migrations"))
    project.environment["SECOND_URL"] = "mysql://nobody@nowhere.invalid/x"
    text = made(project, code=2)
    assert "connections 'default' (sqlite) and 'second' (mysql) share the migrations duo.people_migrations" in text
    assert "give the apps of each their own" in text
    assert len(text.strip().splitlines()) <= 5


def test_an_aerich_without_models_state_stays_one() -> None:
    """Aerich before 0.9 keeps the models in its table alone; what it does not read is not written."""
    from pytest_schemadrift.codegen.migration import Content, aerich_text

    text = aerich_text({"": Content("title", ("SELECT 1",), ("SELECT 2",))}, None, chooses_transaction=False)
    compile(text, "1_x.py", "exec")
    assert "MODELS_STATE" not in text
    assert "RUN_IN_TRANSACTION" not in text
