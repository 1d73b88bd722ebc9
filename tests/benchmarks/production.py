"""What the guard and the watch cost an application under load, and what they do when things go wrong.

``python -m tests.benchmarks.production [postgres|mariadb] [--seconds S]``: a FastAPI application with 50 models, which
starts through the guard as eight workers; a client on loopback; a watch beside it that is switched on and off in turns.
A worker starts in front of a server that says nothing. Then the database drifts while it runs, the watch is killed and
started again, and so is the server.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import click
import psutil

from pytest_schemadrift.servers import start_server
from pytest_schemadrift.sources.database import open_server
from tests.apply.test_interruptions import _Mortal, _patiently
from tests.harness import load
from tests.test_guard_slow import Proxy

MODELS, WORKERS, CLIENTS = 50, 8, 8
EVERY = 3.0
INTERVALS = (EVERY, 30.0)
"""Seconds between two looks of a watch beside the load: far more often than anybody looks, and often."""
FIRST_PORT = 18_100
PAGE = f"http://127.0.0.1:{FIRST_PORT + WORKERS}/"
TURNS = 3

SETTINGS = """
import os
TORTOISE_ORM = {
    "connections": {"default": os.environ["APP_DATABASE"]},
    "apps": {"shop": {"models": ["shop.models"], "default_connection": "default"}},
}
"""
MODEL = """
class Thing{number}(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=100, db_index=True)
    price = fields.DecimalField(max_digits=10, decimal_places=2, default=0)
    made = fields.DatetimeField(auto_now_add=True)
    note = fields.TextField(null=True)
    kind = fields.SmallIntField(default=1)
"""
APPLICATION = """
import json, os, time
from contextlib import asynccontextmanager
from fastapi import FastAPI
from tortoise.contrib.fastapi import RegisterTortoise
from pytest_schemadrift.guard import GuardPolicy, schema_guard
from shop.models import Thing0
from shop.settings import TORTOISE_ORM


@asynccontextmanager
async def lifespan(app):
    async with RegisterTortoise(app, config=TORTOISE_ORM):
        policy = {"once": "guard.json", "timeout": 20, **json.loads(os.environ.get("APP_POLICY", "{}"))}
        report = await schema_guard(policy=GuardPolicy(**policy))
        with open(os.environ.get("APP_STARTS", "starts"), "a") as file:
            file.write(f"{report.seconds} {report.remembered} {report.in_sync} {report.unknown}\\n")
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def page():
    return [thing.name for thing in await Thing0.filter(kind=1).limit(20)]
"""


def write_project(folder: Path) -> None:
    """The application, and what the watch needs to find it."""
    package = folder / "shop"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "settings.py").write_text(SETTINGS)
    models = "".join(MODEL.format(number=number) for number in range(MODELS))
    (package / "models.py").write_text(f"from tortoise import fields\nfrom tortoise.models import Model\n{models}")
    (folder / "application.py").write_text(APPLICATION)
    (folder / "pyproject.toml").write_text('[tool.schemadrift]\ntortoise_orm = "shop.settings.TORTOISE_ORM"\n')


@contextmanager
def process(folder: Path, environment: dict[str, str], *command: str, log: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, ended with the block; what it prints is appended to a file."""
    with (folder / log).open("ab") as file:
        running = subprocess.Popen([sys.executable, *command], cwd=folder, env=environment, stdout=file, stderr=file)
        try:
            yield running
        finally:
            running.terminate()
            running.wait()


async def requests(seconds: float) -> list[float]:
    """Ask the first worker as fast as it answers, from several connections; how long each answer took."""
    took: list[float] = []
    end = time.monotonic() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", FIRST_PORT)
        while (begun := time.monotonic()) < end:
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            took.append(time.monotonic() - begun)
        writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return took


def shown(took: list[float]) -> str:
    """Requests, median, p99."""
    parts = statistics.quantiles(took, n=100)
    return f"{len(took):6} requests, median {parts[49] * 1e3:6.1f} ms, p99 {parts[98] * 1e3:6.1f} ms"


async def line_with(path: Path, words: str, seconds: float = 120.0) -> float:
    """Wait until the words are in a file; how long that took."""
    begun = time.monotonic()
    while words not in (path.read_text() if path.exists() else ""):
        if time.monotonic() - begun > seconds:
            raise AssertionError(f"{words!r} is not in {path.name}:\n{path.read_text()[-800:]}")
        await asyncio.sleep(0.02)
    return time.monotonic() - begun


async def execute(url: str, script: str) -> None:
    """Run a script in the database."""
    async with open_server(url) as server:
        await load(server, script)


@click.command()
@click.argument("dialect", type=click.Choice(["postgres", "mariadb"]), default="postgres")
@click.option("--seconds", type=float, default=6.0, help="Of load, for each turn.")
def main(dialect: str, seconds: float) -> None:
    """Measure, and print what happened."""
    with tempfile.TemporaryDirectory() as name, start_server(dialect) as handle:
        server = _Mortal(handle)
        try:
            asyncio.run(show(Path(name), server, seconds))
        finally:
            if server.again is not None:
                server.end()


async def show(folder: Path, server: _Mortal, seconds: float) -> None:
    """The whole of it."""
    write_project(folder)
    url = server.server.create_database("production")
    environment = {
        **os.environ,
        "APP_DATABASE": url,
        "SCHEMADRIFT_CACHE_DIR": str(folder / "cache"),
        "PYTHONPATH": str(folder),
    }
    schema = [sys.executable, "-m", "pytest_schemadrift", "-q", "apply", "--yes", "--no-prove"]
    subprocess.run(schema, cwd=folder, env=environment, check=True)
    await execute(
        url,
        "; ".join(
            f"INSERT INTO thing0 (name, price, made, kind) VALUES ('n{n}', 1, '2026-01-01 00:00:00', 1)"
            for n in range(50)
        ),
    )
    with workers(folder, environment):
        starts = [line.split() for line in (folder / "starts").read_text().splitlines()]
        looked = [float(taken) for taken, remembered, *_ in starts if remembered == "False"]
        waited = [float(taken) for taken, remembered, *_ in starts if remembered == "True"]
        print(f"{WORKERS} workers: {len(looked)} looked ({', '.join(f'{t * 1e3:.0f} ms' for t in looked)}), ", end="")
        print(f"{len(waited)} believed it (at most {max(waited, default=0) * 1e3:.0f} ms); {' '.join(starts[0][2:])}")
        await slow(folder, environment, url)
        await side_by_side(folder, environment, seconds)
        await drifts(folder, environment, url, seconds)
        await ends(folder, environment, url, server)


@contextmanager
def workers(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Start the workers one after the other, as a rolling start does, and wait until all are through the guard."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        for number in range(WORKERS):
            command = ("-m", "uvicorn", "application:app", "--port", str(FIRST_PORT + number), "--log-level", "warning")
            stack.enter_context(process(folder, environment, *command, log="workers.log"))
        end = time.monotonic() + 300
        while not (folder / "starts").exists() or len((folder / "starts").read_text().splitlines()) < WORKERS:
            if time.monotonic() > end:
                raise AssertionError((folder / "workers.log").read_text()[-800:])
            time.sleep(0.05)
        time.sleep(0.5)
        yield


def watching(folder: Path, environment: dict[str, str], log: str, *, every: float = EVERY, state: str = ""):
    """A watch of that project; ``state`` is the file of what it knows, that of its databases unless it is given."""
    command = ["-m", "pytest_schemadrift", "watch", "--every", f"{every:g}s", *(["--state", state] if state else [])]
    return process(folder, environment, *command, log=log)


async def side_by_side(folder: Path, environment: dict[str, str], seconds: float) -> None:
    """Requests with and without a watch, in turns, at each interval; a turn is long enough for a look of the watch.

    A watch has begun once it has looked: what its start takes (Python, the project, its models) is no part of a round.
    """
    await requests(1.0)
    for every in INTERVALS:
        without: list[float] = []
        beside: list[float] = []
        spent = 0.0
        length = max(seconds, every)
        for turn in range(TURNS):
            without += await requests(length)
            name = f"turn-{every:g}-{turn}"
            with watching(folder, environment, f"{name}.log", every=every, state=f"{name}.json") as watch:
                await line_with(folder / f"{name}.log", "in sync")
                before = processor_time(watch.pid)
                beside += await requests(length)
                spent += processor_time(watch.pid) - before
        print(f"without a watch:          {shown(without)}; load {os.getloadavg()[0]:.0f}")
        print(f"a watch every {f'{every:g} s:':<11} {shown(beside)}; {spent / (TURNS * length):.1%} of a processor")


def processor_time(pid: int) -> float:
    """Seconds that a process has worked."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


async def slow(folder: Path, environment: dict[str, str], url: str) -> None:
    """One more worker, in front of a server that says nothing: by the policy it starts or does not."""
    proxy = Proxy(url)
    proxy.answering.clear()
    async with proxy.listening() as silent:
        for unknown in ("start", "refuse"):
            policy = json.dumps({"timeout": 1, "unknown": unknown, "once": None})
            values = {**environment, "APP_DATABASE": silent, "APP_POLICY": policy, "APP_STARTS": "slow"}
            begun = time.monotonic()
            command = ("-m", "uvicorn", "application:app", "--port", str(FIRST_PORT + WORKERS))
            with process(folder, values, *command, log=f"slow-{unknown}.log") as worker:
                words = "Uvicorn running" if unknown == "start" else "Application startup failed"
                await line_with(folder / f"slow-{unknown}.log", words)
                print(
                    f"a server that says nothing, unknown={unknown!r}: {words} after {time.monotonic() - begun:.1f} s"
                )
                if unknown == "start":
                    assert "did not answer within 1 s" in (folder / "slow").read_text()
                    proxy.answering.set()
                    status = await asyncio.to_thread(lambda: urlopen(PAGE).status)
                    proxy.answering.clear()
                    print(f"and once it answers again, a request: {status}")
                else:
                    await asyncio.to_thread(worker.wait)
            assert (worker.returncode == 3) == (unknown == "refuse"), worker.returncode


async def drifts(folder: Path, environment: dict[str, str], url: str, seconds: float) -> None:
    """The database is changed by hand under load; the watch says so, and is killed and started again meanwhile."""
    log = folder / "watch.log"
    with watching(folder, environment, "watch.log") as watch:
        await line_with(log, "watching")
        await asyncio.sleep(EVERY)
        loaded = asyncio.ensure_future(requests(3 * EVERY))
        await execute(url, "ALTER TABLE thing7 ADD COLUMN by_hand INT")
        took = await line_with(log, "drift: SD202 column thing7.by_hand")
        await loaded
        print(f"drift under load: told after {took:.1f} s, every {EVERY:g} s")
        watch.kill()
        watch.wait()
    with watching(folder, environment, "watch.log"):
        await asyncio.sleep(2 * EVERY)
        told = log.read_text().count("thing7.by_hand")
        print(f"kill -9 of the watch, and a new one: told {told} time(s)")
        await execute(url, "ALTER TABLE thing7 DROP COLUMN by_hand")
        print(f"gone: told after {await line_with(log, 'gone: SD202'):.1f} s")


async def ends(folder: Path, environment: dict[str, str], url: str, server: _Mortal) -> None:
    """kill -9 of the server, and its restart."""
    log = folder / "ends.log"
    with watching(folder, environment, "ends.log") as watch:
        await line_with(log, "watching")
        await asyncio.sleep(EVERY)
        server.kill()
        print(f"kill -9 of the server: told after {await line_with(log, 'not checked'):.1f} s")
        server.start()
        await _patiently(url, server.folder / "log")
        print(f"it is back: told after {await line_with(log, 'can be looked at again'):.1f} s")
        begun = time.monotonic()
        watch.terminate()
        watch.wait()
        print(f"SIGTERM: ended with {watch.returncode} after {time.monotonic() - begun:.2f} s")
        print(f"all that the watch said of it:\n{log.read_text()}")


if __name__ == "__main__":
    main()
