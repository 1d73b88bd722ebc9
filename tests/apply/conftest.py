"""A throw-away project whose database has drifted, on any server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from pytest_schemadrift.sources.database import open_server
from tests.harness import Finished, load, run, typed

MODELS = """
from tortoise import fields
from tortoise.models import Model

class Author(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=100)
    email = fields.CharField(max_length=200, null=True)

    class Meta:
        table = "author"

class Book(Model):
    id = fields.IntField(primary_key=True)
    title = fields.CharField(max_length=300)
    author = fields.ForeignKeyField("shop.Author", related_name="books")
    pages = fields.BigIntField(null=True)

    class Meta:
        table = "book"
        indexes = (("title",),)
"""
_numbers = count()


@dataclass
class Shop:
    """The project's folder, and the URL of its database."""

    folder: Path
    url: str

    def run(self, *arguments: str, answers: str | None = None) -> Finished:
        """Run the command as if it were typed in the project's folder; without answers there is no input at all."""
        return typed(self.folder, *arguments, answers=answers)

    def models(self, text: str) -> None:
        """Let the project have these models from now on."""
        (self.folder / "shop_models.py").write_text(text)

    def use(self, url: str) -> None:
        """Let the project connect with this URL from now on."""
        (self.folder / "shop_settings.py").write_text(
            f'TORTOISE_ORM = {{"connections": {{"default": {url!r}}}, "apps": {{"shop": '
            '{"models": ["shop_models"], "default_connection": "default"}}}\n'
        )
        self.url = url

    def sql(self, script: str) -> None:
        async def work() -> None:
            async with open_server(self.url) as server:
                await load(server, script)

        run(work())

    def fetch(self, query: str) -> list[tuple[object, ...]]:
        async def work() -> list[tuple[object, ...]]:
            async with open_server(self.url) as server:
                return [tuple(row) for row in await server.connection.fetch(query)]

        return run(work())


@pytest.fixture
def shop(tmp_path: Path, fresh_database: Callable[[str], str]) -> Callable[..., Shop]:
    """Make the project: models, settings, and a database as the models want it, changed by ``drift``."""

    def make(dialect: str, drift: str = "", models: str = MODELS, settings: str = "") -> Shop:
        url = fresh_database(dialect)
        folder = tmp_path / f"shop{next(_numbers)}"
        folder.mkdir()
        (folder / "pyproject.toml").write_text(
            f'[tool.schemadrift]\ntortoise_orm = "shop_settings.TORTOISE_ORM"\n{settings}'
        )
        made = Shop(folder, url)
        made.models(models)
        made.use(url)
        assert made.run("apply", "--yes").returncode == 0
        made.sql(drift)
        return made

    return make
