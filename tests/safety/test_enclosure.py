"""What an enclosure lets through and what not: harmless texts, looked at and never run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.dialects.enclosure import Enclosure, Needed
from pytest_schemadrift.dialects.mysql.outside import as_trigger
from pytest_schemadrift.dialects.mysql.server_info import DEFAULT_INFO
from pytest_schemadrift.dialects.postgres.outside import check as stays_inside
from pytest_schemadrift.dialects.postgres.outside import reaches
from pytest_schemadrift.errors import StatementFailed, Unsupported
from pytest_schemadrift.sources.database import open_server
from tests.harness import load, run

BOTH = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mariadb", "mysql")]
KIND = "a statement that reaches out of a scratch database"

REFUSED = {
    "CREATE TABLE {other}.t (a INT)": "table t names another database ({other})",
    "CREATE TABLE t LIKE {other}.x": "table t names another database ({other})",
    "CREATE TABLE IF NOT EXISTS t (a INT, FOREIGN KEY (a) REFERENCES `{other}` . `x` (a))": "table t names another",
    "CREATE VIEW v AS SELECT * FROM {other}/* c */.x": "view v names another database ({other})",
    "CREATE VIEW v AS SELECT * FROM {other}.\n-- c\nx": "view v names another database ({other})",
    "CREATE VIEW v AS SELECT /*!50000 {other}.x.a FROM {other}.x */": "view v names another database ({other})",
    "CREATE VIEW v AS SELECT {OTHER}.x.a FROM {OTHER}.x": "view v names another database ({OTHER})",
    "CREATE VIEW v AS SELECT {other}.f(1)": "view v names another database ({other})",
    "CREATE VIEW v AS SELECT {other}.a FROM {other}.x {other}": "view v names another database ({other})",
    "CREATE TRIGGER a AFTER INSERT ON t FOR EACH ROW DELETE FROM {other}.x": "trigger a of t names another database",
    "ALTER TABLE t RENAME TO {other}.t": "table t names another database ({other})",
    "RENAME TABLE t TO {other}.t": "table t names another database ({other})",
    "DROP TABLE {other}.x": "table x names another database ({other})",
    "INSERT INTO t SELECT a FROM {other}.x": "a statement names another database ({other})",
    "CREATE TABLE t (a INT) ENGINE=FEDERATED CONNECTION='mysql://nowhere/x'": "table t keeps its rows elsewhere",
    "CREATE TABLE t (a INT) ENGINE 'spider'": "table t keeps its rows elsewhere",
    "CREATE TABLE t (a INT) DATA DIRECTORY='/nowhere'": "table t has its files elsewhere (DATA DIRECTORY)",
    "CREATE TABLE t (a INT) INDEX DIRECTORY '/nowhere'": "table t has its files elsewhere (INDEX DIRECTORY)",
    "CREATE TABLE t (a INT) PARTITION BY HASH (a) (PARTITION p DATA DIRECTORY = '/nowhere')": "has its files elsewhere",
    "CREATE TABLE t (a INT) /*!50100 TABLESPACE `shared` */": "lies in a tablespace of the whole server (shared)",
    "CREATE TABLE t (a INT) PARTITION BY HASH (a) (PARTITION p TABLESPACE = shared)": "lies in a tablespace",
    "ALTER TABLE t ADD COLUMN b INT, TABLESPACE shared": "lies in a tablespace of the whole server (shared)",
    "CREATE VIEW v AS SELECT load_file ('x') AS c": "view v calls LOAD_FILE",
    "CREATE VIEW v AS SELECT GET_LOCK('x', 1) AS c": "view v calls GET_LOCK",
    "SELECT 1 INTO OUTFILE 'nothing'": "writes a file of the server",
    "SELECT 1 INTO DUMPFILE 'nothing'": "writes a file of the server",
    "SET GLOBAL max_connections = 1": "sets a variable of the whole server",
    "SET @x = 1, GLOBAL max_connections = 1": "sets a variable of the whole server",
    "SET @@global.max_connections = 1": "sets a variable of the whole server",
    "CREATE DATABASE d": "is of the whole server (DATABASE)",
    "/* c */ DROP DATABASE d": "is of the whole server (DATABASE)",
    "CREATE DEFINER = CURRENT_USER EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1": "is of the whole server (EVENT)",
    "CREATE USER u": "is of the whole server (USER)",
    "GRANT ALL ON *.* TO u": "begins with GRANT",
    "USE {other}": "begins with USE",
    "KILL 1": "begins with KILL",
    "LOAD DATA INFILE 'nothing' INTO TABLE t": "begins with LOAD",
    "CALL p()": "begins with CALL",
}
ALLOWED = [
    "CREATE TABLE t (a VARCHAR(90) DEFAULT '{other}.x', `{other}.x` INT) COMMENT 'SET GLOBAL, load_file(1)'",
    "CREATE TABLE `user` (a INT, event INT, role INT)",
    "CREATE VIEW v AS SELECT {other}.a FROM t AS {other}",
    "CREATE VIEW v AS SELECT `{other}`.`a` FROM `{other}`",
    "CREATE VIEW v AS SELECT table_name FROM information_schema.tables",
    "CREATE VIEW v AS SELECT t.a, x.{other} FROM t JOIN x",
    "CREATE TABLE connect (global INT, outfile INT, sleep INT)",
    "CREATE TABLE tablespace (directory INT, tablespace INT, INDEX directory (tablespace), CHECK (tablespace = 1))",
    "ALTER TABLE t ADD COLUMN tablespace INT",
    "CREATE TABLE t (a INT) TABLESPACE innodb_file_per_table",
    "CREATE TRIGGER a AFTER INSERT ON t FOR EACH ROW SET @x = '{other}.x' -- {other}.x",
    "UPDATE t SET a = 1 WHERE a IS NULL",
]


async def answer(scratch: Enclosure, sql: str) -> str:
    """Why a statement is refused, empty where it is not."""
    try:
        await scratch.check(sql)
    except Unsupported as error:
        return error.what
    return ""


@pytest.mark.tried(KIND)
@pytest.mark.parametrize("dialect", BOTH)
def test_what_would_reach_out_is_refused_with_its_name(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        async with open_server(fresh_database(dialect)) as beside, open_server(fresh_database(dialect)) as server:
            await load(beside, ["CREATE TABLE x (b INT)", "CREATE FUNCTION f(a INT) RETURNS INT NO SQL RETURN a"])
            name = beside.info.database

            def named(text: str) -> str:
                return text.replace("{other}", name).replace("{OTHER}", name.upper())

            async with server.dialect.open_scratch(server.connection, server.url, server.info) as scratch:
                answers = {sql: await answer(scratch, named(sql)) for sql in (*REFUSED, *ALLOWED)}
                wrong = {sql: said for sql, said in answers.items() if named(REFUSED.get(sql, "")) not in said}
                assert not wrong
                assert [sql for sql in ALLOWED if answers[sql]] == []

    run(check())


@pytest.mark.tried(KIND)
@pytest.mark.parametrize("dialect", BOTH)
def test_a_trigger_has_no_body_until_it_is_completed(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        async with open_server(fresh_database(dialect)) as server:
            opened = server.dialect.open_scratch(server.connection, server.url, server.info)
            async with opened as scratch:
                for sql in (
                    "CREATE TABLE t (a INT)",
                    "CREATE TABLE seen (a INT)",
                    "CREATE TRIGGER `one``two` AFTER INSERT ON t FOR EACH ROW /*!50000 INSERT INTO seen VALUES (1) */",
                    "CREATE TRIGGER b AFTER INSERT ON t FOR EACH ROW FOLLOWS `one``two` INSERT INTO seen VALUES (2)",
                    "CREATE TRIGGER c BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a + 1",
                    "INSERT INTO t VALUES (1)",
                    "ALTER TABLE t RENAME COLUMN a TO other",
                ):
                    await scratch.execute(sql)
                assert await scratch.fetch("SELECT * FROM seen") == []
                assert await scratch.fetch("SELECT * FROM t") == [(1,)]
                [broken] = await scratch.complete_triggers()
                assert broken.startswith("trigger c of t (")
                await scratch.inner.execute("INSERT INTO t VALUES (1)")
                assert await scratch.fetch("SELECT a FROM seen ORDER BY a") == [(1,), (2,)]

    run(check())


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE t (a INT)", "CREATE VIEW trigger_v AS SELECT 1", "UPDATE t SET a = 'CREATE TRIGGER'"]
)
def test_other_statements_are_no_triggers(sql: str) -> None:
    assert as_trigger(sql, DEFAULT_INFO) is None


@pytest.mark.tried(KIND)
@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ADD CHECK (dblink('x', 'y') IS NULL)",
        "CREATE VIEW v AS SELECT \"dblink_exec\" ('x', 'y')",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ SELECT lo_export(1, 'nothing') $$",
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT pg_read_file('nothing') $$",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$BEGIN COPY t TO PROGRAM 'true'; END$$",
        "COPY t (a) FROM 'nothing'",
        "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
        "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
        "IMPORT FOREIGN SCHEMA public FROM SERVER s INTO public",
        "CREATE DATABASE d",
        "ALTER SYSTEM SET work_mem = 1",
        "SELECT pg_terminate_backend(1)",
        "SELECT cron.schedule('x', 'y', 'z')",
        'SELECT U&"\\0064blink"(1)',
        "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f()",
        "SET ROLE postgres",
    ],
)
def test_what_leaves_a_postgres_database_is_seen(sql: str) -> None:
    assert reaches(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "COMMENT ON TABLE t IS 'CREATE USER x; COPY t TO PROGRAM ''true''; dblink(1)'",
        "CREATE TABLE t (a text DEFAULT 'lo_export(1)') -- dblink(1)",
        "CREATE TABLE copy (http text, dblink text, role text)",
        "CREATE INDEX i ON t (lower(http))",
        "ALTER TABLE t ADD COLUMN copied_to text, ADD COLUMN server text",
        "CREATE TRIGGER a AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "SELECT set_config('schemadrift.view_0', 'x', false)",
    ],
)
def test_ordinary_text_of_postgres_is_let_through(sql: str) -> None:
    assert reaches(sql) == ""


@pytest.mark.tried(KIND)
@pytest.mark.postgres
def test_a_function_that_reaches_out_is_there_without_its_body(fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        async with open_server(fresh_database("postgres")) as server:
            await load(
                server,
                [
                    "CREATE FUNCTION made(n int) RETURNS int LANGUAGE plpgsql AS "
                    "$$BEGIN EXECUTE 'SELECT 1'; RETURN n; END$$",
                    "CREATE FUNCTION plain(n int) RETURNS int LANGUAGE sql AS 'SELECT n + 1'",
                ],
            )
            async with server.dialect.open_scratch(server.connection, server.url, server.info) as scratch:
                await scratch.execute("CREATE TABLE t (a int DEFAULT plain(1), b int DEFAULT made(1))")
                assert [str(item) for item in scratch.left_out.values()] == [
                    "function made(n integer): it runs SQL that is made when it runs"
                ]
                await scratch.execute("INSERT INTO t (b) VALUES (1)")
                assert [tuple(row) for row in await scratch.fetch("SELECT a FROM t")] == [(2,)]
                with pytest.raises(StatementFailed, match="is not run in a scratch database"):
                    await scratch.execute("INSERT INTO t (a) VALUES (1)")

    run(check())


class Texts:
    """A connection that keeps what it is sent, and refuses what has a word in it."""

    dialect = "postgres"

    def __init__(self, refused: str = "-") -> None:
        self.sent: list[str] = []
        self.refused = refused

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[object, ...]]:
        raise AssertionError(sql)

    async def execute(self, sql: str) -> None:
        if self.refused in sql:
            raise StatementFailed("refused", sql=sql)
        self.sent.append(sql)

    async def close(self) -> None:
        pass


async def lends(sql: str) -> list[Needed]:
    return [Needed("f", "CREATE FUNCTION f")] if "f()" in sql else []


def sent(statements: list[str], refused: str = "-") -> tuple[list[str], int]:
    """What is sent of them, three together at most, and how many were done."""
    texts, done = Texts(refused), list[None]()
    enclosure = Enclosure(texts, stays_inside, lends, together=3)
    run(enclosure.execute_all(statements, lambda: done.append(None)))
    return [text.replace("\n;\n", " + ") for text in texts.sent], len(done)


def test_definitions_are_sent_together_and_all_else_alone() -> None:
    five = [f"CREATE TABLE {name}" for name in "abcde"]
    assert sent(five) == ([" + ".join(five[:3]), " + ".join(five[3:])], 5)
    assert sent(["ALTER TABLE a", "COMMENT ON x", "INSERT INTO a", "CREATE INDEX i"]) == (
        ["ALTER TABLE a + COMMENT ON x", "INSERT INTO a", "CREATE INDEX i"],
        4,
    )
    own = ["BEGIN", *five[:2], "COMMIT", *five[2:4]]
    assert sent(own) == (["BEGIN", *five[:2], "COMMIT", " + ".join(five[2:4])], 6)
    assert sent([five[0], "CREATE VIEW v AS SELECT f()", five[1]])[0] == [
        five[0],
        "CREATE FUNCTION f",
        "CREATE VIEW v AS SELECT f() + CREATE TABLE b",
    ]


def test_what_fails_among_others_is_the_statement_that_is_named() -> None:
    three = [f"CREATE TABLE {name}" for name in "abc"]
    assert sent(three, refused="\n;\n") == (three, 3), "what only fails because it is not alone"
    with pytest.raises(StatementFailed) as failed:
        sent(three, refused="TABLE b")
    assert failed.value.sql == "CREATE TABLE b"


@pytest.mark.tried(KIND)
def test_a_text_is_looked_at_as_it_is_sent() -> None:
    """A literal that one statement does not close would hide what the next one has, or show what it hides."""
    harmless = ["COMMENT ON TABLE t IS 'open", "COMMENT ON TABLE t IS ' + pg_sleep(1)'"]
    assert [reaches(sql) for sql in harmless] == ["", ""]
    assert sent(harmless) == (harmless, 2)
    with pytest.raises(Unsupported, match="view v calls pg_sleep") as refused:
        sent(["CREATE TABLE a", "CREATE VIEW v AS SELECT pg_sleep(1)"])
    assert refused.value.sql == "CREATE VIEW v AS SELECT pg_sleep(1)"
