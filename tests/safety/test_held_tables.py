"""A table that somebody holds with ACCESS EXCLUSIVE: who only looks waits for it a while, and says who holds it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.dialects.postgres import connection
from pytest_schemadrift.sources.database import open_server
from tests.harness import Finished, load, run, typed

pytestmark = pytest.mark.postgres

SETTINGS = """
TORTOISE_ORM = {{
    "connections": {{"default": "{url}"}},
    "apps": {{"shop": {{"models": ["shop.models"], "default_connection": "default"}}}},
}}
"""
MODELS = """
from tortoise import fields
from tortoise.models import Model

class User(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=50, db_default="nobody")

    class Meta:
        table = "users"
"""
LIVE = "CREATE TABLE users (id serial PRIMARY KEY, email varchar(40) NOT NULL DEFAULT 'nobody')"
COMMANDS = (
    *(("check",), ("diff",), ("export",), ("plan",), ("baseline",), ("reverse", "users")),
    *(("migrate",), ("fix-sequences",), ("apply", "--dry-run")),
)


def write_project(folder: Path, url: str) -> None:
    """A project in a folder, whose database has ``LIVE``."""
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").touch()
    (folder / "shop" / "models.py").write_text(MODELS)
    (folder / "settings.py").write_text(SETTINGS.format(url=url))
    (folder / "pyproject.toml").write_text(
        '[tool.schemadrift]\ntortoise_orm = "settings.TORTOISE_ORM"\nlock_timeout = "300ms"\n'
    )


@pytest.mark.tried("commands beside a session that holds a table with ACCESS EXCLUSIVE")
def test_who_looks_waits_as_long_as_was_said_and_names_who_holds_a_table(
    fresh_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = fresh_database("postgres")
    write_project(tmp_path, url)

    async def asked(patience: str, *command: str) -> Finished:
        return await asyncio.to_thread(typed, tmp_path, "--timeout", patience, *command, environment={"COLUMNS": "200"})

    async def work() -> tuple[int, list[Finished]]:
        async with open_server(url) as holder:
            await load(holder, f"{LIVE}; BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            [(pid,)] = await holder.connection.fetch("SELECT pg_backend_pid()")
            first, *others = COMMANDS
            found = [await asked("2", *first)]
            # It is also the time to connect in, of which a busy machine may need more than all of them can wait here.
            monkeypatch.setattr(connection, "_BOUNDED", connection._BOUNDED.replace("{milliseconds}", "200"))
            found += [await asked("60", *command) for command in others]
            await load(holder, "ROLLBACK")
            return pid, found

    pid, found = run(asyncio.wait_for(work(), 100))
    for command, done in zip(COMMANDS, found, strict=True):
        said = done.stdout + done.stderr
        assert done.returncode == 2, (command, said)
        assert f"session {pid} of postgres" in said, (command, said)
        assert "holds public.users" in said, (command, said)
