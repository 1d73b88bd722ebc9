"""What stands on an accepted change, without a server: kind by kind, what goes along with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.ignoring import GOES_ALONG, Left, OldNames, with_old_names, without_ignored
from pytest_schemadrift.planning.policy import Ignored, Policy, suited
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Name, Schema
from pytest_schemadrift.sources.ddl import parse_sql


def left(
    old: Schema, new: Schema, accepted: str, names: str = "shape", dialect: str = "postgres", only: str = ""
) -> Left:
    """What is left where every change of the kind ``accepted`` is accepted, or those of one table."""
    spoken = get_dialect(dialect)
    abilities = spoken.capabilities(spoken.default_info)
    policy = suited(Policy(whole=True, names=names), abilities)
    kinds = [type(change).__name__ for change in diff(old, new)]
    assert accepted in kinds, kinds

    def ignore(change: c.SimpleChange) -> str | None:
        of_table = not only or c.table_of(change) == Name("", only)
        return "not today" if type(change).__name__ == accepted and of_table else None

    return without_ignored(old, new, ignore, policy, abilities)


def along(found: Left) -> list[str]:
    return sorted(type(item.change).__name__ for item in found.ignored if item.reason == GOES_ALONG)


P = "CREATE TABLE p (id int PRIMARY KEY, k int); "
BARE = "CREATE TABLE p (id int, k int);"
UNIQUE = "CREATE TABLE p (id int PRIMARY KEY, k int, CONSTRAINT u UNIQUE (k)); "
INDEXED = P + "CREATE UNIQUE INDEX u ON p (k); "
T = "CREATE TABLE t (a int); "
REFERS = "CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (k)); "
MOOD = "CREATE TYPE mood AS ENUM ('a'); "
MORE = "CREATE TYPE mood AS ENUM ('a', 'b'); "
M = "CREATE TABLE t (a int, m mood); "
NUMBERED = "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY);"
WORDS = "CREATE TABLE t (a text NOT NULL);"
CITEXT = "CREATE EXTENSION citext; "


@pytest.mark.tried("something accepted, and what depends on it")
@pytest.mark.parametrize(
    ("old", "new", "accepted", "goes"),
    [
        # What would use a thing that does not come.
        (P + T, UNIQUE + REFERS, "AddUnique", ["AddForeignKey"]),
        (P + T, INDEXED + REFERS, "CreateIndex", ["AddForeignKey"]),
        (BARE + T, BARE.replace(");", ", UNIQUE (k));") + REFERS, "AddUnique", ["AddForeignKey"]),
        (INDEXED + T, UNIQUE + REFERS, "AddForeignKey", []),
        (T, T.replace("a int", "a int, b citext") + CITEXT, "CreateExtension", ["AddColumn"]),
        (T, T.replace("a int", "a int, b mood") + MOOD, "CreateEnum", ["AddColumn"]),
        (
            T,
            "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('a'); CREATE TABLE t (a int, b s.mood);",
            "CreateNamespace",
            ["AddColumn", "CreateEnum"],
        ),
        (T, T + "CREATE SCHEMA s; CREATE DOMAIN s.d AS int;", "CreateNamespace", ["CreateDomain"]),
        (P + T, P + MOOD + REFERS.replace("(k)", "(id)"), "CreateEnum", []),
        (MOOD + T, MORE + T.replace("a int", "a int, b mood"), "AddEnumValue", []),
        (MOOD + T, MORE + T.replace("a int", "a int, b mood DEFAULT 'b'"), "AddEnumValue", ["AddColumn"]),
        (MOOD + M, MORE + M.replace("m mood", "m mood CHECK (m <> 'b')"), "AddEnumValue", ["AddCheck"]),
        (T, T.replace("a int", "a d") + "CREATE DOMAIN d AS int;", "CreateDomain", ["AlterColumnType"]),
        (T, T + "CREATE SCHEMA s; CREATE SEQUENCE s.n;", "CreateNamespace", ["CreateSequence"]),
        (
            T,
            "CREATE TABLE t (a int DEFAULT nextval('n')); CREATE SEQUENCE n;",
            "CreateSequence",
            ["AlterColumnDefault"],
        ),
        # Of a column's type, default and numbering, what does not fit the one that stays.
        (NUMBERED, WORDS, "AlterColumnIdentity", ["AlterColumnType"]),
        (WORDS, NUMBERED, "AlterColumnType", ["AlterColumnIdentity"]),
        (NUMBERED, NUMBERED.replace("int", "bigint").replace("ALWAYS", "BY DEFAULT"), "AlterColumnType", []),
        ("CREATE TABLE t (a int DEFAULT 5);", "CREATE TABLE t (a uuid);", "AlterColumnDefault", ["AlterColumnType"]),
        ("CREATE TABLE t (a uuid);", "CREATE TABLE t (a int DEFAULT 5);", "AlterColumnType", ["AlterColumnDefault"]),
        (
            "CREATE TABLE t (a int DEFAULT 5); CREATE TABLE u (a text);",
            "CREATE TABLE t (a int DEFAULT 6); CREATE TABLE u (a uuid);",
            "AlterColumnType",
            [],
        ),
        # What something that stays stands on.
        (UNIQUE + REFERS, P + T, "DropForeignKey", ["DropUnique"]),
        (INDEXED + REFERS, P + T, "DropForeignKey", ["DropIndex"]),
        (UNIQUE + REFERS, P, "DropTable", ["DropUnique"]),
        (MOOD + M, T, "DropColumn", ["DropEnum"]),
        (CITEXT + M.replace("mood", "citext"), T, "DropColumn", ["DropExtension"]),
        (CITEXT + M.replace("mood", "int"), T, "DropColumn", []),
        ("CREATE SCHEMA s; CREATE TABLE s.t (a int);", "", "DropTable", ["DropNamespace"]),
        (P + "CREATE INDEX i ON p (k);", "CREATE TABLE p (id int, k int);", "DropIndex", []),
        # What does not stand on it: there is another key, or it is about something else.
        (P + T, P + "CREATE UNIQUE INDEX w ON p (id);" + REFERS.replace("(k)", "(id)"), "CreateIndex", []),
        (INDEXED + T, UNIQUE.replace(" u ", " v ") + "CREATE UNIQUE INDEX u ON p (k);" + REFERS, "AddUnique", []),
        (P + T, UNIQUE + "CREATE INDEX i ON p (k);" + REFERS, "CreateIndex", []),
        (P + T, UNIQUE + REFERS, "AddForeignKey", []),
        (UNIQUE.replace("k int", "k int, UNIQUE (k, id)") + REFERS, P + T, "DropForeignKey", ["DropUnique"]),
        (UNIQUE + "CREATE INDEX i ON p (k);" + REFERS, P + T, "DropForeignKey", ["DropUnique"]),
        (
            P + T,
            "CREATE TABLE p (id int NOT NULL, k int); CREATE TABLE t (a int NOT NULL PRIMARY KEY);",
            "DropPrimaryKey",
            [],
        ),
        # A column of a key holds no NULL.
        (P, BARE, "DropPrimaryKey", ["AlterColumnNullability"]),
        (BARE, P, "AlterColumnNullability", ["AddPrimaryKey"]),
        (BARE.replace("k int", "k int NOT NULL"), P, "AlterColumnNullability", ["AddPrimaryKey"]),
        (P.replace("k int", "k int NOT NULL"), P, "AlterColumnNullability", []),
        (
            "CREATE TABLE t (a int DEFAULT 5, b uuid);",
            "CREATE TABLE t (a int DEFAULT 6, b text);",
            "AlterColumnType",
            [],
        ),
    ],
)
def test_what_goes_along_with_an_accepted_change(old: str, new: str, accepted: str, goes: list[str]) -> None:
    assert along(left(parse_sql(old, "postgres"), parse_sql(new, "postgres"), accepted)) == goes


@pytest.mark.tried("something accepted, and what depends on it")
def test_the_key_of_another_table_is_not_what_a_foreign_key_stands_on() -> None:
    old = parse_sql(P + T + "CREATE TABLE q (z int);", "postgres")
    new = parse_sql(UNIQUE + REFERS + "CREATE TABLE q (z int UNIQUE);", "postgres")
    found = left(old, new, "AddUnique", only="q")
    assert (along(found), len(found.ignored)) == ([], 1)


@pytest.mark.tried("something accepted, and what depends on it")
def test_mysql_does_not_drop_the_index_of_a_foreign_key_that_stays() -> None:
    parent, child = "CREATE TABLE p (id int PRIMARY KEY);", "CREATE TABLE t (a int{});"
    used = ", KEY i (a), CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id)"
    old, new = (parse_sql(parent + child.format(more), "mysql") for more in (used, ""))
    assert along(left(old, new, "DropForeignKey", dialect="mysql")) == ["DropIndex"]
    assert along(left(old, new, "DropIndex", dialect="mysql")) == []


@pytest.mark.tried("something accepted, and what depends on it")
def test_what_stands_on_an_index_that_mysql_does_not_drop_goes_along_too() -> None:
    parent, child = "CREATE TABLE p (id int PRIMARY KEY);", "CREATE TABLE t (a int {}, b int NOT NULL, {}{});"
    refers = ", CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id)"
    old = parse_sql(parent + child.format("NOT NULL", "PRIMARY KEY (a, b)", refers), "mysql")
    new = parse_sql(parent + child.format("", "KEY i (a)", refers), "mysql")
    assert along(left(old, new, "CreateIndex", dialect="mysql")) == ["AlterColumnNullability", "DropPrimaryKey"]


@pytest.mark.tried("something accepted, and what depends on it")
def test_a_foreign_key_is_not_made_on_an_invalid_index_that_stays_so() -> None:
    """PostgreSQL takes no invalid index as the key that a foreign key refers to."""
    new = parse_sql(INDEXED + REFERS, "postgres")
    old = parse_sql(INDEXED + T, "postgres")
    broken = [
        replace(table, indexes=tuple(replace(index, valid=False) for index in table.indexes)) for table in old.tables
    ]
    assert along(left(replace(old, tables=tuple(broken)), new, "RebuildIndex")) == ["AddForeignKey"]


@pytest.mark.tried("something accepted, and what depends on it")
@pytest.mark.parametrize(
    ("old", "new", "accepted", "names"),
    [
        (P, "CREATE TABLE p (id int, k int PRIMARY KEY);", "DropPrimaryKey", "shape"),
        (P + "CREATE INDEX i ON p (id);", P + "CREATE INDEX i ON p (k);", "DropIndex", "strict"),
        (UNIQUE, UNIQUE.replace("(k))", "(k, id))"), "DropUnique", "strict"),
        (
            T.replace("int", "int CONSTRAINT k CHECK (a > 0)"),
            T.replace("int", "int CONSTRAINT k CHECK (a > 1)"),
            "DropCheck",
            "strict",
        ),
        (UNIQUE + REFERS, T, "DropForeignKey", "shape"),
        (P + "CREATE INDEX i ON p (k);", "CREATE TABLE p (id int PRIMARY KEY);", "DropIndex", "shape"),
    ],
)
def test_what_cannot_stay_is_shown(old: str, new: str, accepted: str, names: str) -> None:
    """Its place, its name or what it refers to is taken away: it is drift, whoever accepted it."""
    before, after = parse_sql(old, "postgres"), parse_sql(new, "postgres")
    found = left(before, after, accepted, names)
    assert found.ignored == ()
    assert diff(before, found.target) == diff(before, after)


@pytest.mark.tried("something accepted, and what depends on it")
def test_a_primary_key_stays_where_another_table_gets_one() -> None:
    old = parse_sql(P + "CREATE TABLE q (z int NOT NULL);", "postgres")
    new = parse_sql("CREATE TABLE p (id int NOT NULL, k int); CREATE TABLE q (z int PRIMARY KEY);", "postgres")
    assert [type(item.change) for item in left(old, new, "DropPrimaryKey").ignored] == [c.DropPrimaryKey]


@pytest.mark.tried("something accepted, and what depends on it")
def test_a_check_stays_where_another_table_gets_one_of_its_name() -> None:
    checked = T.replace("a int", "a int CONSTRAINT k CHECK (a > 0)")
    other = [text.replace("TABLE t", "TABLE u") for text in (T, checked)]
    old, new = parse_sql(checked + other[0], "postgres"), parse_sql(T + other[1], "postgres")
    assert [type(item.change) for item in left(old, new, "DropCheck", "strict").ignored] == [c.DropCheck]


@pytest.mark.tried("something accepted, and what depends on it")
def test_what_fills_a_column_whenever_its_row_changes_stays_with_its_type() -> None:
    old = parse_sql("CREATE TABLE t (a timestamp NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP);", "mysql")
    new = parse_sql("CREATE TABLE t (a int NULL);", "mysql")
    assert along(left(old, new, "AlterColumnOptions", dialect="mysql")) == ["AlterColumnType"]
    assert along(left(new, old, "AlterColumnType", dialect="mysql")) == ["AlterColumnOptions"]


USERS = "CREATE TABLE users (id int PRIMARY KEY, email text); CREATE TABLE posts (by int REFERENCES users (id));"
PEOPLE = USERS.replace("users", "people").replace("email", "mail")
TABLE = c.RenameTable(Name("", "users"), Name("", "people"))
COLUMN = c.RenameColumn(Name("", "people"), "email", "mail")


def old_names(accepted: list[c.Rename], target: str = PEOPLE) -> OldNames:
    wanted = parse_sql(target, "postgres")
    return with_old_names(wanted, [TABLE, COLUMN], lambda change: "later" if change in accepted else None)


@pytest.mark.tried("a new name that is accepted, in a baseline or by a rule")
@pytest.mark.parametrize(
    ("accepted", "made", "wanted"),
    [
        ([], [TABLE, COLUMN], PEOPLE),
        ([TABLE], [replace(COLUMN, table=Name("", "users"))], PEOPLE.replace("people", "users")),
        ([COLUMN], [TABLE], PEOPLE.replace("mail", "email")),
        ([TABLE, COLUMN], [], USERS),
    ],
)
def test_an_accepted_name_is_not_given(accepted: list[c.Rename], made: list[c.Rename], wanted: str) -> None:
    found = old_names(accepted)
    assert found.renames == tuple(made)
    left = diff(parse_sql(wanted, "postgres"), found.target)
    assert {type(change) for change in left} <= {c.RenameConstraint}  # people_pkey
    assert found.ignored == tuple(Ignored(rename, "later", accepted=True) for rename in accepted)


@pytest.mark.tried("a new name that is accepted, in a baseline or by a rule")
@pytest.mark.parametrize(
    ("accepted", "target"),
    [
        (TABLE, PEOPLE + "CREATE TABLE users (id int);"),
        (COLUMN, PEOPLE.replace("mail text", "mail text, email text")),
    ],
)
def test_a_name_that_another_thing_takes_is_given_up_all_the_same(accepted: c.Rename, target: str) -> None:
    assert old_names([accepted], target) == OldNames((TABLE, COLUMN), parse_sql(target, "postgres"))


def test_what_is_accepted_is_marked_and_a_table_that_needs_it_is_named() -> None:
    before, after = parse_sql("", "postgres"), parse_sql(USERS, "postgres")
    spoken = get_dialect("postgres")
    abilities = spoken.capabilities(spoken.default_info)

    def ignore(change: c.SimpleChange) -> str | None:
        return "not today" if c.table_of(change) == Name("", "users") else None

    found = without_ignored(before, after, ignore, suited(Policy(whole=True), abilities), abilities)
    assert [(item.reason, item.accepted) for item in found.ignored] == [("not today", True)]
    (posts,) = found.impossible
    assert (posts.kind, posts.name, posts.table) == ("table", "posts", Name("", "posts"))
    assert (posts.reason, posts.failing) == (
        "it needs what is accepted as missing: table users is missing",
        "cannot be created",
    )
    assert found.target == before
