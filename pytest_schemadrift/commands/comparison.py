"""The comparison of an open database with the models of a connection, where the answer is not known yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from pytest_schemadrift.commands.bookkeeping import kept_by_other_tools
from pytest_schemadrift.commands.elsewhere import tables_of_others
from pytest_schemadrift.commands.project import BOOKKEEPING, CheckOptions, Project, is_excluded, matches, policy_of
from pytest_schemadrift.commands.renames import accepted_renames, refuse_what_names_nothing, resolution_with_renames
from pytest_schemadrift.core.config.settings import Settings
from pytest_schemadrift.core.progress import doing
from pytest_schemadrift.dialects.flavors import flavor_notes
from pytest_schemadrift.errors import ConnectionFailed, DDLSyntaxError
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.letters import Letters, folded
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.planning.renames import propose_renames
from pytest_schemadrift.planning.resolve import Resolution
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.changes import Rename
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.model import Name, Schema, UnsupportedObject, names_of_tables
from pytest_schemadrift.sources import orm
from pytest_schemadrift.sources.ddl import parse_sql, parse_sql_cached
from pytest_schemadrift.sources.scratch import LiveServer
from pytest_schemadrift.verify.verdict import Comparison, Wanted, compare

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import LoadedModels, ModelSource, TableDDL

_TEMPORARY = "pg_temp"
"""How the schema begins that a session has for its own temporary tables; no other may begin so (PostgreSQL)."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found, and what counted as a drift."""

    drift: Drift
    policy: Policy
    notes: tuple[str, ...]
    """The sentences about the settings, which are said again where the answer is known."""
    is_of_rows_alone: bool
    """Whether the answer depends on nothing but the models, the settings, and the rows of the catalog.

    What a person accepts depends on the day and on hooks; what was settled elsewhere, on the server that is there.
    """


async def compare_models(
    project: Project,
    models: LoadedModels,
    server: LiveServer,
    options: CheckOptions,
    *,
    source: ModelSource,
    live: Schema,
) -> Compared:
    """Compare ``live``, the schema of an open database, with what the models of a connection want (``source``).

    Raises ``ConfigurationError`` for an answered rename that names nothing.
    """
    doing(f"reading the DDL of {len(source.statements):,} tables")
    parsed, source = parse_models(source, server.dialect.name, server.info)
    doing(f"comparing {len(source.statements):,} tables")
    answers = [*project.settings.renames, *options.renames]
    names = resolution_with_renames(live, server.info, answers, parsed)
    parsed, source = names.schema(parsed), where_they_are(source, names)
    assert_can_hold(parsed, server)
    letters = server.letters
    everything = not (options.apps or options.models)
    excluded, notes = _excluded(project.settings, live, parsed, source, letters, everything=everything)
    looked_at = replace(parsed, tables=tuple(table for table in parsed.tables if table.name not in excluded))
    extensions = await server.dialect.missing_extensions(server.connection, looked_at)
    parsed = replace(parsed, extensions=tuple(sorted({*parsed.extensions, *extensions})))
    own = frozenset(table.name for table in source.statements)
    elsewhere = await tables_of_others(
        project,
        models,
        source.connection,
        server,
        live,
        own=own,
        asks_for_aliases=options.asks_for_aliases,
        timeout=options.timeout,
    )
    elsewhere -= own
    policy = replace(
        policy_of(project.settings), excluded=excluded | elsewhere, python_defaults=orm.python_defaults_vary()
    )
    renames = accepted_renames(answers, live, parsed, names, letters)
    refuse_what_names_nothing(options.renames, renames, live, parsed, names, letters)
    wanted = Wanted(parsed, lambda names: model_statements(source, names))
    result = await compare(server, live, wanted, policy, renames=renames, prove=options.prove, ignore=options.ignore)
    drift = drift_of(
        result,
        source.connection,
        server,
        tables=tuple(table.name for table in source.statements if table.name not in excluded),
        notes=(*notes, *models.notices, *source.notices),
        origins=source.origins,
        threshold=project.settings.rename_threshold,
        renames=renames,
        strangers=_strangers(project.settings, live, source, letters) - elsewhere,
    )
    is_of_rows_alone = not elsewhere and not result.notes and not any(item.accepted for item in drift.ignored)
    return Compared(drift, policy, notes, is_of_rows_alone)


def assert_can_hold(wanted: Schema, server: LiveServer) -> None:
    """See that a session has a schema for what is found nowhere under its bare name. Raises ``ConnectionFailed``.

    PostgreSQL takes any name into a search path, and says "no schema has been selected to create in" at the first
    CREATE; what stands in a schema that the role may not use would seem to be missing. A scratch copy shows neither:
    its schemas are ours.
    """
    schema, info = server.info.default_schema, server.info
    bare = [table.name for table in wanted.tables if not table.name.schema]
    if server.dialect.namespaces is not None and schema.startswith(_TEMPORARY) and bare:
        raise ConnectionFailed(
            f"pg_temp comes first in the search path: a plain CREATE TABLE would make {bare[0]} a temporary table",
            where=f"{server.url}, search_path {info.setting('search_path', '')}",
            hint="put pg_temp last (ALTER ROLE … SET search_path = public, pg_temp), or name one: ?schema=public",
        )
    if server.dialect.namespaces is None or info.search_path or schema in wanted.namespaces:
        return
    if any(table.name.schema in ("", schema) for table in wanted.tables):
        own = server.dialect.namespaces.path([schema])
        raise ConnectionFailed(
            f"there is no schema {schema}, where the models' tables belong, or this role may not use it",
            where=f"{server.url}, search_path {info.setting('search_path', '')}",
            hint=f"CREATE SCHEMA {own}, or GRANT USAGE ON SCHEMA {own} to the role, or name another one: ?schema=…",
        )


def where_they_are(source: ModelSource, names: Resolution) -> ModelSource:
    """The tables of models under the schemas in which the server finds them; their DDL stays as it is."""

    def table(item: TableDDL) -> TableDDL:
        return replace(
            item, schema=names.relation(item.name).schema, references=tuple(map(names.relation, item.references))
        )

    if not names:
        return source
    return replace(source, statements=tuple(map(table, source.statements)), others=tuple(map(table, source.others)))


def _strangers(settings: Settings, live: Schema, source: ModelSource, letters: Letters) -> frozenset[Name]:
    """The live tables that no model has, whether they are to be looked at or not: one may have been renamed.

    Not those of other schemas, which may be those of other tenants.
    """
    there = {table.name for table in live.tables}
    known = {letters.known(table.name, there) for table in (*source.statements, *source.others)}
    schemas = {name.schema for name in known}
    names = {name for name in there if name.schema in schemas} - known
    names -= kept_by_other_tools(live)
    return frozenset(name for name in names if not is_excluded(settings, name, letters))


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
    notes = (*flavor_notes(server.info), *cast(tuple[str, ...], more.pop("notes", ())), *result.notes)
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
        letters=server.letters,
        old=result.old,
        new=result.new,
        session=server.dialect.session_lines(result.plan.sql(), server.info, result.old),
        **more,  # type: ignore[arg-type]
    )


def model_statements(source: ModelSource, names: frozenset[Name]) -> list[str]:
    """The DDL of these tables alone, one statement each, keys that close a cycle last."""
    chosen = [table for table in source.statements if table.name in names]
    created = [statement for table in chosen for statement in table.statements]
    return created + [statement for table in chosen for statement in table.afterwards]


def _excluded(
    settings: Settings, live: Schema, wanted: Schema, source: ModelSource, letters: Letters, *, everything: bool
) -> tuple[frozenset[Name], tuple[str, ...]]:
    """The tables never looked at, and a note for every pattern that matches none."""
    there = names_of_tables(live)
    names = {*there, *(table.name for table in wanted.tables), *(table.name for table in source.others)}
    unused = []
    excluded = {name for name in names if name.name in BOOKKEEPING} | kept_by_other_tools(live, wanted)
    spelled = folded if letters.tables else str
    unmanaged = set(map(spelled, source.unmanaged))
    excluded |= {name for name in names if not unmanaged.isdisjoint((spelled(name), spelled(name.name)))}
    for pattern in settings.exclude:
        matched = {name for name in names if matches(name, [pattern], letters)}
        excluded |= matched
        if not matched:
            unused.append(f"exclude = {pattern!r} matches no table: remove it from the configuration")
    if not everything:
        excluded |= there - {letters.known(table.name, there) for table in source.statements}
    return frozenset(excluded), tuple(unused)
