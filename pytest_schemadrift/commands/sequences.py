"""Set what numbers rows (sequences, AUTO_INCREMENT, ``sqlite_sequence``) past the rows that are there."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.own_schemas import own_part_and_rest
from pytest_schemadrift.commands.project import (
    CheckOptions,
    Project,
    loaded_models,
    only_connection,
    with_urls,
)
from pytest_schemadrift.core.config.urls import database_url
from pytest_schemadrift.dialects.base import Patience
from pytest_schemadrift.dialects.counter import Counter
from pytest_schemadrift.errors import ConfigurationError, StatementFailed
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.database import dialect_of_url, open_server
from pytest_schemadrift.sources.scratch import LiveServer

if TYPE_CHECKING:
    from pytest_schemadrift.sources.models import LoadedModels


class Verdict(Enum):
    """What became of a counter."""

    SET = "set"
    RIGHT = "right already"
    AHEAD = "further along than its rows"
    MOVED = "moved on meanwhile"
    EXHAUSTED = "exhausted"
    LEFT_ALONE = "skipped"
    FAILED = "not set"


@dataclass(frozen=True, slots=True)
class Looked:
    """A counter, the ``verdict``, and in ``note`` the reason of one that has a reason."""

    counter: Counter
    verdict: Verdict
    note: str = ""

    @property
    def is_set(self) -> bool:
        """Whether it was set, or would be."""
        return self.verdict is Verdict.SET

    @property
    def failed(self) -> bool:
        """Whether it may be wrong and was not set."""
        return self.verdict is Verdict.FAILED

    @property
    def words(self) -> str:
        """What a person is told: the numbers are those that come next."""
        counter = self.counter
        match self.verdict:
            case Verdict.SET:
                ends = ", and it ends there" if counter.is_exhausted else ""
                return f"{counter.next} -> {counter.wanted}{ends}"
            case Verdict.RIGHT:
                return f"{counter.next}, right already"
            case Verdict.AHEAD:
                return f"{counter.next}, right already (--backwards: {counter.wanted})"
            case Verdict.EXHAUSTED:
                return f"{self.verdict.value}: the rows have its last number, {counter.last}"
            case Verdict.MOVED:
                return f"{self.verdict.value}: others use it"
            case _:
                return f"{self.verdict.value}: {self.note}"


@dataclass(frozen=True, slots=True)
class SequencesOptions:
    """How to set them. ``backwards`` also sets back what is further than its rows; ``dry_run`` sets nothing."""

    backwards: bool = False
    dry_run: bool = False
    patience: Patience = field(default_factory=Patience)


Tell = Callable[[str, Looked], None]
"""Called with each connection's name (``""`` for a URL without a project) and counter as soon as it was looked at."""


async def fix_sequences(
    project: Project | None,
    checking: CheckOptions,
    options: SequencesOptions,
    tell: Tell | None = None,
    tell_left_out: Callable[[int], None] | None = None,
) -> list[tuple[str, Looked]]:
    """Set every counter of the chosen databases past its rows; (connection, what became of it) for each.

    ``apps`` and ``models`` of ``checking`` leave out the counters of other tables, and a database is looked at without
    the schemas of its tenants, whose number ``tell_left_out`` hears. Raises ``Busy``, and what connecting raises.
    """
    found: list[tuple[str, Looked]] = []
    project = with_urls(project, checking.database_urls) if project is not None else None
    for place in _places(project, checking):

        def note(looked: Looked, name: str = place.connection) -> None:
            found.append((name, looked))
            if tell is not None:
                tell(name, looked)

        async with open_server(place.url, place.dialect, checking.timeout, only_schemas=place.only_schemas) as whole:
            server, left_out = whole, 0
            if project is not None:
                server, left_out = await own_part_and_rest(project, place.connection, whole)
            await set_counters(server, place.tables, options, note)
        if left_out and tell_left_out is not None:
            tell_left_out(left_out)
    return found


async def set_counters(
    server: LiveServer,
    tables: Collection[Name] | None,
    options: SequencesOptions,
    tell: Callable[[Looked], None],
) -> None:
    """Set the counters of an open database, of these tables or all, while no other schemadrift changes it."""
    dialect, connection, info = server.dialect, server.connection, server.info
    for setting in dialect.be_patient(options.patience, info):
        await connection.execute(setting)
    schemas = frozenset(info.only_schemas) or None
    async with dialect.alone(connection, info, options.patience.lock, schemas):
        async for counter in dialect.counters(connection, info, tables):
            tell(await _look(server, counter, options))


async def _look(server: LiveServer, counter: Counter, options: SequencesOptions) -> Looked:
    if counter.missing_right:
        return Looked(counter, Verdict.FAILED, counter.missing_right)
    if counter.left_alone:
        return Looked(counter, Verdict.LEFT_ALONE, counter.left_alone)
    if counter.is_at_its_end:
        return Looked(counter, Verdict.EXHAUSTED)
    if not counter.is_behind and not (options.backwards and counter.is_ahead):
        return Looked(counter, Verdict.AHEAD if counter.is_ahead else Verdict.RIGHT)
    if options.dry_run:
        return Looked(counter, Verdict.SET)
    try:
        was_set = await server.dialect.set_counter(server.connection, server.info, counter)
    except StatementFailed as error:
        return Looked(counter, Verdict.FAILED, error.what)
    return Looked(counter, Verdict.SET if was_set else Verdict.MOVED)


@dataclass(frozen=True, slots=True)
class _Place:
    """A database to look at, and the tables that were asked for (``None``: all)."""

    connection: str
    url: str
    dialect: str
    tables: frozenset[Name] | None = None
    only_schemas: tuple[str, ...] = ()


def _places(project: Project | None, checking: CheckOptions) -> list[_Place]:
    limited = bool(checking.apps or checking.models)
    if project is None:
        if limited:
            raise ConfigurationError(
                "--apps and --models need a project", hint="run it in the project's folder, or give --config"
            )
        return [_Place(name, url, dialect_of_url(url)) for name, url in checking.database_urls]
    named = tuple(name or only_connection(project, None) for name, _ in checking.database_urls)
    names = checking.connections or named or tuple(project.tortoise.connections)
    settings = {name: project.tortoise.connection(name) for name in names}
    places = [_Place(name, database_url(one), one.dialect, only_schemas=one.schemas) for name, one in settings.items()]
    if not limited:
        return places
    with loaded_models(project) as models:
        return [replace(place, tables=_tables(models, place.connection, checking)) for place in places]


def _tables(models: LoadedModels, name: str, checking: CheckOptions) -> frozenset[Name]:
    from pytest_schemadrift.sources.models import model_ddl

    source = model_ddl(models, name, apps=checking.apps or None, models=checking.models or None)
    return frozenset(table.name for table in source.statements)
