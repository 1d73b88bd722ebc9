"""The other commands for tenants: what is missing created, sequences set, and one tenant looked at by its name."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_schemadrift.cli.group import run as wait
from pytest_schemadrift.sources.database import open_server
from tests.commands.tenants.test_check import files, on_postgres
from tests.test_cli import IN_SYNC, Project, Run, project, run  # noqa: F401


def columns(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        found = [name for (name,) in connection.execute("SELECT name FROM pragma_table_info('users')")]
    connection.close()
    return found


def test_a_new_tenant_gets_all_tables_and_its_file(project: Project, run: Run) -> None:  # noqa: F811
    files(project, a=IN_SYNC, b="", new="-", z="CREATE TABLE users (id INTEGER PRIMARY KEY)")
    code, out, err = run("migrate", "--tenants", "--dry-run")
    assert code == 0, out + err
    assert out.count('CREATE TABLE IF NOT EXISTS "users"') == 2
    assert not (project.folder / "new.sqlite3").exists()
    code, out, err = run("migrate", "--tenants")
    assert code == 0, out + err
    assert out.count("created table users") == 2
    assert columns(project.folder / "new.sqlite3") == columns(project.folder / "b.sqlite3") == ["id", "email", "age"]
    assert columns(project.folder / "z.sqlite3") == ["id"], "what is there is not altered"
    assert run("check", "--tenant", "[a-n]*")[0] == 0
    assert run("migrate", "--tenants", "--guided")[0] == 2


def test_a_tenant_that_cannot_be_opened_keeps_no_other_from_its_tables(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
) -> None:
    files(project, b="", c="")
    (project.folder / "tenants.txt").write_text(
        "a = sqlite://nowhere/a.sqlite3\nb = sqlite://b.sqlite3\nc = sqlite://c.sqlite3\n"
    )
    code, out, err = run("migrate", "--tenants")
    assert code == 2
    assert "schemadrift: a: " in err
    assert out.count("created table users") == 2


def test_one_tenant_is_printed_by_its_name(project: Project, run: Run) -> None:  # noqa: F811
    files(project, a=IN_SYNC, b="CREATE TABLE other (id INTEGER PRIMARY KEY)")
    assert "other" in run("export", "--tenant", "b")[1]
    assert "other" not in run("export", "--tenant", "a")[1]
    code, out, _ = run("reverse", "--all", "--tenant", "b")
    assert code == 0
    assert 'table = "other"' in out
    assert "schemadrift reverse --all --tenant b" in out
    code, _, err = run("export", "--tenant", "bb")
    assert code == 2
    assert "did you mean 'b'" in err


@pytest.mark.postgres
def test_in_a_schema_only_what_is_its_own_is_created_set_and_printed(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    url = fresh_database("postgres")
    rows = "INSERT INTO users (id, email) VALUES (41, 'a@b')"
    on_postgres(project, url, [rows, rows, "DROP TABLE users", "CREATE TABLE more (id INT PRIMARY KEY)"])

    async def next_number(schema: str) -> Any:
        async with open_server(url) as server:
            return (await server.connection.fetch(f"SELECT last_value FROM {schema}.users_id_seq"))[0][0]

    code, out, err = run("fix-sequences", "--tenant", "t00", "--tenant", "t02")
    assert code == 0, out + err
    assert out == "default: 1 tenant (t00): 1 set\ndefault: 1 tenant (t02): 0 set\n"
    assert [wait(next_number(name)) for name in ("t00", "t01")] == [42, 1]
    code, out, err = run("fix-sequences")
    assert (code, out) == (0, "0 set\n"), err
    assert "fix-sequences --tenants looks at, were left out: 4" in err
    assert wait(next_number("t01")) == 1
    code, out, err = run("migrate", "--tenants")
    assert code == 0, out + err
    assert out.count("created table users") == 1
    assert wait(next_number("t01")) == 42
    assert wait(next_number("t02")) == 1
    printed = run("export", "--tenant", "t03")[1]
    assert 'CREATE TABLE "more"' in printed
    assert "t00" not in printed
    assert 'table = "more"' in run("reverse", "--all", "--tenant", "t03")[1]
    assert "t00" not in run("reverse", "--all", "--tenant", "t03")[1]
