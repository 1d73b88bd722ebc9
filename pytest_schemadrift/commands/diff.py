"""Compare any two sources: live, models, snapshots, DDL files and their Git revisions, database URLs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.bookkeeping import kept_by_other_tools
from pytest_schemadrift.commands.comparison import drift_of, model_statements, where_they_are
from pytest_schemadrift.commands.diff_inputs import OF_PROJECT, DiffInput, Inputs
from pytest_schemadrift.commands.project import (
    Project,
    excluded_tables,
    is_excluded,
    only_connection,
    policy_of,
)
from pytest_schemadrift.commands.renames import accepted_renames, resolution_with_renames
from pytest_schemadrift.commands.snapshot import snapshot_dialect
from pytest_schemadrift.core.config.settings import ScratchChoice, Settings, load_settings
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.errors import (
    ConfigurationError,
    SchemaDriftError,
    ServerUnavailable,
    StatementFailed,
    Unsupported,
)
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.letters import folded, letters_of
from pytest_schemadrift.planning.renames import propose_renames
from pytest_schemadrift.planning.resolve import Resolution, resolution
from pytest_schemadrift.planning.undo import with_valid_indexes
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Name, Schema, UnsupportedObject
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.scratch import LiveServer, read_back, read_what_can_be
from pytest_schemadrift.verify.verdict import Comparison, Wanted, compare, compare_without_server

if TYPE_CHECKING:
    from pytest_schemadrift.planning.ignoring import Ignore
    from pytest_schemadrift.planning.policy import Policy


async def diff_sources(
    project: Project | None,
    left: str = "live",
    right: str = "models",
    *,
    dialect: str | None = None,
    connection: str | None = None,
    database_url: str | None = None,  # the name that users type
    timeout: float = 10.0,  # noqa: ASYNC109
    scratch: ScratchChoice = "auto",
    prove: bool = True,
    ignore: Ignore | None = None,
) -> Drift:
    """Return the drift from ``left`` to ``right``: ``live``, ``models``, ``snapshot``, a ``*.sql`` file, a Git revision
    of one (``HEAD:schema/default.sql``) or a database URL.

    Two DDL files need a ``dialect``; a server of that kind is spun up for the verdict where one can be had, else the
    comparison is ``static``, as it always is between snapshots, their revisions and models. Raises
    ``ConfigurationError``, ``DDLSyntaxError``, ``ConnectionFailed``.
    """
    async with AsyncExitStack() as stack:
        chosen = dialect
        if project is not None and chosen is None and set(OF_PROJECT) & {left, right}:
            chosen = snapshot_dialect(project, only_connection(project, connection))
        settings = project.settings if project else load_settings(Path())
        if project is not None:
            scratch = settings.scratch
        storage = settings.column_storage
        inputs = Inputs(stack, project, connection, database_url, timeout, scratch, storage)
        # What migrations lead to is made like what it is compared with; a file is of the kind of its database.
        backwards = left == "migrations" or (chosen is None and "://" in right and "://" not in left)
        first, second = (right, left) if backwards else (left, right)
        one = await inputs.open(first, chosen)
        chosen = chosen or one.dialect
        other = await inputs.open(second, chosen, one.server)
        old, new = (other, one) if backwards else (one, other)
        if not get_dialect(old.dialect).name == get_dialect(new.dialect).name and {old.dialect, new.dialect} != {
            "mysql",
            "mariadb",
        }:
            raise ConfigurationError(
                f"{left} is {old.dialect} and {right} is {new.dialect}: they cannot be compared",
                hint="give two of one kind, or compare each with its own models",
            )
        server = old.server or new.server  # a plan is for the old one, which says what it has to repeat
        unknown = ""
        if server is None and (alike := _alike_but_for_case(old, new)):
            server, unknown = await _asked_about_case(inputs, old.dialect, alike)
        if server is not None:
            drift = await _compare_on_server(settings, old, new, server, prove=prove, ignore=ignore)
        else:
            by_texts = old.is_snapshot or new.is_snapshot
            found = (
                None if by_texts else await _compare_on_ours(settings, old, new, timeout, prove=prove, ignore=ignore)
            )
            drift = found or _compare_texts(settings, old, new, ignore)
        drift = replace(drift, notes=(*drift.notes, unknown)) if unknown else drift
        return replace(drift, source=left, target=right, connection=connection or drift.connection)


def _alike_but_for_case(old: DiffInput, new: DiffInput) -> tuple[Name, Name] | None:
    """Tables of two texts that are one on some servers of their kind, or ``None``."""
    chosen = get_dialect(old.dialect)
    if not chosen.table_case:
        return None
    olds, news = ({table.name for table in side.parsed(chosen, chosen.default_info).tables} for side in (old, new))
    free = {folded(name): name for name in olds - news}
    return next(((free[folded(name)], name) for name in sorted(news - olds) if folded(name) in free), None)


async def _asked_about_case(inputs: Inputs, dialect: str, alike: tuple[Name, Name]) -> tuple[LiveServer | None, str]:
    """The project's database where names that differ in case alone mean one table, and what is not known without it."""
    if inputs.project is None:
        why = "no project has a database to ask"
    else:
        try:
            server = (await inputs.open("live", None)).server
        except SchemaDriftError as error:
            why = f"the database cannot be asked: {error.what.splitlines()[0]}"
        else:
            assert server is not None
            return (server if server.letters.tables else None), ""
    setting = get_dialect(dialect).table_case
    return None, f"{' and '.join(map(str, alike))} are one table where {setting} is not 0; {why}"


def _policy_between(settings: Settings, old: DiffInput, new: DiffInput) -> Policy:
    whole = old.is_models or not new.is_models
    return replace(policy_of(settings), whole=whole, column_storage=settings.column_storage and whole)


def _compare_texts(settings: Settings, old: DiffInput, new: DiffInput, ignore: Ignore | None) -> Drift:
    """The drift between two texts, where no server can be asked."""
    chosen = get_dialect(old.dialect)
    info = replace(chosen.default_info, column_storage=settings.column_storage)
    letters = letters_of(chosen.capabilities(info))
    before, after = old.parsed(chosen, info), new.parsed(chosen, info)
    excluded = excluded_tables(settings, letters, before, after) | kept_by_other_tools(before, after)
    policy = replace(_policy_between(settings, old, new), excluded=excluded)
    renames = accepted_renames(settings.renames, before, after, letters=letters)
    result = compare_without_server(before, after, chosen, info, policy, renames=renames, ignore=ignore)
    return Drift(
        "",
        chosen.name,
        compared="static",
        plan=result.plan,
        uncertain=result.uncertain,
        proof_note=result.proof_note,
        ignored=result.ignored,
        unreadable=result.unreadable,
        proposals=propose_renames(evolve(before, renames), result.new, settings.rename_threshold),
        origins=new.source.origins if new.source else {},
        letters=letters,
        old=result.old,
        new=result.new,
    )


async def _compare_on_server(
    settings: Settings, old: DiffInput, new: DiffInput, server: LiveServer, *, prove: bool, ignore: Ignore | None
) -> Drift:
    server = _for_database_of(old.server, server)
    found: Schema | None = None
    start, exact = (await dump(old.server), True) if old.server else await _read_text(server, old)
    if new.server is not None:
        server = _with_extensions_of(new.server, server, start.extensions)
        found = await dump(_for_database_of(old.server, new.server))
        wanted = Wanted(with_valid_indexes(found), lambda names: (), exact=True)
        if old.server is None:
            start = resolution(wanted.schema, server.info).schema(start)
        names = Resolution()
    else:
        parsed = new.parsed(server.dialect, server.info)
        names = resolution_with_renames(start, server.info, settings.renames, parsed)
        parsed = names.schema(parsed)
        if new.source is not None:
            source = where_they_are(new.source, names)
            wanted = Wanted(parsed, lambda names: model_statements(source, names))
        else:
            wanted, read = await _wanted_of(server, new, start, parsed, names)
            exact = exact and read
    letters = server.letters
    excluded = excluded_tables(settings, letters, start, wanted.schema) | kept_by_other_tools(start, wanted.schema)
    policy = replace(_policy_between(settings, old, new), excluded=excluded)
    renames = accepted_renames(settings.renames, start, wanted.schema, names, letters)
    of_server = old.server is not None
    result = await compare(
        server, start, wanted, policy, renames=renames, prove=prove, ignore=ignore, of_server=of_server
    )
    if policy.whole:
        never = partial(is_excluded, settings, letters=letters)
        unreadable = _unreadable(start, wanted.schema, result, never, both_are_read=exact)
        result = replace(result, unreadable=(*unreadable, *_unfinished(found, never)))
    return drift_of(
        result,
        "",
        server,
        tables=tuple(table.name for table in result.new.tables),
        threshold=settings.rename_threshold,
        origins=new.source.origins if new.source else {},
    )


def _unfinished(wanted: Schema | None, never: Callable[[Name], bool]) -> list[UnsupportedObject]:
    """The indexes of a wanted database that a failed ``CREATE INDEX CONCURRENTLY`` left; a plan makes them valid."""
    return [
        UnsupportedObject("index", str(Name(table.name.schema, index.name or "")), _NOT_VALID, table=table.name)
        for table in (wanted.tables if wanted is not None else ())
        for index in table.indexes
        if not index.valid and not never(table.name)
    ]


_NOT_VALID = "it is not valid in the wanted database, which a plan does not copy: DROP INDEX and CREATE INDEX there"


def _for_database_of(old: LiveServer | None, server: LiveServer) -> LiveServer:
    """The server, where what names no character set means the one of the database that a plan is for.

    So the database of ``server`` says what it has where its own is another one (MySQL, MariaDB).
    """
    if old is None or not server.info.collations or old.info.dialect != server.info.dialect:
        return server
    return replace(server, info=replace(server.info, charset=old.info.charset, collation=old.info.collation))


def _with_extensions_of(wanted: LiveServer, server: LiveServer, there: Sequence[str]) -> LiveServer:
    """The server, where an extension that is not ``there`` comes to the schema in which the wanted database has it."""
    own, others = (json.loads(each.info.setting("extensions", "[]")) for each in (server, wanted))
    more = [text for text in others if text.partition(" WITH SCHEMA ")[0].strip('"') not in there]
    if not more:
        return server
    settings = {**dict(server.info.settings), "extensions": json.dumps([*own, *more])}
    return replace(server, info=replace(server.info, settings=tuple(sorted(settings.items()))))


def _unreadable(
    old: Schema, new: Schema, result: Comparison, never: Callable[[Name], bool], *, both_are_read: bool
) -> tuple[UnsupportedObject, ...]:
    """Between two complete texts, whatever only one of them has and nobody can read is not in sync.

    ``never`` says which tables are not looked at. ``both_are_read`` says that the server's catalog
    has told of both what nobody can express, and so in the same words.
    """
    shown = {(item.kind, item.name, item.table) for item in result.unreadable}
    extra: list[UnsupportedObject] = []
    for side, other in ((new, old), (old, new)) if result.compared == "static" or both_are_read else ():
        texts = {(item.kind, item.name, item.sql) for item in other.unsupported}
        named = {(kind, name) for kind, name, _ in texts}
        for item in side.unsupported:
            known = (item.kind, item.name, item.sql) in texts or (item.kind, item.name, item.table) in shown
            passed_over = item.table is not None and never(item.table)
            if known or passed_over:
                continue
            shown.add((item.kind, item.name, item.table))
            otherwise = (item.kind, item.name) in named
            extra.append(replace(item, reason=f"{_OTHERWISE} ({item.reason})") if otherwise else item)
    extra += [item for item in (*old.unsupported, *new.unsupported) if item.kind == "database"]
    return (*result.unreadable, *(item for item in extra if item not in result.unreadable))


_OTHERWISE = "it is not the same on both sides, and no plan changes it"


async def _wanted_of(
    server: LiveServer, given: DiffInput, start: Schema, parsed: Schema, names: Resolution
) -> tuple[Wanted, bool]:
    """A DDL text as what is wanted, and whether the server has read it.

    Where one of the sides has what no text tells us of (functions, rules, types of several parts), the server is asked.
    """

    def wanted(schema: Schema) -> Wanted:
        return Wanted(schema, lambda names: given.statements(), whole=True)

    if given.is_models or not (start.unsupported or parsed.unsupported):
        return wanted(parsed), False
    try:
        read, exact = await _read_text(server, given)
    except StatementFailed:
        return wanted(parsed), False  # where more depends on it, it is executed once more, and the error is told
    if not exact:
        return wanted(parsed), False
    made = {table.name for table in read.tables}
    # A foreign table needs a server that a scratch database has not.
    foreign = [table for table in parsed.tables if table.kind == "foreign" and table.name not in made]
    read = replace(read, tables=tuple(sorted((*read.tables, *foreign), key=lambda table: table.name)))
    return wanted(names.schema(read)), True


async def _read_text(server: LiveServer, given: DiffInput) -> tuple[Schema, bool]:
    """A DDL text as the server spells it, or as it parses where the server lends no scratch database.

    A snapshot may refer to tables that only the database has (``managed = False``): it is then taken as it parses too.
    """
    parsed = given.parsed(server.dialect, server.info)
    try:
        _refuse_other_databases(parsed, server)
        if given.is_snapshot:
            read = await read_back(server, given.statements())
        else:
            read, unread = await read_what_can_be(server, given.statements(), parsed)
            read = replace(read, unsupported=(*read.unsupported, *unread)) if unread else read
        return replace(read, marks=read.marks or parsed.marks), True
    except Unsupported:
        return parsed, False
    except StatementFailed:
        if not given.is_snapshot:
            raise
        return parsed, False


def _refuse_other_databases(schema: Schema, server: LiveServer) -> None:
    """Where a qualified name means another database, executing it would touch that database: never in scratch."""
    if not server.dialect.capabilities(server.info).has_schemas and any(table.name.schema for table in schema.tables):
        raise Unsupported("the text names tables of other databases")


async def _compare_on_ours(
    settings: Settings,
    old: DiffInput,
    new: DiffInput,
    timeout: float,  # noqa: ASYNC109
    *,
    prove: bool,
    ignore: Ignore | None,
) -> Drift | None:
    """The verdict on two texts by a server that is started for it, or ``None`` where none can be had.

    Texts that it refuses are given to the newest one that is here: they may be of that one.
    """
    from pytest_schemadrift.servers.find import newest_version

    async def on(version: str | None) -> Drift | StatementFailed | None:
        async with AsyncExitStack() as stack:
            server = await _spun_up(stack, old.dialect, version, timeout, column_storage=settings.column_storage)
            if server is None:
                return None
            try:
                return await _compare_on_server(settings, old, new, server, prove=prove, ignore=ignore)
            except StatementFailed as error:
                return error

    found = await on(None)
    if isinstance(found, StatementFailed) or (found is not None and found.unreadable):
        newest = newest_version(old.dialect)
        found = (await on(newest) if newest else None) or found
    if isinstance(found, StatementFailed):
        raise found
    return found


async def _spun_up(
    stack: AsyncExitStack,
    dialect: str,
    version: str | None,
    timeout: float,  # noqa: ASYNC109
    *,
    column_storage: bool,
) -> LiveServer | None:
    """A server of our own for the verdict on two texts, or ``None`` where none can be had."""
    from pytest_schemadrift.servers import start_server

    try:
        handle = stack.enter_context(start_server(dialect, version=version))
    except ServerUnavailable:
        return None
    name = f"schemadrift_{dialect}"
    try:
        handle.server.create_database(name)
        opening = open_server(handle.server.database_url(name), dialect, timeout, column_storage=column_storage)
        return await stack.enter_async_context(opening)
    except SchemaDriftError:
        return None
