"""How a database server is found, spun up, and left without a trace.

``start_server`` gives one of our own, ``shared_server`` the one that all processes of a run share. Both are context
managers; the server ends when its last user does, whether by leaving the block, by an exception, or by a signal.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.servers.base import Server
from pytest_schemadrift.servers.supervise import Hold, is_used, join, new_folder

__all__ = ["Server", "ServerHandle", "shared_server", "start_server"]


@dataclass(slots=True)
class ServerHandle:
    """A share in a running server; ``server`` says how to reach it."""

    server: Server
    _hold: Hold | None

    def stop(self) -> None:
        """Give the share back and, if it was the last one, wait until the server and its folder are gone."""
        hold, self._hold = self._hold, None
        if hold is None:
            return
        hold.release()
        deadline = time.monotonic() + 10
        time.sleep(0.001)  # the supervisor needs a moment to get its lock; only then "used" means by others
        while hold.folder.exists() and not is_used(hold.folder) and time.monotonic() < deadline:
            time.sleep(0.005)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_server(
    dialect: str, *, version: str | None = None, provider: str = "auto", url: str | None = None
) -> ServerHandle:
    """Start a server of that dialect, or take the one at ``url``; as a context manager, it ends with the block.

    ``version`` is the beginning of a version number. ``provider`` is ``auto``, ``url``, or the dialect's name.
    Raises ``ServerUnavailable`` naming everything that was tried, ``ConfigurationError``.
    """
    if url or provider == "url":
        if not url:
            raise ConfigurationError(
                f"provider 'url' for {dialect} has no url", hint="set url, or use provider = 'auto'"
            )
        return ServerHandle(Server(dialect, version or "", url, "url"), None)
    if dialect == "sqlite":
        return _start_sqlite()
    if dialect == "postgres":
        from pytest_schemadrift.servers.postgres import start_postgres

        return ServerHandle(*start_postgres(version))
    if dialect in ("mysql", "mariadb"):
        from pytest_schemadrift.servers.mysql import start_mysql

        return ServerHandle(*start_mysql(dialect, version))
    raise ConfigurationError(f"no server can be spun up for {dialect!r}", hint="postgres, mysql, mariadb or sqlite")


def _start_sqlite() -> ServerHandle:
    """A folder for database files; it goes when its last user does, like a server."""
    import sqlite3

    from pytest_schemadrift.servers.supervise import start

    folder = new_folder()
    hold = start(folder, ["sleep", "infinity"], user=0, group=0, end_signal=9)
    return ServerHandle(Server("sqlite", sqlite3.sqlite_version, f"sqlite://{folder}", "sqlite"), hold)


def shared_server(directory: Path, dialect: str, *, version: str | None = None) -> ServerHandle:
    """Join the server that the processes of one run share through ``directory``, or start it if there is none.

    Raises as ``start_server``.
    """
    from filelock import FileLock

    directory.mkdir(parents=True, exist_ok=True)
    name = f"{dialect}-{version}" if version else dialect
    note = directory / f"{name}.json"
    with FileLock(directory / f"{name}.lock"):
        if note.exists():
            known = json.loads(note.read_text())
            hold = join(Path(known.pop("folder")))
            if hold is not None:
                return ServerHandle(Server(**known), hold)
        handle = start_server(dialect, version=version)
        if handle._hold is not None:
            note.write_text(json.dumps({**asdict(handle.server), "folder": str(handle._hold.folder)}))
        return handle
