"""What is set for a whole server: its default engine, that nothing may be written, what sessions begin with.

Each test has a server of its own, for the settings are those of everybody on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_schemadrift.applying.executor import run_plan
from pytest_schemadrift.errors import ConnectionFailed, ServerUnavailable, Unsupported
from pytest_schemadrift.servers import Server, mysql, start_server
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.verify.verdict import Comparison
from tests.commands.test_doctor import doctor, execute, project
from tests.conftest import without_server
from tests.harness import ONE_OF, as_role, compare_with_script, exported, load, run

KINDS = [
    pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in ("mariadb", "mysql")[: 2 if ONE_OF == 1 else 1]
]
PAIR = """
    CREATE TABLE parent (id int PRIMARY KEY);
    CREATE TABLE child (id int PRIMARY KEY, parent int, KEY k (parent),
                        CONSTRAINT f FOREIGN KEY (parent) REFERENCES parent (id));
"""
ONE_MORE = f"{PAIR} CREATE TABLE pet (id int PRIMARY KEY, p int, CONSTRAINT g FOREIGN KEY (p) REFERENCES parent (id));"


@pytest.fixture(scope="module")
def own_server() -> Iterator[Callable[[str], Server]]:
    """A server that no other test sees."""
    handles = {}

    def start(kind: str) -> Server:
        if kind not in handles:
            try:
                handles[kind] = start_server(kind)
            except ServerUnavailable as error:
                without_server(kind, error)
        return handles[kind].server

    yield start
    for handle in handles.values():
        handle.stop()


async def compared(url: str, script: str) -> Comparison:
    """The plan to a script, carried out."""
    async with open_server(url) as server:
        found = await compare_with_script(server, script)
        await run_plan(server.connection, server.dialect, server.info, found.plan)
        return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.tried("settings of a whole server that change what a text means")
def test_a_table_of_innodb_is_no_drift_where_the_servers_default_is_another(
    kind: str, own_server: Callable[[str], Server]
) -> None:
    server = own_server(kind)
    url = server.create_database("shop")

    async def work() -> None:
        async with open_server(url) as session:
            await load(session, PAIR)
            await session.connection.execute("SET GLOBAL default_storage_engine = MyISAM")
        assert not (await compared(url, PAIR)).plan
        found = await compared(url, ONE_MORE)  # foreign keys need InnoDB
        assert found.proven, found.proof_note
        async with open_server(url) as session:
            assert not (await compare_with_script(session, ONE_MORE)).plan
            line = "SET SESSION default_storage_engine = InnoDB"
            assert line in session.dialect.session_lines(found.plan.sql(), session.info, found.old)
            script = await exported(session)
        async with open_server(server.create_database("copy")) as session:  # empty: it has the server's default
            await load(session, script)
        assert not (await compared(server.database_url("copy"), ONE_MORE)).plan
        # Without a table of InnoDB a database has what the server gives, unless the project says otherwise.
        fresh = server.create_database("fresh")
        await compared(fresh, "CREATE TABLE t (id int PRIMARY KEY);")
        assert not (await compared(fresh, "CREATE TABLE t (id int PRIMARY KEY) ENGINE=MyISAM;")).plan
        plan = (await compared(f"{fresh}&storage_engine=InnoDB", "CREATE TABLE t (id int PRIMARY KEY);")).plan
        assert plan.sql() == ["ALTER TABLE `t` ENGINE=InnoDB"]

    try:
        run(work())
    finally:
        execute(server.url, "SET GLOBAL default_storage_engine = InnoDB")


@pytest.mark.parametrize("kind", KINDS)
def test_doctor_says_that_nothing_can_be_written(
    kind: str, own_server: Callable[[str], Server], tmp_path: Path
) -> None:
    server = own_server(kind)
    url = server.create_database("read_only")
    execute(url, "CREATE TABLE users (id int PRIMARY KEY)", "CREATE USER u@localhost IDENTIFIED BY 's3cret'")
    execute(url, "GRANT ALL ON read_only.* TO u@localhost")
    complete = "  rights: all that check and apply need on the live tables"
    execute(url, "SET GLOBAL read_only = ON")
    try:
        project(tmp_path, as_role(url, "u:s3cret"))
        lines = doctor(tmp_path)[1]
        assert complete not in lines
        [line] = [line for line in lines if "rights for apply" in line]
        assert line == "  rights for apply: may not write: the server has read_only = ON"
        (tmp_path / "of root").mkdir()
        project(tmp_path / "of root", url)  # who may all the same
        assert complete in doctor(tmp_path / "of root")[1]
    finally:
        execute(server.url, "SET GLOBAL read_only = OFF", "DROP USER u@localhost")


@pytest.mark.parametrize("kind", KINDS)
def test_a_failing_init_connect_has_a_hint(kind: str, own_server: Callable[[str], Server]) -> None:
    server = own_server(kind)
    url = server.create_database("greeted")
    execute(url, "CREATE USER v@localhost IDENTIFIED BY 's3cret'", "GRANT ALL ON greeted.* TO v@localhost")
    execute(url, "SET GLOBAL init_connect = 'no such statement'")

    async def connect() -> None:
        async with open_server(as_role(url, "v:s3cret")):
            pass

    try:
        with pytest.raises(ConnectionFailed) as caught:
            run(connect())
        assert "correct init_connect of the server" in (caught.value.hint or "")
    finally:
        execute(server.url, "SET GLOBAL init_connect = ''", "DROP USER v@localhost")


@pytest.mark.mariadb
def test_no_scratch_database_is_made_where_innodb_only_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """MariaDB would make the database, and refuse every table in it: the scratch server is another one then."""
    monkeypatch.setattr(mysql, "SMALL", [*mysql.SMALL, "--innodb-read-only=1"])
    try:
        handle = start_server("mariadb")
    except ServerUnavailable as error:
        pytest.skip(f"no server: mariadb: {error.what}")

    async def work(url: str) -> None:
        async with open_server(url) as server:
            with pytest.raises(Unsupported, match=r"no scratch database .* innodb_read_only = ON"):
                async with server.dialect.open_scratch(server.connection, url, server.info):
                    pass
            assert not await server.connection.fetch("SHOW DATABASES LIKE 'schemadrift%'")

    with handle:
        run(work(handle.server.url))
