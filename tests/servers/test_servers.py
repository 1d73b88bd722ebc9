"""Servers start, are shared, and leave nothing behind, however their last user ends."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from pytest_schemadrift.core.config.settings import DatabaseSettings
from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers import Server, describe_server, postgres, provision, shared_server, start_server
from pytest_schemadrift.servers.accounts import reachable_by_others
from pytest_schemadrift.servers.find import find_mysql, find_postgres, version_number
from pytest_schemadrift.servers.supervise import SHARED_MEMORY, new_folder
from pytest_schemadrift.sources.database import open_server
from tests.conftest import POSTGRES_VERSION, without_server
from tests.harness import run

KINDS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mysql", "mariadb")]
OWNER = """
import sys, time
from pytest_schemadrift.servers import start_server
handle = start_server("postgres", version="{version}")
print(handle._hold.folder, flush=True)
{then}
"""


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return condition()


def is_gone(folder: Path, pid: int) -> bool:
    return not folder.exists() and not psutil.pid_exists(pid)


def python_for_everybody() -> str:
    """This Python, or the system's of the same version, whichever an ordinary user may execute."""
    system = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    for path in (Path(sys.executable).resolve(), system):
        if path.exists() and reachable_by_others(path):
            return str(path)
    pytest.skip("no Python of this version that an ordinary user may execute")


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_answers_and_ends_with_its_block(kind: str, running_server: Callable[[str], Server]) -> None:
    running_server(kind)  # skips where there is none
    with start_server(kind, version=POSTGRES_VERSION if kind == "postgres" else None) as handle:
        assert handle._hold is not None
        folder = handle._hold.folder
        pid = int((folder / "pid").read_text())
        url = handle.server.create_database("some_database")
        assert handle.server.has_database("some_database")

        async def version() -> str:
            async with open_server(url) as server:
                return server.info.version_text

        assert run(version()).split()[0] in handle.server.version
        assert psutil.pid_exists(pid)
    assert wait_until(lambda: is_gone(folder, pid))


@pytest.mark.postgres
def test_a_template_is_cloned(postgres_server: Server) -> None:
    async def make(url: str, sql: str) -> None:
        async with open_server(url) as server:
            await server.connection.execute(sql)

    run(make(postgres_server.create_database("template_of_tests"), "CREATE TABLE t (a integer)"))
    try:
        clone = postgres_server.create_database("clone_of_tests", template="template_of_tests")
        run(make(clone, "INSERT INTO t VALUES (1)"))
    finally:
        postgres_server.drop_database("clone_of_tests")
        postgres_server.drop_database("template_of_tests")
    assert not postgres_server.has_database("clone_of_tests")


@pytest.mark.postgres
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_owner_is_ended_by_a_signal(number: int, postgres_server: Server) -> None:
    script = OWNER.format(version=POSTGRES_VERSION, then="time.sleep(60)")
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        pid = int((folder / "pid").read_text())
        assert psutil.pid_exists(pid)
        owner.send_signal(number)
    assert wait_until(lambda: is_gone(folder, pid))


@pytest.mark.postgres
def test_nothing_is_left_after_an_exception(postgres_server: Server) -> None:
    script = OWNER.format(version=POSTGRES_VERSION, then="raise SystemExit(3)")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert wait_until(lambda: not Path(done.stdout.strip()).exists())


@pytest.mark.postgres
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which files a process has in memory")
def test_no_shared_memory_is_left_of_a_server_that_is_killed(postgres_server: Server) -> None:
    with start_server("postgres", version=POSTGRES_VERSION) as handle:
        assert handle._hold is not None
        folder = handle._hold.folder
        server = psutil.Process(int((folder / "pid").read_text()))
        shared = [Path(item.path) for item in server.memory_maps() if item.path.startswith(str(SHARED_MEMORY))]
        server.kill()
    assert wait_until(lambda: not any(path.exists() for path in (folder, *shared)))


@pytest.mark.postgres
def test_processes_share_one_server_and_the_last_one_ends_it(tmp_path: Path, postgres_server: Server) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom pytest_schemadrift.servers import shared_server\n"
        f"handle = shared_server(Path({str(tmp_path)!r}), 'postgres', version={POSTGRES_VERSION!r})\n"
        "print(handle._hold.folder, flush=True)\nsys.stdin.readline()\nhandle.stop()"
    )
    owners = [
        subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    folders = {owner.stdout.readline().strip() for owner in owners if owner.stdout}
    assert len(folders) == 1
    folder = Path(folders.pop())
    for owner in owners[:2]:
        owner.communicate("\n")
        assert folder.exists()
    owners[2].communicate("\n")
    assert wait_until(lambda: not folder.exists())
    with shared_server(tmp_path, "postgres", version=POSTGRES_VERSION) as again:  # a stale note is no obstacle
        assert again._hold is not None
        assert again._hold.folder != folder


@pytest.mark.postgres
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_can_start_one(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> None:
    nobody = pwd.getpwnam("nobody")
    home = new_folder()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    try:
        script = OWNER.format(version=POSTGRES_VERSION, then="handle.stop()")
        done = subprocess.run(
            [python_for_everybody(), "-c", script],
            capture_output=True,
            text=True,
            check=False,
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
            cwd="/",
            env={
                "HOME": str(home),
                "PATH": os.environ["PATH"],
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            },
        )
        assert done.returncode == 0, done.stderr
        assert wait_until(lambda: not Path(done.stdout.strip()).exists())
    finally:
        subprocess.run(["rm", "-rf", str(home)], check=True)


def test_what_was_tried_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SCHEMADRIFT_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(ServerUnavailable) as caught:
        find_postgres("99")
    assert "$SCHEMADRIFT_POSTGRES_BIN" in str(caught.value)
    assert "to do: install one" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 5
    monkeypatch.setenv("SCHEMADRIFT_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerUnavailable, match=r"servers\.provision postgres --version 17\.99"):
        find_postgres("17.99")
    with pytest.raises(ServerUnavailable, match=r"servers\.provision mysql"):
        find_mysql("mysql", "99")


def test_programs_of_an_unpacked_package_start_by_their_own_loader(tmp_path: Path) -> None:
    """One starts the other by its path, as initdb does, and is told that path as its own name."""
    machine = next(Path("/lib64").glob("ld-linux-*.so.*"), None)
    if machine is None:
        pytest.skip("no loader of the GNU C library here")
    root = tmp_path / "root"
    libraries, folder = root / "usr/lib/here", root / "usr/lib/postgresql/17/bin"
    for place in (libraries, folder):
        place.mkdir(parents=True)
    (libraries / machine.name).symlink_to(machine)
    (libraries / "libc.so.6").symlink_to(next(Path("/lib").glob("*/libc.so.6")))
    for name in ("env", "printenv"):
        (folder / name).write_bytes(Path(str(shutil.which(name))).read_bytes())
        (folder / name).chmod(0o755)
    provision._start_by_their_own_loader(root, folder)
    root.rename(tmp_path / "moved")
    folder = tmp_path / "moved" / folder.relative_to(root)
    command = [str(folder / "env"), "X=a b", str(folder / "printenv"), "X"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": "/bin:/usr/bin"}, cwd="/")
    assert done.stdout == "a b\n"
    assert sorted(path.name for path in folder.parent.iterdir()) == ["bin", "programs"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["postgres", "--version", "12"], "PostgreSQL 12 is not among the packages"),
        (["mariadb", "--version", "12.3"], "take one of these"),
    ],
)
def test_what_no_package_has_is_told_with_what_there_is(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert provision.main(arguments) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["oracle"], ["--version", "17"], ["mysql", "mariadb", "--version", "9"]])
def test_provisioning_asks_for_one_known_kind(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        provision.main(arguments)
    assert "error: " in capsys.readouterr().err


def test_a_server_that_ci_must_have_fails_the_test_that_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = ServerUnavailable("no programs", hint="install them")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"no server: mariadb: no programs \(install them\)"):
        without_server("mariadb", missing)
    with pytest.raises(pytest.fail.Exception):
        without_server("postgres-18", missing)
    with pytest.raises(pytest.skip.Exception):
        without_server("mysql", missing)
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception):
        without_server("mariadb", missing)


@pytest.mark.postgres
def test_the_versions_that_are_here_are_offered_in_place_of_another() -> None:
    here = version_number(find_postgres(POSTGRES_VERSION).version)
    with pytest.raises(ServerUnavailable) as caught:
        find_postgres("99")
    assert here in caught.value.hint.partition("take a version that is here: ")[2].split(", ")
    assert find_postgres(here).folder, "what is offered can be had"


@pytest.mark.parametrize(
    ("provider", "version", "dialect", "kind"),
    [
        ("auto", "11.8", "mysql", "MariaDB 11.8"),
        ("mysql", "10.11", "mysql", "MariaDB 10.11"),
        ("mariadb", "", "mysql", "MariaDB"),
        ("auto", "8.4", "mysql", "MySQL 8.4"),
        ("auto", "16", "postgres", "PostgreSQL 16"),
    ],
)
def test_a_version_tells_mysql_and_mariadb_apart(
    provider: str, version: str, dialect: str, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("PATH", "SCHEMADRIFT_CACHE_DIR", "SCHEMADRIFT_MYSQL_BIN", "SCHEMADRIFT_MARIADB_BIN"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("SCHEMADRIFT_POSTGRES_BIN", str(tmp_path))
    said = describe_server(DatabaseSettings(provider, "", version), dialect)
    assert said.startswith(kind)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("postgres (PostgreSQL) 16.4 (Debian 16.4-1.pgdg120+2)", "16.4"),
        ("postgres (PostgreSQL) 18.1", "18.1"),
        ("postgres (PostgreSQL) 19beta1", "19beta1"),
        ("postgres (PostgreSQL) 19rc1 (Ubuntu 19~rc1-1.pgdg24.04+1)", "19rc1"),
        ("postgres (PostgreSQL) 19devel", "19devel"),
        ("/usr/sbin/mysqld  Ver 9.7.0 for Linux on x86_64 (MySQL Community Server - GPL)", "9.7.0"),
        ("mariadbd  Ver 11.8.9-MariaDB-0+deb13u1 for debian-linux-gnu on x86_64 (-- Please help get Debian)", "11.8.9"),
    ],
)
@pytest.mark.tried("versions of servers: betas, release candidates, builds of distributions")
def test_the_number_of_every_kind_of_version(said: str, number: str) -> None:
    assert version_number(said) == number


@pytest.mark.postgres
def test_a_port_that_was_taken_meanwhile_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drivers of an older Tortoise come over the loopback interface; a server's start is not its look for a port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free = postgres._free_port
        ports = [port := taken.getsockname()[1]]
        monkeypatch.setattr(postgres, "tortoise_reads_sockets", lambda: False)
        monkeypatch.setattr(postgres, "_free_port", lambda: ports.pop() if ports else free())
        server, hold = postgres.start_postgres(POSTGRES_VERSION)
    try:
        assert "@127.0.0.1:" in server.url and f":{port}/" not in server.url and not ports
        server.execute("SELECT 1")
    finally:
        hold.release()
