"""A test of the project's own, in the database that its migrations made."""

import asyncio

from native.models import User
from tortoise.context import TortoiseContext


def test_the_first_user_is_there(schemadrift_databases):
    async def names() -> list[object]:
        async with TortoiseContext() as context:
            await context.init(db_url=schemadrift_databases["default"].url, modules={"native": ["native.models"]})
            return await User.all().values_list("name", flat=True)

    assert asyncio.run(names()) == ["root"]
