"""Numbers for monitoring, in OpenMetrics' text format 1.0: for a cron job's textfile and for a watch.

All are gauges: so the text means the same to a scraper that reads Prometheus' older text format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.report.formats import PLAIN, Look
from pytest_schemadrift.schema.changes import table_of
from pytest_schemadrift.shown import visible

Labels = tuple[tuple[str, str], ...]


def report_openmetrics(drifts: Iterable[Drift], look: Look = PLAIN) -> str:
    """Return the gauges; with tenants each counts as often as there are tenants of which it is true.

    What was not looked at has ``schemadrift_checked`` 0 and no other gauge: nothing is known of it.
    """
    return _text(_gauges(drifts))


@dataclass(frozen=True, slots=True)
class Rounds:
    """What a watch says of itself; times are seconds since 1970, ``success`` is by connection."""

    finished: float
    duration: float
    success: Mapping[str, float]
    untold: int
    """Changes that the webhook has not taken yet."""


def watch_metrics(drifts: Iterable[Drift], rounds: Rounds) -> str:
    """The gauges of the last round and those of the watch itself."""
    success: dict[Labels, float] = {}
    for name, time in rounds.success.items():  # two that are shown alike are one series, and the older one counts
        labels = (("connection", _shown(name)),)
        success[labels] = min(time, success.get(labels, time))
    return _text(
        [
            *_gauges(drifts),
            *_gauge("schemadrift_last_success_timestamp_seconds", "When a database was last compared.", success),
            *_gauge("schemadrift_round_timestamp_seconds", "When the last round ended.", {(): rounds.finished}),
            *_gauge("schemadrift_round_duration_seconds", "How long the last round took.", {(): rounds.duration}),
            *_gauge("schemadrift_webhook_pending", "Changes that the webhook has not taken.", {(): rounds.untold}),
        ]
    )


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in (*lines, "# EOF"))


def _gauges(drifts: Iterable[Drift]) -> list[str]:
    found = list(drifts)
    checked = [drift for drift in found if not drift.skipped]
    return [
        *_gauge("schemadrift_checked", "Databases that were compared; 0 where that failed.", _checked(found)),
        *_gauge("schemadrift_drifted", "Databases that are not in sync with their models.", _drifted(checked)),
        *_gauge("schemadrift_drifted_tables", "Tables with a difference, by its severity and code.", _tables(checked)),
        *_gauge("schemadrift_changes", "Differences, by severity and code.", _changes(checked)),
        *_gauge("schemadrift_unreadable", "Objects that could not be compared.", _unreadable(checked)),
        *_gauge("schemadrift_pending_migrations", "Migrations that wait for a database.", _pending(checked)),
    ]


def _gauge(name: str, meaning: str, values: Mapping[Labels, float]) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    yield f"# HELP {name} {meaning}"
    for labels, value in values.items():
        shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
        yield f"{name}{{{shown}}} {value}" if shown else f"{name} {value}"


def _shown(text: str) -> str:
    return visible(mask(text))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _of(drift: Drift) -> Labels:
    """Its labels as they are shown: what differs only in a password is one series, for a name may be there once."""
    return (("connection", _shown(drift.connection)), ("source", _shown(drift.source)))


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
        ((*_of(drift), ("severity", severity), ("code", part.code)), _times(drift))
        for drift in drifts
        for step in drift.steps
        for part, severity in step.parts
    )


def _tables(drifts: Iterable[Drift]) -> Counter[Labels]:
    found = []
    for drift in drifts:
        parts = [part for step in drift.steps for part in step.parts]
        tables = {(severity, part.code, table) for part, severity in parts if (table := table_of(part)) is not None}
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
