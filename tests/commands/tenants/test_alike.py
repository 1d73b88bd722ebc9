"""Tenants that are databases are recognised by their catalog rows, and one of those that are alike is made a schema."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from itertools import combinations
from typing import Any
from urllib.parse import urlsplit

import pytest

from pytest_schemadrift.cli.group import run as wait
from pytest_schemadrift.commands.project import CheckOptions, loaded_models, open_connection, open_project
from pytest_schemadrift.commands.tenants.check import TenantOptions, check_tenants
from pytest_schemadrift.commands.tenants.find import find_tenants
from pytest_schemadrift.commands.tenants.judge import Judge
from pytest_schemadrift.commands.tenants.reader import Reader
from pytest_schemadrift.dialects.sqlite.catalog import dump as sqlite_dump
from pytest_schemadrift.sources.database import dump, dump_unless_known, open_server
from tests.commands.tenants.test_check import files
from tests.commands.tenants.test_find import tenants as tenants_are
from tests.commands.tenants.test_mysql import USERS
from tests.harness import load
from tests.test_cli import DRIFTED, IN_SYNC, Project, project  # noqa: F401

ON_SQLITE = [
    "",
    "SELECT 1",
    "CREATE TABLE t (a INT, b INT)",
    "CREATE TABLE t (b INT, a INT)",
    "CREATE TABLE t (a INT,b INT)",
    "CREATE TABLE t (a INT, b INT) STRICT",
    "CREATE TABLE t (a INT PRIMARY KEY, b INT) WITHOUT ROWID",
    "CREATE TABLE t (a INT /* first */, b INT)",
    "CREATE INDEX i ON users (email)",
    "CREATE INDEX i ON users (email DESC)",
    "CREATE INDEX i ON users (email COLLATE NOCASE)",
    "CREATE UNIQUE INDEX i ON users (email)",
    "CREATE INDEX i ON users (email) WHERE email > 'a'",
    "CREATE INDEX i ON users (email) WHERE email > 'A'",
    "CREATE VIEW v AS SELECT id FROM users",
    "CREATE TRIGGER g AFTER INSERT ON users BEGIN SELECT 1; END",
    "CREATE TRIGGER g AFTER INSERT ON users BEGIN SELECT 2; END",
    "ALTER TABLE users ADD fax TEXT",
    "ALTER TABLE users ADD fax TEXT DEFAULT 'x'",
    "ALTER TABLE users ADD fax TEXT; ALTER TABLE users DROP fax",
    "CREATE TABLE o (id INTEGER PRIMARY KEY, u INT REFERENCES users)",
    "CREATE TABLE o (id INTEGER PRIMARY KEY, u INT REFERENCES users ON DELETE CASCADE)",
    "PRAGMA user_version = 7",
    "ANALYZE",
    "DROP TABLE users",
]


def several(nights: list[str], more: str) -> list[str]:
    """What happens, some of it together with something else, and a third of it twice."""
    chance = random.Random(15)
    mixed = [f"{night}; {more}" for night in chance.sample(nights, 4)]
    return [*nights, *mixed, *chance.sample(nights, len(nights) // 3)]


def assert_sound(told: dict[str, object], keys: dict[str, str], nights: dict[str, str]) -> None:
    """Equal digests are equal to the exact comparison, and most of what is equal to that has equal digests."""
    groups: dict[object, set[str]] = defaultdict(set)
    for name, digest in told.items():
        groups[digest].add(name)
    for members in groups.values():
        assert len({keys[name] for name in members}) == 1, {nights[name] for name in members}
    equal = [pair for pair in combinations(keys, 2) if keys[pair[0]] == keys[pair[1]]]
    missed = {nights[one] for one, other in equal if one not in told or told[one] != told.get(other)}
    found = [pair for pair in equal if pair[0] in told and told[pair[0]] == told.get(pair[1])]
    assert len(found) >= 0.75 * len(equal), missed


@pytest.mark.sqlite
def test_files_with_equal_digests_are_equal_to_the_exact_comparison(project: Project) -> None:  # noqa: F811
    nights = {f"t{n:02d}": night for n, night in enumerate(several(ON_SQLITE, "CREATE TABLE z (id INT)"))}
    files(project, **{name: f"{IN_SYNC}; {night}" for name, night in nights.items()})

    async def both() -> tuple[dict[str, object], dict[str, str]]:
        told: dict[str, object] = {}
        keys = {}
        opened = open_project(project.folder)
        with loaded_models(opened) as models:
            judge = Judge(opened, models, CheckOptions())
            for tenant in await find_tenants(opened, "default", 10.0):
                async with open_connection(judge.seen_by(tenant), "default", 10.0) as server:
                    digest, live = await dump_unless_known(server, lambda _: False)
                    assert live is not None
                    told[tenant.name] = (judge.key(tenant, None, server.info, ()), digest)
                    keys[tenant.name] = judge.key(tenant, live, server.info, ())
        return told, keys

    assert_sound(*wait(both()), nights)


@pytest.mark.sqlite
def test_a_file_whose_rows_are_known_is_not_made_a_schema_and_what_is_true_of_it_is_told(
    project: Project,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files(project, **{f"t{number}": DRIFTED if number % 3 else IN_SYNC for number in range(9)})
    made = []
    real = sqlite_dump._made

    def counted(answers: Any, tables: Any) -> Any:
        made.append(tables)
        return real(answers, tables)

    monkeypatch.setattr(sqlite_dump, "_made", counted)
    drifts = wait(check_tenants(open_project(project.folder), CheckOptions(prove=False), TenantOptions(jobs=1)))
    assert [drift.tenants for drift in drifts] == [("t1", "t2", "t4", "t5", "t7", "t8"), ("t0", "t3", "t6")]
    assert [bool(drift.plan) for drift in drifts] == [True, False]
    assert made.count(None) in (2, 3), "two tenants; and what the models make, unless a cache has it"


OF_A_NEIGHBOUR = (
    "CREATE TABLE o (id INT PRIMARY KEY, u INT, CONSTRAINT k FOREIGN KEY (u) REFERENCES NEIGHBOUR.users (id))"
)
IN_A_SERVER = [
    "",
    "SELECT 1",
    "CREATE TABLE t (a INT, b INT)",
    "CREATE TABLE t (b INT, a INT)",
    "CREATE TABLE t (gone INT, a INT, b INT); ALTER TABLE t DROP gone",
    "CREATE TABLE t (a INT, b INT) COMMENT 'OWN'",
    "CREATE TABLE t (a INT, b INT) COLLATE latin1_bin",
    "CREATE TABLE t (a INT, b INT) ENGINE MyISAM",
    "CREATE TABLE t (a INT DEFAULT 7, b VARCHAR(64) DEFAULT 'OWN')",
    "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT); INSERT INTO t VALUES (), ()",
    "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT)",
    "CREATE TABLE t (a INT, g INT AS (a + 1) STORED, v INT AS (a + 1))",
    "CREATE TABLE t (a INT, g INT AS (a + 1) STORED, v INT AS (a + 2))",
    "CREATE TABLE t (a POINT, b GEOMETRY NOT NULL, SPATIAL INDEX s (b))",
    "CREATE TABLE t (a TEXT, FULLTEXT INDEX f (a))",
    "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a TEXT, FULLTEXT INDEX f (a))",
    "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a TEXT, FULLTEXT INDEX f (a)); INSERT INTO t VALUES (7, '')",
    "CREATE TABLE t (a INT, b INT, CHECK (a > 0))",
    "CREATE TABLE t (a INT, b INT, CHECK (a > 1))",
    "CREATE TABLE t (a INT, b INT, CHECK (a < b))",
    "CREATE TABLE t (a DATE NOT NULL, b DATE NOT NULL, CONSTRAINT p CHECK (a < b))",
    "CREATE TABLE t (a INT, b INT) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (7))",
    "CREATE TABLE t (a INT, b INT) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (8))",
    "CREATE INDEX i ON users (age)",
    "CREATE INDEX i ON users (age, id)",
    "CREATE INDEX i ON users (id, age)",
    "CREATE INDEX i ON users (email(7))",
    "CREATE TABLE o (id INT PRIMARY KEY, u INT, CONSTRAINT k FOREIGN KEY (u) REFERENCES users (id))",
    "CREATE TABLE o (id INT PRIMARY KEY, u INT, CONSTRAINT k FOREIGN KEY (u) REFERENCES users (id) ON DELETE CASCADE)",
    OF_A_NEIGHBOUR,
    "CREATE VIEW v AS SELECT id FROM users",
    "CREATE VIEW v AS SELECT id FROM OWN.users WHERE age > 1",
    "CREATE VIEW v AS SELECT id FROM NEIGHBOUR.users",
    "CREATE VIEW v AS SELECT id, 'OWN' AS o FROM users",
    "CREATE TRIGGER g BEFORE INSERT ON users FOR EACH ROW SET NEW.age = 1",
    "CREATE TRIGGER g BEFORE INSERT ON users FOR EACH ROW SET NEW.age = 2",
    "CREATE TRIGGER g BEFORE INSERT ON users FOR EACH ROW SET NEW.age = (SELECT count(*) FROM OWN.users)",
    "ALTER DATABASE CHARACTER SET latin1",
    "ALTER DATABASE COLLATE utf8mb4_bin; CREATE TABLE t (a VARCHAR(9), b INT)",
    "DROP TABLE users",
]
MARIADB_ALONE = [
    "CREATE SEQUENCE s; CREATE TABLE t (a INT DEFAULT nextval(s))",
    "CREATE TABLE t (a INT, b INT) WITH SYSTEM VERSIONING",
    "CREATE TABLE t (a JSON)",
    "CREATE TABLE t (a DATE, b DATE, PERIOD FOR p (a, b))",
    "CREATE TABLE t (a INT INVISIBLE, b INT, c POINT REF_SYSTEM_ID=4326)",
]
MYSQL_ALONE = [
    "CREATE TABLE t (a INT INVISIBLE, b INT, INDEX i ((a + b)) INVISIBLE)",
    "CREATE TABLE t (a INT, b INT, CHECK (a > 0) NOT ENFORCED)",
    "CREATE TABLE t (a POINT SRID 4326)",
    "CREATE TABLE t (a INT CHECK (a <> 'é'))",
    "CREATE TABLE t (a TEXT, FULLTEXT INDEX f (a) WITH PARSER ngram)",
]


@pytest.mark.parametrize(
    ("dialect", "alone"),
    [
        pytest.param("mysql", MYSQL_ALONE, marks=pytest.mark.mysql),
        pytest.param("mariadb", MARIADB_ALONE, marks=pytest.mark.mariadb),
    ],
)
def test_databases_with_equal_digests_are_equal_to_the_exact_comparison(
    dialect: str,
    alone: list[str],
    project: Project,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    nights = [*several([*IN_A_SERVER, *alone], "CREATE TABLE z (id INT)"), OF_A_NEIGHBOUR]
    urls = [fresh_database(dialect) for _ in nights]
    names = [urlsplit(url).path.lstrip("/") for url in urls]
    neighbour = names[-1]  # to itself that is no neighbour

    async def fill() -> None:
        async with open_server(urls[0]) as server:
            for name, night in reversed([*zip(names, nights, strict=True)]):
                script = night.replace("OWN", name).replace("NEIGHBOUR", neighbour)
                await load(server, f"USE {name}; {USERS}; {script}")

    async def both() -> tuple[dict[str, object], dict[str, str]]:
        keys = {}
        opened = open_project(project.folder)
        with loaded_models(opened) as models:
            judge = Judge(opened, models, CheckOptions())
            tenants = await find_tenants(opened, "default", 10.0)
            for tenant in tenants:
                async with open_connection(judge.seen_by(tenant), "default", 10.0) as server:
                    keys[tenant.name] = judge.key(tenant, await dump(server), server.info, ())
            async with Reader(judge) as reader:
                told = [found async for found in reader.digests(tenants)]
                (alone,) = [found async for found in reader.digests([tenants[1]])]
        digests = {tenant.name: digest for found in told for tenant, digest in found.items() if digest is not None}
        assert alone == {tenants[1]: digests[tenants[1].name]}, "it is no matter who else is asked about"
        return digests, keys

    wait(fill())
    project.write(
        "settings.py",
        f"TORTOISE_ORM = {{'connections': {{'default': {urls[0]!r}}}, "
        f"'apps': {{'shop': {{'models': ['{project.package}.models']}}}}}}",
    )
    (project.folder / "tenants.txt").write_text("".join(f"{n} = {u}\n" for n, u in zip(names, urls, strict=True)))
    tenants_are(project, 'urls = "tenants.txt"')
    assert_sound(*wait(both()), dict(zip(names, nights, strict=True)))
