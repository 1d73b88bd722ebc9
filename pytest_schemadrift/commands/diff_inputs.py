"""What can be compared with what: a word of the project, a file, a Git revision or a database URL, opened."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.comparison import model_statements, parse_models
from pytest_schemadrift.commands.databases import Servers, bring_up, empty_database
from pytest_schemadrift.commands.offline import read_ddl
from pytest_schemadrift.commands.own_schemas import own_part
from pytest_schemadrift.commands.project import Project, loaded_models, only_connection, session_settings
from pytest_schemadrift.commands.snapshot import models_for, snapshot_dialect, snapshot_path
from pytest_schemadrift.core.config.settings import ScratchChoice
from pytest_schemadrift.core.config.urls import database_url
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import Dialect
from pytest_schemadrift.errors import ConfigurationError, DDLSyntaxError
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.shown import reason
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.sources.migrations import find_migrations
from pytest_schemadrift.sources.revisions import is_revision, revision_text
from pytest_schemadrift.sources.scratch import LiveServer
from pytest_schemadrift.sources.snapshot import parse_snapshot, read_snapshot
from pytest_schemadrift.sources.structure import structure_only

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import ModelSource


OF_PROJECT = ("live", "models", "snapshot", "migrations")
"""The sources that only a project has."""


@dataclass(frozen=True, slots=True)
class DiffInput:
    """One input of a comparison: ``server`` where it is a database, ``statements`` where it is DDL."""

    dialect: str
    server: LiveServer | None = None
    text: str = ""
    source: ModelSource | None = None
    is_snapshot: bool = False
    """Our own spelling of models, or a revision of it."""

    @property
    def is_models(self) -> bool:
        """Whether it says what models want, and nothing of what else a database may have."""
        return self.source is not None or self.is_snapshot

    def parsed(self, dialect: Dialect, info: ServerInfo) -> Schema:
        """What its DDL says, with what models say and nobody can write."""
        if self.source is None:
            return parse_sql(self.text, dialect.name, info)
        return parse_models(self.source, dialect.name, info)[0]

    def statements(self) -> list[str]:
        """Its DDL to execute."""
        if self.source is not None:
            return model_statements(self.source, frozenset(table.name for table in self.source.statements))
        return structure_only(self.text, self.dialect)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What it takes to open the inputs of a comparison; ``stack`` closes it."""

    stack: AsyncExitStack
    project: Project | None
    connection: str | None
    url: str | None
    timeout: float
    scratch: ScratchChoice
    column_storage: bool

    async def open(self, given: str, dialect: str | None, like: LiveServer | None = None) -> DiffInput:
        """``given``, which is to be compared with the database ``like``, where that is one."""
        if "://" in given:
            return await self._database(given, None)
        if given == "live" and self.url:
            return await self._database(self.url, None)
        if given in OF_PROJECT:
            return await self._of_project(given, dialect, like)
        if is_revision(given):
            folder = self.project.settings.project_dir if self.project else Path()
            return _from_text(revision_text(given, folder), given, dialect)
        return _from_file(Path(given), dialect)

    async def _database(self, url: str, dialect: str | None, settings: Sequence[str] = ()) -> DiffInput:
        opening = open_server(
            url,
            dialect,
            self.timeout,
            settings=settings,
            scratch=self.scratch,
            column_storage=self.column_storage,
        )
        server = await self.stack.enter_async_context(opening)
        return DiffInput(server.info.dialect, server=server)

    async def _of_project(self, given: str, dialect: str | None, like: LiveServer | None) -> DiffInput:
        if self.project is None:
            raise ConfigurationError(
                f"{given!r} needs a project", hint="run it in the project's folder, or give --config"
            )
        name = only_connection(self.project, self.connection)
        settings = self.project.tortoise.connection(name)
        if given == "live":
            session = session_settings(self.project, name)
            live = await self._database(database_url(settings), settings.dialect, session)
            assert live.server is not None
            return replace(live, server=await own_part(self.project, name, live.server))
        if given == "migrations":
            return await self._migrated(self.project, name, like)
        spelled = dialect or snapshot_dialect(self.project, name)
        if given == "snapshot":
            path = snapshot_path(self.project, name)
            return replace(_from_text(read_snapshot(path).body, str(path), spelled), is_snapshot=True)
        models = self.stack.enter_context(loaded_models(self.project))
        return DiffInput(spelled, source=models_for(models, name, spelled))

    async def _migrated(self, project: Project, name: str, like: LiveServer | None) -> DiffInput:
        """A database of our own, with the character set of ``like``, that the project's migrations bring up."""
        if find_migrations(project.tortoise, name) is None:
            raise ConfigurationError(
                f"connection {name!r} has no migrations",
                where=project.tortoise.origin,
                hint="make them (tortoise makemigrations), set migrations in its apps, or choose another source",
            )
        servers = self.stack.enter_context(Servers(project))
        server = await asyncio.to_thread(servers.server, name)
        url = self.stack.enter_context(empty_database(server, like.info if like else None))
        await bring_up(project, name, url)
        return await self._database(url, project.tortoise.connection(name).dialect)


def _from_file(path: Path, dialect: str | None) -> DiffInput:
    if not path.is_file():
        what = "file" if path.suffix == ".sql" else "source"
        meant = get_close_matches(path.name, OF_PROJECT, n=1)
        hint = "give live, models, snapshot, migrations, a *.sql file, a Git revision of one, or a database URL"
        raise ConfigurationError(
            f"there is no {what} {str(path)!r}", hint=f"did you mean {meant[0]!r}?" if meant else hint
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DDLSyntaxError(
            f"the file cannot be read: {reason(error)}",
            path=str(path),
            hint="it must be text in UTF-8 that you may read",
        ) from None
    return _from_text(text, str(path), dialect)


def _from_text(text: str, name: str, dialect: str | None) -> DiffInput:
    """A DDL text, ``name`` being what its errors call it; a snapshot knows its dialect."""
    snapshot = parse_snapshot(text)
    chosen = snapshot.dialect or dialect
    if chosen is None:
        raise ConfigurationError(
            f"the dialect of {name} is not known", hint="give --dialect postgres|mysql|mariadb|sqlite"
        )
    chosen = get_dialect(chosen).name
    read_ddl(snapshot.body, chosen, name)
    return DiffInput(chosen, text=snapshot.body, is_snapshot=bool(snapshot.seal))
