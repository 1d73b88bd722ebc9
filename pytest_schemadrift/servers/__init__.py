"""How a database server is found, spun up, and left without a trace.

``start_server`` gives one of our own, ``shared_server`` the one that all processes of a run share. Both are context
managers; the server ends when its last user does, whether by leaving the block, by an exception, or by a signal.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from pytest_schemadrift.core.config.settings import DatabaseSettings
from pytest_schemadrift.core.config.tortoise import one_line
from pytest_schemadrift.core.progress import doing
from pytest_schemadrift.errors import ConfigurationError, ServerUnavailable, mask
from pytest_schemadrift.servers.base import Server
from pytest_schemadrift.servers.find import SERVERS
from pytest_schemadrift.servers.supervise import Hold, is_used, join, new_folder

__all__ = [
    "Server",
    "ServerHandle",
    "ServerKind",
    "describe_server",
    "no_server",
    "server_as_set",
    "shared_server",
    "start_server",
]


class ServerKind(NamedTuple):
    """``mariadb`` and ``11.8``: what may understand or spell things otherwise than another."""

    kind: str
    series: str

    def __str__(self) -> str:
        return f"{SERVERS[self.kind]} {self.series}"


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

    ``version`` is the beginning of a version number. ``provider`` is ``auto``, ``url``, ``docker``, or the dialect's
    name.
    Raises ``ServerUnavailable`` naming everything that was tried, ``ConfigurationError``.
    """
    doing(f"starting a server: {dialect}{f' {version}' if version else ''}")
    if url or provider == "url":
        if not url:
            raise ConfigurationError(
                f"provider 'url' for {dialect} has no url", hint="set url, or use provider = 'auto'"
            )
        return ServerHandle(_given(dialect, url), None)
    if provider == "docker" and dialect != "sqlite":
        from pytest_schemadrift.servers.docker import start_container

        return ServerHandle(*start_container(dialect, version))
    if dialect == "sqlite":
        return _start_sqlite()
    if dialect == "postgres":
        from pytest_schemadrift.servers.postgres import start_postgres

        return ServerHandle(*start_postgres(version))
    if dialect in ("mysql", "mariadb"):
        from pytest_schemadrift.servers.mysql import start_mysql

        return ServerHandle(*start_mysql(dialect, version))
    raise ConfigurationError(f"no server can be spun up for {dialect!r}", hint="postgres, mysql, mariadb or sqlite")


def _given(dialect: str, url: str) -> Server:
    """The server of a URL, which is asked for its version. SQLite: the folder of the file."""
    if dialect == "sqlite":
        import sqlite3

        folder = Path(url.removeprefix("sqlite://").partition("?")[0]).resolve().parent
        return Server(dialect, sqlite3.sqlite_version, f"sqlite://{folder}", "url")
    server = Server(dialect, "", url, "url")
    try:
        version = server.fetch("SHOW server_version" if dialect == "postgres" else "SELECT VERSION()")[0][0]
    except Exception as error:  # whatever the driver raises where nobody answers, or the role is refused
        raise ServerUnavailable(
            f"the server for tests does not answer: {one_line(error)}",
            tried=(url,),
            hint="start it, or correct the url in [tool.schemadrift.databases]",
        ) from None
    kind = "mariadb" if "mariadb" in str(version).lower() else dialect
    return Server(kind, str(version), url, "url")


def _start_sqlite() -> ServerHandle:
    """A folder for database files; it goes when its last user does, like a server."""
    import sqlite3

    from pytest_schemadrift.servers.supervise import start

    folder = new_folder()
    hold = start(folder, ["sleep", "infinity"], end_signal=9)
    return ServerHandle(Server("sqlite", sqlite3.sqlite_version, f"sqlite://{folder}", "sqlite"), hold)


def shared_server(directory: Path, dialect: str, *, version: str | None = None, provider: str = "auto") -> ServerHandle:
    """Join the server that the processes of one run share through ``directory``, or start it if there is none.

    Raises as ``start_server``.
    """
    from filelock import FileLock

    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = "-".join(word for word in (dialect, version, provider if provider == "docker" else "") if word)
    note = directory / f"{name}.json"
    with FileLock(directory / f"{name}.lock"):
        if note.exists():
            known = json.loads(note.read_text())
            hold = join(Path(known.pop("folder")))
            if hold is not None:
                return ServerHandle(Server(**known), hold)
        handle = start_server(dialect, version=version, provider=provider)
        if handle._hold is not None:
            note.touch(mode=0o600)  # it holds the password
            note.write_text(json.dumps({**asdict(handle.server), "folder": str(handle._hold.folder)}))
        return handle


def server_as_set(
    settings: DatabaseSettings, dialect: str, shared: Path | None = None, like: ServerKind | None = None
) -> ServerHandle:
    """The server that a section of ``[tool.schemadrift.databases]`` wants for a connection of that dialect.

    A ``url`` names a server of the user's, where we make databases of our own; else one is spun up: of the local
    programs, or (``auto``) where there are none in a container, or only there (``docker``). What the section leaves
    open is ``like`` the server that the project's own database is on, as far as such a one is here; else Tortoise's
    ``mysql`` may be a MariaDB where no MySQL can be had. Raises ``ServerUnavailable`` naming everything that was tried.
    """
    if settings.url and settings.provider in ("auto", "url"):
        return start_server(dialect, url=settings.url)
    failures = []
    for kind, version, provider in _ways(settings, dialect, like):
        try:
            if shared is None:
                return start_server(kind, version=version, provider=provider)
            return shared_server(shared, kind, version=version, provider=provider)
        except ServerUnavailable as error:
            failures.append(error)
    first = failures[0]
    tried = [place for error in failures for place in error.tried or (error.what,)]
    raise ServerUnavailable(first.what, tried=tuple(dict.fromkeys(tried)), hint=first.hint)


def _ways(settings: DatabaseSettings, dialect: str, like: ServerKind | None) -> list[tuple[str, str | None, str]]:
    """(kind, version, provider) of the servers that would do, the best first."""
    kind, version, provider = _kind(settings, dialect, like), settings.version or None, settings.provider
    same = like.series if like is not None and like.kind == kind and version is None else None
    ways: list[tuple[str, str | None, str]] = [(kind, same, provider)] if same else []
    ways.append((kind, version, provider))
    container = [(kind, version or same, "docker")] if provider == "auto" and kind != "sqlite" else []
    twin = {"mysql": "mariadb", "mariadb": "mysql" if same else ""}.get(kind, "")
    other = [(twin, version, provider)] if twin and provider != "docker" else []
    # Only where nobody knows which of the two the project uses, the other one is as good as a container.
    return [*ways, *other, *container] if same is None else [*ways, *container, *other]


def _kind(settings: DatabaseSettings, dialect: str, like: ServerKind | None = None) -> str:
    """Which server it is to be. Tortoise calls MariaDB ``mysql``; a version tells them apart: MySQL's end with 9."""
    named = settings.provider not in ("auto", "url", "docker")
    kind = settings.provider if named else dialect
    if like is not None and not named and not settings.version:
        return like.kind
    major = settings.version.partition(".")[0]
    return "mariadb" if kind == "mysql" and major.isdigit() and int(major) > _LAST_MYSQL else kind


_LAST_MYSQL = 9


def no_server(settings: DatabaseSettings, dialect: str, like: ServerKind | None = None) -> ServerUnavailable | None:
    """Why ``server_as_set`` would find no server to start, found out without starting one; ``None`` where it would."""
    from pytest_schemadrift.servers.docker import container_command
    from pytest_schemadrift.servers.find import find_mysql, find_postgres

    if (settings.url and settings.provider in ("auto", "url")) or _kind(settings, dialect, like) == "sqlite":
        return None
    failures = []
    for name, version, provider in _ways(settings, dialect, like):
        try:
            if provider == "docker":
                container_command(SERVERS[name])
            elif name == "postgres":
                find_postgres(version)
            else:
                find_mysql(name, version)
        except ServerUnavailable as error:
            failures.append(error)
        else:
            return None
    return failures[0]


def describe_server(settings: DatabaseSettings, dialect: str, like: ServerKind | None = None) -> str:
    """What ``server_as_set`` would start, found out without starting it: kind, version, and where it comes from."""
    from pytest_schemadrift.servers.find import find_mysql, find_postgres, version_number

    if settings.url and settings.provider in ("auto", "url"):
        return f"{dialect} at {mask(settings.url)}"
    kind = _kind(settings, dialect, like)
    if kind == "sqlite":
        import sqlite3

        return f"sqlite {sqlite3.sqlite_version}"
    for name, version, provider in _ways(settings, dialect, like):
        if provider != "docker":
            with suppress(ServerUnavailable):
                programs = find_postgres(version) if name == "postgres" else find_mysql(name, version)
                return f"{SERVERS[name]} {version_number(programs.version)} ({programs.place})"
    where = "in a container" if settings.provider in ("auto", "docker") else "(none found)"
    return f"{SERVERS[kind]} {settings.version}".strip() + f" {where}"
