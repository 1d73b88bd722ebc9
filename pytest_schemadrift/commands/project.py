"""A project as a command sees it: settings, connections, models, and what is left out of every look."""

from __future__ import annotations

import re
import shlex
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from pytest_schemadrift.core.config.settings import TIMEOUT, ScratchChoice, Settings, load_settings
from pytest_schemadrift.core.config.tortoise import TortoiseConfig, find_tortoise_config
from pytest_schemadrift.core.config.urls import DATABASE_URL, connection_from_url, database_url, variable_of
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.errors import ConfigurationError, ConnectionFailed, mask
from pytest_schemadrift.planning.letters import EXACT, Letters
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.name import Name

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.base import Connection
    from pytest_schemadrift.planning.drift import Origin
    from pytest_schemadrift.planning.ignoring import Ignore
    from pytest_schemadrift.planning.policy import Policy, Severity
    from pytest_schemadrift.schema.capabilities import ServerInfo
    from pytest_schemadrift.schema.model import Schema
    from pytest_schemadrift.sources.models import LoadedModels, ModelSource
    from pytest_schemadrift.sources.scratch import LiveServer

BOOKKEEPING = (
    "aerich",
    "tortoise_migrations",  # of Tortoise, and of tortoise-pathway
    "tortoisemarch_applied_migrations",
    "alembic_version",
    "django_migrations",
    "spatial_ref_sys",
    "geography_columns",
    "geometry_columns",
)
"""Tables of migration tools and extensions: never looked at."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project's settings, and its Tortoise configuration."""

    settings: Settings
    tortoise: TortoiseConfig
    place: str = ""
    """The option that leads another command here, for a shell, where the user is elsewhere."""


OnKnown: TypeAlias = "Callable[[ServerInfo, str], None]"
"""Is called with what a server is, and the digest of its rows."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What to check and how; empty tuples stand for all. ``timeout`` is in seconds, for connecting.

    ``database_urls`` are (connection name or ``""`` for the only one, URL) pairs that replace the configured URLs.
    """

    connections: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    source: str = "auto"
    database_urls: tuple[tuple[str, str], ...] = ()
    timeout: float = TIMEOUT
    unreachable: Literal["fail", "skip"] = "fail"
    prove: bool = True
    renames: tuple[str, ...] = ()
    ignore: Ignore | None = None
    """Gives the reason why a change is no drift, or ``None`` where it is one."""
    ignore_pending: bool = False
    """Compare a live database as it is, whatever migrations wait for it."""
    scratch: ScratchChoice = "auto"
    """Where things are tried out for a database without a project, which has a setting for it."""
    baseline: bool = True
    """Whether the project's baseline is heard."""
    last_changes: bool = False
    """Whether to ask who changed what differs, and when."""
    asks_for_aliases: bool = True
    """Whether a connection to a database of another name is asked if it is this one; ``tables_of_others`` says when.

    Not for a tenant: the verdict on it is that of all which look like it.
    """
    schemas: bool = True
    """Whether a drift in sync has its two schemas, too; without, a database that was in sync before is known by its
    catalog rows, and nothing is compared."""
    told: tuple[ServerInfo, str] | None = None
    """The facts and the digest of the catalog rows that the server has just told, if it has no ``schemas``."""
    on_known: OnKnown | None = None
    """Is told of a database of which the answer depends on its catalog rows alone, if it has no ``schemas``."""


def open_project(
    project_dir: Path | str = ".",
    *,
    config: str | None = None,
    config_file: str | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Project:
    """Find and read a project's configuration; nothing is imported but its settings module.

    Raises ``ConfigurationError``, ``ModelsUnavailable``.
    """
    settings = load_settings(project_dir, overrides)
    return Project(settings, find_tortoise_config(settings, config=config, config_file=config_file))


def model_tables(project: Project, models: LoadedModels, name: str) -> dict[Name, Origin | None]:
    """The tables that the models of a connection want, excluded ones left out, and where each is declared."""
    from pytest_schemadrift.sources.models import model_ddl

    source = model_ddl(models, name)
    return {table: source.origins.get((table, None)) for table in compared_tables(project, source)}


def compared_tables(project: Project, source: ModelSource, letters: Letters = EXACT) -> tuple[Name, ...]:
    """The tables of these models without those that the project never looks at."""
    return tuple(table.name for table in source.statements if not is_excluded(project.settings, table.name, letters))


def is_excluded(settings: Settings, name: Name, letters: Letters = EXACT) -> bool:
    """Whether the project never looks at a table, or nobody does; ``letters`` are those of its server."""
    return matches(name, (*settings.exclude, *BOOKKEEPING), letters)


def excluded_tables(settings: Settings, letters: Letters, *schemas: Schema) -> frozenset[Name]:
    """Those tables of some schemas, read or not, that ``is_excluded`` means."""
    from pytest_schemadrift.schema.model import names_of_tables

    names = (name for schema in schemas for name in names_of_tables(schema))
    return frozenset(name for name in names if is_excluded(settings, name, letters))


def matches(name: Name, patterns: Sequence[str], letters: Letters = EXACT) -> bool:
    """Whether a table is meant by one of these shell patterns, with or without its schema."""
    return any(letters.is_table(name, pattern) for pattern in patterns)


def with_urls(project: Project, urls: Sequence[tuple[str, str]]) -> Project:
    """The project with the URLs of the command line in the place of the configured ones, dialect included."""
    connections = dict(project.tortoise.connections)
    for given, url in urls:
        name, variable = _named(project, given), variable_of(given, url)
        option = url_option("" if len(connections) == 1 else name, url) if not variable else ""
        place = f"${variable}" if variable else ""
        connection = connection_from_url(name, url, place or "--database-url")
        connections[name] = replace(connection, option=option, variable=place, given=True)
    return replace(project, tortoise=replace(project.tortoise, connections=connections))


def url_option(name: str, url: str) -> str:
    """``--database-url [NAME=]URL`` for a shell.

    A URL with a password is taken from the variable for it, which the reader has to set: masked it would be no URL, and
    without the option the command would be about the configured database.
    """
    given = f"{name}=" if name else ""
    if mask(url) == url:
        return f"--database-url {shlex.quote(f'{given}{url}')}"
    variable = "_".join([DATABASE_URL, *([shouted(name)] if name else [])])
    return f'--database-url {shlex.quote(given) if given else ""}"${variable}"'


def look_options(project: Project, options: CheckOptions) -> str:
    """What was typed to look at this project and its databases, for the next command that is to look at the same.

    The URLs of all connections are named: the record of one's migrations may be in the database of another.
    """
    words = [project.place, project.tortoise.option]
    words += [connection.option for connection in project.tortoise.connections.values()]
    words += [f"--timeout {options.timeout:g}"] if options.timeout != TIMEOUT else []
    words += [f"--scratch {options.scratch}"] if options.scratch != "auto" else []
    return " ".join(filter(None, words))


def look_at_live(project: Project, options: CheckOptions) -> str:
    """The command that looks at the live databases of this project."""
    return f"schemadrift check --source live {look_options(project, options)}".rstrip()


def apply_options(project: Project, options: CheckOptions) -> str:
    """As ``look_options``, for ``schemadrift apply``, which is to find the drift that was found."""
    words = [look_options(project, options)]
    for option, values in (("--apps", options.apps), ("--models", options.models), ("--rename", options.renames)):
        words += [f"{option} {shlex.quote(value)}" for value in values]
    words += ["--ignore-pending"] if options.ignore_pending else []
    return " ".join(filter(None, words))


def named_urls(project: Project, urls: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The URLs by the names of their connections. Raises ``ConfigurationError`` for a connection that there is not."""
    return {_named(project, given): url for given, url in urls}


def shouted(name: str) -> str:
    """The name of a connection as environment variables have it."""
    return re.sub(r"\W", "_", name).upper()


def _named(project: Project, given: str) -> str:
    """A connection by its name, or by that name as environment variables have it: in capitals, with underscores."""
    names = {shouted(name): name for name in project.tortoise.connections}
    name = given if given in project.tortoise.connections else names.get(given, given)
    return project.tortoise.connection(name).name if name else only_connection(project, None)


def chosen_connections(project: Project, options: CheckOptions) -> tuple[str, ...]:
    """The connections to look at: those asked for, else every configured one.

    Raises ``ConfigurationError`` for an unknown connection.
    """
    for name in options.connections:
        project.tortoise.connection(name)
    return options.connections or tuple(project.tortoise.connections)


def policy_of(settings: Settings) -> Policy:
    """What counts as drift, by the project's settings."""
    from pytest_schemadrift.planning.policy import Policy

    return Policy(
        names=cast(Literal["shape", "strict"], settings.names),
        column_order=settings.column_order,
        comments=settings.comments,
        extra_defaults=cast("Severity", settings.extra_defaults),
        unmanaged=cast("Severity", settings.unmanaged),
    )


@contextmanager
def loaded_models(project: Project) -> Iterator[LoadedModels]:
    """Import and initialise the project's models for as long as the block runs."""
    from pytest_schemadrift.sources.models import load_models

    with load_models(project.tortoise) as models:
        yield models


def only_connection(project: Project, name: str | None) -> str:
    """The connection asked for, else the only one or ``default``. Raises ``ConfigurationError``."""
    if name:
        project.tortoise.connection(name)
        return name
    names = list(project.tortoise.connections)
    if len(names) == 1 or "default" in names:
        return names[0] if len(names) == 1 else "default"
    raise ConfigurationError("there are several connections", hint=f"choose with --connection: {', '.join(names)}")


def session_settings(project: Project, name: str) -> tuple[str, ...]:
    """The statements that give a session what Tortoise gives its own.

    With ``use_tz`` that is, on MySQL and MariaDB, the offset which its time zone has now; a literal of a TIMESTAMP is
    read in it (``MySQLClient.create_connection``).
    """
    tortoise = project.tortoise
    if tortoise.connection(name).dialect not in ("mysql", "mariadb"):
        return ()
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from pytest_schemadrift.sources.orm import has_contexts

    if not (has_contexts() if tortoise.use_tz is None else tortoise.use_tz):  # the classic one has it off by default
        return ()
    try:
        offset = datetime.now(tz=ZoneInfo(tortoise.timezone)).utcoffset() or timedelta()
    except (ZoneInfoNotFoundError, ValueError):
        offset = timedelta()
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return (f"SET time_zone = '{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}'",)


@asynccontextmanager
async def open_connection(project: Project, name: str, timeout: float) -> AsyncIterator[LiveServer]:  # noqa: ASYNC109
    """Open the database of a project's connection, as ``open_server`` does; ``timeout`` is in seconds.

    An error names the connection where there are several.
    """
    from pytest_schemadrift.sources.database import open_server

    connection = project.tortoise.connection(name)
    opening = open_server(
        database_url(connection),
        connection.dialect,
        timeout,
        settings=session_settings(project, name),
        scratch=project.settings.scratch,
        only_schemas=connection.schemas,
        column_storage=project.settings.column_storage,
    )
    async with AsyncExitStack() as stack:
        with _naming(project, name):
            server = await stack.enter_async_context(opening)
        yield server


@asynccontextmanager
async def open_session(project: Project, name: str, timeout: float) -> AsyncIterator[Connection]:  # noqa: ASYNC109
    """Open the database of a project's connection, as ``open_connection`` does, and ask nothing of the server.

    Raises ``ConnectionFailed``, ``DriverMissing``, ``ConfigurationError``.
    """
    settings = project.tortoise.connection(name)
    with _naming(project, name):
        connection = await get_dialect(settings.dialect).connect(database_url(settings), timeout)
    try:
        for statement in session_settings(project, name):
            await connection.execute(statement)
        yield connection
    finally:
        await connection.close()


@contextmanager
def _naming(project: Project, name: str) -> Iterator[None]:
    """Have an error of connecting name the connection, where there are several."""
    try:
        yield
    except ConnectionFailed as error:
        if len(project.tortoise.connections) > 1:
            error.where = ": ".join(word for word in (f"connection {name!r}", error.where) if word)
        raise


def url_alone(options: CheckOptions) -> str:
    """The database that was named, where no project has one. Raises ``ConfigurationError``."""
    if not options.database_urls:
        raise ConfigurationError("no database was named", hint="give --database-url URL, or run it in a project")
    return options.database_urls[0][1]


@asynccontextmanager
async def opened(project: Project | None, options: CheckOptions, name: str | None = None) -> AsyncIterator[LiveServer]:
    """Open one live database: by URL alone, or a project's connection."""
    from pytest_schemadrift.sources.database import dialect_of_url, open_server

    if project is None:
        url = url_alone(options)
        async with open_server(url, dialect_of_url(url), options.timeout, scratch=options.scratch) as server:
            yield server
        return
    project = with_urls(project, options.database_urls)
    chosen = only_connection(project, name or next(iter(options.connections), None))
    async with open_connection(project, chosen, options.timeout) as server:
        yield server
