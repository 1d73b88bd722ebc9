"""Foreign keys that the servers refuse, and those between two databases: told before a plan drops anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.sources.scratch import LiveServer
from tests.dialects.mysql.database import BOTH
from tests.harness import compare_with_script, exported, load, run

PARENT = """CREATE TABLE t (id int NOT NULL, k varchar(10) NOT NULL, v int, PRIMARY KEY (id), UNIQUE KEY uk (k),
                            KEY other (v));"""
CHILD = """CREATE TABLE c (id int PRIMARY KEY, t int, k varchar(10),
                           CONSTRAINT f FOREIGN KEY (t) REFERENCES {other}.t (id),
                           CONSTRAINT g FOREIGN KEY (k) REFERENCES {other}.t (k));"""

KEPT = {
    "mysql": "id int NOT NULL AUTO_INCREMENT, k varchar(10) NOT NULL, PRIMARY KEY (id), UNIQUE KEY uk (k)",
    "mariadb": "id int NOT NULL, k varchar(12) NOT NULL, PRIMARY KEY (id), UNIQUE KEY uk (k)",
}
"""What this server refuses of a table under a foreign key, and the other one does."""


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.tried("plans under a foreign key from or to another database, which no scratch copy has")
def test_a_key_between_two_databases_stops_the_plan_that_it_would_refuse(
    kind: str, fresh_database: Callable[[str], str]
) -> None:
    here, other = fresh_database(kind), fresh_database(kind)
    mine, name = (urlsplit(url).path.strip("/") for url in (here, other))
    child = CHILD.format(other=name)

    async def blocked(server: LiveServer, wanted: str) -> list[str]:
        old = await dump(server)
        new, _ = normalize(old, parse_sql(wanted, kind, server.info), Policy(whole=True))
        changes = build_plan(old, new, server.dialect, server.info).changes
        standing = await server.dialect.standing(server.connection, server.info, changes)
        return [
            words.replace(f"{part}.", "") for words in standing.in_the_way for part in (mine, name) if part in words
        ]

    async def work() -> None:
        async with open_server(other) as parents, open_server(here) as children:
            await load(parents, f"{PARENT} INSERT INTO t VALUES (1, 'a', 1);")
            await load(children, f"{child} INSERT INTO c VALUES (1, 1, 'a');")
            assert f"REFERENCES `{name}`.`t` (`k`)" in await exported(children)

            of_t, of_k = "foreign key f of c refers to t (id)", "foreign key g of c refers to t (k)"
            found = await compare_with_script(children, child.replace("t int", "t bigint"))
            assert found.proven is False
            assert re.search(
                r"refers to \S+ \(id\), which is int\S* where t would be bigint\S*, and blocks", found.proof_note
            )
            [words] = await blocked(children, child.replace("k varchar(10)", "k varchar(10) COLLATE utf8mb4_bin"))
            assert words.startswith(f"{of_k}, which is varchar(10) where k would be")
            assert await blocked(children, child.replace("k varchar(10)", "k char(20)")) == []

            found = await compare_with_script(parents, PARENT.replace("id int", "id bigint"))
            assert (found.proven, f"{mine}.c refers to t (id) and blocks" in found.proof_note) == (False, True)
            refused = {
                "id int NOT NULL, k varchar(8) NOT NULL, v int, PRIMARY KEY (id), UNIQUE KEY uk (k)": [of_k],
                "id int NOT NULL, k varchar(10) COLLATE utf8mb4_bin NOT NULL, PRIMARY KEY (id), UNIQUE KEY (k)": [of_k],
                "id int NOT NULL, k varchar(10) NOT NULL, v int, PRIMARY KEY (id)": [of_k],
                "id int NOT NULL, k varchar(10) NOT NULL, v int, PRIMARY KEY (v), UNIQUE KEY uk (k)": [of_t],
                "id int NOT NULL, v int, PRIMARY KEY (id)": [of_k],
                KEPT[kind]: [of_k if kind == "mariadb" else of_t],
            }
            for columns, keys in refused.items():
                assert await blocked(parents, f"CREATE TABLE t ({columns});") == keys
            assert await blocked(parents, f"{PARENT.removesuffix(';')} ENGINE=MyISAM;") == [of_t, of_k]
            assert await blocked(parents, "CREATE TABLE u (id int PRIMARY KEY);") == [of_t, of_k]
            for columns in (
                "id int NOT NULL COMMENT 'of t', k varchar(10) NOT NULL, v bigint, PRIMARY KEY (id), UNIQUE KEY uk (k)",
                "id int NOT NULL, k varchar(10) NOT NULL, PRIMARY KEY (id), KEY more (k, id), UNIQUE KEY uk (k)",
                KEPT["mysql" if kind == "mariadb" else "mariadb"],
            ):
                assert await blocked(parents, f"CREATE TABLE t ({columns});") == []
            found = await compare_with_script(parents, f"CREATE TABLE t ({columns});")
            assert found.proven, found.proof_note
            assert (await execute(parents, found.plan)).error is None
            assert await children.connection.fetch("SELECT * FROM c") == [(1, 1, "a")]
            await load(children, "DROP TABLE c")

    run(work())


@pytest.mark.mysql
def test_a_table_under_an_old_key_to_what_is_not_unique_is_altered(fresh_database: Callable[[str], str]) -> None:
    pair = """CREATE TABLE t (id int PRIMARY KEY, v int, u int, KEY v (v));
              CREATE TABLE c (id int PRIMARY KEY, v int, CONSTRAINT f FOREIGN KEY (v) REFERENCES t (v));"""

    async def work() -> None:
        url = fresh_database("mysql")
        async with open_server(url) as server:
            await load(
                server, f"SET SESSION restrict_fk_on_non_standard_key = OFF; {pair} INSERT INTO t VALUES (1, 1, 1)"
            )
        async with open_server(url) as server:
            found = await compare_with_script(server, pair.replace("u int", "u bigint"))
            assert found.proven
            assert (await execute(server, found.plan)).error is None

    run(work())


@pytest.mark.parametrize("kind", BOTH)
def test_what_to_do_about_a_foreign_key_that_is_refused(kind: str, fresh_database: Callable[[str], str]) -> None:
    parents = """CREATE TABLE p (id int PRIMARY KEY, k int); CREATE TABLE m (id int PRIMARY KEY) ENGINE=MyISAM;
                 CREATE TABLE c (id int PRIMARY KEY, p int NOT NULL, l bigint,
                                 CONSTRAINT f FOREIGN KEY (p) REFERENCES p (id))"""
    told = {
        "(l) REFERENCES p (id)": "one type",
        "(p) REFERENCES p (k)": "a key" if kind == "mariadb" else "primary key, or a unique key",
        "(p) REFERENCES m (id)": "must be there" if kind == "mariadb" else "ENGINE=InnoDB",
        "(p) REFERENCES q (id)": "must be there" if kind == "mariadb" else "create the table",
        "(p) REFERENCES p (i)": "must be there" if kind == "mariadb" else "correct the name",
        "(p) REFERENCES p (id) ON DELETE SET NULL": "SET NULL needs" if kind == "mariadb" else "take NULL",
    }

    async def work() -> None:
        async with open_server(fresh_database(kind)) as server:
            await load(server, parents)
            for key, words in told.items():
                for sql in (
                    f"CREATE TABLE d (p int NOT NULL, l bigint, FOREIGN KEY {key})",
                    f"ALTER TABLE c ADD FOREIGN KEY {key}",
                ):
                    with pytest.raises(StatementFailed) as caught:
                        await server.connection.execute(sql)
                    assert words in caught.value.hint, sql
                    assert caught.value.where == sql
            with pytest.raises(StatementFailed, match="take off the foreign key that uses it first"):
                await server.connection.execute("ALTER TABLE p DROP COLUMN id")

    run(work())
