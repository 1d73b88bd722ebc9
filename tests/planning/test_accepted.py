"""Which change a rule, a line of the baseline or a word on the command line means; without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pytest_schemadrift.core.config.settings import IgnoreRule
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.planning.accepted import (
    HEADER,
    BaselineEntry,
    baseline_text,
    change_fingerprint,
    is_over,
    means,
    read_baseline,
    rule_matches,
    spelled,
)
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Name
from pytest_schemadrift.sources.ddl import parse_sql

T = "CREATE SCHEMA s; CREATE TABLE s.t (a int, b varchar(10));"


def change(old: str, new: str) -> c.SimpleChange:
    (found,) = diff(parse_sql(old, "postgres"), parse_sql(new, "postgres"))
    return found


COLUMN = change(T, T.replace("a int", "a int, new int"))
TYPE = change(T, T.replace("(10)", "(20)"))
INDEX = change(T, T + "CREATE INDEX i ON s.t (a)")
ENUM = change(T, T + "CREATE TYPE mood AS ENUM ('a')")
RENAMED = c.RenameTable(Name("s", "before"), Name("", "after"))
NAMELESS = change(T, T + "COMMENT ON TABLE s.t IS 'x'")


@pytest.mark.parametrize(
    ("told", "matched"),
    [
        ({"code": "SD2*"}, [COLUMN, TYPE]),
        ({"code": INDEX.code}, [INDEX]),
        ({"table": "t"}, [COLUMN, TYPE, INDEX, NAMELESS]),
        ({"table": "s.t"}, [COLUMN, TYPE, INDEX, NAMELESS]),
        ({"table": "before"}, [RENAMED]),
        ({"table": "after"}, [RENAMED]),
        ({"table": "T"}, []),
        ({"table": "?*"}, [COLUMN, TYPE, INDEX, RENAMED, NAMELESS]),
        ({"name": "b"}, [TYPE]),
        ({"name": "i"}, [INDEX]),
        ({"name": "mood"}, [ENUM]),
        ({"name": "[bn]*"}, [COLUMN, TYPE]),
        ({"table": "t", "name": "mood"}, []),
        ({"table": "t", "name": "new", "code": INDEX.code}, []),
        ({"connection": "other"}, []),
        ({"connection": "def*"}, [COLUMN, TYPE, INDEX, ENUM, RENAMED, NAMELESS]),
    ],
)
def test_a_rule_means_what_all_its_words_fit(told: dict[str, str], matched: list[c.SimpleChange]) -> None:
    rule = IgnoreRule("why", **told)
    every = [COLUMN, TYPE, INDEX, ENUM, RENAMED, NAMELESS]
    assert [one for one in every if rule_matches(rule, "default", one)] == matched


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        (COLUMN.code, [COLUMN]),
        (f"{COLUMN.code}:s.t.new", [COLUMN]),
        (f"{TYPE.code}:s.t.new", []),
        ("t", [COLUMN, TYPE, INDEX, NAMELESS]),
        ("s.t", [COLUMN, TYPE, INDEX, NAMELESS]),
        ("t.b", [TYPE]),
        ("s.t.b", [TYPE]),
        ("b", [TYPE]),
        ("t.i", [INDEX]),
        ("mood", [ENUM]),
        ("*:mood", [ENUM]),
        ("SD*:t.*", [COLUMN, TYPE, INDEX]),
        ("x.b", []),
        ("SD*", [COLUMN, TYPE, INDEX, ENUM, NAMELESS]),
    ],
)
def test_what_a_person_writes_means_a_change(pattern: str, meant: list[c.SimpleChange]) -> None:
    assert [one for one in (COLUMN, TYPE, INDEX, ENUM, NAMELESS) if means(pattern, one)] == meant


def test_a_change_is_meant_by_its_own_spelling_alone() -> None:
    every = [COLUMN, TYPE, INDEX, ENUM, NAMELESS]
    assert spelled(COLUMN) == f"{COLUMN.code}:s.t.new"
    for one in every:
        assert [other for other in every if means(spelled(one), other)] == [one]


def test_a_rule_is_over_after_its_last_day() -> None:
    rule = IgnoreRule("why", until=date(2030, 5, 2))
    assert [is_over(rule, date(2030, 5, day)) for day in (1, 2, 3)] == [False, False, True]
    assert not is_over(IgnoreRule("why"), date(2999, 1, 1))


WHOLE = Column("c", "varchar(9)")


@pytest.mark.parametrize(
    "other",
    [
        replace(WHOLE, type="varchar(8)"),
        replace(WHOLE, nullable=False),
        replace(WHOLE, charset="latin1"),
        replace(WHOLE, collation="C"),
        replace(WHOLE, options=(("srid", "1"),)),
        replace(WHOLE, name="d"),
    ],
)
def test_another_column_of_the_database_is_another_difference(other: Column) -> None:
    """What is accepted is this column: not one that came in its place."""
    t, u = Name("", "t"), Name("", "u")
    found = [change_fingerprint(kind(table, WHOLE)) for kind in (c.AddColumn, c.DropColumn) for table in (t, u)]
    found += [change_fingerprint(kind(t, other)) for kind in (c.AddColumn, c.DropColumn)]
    assert len(set(found)) == len(found)


def test_a_table_that_is_missing_is_known_by_its_columns_and_an_extra_one_by_its_name() -> None:
    one, other = (parse_sql(f"CREATE TABLE n ({text})", "postgres").tables[0] for text in ("a int", "a int, b int"))
    assert change_fingerprint(c.CreateTable(one)) != change_fingerprint(c.CreateTable(other))
    assert change_fingerprint(c.DropTable(one)) == change_fingerprint(c.DropTable(other))
    assert change_fingerprint(c.DropTable(one)) != change_fingerprint(c.DropTable(replace(one, name=Name("", "m"))))


def test_a_column_of_a_baseline_has_the_same_fingerprint_in_the_next_version() -> None:
    table = parse_sql("CREATE TABLE n (a int, b text NOT NULL)", "postgres").tables[0]
    found = [change_fingerprint(c.AddColumn(Name("", "t"), WHOLE)), change_fingerprint(c.CreateTable(table))]
    assert found == ["f8098dc872a18e35", "ae75be3677a78ec2"]


ENTRY = BaselineEntry("default", "live", "SD201", "t.a", "column t.a is missing", "0123456789abcdef")


def test_a_baseline_is_read_as_it_was_written_sorted_and_each_line_once() -> None:
    second = replace(ENTRY, connection="other", fingerprint="ff")
    text = baseline_text([second, ENTRY, second])
    assert text.splitlines()[2:] == [
        "0123456789abcdef\tdefault\tlive\tSD201\tt.a\tcolumn t.a is missing",
        "ff\tother\tlive\tSD201\tt.a\tcolumn t.a is missing",
    ]
    assert read_baseline(text + "\n# a word\n  \n", "b.txt") == (ENTRY, second)
    assert ENTRY.key == ("default", "live", "0123456789abcdef")
    assert read_baseline(HEADER, "b.txt") == ()


@pytest.mark.parametrize("line", ["=======", "a\tb\tc\td\te", "a\tb\tc\td\te\tf\tg", "<<<\tb\tc\td\te\tf"])
def test_a_line_that_is_no_entry_is_an_error_at_its_number(line: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_baseline(f"{HEADER}{line}\n", "b.txt")
    assert caught.value.where == "b.txt:3"
