"""Databases whose models could not be imported, or wanted something else than what is there."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_schemadrift.errors import ConfigurationError
from tests.harness import run
from tests.live.test_reverse import assert_in_sync, create_from, drift_of, module_of, reversed_models

KEY_IS_FOREIGN = {
    "a key that may be NULL": "CREATE TABLE parent (id TEXT PRIMARY KEY);"
    " CREATE TABLE child (pid TEXT PRIMARY KEY REFERENCES parent (id), v INT);",
    "a chain of keys": "CREATE TABLE parent (id INT PRIMARY KEY);"
    " CREATE TABLE child (pid INT PRIMARY KEY REFERENCES parent (id));"
    " CREATE TABLE grandchild (cid INT PRIMARY KEY REFERENCES child (pid), other INT REFERENCES child (pid));",
    "to a unique column": "CREATE TABLE parent (id INT PRIMARY KEY, code TEXT UNIQUE);"
    " CREATE TABLE child (code TEXT PRIMARY KEY REFERENCES parent (code));",
    "a key that is not NULL": "CREATE TABLE parent (id TEXT NOT NULL PRIMARY KEY);"
    " CREATE TABLE child (pid TEXT NOT NULL PRIMARY KEY REFERENCES parent (id));",
}
NUMBERED_TARGETS = {
    "bigserial": "n bigserial UNIQUE",
    "identity": "n bigint GENERATED ALWAYS AS IDENTITY UNIQUE",
    "the key": "n bigserial PRIMARY KEY",
}


@pytest.fixture(autouse=True)
def _modules_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    importlib.invalidate_caches()


def _assert_law(url: str, folder: Path) -> None:
    assert_in_sync(drift_of(url, module_of(reversed_models(url), folder), folder))


@pytest.mark.sqlite
@pytest.mark.tried("reverse: a primary key that is a foreign key too")
@pytest.mark.parametrize("kind", KEY_IS_FOREIGN)
def test_a_key_that_is_a_foreign_key(kind: str, fresh_database: Callable[[str], str], tmp_path: Path) -> None:
    url = fresh_database("sqlite")
    run(create_from(url, KEY_IS_FOREIGN[kind]))
    _assert_law(url, tmp_path)


@pytest.mark.postgres
@pytest.mark.tried("reverse: a foreign key to a column that is numbered")
@pytest.mark.parametrize("kind", NUMBERED_TARGETS)
@pytest.mark.parametrize(
    "child", ["id int PRIMARY KEY, n bigint REFERENCES p (n)", "n bigint PRIMARY KEY REFERENCES p (n)"]
)
def test_a_foreign_key_to_a_numbered_column(
    kind: str, child: str, fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = fresh_database("postgres")
    run(create_from(url, f"CREATE TABLE p (v int, {NUMBERED_TARGETS[kind]}); CREATE TABLE c ({child})"))
    _assert_law(url, tmp_path)


@pytest.mark.mariadb
@pytest.mark.tried("reverse: a foreign key to a column that is numbered")
def test_a_foreign_key_to_a_counted_unique_column(fresh_database: Callable[[str], str], tmp_path: Path) -> None:
    url = fresh_database("mariadb")
    script = "CREATE TABLE p (id int PRIMARY KEY, n bigint AUTO_INCREMENT NOT NULL UNIQUE);"
    run(create_from(url, script + "CREATE TABLE c (id int PRIMARY KEY, n bigint, FOREIGN KEY (n) REFERENCES p (n))"))
    _assert_law(url, tmp_path)


@pytest.mark.tried("reverse: names that hold the quote character")
@pytest.mark.parametrize(
    ("dialect", "mark"),
    [
        pytest.param("postgres", '"', marks=pytest.mark.postgres),
        pytest.param("sqlite", '"', marks=pytest.mark.sqlite),
        pytest.param("mariadb", "`", marks=pytest.mark.mariadb),
    ],
)
def test_tables_with_a_quote_in_a_name_are_left_out_and_listed(
    dialect: str, mark: str, fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = fresh_database(dialect)
    table, column = f"{mark}p{mark}{mark}q{mark}", f"{mark}n{mark}{mark}x{mark}"
    script = f"CREATE TABLE {table} (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, {column} int);"
    run(
        create_from(
            url, f"{script} CREATE TABLE ok (id int PRIMARY KEY, r int, FOREIGN KEY (r) REFERENCES {table} (id));"
        )
    )
    written = reversed_models(url)
    assert any(item.endswith(f"the tables: c, p{mark}q") for item in written.not_expressed)
    assert "class Ok(Model)" in written.text
    drift = drift_of(url, module_of(written, tmp_path), tmp_path)
    assert (drift.steps, drift.unreadable) == ((), ())


@pytest.mark.postgres
@pytest.mark.tried("reverse: constraints that were never validated")
def test_constraints_that_are_not_valid_are_listed(fresh_database: Callable[[str], str]) -> None:
    url = fresh_database("postgres")
    script = (
        "CREATE TABLE p (id int PRIMARY KEY, n int); CREATE TABLE c (id int PRIMARY KEY);"
        "ALTER TABLE p ADD CONSTRAINT positive CHECK (n > 0) NOT VALID;"
        "ALTER TABLE c ADD CONSTRAINT of_p FOREIGN KEY (id) REFERENCES p NOT VALID;"
    )
    run(create_from(url, script))
    (listed,) = (item for item in reversed_models(url).not_expressed if item.startswith("not validated"))
    assert listed.endswith("of_p of c, positive of p")


KEYS_OF_A_KIND = {
    "mariadb": "CREATE SEQUENCE numbers START 5;"
    " CREATE TABLE t (id bigint PRIMARY KEY DEFAULT nextval(numbers), n bigint DEFAULT (NEXT VALUE FOR numbers))",
    "mysql": "SET SESSION sql_generate_invisible_primary_key = ON; CREATE TABLE t (a int, b int);"
    " SET SESSION sql_generate_invisible_primary_key = OFF, restrict_fk_on_non_standard_key = OFF;"
    " CREATE TABLE p (id int PRIMARY KEY, n int, KEY n (n));"
    " CREATE TABLE c (id int PRIMARY KEY, n int, FOREIGN KEY (n) REFERENCES p (n))",
}


@pytest.mark.parametrize("dialect", ["mariadb", "mysql"])
@pytest.mark.tried("reverse: keys that a sequence or the server gives, and those to what is not unique")
def test_keys_that_only_one_server_has_are_in_sync(
    dialect: str, fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = fresh_database(dialect)
    run(create_from(url, KEYS_OF_A_KIND[dialect]))
    written = reversed_models(url)
    assert written.not_expressed == ("sequence: numbers (sequences of MariaDB are not compared)",) * (
        dialect == "mariadb"
    )
    drift = drift_of(url, module_of(written, tmp_path), tmp_path, extra_defaults="fail")
    assert (drift.steps, drift.unreadable) == ((), ())


UNREAD = {
    "mariadb": (
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE old_prices (id int PRIMARY KEY) WITH SYSTEM VERSIONING;"
        " CREATE TABLE stays (id int, a date, z date, PERIOD FOR stay (a, z)); CREATE SEQUENCE numbers;"
        " CREATE TABLE aerich (id int PRIMARY KEY) WITH SYSTEM VERSIONING",
        [
            "sequence: numbers (sequences of MariaDB are not compared)",
            "table: old_prices (system-versioned tables are not compared), stays (a PERIOD cannot be expressed)",
        ],
    ),
}


@pytest.mark.mariadb
@pytest.mark.tried("reverse: tables that cannot be read")
def test_a_table_that_cannot_be_read_is_named(fresh_database: Callable[[str], str]) -> None:
    script, told = UNREAD["mariadb"]
    url = fresh_database("mariadb")
    run(create_from(url, script))
    assert sorted(reversed_models(url).not_expressed) == told
    assert reversed_models(url, "t").not_expressed == ()
    with pytest.raises(ConfigurationError, match=r"table stays of .* cannot be written as a model: a PERIOD"):
        reversed_models(url, "stays")
