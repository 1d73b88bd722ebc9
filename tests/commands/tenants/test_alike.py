"""Tenants that are databases are recognised by their catalog rows, and one of those that are alike is made a schema."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import combinations
from typing import Any

import pytest

from pytest_schemadrift.cli.group import run as wait
from pytest_schemadrift.commands.project import CheckOptions, loaded_models, open_connection, open_project
from pytest_schemadrift.commands.tenants.check import Judge, TenantOptions, check_tenants
from pytest_schemadrift.commands.tenants.find import find_tenants
from pytest_schemadrift.dialects.sqlite.catalog import dump as sqlite_dump
from pytest_schemadrift.sources.database import dump_unless_known
from tests.commands.tenants.test_check import files
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


def several(nights: list[str], more: str, number: int) -> list[str]:
    """What happens twice each, and twice some of it together with something else."""
    mixed = [f"{night}; {more}" for night in random.Random(15).sample(nights, number)]
    return [night for night in (*nights, *mixed) for _ in range(2)]


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
    nights = {f"t{n:02d}": night for n, night in enumerate(several(ON_SQLITE, "CREATE TABLE z (id INT)", 6))}
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
    assert made.count(None) == 3, "two tenants, and once what the models make"
