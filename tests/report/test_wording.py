"""Every change can be said in words: none without a sentence, a definition and, where it has one, a name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_schemadrift.planning.deeds import did, would
from pytest_schemadrift.planning.describe import WORDS_IN_ALL, describe, detail, kind, name_of, subject
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.build import make_table
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Domain,
    Enum,
    Exclusion,
    Expression,
    ForeignKey,
    Generated,
    Identity,
    Index,
    IndexPart,
    Name,
    PrimaryKey,
    Sequence,
    options,
)

USERS = Name("", "users")
ONE = Expression("1", "1")
AGE = Column("age", "integer")
BIG = Column("age", "bigint", nullable=False, default=ONE, comment="years")
TABLE = make_table(USERS, [AGE])
UNLOGGED = make_table(USERS, [AGE], options=options(unlogged=True))
INDEX = Index("by_age", (IndexPart("age", descending=True, opclass="int4_ops", nulls_first=False),), unique=True)
KEY = PrimaryKey((IndexPart("age"),), "users_pkey")
FOREIGN = ForeignKey("to_teams", ("team",), Name("", "teams"), ("id",), "CASCADE", deferrable=True)
CHECK = Check("adult", Expression("age > 17", "age > 17"), no_inherit=True)
EXCLUSION = Exclusion("apart", Expression("USING gist (a WITH =)", "x"))
MOOD = Enum(Name("", "mood"), ("sad", "ok"))
NUMBERS = Sequence(Name("", "numbers"))
POSITIVE = Domain(Name("", "positive"), "integer", checks=(CHECK,))

SAID: list[tuple[c.Change, str, str | None]] = [
    (c.CreateNamespace("app"), "schema app is missing", "app"),
    (c.DropNamespace("app"), "schema app is extra", "app"),
    (c.CreateExtension("vector"), "extension vector is missing", "vector"),
    (c.DropExtension("vector"), "extension vector is extra", "vector"),
    (c.CreateEnum(MOOD), "enum mood (sad, ok) is missing", "mood"),
    (c.DropEnum(MOOD), "enum mood is extra", "mood"),
    (c.AddEnumValue(MOOD.name, "new"), "enum mood lacks the value 'new'", "mood"),
    (c.RenameEnumValue(MOOD.name, "ok", "fine"), "enum mood: value 'ok' is renamed to 'fine'", "mood"),
    (c.ReplaceEnum(MOOD, replace(MOOD, values=("ok",))), "enum mood has (sad, ok), should have (ok)", "mood"),
    (c.CreateSequence(NUMBERS), "sequence numbers is missing", "numbers"),
    (c.DropSequence(NUMBERS), "sequence numbers is extra", "numbers"),
    (
        c.AlterSequence(NUMBERS, replace(NUMBERS, cycle=True)),
        "sequence numbers is bigint, should be bigint cycle",
        "numbers",
    ),
    (c.CreateDomain(POSITIVE), "domain positive is missing", "positive"),
    (c.DropDomain(POSITIVE), "domain positive is extra", "positive"),
    (
        c.AlterDomain(POSITIVE, replace(POSITIVE, checks=(), nullable=False)),
        "domain positive is integer check (age > 17) no inherit, should be integer NOT NULL",
        "positive",
    ),
    (c.CreateTable(TABLE), "table users is missing", None),
    (c.DropTable(TABLE), "table users is extra", None),
    (c.RenameTable(USERS, Name("", "people")), "table users is renamed to people", None),
    (c.AlterTableOptions(TABLE, UNLOGGED), "table users has no such options, should have unlogged", None),
    (
        c.AlterTableOptions(
            replace(TABLE, options=(("collation", "x"), ("engine", "MyISAM"))),
            replace(TABLE, options=(("collation", "x"),)),
        ),
        "table users has engine=MyISAM, should have engine=default",
        None,
    ),
    (
        c.SetTableComment(USERS, "a\nb", "a\\nb"),
        "table users has “a\\nb”, should have “a\\\\nb”",
        None,
    ),
    (c.SetTableComment(USERS, None, "who"), "table users has no comment, should have “who”", None),
    (c.AddColumn(USERS, BIG), "column users.age (bigint NOT NULL DEFAULT 1) is missing", "age"),
    (c.DropColumn(USERS, AGE), "column users.age (integer) is extra", "age"),
    (c.AlterColumnType(USERS, AGE, BIG), "column users.age is integer, should be bigint", "age"),
    (c.AlterColumnNullability(USERS, BIG, AGE), "column users.age is NOT NULL, should allow NULL", "age"),
    (
        c.AlterColumnNullability(USERS, replace(BIG, not_inherited=True), BIG),
        "column users.age is NOT NULL NO INHERIT, should be NOT NULL",
        "age",
    ),
    (c.AlterColumnDefault(USERS, AGE, BIG), "column users.age has no default, should have default 1", "age"),
    (
        c.AlterColumnGenerated(USERS, AGE, replace(AGE, generated=Generated(ONE, stored=True))),
        "column users.age is a plain column, should be stored as (1)",
        "age",
    ),
    (
        c.AlterColumnIdentity(USERS, AGE, replace(AGE, identity=Identity(start=5))),
        "column users.age is not numbered, should be identity (by default start 5)",
        "age",
    ),
    (
        c.AlterColumnCollation(USERS, AGE, replace(AGE, collation="C")),
        "column users.age has the default collation, should have C",
        "age",
    ),
    (
        c.AlterColumnOptions(USERS, AGE, replace(AGE, on_update=ONE)),
        "column users.age has no such options, should have on update 1",
        "age",
    ),
    (c.SetColumnComment(USERS, AGE, BIG), "column users.age has no comment, should have “years”", "age"),
    (c.RenameColumn(USERS, "age", "years"), "column users.age is renamed to years", "years"),
    (
        c.MoveColumns(USERS, ("a", "b"), ("b", "a")),
        "table users has the columns a, b; should have b, a",
        None,
    ),
    (
        c.CreateIndex(USERS, INDEX),
        "unique index on (age int4_ops DESC NULLS LAST) named by_age is missing from users",
        "by_age",
    ),
    (
        c.DropIndex(USERS, replace(INDEX, nulls_not_distinct=True, options=options(fillfactor=70))),
        "unique index on (age int4_ops DESC NULLS LAST) with nulls not distinct with fillfactor=70 named by_age "
        "of users is extra",
        "by_age",
    ),
    (
        c.RenameIndex(USERS, INDEX, replace(INDEX, name="i")),
        "index by_age of users should be named i",
        "i",
    ),
    (c.RebuildIndex(USERS, replace(INDEX, parts=(IndexPart("age"),))), "is invalid: a concurrent build", "by_age"),
    (
        c.SetIndexComment(USERS, INDEX, replace(INDEX, comment="quick")),
        "the comment of index by_age of users",
        "by_age",
    ),
    (c.AddUnique(USERS, replace(INDEX, constraint=True)), "unique constraint on (age", "by_age"),
    (c.DropUnique(USERS, replace(INDEX, constraint=True)), "of users is extra", "by_age"),
    (c.AddPrimaryKey(USERS, KEY), "primary key (age) named users_pkey is missing from users", "users_pkey"),
    (c.DropPrimaryKey(USERS, KEY), "primary key (age) named users_pkey of users is extra", "users_pkey"),
    (
        c.AddForeignKey(USERS, FOREIGN),
        "foreign key (team) to teams (id) on delete cascade deferrable named to_teams is missing from users",
        "to_teams",
    ),
    (
        c.DropForeignKey(USERS, replace(FOREIGN, ref_columns=(), match="FULL", initially_deferred=True)),
        "foreign key (team) to teams match full on delete cascade initially deferred named to_teams of users is extra",
        "to_teams",
    ),
    (c.ValidateConstraint(USERS, FOREIGN), "of users was never validated", "to_teams"),
    (
        c.SetTypeComment(MOOD, replace(MOOD, comment="how")),
        "enum mood has no comment, should have “how”",
        "mood",
    ),
    (
        c.SetConstraintComment(USERS, "adult", "old", "by law"),
        "constraint adult of users has “old”, should have “by law”",
        "adult",
    ),
    (
        c.SetConstraintComment(USERS, "users_pkey", None, "fast", "index"),
        "the index of constraint users_pkey of users has no comment, should have “fast”",
        "users_pkey",
    ),
    (
        c.SetEnforced(USERS, replace(CHECK, enforced=False), CHECK),
        "check (age > 17) no inherit named adult of users is not enforced, should be enforced",
        "adult",
    ),
    (c.AddCheck(USERS, CHECK), "check (age > 17) no inherit named adult is missing from users", "adult"),
    (c.DropCheck(USERS, CHECK), "check (age > 17) no inherit named adult of users is extra", "adult"),
    (c.AddExclusion(USERS, EXCLUSION), "exclusion USING gist (a WITH =) named apart is missing from users", "apart"),
    (c.DropExclusion(USERS, EXCLUSION), "exclusion USING gist (a WITH =) named apart of users is extra", "apart"),
    (
        c.RenameConstraint(USERS, CHECK, replace(CHECK, name="grown")),
        "check (age > 17) no inherit named adult of users should be named grown",
        "grown",
    ),
    (
        c.RebuildTable(TABLE, TABLE, (c.DropColumn(USERS, AGE), c.AlterColumnType(USERS, AGE, BIG))),
        "column users.age (integer) is extra; column users.age is integer, should be bigint",
        "age",
    ),
    (c.AlterTable(TABLE, TABLE, (c.DropColumn(USERS, AGE), c.DropCheck(USERS, CHECK))), "is extra; check", None),
]


def test_every_kind_of_change_is_in_the_table() -> None:
    assert {type(change) for change, _, _ in SAID} == set(c.STORED)


@pytest.mark.parametrize(("change", "words", "name"), SAID, ids=[kind(change) for change, _, _ in SAID])
def test_a_change_is_described_in_words(change: c.Change, words: str, name: str | None) -> None:
    assert words in describe(change)
    assert detail(change)
    assert name_of(change) == name


def test_a_renamed_table_belongs_to_the_model_of_its_new_name() -> None:
    assert subject(c.RenameTable(USERS, Name("", "people"))) == (Name("", "people"), None)


def test_a_long_text_is_cut_in_the_middle() -> None:
    words = describe(c.CreateEnum(replace(MOOD, values=tuple(f"value {number}" for number in range(500)))))
    assert len(words) <= WORDS_IN_ALL
    assert words.startswith("enum mood (value 0")
    assert words.endswith("value 499) is missing")


@pytest.mark.parametrize("change", [change for change, _, _ in SAID], ids=kind)
def test_what_was_done_names_the_same_things_in_the_past(change: c.Change) -> None:
    said = did(change)
    first = said.split()[0]
    assert first in {"added", "rebuilt", "changed", "created", "dropped", "moved", "renamed", "validated"}
    table, _ = subject(change)
    if table is not None:
        assert str(table.name) in said
    assert "missing" not in said
    assert "should" not in said
    before = would(change).split("; ")[0]
    assert before.split()[:2] in [["would", word] for word in WOULD]
    assert before.split()[2:] == said.split("; ")[0].split()[1:], "it names the same things before it is done"


WOULD = ("add", "rebuild", "change", "create", "drop", "move", "rename", "validate")
