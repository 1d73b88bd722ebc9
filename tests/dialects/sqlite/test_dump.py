"""The law of all that can be dumped: exported, loaded and dumped again it is the same, and read statically too."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import aiosqlite
import pytest

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.sqlite import SQLITE, AiosqliteDumper
from pytest_schemadrift.dialects.sqlite.catalog.queries import query as query_text
from pytest_schemadrift.dialects.sqlite.catalog.rows import ROWS
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.structure import structure_only
from tests.dialects.sqlite.database import connected, dump, execute, export, load, open_file, parse, plan, query
from tests.harness import CORPORA

ZOO = Path(__file__).parents[2] / "examples" / "zoo"

SCRIPTS = {
    "every column clause": """
        CREATE TABLE t (
            id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL /* the key */,
            a VARCHAR(20) NOT NULL ON CONFLICT REPLACE DEFAULT 'it''s' COLLATE NOCASE UNIQUE ON CONFLICT IGNORE,
            b DECIMAL(10,2) DEFAULT -5.50 CONSTRAINT positive CHECK (b > -10 AND t.b < 10),
            c TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
            d CHAR(36) DEFAULT (lower(hex(randomblob(16)))),
            e, f "my type", g [text] DEFAULT "quoted", h BLOB DEFAULT x'00ff', i INT DEFAULT 0x10, j REAL DEFAULT 1e3,
            k INT GENERATED ALWAYS AS (id * 2) STORED, l TEXT AS (a || 'x') NOT NULL CHECK (l <> ''),
            m INT DEFAULT true, n DEFAULT null, o DEFAULT (1+2), p DEFAULT +5
        )""",
    "S3 every primary key": """
        CREATE TABLE a (x INTEGER PRIMARY KEY);
        CREATE TABLE b (x INT PRIMARY KEY);
        CREATE TABLE c (x INTEGER PRIMARY KEY DESC, y);
        CREATE TABLE d (x INTEGER, PRIMARY KEY (x DESC));
        CREATE TABLE e (x, y TEXT COLLATE NOCASE, z,
            CONSTRAINT k PRIMARY KEY (z DESC, y COLLATE RTRIM) ON CONFLICT FAIL);
        CREATE TABLE f (x INTEGER PRIMARY KEY DESC) WITHOUT ROWID;
        CREATE TABLE g (x TEXT, y INT, PRIMARY KEY (y, x)) STRICT, WITHOUT ROWID;
        CREATE TABLE h (x TEXT PRIMARY KEY, y ANY, z BLOB) STRICT;
        CREATE TABLE i (x "integer" CONSTRAINT pk PRIMARY KEY ON CONFLICT REPLACE AUTOINCREMENT);
        CREATE TABLE j (x INTEGER PRIMARY KEY UNIQUE, y TEXT UNIQUE, UNIQUE (y, x), UNIQUE (Y));""",
    "S9 every foreign key": """
        CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT, b TEXT, UNIQUE (a, b));
        CREATE TABLE c (
            one REFERENCES P, two INT CONSTRAINT fk REFERENCES "p" (ID) ON DELETE CASCADE ON UPDATE SET NULL,
            three INT REFERENCES c (one) ON DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED,
            four REFERENCES later (x) MATCH FULL ON UPDATE RESTRICT,
            CONSTRAINT both FOREIGN KEY (THREE, four) REFERENCES p (B, A) ON DELETE NO ACTION NOT DEFERRABLE,
            FOREIGN KEY (one, two) REFERENCES p (a, b)
        );
        CREATE TABLE later (x PRIMARY KEY REFERENCES c);""",
    "S6 S8 every index": """
        CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b TEXT, c INT,
            CONSTRAINT uid UNIQUE (b, c DESC));
        CREATE UNIQUE INDEX one ON t (a DESC, b COLLATE RTRIM);
        CREATE INDEX two ON T (lower("b") DESC, c + id, (a)) WHERE t.c IS NOT NULL AND "b" <> 'x';
        CREATE INDEX three ON t ("nowhere", 'b' COLLATE BINARY);
        CREATE INDEX four ON t (a || b COLLATE NOCASE);
        CREATE INDEX five ON t (A COLLATE BINARY);""",
    "plain indexes, and such as look like it": """
        CREATE TABLE "T t" ("Id" INTEGER PRIMARY KEY, "a b" TEXT COLLATE NOCASE, "x" INT, "a"", ""x" INT, "É" INT);
        CREATE INDEX "plain" ON "T t" ("Id", "a b");
        CREATE UNIQUE INDEX "Other case" ON "t T" ("X", "É", "ID");
        CREATE INDEX "no column" ON "T t" ("x", "nowhere");
        CREATE INDEX "a comma" ON "T t" ("a"", ""x", "x");
        CREATE INDEX "part" ON "T t" ("x") WHERE "x" > 0;
        CREATE INDEX "down" ON "T t" ("x" DESC, "a b");
        CREATE INDEX "collated" ON "T t" ("a b" COLLATE BINARY);
        CREATE INDEX  "blank"  ON "T t" ("a b","x");""",
    "names with quotes, blanks, and words": '''
        CREATE TABLE "a ""b""" ("select" INT, [c d] INT, `e``f` INT UNIQUE, "ñ" TEXT, "x'y" INT DEFAULT 'z"z',
            CONSTRAINT "odd ""name""" CHECK ("select" > 0), FOREIGN KEY ("select") REFERENCES "a ""b""" ("e`f"));
        CREATE INDEX "i ""i""" ON "a ""b""" ("x'y", "Ñ");
        CREATE TABLE "Order" ("group" TEXT PRIMARY KEY NOT NULL, "unique" INT DEFAULT 1);''',
    "views and triggers": """
        CREATE TABLE t (a INT, b TEXT);
        CREATE TABLE log (x);
        CREATE VIEW IF NOT EXISTS main.v (one, two) AS SELECT a, b FROM t -- the rest
            WHERE a > 0;
        CREATE VIEW w AS WITH q AS (SELECT * FROM v) SELECT * FROM q, "LOG";
        CREATE VIEW broken AS SELECT * FROM nowhere;
        CREATE TRIGGER after_t AFTER UPDATE OF a, "b" ON t FOR EACH ROW WHEN new.a > 1
            BEGIN INSERT INTO log VALUES (CASE WHEN new.b THEN 'a;' ELSE ';' END); SELECT 1; END;
        CREATE TRIGGER before_t BEFORE DELETE ON T BEGIN SELECT RAISE(ABORT, 'no'); END;
        CREATE TRIGGER on_v INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (new.one, new.two); END;""",
    "S13 virtual tables": """
        CREATE TABLE doc (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
        CREATE VIRTUAL TABLE ft USING fts5(title, body, content='doc', content_rowid='id');
        CREATE VIRTUAL TABLE box USING rtree(id, x0, x1);
        CREATE TABLE ft_mine (x);
        CREATE TRIGGER doc_ai AFTER INSERT ON doc
            BEGIN INSERT INTO ft(rowid, title, body) VALUES (new.id, new.title, new.body); END;""",
    "S11 after ALTER": """
        CREATE TABLE t (a INT /* one */, b TEXT, c, CHECK (a > 0)) /* table */;
        ALTER TABLE t ADD COLUMN d TEXT NOT NULL DEFAULT 'x' COLLATE NOCASE /* late */;
        ALTER TABLE t RENAME COLUMN b TO "b 2";
        ALTER TABLE t DROP COLUMN c;
        ALTER TABLE t RENAME TO "t 2";
        CREATE INDEX i ON "t 2" ("b 2");""",
    "statistics and sequences": """
        CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b INT); CREATE INDEX i ON t (b);
        INSERT INTO t (b) VALUES (1); ANALYZE;""",
    "nothing": "",
}


def check_law(tmp_path: Path, script: str) -> None:
    load(tmp_path / "one", script)
    live = dump(tmp_path / "one")
    assert live.unsupported == ()
    statements = export(live)
    load(tmp_path / "two", ";\n".join(statements))
    assert dump(tmp_path / "two") == live
    assert parse(";\n".join(statements)) == live
    assert parse(script) == live


@pytest.mark.parametrize("story", SCRIPTS)
def test_what_is_dumped_can_be_made_again(story: str, tmp_path: Path) -> None:
    check_law(tmp_path, SCRIPTS[story])


if CORPORA.is_dir():

    def corpus_pairs() -> list[dict[str, str]]:
        path = CORPORA / "ddl-pairs.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines()
        return [pair for pair in map(json.loads, lines) if pair["dialect"] == "sqlite"]

    def corpus() -> Iterator[tuple[str, str]]:
        for pair in corpus_pairs():
            yield f"{pair['name']}-old", pair["old"]
            yield f"{pair['name']}-new", pair["new"]
        for path in sorted((CORPORA / "databases").glob("*-sqlite.sql")):
            yield path.stem, path.read_text(encoding="utf-8")

    @pytest.mark.parametrize("script", [pytest.param(script, id=name) for name, script in corpus()])
    def test_other_peoples_schemas_can_be_made_again(script: str, tmp_path: Path) -> None:
        check_law(tmp_path, script)

    @pytest.mark.parametrize("pair", [pytest.param(pair, id=pair["name"]) for pair in corpus_pairs()])
    def test_other_peoples_changes_converge(pair: dict[str, str], tmp_path: Path) -> None:
        load(tmp_path / "old", pair["old"])
        load(tmp_path / "new", pair["new"])
        execute(tmp_path / "old", plan(dump(tmp_path / "old"), parse(pair["new"])))
        assert plan(dump(tmp_path / "old"), dump(tmp_path / "new")) == []
        assert plan(dump(tmp_path / "new"), parse(pair["new"])) == []


def test_what_the_shell_dumps_is_read(tmp_path: Path) -> None:
    script = "".join(f"{SCRIPTS[story]};" for story in ("S13 virtual tables", "statistics and sequences"))
    load(tmp_path / "one", script)
    connection = open_file(tmp_path / "one")
    text = "\n".join(connection.iterdump())
    shown = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")]
    connection.close()
    for number, script in enumerate((text, _as_the_shell_shows(shown), _as_the_shell_indents(shown))):
        assert parse(script) == dump(tmp_path / "one")
        load(tmp_path / f"copy {number}", ";".join(structure_only(script, "sqlite")))
        assert dump(tmp_path / f"copy {number}") == dump(tmp_path / "one")


def _as_the_shell_shows(statements: list[str]) -> str:
    """As ``.schema`` prints them: the library's own tables, too, and those under a virtual one."""
    quoted = [sql.replace("CREATE TABLE '", "CREATE TABLE IF NOT EXISTS '") for sql in statements]
    quoted = [sql.replace('CREATE TABLE "', 'CREATE TABLE IF NOT EXISTS "') for sql in quoted]
    virtual = [f"{sql}\n/* its columns */" if "VIRTUAL" in sql else sql for sql in quoted]
    return "".join(f"{sql};\n" for sql in virtual)


def _as_the_shell_indents(statements: list[str]) -> str:
    """As ``.schema --indent`` prints them: a line for each part in parentheses."""
    virtual = [sql.replace(", ", ",\n  ").replace("(", "(\n  ", 1) if "VIRTUAL" in sql else sql for sql in statements]
    return _as_the_shell_shows(virtual)


def test_a_database_made_by_tortoise_equals_its_ddl(monkeypatch: pytest.MonkeyPatch) -> None:
    """No scratch database is needed to see that nothing drifted."""
    monkeypatch.syspath_prepend(str(ZOO))

    async def both() -> None:
        from tortoise import Tortoise
        from tortoise.connection import get_connections
        from tortoise.utils import get_schema_sql
        from zoo.settings import config

        await Tortoise.init(config=config("sqlite", "sqlite://:memory:"))
        try:
            client = get_connections().get("default")
            await Tortoise.generate_schemas()
            live = await AiosqliteDumper(client).dump()
            stated = SQLITE.parse(get_schema_sql(client, safe=True), SQLITE.default_info)
        finally:
            await get_connections().close_all()
        assert len(live.tables) > 30
        assert live == stated
        assert live.unsupported == ()

    asyncio.run(both())
    for name in [name for name in sys.modules if name.split(".")[0] == "zoo"]:
        del sys.modules[name]


def test_named_tables_alone(tmp_path: Path) -> None:
    load(tmp_path / "db", SCRIPTS["views and triggers"] + "CREATE TABLE other (a REFERENCES T)")
    schema = dump(tmp_path / "db", ["T"])
    assert [table.name for table in schema.tables] == [Name("", "t")]
    assert [view.name.name for view in schema.views] == ["v"]
    (other,) = dump(tmp_path / "db", ["other"]).tables
    assert other.foreign_keys[0].ref_table == Name("", "t")


def test_the_number_of_queries_does_not_grow(tmp_path: Path) -> None:
    load(tmp_path / "db", ";".join(f"CREATE TABLE t{n} (a INT UNIQUE REFERENCES t0)" for n in range(50)))
    asked = []

    async def count(connection: Connection) -> None:
        fetch = connection.fetch

        async def counted(sql: str, *arguments: object) -> object:
            asked.append(sql)
            return await fetch(sql, *arguments)

        connection.fetch = counted  # type: ignore[method-assign,assignment]
        schema = await SQLITE.dump(connection, SQLITE.default_info, None)
        assert len(schema.tables) == 50

    connected(tmp_path / "db", count)
    assert len(asked) == 5


def test_reading_changes_nothing(tmp_path: Path) -> None:
    load(tmp_path / "db", SCRIPTS["every column clause"])
    before = (tmp_path / "db").read_bytes()
    dump(tmp_path / "db")
    assert (tmp_path / "db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["db"]


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ("CREATE TABLE t (a INT, b INT)", "number of columns"),
        ("CREATE TABLE t (a TEXT)", "the column a"),
        ("CREATE TABLE t (a INT NOT NULL)", "the column a"),
        ("CREATE TABLE t (a INT DEFAULT 1)", "the column a"),
        ("CREATE TABLE t (a INT) STRICT", "STRICT"),
        ("CREATE TABLE t (a INT REFERENCES t)", "foreign keys"),
        ("CREATE TABLE t (a INT UNIQUE)", "indexes"),
        ("CREATE TABLE t", "expected ("),
    ],
)
def test_a_text_that_says_something_else_is_unsupported(wrong: str, part: str, tmp_path: Path) -> None:
    """What our reader understood is held against the pragmas; here the text lies, as a gap in our reader would."""
    load(tmp_path / "db", "CREATE TABLE t (a INT); CREATE TABLE u (a)")

    async def lied_to(connection: Connection) -> object:
        fetch = connection.fetch

        async def lying(sql: str, *arguments: object) -> object:
            rows = await fetch(sql, *arguments)
            return [(*row[:2], wrong) if row[1] == "t" and row[0] == "table" else row for row in rows]

        connection.fetch = lying  # type: ignore[method-assign,assignment]
        return await SQLITE.dump(connection, SQLITE.default_info, None)

    schema = connected(tmp_path / "db", lied_to)
    assert [table.name.name for table in schema.tables] == ["u"]
    (doubt,) = schema.unsupported
    assert (doubt.kind, doubt.table, doubt.sql) == ("table", Name("", "t"), wrong)
    assert part in doubt.reason


def test_a_comment_that_changes_the_affinity_is_not_passed_over(tmp_path: Path) -> None:
    """SQLite looks for INT in the whole text of a type, comments included."""
    load(tmp_path / "db", "CREATE TABLE t (a money /* INT */ value)")
    (doubt,) = dump(tmp_path / "db").unsupported
    assert "the column a" in doubt.reason


def test_a_virtual_table_whose_module_is_not_loaded(tmp_path: Path) -> None:
    load(
        tmp_path / "db",
        """
        CREATE TABLE plain (a); CREATE TABLE vec_chunks (a);
        PRAGMA writable_schema = ON;
        INSERT INTO sqlite_schema VALUES ('table', 'vec', 'vec', 0, 'CREATE VIRTUAL TABLE vec USING vec0(e float[3])');
        """,
    )
    with pytest.raises(sqlite3.OperationalError, match="no such module"):
        query(tmp_path / "db", "SELECT * FROM vec")
    schema = dump(tmp_path / "db")
    assert [table.name.name for table in schema.tables] == ["plain", "vec"]
    assert schema.unsupported == ()


def test_temporary_and_attached_tables_are_not_looked_at(tmp_path: Path) -> None:
    load(tmp_path / "other", "CREATE TABLE o (a INT)")
    load(tmp_path / "db", "CREATE TABLE t (a INT)")

    async def with_others(connection: Connection) -> object:
        await connection.execute(f"ATTACH '{tmp_path / 'other'}' AS other")
        await connection.execute("CREATE TEMP TABLE t (b TEXT, c TEXT)")  # hides the table of the same name
        await connection.execute("CREATE TEMP VIEW v AS SELECT 1")
        return await SQLITE.dump(connection, SQLITE.default_info, None)

    assert connected(tmp_path / "db", with_others) == parse("CREATE TABLE t (a INT)")


def test_the_public_dumper_takes_any_row_factory_and_leaves_the_connection_open(tmp_path: Path) -> None:
    load(tmp_path / "db", "CREATE TABLE t (a INT); CREATE TABLE u (a INT)")

    async def read() -> object:
        async with aiosqlite.connect(tmp_path / "db") as raw:
            raw.row_factory = lambda cursor, row: {"row": row}  # type: ignore[assignment]
            schema = await AiosqliteDumper(raw, tables=["u"]).dump()
            async with raw.execute("SELECT 1") as cursor:
                assert await cursor.fetchone() == {"row": (1,)}
            return schema

    assert asyncio.run(read()) == parse("CREATE TABLE u (a INT)")


def test_a_failed_query_names_itself(tmp_path: Path) -> None:
    load(tmp_path / "db", "CREATE TABLE t (a INT)")
    with pytest.raises(StatementFailed) as caught:
        connected(tmp_path / "db", lambda connection: connection.fetch("SELECT missing FROM t"))
    assert caught.value.what == "SQLite: no such column: missing"
    assert caught.value.sql == "SELECT missing FROM t"


def test_every_query_answers_the_columns_that_its_rows_are_named_for() -> None:
    connection = sqlite3.connect(":memory:")
    for name, kind in ROWS.items():
        assert tuple(column[0] for column in connection.execute(query_text(name)).description) == kind._fields, name
    connection.close()
