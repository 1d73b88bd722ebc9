"""The report for programs: one JSON object, described by ``schema.json`` beside this file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.accepted import change_fingerprint
from pytest_schemadrift.planning.describe import describe, detail, kind, name_of
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.plan import Step
from pytest_schemadrift.report.formats import PLAIN, Look
from pytest_schemadrift.report.words import after_pending, origin_of, rename_answer
from pytest_schemadrift.schema.changes import Change, simple_changes, table_of
from pytest_schemadrift.schema.severity import Severity
from pytest_schemadrift.shown import visible_json

VERSION = 1


def report_json(drifts: Iterable[Drift], look: Look = PLAIN) -> str:
    """Return the report as indented JSON, ending with a newline."""
    drifts = list(drifts)
    found = as_object(drifts)
    if look.shard:
        from pytest_schemadrift.report.parts import stored

        found |= {"shard": "{}/{}".format(*look.shard), "drifts": stored(drifts)}
    return json_text(found)


def json_text(report: Mapping[str, Any]) -> str:
    """A report's object as indented JSON, ending with a newline."""
    return visible_json(json.dumps(report, indent=2, ensure_ascii=False)) + "\n"


def as_object(drifts: Iterable[Drift]) -> dict[str, Any]:
    """The report as the object that ``json_schema()`` describes."""
    connections = [_connection(drift) for drift in drifts]
    return {
        "version": VERSION,
        "in_sync": all_in_sync(connections),
        "connections": connections,
    }


def all_in_sync(connections: Iterable[Mapping[str, Any]]) -> bool | None:
    """False where one drifted, else ``None`` where nobody could look, else true."""
    answers = {connection["in_sync"] for connection in connections}
    return False if False in answers else None if None in answers else True


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the report."""
    text = files("pytest_schemadrift.report").joinpath("schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _pending(drift: Drift) -> dict[str, Any]:
    """What is said of migrations that wait, beside their names."""
    if drift.pending is None:
        return {}
    return {
        "pending_command": drift.pending.command,
        "pending_note": mask(after_pending(drift)),
        "changes_after_pending": drift.pending.is_ahead,
    }


def _connection(drift: Drift) -> dict[str, Any]:
    return {
        "name": drift.connection,
        "dialect": drift.dialect,
        "server_version": drift.server_version,
        "database": mask(drift.database),
        "from": mask(drift.source),
        "to": mask(drift.target),
        "compared": drift.compared,
        **({"tenants": list(drift.tenants)} if drift.tenants else {}),
        "in_sync": None if drift.skipped else drift.in_sync,
        "skipped": mask(drift.skipped) or None,
        **({"failed": True} if drift.failed else {}),
        "pending_migrations": list(drift.pending.names) if drift.pending else [],
        **_pending(drift),
        "proven": drift.proven,
        "proof_note": drift.proof_note,
        "proof_without": [{"what": mask(item.what), "why": mask(item.why)} for item in drift.proof_without],
        "tables": len(drift.tables),
        "changes": [_change(drift, place, step) for place, step in enumerate(drift.steps)],
        "prologue": [*drift.session, *drift.plan.prologue] if drift.plan else [],
        "epilogue": list(drift.plan.epilogue) if drift.plan else [],
        "ignored": [
            {
                "kind": kind(item.change),
                "table": str(table_of(item.change) or ""),
                "name": name_of(item.change),
                "code": item.change.code,
                "description": describe(item.change),
                "reason": item.reason,
                "accepted": item.accepted,
                "fingerprint": change_fingerprint(item.change),
            }
            for item in drift.ignored
        ],
        "unreadable": [
            {"kind": item.kind, "name": item.name, "reason": item.reason, "sql": item.sql} for item in drift.unreadable
        ],
        "renames": [
            {
                "kind": kind(item.change),
                "answer": rename_answer(item.change),
                "description": describe(item.change),
                "similarity": round(item.similarity, 3),
            }
            for item in drift.proposals
        ],
        "notes": [mask(note) for note in drift.notes],
    }


def _change(drift: Drift, place: int, step: Step) -> dict[str, Any]:
    return {
        **_what(drift, step.change, step.severity),
        "fingerprints": [change_fingerprint(part) for part in simple_changes(step.change)],
        "parts": [_what(drift, part, severity) for part, severity in step.parts if part is not step.change],
        "sql": list(step.sql),
        "hazards": [str(hazard) for hazard in step.hazards],
        "may_be_spelling": place in drift.uncertain,
    }


def _what(drift: Drift, change: Change, severity: Severity | None) -> dict[str, Any]:
    table = table_of(change)
    origin = origin_of(drift, change)
    return {
        "kind": kind(change),
        "code": change.code,
        "table": str(table) if table is not None else None,
        "name": name_of(change),
        "detail": detail(change),
        "description": describe(change),
        "severity": severity and str(severity),
        "source": {"path": origin.path, "line": origin.line} if origin else None,
    }
