"""Tests that are run by pytest-asyncio: in a loop of each test, and in one loop for the whole session."""

import pytest
import pytest_asyncio
from shop.models import Customer
from tortoise.context import TortoiseContext


@pytest_asyncio.fixture
async def shop(tortoise_config):
    async with TortoiseContext() as context:
        await context.init(tortoise_config)
        yield
        await Customer.all().delete()


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["ada", "bob"])
async def test_in_a_loop_of_its_own(shop, name):
    await Customer.create(email=f"{name}@example.org")
    assert await Customer.all().count() == 1


@pytest.mark.asyncio(loop_scope="session")
async def test_in_the_loop_of_the_session(tortoise_config):
    async with TortoiseContext() as context:
        await context.init(tortoise_config)
        assert await Customer.all().count() == 0
