"""Tortoise from 1.0: apps and connections live in a ``TortoiseContext``, of which each load has its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tortoise import Tortoise
from tortoise.apps import Apps
from tortoise.context import TortoiseContext, get_current_context

if TYPE_CHECKING:
    from tortoise.backends.base.client import BaseDBAsyncClient
    from tortoise.models import Model

    from pytest_schemadrift.core.config.tortoise import TortoiseConfig
    from pytest_schemadrift.sources.orm import Modules


class ContextApps:
    """The apps of a context; see ``orm.Apps``."""

    def __init__(self, context: TortoiseContext, apps: Apps) -> None:
        self._context, self._apps = context, apps

    def models(self) -> Iterable[type[Model]]:
        """Every model, app by app, in Tortoise's order."""
        return self._apps.get_models_iterable()

    def client(self, connection: str) -> BaseDBAsyncClient:
        """Tortoise's client of a connection, which connects to nothing until a query is made."""
        return self._context.connections.get(connection)

    @property
    def registry(self) -> Apps:
        """Tortoise's own value for the apps."""
        return self._apps

    def make_queryable(self) -> None:
        """Let the models make queries, as after ``Tortoise.init``."""
        self._apps._build_initial_querysets()

    async def close(self) -> None:
        """Close every connection that was opened."""
        await self._context.connections.close_all(discard=True)


@contextmanager
def opened(config: TortoiseConfig, modules: Modules) -> Iterator[ContextApps]:
    """What ``TortoiseContext.init(init_connections=False)`` does, without its changes to the environment's time zone
    and to the global router."""
    settings = config.tortoise
    context = TortoiseContext()
    with context:
        context.connections._init_config(settings["connections"])
        context._use_tz = True if config.use_tz is None else config.use_tz
        context._timezone = config.timezone
        described = {label: {**app, "models": modules[label]} for label, app in settings["apps"].items()}
        apps = Apps(described, context.connections, Tortoise.table_name_generator, validate_connections=False)
        context._apps, context._inited = apps, True
        yield ContextApps(context, apps)


def running() -> ContextApps | None:
    """The apps of the context that queries use now, ``None`` where there is none."""
    context = get_current_context()
    return ContextApps(context, context.apps) if context is not None and context.apps is not None else None


def running_connections() -> Mapping[str, object]:
    """The settings of the connections of that context."""
    context = get_current_context()
    return {} if context is None else dict(context.connections.db_config)
