"""The command that a report advises is typed as it stands, and leads to where a second look finds nothing."""

from __future__ import annotations

import html
import json
import re
import shlex
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.harness import Finished, typed

SETTINGS = """
APPS = {
    "shop": {"models": ["shop.models"], "default_connection": "default"},
    "stats": {"models": ["stats.models"], "default_connection": "reports", "migrations": "stats.migrations"},
}
TORTOISE_ORM = {
    "connections": {"default": "sqlite://shop.db", "reports": "sqlite://reports.db"}, "apps": APPS
}
ONLY_SHOP = {"connections": {"default": "sqlite://only.db"}, "apps": {"shop": APPS["shop"]}}
BESIDE_ANOTHER = {
    "connections": {"default": "sqlite://only.db", "reports": "postgres://nobody@127.0.0.1:1/none"}, "apps": APPS
}
"""
MODELS = """
from tortoise import fields
from tortoise.models import Model

class User(Model):
    id = fields.IntField(primary_key=True)
    mail = fields.CharField(max_length=50)

    class Meta:
        table = "users"

class Pet(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "pets"
"""
STATS = """
from tortoise import fields
from tortoise.models import Model

class Hit(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "hits"
"""
MIGRATION = """
from tortoise import migrations
from tortoise.migrations import operations as ops

class Migration(migrations.Migration):
    initial = True
    operations = [ops.RunSQL("CREATE TABLE hits (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL)")]
"""
RECORD = "CREATE TABLE tortoise_migrations (id INTEGER PRIMARY KEY, app TEXT, name TEXT, applied_at TEXT)"
PYPROJECT = """
[tool.schemadrift]
tortoise_orm = "shop.settings.TORTOISE_ORM"
source = "live"
[tool.schemadrift.tenants.default]
urls = "tenants.txt"
"""
RENAMED = 'CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "e_mail" VARCHAR(50) NOT NULL)'
FILES = ("shop.db", "reports.db", "only.db", "other.db", "sub/other.db", *(f"tenant_{name}.db" for name in "abcdz"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "project"
    only = {"connections": {"default": "sqlite://only.db"}, "apps": {"shop": {"models": ["shop.models"]}}}
    texts = {
        "shop/settings.py": SETTINGS,
        "shop/models.py": MODELS,
        "stats/models.py": STATS,
        "stats/migrations/__init__.py": "",
        "stats/migrations/0001_first.py": MIGRATION,
        "pyproject.toml": PYPROJECT,
        "tenants.txt": "".join(f"{name} = sqlite://tenant_{name}.db\n" for name in "abcdz"),
        "sub/only.json": json.dumps(only),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for name in FILES:
        sqlite3.connect(folder / name).close()
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """Two connections with one table each to make (a migration waits for the second), and five tenants."""
    folder = tmp_path / "project"
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def sql(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def advised(finished: Finished) -> list[str]:
    """The commands of ``to fix it``."""
    assert finished.returncode in (1, 2), finished.stdout + finished.stderr
    found = re.findall(r"to fix it: schemadrift (apply .*)", finished.stdout)
    assert found, finished.stdout + finished.stderr
    return [str(line) for line in found]


def follow(folder: Path, look: Sequence[str], environment: dict[str, str] | None = None) -> list[str]:
    """Look, type what is advised, look again; the commands."""
    lines = advised(typed(folder, *look, environment=environment))
    for line in lines:
        words = shlex.split(line)
        done = typed(folder, *words, *([] if "--yes" in words else ["--yes"]), environment=environment)
        assert done.returncode == 0, line + "\n" + done.stdout + done.stderr
    again = typed(folder, *look, environment=environment)
    assert again.returncode == 0, f"{lines}\n{again.stdout}{again.stderr}"
    return lines


OTHER = "--database-url sqlite://other.db"
SITUATIONS = {
    "as configured": (".", "check --connection default", {}),
    "another configuration": (".", "check --config shop.settings.ONLY_SHOP", {}),
    "a file of it, from a folder below": ("sub", "check --config-file only.json", {}),
    "from the folder above": ("..", "-C project check --connection default", {}),
    "another database": (".", f"check --connection default {OTHER}", {}),
    "another database, from a folder below": ("sub", f"check --connection default {OTHER}", {}),
    "another database as the source": (".", "check --connection default --source sqlite://other.db", {}),
    "the same from a folder below": ("sub", "check --connection default --source sqlite://other.db", {}),
    "two databases": (
        ".",
        "check --database-url default=sqlite://other.db --database-url reports=sqlite://only.db --ignore-pending",
        {},
    ),
    "a database of the environment": (
        ".",
        "check --connection reports --ignore-pending",
        {"SCHEMADRIFT_DATABASE_URL_REPORTS": "sqlite://other.db"},
    ),
    "one app": (".", "check --apps shop --connection default", {}),
    "one model": (".", "check --models User --connection default", {}),
    "patience": (".", "check --connection default --timeout 30 --scratch server", {}),
    "nobody answers at the other": (".", "check --config shop.settings.BESIDE_ANOTHER --unreachable skip", {}),
    "pending migrations ignored": (".", "check --connection reports --ignore-pending", {}),
    "a tenant": (".", "check --tenant z", {}),
    "more tenants than are named": (".", "check --tenant [a-d]", {}),
    "a shard of them": (".", "check --tenant [a-z] --shard 1/1 --timeout 30", {}),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_what_is_advised_works(name: str, project: Path) -> None:
    where, look, environment = SITUATIONS[name]
    if "pending" in name:
        sql(project / "reports.db", RECORD, "CREATE TABLE old (id INTEGER PRIMARY KEY)")
        waits = typed(project, "check", "--connection", "reports")
        assert "to fix it: tortoise migrate\n" in waits.stdout, waits.stdout
        there = {"SCHEMADRIFT_DATABASE_URL_REPORTS": "sqlite://reports.db"}
        waits = typed(project, "check", "--config", "shop.settings.TORTOISE_ORM", environment=there)
        configured = f"with the URL of ${next(iter(there))} configured\n"
        assert f"to fix it: tortoise --config shop.settings.TORTOISE_ORM migrate, {configured}" in waits.stdout
    untouched = {path: (project / path).read_bytes() for path in FILES}
    follow(project / where, look.split(), environment)
    changed = {path for path in FILES if (project / path).read_bytes() != untouched[path]}
    assert len(changed) == {"two databases": 2, "more tenants than are named": 4, "a shard of them": 5}.get(name, 1)


def test_an_answered_rename_is_answered_again(project: Path) -> None:
    sql(project / "only.db", RENAMED, "INSERT INTO users VALUES (1, 'ann')")
    look = ["check", "--config", "shop.settings.ONLY_SHOP", "--rename", "users.e_mail=mail"]
    (line,) = follow(project, look)
    assert line.endswith("--rename users.e_mail=mail")
    with sqlite3.connect(project / "only.db") as connection:
        assert connection.execute("SELECT mail FROM users").fetchall() == [("ann",)]
    connection.close()


def test_every_report_that_advises_says_the_same(project: Path) -> None:
    sql(project / "reports.db", RECORD, "CREATE TABLE old (id INTEGER PRIMARY KEY)")
    look = ["check", "--connection", "reports", "--ignore-pending", "--timeout", "30"]
    command = "schemadrift apply --connection reports --timeout 30 --ignore-pending"
    for name in ("text", "markdown", "html"):
        shown = html.unescape(typed(project, *look, "--format", name).stdout)
        assert command in shown, shown[-2000:]


def test_the_command_of_a_saved_plan_says_it_too(project: Path) -> None:
    sql(project / "reports.db", RECORD, "CREATE TABLE old (id INTEGER PRIMARY KEY)")
    look = ["--config", "shop.settings.TORTOISE_ORM", "--connection", "reports", "--ignore-pending"]
    done = typed(project / "sub", "plan", *look, "-o", "../reports.json")
    (line,) = re.findall(r"to run it: schemadrift (apply .*)", done.stdout)
    ran = typed(project / "sub", *shlex.split(line), "--yes")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert typed(project, "check", *look).returncode == 0


def test_other_remedies_name_the_configuration(project: Path) -> None:
    typed(project, "snapshot", "--config", "shop.settings.ONLY_SHOP")
    (project / "shop" / "models.py").write_text(MODELS.replace("50", "60"))
    done = typed(project, "check", "--config", "shop.settings.ONLY_SHOP", "--source", "snapshot")
    (line,) = re.findall(r"to fix it: schemadrift (.*)", done.stdout)
    assert typed(project, *shlex.split(line)).returncode == 0
    assert typed(project, "check", "--config", "shop.settings.ONLY_SHOP", "--source", "snapshot").returncode == 0
    (path,) = project.glob("schema/*.sql")
    path.write_text(path.read_text().replace("60", "50"))
    name = str(path.relative_to(project))
    done = typed(project, "check", "--config", "shop.settings.ONLY_SHOP", "--source", name)
    assert f"to fix it: run the SQL above where {name} comes from, and write it again\n" in done.stdout
