"""Standard output is for what a command answers; what the project's own code prints goes to standard error.

Reports, SQL and models are piped and redirected: a line of somebody else's in JSON makes it unreadable.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import TextIO


class _Aside:
    """How many blocks there are in which the project's code runs, and the standard output that there was before."""

    blocks = 0
    answers: TextIO | None = None
    printed: TextIO | None = None


@contextmanager
def printed_aside() -> Iterator[None]:
    """Run code of the project's: what it prints is no part of an answer. Blocks may overlap, in tasks of one loop."""
    if _Aside.blocks == 0:
        _Aside.answers, sys.stdout = sys.stdout, _standard_error()
    _Aside.blocks += 1
    try:
        yield
    finally:
        _Aside.blocks -= 1
        if _Aside.blocks == 0 and _Aside.answers is not None:
            sys.stdout, _Aside.answers = _Aside.answers, None


def _standard_error() -> TextIO:
    """Another file on the standard error of the process: ours stays, whatever the project does to ``sys.stdout``.

    It may close or detach it, or give it another encoding. Where somebody captures the output there is no other file.
    """
    error, known = sys.stderr, _Aside.printed
    if error is not sys.__stderr__ or not isinstance(error, TextIOWrapper):
        return error
    with suppress(ValueError):  # of a file that is detached
        if known is not None and not known.closed:
            return known
    with suppress(OSError, ValueError):  # closed, or no file
        number = os.dup(error.fileno())
        _Aside.printed = open(number, "w", 1, error.encoding, error.errors, closefd=False)  # noqa: SIM115
        return _Aside.printed
    return error


def answers() -> TextIO:
    """Where a command's own words go, also while code of the project's runs."""
    return _Aside.answers or sys.stdout


@contextmanager
def own_output(*, last: bool) -> Iterator[None]:
    """Run a whole command: what programs that the project starts write to the output of this process goes aside too.

    The number 1 is that of standard error meanwhile, and ``sys.stdout`` writes to a copy of what it was. So it stays
    where the command is the ``last`` that the process does: the project's threads and ``atexit`` may have more to say.
    Nothing is done where ``sys.stdout`` is not the process's own, as under a test that captures it.
    """
    before = sys.__stdout__
    if not isinstance(before, TextIOWrapper) or sys.stdout is not before or sys.stderr is None:
        yield
        return
    try:
        before.flush()
        number, error = before.fileno(), sys.stderr.fileno()
        kept = os.dup(number)
    except (OSError, ValueError):  # closed, or no file
        yield
        return
    own = open(kept, "w", encoding=before.encoding, errors=before.errors, buffering=1 if before.isatty() else -1)  # noqa: SIM115, PTH123
    try:
        os.dup2(error, number)
        sys.stdout = own
        yield
    finally:
        with suppress(OSError, ValueError):  # nobody reads it any more
            own.flush()
        sys.stdout = before
        if not last:
            os.dup2(kept, number)
        with suppress(OSError, ValueError):
            own.close()
