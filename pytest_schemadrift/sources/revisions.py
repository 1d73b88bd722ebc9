"""Files as Git has them: a revision's text, and whether a file is on its way into a commit."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from pytest_schemadrift.errors import ConfigurationError


def is_revision(text: str) -> bool:
    """Whether this is ``REV:path`` as Git writes it (``HEAD:a.sql``, or ``:a.sql`` for what is staged)."""
    return ":" in text.rstrip(":") and "://" not in text and not Path(text).exists()


def revision_text(text: str, folder: Path) -> str:
    """The text of ``REV:path``; the path counts from the repository's root, or from ``folder`` where that has it.

    Raises ``ConfigurationError`` with Git's own words.
    """
    revision, _, path = text.partition(":")
    answers = [_git(["show", "--end-of-options", spelled], folder) for spelled in (text, f"{revision}:./{path}")]
    for answer in answers:
        if answer.returncode == 0:
            return answer.stdout.decode(errors="replace")
    reason = answers[0].stderr.decode(errors="replace").strip().splitlines() or ["no such revision"]
    raise ConfigurationError(
        f"Git cannot show {text!r}: {reason[0].removeprefix('fatal: ')}",
        where=str(folder),
        hint="write REVISION:path/from/the/root.sql, such as HEAD:schema/default.sql",
    )


def unknown_to_git(paths: Iterable[Path], folder: Path) -> list[Path]:
    """Those of these files that a commit would leave out, because nobody has ever added them.

    Empty where ``folder`` is no work tree, and for files that Git is told to ignore.
    """
    given = {str(path): path for path in paths}
    if not given:
        return []
    answer = _git(["ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", *given], folder)
    root = _git(["rev-parse", "--show-toplevel"], folder)
    if answer.returncode or root.returncode:
        return []
    top = Path(root.stdout.decode().rstrip("\n")).resolve()
    others = {top / name for name in answer.stdout.decode(errors="surrogateescape").split("\0") if name}
    return [path for path in given.values() if path.resolve() in others]


def head(folder: Path) -> str:
    """The commit that is checked out, ``a1b2c3d`` or ``a1b2c3d with changes``; empty where there is none."""
    commit = _git(["rev-parse", "--short", "HEAD"], folder)
    if commit.returncode:
        return ""
    changed = _git(["status", "--porcelain", "--untracked-files=no"], folder).stdout
    return commit.stdout.decode().strip() + (" with changes" if changed else "")


def _git(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run Git in ``folder``. Within a hook of a linked work tree, ``GIT_DIR`` alone would make any folder the root."""
    environment = {**os.environ}
    if "GIT_WORK_TREE" not in environment:
        environment.pop("GIT_DIR", None)
    try:
        return subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, check=False)
    except FileNotFoundError:
        return subprocess.CompletedProcess(arguments, 127, b"", b"git is not installed")
