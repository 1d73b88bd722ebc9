"""Tenants named as nobody should name them: each is looked at under its own name, or told, and hides no other."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pytest_schemadrift.cli.group import run as wait
from pytest_schemadrift.sources.database import open_server
from tests.commands.tenants.test_find import tenants
from tests.commands.tenants.test_mysql import USERS
from tests.test_cli import Project, Run, project, run  # noqa: F401

NAMES = [
    "Upper",
    "upper",
    "select",
    "a b",
    " led",
    "a.b",
    "a/b",
    "a%41b",
    "a%sb",
    "a%(x)s",
    "it's",
    'say "so"',
    "back`tick",
    "back\\slash",
    "a,b",
    "a;b",
    "a:b",
    "{a}",
    "a$b",
    "$1",
    "a*",
    "[a]",
    "--",
    "größe",
    "n" * 63,
]
ENDING = ["u?host=elsewhere", "u#1", "u\tpper"]
"""Names of which a URL holds only a part: here those of a database that is there."""


def report(run: Run, *options: str) -> dict[str, str]:  # noqa: F811
    """What a check says of each tenant."""
    code, out, err = run("check", "--tenants", "--no-prove", "--format", "json", *options)
    assert code in (0, 1, 2), err
    return {
        name: part.get("skipped") or ("in sync" if part["in_sync"] else "drift")
        for part in json.loads(out)["connections"]
        for name in part["tenants"]
    }


@pytest.mark.postgres
def test_schemas(project: Project, run: Run, fresh_database: Callable[[str], str]) -> None:  # noqa: F811
    url = fresh_database("postgres")
    project.write(
        "settings.py",
        f"TORTOISE_ORM = {{'connections': {{'default': {url!r}}}, "
        f"'apps': {{'shop': {{'models': ['{project.package}.models']}}}}}}",
    )
    names = [*NAMES, *ENDING, "$user", "$2", "a\nb", "public"]
    table = "(id SERIAL PRIMARY KEY, email VARCHAR(255) NOT NULL UNIQUE"

    async def make() -> None:
        async with open_server(url) as server:
            for name in names:
                quoted = server.dialect.quote(name)
                await server.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted}")
                await server.connection.execute(f"CREATE TABLE {quoted}.users {table})")
                await server.connection.execute(f"INSERT INTO {quoted}.users (email) VALUES ('a')")

    wait(make())
    listed = [*names, "n" * 70]
    project.write("them.py", f"def all_tenants():\n    return {listed!r}\n")
    tenants(project, f'python = "{project.package}.them:all_tenants"')
    seen = report(run)
    told = {name: words for name, words in seen.items() if words != "drift"}
    assert told.keys() == {"$user", "n" * 70}, told
    code, out, err = run("apply", "--tenants", "--yes", "--stop-after", "2")
    assert code == 2, out + err
    assert '(" led", $1, $2, --, Upper, [a], "a\\nb", a b, a$b, ' in out, "no name is two, or ends a line"
    assert {name for name, words in report(run).items() if words == "in sync"} == {*names} - {"$user"}

    async def look() -> set[str]:
        async with open_server(url) as server:
            ask = "SELECT table_schema::text FROM information_schema.columns WHERE column_name = 'age'"
            return {row[0] for row in await server.connection.fetch(ask)}

    assert wait(look()) == {*names} - {"$user"}


@pytest.mark.parametrize(
    "dialect", [pytest.param("mysql", marks=pytest.mark.mysql), pytest.param("mariadb", marks=pytest.mark.mariadb)]
)
def test_databases(
    dialect: str,
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    url = fresh_database(dialect)
    project.write(
        "settings.py",
        f"TORTOISE_ORM = {{'connections': {{'default': {url!r}}}, "
        f"'apps': {{'shop': {{'models': ['{project.package}.models']}}}}}}",
    )
    names = [*NAMES, *ENDING, "u"]

    async def each(*statements: str) -> None:
        async with open_server(url) as server:
            for name in names:
                for statement in statements:
                    await server.connection.execute(statement.format(server.dialect.quote(name)))

    async def look() -> set[str]:
        async with open_server(url) as server:
            ask = "SELECT table_schema FROM information_schema.columns WHERE column_name = 'age'"
            return {row[0] for row in await server.connection.fetch(ask)}

    created = USERS.replace(", age INT", "").replace("TABLE users", "TABLE {}.users")
    wait(each("CREATE DATABASE {}", created, "INSERT INTO {}.users (email) VALUES ('a')"))
    try:
        project.write("them.py", f"def all_tenants():\n    return {names!r}\n")
        tenants(project, f'python = "{project.package}.them:all_tenants"')
        seen = report(run)
        assert {name for name, words in seen.items() if words != "drift"} == {*ENDING}, seen
        code, out, err = run("apply", "--tenants", "--yes", "--canary", "0")
        assert code == 2, out + err
        assert wait(look()) == {*names} - {*ENDING}
        assert {name for name, words in report(run).items() if words == "in sync"} == {*names} - {*ENDING}
    finally:
        wait(each("DROP DATABASE {}"))
