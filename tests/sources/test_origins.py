"""The line of every table and column, from the source that people wrote."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from pytest_schemadrift.core.config.tortoise import parse_tortoise_config
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.locations import _classes
from pytest_schemadrift.sources.models import Origins, load_models, model_ddl

MODELS = '''\
"""Line 1."""
from tortoise import fields
from tortoise.models import Model

class Dated:
    created = fields.DatetimeField(auto_now_add=True)

class Base(Model):
    name = fields.CharField(max_length=9)
    slug: str = fields.CharField(max_length=9)
    class Meta:
        abstract = True

class Author(Dated, Base):
    slug = fields.CharField(
        max_length=99,
        source_field="short",
    )

class Book(Model):
    author: "fields.ForeignKeyRelation[Author]" = fields.ForeignKeyField("shop.Author", source_field="written_by")
    if True:
        readers = fields.ManyToManyField("shop.Author", related_name="read")
    class Meta:
        schema = "public"
        table = "books"

if True:
    class Late(Model):
        x = fields.IntField()

def made():
    class Hidden(Model):
        y = fields.IntField()
    return Hidden

Hidden = made()
Built = type("Built", (Model,), {"z": fields.IntField(), "__module__": __name__})
'''


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Origins:
    folder = tmp_path_factory.mktemp("project")
    (folder / "placed").mkdir()
    (folder / "placed" / "models.py").write_text(MODELS)
    sys.path.insert(0, str(folder))
    try:
        importlib.import_module("placed.models")
    finally:
        sys.path.remove(str(folder))
    config = {"connections": {"default": "asyncpg://h/d"}, "apps": {"shop": {"models": ["placed.models"]}}}
    with load_models(parse_tortoise_config(config, origin="", project_dir=folder)) as loaded:
        return model_ddl(loaded, "default").origins


@pytest.mark.parametrize(
    ("table", "column", "line", "field"),
    [
        (Name("", "author"), None, 14, ""),
        (Name("", "author"), "id", 14, "id"),
        (Name("", "author"), "created", 6, "created"),
        (Name("", "author"), "name", 9, "name"),
        (Name("", "author"), "short", 15, "slug"),
        (Name("public", "books"), None, 20, ""),
        (Name("", "books"), None, 20, ""),
        (Name("public", "books"), "written_by", 21, "author"),
        (Name("public", "books_author"), None, 23, "readers"),
        (Name("public", "books_author"), "author_id", 23, "readers"),
        (Name("", "late"), "x", 30, "x"),
        (Name("", "hidden"), "y", 34, "y"),
    ],
)
def test_lines(origins: Origins, table: Name, column: str | None, line: int, field: str) -> None:
    origin = origins[table, column]
    assert (origin.path, origin.line, origin.field) == ("placed/models.py", line, field)
    assert str(origin) == f"placed/models.py:{line}"
    assert origin.model.startswith("shop.")


def test_what_has_no_line(origins: Origins) -> None:
    assert origins.get((Name("", "built"), "z")) is None
    assert origins.get((Name("", "author"), "no such column")) is None
    assert origins.get((Name("", "no such table"), None)) is None


def test_all_of_them_are_listed(origins: Origins) -> None:
    assert len(list(origins)) == len(origins)
    assert (Name("public", "books_author"), "books_id") in set(origins)


def test_no_source_is_read_before_somebody_asks(origins: Origins) -> None:
    _classes.cache_clear()
    assert origins.declarations
    assert _classes.cache_info().misses == 0
    for key in origins:
        origins.get(key)
    assert _classes.cache_info().misses <= 2  # this file, and Tortoise's own models.py for the class Model


def test_paths_outside_of_the_project_are_whole(tmp_path: Path, origins: Origins) -> None:
    moved = Origins(origins.declarations, tmp_path)
    assert Path(moved[Name("", "author"), None].path).is_absolute()
