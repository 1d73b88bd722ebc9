"""The watch itself: rounds at a jittered interval, one watch at a time, and who is told what changed."""

from __future__ import annotations

import asyncio
import gc
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pytest_schemadrift.commands.project import CheckOptions, Project, with_urls
from pytest_schemadrift.commands.watch.answer import Answer, Remembered, next_answer, remember, remembered
from pytest_schemadrift.commands.watch.http import PLAIN, Page, metrics_page, serving
from pytest_schemadrift.commands.watch.rounds import Looker, looker
from pytest_schemadrift.commands.watch.webhook import Webhook
from pytest_schemadrift.core.cache import cache_folder
from pytest_schemadrift.core.config.urls import database_url
from pytest_schemadrift.core.private import private_folder
from pytest_schemadrift.errors import Busy, ConfigurationError, mask
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.report.events import event_lines
from pytest_schemadrift.report.openmetrics import Rounds, watch_metrics

SHORTEST_LIMIT = 60.0
"""Seconds that a look may take, however short the interval is."""
KEEP_EVERY = 600.0
"""Seconds after which the time of the last look is kept, too, where nothing else has changed."""
MISSED = 3
"""Intervals without the end of a round after which the watch says of itself that it hangs."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How to watch. ``every`` is in seconds; ``listen`` is (host, port), ``None`` serves nothing.

    ``state`` is the file of what is known, in the user's cache folder unless it is given; ``webhook`` is a URL, and
    ``key`` what its messages are signed with.
    """

    every: float
    jobs: int = 4
    listen: tuple[str, int] | None = None
    state: Path | None = None
    webhook: str = field(default="", repr=False)
    key: bytes | None = field(default=None, repr=False)


async def watch(project: Project, checking: CheckOptions, options: WatchOptions, say: Callable[[str], None]) -> None:
    """Look again and again until cancelled; ``say`` is called with each line that there is to say.

    Raises ``Busy`` where another watch of the same databases runs, ``ConfigurationError`` for what is wrong with the
    project or the options. Whatever a database, a server or the webhook does later ends no watch.
    """
    path = options.state or _own_state(project, checking)
    limit = max(options.every, SHORTEST_LIMIT)
    with alone(path), looker(project, checking, jobs=options.jobs, limit=limit) as looking:
        watcher = Watcher(looking, path, options, say)
        say(f"{_now()} watching {', '.join((*looking.plain, *looking.shared))} every {options.every:g} s")
        async with AsyncExitStack() as stack:
            if options.listen is not None:
                host, _ = options.listen
                port = await stack.enter_async_context(serving(*options.listen, watcher.page))
                say(f"{_now()} serving /metrics and /healthz on {host or '*'}:{port}")
            group = await stack.enter_async_context(asyncio.TaskGroup())
            if watcher.webhook is not None:
                group.create_task(watcher.webhook.serve())
            group.create_task(watcher.rounds())


class Watcher:
    """Looks, tells what changed, and answers what is known."""

    def __init__(self, looking: Looker, path: Path, options: WatchOptions, say: Callable[[str], None]) -> None:
        self._looking, self._path, self._options, self._say = looking, path, options, say
        kept = remembered(path)
        self._answer: Answer = kept.answer
        self._drifts: list[Drift] = []
        self._began = time.monotonic()
        self._ended: float | None = None
        self._finished, self._duration = 0.0, 0.0
        self.longest = 0.0
        """Seconds of the last round that had to compare."""
        self._unkept = False
        self._kept: object = None
        self._kept_at = 0.0
        self.webhook: Webhook | None = None
        if options.webhook:
            self.webhook = Webhook(options.webhook, options.key, self._say_now, self._keep, list(kept.untold))

    async def rounds(self) -> None:
        """Look, and again so much sooner than an interval after each look began that what it finds is told within one.

        How much sooner differs: many watches do not march in step.
        """
        try:
            while True:
                self._began = time.monotonic()
                await self.round()
                await asyncio.sleep(pause(self._options.every, self._duration, self.longest))
        finally:
            self._keep(at_last=True)

    async def round(self) -> None:
        """One look, and what it changed."""
        began = time.monotonic()
        last, self._drifts = self._drifts, await self._looking.look()
        before = self._answer
        self._answer, events = next_answer(before, self._drifts, _now())
        self._ended = time.monotonic()
        self._finished, self._duration = time.time(), self._ended - began
        for line in event_lines(events):
            self._say(line)
        if self.webhook is not None:
            self.webhook.add([event for event in events if event.kind != "in-sync"], self._drifts)
        self._keep()
        if len(last) != len(self._drifts) or any(
            drift is not old for drift, old in zip(self._drifts, last, strict=True)
        ):
            self.longest = self._duration
            gc.collect()  # what a check made counts as old, and the collector seldom looks at that by itself

    def page(self, path: str, accepted: str) -> Page | None:
        """``/metrics`` and ``/healthz``."""
        if path == "/metrics":
            return metrics_page(self._metrics(), accepted)
        return self._health() if path == "/healthz" else None

    def _metrics(self) -> str:
        success: dict[str, float] = {}
        for (connection, _), known in self._answer.items():
            if known.looked:
                looked = datetime.fromisoformat(known.looked).timestamp()
                success[connection] = min(looked, success.get(connection, looked))
        untold = len(self.webhook.untold) if self.webhook else 0
        return watch_metrics(self._drifts, Rounds(self._finished, self._duration, success, untold))

    def _health(self) -> Page:
        """Whether the watch itself goes on; a database that does not answer is no illness of it."""
        age = time.monotonic() - (self._began if self._ended is None else self._ended)
        if age > MISSED * max(self._options.every, SHORTEST_LIMIT):
            return Page("503 Service Unavailable", PLAIN, f"no round has ended for {age:.0f} s\n")
        return Page("200 OK", PLAIN, "ok\n" if self._ended is not None else "ok, the first round is under way\n")

    def _say_now(self, line: str) -> None:
        self._say(f"{_now()} {line}")

    def _keep(self, *, at_last: bool = False) -> None:
        """Keep what is known, if it is another answer, and at times when it was given; ``at_last`` in any case.

        Where that fails, a next start tells it again.
        """
        kept = Remembered(self._answer, tuple(self.webhook.untold) if self.webhook else ())
        known = {place: (item.findings, item.unknown) for place, item in kept.answer.items()}, kept.untold
        if known == self._kept and time.monotonic() - self._kept_at < KEEP_EVERY and not at_last:
            return
        try:
            remember(self._path, kept)
        except ConfigurationError as error:
            if not self._unkept:
                self._say_now(error.what)
            self._unkept = True
        else:
            self._unkept, self._kept, self._kept_at = False, known, time.monotonic()


def pause(every: float, took: float, longest: float) -> float:
    """Seconds from the end of a round that ``took`` so long to the next; ``longest`` is that of the last that compared.

    A change right after a round has read the catalog is told within the interval, though a round that finds one may
    take twice as long as the last, unless that is half of the interval.
    """
    wanted = every - min(2 * longest, every / 2)
    return max(wanted * secrets.SystemRandom().uniform(0.8, 1.0) - took, every / 10)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _own_state(project: Project, checking: CheckOptions) -> Path:
    """The file of these databases in the user's cache folder; no password goes into its name."""
    project = with_urls(project, checking.database_urls)
    names = checking.connections or tuple(project.tortoise.connections)
    urls = [(name, mask(database_url(project.tortoise.connection(name)))) for name in sorted(names)]
    known = (str(project.settings.project_dir), checking.source, checking.apps, checking.models, urls)
    folder = private_folder(private_folder(cache_folder()) / "watch")
    return folder / f"{sha256(repr(known).encode()).hexdigest()[:32]}.json"


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Be the only watch that has this file. The system lets go of the lock when the process ends, however it does."""
    from filelock import FileLock, Timeout

    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        hint = "end that one first, or give this one its own --state FILE"
        raise Busy("another watch of the same databases is running", where=str(path), hint=hint) from None
    except OSError as error:
        raise ConfigurationError(
            f"cannot write {path}: {error.strerror}", hint="choose another file with --state"
        ) from None
    try:
        yield
    finally:
        lock.release()
