"""What became of tenants, for people: a line for each outcome, with those that somebody has to look at by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from pytest_schemadrift.errors import mask
from pytest_schemadrift.report.words import why_of_many
from pytest_schemadrift.shown import finished, listed


class Result(Protocol):
    """What became of one tenant."""

    @property
    def connection(self) -> str:
        """The connection in Tortoise's configuration."""

    @property
    def tenant(self) -> str:
        """Its name."""

    @property
    def outcome(self) -> str:
        """In two words at most."""

    @property
    def detail(self) -> str:
        """What else there is to know, or nothing."""


FAILED = frozenset({"failed", "not started", "interrupted", "drift left"})
"""The outcomes that somebody has to look at."""


def results_text(results: Iterable[Result]) -> str:
    """A line for each connection, outcome and reason; ends with a newline."""
    groups: dict[tuple[str, str, str], list[Result]] = defaultdict(list)
    for result in results:
        groups[result.connection, result.outcome, why_of_many(result.detail, (result.tenant,))].append(result)
    lines = []
    for (connection, outcome, why), members in groups.items():
        names = [result.tenant for result in members]
        detail = members[0].detail if len(members) == 1 else why
        number = f"{len(names):,} tenant" + ("" if len(names) == 1 else "s")
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        who = "" if outcome in ("in sync", "settled") else f" ({listed(sorted(names)[:_SHOWN])}{more})"
        lines.append(f"{connection}: {number}{who}: {outcome}" + (f": {detail}" if detail else ""))
    return finished(mask("".join(f"{line}\n" for line in lines)))


_SHOWN = 10
