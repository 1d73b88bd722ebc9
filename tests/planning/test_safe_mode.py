"""Safe mode, without a server: what may lose rows stays out, and with it all that cannot be without it."""

from __future__ import annotations

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.renames import propose_renames
from pytest_schemadrift.planning.safe_mode import Selection, declined, select, unanswered, unsafe
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import Capabilities
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.ddl import parse_sql


def capabilities() -> Capabilities:
    dialect = get_dialect("postgres")
    return dialect.capabilities(dialect.default_info)


def both(old: str, new: str) -> tuple[Schema, Schema]:
    return parse_sql(old, "postgres"), parse_sql(new, "postgres")


def safe(old: str, new: str, *allowed: str) -> Selection:
    selection = select(*both(old, new), (), [unsafe(capabilities(), frozenset(allowed))])  # type: ignore[arg-type]
    assert selection.target == evolve(parse_sql(old, "postgres"), selection.accepted)
    return selection


def kinds(changes: tuple[c.SimpleChange, ...]) -> list[str]:
    return sorted(type(change).__name__ for change in changes)


def refused(selection: Selection) -> list[str]:
    return sorted(type(item.change).__name__ for item in selection.refused)


P = "CREATE TABLE p (a int, b int, PRIMARY KEY (a), UNIQUE (a, b)); CREATE TABLE t (x int{});"
KEY = ", FOREIGN KEY (x, y) REFERENCES p (a, b)"


@pytest.mark.parametrize(
    ("more", "harmless"),
    [
        (", y int REFERENCES p", True),
        (", y int, UNIQUE (x, y)", True),
        (f", y int{KEY}", True),
        (f", y int{KEY} MATCH FULL", False),  # x has values
        (", y int, UNIQUE NULLS NOT DISTINCT (y)", False),
        (", y int DEFAULT 1 REFERENCES p", False),
        (", y int GENERATED ALWAYS AS (x) STORED, UNIQUE (y)", False),
        (", FOREIGN KEY (x) REFERENCES p", False),
        (", UNIQUE (x)", False),
    ],
)
def test_a_key_over_a_new_column_that_is_null_everywhere_cannot_fail(more: str, harmless: bool) -> None:
    selection = safe(P.format(""), P.format(more))
    assert (selection.refused == ()) is harmless, selection.refused


def test_a_key_over_a_new_column_whose_domain_may_have_a_value_can_fail() -> None:
    domain = "CREATE DOMAIN d AS int DEFAULT 1;"
    assert safe(domain + P.format(""), domain + P.format(", y d REFERENCES p")).refused != ()


COMPUTED = "CREATE TABLE t (a int, g int GENERATED ALWAYS AS ({}) STORED)"


@pytest.mark.parametrize(
    ("old", "new", "hazard"),
    [
        ("CREATE TABLE t (a int, b int)", "CREATE TABLE t (a int)", "DELETES_DATA"),
        ("CREATE TABLE t (a int)", "", "DELETES_DATA"),
        ("CREATE TABLE t (a numeric(8, 2))", "CREATE TABLE t (a int)", "MAY_CHANGE_DATA"),
        ("CREATE TABLE t (a text)", "CREATE TABLE t (a varchar(3))", "MAY_FAIL_ON_DATA"),
        ("CREATE TABLE t (a int)", "CREATE TABLE t (a int NOT NULL)", "MAY_FAIL_ON_DATA"),
        ("CREATE TABLE t (a int)", "CREATE TABLE t (a int UNIQUE)", "MAY_FAIL_ON_DATA"),
        ("CREATE TABLE t (a int NOT NULL)", "CREATE TABLE t (a int)", "LOOSENS_CONSTRAINT"),
        (COMPUTED.format("a * 2"), COMPUTED.format("a * 3"), "MAY_CHANGE_DATA"),  # in every row, whatever reads it
    ],
)
def test_what_could_lose_a_row_is_refused_and_names_what_allows_it(old: str, new: str, hazard: str) -> None:
    (refusal,) = safe(old, new).refused
    assert hazard in refusal.hazards
    assert f"--allow-hazard {hazard}" in refusal.flag
    assert refusal.needs is None
    assert safe(old, new, *refusal.hazards).refused == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "CREATE TABLE t (a int)"),
        ("CREATE TABLE t (a int)", "CREATE TABLE t (a int, b int)"),
        ("CREATE TABLE t (a int)", "CREATE TABLE t (a int); CREATE INDEX i ON t (a)"),
        ("CREATE TABLE t (a varchar(3))", "CREATE TABLE t (a text)"),
    ],
)
def test_what_cannot_lose_a_row_is_accepted(old: str, new: str) -> None:
    found = safe(old, new)
    assert found.refused == ()
    assert found.accepted == tuple(diff(*both(old, new)))


def no_to(old: str, new: str, *kinds: type) -> Selection:
    schemas = both(old, new)
    changes = [change for change in diff(*schemas) if isinstance(change, kinds)]
    assert len(changes) == len(kinds)
    return select(*schemas, (), [declined(changes)])


@pytest.mark.parametrize(
    ("old", "new", "no", "with_it"),
    [
        pytest.param(
            "CREATE TABLE t (a int)",
            "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (b)",
            c.AddColumn,
            ["AddColumn", "CreateIndex"],
            id="no index without its column",
        ),
        pytest.param(
            "CREATE TABLE t (a int)",
            "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a) WHERE b > 0",
            c.AddColumn,
            ["AddColumn", "CreateIndex"],
            id="no index without the column of its condition",
        ),
        pytest.param(
            "CREATE TABLE t (a int)",
            "CREATE TABLE t (a int, b int, CONSTRAINT k CHECK (a < b))",
            c.AddColumn,
            ["AddCheck", "AddColumn"],
            id="no check without its column",
        ),
        pytest.param(
            "CREATE TABLE t (a int)",
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int REFERENCES p (id))",
            c.CreateTable,
            ["AddForeignKey", "CreateTable"],
            id="no foreign key without its parent",
        ),
        pytest.param(
            "CREATE TABLE t (a int)",
            "CREATE TYPE e AS ENUM ('x'); CREATE TABLE t (a int, b e)",
            c.CreateEnum,
            ["AddColumn", "CreateEnum"],
            id="no column without its type",
        ),
        pytest.param(
            "CREATE TABLE t (a int)",
            "CREATE SEQUENCE s; CREATE TABLE t (a int, b int DEFAULT nextval('s'))",
            c.CreateSequence,
            ["AddColumn", "CreateSequence"],
            id="no column without the sequence of its default",
        ),
        pytest.param(
            "CREATE TABLE p (i int PRIMARY KEY); CREATE TABLE t (a int CONSTRAINT f REFERENCES p (i))",
            "CREATE TABLE p (i int PRIMARY KEY);CREATE TABLE t (a int CONSTRAINT g REFERENCES p (i) ON DELETE CASCADE)",
            c.AddForeignKey,
            ["AddForeignKey", "DropForeignKey"],
            id="rows keep the parent that they have until the other key is there",
        ),
        pytest.param(
            "CREATE TABLE p (i int PRIMARY KEY); CREATE TABLE t (a int)",
            "CREATE TABLE p (i int PRIMARY KEY); CREATE TABLE t (a int, b int REFERENCES p (i))",
            c.AddColumn,
            ["AddColumn", "AddForeignKey"],
            id="no foreign key without its own column",
        ),
        pytest.param(
            "CREATE TABLE t (a int, b int, CONSTRAINT k CHECK (a < b))",
            "CREATE TABLE t (a int)",
            c.DropColumn,
            ["DropCheck", "DropColumn"],
            id="a check stays with its column",
        ),
        pytest.param(
            "CREATE TABLE t (a int, b int); CREATE UNIQUE INDEX i ON t (b)",
            "CREATE TABLE t (a int)",
            c.DropColumn,
            ["DropColumn", "DropIndex"],
            id="an index stays with its column",
        ),
        pytest.param(
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int, b int CONSTRAINT f REFERENCES p (id))",
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int)",
            c.DropColumn,
            ["DropColumn", "DropForeignKey"],
            id="a foreign key stays with its column",
        ),
        pytest.param(
            "CREATE TABLE t (a int, b int, CONSTRAINT u UNIQUE (a))",
            "CREATE TABLE t (a int, b int, CONSTRAINT u UNIQUE (a, b))",
            c.AddUnique,
            ["AddUnique", "DropUnique"],
            id="rows keep the key that they have until the other is there",
        ),
    ],
)
def test_what_cannot_be_without_a_refused_change_stays_out(old: str, new: str, no: type, with_it: list[str]) -> None:
    selection = no_to(old, new, no)
    assert refused(selection) == with_it
    causes = [item.needs for item in selection.refused if item.needs is not None]
    assert all(isinstance(cause, no) for cause in causes)
    assert len(causes) == len(with_it) - 1


def test_a_key_stays_as_long_as_a_foreign_key_refers_to_its_columns_and_no_other_does() -> None:
    old = """CREATE TABLE p (id int CONSTRAINT k UNIQUE, n int CONSTRAINT other UNIQUE);
        CREATE TABLE t (a int CONSTRAINT f REFERENCES p (id))"""
    selection = no_to(old, "CREATE TABLE p (id int, n int); CREATE TABLE t (a int)", c.DropForeignKey)
    assert [change.unique.name for change in selection.accepted if isinstance(change, c.DropUnique)] == ["other"]
    assert refused(selection) == ["DropForeignKey", "DropUnique"]


def test_what_has_nothing_to_do_with_a_refused_change_is_made() -> None:
    old = "CREATE TABLE t (a int, b int); CREATE TABLE u (a int)"
    new = "CREATE TABLE t (a int, c int); CREATE TABLE u (a int, b int); CREATE INDEX i ON u (b)"
    assert kinds(no_to(old, new, c.DropColumn).accepted) == ["AddColumn", "AddColumn", "CreateIndex"]


@pytest.mark.parametrize("kind", ["CREATE INDEX {} ON t ({});", "ALTER TABLE t ADD CONSTRAINT {} UNIQUE ({});"])
def test_a_name_that_is_not_given_up_is_not_given_to_another(kind: str) -> None:
    table = "CREATE TABLE t (a int, b int, c int);"
    old = table + kind.format("i", "a") + kind.format("u", "b") + kind.format("x", "c")
    selection = safe(old, table + kind.format("u", "a") + kind.format("y", "c"))
    gone, renamed = refused(selection)
    assert gone.startswith("Drop")
    assert renamed.startswith("Rename")
    assert len(selection.accepted) == 1


def test_a_column_that_may_have_been_renamed_is_neither_dropped_nor_added() -> None:
    schemas = both("CREATE TABLE t (id int, mail text)", "CREATE TABLE t (id int, email text, other int)")
    selection = select(*schemas, (), [unanswered(propose_renames(*schemas), lambda change: "t.mail=email")])
    assert refused(selection) == ["AddColumn", "DropColumn"]
    assert all(item.flag == "--rename t.mail=email (or --no-renames)" for item in selection.refused)
    assert kinds(selection.accepted) == ["AddColumn"]


@pytest.mark.parametrize(
    ("old", "new", "out", "made"),
    [
        (
            "CREATE TABLE customer (id int, mail text); CREATE TABLE gone (x int)",
            "CREATE TABLE customers (id int, mail text); CREATE TABLE made (y date)",
            ["CreateTable", "DropTable"],
            ["CreateTable", "DropTable"],
        ),
        (
            "CREATE TYPE mood AS ENUM ('happy', 'sadly'); CREATE TYPE size AS ENUM ('s'); CREATE TABLE t (m mood)",
            "CREATE TYPE mood AS ENUM ('happy', 'sad'); CREATE TYPE size AS ENUM ('s', 'l'); CREATE TABLE t (m mood)",
            ["ReplaceEnum"],
            ["AddEnumValue"],
        ),
    ],
)
def test_a_table_or_an_enum_that_may_have_been_renamed_waits_for_the_answer(
    old: str, new: str, out: list[str], made: list[str]
) -> None:
    schemas = both(old, new)
    proposals = propose_renames(*schemas)
    assert len(proposals) == 1
    selection = select(*schemas, (), [unanswered(proposals, lambda change: "x=y")])
    assert refused(selection) == out
    assert kinds(selection.accepted) == made


def test_an_answered_rename_is_made_before_the_difference_is_taken() -> None:
    schemas = both("CREATE TABLE t (id int, mail text)", "CREATE TABLE t (id int, email text)")
    (proposal,) = propose_renames(*schemas)
    selection = select(*schemas, [proposal.change], [unsafe(capabilities(), frozenset())])
    assert selection.everything == ()
    assert selection.target == schemas[1]
