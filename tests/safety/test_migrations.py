"""The project's own migrations, run in a database of ours, reach no other one of the project's."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pytest_schemadrift.commands.databases import bring_up
from pytest_schemadrift.errors import MigrationFailed
from tests.harness import run
from tests.sources.test_migrations import example, forgotten_modules, open_project

__all__ = ["example", "forgotten_modules"]

SETTINGS = """
TORTOISE_ORM = {{
    "connections": {{"default": "sqlite://unused.sqlite3", "other": {url!r}}},
    "apps": {{
        "native": {{"models": ["native.models"], "default_connection": "default", "migrations": "native.migrations"}},
        "books": {{"models": ["native.books"], "default_connection": "other"}},
    }},
}}
"""
BOOKS = """
from tortoise import fields
from tortoise.models import Model


class Book(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "book"
"""
MIGRATION = """
from tortoise import migrations
from tortoise.migrations import operations as ops


async def elsewhere(apps, schema_editor):
    {how}


class Migration(migrations.Migration):
    dependencies = [("native", "0003_first_user")]
    operations = [ops.RunPython(elsewhere)]
"""
HOWS = {
    "the connection by its name": (
        "from tortoise.connection import get_connection as get; await get('other').execute_query('DELETE FROM book')"
    ),
    "a model": "from native.books import Book; await Book.all().delete()",
    "its own settings": (
        "from tortoise import Tortoise; await Tortoise.get_connection('other').execute_script('DROP TABLE book')"
    ),
}


@pytest.fixture
def two_connections(example: Callable[..., Path]) -> Callable[[str, str], Path]:
    def made(how: str, url: str) -> Path:
        folder = example("native_migrations")
        (folder / "native/settings.py").write_text(SETTINGS.format(url=url))
        (folder / "native/books.py").write_text(BOOKS)
        (folder / "native/migrations/0004_elsewhere.py").write_text(MIGRATION.format(how=how))
        return folder

    return made


@pytest.mark.sqlite
@pytest.mark.tried("a migration that writes to another connection's live database")
@pytest.mark.parametrize("how", HOWS)
def test_a_migration_reaches_no_other_connection(
    how: str, two_connections: Callable[[str, str], Path], tmp_path: Path
) -> None:
    live = tmp_path / "live.sqlite3"
    with closing(sqlite3.connect(live)) as connection, connection:
        connection.executescript("CREATE TABLE book (id INTEGER PRIMARY KEY); INSERT INTO book VALUES (1), (2);")
    folder = two_connections(HOWS[how], f"sqlite://{live}")
    with pytest.raises(MigrationFailed, match=r"native\.0004_elsewhere.*\(other\) none is open meanwhile"):
        run(bring_up(open_project(folder), "default", f"sqlite://{folder}/own.sqlite3"))
    with closing(sqlite3.connect(live)) as connection:
        assert connection.execute("SELECT count(*) FROM book").fetchall() == [(2,)]


@pytest.mark.sqlite
@pytest.mark.tried("a migration that writes to another connection's live database")
@pytest.mark.parametrize("scheme", ["asyncpg", "mysql"])
def test_a_migration_reaches_no_other_server(scheme: str, two_connections: Callable[[str, str], Path]) -> None:
    """No server is asked: the connection's address is one that does not exist, and its password is not sent."""
    folder = two_connections(HOWS["the connection by its name"], f"{scheme}://ann:secret@127.0.0.1:9/live")
    with pytest.raises(MigrationFailed, match=r"\(other\) none is open meanwhile") as failed:
        run(bring_up(open_project(folder), "default", f"sqlite://{folder}/own.sqlite3"))
    assert "127.0.0.1" not in str(failed.value)
    assert "secret" not in str(failed.value)
