"""How the shop's tests get their database, and how to watch one drift: SHOP_DRIFT=1 pytest --schema-drift."""

import os
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

Prepare = Callable[[str, str], Awaitable[None]]

WHAT_HAPPENED_ONE_NIGHT = (
    "DROP INDEX idx_orders_status_33ec6d",  # "to make the import faster"
    "ALTER TABLE customers ALTER COLUMN name TYPE varchar(60)",
    "ALTER TABLE payments ALTER COLUMN amount DROP NOT NULL",
    "ALTER TABLE products ADD COLUMN colour text",
)


@pytest.fixture(scope="session")
def schemadrift_prepare(schemadrift_prepare: Prepare) -> Prepare:
    """The tables as the models want them; with SHOP_DRIFT=1, as somebody left them after a long night."""

    async def prepare(connection: str, url: str) -> None:
        await schemadrift_prepare(connection, url)
        if os.environ.get("SHOP_DRIFT") == "1":
            database = await asyncpg.connect(url.replace("asyncpg://", "postgresql://"))
            for statement in WHAT_HAPPENED_ONE_NIGHT:
                await database.execute(statement)
            await database.close()

    return prepare
