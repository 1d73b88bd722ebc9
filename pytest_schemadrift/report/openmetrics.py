"""Numbers for monitoring, in OpenMetrics' text format 1.0: for a cron job's textfile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.plan import Drift
from pytest_schemadrift.planning.severity import severity_of
from pytest_schemadrift.report.formats import PLAIN, Look
from pytest_schemadrift.schema.changes import simple_changes, table_of
from pytest_schemadrift.shown import visible

Labels = tuple[tuple[str, str], ...]


def report_openmetrics(drifts: Iterable[Drift], look: Look = PLAIN) -> str:
    """Return the gauges; with tenants each counts as often as there are tenants of which it is true.

    What was not looked at has ``schemadrift_checked`` 0 and no other gauge: nothing is known of it.
    """
    found = list(drifts)
    checked = [drift for drift in found if not drift.skipped]
    lines = [
        *_gauge("schemadrift_checked", "Databases that were looked at; 0 where that failed.", _checked(found)),
        *_gauge("schemadrift_drifted", "Databases that are not in sync with their models.", _drifted(checked)),
        *_gauge("schemadrift_drifted_tables", "Tables with a difference, by its severity and code.", _tables(checked)),
        *_gauge("schemadrift_changes", "Differences, by severity and code.", _changes(checked)),
        *_gauge("schemadrift_unreadable", "Objects that could not be compared.", _unreadable(checked)),
        *_gauge("schemadrift_pending_migrations", "Migrations that wait for a database.", _pending(checked)),
        "# EOF",
    ]
    return "".join(f"{line}\n" for line in lines)


def _gauge(name: str, meaning: str, values: Mapping[Labels, int]) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    yield f"# HELP {name} {meaning}"
    for labels, value in values.items():
        shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
        yield f"{name}{{{shown}}} {value}"


def _escaped(text: str) -> str:
    return visible(mask(text)).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _of(drift: Drift) -> Labels:
    return (("connection", drift.connection), ("source", drift.source))


def _times(drift: Drift) -> int:
    return len(drift.tenants) or 1


def _checked(drifts: Iterable[Drift]) -> Counter[Labels]:
    return _sum((_of(drift), 0 if drift.skipped else _times(drift)) for drift in drifts)


def _drifted(drifts: Iterable[Drift]) -> Counter[Labels]:
    return _sum((_of(drift), 0 if drift.in_sync else _times(drift)) for drift in drifts)


def _unreadable(drifts: Iterable[Drift]) -> Counter[Labels]:
    return _sum((_of(drift), len(drift.unreadable) * _times(drift)) for drift in drifts)


def _pending(drifts: Iterable[Drift]) -> Counter[Labels]:
    return _sum((_of(drift), len(drift.pending.names) * _times(drift) if drift.pending else 0) for drift in drifts)


def _changes(drifts: Iterable[Drift]) -> Counter[Labels]:
    return _sum(
        ((*_of(drift), ("severity", severity_of(part)), ("code", part.code)), _times(drift))
        for drift in drifts
        for step in drift.steps
        for part in simple_changes(step.change)
    )


def _tables(drifts: Iterable[Drift]) -> Counter[Labels]:
    found = []
    for drift in drifts:
        parts = [part for step in drift.steps for part in simple_changes(step.change)]
        tables = {(severity_of(part), part.code, table) for part in parts if (table := table_of(part)) is not None}
        found += [
            ((*_of(drift), ("severity", severity), ("code", code)), _times(drift))
            for severity, code, _ in sorted(tables, key=lambda item: (item[0], item[1], str(item[2])))
        ]
    return _sum(found)


def _sum(values: Iterable[tuple[Labels, int]]) -> Counter[Labels]:
    found: Counter[Labels] = Counter()
    for labels, value in values:
        found[labels] += value
    return found
