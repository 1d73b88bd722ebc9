"""What `export` writes: an empty database takes it, and is then the same, whatever its tables stand on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.harness import exported, load, run

STANDING = """
    CREATE SCHEMA beside;
    CREATE COLLATION backwards (provider = libc, locale = 'C');
    CREATE TYPE beside.mood AS ENUM ('so', 'la');
    CREATE TYPE zone AS (at point, mood beside.mood, name text COLLATE backwards);
    CREATE DOMAIN area AS zone[] CHECK (cardinality(VALUE) < 9);
    CREATE FUNCTION beside.apart(numeric, numeric) RETURNS float8 IMMUTABLE LANGUAGE sql AS 'SELECT ($1 - $2)::float8';
    CREATE TYPE beside.span AS RANGE
      (subtype = numeric, subtype_diff = beside.apart, multirange_type_name = beside.spans);
    CREATE FUNCTION valid(word text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN word <> ''; END $$;
    CREATE DOMAIN a_word AS text CHECK (valid(VALUE));
    CREATE TABLE a_last (id integer PRIMARY KEY, note text);
    CREATE FUNCTION note_of(row_ a_last) RETURNS text STABLE LANGUAGE sql BEGIN ATOMIC SELECT row_.note; END;
    CREATE FUNCTION a_number() RETURNS integer LANGUAGE sql AS 'SELECT count(*)::integer FROM a_last';
    CREATE TABLE a_first (
      id integer PRIMARY KEY DEFAULT a_number(), z zone, a area, s beside.spans, w a_word, other a_last,
      twice integer GENERATED ALWAYS AS (length(upper(w))) STORED, CHECK (valid(w::text)), c text COLLATE backwards);
    CREATE INDEX ON a_first (valid(c));
    CREATE VIEW a_view AS SELECT id, note_of(a_last) AS note, a_number() AS n FROM a_last;
    CREATE FUNCTION of_view() RETURNS SETOF a_view STABLE LANGUAGE sql BEGIN ATOMIC SELECT id, note, n FROM a_view; END;
    CREATE MATERIALIZED VIEW a_copy AS SELECT id FROM of_view();
    CREATE UNIQUE INDEX ON a_copy (id);
    CREATE PROCEDURE clear_up() LANGUAGE sql AS 'DELETE FROM a_last';
    CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := 'x'; RETURN NEW; END $$;
    CREATE TRIGGER touch BEFORE INSERT ON a_last FOR EACH ROW EXECUTE FUNCTION touched();
    CREATE RULE quiet AS ON DELETE TO a_first DO INSTEAD NOTHING;
    CREATE POLICY seen ON a_last USING (valid(note));
    ALTER TABLE a_last ENABLE ROW LEVEL SECURITY;
    CREATE STATISTICS beside.both_of ON id, note FROM a_last;
    COMMENT ON TABLE a_last IS 'last';
"""
NOT_WRITTEN = """
    CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
    CREATE FUNCTION same(integer, integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 = $2';
    CREATE OPERATOR === (FUNCTION = same, LEFTARG = integer, RIGHTARG = integer);
    CREATE AGGREGATE added (integer) (SFUNC = int4pl, STYPE = integer);
    CREATE TABLE searched (
      id integer PRIMARY KEY, t text, v tsvector GENERATED ALWAYS AS (to_tsvector('plain', t)) STORED);
    CREATE TABLE to_searched (id integer REFERENCES searched);
    CREATE TABLE plain_one (id integer PRIMARY KEY, CHECK (same(id, id)));
    CREATE VIEW all_of_it AS SELECT added(id) FROM plain_one;
    CREATE VIEW above AS SELECT * FROM all_of_it;
    CREATE VIEW left_over AS SELECT id FROM plain_one WHERE same(id, 1);
    CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE TRIGGER touch BEFORE INSERT ON searched FOR EACH ROW EXECUTE FUNCTION touched();
"""


async def both(first: LiveServer, second: LiveServer, script: str) -> tuple[str, Schema, Schema]:
    """What is exported from ``first``, and the schemas of the two after ``second`` took it."""
    await load(first, script)
    text = await exported(first)
    await load(second, text)
    return text, await dump(first), await dump(second)


@pytest.mark.postgres
@pytest.mark.tried("an export of what tables stand on, loaded into an empty database")
def test_functions_types_and_what_stands_on_tables_come_along(fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        async with (
            open_server(fresh_database("postgres")) as first,
            open_server(fresh_database("postgres")) as second,
        ):
            text, here, there = await both(first, second, STANDING)
            assert "not expressed" not in text
            assert diff(here, there) == ()
            assert there == here
            assert await exported(second) == text

    run(check())


@pytest.mark.postgres
@pytest.mark.tried("an export of what tables stand on, loaded into an empty database")
def test_what_no_statement_is_known_for_is_named_and_the_rest_is_made(fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        async with (
            open_server(fresh_database("postgres")) as first,
            open_server(fresh_database("postgres")) as second,
        ):
            text, _, there = await both(first, second, NOT_WRITTEN)
            assert [str(table.name) for table in there.tables] == ["plain_one"]
            assert [str(view.name) for view in there.views] == ["left_over"]
            named = [line for line in text.splitlines() if line.startswith("-- not expressed: ")]
            assert text.startswith(named[0])
            assert {line.removeprefix("-- not expressed: ").partition(":")[0] for line in named} == {
                "relation searched",
                "relation to_searched",
                "relation all_of_it",
                "relation above",
                "operator ===",
                "aggregate added(integer)",
                "text search configuration plain",
            }

    run(check())


@pytest.mark.mariadb
@pytest.mark.tried("an export of what tables stand on, loaded into an empty database")
def test_tables_in_the_own_words_of_the_server_come_along(fresh_database: Callable[[str], str]) -> None:
    script = """
        CREATE SEQUENCE counted START WITH 7;
        CREATE TABLE kept (id integer PRIMARY KEY, n integer, note varchar(9) DEFAULT 'a;b') WITH SYSTEM VERSIONING;
        CREATE TABLE a_before (id integer PRIMARY KEY, kept_id integer, FOREIGN KEY (kept_id) REFERENCES kept (id));
        CREATE TABLE zones (id integer DEFAULT (NEXT VALUE FOR counted) PRIMARY KEY);
        ALTER TABLE kept ADD CONSTRAINT of_zone FOREIGN KEY (n) REFERENCES zones (id);
        CREATE VIEW seen AS SELECT kept.id FROM kept JOIN a_before ON a_before.kept_id = kept.id;
    """

    async def check() -> None:
        async with open_server(fresh_database("mariadb")) as first, open_server(fresh_database("mariadb")) as second:
            text, here, there = await both(first, second, script)
            assert "not expressed" not in text
            assert (diff(here, there), there) == ((), here)
            assert await exported(second) == text
            [(on,)] = await second.connection.fetch("SELECT @@foreign_key_checks")
            assert on == 1

    run(check())
