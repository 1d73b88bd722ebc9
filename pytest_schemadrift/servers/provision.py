"""Unpack database servers from Debian's packages into the user's cache, without root and without installing anything.

``python -m pytest_schemadrift.servers.provision [mysql] [mariadb] [postgres] [--version 17]``: apt downloads into
folders of its own, ``dpkg -x`` unpacks, and the programs are run by their own loader with their own libraries, so that
the system's do not matter. PostgreSQL 16 and 18 need none of this: the wheel of the extra ``embedded`` has them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock

from pytest_schemadrift.errors import SchemaDriftError, ServerUnavailable
from pytest_schemadrift.servers.find import SERVERS, find_mysql, find_postgres, loader, provisioned, servers_folder

DEBIAN = "http://deb.debian.org/debian"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclass(frozen=True, slots=True)
class Package:
    """A server's packages, the Debian suite that has them, and another suite that has what they stand on."""

    kind: str
    version: str
    suite: str
    names: tuple[str, ...]
    below: str = ""


PACKAGES = (
    Package("mysql", "9.7", "sid", ("mysql-server-core",)),
    Package("mariadb", "11.8", "trixie", ("mariadb-server-core",)),
    Package("postgres", "17", "trixie", ("postgresql-17", "postgresql-17-pgvector")),
    Package("postgres", "18", "sid", ("postgresql-18", "postgresql-18-pgvector")),
    Package("postgres", "19", "experimental", ("postgresql-19",), below="sid"),
)
"""Where no version is asked for, the first of a kind is taken."""
KINDS = tuple(dict.fromkeys(package.kind for package in PACKAGES))
WITHOUT_A_WHEEL = ("mysql", "mariadb")


def provision(kind: str, version: str | None = None) -> str:
    """Make a server of that kind available; returns where it is. Does nothing where one can be found already.

    ``version`` is the beginning of a version number. Raises ``ServerUnavailable`` where there is no such package, or
    Debian's packages cannot be had.
    """
    find = partial(find_postgres, version) if kind == "postgres" else partial(find_mysql, kind, version)
    try:
        found = find()
    except ServerUnavailable:
        package = _package(kind, version)
        servers_folder()
        target = provisioned(f"{kind}-{package.version}" if kind == "postgres" else kind)
        with FileLock(f"{target}.lock"):
            if not target.is_dir():
                _unpack(package, target)
        found = find()
    return f"{found.version.strip()} ({found.place})"


def _package(kind: str, version: str | None) -> Package:
    offered = [package for package in PACKAGES if package.kind == kind]
    for package in offered:
        if version is None or package.version == version or version.startswith(f"{package.version}."):
            return package
    raise ServerUnavailable(
        f"{SERVERS[kind]} {version} is not among the packages that are unpacked",
        tried=tuple(f"{SERVERS[kind]} {package.version} of Debian {package.suite}" for package in offered),
        hint=f"take one of these, or install it and set SCHEMADRIFT_{kind.upper()}_BIN to its folder",
    )


def _unpack(package: Package, target: Path) -> None:
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            raise _cannot(package, f"there is no {program} here")
    work = target.with_name(f"{target.name}.work")
    shutil.rmtree(work, ignore_errors=True)
    try:
        options = _apt_folders(work, package)
        _run(package, ["apt-get", *options, "update", "-qq"])
        plan = _run(package, ["apt-get", *options, "install", "-s", "--no-install-recommends", *package.names])
        names = [f"{name}={version}" for name, version in re.findall(r"^Inst (\S+) \((\S+)", plan, re.MULTILINE)]
        if not names:
            raise _cannot(package, f"Debian {package.suite} has no {package.names[0]} for this machine")
        packages = work / "packages"
        packages.mkdir()
        _run(package, ["apt-get", *options, "download", "-qq", *names], folder=packages)
        for archive in sorted(packages.glob("*.deb")):
            _run(package, ["dpkg", "-x", str(archive), str(work / "root")])
        for folder in (work / "root").glob("usr/lib/postgresql/*/bin"):
            _start_by_their_own_loader(work / "root", folder)
        (work / "root").rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _start_by_their_own_loader(root: Path, folder: Path) -> None:
    """Put a script in the place of each of PostgreSQL's programs, which start one another by name.

    A program looks for its files beside what it is called as (``--argv0``), so that it finds those of its package.
    """
    programs = folder.with_name("programs")
    folder.rename(programs)
    folder.mkdir()
    up = "/".join([".."] * len(folder.relative_to(root).parts))
    start, _, libraries = loader(root)
    places = [f"$here/{up}/{Path(place).relative_to(root)}" for place in (start, *libraries.split(":"))]
    for program in programs.iterdir():
        script = folder / program.name
        script.write_text(
            "#!/bin/sh\n"
            'here=$(cd "$(dirname "$0")" && pwd)\n'
            f'exec "{places[0]}" --library-path "{":".join(places[1:])}" --argv0 "$0" '
            f'"$here/../{programs.name}/{program.name}" "$@"\n'
        )
        script.chmod(0o755)


def _apt_folders(work: Path, package: Package) -> list[str]:
    """An apt of its own: its lists, its cache, and an empty list of installed packages, so that all are fetched."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    signed = f" [signed-by={KEYRING}]" if KEYRING.exists() else ""
    suites = [suite for suite in (package.suite, package.below) if suite]
    (work / "sources.list").write_text("".join(f"deb{signed} {_mirror()} {suite} main\n" for suite in suites))
    preferred = f"Package: src:{package.names[0]}\nPin: release a={package.suite}\nPin-Priority: 900\n"
    (work / "preferences").write_text(preferred if package.below else "")
    settings = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": work / "preferences",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
        "Acquire::Retries": "3",
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]


def _mirror() -> str:
    """The Debian mirror that this machine is set up to use, else Debian's own address."""
    places = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for path in places:
        try:
            text = path.read_text()
        except OSError:
            continue
        for address in re.findall(r"^(?:deb\s+(?:\[[^\]]*\]\s*)?|URIs:\s*)(https?://\S+)", text, re.MULTILINE):
            if "security" not in address and str(address).rstrip("/").endswith("/debian"):
                return str(address).rstrip("/")
    return DEBIAN


def _run(package: Package, command: Sequence[str], folder: Path | None = None) -> str:
    done = subprocess.run(
        list(command), capture_output=True, text=True, cwd=folder, env={**os.environ, "LC_ALL": "C"}, check=False
    )
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise _cannot(package, words[-1] if words else f"{command[0]} failed")
    return done.stdout


def _cannot(package: Package, reason: str) -> ServerUnavailable:
    return ServerUnavailable(
        f"{package.kind} cannot be unpacked from Debian's packages: {reason}",
        tried=(f"{package.names[0]} of Debian {package.suite}",),
        hint=f"install a {package.kind} server, or set SCHEMADRIFT_{package.kind.upper()}_BIN to its folder",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Provision the kinds named (those without a wheel where none is); 0 if every one is there, 1 otherwise."""
    parser = ArgumentParser(prog="python -m pytest_schemadrift.servers.provision", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"{', '.join(KINDS)}; without any: mysql and mariadb")
    parser.add_argument("--version", help="the beginning of a version number, such as 17")
    options = parser.parse_args(arguments)
    if unknown := [kind for kind in options.kinds if kind not in KINDS]:
        parser.error(f"unknown server {unknown[0]!r}: choose from {', '.join(KINDS)}")
    if options.version and len(options.kinds) != 1:
        parser.error("--version is that of one server: name its kind")
    missing = 0
    for kind in options.kinds or WITHOUT_A_WHEEL:
        try:
            sys.stdout.write(f"{kind}: {provision(kind, options.version)}\n")
        except SchemaDriftError as error:
            missing = 1
            sys.stderr.write(f"{error}\n")
    return missing


if __name__ == "__main__":
    sys.exit(main())
