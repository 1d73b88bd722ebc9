"""The documentation is true: every hazard, code, command, key and fixture is in it, and what it shows is accepted."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import click
import pytest

from pytest_schemadrift.cli import cli, hoisted
from pytest_schemadrift.codes import CHANGES, HAZARDS
from pytest_schemadrift.config import Settings
from pytest_schemadrift.servers import Server

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]


def test_every_hazard_has_its_section() -> None:
    text = (DOCS / "hazards.md").read_text()
    for entry in HAZARDS.values():
        assert f"## {entry.code}\n\n{entry.meaning}\n\n**What to do.** {entry.to_do}" in text


def test_every_change_code_has_its_row() -> None:
    text = (DOCS / "changes.md").read_text()
    for entry in CHANGES.values():
        assert f"| {entry.code} | {entry.title} | {entry.meaning} | {entry.to_do} |" in text


def test_every_command_and_option_is_documented() -> None:
    text = (DOCS / "commands.md").read_text()
    for name, command in cli.commands.items():
        assert f"## `schemadrift {name}`" in text
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.opts[0] in text or parameter.secondary_opts[0] in text, (name, parameter.opts)
    for parameter in cli.params:
        assert parameter.opts[0] in text or parameter.opts[0] == "--help"


def test_every_setting_is_documented() -> None:
    text = (DOCS / "configuration.md").read_text()
    for field in fields(Settings):
        if field.name not in ("project_dir", "place", "databases"):
            assert f"`{field.name}`" in text


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_shown_command_is_understood(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in re.findall(r"^\$ (schemadrift .+)$", page.read_text(), re.MULTILINE):
        words = hoisted(shlex.split(line, comments=True)[1:])
        cli.main([*words, "--help"], standalone_mode=False)  # refuses an unknown command or option before it helps
        assert "Usage:" in capsys.readouterr().out


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_make_knows_the_two_commands() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in re.findall(r"^\$ make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)


@pytest.mark.postgres
def test_the_transcript_of_the_readme_is_real(running_server: Callable[[str], Server]) -> None:
    running_server("postgres")  # skips where there is none
    found = re.search(
        r"<!-- transcript: .*? -->\n```console\n\$ .*?\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert found is not None
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--schema-drift"],
        cwd=ROOT / "examples" / "shop",
        env={**os.environ, "SHOP_DRIFT": "1", "NO_COLOR": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    printed = iter(done.stdout.splitlines())
    for line in found[1].splitlines():
        assert line in printed, line  # in this order, other lines between them
