"""A database each on MySQL and MariaDB: found in every way there is, checked and fixed, each in itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest

from pytest_schemadrift.cli.group import run as wait
from pytest_schemadrift.commands.tenants.find import Tenant
from pytest_schemadrift.commands.tenants.reader import Reader
from pytest_schemadrift.sources.database import open_server
from tests.commands.tenants.test_find import tenants
from tests.harness import load
from tests.test_cli import Project, Run, project, run  # noqa: F401

USERS = (
    "CREATE TABLE users (id INT NOT NULL PRIMARY KEY AUTO_INCREMENT, "
    "email VARCHAR(255) NOT NULL UNIQUE, age INT) CHARACTER SET utf8mb4"
)
ROWS = "; INSERT INTO users (id, email) VALUES (1, 'a@b'), (7, 'c@d')"
NIGHTS = [
    "",
    "ALTER TABLE users DROP age",
    "",
    "ALTER TABLE users DROP age",
    "CREATE INDEX by_hand ON users (age)",
    "-",
]


def databases(project: Project, create: Callable[[], str]) -> list[str]:  # noqa: F811
    """A database for each night, and a bystander that is nobody's tenant; their URLs."""
    urls = sorted(create() for _ in [*NIGHTS, ""])

    async def fill(url: str, script: str) -> None:
        async with open_server(url) as server:
            await load(server, script)

    for url, night in zip(urls, [*NIGHTS, "DROP TABLE users"], strict=True):
        wait(fill(url, f"{USERS}{ROWS}; {night}" if night != "-" else ""))
    project.write(
        "settings.py",
        f"TORTOISE_ORM = {{'connections': {{'default': {urls[-1]!r}}}, "
        f"'apps': {{'shop': {{'models': ['{project.package}.models']}}}}}}",
    )
    return urls


def sources(project: Project, urls: Sequence[str], names: Sequence[str]) -> list[str]:  # noqa: F811
    """The three ways to name these databases."""
    (project.folder / "tenants.txt").write_text("".join(f"{n} = {u}\n" for n, u in zip(names, urls, strict=True)))
    project.write("them.py", f"async def all_tenants():\n    for name in {[*names]!r}:\n        yield name\n")
    listed = ", ".join(f"'{name}'" for name in names)
    return [
        f'query = "SELECT schema_name FROM information_schema.schemata WHERE schema_name IN ({listed})"',
        'urls = "tenants.txt"',
        f'python = "{project.package}.them:all_tenants"',
    ]


async def rows(url: str) -> list[Any]:
    async with open_server(url) as server:
        return [tuple(row) for row in await server.connection.fetch("SELECT id, email, age FROM users ORDER BY id")]


@pytest.mark.parametrize(
    "dialect", [pytest.param("mysql", marks=pytest.mark.mysql), pytest.param("mariadb", marks=pytest.mark.mariadb)]
)
def test_databases_are_grouped_and_fixed_whoever_names_them(
    dialect: str,
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    *urls, bystander = databases(project, lambda: fresh_database(dialect))
    names = [urlsplit(url).path.lstrip("/") for url in urls]
    expected = [[names[0], names[2]], [names[1], names[3]], [names[4]], [names[5]]]
    looked_at: list[str] = []
    real = Reader.check

    async def counted(self: Reader, tenant: Tenant) -> Any:
        looked_at.append(tenant.name)
        return await real(self, tenant)

    monkeypatch.setattr(Reader, "check", counted)
    for source in sources(project, urls, names):
        looked_at.clear()
        tenants(project, source)
        code, out, err = run("check", "--tenants", "--format", "json")
        assert code == 1, out + err
        connections = json.loads(out)["connections"]
        assert [item["tenants"] for item in connections] == expected, source
        assert [item["database"] for item in connections] == ["", "", names[4], names[5]]
        assert sorted(looked_at) == [names[0], names[1], names[4], names[5]], "one of those that are alike"
    code, out, _ = run("apply", "--tenants", "--yes", "--allow-hazard", "DROPS_INDEX")
    assert (code, out) == (
        0,
        f"default: 2 tenants: in sync\ndefault: 4 tenants ({', '.join([names[1], *names[3:6]])}): fixed\n",
    )
    code, out, _ = run("check", "--tenants", "--format", "json")
    assert code == 0, out
    assert [item["tenants"] for item in json.loads(out)["connections"]] == [names]
    assert all(wait(rows(url)) == [(1, "a@b", None), (7, "c@d", None)] for url in urls[:5])
    assert wait(rows(urls[5])) == []

    async def left() -> list[Any]:
        async with open_server(bystander) as server:
            return [*await server.connection.fetch("SHOW TABLES")]

    assert wait(left()) == []

    async def load_into(url: str, script: str) -> None:
        async with open_server(url) as server:
            await load(server, script)

    for url in urls[:2]:
        wait(load_into(url, "ALTER TABLE users ADD COLUMN z INT DEFAULT 3"))
    wait(load_into(bystander, f"CREATE VIEW far AS SELECT z FROM `{names[1]}`.users"))
    code, out, err = run("apply", "--tenants", "--yes", "--allow-hazard", "DELETES_DATA")
    assert "view far" not in out + err
    told = f"after the plan view {urlsplit(bystander).path[1:]}.far (it names users.z) would no longer work"
    assert (code, told in out + err) == (2, True), out + err
    wait(load_into(bystander, "SELECT z FROM far"))
    assert f"default: 1 tenant ({names[0]}): fixed" in out, "a plan that was proven for one tenant is not for all"
