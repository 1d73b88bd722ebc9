"""What the plugin knows of one pytest run: the project, its connections, and the tables that its models want."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from pytest_schemadrift.commands import (
    CheckOptions,
    Project,
    chosen_connections,
    loaded_models,
    model_tables,
    open_project,
)
from pytest_schemadrift.comparison import Ignore
from pytest_schemadrift.errors import SchemaDriftError
from pytest_schemadrift.model import Name
from pytest_schemadrift.plugin import options
from pytest_schemadrift.plugin.loop import LoopThread
from pytest_schemadrift.plugin.specs import hooks_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pluggy import HookRelay

    from pytest_schemadrift.changes import SimpleChange
    from pytest_schemadrift.plan import Origin

OVERRIDABLE = ("schemadrift_config", "schemadrift_databases", "schemadrift_prepare", "schema_drift")


@dataclass
class Run:
    """One run's project; ``tables`` holds the wanted tables of each connection with the places of their models."""

    KEY: ClassVar[pytest.StashKey[Run]]

    config: pytest.Config
    project: Project
    options: CheckOptions
    tables: Mapping[str, Mapping[Name, Origin | None]]
    hooks: HookRelay
    loop: LoopThread = field(default_factory=LoopThread)

    @classmethod
    def begin(cls, config: pytest.Config) -> Run:
        """The run of ``--schema-drift``: finds the file that its items hang on. Raises ``pytest.UsageError``."""
        anchor = options.find_anchor(config)
        run = cls.load(config, anchor.parent)
        _assert_visible_overrides(config, anchor.parent)
        options.name_anchor(config, anchor)
        config.stash[options.ANCHOR] = anchor
        if not is_worker(config):
            from pytest_schemadrift.plugin.summary import Summary

            config.pluginmanager.register(Summary(run), "schemadrift-summary")
        return run

    @classmethod
    def of(cls, config: pytest.Config) -> Run:
        """The run as it began, or loaded now for the fixtures alone. Raises ``pytest.UsageError``."""
        known = config.stash.get(cls.KEY, None)
        return known if known is not None else cls.load(config, options.find_anchor(config).parent)

    @classmethod
    def load(cls, config: pytest.Config, folder: Path) -> Run:
        """Read configuration and models. Raises ``pytest.UsageError`` of a few lines."""
        chosen, source = options.chosen_connections(config), options.chosen_source(config)
        hooks = hooks_of(config)
        try:
            project = open_project(folder)
            check = CheckOptions(chosen, source=source or project.settings.source, ignore=_ignore(hooks))
            names = chosen_connections(project, check)
            with loaded_models(project) as models:
                tables = {name: model_tables(project, models, name) for name in names}
        except SchemaDriftError as error:
            raise pytest.UsageError(str(error)) from None
        return cls(config, project, check, tables, hooks)

    def is_spun_up(self, connection: str) -> bool:
        """Whether the project wants a database of its own for this connection's tests."""
        return connection in self.project.settings.databases

    def close(self) -> None:
        """End what runs in the background."""
        self.loop.close()


Run.KEY = pytest.StashKey()


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is one of xdist's workers (the variable in the environment is inherited by others)."""
    return hasattr(config, "workerinput")


def shared_folder(config: pytest.Config, base: Path) -> Path:
    """A folder that all processes of a run have in common; ``base`` is this process's temporary folder."""
    return base.parent if is_worker(config) else base


def _ignore(hooks: HookRelay) -> Ignore:
    """The ``schemadrift_ignore_change`` hooks as one function."""

    def ignore(change: SimpleChange) -> str | None:
        answer = hooks.schemadrift_ignore_change(change=change)
        return "schemadrift_ignore_change" if answer is True else answer or None

    return ignore


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
