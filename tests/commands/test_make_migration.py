"""A fix as a migration of the project's own tool, which the tool runs, takes back, and goes on from."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.test_pending import EXAMPLES, Deployed

pytestmark = pytest.mark.processes

DIALECTS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("sqlite", "mariadb")]
VERSIONS = {"mariadb": "1"}


@pytest.fixture
def project(tmp_path: Path, fresh_database: Callable[[str], str]) -> Callable[[str, str], Deployed]:
    """An example whose live database has had all of its migrations."""

    def make(name: str, dialect: str) -> Deployed:
        folder = tmp_path / "project"
        shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("__pycache__", "tests"))
        with (folder / "pyproject.toml").open("a") as file:
            file.write(f'[tool.schemadrift.databases.default]\nversion = "{VERSIONS.get(dialect, "")}"\n')
        deployed = Deployed(folder, fresh_database(dialect))
        if name == "native_migrations":
            called(deployed, "tortoise", "migrate")
        else:
            shutil.rmtree(folder / "migrations")
            called(deployed, "aerich", "init-db")
            deployed.sql("INSERT INTO users (id, email) VALUES (1, 'root@example.org')")
        return deployed

    return make


def called(project: Deployed, *command: str) -> str:
    done = project.call(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def made(project: Deployed, *arguments: str, code: int = 0) -> str:
    done = project.drift("make-migration", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def forget(models: Path) -> None:
    """A new column, a wider one, a unique index, and a table with a key."""
    edit(models, "email = fields.CharField(max_length=255)", "email = fields.CharField(max_length=300, unique=True)")
    edit(models, "    name = fields", "    nick = fields.CharField(max_length=20, null=True)\n    name = fields")
    app = models.parent.name
    with models.open("a") as file:
        file.write(
            "\n\nclass Tag(Model):\n    id = fields.IntField(primary_key=True)\n"
            f'    post = fields.ForeignKeyField("{app}.Post")\n\n    class Meta:\n        table = "tags"\n'
        )


def newest(folder: Path) -> Path:
    return max(folder.glob("*.py"), key=lambda path: path.name if path.name[0].isdigit() else "")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_native_migration_leads_there_and_back(dialect: str, project: Callable[[str, str], Deployed]) -> None:
    shop = project("native_migrations", dialect)
    head = shop.structure()
    forget(shop.folder / "native" / "models.py")
    assert "MAY_FAIL_ON_DATA" in made(shop, code=1)
    text = made(shop, "--allow-hazard", "MAY_FAIL_ON_DATA", "--name", "Nicks & tags")
    assert "written: native/migrations/0004_nicks_tags.py" in text
    assert "proven: the whole chain was run from empty, then back and forth again" in text
    assert "in sync" in made(shop), "what is written is enough"

    assert "native.0004_nicks_tags" in called(shop, "tortoise", "heads")
    assert "No changes detected" in called(shop, "tortoise", "makemigrations")
    called(shop, "tortoise", "migrate")
    assert "0004_nicks_tags" in called(shop, "tortoise", "history")
    there = shop.structure()
    assert shop.drift("check", "--source", "live").returncode == 0
    called(shop, "tortoise", "downgrade", "native", "0003_first_user")
    assert shop.structure() == head
    shop.sql("UPDATE users SET name = 'kept' WHERE email = 'root@example.org'")  # fails nowhere: the row is there
    called(shop, "tortoise", "migrate")
    assert shop.structure() == there


@pytest.mark.postgres  # on the others it is a law of test_migration_laws.py, as is Tortoise's tool on this one
def test_a_migration_of_aerich_leads_there_and_back(project: Callable[[str, str], Deployed]) -> None:
    shop = project("aerich_migrations", "postgres")
    head = shop.structure()
    forget(shop.folder / "olden" / "models.py")
    text = made(shop, "--allow-hazard", "MAY_FAIL_ON_DATA", "--name", "tags")
    assert re.search(r"written: migrations/olden/1_\d{14}_tags\.py", text), text
    path = newest(shop.folder / "migrations" / "olden")
    assert "MODELS_STATE" in path.read_text()

    assert path.name in called(shop, "aerich", "heads")
    called(shop, "aerich", "upgrade")
    there = shop.structure()
    assert shop.drift("check", "--source", "live").returncode == 0
    assert path.name in called(shop, "aerich", "history")
    assert "No changes detected" in called(shop, "aerich", "migrate")
    called(shop, "aerich", "downgrade", "--yes")
    assert shop.structure() == head
    called(shop, "aerich", "upgrade")
    assert shop.structure() == there


@pytest.mark.sqlite
def test_an_empty_copy_makes_no_change_safe_and_nothing_is_written_in_part(
    project: Callable[[str, str], Deployed],
) -> None:
    shop = project("native_migrations", "sqlite")
    models = shop.folder / "native" / "models.py"
    edit(
        models,
        '    author = fields.ForeignKeyField("native.User")\n',
        "    title = fields.CharField(max_length=9, null=True)\n",
    )
    text = made(shop, code=1)
    assert "not done SD202" in text
    assert "--allow SD202:posts.author_id" in text
    assert "nothing was written: a migration does all of it, or none" in text
    assert newest(shop.folder / "native" / "migrations").name == "0003_first_user.py"
    text = made(shop, "--allow", "SD202:posts.author_id", "--dry-run")
    assert text.startswith("# native/migrations/0004_schemadrift.py\n")
    assert "The values do not come back: SD202" in text
    compile(text, "0004_schemadrift.py", "exec")
    assert newest(shop.folder / "native" / "migrations").name == "0003_first_user.py"


@pytest.mark.sqlite
def test_a_rename_is_asked_about_and_keeps_the_values(project: Callable[[str, str], Deployed]) -> None:
    shop = project("native_migrations", "sqlite")
    edit(shop.folder / "native" / "models.py", "    name = fields", "    names = fields")
    assert "--rename users.name=names" in made(shop, code=1)
    made(shop, "--rename", "users.name=names")
    called(shop, "tortoise", "migrate")
    shop.sql("CREATE TABLE kept AS SELECT 1 / (names = 'root') AS x FROM users; DROP TABLE kept")
    assert "No changes detected" in called(shop, "tortoise", "makemigrations")
    shop.drift("check", "--source", "live")
    called(shop, "tortoise", "downgrade", "native", "0003_first_user")
    shop.sql("CREATE TABLE kept (x INTEGER NOT NULL); INSERT INTO kept SELECT 1 FROM users WHERE name = 'root'")


@pytest.mark.sqlite
def test_what_was_done_by_hand_becomes_a_migration(project: Callable[[str, str], Deployed]) -> None:
    shop = project("native_migrations", "sqlite")
    shop.sql("CREATE INDEX quick ON posts (author_id); CREATE TABLE legacy (x INTEGER)")
    text = made(shop, "--from", "live", "--name", "hotfix")
    assert "no model and no migration has legacy: left out" in text
    assert "tortoise migrate --fake where it was done by hand" in text
    source = (shop.folder / "native" / "migrations" / "0004_hotfix.py").read_text()
    assert 'CREATE INDEX "quick"' in source
    assert "recorded(" not in source, "the models do not have it"
    called(shop, "tortoise", "migrate", "--fake")
    assert shop.drift("gate").returncode == 0
    assert "in sync (2 tables" in made(shop, "--from", "live")


@pytest.mark.sqlite
def test_errors_say_what_to_do(project: Callable[[str, str], Deployed]) -> None:
    shop = project("native_migrations", "sqlite")
    for arguments, words in (
        (("--app", "nativ"), "did you mean"),
        (("--name", "!"), "cannot be called '!'"),
    ):
        edit_back = (shop.folder / "native" / "models.py").read_text()
        edit(shop.folder / "native" / "models.py", "max_length=50", "max_length=60")
        text = made(shop, *arguments, code=2)
        assert words in text
        assert len(text.strip().splitlines()) <= 5
        (shop.folder / "native" / "models.py").write_text(edit_back)
    for path in (shop.folder / "native" / "migrations").glob("0*.py"):
        path.unlink()
    text = made(shop, code=2)
    assert "has no migrations to continue from" in text
    assert "tortoise makemigrations" in text
