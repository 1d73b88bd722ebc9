"""Renames are proposed by likeness and shape, at most one for each name, the likeliest first."""

from __future__ import annotations

import pytest

from pytest_schemadrift.planning.renames import calculate_similarity, parse_rename, propose_renames
from pytest_schemadrift.schema.changes import Rename, RenameColumn, RenameEnumValue, RenameTable
from pytest_schemadrift.schema.model import Name, Schema
from pytest_schemadrift.sources.ddl import parse_sql

T = Name("", "t")


def proposed(old: str, new: str, threshold: float = 0.6) -> list[Rename]:
    before, after = (parse_sql(text, "postgres") for text in (old, new))
    return [proposal.change for proposal in propose_renames(before, after, threshold)]


def columns(old: str, new: str) -> list[tuple[str, str]]:
    changes = proposed(f"CREATE TABLE t (id int, {old})", f"CREATE TABLE t (id int, {new})")
    return [(change.old, change.new) for change in changes if isinstance(change, RenameColumn)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("mail", "email", 8 / 9),
        ("Mail", "mAIL", 1.0),
        ("abc", "xyz", 0.0),
        ("", "", 1.0),
        ("a", "", 0.0),
        ("STRASSE", "straße", 1.0),
    ],
)
def test_similarity_is_the_share_of_matching_characters(old: str, new: str, expected: float) -> None:
    assert calculate_similarity(old, new) == pytest.approx(expected)
    assert calculate_similarity(new, old) == calculate_similarity(old, new)


def test_a_long_name_is_compared_whole() -> None:
    """``difflib`` takes characters that are frequent in long texts for junk unless it is told not to."""
    assert calculate_similarity("a" * 300, "a" * 299 + "b") > 0.99


def test_the_likeliest_is_first_and_every_name_is_taken_once() -> None:
    assert columns("mail text, mails text", "email text, emails text") == [("mails", "emails"), ("mail", "email")]
    assert columns("name text", "names text, name2 text") == [("name", "name2")]
    assert columns("names text, name2 text", "name text") == [("name2", "name")]


def test_likeness_must_be_above_the_threshold_not_at_it() -> None:
    old, new = "CREATE TABLE t (id int, abcd int)", "CREATE TABLE t (id int, abxy int)"
    assert calculate_similarity("abcd", "abxy") == 0.5
    assert proposed(old, new, 0.5) == []
    assert proposed(old, new, 0.49) == [RenameColumn(T, "abcd", "abxy")]
    assert proposed(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "alike"),
    [
        ("mail varchar(20)", "email text", True),
        ("mail text", "email integer", False),
        ("mail integer", "email bigint", True),
        ("mail numeric(8,2)", "email double precision", True),
        ("mail date", "email timestamptz", True),
        ("mail bytea", "email text", False),
        ("mail integer[]", "email integer", False),
        ("mail uuid", "email uuid", True),
        ("mail uuid", "email jsonb", False),
        ("mail integer", "email integer GENERATED ALWAYS AS (id * 2) STORED", False),
    ],
)
def test_the_shapes_must_go_together(old: str, new: str, alike: bool) -> None:
    assert columns(old, new) == ([("mail", "email")] if alike else [])


def test_columns_of_different_tables_are_never_one() -> None:
    old = "CREATE TABLE t (id int, mail text); CREATE TABLE u (id int)"
    new = "CREATE TABLE t (id int); CREATE TABLE u (id int, mail text)"
    assert proposed(old, new) == []


def test_the_same_name_may_be_renamed_in_two_tables() -> None:
    old = "CREATE TABLE t (id int, mail text); CREATE TABLE u (id int, mail text)"
    new = "CREATE TABLE t (id int, email text); CREATE TABLE u (id int, email text)"
    assert proposed(old, new) == [RenameColumn(T, "mail", "email"), RenameColumn(Name("", "u"), "mail", "email")]


@pytest.mark.parametrize(
    ("new", "alike"),
    [
        ("users (id int, name text, mail text)", True),
        ("users (id int, name varchar(9), other int)", True),
        ("users (id int, x text, y text)", False),
        ("accounts (id int, name text, mail text)", False),
    ],
)
def test_a_table_needs_half_of_its_columns_and_a_like_name(new: str, alike: bool) -> None:
    found = proposed("CREATE TABLE user_ (id int, name text, mail text)", f"CREATE TABLE {new}")
    assert found == ([RenameTable(Name("", "user_"), Name("", "users"))] if alike else [])


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("'a', 'b'", "'a', 'zzz'", ("b", "zzz")),
        ("'a', 'b'", "'b', 'a'", None),
        ("'a', 'b'", "'a', 'c', 'd'", None),
        ("'a', 'b'", "'x', 'y'", None),
        ("'a', 'b'", "'a'", None),
    ],
)
def test_an_enum_value_that_alone_differs_in_its_place(old: str, new: str, found: tuple[str, str] | None) -> None:
    changes = proposed(f"CREATE TYPE e AS ENUM ({old})", f"CREATE TYPE e AS ENUM ({new})")
    assert changes == ([RenameEnumValue(Name("", "e"), *found)] if found else [])


def test_the_same_value_may_be_renamed_in_two_enums() -> None:
    old, new = (f"CREATE TYPE e AS ENUM ('{value}'); CREATE TYPE f AS ENUM ('{value}')" for value in ("sad", "blue"))
    assert proposed(old, new) == [RenameEnumValue(Name("", name), "sad", "blue") for name in ("e", "f")]


def test_nothing_is_proposed_for_equal_schemas() -> None:
    assert propose_renames(Schema("postgres"), Schema("postgres")) == ()


KNOWN = [Name("", "t"), Name("s", "t"), Name("s", "u")]


@pytest.mark.parametrize(
    ("answer", "rename"),
    [
        ("t.a=b", RenameColumn(Name("", "t"), "a", "b")),
        (" t.a = b ", RenameColumn(Name("", "t"), "a", "b")),
        ("s.t.a=b", RenameColumn(Name("s", "t"), "a", "b")),
        ("t=u", RenameTable(Name("", "t"), Name("", "u"))),
        ("s.u=v", RenameTable(Name("s", "u"), Name("s", "v"))),
        ("s.u=other.v", RenameTable(Name("s", "u"), Name("other", "v"))),
        ("x.y=z", RenameColumn(Name("", "x"), "y", "z")),
        ("t", None),
        ("t=", None),
        ("=t", None),
        ("t..a=b", None),
        ("a.b.c.d=e", None),
        ("", None),
    ],
)
def test_an_answer_is_read(answer: str, rename: Rename | None) -> None:
    assert parse_rename(answer, KNOWN) == rename


def test_a_table_of_the_default_schema_wins_over_a_schema_of_that_name() -> None:
    known = [Name("", "a"), Name("a", "b")]
    assert parse_rename("a.b=c", known) == RenameColumn(Name("", "a"), "b", "c")
    assert parse_rename("a.b=c", known[1:]) == RenameTable(Name("a", "b"), Name("a", "c"))
