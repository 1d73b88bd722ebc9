"""The schema of a database does not depend on the order of catalog rows, which no server promises without ORDER BY.

PostgreSQL reads some catalogs as they lie on disk: switching a table's FORCE ROW LEVEL SECURITY off and on moves its
row. Each query on SQLite's catalog has an order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_schemadrift.dialects.mysql.connection import MySQLConnection
from pytest_schemadrift.dialects.postgres.adapter import Fetch
from pytest_schemadrift.planning.plan import fingerprint
from pytest_schemadrift.sources.database import dump, open_server
from tests.harness import load, run

NewDatabase = Callable[[str], str]
SCRIPTS = Path(__file__).parent
IS_ORDERED = re.compile(r"\bORDER BY [^()]+$")
FETCHES = {
    "postgres": (Fetch, "__call__"),
    "mysql": (MySQLConnection, "fetch"),
    "mariadb": (MySQLConnection, "fetch"),
}
SAME_NAMES = """
CREATE TABLE {schema}first (id integer PRIMARY KEY, a integer UNIQUE, CHECK (a > 0), CHECK (a > 1));
CREATE TABLE {schema}second (id integer PRIMARY KEY, a integer UNIQUE, CHECK (a > 0), CHECK (a > 1));
"""
ON_BOTH = {
    "postgres": """
        CREATE POLICY own ON {table} USING (a > 0);
        CREATE RULE own AS ON DELETE TO {table} DO INSTEAD NOTHING;
        CREATE FUNCTION {table}(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION {table}(text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION {table}_fired() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER own BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_fired();
        CREATE TRIGGER another BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_fired();
        CREATE VIEW {table}_read AS SELECT a FROM {table};
        COMMENT ON POLICY own ON {table} IS 'its own';
    """,
    "mysql": """
        CREATE TRIGGER {table}_b BEFORE INSERT ON {table} FOR EACH ROW SET NEW.a = 3;
        CREATE TRIGGER {table}_a BEFORE INSERT ON {table} FOR EACH ROW SET NEW.a = 4;
        CREATE VIEW {table}_read AS SELECT a FROM {table};
    """,
}
ON_BOTH["mariadb"] = ON_BOTH["mysql"]


def script_of(dialect: str) -> str:
    """A database with something of everything, and with what may have one name on two tables."""
    folder = SCRIPTS / ("mysql" if dialect == "mariadb" else dialect) / "scripts"
    texts = [path.read_text("utf-8") for path in (folder / "everything.sql",) if path.exists()]
    texts.append(SAME_NAMES.format(schema=""))
    tables = ["first", "second"]
    if dialect == "postgres":
        texts.append("CREATE SCHEMA elsewhere;" + SAME_NAMES.format(schema="elsewhere."))
        tables += ["elsewhere.first", "elsewhere.second"]
    return ";".join([*texts, *(ON_BOTH[dialect].format(table=table) for table in tables)])


@pytest.mark.parametrize("dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in FETCHES])
def test_the_order_of_catalog_rows_does_not_matter(
    dialect: str, fresh_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, method = FETCHES[dialect]
    asked = getattr(kind, method)
    turned = []

    async def reversed_rows(self: Any, sql: str, *arguments: object) -> list[Any]:
        rows: list[Any] = await asked(self, sql, *arguments)
        if len(rows) < 2 or IS_ORDERED.search(sql):
            return rows
        turned.append(sql)
        return rows[::-1]

    async def look() -> None:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, script_of(dialect))
            before = await dump(server)
            with monkeypatch.context() as patch:
                patch.setattr(kind, method, reversed_rows)
                after = await dump(server)
            assert repr(after) == repr(before)
            assert fingerprint(after) == fingerprint(before)

    run(look())
    assert turned
