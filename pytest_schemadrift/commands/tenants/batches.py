"""Tenants in batches, which any executor of ``concurrent.futures`` works on: in processes, or on other machines.

What is sent and what comes back are bytes: whatever carries them need know nothing of what is in them, and what cannot
be sent is told before anything is. A worker needs the project's folder under the same path, an environment in which its
models can be imported, and a way to the databases.
"""

from __future__ import annotations

import asyncio
import importlib
import io
import multiprocessing
import os
import pickle
import secrets
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, asynccontextmanager, chdir, nullcontext
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pytest_schemadrift.core.config.tortoise import import_module, one_line
from pytest_schemadrift.errors import ConfigurationError, SchemaDriftError

if TYPE_CHECKING:
    from pytest_schemadrift.commands.tenants.find import Tenant

MakeExecutor = Callable[[], AbstractContextManager[Executor]]
"""Gives an executor, which is at its end when the block is left."""
R = TypeVar("R")


def executor_named(text: str) -> MakeExecutor:
    """The executor of ``module:factory``: what a function without arguments returns, or one that is there already.

    The function may return a context manager that gives it, too. ``concurrent.futures:ProcessPoolExecutor`` begins its
    processes from scratch: a fork of this one, which has threads, could wait for ever. Raises ``ConfigurationError``.
    """
    module, separator, path = text.partition(":")
    if not separator or not module or not path:
        raise ConfigurationError(
            f"--executor {text!r} is not of the form module:factory",
            hint="write for example concurrent.futures:ProcessPoolExecutor",
        )
    found: Any = import_module(module, "--executor")
    try:
        for name in path.split("."):
            found = getattr(found, name)
    except AttributeError:
        raise ConfigurationError(f"--executor {text}: {module} has no {path!r}", hint="correct the name") from None
    if found is ProcessPoolExecutor:
        return processes
    if isinstance(found, Executor):
        return lambda: nullcontext(found)  # whoever made it ends it
    if not callable(found):
        raise ConfigurationError(
            f"--executor {text} is not a function, but of type {type(found).__name__}",
            hint="name a function without arguments that returns a concurrent.futures.Executor",
        )
    return lambda: _made(text, found)


def _made(text: str, factory: Callable[[], Any]) -> AbstractContextManager[Executor]:
    """What a factory of the project makes. Raises ``ConfigurationError`` for whatever goes wrong in it."""
    try:
        made: Any = factory()
    except Exception as error:  # of the project's own code
        raise ConfigurationError(
            f"--executor {text} failed: {one_line(error)}", hint="it is called without arguments"
        ) from None
    if not hasattr(made, "__enter__"):
        raise ConfigurationError(
            f"--executor {text} returned a value of type {type(made).__name__}",
            hint="it must return a concurrent.futures.Executor, or a context manager that gives one",
        )
    return made  # type: ignore[no-any-return]


def processes() -> Executor:
    """A process for each processor; where the terminal interrupts them, or this process is killed, they end, too."""
    return ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"), initializer=_end_with_parent)


def _end_with_parent() -> None:
    """Without a word, and at once: nobody asks for the rest, and a process of a pool would wait for it for ever."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


Share = Callable[["tuple[Tenant, ...]"], Any]
"""What a worker is told of some tenants, when their turn has come."""


@dataclass(slots=True)
class Batches(Generic[R]):
    """Tenants worked on by an executor: ``work`` gives a result for each tenant, or for some of them together.

    ``work`` is called by a worker with the ``share`` of some tenants, so it must be a function of a module, or a
    ``partial`` of one. ``unknown`` is the result for a tenant of which nothing came back, and why. A batch has at most
    ``largest`` tenants, and ``at_once`` of them are with the executor. ``begin`` is asked right before it is given one:
    where it refuses, there are no results for those tenants, but for such as a worker died with before.
    """

    make: MakeExecutor
    work: Callable[[Any], Coroutine[Any, Any, list[R]]]
    unknown: Callable[[Tenant, str], R]
    on_results: Callable[[list[R]], None]
    share: Share = field(default=lambda members: members)
    begin: Callable[[tuple[Tenant, ...]], bool] = field(default=lambda members: True)
    largest: int = 100
    at_once: int = 10_000
    results: list[R] = field(default_factory=list)
    _lost: set[Tenant] = field(default_factory=set)
    _deaths: int = 0
    _executor: Executor | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> Batches[R]:
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._stack.__aexit__(*error)

    async def all(self, tenants: Sequence[Tenant]) -> list[R]:
        """The results for all tenants so far, and for these.

        A worker that dies hides no other's results: where the executor breaks with it, what was lost is tried again in
        a new one, in halves, until the tenant is found that it died of. Raises ``ConfigurationError``, and what
        ``work`` raises for all.
        """
        if not tenants:
            return self.results
        sent = _sent(_Common(str(Path.cwd()), tuple(sys.path), secrets.token_hex(8), _sent(self.work)))
        await self._all(sent, tenants, max(1, min(self.largest, -(-len(tenants) // _BATCHES))))
        return self.results

    async def _all(self, sent: bytes, tenants: Sequence[Tenant], size: int) -> None:
        if self._deaths == _DEATHS:
            self._give_up(tenants, "the workers of the executor died one after the other")
            return
        lost = await self._together(
            sent, [tuple(tenants[place : place + size]) for place in range(0, len(tenants), size)]
        )
        if len(lost) == 1 == len(tenants):
            self._deaths += 1
            self._give_up(lost, "the worker of the executor died of it")
            return
        middle = (len(lost) + 1) // 2
        for half in (lost[:middle], lost[middle:]):
            if half:
                await self._all(sent, half, min(size, (len(half) + 1) // 2))

    async def _together(self, sent: bytes, batches: Sequence[tuple[Tenant, ...]]) -> list[Tenant]:
        """Have batches worked on; the tenants of those that were lost when the executor broke."""
        lost: list[Tenant] = []
        turn = asyncio.Semaphore(self.at_once)
        executor = await self._ready()

        async def one(members: tuple[Tenant, ...]) -> None:
            async with turn:
                if not self.begin(members):
                    self._give_up([tenant for tenant in members if tenant in self._lost], "the worker died")
                    return
                try:
                    await self._take(executor, sent, members)
                except BrokenExecutor:
                    lost.extend(members)
                    self._lost.update(members)

        tasks = [asyncio.create_task(one(members)) for members in batches]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if lost:  # with the executor
            self._executor = None
            await self._stack.aclose()
        return lost

    async def _ready(self) -> Executor:
        """The executor, with a worker that takes something up. Raises ``ConfigurationError``."""
        if self._executor is None:
            executor = await self._stack.enter_async_context(_opened(self.make))
            await _assert_works(executor)
            self._executor = executor
        return self._executor

    async def _take(self, executor: Executor, sent: bytes, members: tuple[Tenant, ...]) -> None:
        """Have a batch worked on, and keep its results. Raises ``BrokenExecutor``, and what ``work`` raises."""
        try:
            answer = await _answer(executor, sent, _sent(self.share(members)))
        except BrokenExecutor:
            raise
        except Exception as error:  # of the executor: everything else is in the answer
            self._give_up(members, f"the executor has no answer: {one_line(error)}")
            return
        if isinstance(answer, SchemaDriftError):
            raise answer
        self._keep(answer)

    def _give_up(self, members: Sequence[Tenant], why: str) -> None:
        self._keep([self.unknown(tenant, why) for tenant in members])

    def _keep(self, results: list[R]) -> None:
        self.results += results
        self.on_results(results)


_BATCHES = 32
"""How many there are unless they would be too large: enough for many workers, and each of them loads the models."""
_DEATHS = 3
"""How many tenants may each be the end of a worker before no further one is tried."""
_PATIENCE = 60.0
"""Seconds in which a worker must have taken something up: a cluster without any would be waited for without end."""


async def _assert_works(executor: Executor) -> None:
    """Raise ``ConfigurationError`` where nobody takes up work."""
    try:
        given = asyncio.wrap_future(await asyncio.to_thread(executor.submit, os.getpid))
    except Exception:  # what is wrong is told of tenants
        return
    try:
        done, _ = await asyncio.wait([given], timeout=_PATIENCE)
    finally:
        given.cancel()
    if not done:
        raise ConfigurationError(
            f"no worker of the executor began within {_PATIENCE:g} seconds",
            hint="start workers, or let the factory wait for them (Dask: client.wait_for_workers(1))",
        )
    if not given.cancelled():
        given.exception()  # which is no longer unheard


@asynccontextmanager
async def _opened(make: MakeExecutor) -> AsyncIterator[Executor]:
    """The executor; it is made and ended beside the event loop, because both may take a while."""
    stack, own = ExitStack(), copy_context()  # whoever sets a context variable at the beginning resets it at the end
    executor = await asyncio.to_thread(own.run, lambda: stack.enter_context(make()))
    try:
        if not isinstance(executor, Executor):
            raise ConfigurationError(
                f"--executor gave a value of type {type(executor).__name__}",
                hint="it must be a concurrent.futures.Executor",
            )
        yield executor
    except (asyncio.CancelledError, SchemaDriftError):
        if isinstance(executor, Executor):
            executor.shutdown(wait=False)  # nobody waits for what is being worked on
        raise
    finally:
        await asyncio.shield(asyncio.to_thread(own.run, stack.close))


async def _answer(executor: Executor, sent: bytes, tenants: bytes) -> Any:
    """What a worker answers. Raises what the executor does."""
    given = asyncio.wrap_future(await asyncio.to_thread(executor.submit, run_batch, sent, tenants))
    try:
        await asyncio.wait([given])
    finally:
        given.cancel()
    if given.cancelled():  # by the executor: otherwise this function was left above
        raise RuntimeError("it was cancelled")
    return _received(given.result())


@dataclass(frozen=True, slots=True)
class _Common:
    """What every batch needs: ``folder`` is where relative paths begin, ``path`` is where modules are looked for.

    ``run`` makes each run another one to a cluster that keeps results.
    """

    folder: str
    path: tuple[str, ...]
    run: str
    work: bytes


def run_batch(sent: bytes, tenants: bytes) -> bytes:
    """Work on one batch, in whatever process this is: the results, or the error that stands for all of them."""
    common: _Common = _received(sent)
    with _ONE_AT_A_TIME:
        try:
            return _sent(_run(common, tenants))
        except SchemaDriftError as error:
            return _sent(error)
        except Exception as error:
            first = _first(error)
            return _sent(
                SchemaDriftError(
                    f"unexpected {one_line(first)}",
                    where=_place(first),
                    hint="run it with -v and without --executor, and report the traceback as a bug",
                )
            )


_ONE_AT_A_TIME = threading.Lock()
"""For workers that are threads: Tortoise has one set of models in a process, and a process has one current folder."""


def _run(common: _Common, tenants: bytes) -> list[Any]:
    sys.path += [entry for entry in common.path if entry not in sys.path]
    with ExitStack() as stack:
        if str(Path.cwd()) != common.folder:
            try:
                stack.enter_context(chdir(common.folder))
            except OSError as error:
                raise ConfigurationError(
                    f"a worker of the executor cannot go to the project's folder: {error.strerror}",
                    where=common.folder,
                    hint="make it available there under the same path",
                ) from None
        results: list[Any] = asyncio.run(_received(common.work)(_received(tenants)))
        return results


def _first(error: BaseException) -> BaseException:
    """The error itself, out of the group that tasks put it into."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _place(error: BaseException) -> str:
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}" if last is not None else ""


class _Pickler(pickle.Pickler):
    """Takes what settings consist of, too."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, MappingProxyType):
            return _read_only, (dict(value),)
        if isinstance(value, ModuleType):
            return importlib.import_module, (value.__name__,)
        return NotImplemented


def _read_only(values: dict[str, Any]) -> MappingProxyType[str, Any]:
    return MappingProxyType(values)  # which cannot be found by its own name


def _sent(value: object) -> bytes:
    """A value as bytes. Raises ``ConfigurationError`` for one that only this process can have."""
    target = io.BytesIO()
    try:
        _Pickler(target, pickle.HIGHEST_PROTOCOL).dump(value)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"the executor cannot be sent what it needs: {one_line(error)}",
            hint="give a URL instead of credentials with objects in them, or leave out --executor",
        ) from None
    return target.getvalue()


def _received(sent: bytes) -> Any:
    """What ``_sent`` made bytes of, in this process or in one that runs the same code."""
    return pickle.loads(sent)  # noqa: S301
