"""A page of the documentation as something that can be carried out, from its first block to its last.

- A block with ``title="path"`` is a file of the reader's project: it is written.
- A ``console`` block is a session in a shell: what stands below a ``$ command`` is what it must print. A line ``...``
  stands for any lines; a command with nothing below it must only succeed, or find drift.
- ``<!-- project: examples/shop -->`` begins in a copy of that folder. A page that writes files begins in an empty one;
  any other begins in ``examples/notes``, its database in sync.
- ``<!-- server: postgres as DATABASE_URL -->`` gives the commands the URL of an empty database. With several dialects,
  ``postgres, mariadb as …``, the page is carried out on each.
- ``<!-- needs: postgres -->`` says that the commands start such a server by themselves.
- ``<!-- run: command -->`` is done without being shown.
- ``<!-- sql: statements -->`` is done in the database of the first ``server``, without being shown.
- ``<!-- not run: reason -->`` leaves out the block that follows.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_schemadrift.sources.database import open_server
from tests.forks import programs
from tests.harness import PLUGINS_OFF, load

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
HOME = "/home/ann/project"
"""Where the pages say that the project is."""
DEFAULT_PROJECT = "examples/notes"
ANY = "..."
END = "\x1e"
"""Printed after each command, with its exit code."""

PART = re.compile(
    r"^<!-- (?P<directive>project|server|needs|run|sql|not run): (?P<argument>.+?) -->$"
    r"|^(?P<margin> *)```(?P<language>\w+)(?P<attributes>[^\n]*)\n(?P<text>.*?)^(?P=margin)```$",
    re.MULTILINE | re.DOTALL,
)
MASKS = (
    (re.compile(r"\b\d+(\.\d+)?( ?ms| ?s|s)\b"), "0 s"),
    (re.compile(r"\b(sqlite|postgres|mysql|mariadb) \d+(\.\d+)+"), r"\1 0"),
    (re.compile(r"\bt\d+_\d+\b"), "shop"),  # the name of a test's database
    (re.compile(r"--database-url '?asyncpg://[\w.@:-]*/shop\b\S*"), "--database-url asyncpg://db/shop"),
    (re.compile(r"\b20\d\d-\d\d-\d\dT[\d:]+\+00:00"), "2026-01-01T00:00:00+00:00"),
    (re.compile(r"(?<!\S)([=_-])\1*(?!\S)"), r"\1\1\1"),
)
"""What differs from run to run: times, versions, names of databases, the width of a rule."""


@dataclass
class Block:
    """A fenced block: its language, its title, its text without the margin, and the line that it begins on."""

    language: str
    title: str
    text: str
    line: int
    left_out: str = ""
    """Why it is not run."""

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Each command with the lines that it must print; a line that ends in a backslash goes on."""
        command, printed = "", list[str]()
        for line in self.text.splitlines():
            if command.endswith("\\"):
                command += "\n" + line.removeprefix(">")
            elif line.startswith("$ "):
                if command:
                    yield command, printed
                command, printed = line[2:], []
            else:
                printed.append(line)
        if command:
            yield command, printed


@dataclass(frozen=True)
class Sql:
    """Statements that make the database what the page speaks of."""

    text: str


@dataclass
class Page:
    """The parts of a page in order."""

    path: Path
    project: str = ""
    servers: dict[str, str] = field(default_factory=dict)
    """Environment variable -> dialect."""
    others: list[str] = field(default_factory=list)
    """More dialects for the first of these: the whole page is carried out on each."""
    needs: list[str] = field(default_factory=list)
    """The dialects whose servers the commands start."""
    steps: list[Block | Sql | str] = field(default_factory=list)
    """Blocks, and what is done without being shown."""

    @property
    def name(self) -> str:
        """The path from the root of the repository."""
        return str(self.path.relative_to(ROOT))

    def on_each(self) -> list[Page]:
        """The page on each of its servers."""
        first = next(iter(self.servers), "")
        return [self, *(replace(self, servers={**self.servers, first: other}) for other in self.others)]

    @property
    def blocks(self) -> list[Block]:
        """The blocks alone."""
        return [step for step in self.steps if isinstance(step, Block)]


def read(path: Path, text: str | None = None) -> Page:
    """A page from its file, or from a text in its place."""
    page, text, reason = Page(path), path.read_text("utf-8") if text is None else text, ""
    for part in PART.finditer(text):
        argument = part["argument"]
        match part["directive"]:
            case "project":
                page.project = argument
            case "server":
                dialects, _, variable = argument.partition(" as ")
                page.servers[variable], *others = dialects.split(", ")
                page.others += others
            case "needs":
                page.needs.append(argument)
            case "run":
                page.steps.append(argument)
            case "sql":
                page.steps.append(Sql(argument))
            case "not run":
                reason = argument
            case _:
                title = re.search(r'title="([^"]+)"', part["attributes"])
                lines = [line.removeprefix(part["margin"]) for line in part["text"].splitlines(keepends=True)]
                place = text.count("\n", 0, part.start()) + 1
                page.steps.append(Block(part["language"], title[1] if title else "", "".join(lines), place, reason))
                reason = ""
    return page


def all_pages() -> list[Page]:
    """The README and everything below ``docs``."""
    return [read(path) for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))]


def carry_out(page: Page, folder: Path, urls: Mapping[str, str]) -> None:
    """Write the files of a page and run its commands in ``folder``; fails where it prints something else."""
    environment = environment_of_a_reader(urls)
    steps = list(page.steps)
    if page.project or not any(block.title for block in page.blocks):
        without = shutil.ignore_patterns("__pycache__", "*.sqlite3*")
        shutil.copytree(ROOT / (page.project or DEFAULT_PROJECT), folder, ignore=without)
        if not page.project:
            steps.insert(0, "touch notes.sqlite3 && schemadrift apply --yes")
    else:
        folder.mkdir()
    for step in steps:
        if isinstance(step, str):
            code, printed = session([step], folder, environment)[0]
            assert code == 0, f"{page.name}: {step}\n{printed}"
        elif isinstance(step, Sql):
            asyncio.run(_execute(next(iter(urls.values())), step.text))
        elif step.title and not step.left_out:
            target = folder / step.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(step.text, "utf-8")
        elif step.language == "console" and not step.left_out:
            _carry_out_block(page, step, folder, environment)


async def _execute(url: str, script: str) -> None:
    async with open_server(url) as server:
        await load(server, script)


def _carry_out_block(page: Page, block: Block, folder: Path, environment: Mapping[str, str]) -> None:
    wanted = list(block.commands())
    answers = session([command for command, _ in wanted], folder, environment)
    for (command, expected), (code, printed) in zip(wanted, answers, strict=True):
        where = f"{page.name}:{block.line}: $ {command} (exit code {code})"
        assert code in (0, 1), f"{where}\n{printed}"
        if any(line.strip() for line in expected):
            found = printed.replace(str(folder), HOME)
            assert alike(expected, found.splitlines()), f"{where} prints\n{found}"
        else:
            assert "Traceback" not in printed, f"{where}\n{printed}"


def environment_of_a_reader(urls: Mapping[str, str]) -> dict[str, str]:
    """A shell in which the package is installed and nothing is configured."""
    hidden = ("TORTOISE_ORM", "FORCE_COLOR", "PY_COLORS", "CI", "GITHUB_WORKSPACE", "PYTEST_ADDOPTS", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    folders = [str(folder) for folder in (programs(), Path(sys.executable).parent) if folder]
    if sockets := [url.partition("?host=")[2] for url in urls.values() if "?host=" in url]:
        kept["PGHOST"] = sockets[0]  # so that a page may write $DATABASE_URL?schema=…
    return {
        **kept,
        **{variable: url.partition("?host=")[0] for variable, url in urls.items()},
        "PATH": os.pathsep.join([*folders, os.environ["PATH"]]),
        "PYTEST_ADDOPTS": " ".join(PLUGINS_OFF),
        "NO_COLOR": "1",
        "COLUMNS": "80",
        "PYTHONDONTWRITEBYTECODE": "1",  # a model that is edited twice in a second is read anew
    }


def session(commands: list[str], folder: Path, environment: Mapping[str, str]) -> list[tuple[int, str]]:
    """Run commands one after the other in one shell; the exit code and what each printed."""
    script = "".join(f"{command}\nstatus=$?; printf '{END}%s{END}' $status; (exit $status)\n" for command in commands)
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    parts = done.stdout.split(END)
    return [(int(code), printed) for printed, code in zip(parts[:-1:2], parts[1::2], strict=True)]


def alike(expected: list[str], printed: list[str]) -> bool:
    """Whether the lines are those expected, ``...`` standing for any number of lines."""
    lines = [masked(line) for line in printed if line.strip()]
    wanted = [masked(line) for line in expected if line.strip()]
    places = {0}
    for line in wanted:
        if line == ANY:
            places = set(range(min(places), len(lines) + 1)) if places else places
        else:
            places = {place + 1 for place in places if place < len(lines) and lines[place] == line}
    return len(lines) in places


def masked(line: str) -> str:
    """A line without what differs from run to run."""
    for pattern, mask in MASKS:
        line = pattern.sub(mask, line)
    return line.strip()
