"""Spinning up PostgreSQL: the programs themselves, a data folder copied from a prepared one, a Unix socket.

Until 1.1.7 the URLs of Tortoise cannot say a socket: its host is overwritten (``expand_db_url``). For those the server
listens on the loopback interface too, and asks for a password that is known to us alone.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex

from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers.accounts import Account, own, programs_for_others, server_account, set_up_account
from pytest_schemadrift.servers.base import Server, connect_postgres
from pytest_schemadrift.servers.find import Programs, find_postgres
from pytest_schemadrift.servers.prepared import prepared_data
from pytest_schemadrift.servers.supervise import Hold, copy_folder, new_folder, new_part, run_as, start
from pytest_schemadrift.servers.waiting import wait_until_it_answers

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "16MB",
    "max_connections": "100",
    "dynamic_shared_memory_type": "mmap",  # files in its own folder, which go with it even where it is killed
    "max_locks_per_transaction": "1024",  # a schema of 1,000 tables is made in one transaction
}
"""For a server whose data nobody needs tomorrow (PostgreSQL documentation, chapter 14.5, non-durable settings)."""


INITDB = ["-U", "postgres", "--auth-local=peer", "--auth-host=reject", "--no-sync", "-E", "UTF8", "--no-locale"]
INITDB += ["--wal-segsize=1"]


_TRIES = 5
"""How often a free port is looked for: between our look and the server's start somebody may have taken it."""


def start_postgres(version: str | None = None) -> tuple[Server, Hold]:
    """Start a PostgreSQL of our own, which lets in nobody but this user. Raises ``ServerUnavailable``."""
    programs = find_postgres(version)
    account = server_account()
    if tortoise_reads_sockets():
        return _start(programs, account, None)
    for _ in range(_TRIES - 1):
        try:
            return _start(programs, account, _Loopback(_free_port(), token_hex(16)))
        except ServerUnavailable as error:
            if "could not create any TCP/IP sockets" not in error.what:
                raise
    return _start(programs, account, _Loopback(_free_port(), token_hex(16)))


def _start(programs: Programs, account: Account, loopback: _Loopback | None) -> tuple[Server, Hold]:
    folder = new_folder(account)
    try:
        binaries = _binaries(programs)
        data = folder / "data"
        copy_folder(_prepared(programs, binaries), data, account)
        _let_in_this_user_alone(data, _major(programs), account)
        sockets = new_part(folder, "run", account)
        command = [str(binaries / "postgres"), "-D", str(data), "-k", str(sockets)]
        for name, value in (SETTINGS | (loopback.open(data) if loopback else {})).items():
            command += ["-c", f"{name}={value}"]
        hold = start(folder, command, account=account, end_signal=signal.SIGQUIT)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    url = f"asyncpg://postgres@/postgres?host={sockets}"
    if loopback is not None:
        url += f"&port={loopback.port}"
    answer = wait_until_it_answers(lambda: _version(url), hold, "PostgreSQL")
    server = Server("postgres", answer, url, programs.place)
    if loopback is not None:
        server.execute(f"ALTER ROLE postgres PASSWORD '{loopback.password}'")
        server = replace(server, url=loopback.url)
    return server, hold


def tortoise_reads_sockets() -> bool:
    """Whether the URLs of the installed Tortoise can name the folder of a Unix socket (from 1.1.8 on)."""
    try:
        from tortoise.backends.base.config_generator import expand_db_url
    except ImportError:
        return True
    credentials: dict[str, object] = expand_db_url("asyncpg://postgres@/postgres?host=/run")["credentials"]
    return credentials["host"] == "/run"


@dataclass(frozen=True, slots=True)
class _Loopback:
    """The way in for a driver that cannot be told of a socket."""

    port: int
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        """That of the maintenance database."""
        return f"asyncpg://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def open(self, data: Path) -> dict[str, str]:
        """Let those in who know the password; returns the settings that the server starts with."""
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all postgres 127.0.0.1/32 scram-sha-256\n")
        return {"listen_addresses": "127.0.0.1", "port": str(self.port), "password_encryption": "scram-sha-256"}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def _version(url: str) -> str:
    connection = await connect_postgres(url)
    try:
        return str((await connection.fetch("SHOW server_version"))[0][0])
    finally:
        await connection.close()


def _let_in_this_user_alone(data: Path, major: int, account: Account) -> None:
    """Nobody passes without the kernel's word that this user is connecting (``peer``), whatever the folders say.

    From 16 on this user may be any role (``all`` in ``pg_ident.conf``). Before, a map cannot say that: this user is
    ``postgres``, and other roles need the password that they were given.
    """
    try:
        ourselves = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise ServerUnavailable(
            f"PostgreSQL cannot be started: user id {os.geteuid()} has no name on this system",
            hint="add it to /etc/passwd, or give a url in [tool.schemadrift.databases]",
        ) from None
    rules, role = ["local all all peer map=owner"], "all"
    if major < _FIRST_WITH_ALL_IN_MAPS:
        rules, role = ["local all postgres peer map=owner", "local all all scram-sha-256"], "postgres"
    for name, lines in (("pg_hba.conf", rules), ("pg_ident.conf", [f'owner "{ourselves}" {role}'])):
        path = data / name
        path.write_text("".join(f"{line}\n" for line in lines))
        path.chmod(0o600)
        own(path, account)


_FIRST_WITH_ALL_IN_MAPS = 16


def _major(programs: Programs) -> int:
    found = re.search(r"\d+", programs.version)
    return int(found[0]) if found else 0


def _binaries(programs: Programs) -> Path:
    root = programs.prefix or programs.folder.parent
    return programs_for_others(root, programs.folder / "postgres") / programs.folder.relative_to(root)


def _prepared(programs: Programs, binaries: Path) -> Path:
    account = set_up_account()

    def set_up(data: Path) -> None:
        run_as(account, [str(binaries / "initdb"), "-D", str(data), *INITDB])

    return prepared_data("postgres", programs, INITDB, account, set_up)
