"""What the apps of a project need of each other, looked at before anything is asked of Tortoise or of a database."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

from pytest_schemadrift.core.config.settings import nearest
from pytest_schemadrift.core.config.tortoise import AppSettings, TortoiseConfig, import_module, put_on_path
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.sources.migrations import module_name
from pytest_schemadrift.sources.orm.classes import is_abstract, relations_of

if TYPE_CHECKING:
    from tortoise.models import Model

CONTENT_TYPES = "pytest_schemadrift.contrib.contenttypes"
PERMISSIONS = "pytest_schemadrift.contrib.permissions"
_LABELS = {CONTENT_TYPES: "contenttypes", PERMISSIONS: "permissions"}


def installed(config: TortoiseConfig, module: str) -> AppSettings | None:
    """The app that has this module of models, or ``None``."""
    return next((app for app in config.apps.values() if module in map(module_name, app.modules)), None)


def assert_apps_complete(config: TortoiseConfig) -> None:
    """See that every app finds the apps that it needs; imports the modules of the models.

    Raises ``ConfigurationError`` for permissions without content types, and for a relation to an app that is not
    installed, which it names.
    """
    for module, label in _LABELS.items():
        app = installed(config, module)
        if app is not None and app.label != label:
            raise ConfigurationError(
                f"{module} must be in an app of the name {label!r}, not {app.label!r}",
                where=config.origin,
                hint=f"rename the app {app.label!r}: relations find its models by that name",
            )
    if installed(config, PERMISSIONS) and not installed(config, CONTENT_TYPES):
        raise ConfigurationError(
            "the app 'permissions' needs the app 'contenttypes', which is not installed",
            where=config.origin,
            hint=f'add to the apps: "contenttypes": {{"models": ["{CONTENT_TYPES}"]}}',
        )
    put_on_path(config.project_dir)
    for app in config.apps.values():
        for place, target in _relations(app, config):
            label = target.partition(".")[0]
            if label not in config.apps:
                raise ConfigurationError(
                    f"{place} refers to {target}, but no app {label!r} is installed",
                    where=config.origin,
                    hint=f"add the app {label!r}, or correct the relation ({nearest(label, config.apps)})",
                )


def _relations(app: AppSettings, config: TortoiseConfig) -> Iterator[tuple[str, str]]:
    """(``app.Model.field``, ``app.Model`` that it refers to) of every relation that an app declares."""
    for model in _models(app, config):
        for name, target in relations_of(model).items():
            yield f"{app.label}.{model.__name__}.{name}", target


def _models(app: AppSettings, config: TortoiseConfig) -> Iterator[type[Model]]:
    from tortoise.models import Model

    for entry in app.modules:
        module = entry if isinstance(entry, ModuleType) else import_module(str(entry), f"{config.origin}, {app.label}")
        for value in getattr(module, "__models__", None) or vars(module).values():
            if isinstance(value, type) and issubclass(value, Model) and not is_abstract(value):
                yield value
