"""A database that was found in sync is known by its catalog rows: no drift may hide behind what was found before."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.commands import comparison
from pytest_schemadrift.dialects.at_once import digest_of
from pytest_schemadrift.sources.database import dump_unless_known, open_server
from tests import test_cli
from tests.harness import Finished, load, run, typed
from tests.test_cli import IN_SYNC, MODELS

SETTINGS = test_cli.SETTINGS.replace("PACKAGE.models", "known_models")


class Shop:
    """A project on SQLite with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "known_models.py").write_text(MODELS)
        (folder / "known_settings.py").write_text(SETTINGS)
        self.configure("")
        self.sql(IN_SYNC)

    def configure(self, more: str) -> None:
        (self.folder / "pyproject.toml").write_text(
            f'[tool.schemadrift]\ntortoise_orm = "known_settings.TORTOISE_ORM"\n{more}'
        )

    def sql(self, script: str) -> None:
        with contextlib.closing(sqlite3.connect(self.folder / "shop.sqlite3")) as database:
            database.executescript(script)

    def check(self, *options: str) -> Finished:
        return typed(self.folder, "check", *options)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("SCHEMADRIFT_VALUE_CACHE_DIR", str(tmp_path / "cache"))
    return Shop(tmp_path)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A mark for each comparison that is made."""
    made: list[object] = []
    real = comparison.compare

    async def compare(*arguments: object, **options: object) -> object:
        made.append(arguments)
        return await real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(comparison, "compare", compare)
    return made


@pytest.mark.parametrize("format_", ["text", "json", "junit", "html"])
def test_a_database_with_the_same_rows_is_known_and_the_report_is_the_same(
    format_: str, shop: Shop, compared: list[object]
) -> None:
    shop.sql("CREATE TABLE of_somebody_else (id INTEGER)")  # ignored, and the report lists it
    first = shop.check("--format", format_)
    again = shop.check("--format", format_)
    assert len(compared) == (2 if format_ == "html" else 1)  # a page draws the tables
    assert first.returncode == again.returncode == 0
    assert "of_somebody_else" in first.stdout or format_ == "junit"
    assert again.stdout == first.stdout


def test_a_file_is_known_after_vacuum(shop: Shop, compared: list[object]) -> None:
    """It puts the tables before all that is no table, in the order of their making."""
    shop.sql("CREATE VIEW shown AS SELECT 1; CREATE TABLE of_somebody_else (id INTEGER)")
    assert shop.check().returncode == 0
    shop.sql("VACUUM")
    assert shop.check().returncode == 0
    assert len(compared) == 1


CHANGES = {
    "a column": "ALTER TABLE users ADD COLUMN fax TEXT",
    "an index": "CREATE INDEX by_age ON users (age)",
    "a table": f"DROP TABLE users; {IN_SYNC.replace('255', '254')}",
}


@pytest.mark.tried("a drift that comes after the database was found in sync, and goes again")
@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_after_a_check_is_found(change: str, shop: Shop) -> None:
    before = shop.check("--format", "json")
    assert shop.check().returncode == 0
    shop.sql(CHANGES[change])
    drifted = shop.check("--format", "json")
    assert drifted.stdout != before.stdout
    assert drifted.returncode == 1
    assert shop.check("--format", "json").stdout == drifted.stdout  # nor is a drift remembered as anything


@pytest.mark.tried("models, or what counts as a drift, changed after the database was found in sync")
def test_the_same_rows_are_compared_again_for_other_models_or_settings(shop: Shop) -> None:
    shop.sql("ALTER TABLE users ADD COLUMN fax TEXT DEFAULT 'x'; ALTER TABLE users DROP COLUMN fax")
    shop.sql("CREATE TABLE of_somebody_else (id INTEGER)")
    assert shop.check().returncode == 0
    (shop.folder / "known_models.py").write_text(MODELS.replace("255", "254"))
    assert shop.check().returncode == 1
    (shop.folder / "known_models.py").write_text(MODELS)
    assert shop.check().returncode == 0
    shop.configure('unmanaged = "fail"\n')
    assert shop.check().returncode == 1
    shop.configure('exclude = ["of_*"]\n')
    assert "of_somebody_else" not in shop.check("-v").stdout
    shop.configure("")
    assert shop.check().returncode == 0
    assert shop.check("--models", "User").returncode == 0


@pytest.mark.tried("a drift that was accepted when the database was looked at last")
def test_what_a_person_accepts_is_asked_each_time(shop: Shop, compared: list[object]) -> None:
    shop.sql("CREATE INDEX by_age ON users (age)")
    shop.configure('[[tool.schemadrift.ignore]]\ncode = "SD302"\nreason = "for a month"\n')
    assert shop.check().returncode == 0, shop.check().stdout
    assert shop.check().returncode == 0
    assert len(compared) == 2
    shop.configure("")
    assert shop.check().returncode == 1


OTHERS = """
from tortoise import fields
from tortoise.models import Model

class Parcel(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "of_somebody_else"
"""


@pytest.mark.tried("a connection of its own for tables that nobody's models had when the database was in sync")
def test_a_table_that_another_connection_has_is_no_longer_one_without_a_model(shop: Shop) -> None:
    shop.sql("CREATE TABLE of_somebody_else (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL)")
    assert "of_somebody_else" in shop.check("-v").stdout
    (shop.folder / "other_models.py").write_text(OTHERS)
    more = SETTINGS.replace(
        '"apps": {', '"apps": {"post": {"models": ["other_models"], "default_connection": "post"}, '
    )
    more = more.replace('"connections": {', '"connections": {"post": "sqlite://shop.sqlite3", ')
    (shop.folder / "known_settings.py").write_text(more)
    for _ in range(2):
        found = shop.check("-v", "--connection", "default")
        assert found.returncode == 0
        assert "of_somebody_else" not in found.stdout


def test_a_damaged_memory_costs_only_the_time_to_compare(shop: Shop, compared: list[object]) -> None:
    shop.sql("CREATE TABLE of_somebody_else (id INTEGER)")
    said = shop.check().stdout
    for kind in ("in-sync", "in-sync-ignored"):
        [path] = (shop.folder / "cache" / kind).glob("*.json")
        whole = path.read_bytes()
        for content in (b"", b"[[[]], []]", whole[: len(whole) // 2]):
            path.write_bytes(content)
            assert shop.check().stdout == said
        path.write_bytes(content)
    assert len(compared) == 1 + 2 * 3


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
)
@pytest.mark.tried("what only SHOW CREATE TABLE tells, changed after the database was found in sync")
def test_where_a_table_has_to_be_asked_for_its_ddl_nothing_is_known(
    dialect: str, fresh_database: Callable[[str], str]
) -> None:
    async def digests() -> list[str]:
        async with open_server(fresh_database(dialect)) as server:
            found = []
            for statement in ("CREATE TABLE plain (id int)", "CREATE TABLE searched (t text, FULLTEXT KEY ft (t))"):
                await load(server, [statement])
                found.append((await dump_unless_known(server, lambda _: False))[0])
            return found

    plain, searched = run(digests())
    assert plain
    assert searched == ""


def test_a_digest_tells_values_and_their_places_apart() -> None:
    rows = [
        {"a": [(1, None)]},
        {"a": [(1, "")]},
        {"a": [("1", None)]},
        {"a": [(True, None)]},
        {"a": [(None, 1)]},
        {"a": [(1,), (None,)]},
        {"a": [], "b": [(1, None)]},
        {"a": [(1, b"")]},
        {"a": [([1], None)]},
        {"a": [((1,), None)]},
    ]
    assert len({digest_of(row) for row in rows}) == len(rows)
    word = "".join(["wo", "rd"])
    assert digest_of({"a": [(word, word)]}) == digest_of({"a": [["word", "".join(["wor", "d"])]]})
