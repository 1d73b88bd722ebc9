"""The law: what is dumped, exported, loaded and dumped again is the same; and reading the export gives it too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pytest_schemadrift.errors import StatementFailed
from tests.dialects.postgres.database import SCRIPTS, Database, expressed, opened, run, tables_only
from tests.harness import ONE_OF

NewDatabase = Callable[[str], str]
CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpora"
pytestmark = pytest.mark.postgres


async def assert_law(script: str, first: Database, second: Database, *, exact: bool = True) -> bool:
    """Says whether the server accepted the script; ``exact`` demands that reading it statically gives its dump."""
    await first.clear()
    await second.clear()
    try:
        await first.load(script)
    except StatementFailed:
        return False
    found = expressed(await first.dump())
    exported = first.export(found)
    for statement in exported:
        await second.connection.execute(statement)
    assert expressed(await second.dump()) == found
    assert first.parse(";\n".join(exported)) == found
    if exact:
        assert tables_only(first.parse(script)) == tables_only(found)
    return True


def assert_laws(texts: Iterable[str], fresh_database: NewDatabase, *, exact: bool = True) -> list[bool]:
    async def check() -> list[bool]:
        async with opened(fresh_database("postgres")) as first, opened(fresh_database("postgres")) as second:
            return [await assert_law(text, first, second, exact=exact) for text in texts]

    return run(check())


@pytest.mark.parametrize(("name", "server"), [("everything", "postgres"), ("since_18", "postgres-18")])
def test_the_law_of_a_script(name: str, server: str, fresh_database: NewDatabase) -> None:
    text = (SCRIPTS / f"{name}.sql").read_text()
    assert assert_laws([text], lambda _: fresh_database(server)) == [True]


def test_views_and_triggers_come_back_in_the_order_in_which_they_can_be_made(fresh_database: NewDatabase) -> None:
    script = """
        CREATE TABLE a (id integer PRIMARY KEY, name text);
        CREATE VIEW z AS SELECT id, name FROM a WHERE id > 1;
        CREATE VIEW b AS SELECT z.id FROM z JOIN a ON a.id = z.id;
        CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM b, a;
        CREATE TRIGGER t BEFORE UPDATE OF name ON a FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
    """
    assert assert_laws([script], fresh_database, exact=False) == [True]


if CORPUS.is_dir():

    def _texts() -> list[str]:
        rows = [json.loads(line) for line in (CORPUS / "ddl-pairs.jsonl").read_text().splitlines()]
        texts = [row[side] for row in rows if row["dialect"] == "postgres" for side in ("old", "new")]
        return [text for text in dict.fromkeys(texts) if text.strip()][::ONE_OF]

    def test_the_law_of_public_ddl(fresh_database: NewDatabase) -> None:
        accepted = assert_laws(_texts(), fresh_database, exact=False)
        assert sum(accepted) > 0.9 * len(accepted)

    def test_the_law_of_a_public_database(fresh_database: NewDatabase) -> None:
        text = (CORPUS / "databases" / "chinook-postgres.sql").read_text()
        assert assert_laws([text], fresh_database) == [True]

    def test_what_pg_dump_writes_is_read_as_what_was_dumped(fresh_database: NewDatabase) -> None:
        async def check() -> None:
            text = (CORPUS / "databases" / "sakila-postgres.sql").read_text()
            async with opened(fresh_database("postgres")) as database:
                await database.load(text)
            async with opened(database.url) as database:
                assert tables_only(database.parse(text)) == tables_only(await database.dump())

        run(check())
