"""One line for each difference, ``path:line: SD203 what``, table by table: for editors, logs and tired eyes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.drift import Drift, Origin
from pytest_schemadrift.planning.hazards import DESTRUCTIVE, Hazard, hazards_of
from pytest_schemadrift.planning.plan import Step
from pytest_schemadrift.report.formats import PLAIN, Look
from pytest_schemadrift.report.words import cause_alone, connection_title, origin_of, pending_lines, unreadable_text
from pytest_schemadrift.schema.changes import SimpleChange, simple_changes, table_of
from pytest_schemadrift.shown import visible


def report_concise(drifts: Iterable[Drift], look: Look = PLAIN) -> str:
    """Return the lines; nothing for a connection in sync. What no model declares stands below its connection's name.

    A change with a destructive hazard ends with the hazard's name.
    """
    return "".join(
        f"{visible(mask(line))}\n" for drift in drifts for line in _lines(cause_alone(drift, look), look.here)
    )


def _lines(drift: Drift, here: Path | None) -> Iterator[str]:
    name = connection_title(drift)
    if drift.skipped:
        yield f"{name}: {drift.skipped}"
    yield from (f"{name}: {line}" for line in pending_lines(drift))
    found = [
        (
            str(table_of(part) or ""),
            f"{_place(drift, part, here)}: {part.code} {describe(part)}",
            _hazards(drift, step, part),
        )
        for step in drift.steps
        for part in simple_changes(step.change)
    ]
    for _, line, hazards in sorted(found, key=lambda item: item[0]):
        grave = [hazard for hazard in hazards if hazard in DESTRUCTIVE]
        yield line + (f" [{', '.join(grave)}]" if grave else "")
    for item in drift.unreadable:
        place = drift.failed_at if item.kind == "migration" else None
        yield f"{_shown(place, here) if place is not None else name}: {unreadable_text(item)}"


def _hazards(drift: Drift, step: Step, part: SimpleChange) -> tuple[Hazard, ...]:
    """Those of a statement's hazards that are one change's own; others may be made in the same statement."""
    if part is step.change or drift.old is None or drift.new is None:
        return step.hazards
    dialect = get_dialect(drift.dialect)
    own = hazards_of(part, dialect.capabilities(dialect.default_info), drift.old, drift.new)
    return tuple(hazard for hazard in step.hazards if hazard in own)


def _place(drift: Drift, change: SimpleChange, here: Path | None) -> str:
    origin = origin_of(drift, change)
    return _shown(origin, here) if origin is not None else connection_title(drift)


def _shown(origin: Origin, here: Path | None) -> str:
    """``path:line`` as an editor that is open in the folder ``here`` finds it; the current one is the project's."""
    is_elsewhere = here not in (None, Path.cwd()) and not Path(origin.path).is_absolute()
    return f"{os.path.relpath(origin.path, here) if is_elsewhere else origin.path}:{origin.line}"
