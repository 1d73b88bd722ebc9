"""A database that is as it was at the last look: one question tells, and nothing is compared again.

The question is that of the guard (``commands.glance``). Models and settings are those that the watch has started with,
so that the answer depends on nothing else, but for the record of migrations: that is rows of a table, and is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.accepted import accepting
from pytest_schemadrift.commands.pending import find_pending
from pytest_schemadrift.commands.project import CheckOptions, Project, open_session
from pytest_schemadrift.dialects import ask_at_once, get_dialect
from pytest_schemadrift.dialects.base import nothing_meanwhile
from pytest_schemadrift.errors import ConnectionFailed, SchemaDriftError, StatementFailed
from pytest_schemadrift.schema.capabilities import ServerInfo

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.at_once import Answer
    from pytest_schemadrift.planning.drift import Drift

Found = tuple[ServerInfo, str]
"""What a server is, and the digest of its rows."""


@dataclass(slots=True)
class Unchanged:
    """What is known of databases, by connection, for as long as the watch runs."""

    project: Project
    options: CheckOptions
    _seen: dict[str, tuple[Answer, Drift]] = field(default_factory=dict)
    _asked: dict[str, Answer] = field(default_factory=dict)
    """What was answered in this round, where that was no longer what was seen."""
    _cannot_tell: set[str] = field(default_factory=set)

    async def drift(self, name: str) -> Drift | None:
        """That of the last look, where nothing has changed since. Raises ``ConnectionFailed``."""
        self._asked.pop(name, None)
        if name not in self._seen:
            return None
        seen, drift = self._seen.pop(name)
        answer = await self._ask(name)
        if answer == seen and not await self._waits(name) and not self._may_be_accepted(name, drift):
            self._seen[name] = seen, drift
            return drift
        if answer is not None:
            self._asked[name] = answer
        return None

    def told(self, name: str) -> Found | None:
        """What the server has just answered, for a look that has to compare: its rows need not be digested again."""
        told = get_dialect(self.project.tortoise.connection(name).dialect).told_at_once
        return told(self._asked[name]) if told is not None and name in self._asked else None

    async def keep(self, name: str, drift: Drift, found: Found | None) -> None:
        """Know a look again that depends on the rows that were ``found`` alone, unless they have changed meanwhile."""
        if found is None or drift.pending or name in self._cannot_tell or self._may_be_accepted(name, drift):
            return
        told = get_dialect(drift.dialect).told_at_once
        answer = self._asked.get(name)
        if told is not None and (answer is None or told(answer) != found):
            answer = await self._ask(name)
        if answer is None or told is None or told(answer)[0] != found[0]:  # of some schemas, or with more than all rows
            self._cannot_tell.add(name)
        elif told(answer) == found:
            self._seen[name] = answer, drift

    def _may_be_accepted(self, name: str, drift: Drift) -> bool:
        """Whether somebody accepts drifts: the baseline may be another one in each round, and hooks answer again."""
        return bool(drift.plan) and accepting(self.project, name, "live", self.options).ignore is not None

    async def _ask(self, name: str) -> Answer | None:
        """What the server answers at once; ``None`` where that cannot tell."""
        ask = ask_at_once(self.project.tortoise.connection(name).dialect)
        if ask is None:
            return None
        async with open_session(self.project, name, self.options.timeout) as connection:
            try:
                return await ask(connection, nothing_meanwhile)
            except ConnectionFailed:
                raise
            except SchemaDriftError:  # the look itself says what it is
                return None

    async def _waits(self, name: str) -> bool:
        """Whether migrations wait for the database, or nobody can tell."""
        if self.options.ignore_pending:
            return False
        try:
            return await find_pending(self.project, name, self.options.timeout) is not None
        except StatementFailed:
            return True
