"""The functions that Python code calls: thin wrappers around ``commands``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pytest_schemadrift.codegen import Style
from pytest_schemadrift.commands import (
    CheckOptions,
    Project,
    ReverseOptions,
    check_project,
    chosen_connections,
    diff_sources,
    loaded_models,
    open_project,
    reverse_live,
)
from pytest_schemadrift.commands.apply import Applied, Applying, ApplyOptions
from pytest_schemadrift.core.config.settings import load_settings
from pytest_schemadrift.core.config.tortoise import parse_tortoise_config
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.hazards import Hazard


async def check(
    config: str | Mapping[str, Any] | None = None,
    connections: Iterable[str] | None = None,
    source: str = "auto",
) -> list[Drift]:
    """Compare live databases with their models; one ``Drift`` for each connection.

    ``config`` is ``"module.VARIABLE"``, a Tortoise configuration, or ``None`` to find it as the command line does
    from the current directory. Raises the errors of ``pytest_schemadrift.errors``.
    """
    options = CheckOptions(connections=tuple(connections or ()), source=source)
    return await check_project(_project(config), options)


async def apply(
    config: str | Mapping[str, Any] | None = None,
    connections: Iterable[str] | None = None,
    *,
    safe: bool = True,
    allow_hazards: Iterable[str] = (),
    renames: Iterable[str] = (),
    no_renames: bool = False,
    online: bool = False,
) -> list[Applied]:
    """Fix the drift of live databases without asking anything; one ``Applied`` for each connection, in their order.

    What safe mode refuses is not done: ``allow_hazards`` names what it may do all the same (``DELETES_DATA`` …),
    ``renames`` answers what looks renamed. A plan that could not be proven on a scratch copy is not run. The answer's
    ``left`` is the drift afterwards. Raises the errors of ``pytest_schemadrift.errors``; a statement that fails is
    told by ``outcomes``.
    """
    project = _project(config)
    checking = CheckOptions(connections=tuple(connections or ()), renames=tuple(renames))
    allowed = frozenset(Hazard(name.upper()) for name in allow_hazards)
    options = ApplyOptions(safe=safe, allowed=allowed, no_renames=no_renames, online=online)
    applied = []
    with loaded_models(project) as models:
        applying = Applying(project, models, checking, options)
        for name in chosen_connections(project, checking):
            proposal = await applying.propose(name)
            ready = proposal.may_run
            applied.append(await applying.carry_out(proposal) if ready else Applied(proposal, left=proposal.drift))
    return applied


async def diff(
    left: str = "live",
    right: str = "models",
    *,
    dialect: str | None = None,
    config: str | Mapping[str, Any] | None = None,
    connection: str | None = None,
) -> Drift:
    """Return the drift from one source to another: ``live``, ``models``, a ``*.sql`` file or a database URL.

    Raises the errors of ``pytest_schemadrift.errors``.
    """
    project = _project(config) if {"live", "models"} & {left, right} else None
    return await diff_sources(project, left, right, dialect=dialect, connection=connection)


async def reverse(
    tables: Iterable[str] = (),
    *,
    style: Style = "tortoise",
    config: str | Mapping[str, Any] | None = None,
    connection: str | None = None,
    database_url: str | None = None,
) -> str:
    """Return model source for live tables, of all of them where none are named.

    With a ``database_url`` no project is needed. Raises the errors of ``pytest_schemadrift.errors``.
    """
    project = _project(config) if config is not None or database_url is None else None
    options = CheckOptions(
        connections=(connection,) if connection else (),
        database_urls=(("", database_url),) if database_url else (),
    )
    names = tuple(tables)
    written = await reverse_live(project, options, ReverseOptions(names, everything=not names, style=style))
    return written.text


def _project(config: str | Mapping[str, Any] | None) -> Project:
    if config is None or isinstance(config, str):
        return open_project(config=config)
    settings = load_settings(Path())
    return Project(settings, parse_tortoise_config(config, origin="check(config)", project_dir=settings.project_dir))
