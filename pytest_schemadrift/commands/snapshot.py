"""Models against their committed snapshot, and the writing of it; no database is ever asked.

While a snapshot's seal holds, nothing that reads or writes SQL is imported: a commit hook has no time for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.accepted import accepting
from pytest_schemadrift.commands.project import chosen_connections, compared_tables, loaded_models
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.sources.revisions import unknown_to_git
from pytest_schemadrift.sources.snapshot import compose, origin_of, parse_snapshot, read_snapshot, write_snapshot

if TYPE_CHECKING:
    from pytest_schemadrift.commands.project import CheckOptions, Project
    from pytest_schemadrift.planning.drift import Drift
    from pytest_schemadrift.sources.models import LoadedModels, ModelSource

PLACE = "{connection}"


def snapshot_path(project: Project, connection: str) -> Path:
    """The file of one connection's snapshot. Raises ``ConfigurationError`` where two connections would share one."""
    template = project.settings.snapshot
    if PLACE not in template and len(project.tortoise.connections) > 1:
        raise ConfigurationError(
            f"snapshot = {template!r} is one file for {len(project.tortoise.connections)} connections",
            where=f"{project.settings.place} [tool.schemadrift]",
            hint=f'write for example snapshot = "schema/{PLACE}.sql"',
        )
    return project.settings.project_dir / template.replace(PLACE, connection)


def snapshot_dialect(project: Project, connection: str) -> str:
    """The dialect that a snapshot is spelled in: MariaDB's where the project's tests run on MariaDB."""
    dialect = project.tortoise.connection(connection).dialect
    version = project.settings.database(connection).version
    return "mariadb" if dialect == "mysql" and _is_mariadb(version) else dialect


def _is_mariadb(version: str) -> bool:
    """MySQL has no version 10 or later yet."""
    major = version.partition(".")[0]
    return "mariadb" in version.lower() or (major.isdigit() and int(major) >= 10)


async def check_snapshot(project: Project, models: LoadedModels, name: str, options: CheckOptions) -> Drift:
    """The drift from one connection's snapshot to its models: ``static``, and without any server.

    Raises ``ConfigurationError`` where there is no such file, ``DDLSyntaxError`` where it is no SQL.
    """
    from pytest_schemadrift.planning.drift import Drift

    path, dialect = snapshot_path(project, name), snapshot_dialect(project, name)
    snapshot = read_snapshot(path)
    if snapshot.dialect not in ("", dialect):
        raise ConfigurationError(
            f"the snapshot was written for {snapshot.dialect}, and connection {name!r} is {dialect}",
            where=str(path),
            hint="write it again: schemadrift snapshot",
        )
    source = models_for(models, name, dialect)
    sealed = not source.problems and snapshot.is_sealed_for(_origin(project, source, dialect))
    if options.apps or options.models:
        source = models_for(models, name, dialect, options)
    if sealed:
        tables, notes = compared_tables(project, source), (*models.notices, *source.notices)
        return Drift(name, dialect, source="snapshot", tables=tables, notes=notes, origins=source.origins)
    from pytest_schemadrift.commands.offline import compare_offline

    drift = compare_offline(project, source, dialect, options, text=snapshot.body, path=path)
    return replace(drift, notes=(*models.notices, *drift.notes))


async def check_snapshots(project: Project, options: CheckOptions) -> list[Drift]:
    """As ``check_snapshot``, for every chosen connection in the order of the configuration."""
    with loaded_models(project) as models:
        return [
            await check_snapshot(project, models, name, accepting(project, name, "snapshot", options))
            for name in chosen_connections(project, options)
        ]


async def write_all(project: Project, options: CheckOptions) -> tuple[list[Path], list[Path]]:
    """Write the snapshots of the chosen connections: the files that changed, and those that Git does not have yet."""
    names = chosen_connections(project, options)
    with loaded_models(project) as models:
        written = await write_snapshots(project, models, names)
    return written, unknown_to_git([snapshot_path(project, name) for name in names], project.settings.project_dir)


async def write_snapshots(project: Project, models: LoadedModels, names: Sequence[str]) -> list[Path]:
    """Write the snapshots of these connections, and return those files that are new or changed.

    A file whose seal holds is left as it is, whatever the spelling of this version. Raises ``ConfigurationError``.
    """
    return [path for name in names if (path := _written(project, models, name)) is not None]


def _written(project: Project, models: LoadedModels, name: str) -> Path | None:
    path = snapshot_path(project, name)
    dialect = snapshot_dialect(project, name)
    source = models_for(models, name, dialect)
    origin = _origin(project, source, dialect)
    before = _text_of(path)
    if not source.problems and parse_snapshot(before).is_sealed_for(origin):
        return None
    from pytest_schemadrift.commands.offline import ddl_of_models

    ddl, complete = ddl_of_models(project, source, dialect)
    text = compose(name, dialect, ddl, origin if complete else None)
    if text == before:
        return None
    write_snapshot(path, text)
    return path


def models_for(models: LoadedModels, name: str, dialect: str, options: CheckOptions | None = None) -> ModelSource:
    """The DDL of a connection's models, of all (a snapshot never holds a part) or of those that ``options`` choose."""
    from pytest_schemadrift.sources.models import model_ddl

    return model_ddl(
        models,
        name,
        apps=options.apps or None if options else None,
        models=options.models or None if options else None,
        server_version="MariaDB" if dialect == "mariadb" else "",
    )


def _origin(project: Project, source: ModelSource, dialect: str) -> str:
    return origin_of(source, dialect, project.settings.exclude)


def _text_of(path: Path) -> str:
    """The file as it is now; one that is missing or no text will be rewritten."""
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return ""
