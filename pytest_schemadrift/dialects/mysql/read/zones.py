"""The time zone in which a script is read: its TIMESTAMPs are moments, and a session shows them in its own zone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta

from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Expression

_SET = re.compile(r"\s*(?:/\*M?!\d*\s*)?SET\b", re.IGNORECASE)
_ZONE = re.compile(
    r"""(?<![@\w])(?:@@\s*(?:(?P<scope>\w+)\s*\.\s*)?|(?P<word>\w+)\s+)?TIME_ZONE\s*:?=\s*
    (?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|[@\w])|'[^']*'|"[^"]*\"""",
    re.IGNORECASE | re.VERBOSE,
)
_OF_SERVER = frozenset(("GLOBAL", "PERSIST", "PERSIST_ONLY"))
_OFFSET = re.compile(r"([+-])(\d\d?):(\d\d)")
_UTC = frozenset(("UTC", "GMT", "ETC/UTC", "Z"))
_MOMENT = re.compile(r"'(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d+)?'")


def zone_set(statement: str) -> str | None:
    """The zone that a statement gives its session, empty where it gives it back its own; ``None`` for all others."""
    if not _SET.match(statement):
        return None
    for found in _ZONE.finditer(statement):
        scope = (found["scope"] or found["word"] or "").upper()
        if found[0][0] not in "'\"" and scope not in _OF_SERVER:
            return (found["single"] or found["double"] or "").strip()
    return None


def session_zone(info: ServerInfo) -> str:
    """The zone of the session that reads; UTC, which Tortoise asks for, where there is none."""
    session = json.loads(info.setting("session", "{}"))
    zone = str(session.get("time_zone", "+00:00"))
    return str(session.get("system_time_zone", zone)) if zone == "SYSTEM" else zone


def moved(default: Expression, written: str, shown: str) -> Expression:
    """A literal that was written in one zone, as another shows it; where nobody knows, it is equal to itself alone."""
    moment = _MOMENT.fullmatch(default.sql)
    here, there = _offset(written), _offset(shown)
    if moment is None or written == shown or (here is not None and here == there) or moment[1].startswith("0000"):
        return default
    if here is None or there is None:
        return replace(default, key=f"{default.key} in {written}")
    try:
        value = datetime.fromisoformat(moment[1]) - here + there
    except (ValueError, OverflowError):  # 31 February is for the server to refuse
        return default
    text = f"'{value:%Y-%m-%d %H:%M:%S}{moment[2] or ''}'"
    return Expression(text, text)


def _offset(zone: str) -> timedelta | None:
    found = _OFFSET.fullmatch(zone)
    if found is None:
        return timedelta() if zone.upper() in _UTC else None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -size if found[1] == "-" else size
