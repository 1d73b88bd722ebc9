"""The watch as a process: one at a time, its pages, its end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from pytest_schemadrift.commands.watch.http import LONGEST, Page, serving
from pytest_schemadrift.commands.watch.watching import alone
from pytest_schemadrift.errors import Busy
from tests.harness import run, typed
from tests.test_cli import DRIFTED, IN_SYNC, MODELS, Project, assert_polite, project  # noqa: F401

Watch = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def started(project: Project) -> Iterator[Watch]:  # noqa: F811
    """Start watches in the project's folder; whatever is left of them is killed."""
    running = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-u", "-m", "pytest_schemadrift", "watch", *arguments]
        environment = {**os.environ, "SCHEMADRIFT_CACHE_DIR": str(project.folder / "cache"), "NO_COLOR": "1"}
        process = subprocess.Popen(
            command, cwd=project.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def line_with(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return line
    raise AssertionError(process.stderr.read() if process.stderr else "")


@pytest.mark.processes
def test_a_watch_is_alone_answers_and_ends_when_it_is_told_to(project: Project, started: Watch) -> None:  # noqa: F811
    """Its end is not that of an interpreter, which takes down all modules first and may wait for what they left."""
    project.database(DRIFTED)
    project.write("models.py", f"{MODELS}\nimport atexit\natexit.register(print, 'taken down')\n")
    process = started("--every", "30s", "--listen", "127.0.0.1:0")
    address = line_with(process, "serving /metrics").split()[-1]
    assert address.startswith("127.0.0.1:") and address != "127.0.0.1:0"
    line_with(process, "default: drift: SD201 column users.age")
    with urlopen(f"http://{address}/healthz") as answer:
        assert (answer.status, answer.read()) == (200, b"ok\n")
    asked = Request(f"http://{address}/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
    with urlopen(asked) as answer:
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        assert b'schemadrift_drifted{connection="default",source="live"} 1\n' in answer.read()
    with urlopen(f"http://{address}/metrics") as answer:
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    with pytest.raises(HTTPError, match="404") as refused:
        urlopen(f"http://{address}/")
    refused.value.close()
    environment = {"SCHEMADRIFT_CACHE_DIR": str(project.folder / "cache")}
    second = typed(project.folder, "watch", environment=environment)
    assert_polite((second.returncode, second.stdout, second.stderr), "another watch of the same databases is running")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "Traceback" not in out and "taken down" not in out


@pytest.mark.processes
def test_the_lock_goes_with_the_process_that_is_killed(project: Project, started: Watch) -> None:  # noqa: F811
    project.database(IN_SYNC)
    state = project.folder / "state.json"
    process = started("--every", "30s", "--state", str(state))
    line_with(process, "default: in sync")
    with pytest.raises(Busy), alone(state):
        pass
    process.kill()
    process.wait()
    with alone(state):
        pass


@pytest.mark.processes
def test_a_hanging_server_does_not_hold_up_the_end(project: Project, started: Watch) -> None:  # noqa: F811
    """Somebody who takes connections and never says a word is in the place of the server."""

    async def silent() -> None:
        came = asyncio.Event()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.set()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        environment = {**os.environ, "SCHEMADRIFT_DATABASE_URL": f"asyncpg://u:s3cret@127.0.0.1:{port}/x"}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pytest_schemadrift", "--timeout", "60", "watch", "--state", "state"),
            cwd=project.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        await came.wait()
        process.send_signal(signal.SIGTERM)
        out, err = await process.communicate()  # would take a minute
        assert process.returncode == 0, err
        assert b"s3cret" not in out + err
        server.close()

    run(silent())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--every", "often"], "--every 'often' is not a time"),
        (["--every", "0"], "too short"),
        (["--every", "nan"], "too short"),
        (["--listen", "here"], "is no address"),
        (["--listen", "127.0.0.1:99999"], "is no address"),
        (["--webhook", "ftp://u:s3cret@host/"], "the webhook is not a URL"),
        (["--state", "pyproject.toml/state.json"], "cannot write"),
    ],
)
def test_what_is_wrong_is_told_at_once(project: Project, arguments: list[str], words: str) -> None:  # noqa: F811
    project.database(IN_SYNC)
    before = signal.getsignal(signal.SIGTERM)
    done = typed(project.folder, "watch", *arguments)
    assert done.returncode == 2 and words in done.stderr, done.stderr
    assert "s3cret" not in done.stderr and "Traceback" not in done.stderr
    assert signal.getsignal(signal.SIGTERM) is before


def test_requests_that_are_none_are_answered_or_closed() -> None:
    async def answer(port: int, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        writer.write_eof()
        said = await reader.read()
        writer.close()
        return said

    async def ask() -> None:
        pages = {"/healthz": Page("200 OK", "text/plain", "ok\n")}
        async with serving("127.0.0.1", 0, lambda path, accepted: pages.get(path)) as port:
            assert (await answer(port, b"GET /healthz?x=1 HTTP/1.1\r\n\r\n")).endswith(b"\r\n\r\nok\n")
            assert (await answer(port, b"HEAD /healthz HTTP/1.1\r\n\r\n")).endswith(b"no-store\r\n\r\n")
            assert (await answer(port, b"GET /other HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 404 ")
            assert (await answer(port, b"POST /healthz HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 405 ")
            assert (await answer(port, b"\xff\xfe\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
            assert await answer(port, b"GET /healthz HTTP/1.1") == b""
            assert await answer(port, b"GET /" + b"a" * 2 * LONGEST + b" HTTP/1.1") == b""

    run(ask())


def test_a_port_that_is_taken_is_told(project: Project) -> None:  # noqa: F811
    project.database(IN_SYNC)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = typed(project.folder, "watch", "--listen", f"127.0.0.1:{port}", "--state", "state.json")
    assert_polite((done.returncode, done.stdout, done.stderr), "cannot listen", f"127.0.0.1:{port}")
