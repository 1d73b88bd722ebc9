"""Event triggers of PostgreSQL: none runs while we look, but for that of a login, which runs for every session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.sources.database import open_server
from tests.harness import load, run, typed
from tests.safety.test_held_tables import LIVE, write_project

EVENTS = ("ddl_command_start", "ddl_command_end", "sql_drop", "table_rewrite", "login")
NOTING = """
    CREATE TABLE noted (what text);
    CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO public.noted VALUES (tg_event); END $$;
"""
LOOKING = (("check",), ("diff",), ("export",), ("plan",), ("migrate", "--dry-run"), ("apply", "--dry-run"), ("apply",))


@pytest.mark.postgres
@pytest.mark.tried("looking at a database with an event trigger of each kind")
def test_no_event_trigger_runs_while_we_look(fresh_database: Callable[[str], str], tmp_path: Path) -> None:
    url = fresh_database("postgres-18")
    write_project(tmp_path, url)
    made = "".join(f"CREATE EVENT TRIGGER on_{event} ON {event} EXECUTE FUNCTION note();" for event in EVENTS)

    async def noted(script: str = "") -> set[str]:
        async with open_server(url) as server:
            await load(server, script)
            return {event for (event,) in await server.connection.fetch("SELECT what FROM noted")}

    run(noted(f"{LIVE}; {NOTING} {made} ALTER EVENT TRIGGER on_login ENABLE ALWAYS; TRUNCATE noted"))
    for command in LOOKING:
        done = typed(tmp_path, *command, answers="n\n")
        assert "Traceback" not in done.stderr, done.stderr
        assert run(noted()) == {"login"}, command
    assert typed(tmp_path, "apply", "--yes").returncode == 0
    assert run(noted()) >= {"login", "ddl_command_start", "ddl_command_end"}
