"""Who changed what, and when: what PostgreSQL and a log of the user's know, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_schemadrift.commands.last_changes import as_plain, from_plain, told
from pytest_schemadrift.dialects.history import LastChange
from pytest_schemadrift.sources.database import open_server
from tests.harness import load
from tests.harness import run as run_coroutine
from tests.test_cli import Project, Run, project, run  # noqa: F401

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PAGE = Path(__file__).parents[2] / "docs" / "watch.md"
USERS = """
CREATE TABLE users (id SERIAL PRIMARY KEY, email VARCHAR(255) NOT NULL, age INT, CONSTRAINT one_email UNIQUE (email));
CREATE INDEX of_old ON users (age)
"""
BY_HAND = """
ALTER TABLE users ADD COLUMN by_hand INT;
CREATE INDEX "By hand" ON users (email);
ALTER TABLE users DROP CONSTRAINT one_email;
ALTER TABLE users DROP COLUMN age;
DROP TABLE IF EXISTS audit.nothing
"""


def test_what_was_changed_before_the_last_look_did_not_make_a_difference_that_came_after_it() -> None:
    changes = [LastChange("public.a", NOON), LastChange("public.b", NOON + timedelta(hours=1), "ann\x1b[1m")]
    both = "; public.a last changed at 2026-01-01T12:00:00+00:00" + (
        one := "; public.b last changed at 2026-01-01T13:00:00+00:00 by ann\\x1b[1m"
    )
    assert told(changes, "") == told(changes, "2026-01-01T12:00:00+00:00") == both
    assert told(changes, "2026-01-01T12:30:00+00:00") == one
    assert told(changes, "2026-01-01T13:30:00+00:00") == told([], "") == ""
    assert from_plain(as_plain(changes)) == tuple(changes)


def documented_log() -> str:
    (text,) = re.findall(r"```sql\n(CREATE SCHEMA audit;.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(text)


@pytest.fixture
def url(fresh_database: Callable[[str], str], project: Project, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: F811
    found = fresh_database("postgres")
    monkeypatch.setenv("SCHEMADRIFT_DATABASE_URL", found)
    return found


def execute(url: str, *scripts: str) -> None:
    async def work() -> None:
        async with open_server(url) as server:
            for script in scripts:
                await load(server, script)

    run_coroutine(work())


def history(run: Run) -> dict[str, list[str]]:  # noqa: F811
    """Code -> what is said of its last change, without times."""
    run("check", "--no-prove", "--record", "runs.jsonl")
    lines = run("history", "runs.jsonl")[1].splitlines()
    found = {}
    for what, when in zip(lines[::2], lines[1::2], strict=False):
        said = [part for part in when.split("; ") if " last changed at " in part]
        found[what.split()[2]] = [re.sub(r"20\d\d-\S+", "THEN", part) for part in said]
    return found


@pytest.mark.postgres
def test_a_log_of_an_event_trigger_tells_who_it_was(
    url: str,
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
) -> None:
    settings = project.folder / "pyproject.toml"
    ann = 'DROP ROLE IF EXISTS "Ann of history"; CREATE ROLE "Ann of history" SUPERUSER'
    execute(url, USERS, ann, documented_log(), f'SET SESSION AUTHORIZATION "Ann of history"; {BY_HAND}')
    assert not any(history(run).values())
    with settings.open("a") as file:
        file.write('[tool.schemadrift.history]\nddl_log = "audit.ddl_log"\n')
    (project.folder / "runs.jsonl").unlink()
    found = history(run)
    by = "last changed at THEN by Ann of history"
    assert found == {
        "SD201": [f"public.users.age {by}"],  # what was dropped is known by itself,
        "SD202": [f"public.users {by}"],  # of what was added, that its table was altered
        "SD302": [f'public."By hand" {by}'],
        "SD311": [f"public.users {by}"],  # and that of the models has another name
    }
    execute(url, "ALTER TABLE audit.ddl_log RENAME COLUMN by TO login")
    (project.folder / "runs.jsonl").unlink()
    said = run("check", "--no-prove", "--record", "runs.jsonl")[1]
    assert "who changed it, and when, cannot be read: PostgreSQL: column l.by does not exist" in said
    settings.write_text(settings.read_text() + 'by = "login"\n')
    assert history(run)["SD201"] == []  # the record's first run knew nothing
    (project.folder / "runs.jsonl").unlink()
    assert history(run) == found


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("by = 'login'", "nothing says where the log is"),
        ("ddl_lock = 'x'", "unknown key 'ddl_lock'"),
        ("ddl_log = 3", "ddl_log must be a string"),
    ],
)
def test_a_log_that_is_not_named_is_an_error(section: str, words: str, project: Project, run: Run) -> None:  # noqa: F811
    with (project.folder / "pyproject.toml").open("a") as file:
        file.write(f"[tool.schemadrift.history]\n{section}\n")
    code, _, err = run("check")
    assert code == 2 and words in err
