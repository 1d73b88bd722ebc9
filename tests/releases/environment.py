"""The environment of a test run on another release: a PostgreSQL of that version, another SQLite under the same Python.

``python -m tests.releases.environment 17 3.53 COMMAND…`` runs a command on PostgreSQL 17 and SQLite 3.53 (an empty text
is this Python's own SQLite). It is what ``make test PG=17 SQLITE=3.53`` does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers.provision import provision

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "sqlite"
WHEELS = {
    "3.51": ("pysqlite3-binary==0.5.4.post2", "pysqlite3/_sqlite3.*.so"),
    "3.53": ("pysqlite3==0.6.1", "pysqlite3/_sqlite3.*.so"),
    "3.54": ("apsw==3.54.1.0", "apsw/sqlite_extra_binaries/libsqlite3_tool.so"),
}
"""Wheels, and the file of each that has all functions of SQLite: Python's own module, which loads a library
``libsqlite3.so.0``, takes them from there. (Debian's newest library wants a newer C library than Debian 12 has, and
pysqlite3 itself lacks functions that Python's module has.)"""


class NotThere(Exception):
    """What was asked for cannot be had here."""


def environment(postgres: str, sqlite: str) -> dict[str, str]:
    """The variables of such a run; PostgreSQL is unpacked, and SQLite's wheel installed, where they are not there yet.

    ``sqlite`` is empty, a version, a library ``libsqlite3.so.0``, or its folder. Raises ``NotThere``.
    """
    try:
        provision("postgres", postgres)
    except ServerUnavailable as error:
        raise NotThere(str(error)) from None
    return {"SCHEMADRIFT_TEST_POSTGRES": postgres, **(_sqlite(sqlite) if sqlite else {})}


def _sqlite(wanted: str) -> dict[str, str]:
    if "/" in wanted:
        place = Path(wanted).resolve()
        folder = place if place.is_dir() else place.parent
        if not (folder / "libsqlite3.so.0").is_file():
            raise NotThere(f"there is no libsqlite3.so.0 in {folder}")
        return {"LD_LIBRARY_PATH": _before(str(folder), os.environ.get("LD_LIBRARY_PATH"))}
    if wanted not in WHEELS:
        raise NotThere(f"no wheel has SQLite {wanted}: choose from {', '.join(WHEELS)}, or give the path of a library")
    return _sqlite(str(_installed(wanted)))


def _installed(version: str) -> Path:
    """The folder with the library of a wheel, which is installed there once."""
    folder = FOLDER / version
    FOLDER.mkdir(parents=True, exist_ok=True)
    with FileLock(FOLDER / f"{version}.lock"):
        if not folder.is_dir():
            wheel, library = WHEELS[version]
            work = folder.with_suffix(".new")
            uv = str(Path(sys.executable).with_name("uv"))
            command = [uv, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", str(work)]
            done = subprocess.run([*command, wheel], capture_output=True, text=True, check=False)
            if done.returncode:
                raise NotThere(done.stderr.strip()[-600:])
            (found,) = work.glob(library)
            (work / "libsqlite3.so.0").symlink_to(found.relative_to(work))
            work.rename(folder)
    return folder


def _before(first: str, others: str | None) -> str:
    return os.pathsep.join([first, others] if others else [first])


def main(postgres: str, sqlite: str, *command: str) -> None:
    """Become the command, or say what is missing."""
    try:
        variables = environment(postgres, sqlite)
    except NotThere as error:
        sys.exit(str(error))
    os.execvpe(command[0], command, {**os.environ, **variables})


if __name__ == "__main__":
    main(*sys.argv[1:])
