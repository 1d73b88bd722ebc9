"""What may go wrong with a change, without a server: what safe mode refuses is decided here and nowhere else."""

from __future__ import annotations

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.hazards import hazards_of
from pytest_schemadrift.sources.ddl import parse_sql

T = "CREATE TABLE t (id int PRIMARY KEY, a int{0}){1}"
P = "CREATE TABLE p (id int PRIMARY KEY);"
LOCKS, FAILS, LOSES, REWRITES = ("LOCKS_TABLE", "MAY_FAIL_ON_DATA", "DELETES_DATA", "REWRITES_TABLE")
LOOSENS, SLOWER = "LOOSENS_CONSTRAINT", "DROPS_INDEX"
PLAIN = T.format("", "")

STORIES: dict[str, tuple[str, str, set[str]]] = {
    "a table goes": (PLAIN, "", {LOSES}),
    "a table comes": ("", PLAIN, set()),
    "a column goes": (PLAIN, "CREATE TABLE t (id int PRIMARY KEY)", {LOSES}),
    "a column comes": ("CREATE TABLE t (id int PRIMARY KEY)", PLAIN, set()),
    "a column comes that must have a value": (PLAIN, T.format(", b int NOT NULL", ""), {FAILS}),
    "a column comes with its value": (PLAIN, T.format(", b int NOT NULL DEFAULT 1", ""), set()),
    "a column comes that is counted": (PLAIN, T.format(", b serial", ""), {REWRITES}),
    "a column comes that is computed": (PLAIN, T.format(", b int GENERATED ALWAYS AS (id) STORED", ""), {REWRITES}),
    "NULL is no longer allowed": (PLAIN, T.format(" NOT NULL", ""), {FAILS, LOCKS}),
    "NULL is allowed": (T.format(" NOT NULL", ""), PLAIN, {LOOSENS}),
    "a type is wider": (PLAIN, PLAIN.replace("a int", "a bigint"), {REWRITES}),
    "a type is narrower": (PLAIN, PLAIN.replace("a int", "a smallint"), {FAILS, REWRITES}),
    "a type has more room": (PLAIN.replace("a int", "a varchar(9)"), PLAIN.replace("a int", "a varchar(10)"), set()),
    "a default": (PLAIN, T.format(" DEFAULT 1", ""), set()),
    "an index comes": (PLAIN, T.format("", "; CREATE INDEX i ON t (a)"), {LOCKS}),
    "a unique index comes": (PLAIN, T.format("", "; CREATE UNIQUE INDEX i ON t (a)"), {LOCKS, FAILS}),
    "an index goes": (T.format("", "; CREATE INDEX i ON t (a)"), PLAIN, {SLOWER}),
    "a unique index goes": (T.format("", "; CREATE UNIQUE INDEX i ON t (a)"), PLAIN, {LOOSENS}),
    "an index goes, and a longer one that begins alike stays": (
        T.format("", "; CREATE INDEX i ON t (a); CREATE INDEX j ON t (a, id)"),
        T.format("", "; CREATE INDEX j ON t (a, id)"),
        {SLOWER},
    ),
    "a unique constraint comes": (PLAIN, T.format(" UNIQUE", ""), {LOCKS, FAILS}),
    "a unique constraint goes": (T.format(" UNIQUE", ""), PLAIN, {LOOSENS}),
    "a primary key comes": ("CREATE TABLE t (id int NOT NULL, a int)", PLAIN, {LOCKS, FAILS}),
    "a foreign key comes": (P + PLAIN, P + T.format(" REFERENCES p", ""), {LOCKS, FAILS}),
    "a foreign key comes that is not enforced": (
        P + PLAIN,
        P + T.format(", FOREIGN KEY (a) REFERENCES p NOT ENFORCED", ""),
        set(),
    ),
    "a foreign key goes": (P + T.format(" REFERENCES p", ""), P + PLAIN, {LOOSENS}),
    "a foreign key is enforced": (
        P + T.format(", CONSTRAINT f FOREIGN KEY (a) REFERENCES p NOT ENFORCED", ""),
        P + T.format(", CONSTRAINT f FOREIGN KEY (a) REFERENCES p", ""),
        {LOCKS, FAILS},
    ),
    "a foreign key is no longer enforced": (
        P + T.format(", CONSTRAINT f FOREIGN KEY (a) REFERENCES p", ""),
        P + T.format(", CONSTRAINT f FOREIGN KEY (a) REFERENCES p NOT ENFORCED", ""),
        {LOOSENS},
    ),
    "a check comes": (PLAIN, T.format(" CHECK (a > 0)", ""), {LOCKS, FAILS}),
    "a check goes": (T.format(" CHECK (a > 0)", ""), PLAIN, {LOOSENS}),
    "an enum has one value more": ("CREATE TYPE e AS ENUM ('a')", "CREATE TYPE e AS ENUM ('a', 'b')", set()),
    "an enum has one value less": (
        "CREATE TYPE e AS ENUM ('a', 'b')",
        "CREATE TYPE e AS ENUM ('a')",
        {REWRITES, FAILS},
    ),
    "an enum goes": ("CREATE TYPE e AS ENUM ('a')", "", {FAILS}),
    "a sequence goes": ("CREATE SEQUENCE s", "", {LOSES}),
    "a plain column is computed": (PLAIN, T.format(" GENERATED ALWAYS AS (id) STORED", ""), {LOSES, REWRITES}),
    "a computed column is a plain one": (T.format(" GENERATED ALWAYS AS (id) STORED", ""), PLAIN, set()),
    "a comment": (PLAIN, T.format("", "; COMMENT ON TABLE t IS 'x'"), set()),
}


def hazards(old: str, new: str, dialect: str = "postgres") -> set[str]:
    chosen = get_dialect(dialect)
    plan = build_plan(parse_sql(old, dialect), parse_sql(new, dialect), chosen, chosen.default_info)
    assert plan.steps
    return {str(hazard) for step in plan.steps for hazard in step.hazards}


@pytest.mark.parametrize("words", STORIES)
def test_a_change_is_as_dangerous_as_it_is(words: str) -> None:
    old, new, expected = STORIES[words]
    assert hazards(old, new) == expected


def test_what_is_not_undone_says_so() -> None:
    """MySQL commits each statement of DDL; what is in no danger needs no warning."""
    assert hazards(PLAIN, "CREATE TABLE t (id int PRIMARY KEY)", "mysql") == {LOSES, "NOT_TRANSACTIONAL"}
    assert hazards("", PLAIN, "mysql") == set()
    assert hazards(PLAIN, PLAIN.replace("a int", "a text"), "sqlite") >= {REWRITES}


TRIGGER = ";\nCREATE TRIGGER r {0} ON t FOR EACH ROW SET NEW.id = 1"


@pytest.mark.parametrize(("event", "fired"), [("BEFORE UPDATE", True), ("BEFORE INSERT", False)])
def test_rows_that_are_filled_fire_the_triggers_of_their_table(event: str, fired: bool) -> None:
    """MySQL's UPDATE cannot be kept from them, and they may change whatever they like."""
    trigger = TRIGGER.format(event)
    old, new = T.format("", trigger), T.format(" NOT NULL DEFAULT 1", trigger)
    assert ("MAY_CHANGE_DATA" in hazards(old, new, "mysql")) is fired
    assert "MAY_CHANGE_DATA" not in hazards(old, T.format(" DEFAULT 1", trigger), "mysql")


@pytest.mark.parametrize(
    ("dialect", "old", "new", "hazards"),
    [
        ("postgres", "CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (a); COMMENT ON INDEX i IS 'x'", set()),
        ("mysql", "CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (a) COMMENT 'x'", {LOCKS}),  # built anew
    ],
)
def test_a_comment_of_an_index_locks_where_the_index_is_rebuilt(
    dialect: str, old: str, new: str, hazards: set[str]
) -> None:
    assert dangers(dialect, f"{PLAIN};{old}", f"{PLAIN};{new}") == hazards


@pytest.mark.parametrize(("kind", "hazards"), [("STORED", set()), ("VIRTUAL", {REWRITES})])
def test_a_column_that_stops_being_computed_keeps_what_is_stored(kind: str, hazards: set[str]) -> None:
    computed = T.format(f", b int GENERATED ALWAYS AS (id) {kind}", "")
    assert dangers("mysql", computed, T.format(", b int", "")) == hazards


def dangers(dialect: str, old: str, new: str) -> set[str]:
    before, after = parse_sql(old, dialect), parse_sql(new, dialect)
    capabilities = get_dialect(dialect).capabilities(get_dialect(dialect).default_info)
    [change] = diff(before, after)
    return {*hazards_of(change, capabilities, before, after)} - {"NOT_TRANSACTIONAL"}
