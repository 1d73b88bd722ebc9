"""The schema that the models want, as DDL from Tortoise's own generator; no database is ever asked.

::

    with load_models(config) as loaded:
        source = model_ddl(loaded, "default")
    source.sql                      everything, for the reader
    source.script([Name("", "a")])  what a scratch database needs for these tables, statement by statement in order
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING

from pytest_schemadrift.core.config.settings import nearest
from pytest_schemadrift.core.config.tortoise import TortoiseConfig, import_module, one_line, put_on_path
from pytest_schemadrift.errors import ConfigurationError, DriverMissing
from pytest_schemadrift.schema.model import Name, UnsupportedObject
from pytest_schemadrift.sources import orm
from pytest_schemadrift.sources.locations import Origin, Origins
from pytest_schemadrift.sources.orm.classes import app_of, connection_of, full_name

if TYPE_CHECKING:
    from tortoise.backends.base.client import BaseDBAsyncClient
    from tortoise.models import Model

__all__ = ["LoadedModels", "ModelSource", "Origin", "Origins", "TableDDL", "load_models", "model_ddl"]


@dataclass(frozen=True, slots=True)
class TableDDL:
    """One table's DDL as Tortoise writes it: ``statements`` create the table, then its indexes and comments.

    ``schema`` is ``""`` for the connection's default one. ``afterwards`` holds the foreign keys that close a cycle:
    they can be executed once all tables exist. ``model`` is ``app.Model``, or ``app.Model.field`` for the table of a
    many-to-many field. ``references`` are the tables that must exist first.
    """

    schema: str
    table: str
    statements: tuple[str, ...]
    model: str
    afterwards: tuple[str, ...] = ()
    references: tuple[Name, ...] = ()
    position: int = 0
    """Its place in the order of creation, among ``statements`` and ``others`` together."""

    @property
    def name(self) -> Name:
        """The table as the rest of the house names it."""
        return Name(self.schema, self.table)

    @property
    def sql(self) -> str:
        """What creates it, without ``afterwards``."""
        return "\n".join(self.statements)

    @property
    def text(self) -> str:
        """All of it, for the reader and for a cache's key."""
        return "\n".join((*self.statements, *self.afterwards))


@dataclass(frozen=True, slots=True)
class ModelSource:
    """What the models of one connection want.

    ``statements`` are the tables to compare, in an order that can be executed: a table comes after those it refers
    to, and of a cycle the closing foreign keys are ``afterwards``. ``others`` are tables that are not compared but
    that foreign keys may need in a scratch database: unmanaged ones (``managed = False`` in ``Meta``; their names are
    ``unmanaged``) and those left out by ``apps`` or ``models``. ``preamble`` creates the schemas. ``problems`` is what
    the models say and the dialect cannot; ``notices`` is what people should know but is no drift.
    """

    connection: str
    dialect: str
    preamble: tuple[str, ...]
    statements: tuple[TableDDL, ...]
    others: tuple[TableDDL, ...]
    unmanaged: tuple[str, ...]
    problems: tuple[UnsupportedObject, ...]
    notices: tuple[str, ...]
    origins: Origins = field(repr=False, compare=False)

    @property
    def sql(self) -> str:
        """The DDL of all tables to compare, for the reader."""
        return "\n".join((*self.preamble, *(table.text for table in self.statements)))

    def script(self, tables: Iterable[Name] | None = None) -> tuple[str, ...]:
        """The DDL that creates these tables (all of ``statements`` where none are given) and all that they refer to.

        One statement each, executable one after the other.
        """
        every = {table.name: table for table in (*self.others, *self.statements)}
        waiting = list(tables) if tables is not None else [table.name for table in self.statements]
        wanted: set[Name] = set()
        while waiting:
            name = waiting.pop()
            if name in every and name not in wanted:
                wanted.add(name)
                waiting.extend(every[name].references)
        chosen = sorted((every[name] for name in wanted), key=lambda table: table.position)
        return (
            *self.preamble,
            *(sql for table in chosen for sql in table.statements),
            *(sql for table in chosen for sql in table.afterwards),
        )


# ---------------------------------------------------------------------------------------------------------------------
# Loading
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoadedModels:
    """Models with their relations resolved; alive only inside ``with load_models(…)``."""

    config: TortoiseConfig
    notices: tuple[str, ...]
    _apps: orm.Apps = field(repr=False)

    def models(self, connection: str) -> tuple[type[Model], ...]:
        """The models of every app on that connection, in Tortoise's order. Raises ``ConfigurationError``."""
        self.config.connection(connection)
        return tuple(model for model in self._apps.models() if connection_of(model) == connection)

    def make_queryable(self) -> None:
        """Let the models make queries, as after ``Tortoise.init``: migrations may."""
        self._apps.make_queryable()

    async def close_connections(self) -> None:
        """Close what queries of the models have opened."""
        await self._apps.close()

    def client(self, connection: str) -> BaseDBAsyncClient:
        """Tortoise's client of that connection, which connects to nothing until a query is made."""
        settings = self.config.connection(connection)
        try:
            return self._apps.client(connection)
        except ImportError as error:
            extra = "psycopg" if settings.engine.endswith("psycopg") else f"pytest-schemadrift[{settings.dialect}]"
            raise DriverMissing(
                f"the driver of connection {connection!r} is not installed: {one_line(error)}",
                where=self.config.origin,
                hint=f"pip install {extra}",
            ) from None
        except Exception as error:  # of the client's constructor, which takes the credentials as they are
            raise ConfigurationError(
                f"Tortoise refuses the settings of connection {connection!r}: {one_line(error)}",
                where=self.config.origin,
                hint="correct its credentials or URL",
            ) from None


@contextmanager
def load_models(config: TortoiseConfig) -> Iterator[LoadedModels]:
    """Import the models and resolve their relations, as ``Tortoise.init`` does, without any connection.

    On leaving, Tortoise is as it was, so a test suite that uses it itself does not notice. Raises ``ModelsUnavailable``
    with the reason in one line: a module that cannot be imported, a model that Tortoise refuses.
    """
    put_on_path(config.project_dir)
    modules = {label: [_module(entry, label, config) for entry in app.modules] for label, app in config.apps.items()}
    with orm.load(config, modules) as (apps, notices):
        yield LoadedModels(config, notices, apps)


def _module(entry: object, label: str, config: TortoiseConfig) -> ModuleType:
    if isinstance(entry, ModuleType):
        return entry
    return import_module(str(entry), f"{config.origin}, app {label!r}")


# ---------------------------------------------------------------------------------------------------------------------
# DDL
# ---------------------------------------------------------------------------------------------------------------------


def model_ddl(
    loaded: LoadedModels,
    connection: str,
    *,
    apps: Collection[str] | None = None,
    models: Collection[str] | None = None,
    server_version: str = "",
) -> ModelSource:
    """The DDL of one connection's models; ``apps`` and ``models`` (``Model`` or ``app.Model``) choose what is compared.

    ``server_version`` is the server's own version text where it is known: MariaDB needs other SQL than MySQL in
    places. Raises ``ModelsUnavailable`` for models that no server could hold, ``ConfigurationError`` for an unknown
    connection, app or model, ``Unsupported`` for another kind of database, ``DriverMissing``.
    """
    dialect = loaded.config.connection(connection).dialect
    from pytest_schemadrift.sources.orm.writer import Writer

    return Writer(loaded, connection, dialect, server_version).source(_selection(loaded, connection, apps, models))


def _selection(
    loaded: LoadedModels, connection: str, apps: Collection[str] | None, names: Collection[str] | None
) -> frozenset[type[Model]]:
    """The models that are to be compared; an app or model that is on another connection simply selects nothing here."""
    chosen = loaded.models(connection)
    every = [model for name in loaded.config.connections for model in loaded.models(name)]
    if apps is not None:
        _assert_known("app", apps, loaded.config.apps, loaded.config)
        chosen = tuple(model for model in chosen if app_of(model) in apps)
    if names is not None:
        known = {full_name(model) for model in every} | {model.__name__ for model in every}
        _assert_known("model", names, known, loaded.config)
        chosen = tuple(m for m in chosen if m.__name__ in names or full_name(m) in names)
    return frozenset(chosen)


def _assert_known(kind: str, names: Iterable[str], known: Collection[str], config: TortoiseConfig) -> None:
    for name in names:
        if name not in known:
            raise ConfigurationError(f"there is no {kind} {name!r}", where=config.origin, hint=nearest(name, known))
