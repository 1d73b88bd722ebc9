"""-q and -v mean the same in every command: quiet, only what fails and what was asked for; verbose, more lines."""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from pytest_schemadrift.cli import cli
from tests.harness import Finished, typed

SETTINGS = """
TORTOISE_ORM = {
    "connections": {"default": "sqlite://shop.sqlite3"},
    "apps": {"shop": {"models": ["shop.models"], "default_connection": "default"}},
}
"""
MODELS = """
from tortoise import fields
from tortoise.models import Model

class User(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=50, default="")

    class Meta:
        table = "users"
"""
STATES = {
    "in sync": "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, email VARCHAR(50) NOT NULL)",
    "drifted": "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, email TEXT)",
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "init": ("init",),
    "doctor": ("doctor",),
    "check": ("check",),
    "gate": ("gate",),
    "diff": ("diff",),
    "export": ("export",),
    "reverse": ("reverse", "users"),
    "reverse-generation": ("reverse-generation", "users", "-o", "made.py"),
    "history": ("history", "record.jsonl"),
    "explain": ("explain", "SD201"),
    "apply": ("apply", "--yes"),
    "auto-migrate": ("auto-migrate", "--no-safe", "--no-guided"),
    "plan": ("plan",),
    "migrate": ("migrate",),
    "fix-sequences": ("fix-sequences",),
    "make-migration": ("make-migration",),
    "snapshot": ("snapshot",),
    "baseline": ("baseline",),
    "merge": ("merge", "report.json"),
}
ENDLESS = {"watch"}
"""The commands that say something only where something changes, whatever the option; their own tests end them."""
ASKED_FOR = {"diff", "export", "reverse", "explain"}
"""The commands whose output is what was asked for."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quiet") / "project"
    (folder / "shop").mkdir(parents=True)
    (folder / "shop/__init__.py").touch()
    (folder / "shop/models.py").write_text(MODELS)
    (folder / "shop/settings.py").write_text(SETTINGS)
    (folder / "pyproject.toml").write_text('[tool.schemadrift]\ntortoise_orm = "shop.settings.TORTOISE_ORM"\n')
    return folder


def ran(project: Path, tmp_path: Path, state: str, *arguments: str) -> Finished:
    """The command in a new copy of the project, whose database is in that state."""
    folder = tmp_path / "project"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(project, folder)
    connection = sqlite3.connect(folder / "shop.sqlite3")
    connection.executescript(STATES[state])
    connection.close()
    if "history" in arguments:
        typed(folder, "check", "--record", "record.jsonl")
    if "merge" in arguments:
        typed(folder, "check", "--format", "json", "-o", "report.json")
    return typed(folder, *arguments)


def test_every_command_is_tried() -> None:
    assert {*COMMANDS, *ENDLESS} == set(cli.every_command())


@pytest.mark.slow  # as a whole: every command, in sync and drifted
@pytest.mark.sqlite
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", COMMANDS)
def test_quiet_and_verbose(project: Path, tmp_path: Path, command: str, state: str) -> None:
    usual, quiet = (ran(project, tmp_path, state, *COMMANDS[command], *option) for option in ((), ("-q",)))
    assert quiet.returncode == usual.returncode
    lines, told = _lines(usual), _lines(quiet)
    if command in ASKED_FOR:
        assert quiet.stdout == usual.stdout
    elif usual.returncode == 0:
        fails = command == "history" and state == "drifted"  # nobody fixed it
        assert bool(told) == fails, told
    else:
        assert told, "it fails, and nobody knows why"
        assert len(told) <= 5
    assert set(told) <= set(lines), "in the same words"
    if state == "in sync":
        return
    verbose = ran(project, tmp_path, state, *COMMANDS[command], "-v")
    assert verbose.returncode == usual.returncode
    assert {line for line in lines if "-v shows" not in line} <= set(_lines(verbose)), "verbose, nothing is left out"


def _lines(done: Finished) -> list[str]:
    """What it printed; the SQL that a line is about is "above" only where it is shown."""
    text = _TIME.sub("...", done.stdout + done.stderr)
    return text.replace("  all of it runs", "  the SQL above runs").splitlines()


_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:+]+")


@pytest.mark.sqlite
def test_a_report_in_a_format_for_programs_is_whole(project: Path, tmp_path: Path) -> None:
    for options in (("--format", "json"), ("-o", "report.txt")):
        usual, quiet = (ran(project, tmp_path, "drifted", "check", *options, *more) for more in ((), ("-q",)))
        assert usual.stdout == quiet.stdout
    assert "users.email" in (tmp_path / "project/report.txt").read_text()
