#!/usr/bin/env python3
"""The door of the commit hooks: finds the project's own interpreter, and runs ``schemadrift`` there.

Models can be imported only where the project's packages are. This file is run as it is, in no environment of a hook:
it needs nothing but the standard library of Python 3.9 or later, whichever the PATH has.

    schemadrift_hook.py [--project FOLDER] COMMAND [OPTION]...

Exit codes are those of the command; 2 where no interpreter of the project has pytest-schemadrift.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

try:
    import tomllib
except ImportError:  # before Python 3.11, as on macOS
    tomllib = None

COULD_NOT_TELL = 2
NOT_INSTALLED = 93
"""What the launcher exits with where the package is not there; no command does."""

# One process finds out whether the package is there, and runs it: starting Python twice would cost more than the hook.
LAUNCHER = f"""
import sys
from importlib.util import find_spec
if find_spec("pytest_schemadrift") is None:
    sys.exit({NOT_INSTALLED})
from pytest_schemadrift.cli import main
main()
"""


def main(arguments: Sequence[str]) -> int:
    """Run the command in the first interpreter that has it, and return its exit code."""
    folder, command = _project(list(arguments))
    if not folder.is_dir():
        print(f"schemadrift: there is no folder {folder}\n  to do: correct --project in the hook's args")
        return COULD_NOT_TELL
    environment = of_the_project(os.environ)
    tried: list[str] = []
    for name, python in candidates(folder, environment):
        if not python.is_file():
            tried.append(f"{name} (not there)")
            continue
        try:
            done = subprocess.run([python, "-c", LAUNCHER, *command], cwd=folder, env=environment, check=False)
        except OSError as error:
            tried.append(f"{name} ({error.strerror or error})")
            continue
        if done.returncode != NOT_INSTALLED:
            return done.returncode if done.returncode >= 0 else COULD_NOT_TELL
        tried.append(f"{name} (without pytest-schemadrift)")
    print("schemadrift: no interpreter of this project has pytest-schemadrift")
    print(f"  tried: {', '.join(tried)}")
    print("  to do: install it in the project's environment: pip install pytest-schemadrift")
    print('  to do: or name the interpreter in pyproject.toml: [tool.schemadrift] python = ".venv/bin/python"')
    return COULD_NOT_TELL


def _project(arguments: list[str]) -> tuple[Path, list[str]]:
    """The folder that ``--project`` names, and the other arguments."""
    if "--project" in arguments[:-1]:
        place = arguments.index("--project")
        return Path(arguments[place + 1]).resolve(), arguments[:place] + arguments[place + 2 :]
    return Path.cwd(), arguments


def candidates(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """(what a person calls it, its path) of every interpreter that may be the project's, the surest first."""
    seen: set[str] = set()
    for name, python in _every(folder, environment):
        if str(python) not in seen:
            seen.add(str(python))
            yield name, python


def _every(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    if environment.get("SCHEMADRIFT_PYTHON"):
        yield "$SCHEMADRIFT_PYTHON", folder / environment["SCHEMADRIFT_PYTHON"]
    roots = [folder, *_above(folder)]
    yield from _set_in(roots, folder)
    if environment.get("UV_PROJECT_ENVIRONMENT"):
        yield from _in_environment("$UV_PROJECT_ENVIRONMENT", folder / environment["UV_PROJECT_ENVIRONMENT"])
    yield from _beside(roots, folder)
    if environment.get("CONDA_PREFIX"):
        yield from _in_environment("$CONDA_PREFIX", Path(environment["CONDA_PREFIX"]))
    yield from _on_path(environment)
    others = _main_checkouts(folder)
    yield from _set_in(others, folder)
    yield from _beside(others, folder)
    for root in (*roots, *others):
        yield from _of_poetry(root, environment)


def _set_in(roots: Sequence[Path], folder: Path) -> Iterator[tuple[str, Path]]:
    for root in roots:
        settings = _settings(root)
        if settings:
            place = root / settings.replace("\\", "/")  # as somebody on Windows may have written it
            yield f"python = {settings!r} of {_short(root, folder)}pyproject.toml", place


def _beside(roots: Sequence[Path], folder: Path) -> Iterator[tuple[str, Path]]:
    for root in roots:
        for name in (".venv", "venv", "env"):
            yield from _in_environment(f"{_short(root, folder)}{name}", root / name)
        yield from _of_pdm(root, folder)


def _short(root: Path, folder: Path) -> str:
    """The beginning of a path as a person in ``folder`` would write it."""
    return "" if root == folder else f"{os.path.relpath(root, folder)}{os.sep}"


def _above(folder: Path) -> list[Path]:
    """The folders between the project and the root of its checkout: a workspace has one environment for all."""
    found: list[Path] = []
    for place in (folder, *folder.parents):
        if place != folder:
            found.append(place)
        if (place / ".git").exists():
            return found
    return []


def _main_checkouts(folder: Path) -> list[Path]:
    """The same folders in the main checkout, where this is a worktree of Git: environments are seldom made twice."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--path-format=absolute", "--git-common-dir", "--show-toplevel"],
            cwd=folder,
            env={name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return []
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != 2:
        return []
    main, top = Path(lines[0]).parent, Path(lines[1])
    if main == top or not folder.is_relative_to(top):
        return []
    inside = folder.relative_to(top)
    return [main / inside, main] if inside.parts else [main]


def _settings(root: Path) -> str:
    """``[tool.schemadrift] python`` of a folder. A file that is no TOML is the command's to complain about."""
    try:
        text = (root / "pyproject.toml").read_text("utf-8")
        if tomllib is None:
            return _setting_by_lines(text)
        return str(tomllib.loads(text).get("tool", {}).get("schemadrift", {}).get("python", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _setting_by_lines(text: str) -> str:
    """The same without a parser: a plain ``python = "..."`` below ``[tool.schemadrift]``."""
    table = re.search(r"^\[tool\.schemadrift\][^\n]*\n(.*?)(?=^\[|\Z)", text, re.M | re.S)
    line = re.search(r"""^\s*python\s*=\s*(?:"([^"\\\n]*)"|'([^'\n]*)')""", table[1], re.M) if table else None
    return (line[1] or line[2] or "") if line else ""


def _in_environment(name: str, environment: Path) -> Iterator[tuple[str, Path]]:
    """The interpreter of a virtual or Conda environment, in the layouts of POSIX and of Windows."""
    layouts = ("bin/python", "Scripts/python.exe", "python.exe")
    found = next((environment / layout for layout in layouts if (environment / layout).is_file()), None)
    yield name, found or environment / layouts[0]


def _of_pdm(root: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """PDM writes the path of its interpreter into a file."""
    place = root / ".pdm-python"
    if place.is_file():
        yield f"{_short(root, folder)}.pdm-python", Path(place.read_text("utf-8", errors="replace").strip())


def _on_path(environment: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    for part in environment.get("PATH", "").split(os.pathsep):
        for name in ("python3", "python", "python.exe"):
            if part and (Path(part) / name).is_file():
                yield str(Path(part) / name), Path(part) / name
                break


def _of_poetry(root: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Poetry keeps environments elsewhere, and says where; asked last, because that takes it a second."""
    if not (root / "poetry.lock").is_file():
        return
    homes = [Path(part) / "poetry" for part in environment.get("PATH", "").split(os.pathsep) if part]
    for poetry in (*homes, Path.home() / ".local/bin/poetry"):
        if poetry.is_file():
            done = subprocess.run(
                [poetry, "env", "info", "--executable"],
                cwd=root,
                env=dict(environment),
                capture_output=True,
                text=True,
                check=False,
            )
            if done.stdout.strip():
                yield "poetry env info", Path(done.stdout.strip())
            return


def of_the_project(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for another interpreter than the one that runs this."""
    names = ("VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", "PYTHONHOME", "__PYVENV_LAUNCHER__")
    left = {name: value for name, value in environment.items() if name not in names}
    # What is staged is in the files for a moment only: its byte code would pass for that of the files that come back.
    left["PYTHONDONTWRITEBYTECODE"] = "1"
    return left


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
