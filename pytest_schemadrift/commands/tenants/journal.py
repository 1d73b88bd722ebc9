"""What was done to which tenant, on disk before and after it: a run that was killed goes on where it was.

A journal is JSON lines. ``begun`` stands before the first statement for a tenant, ``ended`` after the last, with its
outcome; each line is on the disk before anything else happens. A line that a kill cut short counts for nothing: its
tenant is looked at again, and what is done already is no drift any more. So is one that was written with another
``aim``: for other models, settings or rules, or of a tenant of that name in another place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pytest_schemadrift.core.plain import read_json
from pytest_schemadrift.errors import Busy, ConfigurationError, mask

JOURNAL = "schemadrift-tenants.jsonl"
"""The journal of a project, where no other is named."""
Who = tuple[str, str]
"""A connection, and its tenant."""
SETTLED = ("in sync", "fixed")
"""Outcomes after which a tenant needs nothing more."""


@dataclass(frozen=True, slots=True)
class Journal:
    """An open journal: ``settled`` are the tenants that an earlier run is done with, as (connection, tenant).

    ``aims`` stand for what each tenant of this run should become.
    """

    path: Path
    settled: frozenset[Who] = frozenset()
    aims: Mapping[Who, str] = field(default_factory=dict)

    def begun(self, connection: str, tenant: str) -> None:
        """Write down that the statements for a tenant begin now. Raises ``ConfigurationError`` where it cannot."""
        self._write({"event": "begun", "connection": connection, "tenant": tenant})

    def ended(self, connection: str, tenant: str, outcome: str, detail: str) -> None:
        """Write down what became of a tenant. Raises ``ConfigurationError`` where it cannot."""
        self._write(
            {
                "event": "ended",
                "connection": connection,
                "tenant": tenant,
                "outcome": outcome,
                **({"detail": mask(detail)} if detail else {}),
            }
        )

    def _write(self, entry: dict[str, str]) -> None:
        aim = self.aims.get((entry["connection"], entry["tenant"]), "")
        at = datetime.now(UTC).isoformat(timespec="seconds")
        line = json.dumps({"at": at, **entry, **({"aim": aim} if aim else {})}, ensure_ascii=False)
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _unusable(self.path, error.strerror or str(error)) from None


@contextmanager
def open_journal(path: Path, *, resume: bool, aims: Mapping[Who, str]) -> Iterator[Journal]:
    """The journal of one run; nobody else may use it meanwhile.

    With ``resume`` it is continued, else started over: but not where it tells of a run that did not end well. What was
    written with another of the ``aims`` says nothing of this run. Raises ``ConfigurationError``, and ``Busy`` where
    another run has it.
    """
    lock = FileLock(f"{path}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise Busy("another run writes this journal", where=str(path), hint="wait for it to end") from None
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    try:
        try:
            settled = _go_on(path, aims) if resume else _start_over(path)
        except OSError as error:
            raise _unusable(path, error.strerror or str(error)) from None
        yield Journal(path, settled, aims)
    finally:
        lock.release()


def _go_on(path: Path, aims: Mapping[Who, str]) -> frozenset[Who]:
    """The tenants that the journal is done with."""
    if path.exists() and not path.read_bytes().endswith(b"\n"):
        with path.open("a", encoding="utf-8") as file:
            file.write("\n")  # behind the line that a kill cut short
    found = _last_outcomes(path).items()
    return frozenset(who for who, (outcome, aim) in found if outcome in SETTLED and aim == aims.get(who))


def _start_over(path: Path) -> frozenset[Who]:
    unsettled = [name for (_, name), (outcome, _) in _last_outcomes(path).items() if outcome not in SETTLED]
    if unsettled:
        raise ConfigurationError(
            f"the last run did not finish for {len(unsettled)} tenant(s), such as {unsettled[0]}",
            where=str(path),
            hint="continue it with --resume, or remove the file to start over",
        )
    path.write_text("", encoding="utf-8")
    return frozenset()


def _last_outcomes(path: Path) -> dict[Who, tuple[str, str]]:
    """The last thing that is known of each tenant: an outcome or ``begun``, and the aim."""
    found: dict[Who, tuple[str, str]] = {}
    if not path.exists():
        return found
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry: Any = read_json(line)
            who = (str(entry["connection"]), str(entry["tenant"]))
            outcome = str(entry["outcome"]) if entry["event"] == "ended" else "begun"
            found[who] = outcome, str(entry.get("aim", ""))
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return found


def _unusable(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"the journal cannot be written: {reason}", where=str(path), hint="choose another file with --journal"
    )
