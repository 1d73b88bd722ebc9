"""One package on one database: runs inside the environment of the package, in a folder with its ``models`` module.

``python inside.py DIALECT PLAN``: the plan is JSON with ``modules``, ``commands``, ``drift``, ``found``, ``extension``,
``settings``.
Prints ``passed``, ``skipped`` or what went wrong, as the last line.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tortoise import Tortoise

from pytest_schemadrift.servers import Server, start_server
from pytest_schemadrift.sources.database import open_server

SETTINGS = """import os

SECRET_KEY = "for a test"
TORTOISE_ORM = {{
    "connections": {{"default": os.environ["DATABASE_URL"]}},
    "apps": {{{label!r}: {{"models": {modules!r}, "default_connection": "default"}}}},
}}
"""
PYPROJECT = """[tool.schemadrift]
tortoise_orm = "settings.TORTOISE_ORM"
source = "live"
{settings}

[tool.tortoisemarch]
tortoise_orm = "settings:TORTOISE_ORM"
location = "migrations"
"""
BIN = Path(sys.executable).parent


def main(dialect: str, plan: dict[str, Any]) -> str:
    """Create the tables in the package's own way, compare, change something by hand, find it, fix it, compare."""
    handle = start_server(dialect)
    try:
        return exercise(handle.server, plan)
    finally:
        handle.stop()


def exercise(server: Server, plan: dict[str, Any]) -> str:
    if plan["extension"] and (server.dialect != "postgres" or not has_extension(server, plan["extension"])):
        return "skipped"
    url = server.create_database("shop")
    os.environ["DATABASE_URL"] = url
    if plan["extension"]:
        asyncio.run(execute(url, f"CREATE EXTENSION {plan['extension']}"))
    Path("settings.py").write_text(SETTINGS.format(label=plan["label"], modules=plan["modules"]))
    Path("pyproject.toml").write_text(PYPROJECT.format(settings=plan["settings"]))
    if plan["commands"]:
        for command in plan["commands"]:
            done = run([part.replace("{bin}", str(BIN)) for part in command])
            if done.returncode:
                return f"its own way of making tables ends with {done.returncode}: {done.stderr[-600:]}"
    else:
        sys.path.insert(0, "")
        asyncio.run(generate())
    done = schemadrift("check")
    if done.returncode:
        return f"not in sync: {done.stdout[-1500:]}{done.stderr[-600:]}"
    asyncio.run(execute(url, plan["drift"]))
    done = schemadrift("check")
    if done.returncode != 1 or plan["found"] not in done.stdout:
        return f"not found: {done.stdout[-1500:]}{done.stderr[-600:]}"
    done = schemadrift("apply", "--yes")
    if done.returncode:
        return f"not fixed: {done.stdout[-1500:]}{done.stderr[-600:]}"
    done = schemadrift("check")
    return "passed" if done.returncode == 0 else f"not in sync afterwards: {done.stdout[-1500:]}{done.stderr[-600:]}"


async def execute(url: str, sql: str) -> None:
    async with open_server(url) as server:
        await server.connection.execute(sql)


async def generate() -> None:
    settings: dict[str, Any] = {}
    exec(Path("settings.py").read_text(), settings)
    await Tortoise.init(config=settings["TORTOISE_ORM"])
    try:
        await Tortoise.generate_schemas(safe=False)
    finally:
        await Tortoise.close_connections()


def has_extension(server: Server, name: str) -> bool:
    return bool(server.fetch("SELECT 1 FROM pg_available_extensions WHERE name = $1", name))


def schemadrift(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run([str(BIN / "schemadrift"), *arguments])


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": ".",
        "NO_COLOR": "1",
        "COLUMNS": "200",
        "DJANGO_SETTINGS_MODULE": "site_settings",
    }
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)


if __name__ == "__main__":
    print(main(sys.argv[1], json.loads(sys.argv[2])))
