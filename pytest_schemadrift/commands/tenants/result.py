"""What became of a tenant, as every command tells it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_schemadrift.errors import SchemaDriftError


@dataclass(frozen=True, slots=True)
class TenantResult:
    """What became of a tenant: ``in sync`` (nothing to do), ``fixed``, ``drift left``, ``failed``, ``interrupted``,
    ``settled`` (by the run that is gone on with) or ``not started``; ``detail`` says more."""

    connection: str
    tenant: str
    outcome: str
    detail: str = ""


_CREATE = "schemadrift migrate"
_POOLER = "pooler"
"""What a hint has that says more than the error: what to run, and that another address is needed."""


def told(error: SchemaDriftError) -> str:
    """An error of a tenant in one line; with the command that creates what is missing, or what a pooler stands in the
    way of."""
    what = error.what.splitlines()[0]
    if _CREATE not in error.hint and _POOLER not in error.hint:
        return what
    return f"{what}: {error.hint.replace(_CREATE, f'{_CREATE} --tenants')}"


OnResult = Callable[[TenantResult, int], None]
"""Called for each tenant when it is done with, with the number of all."""
