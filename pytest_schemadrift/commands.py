"""What a user can ask for: the only place where the rooms of the house meet."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from pytest_schemadrift.changes import Rename, RenameEnumValue, RenameTable
from pytest_schemadrift.collector import paused_collector
from pytest_schemadrift.comparison import Comparison, Ignore, Wanted, compare, compare_without_server
from pytest_schemadrift.config import (
    Settings,
    TortoiseConfig,
    connection_from_url,
    database_name,
    database_url,
    find_tortoise_config,
    load_settings,
    nearest,
)
from pytest_schemadrift.dialects import get_dialect, split_script
from pytest_schemadrift.dialects.reader import Token, tokenize
from pytest_schemadrift.errors import (
    ConfigurationError,
    ConnectionFailed,
    DDLSyntaxError,
    SchemaDriftError,
    ServerUnavailable,
    Unsupported,
)
from pytest_schemadrift.evolve import evolve
from pytest_schemadrift.model import Name, Schema, UnsupportedObject
from pytest_schemadrift.plan import Drift, Origin
from pytest_schemadrift.reconcile import Policy, Severity
from pytest_schemadrift.renames import parse_rename, propose_renames
from pytest_schemadrift.sources.database import ddl_text, dialect_of_url, dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql, parse_sql_cached
from pytest_schemadrift.sources.scratch import LiveServer, read_back

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_schemadrift.sources.models import LoadedModels, ModelSource

BOOKKEEPING = (
    "aerich",
    "tortoise_migrations",
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
    timeout: float = 10.0
    unreachable: Literal["fail", "skip"] = "fail"
    prove: bool = True
    renames: tuple[str, ...] = ()
    ignore: Ignore | None = None
    """Gives the reason why a change is no drift, or ``None`` where it is one."""


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
    patterns = (*project.settings.exclude, *BOOKKEEPING)
    names = [table.name for table in source.statements if not matches(table.name, patterns)]
    return {table: source.origins.get((table, None)) for table in names}


def matches(name: Name, patterns: Sequence[str]) -> bool:
    """Whether a table is meant by one of these shell patterns, with or without its schema."""
    return any(fnmatchcase(str(name), pattern) or fnmatchcase(name.name, pattern) for pattern in patterns)


def with_urls(project: Project, urls: Sequence[tuple[str, str]]) -> Project:
    """The project with the URLs of the command line in the place of the configured ones, dialect included."""
    connections = dict(project.tortoise.connections)
    for given, url in urls:
        name = given or _only_connection(project, None)
        project.tortoise.connection(name)
        connections[name] = connection_from_url(name, url, "--database-url")
    return replace(project, tortoise=replace(project.tortoise, connections=connections))


def chosen_connections(project: Project, options: CheckOptions) -> tuple[str, ...]:
    """The connections to look at: those asked for, else every configured one.

    Raises ``ConfigurationError`` for an unknown connection, and for a source that models are not compared with.
    """
    if options.source not in ("auto", "live"):
        raise ConfigurationError(
            f"source {options.source!r} cannot be compared with models yet",
            hint="use source live, or schemadrift diff FILE models",
        )
    for name in options.connections:
        project.tortoise.connection(name)
    return options.connections or tuple(project.tortoise.connections)


def policy_of(settings: Settings) -> Policy:
    """What counts as drift, by the project's settings."""
    return Policy(
        names=cast(Literal["shape", "strict"], settings.names),
        column_order=settings.column_order,
        comments=settings.comments,
        extra_defaults=cast(Severity, settings.extra_defaults),
        unmanaged=cast(Severity, settings.unmanaged),
    )


async def check_project(project: Project, options: CheckOptions | None = None) -> list[Drift]:
    """Compare every chosen connection with its models; one ``Drift`` each, in the order of the configuration.

    Raises ``ConfigurationError``, ``ConnectionFailed`` (unless ``unreachable`` is ``skip``) and the other errors of
    the tree.
    """
    options = options or CheckOptions()
    project = with_urls(project, options.database_urls)
    names = chosen_connections(project, options)
    with loaded_models(project) as models:
        return [await check_connection(project, models, name, options) for name in names]


@contextmanager
def loaded_models(project: Project) -> Iterator[LoadedModels]:
    """Import and initialise the project's models for as long as the block runs."""
    from pytest_schemadrift.sources.models import load_models

    with load_models(project.tortoise) as models:
        yield models


async def check_connection(project: Project, models: LoadedModels, name: str, options: CheckOptions) -> Drift:
    """Compare one connection's live database with its models."""
    connection = project.tortoise.connection(name)
    try:
        async with open_server(database_url(connection), connection.dialect, options.timeout) as server:
            return await check_server(project, models, name, server, options)
    except ConnectionFailed as error:
        if options.unreachable == "fail":
            raise
        why = f"skipped: {error.what.splitlines()[0]}"
        return Drift(name, connection.dialect, database=database_name(connection), skipped=why)


async def check_server(
    project: Project, models: LoadedModels, name: str, server: LiveServer, options: CheckOptions
) -> Drift:
    """Compare one open database with the models of a connection."""
    with paused_collector():
        return await _check_server(project, models, name, server, options)


async def _check_server(
    project: Project, models: LoadedModels, name: str, server: LiveServer, options: CheckOptions
) -> Drift:
    from pytest_schemadrift.sources.models import model_ddl

    source = model_ddl(
        models, name, apps=options.apps or None, models=options.models or None, server_version=server.facts.version_text
    )
    live = await dump(server)
    parsed, source = _parse_models(source, server)
    excluded, notes = _excluded(project.settings, live, parsed, source, everything=not (options.apps or options.models))
    policy = replace(policy_of(project.settings), excluded=excluded)
    renames = accepted_renames([*project.settings.renames, *options.renames], live, parsed)
    wanted = Wanted(parsed, lambda names: model_statements(source, names))
    result = await compare(server, live, wanted, policy, renames=renames, prove=options.prove, ignore=options.ignore)
    return _drift(
        result,
        name,
        server,
        tables=tuple(table.name for table in source.statements if table.name not in excluded),
        notes=(*notes, *models.notices, *source.notices),
        origins=source.origins,
        threshold=project.settings.rename_threshold,
        renames=renames,
    )


def _parse_models(source: ModelSource, server: LiveServer) -> tuple[Schema, ModelSource]:
    """The models' schema, and their source without the tables whose DDL nobody can read: those are problems."""
    dialect, facts = server.dialect.name, server.facts
    try:
        parsed = parse_sql_cached(source.sql, dialect, facts)
    except DDLSyntaxError:
        readable, problems = [], list(source.problems)
        for table in source.statements:
            try:
                parse_sql(table.text, dialect, facts)
                readable.append(table)
            except DDLSyntaxError as error:
                reason = f"Tortoise's DDL for {table.model} is no SQL: {error.what}"
                problems.append(UnsupportedObject("table", str(table.name), reason, table.text, table.name))
        source = replace(source, statements=tuple(readable), problems=tuple(problems))
        parsed = parse_sql_cached(source.sql, dialect, facts)
    return replace(parsed, unsupported=(*parsed.unsupported, *source.problems)), source


def _drift(
    result: Comparison,
    name: str,
    server: LiveServer,
    *,
    threshold: float,
    renames: Sequence[Rename] = (),
    **more: object,
) -> Drift:
    notes = (*cast(tuple[str, ...], more.pop("notes", ())), *result.notes)
    proposals = propose_renames(evolve(result.old, renames), result.new, threshold) if result.plan else ()
    return Drift(
        connection=name,
        dialect=server.facts.dialect,
        server_version=server.facts.version_text,
        database=server.facts.database,
        compared=result.compared,
        plan=result.plan,
        uncertain=result.uncertain,
        proven=result.proven,
        proof_note=result.proof_note,
        ignored=result.ignored,
        proposals=proposals,
        unreadable=result.unreadable,
        notes=notes,
        old=result.old,
        new=result.new,
        **more,  # type: ignore[arg-type]
    )


def model_statements(source: ModelSource, names: frozenset[Name]) -> list[str]:
    """The DDL of these tables alone, one statement each, keys that close a cycle last."""
    chosen = [table for table in source.statements if table.name in names]
    created = [statement for table in chosen for statement in table.statements]
    return created + [statement for table in chosen for statement in table.afterwards]


def _excluded(
    settings: Settings, live: Schema, wanted: Schema, source: ModelSource, *, everything: bool
) -> tuple[frozenset[Name], tuple[str, ...]]:
    """The tables never looked at, and a note for every pattern that matches none."""
    names = {table.name for table in (*live.tables, *wanted.tables)}
    unused = []
    excluded = {name for name in names if name.name in BOOKKEEPING}
    excluded |= {name for name in names if str(name) in source.unmanaged or name.name in source.unmanaged}
    for pattern in settings.exclude:
        matched = {name for name in names if matches(name, [pattern])}
        excluded |= matched
        if not matched:
            unused.append(f"exclude = {pattern!r} matches no table: remove it from the configuration")
    if not everything:
        excluded |= {table.name for table in live.tables} - {table.name for table in source.statements}
    return frozenset(excluded), tuple(unused)


def accepted_renames(answers: Sequence[str], old: Schema, new: Schema) -> list[Rename]:
    """The answered renames that are still to be done, tables first: the old name is there and the new one is not.

    Raises ``ConfigurationError`` for an answer that is malformed.
    """
    olds = {table.name: table for table in old.tables}
    news = {table.name: table for table in new.tables}
    old_values = {enum.name: enum.values for enum in old.enums}
    new_values = {enum.name: enum.values for enum in new.enums}
    accepted: list[Rename] = []
    for answer in answers:
        rename = parse_rename(answer, {*olds, *news})
        if rename is None:
            raise ConfigurationError(
                f"{answer!r} is no rename",
                hint="write table.old=new for a column, old=new for a table, enum.old=new for an enum's value",
            )
        if isinstance(rename, RenameTable):
            if rename.old in olds and rename.new not in olds and rename.new in news:
                accepted.append(rename)
            continue
        if rename.table not in olds and rename.table in old_values:
            known, wanted = old_values[rename.table], new_values.get(rename.table, ())
            if rename.old in known and rename.new not in known and rename.new in wanted:
                accepted.append(RenameEnumValue(rename.table, rename.old, rename.new))
            continue
        table, target = olds.get(rename.table), news.get(rename.table)
        if table and target and table.column(rename.old) and not table.column(rename.new) and target.column(rename.new):
            accepted.append(rename)
    return sorted(accepted, key=lambda rename: not isinstance(rename, RenameTable))


# --- any two sources -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Side:
    """One end of a comparison: ``server`` where it is a database, ``statements`` where it is DDL."""

    dialect: str
    server: LiveServer | None = None
    text: str = ""
    source: ModelSource | None = None

    def statements(self) -> list[str]:
        if self.source is not None:
            return model_statements(self.source, frozenset(table.name for table in self.source.statements))
        return structure_only(self.text, self.dialect)


async def diff_sources(
    project: Project | None,
    left: str = "live",
    right: str = "models",
    *,
    dialect: str | None = None,
    connection: str | None = None,
    database_url: str | None = None,  # the name that users type
    timeout: float = 10.0,  # noqa: ASYNC109
    prove: bool = True,
) -> Drift:
    """Return the drift from ``left`` to ``right``: ``live``, ``models``, a ``*.sql`` file or a database URL.

    Two DDL files need a ``dialect``; a server of that kind is spun up for the verdict where one can be had, else the
    comparison is ``static``. Raises ``ConfigurationError``, ``DDLSyntaxError``, ``ConnectionFailed``.
    """
    async with AsyncExitStack() as stack:
        chosen = dialect
        if project is not None and chosen is None and {"live", "models"} & {left, right}:
            chosen = project.tortoise.connection(_only_connection(project, connection)).dialect
        opening = _Opening(stack, project, connection, database_url, timeout)
        sides = []
        for end in (left, right):
            side = await opening.side(end, chosen)
            chosen = chosen or side.dialect
            sides.append(side)
        old, new = sides
        if not get_dialect(old.dialect).name == get_dialect(new.dialect).name and {old.dialect, new.dialect} != {
            "mysql",
            "mariadb",
        }:
            raise ConfigurationError(f"{left} is {old.dialect} and {right} is {new.dialect}: they cannot be compared")
        server = new.server or old.server or await _spun_up(stack, old.dialect, timeout)
        drift = await _compare_sides(project, old, new, server, prove)
        return replace(drift, source=left, target=right, connection=connection or drift.connection)


async def _compare_sides(
    project: Project | None, old: _Side, new: _Side, server: LiveServer | None, prove: bool
) -> Drift:
    settings = project.settings if project else load_settings(Path())
    policy = replace(policy_of(settings), whole=new.source is None)
    if server is None:
        chosen = get_dialect(old.dialect)
        before, after = parse_sql(old.text, old.dialect), parse_sql(_text_of(new), new.dialect)
        result = compare_without_server(before, after, chosen, chosen.default_facts, policy)
        return Drift(
            "",
            chosen.name,
            compared="static",
            plan=result.plan,
            uncertain=result.uncertain,
            proof_note=result.proof_note,
            ignored=result.ignored,
            unreadable=result.unreadable,
            proposals=propose_renames(result.old, result.new, settings.rename_threshold),
            old=result.old,
            new=result.new,
        )
    start = await dump(old.server) if old.server else await _read_side(server, old)
    if new.server is not None:
        wanted = Wanted(await dump(new.server), lambda names: (), exact=True)
    else:
        parsed = parse_sql(_text_of(new), server.dialect.name, server.facts)
        if new.source is not None:
            source = new.source
            parsed = replace(parsed, unsupported=(*parsed.unsupported, *source.problems))
            wanted = Wanted(parsed, lambda names: model_statements(source, names))
        else:
            wanted = Wanted(parsed, lambda names: new.statements(), whole=True)
    excluded = frozenset(
        table.name for table in (*start.tables, *wanted.schema.tables) if table.name.name in BOOKKEEPING
    )
    renames = accepted_renames(settings.renames, start, wanted.schema)
    result = await compare(server, start, wanted, replace(policy, excluded=excluded), renames=renames, prove=prove)
    if policy.whole:
        result = replace(result, unreadable=_unreadable(start, wanted.schema, result))
    return _drift(
        result,
        "",
        server,
        tables=tuple(table.name for table in result.new.tables),
        threshold=settings.rename_threshold,
        origins=new.source.origins if new.source else {},
    )


def _unreadable(old: Schema, new: Schema, result: Comparison) -> tuple[UnsupportedObject, ...]:
    """Between two complete texts, whatever only one of them has and nobody can read is not in sync."""
    here = {(item.kind, item.name, item.sql) for item in old.unsupported}
    there = {(item.kind, item.name, item.sql): item for item in new.unsupported}
    extra = [item for key, item in there.items() if key not in here and result.compared == "static"]
    return (*result.unreadable, *(item for item in extra if item not in result.unreadable))


def _text_of(side: _Side) -> str:
    return side.source.sql if side.source is not None else side.text


async def _read_side(server: LiveServer, side: _Side) -> Schema:
    """A DDL text as the server spells it, or as it parses where the server lends no scratch database."""
    try:
        _refuse_other_databases(parse_sql(_text_of(side), server.dialect.name, server.facts), server)
        return await read_back(server, side.statements())
    except Unsupported:
        return parse_sql(_text_of(side), server.dialect.name, server.facts)


def _refuse_other_databases(schema: Schema, server: LiveServer) -> None:
    """Where a qualified name means another database, executing it would touch that database: never in scratch."""
    if not server.dialect.traits(server.facts).has_schemas and any(table.name.schema for table in schema.tables):
        raise Unsupported("the text names tables of other databases")


@dataclass(frozen=True, slots=True)
class _Opening:
    """What it takes to open one end of a comparison; ``stack`` closes it."""

    stack: AsyncExitStack
    project: Project | None
    connection: str | None
    url: str | None
    timeout: float

    async def side(self, end: str, dialect: str | None) -> _Side:
        if "://" in end:
            return await self._database(end, None)
        if end == "live" and self.url:
            return await self._database(self.url, None)
        if end in ("live", "models"):
            return await self._of_project(end, dialect)
        return _file_side(Path(end), dialect)

    async def _database(self, url: str, dialect: str | None) -> _Side:
        server = await self.stack.enter_async_context(open_server(url, dialect, self.timeout))
        return _Side(server.facts.dialect, server=server)

    async def _of_project(self, end: str, dialect: str | None) -> _Side:
        if self.project is None:
            raise ConfigurationError(
                f"{end!r} needs a project", hint="run it in the project's folder, or give --config"
            )
        name = _only_connection(self.project, self.connection)
        settings = self.project.tortoise.connection(name)
        if end == "live":
            return await self._database(database_url(settings), settings.dialect)
        from pytest_schemadrift.sources.models import model_ddl

        models = self.stack.enter_context(loaded_models(self.project))
        return _Side(dialect or settings.dialect, source=model_ddl(models, name))


def _file_side(path: Path, dialect: str | None) -> _Side:
    if not path.is_file():
        raise ConfigurationError(
            f"there is no source {str(path)!r}",
            hint="give live, models, a *.sql file or a database URL",
        )
    if dialect is None:
        raise ConfigurationError(
            f"the dialect of {path} is not known", hint="give --dialect postgres|mysql|mariadb|sqlite"
        )
    side = _Side(get_dialect(dialect).name, text=read_ddl(path))
    try:
        parse_sql(side.text, side.dialect)
    except DDLSyntaxError as error:
        raise DDLSyntaxError(error.what, path=str(path), line=error.line, sql=error.sql, hint=error.hint) from None
    return side


def read_ddl(path: Path) -> str:
    """The text of a DDL file (UTF-8). Raises ``DDLSyntaxError``, also for conflict markers, with their line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DDLSyntaxError(f"cannot be read: {error}", path=str(path)) from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(("<<<<<<< ", ">>>>>>> ")):
            raise DDLSyntaxError(
                "the file has merge conflict markers", path=str(path), line=number, hint="resolve the conflict first"
            )
    return text


def _only_connection(project: Project, name: str | None) -> str:
    if name:
        project.tortoise.connection(name)
        return name
    names = list(project.tortoise.connections)
    if len(names) == 1 or "default" in names:
        return names[0] if len(names) == 1 else "default"
    raise ConfigurationError("there are several connections", hint=f"choose with --connection: {', '.join(names)}")


async def _spun_up(stack: AsyncExitStack, dialect: str, timeout: float) -> LiveServer | None:  # noqa: ASYNC109
    """A server of our own for the verdict on two texts, or ``None`` where none can be had."""
    from pytest_schemadrift.servers import start_server

    try:
        handle = stack.enter_context(start_server(dialect))
    except ServerUnavailable:
        return None
    name = f"schemadrift_{dialect}"
    try:
        handle.server.create_database(name)
        return await stack.enter_async_context(open_server(handle.server.database_url(name), dialect, timeout))
    except SchemaDriftError:
        return None


_STRUCTURE = frozenset(
    """TABLE INDEX UNIQUE FULLTEXT SPATIAL TYPE DOMAIN SEQUENCE EXTENSION VIEW MATERIALIZED FUNCTION TRIGGER OR UNLOGGED
    PROCEDURE AGGREGATE OPERATOR CAST COLLATION VIRTUAL SCHEMA TEXT CONSTRAINT""".split()  # noqa: SIM905
)


def structure_only(text: str, dialect: str) -> list[str]:
    """The statements of a script that shape a schema; rows, grants and whole databases are none of our business."""
    chosen = []
    for statement in split_script(text, dialect):
        words = [token.upper for token in _first_tokens(statement, dialect)]
        shapes = len(words) > 1 and words[0] in ("CREATE", "ALTER", "DROP") and words[1] in _STRUCTURE
        if words[1:2] == ["SCHEMA"] and dialect in ("mysql", "mariadb"):
            shapes = False  # there, a schema is a database
        if shapes or words[:2] == ["COMMENT", "ON"]:
            chosen.append(statement)
    return chosen


def _first_tokens(statement: str, dialect: str) -> list[Token]:
    return tokenize(statement, dialect)[:3]


# --- export ----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def opened(project: Project | None, options: CheckOptions, name: str | None = None) -> AsyncIterator[LiveServer]:
    """Open one live database: by URL alone, or a project's connection."""
    if project is None:
        if not options.database_urls:
            raise ConfigurationError("no database was named", hint="give --database-url URL, or run it in a project")
        url = options.database_urls[0][1]
        async with open_server(url, dialect_of_url(url), options.timeout) as server:
            yield server
        return
    project = with_urls(project, options.database_urls)
    connection = project.tortoise.connection(_only_connection(project, name or next(iter(options.connections), None)))
    async with open_server(database_url(connection), connection.dialect, options.timeout) as server:
        yield server


async def export_live(
    project: Project | None,
    options: CheckOptions,
    tables: Sequence[str] = (),
    format: Literal["sql", "json"] = "sql",  # noqa: A002  the word of the interface
) -> str:
    """The live schema as DDL that the same server accepts, or as JSON.

    Raises ``ConfigurationError`` for an unknown table.
    """
    async with opened(project, options) as server:
        schema = await dump(server)
        if tables:
            schema = _only_tables(schema, tables)
        if format == "json":
            return json.dumps(asdict(schema), indent=2, ensure_ascii=False, sort_keys=True)
        return ddl_text(schema, server.dialect, server.facts)


def _only_tables(schema: Schema, tables: Sequence[str]) -> Schema:
    known = {str(table.name): table for table in schema.tables}
    for name in tables:
        if name not in known:
            raise ConfigurationError(f"there is no table {name!r}", hint=nearest(name, known))
    chosen = {known[name].name for name in tables}
    return replace(
        schema,
        tables=tuple(table for table in schema.tables if table.name in chosen),
        views=(),
        sequences=tuple(item for item in schema.sequences if item.owned_by and item.owned_by[0] in chosen),
        unsupported=tuple(item for item in schema.unsupported if item.table in chosen),
    )
