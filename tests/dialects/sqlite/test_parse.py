"""What is read as the same, what is not, and what SQLite itself says to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.core.plain import encode
from pytest_schemadrift.dialects.sqlite import SQLITE
from pytest_schemadrift.dialects.sqlite.read import builder
from pytest_schemadrift.dialects.sqlite.read import script as reader
from pytest_schemadrift.errors import DDLSyntaxError, SchemaDriftError
from pytest_schemadrift.schema.model import STORED, Name
from tests.dialects.sqlite.database import FACTS, dump, load, parse

SAME = {
    "types without case and with any blanks": (
        "CREATE TABLE t (a decimal ( 10 , 2 ), b unsigned  big int)",
        "CREATE TABLE t (a DECIMAL(10,2), b UNSIGNED BIG INT)",
    ),
    "S12 every kind of quotes": (
        "CREATE TABLE [t] (`a` 'int', \"b\" [text])",
        "CREATE TABLE t (a INT, b TEXT)",
    ),
    "S2 default null is no default": ("CREATE TABLE t (a INT DEFAULT NULL)", "CREATE TABLE t (a INT)"),
    "S2 parentheses of a default": (
        "CREATE TABLE t (a INT DEFAULT (1), b DEFAULT (current_timestamp))",
        "CREATE TABLE t (a INT DEFAULT 1, b DEFAULT CURRENT_TIMESTAMP)",
    ),
    "a bare default is a string": (
        'CREATE TABLE t (a TEXT DEFAULT foo, b DEFAULT "True")',
        "CREATE TABLE t (a TEXT DEFAULT 'foo', b DEFAULT 'True')",
    ),
    "true is 1": ("CREATE TABLE t (a INT DEFAULT TRUE)", "CREATE TABLE t (a INT DEFAULT 1)"),
    "plus says nothing": ("CREATE TABLE t (a INT DEFAULT +5)", "CREATE TABLE t (a INT DEFAULT 5)"),
    "S3 a rowid is never null": (
        "CREATE TABLE t (a INTEGER PRIMARY KEY)",
        "CREATE TABLE t (a INTEGER NOT NULL, PRIMARY KEY (a))",
    ),
    "S3 the direction of a rowid in a table constraint": (
        "CREATE TABLE t (a INTEGER, PRIMARY KEY (a DESC))",
        "CREATE TABLE t (a INTEGER PRIMARY KEY ASC)",
    ),
    "keys without rowid are not null": (
        "CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE t (a TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID",
    ),
    "keys of strict tables are not null": (
        "CREATE TABLE t (a TEXT PRIMARY KEY) STRICT",
        "CREATE TABLE t (a TEXT NOT NULL PRIMARY KEY) STRICT",
    ),
    "unique inline or below": ("CREATE TABLE t (a INT UNIQUE)", "CREATE TABLE t (a INT, UNIQUE (A))"),
    "twins of a constraint": (
        "CREATE TABLE t (a INT UNIQUE, UNIQUE (a), CHECK (a > 0), CHECK (a > 0))",
        "CREATE TABLE t (a INT UNIQUE CHECK (a > 0))",
    ),
    "no comma between constraints": (
        "CREATE TABLE t (a INT, b INT, CHECK (a > 0) UNIQUE (b) CONSTRAINT c)",
        "CREATE TABLE t (a INT, b INT, CHECK (a > 0), UNIQUE (b))",
    ),
    "binary and abort are the defaults": (
        "CREATE TABLE t (a TEXT COLLATE BINARY NOT NULL ON CONFLICT ABORT UNIQUE ON CONFLICT ABORT)",
        "CREATE TABLE t (a TEXT NOT NULL UNIQUE)",
    ),
    "an index inherits its collation": (
        "CREATE TABLE t (a TEXT COLLATE NOCASE); CREATE INDEX i ON t (a COLLATE nocase)",
        "CREATE TABLE t (a TEXT COLLATE NOCASE); CREATE INDEX i ON T (A)",
    ),
    "parentheses around a column of an index": (
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t ((a))",
        'CREATE TABLE t (a TEXT); CREATE INDEX i ON t ("A" ASC)',
    ),
    "S9 a foreign key without columns": (
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a INT REFERENCES P)",
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a INT, FOREIGN KEY (A) REFERENCES p (ID))",
    ),
    "only one clause defers": (
        "CREATE TABLE t (a INT REFERENCES p (x) MATCH FULL NOT DEFERRABLE INITIALLY DEFERRED, b INT REFERENCES p (y)"
        " ON DELETE NO ACTION DEFERRABLE INITIALLY IMMEDIATE)",
        "CREATE TABLE t (a INT REFERENCES p (x), b INT REFERENCES p (y))",
    ),
    "a check of a column or of the table": (
        "CREATE TABLE t (a INT CHECK (T.a  >  0 /* why */))",
        'CREATE TABLE t (a INT, CHECK (("a" > 0)))',
    ),
    "S11 comments, case, order of clauses": (
        "create table if not exists t (-- one\n a int default 1 /* two */ not null)",
        "CREATE TABLE t (a INT NOT NULL DEFAULT 1)",
    ),
    "generated with or without the long words": (
        "CREATE TABLE t (a INT, b INT AS (a + 1))",
        "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (A + 1) VIRTUAL)",
    ),
    "S19 the order of a composite key is the key's": (
        "CREATE TABLE t (a, b, PRIMARY KEY (b, a))",
        'CREATE TABLE t (a, b, PRIMARY KEY ("b", "a"))',
    ),
    "AUTOINCREMENT in a table constraint": (
        "CREATE TABLE t (a INTEGER, PRIMARY KEY (a AUTOINCREMENT))",
        "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)",
    ),
}

DIFFERENT = {
    "S3 int is no rowid": ("a INT PRIMARY KEY", "a INTEGER PRIMARY KEY"),
    "S3 nor is a descending one": ("a INTEGER PRIMARY KEY DESC", "a INTEGER PRIMARY KEY"),
    "S3 keys may be null": ("a TEXT PRIMARY KEY", "a TEXT NOT NULL PRIMARY KEY"),
    "S4 autoincrement": ("a INTEGER PRIMARY KEY AUTOINCREMENT", "a INTEGER PRIMARY KEY"),
    "S5 text and clob": ("a TEXT", "a CLOB"),
    "a length": ("a VARCHAR(10)", "a VARCHAR(20)"),
    "a string is no number": ("a INT DEFAULT '1'", "a INT DEFAULT 1"),
    "bare strings keep their case": ("a DEFAULT foo", "a DEFAULT Foo"),
    "a name in quotes may be a string": ('a INT CHECK (a <> "B")', "a INT CHECK (a <> B)"),
    "stored": ("a INT, b AS (a) STORED", "a INT, b AS (a)"),
    "S10 collation": ("a TEXT COLLATE NOCASE", "a TEXT"),
    "S10 conflicts": ("a TEXT UNIQUE ON CONFLICT IGNORE", "a TEXT UNIQUE"),
    "conflicts of not null": ("a TEXT NOT NULL ON CONFLICT REPLACE", "a TEXT NOT NULL"),
    "S6 names of constraints": ("a INT, CONSTRAINT u UNIQUE (a)", "a INT UNIQUE"),
    "deferred": ("a REFERENCES p DEFERRABLE INITIALLY DEFERRED", "a REFERENCES p"),
    "actions": ("a REFERENCES p ON DELETE SET NULL", "a REFERENCES p ON DELETE SET DEFAULT"),
    "a literal's case": ("a CHECK (a <> 'x')", "a CHECK (a <> 'X')"),
}


@pytest.mark.parametrize("story", SAME)
def test_what_means_the_same_is_equal(story: str, tmp_path: Path) -> None:
    one, other = SAME[story]
    assert parse(one) == parse(other)
    assert parse(one).unsupported == ()
    for number, script in enumerate((one, other)):  # SQLite takes both, and the dumper agrees
        load(tmp_path / str(number), script)
        assert dump(tmp_path / str(number)) == parse(script)


@pytest.mark.parametrize("story", DIFFERENT)
def test_what_differs_is_not_equal(story: str) -> None:
    one, other = (parse(f"CREATE TABLE t ({body})") for body in DIFFERENT[story])
    assert not one.unsupported
    assert not other.unsupported
    assert one != other


def test_strict_and_without_rowid_are_options() -> None:
    table = parse("CREATE TABLE t (a INT PRIMARY KEY, b ANY) WITHOUT ROWID, STRICT").tables[0]
    assert table.options == (("strict", "yes"), ("without_rowid", "yes"))


def test_scripts_with_alter_are_resolved_by_sqlite() -> None:
    altered = """
        CREATE TABLE a (x INTEGER PRIMARY KEY, old INT CHECK (old > 0), gone);
        CREATE TABLE b (x REFERENCES a (x));
        CREATE VIEW v AS SELECT old FROM a;
        INSERT INTO a VALUES (1, 2, 3);
        ALTER TABLE a RENAME COLUMN old TO new;
        ALTER TABLE a DROP COLUMN gone;
        ALTER TABLE a ADD COLUMN more TEXT COLLATE NOCASE;
        ALTER TABLE a RENAME TO c;
        DROP TABLE IF EXISTS nowhere;
    """
    plain = """
        CREATE TABLE c (x INTEGER PRIMARY KEY, new INT CHECK (new > 0), more TEXT COLLATE NOCASE);
        CREATE TABLE b (x REFERENCES c (x));
    """
    schema = parse(altered)
    assert schema.unsupported == ()
    assert schema.tables == parse(plain).tables
    (view,) = schema.views
    assert view.depends_on == (Name("", "c"),)


def test_an_alter_that_sqlite_refuses_is_unsupported() -> None:
    schema = parse("CREATE TABLE t (a INT); ALTER TABLE t ALTER COLUMN a TYPE TEXT")
    assert [item.sql for item in schema.unsupported] == ["ALTER TABLE t ALTER COLUMN a TYPE TEXT"]
    assert schema.unsupported[0].table == Name("", "t")


def test_what_a_script_drops_is_gone() -> None:
    schema = parse(
        "CREATE TABLE a (x); CREATE TABLE b (x); CREATE INDEX i ON b (x); CREATE VIEW v AS SELECT 1;"
        "DROP TABLE a; DROP INDEX i; DROP VIEW IF EXISTS v"
    )
    assert schema == parse("CREATE TABLE b (x)")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (a INT) PARTITION BY a",
        "CREATE TABLE t AS SELECT 1",
        "CREATE TABLE t (a INT NOT NONSENSE)",
        "CREATE TABLE t (a INT",
        "CREATE FUNCTION f() RETURNS INT",
        "GRANT ALL ON t TO u",
        "CREATE INDEX i ON nowhere (a)",
        "CREATE TRIGGER r AFTER INSERT ON nowhere BEGIN SELECT 1; END",
        "INSERT INTO sqlite_master VALUES (1)",
    ],
)
def test_what_cannot_be_read_is_kept_as_unsupported(statement: str) -> None:
    schema = parse(f"CREATE TABLE ok (a INT); {statement}")
    assert len(schema.unsupported) == 1
    assert schema.unsupported[0].sql.startswith(statement[:20])
    assert schema.tables == parse("CREATE TABLE ok (a INT)").tables


def test_an_open_quote_refuses_the_whole_text() -> None:
    with pytest.raises(DDLSyntaxError):
        parse("CREATE TABLE t (a DEFAULT 'x)")


def test_s21_other_databases_are_not_ours() -> None:
    script = """
        ATTACH 'x' AS other; CREATE TABLE other.t (a); CREATE TEMP TABLE u (a); CREATE TABLE main.v (a);
        CREATE TABLE temp.w (a)
    """
    assert parse(script) == parse("CREATE TABLE v (a)")


def test_s20_the_body_of_a_trigger_is_one_statement() -> None:
    body = "AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN ';' END; DELETE FROM t; END"
    (table,) = parse(f"CREATE TABLE t (a); CREATE TRIGGER IF NOT EXISTS main.r {body};").tables
    assert [trigger.sql for trigger in table.triggers] == [f"CREATE TRIGGER r {body}"]


def test_a_trigger_of_a_view_belongs_to_the_view() -> None:
    schema = parse("CREATE VIEW v AS SELECT 1 AS a; CREATE TRIGGER r INSTEAD OF INSERT ON v BEGIN SELECT 1; END")
    assert [trigger.name for trigger in schema.views[0].triggers] == ["r"]


def test_s13_shadows_of_a_virtual_table_are_hidden() -> None:
    schema = parse(
        "CREATE VIRTUAL TABLE ft USING FTS5(a, content='x''y'); CREATE TABLE 'ft_data' (id); CREATE TABLE ft_mine (id)"
    )
    assert [str(table.name) for table in schema.tables] == ["ft", "ft_mine"]
    assert schema.tables[0].options == (("arguments", "a, content='x''y'"), ("module", "fts5"))


def test_the_name_of_its_own_table_says_nothing_in_an_expression() -> None:
    (table,) = parse('CREATE TABLE "my t" (a INT CHECK ("my t".a + [my t]."a" > 0 AND x.a))').tables
    assert table.checks[0].expression.sql == 'a + "a" > 0 AND x.a'


def test_s20_a_script_is_split_by_sqlites_own_tokens() -> None:
    script = r"""CREATE TABLE t (a DEFAULT '\'); /* ; /* */ SELECT 1; -- ;
        CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT ';'; END; SELECT "a;b", [c;d]"""
    assert SQLITE.split is not None
    assert SQLITE.split(script, FACTS) == [
        r"CREATE TABLE t (a DEFAULT '\')",
        "SELECT 1",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT ';'; END",
        'SELECT "a;b", [c;d]',
    ]


def test_the_text_that_sqlite_keeps_of_a_script_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
        create   table if not exists Plain (id integer primary key, "a b" text default 'x;y' /* one */) -- after
        ;
        CREATE TABLE main."other" (a INT CHECK (a > 0), b TEXT REFERENCES plain (id), PRIMARY KEY (a))
            WITHOUT ROWID, STRICT;
        CREATE TABLE [third]( a INT -- two
        , UNIQUE (a) )
    """
    database = sqlite3.connect(":memory:")
    database.executescript(text)
    texts = [sql for (sql,) in database.execute("SELECT sql FROM sqlite_master WHERE type = 'table'")]
    database.close()
    reader._READ.clear()
    fresh = list(map(reader.table_of_text, texts))
    reader._READ.clear()
    parse(text)
    monkeypatch.setattr(reader, "tokenize", None)
    assert list(map(reader.table_of_text, texts)) == fresh


PLAIN = [
    'CREATE TABLE "t" ("a" INT NOT NULL DEFAULT 1 /* one, two */, -- (\n "b" DECIMAL(10,2) DEFAULT (1 + 2), "c" TEXT)',
    'CREATE TABLE "t" ("a" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "b" TEXT DEFAULT \';,)\' UNIQUE) /* ; */ -- )\n',
    'CREATE TABLE "t" ("a" INT DEFAULT (1 +2)); CREATE TABLE "u" ("a" INT DEFAULT (1+2))',
    'CREATE TABLE "t" ("a" INT REFERENCES "u" ("b") ON DELETE CASCADE, "A" INT, CHECK ("a" > 0), CHECK (b > 0))',
    'CREATE TABLE "t" ("a" INT CHECK ("b" > 0), "b" INT AS ("a" + 1) STORED, UNIQUE ("A") PRIMARY KEY (B))',
    'create table\n"a""b"("x" INT, [y z] TEXT COLLATE NOCASE, `w` BLOB,, ); CREATE INDEX "i" ON "a""b" ("x", "no");',
    'CREATE TABLE "t" ("a" INT, "b" INT); CREATE INDEX "i" ON "t" ("b", "a"); CREATE INDEX "i" ON "t" ("a"); /* end',
    'CREATE TABLE "t" ("a" INT) STRICT; CREATE TABLE "u" ("a" INT) "b" (c); CREATE TABLE "v" ("a" ] INT)',
    'CREATE TABLE "t" ("a" INT); CREATE TABLE "t" ("b" INT); CREATE TABLE IF NOT EXISTS "t" ("c" INT)',
    'CREATE TABLE "t" ("a" INT UNKNOWN)',
    'CREATE TABLE "t" ("a" INT, "b ())',
    'CREATE TABLE "t" ("a" INT)) ("b" INT)',
    "-- nothing\n",
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_cut_into_items_reads_as_all_tokens_do(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def whole(read: Callable[[str], object], sql: str) -> object:
        reader._READ.clear()
        try:
            return encode(read(sql), STORED)  # texts of expressions too, which are not compared
        except SchemaDriftError as error:
            return str(error)

    readings = [(parse, text), *((reader.table_of_text, part.strip()) for part in text.split("; ") if "TABLE" in part)]
    cut = [whole(*reading) for reading in readings]
    monkeypatch.setattr(reader, "plain_statements", lambda sql: None)
    monkeypatch.setattr(reader, "plain_table", lambda sql: None)
    monkeypatch.setattr(builder, "_column", builder._column.__wrapped__)
    assert cut == [whole(*reading) for reading in readings]


def test_models_are_read_without_all_of_their_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    reader._READ.clear()
    monkeypatch.setattr(reader, "tokenize", None)
    assert (
        len(parse("; ".join([PLAIN[0], PLAIN[3].replace('"t"', '"u"'), 'CREATE INDEX "i" ON "t" ("a")'])).tables) == 2
    )
