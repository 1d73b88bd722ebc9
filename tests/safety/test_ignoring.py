"""What a person accepts is left alone, and what is left of the difference is a plan that the server takes."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.build import build_plan, create_statements
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.ignoring import GOES_ALONG, without_ignored
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy, suited
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from tests.harness import load, run
from tests.live.mutations import MUTATIONS
from tests.safety.test_subsets import BARE, RICH, dangling, pairs


def choices(changes: Sequence[c.SimpleChange]) -> Iterator[Sequence[c.SimpleChange]]:
    """In turn a change accepted alone, all but one, and some by chance."""
    by_chance = random.Random(11)
    for place, change in enumerate(changes):
        match place % 3:
            case 0:
                yield [change]
            case 1:
                yield [other for other in changes if other is not change]
            case _:
                yield by_chance.sample(changes, by_chance.randint(1, len(changes)))


def reason(accepted: Sequence[c.SimpleChange]) -> Callable[[c.SimpleChange], str | None]:
    return lambda change: "not today" if change in accepted else None


def twice_named(schema: Schema) -> list[str]:
    """Indexes, and constraints, of one name in a table."""
    found = []
    for table in schema.tables:
        for items in (table.indexes, table.foreign_keys, table.checks):
            names = [item.name for item in items if item.name]
            found += [f"{table.name}: {name}" for name in names if names.count(name) > 1]
    return found


@pytest.mark.tried("something accepted, and what stands on it")
@pytest.mark.parametrize("dialect", list(MUTATIONS))
def test_what_is_left_leads_to_a_schema(dialect: str) -> None:
    """Nothing accepted is made, nothing else is left out without a reason; SQLite itself carries out each plan.

    SQLite takes a quoted name that is no column for a text: a unique index on it refused every second row.
    """
    spoken = get_dialect(dialect)
    info, abilities = spoken.default_info, spoken.capabilities(spoken.default_info)
    policy = suited(Policy(whole=True), abilities)
    tried = 0
    for old, wanted in pairs(dialect):
        new, _ = normalize(old, wanted, policy)
        changes = diff(old, new)
        for accepted in choices(changes):
            left = without_ignored(old, new, reason(accepted), policy, abilities)
            words = [type(change).__name__ for change in accepted]
            tried += 1
            assert dangling(left.target) == [], words
            assert twice_named(left.target) == [], words
            rest = diff(old, left.target)
            ignored = [item.change for item in left.ignored]
            refused = {item.table for item in left.impossible}
            assert len(rest) == len(changes) - len(ignored) - len(refused), words
            if dialect == "sqlite":
                with closing(sqlite3.connect(":memory:", isolation_level=None)) as database, database:
                    plan = build_plan(old, left.target, spoken, info)
                    for statement in (*create_statements(old, spoken, info), *plan.sql()):
                        database.execute(statement)
    assert tried > 20


@pytest.mark.postgres
@pytest.mark.tried("something accepted, and what stands on it")
@pytest.mark.parametrize(("before", "after"), [(RICH, BARE), (BARE, RICH)])
def test_the_server_takes_what_is_left(before: str, after: str, fresh_database: Callable[[str], str]) -> None:
    run(_test_the_server_takes_what_is_left(before, after, fresh_database("postgres")))


async def _test_the_server_takes_what_is_left(before: str, after: str, url: str) -> None:
    async with open_server(url) as server:
        await load(server, before)
        old = await dump(server)
        abilities = server.dialect.capabilities(server.info)
        policy = suited(Policy(whole=True), abilities)
        new, _ = normalize(old, parse_sql(after, "postgres", server.info), policy)
        for accepted in choices(diff(old, new)):
            left = without_ignored(old, new, reason(accepted), policy, abilities)
            plan = build_plan(old, left.target, server.dialect, server.info)
            await load(server, ["BEGIN", *plan.sql(), "ROLLBACK"])


OLD = """
    CREATE TYPE mood AS ENUM ('a'); CREATE TABLE p (id int PRIMARY KEY, gone int, kept int UNIQUE);
    CREATE TABLE t (id int PRIMARY KEY, m mood, s int, g int GENERATED ALWAYS AS (s + 1) STORED,
        CONSTRAINT f FOREIGN KEY (s) REFERENCES p (kept), CONSTRAINT k CHECK (s > 0));
    CREATE INDEX i ON t (id, s);
"""
NEW = """
    CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TYPE size AS ENUM ('s');
    CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE q (id int PRIMARY KEY);
    CREATE TABLE r (id int PRIMARY KEY, q int REFERENCES q (id));
    CREATE TABLE t (id int PRIMARY KEY, m mood DEFAULT 'b', z size, base int,
        twice int GENERATED ALWAYS AS (base * 2) STORED,
        CONSTRAINT f FOREIGN KEY (base) REFERENCES p (id), CONSTRAINT d UNIQUE (z));
    CREATE INDEX i ON t (id, base);
"""


@pytest.mark.tried("something accepted, and what stands on it")
@pytest.mark.parametrize(
    ("accepted", "along", "drift"),
    [
        (["AddColumn base"], ["AddColumn twice", "AddForeignKey f", "CreateIndex i"], []),
        (["CreateEnum size"], ["AddColumn z", "AddUnique d"], []),
        (["AddEnumValue mood"], ["AlterColumnDefault m"], []),
        (["DropForeignKey f"], [], ["DropForeignKey f"]),
        (["DropForeignKey f", "DropColumn s", "DropColumn g"], [], ["DropForeignKey f", "DropColumn kept"]),
        (["DropForeignKey f", "DropColumn s", "DropColumn g", "DropColumn kept"], ["DropUnique p_kept_key"], []),
        (["DropIndex i", "DropColumn s", "DropColumn g"], [], ["CreateIndex i_1"]),
        (["DropIndex i"], [], ["DropIndex i", "CreateIndex i"]),
        (["DropColumn g"], [], ["DropColumn g"]),
        (["DropCheck k"], [], ["DropCheck k"]),
        (["DropColumn gone"], [], ["CreateTable", "DropCheck k"]),
    ],
)
def test_what_goes_along_and_what_cannot_stay(accepted: list[str], along: list[str], drift: list[str]) -> None:
    """The accepted ones are named by kind and name; ``drift`` are some of those that are left."""
    from pytest_schemadrift.planning.describe import name_of

    def named(change: c.SimpleChange) -> str:
        return f"{type(change).__name__} {name_of(change) or ''}".strip()

    spoken = get_dialect("postgres")
    abilities = spoken.capabilities(spoken.default_info)
    policy = suited(Policy(whole=True), abilities)
    old = parse_sql(OLD, "postgres")
    new, _ = normalize(old, parse_sql(NEW, "postgres"), policy)
    found = without_ignored(old, new, lambda change: "x" if named(change) in accepted else None, policy, abilities)
    left = [named(change) for change in diff(old, found.target)]
    assert sorted(named(item.change) for item in found.ignored if item.reason == GOES_ALONG) == along
    assert {*drift} <= {*left}
    assert not {*left} & ({*accepted, *along} - {*drift})


@pytest.mark.tried("something accepted, and what stands on it")
def test_a_table_that_needs_an_accepted_one_is_not_called_in_sync() -> None:
    spoken = get_dialect("postgres")
    abilities = spoken.capabilities(spoken.default_info)
    policy = suited(Policy(whole=True), abilities)
    old = parse_sql("CREATE TABLE a (id int PRIMARY KEY)", "postgres")
    new = parse_sql(NEW, "postgres")

    def ignore(change: c.SimpleChange) -> str | None:
        return None if isinstance(change, c.CreateTable) and change.table.name.name == "r" else "not today"

    found = without_ignored(old, normalize(old, new, policy)[0], ignore, policy, abilities)
    assert [(str(item.table), item.failing) for item in found.impossible] == [("r", "cannot be created")]
    assert "table q is missing" in found.impossible[0].reason
    assert diff(old, found.target) == ()
