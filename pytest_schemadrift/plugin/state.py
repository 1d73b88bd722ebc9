"""What the plugin knows of a run: the project, its models, and the tables that they want."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from pytest_schemadrift.changes import SimpleChange
    from pytest_schemadrift.plan import Origin
    from pytest_schemadrift.sources.models import LoadedModels


@dataclass
class State:
    """One run's project and models; ``close`` gives back what it holds."""

    config: pytest.Config
    project: Project
    options: CheckOptions
    connections: tuple[str, ...]
    _stack: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def load(cls, config: pytest.Config, folder: Path) -> State:
        """Read configuration and models. Raises ``pytest.UsageError`` of a few lines."""
        chosen = tuple(config.getoption("--schema-drift-connection") or config.getini("schema_drift_connection"))
        source = config.getoption("--schema-drift-source") or config.getini("schema_drift_source") or "auto"
        options = CheckOptions(connections=chosen, source=source, ignore=_ignore(config))
        try:
            project = open_project(folder)
            state = cls(config, project, options, chosen_connections(project, options))
            state._wanted  # noqa: B018  a model that cannot be imported ends the run here
        except SchemaDriftError as error:
            raise pytest.UsageError(str(error)) from None
        return state

    @cached_property
    def _wanted(self) -> dict[str, dict[Name, Origin | None]]:
        with loaded_models(self.project) as models:
            return {name: model_tables(self.project, models, name) for name in self.connections}

    def tables(self, connection: str) -> tuple[Name, ...]:
        """The tables that the models of a connection want, by name."""
        return tuple(sorted(self._wanted[connection]))

    def origin(self, connection: str, table: Name) -> Origin | None:
        """Where a table's model is declared."""
        return self._wanted[connection].get(table)

    def models(self) -> LoadedModels:
        """The loaded models, until ``close``."""
        return self._stack.enter_context(loaded_models(self.project))

    def is_spun_up(self, connection: str) -> bool:
        """Whether the project wants a database of its own for this connection's tests."""
        return connection in self.project.settings.databases

    def close(self) -> None:
        """Restore what loading the models changed."""
        self._stack.close()


def _ignore(config: pytest.Config) -> Ignore:
    """The projects' ``schemadrift_ignore_change`` hooks as one function."""

    def ignore(change: SimpleChange) -> str | None:
        answer = config.hook.schemadrift_ignore_change(change=change)
        return "ignored by schemadrift_ignore_change" if answer is True else answer or None

    return ignore
