"""What a person accepts is left alone, and what is left of the difference is a plan that the server takes."""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

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
from tests.harness import load, run, typed
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


@pytest.mark.slow
@pytest.mark.tried("something accepted, and what depends on it")
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
@pytest.mark.tried("something accepted, and what depends on it")
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


@pytest.mark.tried("something accepted, and what depends on it")
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


@pytest.mark.tried("something accepted, and what depends on it")
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


ONE_COLUMN = [
    "datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
    "datetime(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)",
    "datetime DEFAULT '2020-01-01 00:00:00'",
    "timestamp(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)",
    "enum('x','y') DEFAULT 'y'",
    "int DEFAULT 700",
    "tinyint DEFAULT 7",
    "varchar(40) DEFAULT 'a text of more than 20 letters'",
    "varchar(20) DEFAULT 'x'",
]


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
)
@pytest.mark.tried("the type, the default or the ON UPDATE of a column accepted, and the others not")
def test_what_is_left_of_a_column_is_one_that_the_server_takes(
    dialect: str, fresh_database: Callable[[str], str]
) -> None:
    """CURRENT_TIMESTAMP needs its column's precision: MySQL refuses another (1067, 1294), MariaDB stores another."""
    run(_test_what_is_left_of_a_column(fresh_database(dialect)))


async def _test_what_is_left_of_a_column(url: str) -> None:
    async with open_server(url) as server:
        abilities = server.dialect.capabilities(server.info)
        policy = suited(Policy(whole=True), abilities)
        for before, after in itertools.pairwise([*ONE_COLUMN, ONE_COLUMN[0]]):
            table = f"DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, made {before})"
            await load(server, table)
            old = await dump(server)
            wanted = f"CREATE TABLE t (id int PRIMARY KEY, made {after})"
            new, _ = normalize(old, parse_sql(wanted, server.info.dialect, server.info), policy)
            changes = diff(old, new)
            for count in range(1, len(changes)):
                for accepted in itertools.combinations(changes, count):
                    left = without_ignored(old, new, reason(accepted), policy, abilities)
                    plan = build_plan(old, left.target, server.dialect, server.info)
                    await load(server, plan.sql())
                    there = await dump(server)
                    assert diff(there, normalize(there, left.target, policy)[0]) == (), (before, after, accepted)
                    if plan.sql():
                        await load(server, table)


@pytest.mark.tried("the type, the default or the ON UPDATE of a column accepted, and the others not")
@pytest.mark.parametrize(
    ("before", "after", "accepted", "along"),
    [
        (ONE_COLUMN[0], ONE_COLUMN[1], c.AlterColumnType, [c.AlterColumnDefault, c.AlterColumnOptions]),
        (ONE_COLUMN[0], ONE_COLUMN[1], c.AlterColumnOptions, [c.AlterColumnDefault, c.AlterColumnType]),
        (ONE_COLUMN[1], "datetime(6)", c.AlterColumnDefault, []),
        ("datetime(6)", ONE_COLUMN[0], c.AlterColumnType, [c.AlterColumnDefault, c.AlterColumnOptions]),
        ("varchar(20) DEFAULT 'x'", "varchar(40) DEFAULT 'y'", c.AlterColumnType, []),
        ("varchar(20) DEFAULT 'x'", "varchar(40) DEFAULT 'y'", c.AlterColumnDefault, []),
        ("enum('x') DEFAULT 'x'", "enum('x','y') DEFAULT 'y'", c.AlterColumnType, [c.AlterColumnDefault]),
        ("enum('x') DEFAULT 'x'", "enum('x','y') DEFAULT 'y'", c.AlterColumnDefault, []),
        ("tinyint DEFAULT 7", "int DEFAULT 700", c.AlterColumnType, [c.AlterColumnDefault]),
        ("tinyint DEFAULT 7", "int DEFAULT 70", c.AlterColumnType, []),
        ("int DEFAULT 7", "int unsigned DEFAULT 8", c.AlterColumnDefault, []),
        ("int DEFAULT -7", "int unsigned DEFAULT 8", c.AlterColumnDefault, [c.AlterColumnType]),
    ],
)
def test_only_what_cannot_stand_alone_goes_along(
    before: str, after: str, accepted: type[c.SimpleChange], along: list[type[c.SimpleChange]]
) -> None:
    """Another default is still drift where the column keeps its type, if that type takes it."""
    for dialect in ("mysql", "mariadb"):
        spoken = get_dialect(dialect)
        abilities = spoken.capabilities(spoken.default_info)
        old, new = (
            parse_sql(f"CREATE TABLE t (made {column})", dialect, spoken.default_info) for column in (before, after)
        )

        def ignore(change: c.SimpleChange) -> str | None:
            return "x" if isinstance(change, accepted) else None

        found = without_ignored(old, new, ignore, suited(Policy(whole=True), abilities), abilities)
        went = [type(item.change) for item in found.ignored if item.reason == GOES_ALONG]
        assert sorted(went, key=str) == along, dialect


@pytest.mark.tried("the type, the default or the ON UPDATE of a column accepted, and the others not")
@pytest.mark.parametrize(
    ("before", "after", "accepted", "along"),
    [
        ("integer DEFAULT 5", "boolean DEFAULT true", c.AlterColumnType, [c.AlterColumnDefault]),
        ("integer DEFAULT 5", "boolean DEFAULT true", c.AlterColumnDefault, [c.AlterColumnType]),
        ("integer", "uuid DEFAULT gen_random_uuid()", c.AlterColumnType, [c.AlterColumnDefault]),
        ("varchar(3) DEFAULT 'abc'", "varchar(30) DEFAULT 'abcdef'", c.AlterColumnType, [c.AlterColumnDefault]),
        ("varchar(3) DEFAULT 'abc'", "varchar(30) DEFAULT 'ab'", c.AlterColumnType, []),
        ("smallint DEFAULT 1", "bigint DEFAULT 99999", c.AlterColumnType, [c.AlterColumnDefault]),
        ("smallint DEFAULT 1", "bigint DEFAULT 999", c.AlterColumnType, []),
        ("numeric(3,1) DEFAULT 1", "numeric(9,3) DEFAULT 12345.6", c.AlterColumnType, [c.AlterColumnDefault]),
        ("timestamp", "timestamptz DEFAULT now()", c.AlterColumnType, []),
        ("text", "integer GENERATED BY DEFAULT AS IDENTITY", c.AlterColumnType, [c.AlterColumnIdentity]),
        ("serial", "uuid DEFAULT gen_random_uuid()", c.AlterColumnIdentity, [c.AlterColumnType, c.AlterColumnDefault]),
    ],
)
def test_what_postgres_would_refuse_goes_along_too(
    before: str, after: str, accepted: type[c.SimpleChange], along: list[type[c.SimpleChange]]
) -> None:
    """The server refuses some at once; a value that is too long or too large it refuses at every INSERT."""
    spoken = get_dialect("postgres")
    abilities = spoken.capabilities(spoken.default_info)
    old, new = (
        parse_sql(f"CREATE TABLE t (made {column})", "postgres", spoken.default_info) for column in (before, after)
    )

    def ignore(change: c.SimpleChange) -> str | None:
        return "x" if isinstance(change, accepted) else None

    found = without_ignored(old, new, ignore, suited(Policy(whole=True), abilities), abilities)
    went = {type(item.change) for item in found.ignored if item.reason == GOES_ALONG}
    assert went == set(along)


RENAMED_MODELS = """
from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.IntField(primary_key=True)
    mail = fields.CharField(max_length=20)
{more}
    class Meta:
        table = "people"


class Post(Model):
    id = fields.IntField(primary_key=True)
    user = fields.ForeignKeyField("app.User")

    class Meta:
        table = "posts"
"""


@pytest.mark.sqlite
@pytest.mark.tried("a new name that is accepted, in a baseline or by a rule")
def test_an_accepted_name_stays_as_it_is(tmp_path: Path) -> None:
    """Renames are answered before anything is compared: nothing that is accepted was held against them."""
    database = tmp_path / "d.sqlite3"
    with sqlite3.connect(database) as connection:
        connection.executescript(
            "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, email VARCHAR(20) NOT NULL);"
            "CREATE TABLE posts (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, user_id INT NOT NULL"
            " REFERENCES users (id) ON DELETE CASCADE);"
            "INSERT INTO users VALUES (1, 'a'); INSERT INTO posts VALUES (1, 1)"
        )
    connection.close()
    connections = f'"connections": {{"default": "sqlite://{database}"}}'
    (tmp_path / "settings.py").write_text(f'TORTOISE_ORM = {{{connections}, "apps": {{"app": {{"models": ["app"]}}}}}}')
    toml = (
        '[tool.schemadrift]\ntortoise_orm = "settings.TORTOISE_ORM"\nrenames = ["users=people", "people.email=mail"]\n'
    )
    (tmp_path / "pyproject.toml").write_text(toml)
    (tmp_path / "app.py").write_text(RENAMED_MODELS.format(more=""))
    drifted = typed(tmp_path, "check")
    assert "SD103 table users is renamed to people" in drifted.stdout, drifted.stdout + drifted.stderr
    assert "SD211" in drifted.stdout
    assert typed(tmp_path, "baseline").returncode == 0
    done = typed(tmp_path, "check")
    assert done.returncode == 0, done.stdout
    assert "2 changes accepted" in done.stdout
    assert "no longer needed" not in done.stdout

    (tmp_path / "app.py").write_text(RENAMED_MODELS.format(more="    age = fields.IntField(null=True)\n"))
    assert typed(tmp_path, "check").returncode == 1
    assert typed(tmp_path, "apply", "--yes").returncode == 0
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT id, email, age FROM users").fetchall() == [(1, "a", None)]
        assert connection.execute("SELECT count(*) FROM posts").fetchone() == (1,)
    connection.close()

    (tmp_path / "schema" / "baseline.txt").unlink()
    rule = '[[tool.schemadrift.ignore]]\ncode = "SD103"\nreason = "later"\n'
    (tmp_path / "pyproject.toml").write_text(toml + rule)
    assert typed(tmp_path, "apply", "--yes").returncode == 0  # the column alone, in the table of the old name
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT id, mail, age FROM users").fetchall() == [(1, "a", None)]
    connection.close()
    assert typed(tmp_path, "check").returncode == 0
