"""Spinning up MySQL and MariaDB: the server program itself, a data folder copied from a prepared one, a Unix socket."""

from __future__ import annotations

import shutil
import signal
import subprocess
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

from pytest_schemadrift.core.cache import cache_folder
from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers.base import Server, connect_mysql
from pytest_schemadrift.servers.find import SERVERS, Programs, find_mysql, loader
from pytest_schemadrift.servers.supervise import Hold, copy_folder, new_folder, running_as_root, start
from pytest_schemadrift.servers.waiting import wait_until_it_answers

SMALL = [
    "--innodb-buffer-pool-size=32M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-use-native-aio=0",
    "--skip-log-bin",
    "--performance-schema=OFF",
    "--innodb-fast-shutdown=2",
    "--max-connections=200",
]
"""For a server whose data nobody needs tomorrow."""
FILES = {
    "mariadb": ["--innodb-log-file-size=4M"],
    "mysql": ["--innodb-redo-log-capacity=8M"],
}
"""How large its files are: set when they are made too, or the server would make them anew at every start."""


def start_mysql(kind: str, version: str | None = None) -> tuple[Server, Hold]:
    """Start a MySQL or MariaDB (``kind``) of our own. Raises ``ServerUnavailable``."""
    programs = find_mysql(kind, version)
    folder = new_folder()
    try:
        copy_folder(_prepared(kind, programs), folder / "data")
        socket = folder / "s"
        command = [
            *_server(kind, programs),
            f"--datadir={folder / 'data'}",
            f"--socket={socket}",
            f"--pid-file={folder / 'server.pid'}",
            "--skip-networking",
            *SMALL,
            *FILES[kind],
        ]
        # (MariaDB would look for large primes at every start, which takes it up to seconds)
        command += ["--innodb-flush-method=nosync", "--skip-ssl"] if kind == "mariadb" else ["--mysqlx=OFF"]
        hold = start(folder, command, user=0, group=0, end_signal=signal.SIGKILL)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    url = f"mysql://root@localhost/mysql?unix_socket={socket}"
    answer = wait_until_it_answers(lambda: _version(url), hold, SERVERS[kind])
    return Server(kind, answer, url, programs.place), hold


async def _version(url: str) -> str:
    connection = await connect_mysql(url)
    try:
        return str((await connection.fetch("SELECT VERSION()"))[0][0])
    finally:
        await connection.close()


def _server(kind: str, programs: Programs) -> list[str]:
    program = programs.folder / ("mariadbd" if kind == "mariadb" else "mysqld")
    command = [*loader(programs.prefix), str(program), "--no-defaults"]
    if running_as_root():
        command.append("--user=root")
    if programs.prefix is not None:
        share = programs.prefix / "usr" / "share" / ("mariadb" if kind == "mariadb" else "mysql")
        command += [f"--basedir={programs.prefix / 'usr'}", f"--lc-messages-dir={share}"]
    if kind == "mysql":
        command.append("--secure-file-priv=")
    return command


def _prepared(kind: str, programs: Programs) -> Path:
    """The data folder that the server's own set-up made once; everybody else copies it."""
    key = sha256(f"{programs.folder} {programs.version} {FILES[kind]}".encode()).hexdigest()[:16]
    folder = cache_folder() / "servers" / "data" / f"{kind}-{key}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if folder.is_dir():
            return folder
        work = new_folder()
        try:
            if kind == "mysql":
                _run([*_server(kind, programs), *FILES[kind], "--initialize-insecure", f"--datadir={work / 'data'}"])
            else:
                _bootstrap_mariadb(programs, work / "data")
            copy_folder(work / "data", folder.with_suffix(".new"))
            folder.with_suffix(".new").rename(folder)
        except subprocess.CalledProcessError as error:
            words = (error.stderr or error.stdout or b"").decode(errors="replace").strip()[-300:]
            raise ServerUnavailable(
                f"{SERVERS[kind]} could not set up a data folder: {words}", tried=(programs.place,)
            ) from None
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return folder


def _bootstrap_mariadb(programs: Programs, data: Path) -> None:
    """What ``mariadb-install-db`` does (its own ``cat_sql``), without its dependence on where it was installed."""
    share = (programs.prefix or Path("/")) / "usr" / "share"
    text = ["CREATE DATABASE IF NOT EXISTS mysql;", "USE mysql;", "SET @auth_root_socket=NULL;"]
    for name in ("system_tables", "performance_tables", "system_tables_data"):
        places = [share / "mariadb" / f"mariadb_{name}.sql", share / "mysql" / f"mysql_{name}.sql"]
        path = next((place for place in places if place.exists()), None)
        if path is not None:
            lines = path.read_text(encoding="utf-8").splitlines()
            text += [line for line in lines if "@current_hostname" not in line]
    (data / "mysql").mkdir(parents=True)
    command = [*_server("mariadb", programs), *FILES["mariadb"], "--bootstrap", f"--datadir={data}", "--log-warnings=0"]
    command += ["--enforce-storage-engine=", "--max_allowed_packet=8M", "--net_buffer_length=16K"]
    _run(command, "\n".join(text) + "\n")


def _run(command: list[str], text: str = "") -> None:
    subprocess.run(command, input=text.encode(), check=True, capture_output=True, cwd="/")
