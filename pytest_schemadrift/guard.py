"""A guard at the start of an application: is the database what its models need?

::

    @asynccontextmanager
    async def lifespan(app):
        async with RegisterTortoise(app, config=TORTOISE_ORM):
            await schema_guard()
            yield

It reads catalogs on the connections that Tortoise has open already, in the running event loop, and makes nothing on any
server. Importing it imports nothing of pytest, rich or click.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from time import monotonic, time
from typing import TYPE_CHECKING, Any, Literal

from pytest_schemadrift.errors import ConfigurationError, Drifted, SchemaDriftError, StatementFailed, mask
from pytest_schemadrift.schema.severity import Severity
from pytest_schemadrift.shown import unexpected, visible

if TYPE_CHECKING:
    from pytest_schemadrift.commands.glance import Glance
    from pytest_schemadrift.commands.known import Known
    from pytest_schemadrift.core.config.settings import Settings
    from pytest_schemadrift.dialects.base import Connection
    from pytest_schemadrift.planning.drift import Drift
    from pytest_schemadrift.schema.capabilities import ServerInfo
    from pytest_schemadrift.schema.changes import SimpleChange
    from pytest_schemadrift.schema.model import Schema
    from pytest_schemadrift.sources.models import LoadedModels, ModelSource
    from pytest_schemadrift.sources.scratch import LiveServer

__all__ = ["GuardPolicy", "GuardReport", "Severity", "guarded", "schema_guard"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    """What the guard does about a drift. ``GuardPolicy(refuse=None)`` only warns, with ``warn=None`` it only counts."""

    refuse: Severity | None = Severity.BREAKS_QUERIES
    """From which severity on the application is not started; ``None``: whatever is found, it starts."""
    warn: Severity | None = Severity.COSTS_SPEED
    """From which severity on a change is logged as a warning."""
    timeout: float = 5.0
    """Seconds for all of it."""
    unknown: Literal["start", "refuse"] = "start"
    """Where it could not tell (a catalog that is slow, a table that cannot be read): the application is started."""
    once: Path | str | None = None
    """A file in which several workers tell each other that the same models were found in order in the same database."""
    once_for: float = 60.0
    """For how many seconds they believe it."""


@dataclass(frozen=True, slots=True)
class GuardReport:
    """What the guard found: a ``Drift`` for each connection that had to be compared, and its changes by severity."""

    drifts: tuple[Drift, ...] = ()
    counts: Mapping[Severity, int] = field(default_factory=dict)
    uncertain: int = 0
    """Changes that may be nothing but another spelling: only a scratch database could tell, and they count nowhere."""
    unknown: str = ""
    """Why it could not tell, empty where it could."""
    where: str = ""
    """Which server that was, or which connection of Tortoise's."""
    hint: str = ""
    """What to do about it."""
    remembered: bool = False
    """Whether another worker has just looked, so that this one did not."""
    seconds: float = 0.0

    @property
    def in_sync(self) -> bool | None:
        """``None`` where it could not tell."""
        if any(self.counts.values()):
            return False
        return None if self.unknown or self.uncertain else True


async def schema_guard(
    config: str | Mapping[str, Any] | None = None,
    *,
    policy: GuardPolicy = GuardPolicy(),
    connections: Iterable[str] = (),
    project_dir: Path | str = ".",
) -> GuardReport:
    """Compare the databases of a running application with its models; to be called once Tortoise is initialised.

    ``config`` is not needed: Tortoise is asked. Where it is given, as ``check`` takes it, its connections must be those
    of Tortoise. ``connections`` are the ones to look at, all where none are named; settings and accepted drift come
    from the ``pyproject.toml`` of ``project_dir``, where it has one. Raises ``Drifted`` by the ``policy``, and
    ``ConfigurationError`` where Tortoise is not initialised.
    """
    begun = monotonic()
    report = await _look(_Application(config, Path(project_dir)), tuple(connections), policy)
    report = replace(report, seconds=monotonic() - begun)
    _tell(report, policy)
    return report


def guarded(
    lifespan: Callable[[Any], AbstractAsyncContextManager[Any]],
    *,
    policy: GuardPolicy = GuardPolicy(),
    config: str | Mapping[str, Any] | None = None,
) -> Callable[[Any], AbstractAsyncContextManager[Any]]:
    """The lifespan of a FastAPI or Starlette application, with the guard once ``lifespan`` has initialised Tortoise."""

    @asynccontextmanager
    async def with_guard(app: Any) -> AsyncIterator[Any]:
        async with lifespan(app) as state:
            await schema_guard(config, policy=policy)
            yield state

    return with_guard


class _Application:
    """The application as it runs: its models, and its settings once they are needed."""

    def __init__(self, config: str | Mapping[str, Any] | None, project_dir: Path) -> None:
        """Raises ``ConfigurationError`` where Tortoise is not initialised, or with another configuration."""
        from pytest_schemadrift.sources import orm

        self.project_dir = project_dir.resolve()
        self.apps = orm.running()
        self.connections = tuple(orm.running_connections())
        if config is not None:
            self._assert_same(config)

    def _assert_same(self, config: str | Mapping[str, Any]) -> None:
        from pytest_schemadrift.core.config.tortoise import find_tortoise_config, parse_tortoise_config

        settings = self.loaded[0]
        given = (
            find_tortoise_config(settings, config=config)
            if isinstance(config, str)
            else parse_tortoise_config(config, origin="schema_guard(config)", project_dir=self.project_dir)
        )
        strangers = sorted({*given.connections} ^ {*self.connections})
        if strangers:
            raise ConfigurationError(
                f"Tortoise was initialised with another configuration: connection {strangers[0]!r} is in one of them",
                where=given.origin,
                hint="leave the configuration out: Tortoise is asked",
            )

    @cached_property
    def loaded(self) -> tuple[Settings, LoadedModels]:
        """The project's settings, and the models with their configuration. Raises ``ConfigurationError``."""
        from pytest_schemadrift.core.config.settings import load_settings
        from pytest_schemadrift.sources.models import running_models

        settings = load_settings(self.project_dir)
        return settings, running_models(settings.project_dir)


async def _look(application: _Application, names: tuple[str, ...], policy: GuardPolicy) -> GuardReport:
    names = names or application.connections
    try:
        async with asyncio.timeout(policy.timeout):
            if policy.once is None:
                return await _checked(application, names)
            return await _once(application, names, Path(policy.once), policy.once_for)
    except ConfigurationError:
        raise
    except TimeoutError:
        hint = "check the servers, or allow more time: GuardPolicy(timeout=...)"
        return GuardReport(unknown=f"the databases did not answer within {policy.timeout:g} s", hint=hint)
    except SchemaDriftError as error:
        return GuardReport(unknown=error.what.splitlines()[0], where=error.where.partition("\n")[0], hint=error.hint)


async def _checked(application: _Application, names: Iterable[str]) -> GuardReport:
    drifts = []
    for name in names:
        with _naming(name):
            glance = _glance(application, name)
            if not await _is_known(glance) and (drift := await _drift(*application.loaded, name, glance)) is not None:
                drifts.append(drift)
    if not drifts:
        return GuardReport()
    counts = Counter(severity for drift in drifts for _, severity in _certain(drift))
    found = sum(len(step.parts) for drift in drifts for step in drift.steps)
    unread = [f"{item.kind} {item.name} could not be read" for drift in drifts for item in drift.unreadable]
    return GuardReport(tuple(drifts), counts, found - counts.total(), unread[0] if unread else "")


@contextlib.contextmanager
def _naming(connection: str) -> Iterator[None]:
    """Let an error say of which connection it is, and be one of ours: for all of them the policy says what to do."""
    place = f"connection {connection}"
    try:
        yield
    except SchemaDriftError as error:
        if not error.where or isinstance(error, StatementFailed):  # which names the statement
            error.where = place
        raise
    except Exception as error:
        hint = f"schemadrift -v check --source live --connection {connection} shows all of it"
        raise SchemaDriftError(unexpected(error), where=place, hint=hint) from error


def _glance(application: _Application, name: str) -> Glance | None:
    from pytest_schemadrift.commands.glance import Glance

    with contextlib.suppress(Exception):  # what is wrong with a connection, or with the project, is said by the check
        return Glance(application.apps, name, application.project_dir)
    return None


async def _is_known(glance: Glance | None) -> bool:
    """Whether the database is known to be in sync, for which little is imported."""
    from pytest_schemadrift.core.gc_pause import paused_collector

    with paused_collector(), contextlib.suppress(SchemaDriftError):
        return glance is not None and await glance.is_known()
    return False


async def _drift(settings: Settings, models: LoadedModels, name: str, glance: Glance | None) -> Drift | None:
    """The drift of a connection; ``None`` where its rows are known to be those of a database in sync."""
    from pytest_schemadrift.commands.importing import importing
    from pytest_schemadrift.core.gc_pause import paused_collector
    from pytest_schemadrift.dialects import get_dialect
    from pytest_schemadrift.dialects.base import nothing_meanwhile

    wanted = _Wanted(settings, models, name)
    connection = get_dialect(models.config.connection(name).dialect).wrap(models.client(name))  # the application's own
    with paused_collector():
        if (told := _told_at_once(wanted, glance)) is not None:
            info, digest = told
            live = None
            if not wanted.known(info).is_known(digest):
                async with importing() as begin:
                    begin()
                    read = get_dialect(info.dialect).dump_unless_known(connection, info, None, nothing_meanwhile)
                    digest, live = await read
        else:
            info, digest, live = await _read(wanted, connection)
    drift = None
    if live is not None:
        from pytest_schemadrift.sources.scratch import LiveServer, ScratchPlace

        server = LiveServer(connection, "", get_dialect(info.dialect), info, ScratchPlace(nowhere=True))
        drift = await _compared(wanted, server, digest, live)
    if glance is not None and not info.only_schemas and wanted.known(info).is_known(digest):  # the glance is of all
        await glance.remember(get_dialect(info.dialect), info, digest)
    return drift


def _told_at_once(wanted: _Wanted, glance: Glance | None) -> tuple[ServerInfo, str] | None:
    """The facts and the digest that a glance has brought, where it is all schemas that are looked at."""
    from pytest_schemadrift.dialects import get_dialect

    connection = wanted.models.config.connection(wanted.name)
    told = get_dialect(connection.dialect).told_at_once
    if glance is None or glance.answer is None or told is None or connection.schemas:
        return None
    return None if wanted.name in wanted.settings.tenants else told(glance.answer)


async def _read(wanted: _Wanted, connection: Connection) -> tuple[ServerInfo, str, Schema | None]:
    """The facts, the digest and, unless that is known, the schema."""
    from pytest_schemadrift.commands.importing import importing
    from pytest_schemadrift.dialects import get_dialect

    settings = wanted.models.config.connection(wanted.name)
    found = await get_dialect(settings.dialect).read_server_info(connection)
    info = replace(found, only_schemas=settings.schemas)
    if wanted.name in wanted.settings.tenants:
        info = await _without_tenants(wanted, connection, info)

    def write_models() -> None:
        wanted.write(info.version_text)

    async with importing() as begin:

        def is_known(digest: str) -> bool:
            found = wanted.known(info).is_known(digest)
            if not found:
                begin()
            return found

        digest, live = await get_dialect(info.dialect).dump_unless_known(connection, info, is_known, write_models)
    return info, digest, live


async def _without_tenants(wanted: _Wanted, connection: Connection, info: ServerInfo) -> ServerInfo:
    """The facts of a server that is not looked at in the schemas of tenants."""
    from pytest_schemadrift.commands.own_schemas import without_tenants
    from pytest_schemadrift.commands.project import Project
    from pytest_schemadrift.dialects import get_dialect
    from pytest_schemadrift.sources.scratch import LiveServer, ScratchPlace

    server = LiveServer(connection, "", get_dialect(info.dialect), info, ScratchPlace(nowhere=True))
    project = Project(wanted.settings, wanted.models.config)
    return (await without_tenants(project, wanted.models, wanted.name, server))[0].info


async def _compared(wanted: _Wanted, server: LiveServer, digest: str, live: Schema) -> Drift:
    from pytest_schemadrift.commands.accepted import accepting
    from pytest_schemadrift.commands.check import examine
    from pytest_schemadrift.commands.known import Looked
    from pytest_schemadrift.commands.project import CheckOptions, Project

    project = Project(wanted.settings, wanted.models.config)
    options = accepting(project, wanted.name, "live", CheckOptions(prove=False))
    looked = Looked(wanted.write(server.info.version_text), wanted.known(server.info), digest, live)
    drift, _ = await examine(project, wanted.models, wanted.name, server, options, looked=looked)
    return drift


class _Wanted:
    """What the models of a connection want, written once, and what is known of them."""

    def __init__(self, settings: Settings, models: LoadedModels, name: str) -> None:
        self.settings, self.models, self.name = settings, models, name
        self._source: ModelSource | None = None
        self._known: tuple[ServerInfo, Known] | None = None

    def write(self, server_version: str) -> ModelSource:
        """Their DDL, for a server of this version."""
        if self._source is None:
            from pytest_schemadrift.sources.models import model_ddl

            self._source = model_ddl(self.models, self.name, server_version=server_version)
        return self._source

    def known(self, info: ServerInfo) -> Known:
        """Whether a database of this server was found in sync with them before."""
        from pytest_schemadrift.commands.known import Known

        if self._known is None or self._known[0] != info:
            source = self.write(info.version_text)
            self._known = info, Known(self.settings, self.models, info, source, lists_ignored=False)
        return self._known[1]


async def _once(application: _Application, names: tuple[str, ...], path: Path, seconds: float) -> GuardReport:
    """Look, unless somebody did a moment ago; those who come meanwhile wait for the first."""
    digest = _digest(*application.loaded, names)
    async with _alone(path.with_name(path.name + ".lock")):
        if _was_in_order(path, digest, seconds):
            return GuardReport(remembered=True)
        report = await _checked(application, names)
        if report.in_sync:
            _remember(path, digest)
        return report


@asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(path, thread_local=False)
    while not lock.is_locked:  # without a thread, which could not be called back where the time is up
        try:
            lock.acquire(timeout=0)
        except Timeout:
            await asyncio.sleep(_PAUSE)
        except OSError:  # nothing can be written there: each worker looks for itself
            break
    try:
        yield
    finally:
        lock.release()


_PAUSE = 0.02


def _digest(settings: Settings, models: LoadedModels, names: Iterable[str]) -> str:
    """What stands for the models, their databases, and what counts as a drift."""
    from pytest_schemadrift.core.cache import key_of
    from pytest_schemadrift.core.config.urls import database_name

    parts: list[object] = [repr(settings)]
    for name in names:
        connection = models.config.connection(name)
        place = [connection.credentials.get(key) for key in ("host", "port", "unix_socket", "file_path")]
        database = database_name(connection)
        parts += [name, connection.dialect, place, database, connection.schemas, _source(models, name).sql]
    return key_of(*parts)


def _source(models: LoadedModels, name: str) -> ModelSource:
    from pytest_schemadrift.sources.models import model_ddl

    return model_ddl(models, name)


def _was_in_order(path: Path, digest: str, seconds: float) -> bool:
    from pytest_schemadrift.core.plain import read_json
    from pytest_schemadrift.core.private import read_private

    with contextlib.suppress(ValueError, TypeError, LookupError):
        told = read_json(read_private(path) or b"{}")
        return bool(told["digest"] == digest and 0 <= time() - told["time"] <= seconds)
    return False


def _remember(path: Path, digest: str) -> None:
    from pytest_schemadrift.core.private import write_private

    with contextlib.suppress(OSError):
        write_private(path, json.dumps({"digest": digest, "time": time()}).encode())


def _tell(report: GuardReport, policy: GuardPolicy) -> None:
    """Log what was found. Raises ``Drifted`` where the policy refuses it."""
    refused = []
    for drift in report.drifts:
        for severity, sentence in _sentences(drift):
            line = f"{drift.connection}: {sentence} ({severity})"
            if policy.refuse is not None and severity.at_least(policy.refuse):
                refused.append(line)
            elif policy.warn is not None and severity.at_least(policy.warn):
                _LOG.warning("%s", line)
            else:
                _LOG.info("%s", line)
    if report.uncertain:
        _LOG.info("%d differences may be nothing but spelling: schemadrift check settles them", report.uncertain)
    if report.unknown:
        _LOG.warning("could not compare the database with the models: %s", mask(visible(_told_unknown(report))))
    if refused:
        raise Drifted(_few(refused), hint="run the migrations that wait, or look with: schemadrift check --source live")
    if report.unknown and policy.unknown == "refuse":
        raise Drifted(
            f"could not compare the database with the models: {report.unknown}",
            where=report.where,
            hint=f'{report.hint or _LOOK}; GuardPolicy(unknown="start") lets the application start all the same',
        )


_LOOK = "look with: schemadrift check --source live"


def _told_unknown(report: GuardReport) -> str:
    """Why it could not tell, where, and what to do, in one line."""
    where = f" ({report.where})" if report.where else ""
    return f"{report.unknown}{where}; to do: {report.hint or _LOOK}"


def _sentences(drift: Drift) -> list[tuple[Severity, str]]:
    from pytest_schemadrift.planning.describe import describe

    return [(severity, mask(visible(f"{change.code} {describe(change)}"))) for change, severity in _certain(drift)]


def _certain(drift: Drift) -> list[tuple[SimpleChange, Severity]]:
    """The changes that no other spelling explains: no scratch database tells."""
    from pytest_schemadrift.verify.suspicion import certain_changes

    return certain_changes(drift.plan, drift.old) if drift.old is not None else []


def _few(lines: list[str]) -> str:
    shown = lines if len(lines) <= _SHOWN else [*lines[: _SHOWN - 1], f"… and {len(lines) - _SHOWN + 1} more"]
    return "\n".join(shown)


_SHOWN = 3
"""Lines of an error."""
