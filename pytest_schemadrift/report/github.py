"""GitHub Actions annotations: one workflow command per change, on the line of the model."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_schemadrift.plan import Drift
from pytest_schemadrift.report.words import origin_of, verdict
from pytest_schemadrift.wording import describe


def report_github(drifts: Iterable[Drift]) -> str:
    """Return the annotations, one a line; a connection in sync is a notice."""
    lines = []
    for drift in drifts:
        if drift.in_sync:
            lines.append(f"::notice title={_property(drift.connection)}::{_data(verdict(drift))}")
        for step in drift.steps:
            origin = origin_of(drift, step.change)
            place = f"file={_property(origin.path)},line={origin.line}," if origin else ""
            title = _property(f"{step.change.code} schema drift ({drift.connection})")
            text = "\n".join([describe(step.change), *(f"{sql};" for sql in step.sql)])
            lines.append(f"::error {place}title={title}::{_data(text)}")
        lines += [
            f"::error title={_property(drift.connection)}::{_data(f'{item.kind} {item.name}: {item.reason}')}"
            for item in drift.unreadable
        ]
    return "".join(f"{line}\n" for line in lines)


def _data(text: str) -> str:
    """Escapes a message as the runner's toolkit does (actions/toolkit, packages/core, command)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
