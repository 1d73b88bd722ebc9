"""Model source from a live database."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from pytest_schemadrift.codegen import Header, Progress, Request, Split, Style, Written, silent, write_models
from pytest_schemadrift.commands.bookkeeping import kept_by_other_tools
from pytest_schemadrift.commands.own_schemas import own_part
from pytest_schemadrift.commands.project import (
    BOOKKEEPING,
    CheckOptions,
    Project,
    matches,
    only_connection,
    url_alone,
    with_urls,
)
from pytest_schemadrift.core.config.urls import database_url
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.planning.letters import Letters
from pytest_schemadrift.planning.resolve import resolution
from pytest_schemadrift.schema.model import Name, Schema, Table
from pytest_schemadrift.sources.columns import columns_of
from pytest_schemadrift.sources.database import dialect_of_url, dump, open_server
from pytest_schemadrift.sources.scratch import LiveServer

_SHOWN = 8
_WORDS = {"postgres": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "sqlite": "SQLite"}


@dataclass(frozen=True, slots=True)
class ReverseOptions:
    """What to write models of; ``database`` is another database on the same server (SQLite: another file)."""

    tables: tuple[str, ...] = ()
    everything: bool = False
    database: str = ""
    style: Style = "tortoise"
    app: str = "models"
    managed: bool | None = None
    split: Split = "none"
    tenant: str = ""
    """Whose database the project has in the place of its own: for the command that writes the same again."""


async def reverse_live(
    project: Project | None, options: CheckOptions, wanted: ReverseOptions, progress: Progress = silent
) -> Written:
    """The source of models of live tables, and what of the database it does not express.

    ``progress(done, total)`` is called after each model. Raises ``ConfigurationError`` where there is nothing to write
    or a table is unknown, and what connecting raises.
    """
    if not wanted.tables and not wanted.everything:
        raise ConfigurationError("no table was named", hint="name tables, or write --all")
    url, dialect, only_schemas = _address(project, options, wanted)
    async with open_server(url, dialect, options.timeout, only_schemas=only_schemas) as whole:
        server = whole
        if project is not None and not wanted.tables and not wanted.database:
            server = await own_part(project, only_connection(project, next(iter(options.connections), None)), server)
        schema = await dump(server)
        letters = server.letters
        patterns = (*(project.settings.exclude if project else ()), *BOOKKEEPING)
        passed_over = partial(matches, patterns=patterns, letters=letters)
        others = kept_by_other_tools(schema)
        tables, views = _chosen(schema, wanted, lambda name: name in others or passed_over(name), letters, server)
        unread = (item for item in schema.unsupported if not (item.table and passed_over(item.table)))
        schema = replace(schema, unsupported=tuple(unread))
        headless = [table.name for table in tables if table.kind == "virtual"]
        columns = await columns_of(server, [*views, *headless])
    header = Header(_database(server), _server(server), _command(project, options, wanted, url))
    request = Request(tables, columns, wanted.style, wanted.app, not wanted.tables, wanted.managed, wanted.split)
    return write_models(schema, server.info, request, header, progress)


def _address(
    project: Project | None, options: CheckOptions, wanted: ReverseOptions
) -> tuple[str, str, tuple[str, ...]]:
    """The URL to open, its dialect, and the only schemas to look at."""
    only_schemas: tuple[str, ...] = ()
    if project is None:
        url = url_alone(options)
        dialect = dialect_of_url(url)
    else:
        project = with_urls(project, options.database_urls)
        connection = project.tortoise.connection(only_connection(project, next(iter(options.connections), None)))
        url, dialect, only_schemas = database_url(connection), connection.dialect, connection.schemas
    return (_on_database(url, dialect, wanted.database) if wanted.database else url), dialect, only_schemas


def _on_database(url: str, dialect: str, name: str) -> str:
    """The URL of another database of the same server; of SQLite, a file beside the one that the URL names."""
    if dialect == "sqlite":
        head, _, rest = url.partition("://")
        path = Path(rest.partition("?")[0]).parent / name
        if not path.exists():
            raise ConfigurationError(
                f"there is no file {path}", hint="--db names an SQLite file beside the configured one"
            )
        return f"{head}://{path}"
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{quote(name, safe='')}"))


def _chosen(
    schema: Schema,
    wanted: ReverseOptions,
    passed_over: Callable[[Name], bool],
    letters: Letters,
    server: LiveServer,
) -> tuple[list[Table], list[Name]]:
    """The tables and the views to write; partitions belong to their table, chunks of TimescaleDB's too."""
    if wanted.everything and not wanted.tables:
        tables = [table for table in schema.tables if not table.part_of and not passed_over(table.name)]
        if not tables:
            _refuse_unread(schema, None, server)
            raise ConfigurationError(
                f"{_database(server)} has no tables", hint="look at another database with --db or --database-url"
            )
        return tables, []
    known_tables = {str(table.name): table for table in schema.tables}
    known_views = {str(view.name): view.name for view in schema.views}
    meant, known = resolution(schema, server.info), {*known_tables, *known_views}
    asked = [
        name if name in known else str(meant.relation(Name("", name)))
        for name in (letters.known(text, known) for text in wanted.tables)
    ]
    for name in asked:
        if name not in known_tables and name not in known_views:
            _refuse_unread(schema, name, server)
            raise _unknown(name, [*known_tables, *known_views], server)
        parent = known_tables[name].partition_of if name in known_tables else None
        if parent is not None:
            whole = parent[0]
            while (table := known_tables.get(str(whole))) is not None and table.partition_of is not None:
                whole = table.partition_of[0]
            raise ConfigurationError(f"{name} is a partition of {parent[0]}", hint=f"reverse {whole} instead")
    names = dict.fromkeys(asked)
    return [known_tables[n] for n in names if n in known_tables], [known_views[n] for n in names if n in known_views]


def _refuse_unread(schema: Schema, name: str | None, server: LiveServer) -> None:
    """Raise where the table of this name, or the first of all, is there but cannot be read."""
    for item in schema.unsupported:
        if item.table is not None and name in (None, str(item.table)):
            raise ConfigurationError(
                f"{item.kind} {item.table} of {_database(server)} cannot be written as a model: {item.reason}",
                hint="name other tables, or write --all, which says what it leaves out" if name else "",
            )


def _unknown(name: str, known: Sequence[str], server: LiveServer) -> ConfigurationError:
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        hint = f"did you mean {' or '.join(close)}?"
    elif known:
        more = f", and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
        hint = f"there are: {', '.join(sorted(known)[:_SHOWN])}{more}"
    else:
        hint = "this user sees no table at all: check its rights, or name another database with --db"
    if server.dialect.name in ("mysql", "mariadb"):
        hint += " (a user sees only tables that it has a right on: GRANT SELECT ON …)"
    return ConfigurationError(f"there is no table {name!r} in {_database(server)}", hint=hint)


def _database(server: LiveServer) -> str:
    return Path(server.info.database).name if server.dialect.name == "sqlite" else server.info.database


def _server(server: LiveServer) -> str:
    return f"{_WORDS[server.info.dialect]} {'.'.join(map(str, server.info.version[:2]))}"


def _command(project: Project | None, options: CheckOptions, wanted: ReverseOptions, url: str) -> str:
    """The command that writes the same again; a password never goes in."""
    words = ["schemadrift", "reverse", *(wanted.tables or ["--all"])]
    words += ["--tenant", wanted.tenant] if wanted.tenant else []
    words += _pairs([("--connection", name) for name in options.connections])
    if options.database_urls:
        words += ["--database-url", _without_password(url)]
    elif wanted.database:
        words += ["--db", wanted.database]
    if wanted.style != "tortoise":
        words += ["--style", wanted.style]
    if wanted.app != "models":
        words += ["--app", wanted.app]
    if wanted.managed is not None:
        words.append("--managed" if wanted.managed else "--no-managed")
    if wanted.split in ("schema", "prefix"):
        words += ["--split", wanted.split]
    return shlex.join(words)


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [word for pair in pairs for word in pair]


def _without_password(url: str) -> str:
    head, separator, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    address = f"{user.partition(':')[0]}{at}{place}"
    kept, _, query = address.partition("?")
    settings = [item for item in query.split("&") if item and item.partition("=")[0].lower() not in _SECRETS]
    return f"{head}{separator}{kept}" + (f"?{'&'.join(settings)}" if settings else "")


_SECRETS = frozenset({"password", "passwd", "pwd", "sslpassword"})
