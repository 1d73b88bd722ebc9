"""The guard where a catalog is slow: a proxy in between keeps the server's answers for itself."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tortoise import Tortoise, connections, fields
from tortoise.models import Model

from pytest_schemadrift.dialects.postgres.adapter import PostgresConnection
from pytest_schemadrift.dialects.postgres.connection import connect
from pytest_schemadrift.errors import Drifted
from pytest_schemadrift.guard import GuardPolicy, schema_guard
from tests.harness import run

PATIENCE = 300
"""Seconds for what must happen, on a machine that is busy with other tests; nothing here is that slow by itself."""


class Stall(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50)

    class Meta:
        table = "slow_stalls"


class Proxy:
    """Passes on everything at once, but for what the server says while not ``answering``; counts the ``trips``.

    Once it has heard the words ``silent_from``, it is silent.
    """

    def __init__(self, url: str) -> None:
        self.answering = asyncio.Event()
        self.answering.set()
        self.silent_from = b""
        self.is_silent = asyncio.Event()
        self.url = url
        self.trips = 0
        self._has_answered = True
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(lambda _: writer.close())  # also of one that is cut before it has begun
        there = await self._there()

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_server: bool) -> None:
            while data := await source.read(65536):
                if is_server:
                    await self.answering.wait()
                elif self._has_answered:
                    self.trips += 1
                self._has_answered = is_server
                if not is_server and self.silent_from and self.silent_from in data:
                    self.answering.clear()
                    self.is_silent.set()
                target.write(data)
            target.close()

        try:
            await asyncio.gather(pump(reader, there[1], is_server=False), pump(there[0], writer, is_server=True))
        except (asyncio.CancelledError, OSError):
            pass  # the end of the test, or of one side
        finally:
            there[1].close()

    async def _there(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self.url)
        options = {name: value for name, (value, *_) in parse_qs(parts.query).items()}
        if "host" in options:
            return await asyncio.open_unix_connection(f"{options['host']}/.s.PGSQL.5432")
        if "unix_socket" in options:
            return await asyncio.open_unix_connection(options["unix_socket"])
        return await asyncio.open_connection(parts.hostname, parts.port)

    def cut(self) -> None:
        """End every connection and take no more, as a server does that is killed."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """The URL of the same database behind the proxy."""
        self._server = server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        parts = urlsplit(self.url)
        account = parts.netloc.rpartition("@")[0]
        port = server.sockets[0].getsockname()[1]
        try:
            yield f"{parts.scheme}://{account}@127.0.0.1:{port}{parts.path}"
        finally:
            self.cut()
            await asyncio.gather(*self._connections, return_exceptions=True)


@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mariadb")]
)
def test_a_server_that_does_not_answer_in_time_keeps_no_application_down(
    dialect: str, fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By the policy it starts or is refused, while the server is still silent; its connections are as they were."""
    monkeypatch.chdir(tmp_path)

    async def start() -> None:
        proxy = Proxy(fresh_database(dialect))
        async with proxy.listening() as url:
            await Tortoise.init(db_url=url, modules={"models": [__name__]})
            try:
                await Tortoise.generate_schemas()
                proxy.answering.clear()
                report = await asyncio.wait_for(schema_guard(policy=GuardPolicy(timeout=0.2)), PATIENCE)
                assert (report.in_sync, report.unknown) == (None, "the databases did not answer within 0.2 s")
                with pytest.raises(Drifted, match=r"did not answer within 0\.2 s"):
                    await asyncio.wait_for(schema_guard(policy=GuardPolicy(timeout=0.2, unknown="refuse")), PATIENCE)
                proxy.answering.set()
                for number in range(3):  # in words of our own: Tortoise keeps the INSERT of the first dialect it met
                    await connections.get("default").execute_insert(
                        f"INSERT INTO slow_stalls (name) VALUES ('stall {number}')", []
                    )
                assert [stall.name for stall in await Stall.all().order_by("id")] == ["stall 0", "stall 1", "stall 2"]
                assert (await schema_guard(policy=GuardPolicy(timeout=PATIENCE))).in_sync
            finally:
                proxy.answering.set()
                await connections.close_all()

    run(start())


@pytest.mark.parametrize(
    ("dialect", "words"),
    [
        pytest.param("postgres", b"COPY", id="postgres-reading", marks=pytest.mark.postgres),
        pytest.param("postgres", b"ROLLBACK", id="postgres-end-of-reading", marks=pytest.mark.postgres),
        pytest.param("postgres", b"RESET ALL", id="postgres-back-to-the-pool", marks=pytest.mark.postgres),
        pytest.param("mariadb", b"information_schema", id="mariadb-reading", marks=pytest.mark.mariadb),
        pytest.param("mariadb", b"SET SESSION", id="mariadb-settings", marks=pytest.mark.mariadb),
    ],
)
def test_a_server_that_falls_silent_keeps_neither_the_guard_nor_the_end_of_the_application(
    dialect: str,
    words: bytes,
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Whatever the guard is waiting for when its time is up, it ends, and so does closing the pool it borrowed from.

    Nor does the event loop print the error of a task that was left behind.

    It is cancelled as its own time-out cancels it, but at the moment at which the server falls silent.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCHEMADRIFT_VALUE_CACHE_DIR", str(tmp_path / "cache"))

    printed: list[object] = []

    async def start() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: printed.append(context.get("future")))
        proxy = Proxy(fresh_database(dialect))
        async with proxy.listening() as url:
            await Tortoise.init(db_url=url, modules={"models": [__name__]})
            await Tortoise.generate_schemas()
            proxy.silent_from = words
            guard = asyncio.create_task(schema_guard(policy=GuardPolicy(timeout=2 * PATIENCE)))
            await asyncio.wait_for(proxy.is_silent.wait(), PATIENCE)
            guard.cancel()
            await asyncio.wait([guard], timeout=PATIENCE)
            assert guard.cancelled()
            closing = asyncio.create_task(connections.close_all())
            await asyncio.wait([closing], timeout=PATIENCE)
            assert closing.done()
            gc.collect()

    run(start())
    assert not [end for end in printed if isinstance(end, asyncio.Task)]  # others are cut off requests to cancel


@pytest.mark.parametrize(
    ("dialect", "words"),
    [
        pytest.param("postgres", b"COPY", id="postgres", marks=pytest.mark.postgres),
        pytest.param("mariadb", b"information_schema", id="mariadb", marks=pytest.mark.mariadb),
    ],
)
def test_a_server_that_is_gone_is_told_with_its_reason_its_place_and_what_to_do(
    dialect: str,
    words: bytes,
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In the middle of reading, and before the pool has reached it; as of a connection that we open ourselves."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCHEMADRIFT_VALUE_CACHE_DIR", str(tmp_path / "cache"))

    async def start() -> None:
        proxy = Proxy(fresh_database(dialect))
        async with proxy.listening() as url:
            await Tortoise.init(db_url=url, modules={"models": [__name__]})
            await Tortoise.generate_schemas()
            proxy.silent_from = words
            guard = asyncio.create_task(schema_guard(policy=GuardPolicy(timeout=PATIENCE)))
            await asyncio.wait_for(proxy.is_silent.wait(), PATIENCE)
            proxy.cut()
            lost = await guard
        try:
            gone = await schema_guard(policy=GuardPolicy(timeout=PATIENCE))
            with pytest.raises(
                Drifted, match=r"where: .*127\.0\.0\.1:[0-9]+/.*\n  to do: start the server, or correct host"
            ):
                await schema_guard(policy=GuardPolicy(timeout=PATIENCE, unknown="refuse"))
        finally:
            await asyncio.wait_for(connections.close_all(), PATIENCE)
        assert (lost.where, lost.hint.split()[-1]) == ("connection default", "log"), lost
        assert (gone.in_sync, "127.0.0.1" in gone.where) == (None, True), gone
        assert "; to do: start the server, or correct host and port" in caplog.text

    run(start())


@pytest.mark.postgres
def test_a_connection_of_our_own_waits_for_no_rollback_of_a_silent_server(fresh_database: Callable[[str], str]) -> None:
    """As that of a watch, whose round is to end by its time-out."""

    async def start() -> None:
        proxy = Proxy(fresh_database("postgres"))

        async def read(connection: PostgresConnection) -> None:
            async with connection.reading({}) as fetch:
                proxy.silent_from = b"no answer"
                await fetch("SELECT 'no answer'")

        async with proxy.listening() as url:
            connection = await connect(url, PATIENCE)
            assert isinstance(connection, PostgresConnection)
            task = asyncio.create_task(read(connection))
            await asyncio.wait_for(proxy.is_silent.wait(), PATIENCE)
            task.cancel()
            await asyncio.wait([task], timeout=PATIENCE)
            assert task.cancelled()
            await asyncio.wait_for(connection.close(), PATIENCE)

    run(start())


@pytest.mark.postgres
def test_a_known_database_takes_few_round_trips(
    fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One for all that there is to know, and one in which the pool tidies up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCHEMADRIFT_VALUE_CACHE_DIR", str(tmp_path / "cache"))

    async def started(url: str, proxy: Proxy) -> int:
        await Tortoise.init(db_url=url, modules={"models": [__name__]})
        try:
            await Tortoise.generate_schemas()
            before = proxy.trips
            assert (await schema_guard(policy=GuardPolicy(timeout=PATIENCE))).in_sync
            return proxy.trips - before
        finally:
            await Tortoise.close_connections()

    async def start() -> None:
        proxy = Proxy(fresh_database("postgres"))
        async with proxy.listening() as url:
            first, second = [await started(url, proxy) for _ in range(2)]
            assert second == 2 < first

    run(start())
