"""Keeping a server process: it runs under a supervisor that ends it when its last user is gone, however that ended.

The supervisor is a bare Python in a session of its own. Every user holds a shared lock on one file; the kernel drops
it when the process ends, SIGKILL included. The supervisor waits for the exclusive lock, and having got it, ends the
server, waits for it, and removes the folder. A server that does not end is killed after 15 s: PostgreSQL itself kills
those of its processes that hang after 5 s, and must have the time to remove its shared memory afterwards.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pytest_schemadrift.servers.accounts import Account, give_to_group, own

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  a folder in memory: servers under test need no disk
ROOM = 256 * 1024 * 1024
"""Bytes that must be free in memory before data folders go there (Docker gives 64 MB by default)."""

_OURSELVES = Account()

_SUPERVISOR = """
import fcntl, os, signal, sys
if os.fork():
    os._exit(0)
os.umask(0o077)
lock, folder, user, group, log, end = sys.argv[1:7]
command = sys.argv[7:]
signal.signal(signal.SIGCHLD, lambda *_: open(os.path.join(folder, "ended"), "w").close())
child = os.fork()
if child == 0:
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0); os.dup2(out, 1); os.dup2(out, 2)
    if int(user):
        os.setgroups([]); os.setgid(int(group)); os.setuid(int(user))
    os.chdir("/")
    os.execvp(command[0], command)
with open(os.path.join(folder, "pid"), "w") as file:
    file.write(str(child))
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
handle = os.open(lock, os.O_RDWR)
fcntl.flock(handle, fcntl.LOCK_EX)
open(os.path.join(folder, "ending"), "w").close()
def stop(number):
    try:
        os.kill(child, number)
    except ProcessLookupError:
        pass
stop(int(end))
signal.signal(signal.SIGALRM, lambda *_: stop(signal.SIGKILL))
signal.alarm(15)
try:
    os.waitpid(child, 0)
except ChildProcessError:
    pass
signal.alarm(0)
import shutil
shutil.rmtree(folder, ignore_errors=True)
"""


def new_folder(account: Account = _OURSELVES) -> Path:
    """A fresh folder with a short path (sockets allow 104 bytes), in memory where there is room.

    Nobody but us may enter it, and the server of ``account``, which cannot write to it: what the supervisor keeps there
    is ours alone. The server gets folders of its own inside.
    """
    parents = [None]
    if SHARED_MEMORY.is_dir() and os.access(SHARED_MEMORY, os.W_OK) and shutil.disk_usage(SHARED_MEMORY).free > ROOM:
        parents.insert(0, SHARED_MEMORY)  # type: ignore[arg-type]
    folder = Path(tempfile.mkdtemp(prefix="sd-", dir=parents[0] or tempfile.gettempdir()))
    if account.user:
        give_to_group(folder, account)
        folder.chmod(0o710)
    return folder


def new_part(folder: Path, name: str, account: Account) -> Path:
    """A folder inside of a server's, which belongs to the server: nobody else may enter it."""
    part = folder / name
    part.mkdir(mode=0o700)
    own(part, account)
    return part


def copy_folder(source: Path, target: Path, account: Account = _OURSELVES) -> None:
    """Copy a data folder, for the account that its server runs as; nobody else may read the copy.

    Hundreds of small files: this takes half as long as ``cp`` and changing the owners afterwards.
    """
    shutil.rmtree(target, ignore_errors=True)
    for parent, folders, files in os.walk(source):
        copy = target / Path(parent).relative_to(source)
        copy.mkdir(mode=0o700)
        for name in files:
            _copy_file(f"{parent}/{name}", f"{copy}/{name}", account)
        own(copy, account)
        folders.sort()


def _copy_file(source: str, target: str, account: Account) -> None:
    if sys.platform != "linux":  # elsewhere, sendfile only sends to sockets
        shutil.copyfile(source, target)
        Path(target).chmod(0o600)
        own(Path(target), account)
        return
    reading = os.open(source, os.O_RDONLY)
    try:
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            while os.sendfile(writing, reading, None, _BLOCK):  # None: from where it stands
                pass
            if account.user:
                os.fchown(writing, account.user, account.group)
        finally:
            os.close(writing)
    finally:
        os.close(reading)


_BLOCK = 2**30


def run_as(account: Account, command: Sequence[str], text: str = "") -> None:
    """Run a set-up command, ``text`` being its input, to its end. Raises ``CalledProcessError`` with its output."""
    identity = {"user": account.user, "group": account.group, "extra_groups": []} if account.user else {}
    subprocess.run(
        list(command),
        check=True,
        capture_output=True,
        text=True,
        errors="replace",
        input=text,
        cwd="/",
        umask=0o077,
        **identity,  # type: ignore[call-overload]
    )


@dataclass(slots=True)
class Hold:
    """A share in a running server: while it is held, the server lives."""

    folder: Path
    _lock: IO[str]

    def release(self) -> None:
        """Give the share back; the last one to do so ends the server, which takes some milliseconds."""
        self._lock.close()


def start(
    folder: Path,
    command: Sequence[str],
    *,
    end_signal: int,
    account: Account = _OURSELVES,
    environment: Mapping[str, str] | None = None,
) -> Hold:
    """Start ``command`` under a supervisor; ``folder`` is removed with it. Returns the first share.

    The server's output goes to ``folder/log``, its process id to ``folder/pid``. Secrets go into ``environment``:
    every user of the machine may read the arguments of a process.
    """
    lock = folder / "users"
    lock.touch(mode=0o600)
    handle = lock.open("w")
    fcntl.flock(handle, fcntl.LOCK_SH)
    identity = (str(account.user), str(account.group))
    arguments = [str(lock), str(folder), *identity, str(folder / "log"), str(end_signal), *command]
    subprocess.run(  # returns at once: the supervisor forks away
        [sys.executable, "-I", "-S", "-c", _SUPERVISOR, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=True,
        cwd="/",
        env={**os.environ, **(environment or {})},
    )
    return Hold(folder, handle)


def join(folder: Path) -> Hold | None:
    """Take a share in the server of ``folder``, or ``None`` where it is ending or gone."""
    try:
        handle = (folder / "users").open("r")
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    if not (folder / "users").exists():  # removed between opening and locking
        handle.close()
        return None
    return Hold(folder, handle)


def is_used(folder: Path) -> bool:
    """Whether anybody still holds a share; false while the server is ending, and afterwards."""
    try:
        with (folder / "users").open("r+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return not (folder / "ending").exists()
            return False
    except OSError:
        return False


def log_tail(folder: Path, lines: int = 3) -> str:
    """The last lines that the server wrote, for an error message."""
    with contextlib.suppress(OSError):
        text = (folder / "log").read_text(errors="replace").splitlines()
        return " | ".join(line.strip() for line in text[-lines:])
    return ""
