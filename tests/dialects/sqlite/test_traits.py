"""What is decided statically, held against what SQLite does with rows in the table."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.sqlite import SQLITE
from pytest_schemadrift.dialects.sqlite.capabilities import capabilities
from pytest_schemadrift.dialects.sqlite.read.types import affinity, conversion, type_sql
from pytest_schemadrift.dialects.sqlite.write.in_place import in_place
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.build import make_schema
from pytest_schemadrift.schema.capabilities import Conversion, ServerInfo
from pytest_schemadrift.schema.model import Check, Column, Enum, Expression, Index, IndexPart, Mark, Name, Schema, Table
from pytest_schemadrift.sources.database import dump, open_server
from tests.dialects.sqlite.database import FACTS, parse

T = Name("", "t")
IN_PLACE = "ALTER TABLE in place of a rebuild, held against what SQLite does with the statement"


def context(schema: Schema) -> RenderContext:
    return RenderContext(schema, schema, FACTS, SQLITE.capabilities(FACTS))


def table(body: str) -> Table:
    schema = parse(f"CREATE TABLE t ({body})")
    assert not schema.unsupported
    return schema.tables[0]


TYPES = ["INT", "TEXT COLLATE NOCASE", "VARCHAR(10)", ""]
CLAUSES = [
    *("", "NOT NULL", "DEFAULT NULL", "NOT NULL DEFAULT NULL"),
    *("DEFAULT 1", "DEFAULT -1.5", "DEFAULT 'it''s'", "DEFAULT x'00'", "DEFAULT true", "DEFAULT bare", "DEFAULT 0x10"),
    *("NOT NULL DEFAULT 1", "NOT NULL DEFAULT ''", "NOT NULL DEFAULT 1e3", "NOT NULL DEFAULT .5"),
    *("DEFAULT CURRENT_TIMESTAMP", "DEFAULT (1 + 1)", "DEFAULT ('x')", "NOT NULL DEFAULT (random())"),
    *("AS (a + 1)", "AS (a + 1) STORED", "AS (nullif(a, 1)) NOT NULL", "AS (a) STORED NOT NULL"),
]

EMPTY = make_schema("sqlite")


@pytest.mark.parametrize(("type_", "clause"), list(product(TYPES, CLAUSES)))
@pytest.mark.tried(IN_PLACE)
def test_s14_what_is_added_in_place_is_added_to_rows_too(type_: str, clause: str) -> None:
    old = table("a INT")
    column = table(f"a INT, b {type_} {clause}").columns[1]
    change = c.AddColumn(T, column, after="a")
    (sql,) = SQLITE.render(change, context(parse("CREATE TABLE t (a INT)")))
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE t (a INT)")
    connection.execute("INSERT INTO t VALUES (1)")
    try:
        connection.execute(sql)
        works = True
    except sqlite3.OperationalError:
        works = False
    text = connection.execute("SELECT sql FROM sqlite_master").fetchone()[0]
    connection.close()
    if in_place(change, old, EMPTY):
        assert works
        assert parse(text).tables[0].columns[1] == column
    if clause in ("", "DEFAULT 1", "NOT NULL DEFAULT ''", "AS (a + 1)", "DEFAULT bare"):
        assert in_place(change, old, EMPTY)


@pytest.mark.parametrize(
    ("body", "more", "expected"),
    [
        ("id INTEGER PRIMARY KEY, a INT, b TEXT", "", True),
        ("id INTEGER PRIMARY KEY, a INT NOT NULL DEFAULT 5, b TEXT CHECK (b <> 'a')", "CREATE INDEX i ON t (b)", None),
        ("id TEXT PRIMARY KEY, b TEXT, a INT) WITHOUT ROWID, STRICT --", "", True),
        ("id INTEGER PRIMARY KEY, b INT, a INT AS (b + 1) STORED", "", True),
        ("a INT PRIMARY KEY, b TEXT", "", False),
        ("id INTEGER PRIMARY KEY, a INT UNIQUE, b TEXT", "", False),
        ("id INTEGER PRIMARY KEY, a INT, b INT AS (a + 1)", "", False),
        ("id INTEGER PRIMARY KEY, a INT, b TEXT, CHECK (a > 0)", "", False),
        ("id INTEGER PRIMARY KEY, a INT REFERENCES t (id), b TEXT", "", False),
        ("id INTEGER PRIMARY KEY, A INT, b TEXT", "CREATE INDEX i ON t (b) WHERE a > 0", False),
        ("id INTEGER PRIMARY KEY, a INT, b TEXT", "CREATE INDEX i ON t (abs(a))", False),
        ("id INTEGER PRIMARY KEY, a INT, b TEXT", "CREATE VIEW v AS SELECT gone FROM nowhere", False),
        ("id INTEGER PRIMARY KEY, a INT, b TEXT", "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT new.a; END", False),
        ("a INT", "", False),
        ("id INTEGER PRIMARY KEY, a INT, b TEXT", "CREATE VIEW v AS SELECT b FROM t", True),
        ("id INTEGER PRIMARY KEY, a INT, b TEXT", "CREATE VIEW v AS SELECT * FROM t", True),
        (
            "id INTEGER PRIMARY KEY, a INT, b TEXT",
            "CREATE TRIGGER g AFTER UPDATE OF b ON t BEGIN SELECT new.b; END",
            True,
        ),
        (
            "id INTEGER PRIMARY KEY, a INT, b TEXT",
            "CREATE TRIGGER g AFTER DELETE ON t BEGIN SELECT x FROM o; END",
            False,
        ),
        ("id INTEGER PRIMARY KEY, a INT, b TEXT", 'CREATE VIEW v AS SELECT "a" FROM t', None),
        ("id INTEGER PRIMARY KEY, a INT, b TEXT", "CREATE VIEW v AS SELECT b AS A FROM t", None),
    ],
)
@pytest.mark.tried(IN_PLACE)
def test_a_column_is_dropped_in_place_only_where_sqlite_does_it(body: str, more: str, expected: bool | None) -> None:
    """Whether it is so for every case is SQLite's word; ``None`` where more is possible than what is done."""
    schema = parse(f"CREATE TABLE t ({body});\n{more}".replace("--)", ""))
    (found,) = schema.tables
    column = next(item for item in found.columns if item.name.lower() == "a")
    change = c.DropColumn(T, column)
    decided = in_place(change, found, schema)
    if expected is not None:
        assert decided == expected
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(f"CREATE TABLE t ({body});\n{more}".replace("--)", ""))
        try:
            connection.execute('ALTER TABLE "t" DROP COLUMN "a"')
        except sqlite3.Error:
            assert not decided
        else:
            ((text,),) = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table'")
            left = parse(text).tables[0]
            assert left.columns == tuple(item for item in found.columns if item != column)


NEWEST = (3, 53, 0)
NAMES = Mark("table", T, "", "constraints", ("k", "Twice", "twice"))


@pytest.mark.parametrize(
    ("change", "marks", "expected"),
    [
        (
            c.AlterColumnNullability(T, Column("a", "INT"), Column("a", "INT", nullable=False)),
            (),
            'ALTER COLUMN "a" SET NOT NULL',
        ),
        (
            c.AlterColumnNullability(T, Column("a", "INT", nullable=False), Column("a", "INT")),
            (),
            'ALTER COLUMN "a" DROP NOT NULL',
        ),
        (c.AddCheck(T, Check("n", Expression("a > 0", "a > 0"))), (NAMES,), 'ADD CONSTRAINT "n" CHECK (a > 0)'),
        (c.AddCheck(T, Check(None, Expression("a > 0", "a > 0"))), (), "ADD CHECK (a > 0)"),
        (c.DropCheck(T, Check("K", Expression("a > 0", "a > 0"))), (NAMES,), 'DROP CONSTRAINT "K"'),
        # a rebuild fills the rows with the default
        (
            c.AlterColumnNullability(
                T, Column("a", "INT"), Column("a", "INT", nullable=False, default=Expression("1", "1"))
            ),
            (),
            "",
        ),
        # a key is another matter
        (c.AlterColumnNullability(T, Column("id", "INT"), Column("id", "INT", nullable=False)), (), ""),
        # the comments behind it would go with it
        (
            c.AlterColumnNullability(T, Column("a", "INT", nullable=False), Column("a", "INT")),
            (Mark("table", T, "a", "comment", ("-- why",)),),
            "",
        ),
        (
            c.DropCheck(T, Check("k", Expression("a > 0", "a > 0"))),
            (NAMES, Mark("table", T, "", "comment", ("-- why",))),
            "",
        ),
        # the name is another constraint's, too
        (c.AddCheck(T, Check("k", Expression("a > 0", "a > 0"))), (NAMES,), ""),
        (c.DropCheck(T, Check("twice", Expression("a > 0", "a > 0"))), (NAMES,), ""),
        # nobody knows the names, or there is none
        (c.DropCheck(T, Check("k", Expression("a > 0", "a > 0"))), (), ""),
        (c.DropCheck(T, Check(None, Expression("a > 0", "a > 0"))), (NAMES,), ""),
    ],
)
@pytest.mark.tried(IN_PLACE)
def test_3_53_alters_constraints_where_that_is_enough(
    change: c.SimpleChange, marks: tuple[Mark, ...], expected: str
) -> None:
    """S23: what it does to the stored text was tried on 3.54.1; versions before have no such statements."""
    old = table("id INT PRIMARY KEY, a INT")
    schema = make_schema("sqlite", tables=[old], marks=marks)
    assert not in_place(change, old, schema, (3, 52, 4))
    assert in_place(change, old, schema, NEWEST) == bool(expected)
    decide = capabilities(ServerInfo("sqlite", version=NEWEST)).in_place
    assert decide is not None
    assert decide(change, old, schema) == bool(expected)
    if expected:
        newest = RenderContext(schema, schema, ServerInfo("sqlite", version=NEWEST), capabilities(ServerInfo("sqlite")))
        assert SQLITE.render(change, newest) == (f'ALTER TABLE "t" {expected}',)


def test_the_names_of_all_constraints_are_known(tmp_path: Path) -> None:
    """Those of NOT NULL and defaults too, by which DROP CONSTRAINT of 3.53 goes: of two it takes the first."""
    file = tmp_path / "names.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            'CREATE TABLE t (my_constraint INT, ß INT constraint k NOT NULL CONSTRAINT "K ""x" CHECK (ß > 0), '
            'CONSTRAINT k CHECK (ß < 9), Constraint "CONSTRAINT y" CHECK (ß < 8))'
        )

    async def work() -> Schema:
        async with open_server(f"sqlite://{file}") as server:
            return await dump(server)

    marks = asyncio.run(work()).marks
    assert [mark.values for mark in marks if mark.aspect == "constraints"] == [("k", 'K "x', "k", "CONSTRAINT y")]


def test_a_column_in_the_middle_is_a_rebuild() -> None:
    """SQLite can only append, so the next check would find the columns in another order."""
    old, new = table("a INT, b INT"), Column("x", "INT")
    assert in_place(c.AddColumn(T, new, after="b"), old, EMPTY)
    assert in_place(c.AddColumn(T, new, after="another new one"), old, EMPTY)
    assert not in_place(c.AddColumn(T, new, after="a"), old, EMPTY)
    assert not in_place(c.AddColumn(T, new, after=None), old, EMPTY)


@pytest.mark.parametrize(
    "change",
    [
        c.AlterColumnType(T, Column("a", "INT"), Column("a", "TEXT")),
        c.AddUnique(T, Index(None, (IndexPart("a"),), unique=True, constraint=True)),
        c.AddCheck(T, table("a INT CHECK (a > 0)").checks[0]),
        c.AddForeignKey(T, table("a INT REFERENCES p (id)").foreign_keys[0]),
        c.MoveColumns(T, ("a", "b"), ("b", "a")),
    ],
)
def test_s15_what_sqlite_cannot_alter_is_a_rebuild(change: c.SimpleChange) -> None:
    assert not in_place(change, table("a INT"), EMPTY)
    with pytest.raises(Unsupported, match="rebuilding the table"):
        SQLITE.render(change, context(make_schema("sqlite")))


def test_what_sqlite_does_not_have_is_unsupported() -> None:
    for change in (c.CreateNamespace("s"), c.CreateEnum(Enum(T, ("a",)))):
        with pytest.raises(Unsupported, match="SQLite has no"):
            SQLITE.render(change, context(make_schema("sqlite")))
    with pytest.raises(Unsupported):
        SQLITE.render(c.CreateIndex(T, Index("i", (IndexPart("a"),), method="gin")), context(make_schema("sqlite")))


def test_indexes_are_made_renamed_and_dropped_in_place() -> None:
    one, other = Index("one", (IndexPart("a"),)), Index("other", (IndexPart("a", descending=True),), unique=True)
    nameless = Index(None, (IndexPart("a"),))
    empty = context(make_schema("sqlite"))
    assert SQLITE.render(c.CreateIndex(T, other), empty) == ('CREATE UNIQUE INDEX "other" ON "t" ("a" DESC)',)
    assert SQLITE.render(c.DropIndex(T, one), empty) == ('DROP INDEX "one"',)
    assert SQLITE.render(c.RenameIndex(T, one, other), empty) == (
        'DROP INDEX "one"',
        'CREATE UNIQUE INDEX "other" ON "t" ("a" DESC)',
    )
    assert SQLITE.render(c.CreateIndex(T, nameless), empty) == ('CREATE INDEX "idx_t_a" ON "t" ("a")',)
    assert SQLITE.render(c.RebuildIndex(T, one), empty) == ('REINDEX "one"',)
    assert SQLITE.render(c.SetTableComment(T, "a", None), empty) == ()


def test_a_plan_of_harmless_changes_is_one_transaction() -> None:
    schema = make_schema("sqlite")
    plain = RenderContext(schema, schema, FACTS, SQLITE.capabilities(FACTS), (c.RenameTable(T, Name("", "u")),))
    assert (SQLITE.prologue(plain), SQLITE.epilogue(plain)) == (("BEGIN IMMEDIATE",), ("COMMIT",))
    assert (SQLITE.prologue(context(schema)), SQLITE.epilogue(context(schema))) == ((), ())


@pytest.mark.parametrize(
    "declared",
    [
        *("INT", "UNSIGNED BIG INT", "CHARINT", "VARCHAR(20)", "CLOB", "NATIVE CHARACTER(70)", "BLOB", "", "REAL"),
        *("DOUBLE PRECISION", "FLOAT", "FLOATING POINT", "DECIMAL(10,5)", "BOOLEAN", "TIMESTAMP", "JSON", "STRING"),
    ],
)
def test_s5_affinity_is_sqlites_own(declared: str) -> None:
    """``typeof`` of what becomes of '1.0', x'31' and 1 tells the affinities apart."""
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t (a {declared and type_sql(declared)}, b {affinity(declared)})")
    connection.execute("INSERT INTO t VALUES ('1.0', '1.0'), ('1.5', '1.5'), (1, 1), (x'31', x'31'), ('x', 'x')")
    for one, other in connection.execute("SELECT typeof(a), typeof(b) FROM t"):
        assert one == other
    connection.close()


VALUES = [0, 1, -7, 2**53 + 1, "", "abc", "0123", "1.50", "+4", " 5", "9" * 30, 1.5, 0.1 + 0.2, b"\x00"]


@pytest.mark.parametrize(("old", "new"), list(product(["INT", "TEXT", "BLOB", "REAL", "DATE", "VARCHAR(4)"], repeat=2)))
def test_a_conversion_that_is_called_safe_loses_nothing(old: str, new: str) -> None:
    kind = conversion(old, new)
    assert kind is not Conversion.MAY_FAIL
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t (a {old})")
    connection.execute(f"CREATE TABLE u (a {new}, b {old})")
    connection.executemany("INSERT INTO t VALUES (?)", [(value,) for value in VALUES])
    connection.execute("INSERT INTO u SELECT a, a FROM t")
    rows: list[tuple[Any, Any]] = connection.execute("SELECT b, a FROM u").fetchall()
    connection.close()
    if kind is Conversion.METADATA:
        assert all(type(before) is type(after) and before == after for before, after in rows)
    elif kind is Conversion.REWRITE:  # a whole number as its digits, 1.0 as 1
        assert all(after in (before, str(before)) for before, after in rows if isinstance(before, int | str))
        assert all(before == after for before, after in rows if isinstance(before, float) and affinity(new) != "TEXT")
    elif new not in ("BLOB", "DATE") and "TEXT" in (affinity(old), affinity(new)):
        assert any(before != after for before, after in rows)  # the others stay, and are none of the new type
