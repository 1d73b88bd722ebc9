"""Reading scripts: what the server would execute, what it adds by itself, and what we cannot express."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_schemadrift.dialects.mysql.read.script import parse
from pytest_schemadrift.dialects.mysql.read.statements import open_version_comments, split
from pytest_schemadrift.dialects.mysql.server_info import DEFAULT_INFO, MARIADB_INFO, is_mariadb, parse_version
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name, Schema, Table
from pytest_schemadrift.sources.structure import structure_only

MYSQL_8 = replace(DEFAULT_INFO, version=(8, 0, 36))
KEYED = "CREATE TABLE p (id int PRIMARY KEY, n int, UNIQUE (n, id));"


def table_of(text: str, info: ServerInfo = DEFAULT_INFO, name: str = "t") -> Table:
    schema = parse(text, info)
    assert schema.unsupported == ()
    table = schema.table(Name("", name))
    assert table is not None
    return table


def index_names(text: str, info: ServerInfo = DEFAULT_INFO) -> set[tuple[str | None, tuple[str, ...]]]:
    return {(index.name, index.columns) for index in table_of(KEYED + text, info).indexes}


def test_an_index_is_implied_under_every_foreign_key() -> None:
    """M13: named after the constraint, else after its first column."""
    assert index_names("CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id))") == {("f", ("a",))}
    assert index_names("CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES p (id))") == {("a", ("a",))}
    assert index_names("CREATE TABLE t (a int, FOREIGN KEY ix (a) REFERENCES p (id))") == {("ix", ("a",))}


def test_an_index_that_covers_the_key_is_enough() -> None:
    key = "FOREIGN KEY (a) REFERENCES p (id))"
    assert index_names(f"CREATE TABLE t (a int, b int, KEY k (a, b), {key}") == {("k", ("a", "b"))}
    assert index_names(f"CREATE TABLE t (a int PRIMARY KEY, {key}") == set()
    assert index_names(f"CREATE TABLE t (a int, b int, KEY k (b, a), {key}") == {("k", ("b", "a")), ("a", ("a",))}
    descending = f"CREATE TABLE t (a int, KEY k (a DESC), {key}"
    assert index_names(descending) == {("k", ("a",)), ("a", ("a",))}
    assert index_names(descending, MARIADB_INFO) == {("k", ("a",))}


def test_one_implied_index_serves_two_keys() -> None:
    both = "CREATE TABLE t (a int, b int, FOREIGN KEY (a) REFERENCES p (id), FOREIGN KEY (a, b) REFERENCES p (n, id))"
    assert index_names(both) == {("a", ("a", "b"))}


def test_dropping_a_foreign_key_leaves_its_index() -> None:
    text = "CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id)); ALTER TABLE t DROP FOREIGN KEY f"
    assert index_names(text) == {("f", ("a",))}
    assert table_of(KEYED + text).foreign_keys == ()


def test_inline_references() -> None:
    """M17: before 9.0 MySQL reads them and does nothing."""
    text = KEYED + "CREATE TABLE t (a int REFERENCES p (id) ON DELETE CASCADE)"
    assert table_of(text, MYSQL_8).foreign_keys == ()
    for info in (DEFAULT_INFO, MARIADB_INFO):
        (key,) = table_of(text, info).foreign_keys
        assert (key.name, key.columns, key.on_delete) == ("t_ibfk_1", ("a",), "CASCADE")


def test_restrict_is_no_action() -> None:
    """M15."""
    one, other = (
        table_of(KEYED + f"CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES p (id) {rule})")
        for rule in ("ON DELETE RESTRICT", "ON UPDATE NO ACTION")
    )
    assert one == other


def test_engines_without_foreign_keys_forget_them() -> None:
    table = table_of(KEYED + "CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES p (id)) ENGINE=MyISAM")
    assert table.foreign_keys == ()
    assert [index.columns for index in table.indexes] == [("a",)]


def test_names_that_the_server_makes_up() -> None:
    """M16, A5."""
    text = "CREATE TABLE t (a int, b int, c int UNIQUE, UNIQUE (a), KEY (a, b), CHECK (a > 0), CHECK (b > 0))"
    assert {index.name for index in table_of(text).indexes} == {"c", "a", "a_2"}
    assert {check.name for check in table_of(text).checks} == {"t_chk_1", "t_chk_2"}
    assert {check.name for check in table_of(text, MARIADB_INFO).checks} == {"CONSTRAINT_1", "CONSTRAINT_2"}


def test_serial() -> None:
    """M3."""
    table = table_of("CREATE TABLE t (id SERIAL)")
    assert (table.columns[0].type, table.columns[0].nullable, table.columns[0].autoincrement) == (
        "bigint unsigned",
        False,
        True,
    )
    assert table.indexes[0].unique


def test_collations_are_effective_ones() -> None:
    """M20: a bare CHARACTER SET means that set's default collation, not the database's."""
    info = replace(DEFAULT_INFO, collation="utf8mb4_unicode_ci")
    plain = table_of("CREATE TABLE t (a varchar(5))", info)
    assert (plain.columns[0].collation, plain.options) == (None, ())
    tortoise = table_of("CREATE TABLE t (a varchar(5), b varchar(5) COLLATE utf8mb4_unicode_ci) CHARSET utf8mb4", info)
    assert tortoise.columns[0].collation == "utf8mb4_0900_ai_ci"
    assert tortoise.columns[1].collation is None
    assert tortoise.options == (("collation", "utf8mb4_0900_ai_ci"),)
    old = table_of("CREATE TABLE t (a varchar(5) CHARACTER SET utf8 COLLATE utf8_bin)")
    assert old.columns[0].collation == "utf8mb3_bin"


def test_json_of_mariadb() -> None:
    """A1."""
    spelled_out = "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`j`))"
    long, short = (table_of(f"CREATE TABLE t (j {type_})", MARIADB_INFO) for type_ in (spelled_out, "JSON"))
    assert long == short
    assert short.columns[0].type == "json"
    other = table_of("CREATE TABLE t (j longtext CHECK (json_valid(`j`)))", MARIADB_INFO)
    assert other.columns[0].type == "longtext"
    assert len(other.checks) == 1


def test_the_generated_invisible_primary_key_is_hidden() -> None:
    """M24."""
    table = table_of(
        "CREATE TABLE t (my_row_id bigint unsigned NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */, a int, "
        "PRIMARY KEY (my_row_id))"
    )
    assert [column.name for column in table.columns] == ["a"]
    assert table.primary_key is None


def test_a_bare_timestamp_without_explicit_defaults() -> None:
    """M11."""
    info = replace(MARIADB_INFO, settings=(("explicit_defaults_for_timestamp", "0"),))
    first, second, third = table_of("CREATE TABLE t (a timestamp, b timestamp, c timestamp NULL)", info).columns
    assert (first.nullable, first.on_update is not None) == (False, True)
    assert second.default is not None
    assert (second.default.sql, second.nullable) == ("'0000-00-00 00:00:00'", False)
    assert (third.default, third.nullable) == (None, True)


def test_table_names_are_folded_where_the_server_does() -> None:
    """M30."""
    info = replace(DEFAULT_INFO, settings=(("lower_case_table_names", "1"),))
    text = "CREATE TABLE Parent (Id int PRIMARY KEY); CREATE TABLE T (a int, FOREIGN KEY (A) REFERENCES PARENT (ID))"
    assert [table.name.name for table in parse(text, DEFAULT_INFO).tables] == ["Parent", "T"]
    table = table_of(text, info)
    assert table.foreign_keys[0].ref_table == Name("", "parent")
    assert table.foreign_keys[0].columns == ("a",)
    assert table.foreign_keys[0].ref_columns == ("Id",)


def test_other_databases() -> None:
    info = replace(DEFAULT_INFO, database="shop")
    schema = parse("CREATE TABLE shop.a (x int); CREATE TABLE `other`.`b` (x int)", info)
    assert [table.name for table in schema.tables] == [Name("", "a"), Name("other", "b")]
    dumped = parse("CREATE DATABASE old; USE old; CREATE TABLE old.a (x int)", DEFAULT_INFO)
    assert [table.name for table in dumped.tables] == [Name("", "a")]


def test_version_comments() -> None:
    """M25: executed from their version on, by the server that they are meant for; never inside strings."""
    text = "a /*!80023 INVISIBLE */ '/*!80023 x */' /*!99999 no */ /*M!100301 COMPRESSED*/ /* c */ `/*!1*/` /*! y */"
    mysql, mariadb = (" ".join(open_version_comments(text, info).split()) for info in (DEFAULT_INFO, MARIADB_INFO))
    assert mysql == "a INVISIBLE '/*!80023 x */' /* c */ `/*!1*/` y"
    assert mariadb == "a '/*!80023 x */' COMPRESSED /* c */ `/*!1*/` y"
    assert len(open_version_comments(text, DEFAULT_INFO)) == len(text)


def test_statements_of_a_script() -> None:
    text = """
    CREATE TABLE a (x varchar(9) DEFAULT ';');  -- one; comment
    CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW BEGIN
      IF NEW.x = 1 THEN SET NEW.x = CASE NEW.x WHEN 1 THEN 2 END; END IF;
      CASE NEW.x WHEN 2 THEN SET NEW.x = 3; END CASE;
    END;
    DELIMITER //
    CREATE PROCEDURE q() BEGIN SELECT 1; END//
    DELIMITER ;
    ALTER TABLE a COMMENT 'it\\'s -- \n DELIMITER //\n';  -- it's
    RENAME TABLE a TO b
    """
    found = [stream.raw(0, len(stream.tokens)).split()[1] for stream in split(text)]
    assert found == ["TABLE", "TRIGGER", "PROCEDURE", "TABLE", "TABLE"]
    schema = parse(text, DEFAULT_INFO)
    assert schema.unsupported == ()
    assert [trigger.name for trigger in schema.tables[0].triggers] == ["tr"]
    assert schema.tables[0].name == Name("", "b")
    assert schema.tables[0].comment == "it's -- \n DELIMITER //\n"


def test_names_in_double_quotes_where_the_script_says_so() -> None:
    """As mysqldump and mariadb-dump write with --compatible=ansi; a body keeps its own mode and text."""
    text = """
    /*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ANSI' */;
    CREATE TABLE "a ""b" ("it`s" varchar(9) DEFAULT 'say "x"', KEY "k" ("it`s"));
    /*!50003 SET @saved_sql_mode = @@sql_mode */;
    /*!50003 SET sql_mode = 'STRICT_TRANS_TABLES' */;
    CREATE TRIGGER tr BEFORE INSERT ON `a "b` FOR EACH ROW SET NEW.`it``s` = "x";
    CREATE TABLE c (x varchar(9) DEFAULT "y");
    /*!50003 SET sql_mode = @saved_sql_mode */;
    ALTER TABLE "c" ADD "z" int;
    SET SQL_MODE=@OLD_SQL_MODE;
    ALTER TABLE c ALTER x SET DEFAULT "z";
    """
    usual = """
    CREATE TABLE `a "b` (`it``s` varchar(9) DEFAULT 'say "x"', KEY `k` (`it``s`));
    CREATE TRIGGER tr BEFORE INSERT ON `a "b` FOR EACH ROW SET NEW.`it``s` = "x";
    CREATE TABLE c (x varchar(9) DEFAULT 'z', z int);
    """
    assert parse(text, DEFAULT_INFO) == parse(usual, DEFAULT_INFO)
    assert parse(text, DEFAULT_INFO).unsupported == ()
    assert 'CREATE TABLE `a "b` (`it``s`' in structure_only(text, "mysql")[0]


def test_a_script_of_changes() -> None:
    table = table_of(
        """
        CREATE TABLE s (a int, b varchar(5), KEY k (a), CONSTRAINT c CHECK (a > 0));
        ALTER TABLE s ADD COLUMN (d int, e int), ADD f int FIRST, CHANGE b bb varchar(9) NOT NULL AFTER f,
          MODIFY a bigint, RENAME COLUMN d TO dd, ADD UNIQUE u (dd), ADD PRIMARY KEY (f), DROP CONSTRAINT c;
        ALTER TABLE s ALTER dd SET DEFAULT 5, RENAME INDEX k TO kk, DROP COLUMN e, COMMENT 'x', ENGINE = MyISAM;
        CREATE INDEX late ON s (bb(3) DESC);
        DROP INDEX kk ON s;
        ALTER TABLE s RENAME TO t;
        """
    )
    shown = [(column.name, column.type, column.nullable) for column in table.columns]
    assert shown == [
        ("f", "int", False),
        ("bb", "varchar(9)", False),
        ("a", "bigint", True),
        ("dd", "int", True),
    ]
    assert table.columns[3].default is not None
    assert table.columns[3].default.sql == "5"
    assert {index.name for index in table.indexes} == {"u", "late"}
    assert (table.checks, table.comment, table.options) == ((), "x", (("engine", "MyISAM"),))


@pytest.mark.parametrize("how", ["RENAME COLUMN a TO b, RENAME COLUMN b TO a", "CHANGE a b int, CHANGE b a int"])
def test_renamed_columns_are_followed_into_expressions_and_may_change_their_names(how: str) -> None:
    made = "CREATE TABLE t (a int, b int, c int AS (a + 1), KEY k ((a * 2)), CONSTRAINT more CHECK (a > b))"
    table = table_of(f"{made}; ALTER TABLE t {how};")
    assert [column.name for column in table.columns] == ["b", "a", "c"]
    assert table == table_of(
        "CREATE TABLE t (b int, a int, c int AS (b + 1), KEY k ((b * 2)), CONSTRAINT more CHECK (b > a))"
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CREATE TABLE t SELECT 1 AS a", "t"),
        ("CREATE TABLE t (a int) AS SELECT 1 AS a", "t"),
        ("CREATE TABLE t (a int) WITH SYSTEM VERSIONING", "t"),
        ("CREATE TABLE t (a int, s date, e date, PERIOD FOR p (s, e))", "t"),
        ("CREATE TABLE t (a int FROBNICATE)", "t"),
        ("ALTER TABLE t ADD COLUMN x int", "t"),
        ("CREATE SEQUENCE s", "CREATE SEQUENCE s"),
        ("FROBNICATE t", "FROBNICATE t"),
        ("CREATE TABLE t (a int DEFAULT NEXT VALUE FOR s)", "t"),
    ],
)
def test_what_cannot_be_read_is_kept_and_shown(text: str, name: str) -> None:
    schema = parse(text, MARIADB_INFO)
    assert schema.tables == ()
    (item,) = schema.unsupported
    assert (item.name, item.sql) == (name, text)
    assert item.reason


def test_statements_that_change_no_structure_are_passed_over() -> None:
    text = """
    SET NAMES utf8mb4; LOCK TABLES a WRITE; INSERT INTO a VALUES (1, ';'); UNLOCK TABLES; GRANT SELECT ON *.* TO x;
    CREATE FUNCTION f() RETURNS int RETURN 1; DROP TABLE IF EXISTS nothing; COMMIT;
    """
    assert parse(text, DEFAULT_INFO) == Schema("mysql")


def test_no_sql_at_all() -> None:
    with pytest.raises(DDLSyntaxError):
        parse("CREATE TABLE t (a varchar(5) DEFAULT 'x", DEFAULT_INFO)


def test_versions() -> None:
    """A11."""
    assert parse_version("5.5.5-10.11.6-MariaDB-log") == (10, 11, 6)
    assert parse_version("9.7.4-2") == (9, 7, 4)
    assert is_mariadb("5.5.5-10.11.6-MariaDB-log")
    assert not is_mariadb("8.0.36")
