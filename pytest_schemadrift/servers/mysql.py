"""Spinning up MySQL and MariaDB: the server program itself, a data folder copied from a prepared one, a Unix socket."""

from __future__ import annotations

import secrets
import shutil
import signal
from dataclasses import replace
from pathlib import Path

from pytest_schemadrift.servers.accounts import Account, own, programs_for_others, server_account
from pytest_schemadrift.servers.base import Server, connect_mysql
from pytest_schemadrift.servers.find import SERVERS, Programs, find_mysql, loader
from pytest_schemadrift.servers.prepared import prepared_data
from pytest_schemadrift.servers.supervise import Hold, copy_folder, new_folder, new_part, run_as, start
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
PROGRAMS = {"mariadb": "mariadbd", "mysql": "mysqld"}
FILES = {
    "mariadb": ["--innodb-log-file-size=4M"],
    "mysql": ["--innodb-redo-log-capacity=8M"],
}
"""How large its files are: set when they are made too, or the server would recreate them at every start."""


def start_mysql(kind: str, version: str | None = None) -> tuple[Server, Hold]:
    """Start a MySQL or MariaDB (``kind``) of our own, whose password is known to us alone.

    Raises ``ServerUnavailable``.
    """
    programs = find_mysql(kind, version)
    account = server_account()
    folder = new_folder(account)
    try:
        programs_to_run = _readable(kind, programs)
        copy_folder(_prepared(kind, programs, programs_to_run), folder / "data", account)
        (folder / "data" / "auto.cnf").unlink(missing_ok=True)  # the UUID of MySQL, which is of one server alone
        run = new_part(folder, "run", account)
        password = secrets.token_hex(16)
        first_statements = _write_first_statements(run, password, account)
        command = [
            *_server(kind, programs_to_run),
            f"--datadir={folder / 'data'}",
            f"--socket={run / 's'}",
            f"--pid-file={run / 'server.pid'}",
            f"--init-file={first_statements}",
            f"--tmpdir={run}",
            "--skip-networking",
            *SMALL,
            *FILES[kind],
        ]
        # (MariaDB would look for large primes at every start, which takes it up to seconds)
        command += ["--innodb-flush-method=nosync", "--skip-ssl"] if kind == "mariadb" else ["--mysqlx=OFF"]
        hold = start(folder, command, account=account, end_signal=signal.SIGKILL)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    url = f"mysql://root:{password}@localhost/mysql?unix_socket={run / 's'}"
    answer = wait_until_it_answers(lambda: _version(url), hold, SERVERS[kind])
    first_statements.unlink()
    return Server(kind, answer, url, programs.place), hold


def _write_first_statements(folder: Path, password: str, account: Account) -> Path:
    """What the server runs before it lets anybody in (``--init-file``): the prepared data folder has no password."""
    path = folder / "init.sql"
    path.touch(mode=0o600)
    statements = [
        f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{password}';",
        "DROP USER IF EXISTS 'root'@'127.0.0.1', 'root'@'::1';",  # MariaDB's own set-up makes them, without a password
    ]
    path.write_text("".join(f"{line}\n" for line in statements))
    own(path, account)
    return path


def _readable(kind: str, programs: Programs) -> Programs:
    """The programs, where a server of ours may read them."""
    root = programs.prefix or programs.folder.parent
    place = programs_for_others(root, programs.folder / PROGRAMS[kind])
    folder = place / programs.folder.relative_to(root)
    return replace(programs, folder=folder, prefix=place if programs.prefix else None)


async def _version(url: str) -> str:
    connection = await connect_mysql(url)
    try:
        return str((await connection.fetch("SELECT VERSION()"))[0][0])
    finally:
        await connection.close()


def _server(kind: str, programs: Programs) -> list[str]:
    command = [*loader(programs.prefix), str(programs.folder / PROGRAMS[kind]), "--no-defaults"]
    if programs.prefix is not None:
        share = programs.prefix / "usr" / "share" / ("mariadb" if kind == "mariadb" else "mysql")
        command += [f"--basedir={programs.prefix / 'usr'}", f"--lc-messages-dir={share}"]
    if kind == "mysql":
        command.append("--secure-file-priv=")
    return command


def _prepared(kind: str, programs: Programs, programs_to_run: Programs) -> Path:
    account = server_account()

    def set_up(data: Path) -> None:
        if kind == "mariadb":
            _bootstrap_mariadb(programs_to_run, data, account)
            return
        options = ["--initialize-insecure", f"--datadir={data}"]
        run_as(account, [*_server(kind, programs_to_run), *FILES[kind], *options])

    return prepared_data(kind, programs, FILES[kind], account, set_up)


def _bootstrap_mariadb(programs: Programs, data: Path, account: Account) -> None:
    """What ``mariadb-install-db`` does (its own ``cat_sql``), without its dependence on where it was installed."""
    share = (programs.prefix or Path("/")) / "usr" / "share"
    text = ["CREATE DATABASE IF NOT EXISTS mysql;", "USE mysql;", "SET @auth_root_socket=NULL;"]
    for name in ("system_tables", "performance_tables", "system_tables_data"):
        places = [share / "mariadb" / f"mariadb_{name}.sql", share / "mysql" / f"mysql_{name}.sql"]
        path = next((place for place in places if place.exists()), None)
        if path is not None:
            lines = path.read_text(encoding="utf-8").splitlines()
            text += [line for line in lines if "@current_hostname" not in line]
    new_part(data, "mysql", account)
    command = [*_server("mariadb", programs), *FILES["mariadb"], "--bootstrap", f"--datadir={data}", "--log-warnings=0"]
    command += ["--enforce-storage-engine=", "--max_allowed_packet=8M", "--net_buffer_length=16K"]
    run_as(account, command, "\n".join(text) + "\n")
