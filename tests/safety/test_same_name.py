"""Two connections whose databases have one name: on one server they are one database, on two servers they are two."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingUnixStreamServer
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from pytest_schemadrift.servers import start_server
from pytest_schemadrift.sources.database import open_server
from pytest_schemadrift.verify.verdict import Comparison
from tests.harness import compare_with_script, load, run, typed

PYPROJECT = """
[tool.schemadrift]
tortoise_orm = "config.TORTOISE_ORM"
unmanaged = "fail"
"""
CONFIG = """
TORTOISE_ORM = {{
    "connections": {{"default": {here!r}, "other": {there!r}}},
    "apps": {{
        "a": {{"models": ["models_a"], "default_connection": "default"}},
        "b": {{"models": ["models_b"], "default_connection": "other"}},
    }},
}}
"""
MODEL = """
from tortoise import fields
from tortoise.models import Model


class {name}(Model):
    id = fields.IntField(primary_key=True, generated=False)

    class Meta:
        table = {table!r}
"""


def project(folder: Path, here: str, there: str) -> None:
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "config.py").write_text(CONFIG.format(here=here, there=there))
    (folder / "models_a.py").write_text(MODEL.format(name="User", table="users"))
    (folder / "models_b.py").write_text(MODEL.format(name="Order", table="orders"))


async def _execute(url: str, *statements: str) -> None:
    async with open_server(url) as server:
        await load(server, statements)


BOTH = ("CREATE TABLE users (id int NOT NULL PRIMARY KEY)", "CREATE TABLE orders (id int NOT NULL PRIMARY KEY)")


@pytest.mark.mysql
@pytest.mark.mariadb
@pytest.mark.tried("two databases of one name on two servers")
def test_the_tables_of_another_server_are_extra_here(tmp_path: Path, fresh_database: Callable[[str], str]) -> None:
    """For Tortoise, MySQL and MariaDB are one kind of server."""
    here, beside = fresh_database("mariadb"), fresh_database("mysql")
    name = urlsplit(here).path.strip("/")
    there = urlsplit(beside)._replace(path=f"/{name}").geturl()
    run(_execute(here, *BOTH))
    run(_execute(beside, f"CREATE DATABASE {name}"))
    try:
        run(_execute(there, BOTH[1]))
        project(tmp_path, here, there)
        said = typed(tmp_path, "check", "--connection", "default", "--no-prove")
        assert (said.returncode, "SD102 table orders is extra" in said.stdout) == (1, True), said.stdout + said.stderr
        assert typed(tmp_path, "check", "--connection", "other").returncode == 0
    finally:
        run(_execute(beside, f"DROP DATABASE {name}"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dialect", "own", "take_over"),
    [
        pytest.param("mysql", "@@server_uuid", "SET GLOBAL gtid_purged = '{own}:1-5'", marks=pytest.mark.mysql),
        pytest.param("mariadb", "'7-41'", "SET GLOBAL gtid_slave_pos = '{own}-5'", marks=pytest.mark.mariadb),
    ],
)
@pytest.mark.tried("a primary and its replica")
def test_a_replica_is_the_database_of_its_primary(
    dialect: str, own: str, take_over: str, tmp_path: Path, fresh_database: Callable[[str], str]
) -> None:
    """MySQL: the replica has executed what its primary did; MariaDB: both follow a third. Else they are two."""
    here = fresh_database(dialect)
    name = urlsplit(here).path.strip("/")

    async def own_name() -> str:
        async with open_server(here) as server:
            return str((await server.connection.fetch(f"SELECT {own} AS own"))[0][0])

    followed = take_over.replace("{own}", run(own_name()))
    with start_server(dialect) as beside:
        there = urlsplit(beside.server.url)._replace(path=f"/{name}").geturl()
        run(_execute(beside.server.url, f"CREATE DATABASE {name}"))
        run(_execute(here, *BOTH))
        run(_execute(there, *BOTH))
        project(tmp_path, here, there)

        def found() -> list[bool]:
            said = [typed(tmp_path, "check", "--connection", each, "--no-prove") for each in ("default", "other")]
            return ["is extra" in each.stdout for each in said if each.returncode in (0, 1)]

        assert found() == [True, True]
        run(_execute(there, followed))
        if dialect == "mariadb":
            run(_execute(here, followed))
        try:
            assert found() == [False, False]
        finally:
            if dialect == "mariadb":
                run(_execute(here, "SET GLOBAL gtid_slave_pos = ''"))


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mysql", "mariadb")]
)
@pytest.mark.tried("two ways to one database")
def test_two_ways_to_one_server_are_one_database(
    dialect: str, tmp_path: Path, fresh_database: Callable[[str], str]
) -> None:
    """The folder of the socket is spelled in two ways, as a pooler or a name in the DNS would be."""
    here = fresh_database(dialect)
    run(_execute(here, *BOTH))
    socket = urlsplit(here).query
    there = here.replace(socket, socket.replace("%2F", "%2F.%2F", 1).replace("=/", "=/./", 1))
    assert there != here
    project(tmp_path, here, there)
    for name in ("default", "other"):
        said = typed(tmp_path, "check", "--connection", name, "--no-prove")
        assert said.returncode == 0, said.stdout + said.stderr


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def pooler(url: str, alias: str) -> Iterator[str]:
    """What ``alias = dbname=…`` is to PgBouncer: the database of ``url`` under another name, in the session's start."""
    there = urlsplit(url)
    given, name = parse_qs(there.query), there.path.strip("/")
    behind = f"{given['host'][0]}/.s.PGSQL.{given.get('port', ['5432'])[0]}"

    class Session(BaseRequestHandler):
        def handle(self) -> None:
            size = struct.unpack("!i", self.request.recv(4, socket.MSG_WAITALL))[0]
            start = self.request.recv(size - 4, socket.MSG_WAITALL)
            start = start.replace(f"\0database\0{alias}\0".encode(), f"\0database\0{name}\0".encode())
            with socket.socket(socket.AF_UNIX) as server:
                server.connect(behind)
                server.sendall(struct.pack("!i", len(start) + 4) + start)
                answers = Thread(target=_pass_on, args=(server, self.request))
                answers.start()
                _pass_on(self.request, server)
                answers.join()

    with (
        TemporaryDirectory(prefix="sd-") as folder,  # the path of a socket is short
        ThreadingUnixStreamServer(f"{folder}/.s.PGSQL.5432", Session) as listening,
    ):
        Thread(target=listening.serve_forever, args=(0.01,)).start()
        try:
            yield there._replace(path=f"/{alias}", query=f"host={folder}").geturl()
        finally:
            listening.shutdown()


@pytest.mark.postgres
@pytest.mark.tried("two ways to one database")
def test_the_alias_of_a_pooler_is_the_database_behind_it(tmp_path: Path, fresh_database: Callable[[str], str]) -> None:
    """Else the tables of the other connection's models are extra here, and ``apply`` with leave to would drop them."""
    here, beside = fresh_database("postgres"), fresh_database("postgres")
    run(_execute(here, *BOTH))
    run(_execute(beside, *BOTH))
    with pooler(here, "alias") as there:
        project(tmp_path, here, there)
        for name in ("default", "other", "default"):
            said = typed(tmp_path, "check", "--connection", name, "--no-prove")
            assert said.returncode == 0, said.stdout + said.stderr
    with pooler(beside, "alias") as there:
        project(tmp_path, here, there)
        said = typed(tmp_path, "check", "--connection", "default", "--no-prove")
        assert "SD102 table orders is extra" in said.stdout, said.stdout + said.stderr
    said = typed(tmp_path, "check", "--connection", "default", "--no-prove")  # nobody answers there any more
    assert "SD102 table orders is extra" in said.stdout, said.stdout + said.stderr


@pytest.mark.sqlite
@pytest.mark.tried("two ways to one database")
@pytest.mark.parametrize("way", ["sqlite://./{}", "sqlite://{folder}/{}", "sqlite:///{folder}/{}", "sqlite://link"])
def test_two_ways_to_one_file_are_one_database(way: str, tmp_path: Path, fresh_database: Callable[[str], str]) -> None:
    """SQLite spells the name of a table as the statement that made it did, and takes every other case for it."""
    url = fresh_database("sqlite")
    file = Path(urlsplit(url).path)
    run(_execute(url, BOTH[0], BOTH[1].replace("orders", "ORDERS")))
    (tmp_path / "link").symlink_to(file)
    project(tmp_path, f"sqlite://{file.name}", way.format(file.name, folder=tmp_path))
    for name in ("default", "other"):
        for _ in range(2):
            said = typed(tmp_path, "check", "--connection", name, "--no-prove")
            assert said.returncode == 0, said.stdout + said.stderr
    run(_execute(url, "CREATE TABLE more (id int)"))
    assert typed(tmp_path, "check", "--no-prove").returncode == 1


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
)
@pytest.mark.tried("a table that has the name of its database, read by a view")
def test_a_view_of_a_table_with_the_name_of_its_database_is_copied(
    dialect: str, fresh_database: Callable[[str], str]
) -> None:
    """The server writes both names before each column; without the table's it would be ambiguous."""
    url = fresh_database(dialect)
    name = urlsplit(url).path.strip("/")
    script = (
        f"CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE {name} (id int PRIMARY KEY, n int);"
        f"CREATE VIEW v AS SELECT {name}.id, t.id AS other FROM {name} JOIN t"
    )

    async def work() -> Comparison:
        async with open_server(url) as server:
            await load(server, script)
            return await compare_with_script(server, script.replace("n int", "n bigint"))

    found = run(work())
    assert len(found.plan.steps) == 1
    assert found.proven, found.proof_note


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
)
@pytest.mark.tried("a view whose names hold quotes")
def test_a_view_whose_names_hold_quotes_is_copied(dialect: str, fresh_database: Callable[[str], str]) -> None:
    """Between two such names its text names the database, which is no literal."""
    table = "CREATE TABLE t (id int PRIMARY KEY, a int{0}, KEY k (id), KEY `it's` (a))"
    view = "CREATE VIEW v AS SELECT id AS `it's`, a AS `x'y`, 'say \\'t\\'' AS s FROM t"

    async def work() -> Comparison:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, [table.format(""), view])
            return await compare_with_script(server, table.format(", b int"))

    found = run(work())
    assert (found.proven, found.proof_note) == (True, "")
