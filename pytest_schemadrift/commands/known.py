"""What was found in sync before: where the catalog has the same rows for the same models, nothing is compared again.

What is remembered is the answer "in sync", under a key of all that it depends on: anything else makes another key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from pytest_schemadrift.core.cache import key_of, store, stored
from pytest_schemadrift.core.config.urls import may_be_one_database, same_kind_of_server
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.name import Name
from pytest_schemadrift.sources import orm

if TYPE_CHECKING:
    from pytest_schemadrift.core.config.settings import Settings
    from pytest_schemadrift.core.config.tortoise import TortoiseConfig
    from pytest_schemadrift.core.config.urls import ConnectionSettings
    from pytest_schemadrift.planning.drift import Drift
    from pytest_schemadrift.planning.policy import Ignored
    from pytest_schemadrift.schema.capabilities import ServerInfo
    from pytest_schemadrift.schema.model import Schema
    from pytest_schemadrift.sources.model_ddl import LoadedModels, ModelSource


@dataclass(frozen=True, slots=True)
class InSync:
    """What a check in sync found: how it was compared, its tables and notes, and how much does not count."""

    compared: str
    tables: tuple[Name, ...]
    notes: tuple[str, ...]
    has_ignored: bool


@dataclass(frozen=True, slots=True)
class _Items:
    items: tuple[Ignored, ...]


class Known:
    """Whether a database was found in sync with these models before, as it is now; asked once its rows are read."""

    def __init__(
        self,
        settings: Settings,
        models: LoadedModels,
        info: ServerInfo,
        source: ModelSource,
        *,
        chosen: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
        lists_ignored: bool = True,
    ) -> None:
        """``chosen`` are the apps and models to look at, all where there are none.

        Nothing is known of a database that has models of another connection too: the answer depends on those of both.
        """
        neighbours = same_database(models.config, source.connection)
        self._is_shared = any(models.models(other.name) for other in neighbours)
        self._depends_on = key_of(settings, info, chosen, orm.python_defaults_vary(), *texts_of(source))
        self._lists_ignored = lists_ignored
        self._key = ""
        self.found: InSync | None = None
        self.ignored: tuple[Ignored, ...] = ()

    def is_known(self, digest: str) -> bool:
        """As ``Dialect.dump_unless_known`` asks; what was found is in ``found`` and ``ignored`` then."""
        if self._is_shared:
            return False
        self._key = key_of(self._depends_on, digest)
        found = stored(_KIND, self._key, _CLASSES)
        if not isinstance(found, InSync):
            return False
        if found.has_ignored and self._lists_ignored:
            items = stored(_IGNORED, self._key, _ignored_classes())
            if not isinstance(items, _Items):
                return False
            self.ignored = items.items
        self.found = found
        return True

    def remember(self, digest: str, drift: Drift, notes: tuple[str, ...]) -> None:
        """Keep the answer for the rows of this digest. ``notes`` are those of the comparison."""
        if self._is_shared:
            return
        key = key_of(self._depends_on, digest)
        if drift.ignored:
            store(_IGNORED, key, _ignored_classes(), _Items(drift.ignored))
        store(_KIND, key, _CLASSES, InSync(drift.compared, drift.tables, notes, bool(drift.ignored)))


def same_database(config: TortoiseConfig, name: str) -> Iterator[ConnectionSettings]:
    """The other connections to the database of this one, by its name."""
    here = config.connection(name)
    return (other for other in same_kind(config, name) if may_be_one_database(here, other))


def same_kind(config: TortoiseConfig, name: str) -> Iterator[ConnectionSettings]:
    """The other connections to the kind of server that this one is to."""
    here = config.connection(name)
    for other in map(config.connection, config.connections):
        if other.name != name and same_kind_of_server(here, other):
            yield other


class Looked(NamedTuple):
    """A database whose rows were read: what its models want, and its schema, for it was not known."""

    source: ModelSource
    known: Known
    digest: str
    live: Schema


_KIND, _IGNORED = "in-sync", "in-sync-ignored"
_CLASSES = (Name, InSync)


def _ignored_classes() -> tuple[type, ...]:
    """Imported only where there is something: most databases hold nothing that does not count."""
    from pytest_schemadrift.planning.policy import Ignored
    from pytest_schemadrift.schema import changes, model

    return (*model.STORED, *changes.STORED, Ignored, _Items)


def texts_of(source: ModelSource) -> Iterator[str]:
    """All that the models say, but for where they say it."""
    yield from source.preamble
    for tables in (source.statements, source.others):
        yield str(len(tables))
        yield from (f"{table.name!r} {table.text}" for table in tables)
    yield repr((source.dialect, source.unmanaged, source.problems))
