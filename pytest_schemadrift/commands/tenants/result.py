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


def told(error: SchemaDriftError) -> str:
    """An error of a tenant in one line; where a command creates what is missing, with that command for tenants."""
    what = error.what.splitlines()[0]
    return f"{what}: {error.hint.replace(_CREATE, f'{_CREATE} --tenants')}" if _CREATE in error.hint else what


OnResult = Callable[[TenantResult, int], None]
"""Called for each tenant when it is done with, with the number of all."""
