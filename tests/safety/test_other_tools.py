"""The tables in which other tools keep their books are dropped by no plan, and hide no table of the application."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pytest_schemadrift.commands.bookkeeping import COLUMNS
from pytest_schemadrift.dialects.sqlite.names import quote
from tests.apply.conftest import Shop

KEPT = "".join(
    f"CREATE TABLE {name} ({', '.join(map(quote, sorted(shapes[-1])))}, more);" for name, shapes in COLUMNS.items()
)
OF_THE_APPLICATION = "CREATE TABLE flyway_schema_history (id int PRIMARY KEY, bird text);"
MODEL = """

class Bird(Model):
    id = fields.IntField(primary_key=True)
    timestamp = fields.IntField()
    name = fields.TextField()

    class Meta:
        table = "MIGRATIONS"
"""


@pytest.mark.sqlite
@pytest.mark.tried("tables of other migration tools, and tables of the application that are called like them")
def test_what_other_tools_keep_is_no_drift(shop: Callable[..., Shop]) -> None:
    project = shop("sqlite", KEPT)
    toml = project.folder / "pyproject.toml"
    toml.write_text(f'{toml.read_text()}unmanaged = "fail"\n')

    def in_the_way(*command: str) -> list[str]:
        done = project.run(*command, "--format", "json")
        (told,) = json.loads(done.stdout)["connections"]
        return [" ".join(change["sql"]) for change in told["changes"]]

    (project.folder / "wanted.sql").write_text("CREATE TABLE wanted (id int PRIMARY KEY);")
    assert in_the_way("check") == []
    assert not any(name in sql for sql in in_the_way("diff", "live", "wanted.sql") for name in COLUMNS)
    assert not any(name in project.run("reverse", "--all").stdout for name in COLUMNS)
    assert "goose_db_version" in project.run("reverse", "goose_db_version").stdout

    project.sql(f"DROP TABLE flyway_schema_history; {OF_THE_APPLICATION}")
    assert in_the_way("check") == ['DROP TABLE "flyway_schema_history"']
    project.models((project.folder / "shop_models.py").read_text() + MODEL)
    assert any("migrations" in sql.lower() for sql in in_the_way("check"))
