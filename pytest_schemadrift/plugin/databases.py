"""Databases for tests: one server per run and kind, one database per connection and worker."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

from filelock import FileLock

from pytest_schemadrift.commands.databases import Servers, bring_up, contents_of
from pytest_schemadrift.commands.hooks import awaited
from pytest_schemadrift.errors import MigrationFailed, SchemaDriftError
from pytest_schemadrift.plugin.run import Run, is_worker

if TYPE_CHECKING:
    import pytest

    from pytest_schemadrift.commands import Project
    from pytest_schemadrift.servers import Server

Prepare = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Database:
    """A database for tests; ``url`` is in Tortoise's form, ``version`` the server's own text where it is known."""

    url: str
    dialect: str
    version: str


class Databases(Mapping[str, Database]):
    """Starts a server and prepares a database when a connection is first asked for.

    On PostgreSQL and SQLite the preparation is done once for a run, and every worker gets a copy; MySQL cannot copy a
    database, so every worker prepares its own. On a server that the project names by URL nothing but our own databases
    is touched; they are dropped when the run ends.
    """

    def __init__(self, run: Run, project: Project, prepare: Prepare) -> None:
        self._run, self._project, self._prepare = run, project, prepare
        self._servers = Servers(project, run.folder / "servers")
        self._databases: dict[str, Database] = {}

    def __getitem__(self, connection: str) -> Database:
        """The worker's own database. Raises ``ServerUnavailable``, ``MigrationFailed``, what preparing it raises."""
        if connection not in self._databases:
            worker = os.environ["PYTEST_XDIST_WORKER"] if is_worker(self._run.config) else "main"
            _, database, failed = self._create(connection, worker)
            if failed is not None:
                raise failed
            self._databases[connection] = database
        return self._databases[connection]

    def __iter__(self) -> Iterator[str]:
        return iter(self._project.tortoise.connections)

    def __len__(self) -> int:
        return len(self._project.tortoise.connections)

    def difference(self, connection: str) -> str:
        """Where the server is not like that of the project's own database, how; else ``""``."""
        return self._servers.difference(connection)

    @contextmanager
    def prepared_once(self, connection: str) -> Iterator[tuple[Database, MigrationFailed | None]]:
        """A prepared database for the length of the block, and the migration that could not be run, if one could not.

        Raises ``ServerUnavailable``, and what the project's own preparation raises.
        """
        name, database, failed = self._create(connection, "checked")
        try:
            yield database, failed
        finally:
            self._servers.server(connection).drop_database(name)

    def _create(self, connection: str, purpose: str) -> tuple[str, Database, MigrationFailed | None]:
        server = self._servers.server(connection)
        name = self._name(connection, purpose)
        if server.provider != "url" and server.dialect in ("postgres", "sqlite"):
            template, failed = self._template(server, connection)
            with FileLock(self._run.folder / f"{template}.lock"):  # two at once cannot copy one template
                url = server.create_database(name, template=template)
        else:
            self._note(server, connection, name)
            url = server.create_database(name)
            failed = self._prepared(connection, url)
        return name, Database(url, server.dialect, server.version), failed

    def _name(self, connection: str, purpose: str) -> str:
        """Unique on a server that other runs may use too; ``purpose`` tells the databases of one run apart."""
        word = re.sub(r"\W", "_", connection)[:20]
        return f"schemadrift_{word}_{purpose}_{self._run.folder.name[-8:]}"

    def _template(self, server: Server, connection: str) -> tuple[str, MigrationFailed | None]:
        """The database that copies are made of, prepared by the first process that needs it."""
        name = self._template_name(connection)
        # of this very server: the one before it ended with its last user, where no other worker had begun to use it
        note = self._run.folder / f"{name}-{sha256(server.url.encode()).hexdigest()[:8]}.json"
        with FileLock(self._run.folder / f"{name}.lock"):
            if note.exists():
                known = json.loads(note.read_text())
                return name, MigrationFailed(**known) if known else None
            server.drop_database(name)  # left by a preparation that failed
            failed = self._prepared(connection, server.create_database(name))
            server.disconnect(name)
            note.write_text(json.dumps(failed.facts if failed else None))
        return name, failed

    def _template_name(self, connection: str) -> str:
        """By what it holds, so that connections that want the same share one, unless the project prepares it itself."""
        if (
            isinstance(self._prepare, DefaultPrepare)
            and not self._run.hooks.schemadrift_prepare_database.get_hookimpls()
        ):
            return f"schemadrift_template_{contents_of(self._project, connection)}"
        return self._name(connection, "template")

    def _prepared(self, connection: str, url: str) -> MigrationFailed | None:
        answer = self._run.hooks.schemadrift_prepare_database(connection=connection, url=url)
        try:
            if not self._run.loop.run(awaited(answer)):
                self._run.loop.run(awaited(self._prepare(connection, url)))
        except MigrationFailed as error:
            return error
        return None

    def _note(self, server: Server, connection: str, name: str) -> None:
        """Remember a database on somebody else's server, so that the run's first process can drop it at the end."""
        if server.provider == "url":
            with (self._run.folder / _GIVEN).open("a") as notes:
                notes.write(json.dumps([connection, name]) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Give the servers back: each ends with its last user, and its databases with it."""
        self._servers.__exit__(*error)


_GIVEN = "databases.jsonl"


@dataclass(frozen=True, slots=True)
class DefaultPrepare:
    """What ``schemadrift_prepare`` does unless it is overridden: the project's migrations, else its models' tables."""

    project: Project

    async def __call__(self, connection: str, url: str) -> None:
        """Bring an empty database to that state. Raises what ``bring_up`` raises."""
        await bring_up(self.project, connection, url)


def remove_folder(config: pytest.Config, folder: Path) -> None:
    """Drop the databases made on servers that are not ours, and remove what the run's processes shared."""
    notes = folder / _GIVEN
    if notes.exists():
        project = Run.of(config).project
        with Servers(project) as servers:
            for line in notes.read_text().splitlines():
                connection, name = json.loads(line)
                with suppress(SchemaDriftError, OSError):
                    servers.server(connection).drop_database(name)
    shutil.rmtree(folder, ignore_errors=True)
