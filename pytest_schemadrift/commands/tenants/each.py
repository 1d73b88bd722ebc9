"""One thing done for each tenant: side by side, and what happens to one hides no other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from pytest_schemadrift.commands.tenants.result import OnResult, TenantResult, told
from pytest_schemadrift.errors import SchemaDriftError, StalePlan

if TYPE_CHECKING:
    from pytest_schemadrift.commands.tenants.find import Tenant

Work = Callable[["Tenant"], Awaitable[tuple[str, str]]]
"""What is done for a tenant; gives its outcome, and more about it or nothing."""
_PLANS = 4
"""Plans that are made for a tenant, of which all but the last may be stale."""
T = TypeVar("T")


async def until_it_fits(work: Callable[[], Awaitable[T]]) -> T:
    """Repeat ``work`` where the plan that it made is stale: tenants that share a schema change it for each other."""
    for _ in range(_PLANS - 1):
        with suppress(StalePlan):
            return await work()
    return await work()


async def for_each(
    tenants: Sequence[Tenant], jobs: int, work: Work, on_result: OnResult | None = None
) -> list[TenantResult]:
    """What became of each tenant, in their order; ``jobs`` run at a time, and an error of ours is ``failed``."""
    waiting = list(reversed(tenants))
    results: dict[Tenant, TenantResult] = {}

    async def worker() -> None:
        while waiting:
            tenant = waiting.pop()
            try:
                outcome, detail = await work(tenant)
            except SchemaDriftError as error:
                outcome, detail = "failed", told(error)
            results[tenant] = TenantResult(tenant.connection, tenant.name, outcome, detail)
            if on_result is not None:
                on_result(results[tenant], len(tenants))

    async with asyncio.TaskGroup() as group:
        for _ in range(max(1, min(jobs, len(tenants)))):
            group.create_task(worker())
    return [results[tenant] for tenant in tenants]
