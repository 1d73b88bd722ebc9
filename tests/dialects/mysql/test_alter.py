"""Plans on tables with rows: what the server accepts, what comes out, and what is left of the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import pytest

from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.changes import RenameColumn, RenameTable
from pytest_schemadrift.schema.model import Name
from tests.dialects.mysql.database import BOTH, Database, opened, run

NewDatabase = Callable[[str], str]


class Case(NamedTuple):
    """``old`` with its rows becomes ``new``; ``rows`` is what ``query`` must give afterwards."""

    name: str
    old: str
    new: str
    query: str = ""
    rows: Sequence[tuple[Any, ...]] = ()
    only: str = ""
    statements: int | None = None
    names: Literal["shape", "strict"] = "strict"


PARENT = "CREATE TABLE p (id int PRIMARY KEY, code varchar(10) UNIQUE); INSERT INTO p VALUES (1, 'a'), (2, 'b');"
GENERATED = "CREATE TABLE t (id int PRIMARY KEY, a int, {}, b int, KEY kg (g));"
TWO_ROWS = "INSERT INTO t (id, a, b) VALUES (1, 5, 7), (2, NULL, 8);"

CASES = [
    Case(
        "filled under a check that is no longer enforced",
        "CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT k CHECK (a > 0)); INSERT INTO t VALUES (1, NULL);",
        "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL DEFAULT 0, CONSTRAINT k CHECK (a > 0) NOT ENFORCED)",
        "SELECT a FROM t ORDER BY id",
        [(0,)],
        only="mysql",
        statements=3,
    ),
    Case(
        "virtual-to-stored",
        GENERATED.format("g int AS (a + 1) VIRTUAL") + TWO_ROWS,
        GENERATED.format("g int AS (a + 1) STORED"),
        "SELECT id, a, g, b FROM t",
        [(1, 5, 6, 7), (2, None, None, 8)],
    ),
    Case(
        "stored-to-virtual",
        GENERATED.format("g int AS (a + 1) STORED") + TWO_ROWS,
        GENERATED.format("g int AS (a + 1) VIRTUAL"),
        "SELECT id, a, g, b FROM t",
        [(1, 5, 6, 7), (2, None, None, 8)],
    ),
    Case(
        "virtual-to-plain-keeps-the-values",
        GENERATED.format("g int AS (a + 1) VIRTUAL") + TWO_ROWS,
        GENERATED.format("g int"),
        "SELECT id, a, g, b FROM t",
        [(1, 5, 6, 7), (2, None, None, 8)],
    ),
    Case(
        "stored-to-plain-keeps-the-values",
        GENERATED.format("g int AS (a + 1) STORED") + TWO_ROWS,
        GENERATED.format("g int"),
        "SELECT id, a, g, b FROM t",
        [(1, 5, 6, 7), (2, None, None, 8)],
    ),
    Case(
        "plain-to-stored",
        GENERATED.format("g int") + TWO_ROWS,
        GENERATED.format("g int AS (a + 1) STORED"),
        "SELECT id, a, g, b FROM t",
        [(1, 5, 6, 7), (2, None, None, 8)],
    ),
    Case(
        "plain-to-virtual",
        GENERATED.format("g int") + TWO_ROWS,
        GENERATED.format("g int AS (a + 1) VIRTUAL"),
        "SELECT id, a, g, b FROM t",
        [(1, 5, 6, 7), (2, None, None, 8)],
    ),
    Case(
        "generated-expression-changes",
        GENERATED.format("g int AS (a + 1) STORED, v int AS (b * 2)") + TWO_ROWS,
        GENERATED.format("g int AS (a + 2) STORED, v int AS (b * 3)"),
        "SELECT g, v FROM t",
        [(7, 21), (None, 24)],
        statements=1,
    ),
    Case(
        "base-of-a-generated-column-changes-type-and-another-goes",
        "CREATE TABLE t (id int PRIMARY KEY, a int, c int, g int AS (a + 1), h int AS (c) STORED);"
        "INSERT INTO t (id, a, c) VALUES (1, 5, 6);",
        "CREATE TABLE t (id int PRIMARY KEY, a bigint, g int AS (a + 1));",
        "SELECT id, a, g FROM t",
        [(1, 5, 6)],
    ),
    Case(
        "auto-increment-with-its-key",
        "CREATE TABLE t (a int NOT NULL); INSERT INTO t VALUES (10), (20);",
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a int NOT NULL);",
        "SELECT id, a FROM t",
        [(1, 10), (2, 20)],
        statements=1,
    ),
    Case(
        "auto-increment-on-an-old-column",
        "CREATE TABLE t (id int NOT NULL, a int); INSERT INTO t VALUES (7, 1);",
        "CREATE TABLE t (id bigint NOT NULL AUTO_INCREMENT, a int, PRIMARY KEY (id));",
        "SELECT id, a FROM t",
        [(7, 1)],
        statements=1,
    ),
    Case(
        "auto-increment-and-primary-key-go",
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a int); INSERT INTO t VALUES (7, 1);",
        "CREATE TABLE t (id int NOT NULL, a int);",
        "SELECT id, a FROM t",
        [(7, 1)],
        statements=1,
    ),
    Case(
        "primary-key-moves-and-auto-increment-keeps-a-key",
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a int NOT NULL); INSERT INTO t VALUES (7, 1);",
        "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT, a int NOT NULL, PRIMARY KEY (a, id), KEY k (id));",
        "SELECT id, a FROM t",
        [(7, 1)],
        statements=1,
    ),
    Case(
        "index-of-the-same-name",
        "CREATE TABLE t (a int, b int, c varchar(20), KEY k (a), UNIQUE KEY u (b), KEY p (c(5)));",
        "CREATE TABLE t (a int, b int, c varchar(20), UNIQUE KEY k (a, b), KEY u (b DESC), KEY p (c(6)));",
        statements=1,
    ),
    Case(
        "everything-of-a-column-at-once",
        "CREATE TABLE t (id int PRIMARY KEY, a varchar(10)); INSERT INTO t VALUES (1, '5');",
        "CREATE TABLE t (id int PRIMARY KEY, a varchar(20) CHARACTER SET latin1 NOT NULL DEFAULT 'x' COMMENT 'it''s');",
        "SELECT a FROM t",
        [("5",)],
        statements=3,  # rows that have no value are filled between the two
    ),
    Case(
        "comment-alone-restates-the-rest",
        "CREATE TABLE t (id int PRIMARY KEY, d datetime(6) NOT NULL DEFAULT now(6) ON UPDATE now(6), e enum('a') "
        "CHARACTER SET latin1 DEFAULT 'a', g int AS (id + 1) COMMENT 'old');",
        "CREATE TABLE t (id int PRIMARY KEY, d datetime(6) NOT NULL DEFAULT now(6) ON UPDATE now(6) COMMENT 'd', "
        "e enum('a') CHARACTER SET latin1 DEFAULT 'a' COMMENT 'e', g int AS (id + 1) COMMENT 'new');",
        statements=1,
    ),
    Case(
        "columns-come-go-and-move",
        "CREATE TABLE t (a int, b int, c int, d int); INSERT INTO t VALUES (1, 2, 3, 4);",
        "CREATE TABLE t (z int, d int, a int, y int DEFAULT 9, x int, c int, w int);",
        "SELECT * FROM t",
        [(None, 4, 1, 9, None, 3, None)],
        statements=1,
    ),
    Case(
        "column-of-an-index-goes",
        "CREATE TABLE t (a int, b int, c int, KEY ab (a, b), UNIQUE KEY b (b), KEY bc (b, c), "
        "CONSTRAINT k CHECK (b > 0)); INSERT INTO t VALUES (1, 2, 3);",
        "CREATE TABLE t (a int, c int, KEY ab (a), KEY bc (c));",
        "SELECT a, c FROM t",
        [(1, 3)],
    ),
    Case(
        "check-of-the-same-name",
        "CREATE TABLE t (a int, CONSTRAINT k CHECK (a > 0), CONSTRAINT l CHECK (a < 9));",
        "CREATE TABLE t (a int, b int, CONSTRAINT k CHECK (a > 1), CONSTRAINT m CHECK (b < 9));",
        statements=1,
    ),
    Case(
        "check-soft-to-enforced",
        "CREATE TABLE t (a int, CONSTRAINT k CHECK (a > 0) NOT ENFORCED, CONSTRAINT l CHECK (a < 9));",
        "CREATE TABLE t (a int, CONSTRAINT k CHECK (a > 0), CONSTRAINT l CHECK (a < 9) NOT ENFORCED);",
        only="mysql",
    ),
    Case(
        "check-of-a-column",
        "CREATE TABLE t (a int COMMENT 'x' CHECK (a > 0), b int CHECK (b > 0), c int, d int CHECK (d > 0));",
        "CREATE TABLE t (a int COMMENT 'x' CHECK (a > 1), b int, c int CHECK (c > 0), d int DEFAULT 3 CHECK (d > 0));",
        statements=1,
        only="mariadb",
    ),
    Case(
        "foreign-key-comes-and-goes-with-its-index",
        PARENT + "CREATE TABLE t (id int, p int, q int, CONSTRAINT fq FOREIGN KEY (q) REFERENCES p (id));"
        "INSERT INTO t VALUES (1, 1, 2);",
        PARENT + "CREATE TABLE t (id int, p int, q int, CONSTRAINT fp FOREIGN KEY (p) REFERENCES p (id));",
        "SELECT * FROM t",
        [(1, 1, 2)],
    ),
    Case(
        "foreign-key-changes-its-action",
        PARENT + "CREATE TABLE t (p int, CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id)); INSERT INTO t VALUES (1);",
        PARENT + "CREATE TABLE t (p int, CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE);",
        "SELECT * FROM t",
        [(1,)],
    ),
    Case(
        "columns-of-a-foreign-key-grow",
        PARENT + "CREATE TABLE t (p int, CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id)); INSERT INTO t VALUES (1);",
        "CREATE TABLE p (id bigint PRIMARY KEY, code varchar(10) UNIQUE);"
        "CREATE TABLE t (p bigint, CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id));",
        "SELECT * FROM t",
        [(1,)],
    ),
    Case(
        "collation-under-a-foreign-key",
        PARENT + "CREATE TABLE t (c varchar(10), FOREIGN KEY (c) REFERENCES p (code)); INSERT INTO t VALUES ('a');",
        "CREATE TABLE p (id int PRIMARY KEY, code varchar(10) COLLATE utf8mb4_bin UNIQUE);"
        "CREATE TABLE t (c varchar(10) COLLATE utf8mb4_bin, FOREIGN KEY (c) REFERENCES p (code));",
        "SELECT * FROM t",
        [("a",)],
        names="shape",  # the server names its own index anew when the key comes back
    ),
    Case(
        "index-under-a-foreign-key-is-replaced",
        PARENT + "CREATE TABLE t (p int, q int, KEY pq (p, q), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id));"
        "INSERT INTO t VALUES (1, 2);",
        PARENT + "CREATE TABLE t (p int, q int, KEY qp (q, p), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id));",
        "SELECT * FROM t",
        [(1, 2)],
    ),
    Case(
        "unique-under-a-foreign-key-becomes-plain",
        PARENT + "CREATE TABLE t (p int, UNIQUE KEY u (p), CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id));",
        PARENT + "CREATE TABLE t (p int, CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id));",
    ),
    Case(
        "referenced-primary-key-gets-wider",
        PARENT + "CREATE TABLE t (p int, CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id)); INSERT INTO t VALUES (1);",
        "CREATE TABLE p (id int, code varchar(10), PRIMARY KEY (id, code), UNIQUE KEY u (id), UNIQUE KEY code (code));"
        "CREATE TABLE t (p int, CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id));",
        "SELECT * FROM t",
        [(1,)],
    ),
    Case(
        "table-goes-from-under-a-foreign-key",
        PARENT + "CREATE TABLE t (p int, q int, FOREIGN KEY (p) REFERENCES p (id)); INSERT INTO t VALUES (1, 2);",
        "CREATE TABLE t (p int, q int);",
        "SELECT * FROM t",
        [(1, 2)],
    ),
    Case(
        "tables-in-a-circle",
        "CREATE TABLE x (id int);",
        "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int, "
        "FOREIGN KEY (a) REFERENCES a (id)); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (id);",
    ),
    Case(
        "charset-of-a-table",
        "CREATE TABLE t (a varchar(10), b text, c varchar(5) CHARACTER SET ascii) CHARACTER SET latin1;"
        "INSERT INTO t VALUES ('\u00e9', '\u00e8', 'c');",
        "CREATE TABLE t (a varchar(10), b text, c varchar(5) CHARACTER SET ascii, d char(3)) CHARACTER SET utf8mb4;",
        "SELECT a, b, c FROM t",
        [("\u00e9", "\u00e8", "c")],
        statements=1,
    ),
    Case(
        "options-of-a-table",
        "CREATE TABLE t (a int, b varchar(3)) ENGINE=MyISAM COMMENT='old' CHECKSUM=1;",
        "CREATE TABLE t (a int, b varchar(3)) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4 COMMENT='new' STATS_PERSISTENT=0",
        statements=1,
    ),
    Case(
        "options-of-a-table-back-to-the-defaults",
        "CREATE TABLE t (a int) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4 COMMENT='new' STATS_PERSISTENT=0;",
        "CREATE TABLE t (a int);",
        statements=1,
    ),
    Case(
        "partitions-come",
        "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 2), (20, 3);",
        "CREATE TABLE t (id int PRIMARY KEY, a int, b int) PARTITION BY RANGE (id) "
        "(PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN MAXVALUE);",
        "SELECT id, a FROM t ORDER BY id",
        [(1, 2), (20, 3)],
    ),
    Case(
        "partitions-go",
        "CREATE TABLE t (id int PRIMARY KEY, a int) PARTITION BY HASH (id) PARTITIONS 3; INSERT INTO t VALUES (1, 2);",
        "CREATE TABLE t (id int PRIMARY KEY, a int);",
        "SELECT id, a FROM t",
        [(1, 2)],
    ),
    Case(
        "text-to-json-and-back",
        "CREATE TABLE t (a json, b longtext, c json NOT NULL); INSERT INTO t VALUES ('[1]', '[2]', '[3]');",
        "CREATE TABLE t (a longtext, b json, c json); ",
        "SELECT a, b, c FROM t",
        [("[1]", "[2]", "[3]")],
        statements=1,
    ),
    Case(
        "enum-grows-and-reorders",
        "CREATE TABLE t (a enum('x','y'), b set('p','q')); INSERT INTO t VALUES ('y', 'q');",
        "CREATE TABLE t (a enum('z','y','x'), b set('p','q','r'));",
        "SELECT a, b FROM t",
        [("y", "q")],
    ),
    Case(
        "special-indexes",
        "CREATE TABLE t (id int PRIMARY KEY, a text, b text, g point NOT NULL, h point NOT NULL, FULLTEXT KEY f (a), "
        "SPATIAL KEY s (g));",
        "CREATE TABLE t (id int PRIMARY KEY, a text, b text, g point NOT NULL, h point NOT NULL, FULLTEXT KEY f (a, b),"
        " SPATIAL KEY s (h), KEY k (a(10)) COMMENT 'k');",
    ),
    Case(
        "functional-and-invisible-indexes",
        "CREATE TABLE t (a varchar(10), b int, KEY f ((lower(a))), KEY v (b), KEY w (a), FULLTEXT KEY ft (a));",
        "CREATE TABLE t (a varchar(10), b int INVISIBLE, KEY f ((upper(a))), KEY v (b) INVISIBLE, KEY w (a DESC), "
        "FULLTEXT KEY ft (a) WITH PARSER ngram);",
        only="mysql",
    ),
    Case(
        "ignored-index-and-invisible-column",
        "CREATE TABLE t (a varchar(10), b int, KEY v (b), KEY w (a) IGNORED);",
        "CREATE TABLE t (a varchar(10), b int INVISIBLE, KEY v (b) IGNORED, KEY w (a));",
        only="mariadb",
    ),
    Case(
        "names-with-quotes-and-reserved-words",
        "CREATE TABLE `select` (`a``b` int, `order` int, `\u00e9 \u00fc` int, KEY `k``1` (`a``b`));",
        "CREATE TABLE `select` (`a``b` bigint, `order` int COMMENT 'it''s \\\\ ', `\u00e9 \u00fc` int, `group` int, "
        "KEY `k``1` (`a``b`, `order`), CONSTRAINT `x``y` CHECK (`a``b` > 0));",
    ),
]


def variants() -> list[object]:
    return [
        pytest.param(dialect, case, id=f"{dialect}-{case.name}", marks=getattr(pytest.mark, dialect))
        for dialect in ("mysql", "mariadb")
        for case in CASES
        if case.only in ("", dialect)
    ]


@pytest.mark.parametrize(("dialect", "case"), variants())
def test_a_plan_is_accepted_and_arrives(dialect: str, case: Case, fresh_database: NewDatabase) -> None:
    run(_arrive(case, fresh_database(dialect), fresh_database(dialect)))


async def _arrive(case: Case, old_url: str, new_url: str) -> None:
    policy = Policy(whole=True, column_order=True, names=case.names)
    async with opened(old_url) as database, opened(new_url) as fresh:
        await database.load(case.old)
        await fresh.load(case.new)
        wanted = await fresh.dump()
        for text in (case.old, case.new):
            assert fresh.parse(text).unsupported == ()
        statements = await _plan(database, wanted, policy)
        for statement in statements:
            await database.connection.execute(statement)
        found = await database.dump()
        target, _ = normalize(found, wanted, policy)
        assert diff(found, target) == (), statements
        if case.statements is not None:
            assert len(statements) == case.statements, statements
        if case.query:
            assert await database.connection.fetch(case.query) == list(case.rows)


async def _plan(database: Database, wanted: Any, policy: Policy) -> list[str]:
    live = await database.dump()
    target, _ = normalize(live, wanted, policy)
    return build_plan(live, target, database.dialect, database.info).sql()


@pytest.mark.parametrize("dialect", BOTH)
def test_a_value_that_does_not_fit_stops_the_plan(dialect: str, fresh_database: NewDatabase) -> None:
    """M29: outside of strict mode the server would cut it."""

    async def check() -> None:
        async with opened(fresh_database(dialect)) as database, opened(fresh_database(dialect)) as fresh:
            await database.load("CREATE TABLE t (a varchar(10), b int); INSERT INTO t VALUES ('too long', 70000)")
            await fresh.load("CREATE TABLE t (a varchar(3), b smallint)")
            statements = await _plan(database, await fresh.dump(), Policy(whole=True))
            with pytest.raises(StatementFailed):
                for statement in statements:
                    await database.connection.execute(statement)
            assert await database.connection.fetch("SELECT a, b FROM t") == [("too long", 70000)]

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_renames_with_all_that_names_the_column(dialect: str, fresh_database: NewDatabase) -> None:
    """MySQL refuses to rename what a check, a generated column or an index expression names."""
    old = (
        "CREATE TABLE p (k int PRIMARY KEY); CREATE TABLE t (a int, g int AS (a + 1) STORED, b int, v int AS (b * 2), "
        "c int, CONSTRAINT two CHECK (a < b), CONSTRAINT one CHECK (a > 0), KEY kg (g), KEY ka (a), KEY kc (c), "
        "CONSTRAINT f FOREIGN KEY (c) REFERENCES p (k)); INSERT INTO p VALUES (3);"
        "INSERT INTO t (a, b, c) VALUES (1, 2, 3);"
    )
    new = (
        "CREATE TABLE q (kk int PRIMARY KEY); CREATE TABLE t (aa int, g int AS (aa + 1) STORED, bb int, "
        "v int AS (bb * 2), cc int, CONSTRAINT two CHECK (aa < bb), CONSTRAINT one CHECK (aa > 0), KEY kg (g), "
        "KEY ka (aa), KEY kc (cc), CONSTRAINT f FOREIGN KEY (cc) REFERENCES q (kk));"
    )
    renames = [
        RenameTable(Name("", "p"), Name("", "q")),
        RenameColumn(Name("", "q"), "k", "kk"),
        *(RenameColumn(Name("", "t"), name, name * 2) for name in "abc"),
    ]

    async def check() -> None:
        async with opened(fresh_database(dialect)) as database, opened(fresh_database(dialect)) as fresh:
            await database.load(old)
            await fresh.load(new)
            wanted = await fresh.dump()
            plan = build_plan(await database.dump(), wanted, database.dialect, database.info, renames=renames)
            assert len(plan.sql()) == len(renames)
            for statement in plan.sql():
                await database.connection.execute(statement)
            assert await database.dump() == wanted
            assert await database.connection.fetch("SELECT aa, g, bb, v, cc FROM t") == [(1, 2, 2, 4, 3)]

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_zero_stays_zero_when_a_column_becomes_auto_increment(dialect: str, fresh_database: NewDatabase) -> None:
    async def check() -> None:
        async with opened(fresh_database(dialect)) as database, opened(fresh_database(dialect)) as fresh:
            await database.load("CREATE TABLE t (id int NOT NULL, a int); INSERT INTO t VALUES (0, 1), (5, 2)")
            await fresh.load("CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a int)")
            for statement in await _plan(database, await fresh.dump(), Policy(whole=True)):
                await database.connection.execute(statement)
            assert await database.connection.fetch("SELECT id, a FROM t ORDER BY id") == [(0, 1), (5, 2)]

    run(check())
