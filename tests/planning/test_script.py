"""SQL with hidden characters and line breaks, spelled so that it means the same and no line of it is a name's."""

from __future__ import annotations

import pytest

from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.planning.script import readable, runnable

ZERO, LEFT, BELL = "\u200b", "\u202e", "\x07"  # no width, right to left, a bell


@pytest.mark.parametrize(
    ("sql", "spelled"),
    [
        (f'DROP TABLE "a{ZERO}b"', 'DROP TABLE U&"a\\200Bb"'),
        (f'DROP TABLE "a\\{ZERO}"', 'DROP TABLE U&"a\\\\\\200B"'),
        (f'DROP TABLE U&"\\0061{ZERO}"', 'DROP TABLE U&"\\0061\\200B"'),
        ('DROP TABLE "\U000e0001"', 'DROP TABLE U&"\\+0E0001"'),
        (f"SELECT '{LEFT}it''s \\'", "SELECT E'\\u202Eit''s \\\\'"),
        ("SELECT '\U000e0001'", "SELECT E'\\U000E0001'"),
        (f"SELECT E'\\n{ZERO}\\{ZERO}'", "SELECT E'\\n\\u200B\\u200B'"),
        (f"SELECT U&'\\0061{ZERO}'", "SELECT U&'\\0061\\200B'"),
        (f"SELECT $x${ZERO}'\\$x$", "SELECT E'\\u200B''\\\\'"),
        (f"SELECT '{ZERO}', 'plain', \"t\"", "SELECT E'\\u200B', 'plain', \"t\""),
        (f"SELECT 1\r\f\vFROM t WHERE a = '{ZERO}'", "SELECT 1 FROM t WHERE a = E'\\u200B'"),
    ],
)
def test_postgres_has_a_spelling_for_names_and_texts(sql: str, spelled: str) -> None:
    assert runnable(sql, "postgres") == readable(sql, "postgres") == spelled


def test_what_hides_nothing_is_left_as_it_is() -> None:
    for dialect in ("postgres", "mysql", "mariadb", "sqlite"):
        sql = "CREATE TABLE t (\n  a text DEFAULT 'x\ty'\n)"
        assert runnable(sql, dialect) == readable(sql, dialect) == sql
    body = "CREATE FUNCTION f() RETURNS int AS $$\nSELECT 1\n$$ LANGUAGE sql"
    assert readable(body, "postgres") == body


def test_a_line_break_in_a_name_or_text_makes_no_line_of_a_report() -> None:
    assert readable("ALTER TABLE t ADD \"a\n-- b\" text DEFAULT 'c\nd'", "postgres") == (
        "ALTER TABLE t ADD U&\"a\\000A-- b\" text DEFAULT E'c\\nd'"
    )
    assert readable("SELECT E'a\\\nb'", "postgres") == "SELECT E'a\\nb'"
    for dialect in ("mysql", "mariadb"):
        broken = "ALTER TABLE t ADD `a\nDROP` int"
        shown = readable(broken, dialect)
        assert "\nDROP" not in shown
        assert f"X'{broken.encode().hex().upper()}'" in shown
    for dialect, sql in (
        ("sqlite", 'ALTER TABLE t ADD "a\nDROP" int'),
        ("sqlite", "ALTER TABLE t ADD [a\nDROP] int"),
        ("mysql", "CREATE TRIGGER g BEFORE INSERT ON `a\nDROP` FOR EACH ROW SET @a = 1"),
    ):
        first, *rest = readable(sql, dialect).splitlines()
        assert first.startswith("-- a name or text below holds a line break")
        assert not any(line.startswith("DROP") for line in rest)
    assert "\n" not in readable("COMMENT ON TABLE t IS 'a\nb'", "postgres")
    assert readable("SELECT 1 -- it's\nFROM t", "sqlite") == "SELECT 1 -- it's\nFROM t", "a comment is no text"


def test_what_has_no_other_spelling_is_refused() -> None:
    for dialect, sql in (
        ("sqlite", f"DROP TABLE `{BELL}`"),
        ("mariadb", f"DROP TRIGGER `{BELL}`"),
        ("mysql", f"create definer = ann procedure `{BELL}`() SELECT 1"),
    ):
        with pytest.raises(Unsupported) as caught:
            runnable(sql, dialect)
        assert BELL not in caught.value.where
    prepared = runnable(f"DROP  TABLE\n`{BELL}`", "mysql")
    assert prepared.startswith("-- DROP TABLE `"), "the comment is one line"
    assert prepared.splitlines()[1].startswith("SET @schemadrift")
    assert BELL not in prepared
