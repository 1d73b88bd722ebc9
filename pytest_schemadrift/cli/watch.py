"""``schemadrift watch``."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from pytest_schemadrift.cli.group import IN_SYNC, Global, OwnPath, cli, run, say
from pytest_schemadrift.cli.times import seconds
from pytest_schemadrift.core.aside import answers
from pytest_schemadrift.errors import ConfigurationError

SHORTEST = 0.1
LAST_MOMENT = 0.3
"""Seconds after SIGTERM at which the process ends, whatever it is waiting for."""


class Address(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic since click 8.2
    """``HOST:PORT``, ``[HOST]:PORT`` or ``:PORT``."""

    name = "HOST:PORT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Host and port. Fails for what is no address."""
        host, colon, port = str(value).rpartition(":")
        if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65535:
            self.fail(f"{value!r} is no address: write HOST:PORT, such as 127.0.0.1:9187", param, ctx)
        return host.removeprefix("[").removesuffix("]"), int(port)


@cli.command(short_help="Check at an interval and report changes.")
@click.option("--every", metavar="T", default="5m", help="How often, such as 30s, 5m or 1h.")
@click.option(
    "--source",
    type=click.Choice(["live", "applied"]),
    default="live",
    help="Compare the database with the models, or with its applied migrations.",
)
@click.option("--listen", type=Address(), help="Serve /metrics and /healthz there.")
@click.option(
    "--webhook",
    metavar="URL",
    envvar="SCHEMADRIFT_WEBHOOK",
    help="Post changes there; also $SCHEMADRIFT_WEBHOOK. Signed with $SCHEMADRIFT_WEBHOOK_SECRET.",
)
@click.option("--state", type=OwnPath(), metavar="FILE", help="Keep the state in this file, not in the cache folder.")
@click.option("--jobs", type=click.IntRange(1), default=4, help="Tenants to process at the same time.")
@click.pass_obj
def watch(
    chosen: Global,
    /,
    **values: Any,
) -> None:
    """Check all connections and tenants at an interval; print a line only when a result changes.

    Exits with 0 on SIGTERM, with 2 if it cannot start. No error of a database ends it.
    """
    before = signal.signal(signal.SIGTERM, _end_at_once)
    try:
        run(_until_terminated(_prepared(chosen, **values)))
    finally:
        signal.signal(signal.SIGTERM, before)
    _end()


def _prepared(
    chosen: Global,
    *,
    every: str,
    source: str,
    listen: tuple[str, int] | None,
    webhook: str | None,
    state: str | None,
    jobs: int,
) -> Coroutine[Any, Any, None]:
    """The watch that was asked for. Raises ``ConfigurationError``."""
    from pytest_schemadrift.commands.watch.watching import WatchOptions
    from pytest_schemadrift.commands.watch.watching import watch as watch_project
    from pytest_schemadrift.commands.watch.webhook import SECRET, assert_webhook, key_of

    interval = seconds("--every", every)
    if not interval >= SHORTEST:
        raise ConfigurationError(f"--every {every} is too short", hint="write for example 30s, 5m or 1h")
    webhook = (webhook or "").strip()  # a variable that was made of a file may end with a line end
    if webhook:
        assert_webhook(webhook)
    secret = os.environ.get(SECRET, "")
    options = WatchOptions(
        every=interval,
        jobs=jobs,
        listen=listen,
        state=Path(state) if state else None,
        webhook=webhook,
        key=key_of(secret) if secret else None,
    )
    project = chosen.project()
    return watch_project(project, chosen.options(source=source, prove=False, last_changes=True), options, say)


def _end_at_once(signum: int, frame: FrameType | None) -> None:
    """Nothing has begun yet that would have to be ended in order."""
    _end()


def _end() -> NoReturn:
    """End the process, whose work is closed and kept.

    To take down an interpreter with models and drivers in it would be the longest part of the end.
    """
    for stream in (answers(), sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(IN_SYNC)


async def _until_terminated(work: Coroutine[Any, Any, None]) -> None:
    """Do it until it fails or SIGTERM comes; then connections are closed, for which there is a moment and no more.

    The handler is one of Python's and none of the loop's, which hears nothing while a schema is compared.
    """
    terminated = False
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)

    def terminate(signum: int, frame: FrameType | None) -> None:
        nonlocal terminated
        terminated = True
        deadline = threading.Timer(LAST_MOMENT, os._exit, [IN_SYNC])
        deadline.daemon = True
        deadline.start()
        loop.call_soon_threadsafe(task.cancel)

    signal.signal(signal.SIGTERM, terminate)
    try:
        await task
    except asyncio.CancelledError:
        if not terminated:
            raise
