"""Opening a database: the URLs that Tortoise takes, and messages where it cannot be opened."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from pytest_schemadrift.dialects.base import Connection, closing
from pytest_schemadrift.dialects.sqlite import SQLITE, connect_credentials, connection
from pytest_schemadrift.dialects.sqlite.memory import open_memory
from pytest_schemadrift.errors import ConfigurationError, ConnectionFailed, SchemaDriftError, StatementFailed
from tests.dialects.sqlite.database import FACTS, dump, load, open_file, parse


def ask(url: str, sql: str) -> list[tuple[Any, ...]]:
    async def run() -> list[tuple[Any, ...]]:
        async with closing(await SQLITE.connect(url, 0.2)) as connection:
            return await connection.fetch(sql)

    return asyncio.run(run())


def test_paths_as_tortoise_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "with % and ?.db"
    load(path, "CREATE TABLE t (a)")
    monkeypatch.chdir(tmp_path)
    path.rename(tmp_path / "a b%20.db")
    for url in (f"sqlite://{tmp_path}/a b%20.db", "sqlite://a b%20.db", "sqlite://./a b%20.db"):
        assert ask(url, "SELECT name FROM sqlite_master") == [("t",)]


def test_opening_changes_no_setting_of_the_file(tmp_path: Path) -> None:
    load(tmp_path / "db", "CREATE TABLE t (a)")
    url = f"sqlite://{tmp_path / 'db'}?journal_mode=WAL&foreign_keys=OFF"
    assert ask(url, "PRAGMA journal_mode") == [("delete",)]
    assert ask(url, "PRAGMA foreign_keys") == [(0,)]
    assert ask(f"sqlite://{tmp_path / 'db'}", "PRAGMA foreign_keys") == [(1,)]


def test_credentials_with_regular_expressions(tmp_path: Path) -> None:
    load(tmp_path / "db", "")

    async def run() -> object:
        credentials = {"file_path": str(tmp_path / "db"), "install_regexp_functions": True}
        async with closing(await connect_credentials(credentials, 1)) as connection:
            return await connection.fetch("SELECT 'abc' REGEXP '^a'")

    assert asyncio.run(run()) == [(1,)]


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConnectionFailed, match="there is no SQLite database"):
        ask(f"sqlite://{tmp_path}/none.db", "SELECT 1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"no database at all, but long enough" * 40, b"\x00" * 2000])
def test_a_file_that_is_no_database(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(content)
    with pytest.raises(ConnectionFailed, match="not a database") as caught:
        ask(f"sqlite://{tmp_path}/x.db", "SELECT 1")
    assert len(str(caught.value).splitlines()) <= 5


def test_memory_that_is_nobody_elses() -> None:
    with pytest.raises(ConnectionFailed, match="no other one can look at it") as caught:
        ask("sqlite://:memory:?foreign_keys=ON", "SELECT 1")
    assert "--database-url" in caught.value.hint, "apply would create tables that are gone at once"


def test_no_path() -> None:
    with pytest.raises(ConfigurationError, match="names no file"):
        ask("sqlite://", "SELECT 1")


def test_a_locked_database_is_waited_for_and_then_said(tmp_path: Path) -> None:
    path = tmp_path / "db"
    load(path, "CREATE TABLE t (a)")
    other = open_file(path)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(SchemaDriftError, match="locked") as caught:
        ask(f"sqlite://{path}", "SELECT * FROM t")
    assert "another connection" in caught.value.hint
    other.close()


def test_a_wrong_statement_keeps_its_text(tmp_path: Path) -> None:
    load(tmp_path / "db", "")
    with pytest.raises(StatementFailed) as caught:
        ask(f"sqlite://{tmp_path / 'db'}", "SELEC 1")
    assert caught.value.sql == "SELEC 1"


def test_a_database_that_may_only_be_read(tmp_path: Path) -> None:
    path = tmp_path / "db"
    load(path, "CREATE TABLE t (a INT)")
    path.chmod(0o444)
    assert dump(path) == parse("CREATE TABLE t (a INT)")


def test_who_may_not_write_is_told_what_to_do(tmp_path: Path) -> None:
    async def write() -> None:
        async with closing(await SQLITE.connect(f"sqlite://{tmp_path / 'db'}", 1)) as connection:
            await connection.execute("PRAGMA query_only = 1")  # SQLite answers as it does for a file without the right
            await connection.execute("CREATE TABLE u (a INT)")

    load(tmp_path / "db", "CREATE TABLE t (a INT)")
    with pytest.raises(StatementFailed, match="readonly") as caught:
        asyncio.run(write())
    assert "writable" in caught.value.hint


def test_facts(tmp_path: Path) -> None:
    load(tmp_path / "db", "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a)")

    async def run() -> Any:
        async with closing(await SQLITE.connect(f"sqlite://{tmp_path / 'db'}", 1)) as connection:
            info = await SQLITE.read_server_info(connection)
            async with SQLITE.open_scratch(connection, "", info) as scratch:
                assert await scratch.fetch("PRAGMA encoding") == [("UTF-16le",)]
                assert await scratch.fetch("PRAGMA foreign_keys") == [(1,)]
                await scratch.execute("CREATE TABLE s (a)")
                assert (await SQLITE.dump(scratch, info, None)).tables[0].name.name == "s"
            return info

    info = asyncio.run(run())
    assert info.version == sqlite3.sqlite_version_info
    assert info.database == str(tmp_path / "db")
    assert info.setting("encoding") == "UTF-16le"
    assert dump(tmp_path / "db") == parse("CREATE TABLE t (a)")


def test_tortoise_transactions_can_be_wrapped() -> None:
    async def run() -> None:
        from tortoise.backends.sqlite.client import SqliteClient

        client = SqliteClient(":memory:", connection_name="x", fetch_inserted=True)
        await client.create_connection(with_db=True)
        try:
            wrapped = SQLITE.wrap(client)
            await wrapped.execute("CREATE TABLE t (a INT DEFAULT 'a;b')")
            assert await wrapped.fetch("SELECT ?, name FROM sqlite_master", 5) == [(5, "t")]
            with pytest.raises(StatementFailed, match="no such table"):
                await wrapped.execute("DROP TABLE nowhere")
            await wrapped.close()
            assert SQLITE.wrap(wrapped) is wrapped
            assert (await SQLITE.dump(wrapped, FACTS, None)) == parse("CREATE TABLE t (a INT DEFAULT 'a;b')")
        finally:
            await client.close()

    asyncio.run(run())


@pytest.mark.processes
def test_importing_the_dialect_imports_no_driver() -> None:
    heavy = "{'aiosqlite', 'tortoise', 'pytest'}"
    code = f"import sys, pytest_schemadrift.dialects.sqlite; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("steps", range(8))
def test_a_connection_that_is_cancelled_while_it_opens_is_closed(
    steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever Ctrl-C, a signal or a time limit comes; else the collector warns of it much later (Python 3.13)."""
    path = tmp_path / "db"
    sqlite3.connect(path).close()
    opened: list[sqlite3.Connection] = []
    closed: list[sqlite3.Connection] = []

    class Watched(sqlite3.Connection):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[arg-type]
            opened.append(self)

        def close(self) -> None:
            closed.append(self)
            super().close()

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **options: connect(*given, factory=Watched, **options))

    async def cancelled() -> None:
        opening = asyncio.create_task(connect_credentials({"file_path": str(path)}, 5))
        for _ in range(steps):
            await asyncio.sleep(0)
        opening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await (await opening).close()

    asyncio.run(cancelled())
    assert opened == closed


STATEMENTS = (
    "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE child (id INTEGER PRIMARY KEY, parent INT REFERENCES parent (id), data BLOB)",
    "INSERT INTO parent VALUES (1, 'it''s'), (2, char(0x1f600))",
    "INSERT INTO child VALUES (1, 9, NULL)",
    "INSERT INTO child VALUES (1, 1, x'00ff') RETURNING id, data",
    "BEGIN",
    "ALTER TABLE parent RENAME COLUMN name TO label",
    "ROLLBACK",
    "SELECT label FROM parent",
    "SELECT * FROM parent",
    "PRAGMA table_xinfo(child)",
    "SELECT name, sql FROM sqlite_master ORDER BY name",
    "DELETE FROM",
    "",
)


def test_a_database_in_memory_answers_as_one_behind_a_thread() -> None:
    async def answers(opening: Awaitable[Connection]) -> list[object]:
        opened = await opening
        found: list[object] = []
        async with closing(opened):
            for sql in STATEMENTS:
                try:
                    found.append(await opened.fetch(sql))
                except StatementFailed as error:
                    found.append((error.what, error.sql, error.where, error.hint))
        return found

    pragmas = ["PRAGMA foreign_keys = 1"]
    there = asyncio.run(answers(connection.open_file(":memory:", 1.0, pragmas)))
    assert asyncio.run(answers(open_memory(pragmas))) == there
    assert [type(answer) for answer in there].count(tuple) == 3


def test_statements_in_memory_leave_others_their_turn() -> None:
    async def until_cancelled() -> None:
        async with closing(await open_memory(())) as opened:
            for _ in range(100_000):
                await opened.execute("SELECT 1")

    async def cancelled() -> None:
        busy = asyncio.create_task(until_cancelled())
        await asyncio.sleep(0)
        busy.cancel()
        with pytest.raises(asyncio.CancelledError):
            await busy

    asyncio.run(cancelled())
