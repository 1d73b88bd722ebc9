"""What a scratch database executes of a script."""

from __future__ import annotations

import pytest

from pytest_schemadrift.sources.structure import structure_only


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "mariadb", "sqlite"])
def test_every_table_is_made_wherever_semicolons_are(dialect: str) -> None:
    script = "CREATE TABLE a (x int);;\nCREATE TABLE b (x int) -- of; b\n;\n/* ; */ CREATE TABLE c (x int)"
    assert structure_only(script, dialect) == [f"CREATE TABLE {name} (x int)" for name in "abc"]


def test_rows_of_a_dump_are_no_statements() -> None:
    script = """\\restrict abc
CREATE TABLE a (x text);
COPY public.a (x) FROM stdin;
it's
CREATE TABLE c (x int);
\\.
CREATE TABLE b (x int);
\\unrestrict abc
"""
    assert structure_only(script, "postgres") == ["CREATE TABLE a (x text)", "CREATE TABLE b (x int)"]
