"""What a database is, and a digest of all that is in it, asked at once: the same as when they are asked one by one."""

from __future__ import annotations

import re
from collections.abc import Callable

import asyncpg
import pytest

from pytest_schemadrift.dialects.base import nothing_meanwhile
from pytest_schemadrift.dialects.postgres.catalog.ask import asking
from pytest_schemadrift.dialects.postgres.catalog.at_once import (
    DEPENDING,
    IF,
    QUERIES,
    ask_at_once,
    asked,
    digesting,
    digesting_what_is_there,
    of_all_tables,
)
from pytest_schemadrift.dialects.postgres.catalog.known import dump_unless_known, told_at_once
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.connection import driver_arguments, wrap
from pytest_schemadrift.dialects.postgres.server_info import read_server_info
from pytest_schemadrift.schema.capabilities import ServerInfo
from tests.dialects.postgres.database import SCRIPTS, Database, opened, run

pytestmark = pytest.mark.postgres

SESSIONS = {
    "as it is": "SELECT 1",
    "literals": "SET standard_conforming_strings = off; SET backslash_quote = on; SET escape_string_warning = off",
    "printed": "SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard'; SET TimeZone = 'Asia/Tokyo'; "
    "SET extra_float_digits = -3; SET quote_all_identifiers = on; SET bytea_output = 'escape'",
    "other path": r'SET search_path = "odd \ ""name"" ", public',
    "temporary": "CREATE TEMPORARY TABLE t (a int); SET search_path = pg_temp, public",
    "compiled": "SET jit = on; SET jit_above_cost = 0; SET jit_inline_above_cost = -1; SET xmloption = document",
    "may only read": "SET default_transaction_read_only = on; SET default_transaction_isolation = serializable",
}


ODD = r"""
CREATE SCHEMA "odd \ ""name"" "; CREATE TABLE "odd \ ""name"" "."a\b" (a text DEFAULT E'\\ '' $digesting$');
CREATE TABLE printed (a timestamptz DEFAULT '2020-01-01 00:00:00+00', b interval DEFAULT '1 day 2 hours',
                      c bytea DEFAULT '\x00', d float8 DEFAULT '0.30000000000000004');
"""


async def _one_by_one(raw: asyncpg.Connection) -> tuple[ServerInfo, str]:
    info = await read_server_info(wrap(raw))
    digest, _ = await dump_unless_known(wrap(raw), info, lambda digest: True, nothing_meanwhile)
    of_what_is_read, schema = await dump_unless_known(wrap(raw), info, None, nothing_meanwhile)
    assert of_what_is_read == digest and schema is not None
    return info, digest


async def _at_once(raw: asyncpg.Connection, meanwhile: Callable[[], object]) -> tuple[ServerInfo, str] | None:
    answer = await ask_at_once(wrap(raw), meanwhile)
    return None if answer is None else told_at_once(answer)


def test_at_once_and_one_by_one_are_the_same_in_every_session(fresh_database: Callable[[str], str]) -> None:
    async def ask() -> None:
        arguments = driver_arguments(_credentials(fresh_database("postgres")))
        raw = await asyncpg.connect(**arguments)
        await raw.execute((SCRIPTS / "everything.sql").read_text())
        await raw.execute(ODD)
        await raw.close()
        digests = set()
        for name, sql in SESSIONS.items():
            raw = await asyncpg.connect(**arguments)
            if name == "literals" and raw.get_server_version().major >= 19:  # which has those of the standard alone
                await raw.close()
                continue
            await raw.execute(sql)
            before = await raw.fetch("SELECT name, setting FROM pg_settings ORDER BY name")
            wanted = await _one_by_one(raw)
            found = await _at_once(raw, nothing_meanwhile)
            assert found == wanted, name
            assert await raw.fetch("SELECT name, setting FROM pg_settings ORDER BY name") == before, name
            digests.add(wanted[1])
            await raw.execute("SET default_transaction_read_only = off")
            await raw.execute("CREATE TABLE public.added (a int)")
            assert (await _at_once(raw, nothing_meanwhile)) == await _one_by_one(raw) != wanted, name
            await raw.execute("DROP TABLE public.added")
            await raw.close()
        assert len(digests) > 1  # another path is another schema

    run(ask())


def test_within_a_transaction_and_without_a_schema_it_is_not_asked_at_once(
    fresh_database: Callable[[str], str],
) -> None:
    """What the session is set to in a transaction of the user's would outlive the question."""

    async def ask() -> None:
        raw = await asyncpg.connect(**driver_arguments(_credentials(fresh_database("postgres"))))
        asked: list[str] = []
        async with raw.transaction():
            assert await _at_once(raw, lambda: asked.append("in a transaction")) is None
            assert await raw.fetchval("SELECT current_setting('TimeZone')") == await raw.fetchval("SHOW TimeZone")
        await raw.execute("SET search_path = nowhere")
        assert await _at_once(raw, lambda: asked.append("without a schema")) is None
        assert asked == ["in a transaction", "without a schema"]
        assert await raw.fetchval("SELECT 1") == 1
        await raw.close()

    run(ask())


def _credentials(url: str) -> dict[str, object]:
    from tortoise.backends.base.config_generator import expand_db_url

    return dict(expand_db_url(url)["credentials"])


FEW_HAVE = {
    "views": "CREATE VIEW v AS SELECT a FROM t; COMMENT ON VIEW v IS 'x'; ALTER VIEW v ALTER a SET DEFAULT 1",
    "enums": "CREATE TYPE mood AS ENUM ('good')",
    "domains": "CREATE DOMAIN d AS int CONSTRAINT c CHECK (VALUE > 0); COMMENT ON CONSTRAINT c ON DOMAIN d IS 'x'",
    "labels": "INSERT INTO pg_seclabel VALUES ('t'::regclass, 'pg_class'::regclass, 1, 'nobody', 'secret')",
    "triggers": "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW "
    "EXECUTE FUNCTION suppress_redundant_updates_trigger(); ALTER TABLE t DISABLE TRIGGER g",
    "rules": "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING; COMMENT ON RULE r ON t IS 'x'",
    "heirs": "CREATE TABLE heir () INHERITS (t); ALTER TABLE heir ALTER a SET DEFAULT 1",
    "policies": "CREATE POLICY p ON t USING (a > 0); COMMENT ON POLICY p ON t IS 'x'",
    "statistics": "CREATE STATISTICS s ON a, b FROM t",
    "publications": "CREATE PUBLICATION p FOR TABLE t (a)",
    "functions": "CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "members": "CREATE TABLE m (a int); ALTER EXTENSION plpgsql ADD TABLE m",
    "typed": "CREATE TABLE u (whole t)",
}
"""What ``there.sql`` tells of -> how to make it, so that some query has a row for it."""


def test_what_is_left_out_of_the_queries_would_have_had_no_rows(fresh_database: Callable[[str], str]) -> None:
    async def look(database: Database, word: str) -> None:
        async with asking(database.connection, database.info, None) as questions:
            told = {row[0] for row in await questions.fetch(query("there", database.major))}
            assert (word in told) == (word in FEW_HAVE), word
            found, rows = await questions.answers(), 0
            for name in ("marks", "dependents"):
                whole = await questions.fetch(of_all_tables(query(name, database.major)))
                assert [tuple(row) for row in found[name]] == [tuple(row) for row in whole], (word, name)
                rows += len(whole)
            assert (rows > 0) == (word in FEW_HAVE), word

    async def ask() -> None:
        async with opened(fresh_database("postgres")) as database:
            await database.load("CREATE TABLE t (a int, b int)")
            await look(database, "nothing")
            for word, sql in FEW_HAVE.items():
                if word == "publications" and database.major < 15:  # which names no columns
                    continue
                await database.load(f"BEGIN; {sql}")
                await look(database, word)
                await database.load("ROLLBACK")

    run(ask())


def test_the_server_leaves_out_the_parts_that_are_left_out_here(fresh_database: Callable[[str], str]) -> None:
    """Nothing there, each word alone, and all of them."""

    async def written() -> None:
        raw = await asyncpg.connect(**driver_arguments(_credentials(fresh_database("postgres"))))
        major = raw.get_server_version().major
        texts = {name: of_all_tables(query(name, major)) for name in QUERIES}
        words = {match[1] for text in texts.values() for match in IF.finditer(text)} | DEPENDING
        assert len(words) > 10
        expression = f"SELECT {digesting_what_is_there(texts)} FROM (SELECT $1::text[] AS words) AS t"
        for there in (set(), words, *({word} for word in sorted(words))):
            here = digesting({name: asked(name, text, there) for name, text in texts.items()})
            assert await raw.fetchval(expression, sorted(there) or None) == here, there
        await raw.close()

    run(written())


def test_rows_without_an_order_are_digested_in_one() -> None:
    for name in QUERIES:
        has_order = re.search(r"\bORDER BY [^()]+$", query(name, 18)) is not None
        assert ("ORDER BY answer.line" in digesting({name: query(name, 18)})) is not has_order, name


TWINS = "CREATE SCHEMA elsewhere; CREATE DOMAIN small AS int CHECK (VALUE < 9) CHECK (VALUE > 1);" + "".join(
    f"""
    CREATE TABLE {table} (id serial PRIMARY KEY, a int UNIQUE REFERENCES {table}, b small, CHECK (a > 0));
    ALTER TABLE {table} ADD CHECK (b > 0), ADD UNIQUE (b, a);
    CREATE POLICY own ON {table} USING (a > 0); CREATE POLICY another ON {table} USING (b > 0);
    CREATE RULE own AS ON DELETE TO {table} DO INSTEAD NOTHING;
    CREATE TRIGGER own BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
    CREATE FUNCTION {table}_f({table}) RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE VIEW {table}_v AS SELECT x.a, y.b FROM {table} x JOIN {table} y ON y.id = x.a;
    CREATE STATISTICS {table}_s ON a, b FROM {table};
    CREATE TABLE {table}_heir () INHERITS ({table});
    """
    for table in ("first", "second", "elsewhere.first", "elsewhere.second")
)
UNTOUCHED = {
    "statistics": "ANALYZE",
    "places of rows": "ALTER TABLE first FORCE ROW LEVEL SECURITY; ALTER TABLE first NO FORCE ROW LEVEL SECURITY;"
    "ALTER TABLE first DISABLE TRIGGER own; ALTER TABLE first ENABLE TRIGGER own;"
    "ALTER DOMAIN small RENAME CONSTRAINT small_check TO x; ALTER DOMAIN small RENAME CONSTRAINT x TO small_check;"
    "ALTER POLICY own ON first RENAME TO x; ALTER POLICY x ON first RENAME TO own;"
    "INSERT INTO second (b) VALUES (2); TRUNCATE second RESTART IDENTITY CASCADE",
    "rights in writing": "GRANT ALL ON first, first_v, second_id_seq TO pg_monitor;"
    "GRANT ALL ON TYPE mood TO pg_monitor;"
    "REVOKE ALL ON first, first_v, second_id_seq FROM pg_monitor; REVOKE ALL ON TYPE mood FROM pg_monitor",
    "loops": "SET enable_hashjoin = off; SET enable_mergejoin = off",
    "hashes": "SET enable_nestloop = off; SET enable_indexscan = off; SET enable_bitmapscan = off",
    "merges": "SET enable_hashjoin = off; SET enable_nestloop = off; SET enable_seqscan = off",
}
"""What changes nothing of a database -> how it is done."""
OF_THEIR_OWN = """
    CREATE TEMP TABLE mine (a int, b first); CREATE TEMP VIEW shown AS SELECT id FROM first;
    CREATE TEMP TABLE heir () INHERITS (first); CREATE TYPE pg_temp.pair AS (a int, b int);
    CREATE POLICY own ON mine USING (a IN (SELECT f.a FROM first f));
    CREATE RULE own AS ON INSERT TO mine DO INSTEAD INSERT INTO first (id) VALUES (NEW.a);
    CREATE CONSTRAINT TRIGGER own AFTER UPDATE ON mine FROM first
        FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
    CREATE FUNCTION pg_temp.f(first) RETURNS int LANGUAGE sql AS 'SELECT 1';
"""
"""What a session may have for itself, about tables of everybody."""


def test_what_changes_nothing_leaves_a_database_known(fresh_database: Callable[[str], str]) -> None:
    """Rows come in another order when statistics were gathered or a row moved; others have objects of their own."""

    async def ask() -> None:
        arguments = driver_arguments(_credentials(fresh_database("postgres")))
        raw, other = await asyncpg.connect(**arguments), await asyncpg.connect(**arguments)
        await raw.execute(f"{TWINS}; CREATE TYPE mood AS ENUM ('a')")

        async def look() -> tuple[str, object]:
            info = await read_server_info(wrap(raw))
            digest, schema = await dump_unless_known(wrap(raw), info, None, nothing_meanwhile)
            assert schema is not None
            return digest, schema.dependents

        found = await look()
        assert len(found[1]) > 10  # type: ignore[arg-type]
        for name, sql in UNTOUCHED.items():
            await raw.execute(sql)
            assert await look() == found, name
            await raw.execute("RESET ALL")
        await other.execute(OF_THEIR_OWN)
        assert await look() == found == (await _one_by_one(raw))[1:] + found[1:]
        await raw.execute("ALTER TABLE first_heir ADD COLUMN c int")
        assert await look() != found
        await other.close()
        await raw.close()

    run(ask())
