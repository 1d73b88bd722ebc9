"""``schemadrift migrate`` as it is typed, on every server: it creates, and never alters."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from pytest_schemadrift.commands.hooks import load_hooks
from tests.apply.conftest import Shop

DIALECTS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mariadb", "mysql", "sqlite")]
MODELS = """
from tortoise import fields
from tortoise.models import Model

class Author(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=100, db_index=True, description="who; it's \\"them\\"")
    best = fields.ForeignKeyField("shop.Book", related_name="best_of", null=True)

    class Meta:
        table = "author"
        permissions = ["ban", ("pay", "May pay it's fee")]

class Book(Model):
    id = fields.IntField(primary_key=True)
    title = fields.CharField(max_length=300)
    author = fields.ForeignKeyField("shop.Author", related_name="books")
    tags = fields.ManyToManyField("shop.Tag", related_name="books", through="book_tag")

    class Meta:
        table = "book"
        unique_together = (("title", "author"),)

class Tag(Model):
    name = fields.CharField(max_length=50, primary_key=True)

    class Meta:
        table = "tag"
"""
STAFF = """
from tortoise import fields
from tortoise.models import Model

class Clerk(Model):
    id = fields.IntField(primary_key=True)
    reads = fields.ForeignKeyField("shop.Book", related_name="readers")

    class Meta:
        table = "clerk"
"""
CONTRIB = {
    "contenttypes": "pytest_schemadrift.contrib.contenttypes",
    "permissions": "pytest_schemadrift.contrib.permissions",
}
_numbers = count()
Make = Callable[..., Shop]


@pytest.fixture
def project(tmp_path: Path, fresh_database: Callable[[str], str]) -> Iterator[Make]:
    """Make a project on an empty database; ``apps`` maps a label to its module, ``modules`` a module to its text."""

    def make(
        dialect: str = "sqlite",
        models: str = MODELS,
        apps: dict[str, str] | None = None,
        settings: str = "",
        url: str = "",
        **modules: str,
    ) -> Shop:
        url = url or fresh_database(dialect)
        folder = tmp_path / f"project{next(_numbers)}"
        folder.mkdir()
        every = {label: {"models": [module]} for label, module in {"shop": "shop_models", **(apps or {})}.items()}
        config = {"connections": {"default": url}, "apps": every}
        for name, text in {"shop_models": models, "shop_settings": f"TORTOISE_ORM = {config!r}\n", **modules}.items():
            (folder / f"{name}.py").write_text(text)
        (folder / "pyproject.toml").write_text(
            f'[tool.schemadrift]\ntortoise_orm = "shop_settings.TORTOISE_ORM"\n{settings}'
        )
        return Shop(folder, url)

    yield make
    sys.modules.pop("staff_models", None)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_all_that_models_want_is_created_once(dialect: str, project: Make) -> None:
    shop = project(dialect)
    done = shop.run("migrate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "created table book (3 columns, 1 foreign key)" in done.stdout
    check = shop.run("check")
    assert check.returncode == 0, check.stdout
    shop.sql("INSERT INTO author (id, name) VALUES (1, 'a'); INSERT INTO tag (name) VALUES ('t');")
    again = shop.run("migrate")
    assert (again.returncode, "nothing to create" in again.stdout) == (0, True)
    assert shop.fetch("SELECT name FROM tag") == [("t",)]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_exists_is_left_as_it_is(dialect: str, project: Make) -> None:
    """Of a drifted database only what is missing is made: an index on it, but no column, no key, no type, no drop."""
    shop = project(dialect)
    shop.sql(
        "CREATE TABLE author (id INTEGER PRIMARY KEY, name VARCHAR(100) NOT NULL, old INTEGER);"
        "INSERT INTO author VALUES (1, 'a', 5); CREATE TABLE stray (id INTEGER);"
    )
    before = shop.run("export", "author", "stray").stdout
    done = shop.run("migrate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "created index" in done.stdout
    assert "left, which schemadrift apply fixes:" in done.stdout
    assert "column author.best_id (" in done.stdout
    after = shop.run("export", "author", "stray").stdout
    made = [line for line in after.splitlines() if line not in before.splitlines()]
    assert len(made) <= 2 and "idx_author_name" in "".join(made), made
    assert shop.fetch("SELECT id, name, old FROM author") == [(1, "a", 5)]
    assert shop.run("check").returncode == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_content_types_and_permissions_are_filled_idempotently(dialect: str, project: Make) -> None:
    shop = project(dialect, apps=CONTRIB)
    done = shop.run("migrate")
    assert done.returncode == 0, done.stdout + done.stderr
    types = shop.fetch("SELECT app_label, model FROM contenttypes_contenttype ORDER BY 1, 2")
    assert types == [
        ("contenttypes", "ContentType"), ("permissions", "Permission"),
        ("shop", "Author"), ("shop", "Book"), ("shop", "Tag"),
    ]  # fmt: skip
    permissions = (
        "SELECT model, perm, description FROM permissions_permission p JOIN contenttypes_contenttype c "
        "ON c.id = p.content_type_id WHERE model IN ('Author', 'Tag') ORDER BY 1, 2"
    )
    wanted = [
        ("Author", "add", "Can add Author"), ("Author", "ban", "Can ban Author"),
        ("Author", "change", "Can change Author"), ("Author", "delete", "Can delete Author"),
        ("Author", "pay", "May pay it's fee"), ("Author", "view", "Can view Author"),
        ("Tag", "add", "Can add Tag"), ("Tag", "change", "Can change Tag"),
        ("Tag", "delete", "Can delete Tag"), ("Tag", "view", "Can view Tag"),
    ]  # fmt: skip
    assert shop.fetch(permissions) == wanted
    numbers = shop.fetch("SELECT id FROM permissions_permission ORDER BY id")
    shop.sql("UPDATE permissions_permission SET description = 'old' WHERE perm = 'pay'")
    shop.sql("DELETE FROM permissions_permission WHERE perm = 'ban'")
    assert shop.run("migrate").returncode == 0
    assert shop.fetch(permissions) == wanted
    kept = shop.fetch("SELECT id FROM permissions_permission ORDER BY id")
    assert len(kept) == len(numbers) and len(set(kept) & set(numbers)) == len(numbers) - 1


@pytest.mark.slow
def test_filling_takes_a_bounded_number_of_queries(project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from tortoise.backends.base.client import BaseDBAsyncClient
    from tortoise.backends.sqlite.client import SqliteClient

    made: list[str] = []
    for name in ("execute_query", "execute_insert", "execute_many"):
        real = getattr(SqliteClient, name)

        async def counting(client: BaseDBAsyncClient, query: str, *rest: object, real: object = real) -> object:
            made.append(query)
            return await real(client, query, *rest)  # type: ignore[operator]

        monkeypatch.setattr(SqliteClient, name, counting)
    numbers = []
    for models in (3, 90):
        text = "from tortoise import fields\nfrom tortoise.models import Model\n" + "".join(
            f"class M{place}(Model):\n    id = fields.IntField(primary_key=True)\n" for place in range(models)
        )
        shop = project(models=text, apps=CONTRIB)
        made.clear()
        assert shop.run("migrate").returncode == 0
        numbers.append(len(made))
        assert shop.fetch("SELECT count(*) FROM permissions_permission") == [(4 * (models + 2),)]
    assert numbers[0] == numbers[1] <= 5


def test_permissions_without_content_types_is_an_error_before_anything_runs(project: Make) -> None:
    shop = project(apps={"permissions": CONTRIB["permissions"]})
    said = shop.run("migrate")
    assert said.returncode == 2
    assert said.stderr.splitlines()[0] == (
        "schemadrift: the app 'permissions' needs the app 'contenttypes', which is not installed"
    )
    assert shop.fetch("SELECT count(*) FROM sqlite_master") == [(0,)]


def test_a_relation_to_an_app_that_is_not_installed_is_reported_before_anything_runs(project: Make) -> None:
    shop = project(models=MODELS.replace('"shop.Tag"', '"tags.Tag"'))
    said = shop.run("migrate")
    assert said.returncode == 2
    assert "shop.Book.tags refers to tags.Tag, but no app 'tags' is installed" in said.stderr
    assert shop.fetch("SELECT count(*) FROM sqlite_master") == [(0,)]


def test_an_app_whose_relations_are_not_selected_is_reported_before_anything_runs(project: Make) -> None:
    shop = project(apps={"staff": "staff_models"}, staff_models=STAFF)
    said = shop.run("migrate", "--apps", "staff")
    assert said.returncode == 2
    assert "the table clerk refers to book (shop.Book), which does not exist and is not selected" in said.stderr
    assert "add --apps shop" in said.stderr
    assert shop.fetch("SELECT count(*) FROM sqlite_master") == [(0,)]
    assert shop.run("migrate", "--apps", "shop").returncode == 0
    assert "created table clerk" in shop.run("migrate", "--apps", "staff").stdout
    assert shop.run("check").returncode == 0


def test_models_limit_what_is_created(project: Make) -> None:
    shop = project()
    assert shop.run("migrate", "--models", "shop.Tag").returncode == 0
    assert shop.fetch("SELECT name FROM sqlite_master WHERE type = 'table'") == [("tag",)]


def test_each_table_is_asked_about_and_none_refers_to_a_declined_one(project: Make) -> None:
    shop = project(models=MODELS.replace('"shop.Book", related_name="best_of"', '"shop.Tag", related_name="best_of"'))
    said = shop.run("migrate", "--guided", answers="y\nmaybe\nn\ny\ny\n")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "'maybe' is no answer: y = yes, n = no" in said.stdout
    assert "create table author (3 columns, 1 foreign key)? [Y/n/a/q]" in said.stdout
    assert "not created either: book, which refers to one of them" in said.stdout
    assert "not created either: book_tag, which refers to one of them" in said.stdout
    assert shop.fetch("SELECT name FROM sqlite_master WHERE type = 'table'") == [("tag",)]
    assert "not created: table author is missing: you said no" in said.stdout


@pytest.mark.parametrize("answers", ["q\n", "y\n", ""])
def test_to_stop_creates_nothing(project: Make, answers: str) -> None:
    shop = project()
    said = shop.run("migrate", "--guided", answers=answers)
    assert said.returncode == 130
    assert "stopped: nothing was created" in said.stdout
    assert shop.fetch("SELECT count(*) FROM sqlite_master") == [(0,)]


def test_a_missing_file_is_created_and_a_dry_run_leaves_none(project: Make, tmp_path: Path) -> None:
    path = tmp_path / "new app.db"
    shop = project(url=f"sqlite://{path}")
    dry = shop.run("migrate", "--dry-run")
    assert (dry.returncode, path.exists()) == (0, False)
    assert 'CREATE TABLE IF NOT EXISTS "tag"' in dry.stdout
    assert "  would create table tag (" in dry.stderr
    piped = sqlite3.connect(":memory:")
    piped.executescript(dry.stdout)  # which is SQL and nothing else
    created = shop.run("migrate")
    assert created.returncode == 0
    assert path.exists()
    assert [line.replace("would create", "created") for line in dry.stderr.splitlines()] == created.stdout.splitlines()
    assert shop.run("check").returncode == 0


def test_not_safe_is_an_error_where_a_table_exists(project: Make) -> None:
    shop = project()
    dry = shop.run("migrate", "--safe=False", "--dry-run")
    assert "IF NOT EXISTS" not in dry.stdout and 'CREATE TABLE "tag"' in dry.stdout
    assert shop.run("migrate", "--no-safe").returncode == 0
    said = shop.run("migrate", "--no-safe")
    assert said.returncode == 2
    assert "author exists already, and 3 more" in said.stderr


def test_a_table_that_looks_renamed_is_left_to_apply(project: Make) -> None:
    shop = project()
    assert shop.run("migrate").returncode == 0
    shop.sql("INSERT INTO author (id, name) VALUES (1, 'a')")
    renamed = project(url=shop.url, models=MODELS.replace('table = "author"', 'table = "authors"'))
    said = renamed.run("migrate")
    assert said.returncode == 0
    assert "created table authors" not in said.stdout
    assert "table authors is missing" in said.stdout
    declared = project(
        url=shop.url,
        models=MODELS.replace('table = "author"', 'table = "authors"'),
        settings='renames = ["author=authors"]\n',
    )
    assert "created table authors" not in declared.run("migrate").stdout
    assert "created table authors" in renamed.run("migrate", "--no-renames").stdout


def test_hooks_are_asked_after_the_tables_are_there(project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_schemadrift.commands import migrate

    seen: list[tuple[str, list[str], int]] = []

    class Hooks:
        @staticmethod
        async def schemadrift_post_migrate(connection: str, models: list[type]) -> None:
            tag = next(model for model in models if model.__name__ == "Tag")
            await tag.create(name=f"t{len(seen)}")  # type: ignore[attr-defined]
            seen.append((connection, sorted(model.__name__ for model in models), await tag.all().count()))  # type: ignore[attr-defined]

    monkeypatch.setattr(migrate, "project_hooks", lambda folder: load_hooks([("mine", Hooks)]))
    shop = project()
    assert shop.run("migrate").returncode == 0
    assert shop.run("migrate").returncode == 0
    names = ["Author", "Book", "Tag"]
    assert seen == [("default", names, 1), ("default", names, 2)]


def test_a_hook_that_fails_is_told_in_a_line(project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_schemadrift.commands import migrate

    class Hooks:
        @staticmethod
        def schemadrift_post_migrate(connection: str, models: list[type]) -> None:
            raise KeyError("who\nis it")

    monkeypatch.setattr(migrate, "project_hooks", lambda folder: load_hooks([("mine", Hooks)]))
    said = project().run("migrate")
    assert said.returncode == 2
    assert said.stderr.startswith("schemadrift: schemadrift_post_migrate failed: KeyError")
    assert "Traceback" not in said.stderr and len(said.stderr.splitlines()) <= 5


@pytest.mark.parametrize("wrong", ['"ship"', "[1]", '[("a",)]', '[""]', '["' + 101 * "x" + '"]'])
def test_wrong_permissions_are_an_error_that_shows_them(project: Make, wrong: str) -> None:
    shop = project(models=MODELS.replace('["ban", ("pay", "May pay it\'s fee")]', wrong), apps=CONTRIB)
    said = shop.run("migrate")
    assert said.returncode == 2
    assert "Meta.permissions of shop.Author has" in said.stderr


def test_content_types_without_a_table_are_left_out_and_reported(project: Make) -> None:
    shop = project(apps=CONTRIB)
    said = shop.run("migrate", "--apps", "shop")
    assert said.returncode == 0, said.stderr
    assert "contenttypes: not filled, the table contenttypes_contenttype does not exist" in said.stdout


@pytest.mark.postgres
def test_schemas_enums_and_sequences(project: Make) -> None:
    models = """
from enum import Enum
from tortoise import fields
from tortoise.models import Model

class Entry(Model):
    id = fields.BigIntField(primary_key=True)
    text = fields.TextField()

    class Meta:
        table = "entry"
        schema = "archive"
"""
    shop = project("postgres", models)
    done = shop.run("migrate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "created schema archive" in done.stdout
    shop.sql("INSERT INTO archive.entry (id, text) VALUES (40, 'x')")
    assert "archive.entry_id_seq: 1 -> 41" in shop.run("migrate").stdout
    shop.sql("INSERT INTO archive.entry (text) VALUES ('y')")
    assert shop.fetch("SELECT max(id) FROM archive.entry") == [(41,)]
    assert shop.run("check").returncode == 0


@pytest.mark.slow
def test_of_many_tables_it_names_the_first_and_counts_the_others(project: Make, tmp_path: Path) -> None:
    shelves = [
        f"\nclass Shelf{number:02}(Model):\n    id = fields.IntField(primary_key=True)\n" for number in range(28)
    ]
    models = MODELS + "".join(shelves)
    dry = project(models=models).run("migrate", "--dry-run").stdout
    said = project(models=models).run("migrate").stdout
    everything = project(models=models).run("-v", "migrate").stdout
    number = dry.count("CREATE TABLE")
    assert number > 30
    assert everything.count("  created table ") == number
    assert said.count("  created table ") == 10
    assert f"  and {number - 10} tables more: -v shows them" in said
