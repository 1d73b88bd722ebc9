"""What `export` writes: an empty database takes it, and is then the same, whatever its tables stand on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.commands import diff_sources
from pytest_schemadrift.dialects import split_script
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.harness import compare_with_script, exported, load, run
from tests.safety.test_recreated import lines, pg_dump

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
    CREATE FUNCTION a_number() RETURNS integer LANGUAGE sql AS 'SELECT count(*)::integer FROM public.a_last';
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


async def found_between(left: str, right: str) -> tuple[list[str], list[str], str]:
    """The plan between two sources, what is not compared, and how the others were."""
    drift = await diff_sources(None, left, right, dialect=None if "://" in left + right else "postgres")
    return drift.plan.sql(), [f"{item.kind} {item.name}" for item in drift.unreadable], drift.compared


OTHERWISE = (
    ("RETURN word <> ''", "RETURN word <> ' '"),
    ("CREATE STATISTICS beside.both_of ON id, note FROM a_last;", ""),
    ("CREATE RULE quiet", "CREATE RULE silent"),
    ("(at point, mood", "(at line, mood"),
    ("SUBTYPE_DIFF = beside.apart, ", ""),
    ("FOR ALL TO PUBLIC", "FOR SELECT TO PUBLIC"),
    ("CREATE UNIQUE INDEX a_copy_id_idx", "CREATE INDEX a_copy_id_idx"),
    ("DELETE FROM a_last", "DELETE FROM a_first"),
)
"""What a file has otherwise than the database that it was written of."""


@pytest.mark.postgres
@pytest.mark.tried("an export of what tables depend on, loaded into an empty database")
def test_functions_types_and_what_stands_on_tables_come_along(
    fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    url, file, other = fresh_database("postgres"), tmp_path / "own.sql", tmp_path / "other.sql"

    async def check() -> None:
        async with open_server(url) as first, open_server(fresh_database("postgres")) as second:
            text, here, there = await both(first, second, STANDING)
            assert "not expressed" not in text
            assert diff(here, there) == ()
            assert there == here
            assert await exported(second) == text
        file.write_text(text)
        assert await found_between(url, str(file)) == ([], [], "static")
        assert await found_between(str(file), url) == ([], [], "static")
        for mine, theirs in OTHERWISE:
            assert mine in text
            text = text.replace(mine, theirs)
        other.write_text(text)
        found = [
            *("function valid(word text)", "index a_copy_id_idx", "policy seen", "procedure clear_up()"),
            *("range type beside.span", "rule quiet", "rule silent", "statistics beside.both_of", "type zone"),
        ]
        for left, right in ((url, str(other)), (str(other), url), (str(file), str(other))):
            plan, named, _ = await found_between(left, right)
            assert (plan, sorted(named)) == ([], found), (left, right)

    run(check())


@pytest.mark.postgres
@pytest.mark.tried("a file that lacks what its tables depend on, which the database has")
def test_what_the_database_lends_is_not_what_a_file_has(fresh_database: Callable[[str], str], tmp_path: Path) -> None:
    url, file = fresh_database("postgres"), tmp_path / "other.sql"
    functions = """
        CREATE FUNCTION own(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1';
        CREATE FUNCTION lent(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1';
        CREATE TYPE pair AS (a integer, b integer);
    """
    tables = "CREATE TABLE own_one (own integer, p pair, CHECK (own(own) > lent(1)));"
    file.write_text(f"CREATE TABLE early (own integer); {functions.splitlines()[1].replace('$1;', '1;')} {tables}")

    async def check() -> None:
        async with open_server(url) as server:
            await load(server, f"CREATE TABLE early (own integer); {functions} {tables}")
        plan, named, _ = await found_between(url, str(file))
        assert (plan, sorted(named)) == ([], ["function lent(integer)", "type pair"])
        file.write_text(file.read_text().replace("'SELECT $1'", "'SELECT 1'"))
        plan, named, _ = await found_between(url, str(file))
        assert (plan, sorted(named)) == ([], ["function lent(integer)", "function own(integer)", "type pair"])

    run(check())


@pytest.mark.postgres
@pytest.mark.tried("an export of what tables depend on, loaded into an empty database")
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


GIVEN = """
    CREATE SCHEMA beside; COMMENT ON SCHEMA beside IS 'a schema';
    CREATE COLLATION backwards (provider = libc, locale = 'C'); COMMENT ON COLLATION backwards IS 'a collation';
    CREATE TYPE zone AS (at point, name text COLLATE backwards); COMMENT ON TYPE zone IS 'of two parts';
    COMMENT ON COLUMN zone.at IS 'a part';
    CREATE DOMAIN area AS zone[] CONSTRAINT few CHECK (cardinality(VALUE) < 9);
    COMMENT ON CONSTRAINT few ON DOMAIN area IS 'nine are many'; COMMENT ON DOMAIN area IS 'a domain';
    CREATE TYPE beside.span AS RANGE (subtype = numeric, multirange_type_name = beside.spans);
    COMMENT ON TYPE beside.span IS 'a range'; COMMENT ON TYPE beside.spans IS 'ranges';
    CREATE SEQUENCE counted; COMMENT ON SEQUENCE counted IS 'on its own';
    CREATE TABLE t (id serial PRIMARY KEY, n integer GENERATED BY DEFAULT AS IDENTITY, note text NOT NULL,
      CONSTRAINT known CHECK (note <> ''));
    COMMENT ON SEQUENCE t_id_seq IS 'of a serial'; COMMENT ON SEQUENCE t_n_seq IS 'of an identity';
    CREATE FUNCTION "a fn"("row of" t, zone[], VARIADIC x integer[], OUT y integer) LANGUAGE sql AS 'SELECT 1';
    COMMENT ON FUNCTION "a fn" IS 'it''s E''\\''; or not -- $$';
    CREATE PROCEDURE beside.clear_up(IN a integer, INOUT b integer) LANGUAGE sql AS 'SELECT 1';
    COMMENT ON PROCEDURE beside.clear_up IS 'a procedure';
    CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE TRIGGER "on" BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touched(); COMMENT ON TRIGGER "on" ON t IS 'a';
    ALTER TABLE t DISABLE TRIGGER "on";
    CREATE TRIGGER ever BEFORE UPDATE OF note ON t FOR EACH ROW EXECUTE FUNCTION touched();
    ALTER TABLE t ENABLE ALWAYS TRIGGER ever;
    CREATE RULE quiet AS ON DELETE TO t DO INSTEAD NOTHING; COMMENT ON RULE quiet ON t IS 'a rule';
    ALTER TABLE t DISABLE RULE quiet;
    CREATE POLICY seen ON t USING (note <> 'x'); COMMENT ON POLICY seen ON t IS 'a policy';
    CREATE STATISTICS beside.both_of ON id, note FROM t; COMMENT ON STATISTICS beside.both_of IS 'of two columns';
    ALTER STATISTICS beside.both_of SET STATISTICS 33;
    CREATE INDEX i ON t (note, (n + 1)); ALTER TABLE t CLUSTER ON i; ALTER INDEX i ALTER COLUMN 2 SET STATISTICS 9;
    ALTER TABLE t REPLICA IDENTITY FULL; ALTER TABLE t ALTER COLUMN note SET STORAGE EXTERNAL;
    CREATE VIEW v AS SELECT id, note FROM t; COMMENT ON VIEW v IS 'a view'; COMMENT ON COLUMN v.note IS 'of a view';
    ALTER VIEW v ALTER COLUMN note SET DEFAULT 'q';
    CREATE TRIGGER vt INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION touched(); COMMENT ON TRIGGER vt ON v IS 'b';
    CREATE MATERIALIZED VIEW mv AS SELECT id, note FROM t; COMMENT ON MATERIALIZED VIEW mv IS 'a copy';
    CREATE MATERIALIZED VIEW empty AS SELECT id FROM t WITH NO DATA; REFRESH MATERIALIZED VIEW mv;
    CREATE MATERIALIZED VIEW of_empty AS SELECT id FROM empty WITH NO DATA; COMMENT ON COLUMN empty.id IS 'nothing';
    CREATE SEQUENCE a_tally INCREMENT 5 OWNED BY t.n; COMMENT ON SEQUENCE a_tally IS 'own';
    COMMENT ON COLUMN mv.id IS 'of a copy'; CREATE UNIQUE INDEX mi ON mv (id); COMMENT ON INDEX mi IS 'of a copy, too';
    CREATE TABLE p (id integer NOT NULL, a text) PARTITION BY RANGE (id); CREATE INDEX pi ON p (a);
    CREATE TABLE a_part PARTITION OF p FOR VALUES FROM (1) TO (9); COMMENT ON COLUMN a_part.a IS 'of a part';
    CREATE TABLE other_part PARTITION OF p DEFAULT; COMMENT ON INDEX a_part_a_idx IS 'of a part, too';
    CREATE TRIGGER pt AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION touched();
    ALTER TABLE p ENABLE ALWAYS TRIGGER pt; ALTER TABLE a_part DISABLE TRIGGER pt;
    ALTER TABLE other_part ENABLE TRIGGER pt;
    ALTER TABLE p ALTER COLUMN a SET STORAGE EXTERNAL; ALTER TABLE a_part ALTER COLUMN a SET STORAGE MAIN;
    CREATE TABLE child (more integer) INHERITS (t); COMMENT ON COLUMN child.note IS 'as it came';
    ALTER TABLE child ALTER COLUMN note SET STORAGE EXTENDED, ALTER COLUMN note SET STATISTICS 7;
    ALTER TABLE child ALTER COLUMN note SET DEFAULT 'child', SET (toast.autovacuum_enabled = off);
    ALTER TABLE a_part ALTER COLUMN a SET DEFAULT 'own', ALTER COLUMN a SET NOT NULL;
    ALTER INDEX other_part_a_idx RENAME TO "the other's"; ALTER INDEX "the other's" SET (fillfactor = 40);
    ALTER TABLE other_part CLUSTER ON "the other's"; COMMENT ON INDEX "the other's" IS 'renamed';
    COMMENT ON SCHEMA public IS 'ours';
    CREATE TABLE old_name (
      id serial PRIMARY KEY, n bigint GENERATED ALWAYS AS IDENTITY (START WITH 5), "Odd" smallserial);
    ALTER TABLE old_name RENAME TO new_name; COMMENT ON SEQUENCE old_name_id_seq IS 'of a renamed table';
    ALTER SEQUENCE "old_name_Odd_seq" RENAME TO "it's odd"; COMMENT ON SEQUENCE old_name_n_seq IS 'of its identity';
    CREATE SEQUENCE taken_id_seq; CREATE VIEW taken_n_seq AS SELECT 1 AS one; CREATE TABLE taken (id serial, n serial);
    CREATE TABLE a_b (c serial); CREATE TABLE a (b_c serial); COMMENT ON SEQUENCE a_b_c_seq1 IS 'made second';
    CREATE UNLOGGED TABLE unlogged (id serial, n serial); ALTER SEQUENCE unlogged_id_seq SET LOGGED;
    ALTER SEQUENCE taken_id_seq SET UNLOGGED; ALTER SEQUENCE "it's odd" SET UNLOGGED;
    CREATE TABLE computed (a integer, g integer GENERATED ALWAYS AS (a + 1) STORED) PARTITION BY LIST (a);
    CREATE TABLE other_words (a integer, g integer GENERATED ALWAYS AS (a * 100) STORED NOT NULL);
    ALTER TABLE computed ATTACH PARTITION other_words FOR VALUES IN (1);
"""


@pytest.mark.postgres
@pytest.mark.tried("comments, states and marks in an export, to `pg_dump`")
@pytest.mark.parametrize("server", ["postgres", "postgres-18"])
def test_pg_dump_says_the_same_of_a_database_and_of_its_export(
    server: str, fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    own, copy, file = fresh_database(server), fresh_database(server), tmp_path / "own.sql"

    async def check() -> None:
        async with open_server(own) as first, open_server(copy) as second:
            text, _, _ = await both(first, second, GIVEN)
            assert await exported(second) == text
        file.write_text(text)
        for left, right in ((own, copy), (own, str(file)), (str(file), own)):
            assert (await found_between(left, right))[:2] == ([], []), (left, right)

    run(check())
    version = server.partition("-")[2]
    before, after = pg_dump(own, version), pg_dump(copy, version)
    assert after == before, lines(before, after)


@pytest.mark.postgres
@pytest.mark.tried("comments, states and marks in an export, to `pg_dump`")
def test_an_index_that_was_not_finished_is_named(fresh_database: Callable[[str], str]) -> None:
    script = """
        CREATE TABLE t (id integer PRIMARY KEY, a integer); CREATE INDEX i ON t (a); CREATE INDEX whole ON t (id, a);
        CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE INDEX mi ON m (a); CREATE INDEX mw ON m ((a + 1));
        UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('i'::regclass, 'mi'::regclass)
    """
    own, copy = fresh_database("postgres"), fresh_database("postgres")

    async def check() -> None:
        async with open_server(own) as first, open_server(copy) as second:
            text, _, _ = await both(first, second, script)
        said = [line for line in text.splitlines() if line.startswith("--")]
        assert said == [
            f"-- not valid: index {index}, which a failed CREATE INDEX left; here it is made valid"
            for index in ("i of t", "mi of m")
        ]
        remade = ['DROP INDEX "i"', 'CREATE INDEX "i" ON "t" ("a")']
        assert (await found_between(own, copy))[:2] == (remade, [])
        assert (await found_between(copy, own))[:2] == ([], ["index i"])
        assert (await found_between(own, own))[:2] == (remade, ["index i"])

    run(check())


@pytest.mark.mariadb
@pytest.mark.tried("an export of what tables depend on, loaded into an empty database")
def test_tables_in_the_own_words_of_the_server_come_along(fresh_database: Callable[[str], str], tmp_path: Path) -> None:
    script = """
        CREATE SEQUENCE counted START WITH 7;
        CREATE TABLE kept (id integer PRIMARY KEY AUTO_INCREMENT, n integer, note varchar(9) DEFAULT 'a;b')
          WITH SYSTEM VERSIONING;
        CREATE TABLE a_before (id integer PRIMARY KEY, kept_id integer, FOREIGN KEY (kept_id) REFERENCES kept (id));
        CREATE TABLE lent (id integer, since date, till date, PERIOD FOR time (since, till));
        INSERT INTO kept (n) VALUES (NULL), (NULL);
        CREATE TABLE zones (id integer DEFAULT (NEXT VALUE FOR counted) PRIMARY KEY);
        ALTER TABLE kept ADD CONSTRAINT of_zone FOREIGN KEY (n) REFERENCES zones (id);
        CREATE VIEW seen AS SELECT kept.id FROM kept JOIN a_before ON a_before.kept_id = kept.id;
    """

    one, other, file = fresh_database("mariadb"), fresh_database("mariadb"), tmp_path / "own.sql"

    async def check() -> None:
        async with open_server(one) as first, open_server(other) as second:
            text, here, there = await both(first, second, script)
            assert "not expressed" not in text
            assert (diff(here, there), there) == ((), here)
            assert await exported(second) == text
            [(on,)] = await second.connection.fetch("SELECT @@foreign_key_checks")
            assert on == 1
            file.write_text(text)
            for left, right in ((one, other), (one, str(file)), (str(file), other)):
                assert (await found_between(left, right))[:2] == ([], []), (left, right)
            await load(
                second,
                "ALTER TABLE lent DROP PERIOD FOR time; ALTER TABLE a_before ADD COLUMN more integer;"
                "SET system_versioning_alter_history = KEEP; ALTER TABLE kept MODIFY note varchar(10)",
            )
            plan, named, _ = await found_between(one, other)
            assert plan == ["ALTER TABLE `a_before` ADD COLUMN `more` int(11)"]
            assert sorted(named) == ["table kept", "table lent"]

    run(check())


CALLED = """
    CREATE TABLE t (id integer PRIMARY KEY, a varchar(20), n integer, KEY (n));
    CREATE FUNCTION z_last(x integer) RETURNS integer DETERMINISTIC NO SQL RETURN x + 1;
    CREATE FUNCTION a_first(x integer) RETURNS integer DETERMINISTIC NO SQL RETURN z_last(x) + 1;
    CREATE FUNCTION not_called(x integer) RETURNS integer DETERMINISTIC NO SQL RETURN x;
    CREATE PROCEDURE noted(IN x integer) BEGIN SET @noted = x; END;
    CREATE VIEW seen AS SELECT a_first(id) AS n, a FROM t;
    SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT';
    CREATE TRIGGER joined BEFORE INSERT ON t FOR EACH ROW SET NEW."a" = 'x' || NEW."a";
    SET SESSION sql_mode = DEFAULT;
    CREATE TRIGGER told BEFORE UPDATE ON t FOR EACH ROW CALL noted(NEW.n);
"""
LOOSE_KEY = """
    SET SESSION restrict_fk_on_non_standard_key = OFF;
    CREATE TABLE u (id integer PRIMARY KEY, n integer, FOREIGN KEY (n) REFERENCES t (n));
"""


@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
@pytest.mark.tried("an export of what tables depend on, loaded into an empty database")
def test_routines_modes_and_loose_keys_come_along(
    dialect: str, fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    url, file = fresh_database(dialect), tmp_path / "own.sql"

    async def check() -> None:
        async with open_server(url) as first, open_server(fresh_database(dialect)) as second:
            await load(second, "SET SESSION sql_mode = DEFAULT")  # as a shell that nobody has set up
            text, here, there = await both(first, second, CALLED + (LOOSE_KEY if dialect == "mysql" else ""))
            assert there == here
            assert ("not expressed" in text, "not_called" in text) == (False, False)
            assert await exported(second) == text
            await load(second, "INSERT INTO t (id, a, n) VALUES (1, 'y', 2); UPDATE t SET n = 7")
            assert list(await second.connection.fetch("SELECT n, a, @noted FROM seen")) == [(3, "xy", 7)]
            file.write_text(text)
        assert (await found_between(url, str(file)))[:2] == ([], [])

    run(check())


@pytest.mark.mysql
@pytest.mark.tried("an export of what tables stand on, loaded into an empty database")
def test_a_key_that_the_server_made_is_made_where_it_makes_one(fresh_database: Callable[[str], str]) -> None:
    """``my_row_id`` belongs to the setting: the export has no key, and its table is the same with or without."""

    async def check() -> None:
        async with open_server(fresh_database("mysql")) as first, open_server(fresh_database("mysql")) as second:
            setting = "SET SESSION sql_generate_invisible_primary_key ="
            await load(first, f"{setting} ON; CREATE TABLE t (a integer); INSERT INTO t VALUES (1)")
            text = await exported(first)
            assert "my_row_id" not in text
            for state, keys in (("OFF", 0), ("ON", 1)):
                await load(second, f"{setting} {state}; {text}")
                assert (await dump(second)).tables == (await dump(first)).tables
                assert len(await second.connection.fetch("SHOW INDEX FROM t")) == keys
                await second.connection.execute("DROP TABLE t")

    run(check())


ESCAPED = """
    CREATE TABLE t (id integer PRIMARY KEY, e enum('--', '/* a', 'COMPRESSED*/') NOT NULL);
    CREATE FUNCTION f() RETURNS varchar(40) DETERMINISTIC NO SQL RETURN 'it\\'s a \\\\, -- "no" \\n';
    CREATE TRIGGER told BEFORE DELETE ON t FOR EACH ROW SET @told = concat('it\\'s a \\\\', "'", f());
    CREATE TRIGGER again BEFORE DELETE ON t FOR EACH ROW FOLLOWS told SET @told = concat(@told, '!');
    SET SESSION sql_mode = '';
    CREATE TRIGGER lax BEFORE UPDATE ON t FOR EACH ROW SET NEW.id = NEW.id;
    SET SESSION sql_mode = DEFAULT;
    INSERT INTO t VALUES (1, '/* a');
"""
MODES = "SELECT trigger_name, sql_mode FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1"


@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
@pytest.mark.tried("an export of what tables depend on, loaded into an empty database")
def test_literals_of_bodies_arrive_as_they_were_written(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        async with open_server(fresh_database(dialect)) as first, open_server(fresh_database(dialect)) as second:
            for server in (first, second):
                await load(server, "SET SESSION sql_mode = DEFAULT")
            text, here, there = await both(first, second, ESCAPED)
            assert there == here
            assert await exported(second) == text
            assert list(await second.connection.fetch(MODES)) == list(await first.connection.fetch(MODES))
            await load(second, "INSERT INTO t VALUES (1, 'COMPRESSED*/'); DELETE FROM t WHERE e = 'COMPRESSED*/'")
            assert list(await second.connection.fetch("SELECT @told")) == [("it's a \\'it's a \\, -- \"no\" \n!",)]

    run(check())


ALIASES = """
    CREATE TABLE t (id int NOT NULL PRIMARY KEY, v int, d date, doc longtext);
    CREATE TABLE u (id int NOT NULL PRIMARY KEY, v int);
    CREATE TABLE {own} (id int NOT NULL PRIMARY KEY, v int);
    CREATE FUNCTION f(a int) RETURNS int DETERMINISTIC RETURN a;
    CREATE VIEW calls AS SELECT {own}.id, f({own}.id) AS f, extract(year from {own}.d) AS y,
      trim(leading 'x' from {own}.doc) AS x, (SELECT max(u.v) FROM u WHERE u.id = {own}.id) AS m
      FROM t {own} JOIN u x ON x.id = {own}.id;
    CREATE VIEW joins AS SELECT {own}.id FROM t {own} STRAIGHT_JOIN (u a LEFT JOIN u b ON b.id = a.id)
      WHERE {own}.v IN (SELECT v FROM u) AND a.id = {own}.id;
    CREATE VIEW tables_own AS SELECT {own}.id, t.v FROM {own} JOIN t ON t.id = {own}.id;
    CREATE VIEW named AS WITH {own} AS (SELECT id, v FROM t) SELECT {own}.id, u.v FROM {own} JOIN u ON u.id = {own}.id;
    CREATE VIEW derived AS SELECT x.id FROM {own} x UNION SELECT {own}.v FROM (SELECT 1 AS v) {own};
    CREATE VIEW of_json AS SELECT jt.a, {own}.id FROM t {own}
      JOIN json_table({own}.doc, '$[*]' COLUMNS (a int PATH '$.a')) jt JOIN u ON u.id = {own}.id;
    INSERT INTO t VALUES (1, 10, '2020-01-01', '[]'), (2, 20, '2020-01-01', '[]');
    INSERT INTO u VALUES (1, 5), (2, 7);
"""


@pytest.mark.parametrize(
    "dialect",
    [pytest.param("mysql", marks=pytest.mark.mysql), pytest.param("mariadb", marks=pytest.mark.mariadb)],
)
@pytest.mark.tried("an export of what tables depend on, loaded into an empty database")
def test_an_alias_with_the_name_of_its_database_stays(
    dialect: str, fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    """Without it a column of the alias may be one of another table, of the query within, without an error."""

    async def work() -> None:
        left, right = fresh_database(dialect), fresh_database(dialect)
        async with open_server(left) as first, open_server(right) as second:
            script = ALIASES.replace("{own}", first.info.database)
            if dialect == "mariadb":
                numbers = f"SELECT nextval(sq) AS q, {first.info.database}.id FROM t {first.info.database}"
                script += f"CREATE SEQUENCE sq; CREATE VIEW numbers AS {numbers};"
            await load(first, script)
            text = await exported(first)
            assert "not expressed" not in text
            await load(
                second, [*split_script(text, dialect), *split_script(ALIASES[ALIASES.index("INSERT") :], dialect)]
            )
            query = "SELECT id, m FROM calls ORDER BY id"
            assert await second.connection.fetch(query) == await first.connection.fetch(query) == [(1, 5), (2, 7)]
            wider = text.replace("`v` int", "`v` bigint")
            comparison = await compare_with_script(first, wider)
            assert comparison.plan.sql() != []
            assert comparison.proven is True, comparison.proof_note
        assert (await found_between(left, right))[:2] == ([], [])

    run(work())
