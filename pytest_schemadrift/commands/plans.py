"""Saved plans: what ``apply`` would run, as a file that is reviewed first and then run as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.core.cache import our_version
from pytest_schemadrift.core.plain import decode, encode, read_json
from pytest_schemadrift.errors import ConfigurationError, StalePlan, StatementFailed, mask
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.planning.plan import Plan, Statement
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import STORED, Name, Schema
from pytest_schemadrift.shown import visible_json
from pytest_schemadrift.sources.database import dump

if TYPE_CHECKING:
    from pytest_schemadrift.commands.apply import Proposal
    from pytest_schemadrift.sources.scratch import LiveServer

FORMAT = 1
"""Of the file; raised where an older reader must refuse it."""


@dataclass(frozen=True, slots=True)
class _Changes:
    """What the statements of a plan are for, in the order of its steps."""

    changes: tuple[c.Change, ...]


_CLASSES = (*STORED, *c.STORED, _Changes)


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """The plan of one connection as a file holds it.

    ``tables`` has a digest of each table of the schema that it was made for, ``whole`` one of all the rest; ``empty``
    are the tables that must still have no row. ``server`` tells its server from others, as far as one can be told, else
    it is empty. ``wanted`` has a digest of what each table that is changed is to become,
    where what is accepted stays as it is, and under the empty name one of all that is no table, where that is changed.
    ``unseen`` says why the role which made it could not see a table, or (``schema.``, or the empty name) all of them.
    """

    connection: str
    dialect: str
    database: str
    plan: Plan
    tables: Mapping[str, str]
    whole: str
    wanted: Mapping[str, str]
    empty: frozenset[Name]
    server: str
    unseen: Mapping[str, str]
    proven: bool | None
    proof_note: str


def plan_file(proposals: Iterable[Proposal]) -> str:
    """The text of a plan file: JSON, readable from its top, equal for equal plans."""
    document = {
        "schemadrift_plan": FORMAT,
        "written_by": f"pytest-schemadrift {our_version()}",
        "connections": [_connection(proposal) for proposal in proposals],
    }
    text = json.dumps(document | {_SEAL: _sealed(document)}, indent=2, ensure_ascii=False)
    return visible_json(text) + "\n"


def _connection(proposal: Proposal) -> dict[str, Any]:
    drift, plan, proof = proposal.drift, proposal.plan, proposal.proof
    assert drift.old is not None and drift.new is not None
    return {
        "name": drift.connection,
        "dialect": drift.dialect,
        "server_version": drift.server_version,
        "database": mask(drift.database),
        "proven": proof.proven if proof is not None else None,
        "proof_note": mask(proof.note) if proof is not None else "",
        "proof_without": [mask(str(item)) for item in proof.without] if proof is not None else [],
        "online": plan.online,
        "prologue": list(plan.prologue),
        "steps": [
            {
                "changes": [_words(part) for part in c.simple_changes(step.change)],
                "losses": [_words(part) for part in step.losses],
                "hazards": [str(hazard) for hazard in step.hazards],
                "rows": list(proposal.facts_of(step.change)),
                "statements": [_statement(item) for item in plan.statements if item.change is step.change],
            }
            for step in plan.steps
        ],
        "epilogue": list(plan.epilogue),
        "not_done": [
            {"change": _words(item.change), "why": item.because, "allow": item.flag} for item in proposal.refused
        ],
        "undo": [*proposal.undo_session, *(sql for way in proposal.undo or () for sql in way.sql())],
        "made_for": {
            "server": proposal.server,
            "fingerprint": plan.fingerprint,
            "tables": table_digests(drift.old),
            "everything_else": _digest(_without_tables(drift.old)),
            "wanted": _wanted(drift.new, plan.changes),
            "still_empty": sorted(list(name) for name in proposal.empty),
            "unseen": {str(item.table): mask(item.reason) for item in drift.old.unsupported if item.kind in _TABLES},
        },
        "values": json.loads(encode(_Changes(tuple(step.change for step in plan.steps)), _CLASSES)),
    }


_TABLES = ("table", "database")
"""The kinds of what could not be read that are tables, or may hide some."""
_SEAL = "digest"


def _sealed(document: Mapping[str, Any]) -> str:
    """A short hash of all that a file says, of whichever connections: it is reviewed, and run, as it was written."""
    return _digest(json.dumps({key: value for key, value in document.items() if key != _SEAL}, sort_keys=True))


def _words(change: c.Change) -> str:
    return f"{change.code} {describe(change)}"


def _statement(statement: Statement) -> dict[str, Any]:
    more = {
        "alone": not statement.transactional,
        "where_it_fails": list(statement.cleanup),
        "instead": list(statement.instead),
    }
    return {"sql": statement.sql} | {key: value for key, value in more.items() if value}


def table_digests(schema: Schema) -> dict[str, str]:
    """A short hash of each table by its name, equal only for equal tables."""
    return {str(table.name): _digest(table) for table in schema.tables}


def _wanted(target: Schema, changes: Iterable[c.Change]) -> dict[str, str]:
    """A digest of what each table that is changed is to become; a table that is to go has none."""
    names: set[Name] = set()
    digests: dict[str, str] = {}
    for change in (part for whole in changes for part in c.simple_changes(whole)):
        table = c.table_of(change)
        if table is None:
            digests[""] = _digest(_without_tables(target))
        else:
            names |= {table, *((change.old, change.new) if isinstance(change, c.RenameTable) else ())}
    return digests | {str(table.name): _digest(table) for table in target.tables if table.name in names}


def _without_tables(schema: Schema) -> tuple[object, ...]:
    return (schema.namespaces, schema.extensions, schema.enums, schema.sequences, schema.domains, schema.views)


def _digest(value: object) -> str:
    return sha256(repr(value).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_plan_file(path: Path) -> list[SavedPlan]:
    """The plans of a file. Raises ``ConfigurationError`` where it is none, was edited, or another version wrote it."""
    try:
        document = read_json(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigurationError(
            f"the plan cannot be read: {why}", where=str(path), hint="make it with: schemadrift plan -o FILE"
        ) from None
    if not isinstance(document, dict) or "schemadrift_plan" not in document:
        raise ConfigurationError("the file is not a plan", where=str(path), hint="make one: schemadrift plan -o FILE")
    ours = f"pytest-schemadrift {our_version()}"
    form, writer = document["schemadrift_plan"], document.get("written_by")
    if form != FORMAT or writer != ours:
        raise ConfigurationError(
            f"the plan was written by {writer} in form {form}, and this is {ours}, which reads form {FORMAT}",
            where=str(path),
            hint="make it again with: schemadrift plan -o FILE",
        )
    if _sealed(document) != document.get(_SEAL):
        raise ConfigurationError(
            "the plan was edited after it was tried",
            where=str(path),
            hint="choose what it does with: schemadrift plan --only CODE:table.name, or --skip",
        )
    try:
        return [_saved(connection) for connection in document["connections"]]
    except (KeyError, TypeError, ValueError, LookupError) as error:
        raise ConfigurationError(
            f"the plan is damaged: {type(error).__name__} {error}",
            where=str(path),
            hint="make it again with: schemadrift plan -o FILE",
        ) from None


def _saved(connection: Mapping[str, Any]) -> SavedPlan:
    changes = decode(json.dumps(connection["values"]).encode(), _CLASSES).changes
    statements = tuple(
        Statement(
            item["sql"],
            change,
            tuple(Hazard(name) for name in step["hazards"]),
            transactional=not item.get("alone", False),
            cleanup=tuple(item.get("where_it_fails", ())),
            instead=tuple(item.get("instead", ())),
            losses=tuple(part for part in c.simple_changes(change) if _words(part) in step["losses"]),
        )
        for step, change in zip(connection["steps"], changes, strict=True)
        for item in step["statements"]
    )
    made_for = connection["made_for"]
    plan = Plan(
        connection["dialect"],
        statements,
        tuple(connection["prologue"]),
        tuple(connection["epilogue"]),
        made_for["fingerprint"],
        connection["online"],
    )
    return SavedPlan(
        connection["name"],
        connection["dialect"],
        connection["database"],
        plan,
        dict(made_for["tables"]),
        made_for["everything_else"],
        dict(made_for["wanted"]),
        frozenset(Name(*parts) for parts in made_for["still_empty"]),
        made_for["server"],
        dict(made_for["unseen"]),
        connection["proven"],
        connection["proof_note"],
    )


SAVE_AGAIN = "make it again with: schemadrift plan -o FILE, and review it"


async def server_digest(server: LiveServer) -> str:
    """What tells a server from others, as a short hash; empty where a file is all, or where this role may not ask."""
    query = server.dialect.identity()
    try:
        return _digest(tuple(map(tuple, await server.connection.fetch(query)))) if query else ""
    except StatementFailed:
        return ""


async def assert_made_for(saved: SavedPlan, server: LiveServer, *, other_database: bool = False) -> Schema:
    """Read the database's schema; raise ``StalePlan``, naming what changed, where a plan was made for another one.

    With ``other_database`` it may be any database of the same structure.
    """
    if server.info.dialect != saved.dialect:
        raise StalePlan(
            f"the plan is for {saved.dialect}, and {saved.connection} is {server.info.dialect}: nothing was done",
            hint="make it again with: schemadrift plan -o FILE",
        )
    database = mask(server.info.database)
    identity = await server_digest(server)
    elsewhere = "" if database == saved.database else database
    if not elsewhere and identity and saved.server and identity != saved.server:
        elsewhere = f"{database} of another server"
    if elsewhere and not other_database:
        raise StalePlan(
            f"the plan is for the database {saved.database}, and {saved.connection} is {elsewhere}: nothing was done",
            hint="make it for this one with: schemadrift plan -o FILE, or, planned on a copy, say --other-database",
        )
    live = await dump(server)
    now = table_digests(live)
    names = sorted(
        {*(name for name in saved.tables if now.get(name) != saved.tables[name]), *(now.keys() - saved.tables.keys())}
    )
    became = {name: _what_became(name, saved, now, live) for name in names}
    changed = [f"{name} ({word})" for name, (word, _) in became.items()]
    unseen = next((f"{name}: {reason}; if that is no matter, " for name, (_, reason) in became.items() if reason), "")
    if not changed and _digest(_without_tables(live)) != saved.whole:
        changed = ["something that is no table: a type, a sequence, a view or a schema"]
    if changed:
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        raise StalePlan(
            f"the database {server.info.database} is no longer the one of the plan: {', '.join(changed[:5])}{more}; "
            "nothing was done",
            hint=f"{unseen}{SAVE_AGAIN}",
        )
    return live


def assert_still_wanted(saved: SavedPlan, target: Schema) -> None:
    """Raise ``StalePlan`` where ``target``, to which a plan would lead by now, is another one than it was made for.

    A column that it drops may have a model since, or a rule that tells to leave it alone.
    """
    now = _wanted(target, saved.plan.changes)
    changed = [name for name in sorted({*now, *saved.wanted}) if now.get(name) != saved.wanted.get(name)]
    if changed:
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        listed = ", ".join(name or "something that is no table" for name in changed[:5])
        raise StalePlan(
            f"the models, or what is accepted of their drift, are no longer those of the plan: {listed}{more}; "
            "nothing was done",
            hint=SAVE_AGAIN,
        )


def _what_became(name: str, saved: SavedPlan, now: Mapping[str, str], live: Schema) -> tuple[str, str]:
    """What happened to a table since a plan was made, and what of a role may be the reason that it seems so."""
    if name not in saved.tables:
        schemas = {start: why for start, why in saved.unseen.items() if start.endswith(".") or not start}
        why = saved.unseen.get(name) or next((why for start, why in schemas.items() if name.startswith(start)), "")
        return ("new, or hidden from who made the plan", why) if why else ("new", "")
    if name in now:
        return "changed", next((f"{item.kind}: {item.reason}" for item in live.unseen), "")
    for item in live.unsupported:
        if item.kind == "table" and str(item.table) == name:
            return "not read", item.reason
    for item in live.unsupported:
        if item.kind == "database" and name.startswith(str(item.table)):  # which is a schema without a table's name
            return "gone or hidden", item.reason
    return "gone", ""
