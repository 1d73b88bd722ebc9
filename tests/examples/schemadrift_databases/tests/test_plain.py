"""A test without any plugin, and what else a database says of itself."""

import asyncio

from shop.models import Customer
from tortoise.context import TortoiseContext


def test_plain(tortoise_config):
    async def story():
        async with TortoiseContext() as context:
            await context.init(tortoise_config)
            return await Customer.all().count()

    assert asyncio.run(story()) == 0


def test_the_database_is_described(schemadrift_databases):
    database = schemadrift_databases["default"]
    assert list(schemadrift_databases) == ["default"]
    assert database.dialect in ("postgres", "sqlite", "mysql", "mariadb")
    assert database.version[0].isdigit()
