"""When, where and by which command a report was made: what a page that is kept has to say of itself."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pytest_schemadrift.errors import mask
from pytest_schemadrift.sources.revisions import head


@dataclass(frozen=True, slots=True)
class Made:
    """``when`` is in UTC; ``commit`` is empty outside of a work tree of Git; ``command`` holds no password."""

    when: str
    commit: str
    command: str


def of_this_run(command: Sequence[str], folder: Path) -> Made:
    """Of a command that was run now, in a folder."""
    return Made(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", head(folder), mask(shlex.join(command)))
