"""Keys of expressions and defaults: equal where every server agrees, and only there."""

from __future__ import annotations

import pytest

from pytest_schemadrift.dialects.mysql.read.defaults import default_from_text, default_from_value
from pytest_schemadrift.dialects.mysql.read.expressions import make_expression

SAME = [
    ("`a` > 0 and b < 3 OR c in ('x',\"y\")", "((((`a` > 0) and (`b` < 3)) or (`c` in (_utf8mb4'x',_utf8mb4'y'))))"),
    ("a NOT LIKE 'x%'", "(not((`a` like _latin1'x%')))"),
    ("a is not null && b != 1", "((`a` is not null) and (`b` <> 1))"),
    ("-1", "-(1)"),
    ("case when d = 0 then n else NULL end", "(case when (`d` = 0) then `n` else NULL end)"),
    ("data->>'$.a'", "json_unquote(json_extract(`data`,_utf8mb4'$.a'))"),
    ("LOWER(HEX(RANDOM_BYTES(16)))", "lcase(hex(random_bytes(16)))"),
    ("current_date + interval 1 year", "(curdate() + interval 1 year)"),
    ("cast(a as char(20))", "cast(`a` as char(20) charset utf8mb4)"),
    ("a between 1 and 2 and not b", "((`a` between 1 and 2) and (not(`b`)))"),
    ("mod(a, 2) = 0", "((`a` % 2) = 0)"),
    ("a regexp '^x'", "regexp_like(`a`,_utf8mb4'^x')"),
    ("'it''s'", "'it\\'s'"),
    ("a and b and c", "((a and b) and c)"),
]
DIFFERENT = [
    ("a - b - c", "a - (b - c)"),
    ("a and b or c", "a and (b or c)"),
    ("not a = b", "(not a) = b"),
    ("a > 0", "a >= 0"),
    ("'a'", "'A'"),
    ("`current_date`", "current_date"),
    ("now()", "now(6)"),
    ("_latin1'\u00e9'", "'\u00e9'"),
    ("_binary'x'", "'x'"),
    ("cast(a as char)", "cast(a as binary)"),
    ("a in (1, 2)", "a in (2, 1)"),
    ("x'61'", "'a'"),
    ("a = b collate utf8mb4_bin", "a = b"),
    ("a like 'x' escape '!'", "a like 'x'"),
    ("-a + b", "-(a + b)"),
]


@pytest.mark.parametrize(("typed", "stored"), SAME)
def test_spellings_of_one_thing(typed: str, stored: str) -> None:
    assert make_expression(typed).key == make_expression(stored).key


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_things(one: str, other: str) -> None:
    assert make_expression(one).key != make_expression(other).key


def test_introducers_are_not_shown() -> None:
    assert make_expression("(`c` in (_utf8mb3'a',_utf8mb4'\u00e9'))").sql == "(`c` in ('a','\u00e9'))"


DEFAULTS = [
    ("TRUE", "tinyint(1)", "1"),
    ("1.5", "decimal(10,2)", "1.50"),
    ("'0.125'", "decimal(5,2)", "0.13"),
    ("1e3", "float", "1000"),
    ("5", "bit(8)", "b'101'"),
    ("0x61", "varbinary(10)", "0x61"),
    ("'2020-01-01'", "datetime(3)", "2020-01-01 00:00:00.000"),
    ("'10:00'", "time", "10:00:00"),
    ("5", "varchar(10)", "5"),
    ("'x'", "varchar(10)", "x"),
    ("(5)", "int", "5"),
    ("DATE '2020-02-03'", "date", "2020-02-03"),
]


@pytest.mark.parametrize(("typed", "type_", "stored"), DEFAULTS)
def test_a_literal_is_compared_by_the_value_that_the_column_holds(typed: str, type_: str, stored: str) -> None:
    """M4: the catalog shows the stored value."""
    assert default_from_text(typed, type_, "mysql") == default_from_value(stored, type_, "mysql")


def test_a_string_that_looks_like_something_else() -> None:
    """M5: only EXTRA tells a function from a string in MySQL's catalog."""
    text = default_from_value("CURRENT_TIMESTAMP", "varchar(30)", "mysql")
    assert text.sql == "'CURRENT_TIMESTAMP'"
    assert default_from_value("NULL", "varchar(10)", "mysql").sql == "'NULL'"
    assert default_from_text("NULL", "varchar(10)", "mysql") is None


def test_both_forms_of_now() -> None:
    """M8, T15: Tortoise writes the parenthesised form when it alters, the plain one when it creates."""
    plain = default_from_text("CURRENT_TIMESTAMP(6)", "datetime(6)", "mysql")
    wrapped = default_from_text("(now(6))", "datetime(6)", "mysql")
    assert plain == wrapped
    assert wrapped is not None
    assert wrapped.sql == "CURRENT_TIMESTAMP(6)"


def test_a_precision_that_is_not_the_columns() -> None:
    """M9: MySQL refuses the plain form and keeps the other as it is; MariaDB takes the column's precision."""
    loose = default_from_text("(now())", "datetime(6)", "mysql")
    assert loose is not None
    assert (loose.sql, loose.key) == ("(CURRENT_TIMESTAMP)", "now()")
    adopted = default_from_text("CURRENT_TIMESTAMP", "datetime(6)", "mariadb")
    assert adopted is not None
    assert adopted.key == "now(6)"


def test_a_literal_for_a_type_that_takes_only_expressions() -> None:
    default = default_from_text("('{}')", "json", "mysql")
    assert default is not None
    assert default.sql == "('{}')"
    maria = default_from_text("'{}'", "json", "mariadb")
    assert maria is not None
    assert (maria.sql, maria.key) == ("'{}'", default.key)
