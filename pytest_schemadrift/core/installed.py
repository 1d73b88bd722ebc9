"""What installed packages offer by entry points: their files, some hundred, are read once and not for each question."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_Places = tuple[tuple[str, int], ...]
"""Where packages are, and when one was last installed or removed there."""


def entry_points_of(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of a group, as ``importlib.metadata`` finds them now."""
    places = [(place, _changed(place)) for place in map(os.path.abspath, sys.path)]
    places = [(place, changed) for place, changed in places if changed]
    return _of_group(group, tuple(places), tuple(map(id, sys.meta_path)))


@lru_cache(8)
def _of_group(group: str, places: _Places, finders: tuple[int, ...]) -> tuple[EntryPoint, ...]:
    return tuple(_of_all(places, finders).select(group=group))


@lru_cache(1)
def _of_all(places: _Places, finders: tuple[int, ...]) -> Any:
    from importlib.metadata import entry_points  # the slowest import of a check that nobody has to be asked about

    return entry_points()


def _changed(place: str) -> int:
    """When a package was last installed in a place, or removed; 0 where there is none."""
    try:
        changed = os.stat(place).st_mtime_ns  # noqa: PTH116
    except OSError:
        return 0
    return changed if _has_packages(place, changed) else 0


@lru_cache(256)
def _has_packages(place: str, changed: int) -> bool:
    """Whether metadata of a package is there, or may be in an archive."""
    try:
        return any(name.lower().endswith("-info") for name in os.listdir(place))  # noqa: PTH208
    except OSError:
        return True
