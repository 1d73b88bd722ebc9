"""What goes together, without a server: of a plan with one change left out, what cannot be without it."""

from __future__ import annotations

import pytest

from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.safe_mode import declined, select
from pytest_schemadrift.sources.ddl import parse_sql


def left_out(old: str, new: str, no: str, dialect: str = "postgres") -> list[str]:
    """The changes that stay out, besides those of the kind ``no``, where each of these is declined."""
    before, after = parse_sql(old, dialect), parse_sql(new, dialect)
    assert not before.unsupported and not after.unsupported
    refused = [change for change in diff(before, after) if type(change).__name__ == no]
    assert refused, [type(change).__name__ for change in diff(before, after)]
    selection = select(before, after, (), [declined(refused)])
    found = sorted(type(item.change).__name__ for item in selection.refused)
    for change in refused:
        found.remove(type(change).__name__)
    return found


MOOD = "CREATE TYPE mood AS ENUM ('a'); "
P = "CREATE TABLE p (id int PRIMARY KEY, k int UNIQUE); "


@pytest.mark.parametrize(
    ("old", "no", "stays"),
    [
        (MOOD + "CREATE TABLE t (m mood);", "DropTable", ["DropEnum"]),
        (MOOD + "CREATE TABLE t (m text DEFAULT 'a'::mood);", "DropTable", ["DropEnum"]),
        ('CREATE TYPE "my mood" AS ENUM (\'a\'); CREATE TABLE t (m "my mood");', "DropTable", ["DropEnum"]),
        ("CREATE DOMAIN d AS int; CREATE TABLE t (m d[]);", "DropTable", ["DropDomain"]),
        (MOOD + "CREATE DOMAIN d AS mood;", "DropDomain", ["DropEnum"]),
        ("CREATE SEQUENCE s; CREATE TABLE t (n int DEFAULT nextval('s'));", "DropTable", ["DropSequence"]),
        ("CREATE SCHEMA s; CREATE TABLE s.t (n int);", "DropTable", ["DropNamespace"]),
        ("CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('a');", "DropEnum", ["DropNamespace"]),
        ("CREATE SCHEMA s; CREATE DOMAIN s.d AS int;", "DropDomain", ["DropNamespace"]),
        ("CREATE SCHEMA s; CREATE SEQUENCE s.n;", "DropSequence", ["DropNamespace"]),
        ("CREATE EXTENSION citext; CREATE TABLE t (m citext);", "DropTable", ["DropExtension"]),
        (MOOD + "CREATE TABLE t (n int);", "DropTable", []),
    ],
)
def test_what_a_table_or_a_type_that_stays_is_made_of_stays(old: str, no: str, stays: list[str]) -> None:
    assert left_out(old, "", no) == stays


@pytest.mark.parametrize(
    ("old", "new", "no", "stays"),
    [
        # What a column is made of.
        (MOOD + "CREATE TABLE t (a int, m mood)", "CREATE TABLE t (a int)", "DropColumn", ["DropEnum"]),
        (MOOD + "CREATE TABLE t (a int, m mood)", "CREATE TABLE t (a int, m text)", "AlterColumnType", ["DropEnum"]),
        (
            "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE t (a int, m mood)",
            MOOD + "CREATE TABLE t (a int)",
            "DropColumn",
            ["ReplaceEnum"],
        ),
        (
            "CREATE SEQUENCE s; CREATE TABLE t (n int DEFAULT nextval('s'))",
            "CREATE TABLE t (n int)",
            "AlterColumnDefault",
            ["DropSequence"],
        ),
        (
            MOOD + "CREATE TABLE t (a text, CHECK (a <> 'a'::mood::text))",
            "CREATE TABLE t (a text)",
            "DropCheck",
            ["DropEnum"],
        ),
        (
            MOOD + "CREATE TABLE t (a text); CREATE INDEX i ON t ((a::mood))",
            "CREATE TABLE t (a text)",
            "DropIndex",
            ["DropEnum"],
        ),
        (
            MOOD + "CREATE TABLE t (a text); CREATE INDEX i ON t (a) WHERE a::mood = 'a'",
            "CREATE TABLE t (a text)",
            "DropIndex",
            ["DropEnum"],
        ),
        (
            MOOD + "CREATE TABLE t (a int, EXCLUDE USING btree (a WITH =) WHERE ((a::text)::mood = 'a'))",
            "CREATE TABLE t (a int)",
            "DropExclusion",
            ["DropEnum"],
        ),
        (
            MOOD + "CREATE TABLE t (a text, g bool GENERATED ALWAYS AS (a::mood = 'a') STORED)",
            "CREATE TABLE t (a text, g bool GENERATED ALWAYS AS (a = 'a') STORED)",
            "AlterColumnGenerated",
            ["DropEnum"],
        ),
        (
            "CREATE TABLE t (a int)",
            "CREATE SCHEMA s; CREATE TABLE t (a int); CREATE TABLE s.u (a int)",
            "CreateNamespace",
            ["CreateTable"],
        ),
        (
            "CREATE TABLE t (a int)",
            "CREATE SCHEMA s; CREATE TABLE t (a int); CREATE SEQUENCE s.n",
            "CreateNamespace",
            ["CreateSequence"],
        ),
        (
            "CREATE TABLE t (a int)",
            "CREATE EXTENSION citext; CREATE TABLE t (a int, m citext)",
            "CreateExtension",
            ["AddColumn"],
        ),
        ("", MOOD + "CREATE TABLE t (m mood[])", "CreateEnum", ["CreateTable"]),
        ("", "CREATE SEQUENCE s; CREATE TABLE t (n int DEFAULT nextval('s'))", "CreateSequence", ["CreateTable"]),
        ("", "CREATE SEQUENCE s; CREATE TABLE t (n int)", "CreateSequence", []),
        ("CREATE TABLE t (a int)", "CREATE SEQUENCE s; CREATE TABLE t (a int DEFAULT 5)", "CreateSequence", []),
        # What a foreign key stands on.
        (P + "CREATE TABLE t (n int REFERENCES p)", "CREATE TABLE t (n int)", "DropForeignKey", ["DropTable"]),
        (
            "CREATE TABLE p (id int NOT NULL); CREATE TABLE t (n int)",
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (n int REFERENCES p)",
            "AddPrimaryKey",
            ["AddForeignKey"],
        ),
        (
            "CREATE TABLE p (id int NOT NULL)",
            "CREATE TABLE p (id int UNIQUE NOT NULL); CREATE TABLE t (n int REFERENCES p (id))",
            "AddUnique",
            ["CreateTable"],
        ),
        (
            "CREATE TABLE p (a int PRIMARY KEY)",
            "CREATE TABLE p (a int PRIMARY KEY, k int UNIQUE); CREATE TABLE t (n int REFERENCES p (k))",
            "AddColumn",
            ["AddUnique", "CreateTable"],
        ),
        (
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (n int REFERENCES p)",
            "CREATE TABLE p (id bigint PRIMARY KEY); CREATE TABLE t (n bigint REFERENCES p)",
            "AlterColumnType",
            [],
        ),
        # One thing in several changes.
        (
            "CREATE TABLE t (a varchar(9) DEFAULT 'x')",
            "CREATE TABLE t (a int DEFAULT 5)",
            "AlterColumnType",
            ["AlterColumnDefault"],
        ),
        (
            "CREATE TABLE t (a int, EXCLUDE USING btree (a WITH =))",
            "CREATE TABLE t (a int, EXCLUDE USING btree (a WITH <>))",
            "AddExclusion",
            ["DropExclusion"],
        ),
        (
            "CREATE TABLE t (a int, CONSTRAINT k CHECK (a > 0))",
            "CREATE TABLE t (a int, CONSTRAINT k CHECK (a > 1))",
            "AddCheck",
            ["DropCheck"],
        ),
        (
            "CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))",
            "CREATE TABLE t (a int, b int NOT NULL, PRIMARY KEY (a))",
            "AddPrimaryKey",
            ["DropPrimaryKey"],
        ),
        (
            "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a)",
            "CREATE TABLE t (a int, b int); CREATE INDEX j ON t USING hash (a)",
            "CreateIndex",
            ["DropIndex"],
        ),
        (
            "CREATE TABLE t (a int, b int); CREATE UNIQUE INDEX i ON t (a)",
            "CREATE TABLE t (a int, b int); CREATE UNIQUE INDEX j ON t (b)",
            "CreateIndex",
            ["DropIndex"],  # no row is without the protection that it has
        ),
        (
            "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a)",
            "CREATE TABLE t (a int, b int); CREATE INDEX j ON t (b)",
            "CreateIndex",
            [],
        ),
        *(
            (
                "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a)",
                "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (b)",
                no,
                [stays],  # the name is free only when its first bearer goes
            )
            for no, stays in (("DropIndex", "CreateIndex"), ("CreateIndex", "DropIndex"))
        ),
        ("CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a)", "CREATE TABLE t (a int)", "DropIndex", []),
        (
            "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (b)",
            "CREATE TABLE t (a int)",
            "DropIndex",
            ["DropColumn"],
        ),
        # Enums and the values that a text has.
        (
            MOOD + "CREATE TABLE t (m mood)",
            "CREATE TYPE mood AS ENUM ('a', 'it''s'); CREATE TABLE t (m mood DEFAULT 'it''s')",
            "AddEnumValue",
            ["AlterColumnDefault"],
        ),
        (
            "CREATE TYPE mood AS ENUM ('it''s'); CREATE TABLE t (m mood)",
            "CREATE TYPE mood AS ENUM ('it''s', 'b'); CREATE TABLE t (m mood DEFAULT 'it''s')",
            "AddEnumValue",
            [],
        ),
        (
            MOOD + "CREATE TABLE t (m mood)",
            "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE t (m mood, CHECK (m <> 'b'))",
            "AddEnumValue",
            ["AddCheck"],
        ),
    ],
)
def test_what_is_needed_or_stands_together_stays_out_together(old: str, new: str, no: str, stays: list[str]) -> None:
    assert left_out(old, new, no) == stays


def test_both_ends_of_a_foreign_key_change_their_type_together() -> None:
    old = parse_sql(P + "CREATE TABLE t (n int REFERENCES p, other int)", "postgres")
    new = parse_sql(
        P.replace("id int", "id bigint") + "CREATE TABLE t (n bigint REFERENCES p, other bigint)", "postgres"
    )
    for end in ("id", "n"):
        no = [change for change in diff(old, new) if change.new.name == end]  # type: ignore[union-attr]
        selection = select(old, new, (), [declined(no)])
        assert [change.new.name for change in selection.accepted] == ["other"]  # type: ignore[union-attr]


def test_a_column_of_the_same_name_in_the_table_that_a_foreign_key_refers_to_is_no_end_of_it() -> None:
    old = parse_sql("CREATE TABLE p (id int PRIMARY KEY, n bigint); CREATE TABLE t (n int REFERENCES p)", "postgres")
    new = parse_sql("CREATE TABLE p (id bigint PRIMARY KEY, n int); CREATE TABLE t (n bigint REFERENCES p)", "postgres")
    no = [change for change in diff(old, new) if (str(change.table), change.new.name) == ("p", "n")]  # type: ignore[union-attr]
    accepted = select(old, new, (), [declined(no)]).accepted
    assert sorted(change.new.name for change in accepted if hasattr(change, "new")) == ["id", "n"]  # type: ignore[union-attr]


def test_whether_a_check_is_enforced_needs_nothing() -> None:
    old = "CREATE TABLE t (a int, CONSTRAINT k CHECK (a > 0) NOT ENFORCED)"
    new = "CREATE TABLE t (a int, b int, CONSTRAINT k CHECK (a > 0))"
    assert left_out(old, new, "AddColumn", "mysql") == []


@pytest.mark.parametrize(
    ("new", "stays"),
    [
        ("CREATE TABLE t (a INT NOT NULL PRIMARY KEY) WITHOUT ROWID", ["AlterTableOptions"]),
        ("CREATE TABLE t (a INT PRIMARY KEY, b INT NOT NULL)", []),
    ],
)
def test_a_table_without_rowids_has_a_key_without_null(new: str, stays: list[str]) -> None:
    assert left_out("CREATE TABLE t (a INT PRIMARY KEY, b INT)", new, "AlterColumnNullability", "sqlite")[:1] == stays


def test_a_new_table_waits_for_the_new_table_that_it_refers_to() -> None:
    old, new = parse_sql("", "postgres"), parse_sql(P + "CREATE TABLE t (n int REFERENCES p)", "postgres")
    no = [change for change in diff(old, new) if change.table.name.name == "p"]  # type: ignore[union-attr]
    assert select(old, new, (), [declined(no)]).accepted == ()


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "mariadb", "sqlite"])
def test_a_computed_column_waits_for_the_columns_that_it_is_computed_from(dialect: str) -> None:
    old = "CREATE TABLE t (id int PRIMARY KEY)"
    new = "CREATE TABLE t (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED)"
    before, after = parse_sql(old, dialect), parse_sql(new, dialect)
    [plain, computed] = diff(before, after)
    assert [item.change for item in select(before, after, (), [declined([plain])]).refused] == [plain, computed]
    assert [item.change for item in select(before, after, (), [declined([computed])]).refused] == [computed]
