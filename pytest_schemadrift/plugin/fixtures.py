"""The fixtures: small, session-scoped, synchronous, and each of them may be overridden.

Overrides belong in the ``conftest.py`` next to ``pyproject.toml`` (or in a plugin): what is defined deeper, pytest
shows only to the tests of that folder, and not to the items of ``--schema-drift``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_schemadrift.commands import Project
    from pytest_schemadrift.plugin.databases import Databases
    from pytest_schemadrift.plugin.results import SchemaDrift
    from pytest_schemadrift.plugin.run import Run


@pytest.fixture(scope="session")
def schemadrift_run(pytestconfig: pytest.Config) -> Iterator[Run]:
    """What the plugin knows of this run (not meant to be overridden)."""
    from pytest_schemadrift.plugin.run import Run

    try:
        run = Run.of(pytestconfig)
    except pytest.UsageError as error:
        pytest.fail(str(error), pytrace=False)
    yield run
    run.close()


@pytest.fixture(scope="session")
def schemadrift_config(schemadrift_run: Run) -> Project:
    """The project: ``.settings`` ([tool.schemadrift]) and ``.tortoise`` (connections, apps, where they came from)."""
    return schemadrift_run.project


@pytest.fixture(scope="session")
def schemadrift_prepare(schemadrift_config: Project) -> Callable[[str, str], Awaitable[None]]:
    """An async callable ``(connection, url)`` that brings an empty database to the state under test.

    By default it runs the project's migrations (Tortoise's or Aerich's); where there are none, Tortoise generates the
    schemas of the models. Override it to load a dump, or to run the migrations of another tool.
    """
    from pytest_schemadrift.plugin.databases import DefaultPrepare

    return DefaultPrepare(schemadrift_config)


@pytest.fixture(scope="session")
def schemadrift_databases(
    schemadrift_run: Run,
    schemadrift_config: Project,
    schemadrift_prepare: Callable[[str, str], Awaitable[None]],
) -> Iterator[Databases]:
    """Spun-up, prepared databases by connection name: each has ``url`` (for Tortoise), ``dialect`` and ``version``.

    A server starts when the first of its databases is asked for; each xdist worker has databases of its own.
    """
    from pytest_schemadrift.plugin.databases import Databases

    with Databases(schemadrift_run, schemadrift_config, schemadrift_prepare) as databases:
        yield databases


@pytest.fixture(scope="session")
def schema_drift(schemadrift_run: Run, schemadrift_config: Project, schemadrift_databases: Databases) -> SchemaDrift:
    """For hand-written tests: ``schema_drift.check("default").assert_none()``."""
    from pytest_schemadrift.plugin.results import SchemaDrift

    return SchemaDrift(schemadrift_run, schemadrift_config, schemadrift_databases)
