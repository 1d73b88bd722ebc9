"""What was computed once and depends on nothing but its key: pickled values in the user's cache folder."""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
from collections.abc import Awaitable, Callable
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

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
    try:
        return version("pytest-schemadrift")
    except PackageNotFoundError:
        return "0"


@functools.cache
def _code_stamp() -> str:
    """Changes whenever a source file of this package does, so that a development checkout never reads old values."""
    package = Path(__file__).parent
    newest = max((path.stat().st_mtime_ns for path in package.rglob("*.py")), default=0)
    return f"{our_version()}-{newest}"


def key_of(*parts: object) -> str:
    """A file name for everything the value depends on, our own code included."""
    digest = sha256(_code_stamp().encode())
    for part in parts:
        digest.update(b"\0")
        digest.update((part if isinstance(part, str) else repr(part)).encode())
    return digest.hexdigest()[:40]


def cached(kind: str, key: str, compute: Callable[[], T]) -> T:
    """Return the value stored under ``key``, or compute and store it; an unusable cache is as good as none."""
    value = _load(kind, key)
    if value is None:
        value = compute()
        _store(kind, key, value)
    return value  # type: ignore[return-value]


async def cached_async(kind: str, key: str, compute: Callable[[], Awaitable[T]]) -> T:
    """As ``cached``, for a coroutine."""
    value = _load(kind, key)
    if value is None:
        value = await compute()
        _store(kind, key, value)
    return value  # type: ignore[return-value]


def _load(kind: str, key: str) -> object:
    path = _values_folder() / kind / f"{key}.pickle"
    try:
        with path.open("rb") as file:
            return pickle.load(file)  # noqa: S301  written by us, in a folder that only this user may write to
    except Exception:  # a damaged, foreign or missing file only costs the time to compute it again
        return None


def _store(kind: str, key: str, value: object) -> None:
    import tempfile  # what is read from the cache has no need of it

    folder = _values_folder() / kind
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            pickle.dump(value, file, protocol=pickle.HIGHEST_PROTOCOL)
        Path(name).replace(folder / f"{key}.pickle")
        stored = sorted(folder.glob("*.pickle"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in stored[KEPT:]:
            path.unlink(missing_ok=True)
