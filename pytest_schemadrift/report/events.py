"""What a watch has to say when the answer changes: a line of its log, and what it posts to a webhook."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal, assert_never

from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.report.json import as_object
from pytest_schemadrift.report.words import counted
from pytest_schemadrift.shown import listed, visible, visible_json

VERSION = 1
SHOWN_TENANTS, SHOWN_EVENTS = 5, 20
"""How many are named; the rest is a number."""

EventKind = Literal["in-sync", "drift", "gone", "unknown", "known", "left"]


@dataclass(frozen=True, slots=True)
class Event:
    """What one look changed about the answer, for one connection or some of its tenants.

    A ``drift`` appeared, or is ``gone``; a database is ``unknown`` because nobody could look, or ``known`` again; a
    tenant has ``left``; ``in-sync`` is the good news of a first look. ``since`` and ``before`` are those of the
    finding, or when a database became unknown and was last known.
    """

    kind: EventKind
    time: str
    connection: str
    what: str
    severity: str = ""
    fingerprint: str = ""
    since: str = ""
    before: str = ""
    tenants: tuple[str, ...] = ()
    changed: str = ""
    """When what drifted was changed last, and by whom, in words; where that is known and may have been it."""
    hint: str = ""
    """What to do about a database that is unknown."""


def event_lines(events: Sequence[Event]) -> list[str]:
    """A line for each event; of very many, the first ones and how many more there are."""
    lines = [visible(_line(event)) for event in events[:SHOWN_EVENTS]]
    more = len(events) - len(lines)
    if more:
        lines.append(f"{events[0].time} {counted(more, 'more change')}: schemadrift check lists what is there now")
    return lines


def _line(event: Event) -> str:
    severity = f" ({event.severity})" if event.severity else ""
    match event.kind:
        case "drift":
            when = f"not there at {event.before}" if event.before else "there at the first look"
            text = f"drift: {event.what}{severity}, {when}{event.changed}"
        case "gone":
            text = f"gone: {event.what}{severity}, there since {event.since}"
        case "unknown":
            last = f", last looked at {event.before}" if event.before else ""
            text = f"{event.what}{last}{f'; to do: {event.hint}' if event.hint else ''}"
        case "known":
            text = f"{event.what}, unknown since {event.since}"
        case "in-sync" | "left":
            text = event.what
        case _ as never:
            assert_never(never)
    return f"{event.time} {_who(event)}: {text}"


def _who(event: Event) -> str:
    if not event.tenants:
        return event.connection
    if len(event.tenants) == 1:
        return f"{event.connection}, tenant {listed(event.tenants)}"
    shown = listed(event.tenants[:SHOWN_TENANTS])
    more = len(event.tenants) - SHOWN_TENANTS
    return f"{event.connection}, {len(event.tenants):,} tenants ({shown}{f' and {more:,} more' if more > 0 else ''})"


def webhook_body(events: Sequence[Event], drifts: Sequence[Drift]) -> bytes:
    """One JSON object: ``text`` for people, the ``events``, and the whole ``report`` as ``--format json`` has it."""
    content = {
        "version": VERSION,
        "text": "\n".join(event_lines(events)),
        "events": [asdict(event) for event in events],
        "report": as_object(drifts),
    }
    return visible_json(json.dumps(content, ensure_ascii=False)).encode()
