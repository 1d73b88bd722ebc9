"""What is being done at the moment: told from anywhere, shown by whoever has somebody to show it to.

Telling costs next to nothing and has no effect by itself; ``current`` is for the one who shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Doing(NamedTuple):
    """A phase, and how much of it is done where that can be counted: ``total`` is 0 where it cannot."""

    what: str
    done: int = 0
    total: int = 0
    unit: str = ""
    more: str = ""

    @property
    def words(self) -> str:
        """``trying the plan on a scratch copy: 120 of 1,300 statements``."""
        if not self.total:
            return self.what
        counted = f"{self.done:,} of {self.total:,} {self.unit}{self.more}"
        return f"{self.what}: {counted}" if self.what else counted


_now = {"phase": Doing(""), "whole": Doing("")}


def doing(what: str, done: int = 0, total: int = 0, unit: str = "") -> None:
    """Tell what begins, or how far it has come."""
    _now["phase"] = Doing(what, done, total, unit)


def doing_all(done: int, total: int, unit: str, more: str = "") -> None:
    """Tell how far something has come that consists of several phases, or of several things at a time."""
    _now["whole"] = Doing("", done, total, unit, more)


def counted(what: str, total: int, unit: str = "statements") -> Callable[..., None]:
    """A phase of so many parts, which has begun: to be called after each of them."""
    done = 0
    doing(what, done, total, unit)

    def one_more(_: object = None) -> None:
        nonlocal done
        done += 1
        doing(what, done, total, unit)

    return one_more


def current() -> str:
    """What is being done, in words; ``""`` where nobody has told."""
    return (_now["whole"] if _now["whole"].total else _now["phase"]).words


def nothing() -> None:
    """Tell that all of it is over."""
    _now["phase"] = _now["whole"] = Doing("")
