"""Unpack MySQL and MariaDB from Debian's packages into the user's cache, without root and without installing anything.

``python -m pytest_schemadrift.servers.provision [mysql] [mariadb]``: apt downloads into folders of its own, ``dpkg -x``
unpacks, and the programs are run by their own loader with their own libraries, so that the system's do not matter.
PostgreSQL needs none of this: the wheel of the extra ``embedded`` has its programs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from pytest_schemadrift.errors import SchemaDriftError, ServerUnavailable
from pytest_schemadrift.servers.find import find_mysql, provisioned, servers_folder

DEBIAN = "http://deb.debian.org/debian"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclass(frozen=True, slots=True)
class Package:
    """A server's package and the Debian suite that has it."""

    kind: str
    name: str
    suite: str


PACKAGES = {
    "mysql": Package("mysql", "mysql-server-core", "sid"),
    "mariadb": Package("mariadb", "mariadb-server-core", "trixie"),
}


def provision(kind: str) -> str:
    """Make a server of that kind available; returns where it is. Does nothing where one can be found already.

    Raises ``ServerUnavailable`` where Debian's packages cannot be had.
    """
    try:
        found = find_mysql(kind)
    except ServerUnavailable:
        pass
    else:
        return f"{found.version.strip()} ({found.place})"
    servers_folder()
    target = provisioned(kind)
    with FileLock(f"{target}.lock"):
        if not target.is_dir():
            _unpack(PACKAGES[kind], target)
    found = find_mysql(kind)
    return f"{found.version.strip()} ({found.place})"


def _unpack(package: Package, target: Path) -> None:
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            raise _cannot(package, f"there is no {program} here")
    work = target.with_name(f"{target.name}.work")
    shutil.rmtree(work, ignore_errors=True)
    try:
        options = _apt_folders(work, package)
        _run(package, ["apt-get", *options, "update", "-qq"])
        plan = _run(package, ["apt-get", *options, "install", "-s", "--no-install-recommends", package.name])
        names = re.findall(r"^Inst (\S+)", plan, re.MULTILINE)
        if not names:
            raise _cannot(package, f"Debian {package.suite} has no {package.name} for this machine")
        packages = work / "packages"
        packages.mkdir()
        _run(package, ["apt-get", *options, "download", "-qq", *names], folder=packages)
        for archive in sorted(packages.glob("*.deb")):
            _run(package, ["dpkg", "-x", str(archive), str(work / "root")])
        (work / "root").rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _apt_folders(work: Path, package: Package) -> list[str]:
    """An apt of its own: its lists, its cache, and an empty list of installed packages, so that all are fetched."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    signed = f" [signed-by={KEYRING}]" if KEYRING.exists() else ""
    (work / "sources.list").write_text(f"deb{signed} {_mirror()} {package.suite} main\n")
    settings = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
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
        tried=(f"{package.name} of Debian {package.suite}",),
        hint=f"install a {package.kind} server, or set SCHEMADRIFT_{package.kind.upper()}_BIN to its folder",
    )


def main(arguments: Sequence[str]) -> int:
    """Provision the kinds named (all where none is); 0 if every one is there, 1 otherwise."""
    missing = 0
    for kind in arguments or tuple(PACKAGES):
        if kind not in PACKAGES:
            sys.stderr.write(f"unknown server {kind!r}: choose from {', '.join(PACKAGES)}\n")
            return 2
        try:
            sys.stdout.write(f"{kind}: {provision(kind)}\n")
        except SchemaDriftError as error:
            missing = 1
            sys.stderr.write(f"{error}\n")
    return missing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
