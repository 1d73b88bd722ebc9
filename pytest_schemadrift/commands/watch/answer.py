"""What is known of each watched database, and what a new look changes about that."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pytest_schemadrift.commands.history import differences
from pytest_schemadrift.commands.last_changes import from_plain, told
from pytest_schemadrift.commands.source import TO_DO
from pytest_schemadrift.core.plain import read_json
from pytest_schemadrift.core.private import read_private, write_private
from pytest_schemadrift.dialects.history import LastChange
from pytest_schemadrift.errors import ConfigurationError, mask
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.report.events import SHOWN_TENANTS, Event, EventKind
from pytest_schemadrift.report.words import counted
from pytest_schemadrift.shown import visible

VERSION = 1

Place = tuple[str, str]
"""A connection and one of its tenants (``""``: the connection's own database)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be; times are those of looks, in ISO 8601.

    ``before`` is the last look that did not find it (``""``: it was there from the first one on), ``since`` the first
    that did.
    """

    what: str
    severity: str
    since: str
    before: str = ""
    changed: str = ""
    """When it was changed last, and by whom, in words; as far as that is known."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one database: ``looked`` is the last look that was answered, ``unknown`` since when none is."""

    looked: str = ""
    findings: Mapping[str, Finding] = field(default_factory=dict)
    unknown: str = ""


Answer = dict[Place, Known]


def next_answer(answer: Mapping[Place, Known], drifts: Iterable[Drift], now: str) -> tuple[Answer, list[Event]]:
    """What is known after a look at all databases, and how that differs from before.

    A look that was not answered changes nothing about what was found: nothing is known of it.
    """
    following: Answer = {}
    events: list[Event] = []
    with_tenants: set[str] = set()
    for drift in drifts:
        if drift.tenants:
            with_tenants.add(drift.connection)
        for tenant in drift.tenants or ("",):
            place = drift.connection, tenant
            known = answer.get(place, Known())
            following[place] = _not_looked_at(known, now) if drift.skipped else _looked_at(known, drift, tenant, now)
            events += _changed(place, known, following[place], drift, now)
    for place in [place for place in answer if place not in following]:
        connection, tenant = place
        if not tenant and connection in with_tenants and answer[place].unknown:
            events.append(_known_again(place, answer[place], now))  # nobody could say who its tenants are
        elif tenant and connection not in with_tenants:
            following[place] = answer[place]
        elif tenant:
            events.append(Event("left", now, connection, "is no longer a tenant", tenants=(tenant,)))
    return following, list(together(events))


def _not_looked_at(known: Known, now: str) -> Known:
    return known if known.unknown else replace(known, unknown=now)


def _looked_at(known: Known, drift: Drift, tenant: str, now: str) -> Known:
    found = {
        key: Finding(item["what"], item["severity"], now, known.looked, told(_known(item), known.looked))
        for key, item in _found(drift, tenant).items()
    }
    return Known(now, {key: known.findings.get(key, finding) for key, finding in found.items()})


def _found(drift: Drift, tenant: str) -> dict[str, dict[str, Any]]:
    """What a look found, under keys by which the same is known again; as ``differences``."""
    found = differences(drift, tenant)
    for item in drift.unreadable:
        what = f"{item.kind} {item.name} cannot be compared: {item.reason}"
        found[f"unreadable {item.kind} {item.name}"] = {"what": mask(visible(what)), "severity": ""}
    for name in drift.pending.names if drift.pending else ():
        found[f"pending {name}"] = {"what": visible(f"migration {name} is not applied"), "severity": ""}
    return found


def _known(item: Mapping[str, Any]) -> tuple[LastChange, ...]:
    return from_plain(item.get("last_changes", ()))


def _changed(place: Place, old: Known, new: Known, drift: Drift, now: str) -> Iterator[Event]:
    connection, tenant = place
    tenants = (tenant,) if tenant else ()
    if new.unknown:
        if not old.unknown:
            why = mask(visible(drift.skipped))
            hint = mask(visible(next((note.removeprefix(TO_DO) for note in drift.notes if note.startswith(TO_DO)), "")))
            yield Event("unknown", now, connection, why, since=now, before=old.looked, tenants=tenants, hint=hint)
        return
    if old.unknown:
        yield _known_again(place, old, now)
    elif not old.looked and not new.findings:
        yield Event("in-sync", now, connection, f"in sync, {counted(len(drift.tables), 'table')}", tenants=tenants)
    sides: tuple[tuple[EventKind, Known, Known], ...] = (("gone", old, new), ("drift", new, old))
    for kind, there, not_there in sides:
        for key, item in there.findings.items():
            if key not in not_there.findings:
                yield Event(
                    kind,
                    now,
                    connection,
                    item.what,
                    severity=item.severity,
                    fingerprint=key,
                    since=item.since,
                    before=item.before,
                    tenants=tenants,
                    changed=item.changed,
                )


def _known_again(place: Place, old: Known, now: str) -> Event:
    connection, tenant = place
    what = "can be looked at again"
    return Event("known", now, connection, what, since=old.unknown, tenants=(tenant,) if tenant else ())


def together(events: Sequence[Event]) -> Iterator[Event]:
    """One event for all tenants of a connection to which the same happened."""
    members: dict[Event, list[Event]] = defaultdict(list)
    for event in events:
        members[replace(event, tenants=(), changed="")].append(event)
    for event, alike in members.items():
        names = sorted(name for one in alike for name in one.tenants)
        yield replace(event, tenants=tuple(names), changed=_changed_by_tenant(alike))


def _changed_by_tenant(events: Sequence[Event]) -> str:
    """When and by whom each tenant was changed, as far as that is known; of many, the first ones."""
    known = sorted((event.tenants, event.changed) for event in events if event.changed)
    if len(events) == 1:
        return events[0].changed
    said = "".join(
        f"; {', '.join(tenants)}: {changed.removeprefix('; ')}" for tenants, changed in known[:SHOWN_TENANTS]
    )
    more = len(known) - SHOWN_TENANTS
    return f"{said}; and {counted(more, 'more tenant')}" if more > 0 else said


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is kept from one start of the watch to the next: the answer, and what the webhook was not told yet."""

    answer: Answer = field(default_factory=dict)
    untold: tuple[Event, ...] = ()


def remember(path: Path, what: Remembered) -> None:
    """Keep it in a file that only this user may read. Raises ``ConfigurationError`` where it cannot be written."""
    known = [{"connection": place[0], "tenant": place[1], **asdict(item)} for place, item in what.answer.items()]
    content = {"version": VERSION, "answer": known, "untold": [asdict(event) for event in what.untold]}
    try:
        write_private(path, json.dumps(content).encode())
    except OSError as error:
        hint = "choose another file with --state"
        raise ConfigurationError(f"cannot write {path}: {error.strerror}", hint=hint) from None


def remembered(path: Path) -> Remembered:
    """What was kept; nothing where the file is missing, is no one's but ours to believe, or is damaged."""
    content = read_private(path)
    try:
        entry = read_json(content or b"{}")
        if entry.get("version") != VERSION:
            return Remembered()
        answer = {
            (item["connection"], item["tenant"]): Known(
                item["looked"],
                {key: Finding(**finding) for key, finding in item["findings"].items()},
                item["unknown"],
            )
            for item in entry["answer"]
        }
        untold = tuple(Event(**{**event, "tenants": tuple(event["tenants"])}) for event in entry["untold"])
    except (ValueError, TypeError, LookupError, AttributeError):
        return Remembered()
    return Remembered(answer, untold)
