"""Spinning up PostgreSQL: the programs themselves, a data folder copied from a prepared one, a Unix socket."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

from pytest_schemadrift.core.cache import cache_folder
from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers.base import Server, connect_postgres
from pytest_schemadrift.servers.find import Programs, find_postgres
from pytest_schemadrift.servers.supervise import (
    Hold,
    copy_folder,
    give,
    new_folder,
    reachable_by_others,
    run_as,
    running_as_root,
    start,
    unprivileged,
)
from pytest_schemadrift.servers.waiting import wait_until_it_answers

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "16MB",
    "max_connections": "100",
    "max_locks_per_transaction": "1024",  # a schema of 1,000 tables is made in one transaction
}
"""For a server whose data nobody needs tomorrow (PostgreSQL documentation, chapter 14.5, non-durable settings)."""


def start_postgres(version: str | None = None) -> tuple[Server, Hold]:
    """Start a PostgreSQL of our own. Raises ``ServerUnavailable``."""
    programs = find_postgres(version)
    identity = _Identity.of(programs)
    folder = new_folder()
    try:
        if identity.user:
            os.chown(folder, identity.user, identity.group)
        copy_folder(_prepared(programs, identity), folder / "data", identity.user, identity.group)
        command = [*identity.wrapper, str(programs.folder / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        hold = start(folder, command, user=identity.user, group=identity.group, end_signal=signal.SIGQUIT)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    url = f"asyncpg://postgres@/postgres?host={folder}"
    answer = wait_until_it_answers(lambda: _version(url), hold, "PostgreSQL")
    return Server("postgres", answer, url, programs.place), hold


async def _version(url: str) -> str:
    connection = await connect_postgres(url)
    try:
        return str((await connection.fetch("SHOW server_version"))[0][0])
    finally:
        await connection.close()


class _Identity:
    """Who the server runs as: PostgreSQL refuses root."""

    def __init__(self, user: int, group: int, wrapper: list[str]) -> None:
        self.user, self.group, self.wrapper = user, group, wrapper

    @classmethod
    def of(cls, programs: Programs) -> _Identity:
        if not running_as_root():
            return cls(0, 0, [])
        if reachable_by_others(programs.folder / "postgres"):
            return cls(*unprivileged(), [])
        unshare = shutil.which("unshare")
        if unshare is None:
            raise ServerUnavailable(
                "PostgreSQL does not run as root, and nobody else may read its programs",
                tried=(str(programs.folder),),
                hint="open the folders above it to others, or run as an ordinary user",
            )
        # root's own files, seen from a user namespace in which it is not root
        return cls(0, 0, [unshare, "--user", "--map-user=65534", "--map-group=65534"])


def _prepared(programs: Programs, identity: _Identity) -> Path:
    """The data folder that ``initdb`` made once for these programs; everybody else copies it."""
    key = sha256(f"{programs.folder} {programs.version} {identity.wrapper}".encode()).hexdigest()[:16]
    folder = cache_folder() / "servers" / "data" / f"postgres-{key}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if folder.is_dir():
            return folder
        work = new_folder()
        try:
            give(work, identity.user, identity.group)
            program = programs.folder / "initdb"
            options = ["-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--no-locale", "--wal-segsize=1"]
            run_as([*identity.wrapper, str(program), "-D", str(work / "data"), *options], identity.user, identity.group)
            copy_folder(work / "data", folder.with_suffix(".new"))
            folder.with_suffix(".new").rename(folder)
        except subprocess.CalledProcessError as error:
            raise ServerUnavailable(
                f"initdb failed: {str(error.stderr).strip()[-300:]}", tried=(programs.place,), hint="see its message"
            ) from None
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return folder
