"""A file of SQLite's is opened under every name that Tortoise opens it under, and a failure leaves nothing running."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from pytest_schemadrift.dialects.sqlite import connection
from pytest_schemadrift.errors import ConnectionFailed
from tests.harness import run

pytestmark = pytest.mark.sqlite


@pytest.mark.parametrize("slashes", ["sqlite://", "sqlite:///"])
def test_one_slash_more_is_the_same_file(slashes: str, tmp_path: Path) -> None:
    file = tmp_path / "a"
    with closing(sqlite3.connect(file)) as made, made:
        made.execute("CREATE TABLE here (x)")

    async def names() -> list[tuple[object, ...]]:
        opened = await connection.connect_credentials({"file_path": connection.file_of(f"{slashes}{tmp_path}/a")}, 1.0)
        try:
            return await opened.fetch("SELECT name FROM sqlite_master")
        finally:
            await opened.close()

    assert run(names()) == [("here",)]


def test_what_cannot_be_opened_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_target", lambda path: "file://host/x?mode=rw")
    before = threading.active_count()
    with pytest.raises(ConnectionFailed, match="invalid uri authority"):
        run(connection.open_file("x", 1.0, ()))
    assert threading.active_count() <= before  # (one of an earlier test may have ended meanwhile)
