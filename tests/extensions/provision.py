"""A PostgreSQL 17 with extensions, unpacked from Debian's packages below ``build`` and started by its own loader.

``python -m tests.extensions.provision`` prints the folder of its programs, for ``SCHEMADRIFT_POSTGRES_BIN``. About 180
MB are downloaded, once. A server that root starts runs as another user: the folders above must be open to others then.
"""

from __future__ import annotations

import sys
from pathlib import Path

from filelock import FileLock

from pytest_schemadrift.servers import provision
from pytest_schemadrift.servers.provision import Package
from tests.compat.rows import ROOT

VERSION = "17"
NAMES = ("pgvector", "postgis-3", "ip4r", "semver", "prefix", "hll", "roaringbitmap", "partman", "timescaledb")
"""Packages of their own; citext, cube, earthdistance, hstore, isn, lo and ltree come with the server."""
SETTINGS = "\nshared_preload_libraries = 'timescaledb'\ntimescaledb.telemetry_level = off\n"


def programs() -> Path:
    """The folder of the server's programs; unpacked where it is missing. Raises ``ServerUnavailable``."""
    target = ROOT / "build" / "extensions" / f"postgres-{VERSION}"
    folder = target / "usr" / "lib" / "postgresql" / VERSION / "bin"
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if not target.is_dir():
            wanted = (f"postgresql-{VERSION}", *(f"postgresql-{VERSION}-{name}" for name in NAMES))
            new = target.with_suffix(".new")
            provision._unpack(Package("postgres", VERSION, "trixie", wanted), new)
            _finish(new / "usr" / "share" / "postgresql" / VERSION)
            new.rename(target)
    return folder


def _finish(share: Path) -> None:
    """What the packages do when they are installed, and what TimescaleDB needs before it can be created."""
    for control in (share / "extension").glob("*-3.control"):
        (share / "extension" / control.name.replace("-3.", ".")).symlink_to(control.name)
    with (share / "postgresql.conf.sample").open("a") as settings:
        settings.write(SETTINGS)


if __name__ == "__main__":
    sys.stdout.write(f"{programs()}\n")
