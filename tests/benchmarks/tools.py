"""The tools of others, made ready in the cache folder: programs of Debian's packages, and environments of Python."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

from filelock import FileLock

from pytest_schemadrift.core.cache import cache_folder
from pytest_schemadrift.core.private import private_folder
from pytest_schemadrift.servers import provision
from pytest_schemadrift.servers.find import loader
from pytest_schemadrift.servers.provision import Package

SUITE = "sid"
"""Skeema of the stable releases knows no MariaDB 11.8."""


def skeema() -> tuple[str, ...]:
    """How Skeema is started. Raises ``ServerUnavailable`` where Debian's package cannot be had."""
    root = _unpacked("skeema")
    return (*loader(root), str(root / "usr" / "bin" / "skeema"))


def apgdiff() -> tuple[str, ...]:
    """How apgdiff is started, by the Java that its package asks for: some 290 MB. Raises as ``skeema``."""
    root = _unpacked("apgdiff")
    java = min(root.glob("usr/lib/jvm/java-*/bin/java"))
    (program,) = root.glob("usr/share/java/apgdiff-*.jar")
    return (*loader(root), str(java), "-jar", str(program))


def _unpacked(name: str) -> Path:
    """The folder with a Debian package and all that it stands on."""
    folder = private_folder(private_folder(cache_folder()) / "bench-tools") / name
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            provision._unpack(Package(name, "", SUITE, (name,)), folder)
    return folder


def environment(name: str, packages: tuple[str, ...]) -> Path:
    """The interpreter of an environment with these packages. Raises ``CalledProcessError`` where pip fails."""
    folder = cache_folder() / name
    python, ready, wanted = folder / "bin" / "python", folder / "ready", "\n".join(packages)
    with FileLock(f"{folder}.lock"):
        if not ready.exists() or ready.read_text() != wanted:
            venv.create(folder, with_pip=True, clear=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True, stdout=sys.stderr)
            ready.write_text(wanted)
    return python
