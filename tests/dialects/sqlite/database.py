"""A SQLite file in the hands of a test: loaded and run by the standard library, read by our dumper."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from pytest_schemadrift.dialects.base import Connection, RenderContext, closing
from pytest_schemadrift.dialects.sqlite import SQLITE
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy, suited
from pytest_schemadrift.schema.changes import CreateTable, RenameColumn, RenameTable
from pytest_schemadrift.schema.model import Name, Schema
from tests.harness import run

FACTS = SQLITE.default_info
Rows = dict[str, Counter[tuple[Any, ...]]]


def open_file(path: Path) -> sqlite3.Connection:
    """A connection as Tortoise opens it: foreign keys on, no transactions but ours."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def load(path: Path, script: str) -> None:
    """Execute a script on a file, which is created."""
    connection = open_file(path)
    try:
        connection.executescript(script)
    finally:
        connection.close()


def execute(path: Path, statements: Iterable[str]) -> None:
    """Run statements as ``apply`` does: stop at the first error, and roll back."""
    connection = open_file(path)
    try:
        for statement in statements:
            connection.execute(statement).fetchall()
    finally:
        connection.close()


def execute_all(path: Path, statements: Iterable[str]) -> list[str]:
    """Run statements as a ``sqlite3`` shell does: go on after errors, which are returned."""
    errors = []
    connection = open_file(path)
    for statement in statements:
        try:
            connection.execute(statement).fetchall()
        except sqlite3.Error as error:
            errors.append(str(error))
    connection.close()
    return errors


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = open_file(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def dump(path: Path, tables: Sequence[str] | None = None) -> Schema:
    names = None if tables is None else [Name("", name) for name in tables]

    async def read(connection: Connection) -> Schema:
        return await SQLITE.dump(connection, await SQLITE.read_server_info(connection), names)

    return connected(path, read)


def connected(path: Path, do: Callable[[Connection], Any]) -> Any:
    async def work() -> Any:
        async with closing(await SQLITE.connect(f"sqlite://{path}", 5)) as connection:
            return await do(connection)

    return run(work())


def parse(script: str) -> Schema:
    return SQLITE.parse(script, FACTS)


def export(schema: Schema) -> list[str]:
    """The statements that make a schema."""
    context = RenderContext(schema, schema, FACTS, SQLITE.capabilities(FACTS))
    statements = [sql for table in schema.tables for sql in SQLITE.render(CreateTable(table), context)]
    for view in schema.views:
        statements += [view.sql, *(trigger.sql for trigger in view.triggers)]
    return statements


def plan(old: Schema, new: Schema, renames: Sequence[RenameTable | RenameColumn] = ()) -> list[str]:
    """The whole plan from one schema to another, both complete."""
    wanted, _ = normalize(old, new, suited(Policy(whole=True), SQLITE.capabilities(FACTS)))
    return build_plan(old, wanted, SQLITE, FACTS, renames=renames).sql()


def rows(path: Path, columns: dict[str, tuple[str, ...]]) -> Rows:
    """The rows of each table, some columns of each (``rowid`` too where it is named)."""
    return {
        table: Counter(query(path, f'SELECT {", ".join(names)} FROM "{table}"')) for table, names in columns.items()
    }
