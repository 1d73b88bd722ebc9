"""Compare live databases with their models."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from pytest_schemadrift.commands.known import Known, Looked, same_database
from pytest_schemadrift.commands.project import (
    BOOKKEEPING,
    CheckOptions,
    Project,
    matches,
    open_connection,
    policy_of,
)
from pytest_schemadrift.core.config.settings import Settings, nearest
from pytest_schemadrift.core.config.urls import database_name, default_schema
from pytest_schemadrift.core.gc_pause import paused_collector
from pytest_schemadrift.core.progress import doing
from pytest_schemadrift.errors import (
    ConfigurationError,
    DDLSyntaxError,
    Unreachable,
)
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.planning.renames import parse_rename, propose_renames
from pytest_schemadrift.planning.resolve import Resolution, resolution
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.changes import Rename, RenameColumn, RenameEnumValue, RenameTable
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Name, Schema, UnsupportedObject
from pytest_schemadrift.sources import orm
from pytest_schemadrift.sources.database import dump, dump_unless_known
from pytest_schemadrift.sources.ddl import parse_sql, parse_sql_cached
from pytest_schemadrift.sources.scratch import LiveServer
from pytest_schemadrift.verify.verdict import Comparison, Wanted, compare

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import LoadedModels, ModelSource, TableDDL


async def check_connection(project: Project, models: LoadedModels, name: str, options: CheckOptions) -> Drift:
    """Compare one connection's live database with its models."""
    connection = project.tortoise.connection(name)
    try:
        async with open_connection(project, name, options.timeout) as server:
            return await check_server(project, models, name, server, options)
    except Unreachable as error:
        if options.unreachable == "fail":
            raise
        why = f"skipped: {error.what.splitlines()[0]}"
        return Drift(name, connection.dialect, database=database_name(connection), skipped=why)


async def check_server(
    project: Project, models: LoadedModels, name: str, server: LiveServer, options: CheckOptions
) -> Drift:
    """Compare one open database with the models of a connection."""
    drift, _ = await examine(project, models, name, server, options)
    return drift


async def examine(
    project: Project,
    models: LoadedModels,
    name: str,
    server: LiveServer,
    options: CheckOptions,
    *,
    live: Schema | None = None,
    looked: Looked | None = None,
) -> tuple[Drift, Policy]:
    """Compare one open database with the models of a connection; the drift, and what counted as one.

    ``live`` is its schema where that was just read, ``looked`` all that was read to see whether it is known.
    """
    with paused_collector():
        return await _examine(project, models, name, server, options, live=live, looked=looked)


async def _examine(
    project: Project,
    models: LoadedModels,
    name: str,
    server: LiveServer,
    options: CheckOptions,
    *,
    live: Schema | None,
    looked: Looked | None,
) -> tuple[Drift, Policy]:
    from pytest_schemadrift.sources.models import model_ddl

    doing("writing the DDL of the models")
    source = (
        looked.source
        if looked is not None
        else model_ddl(
            models,
            name,
            apps=options.apps or None,
            models=options.models or None,
            server_version=server.info.version_text,
        )
    )
    known, digest = None, ""
    if looked is not None:
        _, known, digest, live = looked
    elif not options.schemas and not options.renames and live is None:
        known = Known(project.settings, models, server.info, source, chosen=(options.apps, options.models))
        digest, live = await dump_unless_known(server, known.is_known)
        if live is None:
            return _known_in_sync(known, name, server, models, source), policy_of(project.settings)
    live = await dump(server) if live is None else live
    doing(f"reading the DDL of {len(source.statements):,} tables")
    parsed, source = parse_models(source, server.dialect.name, server.info)
    doing(f"comparing {len(source.statements):,} tables")
    answers = [*project.settings.renames, *options.renames]
    names = resolution_with_renames(live, server.info, answers, parsed)
    parsed, source = names.schema(parsed), where_they_are(source, names)
    excluded, notes = _excluded(project.settings, live, parsed, source, everything=not (options.apps or options.models))
    looked_at = replace(parsed, tables=tuple(table for table in parsed.tables if table.name not in excluded))
    extensions = await server.dialect.missing_extensions(server.connection, looked_at)
    parsed = replace(parsed, extensions=tuple(sorted({*parsed.extensions, *extensions})))
    elsewhere = _elsewhere(project, models, name, server.info, live) - {table.name for table in source.statements}
    policy = replace(
        policy_of(project.settings), excluded=excluded | elsewhere, python_defaults=orm.python_defaults_vary()
    )
    renames = accepted_renames(answers, live, parsed, names)
    _refuse_what_names_nothing(options.renames, renames, live, parsed, names)
    wanted = Wanted(parsed, lambda names: model_statements(source, names))
    result = await compare(server, live, wanted, policy, renames=renames, prove=options.prove, ignore=options.ignore)
    drift = drift_of(
        result,
        name,
        server,
        tables=tuple(table.name for table in source.statements if table.name not in excluded),
        notes=(*notes, *models.notices, *source.notices),
        origins=source.origins,
        threshold=project.settings.rename_threshold,
        renames=renames,
        strangers=_strangers(project.settings, live, source) - elsewhere,
    )
    if known is not None and digest and not elsewhere and _may_be_remembered(drift, result):
        known.remember(digest, drift, notes)
    return drift, policy


def _known_in_sync(known: Known, name: str, server: LiveServer, models: LoadedModels, source: ModelSource) -> Drift:
    """The drift of a database that has the rows with which it was found in sync."""
    assert known.found is not None
    return Drift(
        connection=name,
        dialect=server.info.dialect,
        server_version=server.info.version_text,
        database=server.info.database,
        compared=known.found.compared,
        tables=known.found.tables,
        ignored=known.ignored,
        notes=(*known.found.notes, *models.notices, *source.notices),
        origins=source.origins,
        session=server.dialect.session_lines((), server.info),
    )


def _may_be_remembered(drift: Drift, result: Comparison) -> bool:
    """Whether the answer depends on nothing but the models, the settings, and the rows of the catalog.

    What a person accepts depends on the day and on hooks; what was settled elsewhere, on the server that is there.
    """
    return drift.in_sync and not result.notes and not any(item.accepted for item in drift.ignored)


def resolution_with_renames(live: Schema, info: ServerInfo, answers: Sequence[str], wanted: Schema) -> Resolution:
    """What unqualified names mean in a database. A table that gets a new name keeps its schema."""
    names = resolution(live, info)
    if not names:
        return names
    there, known = {table.name for table in live.tables}, {table.name for table in (*live.tables, *wanted.tables)}
    written = {names.relation(table.name) for table in wanted.tables}
    moved = {}
    for answer in answers:
        rename = parse_rename(answer, known)
        if isinstance(rename, RenameTable):
            old, new = names.relation(rename.old), Name("", rename.new.name)
            if old.schema in info.search_path and old in there - written and new in written:
                moved[new] = Name(old.schema, new.name)
    return replace(names, relations=names.relations | moved)


def where_they_are(source: ModelSource, names: Resolution) -> ModelSource:
    """The tables of models under the schemas in which the server finds them; their DDL stays as it is."""

    def table(item: TableDDL) -> TableDDL:
        return replace(
            item, schema=names.relation(item.name).schema, references=tuple(map(names.relation, item.references))
        )

    if not names:
        return source
    return replace(source, statements=tuple(map(table, source.statements)), others=tuple(map(table, source.others)))


def _elsewhere(project: Project, models: LoadedModels, name: str, info: ServerInfo, live: Schema) -> frozenset[Name]:
    """The tables of models on other connections to the same database: here they are neither extra nor renamed."""
    from pytest_schemadrift.sources.models import model_ddl

    here = project.tortoise.connection(name)
    there = {table.name for table in live.tables}
    found = set()
    for other in same_database(project.tortoise, name):
        path = [part.strip().strip('"') for part in default_schema(other).split(",") if part.strip()]
        path = path or (["public"] if default_schema(here) else [*info.search_path]) or [info.default_schema]
        source = model_ddl(models, other.name, server_version=info.version_text)
        for table in (*source.statements, *source.others):
            places = [
                Name("" if schema == info.default_schema else schema, table.name.name)
                for schema in ([table.name.schema] if table.name.schema else path)
            ]
            found.add(next((place for place in places if place in there), places[0]))
    return frozenset(found)


def _strangers(settings: Settings, live: Schema, source: ModelSource) -> frozenset[Name]:
    """The live tables that no model has, whether they are to be looked at or not: one may have been renamed.

    Not those of other schemas, which may be those of other tenants.
    """
    known = {table.name for table in (*source.statements, *source.others)}
    schemas = {name.schema for name in known}
    left_out = (*settings.exclude, *BOOKKEEPING)
    names = {table.name for table in live.tables if table.name.schema in schemas} - known
    return frozenset(name for name in names if not matches(name, left_out))


def parse_models(source: ModelSource, dialect: str, info: ServerInfo) -> tuple[Schema, ModelSource]:
    """The models' schema, and their source without the tables whose DDL nobody can read: those are problems."""
    try:
        parsed = parse_sql_cached(source.sql, dialect, info)
    except DDLSyntaxError:
        readable, problems = [], list(source.problems)
        for table in source.statements:
            try:
                parse_sql(table.text, dialect, info)
                readable.append(table)
            except DDLSyntaxError as error:
                reason = f"Tortoise's DDL for {table.model} is no SQL: {error.what}"
                problems.append(UnsupportedObject("table", str(table.name), reason, table.text, table.name))
        source = replace(source, statements=tuple(readable), problems=tuple(problems))
        parsed = parse_sql_cached(source.sql, dialect, info)
    return replace(parsed, unsupported=(*parsed.unsupported, *source.problems)), source


def drift_of(
    result: Comparison,
    name: str,
    server: LiveServer,
    *,
    threshold: float,
    renames: Sequence[Rename] = (),
    strangers: Collection[Name] = (),
    **more: object,
) -> Drift:
    """A comparison as the drift that a person is shown; a new table may be one of ``strangers`` under another name."""
    wanted = replace(result.new, tables=tuple(table for table in result.new.tables if table.name not in strangers))
    notes = (*cast(tuple[str, ...], more.pop("notes", ())), *result.notes)
    proposals = propose_renames(evolve(result.old, renames), wanted, threshold) if result.plan else ()
    return Drift(
        connection=name,
        dialect=server.info.dialect,
        server_version=server.info.version_text,
        database=server.info.database,
        compared=result.compared,
        plan=result.plan,
        uncertain=result.uncertain,
        proven=result.proven,
        proof_note=result.proof_note,
        proof_without=result.proof_without,
        ignored=result.ignored,
        proposals=proposals,
        unreadable=result.unreadable,
        notes=notes,
        old=result.old,
        new=result.new,
        session=server.dialect.session_lines(result.plan.sql(), server.info),
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
    names = {table.name for table in (*live.tables, *wanted.tables)} | {table.name for table in source.others}
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


def accepted_renames(
    answers: Sequence[str], old: Schema, new: Schema, resolved: Resolution | None = None
) -> list[Rename]:
    """The answered renames that are still to be done: the old name is there and the new one is not.

    Tables come first, and each before what needs its new name to be free (``b=c`` before ``a=b``). A column's table
    goes by its old or its new name, and ``resolved`` says what unqualified ones mean. Raises ``ConfigurationError``
    for an answer that is malformed.
    """
    known = {table.name for schema in (old, new) for table in schema.tables}
    waiting = [_read_rename(answer, known, old, resolved or Resolution()) for answer in answers]
    waiting.sort(key=lambda rename: not isinstance(rename, RenameTable))
    accepted: list[Rename] = []
    names: dict[Name, Name] = {}
    while ready := next((item for item in waiting if _is_due(_in_table(item, names), old, new)), None):
        waiting.remove(ready)
        rename = _in_table(ready, names)
        accepted.append(rename)
        old = evolve(old, [rename])
        if isinstance(rename, RenameTable):
            names[rename.old] = rename.new
    return accepted


def _read_rename(answer: str, known: Collection[Name], old: Schema, resolved: Resolution) -> Rename:
    rename = parse_rename(answer, known)
    if rename is None:
        raise ConfigurationError(
            f"{answer!r} is no rename",
            hint="write table.old=new for a column, old=new for a table, enum.old=new for an enum's value",
        )
    enums = {enum.name for enum in old.enums} - {*known}
    if isinstance(rename, RenameTable):
        return RenameTable(resolved.relation(rename.old), resolved.relation(rename.new))
    table, enum = resolved.relation(rename.table), resolved.types.get(rename.table, rename.table)
    if enum in enums and table not in known:
        return RenameEnumValue(enum, rename.old, rename.new)
    return replace(rename, table=table)


def _refuse_what_names_nothing(
    answers: Sequence[str], accepted: Sequence[Rename], live: Schema, new: Schema, resolved: Resolution
) -> None:
    """Raise ``ConfigurationError`` for an answer just given that is neither to be done nor done: a name is wrong.

    Passed over in silence it would be drop and add, of which the answer was to keep the values.
    """
    start = evolve(live, accepted)
    names = {change.old: change.new for change in accepted if isinstance(change, RenameTable)}
    known = {table.name for schema in (live, new) for table in schema.tables}
    for answer in answers:
        rename = _in_table(_read_rename(answer, known, live, resolved), names)
        if rename in accepted or isinstance(rename, RenameEnumValue):
            continue
        if isinstance(rename, RenameTable):
            if start.table(rename.old) and start.table(rename.new) and new.table(rename.new):
                raise ConfigurationError(
                    f"--rename {answer}: the database has {rename.new} too",
                    hint=f"look at both; what is wanted of {rename.old} has to be copied by hand",
                )
            continue
        table, target = start.table(rename.table), new.table(rename.table)
        if table is None or target is None:
            continue  # of another connection
        there = {column.name for column in table.columns}
        if rename.old in there and target.column(rename.old) is None:
            why = f"has {rename.new} too" if rename.new in there else f"has no {rename.new} in the models"
            raise ConfigurationError(
                f"--rename {answer}: {table.name} {why}",
                hint=nearest(rename.new, {column.name for column in target.columns} - there),
            )
        if not there & {rename.old, rename.new}:
            raise ConfigurationError(
                f"--rename {answer}: {table.name} has no column {rename.old}", hint=nearest(rename.old, there)
            )


def _in_table(rename: Rename, names: Mapping[Name, Name]) -> Rename:
    """The rename of a column in its table as that is called after the tables' own renames."""
    if isinstance(rename, RenameColumn) and rename.table in names:
        return replace(rename, table=names[rename.table])
    return rename


def _is_due(rename: Rename, old: Schema, new: Schema) -> bool:
    before: Collection[object]
    after: Collection[object]
    match rename:
        case RenameTable():
            before, after = {table.name for table in old.tables}, {table.name for table in new.tables}
        case RenameEnumValue():
            before, after = (
                {value for enum in schema.enums if enum.name == rename.enum for value in enum.values}
                for schema in (old, new)
            )
        case RenameColumn():
            before, after = (
                {column.name for table in schema.tables if table.name == rename.table for column in table.columns}
                for schema in (old, new)
            )
    return rename.old in before and rename.new not in before and rename.new in after
