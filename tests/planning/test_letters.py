"""Names that people write, in a case that the server does not look at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_schemadrift.core.config.settings import IgnoreRule
from pytest_schemadrift.planning.accepted import baseline_entry, entry_of, means, rule_matches
from pytest_schemadrift.planning.letters import EXACT, Letters
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Name

FAX = Column("Fax", "varchar(50)")
CHANGE = c.DropColumn(Name("", "Users"), FAX)
NONE, COLUMNS, ALL = EXACT, Letters(columns=True), Letters(tables=True, columns=True)


@pytest.mark.parametrize(
    ("pattern", "heard"),
    [
        ("SD202:Users.Fax", (NONE, COLUMNS, ALL)),
        ("Users.FAX", (COLUMNS, ALL)),
        ("Us*.f*", (COLUMNS, ALL)),
        ("fax", (COLUMNS, ALL)),
        ("users", (ALL,)),
        ("SD2*:USERS.fax", (ALL,)),
        ("users.Fax", (ALL,)),
        ("SD202:users.mail", ()),
    ],
)
def test_a_name_means_a_change_in_the_case_that_the_server_takes_for_one(
    pattern: str, heard: tuple[Letters, ...]
) -> None:
    assert tuple(letters for letters in (NONE, COLUMNS, ALL) if means(pattern, CHANGE, letters)) == heard
    where = pattern.rpartition(":")[2]
    table, _, name = where.rpartition(".")
    if table:
        rule = IgnoreRule("later", table=table, name=name)
        assert tuple(each for each in (NONE, COLUMNS, ALL) if rule_matches(rule, "default", CHANGE, each)) == heard


@pytest.mark.parametrize(
    ("table", "column", "heard"), [("Users", "FAX", (COLUMNS, ALL)), ("users", "fax", (ALL,)), ("users", "mail", ())]
)
def test_an_entry_of_the_baseline_in_another_case(table: str, column: str, heard: tuple[Letters, ...]) -> None:
    entry = baseline_entry("default", "live", c.DropColumn(Name("", table), replace(FAX, name=column)))
    listed = {entry.fingerprint: entry}
    assert tuple(each for each in (NONE, COLUMNS, ALL) if entry_of(CHANGE, listed, each) is entry) == heard
    wider = replace(CHANGE, column=replace(FAX, type="varchar(60)"))
    assert not any(entry_of(wider, listed, each) for each in (NONE, COLUMNS, ALL))


def test_only_the_ascii_letters_of_a_name_count() -> None:
    change = c.DropColumn(Name("", "STRAßE"), FAX)
    assert means("straßE.fax", change, ALL)
    assert not means("strasse.fax", change, ALL)
    assert not means("ÄRA", c.DropColumn(Name("", "ära"), FAX), ALL)
