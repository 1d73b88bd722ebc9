"""An extension that lies in a schema of its own comes there in exports and plans, too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.sources.database import open_server
from tests.harness import loaded, run, typed

NewDatabase = Callable[[str], str]
TABLE = "CREATE TABLE items (id int PRIMARY KEY, meaning ext.vector(3) DEFAULT '[0,0,0]')"


async def _has_vector(url: str) -> bool:
    async with open_server(url) as server:
        return bool(await server.connection.fetch("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'"))


@pytest.mark.postgres
def test_what_is_exported_and_what_is_planned_makes_it_there(fresh_database: NewDatabase, tmp_path: Path) -> None:
    wanted = fresh_database("postgres")
    if not run(_has_vector(wanted)):
        pytest.skip("no pgvector")
    run(loaded(wanted, f"CREATE SCHEMA ext; CREATE EXTENSION vector SCHEMA ext; {TABLE}"))
    (tmp_path / "pyproject.toml").write_text("[tool.schemadrift]\n")
    for command in (["--database-url", wanted, "export"], ["diff", fresh_database("postgres"), wanted]):
        done = typed(tmp_path, *command)
        assert (done.returncode, done.stderr) == (0, "")
        assert 'CREATE EXTENSION IF NOT EXISTS "vector" WITH SCHEMA "ext" CASCADE;' in done.stdout
        made = fresh_database("postgres")
        run(loaded(made, done.stdout))
        assert typed(tmp_path, "diff", made, wanted, "--exit-code").returncode == 0
