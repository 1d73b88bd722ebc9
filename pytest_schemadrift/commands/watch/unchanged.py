"""A database that is as it was at the last look: a question tells, and nothing is compared again.

Models and settings are those that the watch has started with, so that the answer depends on nothing else but the
catalog and, in a project with migrations, their files and the record of what was applied, which is rows of a table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.accepted import accepting
from pytest_schemadrift.commands.own_schemas import own_part
from pytest_schemadrift.commands.pending import Recorded, recorded
from pytest_schemadrift.commands.project import CheckOptions, Project, open_connection, open_session
from pytest_schemadrift.dialects import ask_at_once, get_dialect
from pytest_schemadrift.dialects.base import nothing_meanwhile
from pytest_schemadrift.errors import ConnectionFailed, SchemaDriftError, StatementFailed
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.sources.database import dump_unless_known

if TYPE_CHECKING:
    from pytest_schemadrift.planning.drift import Drift

Found = tuple[ServerInfo, str]
"""What a server is, and the digest of its rows."""
Way = Callable[[str], Awaitable[Found | None]]
"""How the database of a connection is asked for that; ``None`` where it cannot be told so."""


@dataclass(slots=True)
class Unchanged:
    """What is known of databases, by connection, for as long as the watch runs."""

    project: Project
    options: CheckOptions
    _seen: dict[str, tuple[Found, Recorded | None, Drift]] = field(default_factory=dict)
    _asked: dict[str, Found] = field(default_factory=dict)
    """What was answered in this round, where that was no longer what was seen."""
    _recorded: dict[str, Recorded | None] = field(default_factory=dict)
    """The record of migrations before this round looked, where it could be read."""
    _ways: dict[str, list[Way]] = field(default_factory=dict)
    """The ways to ask that are left, the quickest first."""

    async def drift(self, name: str) -> Drift | None:
        """That of the last look, where nothing has changed since. Raises ``ConnectionFailed``."""
        self._asked.pop(name, None)
        seen = self._seen.pop(name, None)
        found = await self._ask(name) if seen is not None else None
        is_told = await self._read_record(name)
        if seen is not None and is_told and (found, self._recorded[name]) == seen[:2]:
            drift = seen[2]
            if not self._may_be_accepted(name, drift):
                self._seen[name] = seen
                return drift
        if found is not None:
            self._asked[name] = found
        return None

    def told(self, name: str) -> Found | None:
        """What the server has just answered, for a look that has to compare: its rows need not be digested again."""
        return self._asked.get(name)

    async def keep(self, name: str, drift: Drift, found: Found | None) -> None:
        """Know a look again that depends on the rows that were ``found`` and on the record, unless they have changed
        meanwhile."""
        if found is None or name not in self._recorded or not _is_final(drift) or self._may_be_accepted(name, drift):
            return
        rows = self._asked.get(name)
        if rows != found:
            rows = await self._ask(name)
        while rows is None or rows[0] != found[0]:  # of some schemas, through a pooler, or with more than all rows
            if not self._ways[name]:
                return
            del self._ways[name][0]
            rows = await self._ask(name)
        before = self._recorded[name]
        if rows == found and await self._read_record(name) and self._recorded[name] == before:
            self._seen[name] = found, before, drift

    def _may_be_accepted(self, name: str, drift: Drift) -> bool:
        """Whether somebody accepts drifts: the baseline may be another one in each round, and hooks answer again."""
        accepted = accepting(self.project, name, self.options.source, self.options)
        return bool(drift.plan) and accepted.ignore is not None

    async def _ask(self, name: str) -> Found | None:
        """What the server answers now; ``None`` where that cannot tell. Raises ``ConnectionFailed``."""
        ways = self._ways.setdefault(name, [self._at_once, self._as_a_look_does])
        try:
            return await ways[0](name) if ways else None
        except ConnectionFailed:
            raise
        except SchemaDriftError:  # the look itself says what it is
            return None

    async def _at_once(self, name: str) -> Found | None:
        """By the question of the guard (``commands.glance``): one, about all schemas."""
        dialect = self.project.tortoise.connection(name).dialect
        ask, told = ask_at_once(dialect), get_dialect(dialect).told_at_once
        if ask is None or told is None:
            return None
        async with open_session(self.project, name, self.options.timeout) as connection:
            answer = await ask(connection, nothing_meanwhile)
        return told(answer) if answer is not None else None

    async def _as_a_look_does(self, name: str) -> Found | None:
        """In the snapshot in which a look reads, by some questions more: whatever a look is about, this is."""
        async with open_connection(self.project, name, self.options.timeout) as whole:
            server = await own_part(self.project, name, whole)
            digest, _ = await dump_unless_known(server, bool)
        return (server.info, digest) if digest else None

    async def _read_record(self, name: str) -> bool:
        """Whether the record of migrations, if there are any, can be read. Raises ``ConnectionFailed``."""
        self._recorded.pop(name, None)
        try:
            ignored = self.options.ignore_pending
            self._recorded[name] = None if ignored else await recorded(self.project, name, self.options.timeout)
        except StatementFailed:
            return False
        return True


def _is_final(drift: Drift) -> bool:
    """Whether the same look would find the same again; what waits may not have been tried for want of a server."""
    tried = drift.pending is None or not drift.pending.note
    return tried and not (drift.uncertain or drift.unreadable)
