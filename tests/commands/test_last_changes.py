"""Who changed what, and when: what PostgreSQL and a log of the user's know, and nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_schemadrift.commands.last_changes import as_plain, from_plain, told, touched
from pytest_schemadrift.dialects.history import DdlLog, LastChange, Touched
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Enum, Name
from pytest_schemadrift.sources.database import open_server
from tests.commands.tenants.test_find import tenants
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


TYPES = """
CREATE TYPE "Mood" AS ENUM ('good'); CREATE DOMAIN age AS INT; CREATE SEQUENCE numbers; CREATE SCHEMA "Back room";
CREATE TYPE gone AS ENUM ('x')
"""
OBJECTS = [
    Touched("type", Name("", "Mood"), "", missing=False),
    Touched("type", Name("public", "age"), "", missing=False),
    Touched("sequence", Name("", "numbers"), "", missing=False),
    Touched("schema", Name("", "Back room"), "", missing=False),
    Touched("extension", Name("", "plpgsql"), "", missing=False),
    Touched("type", Name("", "gone"), "", missing=True),
]


@pytest.mark.postgres
def test_a_log_tells_of_types_and_what_else_is_no_part_of_a_table(fresh_database: Callable[[str], str]) -> None:
    url = fresh_database("postgres")
    by_hand = """
    ALTER TYPE "Mood" ADD VALUE 'bad'; ALTER DOMAIN age ADD CHECK (VALUE > 0); ALTER SEQUENCE numbers INCREMENT 2;
    ALTER SCHEMA "Back room" OWNER TO CURRENT_USER; COMMENT ON EXTENSION plpgsql IS 'x'; DROP TYPE gone
    """
    execute(url, TYPES, "DROP ROLE IF EXISTS bob; CREATE ROLE bob SUPERUSER", documented_log())
    execute(url, f"SET SESSION AUTHORIZATION bob; {by_hand}")

    async def ask() -> list[str]:
        async with open_server(url) as server:
            log = DdlLog(Name("audit", "ddl_log"), "object_identity", "at", "by")
            found = await server.dialect.last_changes(server.connection, server.info, OBJECTS, log)
            return [f"{change.of} by {change.by}" for item in OBJECTS for change in found[item] if change.by]

    assert run_coroutine(ask()) == [
        'public."Mood" by bob',
        "public.age by bob",
        "public.numbers by bob",
        '"Back room" by bob',
        "plpgsql by bob",
        "public.gone by bob",
    ]


def test_every_change_of_what_is_no_part_of_a_table_names_an_object() -> None:
    one, two = Enum(Name("", "e"), ("a",)), Enum(Name("", "e"), ("b",))
    assert touched(c.ReplaceEnum(one, two)) == touched(c.DropEnum(one)) == Touched("type", one.name, "", missing=False)
    assert touched(c.CreateEnum(one)) == Touched("type", one.name, "", missing=True)
    assert not touched(c.AddEnumValue(one.name, "b")).missing  # the type is there, which was not changed
    assert touched(c.DropNamespace("s")) == Touched("schema", Name("", "s"), "", missing=False)


@pytest.mark.postgres
@pytest.mark.parametrize("shared", [True, False])
def test_of_tenants_it_tells_each_its_own(
    shared: bool,
    fresh_database: Callable[[str], str],
    url: str,
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
) -> None:
    """Schemas of one database, which one connection looks at, and databases."""
    names = ["shop_a", "shop_b", "shop_c"]
    places = {name: url if shared else fresh_database("postgres") for name in names}
    for name in names:
        here = f"CREATE SCHEMA {name}; SET search_path = {name}; {USERS}" if shared else USERS
        execute(places[name], here)
    for place in dict.fromkeys(places.values()):
        execute(place, documented_log())
    carl, dora = (f"{name}_{time.time_ns()}" for name in ("carl", "dora"))
    for name, role in (("shop_a", carl), ("shop_b", dora)):
        schema = name if shared else "public"
        altered = f"SET SESSION AUTHORIZATION {role}; ALTER TABLE {schema}.users ADD COLUMN by_hand INT"
        execute(places[name], f"CREATE ROLE {role} SUPERUSER", altered)
    (project.folder / "tenants.txt").write_text("".join(f"{name} = {place}\n" for name, place in places.items()))
    tenants(project, 'schemas = "shop_*"' if shared else 'urls = "tenants.txt"')
    with (project.folder / "pyproject.toml").open("a") as file:
        file.write('[tool.schemadrift.history]\nddl_log = "audit.ddl_log"\n')
    run("check", "--no-prove", "--tenants", "--record", "runs.jsonl")
    told_of = {}
    lines = run("history", "runs.jsonl")[1].splitlines()
    for what, when in zip(lines[::2], lines[1::2], strict=False):
        if "by_hand" in what:
            tenant = next(name for name in names if name in what)
            told_of[tenant] = re.findall(r"(\S+) last changed at \S+ by (\w+)", when)
    of = (lambda name: name) if shared else (lambda _: "public")
    assert told_of == {
        "shop_a": [(f"{of('shop_a')}.users", carl)],
        "shop_b": [(f"{of('shop_b')}.users", dora)],
    }


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("by = 'login'", "the place of the log is not set"),
        ("ddl_lock = 'x'", "unknown key 'ddl_lock'"),
        ("ddl_log = 3", "ddl_log must be a string"),
    ],
)
def test_a_log_that_is_not_named_is_an_error(section: str, words: str, project: Project, run: Run) -> None:  # noqa: F811
    with (project.folder / "pyproject.toml").open("a") as file:
        file.write(f"[tool.schemadrift.history]\n{section}\n")
    code, _, err = run("check")
    assert code == 2 and words in err
