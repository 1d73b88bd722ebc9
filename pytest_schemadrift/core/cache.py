"""What was computed once and depends on nothing but its key, in the user's cache folder.

It is kept as JSON below its checksum, in files that only this user can have written and may read; any other file counts
as none.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from pytest_schemadrift.core.plain import decode, encode
from pytest_schemadrift.core.private import private_folder, read_private, write_private
from pytest_schemadrift.errors import SchemaDriftError

T = TypeVar("T")

KEPT = 64
"""Values kept of each kind; the oldest go first."""


def cache_folder() -> Path:
    """``$SCHEMADRIFT_CACHE_DIR``, or the platform's cache folder for this user."""
    if chosen := os.environ.get("SCHEMADRIFT_CACHE_DIR"):
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("schemadrift")


def _values_folder() -> Path:
    """Where values are kept: apart from unpacked servers if ``$SCHEMADRIFT_VALUE_CACHE_DIR`` says so."""
    return Path(os.environ.get("SCHEMADRIFT_VALUE_CACHE_DIR") or cache_folder())


def our_version() -> str:
    """The installed version of this package, ``"0"`` where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pytest-schemadrift")
    except PackageNotFoundError:
        return "0"


@functools.cache
def _code_stamp() -> str:
    """Changes whenever this package does: one file is asked of an installed package, every source of a checkout."""
    package = Path(__file__).parents[1]
    for record in package.parent.glob(f"{package.name}-*.dist-info/RECORD"):
        return f"{record.parent.name}-{record.stat().st_mtime_ns}"  # rewritten by every installation
    sources = (os.path.join(folder, file) for folder, _, files in os.walk(package) for file in files)  # noqa: PTH118
    return str(max(os.stat(path).st_mtime_ns for path in sources if path.endswith(".py")))  # noqa: PTH116


def key_of(*parts: object) -> str:
    """A file name for everything the value depends on, our own code included."""
    digest = sha256(_code_stamp().encode())
    for part in parts:
        digest.update(b"\0")
        digest.update((part if isinstance(part, str) else repr(part)).encode())
    return digest.hexdigest()[:40]


def cached(kind: str, key: str, classes: Sequence[type], compute: Callable[[], T]) -> T:
    """Return the value stored under ``key``, or compute and store it; an unusable cache is as good as none.

    ``classes`` are those that the value consists of.
    """
    value = stored(kind, key, classes)
    if value is None:
        value = compute()
        store(kind, key, classes, value)
    return value  # type: ignore[return-value]


async def cached_async(kind: str, key: str, classes: Sequence[type], compute: Callable[[], Awaitable[T]]) -> T:
    """As ``cached``, for a coroutine."""
    value = stored(kind, key, classes)
    if value is None:
        value = await compute()
        store(kind, key, classes, value)
    return value  # type: ignore[return-value]


def stored(kind: str, key: str, classes: Sequence[type]) -> object:
    """The value stored under ``key``, of these ``classes``; ``None`` where there is none that can be used."""
    content = read_private(_values_folder() / kind / f"{key}.json")
    if content is None:
        return None
    seal, _, value = content.partition(b"\n")
    if seal != _seal(kind, key, value):
        return None
    try:
        return decode(value, classes)
    except (
        ValueError,
        TypeError,
        LookupError,
        RecursionError,
    ):  # a damaged file only costs the time to compute it again
        return None


def _seal(kind: str, key: str, content: bytes) -> bytes:
    """The first line of a file: a wrong verdict is worse than none, so a file that was damaged, or has the name of
    another one, is none."""
    return sha256(b"\0".join((kind.encode(), key.encode(), content))).hexdigest().encode()


def store(kind: str, key: str, classes: Sequence[type], value: object) -> None:
    """Store a value of these ``classes`` under ``key``, where that can be done."""
    with contextlib.suppress(OSError, SchemaDriftError, TypeError):
        folder = private_folder(private_folder(_values_folder()) / kind)
        content = encode(value, classes)
        write_private(folder / f"{key}.json", _seal(kind, key, content) + b"\n" + content)
        stored = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in (*stored[KEPT:], *folder.glob("*.pickle")):  # as earlier versions kept them
            path.unlink(missing_ok=True)
