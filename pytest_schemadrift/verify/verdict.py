"""The judgement: a cheap static suspicion, an exact verdict read from a scratch database, and a fix that is proven.

1. The two sides are compared as values. Static equality is sound: what is equal here is in sync.
2. What looks different is only suspected. The wanted DDL of those tables is executed in a scratch database and read
   back, so that both sides speak the server's own spelling. An expression that still differs goes through once more
   on both sides, because a server's spelling of its own spelling may differ from the first (PostgreSQL's casts).
3. The plan is executed on a scratch copy of the live structure, and what comes out is compared with what is wanted.

What only a drift needs is imported where there is one: most checks find none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, replace

from pytest_schemadrift.core.progress import doing
from pytest_schemadrift.dialects.base import Dialect, LeftOut
from pytest_schemadrift.errors import StatementFailed, Unsupported
from pytest_schemadrift.planning.build import create_statements
from pytest_schemadrift.planning.ignoring import Ignore, with_old_names, without_ignored
from pytest_schemadrift.planning.normalize import normalize, spellings
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.planning.policy import Ignored, Policy, suited
from pytest_schemadrift.planning.resolve import resolution
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.build import make_schema
from pytest_schemadrift.schema.capabilities import Capabilities, ServerInfo
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.model import Name, Schema, Table, UnsupportedObject, referenced_tables
from pytest_schemadrift.sources.scratch import LiveServer, extract, read_back, read_what_can_be
from pytest_schemadrift.verify.left_alone import (
    distinct,
    extra_and_unread,
    is_beside,
    is_on_both,
    leave_alone,
    perhaps_hidden,
    plan_what_can_be,
    there_but_unread,
    unread_of,
)
from pytest_schemadrift.verify.respell import respell
from pytest_schemadrift.verify.suspicion import maybe_spelling, only_more_columns, suspected


@dataclass(frozen=True, slots=True)
class Wanted:
    """The right side of a comparison: its schema as parsed, and the DDL to execute for some of its tables.

    ``statements(names)`` answers with executable statements for those tables; with ``whole`` it makes everything,
    whatever the names. ``exact`` says that ``schema`` is already in the server's own spelling.
    """

    schema: Schema
    statements: Callable[[frozenset[Name]], Sequence[str]]
    whole: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found; the fields are those of ``Drift``."""

    old: Schema
    new: Schema
    plan: Plan
    compared: str
    ignored: tuple[Ignored, ...] = ()
    uncertain: frozenset[int] = frozenset()
    proven: bool | None = None
    proof_note: str = ""
    proof_without: tuple[LeftOut, ...] = ()
    unreadable: tuple[UnsupportedObject, ...] = ()
    notes: tuple[str, ...] = field(default=())


async def compare(
    server: LiveServer,
    live: Schema,
    wanted: Wanted,
    policy: Policy,
    *,
    renames: Sequence[c.Rename] = (),
    prove: bool = True,
    ignore: Ignore | None = None,
    of_server: bool = True,
) -> Comparison:
    """Compare ``live`` with ``wanted`` and plan the way from the one to the other.

    Accepted ``renames`` are planned first. Where ``live`` is not what the server has (``of_server``), as a file, it
    says itself all that a plan has to repeat. Raises ``Unsupported`` where a change cannot be made, and what the
    server raises; a scratch database that cannot be had is no error: the verdict is then ``static``.
    """
    capabilities = server.dialect.capabilities(server.info)
    policy = suited(policy, capabilities)
    start = evolve(live, renames)
    ignore = _heard_by(ignore, capabilities)
    read = await _read(server, live, start, wanted, policy)
    extra, left_out = extra_and_unread(live, start, wanted.schema, policy, ignore)
    target, ignored = read.target, (*read.ignored, *left_out)
    unread = (
        *there_but_unread(live, target, capabilities.shared_names),
        *read.unreadable,
        *unread_of(live, start, wanted.schema, policy),
        *extra,
        *perhaps_hidden(live, start, wanted.schema, target, policy),
    )
    unreadable = distinct(item for item in unread if not (policy.whole and is_on_both(item, live, wanted.schema)))
    kept = {item.table for item in unreadable if not is_beside(item, wanted.schema)}
    if kept:
        target = leave_alone(start, target, kept)
    if ignore is not None:
        names = with_old_names(target, renames, ignore)
        start, renames = (evolve(live, names.renames), names.renames) if names.ignored else (start, renames)
        left = without_ignored(start, names.target, ignore, policy, capabilities)
        target, unreadable = left.target, (*unreadable, *left.impossible)
        ignored = (*ignored, *names.ignored, *left.ignored)
    doing("planning")
    live = await _with_marks(server, live, start, target, renames) if of_server else live
    plan, target, impossible = plan_what_can_be(live, target, server.dialect, server.info, renames)
    unreadable = (*unreadable, *impossible)
    result = Comparison(live, target, plan, read.compared, ignored, unreadable=unreadable, notes=read.notes)
    result = _without_what_is_forbidden(server, result, renames)
    live, plan = result.old, result.plan
    if plan and read.compared == "static":
        result = replace(result, uncertain=maybe_spelling(plan, live))
    if plan and not prove:
        result = replace(result, notes=(*result.notes, *await _known_without_proof(server, live, plan)))
    if plan and prove:
        from pytest_schemadrift.verify.prove import prove_plan

        proof = await prove_plan(server, live, target, plan, policy)
        result = replace(result, proven=proof.proven, proof_note=proof.note, proof_without=proof.without)
    return replace(result, notes=(*result.notes, *(f"compared on {place}" for place in sorted(server.scratch.used))))


@dataclass(frozen=True, slots=True)
class _Read:
    """The wanted side as ``normalize`` leaves it, in the server's own spelling where ``compared`` is ``scratch``."""

    target: Schema
    ignored: tuple[Ignored, ...]
    unreadable: tuple[UnsupportedObject, ...]
    compared: str = "static"
    notes: tuple[str, ...] = ()


async def _read(server: LiveServer, live: Schema, start: Schema, wanted: Wanted, policy: Policy) -> _Read:
    """Read the wanted side from its text, and what is suspected then from the server.

    Where a table has to be rebuilt for a change, a plan spells all of it: that is the server's to say, too.
    """
    capabilities = server.dialect.capabilities(server.info)
    target, ignored = normalize(start, wanted.schema, policy)
    target = server.dialect.with_alike(start, target)
    beside = {(item.kind, item.name, item.sql) for item in live.unsupported if is_beside(item, live)}
    unreadable = tuple(
        item
        for item in wanted.schema.unsupported
        if (item.table is not None or item.kind == "table") and (item.kind, item.name, item.sql) not in beside
    )
    suspects = suspected(start, target)
    # Of a domain that no table uses, nothing but the server says whether its checks are only spelled otherwise.
    doubtful = bool(suspects) or (wanted.whole and start.domains != target.domains)
    if wanted.exact or not doubtful:
        return _Read(target, ignored, unreadable, "scratch" if suspects else "static")
    if not wanted.whole and capabilities.alters_columns and only_more_columns(start, target, suspects):
        unsure = {item.table for item in unreadable} | {c.table_of(item.change) for item in ignored}
        if unsure.isdisjoint(suspects):  # a scratch database would say the same, in other words even of what is ignored
            return _Read(target, ignored, unreadable)
    try:
        own = {name: twin for twin, name in spellings(start, wanted.schema, policy).items()}
        names = frozenset(own.get(name, name) for name in suspects)
        exact, refused = await _read_wanted(server, start, wanted, names)
    except Unsupported as error:
        return _Read(target, ignored, unreadable, notes=(f"compared without a scratch database: {error.what}",))
    read = [item for item in unreadable if item.table not in suspects or is_beside(item, wanted.schema)]
    target, ignored = normalize(start, exact, policy)
    target = await respell(server, start, target, policy)
    return _Read(target, ignored, (*read, *refused), "scratch")


async def _with_marks(
    server: LiveServer, live: Schema, start: Schema, target: Schema, renames: Sequence[c.Rename]
) -> Schema:
    """The live schema with what a plan for its changed tables has to repeat, and no comparison needs."""
    names = set(suspected(start, target))
    names |= {change.table for change in renames if isinstance(change, c.RenameColumn)}
    before = {change.new: change.old for change in renames if isinstance(change, c.RenameTable)}
    changed = {before.get(name, name) for name in names} & {table.name for table in live.tables}
    if not changed:
        return live
    found = await server.dialect.marks(server.connection, server.info, changed)
    return replace(live, marks=(*live.marks, *(replace(mark, of_plan=True) for mark in found))) if found else live


def _without_what_is_forbidden(server: LiveServer, found: Comparison, renames: Sequence[c.Rename]) -> Comparison:
    """The plan without statements that repeat what the role may not: they would fail after all else was done."""
    forbidden = [mark for mark in found.old.marks if mark.wants]
    if not forbidden or not found.plan:
        return found
    old = replace(found.old, marks=tuple(mark for mark in found.old.marks if not mark.wants))
    plan, _, _ = plan_what_can_be(old, found.new, server.dialect, server.info, renames)
    left = [sql for sql in found.plan.sql() if sql not in plan.sql()]
    grants = sorted({mark.wants for mark in forbidden if any(mark.owner.name in sql for sql in left)})
    notes = [f"left out, the role may not: {'; '.join(left)} ({'; '.join(grants)})"] if left else []
    return replace(found, old=old, plan=plan, notes=(*found.notes, *notes))


async def _known_without_proof(server: LiveServer, live: Schema, plan: Plan) -> list[str]:
    """What the plan would break, or be refused for, as far as the catalog tells."""
    from pytest_schemadrift.applying.executor import what_breaks
    from pytest_schemadrift.verify.standing import in_the_way

    standing = await server.dialect.standing(server.connection, server.info, plan.changes)
    refused = in_the_way(live, plan)
    told = [refused] if refused else []
    told += [what_breaks(standing.broken)] if standing.broken else []
    return [*told, *(f"look at {item}" for item in standing.named)]


async def _read_wanted(
    server: LiveServer, start: Schema, wanted: Wanted, suspects: frozenset[Name]
) -> tuple[Schema, tuple[UnsupportedObject, ...]]:
    """The wanted schema with the suspects as the server spells them, and the tables whose DDL it refuses."""
    capabilities = server.dialect.capabilities(server.info)
    if wanted.whole:
        found, unread = await read_what_can_be(server, list(wanted.statements(suspects)), wanted.schema)
        made = {table.name for table in found.tables}
        # A foreign table needs a server that a scratch database has not.
        left = [table for table in wanted.schema.tables if table.kind == "foreign" and table.name not in made]
        found = replace(found, tables=tuple(sorted((*found.tables, *left), key=lambda table: table.name)))
        return resolution(start, server.info).schema(found), unread
    # Where a qualified name means another database, executing it would touch that database: never in scratch.
    names = frozenset(name for name in suspects if capabilities.has_schemas or not name.schema)
    if not names:
        raise Unsupported("the tables lie in another database of this server")
    wanted_tables = {table.name: table for table in wanted.schema.tables}
    helpers = {ref for name in names for ref in referenced_tables(wanted_tables[name])} - names
    ground = _ground(start, wanted.schema, names, helpers)
    prepared = create_statements(ground, server.dialect, server.info)
    refused: list[UnsupportedObject] = []
    while True:
        statements = [*prepared, *wanted.statements(names)]
        try:
            found = await read_back(server, statements)
            break
        except StatementFailed as error:
            culprits = [name for name in sorted(names) if error.sql in wanted.statements(frozenset({name}))]
            if not culprits:
                raise
            refused += [
                UnsupportedObject("table", str(name), error.what.splitlines()[0], error.sql, name) for name in culprits
            ]
            names -= frozenset(culprits)
            if not names:
                found = make_schema(server.info.dialect)
                break
    found = resolution(start, server.info).schema(found)
    exact = {table.name: table for table in found.tables if table.name in names}
    tables = [exact.get(table.name, table) for table in wanted.schema.tables]
    return replace(wanted.schema, tables=tuple(tables)), tuple(refused)


def _ground(start: Schema, wanted: Schema, names: Iterable[Name], helpers: set[Name]) -> Schema:
    """What the suspects' DDL needs to be executed: types, namespaces, and the tables that they refer to, bare."""
    tables = {table.name: table for table in (*wanted.tables, *start.tables) if table.name in helpers}
    enums = {item.name: item for item in (*start.enums, *wanted.enums)}
    domains = {item.name: item for item in (*start.domains, *wanted.domains)}
    namespaces = {*wanted.namespaces, *(name.schema for name in (*tables, *names) if name.schema)}
    named = [table for table in (*wanted.tables, *start.tables) if table.name in {*tables, *names}]
    texts = " ".join(map(_type_texts, named))
    texts += " ".join(item.default.sql for item in domains.values() if item.default is not None)
    texts = texts.replace('""', '"')  # as names that hold the quote are written
    every = [item for item in (*start.sequences, *wanted.sequences) if item.owned_by is None]
    sequences = {item.name: item for item in every if item.name.name in texts}  # another may have an index's name
    types = [*enums, *domains, *sequences]
    namespaces |= {name.schema for name in types if name.schema and name.schema in texts and name.name in texts}
    ground = make_schema(
        start.dialect,
        tables=tables.values(),
        namespaces=namespaces,
        extensions=(*start.extensions, *wanted.extensions),
        enums=[item for item in enums.values() if not item.name.schema or item.name.schema in namespaces],
        domains=[item for item in domains.values() if not item.name.schema or item.name.schema in namespaces],
        sequences=[item for item in sequences.values() if not item.name.schema or item.name.schema in namespaces],
    )
    return _bare(extract(ground, helpers))


def _type_texts(table: Table) -> str:
    """Where a table may name a type or sequence of another schema: its columns' types and defaults."""
    defaults = (column.default.sql for column in table.columns if column.default is not None)
    return " ".join([*(column.type for column in table.columns), *defaults])


def _bare(schema: Schema) -> Schema:
    """Tables that are only referred to need no triggers, checks or partitions."""
    return replace(
        schema,
        tables=tuple(
            replace(
                table,
                triggers=(),
                checks=(),
                foreign_keys=(),
                partition_of=None,
                partition_by=None,
                inherits=(),
                kind="table" if table.kind != "virtual" else table.kind,
            )
            for table in schema.tables
        ),
    )


def _heard_by(ignore: Ignore | None, capabilities: Capabilities) -> Ignore | None:
    if ignore is None:
        return None
    from pytest_schemadrift.planning.accepted import heard_by

    return heard_by(ignore, capabilities)


def compare_without_server(
    old: Schema,
    new: Schema,
    dialect: Dialect,
    info: ServerInfo,
    policy: Policy,
    *,
    renames: Sequence[c.Rename] = (),
    ignore: Ignore | None = None,
) -> Comparison:
    """Compare two schemas as far as their texts go: no scratch, no proof; tables nobody can read are left alone.

    Accepted ``renames`` are planned first. Raises ``Unsupported``.
    """
    start = evolve(old, renames)
    capabilities = dialect.capabilities(info)
    policy = suited(policy, capabilities)
    ignore = _heard_by(ignore, capabilities)
    target, ignored = normalize(start, new, policy)
    target = dialect.with_alike(start, target)
    extra, left_out = extra_and_unread(old, start, new, policy, ignore)
    unread = old.unsupported if policy.whole else (*unread_of(old, start, new, policy), *extra)
    unreadable = distinct(
        item for item in (*unread, *new.unsupported) if not (policy.whole and is_on_both(item, old, new))
    )
    kept = {item.table for item in unreadable if item.table is not None and not is_beside(item, new)}
    if kept:
        target = leave_alone(start, target, {*kept})
    ignored = (*ignored, *left_out)
    if ignore is not None:
        left = without_ignored(start, target, ignore, policy, capabilities)
        target, ignored, unreadable = left.target, (*ignored, *left.ignored), (*unreadable, *left.impossible)
    plan, target, impossible = plan_what_can_be(old, target, dialect, info, renames)
    unreadable = (*unreadable, *impossible)
    note = "no server at hand" if plan else ""
    spelled = maybe_spelling(plan, old)
    return Comparison(old, target, plan, "static", ignored, spelled, None, note, unreadable=unreadable)
