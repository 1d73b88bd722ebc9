"""A server in a container, run by the ``docker`` command: for who has no local programs, or wants the very image.

The command stays in the foreground below our supervisor, which ends it with the last user; ``--rm`` then removes the
container with its data, which lies in memory.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass
from urllib.parse import urlsplit

from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers.base import Server, connect_mysql, connect_postgres
from pytest_schemadrift.servers.find import SERVERS
from pytest_schemadrift.servers.supervise import Hold, new_folder, start
from pytest_schemadrift.servers.waiting import wait_until_it_answers

PULL_PATIENCE = 600
"""Seconds that an image may take to arrive."""


@dataclass(frozen=True, slots=True)
class _Image:
    """How the official image of a server is used; ``{password}`` is replaced, ``data`` is kept in memory.

    ``secret`` names the variable that gives it the password.
    """

    default: str
    port: int
    data: str
    secret: str
    environment: tuple[str, ...]
    url: str
    end_signal: int
    arguments: tuple[str, ...] = ()


_IMAGES = {
    "postgres": _Image(
        "17",
        5432,
        "/data",
        "POSTGRES_PASSWORD",
        ("PGDATA=/data/pg",),
        "asyncpg://postgres:{password}@{address}/postgres",
        signal.SIGINT,  # fast shutdown: does not wait for clients
        ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
    ),
    "mysql": _Image(
        "8.4",
        3306,
        "/var/lib/mysql",
        "MYSQL_ROOT_PASSWORD",
        (),
        "mysql://root:{password}@{address}/mysql",
        signal.SIGTERM,
    ),
    "mariadb": _Image(
        "11.4",
        3306,
        "/var/lib/mysql",
        "MARIADB_ROOT_PASSWORD",
        (),
        "mysql://root:{password}@{address}/mysql",
        signal.SIGTERM,
    ),
}


def start_container(dialect: str, version: str | None = None) -> tuple[Server, Hold]:
    """Start the official image of a server; ``version`` is its tag. Raises ``ServerUnavailable``.

    MySQL has no version 10 or later yet: such a one of ``mysql`` is MariaDB's.
    """
    major = (version or "").partition(".")[0]
    kind = "mariadb" if dialect == "mysql" and major.isdigit() and int(major) >= 10 else dialect
    image = _IMAGES[kind]
    tag = f"{kind}:{version or image.default}"
    program = container_command(SERVERS[kind])
    _pull(program, tag)
    folder = new_folder()
    password = secrets.token_hex(16)
    command = [program, "run", "--rm", "--name", folder.name, "--label", "pytest-schemadrift", "--tmpfs", image.data]
    command += ["--publish", f"{_publish()}{image.port}"]
    for line in (image.secret, *image.environment):  # docker takes the value of a bare name from its own environment
        command += ["--env", line]
    try:
        hold = start(
            folder,
            [*command, tag, *image.arguments],
            end_signal=image.end_signal,
            environment={image.secret: password},
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise

    def url() -> str:
        return image.url.format(password=password, address=_address(program, folder.name, image.port))

    async def version_text() -> str:
        connect, question = (
            (connect_postgres, "SHOW server_version") if kind == "postgres" else (connect_mysql, "SELECT VERSION()")
        )
        connection = await connect(url())
        try:
            return str((await connection.fetch(question))[0][0])
        finally:
            await connection.close()

    answer = wait_until_it_answers(version_text, hold, f"the container of {tag}")
    return Server(kind, answer, url(), f"docker image {tag}"), hold


def container_command(server: str) -> str:
    """The ``docker`` command, whose daemon answers."""
    program = shutil.which("docker")
    if program is None:
        raise ServerUnavailable(
            f"no container of {server} can be started: there is no docker command",
            tried=("docker on PATH",),
            hint="install Docker, or choose another provider in [tool.schemadrift.databases]",
        )
    done = _run([program, "info", "--format", "{{.ServerVersion}}"], timeout=20)
    if done.returncode:
        raise ServerUnavailable(
            f"no container of {server} can be started: {_last_line(done, 'docker info fails')}",
            tried=("docker info",),
            hint="start the Docker daemon, or choose another provider in [tool.schemadrift.databases]",
        )
    return program


def _pull(program: str, tag: str) -> None:
    """Fetch the image where it is not there: only this may take minutes."""
    if _run([program, "image", "inspect", tag], timeout=20).returncode == 0:
        return
    done = _run([program, "pull", "--quiet", tag], timeout=PULL_PATIENCE)
    if done.returncode:
        raise ServerUnavailable(
            f"the image {tag} cannot be pulled: {_last_line(done, 'docker pull fails')}",
            tried=(f"docker pull {tag}",),
            hint="correct the version in [tool.schemadrift.databases]: it is the tag of the image",
        )


def _run(command: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
    """The command's end, or one with return code 124 where it took longer than ``timeout`` seconds."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, cwd="/")
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 124, "", str(error))


def _last_line(done: subprocess.CompletedProcess[str], otherwise: str) -> str:
    lines = done.stderr.strip().splitlines()
    return lines[-1].strip() if lines else otherwise


def _remote_host() -> str:
    """The machine of a Docker daemon elsewhere, such as the ``docker`` service of a CI job; else ``""``."""
    parts = urlsplit(os.environ.get("DOCKER_HOST", ""))
    return parts.hostname or "" if parts.scheme in ("tcp", "http", "https", "ssh") else ""


def _publish() -> str:
    return "" if _remote_host() else "127.0.0.1::"


def _address(program: str, container: str, port: int) -> str:
    """``host:port`` where the container's port is published. Raises ``OSError`` until it is."""
    done = _run([program, "port", container, f"{port}/tcp"], timeout=20)
    lines = done.stdout.split()
    if done.returncode or not lines:
        raise OSError(_last_line(done, "the container has no port yet"))
    return f"{_remote_host() or '127.0.0.1'}:{lines[0].rpartition(':')[2]}"
