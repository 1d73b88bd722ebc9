"""Who a server of ours runs as, so that it is nobody else's.

An ordinary user's servers run as that user, in folders that only that user may enter. Servers that root starts run as a
user id of their own, which no account and no process has: ``nobody`` would share them with whatever else runs as
``nobody``.
"""

from __future__ import annotations

import grp
import os
import pwd
import secrets
import shutil
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

from pytest_schemadrift.errors import ServerUnavailable

FREE_IDS = range(61184, 65520)
"""Ids for services without an account of their own (systemd's ``DynamicUser``); 65,536 and above are not mapped in
every container."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group id that a process is given; ``0`` leaves both as they are."""

    user: int = 0
    group: int = 0


def running_as_root() -> bool:
    """Whether this process may become another user, and must: a database server never runs as root."""
    return os.geteuid() == 0


def server_account() -> Account:
    """The account that one server runs as: a free id where we are root, else our own."""
    if not running_as_root():
        return Account()
    taken = _ids_in_use()
    free = [number for number in FREE_IDS if number not in taken]
    if not free:
        raise ServerUnavailable("every user id for a server is taken", hint="run as an ordinary user")
    number = secrets.choice(free)  # workers of one run may have one seed, and each a server that starts just now
    return Account(number, number)


def set_up_account() -> Account:
    """The account that ``initdb`` runs as: it insists on a name in the system's list of users.

    Where we are root, that is an account without any process at this moment: nobody else can look on.
    """
    if not running_as_root():
        return Account()
    accounts = sorted(pwd.getpwall(), key=lambda account: account.pw_name != "nobody")
    busy = _ids_of_processes()
    found = next((item for item in accounts if item.pw_uid and item.pw_uid not in busy), None)
    if found is None:
        raise ServerUnavailable("there is no unused account that could run initdb", hint="run as an ordinary user")
    return Account(found.pw_uid, found.pw_gid)


def _ids_in_use() -> set[int]:
    known = {item.pw_uid for item in pwd.getpwall()} | {item.gr_gid for item in grp.getgrall()}
    return known | _ids_of_processes()


def _ids_of_processes() -> set[int]:
    """The owners of all processes, where the system shows them as Linux does."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            found.add(entry.stat().st_uid)
        except OSError:  # it has ended in the meantime
            continue
    return found


def own(path: Path, account: Account) -> None:
    """Give a file or folder to an account. Raises ``ServerUnavailable`` where the system does not know the id."""
    if account.user:
        _chown(path, account.user, account.group)


def give_to_group(path: Path, account: Account) -> None:
    """As ``own``, but it stays ours: the account gets the rights of its group."""
    _chown(path, -1, account.group)


def _chown(path: Path, user: int, group: int) -> None:
    try:
        os.chown(path, user, group)
    except OSError as error:
        raise ServerUnavailable(
            f"no server can be started as root here: its files cannot be given to another user ({error.strerror})",
            hint="run as an ordinary user",
        ) from None


def reachable_by_others(path: Path) -> bool:
    """Whether any user may execute ``path``: every folder above it is open."""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents) and bool(path.stat().st_mode & 0o001)


def programs_for_others(root: Path, program: Path) -> Path:
    """The folder ``root`` of a server's programs, or a copy of it that a server which root starts may read.

    A virtual environment or a cache below ``/root`` is closed to the account of the server. The copy is made once, of
    hard links where possible, and belongs to root. Raises ``ServerUnavailable`` where it cannot be made.
    """
    if not running_as_root() or reachable_by_others(program):
        return root
    from platformdirs import site_cache_path

    if not (root / "share").is_dir() and not (root / "usr" / "share").is_dir():
        raise _closed(root)  # no folder of one server alone: who knows what else it holds
    state = program.stat()
    key = sha256(f"{root} {state.st_size} {state.st_mtime_ns}".encode()).hexdigest()[:16]
    target = site_cache_path("schemadrift") / "programs" / key
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for folder in (target.parent.parent, target.parent):
            folder.chmod(0o755)
        if not reachable_by_others(target.parent):
            raise _closed(root)
        with FileLock(f"{target}.lock"):
            if not target.is_dir():
                work = target.with_suffix(".new")
                shutil.rmtree(work, ignore_errors=True)
                _link_tree(root, work)
                work.rename(target)
    except OSError:
        raise _closed(root) from None
    return target


def _closed(root: Path) -> ServerUnavailable:
    return ServerUnavailable(
        "a server does not run as root, and nobody else may read its programs",
        tried=(str(root),),
        hint="open the folders above them to others, or run as an ordinary user",
    )


def _link_tree(source: Path, target: Path) -> None:
    for parent, folders, files in os.walk(source):
        copy = target / Path(parent).relative_to(source)
        copy.mkdir(parents=True)
        copy.chmod(0o755)
        for name in [*files, *(folder for folder in folders if (Path(parent) / folder).is_symlink())]:
            _link(Path(parent) / name, copy / name)


def _link(old: Path, new: Path) -> None:
    if old.is_symlink():
        new.symlink_to(old.readlink())
        return
    mode = stat.S_IMODE(old.stat().st_mode)
    open_mode = mode | 0o044 | (0o011 if mode & 0o100 else 0)
    if mode == open_mode:
        try:
            new.hardlink_to(old)
        except OSError:  # another file system
            shutil.copyfile(old, new)
        else:
            return
    else:
        shutil.copyfile(old, new)
    new.chmod(open_mode & 0o755)
