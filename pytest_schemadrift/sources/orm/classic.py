"""Tortoise up to 0.25: one set of apps and connections for the whole process, exchanged for the length of a load.

Mypy sees the Tortoise of today, which has none of this: hence ``Any``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import tortoise
import tortoise.connection
import tortoise.router
import tortoise.timezone

if TYPE_CHECKING:
    from tortoise.backends.base.client import BaseDBAsyncClient
    from tortoise.models import Model

    from pytest_schemadrift.core.config.tortoise import TortoiseConfig
    from pytest_schemadrift.sources.orm import Modules

_TORTOISE: Any = tortoise.Tortoise
_CONNECTIONS: Any = getattr(tortoise.connection, "connections")  # noqa: B009 -- gone from 1.0
_ROUTER: Any = tortoise.router.router


class ClassicApps:
    """The apps that the process has for now; see ``orm.Apps``."""

    def models(self) -> Iterable[type[Model]]:
        """Every model, app by app, in Tortoise's order."""
        return [model for app in _TORTOISE.apps.values() for model in app.values()]

    def client(self, connection: str) -> BaseDBAsyncClient:
        """Tortoise's client of a connection, which connects to nothing until a query is made."""
        client: BaseDBAsyncClient = _CONNECTIONS.get(connection)
        return client

    @property
    def registry(self) -> Any:
        """Tortoise's own value for the apps."""
        return _TORTOISE.apps

    def make_queryable(self) -> None:
        """Let the models make queries, as after ``Tortoise.init``."""
        _TORTOISE._build_initial_querysets()

    async def close(self) -> None:
        """Close every connection that was opened; those never asked for are not made for it."""
        opened = dict(_CONNECTIONS._get_storage())
        for name, client in opened.items():
            await client.close()
            _CONNECTIONS.discard(name)


@contextmanager
def opened(config: TortoiseConfig, modules: Modules) -> Iterator[ClassicApps]:
    """What ``Tortoise.init`` does without making the clients, whose drivers may be missing."""
    settings = config.tortoise
    with _own_state(settings["connections"]), _time_zone(bool(config.use_tz), config.timezone):
        for label, app in settings["apps"].items():
            _TORTOISE.init_models(modules[label], label, _init_relations=False)
            for model in _TORTOISE.apps[label].values():
                model._meta.default_connection = app["default_connection"]
        _TORTOISE._init_relations()
        yield ClassicApps()


@contextmanager
def _own_state(connections: dict[str, Any]) -> Iterator[None]:
    """Apps, connections and routers of our own; those of the process come back."""
    before = _TORTOISE.apps, _TORTOISE._inited, getattr(_TORTOISE, "table_name_generator", None)
    before_connections = _CONNECTIONS._db_config, _CONNECTIONS._create_db
    routers = _ROUTER._routers
    _TORTOISE.apps, _TORTOISE._inited, _ROUTER._routers = {}, False, []
    _CONNECTIONS._db_config, _CONNECTIONS._create_db = dict(connections), False
    storage = _CONNECTIONS._get_storage()
    _CONNECTIONS._set_storage({})
    try:
        yield
    finally:
        _CONNECTIONS._set_storage(storage)
        _CONNECTIONS._db_config, _CONNECTIONS._create_db = before_connections
        _TORTOISE.apps, _TORTOISE._inited, generator = before
        if generator is not None or hasattr(_TORTOISE, "table_name_generator"):  # from 0.21
            _TORTOISE.table_name_generator = generator
        _ROUTER._routers = routers


@contextmanager
def _time_zone(use_tz: bool, timezone: str) -> Iterator[None]:
    """Tortoise keeps both in the environment, and reads them when it writes a date as a default."""
    wanted = {"USE_TZ": str(use_tz), "TIMEZONE": timezone}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    _forget_time_zone()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        _forget_time_zone()


def _forget_time_zone() -> None:
    with suppress(AttributeError):  # from 0.21 it is remembered
        tortoise.timezone._reset_timezone_cache()


def running() -> ClassicApps | None:
    """The apps of the process, ``None`` before ``Tortoise.init``."""
    return ClassicApps() if _TORTOISE._inited else None


def running_connections() -> Mapping[str, object]:
    """The settings of the connections of the process."""
    return dict(_CONNECTIONS.db_config)
