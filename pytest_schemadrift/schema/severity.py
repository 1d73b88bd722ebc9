"""How much a drift matters, as a word; ``planning.severity`` has the rules."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Severity(StrEnum):
    """How much a drift matters, the worst first; ``docs/severity.md`` has the rules."""

    BREAKS_QUERIES = "breaks-queries"
    """Statements that the models make fail, or what they read cannot be understood."""
    RISKS_DATA = "risks-data"
    """The database keeps what the models do not allow, or lets it be lost."""
    COSTS_SPEED = "costs-speed"
    """Everything works, more slowly."""
    HARMLESS = "harmless"
    """Nothing that the models do is affected."""

    def at_least(self, other: Severity) -> bool:
        """Whether it matters as much as ``other``, or more."""
        order = list(Severity)
        return order.index(self) <= order.index(other)


def worst(severities: Iterable[Severity]) -> Severity | None:
    """The worst of them, ``None`` where there are none."""
    return min(severities, key=list(Severity).index, default=None)
