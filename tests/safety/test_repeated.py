"""MySQL and MariaDB forget what a definition does not repeat: what their own dump says is the same after a change that
was taken back, statistics of the other indexes too (A23)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pytest_schemadrift.applying.executor import execute, run_plan
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.sources.scratch import LiveServer
from tests.harness import as_role, compare_with_script, load, loaded, run, typed

NewDatabase = Callable[[str], str]

MARKS = {
    "mysql": [
        "ALTER TABLE t MODIFY a varchar(10) STORAGE DISK COLUMN_FORMAT FIXED "
        "SECONDARY_ENGINE_ATTRIBUTE '{\"y\": \"it''s\"}'",
        "ALTER TABLE t MODIFY n int STORAGE MEMORY COLUMN_FORMAT DYNAMIC",
        "ALTER TABLE t MODIFY d int NOT SECONDARY",
        "ALTER TABLE t DROP INDEX k, DROP PRIMARY KEY",
        "ALTER TABLE t ADD INDEX k (d) COMMENT 'of d' SECONDARY_ENGINE_ATTRIBUTE '{\"k\": 1}'",
        "ALTER TABLE t ADD PRIMARY KEY (id) SECONDARY_ENGINE_ATTRIBUTE '{\"p\": [1]}'",
        "INSERT INTO t (id, a, n, d, m) VALUES (1, 'a', 1, 1, 'x'), (2, 'b', 2, 2, 'y')",
        "ANALYZE TABLE t UPDATE HISTOGRAM ON a, n, v WITH 7 BUCKETS",
        "ANALYZE TABLE t UPDATE HISTOGRAM ON d, m WITH 20 BUCKETS AUTO UPDATE",
    ],
    "mariadb": [
        "ALTER TABLE t DROP INDEX k, ADD INDEX k (d) KEY_BLOCK_SIZE = 4 COMMENT 'of d'",
        "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id) KEY_BLOCK_SIZE = 2",
        "INSERT INTO t (id, a, n, d, m) VALUES (1, 'a', 1, 1, 'x'), (2, 'b', 2, 2, 'y')",
        "SET STATEMENT histogram_size = 12, histogram_type = 'DOUBLE_PREC_HB' FOR ANALYZE TABLE t PERSISTENT FOR ALL",
        "SET STATEMENT histogram_size = 0 FOR ANALYZE TABLE t PERSISTENT FOR COLUMNS (d) INDEXES (PRIMARY)",
    ],
}
"""What stands on the columns and indexes of ``TABLE`` besides what models and comparisons know."""

TABLE = """
CREATE TABLE t (
  id int NOT NULL, a varchar(10), n int, d int, m enum('x', 'y'),
  v int GENERATED ALWAYS AS (n + 1) VIRTUAL, w int GENERATED ALWAYS AS (n + 2) STORED,
  PRIMARY KEY (id), KEY k (d) COMMENT 'of d', KEY g (v)
)
"""

STORIES = {
    "a column's type": {"n int,": "n bigint,", "a varchar(10)": "a varchar(300)"},
    "a column that becomes NOT NULL": {"n int,": "n int NOT NULL,", "d int,": "d int NOT NULL DEFAULT 3,"},
    "a default and a comment": {"a varchar(10)": "a varchar(10) DEFAULT 'q'", "d int,": "d int COMMENT 'why',"},
    "values of an enum": {"enum('x', 'y')": "enum('y', 'x', 'z')"},
    "a generated column made again": {"(n + 1) VIRTUAL": "(n + 3) VIRTUAL", "(n + 2)": "(n + 4)"},
    "a generated column that becomes a plain one": {"v int GENERATED ALWAYS AS (n + 1) VIRTUAL": "v int"},
    "an index": {"KEY k (d)": "KEY k (d, n)"},
    "the comment of an index": {"'of d'": "'of a d'"},
    "a key": {"PRIMARY KEY (id)": "PRIMARY KEY (id, d)", "d int,": "d int NOT NULL,"},
    "the place of a column": {"id int NOT NULL, a varchar(10)": "a varchar(10), id int NOT NULL"},
}

PROVEN = "a column's type"

RENAMED = [
    ("n", "number", {"n int,": "number int,", "(n +": "(number +"}),
    ("d", "depth", {"d int,": "depth int,", "(d)": "(depth)"}),
    ("v", "other", {"v int GENERATED": "other int GENERATED", "(v)": "(other)"}),
    ("a", "b", {"a varchar(10)": "b varchar(40)"}),
]


def changed(replacements: dict[str, str]) -> str:
    text = TABLE
    for old, new in replacements.items():
        assert old in text
        text = text.replace(old, new)
    return text


async def told(server: LiveServer) -> list[str]:
    """All that the server itself says of the table: its DDL, and what it has counted of its rows."""
    [(_, ddl)] = await server.connection.fetch("SHOW CREATE TABLE t")
    lines = [line.strip().rstrip(",") for line in str(ddl).splitlines()]
    found = [*(line for line in lines if "KEY" not in line), *sorted(line for line in lines if "KEY" in line)]
    if server.dialect.name == "mysql":
        counted = (
            "SELECT column_name, JSON_REMOVE(histogram, '$.\"last-updated\"', '$.buckets') "
            "FROM information_schema.column_statistics WHERE schema_name = DATABASE()"
        )
    else:
        counted = (
            "SELECT column_name, hist_type, hist_size FROM mysql.column_stats WHERE db_name = DATABASE() "
            "UNION SELECT index_name, prefix_arity, NULL FROM mysql.index_stats WHERE db_name = DATABASE()"
        )
    return [*found, *sorted(map(str, await server.connection.fetch(counted)))]


async def go(server: LiveServer, script: str, renames: Sequence[c.Rename], *, prove: bool) -> None:
    policy = Policy(whole=True, column_order=True)
    found = await compare_with_script(server, script, policy, renames=renames, prove=prove)
    assert found.proven is (True if prove else None), found.proof_note
    assert found.plan
    outcome = await execute(server, found.plan)  # which looks first whether the database is still that of the plan
    assert outcome.ok, outcome.error


async def there_and_back(server: LiveServer, there: str, *renames: c.RenameColumn, prove: bool) -> None:
    await load(server, f"DROP TABLE IF EXISTS t; {TABLE}")
    for mark in MARKS[server.dialect.name]:
        await server.connection.execute(mark)
    before = await told(server)
    await go(server, there, renames, prove=prove)
    assert await told(server) != before
    await go(server, TABLE, [c.RenameColumn(item.table, item.new, item.old) for item in renames], prove=prove)
    assert await told(server) == before


@pytest.mark.tried("what MySQL and MariaDB forget with a definition")
@pytest.mark.parametrize("kind", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in MARKS])
def test_a_recreated_definition_keeps_its_attributes(kind: str, fresh_database: NewDatabase) -> None:
    async def tried() -> None:
        async with open_server(fresh_database(kind)) as server:
            for story, replacements in STORIES.items():
                await there_and_back(server, changed(replacements), prove=story == PROVEN)

    run(tried())


@pytest.mark.tried("what MySQL and MariaDB forget with a definition")
@pytest.mark.parametrize("kind", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in MARKS])
def test_a_renamed_column_keeps_its_attributes(kind: str, fresh_database: NewDatabase) -> None:
    async def tried() -> None:
        async with open_server(fresh_database(kind)) as server:
            for old, new, replacements in RENAMED:
                rename = c.RenameColumn(Name("", "t"), old, new)
                await there_and_back(server, changed(replacements), rename, prove=False)

    run(tried())


@pytest.mark.tried("what MySQL and MariaDB forget with a definition")
@pytest.mark.parametrize("kind", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in MARKS])
def test_a_file_says_itself_what_its_tables_had(kind: str, fresh_database: NewDatabase, tmp_path: Path) -> None:
    """The tables of a file are in no database: not in the one that it is compared with, and not in an empty one."""
    (tmp_path / "old.sql").write_text("CREATE TABLE t (a int, KEY k (a) KEY_BLOCK_SIZE = 2); CREATE TABLE gone (a int)")
    (tmp_path / "new.sql").write_text("CREATE TABLE t (a bigint, KEY k (a, b) KEY_BLOCK_SIZE = 2, b int)")
    url = fresh_database(kind)
    run(loaded(url, "CREATE TABLE t (a bigint, KEY k (a)); INSERT INTO t VALUES (1), (2)"))
    counted = {"mysql": "UPDATE HISTOGRAM ON a", "mariadb": "PERSISTENT FOR ALL"}
    run(loaded(url, f"ANALYZE TABLE t {counted[kind]}"))
    for new in (url, "new.sql"):
        done = typed(tmp_path, "diff", "old.sql", new, "--exit-code", "--dialect", kind)
        assert (done.returncode, done.stderr) == (1, "")
        assert "MODIFY COLUMN `a` bigint" in done.stdout
        assert "DROP TABLE `gone`" in done.stdout
        assert "ANALYZE" not in done.stdout
        assert ("KEY_BLOCK_SIZE = 2" in done.stdout) is (new == "new.sql")


@pytest.mark.tried("what MySQL and MariaDB forget with a definition")
@pytest.mark.parametrize("kind", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in MARKS])
def test_between_two_databases_it_is_the_old_one_that_says_it(
    kind: str, fresh_database: NewDatabase, tmp_path: Path
) -> None:
    old, new = fresh_database(kind), fresh_database(kind)
    text = {"mysql": "COLUMN_FORMAT {}", "mariadb": ", KEY k (a) KEY_BLOCK_SIZE={}"}[kind]
    known, other = {"mysql": ("FIXED", "DYNAMIC"), "mariadb": ("2", "4")}[kind]
    run(loaded(old, f"CREATE TABLE t (a int {text.format(known)}); CREATE TABLE gone (a int)"))
    run(loaded(new, f"CREATE TABLE t (a int COMMENT 'new' {text.format(other)})".replace("(a) ", "(a DESC) ")))
    done = typed(tmp_path, "diff", old, new, "--exit-code")
    assert (done.returncode, done.stderr) == (1, "")
    assert known in done.stdout and other not in done.stdout


@pytest.mark.mysql
@pytest.mark.tried("what MySQL and MariaDB forget with a definition")
def test_between_two_databases_a_generated_key_is_told_before_another_one_is_planned(
    fresh_database: NewDatabase, tmp_path: Path
) -> None:
    old, new = fresh_database("mysql"), fresh_database("mysql")
    run(loaded(old, "SET SESSION sql_generate_invisible_primary_key = ON; CREATE TABLE t (a int)"))
    run(loaded(new, "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a int)"))
    done = typed(tmp_path, "diff", old, new, "--exit-code")
    assert (done.returncode, done.stdout.strip()) == (2, "")
    assert "MySQL has generated an invisible one, my_row_id" in done.stderr


@pytest.mark.mariadb
@pytest.mark.tried("what MySQL and MariaDB forget with a definition")
def test_a_role_that_may_not_read_the_statistics_of_mariadb_plans_without_them(fresh_database: NewDatabase) -> None:
    async def tried(url: str) -> None:
        async with open_server(url) as server:
            await load(server, TABLE)
            await server.connection.execute("ANALYZE TABLE t PERSISTENT FOR ALL")
            name = server.info.database
            await server.connection.execute(f"CREATE USER {name} IDENTIFIED BY 'p'")
            await server.connection.execute(f"GRANT ALL ON {name}.* TO {name}")
        try:
            async with open_server(as_role(url, f"{name}:p")) as server:
                found = await compare_with_script(server, changed({"n int,": "n bigint,"}), prove=False)
                assert found.plan.sql() == ["ALTER TABLE `t` MODIFY COLUMN `n` bigint(20)"]
        finally:
            async with open_server(url) as server:
                await server.connection.execute(f"DROP USER {name}")

    run(tried(fresh_database("mariadb")))


@pytest.mark.parametrize("kind", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in MARKS])
@pytest.mark.tried("what MySQL and MariaDB forget with a definition")
def test_what_the_role_may_not_repeat_is_left_out_and_said(kind: str, fresh_database: NewDatabase) -> None:
    async def tried(url: str) -> None:
        async with open_server(url) as server:
            await load(server, TABLE)
            for mark in MARKS[kind]:
                await server.connection.execute(mark)
            name = server.info.database
            await server.connection.execute(f"CREATE USER {name} IDENTIFIED BY 'p'")
            rights = "SELECT, UPDATE, ALTER, CREATE, DROP, INDEX, REFERENCES, TRIGGER, SHOW VIEW, CREATE VIEW"
            await server.connection.execute(f"GRANT {rights} ON {name}.* TO {name}")
            await server.connection.execute(f"GRANT SELECT ON mysql.* TO {name}")
        try:
            async with open_server(as_role(url, f"{name}:p")) as server:
                new = changed({"n int,": "n bigint,"})
                found = await compare_with_script(server, new, prove=False)
                (note,) = (text for text in found.notes if text.startswith("left out, the role may not: "))
                assert "ANALYZE TABLE `t`" in note
                assert note.endswith(f"(GRANT INSERT ON `{name}`.`t` TO '{name}'@'%')")
                outcome = await run_plan(server.connection, server.dialect, server.info, found.plan)
                assert outcome.ok, outcome.error
                assert not (await compare_with_script(server, new, prove=False)).plan
        finally:
            async with open_server(url) as server:
                await server.connection.execute(f"DROP USER {name}")

    run(tried(fresh_database(kind)))
