"""Record a first hour on three projects: ``python docs/first_hour.py`` writes docs/first-hour.md.

Each has a home and an environment of its own, both empty, and is typed into a terminal of tmux. The cache of packages
and that of unpacked servers are the user's: what is downloaded on the first day is not measured. It takes some minutes
and is no part of CI.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pytest_schemadrift.core.cache import cache_folder
from pytest_schemadrift.servers import start_server

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "first-hour.md"
ANN = "/home/ann"
HOME = f"{ANN}/project"
CACHE = f"{ANN}/.cache/schemadrift"
SHOWN = 24
"""Lines of an answer; of a longer one, the first half and the last."""

MODELS = """\
from tortoise import fields
from tortoise.models import Model


class Customer(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=255)

    class Meta:
        table = "customers"
"""
LEDGER = MODELS.replace("Customer", "Entry").replace("customers", "entries").replace("email", "text")
SETTINGS = 'TORTOISE_ORM = {{"connections": {{{connections}}}, "apps": {{{apps}}}}}\n'


@dataclass(frozen=True)
class Story:
    """A project: the server that it is on, its files, and what is typed; ``{url}`` is that of its database."""

    title: str
    server: str
    extras: str
    files: dict[str, str]
    typed: tuple[str, ...]


EDIT = "sed -i 's/max_length=255/max_length=320/' {}/models.py"
STORIES = (
    Story(
        "Tortoise's migrations, PostgreSQL",
        "postgres",
        "postgres",
        {
            "shop/__init__.py": "",
            "shop/models.py": MODELS,
            "shop/settings.py": "import os\n\n"
            + SETTINGS.format(
                connections='"default": os.environ["DATABASE_URL"]',
                apps='"shop": {"models": ["shop.models"], "migrations": "shop.migrations"}',
            ),
            "pyproject.toml": '[tool.tortoise]\ntortoise_orm = "shop.settings.TORTOISE_ORM"\n',
        },
        (
            "tortoise init && tortoise makemigrations && tortoise migrate",
            "schemadrift init",
            "schemadrift doctor",
            "schemadrift check",
            EDIT.format("shop"),
            "schemadrift check",
            "tortoise makemigrations --name longer_mails",
            "schemadrift check --source live",
            "tortoise migrate",
            "schemadrift check --source all",
            "pytest --schema-drift -q",
        ),
    ),
    Story(
        "Aerich, MariaDB, packages below src",
        "mariadb",
        "mysql",
        {
            "src/shop/__init__.py": "",
            "src/shop/models.py": MODELS,
            "src/shop/settings.py": "import os\n\n"
            + SETTINGS.format(
                connections='"default": os.environ["DATABASE_URL"]',
                apps='"shop": {"models": ["shop.models", "aerich.models"], "default_connection": "default"}',
            ),
            "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n',
        },
        (
            "export PYTHONPATH=src",
            "aerich init -t shop.settings.TORTOISE_ORM && aerich init-db",
            "unset PYTHONPATH",
            "schemadrift init",
            "schemadrift check",
            EDIT.format("src/shop"),
            "schemadrift check",
            "schemadrift make-migration --name longer_mails",
            "PYTHONPATH=src aerich upgrade",
            "PYTHONPATH=src aerich history",
            "schemadrift check --source live",
            "pytest --schema-drift -q",
        ),
    ),
    Story(
        "No migrations, two SQLite databases",
        "",
        "",
        {
            "shop/__init__.py": "",
            "shop/models.py": MODELS,
            "shop/ledger.py": LEDGER,
            "shop/settings.py": SETTINGS.format(
                connections='"default": "sqlite://shop.sqlite3", "ledger": "sqlite://ledger.sqlite3"',
                apps='"shop": {"models": ["shop.models"]}, '
                '"ledger": {"models": ["shop.ledger"], "default_connection": "ledger"}',
            ),
        },
        (
            "schemadrift init",
            "schemadrift migrate",
            "schemadrift check",
            EDIT.format("shop"),
            "schemadrift check",
            "schemadrift apply --yes",
            "schemadrift snapshot",
            "pytest --schema-drift -q",
        ),
    ),
)


class Terminal:
    """A shell in tmux, with an environment of its own and nothing in it that is there already."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.name, self.number = folder, f"first-hour-{os.getpid()}", 0
        kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
        environment = {
            **kept,
            "HOME": str(folder / "home"),
            "PATH": f"{folder / 'venv' / 'bin'}:/usr/bin:/bin",
            "SCHEMADRIFT_CACHE_DIR": str(cache_folder()),
            "DATABASE_URL": url,
            "TERM": "screen",
            "NO_COLOR": "1",
            "PS1": "$ ",
        }
        words = [f"{name}={value}" for name, value in environment.items()]
        self._tmux("new-session", "-d", "-s", "w", "-x", "150", "-y", "50", "-c", str(folder / "project"),
                   shlex.join(["env", "-i", *words, "bash", "--norc", "--noprofile"]))  # fmt: skip
        self._tmux("set-option", "-g", "history-limit", "20000")

    def _tmux(self, *words: str) -> str:
        return subprocess.run(["tmux", "-L", self.name, *words], check=True, capture_output=True, text=True).stdout

    def type(self, command: str) -> tuple[str, float]:
        """What a command printed, and the seconds that it took."""
        self.number += 1
        answer = self.folder / f"answer{self.number}"
        self._tmux("send-keys", "-t", "w", "clear", "Enter")
        begin = time.monotonic()
        line = f"{{ {command}; }} 2>&1 | tee {answer}; tmux -L {self.name} wait-for -S done"
        keeps = command.startswith(("export", "unset"))
        line = f"{command}; touch {answer}; tmux -L {self.name} wait-for -S done" if keeps else line
        self._tmux("send-keys", "-t", "w", "-l", line)
        self._tmux("send-keys", "-t", "w", "Enter")
        self._tmux("wait-for", "done")
        return answer.read_text("utf-8", errors="replace"), time.monotonic() - begin

    def close(self) -> None:
        """End the session."""
        self._tmux("kill-server")


def wheel(folder: Path) -> Path:
    """The package as it would be released."""
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
                   check=True, capture_output=True)  # fmt: skip
    return next(folder.glob("*.whl"))


def install(folder: Path, package: Path, story: Story) -> float:
    """Make an environment and install the package, the ORM's tools and pytest; the seconds that it took."""
    begin = time.monotonic()
    extras = f"[{story.extras}]" if story.extras else ""
    tools = ["aerich[toml]"] if story.server == "mariadb" else []
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", str(folder / "venv")], check=True)
    python = str(folder / "venv" / "bin" / "python")
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, f"{package}{extras}", *tools], check=True)
    return time.monotonic() - begin


def shown_as(text: str, names: dict[str, str]) -> list[str]:
    """The lines of an answer, with other names for what is of this machine."""
    for name, other in names.items():
        text = text.replace(name, other) if name else text
    return text.rstrip().splitlines()


def told(folder: Path, story: Story, package: Path, url: str) -> list[str]:
    """The story as a section of the page."""
    (folder / "home").mkdir(parents=True)
    for name, text in story.files.items():
        path = folder / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    seconds = install(folder, package, story)
    lines = [f"## {story.title}", "", f"Creating an environment with the package and its tools: {seconds:.0f} s."]
    terminal, whole = Terminal(folder, url), 0.0
    names = {str(folder / "project"): HOME, str(folder): ANN, str(cache_folder()): CACHE, url: "…"}
    try:
        for command in story.typed:
            text, seconds = terminal.type(command)
            whole += seconds
            shown = shown_as(text, names)
            if len(shown) > SHOWN:
                left = len(shown) - SHOWN
                shown = [*shown[: SHOWN // 2], f"[{left} lines]", *shown[-SHOWN // 2 :]]
            lines += ["", f"{seconds:.1f} s", "", "```text", f"$ {command}", *(item.rstrip() for item in shown), "```"]
    finally:
        terminal.close()
    return [*lines, "", f"All commands: {whole:.0f} s.", ""]


def main() -> None:
    """Write the page."""
    lines = [
        "# A first hour, recorded",
        "",
        "The first hour with schemadrift in three projects: each command, what it prints, and how long it takes.",
        f"Recorded by `python docs/first_hour.py` on {time.strftime('%-d %B %Y')}, on {os.cpu_count()} cores at a load "
        f"average of {os.getloadavg()[0]:.0f}.",
        "The home directory and the environment were empty; packages and servers were already in a cache.",
        "",
    ]
    with tempfile.TemporaryDirectory(prefix="first-hour-") as base:
        package = wheel(Path(base))
        for number, story in enumerate(STORIES):
            folder = Path(base) / str(number)
            if not story.server:
                lines += told(folder, story, package, "")
                continue
            with start_server(story.server) as server:
                lines += told(folder, story, package, server.server.create_database("shop"))
    PAGE.write_text("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
