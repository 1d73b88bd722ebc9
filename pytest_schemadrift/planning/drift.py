"""The drift of one connection: the plan, how it was found, and what was left out and why."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.letters import EXACT, Letters
from pytest_schemadrift.planning.plan import Plan

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.base import LeftOut
    from pytest_schemadrift.dialects.history import LastChange
    from pytest_schemadrift.planning.plan import Step
    from pytest_schemadrift.planning.policy import Ignored
    from pytest_schemadrift.planning.renames import RenameProposal
    from pytest_schemadrift.schema.model import Name, Schema, UnsupportedObject


class Origin(Protocol):
    """Where in the source code something is declared; ``line`` is 1-based."""

    @property
    def path(self) -> str:
        """The file, relative to the project where it lies within."""

    @property
    def line(self) -> int:
        """The line of the field's assignment, or of the class."""

    @property
    def model(self) -> str:
        """``app.Model``."""

    @property
    def field(self) -> str:
        """The field's name in the model, empty for the model itself."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Migrations of the project that a live database has not had, and the ``command`` that applies them.

    ``is_ahead`` says that the drift is what is left after them; else ``note`` says why that is not known, and
    ``first`` what to do before where one of them was tried on a copy and failed.
    """

    names: tuple[str, ...]
    command: str
    is_ahead: bool = False
    note: str = ""
    first: str = ""

    @property
    def headline(self) -> str:
        """``2 migrations are not applied to this database``."""
        number = "1 migration is" if len(self.names) == 1 else f"{len(self.names)} migrations are"
        return f"{number} not applied to this database"

    @property
    def sentence(self) -> str:
        """``2 migrations are not applied to this database (…): tortoise migrate``."""
        shown = ", ".join(self.names[:_PENDING_SHOWN]) + (", …" if len(self.names) > _PENDING_SHOWN else "")
        return f"{self.headline} ({shown}): {self.command}"


_PENDING_SHOWN = 4


@dataclass(frozen=True)
class Drift:
    """What a person is shown for one connection: the plan, how it was found, and what was left out and why.

    ``compared`` is ``static`` or ``scratch``; ``proven`` is ``None`` where the fix could not be tried, with the
    reason in ``proof_note``. ``unreadable`` are objects of checked tables that could not be read: they are never
    in sync. ``notes`` are sentences for the end of a report.
    """

    connection: str
    dialect: str
    server_version: str = ""
    database: str = ""
    source: str = "live"
    target: str = "models"
    compared: str = "static"
    tables: tuple[Name, ...] = ()
    plan: Plan = field(default_factory=lambda: Plan(""))
    uncertain: frozenset[int] = frozenset()
    """Places in ``plan.steps`` that could still be mere spelling (``compared`` is ``static``)."""
    proven: bool | None = None
    proof_note: str = ""
    proof_without: tuple[LeftOut, ...] = ()
    """What the scratch copy did not hold, so that the proof says nothing of it."""
    ignored: tuple[Ignored, ...] = ()
    proposals: tuple[RenameProposal, ...] = ()
    unreadable: tuple[UnsupportedObject, ...] = ()
    notes: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    """The tenants of which all of this is true, where a connection has tenants."""
    pending: Pending | None = None
    """The migrations that wait for the database; they come before any fix."""
    skipped: str = ""
    """Why the connection was not looked at at all; nothing is known of it then."""
    failed: bool = False
    """Whether it should have been looked at: a connection that failed beside others (``skipped`` says why)."""
    failed_at: Origin | None = None
    """Where the migration stands that could not be run, of which ``unreadable`` tells."""
    remedy: str = ""
    """The command that fixes it, where that is not ``schemadrift apply``."""
    named_by: str = ""
    """The option or variable that names the database, where it is not the configured one; no password."""
    apply_options: str = ""
    """What ``schemadrift apply`` needs to find this drift again, besides the connection: all that was said otherwise
    than it is configured, as a shell takes it; no password."""
    origins: Mapping[tuple[Name, str | None], Origin] = field(default_factory=dict)
    letters: Letters = EXACT
    """What the case of letters is to the server, in names that people write."""
    old: Schema | None = None
    new: Schema | None = None
    last_changes: Mapping[str, Mapping[str, tuple[LastChange, ...]]] = field(default_factory=dict)
    """When, and perhaps by whom, what differs was changed last: by tenant (``""`` where there are none) and by the
    fingerprint of a change; only where it was asked for (``CheckOptions.last_changes``) and the server, or a log of the
    user's, knows."""
    session: tuple[str, ...] = ()
    """The SET statements that a shell needs before the plan's, where its session may be set otherwise."""

    @property
    def in_sync(self) -> bool:
        """Whether the check was made, there is nothing to do, and nothing that could not be read."""
        return not self.plan and not self.unreadable and not self.skipped and self.pending is None

    @property
    def apply_command(self) -> str:
        """The ``schemadrift apply`` that fixes the database that was looked at."""
        words = ["schemadrift apply --connection", shlex.quote(self.connection), self.apply_options]
        return " ".join(word for word in words if word)

    @property
    def pending_command(self) -> str:
        """The migration tool's command, which knows the configured database alone; empty where nothing waits."""
        if self.pending is None:
            return ""
        first = f"{self.pending.first}, then " if self.pending.first else ""
        where = f", with the URL of {self.named_by} configured" if self.named_by else ""
        return f"{first}{self.pending.command}{where}"

    @property
    def steps(self) -> tuple[Step, ...]:
        """The changes with their SQL and hazards, in executable order."""
        return self.plan.steps

    def __iter__(self) -> Iterator[Step]:
        return iter(self.plan.steps)

    def assert_none(self) -> None:
        """Raise ``AssertionError`` with a readable text of at most 30 lines where there is drift."""
        __tracebackhide__ = True  # of pytest: the caller's line is the one to show
        if not self.in_sync:
            lines = list(self._lines())
            if len(lines) > _LINES_SHOWN:
                rest = len(lines) - _LINES_SHOWN
                lines = [*lines[:_LINES_SHOWN], f"… and {rest} more lines: schemadrift check shows all"]
            remedy = self.remedy or (self.apply_command if self.connection else "")
            refuted = self.proven is False and not self.remedy  # apply would refuse it
            if self.pending is not None:
                lines.append(f"to fix it: {self.pending_command}")
            elif remedy and self.plan and not refuted:
                lines.append(f"to fix it: {remedy}")
            raise AssertionError(mask("\n".join(lines)))

    def _lines(self) -> Iterator[str]:
        from pytest_schemadrift.planning.describe import describe, subject
        from pytest_schemadrift.planning.script import readable
        from pytest_schemadrift.schema.changes import simple_changes

        number = sum(len(simple_changes(step.change)) for step in self.steps)
        if self.pending is not None and not number:
            yield f"{self.connection}: {self.pending.headline}"
        else:
            yield f"{self.connection}: {number} change{'' if number == 1 else 's'} from {self.source} to {self.target}"
        if self.skipped:
            yield f"  {self.skipped}"
        if self.pending is not None:
            yield f"  {self.pending.sentence}"
        for step in self.steps:
            table, column = subject(step.change)
            for part in simple_changes(step.change):
                yield f"  {part.code} {describe(part)}"
            found = (self.origins.get((table, name)) for name in (column, None)) if table is not None else ()
            origin = next((place for place in found if place is not None), None)
            if origin is not None:
                yield f"     {origin.path}:{origin.line}"
            if step.hazards:
                yield f"     hazards: {', '.join(step.hazards)}"
            for sql in step.sql:
                yield from (f"     {line}" for line in f"{readable(sql, self.dialect)};".splitlines())
        if self.plan.prologue:
            yield "  the SQL above runs inside of one guarded transaction: schemadrift diff prints the whole script"
        for item in self.unreadable:
            yield f"  {item.kind} {item.name}: {item.reason}"


_LINES_SHOWN = 28
