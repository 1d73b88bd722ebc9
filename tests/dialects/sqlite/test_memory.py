"""A database in memory that is in pieces answers as one that is not: one file of SQLite's is the judge."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_schemadrift.dialects.base import closing
from pytest_schemadrift.dialects.sqlite import memory
from pytest_schemadrift.dialects.sqlite.catalog.queries import query
from pytest_schemadrift.dialects.sqlite.read.script import split_script
from pytest_schemadrift.dialects.sqlite.server_info import DEFAULT_INFO
from pytest_schemadrift.errors import StatementFailed

CASES = Path(__file__).parents[2] / "cases"
CATALOG = tuple(memory._CATALOG)
T, U = 'CREATE TABLE "t" ("id" INTEGER PRIMARY KEY AUTOINCREMENT)', 'CREATE TABLE "u" ("t_id" INT REFERENCES "t")'
V = 'CREATE TABLE "v" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "name" TEXT UNIQUE)'
ODD = {
    "a table's name is taken by a table": [T, U, 'CREATE TABLE "T" (a)'],
    "a table's name is taken by an index": [T, 'CREATE INDEX "i" ON "t" ("id")', U, 'CREATE TABLE "i" (a)'],
    "an index's name is taken by an index": [
        *(T, V, 'CREATE INDEX "i" ON "t" ("id")', 'CREATE INDEX "I" ON "v" ("name")'),
    ],
    "an index's name is taken by a table": [T, U, 'CREATE INDEX "u" ON "t" ("id")'],
    "an index of no table": [T, U, 'CREATE INDEX "i" ON "w" ("id")', V],
    "a table that is there already": [T, U, 'CREATE TABLE IF NOT EXISTS "t" (b)', V],
    "one statement is no SQL": [T, 'CREATE TABLE "u" (', U, V],
    "a name of SQLite's own": [T, 'CREATE TABLE "sqlite_x" (a)', U],
    "a view over two": [T, U, 'CREATE VIEW "w" AS SELECT * FROM "t" JOIN "u" ON "t_id" = "id"', V],
    "rows": [T, U, "INSERT INTO t VALUES (1)", "INSERT INTO u VALUES (1)", "INSERT INTO u VALUES (2)", V],
    "taken back": [T, "BEGIN IMMEDIATE", U, V, "ROLLBACK", U],
    "kept": ["BEGIN", T, U, "COMMIT", V, "PRAGMA foreign_keys = OFF", "INSERT INTO u VALUES (2)"],
    "nested": ["BEGIN", T, "BEGIN", U],
    "of other tables' rows": [T, U, 'CREATE TABLE "w" AS SELECT * FROM "t", "u"', V],
    "in other words": [T, "create table main.u (a)", 'CREATE TEMP TABLE "v" (a)', 'CREATE INDEX "i" ON "u" ("a")'],
    "tables first": [T, U, V, 'CREATE INDEX "b" ON "t" ("id")', 'CREATE UNIQUE INDEX "a" ON "u" ("t_id")'],
    "renamed": [T, U, V, 'ALTER TABLE "t" RENAME TO "w"'],
    "dropped": [T, U, V, 'DROP TABLE "t"', 'CREATE TABLE "t" (a)'],
}


def scripts() -> dict[str, list[str]]:
    """Those of all stories, and odd ones."""
    found = dict(ODD)
    for folder in sorted({path.parent for path in CASES.glob("*/*/expected.sqlite*.sql")}):
        path = next(path for path in (folder / "old.sqlite.sql", folder / "old.sql") if path.exists())
        found[folder.name] = split_script(path.read_text(encoding="utf-8"), DEFAULT_INFO)
    return found


def answers_of_one(statements: Sequence[str]) -> list[object]:
    """What one database of SQLite's answers to each, and what is there afterwards."""
    found: list[object] = []
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.execute("PRAGMA foreign_keys = 1")
    for sql in statements:
        try:
            found.append(database.execute(sql).fetchall())
        except sqlite3.Error as error:
            found.append(f"SQLite: {error}")
    found += [database.execute(query(name)).fetchall() for name in CATALOG]
    found.append(database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall())
    database.close()
    return found


async def answers_in_pieces(statements: Sequence[str]) -> tuple[list[object], bool]:
    """The same of a database that may be in pieces, and whether it still was when its catalog was read."""
    found: list[object] = []
    async with closing(await memory.open_memory(["PRAGMA foreign_keys = 1"])) as database:
        for sql in statements:
            try:
                found.append(await database.fetch(sql))
            except StatementFailed as error:
                found.append(error.what)
        found += [await database.fetch(query(name)) for name in CATALOG]
        pieces = len(database._pieces)
        everything = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
        found.append(await database.fetch(everything))
    return found, pieces > 1


def in_any_order(answers: list[object]) -> list[object]:
    """The rows of a catalog's query in an order that does not depend on what was made first."""
    return [sorted(answer, key=repr) if isinstance(answer, list) else answer for answer in answers]


def test_a_database_in_pieces_answers_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "TABLES", 1)
    in_pieces = set()
    for name, statements in scripts().items():
        found, was_in_pieces = asyncio.run(answers_in_pieces(statements))
        assert in_any_order(found) == in_any_order(answers_of_one(statements)), name
        in_pieces |= {name} if was_in_pieces else set()
    assert {"tables first", "nested"} <= in_pieces
    assert "rows" not in in_pieces


def test_limits_hold_in_every_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "TABLES", 1)

    async def longest() -> list[str]:
        refused = []
        async with closing(await memory.open_memory(())) as database:
            await database.execute(T)
            await database.limit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, 200)
            for sql in (U, f'CREATE TABLE "v" ("{"long" * 60}" TEXT)', "SELECT 1", f"SELECT '{'long' * 60}'"):
                try:
                    await database.execute(sql)
                except StatementFailed as error:
                    refused.append(error.sql[:8])
        return refused

    assert asyncio.run(longest()) == ["CREATE T", "SELECT '"]
