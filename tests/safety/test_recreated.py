"""What a plan recreates has again what it had: ``pg_dump`` says the same after a change that was taken back."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from pytest_schemadrift.applying.executor import run_plan
from pytest_schemadrift.commands import accepted_renames
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.build import make_schema, make_table
from pytest_schemadrift.schema.model import Column, Enum, Mark, Name, View
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from tests.conftest import postgres_programs
from tests.harness import compare_with_script, load, run

pytestmark = pytest.mark.postgres

NewDatabase = Callable[[str], str]


def pg_dump(url: str, version: str = "") -> str:
    """Everything that PostgreSQL itself says of a database: structure, rights, comments, positions, rows."""
    program = postgres_programs(version) / "pg_dump"
    if not program.exists():
        pytest.skip("no pg_dump beside the server")
    address = urlsplit(url)._replace(scheme="postgresql").geturl()
    done = subprocess.run([str(program), "--dbname", address], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = re.sub(r"(?m)^\\(un)?restrict .*$", "", done.stdout)
    # Of a sequence, the next number is what counts: 1 that was given is 2 that was not yet.
    return re.sub(r"(setval\('[^']+'), (\d+), true\)", lambda found: f"{found[1]}, {int(found[2]) + 1}, false)", text)


async def _go(url: str, script: str) -> list[str]:
    async with open_server(url) as server:
        found = await compare_with_script(server, script, Policy(names="strict"), prove=False)
        assert found.plan
        outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
        assert outcome.ok, outcome.error
        return found.plan.sql()


async def _load(url: str, script: str) -> None:
    async with open_server(url) as server:
        await load(server, script)


def there_and_back(url: str, extras: str, here: str, there: str) -> tuple[str, str]:
    """The dumps of a database with ``here`` and ``extras``, before and after a change to ``there`` and back."""
    run(_load(url, f"{here}; {extras}"))
    before = pg_dump(url)
    run(_go(url, there))
    run(_go(url, here))
    return before, pg_dump(url)


def lines(before: str, after: str) -> str:
    gone = [f"- {line}" for line in before.splitlines() if line and line not in after.splitlines()]
    return "\n".join([*gone, *(f"+ {line}" for line in after.splitlines() if line and line not in before.splitlines())])


TABLE = "CREATE TABLE t (id integer PRIMARY KEY, a varchar(10), n integer, CONSTRAINT known CHECK (a <> 'x'))"
WIDER = TABLE.replace("varchar(10)", "varchar(20)")
TEXT = TABLE.replace("a varchar(10)", "a text")
BIG = TABLE.replace("n integer", "n bigint")

PARTITIONED = """
    CREATE TABLE p (k int, a {a}, n {n}, g int GENERATED ALWAYS AS (k + {g}) STORED, CONSTRAINT ck CHECK (a <> 'x'),
    CONSTRAINT {u} UNIQUE (k, a))
    PARTITION BY LIST (k);
    CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
    CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2, 3) PARTITION BY LIST (k);
    CREATE TABLE p2a PARTITION OF p2 FOR VALUES IN (2);
    CREATE INDEX {i} ON p (a); COMMENT ON INDEX {i} IS 'of i'; COMMENT ON CONSTRAINT ck ON p IS 'ck of p';
    CREATE INDEX {e} ON p (lower(a)); CREATE INDEX {w} ON p (n) WHERE a = 'b'; CREATE INDEX c{i} ON p (g);
    CREATE INDEX c{e} ON p ((g + 1))
"""

STORIES = {
    "rights and comments of views and their columns": (
        TABLE,
        BIG,
        """
        CREATE VIEW "a $$ view" WITH (security_barrier) AS SELECT id, n FROM t;
        CREATE VIEW w AS SELECT n FROM "a $$ view";
        COMMENT ON VIEW w IS 'it''s 100 %s \\ one'; COMMENT ON COLUMN w.n IS '%';
        GRANT SELECT ON w TO PUBLIC; GRANT UPDATE (n) ON "a $$ view" TO pg_monitor WITH GRANT OPTION;
        ALTER VIEW "a $$ view" ALTER COLUMN n SET DEFAULT 7; ALTER VIEW w OWNER TO pg_monitor;
        CREATE RULE nothing AS ON DELETE TO w DO INSTEAD NOTHING; COMMENT ON RULE nothing ON w IS 'kept';
        """,
    ),
    "no more rights than before under default privileges": (
        TABLE,
        BIG,
        """
        CREATE VIEW v AS SELECT n FROM t; CREATE VIEW nobody AS SELECT n FROM t; REVOKE ALL ON nobody FROM postgres;
        CREATE MATERIALIZED VIEW m AS SELECT n FROM t; GRANT SELECT ON m TO pg_read_all_stats;
        ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO pg_monitor;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC;
        """,
    ),
    "rights that somebody else passed on": (
        TABLE,
        BIG,
        """
        CREATE VIEW v AS SELECT n FROM t; GRANT SELECT ON v TO pg_monitor WITH GRANT OPTION;
        SET ROLE pg_monitor; GRANT SELECT ON v TO pg_read_all_stats; RESET ROLE;
        """,
    ),
    "a materialised view with all that it may have": (
        TABLE,
        BIG,
        """
        CREATE MATERIALIZED VIEW m WITH (fillfactor = 70, toast.autovacuum_enabled = off) AS
          SELECT id, n, a, a::text AS b FROM t WITH NO DATA;
        CREATE UNIQUE INDEX mi ON m (id); CREATE INDEX me ON m ((n + 1)); COMMENT ON INDEX mi IS 'of m';
        ALTER INDEX me ALTER COLUMN 1 SET STATISTICS 77; ALTER MATERIALIZED VIEW m CLUSTER ON mi;
        ALTER MATERIALIZED VIEW m ALTER COLUMN a SET STATISTICS 9;
        ALTER MATERIALIZED VIEW m ALTER COLUMN a SET STORAGE PLAIN;
        ALTER MATERIALIZED VIEW m ALTER COLUMN n SET (n_distinct = 5); COMMENT ON MATERIALIZED VIEW m IS 'empty';
        CREATE STATISTICS ms ON id, n FROM m; ALTER STATISTICS ms SET STATISTICS 55; COMMENT ON STATISTICS ms IS 'two';
        """,
    ),
    "a materialised view that is filled": (
        TABLE,
        BIG,
        "INSERT INTO t VALUES (1, 'a', 5); CREATE MATERIALIZED VIEW m AS SELECT id, n FROM t",
    ),
    "triggers in every state": (
        TABLE,
        TEXT,
        "".join(
            f"CREATE TRIGGER {name} BEFORE UPDATE OF a ON t FOR EACH ROW "
            f"EXECUTE FUNCTION suppress_redundant_updates_trigger(); ALTER TABLE t {state} TRIGGER {name};"
            for name, state in {"o": "ENABLE", "d": "DISABLE", "r": "ENABLE REPLICA", "w": "ENABLE ALWAYS"}.items()
        )
        + "COMMENT ON TRIGGER d ON t IS 'off for a reason'",
    ),
    "triggers of partitions": (
        "CREATE TABLE t (id integer NOT NULL, a varchar(10)) PARTITION BY RANGE (id); "
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9); CREATE TABLE t2 PARTITION OF t DEFAULT",
        "CREATE TABLE t (id integer NOT NULL, a text) PARTITION BY RANGE (id); "
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9); CREATE TABLE t2 PARTITION OF t DEFAULT",
        """
        CREATE TRIGGER tr BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
        ALTER TABLE t1 DISABLE TRIGGER tr; CREATE VIEW of_partition AS SELECT a FROM t2;
        ALTER TABLE t2 ALTER COLUMN a SET STORAGE EXTERNAL;
        """,
    ),
    "policies, of another table too": (
        TABLE,
        TEXT,
        """
        CREATE TABLE other (id integer); ALTER TABLE other ENABLE ROW LEVEL SECURITY;
        CREATE POLICY mine ON t AS RESTRICTIVE FOR UPDATE TO pg_monitor, PUBLIC USING (a = 'y') WITH CHECK (a <> 'z');
        CREATE POLICY theirs ON other USING (EXISTS (SELECT FROM t WHERE t.a = 'y' AND t.id = other.id));
        COMMENT ON POLICY theirs ON other IS 'looks at t';
        """,
    ),
    "rules of tables": (
        TABLE,
        TEXT,
        """
        CREATE RULE r AS ON UPDATE TO t WHERE old.a = 'q' DO INSTEAD NOTHING; ALTER TABLE t DISABLE RULE r;
        COMMENT ON RULE r ON t IS 'off';
        """,
    ),
    "storage, compression and statistics of a column": (  # P45
        f"{TABLE}; CREATE INDEX lowered ON t (lower(a))",
        f"{TEXT}; CREATE INDEX lowered ON t (lower(a))",
        """
        ALTER TABLE t ALTER COLUMN a SET STORAGE EXTERNAL; ALTER TABLE t ALTER COLUMN a SET STATISTICS 321;
        ALTER TABLE t ALTER COLUMN a SET COMPRESSION pglz; ALTER TABLE t ALTER COLUMN a SET (n_distinct = 12);
        GRANT SELECT (a) ON t TO PUBLIC; CREATE STATISTICS s (ndistinct) ON a, n FROM t;
        ALTER STATISTICS s SET STATISTICS 3;
        COMMENT ON STATISTICS s IS 'a and n';
        ALTER INDEX lowered ALTER COLUMN 1 SET STATISTICS 444; COMMENT ON INDEX lowered IS 'small letters';
        """,
    ),
    "how an index is kept that becomes another one": (
        f"{TABLE}; CREATE INDEX i ON t (n) WHERE (n > 1); CREATE INDEX g ON t USING gin (to_tsvector('simple', a))",
        f"{TABLE.replace('id integer', 'id bigint')}; CREATE INDEX i ON t (n, id) WHERE (n > 1); "
        "CREATE INDEX g ON t USING gin (to_tsvector('english', a))",
        """
        ALTER INDEX i SET (deduplicate_items = off, fillfactor = 60); ALTER INDEX t_pkey SET (fillfactor = 55);
        ALTER INDEX g SET (fastupdate = off); COMMENT ON INDEX i IS 'kept';
        """,
    ),
    "how the index of an exclusion is kept that becomes another one, or stands on a column that does": (
        f"{TABLE}; ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (int4range(n, n + 9) WITH &&), "
        "ADD CONSTRAINT y EXCLUDE USING hash (a WITH =) WHERE (a <> 'it (')",
        f"{TEXT}; ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (int4range(n, n + 5) WITH &&), "
        "ADD CONSTRAINT y EXCLUDE USING hash (a WITH =) WHERE (a <> 'it (')",
        """
        ALTER INDEX x SET (buffering = off, fillfactor = 60); ALTER INDEX y SET (fillfactor = 55);
        COMMENT ON INDEX x IS 'kept'; COMMENT ON CONSTRAINT y ON t IS 'kept, too';
        """,
    ),
    "marks on the index of a column that changes": (
        TABLE.replace("a varchar(10)", "a varchar(10) NOT NULL") + "; CREATE UNIQUE INDEX u ON t (a)",
        TEXT.replace("a text", "a text NOT NULL") + "; CREATE UNIQUE INDEX u ON t (a)",
        """
        ALTER TABLE t CLUSTER ON u; ALTER TABLE t REPLICA IDENTITY USING INDEX u;
        COMMENT ON CONSTRAINT known ON t IS 'no x'; COMMENT ON CONSTRAINT t_pkey ON t IS 'key';
        COMMENT ON INDEX t_pkey IS 'i';
        """,
    ),
    "an enum with rights, and what stands on its columns": (
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id integer PRIMARY KEY, c e DEFAULT 'a', "
        "CONSTRAINT known CHECK (c <> 'b')); CREATE INDEX part ON t (id) WHERE (c = 'a')",
        "CREATE TYPE e AS ENUM ('b', 'a'); CREATE TABLE t (id integer PRIMARY KEY, c e DEFAULT 'a', "
        "CONSTRAINT known CHECK (c <> 'b')); CREATE INDEX part ON t (id) WHERE (c = 'a')",
        """
        REVOKE ALL ON TYPE e FROM PUBLIC; GRANT USAGE ON TYPE e TO pg_monitor; ALTER TYPE e OWNER TO pg_read_all_stats;
        COMMENT ON TYPE e IS 'letters'; COMMENT ON CONSTRAINT known ON t IS 'no b'; COMMENT ON INDEX part IS 'of a';
        CREATE POLICY p ON t USING (c = 'a'); CREATE VIEW v AS SELECT c FROM t; ALTER TABLE t CLUSTER ON t_pkey;
        """,
    ),
    "an enum in the expressions of statistics and of tables that inherit": (
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id integer PRIMARY KEY, c e, v varchar(9))",
        "CREATE TYPE e AS ENUM ('b', 'a'); CREATE TABLE t (id integer PRIMARY KEY, c e, v integer)",
        """
        CREATE STATISTICS s ON (c = 'a'), id FROM t; ALTER STATISTICS s SET STATISTICS 6;
        COMMENT ON STATISTICS s IS 'a'; CREATE TABLE kid () INHERITS (t);
        CREATE TABLE grandkid (z integer, CHECK (c <> 'b')) INHERITS (kid);
        CREATE INDEX i ON grandkid (z) WHERE c = 'a' AND v = '7'; COMMENT ON INDEX i IS 'of a';
        CREATE STATISTICS k ON (c = 'a'), (v = '1') FROM kid;
        """,
    ),
    "the statistics target of an index over two columns that change, one of an enum": (
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (id integer PRIMARY KEY, a varchar(10), c e); "
        "CREATE INDEX part ON t (lower(a)) WHERE (c = 'a')",
        "CREATE TYPE e AS ENUM ('b', 'a'); CREATE TABLE t (id integer PRIMARY KEY, a varchar(20), c e); "
        "CREATE INDEX part ON t (lower(a)) WHERE (c = 'a')",
        "ALTER INDEX part ALTER COLUMN 1 SET STATISTICS 44",
    ),
    "the check of a domain": (
        "CREATE DOMAIN d AS text CONSTRAINT nz CHECK (value <> 'z'); CREATE TABLE t (id integer PRIMARY KEY, m d)",
        "CREATE DOMAIN d AS text CONSTRAINT nz CHECK (value <> 'y'); CREATE TABLE t (id integer PRIMARY KEY, m d)",
        "COMMENT ON CONSTRAINT nz ON DOMAIN d IS 'it''s %'; COMMENT ON DOMAIN d IS 'd'",
    ),
    "a generated column": (
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, g integer GENERATED ALWAYS AS (n + 1) STORED)",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, g integer GENERATED ALWAYS AS (n + 2) STORED)",
        """
        CREATE STATISTICS s ON g, n FROM t; ALTER STATISTICS s SET STATISTICS 8; CREATE POLICY p ON t USING (g > 1);
        GRANT SELECT (g) ON t TO pg_monitor; ALTER TABLE t ALTER COLUMN g SET STATISTICS 5;
        CREATE VIEW v AS SELECT g FROM t;
        """,
    ),
    "a generated column that others inherit, and that owns a sequence": (
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, g integer GENERATED ALWAYS AS (n + 1) STORED)",
        "CREATE TABLE t (id integer PRIMARY KEY, n integer, g integer GENERATED ALWAYS AS (n + 2) STORED)",
        """
        CREATE SEQUENCE sq INCREMENT 5 OWNED BY t.g; SELECT nextval('sq'); GRANT USAGE ON SEQUENCE sq TO PUBLIC;
        CREATE TABLE kid () INHERITS (t); CREATE TABLE grandkid (z integer, CHECK (g < 9)) INHERITS (kid);
        CREATE INDEX i ON grandkid (g); COMMENT ON INDEX i IS 'of g'; GRANT SELECT (g) ON grandkid TO pg_monitor;
        ALTER TABLE kid ALTER COLUMN g SET STATISTICS 5; CREATE STATISTICS s ON g, n FROM kid;
        CREATE VIEW v AS SELECT g FROM grandkid;
        """,
    ),
    "defaults of those that inherit": (
        "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE t (id serial, m mood DEFAULT 'a', n integer DEFAULT 1); "
        "CREATE TABLE kid () INHERITS (t)",
        "CREATE TYPE mood AS ENUM ('b', 'a'); CREATE TABLE t (id bigint, m mood DEFAULT 'a', n text DEFAULT 2); "
        "CREATE TABLE kid () INHERITS (t)",
        "CREATE SEQUENCE kid_id_seq; ALTER TABLE kid ALTER id SET DEFAULT nextval('kid_id_seq'); "
        "ALTER TABLE kid ALTER m SET DEFAULT 'b'; ALTER TABLE kid ALTER n DROP DEFAULT",
    ),
    "what indexes and constraints of partitions have themselves": (
        PARTITIONED.format(a="varchar(10)", n="integer", i="i", e="e", w="w", u="u", g=1),
        PARTITIONED.format(a="varchar(20)", n="numeric", i="i2", e="e", w="w2", u="u2", g=2),
        """
        COMMENT ON CONSTRAINT p1_k_a_key ON p1 IS 'c1'; COMMENT ON CONSTRAINT ck ON p2 IS 'ck of p2';
        ALTER INDEX p1_a_idx RENAME TO "o'd %d"; ALTER INDEX "o'd %d" SET (fillfactor=50);
        ALTER TABLE p1 CLUSTER ON "o'd %d"; ALTER INDEX p1_lower_idx ALTER 1 SET STATISTICS 5;
        ALTER INDEX p2_a_idx RENAME TO "Sub part"; ALTER INDEX p2a_a_idx RENAME TO "Leaf";
        COMMENT ON INDEX p1_n_idx IS 'n of 1'; ALTER INDEX p2a_n_idx RENAME TO part_of_w;
        ALTER INDEX p2a_g_idx RENAME TO part_of_ci; ALTER TABLE p2a CLUSTER ON part_of_ci;
        ALTER INDEX p1_expr_idx ALTER 1 SET STATISTICS 6;
        """,
    ),
    "an index that gets the name of another one": (
        "CREATE TABLE t (n integer, g integer GENERATED ALWAYS AS (n + 1) STORED NOT NULL); "
        "CREATE UNIQUE INDEX i ON t (g); CREATE INDEX u ON t (n)",
        "CREATE TABLE t (n integer, g integer GENERATED ALWAYS AS (n + 2) STORED NOT NULL); "
        "CREATE UNIQUE INDEX u ON t (g); CREATE INDEX w ON t (n)",
        "ALTER TABLE t CLUSTER ON i; ALTER TABLE t REPLICA IDENTITY USING INDEX i; ALTER INDEX i SET (fillfactor = 50)",
    ),
    "a sequence that becomes an identity's": (
        "CREATE TABLE t (id serial PRIMARY KEY)",
        "CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)",
        """
        INSERT INTO t DEFAULT VALUES; GRANT USAGE ON SEQUENCE t_id_seq TO pg_monitor;
        COMMENT ON SEQUENCE t_id_seq IS '100 % of it'; ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO PUBLIC;
        """,
    ),
    "a sequence whose rights its owner would not have by default": (
        "CREATE TABLE t (id serial PRIMARY KEY)",
        "CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)",
        "GRANT USAGE ON SEQUENCE t_id_seq TO pg_monitor; "
        "ALTER DEFAULT PRIVILEGES REVOKE ALL ON SEQUENCES FROM postgres",
    ),
    "a position that was set and not yet used": (
        "CREATE TABLE t (id serial PRIMARY KEY)",
        "CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)",
        "INSERT INTO t DEFAULT VALUES; ALTER SEQUENCE t_id_seq RESTART WITH 1000",
    ),
    "what depends on an extension": (
        f"{TABLE}; CREATE INDEX part ON t (id) WHERE (a = 'y')",
        f"{TEXT}; CREATE INDEX part ON t (id) WHERE (a = 'y')",
        """
        CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE INDEX mi ON m (a); CREATE VIEW v AS SELECT a FROM t;
        CREATE TRIGGER tr BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
        ALTER MATERIALIZED VIEW m DEPENDS ON EXTENSION plpgsql; ALTER INDEX mi DEPENDS ON EXTENSION plpgsql;
        ALTER TRIGGER tr ON t DEPENDS ON EXTENSION plpgsql; ALTER INDEX part DEPENDS ON EXTENSION plpgsql;
        """,
    ),
    "another access method": (
        TABLE,
        BIG,
        "CREATE ACCESS METHOD other TYPE TABLE HANDLER heap_tableam_handler; "
        "CREATE MATERIALIZED VIEW m USING other AS SELECT n FROM t",
    ),
    "a key that is taken off and put back": (
        "CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE t (id integer PRIMARY KEY, p integer, "
        "CONSTRAINT of_p FOREIGN KEY (p) REFERENCES p)",
        "CREATE TABLE p (id text PRIMARY KEY); CREATE TABLE t (id integer PRIMARY KEY, p text, "
        "CONSTRAINT of_p FOREIGN KEY (p) REFERENCES p)",
        "COMMENT ON CONSTRAINT of_p ON t IS 'of whom'; COMMENT ON INDEX p_pkey IS 'by id'; "
        "ALTER TABLE p CLUSTER ON p_pkey",
    ),
}


@pytest.mark.tried("what hangs on something that a plan creates again")
@pytest.mark.parametrize("story", STORIES)
def test_pg_dump_says_the_same_after_a_change_that_was_taken_back(story: str, fresh_database: NewDatabase) -> None:
    here, there, extras = STORIES[story]
    before, after = there_and_back(fresh_database("postgres"), extras, here, there)
    assert after == before, lines(before, after)


@pytest.mark.tried("what hangs on something that a plan creates again")
def test_what_lies_in_another_tablespace_lies_there_again(fresh_database: NewDatabase) -> None:
    url = fresh_database("postgres")
    elsewhere = f"elsewhere_{urlsplit(url).path[1:]}"

    async def made() -> None:
        async with open_server(url) as server:
            if server.info.version < (15,):
                pytest.skip("a tablespace needs a folder of the server's before PostgreSQL 15")
            await server.connection.execute("SET allow_in_place_tablespaces = on")
            await server.connection.execute(f"CREATE TABLESPACE {elsewhere} LOCATION ''")

    run(made())
    extras = f"""
        CREATE MATERIALIZED VIEW m TABLESPACE {elsewhere} AS SELECT a, n FROM t;
        CREATE UNIQUE INDEX mi ON m (n) TABLESPACE {elsewhere}; ALTER INDEX part SET TABLESPACE {elsewhere};
        ALTER INDEX t_pkey SET TABLESPACE {elsewhere}
    """
    part = "CREATE INDEX part ON t (id) WHERE (a = 'y')"
    here, there = (
        f"{table.replace('id integer', f'id {key}')}; {part}" for table, key in ((TABLE, "integer"), (TEXT, "text"))
    )
    before, after = there_and_back(url, extras, here, there)
    assert elsewhere in before
    assert after == before, lines(before, after)


def test_security_labels_are_given_again() -> None:
    """No provider comes with the server: what is read of ``pg_seclabel`` is given here."""
    view = View(Name("", "v"), "CREATE VIEW v AS\nSELECT a FROM t", depends_on=(Name("", "t"),))
    tables = [make_table(Name("", "t"), [Column("a", kind)]) for kind in ("integer", "bigint")]
    mood = Enum(Name("", "mood"), ("a", "b"))
    marks = [
        Mark("view", view.name, "", "security label", ("selinux", "it's")),
        Mark("view", view.name, "a", "security label", ("selinux", "of a column")),
        Mark("type", mood.name, "", "security label", ("selinux", "of a type")),
    ]
    old = make_schema("postgres", tables=tables[:1], views=[view], enums=[mood], marks=marks)
    new = make_schema("postgres", tables=tables[1:], views=[view], enums=[replace(mood, values=("b", "a"))])
    dialect = get_dialect("postgres")
    said = build_plan(old, new, dialect, dialect.default_info).sql()
    assert [sql for sql in said if sql.startswith("SECURITY")] == [
        'SECURITY LABEL FOR "selinux" ON TYPE "mood" IS \'of a type\'',
        "SECURITY LABEL FOR \"selinux\" ON VIEW \"v\" IS 'it''s'",
        'SECURITY LABEL FOR "selinux" ON COLUMN "v"."a" IS \'of a column\'',
    ]


@pytest.mark.tried("what hangs on something that a plan creates again")
def test_recreated_objects_follow_the_renames_of_their_plan(fresh_database: NewDatabase) -> None:
    script = """
        CREATE TABLE first (id integer PRIMARY KEY, alpha varchar(10), n integer);
        CREATE VIEW v AS SELECT alpha FROM first; COMMENT ON COLUMN v.alpha IS 'kept'; GRANT SELECT ON v TO PUBLIC;
        CREATE MATERIALIZED VIEW m AS SELECT id, alpha AS one FROM first WITH NO DATA; CREATE INDEX mi ON m (one);
        CREATE POLICY "p on t" ON first AS RESTRICTIVE FOR UPDATE TO pg_monitor USING (alpha = 'USING (alpha)')
            WITH CHECK (alpha <> 'q'); COMMENT ON POLICY "p on t" ON first IS 'policy';
        CREATE TRIGGER tr BEFORE UPDATE OF alpha ON first FOR EACH ROW
            EXECUTE FUNCTION suppress_redundant_updates_trigger();
        ALTER TABLE first ENABLE ALWAYS TRIGGER tr; COMMENT ON TRIGGER tr ON first IS 'trigger';
        CREATE RULE r AS ON UPDATE TO first WHERE old.alpha = 'w' DO INSTEAD NOTHING;
        CREATE STATISTICS s ON alpha, n FROM first; ALTER STATISTICS s SET STATISTICS 6;
        ALTER TABLE first ALTER COLUMN alpha SET STORAGE EXTERNAL; GRANT SELECT (alpha) ON first TO pg_monitor;
        CREATE SEQUENCE of_alpha INCREMENT 5 OWNED BY first.alpha;
    """
    wanted = "CREATE TABLE second (id integer PRIMARY KEY, beta varchar(20), n integer)"
    url = fresh_database("postgres")
    run(_load(url, script))

    async def work() -> None:
        async with open_server(url) as server:
            renames = accepted_renames(
                ["first=second", "first.alpha=beta"], await dump(server), parse_sql(wanted, "postgres", server.info)
            )
            found = await compare_with_script(server, wanted, Policy(), renames=renames)
            assert found.proven, found.proof_note
            outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
            assert outcome.ok, outcome.error
            assert await server.connection.fetch("SELECT pg_get_expr(polqual, polrelid) FROM pg_policy") == [
                ("((beta)::text = 'USING (alpha)'::text)",)
            ]

    before = pg_dump(url)
    run(work())
    after = pg_dump(url).replace(" CONSTRAINT first_id_not_null", "")  # 18 names it, and the name stays
    outside = "USING (alpha)"
    renamed = before.replace(outside, "\0").replace("SELECT alpha\n", "SELECT beta AS alpha\n")
    renamed = re.sub(r"\bfirst\b", "second", renamed.replace("varying(10)", "varying(20)"))
    renamed = re.sub(r"(?<!AS )(?<!v\.)\balpha\b", "beta", renamed).replace("\0", outside)
    assert after == renamed, lines(renamed, after)


def test_p51_what_the_server_keeps_among_the_options_of_a_column_is_not_put_back(
    fresh_database: NewDatabase,
) -> None:
    """P51: 17.12 sets such an option itself; here an administrator writes what that server does."""

    async def work() -> list[tuple[str, ...]]:
        async with open_server(fresh_database("postgres")) as server:
            await load(server, "CREATE TABLE t (a integer, b integer)")
            await server.connection.execute("SET allow_system_table_mods = on")
            await server.connection.execute(
                "UPDATE pg_attribute SET attoptions = CASE attname WHEN 'a' THEN ARRAY['pg_attver=7']"
                " ELSE ARRAY['pg_attver=7', 'n_distinct=5'] END WHERE attrelid = 't'::regclass AND attnum > 0"
            )
            return [mark.values for mark in (await dump(server)).marks if mark.aspect == "options"]

    assert run(work()) == [("n_distinct=5",)]
