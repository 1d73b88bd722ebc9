"""What a session that changes a SQLite database asks for: patience. BEGIN IMMEDIATE makes it the only writer."""

from __future__ import annotations

from pytest_schemadrift.dialects.base import Patience
from pytest_schemadrift.schema.capabilities import ServerInfo

_FOR_EVER = 2_147_483_647
"""The largest ``busy_timeout``: 24 days of milliseconds."""


def be_patient(patience: Patience, info: ServerInfo) -> tuple[str, ...]:
    """The setting that ends a wait for a lock after so many seconds; 0 never ends it. A statement has no limit."""
    return (f"PRAGMA busy_timeout = {round(patience.lock * 1000) or _FOR_EVER}",)
