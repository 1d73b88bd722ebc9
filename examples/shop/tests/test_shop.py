"""A test of the shop's own, next to the items of --schema-drift, in a database that was spun up for it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from shop.models import Customer
from shop.settings import TORTOISE_ORM
from tortoise.context import TortoiseContext


def test_a_customer_is_found_by_email(schemadrift_databases: Mapping[str, Any]) -> None:
    async def story() -> None:
        async with TortoiseContext() as context:
            await context.init({**TORTOISE_ORM, "connections": {"default": schemadrift_databases["default"].url}})
            await Customer.create(email="ada@example.org", name="Ada")
            assert (await Customer.get(email="ada@example.org")).name == "Ada"

    asyncio.run(story())
