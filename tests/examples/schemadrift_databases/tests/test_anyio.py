"""Tests that are run by the plugin of anyio."""

import pytest
from shop.models import Customer
from tortoise.context import TortoiseContext

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
async def shop(tortoise_config, anyio_backend):
    async with TortoiseContext() as context:
        await context.init(tortoise_config)
        yield context
        await Customer.all().using_db(context.connections.get("default")).delete()


async def test_create(shop):
    await Customer.create(email="anyio@example.org", using_db=shop.connections.get("default"))


async def test_find(shop):
    customers = Customer.filter(email="anyio@example.org").using_db(shop.connections.get("default"))
    assert await customers.count() == 1
