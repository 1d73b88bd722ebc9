"""What models are once they are loaded, and the DDL that they want: values without the code that makes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.core.config.tortoise import TortoiseConfig, one_line
from pytest_schemadrift.errors import ConfigurationError, DriverMissing
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.name import Name
from pytest_schemadrift.sources import orm
from pytest_schemadrift.sources.locations import Origins
from pytest_schemadrift.sources.orm.classes import connection_of

if TYPE_CHECKING:
    from tortoise.backends.base.client import BaseDBAsyncClient
    from tortoise.models import Model

    from pytest_schemadrift.schema.model import UnsupportedObject


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
        """The table as the other packages name it."""
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

    @property
    def registry(self) -> Any:
        """Tortoise's own value for the apps (1.0 and later)."""
        return self._apps.registry

    async def close_connections(self) -> None:
        """Close what queries of the models have opened."""
        await self._apps.close()

    def client(self, connection: str) -> BaseDBAsyncClient:
        """Tortoise's client of that connection, which connects to nothing until a query is made."""
        settings = self.config.connection(connection)
        try:
            return self._apps.client(connection)
        except ImportError as error:
            extra = "psycopg" if settings.engine.endswith("psycopg") else f"'pytest-schemadrift[{settings.dialect}]'"
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
