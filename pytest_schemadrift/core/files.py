"""A file that is replaced as a whole: who reads it meanwhile, or after the disk was full, has the one before."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a text (UTF-8), at once or not at all. Raises ``OSError``.

    The file keeps its mode. What is no plain file of this user's (a pipe, a device, a link, another's) is written as it
    is, and so is what cannot be exchanged: a folder may take no other file, and in a container a file may be mounted.
    """
    content = text.encode()
    with contextlib.suppress(FileNotFoundError):
        there = path.lstat()
        if not stat.S_ISREG(there.st_mode) or there.st_uid != os.geteuid() or there.st_nlink > 1:
            path.write_bytes(content)
            return
    new = path.with_name(f".{path.name[:200]}.{os.getpid()}.new")
    try:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)  # less the umask
    except OSError:
        path.write_bytes(content)
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        with contextlib.suppress(FileNotFoundError):
            new.chmod(stat.S_IMODE(path.stat().st_mode))
        _exchange(new, path, content)
    finally:
        new.unlink(missing_ok=True)


def _exchange(new: Path, path: Path, content: bytes) -> None:
    try:
        new.replace(path)
    except OSError:  # all of it has room: it was just written
        path.write_bytes(content)
