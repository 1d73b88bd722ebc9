"""Servers that keep names of tables in lower case (``lower_case_table_names = 1``), and models that write capitals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_schemadrift.servers import Server, mysql, start_server
from pytest_schemadrift.sources.database import open_server
from tests.harness import load, run, typed

MODELS = """
from tortoise import fields
from tortoise.models import Model


class Person(Model):
    id = fields.IntField(primary_key=True)
    FullName = fields.CharField(max_length=50, null=True)

    class Meta:
        table = "People"


class Order(Model):
    id = fields.IntField(primary_key=True)
    buyer = fields.ForeignKeyField("models.Person", source_field="BuyerId")
    watchers = fields.ManyToManyField("models.Person", through="Order_Watchers", related_name="watched")

    class Meta:
        table = "MyOrders"
        indexes = (("id", "buyer_id"),)
"""
SETTINGS = """
TORTOISE_ORM = {{
    "connections": {{"default": "{url}"}},
    "apps": {{"models": {{"models": ["models"], "default_connection": "default"}}}},
}}
"""


@pytest.fixture(params=[pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in ("mysql", "mariadb")])
def folding(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of its own: MySQL takes the setting when its data folder is made, and never after."""
    kind = str(request.param)
    monkeypatch.setitem(mysql.FILES, kind, [*mysql.FILES[kind], "--lower-case-table-names=1"])
    handle = start_server(kind)
    yield handle.server
    handle.stop()


@pytest.mark.tried("models with capitals in names of tables, on a server that keeps names in lower case")
def test_models_with_capitals_are_in_sync_with_names_in_lower_case(folding: Server, tmp_path: Path) -> None:
    url = folding.create_database("shop")
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "settings.py").write_text(SETTINGS.format(url=url))
    (tmp_path / "pyproject.toml").write_text(
        '[tool.schemadrift]\ntortoise_orm = "settings.TORTOISE_ORM"\nunmanaged = "fail"\n'
    )

    async def names_after(*statements: str) -> set[str]:
        async with open_server(url) as server:
            await load(server, statements)
            return {name for (name,) in await server.connection.fetch("SHOW TABLES")}

    made = typed(tmp_path, "apply", "--yes")
    assert made.returncode == 0, made.stdout + made.stderr
    assert run(names_after("INSERT INTO PEOPLE (FULLNAME) VALUES ('ann')")) == {"people", "myorders", "order_watchers"}
    for _ in range(2):
        assert typed(tmp_path, "check").returncode == 0
    exported = typed(tmp_path, "export", "-o", "live.sql")
    assert exported.returncode == 0, exported.stderr
    same = typed(tmp_path, "diff", "live", "live.sql", "--exit-code")
    assert (same.returncode, same.stdout.strip()) == (0, ""), same.stdout + same.stderr

    run(
        names_after(
            "ALTER TABLE people RENAME COLUMN FullName TO fullname", "ALTER TABLE MyOrders ADD COLUMN extra int"
        )
    )
    drifted = typed(tmp_path, "check", "--format", "json")
    assert drifted.returncode == 1
    assert drifted.stdout.count('"code": "SD') == 1, drifted.stdout
    fixed = typed(tmp_path, "apply", "--yes", "--no-safe")
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr
    assert run(names_after("UPDATE People SET fullname = 'bo' WHERE fullname = 'ann'")) >= {"people"}
    assert typed(tmp_path, "check").returncode == 0
