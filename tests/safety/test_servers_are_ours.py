"""A server that we start is nobody else's: neither its files nor its socket nor its roles let another user in."""

from __future__ import annotations

import asyncio
import os
import pwd
import random
import stat
import warnings
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from pytest_schemadrift.core.cache import cache_folder
from pytest_schemadrift.core.private import private_folder
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.servers import Server, ServerHandle, start_server
from pytest_schemadrift.servers.accounts import programs_for_others, reachable_by_others, server_account
from pytest_schemadrift.servers.base import connect_mysql, connect_postgres
from pytest_schemadrift.servers.find import servers_folder
from tests.conftest import POSTGRES_VERSION
from tests.harness import as_role

T = TypeVar("T")
KINDS = ["postgres", "mysql", "mariadb"]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a second user")
tried = pytest.mark.tried("another user of the machine who reaches for a server that was started")


@pytest.fixture(scope="module", params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in KINDS])
def ours(request: pytest.FixtureRequest, running_server: Callable[[str], Server]) -> Iterator[ServerHandle]:
    """A server of this module's own, since a test opens its folders."""
    kind = request.param
    running_server(kind)  # skips where there is none
    with start_server(kind, version=POSTGRES_VERSION if kind == "postgres" else None) as handle:
        yield handle


def folder_of(handle: ServerHandle) -> Path:
    assert handle._hold is not None
    return handle._hold.folder


def process_of(handle: ServerHandle) -> psutil.Process:
    return psutil.Process(int((folder_of(handle) / "pid").read_text()))


def of_each(processes: Iterable[psutil.Process], ask: Callable[[psutil.Process], T]) -> list[T]:
    """What each process answers; that of a session which has just ended may be gone before it is asked."""
    found = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found.append(ask(process))
    return found


def socket_of(server: Server) -> Path:
    query = parse_qs(urlsplit(server.url).query)
    if server.dialect == "postgres":
        return Path(query["host"][0]) / ".s.PGSQL.5432"
    return Path(query["unix_socket"][0])


async def whoami(server: Server, url: str) -> str:
    connection = await (connect_postgres(url) if server.dialect == "postgres" else connect_mysql(url))
    try:
        return str((await connection.fetch("SELECT current_user"))[0][0])
    except TypeError:  # MySQL has parentheses
        return str((await connection.fetch("SELECT current_user()"))[0][0])
    finally:
        await connection.close()


def as_user(uid: int, gid: int, call: Callable[[], Awaitable[str]]) -> str:
    """What ``call`` returns, or the error that it ends with, in a process of that user."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of fork in a process with threads: the child is short
        child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            said = asyncio.run(call())  # type: ignore[arg-type]
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


@tried
@needs_root
def test_a_second_user_cannot_connect(ours: ServerHandle) -> None:
    nobody = pwd.getpwnam("nobody")
    assert asyncio.run(whoami(ours.server, ours.server.url)) in ("postgres", "root@localhost")
    said = as_user(nobody.pw_uid, nobody.pw_gid, lambda: whoami(ours.server, ours.server.url))
    assert "Permission denied" in said or "PermissionError" in said


@tried
@needs_root
def test_nor_where_the_folders_stand_open(ours: ServerHandle) -> None:
    """The second lock: even who reaches the socket, the account that the server runs as included, is not let in."""
    server, folder, socket = ours.server, folder_of(ours), socket_of(ours.server)
    nobody = pwd.getpwnam("nobody")
    without = as_role(server.url, "postgres" if server.dialect == "postgres" else "root")
    for path, mode in ((folder, 0o755), (socket.parent, 0o755), (socket, 0o777)):
        path.chmod(mode)
    try:
        for user, group in ((nobody.pw_uid, nobody.pw_gid), (socket.stat().st_uid, socket.stat().st_gid)):
            for url in (without, as_role(without, "root:root"), as_role(without, "postgres:postgres")):
                said = as_user(user, group, lambda url=url: whoami(server, url))  # type: ignore[misc]
                assert "authentication failed" in said or "Access denied" in said, said
    finally:
        for path, mode in ((socket, 0o700), (socket.parent, 0o700), (folder, 0o710)):
            path.chmod(mode)


@tried
def test_only_we_and_the_server_may_enter_its_folder(ours: ServerHandle) -> None:
    folder = folder_of(ours)
    others = stat.S_IRWXO | stat.S_IWGRP | stat.S_IRGRP
    assert not folder.stat().st_mode & others
    assert folder.stat().st_uid == os.geteuid()
    for path in folder.iterdir():
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), path
    account = process_of(ours).uids().effective
    assert {path.stat().st_uid for path in (folder / "data", folder / "run")} == {account}


@tried
@needs_root
def test_what_root_starts_runs_as_an_account_that_nobody_else_has(ours: ServerHandle) -> None:
    server = process_of(ours)
    everything = [server, *server.children(recursive=True)]
    account = server.uids().real
    assert account != 0
    assert account not in {item.pw_uid for item in pwd.getpwall()}
    shared = [item.pid for item in psutil.process_iter(["uids"]) if account in (item.info["uids"] or ())]
    assert set(shared) <= {process.pid for process in everything}
    assert {*of_each(everything, lambda process: process.uids().effective)} == {account}


@needs_root
def test_workers_that_have_one_seed_do_not_choose_one_account() -> None:
    """As pytest-randomly gives it to each worker of a run before each test."""

    def chosen() -> int:
        random.seed(1)
        return server_account().user

    before = random.getstate()
    try:
        assert len({chosen() for _ in range(4)}) > 1
    finally:
        random.setstate(before)


@tried
def test_no_server_of_ours_listens_on_a_network(ours: ServerHandle) -> None:
    server = process_of(ours)
    everything = (server, *server.children(recursive=True))
    assert not any(of_each(everything, lambda process: process.net_connections(kind="inet")))


@tried
def test_its_password_is_in_no_text(ours: ServerHandle) -> None:
    server = ours.server
    password = urlsplit(server.url).password or "postgres@"
    running = process_of(ours)  # the server, what it started, and what watches over it
    programs = [running, *running.children(recursive=True), *filter(None, [running.parent()])]
    told = [repr(server), repr(ours), *of_each(programs, lambda program: " ".join(program.cmdline()))]
    assert not [text for text in told if password in text]
    if server.dialect != "postgres":  # where the kernel says who connects, there is none
        assert len(password) >= 32
        accounts = server.fetch("SELECT user, authentication_string FROM mysql.user WHERE user IN ('root', '')")
        assert len(accounts) == 1
        assert accounts[0][1]
        assert not list(folder_of(ours).rglob("init.sql"))


@tried
def test_two_servers_have_two_passwords(mariadb_server: Server, running_server: Callable[[str], Server]) -> None:
    with start_server("mariadb") as handle:
        assert urlsplit(handle.server.url).password != urlsplit(mariadb_server.url).password


@tried
@pytest.mark.processes
def test_folders_of_sqlite_files_are_closed_too() -> None:
    with start_server("sqlite") as handle:
        handle.server.create_database("some")
        assert stat.S_IMODE(folder_of(handle).stat().st_mode) == 0o700


@pytest.mark.tried("files that another user put into the cache")
def test_prepared_data_folders_are_closed_and_ours(
    ours: ServerHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = [path for path in servers_folder("data").iterdir() if path.is_dir()]
    assert prepared
    for folder in prepared:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == os.geteuid()
    monkeypatch.setenv("SCHEMADRIFT_CACHE_DIR", str(tmp_path / "new" / "cache"))
    for folder in (servers_folder("data"), servers_folder(), cache_folder()):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.tried("files that another user put into the cache")
def test_a_cache_folder_is_closed_to_others_or_refused(tmp_path: Path) -> None:
    wide = tmp_path / "wide"
    wide.mkdir()
    wide.chmod(0o777)
    assert private_folder(wide) == wide
    assert stat.S_IMODE(wide.stat().st_mode) == 0o755
    if os.geteuid() == 0:
        os.chown(wide, 1, 1)
        with pytest.raises(ConfigurationError, match="it belongs to another user") as caught:
            private_folder(wide)
        assert "SCHEMADRIFT_CACHE_DIR" in caught.value.hint


def test_a_cache_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("no folder")
    with pytest.raises(ConfigurationError, match="the folder for caches cannot be made") as caught:
        private_folder(home / ".cache")
    assert caught.value.hint == "set SCHEMADRIFT_CACHE_DIR to a folder that you may write to"


@needs_root
def test_programs_that_only_root_may_read_are_offered_as_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import platformdirs

    closed, shared = tmp_path / "closed", Path("/var/tmp") / f"schemadrift-test-{os.getpid()}"
    programs = closed / "server"
    (programs / "bin").mkdir(parents=True)
    (programs / "share").mkdir()
    program = programs / "bin" / "served"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    (programs / "share" / "words").write_text("words")
    (programs / "share" / "again").symlink_to("words")
    closed.chmod(0o700)
    monkeypatch.setattr(platformdirs, "site_cache_path", lambda name: shared / name)
    try:
        shared.mkdir(mode=0o755)
        copy = programs_for_others(programs, program)
        assert copy != programs
        assert reachable_by_others(copy / "bin" / "served")
        assert (copy / "share" / "again").read_text() == "words"
        assert programs_for_others(programs, program) == copy
        assert stat.S_IMODE(program.stat().st_mode) == 0o700
    finally:
        import shutil

        shutil.rmtree(shared)
