"""``apply --tenants --resume`` killed with SIGKILL at any moment, again and again, until every tenant is fixed.

``python -m tests.commands.tenants.kills postgres 50`` kills it 50 times on a server of its own (``schemas``: tenants
that are schemas of one PostgreSQL database; ``pooled``: the same through a pooler in transaction mode). Each run is a
fork, so that nearly all of its time is spent on tenants. ``… postgres 50 8 processes`` has them fixed by the processes
of an executor, and kills one of those as often as the process that has the journal.
After every kill each tenant has all its rows, and is as it was, or fixed, or named by the journal as begun; what the
journal calls fixed is.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_schemadrift.servers import start_server
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.dialects.postgres.pooler import stand_in
from tests.harness import load

MODELS = """
from tortoise import fields
from tortoise.models import Model

class User(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=255, unique=True)
    age = fields.IntField(null=True)

    class Meta:
        table = "users"

class Note(Model):
    id = fields.IntField(primary_key=True)
    text = fields.CharField(max_length=90, db_index=True)
    size = fields.BigIntField()

    class Meta:
        table = "notes"
"""
NUMBERED = {
    "postgres": "SERIAL PRIMARY KEY",
    "mysql": "INT NOT NULL PRIMARY KEY AUTO_INCREMENT",
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL",
}
DRIFTED = """
CREATE TABLE users (id {numbered}, email VARCHAR(100) NOT NULL UNIQUE);
INSERT INTO users (id, email) VALUES (1, 'a@b'), (7, 'c@d');
CREATE TABLE notes (id {numbered}, text VARCHAR(40) NOT NULL, size INT NOT NULL);
INSERT INTO notes (id, text, size) VALUES (2, 'one', 1), (3, 'two', 2), (9, 'three', 3)
"""
ROWS = ("SELECT id, email FROM users ORDER BY id", "SELECT id, text, size FROM notes ORDER BY id")


@dataclass
class Attack:
    """Tenants of one dialect, and how often who fixed them was killed."""

    dialect: str
    folder: Path
    urls: dict[str, str]
    kills: int = 0
    rounds: int = 0
    processes: bool = False
    """Whether an executor's processes fix them."""
    workers_killed: int = 0
    between: int = 0
    """How often a tenant was found between the old and the new schema."""
    chance: random.Random = field(default_factory=lambda: random.Random(15))

    @property
    def journal(self) -> Path:
        return self.folder / "schemadrift-tenants.jsonl"

    def prepare(self) -> None:
        """The project, whose tenants are named with their URLs."""
        (self.folder / "shop").mkdir()
        (self.folder / "shop" / "models.py").write_text(MODELS)
        configured = next(iter(self.urls.values()))
        settings = {"connections": {"default": configured}, "apps": {"shop": {"models": ["shop.models"]}}}
        (self.folder / "shop" / "settings.py").write_text(f"TORTOISE_ORM = {settings!r}\n")
        (self.folder / "tenants.txt").write_text("".join(f"{name} = {url}\n" for name, url in self.urls.items()))
        them = 'schemas = "tenant*"' if self.dialect == "schemas" else 'urls = "tenants.txt"'
        (self.folder / "pyproject.toml").write_text(
            '[tool.schemadrift]\ntortoise_orm = "shop.settings.TORTOISE_ORM"\n'
            f"[tool.schemadrift.tenants.default]\n{them}\n"
        )

    def run(self, kills: int) -> None:
        """Kill it so many times; begin anew with drifted tenants whenever all are fixed."""
        while self.kills < kills:
            self.rounds += 1
            self.journal.unlink(missing_ok=True)
            asyncio.run(self._drift())
            while True:
                executor = ("--executor", "concurrent.futures:ProcessPoolExecutor") if self.processes else ()
                child = self._fork("apply", "--tenants", "--yes", "--resume", "--lock-timeout", "60s", *executor)
                killed, workers = self._kill(child) if self.kills < kills else (0, [])
                status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                while any(map(_works, workers)):
                    time.sleep(0.01)
                asyncio.run(self._look())
                if killed in workers and status:
                    assert status == _FAILED, f"exit code {status}"
                elif status != -signal.SIGKILL:
                    assert status == 0, f"exit code {status}: {(self.folder / 'said.txt').read_text()}"
                    break
            check = self._fork("check", "--tenants", "-q")
            assert os.waitstatus_to_exitcode(os.waitpid(check, 0)[1]) == 0, "a tenant is not in sync"
            assert all(outcome in ("fixed", "in sync") for outcome in self._journal().values())

    def _kill(self, child: int) -> tuple[int, list[int]]:
        """Kill it, or a worker of its, some time after the journal was first written to, if it is not over by then.

        Who was killed, and the workers that there were.
        """
        size, end = self._written(), time.monotonic() + 60
        while self._written() == size and time.monotonic() < end and not _is_over(child):
            time.sleep(0.002)
        time.sleep(self.chance.random() * self.chance.choice((0.05, 0.2, 0.5, *((2, 5) if self.processes else ()))))
        if _is_over(child):
            return 0, []
        workers = _workers_of(child)
        victim = self.chance.choice((child, self.chance.choice(workers or [child])))
        os.kill(victim, signal.SIGKILL)
        self.kills += 1
        self.workers_killed += victim != child
        return victim, workers

    def _written(self) -> int:
        return self.journal.stat().st_size if self.journal.exists() else 0

    def _fork(self, *arguments: str) -> int:
        child = os.fork()
        if child:
            return child
        try:
            os.chdir(self.folder)
            target = os.open(self.folder / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(target, 1)
            os.dup2(target, 2)
            from pytest_schemadrift.cli import main

            main(arguments)
        except SystemExit as stopped:
            os._exit(int(stopped.code or 0))
        finally:
            os._exit(70)

    def _journal(self) -> dict[str, str]:
        """The last thing that is known of each tenant."""
        found = {}
        for line in self.journal.read_text().splitlines() if self.journal.exists() else ():
            try:
                entry: dict[str, Any] = json.loads(line)
            except ValueError:
                continue  # cut short by a kill
            found[entry["tenant"]] = entry.get("outcome", "begun")
        return found

    def _open(self, name: str, url: str) -> AbstractAsyncContextManager[LiveServer]:
        if self.dialect == "schemas":
            return open_server(f"{url}{'&' if '?' in url else '?'}schema={name}", only_schemas=(name,))
        return open_server(url)

    async def _drift(self) -> None:
        kind = {"mariadb": "mysql", "schemas": "postgres"}.get(self.dialect, self.dialect)
        for name, url in self.urls.items():
            if self.dialect == "schemas":
                async with open_server(url) as server:
                    await load(server, f"CREATE SCHEMA IF NOT EXISTS {name}")
            async with self._open(name, url) as server:
                await load(server, "DROP TABLE IF EXISTS users; DROP TABLE IF EXISTS notes")
                await load(server, DRIFTED.format(numbered=NUMBERED[kind]))

    async def _look(self) -> None:
        known = self._journal()
        for name, url in self.urls.items():
            async with self._open(name, url) as server:
                users, notes = [[tuple(row) for row in await server.connection.fetch(query)] for query in ROWS]
                assert users == [(1, "a@b"), (7, "c@d")], f"{name} lost rows of users"
                assert notes == [(2, "one", 1), (3, "two", 2), (9, "three", 3)], f"{name} lost rows of notes"
                schema = await server.dialect.dump(server.connection, server.info, None)
            users_are, notes_are = ({column.name: column.type for column in table.columns} for table in schema.tables)
            if "email" not in users_are:
                users_are, notes_are = notes_are, users_are
            index = [item for table in schema.tables for item in table.indexes if not item.unique]
            new = ["age" in users_are, "255" in str(users_are["email"]), "90" in str(notes_are["text"]), bool(index)]
            new.append("big" in str(notes_are["size"]).lower())
            self.between += any(new) and not all(new)
            assert all(new) or known.get(name) != "fixed", f"{name} is not fixed, and the journal says so"
            assert all(new) or not any(new) or known.get(name) == "begun", f"{name} is neither whole nor begun"


def _is_over(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


_FAILED = 2


def _workers_of(parent: int) -> list[int]:
    """The processes of an executor that a process has; not the one which only counts what they share."""
    children = [child for path in Path(f"/proc/{parent}/task").glob("*/children") for child in path.read_text().split()]
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _works(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def main(arguments: Sequence[str]) -> None:
    """Attack one dialect, and print the figures."""
    title, kills = arguments[0], int(arguments[1])
    dialect = "schemas" if title == "pooled" else title
    many = int(arguments[2]) if len(arguments) > 2 else 8
    processes = arguments[3:] == ["processes"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if dialect == "sqlite":
            urls = {f"t{number}": f"sqlite://{folder}/t{number}.sqlite3" for number in range(many)}
            for url in urls.values():
                Path(url.removeprefix("sqlite://")).touch()
        else:
            server = stack.enter_context(start_server("postgres" if dialect == "schemas" else dialect)).server
            names = [f"tenant{number}" for number in range(many)]
            if dialect == "schemas":
                url = server.create_database("all_tenants")
                urls = dict.fromkeys(names, stack.enter_context(stand_in(url)) if title == "pooled" else url)
            else:
                urls = {name: server.create_database(name) for name in names}
        attack = Attack(dialect, folder, urls, processes=processes)
        attack.prepare()
        attack.run(kills)
    print(
        f"{title}: killed {attack.kills} times (a worker {attack.workers_killed} times) in {attack.rounds} rounds of "
        f"{many} tenants; found {attack.between} times between two schemas, every resume complete, no row lost"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
