"""The fixtures: small, session-scoped, synchronous, and each of them may be overridden in a ``conftest.py``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from pytest_schemadrift.plugin.hooks import ANCHOR, STATE

if TYPE_CHECKING:
    from pytest_schemadrift.commands import Project
    from pytest_schemadrift.plugin.databases import Databases
    from pytest_schemadrift.plugin.results import SchemaDrift
    from pytest_schemadrift.plugin.state import State


@pytest.fixture(scope="session")
def schemadrift_state(pytestconfig: pytest.Config) -> Iterator[State]:
    """What the plugin knows of this run (not meant to be overridden)."""
    from pytest_schemadrift.plugin.state import State

    known = pytestconfig.stash.get(STATE, None)
    if isinstance(known, State):
        yield known
        return
    anchor = pytestconfig.stash.get(ANCHOR, None)
    state = State.load(pytestconfig, anchor.parent if anchor else pytestconfig.rootpath)
    yield state
    state.close()


@pytest.fixture(scope="session")
def schemadrift_config(schemadrift_state: State) -> Project:
    """The project: ``.settings`` ([tool.schemadrift]) and ``.tortoise`` (connections, apps, where they came from)."""
    return schemadrift_state.project


@pytest.fixture(scope="session")
def schemadrift_prepare(schemadrift_config: Project) -> Callable[[str, str], Awaitable[None]]:
    """An async callable ``(connection, url)`` that brings an empty database to the state under test.

    By default it lets Tortoise generate the schemas of the models. Override it to run migrations or a dump.
    """
    from pytest_schemadrift.plugin.databases import generate_schemas

    async def prepare(connection: str, url: str) -> None:
        await generate_schemas(schemadrift_config, connection, url)

    return prepare


@pytest.fixture(scope="session")
def schemadrift_databases(
    schemadrift_state: State,
    schemadrift_prepare: Callable[[str, str], Awaitable[None]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Databases]:
    """Spun-up, prepared databases by connection name: each has ``url`` (for Tortoise), ``dialect`` and ``version``."""
    from pytest_schemadrift.plugin.databases import Databases

    databases = Databases(schemadrift_state, schemadrift_prepare, tmp_path_factory)
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def schema_drift(
    schemadrift_state: State, schemadrift_databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> SchemaDrift:
    """For hand-written tests: ``schema_drift.check("default").assert_none()``."""
    from pytest_schemadrift.plugin.results import SchemaDrift

    return SchemaDrift(schemadrift_state, schemadrift_databases, tmp_path_factory)
