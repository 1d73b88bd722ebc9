"""A law: what `export` writes of a database is that database, to `diff` and to an empty one that takes it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.commands import diff_sources
from pytest_schemadrift.sources.database import dump, open_server
from tests.harness import exported, load, run
from tests.test_cases import CASES, folders, old_of

OF_CASES = {"sqlite": 8, "postgres": 60, "mysql": 30, "mariadb": 30}
"""Every so many of the golden cases one is tried; ``make test ALL=1`` tries all."""


def databases(dialect: str) -> list[tuple[str, str]]:
    """The databases that the golden cases begin with, each once, by the name of the first case."""
    found: dict[str, str] = {}
    for folder in folders():
        if any(folder.glob(f"expected.{dialect}.*")):
            found.setdefault(old_of(folder, dialect), str(folder.relative_to(CASES)))
    step = 1 if os.environ.get("SCHEMADRIFT_TEST_ALL") else OF_CASES[dialect]
    return [(name, script) for script, name in found.items()][::step]


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "mysql", "mariadb"])
@pytest.mark.tried("databases of the golden cases against their own exports")
def test_an_export_is_the_database(dialect: str, fresh_database: Callable[[str], str], tmp_path: Path) -> None:
    async def check(name: str, script: str) -> None:
        own, copy, file = fresh_database(dialect), fresh_database(dialect), tmp_path / "own.sql"
        async with open_server(own) as first, open_server(copy) as second:
            await load(first, script)
            invalid = [index for table in (await dump(first)).tables for index in table.indexes if not index.valid]
            text = await exported(first)
            assert "not expressed" not in text, name
            await load(second, text)
        file.write_text(text)
        for left, right in ((own, str(file)), (own, copy)):
            drift = await diff_sources(None, left, right, dialect=dialect)
            made_again = [sql for sql in drift.plan.sql() if sql.startswith("CREATE INDEX")]
            assert (len(drift.plan.sql()), len(made_again)) == (2 * len(invalid), len(invalid)), (name, right)
            assert (text.count("-- not valid: index"), drift.unreadable) == (len(invalid), ()), (name, right)

    for name, script in databases(dialect):
        run(check(name, script))
