"""When each drift appeared and went: a line of JSON for each run, and what the lines tell together."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from pytest_schemadrift.commands.last_changes import as_plain, from_plain
from pytest_schemadrift.core.plain import read_json
from pytest_schemadrift.dialects.history import LastChange
from pytest_schemadrift.errors import ConfigurationError, mask
from pytest_schemadrift.planning.accepted import change_fingerprint
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.shown import visible

VERSION = 1


@dataclass(frozen=True, slots=True)
class Spell:
    """One stretch of time with a difference; times are those of runs, in ISO 8601.

    ``before`` is the last run that looked and did not find it (``""``: it was there from the first run on), ``gone``
    the first that did not find it any more (``""``: it is still there).
    """

    connection: str
    what: str
    severity: str
    before: str
    first: str
    last: str
    gone: str = ""
    last_changes: tuple[LastChange, ...] = ()
    """What was known in the first of those runs of who changed it last, and when."""


@dataclass(frozen=True, slots=True)
class History:
    """What a file of runs tells.

    ``unread`` are its lines that are none of ours, such as one half written; ``back`` are the runs that are earlier
    than the one before in the file, as where files were put together, or a clock was set back.
    """

    runs: int
    spells: tuple[Spell, ...]
    unread: int
    back: int = 0


def record(drifts: Iterable[Drift], path: Path, now: datetime) -> None:
    """Append what a run found. Raises ``ConfigurationError`` where the file cannot be written."""
    looks: dict[str, dict[str, Any]] = {}
    for drift in drifts:
        if drift.skipped:
            continue  # nothing is known of it
        for tenant in drift.tenants or ("",):
            name = f"{drift.connection}, tenant {tenant}" if tenant else drift.connection
            key = f"{name} ({mask(drift.source)})"
            looks[key] = {**looks.get(key, {}), **differences(drift, tenant)}
    entry = {"version": VERSION, "time": now.isoformat(timespec="seconds"), "connections": looks}
    line = json.dumps(entry, ensure_ascii=True) + "\n"
    try:
        with path.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                line = line if file.read(1) == b"\n" else "\n" + line  # a run was killed while it wrote
            file.write(line.encode())
    except OSError as error:
        why = error.strerror or error  # of what is no file, Python says it itself
        raise ConfigurationError(f"cannot write {path}: {why}", hint="choose another file") from None


def differences(drift: Drift, tenant: str = "") -> dict[str, dict[str, Any]]:
    """The differences of a drift by their fingerprints: ``what`` each is, in words, and its ``severity``.

    ``last_changes`` stands there where something is known of them in the database of ``tenant``.
    """
    found: dict[str, dict[str, Any]] = {}
    for part, severity in (item for step in drift.steps for item in step.parts):
        key = change_fingerprint(part)
        found[key] = {"what": mask(visible(f"{part.code} {describe(part)}")), "severity": str(severity)}
        if known := drift.last_changes.get(tenant, {}).get(key):
            found[key]["last_changes"] = as_plain(known)
    return found


def read_history(path: Path) -> History:
    """What the runs of a file tell, in the order in which differences appeared.

    Raises ``ConfigurationError`` where the file cannot be read, or holds no line that a run of ours wrote.
    """
    try:
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except OSError as error:
        raise ConfigurationError(
            f"cannot read {path}: {error.strerror}", hint="write one with: schemadrift check --record FILE"
        ) from None
    runs = [run for line in lines if line.strip() and (run := _run(line)) is not None]
    back = sum(_instant(run[0]) < _instant(last[0]) for last, run in pairwise(runs))
    runs.sort(key=lambda run: _instant(run[0]))
    unread = sum(bool(line.strip()) for line in lines) - len(runs)
    if unread and any(map(_is_newer, lines)):
        raise ConfigurationError(
            f"{path} has runs of a newer schemadrift", hint="read it with that one: some of it would be left out here"
        )
    if unread and not runs:
        raise ConfigurationError(
            f"{path} has no run of a check", hint="write one with: schemadrift check --record FILE"
        )
    open_: dict[tuple[str, str], Spell] = {}
    closed: list[Spell] = []
    looked: dict[str, str] = {}
    for time, connections in runs:
        for connection, changes in connections.items():
            for key in list(open_):
                if key[0] == connection and key[1] not in changes:
                    closed.append(replace(open_.pop(key), gone=time))
            for fingerprint, change in changes.items():
                key = (connection, fingerprint)
                if key in open_:
                    open_[key] = replace(open_[key], last=time)
                else:
                    open_[key] = replace(change, before=looked.get(connection, ""))
            looked[connection] = time
    spells = sorted([*closed, *open_.values()], key=lambda spell: (spell.first, spell.connection, spell.what))
    return History(len(runs), tuple(spells), unread, back)


def _run(line: str) -> tuple[str, dict[str, dict[str, Spell]]] | None:
    """The time of a run and what it found; ``None`` for what no run of ours wrote.

    Whoever wrote the file: what is read of it hides nothing, and a terminal obeys none of it.
    """
    try:
        entry = read_json(line)
        time = _instant(str(entry["time"])).isoformat()
        connections = {
            name: {key: _spell(name, change, time) for key, change in changes.items()}
            for name, changes in entry["connections"].items()
        }
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
        return None
    return (time, connections) if entry.get("version") == VERSION else None


def _spell(connection: str, change: Mapping[str, Any], time: str) -> Spell:
    """One difference that a run found. Raises what ``from_plain`` does, ``OverflowError`` for a time that is none."""
    known = from_plain(change.get("last_changes", ()))
    for item in known:
        item.at.astimezone(UTC)
    connection, what, severity = (
        visible(text).replace("\n", "\\n") for text in (connection, change["what"], change["severity"])
    )
    return Spell(connection, what, severity, "", time, time, last_changes=known)


def _instant(time: str) -> datetime:
    """Raises ``ValueError`` for what is not a time; one without a zone is UTC."""
    found = datetime.fromisoformat(time)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _is_newer(line: str) -> bool:
    """Whether a run of a version to come wrote it."""
    try:
        version = read_json(line)["version"]
    except (ValueError, TypeError, LookupError):
        return False
    return isinstance(version, int) and version > VERSION
