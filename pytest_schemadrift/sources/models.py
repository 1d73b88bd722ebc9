"""The schema that the models want, as DDL from Tortoise's own generator; no database is ever asked.

::

    with load_models(config) as loaded:
        source = model_ddl(loaded, "default")
    source.sql                      everything, for the reader
    source.script([Name("", "a")])  what a scratch database needs for these tables, statement by statement in order
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

from pytest_schemadrift.core.config.settings import nearest
from pytest_schemadrift.core.config.tortoise import TortoiseConfig, import_module, parse_tortoise_config, put_on_path
from pytest_schemadrift.core.gc_pause import paused_collector
from pytest_schemadrift.core.progress import doing
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.sources import orm
from pytest_schemadrift.sources.locations import Origin, Origins
from pytest_schemadrift.sources.model_ddl import LoadedModels, ModelSource, TableDDL
from pytest_schemadrift.sources.orm.classes import app_of, connection_of, full_name

if TYPE_CHECKING:
    from tortoise.models import Model

__all__ = ["LoadedModels", "ModelSource", "Origin", "Origins", "TableDDL", "load_models", "model_ddl", "running_models"]


# ---------------------------------------------------------------------------------------------------------------------
# Loading
# ---------------------------------------------------------------------------------------------------------------------


@contextmanager
def load_models(config: TortoiseConfig) -> Iterator[LoadedModels]:
    """Import the models and resolve their relations, as ``Tortoise.init`` does, without any connection.

    On leaving, Tortoise is as it was, so a test suite that uses it itself does not notice. Raises ``ModelsUnavailable``
    with the reason in one line: a module that cannot be imported, a model that Tortoise refuses.
    """
    put_on_path(config.project_dir)
    doing("importing the models")
    with ExitStack() as stack:
        with paused_collector():
            modules = {
                name: [_module(entry, name, config) for entry in app.modules] for name, app in config.apps.items()
            }
            apps, notices = stack.enter_context(orm.load(config, modules))
        yield LoadedModels(config, notices, apps)


def running_models(project_dir: Path) -> LoadedModels:
    """The models of a process that has called ``Tortoise.init``, on its own connections; nothing is imported.

    Raises ``ConfigurationError`` where it has not.
    """
    apps = orm.running()
    modules: dict[str, dict[str, object]] = {}
    for model in apps.models():
        app = modules.setdefault(app_of(model), {"models": [], "default_connection": connection_of(model)})
        cast("list[str]", app["models"]).append(model.__module__)
    settings = {"connections": orm.running_connections(), "apps": modules}
    config = parse_tortoise_config(settings, origin="Tortoise.init", project_dir=project_dir)
    return LoadedModels(config, (), apps)


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
