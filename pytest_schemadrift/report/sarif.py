"""SARIF 2.1.0, for code scanning: a rule per kind of change, a result per change on the model's line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pytest_schemadrift.cache import our_version
from pytest_schemadrift.codes import CHANGES
from pytest_schemadrift.plan import Drift, Step
from pytest_schemadrift.report.words import is_destructive, origin_of
from pytest_schemadrift.wording import describe

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def report_sarif(drifts: Iterable[Drift]) -> str:
    """Return a SARIF log of one run, as indented JSON."""
    drifts = list(drifts)
    used = sorted({step.change.code for drift in drifts for step in drift.steps})
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "schemadrift",
                        "version": our_version(),
                        "rules": [_rule(code) for code in used],
                    }
                },
                "results": [
                    _result(drift, step, used.index(step.change.code)) for drift in drifts for step in drift.steps
                ],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str) -> dict[str, Any]:
    entry = CHANGES[code]
    return {
        "id": code,
        "name": entry.title,
        "shortDescription": {"text": entry.meaning},
        "help": {"text": entry.to_do},
        "defaultConfiguration": {"level": "error"},
    }


def _result(drift: Drift, step: Step, rule: int) -> dict[str, Any]:
    sql = "\n".join(f"{statement};" for statement in step.sql)
    result: dict[str, Any] = {
        "ruleId": step.change.code,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": f"{drift.connection}: {describe(step.change)}\n{sql}"},
        "properties": {"hazards": [str(hazard) for hazard in step.hazards], "destructive": is_destructive(step)},
    }
    origin = origin_of(drift, step.change)
    if origin is not None:
        result["locations"] = [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": origin.path.replace("\\", "/"), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": origin.line},
                }
            }
        ]
    return result
