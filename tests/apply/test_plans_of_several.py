"""A saved plan of several connections, after renames, beside what is accepted: it does what a direct apply does."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import dump, open_server
from tests.apply.conftest import Shop
from tests.harness import run

DIALECTS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("sqlite", "postgres", "mariadb")]
FILE = "drift.plan.json"
SETTINGS = """
TORTOISE_ORM = {{
    "connections": {{"default": {url!r}, "audit": "sqlite://audit.sqlite3"}},
    "apps": {{
        "shop": {{"models": ["shop_models"], "default_connection": "default"}},
        "audit": {{"models": ["audit_models"], "default_connection": "audit"}},
    }},
}}
"""
AUDIT = """
from tortoise import fields
from tortoise.models import Model


class Entry(Model):
    id = fields.IntField(primary_key=True)
    kind = fields.CharField(max_length=9, null=True)
    text = fields.TextField(null=True)

    class Meta:
        table = "entry"
"""
RULE = """
[[tool.schemadrift.ignore]]
name = "by_hand"
reason = "the operators' own"
"""
ROWS = """
INSERT INTO author (id, name, email) VALUES (1, 'a', 'a@x'), (2, 'b', NULL);
INSERT INTO book (id, title, author_id, pages) VALUES (1, 't', 1, 10), (2, 'u', 2, NULL);
"""
OLD = "ALTER TABLE author ADD COLUMN old INTEGER; UPDATE author SET old = id; CREATE INDEX by_hand ON book (pages);"
DRIFT = """
ALTER TABLE author RENAME COLUMN email TO mail;
ALTER TABLE author ADD COLUMN fax INTEGER;
UPDATE author SET fax = 7;
CREATE INDEX forgotten ON author (name);
"""
OPTIONS = "--rename", "author.mail=email", "--allow", "SD202:author.fax"


def drifted(shop: Callable[..., Shop], dialect: str) -> Shop:
    """What a rule and the baseline accept is in the database before anything else; then it drifts."""
    made = shop(dialect, ROWS + OLD, settings=RULE)
    (made.folder / "shop_settings.py").write_text(SETTINGS.format(url=made.url))
    (made.folder / "audit_models.py").write_text(AUDIT)
    with closing(sqlite3.connect(made.folder / "audit.sqlite3")) as database, database:
        database.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, note TEXT)")
        database.execute("INSERT INTO entry (note) VALUES ('kept')")
    assert made.run("--connection", "default", "baseline").returncode == 0
    made.sql(DRIFT)
    return made


def outcome(shop: Shop) -> tuple[Schema, Schema, list[tuple[object, ...]], list[tuple[object, ...]]]:
    async def look(url: str) -> Schema:
        async with open_server(url) as server:
            return await dump(server)

    audit = Shop(shop.folder, f"sqlite://{shop.folder}/audit.sqlite3")
    authors = shop.fetch("SELECT id, name, email, old FROM author ORDER BY id")
    return run(look(shop.url)), run(look(audit.url)), authors, audit.fetch("SELECT id, note, text FROM entry")


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_saved_plan_of_several_connections_is_a_direct_apply(dialect: str, shop: Callable[..., Shop]) -> None:
    saved, direct = drifted(shop, dialect), drifted(shop, dialect)
    assert saved.run("plan", "-o", FILE, *OPTIONS, "--skip", "SD201:entry.text").returncode == 1
    plans = json.loads(Path(saved.folder, FILE).read_text())["connections"]
    assert [plan["name"] for plan in plans] == ["default", "audit"]
    done = saved.run("apply", FILE, "--yes")
    assert done.returncode == 1, done.stdout + done.stderr
    saved.run("plan", "-o", FILE, "--only", "SD201")  # what was skipped, in a plan of its own
    assert saved.run("apply", FILE, "--yes").returncode == 1, "the note is left"
    same = direct.run("apply", "--yes", *OPTIONS)
    assert same.returncode == 1, same.stdout + same.stderr
    schema, _, authors, entries = outcome(saved)
    assert outcome(saved) == outcome(direct)
    assert authors == [(1, "a", "a@x", 1), (2, "b", None, 2)], (
        "what is accepted stays, what is renamed keeps its values"
    )
    assert entries == [(1, "kept", None)]
    assert "by_hand" in {index.name for table in schema.tables for index in table.indexes}
    assert saved.run("apply", FILE, "--yes").returncode == 2, "it is no longer the database of the plan"
