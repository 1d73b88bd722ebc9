"""What became of a tenant, as every command tells it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TenantResult:
    """What became of a tenant: ``in sync`` (nothing to do), ``fixed``, ``drift left``, ``failed``, ``interrupted``,
    ``settled`` (by the run that is gone on with) or ``not started``; ``detail`` says more."""

    connection: str
    tenant: str
    outcome: str
    detail: str = ""


OnResult = Callable[[TenantResult, int], None]
"""Called for each tenant when it is done with, with the number of all."""
