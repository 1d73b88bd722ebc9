"""Servers that keep names of tables in lower case (``lower_case_table_names = 1``), and models that write capitals."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
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
    for side in ("live", "models"):
        same = typed(tmp_path, "diff", side, "live.sql", "--exit-code")
        assert (same.returncode, same.stdout.strip()) == (0, ""), same.stdout + same.stderr

    run(
        names_after(
            "ALTER TABLE people RENAME COLUMN FullName TO fullname",
            "INSERT INTO MyOrders (BuyerId) VALUES (1)",
            "ALTER TABLE MyOrders ADD COLUMN extra int DEFAULT 7",
        )
    )
    drifted = typed(tmp_path, "check", "--format", "json")
    assert drifted.returncode == 1
    assert drifted.stdout.count('"code": "SD') == 1, drifted.stdout
    named = typed(tmp_path, "plan", "--only", "SD202:MyOrders.Ex*")
    assert (named.returncode, named.stderr) == (1, ""), named.stdout + named.stderr
    assert typed(tmp_path, "check", "--apps", "models").returncode == 1
    settings = (tmp_path / "pyproject.toml").read_text()
    rule = '[[tool.schemadrift.ignore]]\ntable = "MyOrders"\nname = "EXTRA"\nreason = "later"\n'
    for accepted in (settings + rule, settings + 'exclude = ["My*"]\n'):
        (tmp_path / "pyproject.toml").write_text(accepted)
        heard = typed(tmp_path, "check")
        assert (heard.returncode, "matches no table" in heard.stdout) == (0, False), heard.stdout + heard.stderr
    (tmp_path / "pyproject.toml").write_text(settings)
    fixed = typed(tmp_path, "apply", "--yes", "--allow", "SD202:MyOrders.EXTRA")
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr
    assert run(names_after("UPDATE People SET fullname = 'bo' WHERE fullname = 'ann'")) >= {"people"}
    assert typed(tmp_path, "check").returncode == 0


@pytest.mark.tried("names in another letter case than the database's: --allow, --only, --rename, rules, the baseline")
def test_what_a_person_names_may_have_another_case_in_sqlite(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "settings.py").write_text(SETTINGS.format(url=f"sqlite://{tmp_path}/shop.db"))
    settings = '[tool.schemadrift]\ntortoise_orm = "settings.TORTOISE_ORM"\n'
    (tmp_path / "pyproject.toml").write_text(settings)
    (tmp_path / "shop.db").touch()
    assert typed(tmp_path, "apply", "--yes").returncode == 0

    def execute(script: str) -> None:
        with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
            connection.executescript(script)

    execute("ALTER TABLE People RENAME TO aside; ALTER TABLE aside RENAME TO people;")
    execute("ALTER TABLE people ADD COLUMN Extra int DEFAULT 7; INSERT INTO people (FullName) VALUES ('ann');")
    assert typed(tmp_path, "baseline").returncode == 0
    execute("ALTER TABLE people RENAME COLUMN Extra TO aside; ALTER TABLE people RENAME COLUMN aside TO EXTRA;")
    execute("ALTER TABLE people RENAME TO aside; ALTER TABLE aside RENAME TO PEOPLE;")
    known = typed(tmp_path, "check", "-v")
    assert known.returncode == 0, known.stdout
    assert "in the baseline" in known.stdout
    assert "no longer needed" not in known.stdout
    (tmp_path / "schema" / "baseline.txt").unlink()
    rule = '[[tool.schemadrift.ignore]]\nreason = "later"\ntable = "people"\nname = "extra"\n'
    (tmp_path / "pyproject.toml").write_text(settings + rule)
    assert typed(tmp_path, "check").returncode == 0
    (tmp_path / "pyproject.toml").write_text(settings)
    execute("ALTER TABLE PEOPLE RENAME COLUMN FullName TO Title;")
    done = typed(tmp_path, "apply", "--yes", "--rename", "people.TITLE=FULLNAME", "--allow", "SD202:people.extra")
    assert done.returncode == 0, done.stdout + done.stderr
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        assert connection.execute("SELECT * FROM people").fetchall() == [(1, "ann")]
    assert typed(tmp_path, "check").returncode == 0
