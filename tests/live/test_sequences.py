"""``fix-sequences`` on real servers: afterwards a row without a number can be inserted, and nothing went backwards."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_schemadrift.commands.project import CheckOptions
from pytest_schemadrift.commands.sequences import Looked, SequencesOptions, Verdict, fix_sequences
from pytest_schemadrift.dialects.counter import Counter
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import open_server
from tests.harness import as_role, run, typed

Fresh = Callable[[str], str]
ALL = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mysql", "mariadb", "sqlite")]
MYSQLS = ALL[1:3]
postgres = pytest.mark.postgres


def fetch(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Run statements; the rows of the last one."""

    async def execute() -> list[tuple[object, ...]]:
        async with open_server(url) as server:
            found: list[tuple[object, ...]] = []
            for statement in statements:
                found = [tuple(row) for row in await server.connection.fetch(statement)]
            return found

    return run(execute())


def fix(url: str, **options: bool) -> dict[str, Looked]:
    """Set the counters of a database; what became of each."""
    checking = CheckOptions(database_urls=(("", url),))
    found = run(fix_sequences(None, checking, SequencesOptions(**options)))
    return {str(looked.counter.name): looked for _, looked in found}


def verdicts(url: str, **options: bool) -> dict[str, Verdict]:
    return {name: looked.verdict for name, looked in fix(url, **options).items()}


@given(
    following=st.integers(-50, 50),
    used=st.none() | st.integers(-50, 50),
    start=st.integers(-50, 50),
    step=st.integers(-7, 7).filter(bool),
)
def test_the_number_that_comes_next_is_the_first_of_its_way_past_the_rows(
    following: int, used: int | None, start: int, step: int
) -> None:
    counter = Counter(Name("", "s"), (), frozenset(), next=following, used=used, start=start, step=step)
    if used is None:
        assert counter.wanted == start
        assert not counter.is_behind
        return
    way = [following + place * step for place in range(-200, 201)]
    past = [number for number in way if (number - used) * step > 0 and (number - start) * step >= 0]
    assert counter.wanted == past[0]
    assert counter.is_behind == ((following - used) * step <= 0)
    assert counter.is_ahead == (past[0] != following and (following - past[0]) * step > 0)


@pytest.mark.parametrize("dialect", ALL)
def test_a_row_without_a_number_can_be_inserted_afterwards(dialect: str, fresh_database: Fresh) -> None:
    url = fresh_database(dialect)
    key = {
        "postgres": "serial PRIMARY KEY",
        "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    }.get(dialect, "int AUTO_INCREMENT PRIMARY KEY")
    fetch(
        url,
        f"CREATE TABLE orders (id {key}, note varchar(9))",
        "INSERT INTO orders (id, note) VALUES (3, 'c'), (7, 'g')",
        f"CREATE TABLE hollow (id {key}, note varchar(9))",
    )
    found = fix(url)
    assert {looked.verdict for looked in found.values()} <= {Verdict.SET, Verdict.RIGHT}
    fetch(url, "INSERT INTO orders (note) VALUES ('h')", "INSERT INTO hollow (note) VALUES ('a')")
    assert fetch(url, "SELECT id FROM orders WHERE note = 'h'") == [(8,)]
    assert fetch(url, "SELECT id FROM hollow") == [(1,)]
    assert set(verdicts(url).values()) == {Verdict.RIGHT}


@postgres
def test_postgres_every_way_to_take_numbers(fresh_database: Fresh) -> None:
    url = fresh_database("postgres")
    fetch(
        url,
        "CREATE SCHEMA other",
        "CREATE TABLE a_serial (id serial, n int)",
        "CREATE TABLE b_identity (id smallint GENERATED ALWAYS AS IDENTITY, n int)",
        "CREATE TABLE other.c_serial (id bigserial, n int)",
        "CREATE SEQUENCE nobodys",
        "CREATE TABLE d_shared (id int DEFAULT nextval('nobodys'), n int)",
        "CREATE TABLE e_shared (id numeric DEFAULT nextval('nobodys'), n int)",
        'CREATE SEQUENCE other."it\'s ""late"""',
        'CREATE TABLE f_late (id int DEFAULT nextval(\'other."it\'\'s ""late"""\'::text), n int)',
        "CREATE SEQUENCE owned START 100 INCREMENT 10",
        "CREATE TABLE g_owned (id int, n int)",
        "ALTER SEQUENCE owned OWNED BY g_owned.id",
        "CREATE SEQUENCE of_domain",
        "CREATE DOMAIN number AS int DEFAULT nextval('of_domain')",
        "CREATE TABLE h_domain (id number, n int)",
        'CREATE TABLE "I; ""x""" ("id; --" serial, n int)',
        "CREATE SEQUENCE unused",
        "INSERT INTO a_serial VALUES (5, 1)",
        "INSERT INTO b_identity OVERRIDING SYSTEM VALUE VALUES (6, 1)",
        "INSERT INTO other.c_serial VALUES (7, 1)",
        "INSERT INTO d_shared VALUES (8, 1)",
        "INSERT INTO e_shared VALUES (9.5, 1), ('NaN', 1)",
        "INSERT INTO f_late VALUES (10, 1)",
        "INSERT INTO g_owned VALUES (111, 1)",
        "INSERT INTO h_domain VALUES (12, 1)",
        'INSERT INTO "I; ""x""" VALUES (13, 1)',
    )
    found = fix(url)
    assert {name: looked.counter.wanted for name, looked in found.items()} == {
        "a_serial_id_seq": 6,
        "b_identity_id_seq": 7,
        "other.c_serial_id_seq": 8,
        "nobodys": 11,
        'other.it\'s "late"': 11,
        "owned": 120,
        "of_domain": 13,
        'I; "x"_id; --_seq': 14,
    }
    assert {looked.verdict for looked in found.values()} == {Verdict.SET}
    assert found["nobodys"].counter.columns == ("d_shared.id", "e_shared.id")
    assert fetch(url, "SELECT nextval('nobodys'), nextval('owned')") == [(11, 120)]
    for table in ("a_serial", "b_identity", "other.c_serial", "f_late", "h_domain", '"I; ""x"""'):
        fetch(url, f"INSERT INTO {table} (n) VALUES (2)")
    assert fetch(url, 'SELECT "id; --" FROM "I; ""x""" WHERE n = 2') == [(14,)]
    assert Verdict.SET not in verdicts(url).values()


@postgres
def test_postgres_steps_directions_and_ends(fresh_database: Fresh) -> None:
    url = fresh_database("postgres")
    fetch(
        url,
        "CREATE TABLE down (id int GENERATED BY DEFAULT AS IDENTITY (START -1 INCREMENT -2 MINVALUE -1000), n int)",
        "CREATE TABLE odd (id int GENERATED BY DEFAULT AS IDENTITY (START 1 INCREMENT 2), n int)",
        "CREATE TABLE high (id int GENERATED BY DEFAULT AS IDENTITY (START 1000), n int)",
        "CREATE TABLE full_up (id smallint GENERATED BY DEFAULT AS IDENTITY (MAXVALUE 10), n int)",
        "CREATE TABLE round (id int GENERATED BY DEFAULT AS IDENTITY (MAXVALUE 10 CYCLE), n int)",
        "CREATE SEQUENCE s",
        "CREATE TABLE computed (id text DEFAULT 'no ' || nextval('s'), n int)",
        "CREATE SEQUENCE tens",
        "CREATE TABLE tenfold (id int DEFAULT nextval('tens') * 10, n int)",
        "INSERT INTO down VALUES (-8, 1), (40, 1)",
        "INSERT INTO odd VALUES (4, 1)",
        "INSERT INTO high VALUES (5, 1)",
        "INSERT INTO full_up VALUES (10, 1), (30000, 1)",
        "INSERT INTO round VALUES (9, 1)",
        "INSERT INTO tenfold VALUES (500, 1)",
    )
    assert verdicts(url) == {
        "down_id_seq": Verdict.SET,
        "odd_id_seq": Verdict.SET,
        "high_id_seq": Verdict.RIGHT,
        "full_up_id_seq": Verdict.SET,
        "round_id_seq": Verdict.LEFT_ALONE,
        "s": Verdict.LEFT_ALONE,
        "tens": Verdict.LEFT_ALONE,
    }
    assert fetch(url, "SELECT nextval('down_id_seq'), nextval('odd_id_seq'), nextval('high_id_seq')") == [(-9, 5, 1000)]
    assert fetch(url, "SELECT last_value, is_called FROM full_up_id_seq") == [(10, True)]
    assert fetch(url, "SELECT last_value, is_called FROM tens") == [(1, False)]
    assert verdicts(url)["full_up_id_seq"] is Verdict.EXHAUSTED


@pytest.mark.parametrize("dialect", ALL)
def test_backwards_only_where_it_is_asked_for(dialect: str, fresh_database: Fresh) -> None:
    url = fresh_database(dialect)
    key = {
        "postgres": "serial PRIMARY KEY",
        "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    }.get(dialect, "int AUTO_INCREMENT PRIMARY KEY")
    for table in ("t", "emptied"):
        fetch(
            url,
            f"CREATE TABLE {table} (id {key}, n int)",
            f"INSERT INTO {table} (n) VALUES (1), (2), (3), (4)",
            f"DELETE FROM {table} WHERE n > {2 if table == 't' else 0}",
        )
    assert set(verdicts(url).values()) == {Verdict.AHEAD}
    fetch(url, "INSERT INTO t (n) VALUES (5)")
    assert fetch(url, "SELECT id FROM t WHERE n = 5") == [(5,)]
    fetch(url, "DELETE FROM t WHERE n = 5")
    assert set(verdicts(url, backwards=True, dry_run=True).values()) == {Verdict.SET}
    assert set(verdicts(url).values()) == {Verdict.AHEAD}
    assert set(verdicts(url, backwards=True).values()) == {Verdict.SET}
    fetch(url, "INSERT INTO t (n) VALUES (6)", "INSERT INTO emptied (n) VALUES (7)")
    assert fetch(url, "SELECT t.id, e.id FROM t, emptied e WHERE t.n = 6") == [(3, 1)]


BEHIND = {
    "postgres": ["CREATE TABLE t (id serial PRIMARY KEY)", "INSERT INTO t VALUES (40)"],
    "sqlite": [
        """CREATE TABLE "t'" (id INTEGER PRIMARY KEY AUTOINCREMENT)""",
        """INSERT INTO "t'" VALUES (40)""",
        "DELETE FROM sqlite_sequence",
    ],
}
"""Tables whose counter is behind their rows; that of MySQL and MariaDB follows every INSERT and UPDATE by itself."""


@pytest.mark.parametrize("dialect", [ALL[0], ALL[3]])
def test_a_dry_run_sets_nothing(dialect: str, fresh_database: Fresh) -> None:
    url = fresh_database(dialect)
    fetch(url, *BEHIND[dialect])
    first = verdicts(url, dry_run=True)
    assert set(first.values()) == {Verdict.SET}
    assert verdicts(url, dry_run=True) == first
    assert verdicts(url) == first
    assert set(verdicts(url).values()) == {Verdict.RIGHT}


@pytest.mark.parametrize("dialect", MYSQLS)
def test_mysql_the_largest_number_of_a_type(dialect: str, fresh_database: Fresh) -> None:
    url = fresh_database(dialect)
    fetch(
        url,
        "CREATE TABLE `it's ``a``; %s` (`%d` tinyint unsigned AUTO_INCREMENT PRIMARY KEY, n int)",
        "INSERT INTO `it's ``a``; %s` VALUES (255, 1)",
        "CREATE TABLE below (id int AUTO_INCREMENT PRIMARY KEY, n int)",
        "INSERT INTO below VALUES (-5, 1)",
    )
    found = fix(url)
    assert found["it's `a`; %s"].verdict is Verdict.EXHAUSTED
    assert found["below"].verdict is Verdict.RIGHT


@postgres
def test_postgres_missing_rights_are_named_and_the_rest_is_set(fresh_database: Fresh) -> None:
    url = fresh_database("postgres")
    role = f"clerk_{os.getpid()}"
    fetch(
        url,
        f'CREATE ROLE "{role}" LOGIN',
        "CREATE SCHEMA closed",
        "CREATE TABLE closed.a (id serial)",
        "CREATE TABLE b (id serial)",
        "CREATE TABLE c (id serial)",
        "CREATE TABLE d (id serial)",
        "CREATE TABLE e (id serial)",
        "INSERT INTO e VALUES (9)",
        "ALTER TABLE d ENABLE ROW LEVEL SECURITY",
        f'GRANT SELECT ON c, d, e TO "{role}"',
        f'GRANT SELECT, UPDATE ON SEQUENCE b_id_seq, d_id_seq, e_id_seq TO "{role}"',
        f'GRANT SELECT ON SEQUENCE c_id_seq TO "{role}"',
    )
    try:
        found = fix(as_role(url, role))
        assert {name: (looked.verdict, looked.note) for name, looked in found.items()} == {
            "b_id_seq": (Verdict.FAILED, f'GRANT SELECT ON TABLE "public"."b" TO "{role}"'),
            "c_id_seq": (Verdict.FAILED, f'GRANT SELECT, UPDATE ON SEQUENCE "public"."c_id_seq" TO "{role}"'),
            "closed.a_id_seq": (Verdict.FAILED, f'GRANT USAGE ON SCHEMA "closed" TO "{role}"'),
            "d_id_seq": (Verdict.FAILED, found["d_id_seq"].note),
            "e_id_seq": (Verdict.SET, ""),
        }
        assert "row level security" in found["d_id_seq"].note
    finally:
        fetch(url, f'DROP OWNED BY "{role}"', f'DROP ROLE "{role}"')


@pytest.mark.parametrize("dialect", MYSQLS)
def test_mysql_a_missing_right_is_named(dialect: str, fresh_database: Fresh) -> None:
    url = fresh_database(dialect)
    user = f"clerk{os.getpid()}"
    fetch(
        url,
        "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY)",
        "INSERT INTO t VALUES (1), (2)",
        "DELETE FROM t WHERE id = 2",
        f"CREATE USER {user}@localhost",
        f"GRANT SELECT ON t TO {user}@localhost",
    )
    try:
        looked = fix(as_role(url, user), backwards=True)["t"]
        assert looked.verdict is Verdict.FAILED
        assert "ALTER" in looked.note
        assert "`t`" in looked.note or "'t'" in looked.note
    finally:
        fetch(url, f"DROP USER {user}@localhost")


def schemadrift(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = typed(folder, *arguments)
    return done.returncode, done.stdout, done.stderr


def test_the_command_needs_a_url_and_nothing_else(fresh_database: Fresh, tmp_path: Path) -> None:
    url = fresh_database("sqlite")
    fetch(url, *BEHIND["sqlite"], "CREATE TABLE u (id INTEGER PRIMARY KEY AUTOINCREMENT)")
    command = ("--database-url", url, "fix-sequences")
    line = "t' (t'.id): 1 -> 41\nu (u.id): 1, right already\n"
    assert schemadrift(tmp_path, *command, "--dry-run") == (0, f"{line}1 would be set, 1 right already\n", "")
    assert schemadrift(tmp_path, *command) == (0, f"{line}1 set, 1 right already\n", "")
    assert schemadrift(tmp_path, *command, "-q") == (0, "", "")
    code, out, err = schemadrift(tmp_path, "fix-sequences")
    assert (code, out) == (2, "")
    assert "no Tortoise configuration was found" in err


@postgres
def test_the_command_answers_a_missing_right_with_2(fresh_database: Fresh, tmp_path: Path) -> None:
    url = fresh_database("postgres")
    role = f"reader_{os.getpid()}"
    fetch(url, f'CREATE ROLE "{role}" LOGIN', "CREATE TABLE t (id serial)")
    try:
        code, out, err = schemadrift(tmp_path, "--database-url", as_role(url, role), "fix-sequences")
        assert (code, out) == (2, "0 set, 1 not set\n")
        assert err.startswith("t_id_seq (t.id): not set: GRANT SELECT, UPDATE ON SEQUENCE")
    finally:
        fetch(url, f'DROP ROLE "{role}"')
