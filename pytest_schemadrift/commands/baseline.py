"""``schemadrift baseline``: today's drift is written down, so that only what is new fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.accepted import baseline_path, load_baseline, unneeded_entries
from pytest_schemadrift.commands.source import check_project
from pytest_schemadrift.core.files import write_whole
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.planning.accepted import baseline_entry, baseline_text
from pytest_schemadrift.schema.changes import simple_changes

if TYPE_CHECKING:
    from pytest_schemadrift.commands.project import CheckOptions, Project
    from pytest_schemadrift.planning.drift import Drift


@dataclass(frozen=True, slots=True)
class BaselineWritten:
    """What the writing of a baseline did: its file, how many entries it has now, and how many came and went."""

    path: Path
    entries: int
    added: int
    removed: int
    drifts: tuple[Drift, ...]


async def write_baseline(project: Project, options: CheckOptions, *, prune: bool = False) -> BaselineWritten:
    """Accept today's drift of the chosen connections: write the baseline, and tell what came of it.

    With ``prune`` nothing is added: entries that are no longer needed go. Entries of connections and sources that were
    not looked at stay. Raises what ``check_project`` raises.
    """
    before = load_baseline(project)
    drifts = await check_project(project, replace(options, prove=False, baseline=prune))
    after = list(before)
    for drift in drifts:
        source = drift.source if drift.target == "models" else "applied"
        if drift.skipped:
            continue
        if prune:
            gone = {entry.key for entry in unneeded_entries(before, drift, source)}
            after = [entry for entry in after if entry.key not in gone]
            continue
        after = [entry for entry in after if (entry.connection, entry.source) != (drift.connection, source)]
        after += [
            baseline_entry(drift.connection, source, part)
            for step in drift.steps
            for part in simple_changes(step.change)
        ]
    path = baseline_path(project)
    if after or path.exists():
        _write(path, baseline_text(after))
    known = {entry.key for entry in before}
    kept = {entry.key for entry in after}
    return BaselineWritten(path, len(kept), len(kept - known), len(known - kept), tuple(drifts))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise ConfigurationError(
            f"the baseline cannot be written: {error.strerror}", where=str(path), hint="set baseline to another file"
        ) from None
