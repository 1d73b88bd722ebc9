"""The law: what is dumped, exported, loaded and dumped again is the same; and reading the export gives it too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import pytest

from pytest_schemadrift.errors import StatementFailed
from tests.dialects.postgres.database import SCRIPTS, Database, expressed, opened, run, tables_only
from tests.harness import CORPORA, ONE_OF

NewDatabase = Callable[[str], str]
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


SERIAL = "CREATE TABLE t (id serial, a integer); "
ALTERED_SERIALS = (
    SERIAL + "ALTER TABLE t ALTER id DROP DEFAULT",
    SERIAL + "ALTER TABLE t ALTER id DROP DEFAULT; ALTER TABLE t ALTER id SET DEFAULT nextval('t_id_seq')",
    SERIAL + "ALTER TABLE t ALTER id DROP DEFAULT; ALTER TABLE t ALTER a SET DEFAULT nextval('t_id_seq')",
    SERIAL + "ALTER TABLE t ALTER id SET DEFAULT 5",
    SERIAL + "ALTER TABLE t ALTER id TYPE bigint",
    SERIAL + "ALTER TABLE t ALTER id TYPE bigint; ALTER SEQUENCE t_id_seq AS bigint",
    SERIAL + "ALTER SEQUENCE t_id_seq INCREMENT 5 CACHE 3",
    SERIAL + "ALTER SEQUENCE t_id_seq RESTART WITH 7",
    SERIAL + "ALTER SEQUENCE t_id_seq OWNED BY NONE",
    SERIAL + "ALTER SEQUENCE t_id_seq OWNED BY t.a",
    SERIAL + "ALTER SEQUENCE t_id_seq RENAME TO s; ALTER SEQUENCE s INCREMENT 2",
    SERIAL + "ALTER SEQUENCE t_id_seq RENAME TO s; ALTER TABLE t ALTER id DROP DEFAULT",
    SERIAL + "ALTER TABLE t RENAME TO u; ALTER TABLE u ALTER id DROP DEFAULT",
    SERIAL + "ALTER TABLE t ALTER id DROP DEFAULT; ALTER TABLE t RENAME TO u",
    SERIAL + "ALTER TABLE t RENAME id TO n; ALTER TABLE t ALTER n DROP DEFAULT",
    SERIAL + "ALTER TABLE t ALTER id DROP DEFAULT; ALTER TABLE t RENAME id TO n",
    SERIAL + "ALTER TABLE t ALTER id DROP DEFAULT; ALTER TABLE t DROP id",
    SERIAL + "ALTER TABLE t ALTER id DROP DEFAULT; DROP SEQUENCE t_id_seq",
    SERIAL + "ALTER TABLE t ALTER id DROP DEFAULT; DROP TABLE t",
    SERIAL + "CREATE SCHEMA w; ALTER TABLE t SET SCHEMA w; ALTER TABLE w.t ALTER id DROP DEFAULT",
    SERIAL + "CREATE SCHEMA w; ALTER TABLE t ALTER id DROP DEFAULT; ALTER TABLE t SET SCHEMA w",
    SERIAL + "ALTER TABLE t ADD b smallserial; ALTER TABLE t ALTER b DROP DEFAULT",
    SERIAL + "ALTER TABLE t ALTER id DROP DEFAULT, ALTER id ADD GENERATED ALWAYS AS IDENTITY",
    SERIAL + "CREATE TABLE u (LIKE t INCLUDING ALL)",
    "CREATE SCHEMA w; CREATE TABLE w.t (id bigserial); ALTER TABLE w.t ALTER id DROP DEFAULT",
    'CREATE TABLE "T x" ("I d" serial); ALTER TABLE "T x" ALTER "I d" TYPE bigint',
    'CREATE TABLE "it\'s" (id serial); ALTER TABLE "it\'s" ALTER id TYPE bigint',
    "CREATE TABLE t_id_seq (a integer); " + SERIAL + "ALTER TABLE t ALTER id DROP DEFAULT",
    f"CREATE TABLE {'t' * 63} ({'c' * 63} serial); ALTER TABLE {'t' * 63} ALTER {'c' * 63} DROP DEFAULT",
)


def test_what_alters_a_serial_is_read_as_the_server_does_it(fresh_database: NewDatabase) -> None:
    """It is a sequence that the column owns, and a default: what alters one leaves the other as it is (P12)."""
    assert all(assert_laws(ALTERED_SERIALS, fresh_database))


def test_views_and_triggers_come_back_in_the_order_in_which_they_can_be_made(fresh_database: NewDatabase) -> None:
    script = """
        CREATE TABLE a (id integer PRIMARY KEY, name text);
        CREATE VIEW z AS SELECT id, name FROM a WHERE id > 1;
        CREATE VIEW b AS SELECT z.id FROM z JOIN a ON a.id = z.id;
        CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM b, a;
        CREATE TRIGGER t BEFORE UPDATE OF name ON a FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
    """
    assert assert_laws([script], fresh_database, exact=False) == [True]


if CORPORA.is_dir():

    def _texts() -> list[str]:
        rows = [json.loads(line) for line in (CORPORA / "ddl-pairs.jsonl").read_text().splitlines()]
        texts = [row[side] for row in rows if row["dialect"] == "postgres" for side in ("old", "new")]
        return [text for text in dict.fromkeys(texts) if text.strip()][::ONE_OF]

    def test_the_law_of_public_ddl(fresh_database: NewDatabase) -> None:
        accepted = assert_laws(_texts(), fresh_database, exact=False)
        assert sum(accepted) > 0.9 * len(accepted)

    def test_the_law_of_a_public_database(fresh_database: NewDatabase) -> None:
        text = (CORPORA / "databases" / "chinook-postgres.sql").read_text()
        assert assert_laws([text], fresh_database) == [True]

    def test_what_pg_dump_writes_is_read_as_what_was_dumped(fresh_database: NewDatabase) -> None:
        async def check() -> None:
            text = (CORPORA / "databases" / "sakila-postgres.sql").read_text()
            async with opened(fresh_database("postgres")) as database:
                await database.load(text)
            async with opened(database.url) as database:
                assert tables_only(database.parse(text)) == tables_only(await database.dump())

        run(check())
