"""The JSON reports of a check's shards as one, as if all tenants had been checked in one run."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import without_path
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.report.json import VERSION, all_in_sync
from pytest_schemadrift.report.words import TENANTS_IN_TITLE, counted, why_of_many
from pytest_schemadrift.shown import finished, listed

Report = Mapping[str, Any]


def merged(reports: Mapping[str, Report]) -> dict[str, Any]:
    """One report of several, by the names of their files; groups of tenants of which the same is true become one.

    Raises ``ConfigurationError`` where a shard is missing or there twice, a tenant is in two reports, or one of them is
    no report of this version.
    """
    for name, report in reports.items():
        _assert_report(name, report)
    _assert_whole(reports)
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for report in reports.values():
        for connection in report["connections"]:
            entry = dict(connection)
            groups[_what_is_true(entry)].append(entry)
    _assert_once(entry for members in groups.values() for entry in members)
    connections = sorted(map(_together, groups.values()), key=_order)
    return {"version": VERSION, "in_sync": all_in_sync(connections), "connections": connections}


def merged_drifts(reports: Mapping[str, Report]) -> list[Drift]:
    """The drifts of all reports, for other formats.

    Raises ``ConfigurationError`` where one has none that can be read.
    """
    from pytest_schemadrift.report.parts import read

    found: list[Drift] = []
    for name, report in reports.items():
        try:
            found += read(report["drifts"])
        except KeyError:
            why = "only the report of a shard can become another format"
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            why = "another version of schemadrift wrote it"
        else:
            continue
        raise ConfigurationError(why, where=name, hint="write it again: check --tenants --shard I/N --format json")
    return found


def _assert_report(name: str, report: object) -> None:
    known = isinstance(report, Mapping) and report.get("version") == VERSION
    entries = report.get("connections") if isinstance(report, Mapping) else None
    whole = isinstance(entries, list) and all(map(_is_entry, entries))
    if not known or not whole or _SHARD.fullmatch(str(report.get("shard", "1/1"))) is None:  # type: ignore[attr-defined]
        raise ConfigurationError(
            f"this is not a report of version {VERSION}", where=name, hint="write it with check --format json -o FILE"
        )


_SHARD = re.compile(r"[1-9][0-9]{0,5}/[1-9][0-9]{0,5}")
_MISSING = 10
"""Shards that an error names."""


def _is_entry(entry: Any) -> bool:
    """Whether all that is asked of what a report says of a connection is there: it may be damaged, or another's."""
    try:
        _what_is_true(entry)
        _order(_together([entry, entry]))
        _lines(entry)
        texts = [entry["name"], entry["database"], *entry.get("tenants", ()), *entry.get("prologue", ())]
        return all(isinstance(text, str) for text in texts) and isinstance(entry["in_sync"], bool | None)
    except (LookupError, TypeError, AttributeError, ValueError, ConfigurationError):
        return False


def _assert_whole(reports: Mapping[str, Report]) -> None:
    """See that the shards are all of one run: a part that is missing would hide its tenants."""
    shards = {name: str(report["shard"]) for name, report in reports.items() if "shard" in report}
    if not shards:
        return
    totals = {shard.partition("/")[2] for shard in shards.values()}
    if len(totals) > 1 or len(shards) < len(reports):
        raise ConfigurationError(
            "these are not the shards of one run",
            where=", ".join(sorted(reports)),
            hint="merge those of one --shard I/N",
        )
    total = int(totals.pop())
    there = Counter(int(shard.partition("/")[0]) for shard in shards.values())
    missing = [f"{number}/{total}" for number in range(1, total + 1) if not there[number]]
    if missing or len(shards) > total:
        more = f" and {len(missing) - _MISSING:,} more" if len(missing) > _MISSING else ""
        what = f"shard {', '.join(missing[:_MISSING])}{more} is missing" if missing else "the same shard is given twice"
        raise ConfigurationError(what, where=", ".join(sorted(reports)), hint="give each shard's report once")


def _assert_once(connections: Iterable[Report]) -> None:
    times = Counter((entry["name"], tenant) for entry in connections for tenant in entry.get("tenants", ()))
    twice = sorted(who for who, number in times.items() if number > 1)
    if twice:
        raise ConfigurationError(
            f"tenant {twice[0][1]!r} of connection {twice[0][0]!r} is in two reports",
            hint="give the reports of one run, each once",
        )


_OF_ONE = ("tenants", "database", "prologue")
"""What is told of a group, and not what is true of each in it."""


def _what_is_true(entry: Report) -> str:
    known = {key: value for key, value in entry.items() if key not in _OF_ONE}
    if entry.get("skipped"):
        known["skipped"] = why_of_many(entry["skipped"], entry.get("tenants", ()))
    prologue = without_path(entry.get("prologue", ()), get_dialect(entry["dialect"]))
    if not entry.get("tenants"):
        known |= {key: entry.get(key) for key in _OF_ONE}
    return json.dumps([known, prologue], sort_keys=True)


def _together(members: Sequence[dict[str, Any]]) -> dict[str, Any]:
    first = members[0]
    if len(members) == 1 or not first.get("tenants"):
        return first
    databases = {entry["database"] for entry in members}
    tenants = sorted(tenant for entry in members for tenant in entry["tenants"])
    prologue = list(without_path(first.get("prologue", ()), get_dialect(first["dialect"])))
    database = databases.pop() if len(databases) == 1 else ""
    skipped = first.get("skipped") and why_of_many(first["skipped"], first["tenants"])
    return {**first, "tenants": tenants, "database": database, "prologue": prologue, "skipped": skipped}


def _order(entry: Report) -> tuple[str, int, list[str]]:
    tenants = entry.get("tenants", [])
    return entry["name"], -len(tenants), tenants


def merged_text(report: Report, *, quiet: bool) -> str:
    """A merged report for people: a line for each group, and its changes with their SQL; quiet, only who is not in
    sync."""
    lines = []
    for entry in report["connections"]:
        if not quiet:
            lines += _lines(entry)
        elif not entry["in_sync"]:
            lines += _lines(entry)[:1]
    return finished("\n".join(lines)) + "\n"


def _lines(entry: Report) -> list[str]:
    names = entry.get("tenants", [])
    shown = listed(names[:TENANTS_IN_TITLE])
    more = f" and {len(names) - TENANTS_IN_TITLE:,} more" if len(names) > TENANTS_IN_TITLE else ""
    who = f"{entry['name']}: {counted(len(names), 'tenant')}" if names else entry["name"]
    if entry["in_sync"]:
        return [f"{who}: in sync"]
    head = f"{who} ({shown}{more})" if names else who
    if entry.get("skipped"):
        return [f"{head}: {entry['skipped']}"]
    waiting = entry.get("pending_migrations", [])
    words = [f"{counted(len(waiting), 'migration')} not applied"] if waiting else []
    words += [counted(len(entry["changes"]), "change")] if entry["changes"] or not waiting else []
    lines = [f"{head}: {', '.join(words)} from {entry['from']} to {entry['to']}"]
    lines += [f"  not applied: {name}" for name in waiting]
    lines += [
        f"  not readable: {item['kind']} {item['name']}: {item['reason']}" for item in entry.get("unreadable", ())
    ]
    for change in entry["changes"]:
        parts = change.get("parts") or [change]
        lines += [f"  {part['code']} {part['description']}" for part in parts]
        lines += [f"    {sql};" for sql in change["sql"]]
    return lines


def merged_exit_code(report: Report) -> int:
    """What ``check`` of all of it would have ended with: 0 in sync, 1 drift, 2 where it could not tell."""
    connections = report["connections"]
    if any(entry.get("failed") or entry.get("unreadable") for entry in connections):
        return 2
    return int(any(entry["changes"] or entry.get("pending_migrations") for entry in connections))
