"""What stands for models without their DDL: wherever the DDL is another one, so is the fingerprint."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from tortoise import Tortoise, fields
from tortoise.backends.base.schema_generator import BaseSchemaGenerator
from tortoise.indexes import Index
from tortoise.models import Model

from pytest_schemadrift.errors import SchemaDriftError
from pytest_schemadrift.sources import orm
from pytest_schemadrift.sources.models import model_ddl, running_models
from pytest_schemadrift.sources.orm.fingerprint import fingerprint
from tests.harness import run

ROOT = Path(__file__).parents[2]
T = TypeVar("T")


class Town(Model):
    name = fields.CharField(max_length=50, unique=True, description="as people call it")

    class Meta:
        table = "told_towns"


class Shop(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50, default=lambda: "none")
    price = fields.DecimalField(max_digits=9, decimal_places=2, null=True)
    rows = fields.JSONField(default=dict)
    opened = fields.DatetimeField(auto_now_add=True, db_index=True)
    is_large = fields.BooleanField(null=True)
    rating = fields.FloatField(null=True)
    town: Any = fields.ForeignKeyField(f"models.{Town.__name__}", related_name="shops")
    rivals: Any = fields.ManyToManyField("models.Shop", related_name="rival_of")

    class Meta:
        table = "told_shops"
        unique_together = (("name", "town"),)
        indexes = (Index(fields=("price",), name="by_price"),)


def field(name: str) -> Any:
    return Shop._meta.fields_map[name]


SHOP: Any = Shop._meta
CHANGES: dict[str, Callable[[pytest.MonkeyPatch], object]] = {
    "length": lambda patch: patch.setattr(field("name"), "max_length", 51),
    "digits": lambda patch: patch.setattr(field("price"), "decimal_places", 3),
    "null": lambda patch: patch.setattr(field("price"), "null", False),
    "unique": lambda patch: patch.setattr(field("name"), "unique", True),
    "index": lambda patch: patch.setattr(field("name"), "index", True),
    "no index": lambda patch: patch.setattr(field("opened"), "index", False),
    "default": lambda patch: patch.setattr(field("name"), "db_default", "x"),
    "another default": lambda patch: patch.setattr(field("price"), "db_default", 0),
    "comment": lambda patch: patch.setattr(field("name"), "description", "of the shop"),
    "type": lambda patch: patch.setitem(SHOP.fields_map, "name", renamed(fields.TextField(), "name")),
    "types the other way round": lambda patch: [
        patch.setitem(SHOP.fields_map, "is_large", renamed(fields.FloatField(null=True), "is_large")),
        patch.setitem(SHOP.fields_map, "rating", renamed(fields.BooleanField(null=True), "rating")),
    ],
    "length of a class": lambda patch: patch.setattr(fields.CharField, "SQL_TYPE", "VARCHAR(7)"),
    "type of a dialect": lambda patch: patch.setattr(fields.JSONField._db_postgres, "SQL_TYPE", "JSON"),
    "code of a class": lambda patch: patch.setattr(
        fields.DecimalField, "SQL_TYPE", property(lambda item: f"NUMERIC({item.max_digits})")
    ),
    "code of the generator": lambda patch: patch.setattr(
        orm.running().client("default").schema_generator, "_table_generate_extra", lambda item, table: " -- patched"
    ),
    "code of a static method": lambda patch: patch.setattr(
        BaseSchemaGenerator, "_make_hash", staticmethod(lambda *parts, length: "0" * length)
    ),
    "on delete": lambda patch: patch.setattr(field("town"), "on_delete", fields.SET_DEFAULT),
    "no foreign key": lambda patch: patch.setattr(field("town"), "db_constraint", False),
    "link table": lambda patch: patch.setattr(field("rivals"), "through", "told_rivals"),
    "link column": lambda patch: patch.setattr(field("rivals"), "forward_key", "rival"),
    "table": lambda patch: patch.setattr(SHOP, "db_table", "told_stores"),
    "table that is referred to": lambda patch: patch.setattr(Town._meta, "db_table", "told_places"),
    "schema": lambda patch: patch.setattr(SHOP, "schema", "trade"),
    "comment of the table": lambda patch: patch.setattr(SHOP, "table_description", "where people buy"),
    "unique together": lambda patch: patch.setattr(SHOP, "unique_together", (("town", "name"),)),
    "indexes": lambda patch: patch.setattr(SHOP, "indexes", (Index(fields=("price", "id"), name="by_price"),)),
    "name of an index": lambda patch: patch.setattr(SHOP.indexes[0], "name", "by_cost"),
    "kind of an index": lambda patch: patch.setattr(SHOP.indexes[0], "INDEX_TYPE", "BRIN"),
    "options": lambda patch: patch.setattr(Shop.Meta, "table_options", "WITH (fillfactor=70)", raising=False),
    "managed": lambda patch: patch.setattr(Shop.Meta, "managed", False, raising=False),
    "order of columns": lambda patch: patch.setattr(
        SHOP, "fields_db_projection", dict(reversed(SHOP.fields_db_projection.items()))
    ),
}


def renamed(made: Any, name: str) -> Any:
    made.model_field_name, made.model = name, Shop
    return made


def with_models(look: Callable[[], T]) -> T:
    """What is seen of the models as they run, in front of a PostgreSQL that nobody asks."""

    async def begin() -> T:
        await Tortoise.init(db_url="asyncpg://nobody@nowhere.invalid/x", modules={"models": [__name__]})
        try:
            return look()
        finally:
            await Tortoise.close_connections()

    return run(begin())


def told() -> tuple[str, str | None]:
    """The DDL of the models, and their fingerprint."""
    apps = orm.running()
    try:
        source = model_ddl(running_models(Path()), "default")
        ddl = "\n".join([*source.preamble, source.sql, *map(repr, source.others), *source.unmanaged])
    except SchemaDriftError as error:
        ddl = str(error)
    return ddl, fingerprint(apps.models(), apps.client("default"))


@pytest.mark.parametrize("change", CHANGES)
def test_another_ddl_is_another_fingerprint(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def look() -> tuple[tuple[str, str | None], ...]:
        before = told()
        with monkeypatch.context() as patch:
            CHANGES[change](patch)
            changed = told()
        return before, changed, told()

    before, changed, afterwards = with_models(look)
    assert before == afterwards, "the change is undone, and nothing else is in it"
    assert None not in (before[1], changed[1])
    assert changed[0] != before[0], "the change is none to the DDL"
    assert changed[1] != before[1]


@pytest.mark.parametrize(
    "code", ["(lambda: 'VARCHAR({0})')()", "'VARCHAR(7)' if field.max_length in {{51, {0}}} else 'TEXT'"]
)
def test_what_a_function_holds_is_part_of_its_code(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another function, or a set: its own instructions are the same ones."""

    def look() -> list[tuple[str, str | None]]:
        found = []
        for number in (7, 50):
            with monkeypatch.context() as patch:
                said = eval(f"lambda field: {code.format(number)}")
                patch.setattr(fields.CharField, "SQL_TYPE", property(said))
                found.append(told())
        return found

    (one_ddl, one), (other_ddl, other) = with_models(look)
    assert one_ddl != other_ddl
    assert None not in (one, other)
    assert one != other


class Ours(fields.CharField):
    """Says what it likes."""


class OurIndex(Index):
    """Writes what it likes."""


class OurGenerator(BaseSchemaGenerator):
    """Writes all of it as it likes."""

    DIALECT = "postgres"


class Words(str):
    """A text that may be written otherwise."""


OURS: dict[str, Callable[[pytest.MonkeyPatch], object]] = {
    "field": lambda patch: patch.setitem(SHOP.fields_map, "name", renamed(Ours(max_length=50), "name")),
    "index": lambda patch: patch.setattr(SHOP, "indexes", (OurIndex(fields=("price",), name="by_price"),)),
    "constraint": lambda patch: patch.setattr(
        SHOP, "constraints", (SimpleNamespace(get_sql=lambda *_: "CHECK (true)"),)
    ),
    "value": lambda patch: patch.setattr(field("name"), "db_default", Words("x")),
    "encoder": lambda patch: patch.setattr(field("rows"), "encoder", lambda value: "{}"),
    "backend": lambda patch: patch.setattr(orm.running().client("default"), "schema_generator", OurGenerator),
}


@pytest.mark.parametrize("what", OURS)
def test_code_of_the_project_has_no_fingerprint(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its DDL may depend on anything, so it is asked for it at each start."""

    def look() -> str | None:
        apps = orm.running()
        with monkeypatch.context() as patch:
            OURS[what](patch)
            return fingerprint(apps.models(), apps.client("default"))

    assert with_models(look) is None


@pytest.mark.processes
def test_it_is_the_same_in_every_process(tmp_path: Path) -> None:
    """The order of a set is another one in each."""
    script = f"import {__name__} as here; print(here.with_models(here.told)[1])"
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1 and "None" not in found.pop()
