"""SARIF 2.1.0, for code scanning: a rule per kind of change, a result per change on the model's line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from pytest_schemadrift.core.cache import our_version
from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.codes import CHANGES, page_of
from pytest_schemadrift.planning.describe import name_of, subject
from pytest_schemadrift.planning.drift import Drift, Origin
from pytest_schemadrift.planning.plan import Step
from pytest_schemadrift.report.formats import PLAIN, Look
from pytest_schemadrift.report.places import from_checkout
from pytest_schemadrift.report.words import (
    cause_alone,
    connection_title,
    is_destructive,
    message,
    origin_of,
    pending_lines,
    place_of_unreadable,
    proof_lines,
    unreadable_text,
    verdict,
)
from pytest_schemadrift.shown import visible_json

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
UNREADABLE = "unreadable"
"""The rule for what could not be read, which is no kind of change."""
NO_PLACE = "pyproject.toml"
"""Where a result stands that no model line belongs to: code scanning shows no result without a place."""
RULES = (*CHANGES, UNREADABLE)
"""Every report has every rule, so that a code that is no longer found is known to be fixed."""


def report_sarif(drifts: Iterable[Drift], look: Look = PLAIN) -> str:
    """Return a SARIF log of one run, as indented JSON; a connection that was skipped is a notification."""
    drifts = list(drifts)
    run = {
        "tool": {
            "driver": {
                "name": "schemadrift",
                "version": our_version(),
                "rules": [_rule(code) for code in RULES],
            },
        },
        "invocations": [_invocation(drifts)],
        "columnKind": "unicodeCodePoints",
        "results": [result for drift in drifts for result in _results(cause_alone(drift, look))],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return visible_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _invocation(drifts: list[Drift]) -> dict[str, Any]:
    skipped = [drift for drift in drifts if drift.skipped]
    return {
        "executionSuccessful": not any(drift.skipped or drift.unreadable for drift in drifts),
        "toolExecutionNotifications": [
            {
                "level": "error" if drift.failed else "warning",
                "message": {"text": mask(f"{connection_title(drift)}: {verdict(drift)}")},
            }
            for drift in skipped
        ]
        + [
            {"level": "error", "message": {"text": f"{connection_title(drift)}: {line}"}}
            for drift in drifts
            for line in pending_lines(drift)
        ]
        + [
            {"level": "note", "message": {"text": mask(f"{connection_title(drift)}: {line}")}}
            for drift in drifts
            if drift.plan and drift.proof_without
            for line in proof_lines(drift)
        ],
    }


def _rule(code: str) -> dict[str, Any]:
    if code == UNREADABLE:
        meaning, to_do = "An object could not be read, so it is unknown whether it is in sync.", "Look at its DDL."
        title = "Unreadable"
    else:
        entry = CHANGES[code]
        title, meaning, to_do = entry.title, entry.meaning, entry.to_do
    return {
        "id": code,
        "name": title,
        "shortDescription": {"text": meaning},
        "help": {"text": f"{meaning} {to_do}", "markdown": f"{meaning}\n\n**What to do.** {to_do}"},
        "helpUri": page_of(code),
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["schema", "database"]},
    }


def _results(drift: Drift) -> Iterator[dict[str, Any]]:
    for step in drift.steps:
        yield _change(drift, step)
    for item in drift.unreadable:
        place = place_of_unreadable(drift, item)
        yield _result(drift, UNREADABLE, unreadable_text(item), place, f"{item.kind} {item.name}")


def _change(drift: Drift, step: Step) -> dict[str, Any]:
    table, column = subject(step.change)
    thing = f"{table} {name_of(step.change) or column}"
    result = _result(drift, step.change.code, message(drift, step), origin_of(drift, step.change), thing)
    hazards = [str(hazard) for hazard in step.hazards]
    known = {**result.get("properties", {}), "hazards": hazards, "destructive": is_destructive(step)}
    return {**result, "properties": known}


def _result(drift: Drift, rule: str, text: str, origin: Origin | None, thing: str) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "ruleIndex": RULES.index(rule),
        "level": "error",
        "message": {"text": f"{connection_title(drift)}: {text}" if drift.connection else text},
        "locations": [_location(origin)],
        # Of the connection alone: it is the same finding where one more tenant has it.
        "partialFingerprints": {"schemadrift/v1": _fingerprint(drift.connection or drift.database, rule, thing)},
        **({"properties": {"tenants": list(drift.tenants)}} if drift.tenants else {}),
    }


def _location(origin: Origin | None) -> dict[str, Any]:
    path, line = (origin.path, origin.line) if origin else (NO_PLACE, 1)
    place = {"uri": quote(from_checkout(path)), "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": place, "region": {"startLine": line}}}


def _fingerprint(*words: str) -> str:
    """The same for the same thing in every run, wherever its line has moved to."""
    return sha256("\0".join(words).encode()).hexdigest()[:32]
