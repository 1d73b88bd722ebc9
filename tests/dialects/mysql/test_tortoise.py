"""What Tortoise's generate_schemas makes equals, without any scratch database, what its DDL text says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.mysql.database import BOTH, opened, run

ZOO = Path(__file__).parents[2] / "examples" / "zoo"


@pytest.fixture
def zoo_config(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], dict[str, Any]]]:
    monkeypatch.syspath_prepend(str(ZOO))
    from zoo.settings import config  # type: ignore[import-not-found]

    yield config
    for name in [name for name in sys.modules if name.partition(".")[0] == "zoo"]:
        del sys.modules[name]


@pytest.mark.parametrize("dialect", BOTH)
def test_every_field_index_and_relation(
    dialect: str, fresh_database: Callable[[str], str], zoo_config: Callable[[str, str], dict[str, Any]]
) -> None:
    run(_compare(fresh_database(dialect), zoo_config))


async def _compare(url: str, zoo_config: Callable[[str, str], dict[str, Any]]) -> None:
    from tortoise import Tortoise
    from tortoise.utils import get_schema_sql

    async with opened(url) as database:
        await Tortoise.init(config=zoo_config(database.info.dialect, url))
        try:
            await Tortoise.generate_schemas(safe=False)
            text = get_schema_sql(Tortoise.get_connection("default"), safe=False)
        finally:
            await Tortoise.close_connections()
        said = database.parse(text)
        assert said.unsupported == ()
        tables = [table for table in said.tables if not table.name.schema]
        found = await database.dump()
        assert len(tables) > 40
        assert list(found.tables) == tables
