"""What Tortoise's generate_schemas makes equals, without any scratch database, what its DDL text says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.postgres.database import opened, run

ZOO = Path(__file__).parents[2] / "examples" / "zoo"


@pytest.fixture
def zoo_config(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], dict[str, Any]]]:
    monkeypatch.syspath_prepend(str(ZOO))
    from zoo.settings import config  # type: ignore[import-not-found]

    yield config
    for name in [name for name in sys.modules if name.partition(".")[0] == "zoo"]:
        del sys.modules[name]


@pytest.mark.postgres
def test_every_field_index_and_relation(
    fresh_database: Callable[[str], str], zoo_config: Callable[[str, str], dict[str, Any]]
) -> None:
    run(_compare(fresh_database("postgres"), zoo_config))


async def _compare(url: str, zoo_config: Callable[[str, str], dict[str, Any]]) -> None:
    from tortoise import Tortoise
    from tortoise.utils import get_schema_sql

    async with opened(url) as database:
        for extension in ("vector", "bloom"):
            if await database.value(f"SELECT count(*) FROM pg_available_extensions WHERE name = '{extension}'"):
                await database.load(f"CREATE EXTENSION {extension}")
        await Tortoise.init(config=zoo_config("postgres", url))
        try:
            text = get_schema_sql(Tortoise.get_connection("default"), safe=False)
            await Tortoise.generate_schemas(safe=False)
        finally:
            await Tortoise.close_connections()
        said = database.parse(text)
        assert said.unsupported == ()
        found = await database.dump()
        assert len(found.tables) > 40
        assert list(found.tables) == list(said.tables)
        assert found.namespaces == said.namespaces
