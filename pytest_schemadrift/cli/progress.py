"""A sign of life: what takes longer than a second says on the terminal what it is doing, and leaves nothing behind."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import click

from pytest_schemadrift.core import progress
from pytest_schemadrift.shown import visible

if TYPE_CHECKING:
    from pytest_schemadrift.commands.project import Project
    from pytest_schemadrift.sources.models import LoadedModels

AFTER = 1.0
"""Seconds that nobody wonders about."""
EVERY = 0.2
"""Seconds between two lines."""


def is_watched(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether a person looks at a stream: it is a terminal that can erase a line, and not that of a CI system."""
    in_ci = environment.get("CI", "").lower() not in ("", "0", "false")
    return stream.isatty() and environment.get("TERM") != "dumb" and not in_ci


@contextmanager
def sign_of_life() -> Iterator[None]:
    """Show what is being done within the block, once a second has passed; silent with ``--quiet``."""
    line = None if _is_quiet() or not is_watched(sys.stderr, os.environ) else _Line(sys.stderr)
    if line is None:
        yield
        return
    progress.nothing()
    line.start()
    try:
        yield
    finally:
        line.stop()


def _is_quiet() -> bool:
    context = click.get_current_context(silent=True)
    return bool(context is not None and context.find_root().params.get("quiet"))


@contextmanager
def loading(project: Project) -> Iterator[LoadedModels]:
    """The project's models, imported with a sign of life, for as long as the block runs."""
    from pytest_schemadrift.commands.project import loaded_models

    with ExitStack() as stack:
        with sign_of_life():
            models = stack.enter_context(loaded_models(project))
        yield models


class _Line:
    """The line, redrawn by a thread: importing models, say, leaves no time to an event loop.

    What anybody else writes to the terminal meanwhile stands above it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, name="sign of life", daemon=True)
        self._begun = time.monotonic()
        self._shown = False
        self.within_a_line = False
        """Whether somebody else's line has not ended yet."""
        self._streams: dict[str, Any] = {}

    def start(self) -> None:
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if stream.isatty():
                self._streams[name] = stream
                setattr(sys, name, _Above(stream, self))
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        for name, stream in self._streams.items():
            if isinstance(getattr(sys, name), _Above):
                setattr(sys, name, stream)
        self.erase()

    def _write(self) -> None:
        waiting = AFTER
        while not self._over.wait(waiting):
            waiting = EVERY
            with self._lock:
                text = self._text()
                if text and not self.within_a_line and not self._over.is_set():
                    self._stream.write(f"\r{text}\x1b[K")
                    self._stream.flush()
                    self._shown = True

    def _text(self) -> str:
        what = visible(progress.current())
        text = f"{what}, {_duration(time.monotonic() - self._begun)}" if what else ""
        return text[: _width(self._stream) - 1]

    def erase(self) -> None:
        """Take the line away."""
        with self._lock:
            if self._shown:
                self._stream.write("\r\x1b[K")
                self._stream.flush()
                self._shown = False

    def above(self, stream: TextIO, text: str) -> int:
        """Write somebody else's text where the line stands, which comes again below it."""
        with self._lock:
            self.erase()
            written = stream.write(text)
            stream.flush()
            self.within_a_line = not text.endswith("\n") if text else self.within_a_line
            return written


class _Above:
    """A stream to the terminal that the line stands on."""

    def __init__(self, stream: TextIO, line: _Line) -> None:
        self._stream, self._line = stream, line

    def write(self, text: str) -> int:
        return self._line.above(self._stream, text)

    def writelines(self, lines: list[str]) -> None:
        self.write("".join(lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _duration(seconds: float) -> str:
    """``7 s``, ``2 min 5 s``."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
