"""The rebuild of a table: whatever changes, nothing else does, and whatever fails, nothing is lost."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_schemadrift.dialects.sqlite import SQLITE
from pytest_schemadrift.dialects.sqlite.names import quote
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.planning.build import build_plan, generate_alter_statements
from pytest_schemadrift.schema.changes import RenameColumn, RenameTable
from pytest_schemadrift.schema.model import Name, Schema
from tests.dialects.sqlite.database import (
    FACTS,
    dump,
    execute,
    execute_all,
    export,
    load,
    open_file,
    parse,
    plan,
    query,
)

WORLD = """
CREATE TABLE org (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT,
    code TEXT,
    size INT GENERATED ALWAYS AS (length(code)) STORED,
    gone TEXT
);
CREATE TABLE item (
    id INTEGER PRIMARY KEY,
    org_id INT NOT NULL REFERENCES org ON DELETE CASCADE,
    boss INT REFERENCES item (id) ON DELETE CASCADE
);
CREATE TABLE tag (label TEXT NOT NULL, org_id INT REFERENCES org (id) ON DELETE SET NULL, n INT,
    PRIMARY KEY (label, n)) WITHOUT ROWID;
CREATE TABLE loose (a TEXT, b TEXT);
CREATE TABLE log (x);
CREATE INDEX org_name ON org (name);
CREATE UNIQUE INDEX org_code ON org (lower(code) DESC) WHERE code IS NOT NULL;
CREATE INDEX loose_a ON loose (a);
CREATE VIEW orgs AS SELECT id, name FROM org;
CREATE VIEW orgs_again AS SELECT * FROM orgs;
CREATE TRIGGER org_ai AFTER INSERT ON org BEGIN INSERT INTO log VALUES ('org;' || new.name); END;
CREATE TRIGGER org_ad AFTER DELETE ON org BEGIN INSERT INTO log VALUES (CASE WHEN old.id THEN 'gone' END); END;
CREATE TRIGGER log_ai AFTER INSERT ON log BEGIN UPDATE org SET code = code WHERE name = new.x; END;
CREATE VIRTUAL TABLE ft USING fts5(a, content='loose');
"""

ROWS = """
INSERT INTO org (id, name, code, gone) VALUES (1, 'one', 'A', 'g'), (7, NULL, 'b', NULL), (8, 'ü''"', NULL, x'00ff'),
    (900, 'last', 'z', '');
DELETE FROM org WHERE id = 900;
INSERT INTO item VALUES (1, 1, NULL), (2, 7, 1), (30, 8, 2);
INSERT INTO tag VALUES ('x', 1, 1), ('y', 7, 2), ('x', NULL, 3);
INSERT INTO loose (rowid, a, b) VALUES (3, 'apple', '1'), (17, 'pear', '02'), (40, 'plum', NULL);
INSERT INTO ft (ft) VALUES ('rebuild');
"""

STORIES = {
    "a type": ("name TEXT", "name VARCHAR(50)"),
    "a new column that must have a value": ("code TEXT,", "code TEXT, extra INT NOT NULL DEFAULT (1 + 1),"),
    "a new column with the time of day": (
        "code TEXT,",
        "code TEXT, made TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,",
    ),
    "a column that goes": ("STORED,\n    gone TEXT", "STORED"),
    "a check": ("name TEXT,", "name TEXT CHECK (org.name <> ''),"),
    "a unique constraint": ("code TEXT,", "code TEXT CONSTRAINT uid UNIQUE ON CONFLICT REPLACE,"),
    "a collation": ("name TEXT,", "name TEXT COLLATE NOCASE,"),
    "a default": ("name TEXT,", "name TEXT DEFAULT 'it''s',"),
    "a generated expression": ("(length(code)) STORED", "(length(code) + 1) VIRTUAL"),
    "generated to plain": ("GENERATED ALWAYS AS (length(code)) STORED", "DEFAULT 5"),
    "plain to generated": ("gone TEXT", "gone TEXT AS (code || 'x')"),
    "no AUTOINCREMENT": (" AUTOINCREMENT", ""),
    "no rowid alias": ("id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", "id INT PRIMARY KEY NOT NULL"),
    "a descending key": ("id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", "id INTEGER PRIMARY KEY DESC NOT NULL"),
    "strict": ("gone TEXT\n);", "gone ANY\n) STRICT;"),
    "without rowid": ("boss INT REFERENCES item (id) ON DELETE CASCADE\n);", "boss INT) WITHOUT ROWID;"),
    "with rowid again": ("(label, n)) WITHOUT ROWID", "(label, n))"),
    "the order of a key": ("(label, n)) WITHOUT", "(n DESC, label)) WITHOUT"),
    "an action of a foreign key": ("org ON DELETE CASCADE", "org ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED"),
    "a self reference that goes": (" REFERENCES item (id) ON DELETE CASCADE", ""),
    "a table without any key": ("b TEXT)", "b TEXT, c TEXT DEFAULT (1))"),
    "a rowid made visible": ("loose (a TEXT", "loose (id INTEGER PRIMARY KEY, a TEXT"),
    "a column called rowid": ("loose (a TEXT", "loose (rowid TEXT DEFAULT ('r'), a TEXT"),
    "every name of the rowid taken": (
        "loose (a TEXT",
        "loose (rowid DEFAULT 1, oid DEFAULT (2), _rowid_ DEFAULT 3, a TEXT",
    ),
    "several tables at once": ("TEXT", "VARCHAR(99)"),
    "an index beside": (
        "gone TEXT\n);",
        "gone TEXT DEFAULT ''\n); CREATE INDEX more ON org (gone) WHERE gone <> 'q';",
    ),
}


def contents(path: Path, schema: Schema) -> dict[str, list[Any]]:
    """All rows of all tables with the types of their values, plain columns only; the rowid where there is one."""
    found = {}
    for table in schema.tables:
        if table.kind == "virtual":
            continue
        plain = [column.name for column in table.columns if column.generated is None]
        names = [f't."{name}"' for name in plain]
        hidden = ("without_rowid", "yes") not in table.options and "rowid" not in plain
        values = [*names, *(f"typeof({name})" for name in names), *(["t.rowid"] if hidden else [])]
        found[table.name.name] = query(path, f'SELECT {", ".join(values)} FROM "{table.name.name}" AS t ORDER BY 1, 2')
    return found


def common(path: Path, one: Schema, other: Schema, *, rowids: bool = True) -> dict[str, list[Any]]:
    """The values that are in both schemas, read from a database that has one of them, ``NULL``s left out."""
    others = {table.name.name: table for table in other.tables}
    found: dict[str, list[Any]] = {}
    for table in one.tables:
        twin = others.get(table.name.name)
        if twin is None or table.kind == "virtual":
            continue
        with_rowid = "without_rowid" not in {name for name, _ in table.options + twin.options}
        names = ["t.rowid"] if rowids and with_rowid else []
        for column in table.columns:
            after = twin.column(column.name)
            if after is not None and column.generated is None and after.generated is None:
                names.append(f't."{column.name}"')
        for name in names:
            found[f"{table.name.name}.{name}"] = query(
                path, f'SELECT {name} FROM "{table.name.name}" AS t WHERE {name} IS NOT NULL ORDER BY 1'
            )
        found[f"{table.name.name}."] = query(path, f'SELECT count(*) FROM "{table.name.name}"')
    return found


def sorted_columns(schema: Schema) -> Schema:
    """The order of columns is no drift: new ones may come last."""
    tables = [replace(table, columns=tuple(sorted(table.columns, key=repr))) for table in schema.tables]
    return replace(schema, tables=tuple(tables))


def assert_whole(path: Path) -> None:
    """What must hold after any plan: SQLite's own checks, and nothing of ours left."""
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    assert query(path, "PRAGMA foreign_key_check") == []
    assert query(path, "SELECT name FROM sqlite_master WHERE name LIKE 'schemadrift%'") == []
    assert query(path, "SELECT a FROM ft JOIN loose USING (a) WHERE ft MATCH 'pear' AND ft.rowid = loose.rowid") == [
        ("pear",)
    ]


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
@pytest.mark.parametrize("story", STORIES)
def test_a_rebuild_changes_what_it_should_and_nothing_else(story: str, journal: str, tmp_path: Path) -> None:
    before_text, after_text = STORIES[story]
    assert before_text in WORLD
    path, wanted = tmp_path / "db", parse(WORLD.replace(before_text, after_text))
    load(path, f"PRAGMA journal_mode = {journal}; {WORLD} {ROWS}")
    old = dump(path)
    keeps_rowids = story not in ("every name of the rowid taken", "a column called rowid")
    rows = common(path, old, wanted, rowids=keeps_rowids)
    counter = query(path, "SELECT * FROM sqlite_sequence")
    assert counter == [("org", 900)]
    log = query(path, "SELECT * FROM log")

    statements = plan(old, wanted)
    assert statements[0] == "PRAGMA foreign_keys = OFF"
    execute(path, statements)

    new = dump(path)
    assert sorted_columns(new) == sorted_columns(wanted)
    assert plan(new, wanted) == []
    assert common(path, new, old, rowids=keeps_rowids) == rows
    if keeps_rowids:
        assert_whole(path)
    assert query(path, "SELECT * FROM orgs_again") == query(path, "SELECT id, name FROM org")
    if story not in ("no AUTOINCREMENT", "no rowid alias", "a descending key"):
        assert query(path, "SELECT * FROM sqlite_sequence") == counter
        assert query(path, "INSERT INTO org (name) VALUES ('next') RETURNING id") == [(901,)]
        assert query(path, "SELECT * FROM log") == [*log, ("org;next",)]


def test_t8_the_rows_of_children_stay_and_their_keys_go_on_working(tmp_path: Path) -> None:
    path = tmp_path / "db"
    load(path, WORLD + ROWS)
    execute(path, plan(dump(path), parse(WORLD.replace("name TEXT", "name VARCHAR(9)"))))
    assert query(path, "SELECT count(*) FROM item") == [(3,)]
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        execute(path, ["INSERT INTO item VALUES (99, 555, NULL)"])
    execute(path, ["DELETE FROM org WHERE id = 1"])
    assert query(path, "SELECT id FROM item") == []  # the chain of bosses goes with the first
    assert query(path, "SELECT org_id FROM tag WHERE label = 'x' AND n = 1") == [(None,)]


def test_the_connection_enforces_foreign_keys_again(tmp_path: Path) -> None:
    path = tmp_path / "db"
    load(path, WORLD + ROWS)
    connection = open_file(path)
    for statement in plan(dump(path), parse(WORLD.replace("name TEXT", "name VARCHAR(9)"))):
        connection.execute(statement)
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert connection.execute("PRAGMA legacy_alter_table").fetchone() == (0,)
    assert connection.execute("SELECT name FROM sqlite_temp_master").fetchall() == []
    connection.close()


def change_rows(path: Path, old: str, rows: str, new: str) -> None:
    load(path, f"{old}; {rows}")
    execute(path, plan(dump(path), parse(new)))
    assert sorted_columns(dump(path)) == sorted_columns(parse(new))


def test_null_becomes_the_default_of_a_column_that_must_have_a_value(tmp_path: Path) -> None:
    path = tmp_path / "db"
    change_rows(
        path,
        "CREATE TABLE t (a INT, b TEXT)",
        "INSERT INTO t VALUES (1, NULL), (NULL, 'x')",
        "CREATE TABLE t (a INT NOT NULL DEFAULT (40 + 2), b TEXT NOT NULL DEFAULT '')",
    )
    assert query(path, "SELECT a, b FROM t") == [(1, ""), (42, "x")]


def test_a_real_number_keeps_all_of_its_digits_as_text(tmp_path: Path) -> None:
    """A column of integers takes any number; as text SQLite itself gives one 15 digits."""
    path = tmp_path / "db"
    numbers = [7, 0.1, 0.1 + 0.2, 1e300]
    rows = ", ".join(f"({number!r})" for number in numbers)
    change_rows(path, "CREATE TABLE t (a INT)", f"INSERT INTO t VALUES {rows}", "CREATE TABLE t (a VARCHAR(40))")
    found = [text for (text,) in query(path, "SELECT a FROM t")]
    assert [float(text) for text in found] == numbers
    assert found[:2] == ["7", "0.1"]


@pytest.mark.parametrize(
    ("new", "answer"),
    [
        ("a INT NOT NULL, b TEXT", "NOT NULL"),
        ("a INT, b TEXT, c INT NOT NULL", "NOT NULL"),
        ("a INT, b TEXT UNIQUE ON CONFLICT IGNORE", "UNIQUE"),
        ("a INT, b TEXT UNIQUE ON CONFLICT REPLACE", "UNIQUE"),
        ("a INT NOT NULL ON CONFLICT IGNORE, b TEXT", "NOT NULL"),
        ("a INT, b TEXT PRIMARY KEY ON CONFLICT ROLLBACK", "UNIQUE"),
        ("a INT, b TEXT CHECK (b <> 'x')", "CHECK"),
        ("a INT, b INTEGER PRIMARY KEY", "mismatch"),
    ],
)
def test_rows_that_do_not_fit_fail_the_plan_and_none_is_dropped(new: str, answer: str, tmp_path: Path) -> None:
    """A conflict clause of the new table must not swallow rows while they are copied."""
    path = tmp_path / "db"
    load(path, "CREATE TABLE t (a INT, b TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'x'), (NULL, 'y')")
    old = dump(path)
    with pytest.raises(sqlite3.IntegrityError, match=answer):
        execute(path, plan(old, parse(f"CREATE TABLE t ({new})")))
    assert dump(path) == old
    assert query(path, "SELECT count(*) FROM t") == [(3,)]


def test_strict_tables_take_what_is_the_same_and_refuse_what_is_not(tmp_path: Path) -> None:
    path = tmp_path / "db"
    change_rows(
        path,
        "CREATE TABLE t (a, b, c)",
        "INSERT INTO t VALUES ('12', x'6162', 'ab'), (7, 'é', NULL)",
        "CREATE TABLE t (a INT, b TEXT, c BLOB) STRICT",
    )
    assert query(path, "SELECT a, b, c FROM t") == [(12, "ab", b"ab"), (7, "é", None)]
    with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT value in INT"):
        change_rows(
            tmp_path / "2", "CREATE TABLE t (a)", "INSERT INTO t VALUES ('1x')", "CREATE TABLE t (a INT) STRICT"
        )
    assert query(tmp_path / "2", "SELECT a FROM t") == [("1x",)]


def test_s4_a_counter_is_kept_where_all_rows_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "db"
    change_rows(
        path,
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)",
        "INSERT INTO t VALUES (500, 'x'); DELETE FROM t",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT)",
    )
    assert query(path, "INSERT INTO t (a) VALUES (1) RETURNING id") == [(501,)]


def test_names_with_quotes(tmp_path: Path) -> None:
    table, one, two = quote("""it's "t" \\"""), quote("a'b"), quote('c"d')
    index, trigger = quote("i'["), quote("tr';")
    old = (
        f"CREATE TABLE {table} ({one} TEXT, {two} INT); CREATE TABLE child (x REFERENCES {table} ({one}));"
        f"CREATE UNIQUE INDEX {index} ON {table} ({one});"
        f"CREATE TRIGGER {trigger} AFTER INSERT ON {table} BEGIN SELECT new.{one}; END"
    )
    path, new = tmp_path / "db", old.replace(f"{two} INT", f"{two} TEXT")
    change_rows(path, old, f"INSERT INTO {table} VALUES ('k', 1); INSERT INTO child VALUES ('k')", new)
    assert query(path, f"SELECT * FROM {table}") == [("k", "1")]
    assert query(path, "SELECT * FROM child") == [("k",)]


def test_a_column_that_is_not_there_is_never_read_as_a_string_s12(tmp_path: Path) -> None:
    """A plan for another database must fail; ``SELECT "b"`` alone would fill every row with the letter b."""
    path = tmp_path / "db"
    load(path, "CREATE TABLE t (a INT, other TEXT); INSERT INTO t VALUES (1, 'keep')")
    stale = plan(parse("CREATE TABLE t (a INT, b TEXT)"), parse("CREATE TABLE t (a TEXT, b TEXT)"))
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        execute(path, stale)
    assert query(path, "SELECT a, other FROM t") == [(1, "keep")]


def test_no_common_column_is_refused() -> None:
    with pytest.raises(Unsupported, match="no column of the old one"):
        plan(parse("CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID"), parse("CREATE TABLE t (b INT)"))


def test_virtual_tables_are_not_rebuilt() -> None:
    with pytest.raises(Unsupported, match="virtual table"):
        plan(parse("CREATE VIRTUAL TABLE t USING fts5(a)"), parse("CREATE VIRTUAL TABLE t USING fts5(a, b)"))


def test_a_table_whose_name_changes_only_its_case_is_not_dropped() -> None:
    old, new = parse("CREATE TABLE Users (a INT)"), parse("CREATE TABLE users (a INT)")
    assert plan(old, new) == []
    assert generate_alter_statements(old.tables[0], new.tables[0], "sqlite") == []
    with pytest.raises(Unsupported, match="Users and users are the same table"):
        build_plan(old, new, SQLITE, FACTS)


def test_a_table_with_something_unread_is_not_rebuilt() -> None:
    """The index would go with the old table and could not be made again."""
    old = parse("CREATE TABLE t (a INT); CREATE INDEX i ON t (a) USING magic")
    with pytest.raises(Unsupported, match="its index i could not be read"):
        plan(old, parse("CREATE TABLE t (a TEXT)"))


def test_names_in_another_case_are_the_same_names(tmp_path: Path) -> None:
    path = tmp_path / "db"
    load(
        path,
        """CREATE TABLE Parent (Id INTEGER PRIMARY KEY, "Name" TEXT CHECK (Name <> ''));
        CREATE TABLE Child (X INT REFERENCES PARENT (ID)); CREATE INDEX i ON parent (NAME);
        INSERT INTO parent VALUES (1, '5'); INSERT INTO child VALUES (1)""",
    )
    wanted = """CREATE TABLE parent (id INTEGER PRIMARY KEY, name INT CHECK (name <> ''));
        CREATE TABLE child (x INT REFERENCES parent (id)); CREATE INDEX i ON Parent (name);"""
    execute(path, plan(dump(path), parse(wanted)))
    assert plan(dump(path), parse(wanted)) == []
    assert query(path, "SELECT name, x FROM parent JOIN child ON x = id") == [(5, 1)]


# ---------------------------------------------------------------------------------------------- foreign keys

PARENT = "CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE q (id INTEGER PRIMARY KEY);"


def orphaned(path: Path, *, new: str, old: str = "CREATE TABLE c (x INT REFERENCES p (id), y INT)") -> None:
    connection = sqlite3.connect(path, isolation_level=None)  # foreign keys off: orphans can be made
    connection.executescript(f"{PARENT} {old}; INSERT INTO p VALUES (1, 'a'); INSERT INTO c VALUES (1, 5), (2, 1)")
    connection.close()
    execute(path, plan(dump(path), parse(f"{PARENT} {new}")))


def test_orphans_of_before_are_no_reason_to_fail(tmp_path: Path) -> None:
    orphaned(tmp_path / "db", new="CREATE TABLE c (x INT REFERENCES p (id) ON DELETE CASCADE, y TEXT)")
    assert query(tmp_path / "db", "SELECT x, y FROM c") == [(1, "5"), (2, "1")]


@pytest.mark.parametrize(
    "new",
    [
        "CREATE TABLE c (x INT REFERENCES p (id), y INT REFERENCES p (id))",
        "CREATE TABLE c (x INT, y INT REFERENCES q (id))",
        "CREATE TABLE c (x INT REFERENCES p (id), y INT REFERENCES nowhere (id))",
    ],
)
def test_new_orphans_fail_the_plan(new: str, tmp_path: Path) -> None:
    path = tmp_path / "db"
    with pytest.raises(sqlite3.IntegrityError, match="rows or their parents would be lost"):
        orphaned(path, new=new)
    assert query(path, "SELECT x, y FROM c") == [(1, 5), (2, 1)]
    assert dump(path) == parse(f"{PARENT} CREATE TABLE c (x INT REFERENCES p (id), y INT)")


def test_a_dropped_parent_of_rows_fails_the_plan(tmp_path: Path) -> None:
    path = tmp_path / "db"
    child, rest = "CREATE TABLE c (x INT REFERENCES p (id))", "CREATE TABLE q (id INTEGER PRIMARY KEY)"
    load(path, f"{PARENT} {child}; INSERT INTO p VALUES (1, 'a'); INSERT INTO c VALUES (1)")
    old = dump(path)
    with pytest.raises(sqlite3.IntegrityError, match="rows or their parents would be lost"):
        execute(path, plan(old, parse(f"{rest}; {child}")))
    assert dump(path) == old
    execute(path, plan(old, parse(f"{rest}; CREATE TABLE c (x INT)")))
    assert query(path, "SELECT x FROM c") == [(1,)]


def test_dropping_a_parent_deletes_no_child_rows(tmp_path: Path) -> None:
    path = tmp_path / "db"
    old = f"{PARENT} CREATE TABLE c (x INT REFERENCES p (id) ON DELETE CASCADE)"
    load(path, f"{old}; INSERT INTO p VALUES (1, 'a'); INSERT INTO c VALUES (1)")
    execute(path, plan(dump(path), parse("CREATE TABLE q (id INTEGER PRIMARY KEY); CREATE TABLE c (x INT)")))
    assert query(path, "SELECT x FROM c") == [(1,)]


def test_a_key_that_could_not_be_checked_can_be_fixed(tmp_path: Path) -> None:
    """Before the plan ``foreign_key_check`` itself fails: the parent's column is not unique."""
    path = tmp_path / "db"
    old = "CREATE TABLE p (a TEXT); CREATE TABLE c (x TEXT REFERENCES p (a))"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(f"{old}; INSERT INTO p VALUES ('k'); INSERT INTO c VALUES ('k')")
    connection.close()
    with pytest.raises(sqlite3.OperationalError, match="mismatch"):
        query(path, "PRAGMA foreign_key_check")
    execute(path, plan(dump(path), parse("CREATE TABLE p (a TEXT UNIQUE); CREATE TABLE c (x TEXT REFERENCES p (a))")))
    assert query(path, "PRAGMA foreign_key_check") == []
    load(path, "INSERT INTO c VALUES ('k')")


def test_parent_and_child_change_their_type_in_one_plan(tmp_path: Path) -> None:
    path = tmp_path / "db"
    change_rows(
        path,
        "CREATE TABLE p (id CHAR PRIMARY KEY NOT NULL); CREATE TABLE c (x CHAR REFERENCES p (id) ON DELETE CASCADE)",
        "INSERT INTO p VALUES ('12'); INSERT INTO c VALUES ('12')",
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (x INT REFERENCES p (id) ON DELETE CASCADE)",
    )
    assert query(path, "SELECT id, x FROM p JOIN c ON x = id") == [(12, 12)]


# ---------------------------------------------------------------------------------------------- views, triggers


def test_s17_a_view_that_was_broken_before_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "db"
    load(path, "CREATE TABLE t (a INT, b INT, c AS (a)); CREATE VIEW broken AS SELECT missing FROM t JOIN nowhere")
    execute(path, plan(dump(path), parse("CREATE TABLE t (a TEXT, b INT, c AS (a))")))
    execute(path, plan(dump(path), parse("CREATE TABLE t (a TEXT)")))
    assert dump(path).tables == parse("CREATE TABLE t (a TEXT)").tables


@pytest.mark.parametrize(
    "user",
    [
        "CREATE VIEW v AS SELECT b FROM t",
        "CREATE VIEW w AS SELECT * FROM t; CREATE VIEW v AS SELECT b FROM w",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT new.b; END",
        "CREATE TRIGGER r AFTER UPDATE OF a ON t BEGIN SELECT old.b; END",
        "CREATE TRIGGER r BEFORE DELETE ON t WHEN old.b BEGIN SELECT 1; END",
        "CREATE TRIGGER r AFTER INSERT ON other BEGIN UPDATE t SET b = 1; END",
    ],
)
def test_a_column_that_is_still_used_fails_the_plan_when_it_goes(user: str, tmp_path: Path) -> None:
    path = tmp_path / "db"
    load(
        path,
        f"CREATE TABLE t (a INT, b INT, d, c AS (a)); CREATE TABLE other (x); {user}; INSERT INTO t VALUES (1, 2, 3)",
    )
    old = dump(path)
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        execute(path, plan(old, parse("CREATE TABLE t (a INT, d, c AS (a)); CREATE TABLE other (x)")))
    assert dump(path) == old
    assert query(path, "SELECT a, b FROM t") == [(1, 2)]


@pytest.mark.parametrize(
    "user",
    ["CREATE VIEW v AS SELECT b FROM t", "CREATE TRIGGER r AFTER INSERT ON other BEGIN UPDATE t SET b = 1; END"],
)
def test_a_column_that_is_still_used_under_the_tables_old_name(user: str, tmp_path: Path) -> None:
    path = tmp_path / "db"
    load(path, f"CREATE TABLE t (a INT, b INT); CREATE TABLE other (x); {user}")
    renames = [RenameTable(Name("", "t"), Name("", "u"))]
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        execute(path, plan(dump(path), parse("CREATE TABLE u (a INT); CREATE TABLE other (x)"), renames))


@pytest.mark.parametrize(
    "user",
    [
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE VIEW v AS SELECT a AS b FROM t",
        "CREATE TRIGGER r AFTER UPDATE ON t BEGIN INSERT INTO other (b) VALUES (new.a); END",
    ],
)
def test_a_column_of_the_same_name_elsewhere_is_no_reason_to_fail(user: str, tmp_path: Path) -> None:
    path = tmp_path / "db"
    load(path, f"CREATE TABLE t (a INT, b INT); CREATE TABLE other (b); {user}; INSERT INTO t VALUES (1, 2)")
    execute(path, plan(dump(path), parse("CREATE TABLE t (a INT); CREATE TABLE other (b)")))
    assert query(path, "SELECT a FROM t") == [(1,)]


def test_renames_and_a_rebuild_in_one_plan_keep_the_triggers(tmp_path: Path) -> None:
    path = tmp_path / "db"
    load(path, WORLD + ROWS)
    wanted = WORLD.replace("name", "title").replace("org", "company")
    wanted = wanted.replace("title TEXT", "title VARCHAR(9) NOT NULL DEFAULT '-'")
    renames = [
        RenameTable(Name("", "org"), Name("", "company")),
        RenameColumn(Name("", "company"), "name", "title"),
        RenameColumn(Name("", "item"), "org_id", "company_id"),
        RenameColumn(Name("", "tag"), "org_id", "company_id"),
    ]
    execute(path, plan(dump(path), parse(wanted), renames))
    new = dump(path)
    assert plan(new, parse(wanted)) == []
    company = new.table(Name("", "company"))
    assert company is not None
    assert [trigger.name for trigger in company.triggers] == ["org_ad", "org_ai"]
    assert query(path, "SELECT id, title FROM company ORDER BY id") == [(1, "one"), (7, "-"), (8, "ü'\"")]
    assert query(path, "SELECT * FROM sqlite_sequence") == [("company", 900)]
    assert query(path, "INSERT INTO company (title) VALUES ('next') RETURNING id") == [(901,)]
    assert query(path, "SELECT x FROM log")[-2:] == [("gone",), ("org;next",)]
    assert query(path, "SELECT title FROM orgs_again WHERE id = 8") == [("ü'\"",)]
    assert_whole(path)


# ---------------------------------------------------------------------------------------------- faults

FAULTY = WORLD.replace("name TEXT", "name VARCHAR(20) NOT NULL DEFAULT 'anon'").replace("b TEXT)", "b INT)")


def faulty_plan() -> list[str]:
    return plan(parse(WORLD), parse(FAULTY))


def fingerprint(path: Path) -> tuple[Schema, dict[str, list[Any]]]:
    schema = dump(path)
    return schema, contents(path, schema)


@pytest.fixture(scope="module")
def old_and_new(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[Schema, dict[str, list[Any]]]]]:
    """A database with rows, and what it may look like after a fault: as before, or as wanted."""
    folder = tmp_path_factory.mktemp("faults")
    load(folder / "old", f"{WORLD} {ROWS}")
    shutil.copy(folder / "old", folder / "new")
    execute(folder / "new", faulty_plan())
    return folder / "old", [fingerprint(folder / "old"), fingerprint(folder / "new")]


@pytest.mark.parametrize("step", range(len(faulty_plan())))
def test_any_one_statement_may_fail_in_a_shell_that_goes_on(
    step: int, old_and_new: tuple[Path, Any], tmp_path: Path
) -> None:
    original, allowed = old_and_new
    path = shutil.copy(original, tmp_path / "db")
    statements = faulty_plan()
    statements[step] = "SELECT this_statement_fails"
    assert execute_all(path, statements)
    assert fingerprint(path) in allowed
    assert_whole(path)


DIE = """
import json, os, signal, sqlite3, sys
path, journal, step, statements = json.load(sys.stdin)
connection = sqlite3.connect(path, isolation_level=None)
connection.execute("PRAGMA foreign_keys = ON")
connection.execute(f"PRAGMA journal_mode = {journal}").fetchall()
connection.execute("PRAGMA cache_size = 1")  # pages go to the disk long before COMMIT
for statement in statements[:step]:
    connection.execute(statement).fetchall()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.processes
@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_a_killed_process_leaves_old_or_new(journal: str, tmp_path: Path) -> None:
    numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000)"
    many = f"{numbers} INSERT INTO loose (a, b) SELECT i, hex(randomblob(200)) FROM n;"
    load(tmp_path / "original", f"{WORLD} {ROWS} {many}")
    wanted = parse(FAULTY.replace("b INT)", "b VARCHAR(400))"))
    statements = plan(dump(tmp_path / "original"), wanted)
    shutil.copy(tmp_path / "original", tmp_path / "new")
    execute(tmp_path / "new", statements)
    old, new = fingerprint(tmp_path / "original"), fingerprint(tmp_path / "new")
    commit = statements.index("COMMIT")
    for step in (*range(6, commit, 3), commit, commit + 1, len(statements)):
        path = shutil.copy(tmp_path / "original", tmp_path / f"step-{step}")
        done = subprocess.run(
            [sys.executable, "-c", DIE],
            input=json.dumps([str(path), journal, step, statements]),
            text=True,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL
        assert fingerprint(path) == (new if step > commit else old), statements[step - 1]
        assert_whole(path)
        path.unlink()


SHELL = ("env", "-u", "LD_LIBRARY_PATH", "sqlite3")
"""The machine's own shell with its own library, whatever this Python runs on."""


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="no sqlite3 shell")
def test_the_plan_runs_in_a_plain_shell(old_and_new: tuple[Path, Any], tmp_path: Path) -> None:
    original, (_, new) = old_and_new
    path = shutil.copy(original, tmp_path / "db")
    script = "".join(f"{statement};\n" for statement in faulty_plan())
    done = subprocess.run([*SHELL, "-bail", str(path)], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert fingerprint(path) == new


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="no sqlite3 shell")
def test_a_shell_inside_a_transaction_rolls_back(old_and_new: tuple[Path, Any], tmp_path: Path) -> None:
    """There foreign keys stay on (S16), DROP TABLE deletes the children, and the last mark is missing."""
    original, (old, _) = old_and_new
    path = shutil.copy(original, tmp_path / "db")
    script = "PRAGMA foreign_keys = ON; BEGIN; DELETE FROM log;\n" + "".join(f"{sql};\n" for sql in faulty_plan())
    done = subprocess.run([*SHELL, str(path)], input=script, text=True, capture_output=True, check=False)
    assert "rows or their parents would be lost" in done.stderr
    assert fingerprint(path) == old


def test_readers_see_the_old_database_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "db"
    load(path, f"PRAGMA journal_mode = WAL; {WORLD} {ROWS}")
    before = fingerprint(path)
    writer = open_file(path)
    statements = plan(before[0], parse(FAULTY))
    commit = statements.index("COMMIT")
    for statement in statements[:commit]:
        writer.execute(statement).fetchall()
    assert fingerprint(path) == before
    for statement in statements[commit:]:
        writer.execute(statement).fetchall()
    writer.close()
    assert fingerprint(path)[0] == parse(FAULTY)


def test_the_same_plan_has_the_same_bytes() -> None:
    assert faulty_plan() == faulty_plan()
    assert export(parse(FAULTY)) == export(parse(FAULTY))


@pytest.mark.parametrize("index", ["(a, b)", "(lower(b))", "(a) WHERE b > 0"])
def test_an_index_that_is_to_stay_goes_with_its_column(index: str) -> None:
    """Somebody's rule keeps the index and not the column; ``"b"`` would be a string in it (S12)."""
    old = parse(f"CREATE TABLE t (a INT, b INT, c INT);\nCREATE INDEX i ON t {index};\nCREATE INDEX j ON t (c)")
    table = old.tables[0]
    new = replace(table, columns=(*table.columns[:1], replace(table.columns[2], type="TEXT")))
    wanted = replace(old, tables=(new,))
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(
        f"CREATE TABLE t (a INT, b INT, c INT); CREATE INDEX i ON t {index}; CREATE INDEX j ON t (c)"
    )
    connection.executescript(";\n".join(build_plan(old, wanted, SQLITE, SQLITE.default_info).sql()) + ";")
    assert connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall() == [("j",)]
    connection.close()
