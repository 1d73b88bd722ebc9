"""A sign of life on a real pseudo-terminal: what it says, when it is silent, and that nothing of it is left."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_schemadrift.cli import progress as shown
from pytest_schemadrift.cli.group import run
from pytest_schemadrift.core import progress as told
from tests.harness import Finished, typed

MODELS = """
import sys
import time
from tortoise import fields
from tortoise.models import Model

class User(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=255)

    class Meta:
        table = "users"

print("a word of the models", file=sys.stderr)
sys.stderr.write("a word ")
time.sleep(0.02)  # so that the line would come between
sys.stderr.write("in two parts\\n")
"""
SETTINGS = """
TORTOISE_ORM = {
    "connections": {"default": "sqlite://shop.sqlite3"},
    "apps": {"shop": {"models": ["watched_models"], "default_connection": "default"}},
}
"""


class Terminal:
    """The far end of a pseudo-terminal: all that was ever written, and what a person sees at the end."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        self.stream = os.fdopen(self._slave, "w", buffering=1, encoding="utf-8")
        self._news = threading.Condition()
        self._written = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # the near end is closed
            while data := os.read(self._master, 4096):
                with self._news:
                    self._written += data.decode("utf-8", "replace")
                    self._news.notify_all()

    def wait_for(self, words: str) -> None:
        with self._news:
            assert self._news.wait_for(lambda: words in self._written, timeout=60), (words, self._written)

    def close(self) -> str:
        """All that was written."""
        self.stream.close()
        self._reader.join(timeout=60)
        os.close(self._master)
        return self._written


def screen(written: str) -> list[str]:
    """The lines that are left on a terminal of enough columns."""
    lines = [""]
    column = 0
    for part in re.findall(r"\r|\n|\x1b\[K|[^\r\n\x1b]+", written):
        if part == "\r":
            column = 0
        elif part == "\n":
            lines.append("")
            column = 0
        elif part == "\x1b[K":
            lines[-1] = lines[-1][:column]
        else:
            lines[-1] = lines[-1][:column] + part + lines[-1][column + len(part) :]
            column += len(part)
    return lines


class Awaited(dict[str, Any]):
    """What is told, each phase of which waits until it was seen."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(phase=told.Doing(""), whole=told.Doing(""))
        self.terminal = terminal
        self.phases: list[str] = []

    def __setitem__(self, key: str, value: told.Doing) -> None:
        super().__setitem__(key, value)
        if value.words and value.words not in self.phases:
            self.phases.append(value.words)
            self.terminal.wait_for(value.words)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "watched_models.py").write_text(MODELS)
    (tmp_path / "watched_settings.py").write_text(SETTINGS)
    (tmp_path / "pyproject.toml").write_text('[tool.schemadrift]\ntortoise_orm = "watched_settings.TORTOISE_ORM"\n')
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.sqlite3")) as database:
        database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL)")
    return tmp_path


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "AFTER", 0.001)
    monkeypatch.setattr(shown, "EVERY", 0.001)
    for name in ("CI", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def on_terminal(
    terminal: Terminal, folder: Path, *arguments: str, both: bool = False, environment: dict[str, str] | None = None
) -> Finished:
    """Run a command whose standard error, or both of its streams, is the terminal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contextlib, "redirect_stderr", lambda _: contextlib.nullcontext())
        if both:
            patch.setattr(contextlib, "redirect_stdout", lambda _: contextlib.nullcontext())
            patch.setattr(sys, "stdout", terminal.stream)
        patch.setattr(sys, "stderr", terminal.stream)
        return typed(folder, *arguments, environment=environment)


@pytest.mark.parametrize(
    ("arguments", "phases"),
    [
        (["check"], ["creating the tables of the models in a scratch database: 0 of 1 statements", "trying the plan"]),
        (["apply", "--yes"], ["copying the structure", "running the plan: 0 of", "waiting for the lock"]),
        (["migrate"], ["writing the DDL of the models"]),
        (["plan"], ["trying the plan on a scratch copy: 0 of"]),
        (["reverse", "users"], ["writing models: 1 of 1 models"]),
    ],
    ids=lambda value: value[0],
)
@pytest.mark.usefixtures("at_once")
def test_a_command_says_on_the_terminal_what_it_does_and_leaves_nothing_behind(
    arguments: list[str], phases: list[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = typed(project, *arguments, "--dry-run") if arguments == ["apply", "--yes"] else typed(project, *arguments)
    terminal = Terminal()
    awaited = Awaited(terminal)
    monkeypatch.setattr(told, "_now", awaited)
    monkeypatch.setenv("SCHEMADRIFT_VALUE_CACHE_DIR", str(project / "cache"))  # what is remembered is not done again
    done = on_terminal(terminal, project, *arguments)
    written = terminal.close()
    for phase in ["reading the catalog of the database", *phases]:
        assert any(phase in words for words in awaited.phases), awaited.phases
    assert re.search(r"reading the catalog of the database, \d+ s\x1b\[K", written)
    assert screen(written) == [*plain.stderr.splitlines(), ""]
    if arguments != ["apply", "--yes"]:
        assert done.stdout == plain.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.usefixtures("at_once")
def test_what_others_print_meanwhile_stands_above_it_whole(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = typed(project, "check")
    terminal = Terminal()
    monkeypatch.setattr(told, "_now", Awaited(terminal))
    on_terminal(terminal, project, "check", both=True)
    left = screen(terminal.close())
    assert left[:2] == ["a word of the models", "a word in two parts"]
    assert [line.rstrip() for line in left[2:-1]] == [line.rstrip() for line in plain.stdout.splitlines()]


@pytest.mark.parametrize(
    ("options", "environment"),
    [(["-q"], {}), ([], {"CI": "true"}), ([], {"TERM": "dumb"})],
    ids=["quiet", "in CI", "a terminal that cannot erase"],
)
@pytest.mark.usefixtures("at_once")
def test_it_is_silent(
    options: list[str], environment: dict[str, str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _threads_of(project, Terminal(), [], {}, monkeypatch) == 1  # otherwise the following would prove nothing
    assert _threads_of(project, Terminal(), options, environment, monkeypatch) == 0


@pytest.mark.usefixtures("at_once")
def test_it_is_silent_where_standard_error_is_no_terminal(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _threads_of(project, None, [], {}, monkeypatch) == 0


def _threads_of(
    project: Path,
    terminal: Terminal | None,
    options: list[str],
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> int:
    """How many lines were there to be written while the models were imported."""
    found: list[int] = []
    monkeypatch.setitem(
        sys.modules, "watched_by", type("Module", (), {"look": staticmethod(lambda: found.append(_alive()))})()
    )
    (project / "watched_models.py").write_text(MODELS + "import watched_by\nwatched_by.look()\n")
    if terminal is None:
        typed(project, *options, "check", environment=environment)
    else:
        on_terminal(terminal, project, *options, "check", environment=environment)
        terminal.close()
    [number] = found
    return number


def _alive() -> int:
    return sum(thread.name == "sign of life" for thread in threading.enumerate())


@pytest.mark.usefixtures("at_once")
def test_an_error_stands_where_the_line_was(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal.stream)
    monkeypatch.setattr(told, "_now", Awaited(terminal))

    async def fail() -> None:
        told.doing("something")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(fail())
    assert sys.stderr is terminal.stream
    assert _alive() == 0
    print("interrupted", file=sys.stderr)
    assert screen(terminal.close()) == ["interrupted", ""]


@pytest.mark.usefixtures("at_once")
def test_a_narrow_terminal_keeps_it_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal.stream)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((20, 24)))
    with shown.sign_of_life():
        told.doing("something that takes more words than fit")
        terminal.wait_for("something that takes"[:19])
    assert all(len(part) < 20 for part in re.findall(r"\r([^\x1b]*)", terminal.close()))


def test_a_name_that_a_terminal_would_obey_is_shown_as_an_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(told, "_now", {"phase": told.Doing("table \x1b[2J"), "whole": told.Doing("")})
    assert "\x1b" not in shown._Line(stream)._text()


def test_tenants_are_counted_as_a_whole_whatever_each_does() -> None:
    told.nothing()
    told.doing_all(12, 400, "tenants", ", 3 different")
    told.doing("reading the catalog of the database")
    assert told.current() == "12 of 400 tenants, 3 different"
    told.nothing()
    assert told.current() == ""


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    told.nothing()
