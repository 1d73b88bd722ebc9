"""Folders and files that nobody but this user can have written.

What is kept from one run to the next is believed by the next one. So it is only read where no other user of the machine
can have put it: a cache in a folder that is shared, restored from elsewhere, or checked out of a repository is none.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pytest_schemadrift.errors import ConfigurationError

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_folder(path: Path) -> Path:
    """``path``, made where it is missing, in which only this user can write.

    A folder of ours that others could write to (as a ``umask`` of 002 makes it) is closed to them. Raises
    ``ConfigurationError`` where it belongs to another user, or cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = path.stat()
        if state.st_uid == os.geteuid() and state.st_mode & _OTHERS_WRITE:
            path.chmod(stat.S_IMODE(state.st_mode) & ~_OTHERS_WRITE)
    except OSError as error:
        raise ConfigurationError(
            f"the folder for caches cannot be made: {error.strerror or error}",
            where=str(path),
            hint="set SCHEMADRIFT_CACHE_DIR to a folder that you may write to",
        ) from None
    if state.st_uid != os.geteuid():
        raise ConfigurationError(
            f"the folder {path.name} cannot be used: it belongs to another user",
            where=str(path),
            hint="remove it, or set SCHEMADRIFT_CACHE_DIR to a folder of your own",
        )
    return path


def is_trusted(path: Path) -> bool:
    """Whether ``path`` belongs to this user or to root, and nobody else may write to it."""
    try:
        state = path.stat()
    except OSError:
        return False
    return state.st_uid in (0, os.geteuid()) and not state.st_mode & _OTHERS_WRITE


def read_private(path: Path) -> bytes | None:
    """What a file holds that only this user may even read, as ``write_private`` makes it; ``None`` for any other.

    The open file is asked, not its name: it cannot be exchanged in between. A file that git or an archive brought along
    is readable for others, so it is none of these.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode) or state.st_uid != os.geteuid() or state.st_mode & _OTHERS:
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that nobody else may read, at once or not at all. Raises ``OSError``."""
    import tempfile

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # 0600, whatever the umask
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
