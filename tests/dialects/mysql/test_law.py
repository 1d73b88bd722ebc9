"""The law: what is dumped, exported, loaded and dumped again is the same; and reading the export gives it too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from pytest_schemadrift.errors import StatementFailed
from tests.dialects.mysql.database import BOTH, SCRIPTS, opened, run, tables_only
from tests.harness import CORPORA, ONE_OF

NewDatabase = Callable[[str], str]


async def assert_law(dialect: str, script: str, fresh_database: NewDatabase, *, exact: bool = True) -> bool:
    """Says whether the server accepted the script; ``exact`` demands that reading it statically gives its dump."""
    async with opened(fresh_database(dialect)) as first, opened(fresh_database(dialect)) as second:
        try:
            await first.load(script)
        except StatementFailed:
            return False
        found = await first.dump()
        assert found.unsupported == ()
        exported = first.export(found)
        for statement in exported:
            await second.connection.execute(statement)
        assert await second.dump() == found
        assert first.parse(";\n".join(exported)) == found
        assert tables_only(first.parse(await first.shown())) == tables_only(found)
        if exact:
            assert tables_only(first.parse(script)) == tables_only(found)
    return True


def scripts() -> Iterator[object]:
    for dialect in ("mysql", "mariadb"):
        for name in ("everything", f"{dialect}_only"):
            yield pytest.param(dialect, name, id=f"{dialect}-{name}", marks=getattr(pytest.mark, dialect))


@pytest.mark.parametrize(("dialect", "name"), list(scripts()))
def test_the_law_of_a_script(dialect: str, name: str, fresh_database: NewDatabase) -> None:
    assert run(assert_law(dialect, (SCRIPTS / f"{name}.sql").read_text(), fresh_database))


@pytest.mark.mariadb
def test_a_reference_system_that_show_create_does_not_tell(fresh_database: NewDatabase) -> None:
    async def check() -> None:
        async with opened(fresh_database("mariadb")) as database:
            await database.load("CREATE TABLE `p` (`g` point REF_SYSTEM_ID=4326, `h` point)")
            found = await database.dump()
            assert [dict(column.options).get("srid") for column in found.tables[0].columns] == ["4326", None]
            assert database.parse(";\n".join(database.export(found))) == found

    run(check())


if CORPORA.is_dir():

    def _texts() -> list[str]:
        rows = [json.loads(line) for line in (CORPORA / "ddl-pairs.jsonl").read_text().splitlines()]
        texts = [row[side] for row in rows if row["dialect"] == "mysql" for side in ("old", "new")]
        return [text for text in dict.fromkeys(texts) if text.strip()][::ONE_OF]

    @pytest.mark.parametrize("dialect", BOTH)
    def test_the_law_of_public_ddl(dialect: str, fresh_database: NewDatabase) -> None:
        accepted = [run(assert_law(dialect, text, fresh_database)) for text in _texts()]
        assert sum(accepted) > 0.85 * len(accepted)

    @pytest.mark.parametrize("dialect", BOTH)
    @pytest.mark.parametrize("name", ["chinook", "sakila"])
    def test_the_law_of_public_databases(dialect: str, name: str, fresh_database: NewDatabase) -> None:
        text = (CORPORA / "databases" / f"{name}-mariadb.sql").read_text()
        assert run(assert_law(dialect, text, fresh_database))
