"""A package of somebody else's: a report for a chat, a line in pytest's header, and what counts as no drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_schemadrift.changes import SimpleChange, table_of

if TYPE_CHECKING:
    from pytest_schemadrift.planning.drift import Drift
    from pytest_schemadrift.report.formats import Format, Look


def schemadrift_report_formats() -> dict[str, Format]:
    """The format ``chat``."""
    return {"chat": report_chat}


def schemadrift_report_header() -> str:
    """A line of pytest's header."""
    return "chat: #database"


def schemadrift_ignore_change(change: SimpleChange) -> str | None:
    """Tables of an older system are no drift."""
    table = table_of(change)
    return "of the older system" if table is not None and table.name.startswith("old_") else None


def report_chat(drifts: Sequence[Drift], look: Look) -> str:
    """One line for each connection."""
    del look
    return "".join(f":database: {drift.connection}: {len(drift.steps)} change(s)\n" for drift in drifts)
