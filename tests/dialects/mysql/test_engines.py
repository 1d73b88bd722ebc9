"""Storage engines whose rows are elsewhere, and files that lie elsewhere: nothing of ours touches either."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.dialects.mysql import engines
from pytest_schemadrift.dialects.mysql.capabilities import capabilities
from pytest_schemadrift.dialects.mysql.read.script import parse
from pytest_schemadrift.dialects.mysql.server_info import DEFAULT_INFO, MARIADB_INFO
from pytest_schemadrift.planning.hazards import Hazard, hazards_of
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.verify.prove import prove_with_rows
from tests.harness import compare_with_script, exported, load, run

BOTH = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mariadb", "mysql")]
T = "CREATE TABLE t (id int PRIMARY KEY, a int)"


@pytest.mark.parametrize(
    "engine", ["FEDERATED", "connect", "Spider", "S3", "OQGRAPH", "SPHINX", "MRG_MyISAM", "MERGE UNION=(x, y)"]
)
def test_a_table_without_rows_of_its_own_is_not_compared(engine: str) -> None:
    found = parse(f"{T} ENGINE={engine}", MARIADB_INFO)
    assert not found.tables
    [item] = found.unsupported
    assert item.table == Name("", "t")
    assert "whose rows are not in the table" in item.reason


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("MyISAM", "InnoDB", None),
        ("BLACKHOLE", "InnoDB", None),
        ("MEMORY", "InnoDB", None),
        ("InnoDB", "Aria", None),
        ("InnoDB", "BLACKHOLE", Hazard.DELETES_DATA),
        ("MyISAM", "EXAMPLE", Hazard.DELETES_DATA),
        ("InnoDB", "MEMORY", Hazard.MAY_CHANGE_DATA),
    ],
)
def test_an_engine_that_does_not_keep_the_rows_is_a_loss(old: str, new: str, lost: Hazard | None) -> None:
    before, after = (parse(f"{T} ENGINE={engine}", DEFAULT_INFO) for engine in (old, new))
    change = c.AlterTableOptions(before.tables[0], after.tables[0])
    found = hazards_of(change, capabilities(DEFAULT_INFO), before, after)
    assert Hazard.REWRITES_TABLE in found
    assert {Hazard.DELETES_DATA, Hazard.MAY_CHANGE_DATA} & {*found} == ({lost} if lost else set())


def test_where_the_files_lie_is_not_structure() -> None:
    place = " ENGINE=InnoDB DATA DIRECTORY='/nowhere' INDEX DIRECTORY='/nowhere' TABLESPACE `shared`"
    assert parse(T + place, DEFAULT_INFO) == parse(T, DEFAULT_INFO)


@pytest.mark.tried("a MERGE table over what changes")
@pytest.mark.parametrize("dialect", BOTH)
def test_a_merge_table_is_not_read_and_stands_on_its_parts(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        async with open_server(fresh_database(dialect)) as server:
            parts = [T.replace("TABLE t", f"TABLE {name}") + " ENGINE=MyISAM" for name in ("one", "two")]
            merged = f"{T.replace('TABLE t', 'TABLE both_of')} ENGINE=MERGE UNION=(one, two) INSERT_METHOD=LAST"
            await load(server, [*parts, merged, "INSERT INTO one VALUES (1, 2)"])
            live = await dump(server)
            assert [str(table.name) for table in live.tables] == ["one", "two"]
            [item] = live.unsupported
            assert (item.name, "UNION=(`one`,`two`)" in item.sql) == ("both_of", True)
            for new, proven in (("id int PRIMARY KEY, a bigint", False), ("id int PRIMARY KEY, a int DEFAULT 1", True)):
                wanted = f"CREATE TABLE one ({new}) ENGINE=MyISAM; {parts[1]}"
                found = await compare_with_script(server, wanted, Policy())
                proof = await prove_with_rows(server, found.old, found.new, found.plan, Policy())
                assert proof.proven is proven, proof.note
                assert proven or "both_of (ENGINE=MRG_MYISAM) has one in its UNION" in proof.note

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_an_export_makes_no_second_way_to_rows_elsewhere(
    dialect: str, fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """CSV stands in for FEDERATED and its like, which need a second server; no statement may read its rows."""

    async def check() -> None:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, ["CREATE TABLE far (id int NOT NULL COMMENT 'mysql://u:secret@h/d') ENGINE=CSV", T])
            live = await dump(server)
            text = await exported(server)
            assert "not expressed: table far: its rows are not in the table (ENGINE=CSV)" in text
            assert "CREATE TABLE `far`" not in text
            [item] = live.unsupported
            assert item.sql.startswith("-- CREATE TABLE `far`")
            assert "secret" not in item.sql

    monkeypatch.setattr(engines, "ON_OTHER_SERVERS", frozenset({"CSV"}))
    run(check())


@pytest.mark.mariadb
def test_a_table_that_the_server_cannot_open_is_not_compared(fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        async with open_server(fresh_database("mariadb")) as server:
            await load(server, [f"{T} ENGINE=MERGE UNION=(nowhere)"])
            live = await dump(server)
            assert not live.tables
            assert live.unsupported[0].reason.startswith("the server cannot open it: Unable to open underlying table")

    run(check())


@pytest.mark.tried("DATA DIRECTORY and INDEX DIRECTORY")
@pytest.mark.parametrize("dialect", BOTH)
def test_a_scratch_copy_has_no_files_beside_those_of_the_live_table(
    dialect: str, fresh_database: Callable[[str], str]
) -> None:
    """The server's own files would meet: a second MyISAM table of that name cannot be made there (error 1 or 156)."""

    async def check() -> None:
        async with open_server(fresh_database(dialect)) as server:
            [(place,)] = await server.connection.fetch("SELECT @@tmpdir AS place")
            where = f"DATA DIRECTORY='{place}' INDEX DIRECTORY='{place}'"
            made = {f"{server.info.database}_m": ("ENGINE=MyISAM", where)}
            if dialect == "mariadb":
                made |= {
                    f"{server.info.database}_a": ("ENGINE=Aria", where),
                    "i": ("ENGINE=InnoDB", f"DATA DIRECTORY='{place}'"),
                    "p": ("", f"PARTITION BY HASH (id) (PARTITION x DATA DIRECTORY='{place}', PARTITION y)"),
                }
            tables = {
                name: f"CREATE TABLE {name} (id int PRIMARY KEY, a int) {engine}" for name, (engine, _) in made.items()
            }
            await load(server, [f"{tables[name]} {where}" for name, (_, where) in made.items()])
            await load(server, [f"INSERT INTO {name} VALUES (1, 2)" for name in made])
            wider = ";".join(tables.values()).replace("a int", "a bigint")
            found = await compare_with_script(server, wider, Policy())
            proof = await prove_with_rows(server, found.old, found.new, found.plan, Policy())
            assert (proof.proven, proof.rows) == (True, len(made)), proof.note
            assert not any("directory" in name for table in found.old.tables for name, _ in table.options)

    run(check())
