"""Provider ``docker``: its command is the one thing that is imitated; behind it, a real PostgreSQL answers."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from pytest_schemadrift.core.config.settings import DatabaseSettings
from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers import Server, describe_server, server_as_set, start_server
from pytest_schemadrift.sources.database import open_server
from tests.harness import run

FAKE = '''#!{python}
"""Answers as docker does; a container is a relay from a TCP port to a server's socket, for as long as it runs."""

import asyncio
import os
import sys
from pathlib import Path

here, command = Path(__file__).parent, sys.argv[1]
with (here / "log").open("a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
wrong = os.environ.get("FAKE_DOCKER_FAILS", "")
if command == wrong:
    sys.exit(f"some line\\nError: {{command}} is refused")


async def relay(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


async def serve(socket, port_file):
    async def answer(reader, writer):
        there = await asyncio.open_unix_connection(socket)
        await asyncio.gather(relay(reader, there[1]), relay(there[0], writer), return_exceptions=True)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port_file.write_text(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if command == "info":
    print("27.0")
elif command == "image":
    sys.exit(0 if (here / "pulled").exists() else 1)
elif command == "pull":
    (here / "pulled").touch()
elif command == "port":
    print("0.0.0.0:" + (here / sys.argv[2]).read_text())
elif command == "run":
    port_file = here / sys.argv[sys.argv.index("--name") + 1]
    try:
        asyncio.run(serve({socket!r}, port_file))
    except KeyboardInterrupt:
        port_file.unlink()
'''


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, running_server: Callable[[str], Server]) -> Path:
    """A ``docker`` on PATH; returns the folder with its log."""
    server = running_server("postgres")
    socket = f"{parse_qs(urlsplit(server.url).query)['host'][0]}/.s.PGSQL.5432"
    program = tmp_path / "docker"
    program.write_text(FAKE.format(python=sys.executable, socket=socket))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return tmp_path


def commands(folder: Path) -> list[str]:
    return (folder / "log").read_text().splitlines()


@pytest.mark.postgres
def test_a_container_serves_and_is_gone_afterwards(docker: Path) -> None:
    settings = DatabaseSettings(provider="docker", version="17")
    assert describe_server(settings, "postgres") == "PostgreSQL 17 in a container"
    with server_as_set(settings, "postgres") as handle:
        server = handle.server
        assert (server.dialect, server.provider) == ("postgres", "docker image postgres:17")
        url = server.create_database("in_a_container")
        try:

            async def count() -> int:
                async with open_server(url) as opened:
                    await opened.connection.execute("CREATE TABLE t (a INTEGER)")
                    return len(await opened.connection.fetch("SELECT * FROM t"))

            assert run(count()) == 0
        finally:
            server.drop_database("in_a_container")
        assert handle._hold is not None
        container = docker / handle._hold.folder.name
        assert container.exists()
    deadline = time.monotonic() + 60
    while container.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not container.exists()
    said = commands(docker)
    assert [line.split()[0] for line in said[:3]] == ["info", "image", "pull"]
    (started,) = (line for line in said if line.startswith("run "))
    for words in ("--rm", "--tmpfs /data", "--publish 127.0.0.1::5432", "--env PGDATA=/data/pg", " postgres:17 "):
        assert words in started
    password = urlsplit(url).password
    assert password
    assert "--env POSTGRES_PASSWORD " in started  # the value is in the environment: arguments are seen by everybody
    assert not any(password in line for line in said)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("failing", "what", "tried"),
    [
        ("info", "no container of PostgreSQL can be started: Error: info is refused", "docker info"),
        ("pull", "the image postgres:17 cannot be pulled: Error: pull is refused", "docker pull postgres:17"),
        ("run", "the container of postgres:17 ended at once: some line | Error: run is refused", ""),
    ],
)
def test_a_failure_is_reported_in_dockers_own_words(
    docker: Path, monkeypatch: pytest.MonkeyPatch, failing: str, what: str, tried: str
) -> None:
    monkeypatch.setenv("FAKE_DOCKER_FAILS", failing)
    with pytest.raises(ServerUnavailable) as caught:
        start_server("postgres", provider="docker", version="17")
    assert caught.value.what == what
    assert tried in str(caught.value)


def test_a_missing_docker_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerUnavailable, match="no container of MySQL can be started: there is no docker command"):
        start_server("mysql", provider="docker")
