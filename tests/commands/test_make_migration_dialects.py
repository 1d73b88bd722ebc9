"""One migration for several dialects: tried on each of them, forth and back, by the tool itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_schemadrift.sources.database import open_server
from tests.commands.test_make_migration import called, edit, forget, made, newest
from tests.commands.test_pending import EXAMPLES, Deployed
from tests.harness import run

pytestmark = pytest.mark.processes


def several(tmp_path: Path, name: str, url: str, dialects: str) -> Deployed:
    """An example whose migrations run on several kinds of server."""
    folder = tmp_path / "project"
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    with (folder / "pyproject.toml").open("a") as file:
        file.write(f"[tool.schemadrift.databases.default]\ndialects = [{dialects}]\n")
    return Deployed(folder, url)


def answer(project: Deployed, query: str) -> list[tuple[object, ...]]:
    async def ask() -> list[tuple[object, ...]]:
        async with open_server(project.url) as server:
            return [tuple(row) for row in await server.connection.fetch(query)]

    return run(ask())


def elsewhere(project: Deployed, url: str) -> Deployed:
    return Deployed(project.folder, url)


@pytest.mark.postgres
@pytest.mark.mariadb
@pytest.mark.mysql
def test_a_native_migration_holds_the_statements_of_each_dialect(
    tmp_path: Path, fresh_database: Callable[[str], str]
) -> None:
    shop = several(
        tmp_path, "native_migrations", fresh_database("sqlite"), '"sqlite", "postgres", "mysql:9", "mariadb:11"'
    )
    heads = {}
    places = {name: elsewhere(shop, fresh_database(name)) for name in ("postgres", "mariadb")}
    places["sqlite"] = shop
    for name, place in places.items():
        called(place, "tortoise", "migrate")
        heads[name] = place.structure()
        place.sql("INSERT INTO users (email, name) VALUES ('a@example.org', 'a'), ('b@example.org', 'b')")
        place.sql("INSERT INTO posts (author_id) SELECT id FROM users WHERE name = 'b'")
    forget(shop.folder / "native" / "models.py")
    text = made(shop, "--allow-hazard", "MAY_FAIL_ON_DATA", "--name", "tags")
    assert "proven: the whole chain was run from empty, then back and forth again" in text
    assert "already exists" not in text, "a driver was heard"
    for name, place in places.items():
        called(place, "tortoise", "migrate")
        assert place.drift("check", "--source", "live").returncode == 0, name
        called(place, "tortoise", "downgrade", "native", "0003_first_user")
        assert place.structure() == heads[name]
    assert "No changes detected" in called(shop, "tortoise", "makemigrations")
    for name, place in places.items():
        rows = "SELECT u.name FROM posts p JOIN users u ON u.id = p.author_id"
        assert answer(place, rows) == [("b",)], f"{name}: a row went lost on the way forth and back"

    postgres = places["postgres"]  # where the text of several statements is all or nothing
    before = postgres.structure()
    postgres.sql("UPDATE users SET email = 'same@example.org'")
    assert postgres.call("tortoise", "migrate").returncode != 0
    assert postgres.structure() == before


@pytest.mark.postgres
def test_a_migration_of_aerich_holds_the_statements_of_each_dialect(
    tmp_path: Path, fresh_database: Callable[[str], str]
) -> None:
    shop = several(tmp_path, "aerich_migrations", fresh_database("sqlite"), '"sqlite", "postgres"')
    folder = shop.folder / "migrations" / "olden"
    names = folder / "1_20260102000000_names.py"
    for path in (folder / "0_20260101000000_init.py", names):
        text = (
            path.read_text()
            .replace("    return ", "    text = ")
            .replace('"""\n\n\n', '"""\n    return own(db, text)\n\n\n')
        )
        path.write_text(f"{OWN}{text}")
    other = elsewhere(shop, fresh_database("postgres"))
    for place in (shop, other):
        called(place, "aerich", "upgrade")
    heads = [place.structure() for place in (shop, other)]
    forget(shop.folder / "olden" / "models.py")
    made(shop, "--allow-hazard", "MAY_FAIL_ON_DATA", "--name", "tags")
    assert newest(folder).read_text().count("if db.capabilities.dialect ==") == 4
    for place, head in zip((shop, other), heads, strict=True):
        called(place, "aerich", "upgrade")
        assert place.drift("check", "--source", "live").returncode == 0
        called(place, "aerich", "downgrade", "--yes")
        assert place.structure() == head
        called(place, "aerich", "upgrade")
    assert "No changes detected" in called(shop, "aerich", "migrate")


OWN = """
def own(db, text):
    if db.capabilities.dialect == "postgres":
        text = text.replace("INTEGER PRIMARY KEY AUTOINCREMENT", "SERIAL PRIMARY KEY").replace("JSON", "JSONB")
    return text


"""


def test_a_dialect_that_a_migration_was_not_written_for_fails_and_does_nothing() -> None:
    from pytest_schemadrift.codegen.migration import NOTHING, Content, Recorded, aerich_text, native_text

    contents = {"sqlite": Content("one", ("SELECT 1",), None, as_script=True), "postgres": NOTHING}
    space: dict[str, object] = {}
    exec(native_text(contents, [], Recorded()), space)
    (operation,) = space["Migration"].operations  # type: ignore[attr-defined]
    assert operation.sql == {"sqlite": "SELECT 1;", "postgres": ""}
    assert operation.reverse_sql == {"postgres": ""}, "nothing leads back on SQLite"

    editor = SimpleNamespace(client=SimpleNamespace(capabilities=SimpleNamespace(dialect="mysql")))
    with pytest.raises(NotImplementedError, match="no SQL for mysql"):
        operation.for_dialect(operation.sql, editor)
    text = aerich_text(contents, None, chooses_transaction=True)
    assert text.count('return "SELECT 1"') == 2, "an empty text is an error of MySQL, and a refusal of Aerich"
    assert 'return ""  # Aerich refuses a downgrade then' in text


@pytest.mark.sqlite
def test_errors_of_several_dialects_say_what_to_do(tmp_path: Path, fresh_database: Callable[[str], str]) -> None:
    shop = several(tmp_path, "native_migrations", fresh_database("sqlite"), '"sqlite", "oracle"')
    assert "sqlite, postgres, mysql or mariadb, or with a version: \"postgres:16\", not 'oracle'" in made(shop, code=2)
    edit(shop.folder / "pyproject.toml", "oracle", "postgres")
    called(shop, "tortoise", "migrate")
    shop.sql("CREATE INDEX quick ON posts (author_id)")
    text = made(shop, "--from", "live", code=2)
    assert "the live database is not what the models want, and only they know postgres" in text
    edit(shop.folder / "native" / "migrations" / "0002_names.py", "    operations = [", RAW)
    text = made(shop, code=2)
    assert "the migration native.0002_names fails" in text
    assert "(on postgres)" in text
    assert len(text.strip().splitlines()) <= 5


def test_sql_files_of_an_old_aerich_are_left_to_it(tmp_path: Path) -> None:
    shop = several(tmp_path, "aerich_migrations", "sqlite://nothing.sqlite3", "")
    folder = shop.folder / "migrations" / "olden"
    for path in folder.glob("*.py"):
        path.rename(path.with_suffix(".sql"))
    text = made(shop, code=2)
    assert "the SQL files of an Aerich before 0.7" in text
    assert "let aerich migrate write them; docs/make-migration.md says how" in text


RAW = """    operations = [
        ops.RunSQL("PRAGMA user_version = 1"),"""
