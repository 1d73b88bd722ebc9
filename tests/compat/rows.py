"""The rows of the compatibility table: releases of Tortoise that projects pin, each with an Aerich that fits it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
INSIDE = ROOT / "tests" / "compat" / "inside"
EXERCISE = INSIDE / "exercise.py"
DIALECTS = ("sqlite", "postgres", "mariadb", "mysql")


@dataclass(frozen=True)
class Row:
    """One environment: ``lowest`` and ``needs`` are further requirements, ``python`` is a version, or this one's own.

    ``needs`` is what that Tortoise itself cannot do without, though it does not ask for it.
    """

    tortoise: str
    aerich: str = ""
    python: str = ""
    lowest: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        python = self.python or f"{sys.version_info.major}.{sys.version_info.minor}"
        return f"tortoise-{self.tortoise}-python-{python}" + ("-lowest" if self.lowest else "")

    @property
    def requirements(self) -> list[str]:
        aerich = [f"aerich[toml]=={self.aerich}"] if self.aerich else []  # an extra from 0.8 on
        return [f"tortoise-orm=={self.tortoise}", *aerich, *self.lowest, *self.needs]


LOWEST = (
    "pytest==7.4.0", "pluggy==1.3.0", "click==8.1.0", "rich==13.0.0", "filelock==3.12.0", "platformdirs==4.0.0",
    "aiosqlite==0.17.0", "asyncpg==0.27.0", "asyncmy==0.2.8", "cryptography==42.0.0",
    "packaging==21.3",
)  # fmt: skip
"""The lower bounds of ``pyproject.toml`` with the oldest Tortoise; the embedded server wants platformdirs 4."""

STARTED = ("aiosqlite<0.22",)
"""Until 0.24 Tortoise starts a connection as a thread, which since aiosqlite 0.22 it is not (0.19 wants <0.18)."""

ROWS = (
    Row("0.19.3", "0.6.3"),
    Row("0.19.3", lowest=LOWEST),
    Row("0.20.1", "0.7.2", needs=STARTED),
    Row("0.21.7", "0.7.2", needs=STARTED),
    Row("0.22.2", "0.8.2", needs=STARTED),
    Row("0.23.0", "0.8.2", needs=STARTED),
    Row("0.24.2", "0.8.2", needs=STARTED),
    Row("0.25.4", "0.9.2"),
    Row("1.0.0"),
    Row("1.1.2", "0.10.1"),
    Row("1.1.7", "0.10.1"),
    Row("1.1.9", "0.10.1"),
    Row("1.1.9", "0.10.1", python="3.12"),
    Row("1.1.9", "0.10.1", python="3.13"),
    Row("1.1.9", "0.10.1", python="3.14"),
)
IN_CI = ("0.19.3", "0.21.7", "0.25.4", "1.0.0")
"""And the newest, with which the whole suite runs."""


class NoEnvironment(Exception):
    """What an environment needs cannot be installed here."""


def environment(row: Row, folder: Path) -> Path:
    """Make the environment of a row, or take the one that is there; returns its interpreter.

    Raises ``NoEnvironment`` with the installer's reason.
    """
    place = folder / row.name
    python = place / "bin" / "python"
    stamp = place / "stamp"
    wanted = "\n".join([*row.requirements, (ROOT / "pyproject.toml").read_text()])
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    _uv("venv", "--quiet", "--clear", "--python", _interpreter(row.python), str(place))
    _uv("pip", "install", "--quiet", "--python", str(python), "--editable", f"{ROOT}[all]", *row.requirements)
    stamp.write_text(wanted)
    return python


def _interpreter(version: str) -> str:
    """The interpreter of a version for ``uv venv``; pyenv's, which are not on the path, where they are."""
    if not version:
        return sys.executable
    installed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    return next((str(path) for path in sorted(installed.glob(f"{version}.*/bin/python3"))), version)


def _uv(*arguments: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    try:
        subprocess.run([uv, *arguments], check=True, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoEnvironment(str(error)) from None
    except subprocess.CalledProcessError as error:
        raise NoEnvironment(str(error.stderr).strip()[-600:]) from None


def exercise(python: Path, dialects: tuple[str, ...], work: Path, only: str = "") -> dict[str, str]:
    """Run the exercise in an environment; test -> ``passed``, ``skipped``, or the reason why it failed."""
    report = work / "report.xml"
    arguments = ["-m", "pytest", "--noconftest", "-c", os.devnull, "--rootdir", str(INSIDE), "-p", "no:cacheprovider"]
    arguments += ["-q", "--tb=short", "--basetemp", str(work / "tmp"), f"--junitxml={report}", str(EXERCISE)]
    done = subprocess.run(
        [python, "-W", "ignore", *arguments, *(["-k", only] if only else [])],
        cwd=work,
        env={**os.environ, "SCHEMADRIFT_COMPAT_DIALECTS": " ".join(dialects)},
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.is_file():
        return {"start": (done.stdout + done.stderr)[-2000:]}
    return {case.attrib["name"]: _outcome(case) for case in ElementTree.parse(report).iter("testcase")}


def _outcome(case: ElementTree.Element) -> str:
    for child in case:
        if child.tag in ("failure", "error"):
            return f"{child.attrib.get('message', '')}\n{child.text or ''}"
        if child.tag == "skipped":
            return "skipped"
    return "passed"
