"""Something that lends two server sessions in turn, one to each transaction, as PgBouncer in transaction mode does.

``stand_in`` speaks as much of the protocol as that needs, and refuses settings at the start with PgBouncer's words.
``pgbouncer`` starts a real one: that of this machine, else the one that ``python -m tests.dialects.postgres.pooler``
unpacks beside the servers in the cache, from the packages of this machine's Debian (0.8 MB; nothing is installed).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pytest_schemadrift.servers.find import provisioned, servers_folder

_SSL, _CANCEL = 80877103, 80877102
_TRACKED = ("user", "database", "client_encoding", "application_name")
_UNTIL = {b"Q": b"ZG", b"S": b"Z", b"c": b"Z", b"f": b"Z", b"H": b"TnE"}
"""With which messages an answer ends: to a query, to what ends several messages or a COPY, and to what asyncpg wants at
once (the description of a statement)."""


@dataclass
class _Session:
    """A session of the server; ``greeting`` are the settings that it told."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: bytes = b""


@dataclass
class StandIn:
    """A pooler of two sessions for each database and user; ``ignored`` settings are dropped, others refused.

    ``databases`` are those that it knows, all without any.
    """

    socket: str
    ignored: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    port: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    idle: dict[tuple[str, str], asyncio.Queue[_Session | None]] = field(default_factory=dict)

    async def serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        self.writers.append(answer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await self._serve(client, answer)
        answer.close()

    async def _serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        length, code = struct.unpack("!II", await client.readexactly(8))
        if code == _SSL:
            answer.write(b"N")
            length, code = struct.unpack("!II", await client.readexactly(8))
        if code == _CANCEL:
            return
        body = (await client.readexactly(length - 8)).decode().split("\0")
        given = dict(zip(body[::2], body[1::2], strict=False))
        given.pop("", None)
        strange = [name for name in given if name not in (*_TRACKED, *self.ignored)]
        if strange:
            answer.write(_error("08P01", f"unsupported startup parameter: {strange[0]}"))
            return
        user, database = given["user"], given["database"]
        if self.databases and database not in self.databases:
            answer.write(_error("08P01", f"no such database: {database}"))
            return
        queue = self._queue(user, database)
        first = await queue.get() or await self._opened(user, database)
        queue.put_nowait(first)
        key = struct.pack("!II", 1_000_000_000 + secrets.randbelow(1_000_000_000), 7)  # no server has such a process
        answer.write(_message(b"R", struct.pack("!I", 0)) + first.greeting + _message(b"K", key) + _ready(b"I"))
        await self._lend(queue, user, database, client, answer)

    def _queue(self, user: str, database: str) -> asyncio.Queue[_Session | None]:
        if (user, database) not in self.idle:
            self.idle[user, database] = asyncio.Queue()
            for _ in range(2):
                self.idle[user, database].put_nowait(None)
        return self.idle[user, database]

    async def _lend(
        self,
        queue: asyncio.Queue[_Session | None],
        user: str,
        database: str,
        client: asyncio.StreamReader,
        answer: asyncio.StreamWriter,
    ) -> None:
        session: _Session | None = None
        try:
            while True:
                kind, body = await _read(client)
                if kind == b"X":
                    return
                if session is None:
                    session = await queue.get() or await self._opened(user, database)
                session.writer.write(_message(kind, body))
                if kind in _UNTIL and await _answered(session, answer, _UNTIL[kind]):
                    queue.put_nowait(session)
                    session = None
        finally:
            if session is not None:  # in the middle of a transaction
                session.writer.close()
                queue.put_nowait(None)

    async def _opened(self, user: str, database: str) -> _Session:
        reader, writer = await asyncio.open_unix_connection(self.socket)
        texts = "".join(f"{text}\0" for text in ("user", user, "database", database, "client_encoding", "utf-8"))
        body = struct.pack("!I", 196608) + texts.encode() + b"\0"
        writer.write(struct.pack("!I", len(body) + 4) + body)
        session = _Session(reader, writer)
        self.writers.append(writer)
        while (message := await _read(reader))[0] != b"Z":
            assert message[0] in b"RSKN", message
            if message[0] == b"S":
                session.greeting += _message(*message)
        return session


async def _answered(session: _Session, answer: asyncio.StreamWriter, until: bytes) -> bool:
    """Pass on what the server has to say; whether its transaction is over."""
    while True:
        kind, body = await _read(session.reader)
        answer.write(_message(kind, body))
        if kind in until:
            await answer.drain()
            return (kind, body) == (b"Z", b"I")


async def _read(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    kind = await reader.readexactly(1)
    (length,) = struct.unpack("!I", await reader.readexactly(4))
    return kind, await reader.readexactly(length - 4)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def _ready(status: bytes) -> bytes:
    return _message(b"Z", status)


def _error(code: str, text: str) -> bytes:
    return _message(b"E", f"SFATAL\0VFATAL\0C{code}\0M{text}\0\0".encode())


@contextlib.contextmanager
def stand_in(url: str, ignored: tuple[str, ...] = (), databases: tuple[str, ...] = ()) -> Iterator[str]:
    """A pooler before the server of ``url``; the same URL through it. It serves in a thread of its own."""
    pooler = StandIn(_socket_of(url), ignored, databases)
    ready, loops = threading.Event(), []
    over = asyncio.Event()

    async def work() -> None:
        server = await asyncio.start_server(pooler.serve, "127.0.0.1", 0)
        pooler.port = server.sockets[0].getsockname()[1]
        loops.append(asyncio.get_running_loop())
        ready.set()
        await over.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        for writer in pooler.writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    thread = threading.Thread(target=asyncio.run, args=(work(),))
    thread.start()
    ready.wait()
    try:
        yield through(url, pooler.port)
    finally:
        loops[0].call_soon_threadsafe(over.set)
        thread.join()


def through(url: str, port: int) -> str:
    """The URL of the same database behind a port of this machine."""
    scheme, _, rest = url.partition("://")
    database = rest.partition("?")[0].rpartition("/")[2]
    return f"{scheme}://postgres@127.0.0.1:{port}/{database}"


def _socket_of(url: str) -> str:
    from urllib.parse import parse_qs, urlsplit

    query = parse_qs(urlsplit(url).query)
    return f"{query['host'][0]}/.s.PGSQL.{query.get('port', ['5432'])[0]}"


UNPACKED = provisioned("pgbouncer")
PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path=UNPACKED / "usr" / "sbin")
_SESSIONS = {"transaction": 2, "session": 20}
"""Who has a session until it leaves waits for another's end where there are too few."""


@contextlib.contextmanager
def pgbouncer(
    url: str, ignored: tuple[str, ...] = (), databases: tuple[str, ...] = (), *, mode: str = "transaction"
) -> Iterator[str]:
    """A real PgBouncer before the server of ``url``; the URL through it.

    In transaction mode it lends two sessions in turn; in session mode each client has one until it leaves.
    """
    assert PROGRAM is not None
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        server = _forwarded(stack, _socket_of(url))
        places = [f"{database} = host=127.0.0.1 port={server}" for database in databases or ("*",)]
        lines = [
            "[databases]",
            *places,
            "[pgbouncer]",
            *(f"pool_mode = {mode}", "listen_addr = 127.0.0.1", "unix_socket_dir ="),
            *("auth_type = trust", f"auth_file = {folder / 'users'}", "server_tls_sslmode = disable"),
            *(
                f"default_pool_size = {_SESSIONS[mode]}",
                "min_pool_size = 2",
                "server_round_robin = 1",
                "max_client_conn = 90",
            ),
            f"ignore_startup_parameters = {','.join(ignored)}",
        ]
        (folder / "users").write_text('"postgres" ""\n')
        process, port = _started(folder, lines)
        try:
            yield through(url, port)
        finally:
            process.terminate()
            process.wait()


def _started(folder: Path, lines: list[str]) -> tuple[subprocess.Popen[bytes], int]:
    """PgBouncer on a port that it got; the port is below those that the system gives out.

    Of those, a client that asks for PgBouncer too early may be given the port that it asks for, and meet itself there.
    """
    assert PROGRAM is not None
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    libraries = ":".join(map(str, UNPACKED.glob("usr/lib/*-linux-gnu")))
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries} if libraries else None
    said = folder / "log"
    for port in range(20_000 + os.getpid() % 1_000 * 10, 32_768):
        (folder / "pgbouncer.ini").write_text("\n".join([*lines, f"listen_port = {port}"]))
        with said.open("wb") as log:
            command = [PROGRAM, *user, str(folder / "pgbouncer.ini")]
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        while process.poll() is None:
            if b"process up" in said.read_bytes():  # it listens
                return process, port
            time.sleep(0.02)
        assert "ddress already in use" in said.read_text(), said.read_text()
    raise OSError("no port is free")


def _forwarded(stack: contextlib.ExitStack, path: str) -> int:
    """A port of this machine that leads to a socket, as this user: PgBouncer runs as another one."""
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

    def pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
        source.close()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                there = socket.socket(socket.AF_UNIX)
                there.connect(path)
                for pair in ((client, there), (there, client)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    stack.callback(lambda: listener.shutdown(socket.SHUT_RDWR))
    return int(listener.getsockname()[1])


def unpack() -> str:
    """Where PgBouncer is; unpacked where there is none. Raises ``CalledProcessError``, ``OSError``."""
    if PROGRAM is not None:
        return PROGRAM
    with tempfile.TemporaryDirectory(dir=servers_folder()) as name:
        plan = _output(["apt-get", "install", "-s", "--no-install-recommends", "pgbouncer"], name)
        packages = [
            f"{package}={version}" for package, version in re.findall(r"^Inst (\S+) \((\S+)", plan, re.MULTILINE)
        ]
        _output(["apt-get", "download", "-qq", *packages], name)
        for archive in Path(name).glob("*.deb"):
            _output(["dpkg", "-x", str(archive), "root"], name)
        (Path(name) / "root").rename(UNPACKED)
    return str(UNPACKED)


def _output(command: list[str], folder: str) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"}
    )
    return done.stdout


if __name__ == "__main__":
    try:
        sys.stdout.write(f"pgbouncer: {unpack()}\n")
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"there is no pgbouncer: its tests will be skipped ({getattr(error, 'stderr', '') or error})")
