"""What the plugin knows of one pytest run: the project, its connections, and the tables that its models want."""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
import warnings
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
from filelock import FileLock

from pytest_schemadrift.commands import (
    CheckOptions,
    Project,
    Source,
    chosen_connections,
    loaded_models,
    model_tables,
    open_project,
    source_of,
)
from pytest_schemadrift.commands.hooks import ignore_by
from pytest_schemadrift.commands.snapshot import snapshot_path, write_snapshots
from pytest_schemadrift.commands.source import ALL, every_source
from pytest_schemadrift.commands.tenants.find import connections_with_tenants, find_tenants
from pytest_schemadrift.core.config.settings import find_project
from pytest_schemadrift.core.config.urls import database_url
from pytest_schemadrift.core.private import private_folder, read_private, write_private
from pytest_schemadrift.errors import ConfigurationError, SchemaDriftError
from pytest_schemadrift.plugin import options
from pytest_schemadrift.plugin.hookspecs import hooks_of, overrides
from pytest_schemadrift.plugin.loop import LoopThread
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.migrations import find_migrations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pluggy import HookRelay

    from pytest_schemadrift.commands.tenants.find import Tenant
    from pytest_schemadrift.core.config.urls import ConnectionSettings
    from pytest_schemadrift.planning.drift import Origin
    from pytest_schemadrift.planning.ignoring import Ignore
    from pytest_schemadrift.schema.changes import SimpleChange
    from pytest_schemadrift.sources.models import LoadedModels

PREPARE = "schemadrift_prepare"
PREPARED = "prepared"
"""The source of a connection whose database the project's own ``schemadrift_prepare`` brings up."""
OVERRIDABLE = ("schemadrift_config", "schemadrift_databases", "schemadrift_prepare", "schema_drift")


@dataclass
class Run:
    """One run's project; ``tables`` holds the wanted tables of each look with the places of their models.

    A look is a connection, by its name; where there are several sources to look at, ``default:live`` and its like.
    """

    KEY: ClassVar[pytest.StashKey[Run]]

    config: pytest.Config
    project: Project
    options: CheckOptions
    tables: Mapping[str, Mapping[Name, Origin | None]]
    sources: Mapping[str, Source]
    hooks: HookRelay
    updated: Sequence[Path]
    """The snapshots that this run has rewritten."""
    loop: LoopThread
    heard: Sequence[warnings.WarningMessage] = ()
    """What the project warned of when it was imported, which is before pytest listens."""
    tenants: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The names of the tenants that have an item each, by connection: the same in every process of the run."""
    _found: dict[str, dict[str, Tenant]] = field(default_factory=dict)

    @classmethod
    def begin(cls, config: pytest.Config) -> Run:
        """The run of ``--schema-drift``: finds the file that its items hang on. Raises ``pytest.UsageError``."""
        anchor = options.find_anchor(config)
        run = cls.load(config, anchor.parent)
        _assert_visible_overrides(config, anchor.parent)
        options.name_anchor(config, anchor)
        config.stash[options.ANCHOR] = anchor
        return run

    @classmethod
    def of(cls, config: pytest.Config) -> Run:
        """The run as it began, or loaded now for the fixtures alone. Raises ``pytest.UsageError``."""
        known = config.stash.get(cls.KEY, None)
        return known if known is not None else cls.load(config, options.find_anchor(config).parent)

    @classmethod
    def load(cls, config: pytest.Config, folder: Path) -> Run:
        """Read configuration and models. Raises ``pytest.UsageError`` of a few lines."""
        chosen, asked = options.chosen_connections(config), options.chosen_source(config)
        hooks, loop = hooks_of(config), LoopThread()
        is_prepared = bool(overrides(config, PREPARE) or hooks.schemadrift_prepare_database.get_hookimpls())
        try:
            with ExitStack() as loading:
                with warnings.catch_warnings(record=True) as heard:
                    warnings.simplefilter("always")
                    project = replace(open_project(folder), place=_place(folder, config.invocation_params.dir))
                    check = CheckOptions(
                        chosen,
                        source=asked,
                        ignore=_noting(ignore_by(hooks), config),
                        renames=options.answered_renames(config),
                        unreachable=options.for_unreachable(config),
                    )
                    names = chosen_connections(project, check)
                    models = loading.enter_context(loaded_models(project))
                tables = {name: model_tables(project, models, name) for name in names}
                updated = _updated(config, project, models, names, loop)
            tenants = _tenants(config, project, check, loop)
            sources = {
                look: source
                for name in names
                for look, source in _looks(project, name, asked, is_prepared=is_prepared).items()
            }
            tables = {look: tables[connection_of(project, look)] for look in sources}
        except SchemaDriftError as error:
            raise pytest.UsageError(options.in_words_of_pytest(error)) from None
        return cls(config, project, check, tables, sources, hooks, updated, loop, heard, tenants)

    def warn_again(self) -> None:
        """Warn of what the project warned of, now that pytest listens; of xdist's workers the first one does."""
        if getattr(self.config, "workerinput", {}).get("workerid", "gw0") == "gw0":
            for item in self.heard:
                warnings.warn_explicit(item.message, item.category, item.filename, item.lineno)

    @property
    def folder(self) -> Path:
        """The folder that all processes of this run have in common."""
        return private_folder(self.config.stash[options.FOLDER])

    def connection(self, look: str) -> str:
        """The connection that a look is about."""
        return connection_of(self.project, look)

    def source(self, look: str) -> Source:
        """Where the left side of a look comes from; also of a connection that no item is about, or several are."""
        known = self.sources.get(look)
        asked = "auto" if self.options.source == ALL else self.options.source
        return known or source_of(self.project, look, asked)

    def found_tenants(self, connection: str) -> Mapping[str, Tenant]:
        """The tenants of a connection by their names, as this process finds them. Raises ``ConfigurationError``."""
        if connection not in self._found:
            found = self.loop.run(find_tenants(self.project, connection, self.options.timeout))
            self._found[connection] = {tenant.name: tenant for tenant in found}
        return self._found[connection]

    @property
    def has_ignored(self) -> bool:
        """Whether a ``schemadrift_ignore_change`` of the project ignored anything, in whichever process."""
        return (self.folder / _IGNORED).exists()

    def live_version(self, connection: str) -> str:
        """The version of a live database's server, or ``""`` where it does not answer at once."""
        settings = self.project.tortoise.connection(connection)
        if settings.dialect == "sqlite":
            return sqlite3.sqlite_version
        try:
            return self.loop.run(_version(settings))
        except Exception:  # whatever is wrong, the items will say it
            return ""

    def close(self) -> None:
        """End what runs in the background."""
        self.loop.close()


Run.KEY = pytest.StashKey()


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is one of xdist's workers (the variable in the environment is inherited by others)."""
    return hasattr(config, "workerinput")


_IGNORED = "ignored"
_PATIENCE = 2.0
"""Seconds that the header waits for a live server to say its version."""


def _noting(ignore: Ignore | None, config: pytest.Config) -> Ignore | None:
    """The same, leaving a note for the run's first process when a change is ignored."""
    if ignore is None:
        return None

    def noting(change: SimpleChange) -> str | None:
        reason = ignore(change)
        if reason:
            (config.stash[options.FOLDER] / _IGNORED).touch()
        return reason

    return noting


async def _version(connection: ConnectionSettings) -> str:
    async with open_server(database_url(connection), connection.dialect, _PATIENCE) as server:
        return server.info.version_text.split(" ")[0]


def _updated(
    config: pytest.Config, project: Project, models: LoadedModels, names: Sequence[str], loop: LoopThread
) -> Sequence[Path]:
    """Rewrite the snapshots where that is wanted, of the connections that have one or whose source it would be."""
    if is_worker(config) or not options.is_update(config):
        return ()
    chosen = [name for name in names if snapshot_path(project, name).is_file() or not _is_migrated(project, name)]
    return loop.run(write_snapshots(project, models, chosen))


def _tenants(
    config: pytest.Config, project: Project, check: CheckOptions, loop: LoopThread
) -> dict[str, tuple[str, ...]]:
    """Who the tenants are, asked once for all processes of a run: they must collect the same items."""
    if not options.is_about_tenants(config):
        return {}
    if check.source not in ("auto", "live"):
        raise ConfigurationError("tenants are live databases", hint="leave --source out")
    folder = private_folder(config.stash[options.FOLDER])
    path = folder / "tenants.json"
    with FileLock(f"{path}.lock"):
        known = read_private(path)
        if known is None:
            found = {
                name: [tenant.name for tenant in loop.run(find_tenants(project, name, check.timeout))]
                for name in connections_with_tenants(project, check.connections)
            }
            known = json.dumps(found).encode()
            write_private(path, known)
    return {name: tuple(names) for name, names in json.loads(known).items()}


def _place(folder: Path, here: Path) -> str:
    """The option that leads our command to the project from where pytest was called, if one is needed."""
    return "" if find_project(here) == folder else f"-C {shlex.quote(os.path.relpath(folder, here))}"


def _is_migrated(project: Project, connection: str) -> bool:
    return find_migrations(project.tortoise, connection) is not None


def connection_of(project: Project, look: str) -> str:
    """The connection that a look is about."""
    return look if look in project.tortoise.connections else look.rpartition(":")[0]


def _looks(project: Project, connection: str, asked: str, *, is_prepared: bool) -> dict[str, Source]:
    """What to look at, by the names of the looks: everything there is for ``all``, else one source."""
    if asked != ALL:
        return {connection: _source(project, connection, asked, is_prepared=is_prepared)}
    sources = every_source(project, connection)
    first = _source(project, connection, "auto", is_prepared=is_prepared)
    if first.kind == PREPARED:
        sources.insert(0, first)
    return {f"{connection}:{source.kind}" if len(sources) > 1 else connection: source for source in sources}


def _source(project: Project, connection: str, asked: str, *, is_prepared: bool) -> Source:
    """As on the command line, but a project may bring up a database of its own that says where it stands.

    So ``auto`` takes it before the live one, where ``[tool.schemadrift.databases]`` has a section for the connection.
    """
    wanted = project.settings.source if asked == "auto" else asked
    if is_prepared and wanted == "migrations":
        return Source("migrations", "migrations", find_migrations(project.tortoise, connection))
    found = source_of(project, connection, asked, ("applied", ALL))
    if is_prepared and wanted == "auto" and found.kind == "live" and connection in project.settings.databases:
        return Source(PREPARED, PREPARED)
    return found


def _assert_visible_overrides(config: pytest.Config, folder: Path) -> None:
    """An override that the items cannot see would silently be none."""
    for place, plugin in config.pluginmanager.list_name_plugin():
        path = Path(place)
        if path.name != "conftest.py" or path.parent in (folder, *folder.parents, config.rootpath):
            continue
        for name in OVERRIDABLE:
            if hasattr(plugin, name):
                raise pytest.UsageError(
                    f"the items of --schema-drift cannot see the fixture {name} of a folder below them\n"
                    f"  where: {path}\n  to do: move it to {folder / 'conftest.py'}"
                )
