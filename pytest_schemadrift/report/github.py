"""GitHub Actions annotations: one workflow command per change, on the line of the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_schemadrift.planning.drift import Drift, Origin
from pytest_schemadrift.report.formats import PLAIN, Look
from pytest_schemadrift.report.places import from_checkout
from pytest_schemadrift.report.words import (
    cause_alone,
    connection_title,
    message,
    origin_of,
    pending_lines,
    place_of_unreadable,
    proof_lines,
    unreadable_text,
    verdict,
)
from pytest_schemadrift.shown import visible


def report_github(drifts: Iterable[Drift], look: Look = PLAIN) -> str:
    """Return the annotations, one a line: a connection in sync is a notice, one that was skipped a warning.

    One that should not have been skipped is an error.
    """
    return "".join(f"{line}\n" for drift in drifts for line in _annotations(cause_alone(drift, look)))


def _annotations(drift: Drift) -> Iterator[str]:
    name = connection_title(drift)
    if drift.in_sync or drift.skipped:
        level = "error" if drift.failed else "warning" if drift.skipped else "notice"
        yield _annotation(level, f"schema drift ({name})", verdict(drift))
    if drift.pending is not None:
        yield _annotation("error", f"schema drift ({name})", "\n".join(pending_lines(drift)))
    for step in drift.steps:
        title = f"{step.change.code} schema drift ({name})"
        yield _annotation("error", title, message(drift, step), origin_of(drift, step.change))
    if drift.plan and drift.proof_without:
        yield _annotation("warning", f"schema drift ({name})", "\n".join(proof_lines(drift)))
    for item in drift.unreadable:
        place = place_of_unreadable(drift, item)
        yield _annotation("error", f"schema drift ({name})", unreadable_text(item), place)


def _annotation(level: str, title: str, text: str, origin: Origin | None = None) -> str:
    place = f"file={_property(from_checkout(origin.path))},line={origin.line}," if origin else ""
    return visible(f"::{level} {place}title={_property(title)}::{_data(text)}")


def _data(text: str) -> str:
    """Escapes a message as the runner's toolkit does (actions/toolkit, packages/core, command)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
