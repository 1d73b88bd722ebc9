"""The documentation is true: every hazard, code, command, key and fixture is in it, and what it shows is accepted."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import shlex
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from pytest_schemadrift.cli import cli, hoisted
from pytest_schemadrift.planning.codes import CHANGES
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.sources.database import open_server
from tests.harness import compare_with_script, load, run

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = _generator()


@pytest.mark.processes
def test_the_reference_is_what_the_code_says() -> None:
    wrong = [str(path.relative_to(ROOT)) for path in GENERATE.outdated()]
    assert not wrong, f"out of date: {wrong}; to do: python docs/generate.py"


def test_every_code_has_an_example_that_shows_it() -> None:
    assert list(GENERATE.examples()) == list(CHANGES)
    for code in CHANGES:
        for dialect, said in GENERATE.example(code):
            steps = GENERATE.plan_of(dialect, said).steps
            assert any(code in GENERATE.codes_in(step) for step in steps), (code, dialect)


@pytest.mark.slow
@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in GENERATE.DIALECTS]
)
def test_the_sql_of_every_example_is_accepted_and_enough(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def carry_out() -> None:
        for code in CHANGES:
            for name, said in GENERATE.example(code):
                if name == dialect:
                    async with open_server(fresh_database(dialect)) as server:
                        await load(server, said["old"])
                        await load(server, GENERATE.plan_of(dialect, said, server.info).sql())
                        left = await compare_with_script(server, said["new"], Policy(whole=True, names="strict"))
                        assert not left.plan, (code, left.plan.sql())

    run(carry_out())


SCRIPT = r"```sql\n(.+?)\n```"
FOUND = rf"The database has\n\n(?:{SCRIPT}|nothing of it)"
FOR_SQLITE = [page for page in sorted(DOCS.glob("codes/*.md")) if re.search("^### .*SQLite$", page.read_text(), re.M)]


@pytest.mark.parametrize("page", FOR_SQLITE, ids=lambda page: page.stem)
def test_the_sql_that_a_page_shows_for_sqlite_runs_as_it_is_printed(page: Path) -> None:
    head, *sections = page.read_text("utf-8").split("\n### ")
    section = next(section for section in sections if "SQLite" in section.partition("\n")[0])
    found = re.search(FOUND, section, re.DOTALL) or re.search(FOUND, head, re.DOTALL)
    assert found is not None
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(found[1] or "")
        before = connection.execute("SELECT * FROM sqlite_master").fetchall()
        connection.executescript(re.findall(SCRIPT, section, re.DOTALL)[-1])
        assert connection.execute("SELECT * FROM sqlite_master").fetchall() != before
        assert not connection.in_transaction


def test_nothing_that_the_code_says_is_left_out_of_the_reference() -> None:
    """Each command with its options, the keys, hooks, fixtures, errors, codes, hazards, the functions, the report."""
    used = [name for page in pages() for name in re.findall(r"<!-- generated: (.+?) -->", page.read_text())]
    assert sorted(used) == sorted(GENERATE.regions())
    assert {f"command {name}" for name in cli.every_command()} <= set(used)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_shown_command_is_understood(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in re.findall(r"^\$ (schemadrift .+)$", page.read_text(), re.MULTILINE):
        given = re.sub(r"\$(\w+_URL|\{\w+_URL[^}]*\})", "postgres://user@host/name", line)
        words = hoisted(shlex.split(given, comments=True)[1:])
        cli.main([*words, "--help"], standalone_mode=False)  # refuses an unknown command or option before it helps
        assert "Usage:" in capsys.readouterr().out


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_make_knows_the_two_commands() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in re.findall(r"^\$ make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)
