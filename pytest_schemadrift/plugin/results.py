"""The check of each connection: computed once for a run, whatever the number of workers, and kept in a file."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from pytest_schemadrift.commands import check_connection, loaded_models
from pytest_schemadrift.errors import SchemaDriftError
from pytest_schemadrift.plan import Drift
from pytest_schemadrift.plugin.databases import Databases, shared_folder, with_url
from pytest_schemadrift.report.words import origin_of
from pytest_schemadrift.servers.base import run_apart
from pytest_schemadrift.wording import subject

if TYPE_CHECKING:
    from pytest_schemadrift.plugin.state import State


class CouldNotTell(Exception):
    """The check itself failed; the text is what a user is shown."""


@dataclass(frozen=True, slots=True)
class _Failure:
    text: str


class SchemaDrift:
    """``check(connection) -> Drift``; the first caller of a run computes it, the others read it."""

    def __init__(self, state: State, databases: Databases, factory: pytest.TempPathFactory) -> None:
        self._state, self._databases = state, databases
        self._folder = shared_folder(factory) / "schemadrift-results"
        self._known: dict[str, Drift | _Failure] = {}

    def check(self, connection: str = "default") -> Drift:
        """Return the drift of a connection. Raises ``CouldNotTell`` with the reason in a few lines."""
        if connection not in self._known:
            self._known[connection] = self._shared(connection)
        found = self._known[connection]
        if isinstance(found, _Failure):
            raise CouldNotTell(found.text)
        return found

    def _shared(self, connection: str) -> Drift | _Failure:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{connection}.pickle"
        with FileLock(f"{path}.lock"):
            if path.exists():
                kept: Drift | _Failure = pickle.loads(path.read_bytes())  # noqa: S301  written by this very run
                return kept
            found = self._compute(connection)
            path.write_bytes(pickle.dumps(found))
            return found

    def _compute(self, connection: str) -> Drift | _Failure:
        project = self._state.project
        try:
            project.tortoise.connection(connection)
            if self._state.is_spun_up(connection):
                project = with_url(project, connection, self._databases.create(connection, "checked").url)
            with loaded_models(project) as models:
                drift = run_apart(lambda: check_connection(project, models, connection, self._state.options))
                return _without_models(drift)
        except SchemaDriftError as error:
            return _Failure(str(error))


def _without_models(drift: Drift) -> Drift:
    """The drift with the few places that its report names, in the place of the models themselves."""
    places = {}
    for step in drift.steps:
        table, column = subject(step.change)
        origin = origin_of(drift, step.change)
        if table is not None and origin is not None:
            places[table, column] = origin
    return replace(drift, origins=places)
