"""A check of a whole PostgreSQL database leaves its tenants' schemas to ``check --tenants``, and nothing else."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pytest_schemadrift.cli.group import run as wait
from pytest_schemadrift.dialects.postgres.catalog import ask, known
from pytest_schemadrift.guard import GuardPolicy, GuardReport, schema_guard
from pytest_schemadrift.sources.database import open_server
from tests.commands.tenants.test_check import BASE, on_postgres
from tests.commands.tenants.test_find import tenants
from tests.harness import load
from tests.test_cli import Project, Run, project, run  # noqa: F401

OTHERS = {"neighbour.things", "neighbour.parents"}
NOTE = "schemas of tenants, which check --tenants looks at, were left out: "


@pytest.mark.postgres
def test_schemas_of_tenants_are_left_to_the_check_of_tenants_and_all_others_are_read(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    """Whether a pattern or a query names them; those that the models or the search path name are read all the same."""
    url = fresh_database("postgres")
    on_postgres(project, url, [""] * 3)

    async def ask(sql: str) -> None:
        async with open_server(url) as server:
            await load(server, sql)

    def looked_at(source: str) -> tuple[set[str], list[str]]:
        """The tables that are extra to a check of the whole database, and its notes."""
        tenants(project, source)
        code, out, err = run("check", "--format", "json")
        (found,) = json.loads(out)["connections"]
        assert code in (0, 1), err
        return {item["table"] for item in found["ignored"] if item["table"]}, found["notes"]

    wait(ask(f"SET search_path = public; {BASE}; CREATE TABLE chosen AS SELECT 't00' AS tenant UNION SELECT 't02'"))
    everything = OTHERS | {"chosen", "t00.users", "t01.users", "t02.users"}
    assert looked_at("schemas = 't[0-9]*'") == (OTHERS | {"chosen"}, [f"{NOTE}3"])
    assert looked_at("query = 'SELECT tenant FROM chosen'") == (OTHERS | {"chosen", "t01.users"}, [f"{NOTE}2"])
    assert looked_at("query = 'SELECT tenant FROM not_yet_there'") == (everything, [])
    elsewhere = url.replace("?", "_elsewhere?") if "?" in url else f"{url}_elsewhere"
    there = "&" if "?" in url else "?"
    assert looked_at(f"query = 'SELECT tenant, $${elsewhere}{there}schema=$$||tenant FROM chosen'") == (everything, [])
    two = OTHERS | {"chosen", "t01.users"}, [f"{NOTE}2"]
    assert looked_at(f"query = 'SELECT tenant, $${url}{there}schema=$$||tenant FROM chosen'") == two
    (project.folder / "tenants.txt").write_text(f"a = {url}{there}schema=t00\nb = {url}{there}schema=t02\n")
    assert looked_at("urls = 'tenants.txt'") == two
    project.write("them.py", "def names():\n    return ['t00', 't02', None]\n")
    assert looked_at(f"python = '{project.package}.them:names'") == two
    assert looked_at("schemas = 'public'") == (everything, [])  # which is the project's own

    models = project.folder / project.package / "models.py"
    named = "\n\nclass Bill(Model):\n    id = fields.IntField(primary_key=True)\n\n    class Meta:\n"
    models.write_text(f"{models.read_text()}{named}        table, schema = 'bills', 't01'\n")
    for name in [name for name in sys.modules if name.startswith(project.package)]:
        del sys.modules[name]
    assert looked_at("schemas = 't[0-9]*'") == (OTHERS | {"chosen", "t01.users"}, [f"{NOTE}2"])

    wait(ask("ALTER TABLE public.users DROP age; ALTER TABLE t00.users DROP age"))
    code, out, err = run("apply", "--yes")
    assert code == 0, out + err

    async def columns() -> list[Any]:
        async with open_server(url) as server:
            return await server.connection.fetch(
                "SELECT table_schema::text, count(*) FROM information_schema.columns "
                "WHERE table_name IN ('users', 'bills') GROUP BY table_schema, table_name ORDER BY 1, table_name"
            )

    assert [tuple(row) for row in wait(columns())] == [("public", 3), ("t00", 2), ("t01", 1), ("t01", 3), ("t02", 3)]


@pytest.mark.postgres
def test_every_command_about_the_whole_database_leaves_them(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = fresh_database("postgres")
    on_postgres(project, url, [""] * 2)

    async def fill() -> None:
        async with open_server(url) as server:
            await load(server, f"SET search_path = public; {BASE}; DROP SCHEMA neighbour CASCADE")

    wait(fill())
    tenants(project, "schemas = 't[0-9]*'")
    database, read, asking = url.partition("?")[0].rpartition("/")[2], set[tuple[str, ...]](), ask.asking

    def seen(connection: Any, info: Any, names: Any) -> Any:
        if info.database == database and names is None:
            read.add(info.only_schemas)
        return asking(connection, info, names)

    monkeypatch.setattr(ask, "asking", seen)
    monkeypatch.setattr(known, "asking", seen)
    commands = ["check", "plan", "apply --dry-run", "migrate --dry-run", "export"]
    for command in (*commands, "diff live models", "diff models live", "reverse --all", "doctor"):
        read.clear()
        code, out, err = run(*command.split())
        assert (code, read) == (0, {("public",)}), (command, out, err)
        assert "t00" not in out, command
    assert run("reverse", "t00.users")[1].count("(Model)") == 1, "one that is named is found"
    read.clear()
    report = wait(_guarded(project, url))
    assert (report.in_sync, report.unknown, read) == (True, "", {("public",)}), report
    project.write("models.py", "from not_yet import written\n")
    for name in [name for name in sys.modules if name.startswith(project.package)]:
        del sys.modules[name]
    read.clear()
    code, out, err = run("reverse", "--all")
    assert (code, read, out.count("(Model)")) == (0, {("public",)}, 1), err


async def _guarded(project: Project, url: str) -> GuardReport:  # noqa: F811
    from tortoise import Tortoise

    await Tortoise.init(db_url=url, modules={"shop": [f"{project.package}.models"]})
    try:
        return await schema_guard(policy=GuardPolicy(refuse=None, timeout=60), project_dir=project.folder)
    finally:
        await Tortoise.close_connections()
